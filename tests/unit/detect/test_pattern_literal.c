#include "detect/pattern_literal.h"

#include <glib.h>

typedef struct LiteralCase {
    const char *pattern, *literal; /* NULL: nothing is sure */
} LiteralCase;

/* Each literal stands in every text that the pattern matches. */
static const LiteralCase cases[] = {
    {"\\bghp_[A-Za-z0-9]{36}\\b", "ghp_"},
    {"(?:^|[^a-z])(?<value>tok-[0-9]{4})", "tok\\-"},
    {"abcd?efgh", "efgh"},
    {"abcd*e", NULL},
    {"abcd+e", NULL},
    {"ab{2}cdef", "cdef"},
    {"key=(?:one|two)longer", "longer"},
    {"(?:maybe)?surely", "surely"},
    {"(?:abc(?:def)g)h", "abcdefgh"},
    {"(?:wxyz\\\\|b)longer", "longer"},
    {"(?:wx\\)yz|b)longer", "longer"},
    {"one|other", NULL},
    {"(?i)secret", NULL},
    {"a\\.b\\.c\\.d", "a\\.b\\.c\\.d"},
    {"[]abcd]xyzw", "xyzw"},
    {"[^\\]abcd]xyzw", "xyzw"},
    {"[[:alpha:]]xyzw", NULL},
    {"\\x41bcde", NULL},
    {"\\d+abcd\\s*efghi", "efghi"},
    {"(unclosed", NULL},
    {"abc", NULL},
    {"", NULL},
};

static void test_the_longest_sure_text_is_told(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *literal = pattern_literal(cases[i].pattern, 4);
        if (g_strcmp0(literal, cases[i].literal) != 0)
            g_test_fail_printf("%s: %s", cases[i].pattern, literal != NULL ? literal : "nothing");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/pattern-literal/the-longest-sure-text-is-told", test_the_longest_sure_text_is_told);
    return g_test_run();
}

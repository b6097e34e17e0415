#include "detect/pattern_refusal.h"

#include <glib.h>
#include <string.h>

typedef struct PatternCase {
    const char *pattern;
    const char *refusal; /* NULL: none */
} PatternCase;

/* What the constructs are: pcre2pattern(3). */
static const PatternCase cases[] = {
    {"", NULL},
    {"\\bAKIA[0-9A-Z]{16}\\b", NULL},
    {"(a|b)(?:c)(?<value>d)(?P<more>e)(?i)f(?i:g)(?'q'h)", NULL},
    {"\\(?=a", NULL},
    {"[(?=]x", NULL},
    {"[](?=]x", NULL},
    {"[^](?=]x", NULL},
    {"[[:alpha:](?=]x", NULL},
    {"[\\](?=]x", NULL},
    {"\\\\1\\0\\x41\\Q(?=\\1\\E", NULL},
    {"\\Q(?=", NULL},
    {"[(?=", NULL},
    {"a\\", NULL},
    {"a(?=b)", "look-ahead at character 2"},
    {"a(?!b)", "look-ahead at character 2"},
    {"(?<=b)a", "look-behind at character 1"},
    {"(?<!b)a", "look-behind at character 1"},
    {"[a]\\Qb\\E(?!b)", "look-ahead at character 9"},
    {"(a)\\1", "back-reference at character 4"},
    {"\\\\(a)\\g1", "back-reference at character 6"},
    {"(?<x>a)\\k<x>", "back-reference at character 8"},
    {"(?P<x>a)(?P=x)", "back-reference at character 9"},
    {"(a)(?1)", "recursion at character 4"},
    {"(a)(?-1)", "recursion at character 4"},
    {"a(?R)", "recursion at character 2"},
    {"(?<x>a)(?&x)", "recursion at character 8"},
    {"(?>a+)b", "atomic group at character 1"},
    {"(a)?(?(1)b)", "condition at character 5"},
    {"a\\Kb", "reset of the match at character 2"},
    {"(*COMMIT)a", "verb at character 1"},
};

static void test_what_is_not_linear_is_refused_with_its_place(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        bool is_ok = pattern_check_linear(cases[i].pattern, &error);
        g_test_message("%s", cases[i].pattern);
        g_assert_cmpint(is_ok, ==, cases[i].refusal == NULL);
        if (cases[i].refusal != NULL)
            g_assert_nonnull(strstr(error->message, cases[i].refusal));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/pattern-refusal/what-is-not-linear-is-refused-with-its-place",
        test_what_is_not_linear_is_refused_with_its_place);
    return g_test_run();
}

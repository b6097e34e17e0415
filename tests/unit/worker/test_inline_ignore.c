#include "worker/inline_ignore.h"

#include <string.h>

static const Rule email = {.id = "pii.email_strict", .detector = "pii.email"};

typedef struct IgnoreCase {
    const char *text;
    const char *ignored; /* a character a line, from the first: 'x' if a finding that begins there is hidden */
} IgnoreCase;

static const IgnoreCase cases[] = {
    {"a\nb\n", ".."},
    {"a # trawl:ignore\nb\n", "x."},
    {"a\n  // trawl:ignore because\nb\nc", ".xx."},
    {"a trawl:ignore=pii.email\nb trawl:ignore=pii.email_strict\nc trawl:ignore=pii.phone\n", "xx."},
    {"# trawl:ignore=fin.iban,pii.email\nb\n", "xx"},
    {"trawl:ignores\nxtrawl:ignore\ntrawl:ignore-not\ntrawl:ignore=\n", "...."},
    {"trawl:ignore=fin.iban trawl:ignore=pii.email", "x"},
    {"\n\r\n<!-- trawl:ignore -->\r\nb\r\n", "..xx"},
    {"/* trawl:ignore */ a\nb", "x."},
    {"-- trawl:ignore\nb\n; trawl:ignore\nd\n%% trawl:ignore\nf\n' trawl:ignore\nh", "xxxxxxxx"},
    {"REM trawl:ignore\nb\n@rem trawl:ignore\nd\n:: trawl:ignore\nf\n  dnl trawl:ignore\nh", "xxxxxxxx"},
    {"remark trawl:ignore\nb\nrem word trawl:ignore\nd", "x.x."},
    {".. trawl:ignore\nb\n{- trawl:ignore -}\nd\n{# trawl:ignore #}\nf\n{{!-- trawl:ignore --}}\nh", "xxxxxxxx"},
    {"(* trawl:ignore *)\nb\n<%-- trawl:ignore --%>\nd\n<# trawl:ignore #>\nf\n{ trawl:ignore }\nh", "xxxxxxxx"},
    {"(* trawl:ignore *) a\nb\n<%-- trawl:ignore --%> c\nd\n{{! trawl:ignore }} e\nf\n<# trawl:ignore #> g\nh",
        "x.x.x.x."},
    {"// trawl:ignore as {x} (*) is none\nb\n", "xx"},
};

static bool gather(void *data, const char *utf8, size_t len, G_GNUC_UNUSED GError **error)
{
    g_string_append_len(data, utf8, (gssize)len);
    return true;
}

/* cut 0: byte by byte. */
static void feed(InlineIgnore *ignore, const char *text, size_t cut)
{
    size_t len = strlen(text), step = cut > 0 ? cut : 1;
    g_autoptr(GError) error = NULL;

    for (size_t at = 0; at<len; at += step, step = cut> 0 ? len : 1)
        g_assert_true(inline_ignore_feed(ignore, text + at, MIN(step, len - at), &error));
    g_assert_true(inline_ignore_end(ignore, &error));
}

static void test_comments_are_understood_however_the_text_is_cut(void)
{
    g_autoptr(InlineIgnore) ignore = inline_ignore_new();
    g_autoptr(GString) passed = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (size_t cut = 0; cut < strlen(cases[i].text); cut++) {
            g_string_truncate(passed, 0);
            inline_ignore_begin(ignore, gather, passed);
            feed(ignore, cases[i].text, cut);
            g_assert_cmpstr(passed->str, ==, cases[i].text);
            for (size_t line = 0; cases[i].ignored[line] != '\0'; line++) {
                const Match match = {.rule = &email, .line = line + 1};
                g_test_message("case %zu, cut %zu, line %zu", i, cut, line + 1);
                uint64_t comment = 0;
                g_assert_cmpint(inline_ignore_covers(ignore, &match, &comment), ==, cases[i].ignored[line] == 'x');
                g_assert_cmpint(comment != 0, ==, cases[i].ignored[line] == 'x');
            }
        }
    }
}

static bool count(void *data, G_GNUC_UNUSED const char *utf8, size_t len, G_GNUC_UNUSED GError **error)
{
    *(size_t *)data += len;
    return true;
}

static void test_a_line_without_end_is_passed_on_all_the_same(void)
{
    g_autoptr(InlineIgnore) ignore = inline_ignore_new();
    g_autofree char *piece = g_strnfill(100000, 'a');
    g_autoptr(GError) error = NULL;
    const Match match = {.rule = &email, .line = 2};
    size_t passed = 0;
    uint64_t comment = 0;

    inline_ignore_begin(ignore, count, &passed);
    for (size_t i = 1; i <= 100; i++) {
        g_assert_true(inline_ignore_feed(ignore, piece, strlen(piece), &error));
        g_assert_cmpuint(passed + 64 * 1024, >=, i * strlen(piece));
    }
    g_assert_true(inline_ignore_feed(ignore, "\nb # trawl:ignore", 17, &error));
    g_assert_true(inline_ignore_end(ignore, &error));
    g_assert_cmpuint(passed, ==, 100 * strlen(piece) + 17);
    g_assert_true(inline_ignore_covers(ignore, &match, &comment));
    g_assert_cmpuint(comment, ==, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/worker/inline-ignore/comments-are-understood-however-the-text-is-cut",
        test_comments_are_understood_however_the_text_is_cut);
    g_test_add_func("/worker/inline-ignore/a-line-without-end-is-passed-on-all-the-same",
        test_a_line_without_end_is_passed_on_all_the_same);
    return g_test_run();
}

#include "objects/key.h"

#include <string.h>

static void test_what_text_cannot_hold_is_escaped_and_comes_back(void)
{
    static const struct {
        const char *raw;
        size_t len;
        const char *escaped;
        bool is_text;
    } cases[] = {
        {"plain", 5, "plain", true},
        {"a\xff%", 3, "a%FF%25", false},
        {"a\0b", 3, "a%00b", false},
        {"\xc3\xbc\xc3", 3, "\xc3\xbc%C3", false},
        {"\xed\xa0\x80", 3, "%ED%A0%80", false}, /* a surrogate is no UTF-8 */
        {"100%/%41", 8, "100%25/%2541", true},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bytes raw = {(const uint8_t *)cases[i].raw, cases[i].len};
        g_autofree char *escaped = key_escape(raw, KEY_ESCAPE_NEEDED);
        g_autofree char *all = key_escape(raw, KEY_ESCAPE_ALL);
        g_autoptr(GByteArray) back = key_unescape(escaped);
        g_autoptr(GByteArray) back_from_all = key_unescape(all);

        g_assert_cmpint(key_is_text(raw), ==, cases[i].is_text);
        g_assert_cmpstr(escaped, ==, cases[i].escaped);
        g_assert_cmpmem(back->data, back->len, cases[i].raw, cases[i].len);
        g_assert_cmpmem(back_from_all->data, back_from_all->len, cases[i].raw, cases[i].len);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/objects/key/what-text-cannot-hold-is-escaped-and-comes-back",
        test_what_text_cannot_hold_is_escaped_and_comes_back);
    return g_test_run();
}

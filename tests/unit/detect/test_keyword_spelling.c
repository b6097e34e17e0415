#include "detect/keyword_spelling.h"

typedef struct SpellingCase {
    const char *keyword, *spellings; /* separated by '|' */
} SpellingCase;

static void test_letters_that_text_is_not_folded_for_are_also_written_as_capitals(void)
{
    static const SpellingCase cases[] = {
        {"password", "password"},
        {"Credit Card", "Credit Card"},
        {"größe", "größe|GRÖSSE"},
        {"führerschein", "führerschein"},
        {"密码", "密码"},
        {"пароль", "пароль|ПАРОЛЬ|Пароль"},
        {"ключ доступа", "ключ доступа|КЛЮЧ ДОСТУПА|Ключ доступа|Ключ Доступа"},
        {"hasło", "hasło|HASŁO"},
        {"şifre", "şifre|ŞIFRE"},
        {"κωδικός", "κωδικός|ΚΩΔΙΚΌΣ|Κωδικός"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) spellings = keyword_spellings(cases[i].keyword);
        g_autofree char *joined = g_strjoinv("|", spellings);
        g_assert_cmpstr(joined, ==, cases[i].spellings);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/keyword-spelling/letters-that-text-is-not-folded-for-are-also-written-as-capitals",
        test_letters_that_text_is_not_folded_for_are_also_written_as_capitals);
    return g_test_run();
}

/* Forms in which values stand in documents: what is written around them, and in them. */
#include "detect_testing.h"

#define TAIL "    examples: {match: [x], no_match: [y]}\n"
#define HEAD "    name: n\n    description: d\n    severity: high\n    mask: all\n"

/* Rules of several categories, as small as they can be. */
static const char RULES[] =
    "rules:\n"
    "  - id: pii.email\n" HEAD "    category: personal\n"
    "    engine: class\n"
    "    shape: at\n"
    "    pattern: '[A-Za-z0-9][A-Za-z0-9._+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,24}'\n" TAIL
    "  - id: id.badge\n" HEAD "    category: government\n"
    "    engine: class\n"
    "    shape: digits\n"
    "    forms: ['9', '3-2-4']\n"
    "    keyword: required\n"
    "    keywords: [badge]\n" TAIL "  - id: sec.web_token\n" HEAD "    category: secret\n"
    "    engine: literal\n"
    "    pattern: 'ey[A-Za-z0-9_-]{10,}\\.ey[A-Za-z0-9_-]{6,}\\.[A-Za-z0-9_-]{0,1024}'\n"
    "    max_length: 8192\n"
    "    validator: jwt\n" TAIL "  - id: sec.generic_word\n" HEAD "    category: secret\n"
    "    engine: literal\n"
    "    pattern: 'password\"? ?[:=] ?\"?(?<value>[A-Za-z0-9]{8,})'\n" TAIL;

typedef struct FormCase {
    const char *what, *text, *matches;
} FormCase;

/* Encoded by Python's base64; the signature is not one. */
#define TOKEN_HEAD "eyJhbGciOiJIUzI1NiJ9."
#define TOKEN_TAIL ".MDEyMzQ1Njc4OWFiY2RlZg"

static const FormCase tokens[] = {
    /* {"sub":"u1","email":"bob@ab.org","n":1} */
    {"an address in a token", "t=" TOKEN_HEAD "eyJzdWIiOiJ1MSIsImVtYWlsIjoiYm9iQGFiLm9yZyIsIm4iOjF9" TOKEN_TAIL "\n",
        "sec.web_token 2+96 1:3 validated " TOKEN_HEAD "eyJzdWIiOiJ1MSIsImVtYWlsIjoiYm9iQGFiLm9yZyIsIm4iOjF9" TOKEN_TAIL
        "\npii.email 51+14 1:52 medium bob@ab.org\n"},
    /* {"sub":"u1","badge":"120034567","n":1} */
    {"a number in a token", "t=" TOKEN_HEAD "eyJzdWIiOiJ1MSIsImJhZGdlIjoiMTIwMDM0NTY3IiwibiI6MX0" TOKEN_TAIL "\n",
        "sec.web_token 2+95 1:3 validated " TOKEN_HEAD "eyJzdWIiOiJ1MSIsImJhZGdlIjoiMTIwMDM0NTY3IiwibiI6MX0" TOKEN_TAIL
        "\nid.badge 51+12 1:52 high 120034567\n"},
    /* {"sub":"u1","password":"abcdefgh12"} */
    {"a secret in a token is the token's",
        "t=" TOKEN_HEAD "eyJzdWIiOiJ1MSIsInBhc3N3b3JkIjoiYWJjZGVmZ2gxMiJ9" TOKEN_TAIL "\n",
        "sec.web_token 2+92 1:3 validated " TOKEN_HEAD "eyJzdWIiOiJ1MSIsInBhc3N3b3JkIjoiYWJjZGVmZ2gxMiJ9" TOKEN_TAIL
        "\n"},
};

static void check_forms(const FormCase *forms, size_t count)
{
    g_autoptr(RuleSet) rules = testing_rules(RULES);

    for (size_t i = 0; i < count; i++)
        testing_check_cuts(rules, forms[i].what, forms[i].text, forms[i].matches);
}

static void test_what_a_token_says_of_a_person_is_found_beside_it(void)
{
    check_forms(tokens, G_N_ELEMENTS(tokens));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/document-forms/what-a-token-says-of-a-person-is-found-beside-it",
        test_what_a_token_says_of_a_person_is_found_beside_it);
    return g_test_run();
}

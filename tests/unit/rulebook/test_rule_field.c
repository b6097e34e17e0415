/* What each field of a custom rule may hold, before anything is compiled. */
#include "rulebook/rule_field.h"

#include <string.h>

typedef struct FieldCase {
    const char *name, *value; /* JSON */
    const char *says;         /* NULL: it is good; else a part of the message */
} FieldCase;

static const FieldCase cases[] = {
    {"id", "\"acme.badge\"", NULL},
    {"id", "\"\"", "id: expected a text of 1 to 8192 bytes"},
    {"id", "7", "id: expected a text"},
    {"version", "1", NULL},
    {"version", "0", "version: expected a whole number of 1 or more"},
    {"version", "1.5", "version: expected a whole number"},
    {"version", "1000000001", "version: expected a whole number"},
    {"category", "\"health\"", NULL},
    {"category", "\"financial personal\"", "expected one of financial, personal, government, health, secret"},
    {"category", "null", "category: expected one of"},
    {"compliance", "[\"PCI\", \"ISO 27001\"]", NULL},
    {"compliance", "[]", "compliance: expected an array of 1 to 50 texts, none of them empty"},
    {"compliance", "[\"PCI\", \"\"]", "none of them empty"},
    {"compliance", "\"PCI\"", "compliance: expected an array"},
    {"severity", "\"critical\"", NULL},
    {"severity", "[{\"occurrences\":1,\"severity\":\"low\"},{\"occurrences\":2,\"severity\":\"high\"}]", NULL},
    {"severity", "[]", "severity: expected an array such as"},
    {"severity", "[{\"occurrences\":1,\"severity\":\"low\"},{\"occurrences\":1,\"severity\":\"high\"}]", "rising"},
    {"severity", "[{\"occurrences\":1}]", "expected an array such as"},
    {"severity", "[{\"occurrences\":\"1\",\"severity\":\"low\"}]", "expected an array such as"},
    {"severity_by_occurrences", "[{\"occurrences\":9,\"severity\":\"high\"}]", NULL},
    {"severity_by_occurrences", "\"high\"", "severity_by_occurrences: expected an array"},
    {"min_entropy", "3.5", NULL},
    {"min_entropy", "3", NULL},
    {"min_entropy", "\"3\"", "min_entropy: expected a number"},
    {"caseless", "true", NULL},
    {"caseless", "1", "caseless: expected true or false"},
    {"examples", "{\"match\":[\"a\"],\"no_match\":[\"b\"]}", NULL},
    {"examples", "{\"match\":[\"a\"]}", "examples: expected an object with match and no_match"},
    {"examples", "{\"match\":[\"a\"],\"no_match\":[\"b\"],\"x\":[\"c\"]}", "examples: expected an object"},
    {"examples", "{\"match\":[\"a\"],\"nomatch\":[\"b\"]}", "examples.no_match: expected an array"},
    {"examples", "{\"match\":[],\"no_match\":[\"b\"]}", "examples.match: expected an array of 1 to 100"},
    {"beats", "[\"fin.iban\"]", "field 'beats' is not known here"},
    {"pair", "[\"fin.iban\"]", "field 'pair' is not known here"},
    {"Id", "\"acme.badge\"", "field 'Id' is not known here"},
};

static void test_a_field_holds_what_it_is_for(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const FieldCase *test = &cases[i];
        g_autoptr(GError) error = NULL;
        json_t *value = json_loads(test->value, JSON_DECODE_ANY, NULL);
        bool is_good = rule_field_check(test->name, value, &error);
        json_decref(value);
        if (is_good != (test->says == NULL))
            g_test_fail_printf("%s: %s: %s", test->name, test->value, is_good ? "accepted" : error->message);
        if (is_good || test->says == NULL)
            continue;
        g_assert_true(error_is(error, ERROR_INVALID));
        if (strstr(error->message, test->says) == NULL)
            g_test_fail_printf("%s: %s: '%s' is not in '%s'", test->name, test->value, test->says, error->message);
    }
}

static json_t *texts(size_t count, size_t len)
{
    g_autofree char *text = g_strnfill(len, 'x');
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_string(text));
    return list;
}

/* C would see less of it than was sent. */
static void test_a_text_with_a_nul_byte_is_refused(void)
{
    g_autoptr(GError) error = NULL;
    json_t *value = json_stringn("part\0[", 6);

    g_assert_false(rule_field_check("pattern", value, &error));
    json_decref(value);
}

/* The most of everything: a request must not make a rule that takes for ever. */
static void test_lists_and_texts_have_their_most(void)
{
    static const struct {
        const char *name;
        size_t count, len;
        bool is_good;
    } sizes[] = {
        {"keywords", 50, 10, true},
        {"keywords", 51, 10, false},
        {"ignore", 1000, 10, true},
        {"ignore", 1001, 10, false},
        {"ignore", 1, 8192, true},
        {"ignore", 1, 8193, false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GError) error = NULL;
        json_t *value = texts(sizes[i].count, sizes[i].len);
        bool is_good = rule_field_check(sizes[i].name, value, &error);
        json_decref(value);
        g_test_message("%s %zu %zu", sizes[i].name, sizes[i].count, sizes[i].len);
        g_assert_true(is_good == sizes[i].is_good);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/rulebook/rule-field/a-field-holds-what-it-is-for", test_a_field_holds_what_it_is_for);
    g_test_add_func("/rulebook/rule-field/a-text-with-a-nul-byte-is-refused", test_a_text_with_a_nul_byte_is_refused);
    g_test_add_func("/rulebook/rule-field/lists-and-texts-have-their-most", test_lists_and_texts_have_their_most);
    return g_test_run();
}

/* From what a client writes to the document that is kept. */
#include "rulebook/custom_rule.h"

#include <string.h>

#define EXAMPLES "\"examples\":{\"match\":[\"PART-1234\"],\"no_match\":[\"PART-12\"]}"
#define PART     "\"id\":\"acme.part\",\"pattern\":\"PART-[0-9]{4}\"," EXAMPLES

static bool read_rule(const char *text, CustomRuleText *ret_rule, GError **error)
{
    json_t *given = json_loads(text, JSON_DECODE_ANY, NULL);

    g_assert_nonnull(given);
    bool is_read = custom_rule_read(given, ret_rule, error);
    json_decref(given);
    return is_read;
}

static json_t *document_of(const char *text)
{
    g_auto(CustomRuleText) rule = {0};
    g_autoptr(GError) error = NULL;

    bool is_read = read_rule(text, &rule, &error);
    g_assert_no_error(error);
    g_assert_true(is_read);
    return json_loads(rule.document, 0, NULL);
}

typedef struct FilledCase {
    const char *given;
    const char *field, *value; /* of the document; JSON, NULL: it has none */
} FilledCase;

static const FilledCase filled_cases[] = {
    {"{" PART "}", "id", "\"acme.part\""},
    {"{" PART "}", "name", "\"acme.part\""},
    {"{" PART ",\"name\":\"Part\"}", "name", "\"Part\""},
    {"{" PART ",\"name\":\"Part\"}", "description", "\"Part\""},
    {"{" PART "}", "category", "\"personal\""},
    {"{" PART "}", "severity", "\"medium\""},
    {"{" PART "}", "mask", "\"all\""},
    {"{" PART "}", "engine", "\"literal\""},
    {"{" PART ",\"version\":3}", "version", NULL},
    {"{" PART ",\"severity\":[{\"occurrences\":1,\"severity\":\"low\"}]}", "severity", "\"low\""},
    {"{" PART ",\"severity\":[{\"occurrences\":1,\"severity\":\"low\"}]}", "severity_by_occurrences", NULL},
    {"{" PART ",\"severity\":[{\"occurrences\":1,\"severity\":\"low\"},{\"occurrences\":5,\"severity\":\"high\"}]}",
        "severity_by_occurrences", "[{\"occurrences\":5,\"severity\":\"high\"}]"},
};

static void test_what_was_left_out_is_filled_in(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(filled_cases); i++) {
        const FilledCase *test = &filled_cases[i];
        json_t *document = document_of(test->given);
        json_t *expected = test->value != NULL ? json_loads(test->value, JSON_DECODE_ANY, NULL) : NULL;
        json_t *value = json_object_get(document, test->field);
        if (expected != NULL ? !json_equal(value, expected) : value != NULL)
            g_test_fail_printf("%s: %s", test->given, test->field);
        json_decref(document);
        json_decref(expected);
    }
}

/* So that the same rule, sent again by another client, is known for the same. */
static void test_the_order_of_fields_does_not_matter(void)
{
    g_auto(CustomRuleText) one = {0}, other = {0};
    g_autoptr(GError) error = NULL;

    g_assert_true(read_rule("{" PART ",\"name\":\"Part\",\"min_entropy\":0.1,\"version\":2}", &one, &error));
    g_assert_true(read_rule("{\"version\":4,\"min_entropy\":0.1,\"name\":\"Part\"," PART "}", &other, &error));
    g_assert_cmpstr(one.document, ==, other.document);
    g_assert_null(strchr(one.document, '\n'));
    g_assert_cmpint(one.version, ==, 2);
    g_assert_cmpint(other.version, ==, 4);
}

typedef struct BadCase {
    const char *given, *says;
} BadCase;

static const BadCase bad_cases[] = {
    {"[]", "expected a JSON object"},
    {"\"x\"", "expected a JSON object"},
    {"{" EXAMPLES "}", "field 'id': is missing"},
    {"{\"id\":\"acme.part\"}", "field 'examples': is missing"},
    {"{" PART ",\"severity\":[{\"occurrences\":2,\"severity\":\"low\"}]}", "first step to be of 1 occurrence"},
    {"{" PART ",\"severity\":[{\"occurrences\":1,\"severity\":\"low\"}],"
     "\"severity_by_occurrences\":[{\"occurrences\":5,\"severity\":\"high\"}]}",
        "field 'severity_by_occurrences': only beside one severity"},
    {"{" PART ",\"compliance\":[\"PCI,GDPR\"]}", "field 'compliance': 'PCI,GDPR': expected a tag"},
    {"{\"id\":\"acme.part\",\"pattern\":\"(?<!a)PART\"," EXAMPLES "}", "field 'pattern': look-behind at character 1"},
    {"{\"id\":\"acme.part\",\"pattern\":\"PRAT-[0-9]{4}\"," EXAMPLES "}", "field 'examples': expected a match"},
    {"{\"id\":\"acme.part\",\"pattern\":\"\\\\b(?:[a-z]+ ?)+: PART\",\"examples\":{\"match\":[\"a b: PART\"],"
     "\"no_match\":[\"x\"]}}",
        "field 'pattern': too much effort in a text that almost matches"},
};

static void test_what_is_wrong_is_told_with_its_field(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_cases); i++) {
        g_auto(CustomRuleText) rule = {0};
        g_autoptr(GError) error = NULL;
        if (read_rule(bad_cases[i].given, &rule, &error)) {
            g_test_fail_printf("accepted: %s", bad_cases[i].given);
            continue;
        }
        g_assert_true(error_is(error, ERROR_INVALID));
        g_assert_null(rule.document);
        if (strstr(error->message, bad_cases[i].says) == NULL)
            g_test_fail_printf("'%s' is not in '%s'", bad_cases[i].says, error->message);
    }
}

typedef struct FaultsCase {
    const char *given;
    const char *fields; /* of what is wrong, in order, with a space behind each; "-": of none */
} FaultsCase;

#define BAD_EXAMPLES "\"examples\":{\"match\":[\"PRAT\"],\"no_match\":[\"PART-12\"]}"

static const FaultsCase faults_cases[] = {
    /* of form, and what the rest says by itself */
    {"{\"id\":\"acme.part\",\"pattern\":\"(?<=a)b\",\"distance\":\"far\"," EXAMPLES "}", "distance pattern "},
    {"{\"id\":\"acme.part\",\"pattern\":\"[\",\"keywords\":[],\"validator\":\"nonesuch\"," EXAMPLES "}",
        "keywords validator pattern "},
    {"{\"id\":7,\"pattern\":\"PART\",\"distance\":301," EXAMPLES "}", "id distance "},
    {"{\"id\":\"acme.part\",\"pattern\":\"[\"}", "examples pattern "},
    /* what is wrong only since something was left out is not told */
    {"{\"id\":\"acme.part\",\"pattern\":\"PART\",\"keywords\":[],\"keyword\":\"required\"," EXAMPLES "}", "keywords "},
    {"{\"id\":\"acme.part\",\"engine\":\"class\",\"shape\":\"round\",\"pattern\":\"P\"," EXAMPLES "}", "shape "},
    /* examples that fail, if what is wrong does not decide what is found */
    {"{\"id\":\"acme.part\",\"pattern\":\"PART\",\"category\":\"odd\"," BAD_EXAMPLES "}",
        "category examples examples "},
    {"{\"id\":\"acme.part\",\"pattern\":\"PART\",\"colour\":\"red\"," BAD_EXAMPLES "}", "- examples examples "},
    {"{\"id\":\"acme.part\",\"pattern\":\"PART\",\"caseless\":\"yes\"," BAD_EXAMPLES "}", "caseless "},
};

static void test_what_is_wrong_with_form_hides_nothing_else(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(faults_cases); i++) {
        g_autoptr(RuleFaults) faults = rule_faults_new();
        g_autoptr(GString) fields = g_string_new(NULL);
        json_t *given = json_loads(faults_cases[i].given, 0, NULL);
        g_assert_nonnull(given);
        custom_rule_find_faults(given, faults);
        for (uint32_t j = 0; j < rule_faults_kept(faults); j++) {
            const char *field = rule_faults_at(faults, j)->field;
            g_string_append_printf(fields, "%s ", field != NULL ? field : "-");
        }
        if (strcmp(fields->str, faults_cases[i].fields) != 0)
            g_test_fail_printf("%s: %s", faults_cases[i].given, fields->str);
        json_decref(given);
    }
}

static void test_documents_together_are_the_text_of_a_rule_file(void)
{
    const char *const documents[] = {"{\"id\": 1}", "{\"id\": 2}", NULL};
    g_autofree char *text = custom_rules_text(documents);
    json_t *file = json_loads(text, 0, NULL);

    g_assert_cmpuint(json_array_size(json_object_get(file, "rules")), ==, 2);
    json_decref(file);
}

#define TEST(name) g_test_add_func("/rulebook/custom-rule/" #name, test_##name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    TEST(what_was_left_out_is_filled_in);
    TEST(the_order_of_fields_does_not_matter);
    TEST(what_is_wrong_is_told_with_its_field);
    TEST(what_is_wrong_with_form_hides_nothing_else);
    TEST(documents_together_are_the_text_of_a_rule_file);
    return g_test_run();
}

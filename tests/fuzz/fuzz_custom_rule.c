/* A custom rule as a client sends it: what begins with "{" is the whole rule as JSON, all else the pattern of a rule
 * that is good otherwise. Refused, or a document that is accepted when it is read again, and gives the same. */
#include "rulebook/custom_rule.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *rule_of(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == '{')
        return json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    json_t *pattern = json_stringn((const char *)data, size); /* NULL: it is no UTF-8 */
    return json_pack("{s:s,s:o?,s:{s:[s],s:[s]}}", "id", "acme.part", "pattern", pattern, "examples", "match",
        "part AB-1234", "no_match", "none");
}

static void read_again(const CustomRuleText *rule)
{
    g_auto(CustomRuleText) again = {0};
    g_autoptr(GError) error = NULL;
    json_t *document = json_loads(rule->document, 0, NULL);

    g_assert_nonnull(document);
    if (!custom_rule_read(document, &again, &error))
        g_error("%s: %s", rule->document, error->message);
    g_assert_cmpstr(again.document, ==, rule->document);
    json_decref(document);
}

static void find_faults(const json_t *given, const GError *refusal)
{
    g_autoptr(RuleFaults) faults = rule_faults_new();

    g_assert_true(error_is(refusal, ERROR_INVALID));
    custom_rule_find_faults(given, faults);
    g_assert_cmpuint(rule_faults_total(faults), >=, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(CustomRuleText) rule = {0};
    g_autoptr(GError) error = NULL;
    json_t *given = rule_of(data, size);

    if (given == NULL)
        return 0;
    if (custom_rule_read(given, &rule, &error))
        read_again(&rule);
    else
        find_faults(given, error);
    json_decref(given);
    return 0;
}

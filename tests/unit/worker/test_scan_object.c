#include "worker/scan_object.h"

#include "../extract/extract_fixture.h"
#include "findings/finding_row.h"
#include "findings/locations.h"

#include <string.h>

/* A number with a right check digit (Luhn, ISO/IEC 7812-1 annex B) that no issuer publishes for tests. */
static const char number[] = "4539148803436467";
static const char line[] = "name,card\nann,4539 1488 0343 6467\n";

static RuleSet *rules;

static const FingerprintKey test_key = {.bytes = {1, 2, 3}, .id = "0011223344556677"};

static ObjectScanner *new_scanner(ExtractLimits limits)
{
    g_autoptr(GError) error = NULL;
    ObjectScanner *scanner = NULL;
    const ScanOptions options = {
        .limits = limits, .min_tier = TIER_MEDIUM, .max_values = 1000, .has_inline_ignore = true};

    g_assert_true(object_scanner_new(rules, &test_key, &options, &scanner, &error));
    return scanner;
}

static void scan_bytes(ObjectScanner *scanner, MemoryObject object, ScanResult *ret_result)
{
    g_autoptr(GError) error = NULL;
    const ByteReader reader = memory_object_reader(&object);

    g_assert_true(scan_object(scanner, "key", &reader, ret_result, &error));
    g_assert_no_error(error);
}

static const Finding *card_of(const ScanResult *result)
{
    for (size_t i = 0; i < finding_set_size(result->findings); i++)
        if (g_str_equal(finding_set_at(result->findings, i)->rule->id, "fin.credit_card"))
            return finding_set_at(result->findings, i);
    return NULL;
}

static MemoryObject object_of(const void *data, size_t len)
{
    return (MemoryObject){.data = data, .len = len, .fails_at = UINT64_MAX};
}

static void check_place(const Finding *finding, const char *member, uint64_t offset, uint64_t length)
{
    g_assert_nonnull(finding);
    g_assert_cmpuint(finding->count, ==, 1);
    g_assert_cmpstr(finding->masked, ==, "**** **** **** 6467");
    const FindingLocation *location = &g_array_index(finding->locations, FindingLocation, 0);
    g_assert_cmpstr(location->member, ==, member);
    g_assert_cmpuint(location->offset, ==, offset);
    g_assert_cmpuint(location->length, ==, length);
    g_assert_cmpuint(location->line, ==, 2);
    g_assert_cmpuint(location->column, ==, 5);
}

static void test_a_value_in_plain_text_has_its_place(void)
{
    g_autoptr(ObjectScanner) scanner = new_scanner(EXTRACT_LIMITS_DEFAULT);
    g_auto(ScanResult) result = {0};

    scan_bytes(scanner, object_of(line, strlen(line)), &result);
    g_assert_cmpint(result.outcome, ==, SCAN_READ);
    g_assert_cmpuint(result.bytes, ==, strlen(line));
    check_place(card_of(&result), NULL, 14, 19);
}

static void test_a_value_in_utf16_has_its_place_in_the_bytes_of_the_object(void)
{
    g_autoptr(ObjectScanner) scanner = new_scanner(EXTRACT_LIMITS_DEFAULT);
    g_auto(ScanResult) result = {0};
    gsize len = 0;
    g_autofree char *wide = g_convert(line, -1, "UTF-16LE", "UTF-8", NULL, &len, NULL);
    g_autofree char *marked = g_malloc(len + 2);

    marked[0] = '\xFF';
    marked[1] = '\xFE';
    memcpy(marked + 2, wide, len);
    scan_bytes(scanner, object_of(marked, len + 2), &result);
    g_assert_cmpint(result.outcome, ==, SCAN_READ);
    check_place(card_of(&result), NULL, 2 + 2 * 14, 2 * 19);
}

static GByteArray *make_nested(const Entry *extra)
{
    const Entry inner[] = {{"empty.txt", "", 0}, {"reports/q1.csv", line, strlen(line)}};
    g_autoptr(GByteArray) zip = make_archive("zip", "none", NULL, inner, 2);
    const Entry outer[] = {{"first.txt", "nothing", 7}, {"inner.zip", zip->data, zip->len}, *extra};

    return make_archive("pax", "gzip", NULL, outer, 3);
}

static void test_a_value_in_a_nested_archive_has_its_member(void)
{
    g_autoptr(ObjectScanner) scanner = new_scanner(EXTRACT_LIMITS_DEFAULT);
    const Entry extra = {"last.txt", "nothing", 7};
    g_autoptr(GByteArray) bytes = make_nested(&extra);

    for (size_t step = 0; step < 3; step++) { /* the scanner serves one object after another */
        g_auto(ScanResult) result = {0};
        MemoryObject object = object_of(bytes->data, bytes->len);
        object.step = step;
        scan_bytes(scanner, object, &result);
        g_assert_cmpint(result.outcome, ==, SCAN_READ);
        g_assert_cmpuint(finding_set_size(result.findings), ==, 1);
        check_place(card_of(&result), "inner.zip/reports/q1.csv", 14, 19);
    }
}

static void test_what_is_not_understood_makes_an_object_skipped_with_its_findings(void)
{
    g_autoptr(ObjectScanner) scanner = new_scanner(EXTRACT_LIMITS_DEFAULT);
    g_auto(ScanResult) result = {0};
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0";
    const Entry extra = {"logo.png", png, sizeof png};
    g_autoptr(GByteArray) bytes = make_nested(&extra);

    scan_bytes(scanner, object_of(bytes->data, bytes->len), &result);
    g_assert_cmpint(result.outcome, ==, SCAN_SKIPPED);
    g_assert_cmpint(result.kind, ==, ERROR_UNSUPPORTED);
    g_assert_cmpstr(result.message, ==, "image/png (logo.png)");
    check_place(card_of(&result), "inner.zip/reports/q1.csv", 14, 19);
}

/* Words can be cut into words in very many ways. */
static const char slow_rule[] = "{\"rules\":[{\"id\":\"sec.slow\",\"name\":\"n\",\"description\":\"d\",\"category\":"
                                "\"secret\",\"severity\":\"high\","
                                "\"mask\":\"all\",\"engine\":\"literal\",\"pattern\":\"\\\\b(?:[a-z]+ ?)+: secret\","
                                "\"examples\":{\"match\":[\"x\"],\"no_match\":[\"y\"]}}]}";

static void test_a_rule_that_could_not_be_searched_for_makes_an_object_skipped(void)
{
    static const char hostile[] = "abcdefghijklmnopqrstuvwxyz! foo: secret", harmless[] = "foo: secret";
    const RuleText added = {"added", slow_rule};
    const char *const nowhere[] = {NULL};
    const ScanOptions options = {.limits = EXTRACT_LIMITS_DEFAULT, .min_tier = TIER_MEDIUM, .max_values = 10};
    g_autoptr(RuleSet) slow = NULL;
    g_autoptr(ObjectScanner) scanner = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(ScanResult) first = {0}, second = {0};

    g_assert_true(rule_set_load_with(nowhere, &added, NULL, &slow, &error));
    g_assert_true(object_scanner_new(slow, &test_key, &options, &scanner, &error));
    scan_bytes(scanner, object_of(hostile, strlen(hostile)), &first);
    g_assert_cmpint(first.outcome, ==, SCAN_SKIPPED);
    g_assert_cmpint(first.kind, ==, ERROR_RULE_LIMIT);
    g_assert_nonnull(strstr(first.message, "rule sec.slow "));
    g_assert_cmpuint(finding_set_size(first.findings), ==, 1);
    scan_bytes(scanner, object_of(harmless, strlen(harmless)), &second);
    g_assert_cmpint(second.outcome, ==, SCAN_READ);
}

static void test_findings_before_a_failure_are_kept(void)
{
    g_autoptr(ObjectScanner) scanner = new_scanner(EXTRACT_LIMITS_DEFAULT);
    g_auto(ScanResult) result = {0};
    g_autofree char *noise = g_malloc(1 << 20);
    for (size_t i = 0; i < 1 << 20; i++)
        noise[i] = (char)('a' + g_random_int_range(0, 16));
    const Entry entries[] = {{"a.csv", line, strlen(line)}, {"noise.txt", noise, 1 << 20}};
    g_autoptr(GByteArray) bytes = make_archive("zip", "none", NULL, entries, 2);

    scan_bytes(scanner, object_of(bytes->data, bytes->len / 2), &result);
    g_assert_cmpint(result.outcome, ==, SCAN_FAILED);
    g_assert_cmpint(result.kind, ==, ERROR_CORRUPT);
    g_assert_nonnull(strstr(result.message, "noise.txt"));
    check_place(card_of(&result), "a.csv", 14, 19);
}

static void test_a_value_at_the_point_of_failure_is_found(void)
{
    g_autoptr(ObjectScanner) scanner = new_scanner(EXTRACT_LIMITS_DEFAULT);
    g_auto(ScanResult) result = {0};
    ExtractLimits limits = EXTRACT_LIMITS_DEFAULT;

    limits.max_object_bytes = 50;
    g_autofree char *text = g_strdup_printf("%s%0100d", line, 0);
    g_autoptr(ObjectScanner) limited = new_scanner(limits);
    MemoryObject object = object_of(text, strlen(text));
    object.step = strlen(line);
    scan_bytes(limited, object, &result);
    g_assert_cmpint(result.outcome, ==, SCAN_FAILED);
    g_assert_cmpint(result.kind, ==, ERROR_TOO_LARGE);
    g_assert_nonnull(card_of(&result));
}

typedef struct SourceCase {
    ErrorKind kind;
    ScanOutcome outcome;
} SourceCase;

static const SourceCase source_cases[] = {
    {ERROR_UNAVAILABLE, SCAN_RETRY},
    {ERROR_BUSY, SCAN_RETRY},
    {ERROR_CREDENTIALS, SCAN_RETRY},
    {ERROR_CANCELLED, SCAN_RETRY},
    {ERROR_TIMEOUT, SCAN_RETRY},
    {ERROR_NOT_FOUND, SCAN_FAILED},
    {ERROR_FORBIDDEN, SCAN_FAILED},
    {ERROR_CHANGED, SCAN_FAILED},
    {ERROR_TRUNCATED, SCAN_FAILED},
};

static void test_an_unreachable_store_is_not_the_objects_fault(void)
{
    g_autoptr(ObjectScanner) scanner = new_scanner(EXTRACT_LIMITS_DEFAULT);
    g_auto(ScanResult) broken = {0};
    MemoryObject object = object_of(line, strlen(line));

    for (size_t i = 0; i < G_N_ELEMENTS(source_cases); i++) {
        g_autoptr(GError) error = g_error_new_literal(TRAWL_ERROR, (gint)source_cases[i].kind, "said the store");
        g_auto(ScanResult) result = {0};
        scan_result_from_error(error, &result);
        g_assert_cmpint(result.outcome, ==, source_cases[i].outcome);
        g_assert_cmpint(result.kind, ==, source_cases[i].kind);
        g_assert_cmpstr(result.message, ==, "said the store");
        g_assert_cmpuint(finding_set_size(result.findings), ==, 0);
    }
    object.fails_at = 5;
    scan_bytes(scanner, object, &broken);
    g_assert_cmpint(broken.outcome, ==, SCAN_RETRY);
    g_assert_cmpint(broken.kind, ==, ERROR_UNAVAILABLE);
}

/* So that no test depends on the number being unknown to the rules. */
static void test_the_number_is_a_card(void)
{
    g_autoptr(ObjectScanner) scanner = new_scanner(EXTRACT_LIMITS_DEFAULT);
    g_auto(ScanResult) result = {0};
    g_autofree char *text = g_strdup_printf("card %s\n", number);

    scan_bytes(scanner, object_of(text, strlen(text)), &result);
    g_assert_nonnull(card_of(&result));
    g_assert_cmpuint(result.suppressed, ==, 0);
}

static void append_suppressions(GString *told, const FindingSet *findings)
{
    for (size_t i = 0; i < finding_set_suppression_count(findings); i++) {
        const Suppression *suppression = finding_set_suppression_at(findings, i);
        g_autofree char *places = locations_json(suppression->locations);
        g_string_append_printf(told, "%s %s %" G_GUINT64_FORMAT " %s\n", suppression->rule->detector,
            suppress_reason_name(suppression->reason), suppression->count, places);
    }
}

/* 4111 … is on the list of the rule. */
static const char samples[] = "\xC3\xA9 card 4111 1111 1111 1111\n"
                              "card 4539148803436467 # trawl:ignore\n"
                              "# trawl:ignore=fin.credit_card\n"
                              "card 4539148803436467\n"
                              "card 4111111111111111\n";
static const char told_of_samples[] =
    "fin.credit_card test_value 2 ["
    "{\"offset\":8,\"length\":19,\"line\":1,\"column\":8,\"member\":null,\"by\":\"ignore\"},"
    "{\"offset\":123,\"length\":16,\"line\":5,\"column\":6,\"member\":null,\"by\":\"ignore\"}]\n"
    "fin.credit_card inline 2 ["
    "{\"offset\":33,\"length\":16,\"line\":2,\"column\":6,\"member\":null,\"by\":\"line 2\"},"
    "{\"offset\":101,\"length\":16,\"line\":4,\"column\":6,\"member\":null,\"by\":\"line 3\"}]\n";

static void test_what_is_suppressed_is_told_the_same_however_the_object_comes(void)
{
    g_autoptr(ObjectScanner) scanner = new_scanner(EXTRACT_LIMITS_DEFAULT);

    for (size_t step = 0; step < strlen(samples); step++) {
        g_auto(ScanResult) result = {0};
        g_autoptr(GString) told = g_string_new(NULL);
        MemoryObject object = object_of(samples, strlen(samples));
        object.step = step;
        scan_bytes(scanner, object, &result);
        append_suppressions(told, result.findings);
        g_assert_cmpstr(told->str, ==, told_of_samples);
        g_assert_cmpuint(result.suppressed, ==, 4);
        g_assert_cmpuint(finding_set_size(result.findings), ==, 0);
    }
}

/* usage: test_scan_object RULES_FOLDER */
int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    const char *const folders[] = {argv[1], NULL};
    g_assert_true(rule_set_load(folders, NULL, &rules, &error));
#define TEST(name) g_test_add_func("/worker/scan_object/" #name, test_##name)
    TEST(the_number_is_a_card);
    TEST(a_value_in_plain_text_has_its_place);
    TEST(a_value_in_utf16_has_its_place_in_the_bytes_of_the_object);
    TEST(a_value_in_a_nested_archive_has_its_member);
    TEST(what_is_not_understood_makes_an_object_skipped_with_its_findings);
    TEST(a_rule_that_could_not_be_searched_for_makes_an_object_skipped);
    TEST(findings_before_a_failure_are_kept);
    TEST(a_value_at_the_point_of_failure_is_found);
    TEST(what_is_suppressed_is_told_the_same_however_the_object_comes);
    TEST(an_unreachable_store_is_not_the_objects_fault);
#undef TEST
    const int result = g_test_run();
    rule_set_unref(rules);
    return result;
}

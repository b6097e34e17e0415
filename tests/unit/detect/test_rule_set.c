/* Loading rules: what is refused and how that is said, the set's id, the cache. */
#include "detect/literal_db.h"
#include "detect_testing.h"

#include <glib/gstdio.h>
#include <string.h>

/* The fields that every rule needs, and examples. */
#define HEAD             "    name: n\n    description: d\n    category: secret\n    severity: high\n    mask: all\n"
#define EXAMPLES         "    examples: {match: [x], no_match: [y]}\n"
#define RULE(id, fields) "  - id: " id "\n" HEAD fields EXAMPLES
#define LITERAL(fields)  "rules:\n" RULE("sec.x", "    engine: literal\n" fields)
#define DIGITS(fields)   "rules:\n" RULE("id.x", "    engine: class\n    shape: digits\n" fields)
#define UPPER(fields)    "rules:\n" RULE("id.x", "    engine: class\n    shape: upper\n" fields)

typedef struct BadCase {
    const char *text;
    const char *says[3]; /* parts of the message */
} BadCase;

static const BadCase bad_cases[] = {
    {"", {"a.yaml", "empty", "rules"}},
    {"rules: []\n", {"a.yaml:1:8", "Insufficient"}},
    {"rules:\n  - id: [x\n", {"a.yaml:2:"}},
    {"rulez: []\n", {"a.yaml:1:1", "rulez"}},
    {"rules:\n" RULE("sec.x", "    engine: literal\n    patern: a\n"), {"a.yaml:9:5", "Unexpected key: patern"}},
    {"rules:\n" RULE("sec.x", "    engine: wooden\n"), {"engine: ", "wooden", "expected one of literal, class"}},
    {"rules:\n" RULE("sec.x", "    engine: literal\n    pattern: a\n    max_length: far\n"), {"max_length: ", "'far'"}},
    {"rules:\n" RULE("sec.x", "    engine: literal\n    pattern: abcd\n    separators: '123456789'\n"),
        {"separators: ", "8"}},
    {"rules:\n" RULE("sec.x", "    engine: literal\n    pattern: abcd\n    validator: ibann\n"),
        {"none called 'ibann'", "'iban'"}},
    {"rules:\n  - id: sec.x\n    name: n\n", {"a.yaml:", "Missing required mapping field", "description"}},
    {"rules:\n  - id: sec.x\n    severity: huge\n", {"a.yaml:3:15", "huge"}},
    {LITERAL("    pattern: abc\n    distance: near\n"), {"a.yaml:10:15", "near"}},
    {LITERAL("    pattern: abc\n    id: sec.y\n"), {"a.yaml:", "already seen: id"}},
    {"rules:\n" RULE("SEC", "    engine: literal\n    pattern: abc\n"), {"rule SEC", "id", "fin.credit_card"}},
    {"rules:\n" RULE("sec.x", "    engine: literal\n    pattern: abc\n")
            RULE("sec.x", "    engine: literal\n    pattern: abd\n"),
        {"rule sec.x", "another rule with this id"}},
    {LITERAL(""), {"a.yaml: rule sec.x", "pattern: missing"}},
    {LITERAL("    pattern: 'a(b'\n"), {"rule sec.x", "pattern", "parenthesis"}},
    {LITERAL("    pattern: '(?<!x)abc'\n"), {"rule sec.x", "pattern", "look-behind"}},
    {LITERAL("    pattern: '(a)\\1'\n"), {"rule sec.x", "pattern", "back-reference"}},
    {LITERAL("    pattern: 'a*'\n"), {"rule sec.x", "pattern", "empty"}},
    {LITERAL("    pattern: abc\n    prefilter: 'a['\n"), {"rule sec.x", "prefilter"}},
    {LITERAL("    pattern: abc\n    max_length: 0\n"), {"rule sec.x", "max_length", "1 to 8192"}},
    {LITERAL("    pattern: abc\n    max_length: 9000\n"), {"rule sec.x", "max_length", "1 to 8192"}},
    {LITERAL("    pattern: abc\n    shape: at\n"), {"rule sec.x", "shape", "class"}},
    {LITERAL("    pattern: abc\n    forms: ['9']\n"), {"rule sec.x", "forms", "digits"}},
    {LITERAL("    pattern: abc\n    validator: nonesuch\n"), {"rule sec.x", "validator", "nonesuch"}},
    {LITERAL("    pattern: abc\n    severity_by_occurrences: [{occurrences: 1, severity: low}]\n"),
        {"rule sec.x", "severity_by_occurrences", "more than 1"}},
    {LITERAL("    pattern: abc\n    severity_by_occurrences:\n"
             "      - {occurrences: 9, severity: low}\n      - {occurrences: 9, severity: high}\n"),
        {"rule sec.x", "severity_by_occurrences", "more than 9"}},
    {LITERAL("    pattern: abc\n    severity_by_occurrences: [{occurrences: 5, severity: huge}]\n"),
        {"a.yaml:", "huge"}},
    {LITERAL("    pattern: abc\n    compliance: [PCI, 'GDPR,HIPAA']\n"), {"rule sec.x", "compliance", "'GDPR,HIPAA'"}},
    {LITERAL("    pattern: abc\n    compliance: ['\u00a7 203']\n"), {"rule sec.x", "compliance", "203"}},
    {LITERAL("    pattern: abc\n    min_entropy: 9\n"), {"rule sec.x", "min_entropy", "8"}},
    {LITERAL("    pattern: abc\n    keyword: required\n"), {"rule sec.x", "keywords", "required"}},
    {LITERAL("    pattern: abc\n    keyword: none\n    keywords: [a]\n"), {"rule sec.x", "keyword"}},
    {LITERAL("    pattern: abc\n    keywords: [a]\n    distance: 301\n"), {"rule sec.x", "distance", "1 to 300"}},
    {LITERAL("    pattern: abc\n    keywords: ['--']\n"), {"rule sec.x", "keywords", "at least one word"}},
    {LITERAL("    pattern: abc\n    keywords: [a]\n    tier: high\n    keyword_tier: low\n"),
        {"sec.x", "keyword_tier"}},
    {"rules:\n" RULE("id.x", "    engine: class\n"), {"rule id.x", "shape: missing"}},
    {DIGITS(""), {"rule id.x", "forms: missing"}},
    {DIGITS("    forms: ['4-']\n"), {"rule id.x", "forms", "4-4-4-4"}},
    {DIGITS("    forms: ['0']\n"), {"rule id.x", "forms"}},
    {DIGITS("    forms: ['9..8']\n"), {"rule id.x", "forms"}},
    {DIGITS("    forms: ['1-1-1-1-1-1-1-1-1']\n"), {"rule id.x", "forms"}},
    {DIGITS("    forms: ['3-3']\n    separators: 'x'\n"), {"rule id.x", "separators", "punctuation"}},
    {DIGITS("    forms: ['9']\n    pattern: abc\n"), {"rule id.x", "pattern"}},
    {UPPER("    pattern: abc\n"), {"rule id.x", "start", "2 to 6"}},
    {UPPER("    pattern: abc\n    start: UX\n"), {"rule id.x", "start", "2 to 6"}},
    {UPPER("    start: UU\n"), {"rule id.x", "pattern: missing"}},
};

static bool load(const char *text, const char *cache_dir, RuleSet **ret_rules, GError **error)
{
    const char *texts[] = {text, NULL};
    char *directory = testing_rules_dir(texts);
    const char *directories[] = {directory, NULL};
    bool is_loaded = rule_set_load(directories, cache_dir, ret_rules, error);

    testing_remove_dir(directory);
    return is_loaded;
}

static void check_refusal(const BadCase *test)
{
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(GError) error = NULL;

    if (load(test->text, NULL, &rules, &error)) {
        g_test_fail_printf("loaded:\n%s", test->text);
        return;
    }
    g_assert_true(error_is(error, ERROR_INVALID));
    for (size_t i = 0; i < G_N_ELEMENTS(test->says) && test->says[i] != NULL; i++) {
        if (strstr(error->message, test->says[i]) == NULL)
            g_test_fail_printf("'%s' is not in '%s'", test->says[i], error->message);
    }
}

static void test_what_is_wrong_in_a_rule_file_is_named_with_its_place(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_cases); i++)
        check_refusal(&bad_cases[i]);
}

static void test_a_nul_byte_is_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(RuleSet) rules = NULL;
    g_autofree char *directory = g_dir_make_tmp("trawl-rules-XXXXXX", &error);
    g_autofree char *path = g_build_filename(directory, "a.yaml", NULL);
    const char *directories[] = {directory, NULL};

    g_assert_true(g_file_set_contents(path, "rules:\0x", 8, &error));
    g_assert_false(rule_set_load(directories, NULL, &rules, &error));
    g_assert_nonnull(strstr(error->message, "NUL"));
    testing_remove_dir(g_steal_pointer(&directory));
}

static void test_a_directory_without_rules_is_refused(void)
{
    const char *texts[] = {NULL};
    char *directory = testing_rules_dir(texts);
    const char *directories[] = {directory, NULL};
    const char *missing[] = {"/nonexistent/rules", NULL};
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_false(rule_set_load(directories, NULL, &rules, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
    g_clear_error(&error);
    g_assert_false(rule_set_load(missing, NULL, &rules, &error));
    g_assert_nonnull(strstr(error->message, "/nonexistent/rules"));
    testing_remove_dir(directory);
}

static void test_the_id_depends_on_the_rules_only(void)
{
    g_autoptr(RuleSet) first = testing_rules(LITERAL("    pattern: abc\n"));
    g_autoptr(RuleSet) again = testing_rules(LITERAL("    pattern: abc\n"));
    g_autoptr(RuleSet) other = testing_rules(LITERAL("    pattern: abd\n"));

    g_assert_cmpuint(strlen(rule_set_id(first)), ==, 64);
    g_assert_cmpstr(rule_set_id(first), ==, rule_set_id(again));
    g_assert_cmpstr(rule_set_id(first), !=, rule_set_id(other));
}

static void test_what_others_may_know_of_a_rule(void)
{
    g_autoptr(RuleSet) rules =
        testing_rules(LITERAL("    pattern: abc\n    compliance: [PCI, GDPR]\n"
                              "    severity_by_occurrences: [{occurrences: 5, severity: critical}]\n"));
    const Rule *rule = rule_set_rule(rules, 0);

    g_assert_cmpuint(rule_set_size(rules), ==, 1);
    g_assert_cmpstr(rule->id, ==, "sec.x");
    g_assert_cmpstr(rule->category, ==, "secret");
    g_assert_cmpint(rule->severity, ==, SEVERITY_HIGH);
    g_assert_cmpint(rule->mask, ==, MASK_ALL);
    g_assert_cmpuint(rule->compliance_count, ==, 2);
    g_assert_cmpstr(rule->compliance[1], ==, "GDPR");
    g_assert_cmpint(rule_severity(rule, 4), ==, SEVERITY_HIGH);
    g_assert_cmpint(rule_severity(rule, 5), ==, SEVERITY_CRITICAL);
}

/* The one of this kind. */
static char *only_file(const char *directory, const char *prefix)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    char *path = NULL;

    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        if (!g_str_has_prefix(name, prefix))
            continue;
        g_assert_null(path);
        path = g_build_filename(directory, name, NULL);
    }
    g_assert_nonnull(path);
    return path;
}

static void assert_finds(const char *cache_dir, const char *text)
{
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(load(TESTING_RULES, cache_dir, &rules, &error));
    g_autofree char *matches = testing_find(rules, text);
    g_assert_cmpstr(matches, ==, "sec.token 0+20 1:1 medium tok_abcdefghijklmnop\n");
}

static void check_broken_cache(const char *prefix)
{
    static const char text[] = "tok_abcdefghijklmnop";
    const char *texts[] = {NULL};
    char *cache = testing_rules_dir(texts);
    g_autoptr(GError) error = NULL;
    g_autofree char *made = NULL, *remade = NULL, *broken = NULL;
    gsize made_len = 0, remade_len = 0;

    assert_finds(cache, text);
    g_autofree char *path = only_file(cache, prefix);
    g_assert_true(g_file_get_contents(path, &made, &made_len, &error));
    assert_finds(cache, text);

    broken = g_memdup2(made, made_len);
    broken[made_len / 2] ^= 1;
    g_assert_true(g_file_set_contents(path, broken, (gssize)made_len, &error));
    assert_finds(cache, text);
    g_assert_true(g_file_get_contents(path, &remade, &remade_len, &error));
    g_assert_cmpmem(remade, remade_len, made, made_len);

    g_assert_true(g_file_set_contents(path, "foreign", -1, &error));
    assert_finds(cache, text);
    g_assert_true(g_file_set_contents(path, made, (gssize)made_len / 2, &error));
    assert_finds(cache, text);
    testing_remove_dir(cache);
}

static void test_the_cache_is_used_and_a_broken_one_replaced(void)
{
    check_broken_cache("hyperscan-");
    check_broken_cache("rules-");
}

static ino_t inode_of(const char *path)
{
    GStatBuf status;

    g_assert_cmpint(g_stat(path, &status), ==, 0);
    return status.st_ino;
}

/* Writing replaces the file by another one, so one that stays was only read. */
static void test_a_good_cache_is_not_written_again(void)
{
    const LiteralExpression expression = {.name = "x", .pattern = "abc", .id = 7};
    const char *texts[] = {NULL};
    char *cache = testing_rules_dir(texts);
    g_autoptr(GError) error = NULL;
    hs_database_t *db = NULL;

    g_assert_true(literal_db_build(&expression, 1, cache, &db, &error));
    hs_free_database(db);
    g_autofree char *path = only_file(cache, "hyperscan-");
    ino_t before = inode_of(path);
    g_assert_true(literal_db_build(&expression, 1, cache, &db, &error));
    hs_free_database(db);
    g_assert_cmpuint(inode_of(path), ==, before);
    testing_remove_dir(cache);
}

static void test_a_cache_that_cannot_be_written_is_no_error(void)
{
    assert_finds("/proc/nonexistent/cache", "tok_abcdefghijklmnop");
}

static void test_names_go_both_ways(void)
{
    Severity severity = SEVERITY_LOW;
    Tier tier = TIER_LOW;

    g_assert_true(severity_from_name("critical", &severity));
    g_assert_cmpstr(severity_name(severity), ==, "critical");
    g_assert_false(severity_from_name("Critical", &severity));
    g_assert_true(tier_from_name("validated", &tier));
    g_assert_cmpstr(tier_name(tier), ==, "validated");
    g_assert_false(tier_from_name("", &tier));
}

typedef struct Cause {
    const char *field, *word;
} Cause;

static void keep_cause(void *data, const Match *match)
{
    Cause *cause = data;

    cause->field = match_sample_cause(match, &cause->word);
}

static void refuse_match(void *data, const Match *match)
{
    (void)data;
    (void)match;
    g_test_fail_printf("not suppressed");
}

static void test_a_suppressed_match_says_why(void)
{
    static const struct {
        const char *text, *field, *word;
    } cases[] = {
        {"see tok_00000000000000000000", "validator", "placeholder"},
        {"see tok_8d1f0c6a4b7e92sample1", "ignore_words", "sample"},
        {"see tok_8d1f0c6a4b7e92d35fa01", "ignore", NULL},
    };
    g_autoptr(RuleSet) rules =
        testing_rules(LITERAL("    pattern: tok_[a-z0-9]{20,21}\n    validator: secret_token\n"
                              "    ignore: [tok_8d1f0c6a4b7e92d35fa01]\n    ignore_words: [sample]\n"));
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Cause cause = {NULL, NULL};
        const DetectorOptions options = {
            .min_tier = TIER_LOW, .handler = refuse_match, .suppressed_handler = keep_cause, .data = &cause};
        g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
        g_assert_true(detector_feed(detector, cases[i].text, strlen(cases[i].text), &error));
        g_assert_true(detector_end(detector, &error));
        g_assert_cmpstr(cause.field, ==, cases[i].field);
        g_assert_cmpstr(cause.word, ==, cases[i].word);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/rule-set/a-suppressed-match-says-why", test_a_suppressed_match_says_why);
    g_test_add_func("/detect/rule-set/what-is-wrong-in-a-rule-file-is-named-with-its-place",
        test_what_is_wrong_in_a_rule_file_is_named_with_its_place);
    g_test_add_func("/detect/rule-set/a-nul-byte-is-refused", test_a_nul_byte_is_refused);
    g_test_add_func("/detect/rule-set/a-directory-without-rules-is-refused", test_a_directory_without_rules_is_refused);
    g_test_add_func("/detect/rule-set/the-id-depends-on-the-rules-only", test_the_id_depends_on_the_rules_only);
    g_test_add_func("/detect/rule-set/what-others-may-know-of-a-rule", test_what_others_may_know_of_a_rule);
    g_test_add_func("/detect/rule-set/the-cache-is-used-and-a-broken-one-replaced",
        test_the_cache_is_used_and_a_broken_one_replaced);
    g_test_add_func("/detect/rule-set/a-good-cache-is-not-written-again", test_a_good_cache_is_not_written_again);
    g_test_add_func(
        "/detect/rule-set/a-cache-that-cannot-be-written-is-no-error", test_a_cache_that_cannot_be_written_is_no_error);
    g_test_add_func("/detect/rule-set/names-go-both-ways", test_names_go_both_ways);
    return g_test_run();
}

/* The cache of checked rule files: what comes out is what went in, and whatever lies there does no harm. */
#include "detect/cache/cache_file.h"
#include "detect/cache/rule_cache.h"
#include "detect/cache/rule_image.h"
#include "detect/rule_internal.h"
#include "detect_testing.h"

#include <glib/gstdio.h>
#include <string.h>
#include <time.h>
#include <utime.h>

/* Every key that a rule may have. */
static const char ALL_FIELDS[] = "rules:\n"
                                 "  - id: sec.whole\n"
                                 "    detector: sec.other\n"
                                 "    name: A name\n"
                                 "    description: What it is\n"
                                 "    category: health\n"
                                 "    severity: low\n"
                                 "    severity_by_occurrences: [{occurrences: 7, severity: high}]\n"
                                 "    mask: prefix\n"
                                 "    canonical: lower\n"
                                 "    compliance: [PCI, GDPR]\n"
                                 "    engine: literal\n"
                                 "    pattern: 'tok_(?<value>[a-f]{4,9})'\n"
                                 "    prefilter: 'tok_'\n"
                                 "    caseless: true\n"
                                 "    max_length: 99\n"
                                 "    keywords: [api key, token]\n"
                                 "    field_keywords: [secret]\n"
                                 "    veto: [example]\n"
                                 "    keyword: boost\n"
                                 "    distance: 41\n"
                                 "    distance_after: 12\n"
                                 "    same_line: true\n"
                                 "    alone: true\n"
                                 "    tier: low\n"
                                 "    keyword_tier: high\n"
                                 "    pair: [sec.plain]\n"
                                 "    pair_distance: 77\n"
                                 "    pair_tier: high\n"
                                 "    beats: [sec.plain]\n"
                                 "    generic: true\n"
                                 "    plain_only: true\n"
                                 "    lower_paths: ['*test*']\n"
                                 "    validator: card\n"
                                 "    min_entropy: 1.5\n"
                                 "    ignore: [tok_aaaa]\n"
                                 "    ignore_words: [beef]\n"
                                 "    examples: {match: [one, two], no_match: [three]}\n"
                                 "  - id: sec.plain\n"
                                 "    name: n\n"
                                 "    description: d\n"
                                 "    category: secret\n"
                                 "    severity: critical\n"
                                 "    mask: all\n"
                                 "    engine: class\n"
                                 "    shape: digits\n"
                                 "    forms: ['3-2-4', '9']\n"
                                 "    separators: ' -'\n"
                                 "    examples: {match: [x], no_match: [y]}\n"
                                 "  - id: sec.upper\n"
                                 "    name: n\n"
                                 "    description: d\n"
                                 "    category: secret\n"
                                 "    severity: critical\n"
                                 "    mask: all\n"
                                 "    engine: class\n"
                                 "    shape: upper\n"
                                 "    start: UD\n"
                                 "    pattern: '[A-C][0-9]{3}'\n"
                                 "    examples: {match: [x], no_match: [y]}\n";

static Bytes bytes_of(const char *text)
{
    return (Bytes){.data = (const uint8_t *)text, .len = strlen(text)};
}

/* From the YAML, checked, so that its facts are known. */
static RuleDocument *document_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    RuleDocument *document = NULL;

    g_assert_true(rule_document_parse("a.yaml", bytes_of(text), &document, &error));
    for (unsigned i = 0; i < document->rules_count; i++)
        g_assert_true(rule_facts_find(&document->rules[i], &document->facts[i], &error));
    return document;
}

static RuleDocument *through_image(const RuleDocument *document)
{
    g_autoptr(GByteArray) image = rule_image_pack(document);
    gsize len = image->len;

    return rule_image_unpack((char *)g_byte_array_steal(image, NULL), len, 0);
}

static void assert_texts(char *const *texts, unsigned count, const char *expected)
{
    g_autofree char *joined = NULL;
    g_auto(GStrv) copy = g_new0(char *, count + 1);

    for (unsigned i = 0; i < count; i++)
        copy[i] = g_strdup(texts[i]);
    joined = g_strjoinv("|", copy);
    g_assert_cmpstr(joined, ==, expected);
}

static void assert_strings_of_whole(const RawRule *rule)
{
    g_assert_cmpstr(rule->id, ==, "sec.whole");
    g_assert_cmpstr(rule->detector, ==, "sec.other");
    g_assert_cmpstr(rule->name, ==, "A name");
    g_assert_cmpstr(rule->description, ==, "What it is");
    g_assert_cmpstr(rule->pattern, ==, "tok_(?<value>[a-f]{4,9})");
    g_assert_cmpstr(rule->prefilter, ==, "tok_");
    g_assert_cmpstr(rule->validator, ==, "card");
    g_assert_null(rule->start);
    g_assert_null(rule->separators);
    assert_texts(rule->compliance, rule->compliance_count, "PCI|GDPR");
    assert_texts(rule->keywords, rule->keywords_count, "api key|token");
    assert_texts(rule->field_keywords, rule->field_keywords_count, "secret");
    assert_texts(rule->veto, rule->veto_count, "example");
    assert_texts(rule->pair, rule->pair_count, "sec.plain");
    assert_texts(rule->beats, rule->beats_count, "sec.plain");
    assert_texts(rule->lower_paths, rule->lower_paths_count, "*test*");
    assert_texts(rule->ignore, rule->ignore_count, "tok_aaaa");
    assert_texts(rule->ignore_words, rule->ignore_words_count, "beef");
    assert_texts(rule->examples.match, rule->examples.match_count, "one|two");
    assert_texts(rule->examples.no_match, rule->examples.no_match_count, "three");
}

static void assert_values_of_whole(const RawRule *rule)
{
    g_assert_cmpint(rule->category, ==, CATEGORY_HEALTH);
    g_assert_cmpint(rule->severity, ==, 1 + SEVERITY_LOW);
    g_assert_cmpuint(rule->severity_steps_count, ==, 1);
    g_assert_cmpuint(rule->severity_steps[0].occurrences, ==, 7);
    g_assert_cmpint(rule->severity_steps[0].severity, ==, 1 + SEVERITY_HIGH);
    g_assert_cmpint(rule->mask, ==, 1 + MASK_PREFIX);
    g_assert_cmpint(rule->canonical, ==, CANONICAL_LOWER);
    g_assert_cmpint(rule->engine, ==, ENGINE_LITERAL);
    g_assert_cmpint(rule->shape, ==, SHAPE_NONE);
    g_assert_cmpint(rule->keyword, ==, KEYWORD_BOOST);
    g_assert_cmpint(rule->tier, ==, 1 + TIER_LOW);
    g_assert_cmpint(rule->keyword_tier, ==, 1 + TIER_HIGH);
    g_assert_cmpint(rule->pair_tier, ==, 1 + TIER_HIGH);
    g_assert_true(rule->caseless && rule->same_line && rule->alone && rule->generic && rule->plain_only);
    g_assert_cmpuint(*rule->max_length, ==, 99);
    g_assert_cmpuint(*rule->distance, ==, 41);
    g_assert_cmpuint(*rule->distance_after, ==, 12);
    g_assert_cmpuint(*rule->pair_distance, ==, 77);
    g_assert_cmpfloat(*rule->min_entropy, ==, 1.5);
}

static void test_every_field_of_a_rule_comes_back(void)
{
    g_autoptr(RuleDocument) document = document_of(ALL_FIELDS);
    g_autoptr(RuleDocument) copy = through_image(document);

    g_assert_nonnull(copy);
    g_assert_cmpuint(copy->rules_count, ==, 3);
    assert_strings_of_whole(&copy->rules[0]);
    assert_values_of_whole(&copy->rules[0]);
    assert_texts(copy->rules[1].forms, copy->rules[1].forms_count, "3-2-4|9");
    g_assert_cmpstr(copy->rules[1].separators, ==, " -");
    g_assert_cmpstr(copy->rules[2].start, ==, "UD");
    g_assert_null(copy->rules[1].distance);
    g_assert_cmpuint(copy->facts[0].longest, ==, strlen("tok_") + 9);
    g_assert_cmpuint(copy->facts[0].groups, ==, 1);
    g_assert_cmpuint(copy->facts[0].value_group, ==, 1);
    g_assert_cmpuint(copy->facts[2].longest, ==, 4);
}

/* Every rule there is, and what a cached document is packed into once more. */
static void test_the_rules_of_the_program_come_back(gconstpointer data)
{
    g_autoptr(GDir) dir = g_dir_open(data, 0, NULL);
    unsigned files = 0;

    g_assert_nonnull(dir);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir), files++) {
        g_autofree char *path = g_build_filename(data, name, NULL);
        g_autofree char *text = NULL;
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        g_autoptr(RuleDocument) document = document_of(text);
        g_autoptr(RuleDocument) copy = through_image(document);
        g_assert_nonnull(copy);
        g_autoptr(GByteArray) first = rule_image_pack(document), again = rule_image_pack(copy);
        g_assert_cmpmem(first->data, first->len, again->data, again->len);
    }
    g_assert_cmpuint(files, >, 5);
}

/* Reads every byte of it. */
static bool is_readable(const char *bytes, size_t len)
{
    g_autoptr(RuleDocument) document = rule_image_unpack(g_memdup2(bytes, len), len, 0);

    if (document == NULL)
        return false;
    g_autoptr(GByteArray) again = rule_image_pack(document);
    g_assert_cmpuint(again->len, ==, len);
    return true;
}

static void test_an_image_cut_short_is_refused(void)
{
    g_autoptr(RuleDocument) document = document_of(ALL_FIELDS);
    g_autoptr(GByteArray) image = rule_image_pack(document);

    g_assert_true(is_readable((const char *)image->data, image->len));
    for (size_t len = 0; len < image->len; len++)
        g_assert_false(is_readable((const char *)image->data, len));
}

/* Under AddressSanitizer this is more than it seems. */
static void test_an_image_with_one_byte_changed_is_refused_or_well_formed(void)
{
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0xff};
    g_autoptr(RuleDocument) document = document_of(ALL_FIELDS);
    g_autoptr(GByteArray) image = rule_image_pack(document);
    unsigned refused = 0;

    for (guint i = 0; i < image->len; i++) {
        uint8_t was = image->data[i];
        for (size_t j = 0; j < G_N_ELEMENTS(values); j++) {
            image->data[i] = values[j];
            refused += !is_readable((const char *)image->data, image->len);
        }
        image->data[i] = was;
    }
    g_assert_cmpuint(refused, >, 100);
}

static char *new_directory(void)
{
    const char *const nothing[] = {NULL};

    return testing_rules_dir(nothing);
}

static char *only_file(const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    char *path = g_build_filename(directory, g_dir_read_name(dir), NULL);

    g_assert_null(g_dir_read_name(dir));
    return path;
}

static bool is_cached(const char *directory, const char *text)
{
    g_autoptr(RuleDocument) document = rule_cache_read(directory, bytes_of(text));

    return document != NULL;
}

static void test_a_file_is_found_by_its_text_only_and_only_whole(void)
{
    char *directory = new_directory();
    g_autoptr(RuleDocument) document = document_of(ALL_FIELDS);
    g_autoptr(GError) error = NULL;
    g_autofree char *contents = NULL;
    gsize len = 0;

    g_assert_false(is_cached(directory, ALL_FIELDS));
    rule_cache_write(directory, bytes_of(ALL_FIELDS), document);
    g_assert_true(is_cached(directory, ALL_FIELDS));
    g_assert_false(is_cached(directory, "rules: []\n"));

    g_autofree char *path = only_file(directory);
    g_assert_true(g_file_get_contents(path, &contents, &len, &error));
    for (size_t i = 0; i < len; i += 7) {
        contents[i] ^= 1;
        g_assert_true(g_file_set_contents_full(path, contents, (gssize)len, G_FILE_SET_CONTENTS_NONE, 0600, &error));
        g_assert_false(is_cached(directory, ALL_FIELDS));
        contents[i] ^= 1;
    }
    g_assert_true(g_file_set_contents(path, contents, (gssize)len / 2, &error));
    g_assert_false(is_cached(directory, ALL_FIELDS));
    rule_cache_write(directory, bytes_of(ALL_FIELDS), document);
    g_assert_true(is_cached(directory, ALL_FIELDS));
    testing_remove_dir(directory);
}

/* A file of this age. */
static char *aged_file(const char *directory, const char *name, int64_t days)
{
    char *path = g_build_filename(directory, name, NULL);
    struct utimbuf times = {.actime = time(NULL) - days * 86400, .modtime = time(NULL) - days * 86400};

    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    g_assert_cmpint(g_utime(path, &times), ==, 0);
    return path;
}

/* 31 digits. */
#define HASH "0123456789abcdef0123456789abcde"

static void test_what_nobody_used_for_a_month_goes_when_something_is_written(void)
{
    char *directory = new_directory();
    g_autofree char *old = aged_file(directory, "rules-" HASH "0.bin", 31),
                    *unfinished = aged_file(directory, "rules-" HASH "4.bin.A1B2C3", 31),
                    *database = aged_file(directory, "hyperscan-" HASH "0.db", 31);
    g_autofree char *newer = aged_file(directory, "rules-" HASH "1.bin", 29),
                    *used = aged_file(directory, "rules-" HASH "2.bin", 31);
    g_autofree char *foreign = aged_file(directory, "something", 31),
                    *rules = aged_file(directory, "rules-of-ours.yaml", 31),
                    *hash = aged_file(directory, "rules-" HASH "5.yaml", 31);
    g_autofree char *written = g_build_filename(directory, "rules-" HASH "3.bin", NULL);
    gsize len = 0;

    g_free(cache_file_read(used, &len));
    cache_file_write(written, bytes_of("head"), bytes_of("body"));
    g_assert_false(g_file_test(old, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(unfinished, G_FILE_TEST_EXISTS));
    g_assert_false(g_file_test(database, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(newer, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(used, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(foreign, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(rules, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(hash, G_FILE_TEST_EXISTS));
    g_autofree char *contents = cache_file_read(written, &len);
    g_assert_cmpmem(contents, len, "headbody", 8);
    testing_remove_dir(directory);
}

static gpointer load_and_find(gpointer data)
{
    const char *const *directories = data; /* of rules; of the cache */
    const char *const rule_directories[] = {directories[0], NULL};
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(rule_set_load(rule_directories, directories[1], &rules, &error));
    return testing_find(rules, "tok_abcdefghijklmnop");
}

static void test_many_at_once_share_a_directory(void)
{
    enum { THREADS = 8 };
    const char *const texts[] = {TESTING_RULES, NULL};
    char *rules = testing_rules_dir(texts), *cache = new_directory();
    const char *const directories[] = {rules, cache};
    GThread *threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("loader", load_and_find, (gpointer)directories);
    for (size_t i = 0; i < THREADS; i++) {
        g_autofree char *found = g_thread_join(threads[i]);
        g_assert_cmpstr(found, ==, "sec.token 0+20 1:1 medium tok_abcdefghijklmnop\n");
    }
    g_assert_true(is_cached(cache, TESTING_RULES));
    testing_remove_dir(rules);
    testing_remove_dir(cache);
}

/* One rule set, patterns not yet compiled. */
static gpointer find_in_shared(gpointer rules)
{
    return testing_find(rules, "tok_abcdefghijklmnop");
}

static void test_many_at_once_search_with_rules_nobody_used_before(void)
{
    enum { THREADS = 8, ROUNDS = 20 };
    GThread *threads[THREADS];

    for (int round = 0; round < ROUNDS; round++) {
        g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
        for (size_t i = 0; i < THREADS; i++)
            threads[i] = g_thread_new("finder", find_in_shared, rules);
        for (size_t i = 0; i < THREADS; i++) {
            g_autofree char *found = g_thread_join(threads[i]);
            g_assert_cmpstr(found, ==, "sec.token 0+20 1:1 medium tok_abcdefghijklmnop\n");
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    g_test_add_func("/detect/rule-cache/every-field-of-a-rule-comes-back", test_every_field_of_a_rule_comes_back);
    g_test_add_data_func(
        "/detect/rule-cache/the-rules-of-the-program-come-back", argv[1], test_the_rules_of_the_program_come_back);
    g_test_add_func("/detect/rule-cache/an-image-cut-short-is-refused", test_an_image_cut_short_is_refused);
    g_test_add_func("/detect/rule-cache/an-image-with-one-byte-changed-is-refused-or-well-formed",
        test_an_image_with_one_byte_changed_is_refused_or_well_formed);
    g_test_add_func("/detect/rule-cache/a-file-is-found-by-its-text-only-and-only-whole",
        test_a_file_is_found_by_its_text_only_and_only_whole);
    g_test_add_func("/detect/rule-cache/what-nobody-used-for-a-month-goes-when-something-is-written",
        test_what_nobody_used_for_a_month_goes_when_something_is_written);
    g_test_add_func("/detect/rule-cache/many-at-once-share-a-directory", test_many_at_once_share_a_directory);
    g_test_add_func("/detect/rule-cache/many-at-once-search-with-rules-nobody-used-before",
        test_many_at_once_search_with_rules_nobody_used_before);
    return g_test_run();
}

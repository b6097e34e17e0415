/* What was found and not reported: kept with its first places, stored, listed a page at a time. */
#include "findings/finding_row.h"
#include "findings/locations.h"
#include "job_store.h"

#include <string.h>

static const Rule card = {.id = "fin.credit_card",
    .detector = "fin.credit_card",
    .name = "Card",
    .category = "financial",
    .severity = SEVERITY_HIGH};
static const Rule spaced = {.id = "fin.card_spaced",
    .detector = "fin.credit_card",
    .name = "Card",
    .category = "financial",
    .severity = SEVERITY_HIGH,
    .index = 1};
static const Rule email = {.id = "pii.email",
    .detector = "pii.email",
    .name = "Email",
    .category = "personal",
    .severity = SEVERITY_LOW,
    .index = 2,
    .detector_index = 2};

static const FingerprintKey test_key = {.bytes = {1}, .id = "0011223344556677"};

static void add(FindingSet *set, const Rule *rule, uint64_t offset, const SuppressCause *cause)
{
    static const char text[] = "4111111111111111";
    const Bytes bytes = {.data = (const uint8_t *)text, .len = strlen(text)};
    const Match match = {.rule = rule,
        .tier = TIER_HIGH,
        .text = bytes,
        .canonical = bytes,
        .offset = offset,
        .length = bytes.len,
        .line = 1 + offset / 100,
        .column = 1 + offset % 100};

    finding_set_add_suppressed(set, &match, NULL, cause);
}

static const SuppressCause sample = {.reason = SUPPRESSED_TEST_VALUE, .field = "ignore_words", .why = "example"};
static const SuppressCause comment = {.reason = SUPPRESSED_INLINE, .line = 7};
static const SuppressCause allowed = {
    .reason = SUPPRESSED_ALLOWED, .file = "lists/allow.yaml", .line = 3, .why = "the \"demo\" account"};
static const SuppressCause known = {.reason = SUPPRESSED_BASELINE, .file = "known.jsonl", .line = 12};

static void test_a_place_says_what_suppresses_it(void)
{
    const SuppressCause *const causes[] = {&sample, &comment, &allowed, &known};
    static const char *const expected[] = {
        "[{\"offset\":205,\"length\":16,\"line\":3,\"column\":6,\"member\":null,\"by\":\"ignore_words\",\"why\":"
        "\"example\"}]",
        "[{\"offset\":205,\"length\":16,\"line\":3,\"column\":6,\"member\":null,\"by\":\"line 7\"}]",
        "[{\"offset\":205,\"length\":16,\"line\":3,\"column\":6,\"member\":null,\"by\":\"lists/allow.yaml:3\","
        "\"why\":\"the \\\"demo\\\" account\"}]",
        "[{\"offset\":205,\"length\":16,\"line\":3,\"column\":6,\"member\":null,\"by\":\"known.jsonl:12\"}]",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(causes); i++) {
        g_autoptr(FindingSet) set = finding_set_new(&test_key, 10);
        add(set, &email, 205, causes[i]);
        g_assert_cmpuint(finding_set_suppression_count(set), ==, 1);
        g_autofree char *places = locations_json(finding_set_suppression_at(set, 0)->locations);
        g_assert_cmpstr(places, ==, expected[i]);
    }
}

static void test_a_million_places_are_one_row_with_the_first_fifteen(void)
{
    enum { PLACES = 1000000 };
    g_autoptr(FindingSet) set = finding_set_new(&test_key, 10);

    for (uint64_t i = 0; i < PLACES; i++) {
        g_assert_cmpint(finding_set_keeps_suppressed(set, &card, SUPPRESSED_TEST_VALUE), ==, i < 15);
        add(set, i % 2 == 0 ? &card : &spaced, i * 20, &sample);
    }
    g_assert_cmpuint(finding_set_suppressed(set), ==, PLACES);
    g_assert_cmpuint(finding_set_suppression_count(set), ==, 1);
    const Suppression *only = finding_set_suppression_at(set, 0);
    g_assert_cmpuint(only->count, ==, PLACES);
    g_assert_cmpuint(only->locations->len, ==, 15);
    for (guint i = 0; i < only->locations->len; i++) {
        const FindingLocation *place = &g_array_index(only->locations, FindingLocation, i);
        g_assert_cmpuint(place->offset, ==, i * 20);
        g_assert_cmpstr(place->rule, ==, i % 2 == 0 ? NULL : "fin.card_spaced");
    }
}

/* ---- stored ---- */

static void store_set(Db *db, const FindingSet *set, const char *key, uint32_t page_no, uint32_t ordinal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    const FindingPlace place = {.job_id = JOB, .bucket = "b", .key = key, .page_no = page_no, .ordinal = ordinal};

    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    g_assert_true(finding_set_store(tx, set, &place, &error));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
}

/* The pages end in another order than they were listed in, and one is stored twice. */
static Db *open_filled_store(void)
{
    Db *db = job_store_open();
    g_autoptr(FindingSet) both = finding_set_new(&test_key, 10);
    g_autoptr(FindingSet) one = finding_set_new(&test_key, 10);

    add(both, &email, 5, &known);
    add(both, &email, 6, &allowed);
    add(both, &card, 7, &comment);
    add(both, &email, 8, &allowed);
    add(one, &card, 5, &sample);
    store_set(db, one, "d.txt", 10, 0);
    store_set(db, both, "c.txt", 9, 20);
    store_set(db, one, "b.txt", 9, 3);
    store_set(db, both, "a.txt", 0, 0);
    store_set(db, both, "a.txt", 0, 0);
    return db;
}

static bool note_row(void *data, const StoredSuppression *row, G_GNUC_UNUSED GError **error)
{
    g_assert_cmpstr(row->job_id, ==, JOB);
    g_assert_true(g_str_has_prefix(row->locations, "[{"));
    g_string_append_printf(data, "%s %s %s %" G_GUINT64_FORMAT "\n", row->key, row->detector, row->reason, row->count);
    return true;
}

static char *visit(Db *db, SuppressionQuery query, SuppressionPosition *ret_next)
{
    g_autoptr(GError) error = NULL;
    GString *rows = g_string_new(NULL);

    query.job_id = JOB;
    g_assert_true(suppressions_visit(db, &query, note_row, rows, ret_next, &error));
    return g_string_free(rows, FALSE);
}

static const char all_rows[] = "a.txt fin.credit_card inline 1\n"
                               "a.txt pii.email allowed 2\n"
                               "a.txt pii.email baseline 1\n"
                               "b.txt fin.credit_card test_value 1\n"
                               "c.txt fin.credit_card inline 1\n"
                               "c.txt pii.email allowed 2\n"
                               "c.txt pii.email baseline 1\n"
                               "d.txt fin.credit_card test_value 1\n";

static void test_rows_come_in_the_order_of_the_listing(void)
{
    g_autoptr(Db) db = open_filled_store();
    SuppressionPosition next = {"x"};
    g_autofree char *rows = visit(db, (SuppressionQuery){0}, &next);

    g_assert_cmpstr(rows, ==, all_rows);
    g_assert_cmpstr(next.text, ==, "");
}

static void test_pages_of_any_size_make_the_whole(void)
{
    g_autoptr(Db) db = open_filled_store();

    for (uint32_t limit = 1; limit < 10; limit++) {
        g_autoptr(GString) rows = g_string_new(NULL);
        SuppressionQuery query = {.limit = limit};
        size_t pages = 0;
        do {
            g_autofree char *page = visit(db, query, &query.after);
            g_string_append(rows, page);
            pages++;
        } while (query.after.text[0] != '\0');
        g_assert_cmpstr(rows->str, ==, all_rows);
        g_assert_cmpuint(pages, ==, (8 + limit - 1) / limit);
    }
}

typedef struct FilterCase {
    SuppressionQuery query;
    const char *rows;
} FilterCase;

static const FilterCase filter_cases[] = {
    {{.detector = "fin.credit_card", .reason = "inline"},
        "a.txt fin.credit_card inline 1\nc.txt fin.credit_card inline 1\n"},
    {{.reason = "test_value"}, "b.txt fin.credit_card test_value 1\nd.txt fin.credit_card test_value 1\n"},
    {{.key = "d.txt"}, "d.txt fin.credit_card test_value 1\n"},
    {{.key = "d.txt", .detector = "pii.email"}, ""},
    {{.key = "d"}, ""},
};

static void test_filters_select(void)
{
    g_autoptr(Db) db = open_filled_store();

    for (size_t i = 0; i < G_N_ELEMENTS(filter_cases); i++) {
        g_autofree char *rows = visit(db, filter_cases[i].query, NULL);
        g_assert_cmpstr(rows, ==, filter_cases[i].rows);
    }
}

static void test_what_is_no_reason_and_no_place_is_refused(void)
{
    static const SuppressionQuery bad[] = {
        {.job_id = JOB, .reason = "allow"},
        {.job_id = JOB, .after = {"1 2 3"}},
        {.job_id = JOB, .after = {"0 0 -1 pii.email inline"}},
        {.job_id = JOB, .after = {"0 0 0 pii.email inline x"}},
    };
    g_autoptr(Db) db = job_store_open();

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(suppressions_visit(db, &bad[i], note_row, NULL, NULL, &error));
        g_assert_error(error, TRAWL_ERROR, ERROR_INVALID);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/findings/suppressions/" #name, test_##name)
    TEST(a_place_says_what_suppresses_it);
    TEST(a_million_places_are_one_row_with_the_first_fifteen);
    TEST(rows_come_in_the_order_of_the_listing);
    TEST(pages_of_any_size_make_the_whole);
    TEST(filters_select);
    TEST(what_is_no_reason_and_no_place_is_refused);
#undef TEST
    return g_test_run();
}

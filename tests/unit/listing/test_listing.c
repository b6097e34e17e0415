#include "listing/listing.h"

#include "listing/batch_json.h"
#include "made_source.h"
#include "objects/source_memory.h"
#include "store/db_fault.h"
#include "stores.h"

#include <jansson.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)

typedef struct Fixture {
    TestStore store;
    Db *db; /* the store's */
    JobId job_id;
} Fixture;

static void make_job(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;

    f->job_id = job_id_new();
    g_assert_true(db_begin(f->db, DB_WRITE, &tx, &error));
    g_assert_true(DB_EXEC(tx, SQL_JOB_INSERT, NULL, &error, db_text(f->job_id.text), db_text("bucket"), db_text(""),
        db_null(), db_int(1), db_null(), db_text("{}"), db_text("")));
    g_assert_true(DB_EXEC(tx, SQL_SHARD_INSERT, NULL, &error, db_text(f->job_id.text), db_int(0), db_int(1)));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
}

static void set_up(Fixture *f, gconstpointer kind)
{
    test_store_open(&f->store, kind);
    f->db = f->store.db;
    make_job(f);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    test_store_close(&f->store);
}

static BatchResult run_batch(Fixture *f, ObjectSource *source, uint32_t batch_size, const ListingFilter *filter)
{
    g_autoptr(GError) error = NULL;
    BatchRequest request = {.job_id = f->job_id, .prefix = "", .source = source, .batch_size = batch_size};
    BatchResult result = {0};

    if (filter != NULL)
        request.filter = *filter;
    bool is_done = listing_process_batch(f->db, &request, &result, &error);
    g_assert_no_error(error);
    g_assert_true(is_done);
    return result;
}

/* Every key of the job's pages in order, one a line; checks that pages are numbered, bounded and told right. */
typedef struct Stored {
    GString *keys;
    GString *counts; /* objects a page, with blanks between */
    uint64_t objects, bytes;
} Stored;

static void stored_clear(Stored *stored)
{
    g_string_free(stored->keys, TRUE);
    g_string_free(stored->counts, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stored, stored_clear)

/* A stored page's keys, whole: first, last and the rest are told of the same row. */
static void add_page(Stored *stored, const DbRows *row)
{
    const char *first = db_rows_text(row, 1), *last = db_rows_text(row, 2), *prefix = db_rows_text(row, 10);
    json_t *keys = json_loads(db_rows_text(row, 5), 0, NULL);
    size_t size = json_array_size(keys);

    g_assert_cmpuint(size, ==, db_rows_int(row, 3));
    for (size_t i = 0; i < size; i++) {
        g_autofree char *key = g_strconcat(prefix, json_string_value(json_array_get(keys, i)), NULL);
        g_assert_cmpstr(key, ==, i == 0 ? first : i == size - 1 ? last : key);
        g_string_append_printf(stored->keys, "%s\n", key);
    }
    json_decref(keys);
}

static Stored read_stored(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    Stored stored = {.keys = g_string_new(NULL), .counts = g_string_new(NULL)};
    bool has_row = false;
    int64_t page_no = 0;

    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_LISTING_PAGES, &rows, &error, db_text(f->job_id.text)));
    while (db_rows_next(rows, &has_row, &error) && has_row) {
        g_assert_cmpint(db_rows_int(rows, 0), ==, page_no++);
        int64_t count = db_rows_int(rows, 3);
        add_page(&stored, rows);
        g_assert_cmpint(db_rows_int(rows, 6), ==, count); /* pending */
        g_assert_cmpstr(db_rows_text(rows, 7), ==, "queued");
        g_string_append_printf(stored.counts, "%s%d", stored.counts->len > 0 ? " " : "", (int)count);
        stored.objects += (uint64_t)count;
        stored.bytes += (uint64_t)db_rows_int(rows, 4);
    }
    g_assert_no_error(error);
    return stored;
}

/* The counters of slot 0, which every page and no other thing must be in. */
static void expect_counters(Fixture *f, const Stored *stored)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_LISTING_COUNTERS, &rows, &error, db_text(f->job_id.text)));
    g_assert_true(db_rows_next(rows, &has_row, &error) && has_row);
    g_assert_cmpint(db_rows_int(rows, 0), ==, stored->objects);
    g_assert_cmpint(db_rows_int(rows, 1), ==, stored->objects);
    g_assert_cmpint(db_rows_int(rows, 2), ==, stored->bytes);
}

static void make_plain(uint64_t index, ObjectEntry *ret_entry)
{
    *ret_entry = (ObjectEntry){
        .key = g_strdup_printf("key/%09" G_GUINT64_FORMAT, index),
        .size_bytes = index,
        .etag = g_strdup("0123456789abcdef0123456789abcdef"),
        .modified_ms = 1700000000000,
    };
}

static MadeSource made_source(uint64_t count, MakeEntry make)
{
    return (MadeSource){.base.ops = &made_source_ops, .count = count, .make = make};
}

static void test_the_first_pages_are_small_and_the_others_hold_a_thousand(Fixture *f, gconstpointer data)
{
    MadeSource source = made_source(12500, make_plain);
    g_auto(BatchResult) first = run_batch(f, &source.base, 0, NULL);

    (void)data;
    g_assert_cmpuint(first.batch_size, ==, 10000);
    g_assert_cmpuint(first.objects_processed, ==, 10000);
    g_assert_cmpuint(first.pages_enqueued, ==, 14);
    g_assert_cmpstr(first.continuation_token, ==, "key/000009999");
    g_assert_false(first.is_done);
    g_auto(BatchResult) second = run_batch(f, &source.base, 0, NULL);
    g_assert_cmpuint(second.batch_size, ==, 2500);
    g_assert_cmpuint(second.objects_processed, ==, 12500);
    g_assert_null(second.continuation_token);
    g_assert_true(second.is_done);
    g_auto(Stored) stored = read_stored(f);
    g_assert_cmpstr(
        stored.counts->str, ==, "50 50 50 50 800 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 500");
    expect_counters(f, &stored);
}

static void test_an_empty_bucket_is_done_at_once(Fixture *f, gconstpointer data)
{
    g_autoptr(ObjectSource) source = memory_source_new();
    g_auto(BatchResult) result = run_batch(f, source, 0, NULL);

    (void)data;
    g_assert_true(result.is_done);
    g_assert_cmpuint(result.objects_processed, ==, 0);
    g_assert_null(result.continuation_token);
    g_auto(Stored) stored = read_stored(f);
    g_assert_cmpuint(stored.objects, ==, 0);
    expect_counters(f, &stored);
}

/* Sizes around the limit of 256 MiB a page. */
static void make_large(uint64_t index, ObjectEntry *ret_entry)
{
    static const uint64_t sizes[] = {100 * MIB, 156 * MIB, 1, 255 * MIB, MIB, 5120 * MIB, 0, 1};

    make_plain(index, ret_entry);
    ret_entry->size_bytes = sizes[index];
}

static void test_a_page_ends_before_it_grows_over_its_bytes(Fixture *f, gconstpointer data)
{
    MadeSource source = made_source(8, make_large);
    g_auto(BatchResult) result = run_batch(f, &source.base, 0, NULL);

    (void)data;
    g_assert_true(result.is_done);
    g_auto(Stored) stored = read_stored(f);
    g_assert_cmpstr(stored.counts->str, ==, "2 2 1 1 2");
    expect_counters(f, &stored);
}

static void test_batches_of_any_size_store_every_key_once(Fixture *f, gconstpointer data)
{
    static const uint32_t batch_sizes[] = {1, 7, 999, 1000, 1001, 2500, 100000};

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(batch_sizes); i++) {
        make_job(f);
        uint64_t count = batch_sizes[i] < 100 ? 70 : 3210;
        MadeSource source = made_source(count, make_plain);
        uint64_t stored_by_batches = 0;
        bool is_done = false;
        while (!is_done) {
            g_auto(BatchResult) result = run_batch(f, &source.base, batch_sizes[i], NULL);
            stored_by_batches += result.batch_size;
            is_done = result.is_done;
            g_assert_cmpuint(result.batch_size, <=, batch_sizes[i]);
        }
        g_auto(Stored) stored = read_stored(f);
        g_assert_cmpuint(stored.objects, ==, count);
        g_assert_cmpuint(stored_by_batches, ==, count);
        g_autoptr(GString) expected = g_string_new(NULL);
        for (uint64_t k = 0; k < count; k++)
            g_string_append_printf(expected, "key/%09" G_GUINT64_FORMAT "\n", k);
        g_assert_cmpstr(stored.keys->str, ==, expected->str);
    }
}

static void test_a_batch_after_the_end_changes_nothing(Fixture *f, gconstpointer data)
{
    MadeSource source = made_source(1200, make_plain);
    g_auto(BatchResult) first = run_batch(f, &source.base, 0, NULL);
    g_auto(BatchResult) again = run_batch(f, &source.base, 0, NULL);

    (void)data;
    g_assert_true(first.is_done && again.is_done);
    g_assert_cmpuint(again.batch_size, ==, 0);
    g_assert_cmpuint(again.objects_processed, ==, 1200);
    g_auto(Stored) stored = read_stored(f);
    g_assert_cmpuint(stored.objects, ==, 1200);
    expect_counters(f, &stored);
}

typedef struct Rival {
    Fixture *fixture;
    MadeSource source;
    uint32_t at_listing; /* works when the other has made this many listings, before it can store them */
    bool has_worked;
} Rival;

static void rival_works(void *data, uint32_t listings)
{
    Rival *rival = data;

    if (listings != rival->at_listing || rival->has_worked)
        return;
    rival->has_worked = true;
    g_auto(BatchResult) result = run_batch(rival->fixture, &rival->source.base, 0, NULL);
    g_assert_cmpuint(result.batch_size, >, 0);
}

static void test_of_two_batches_at_once_one_stores_and_the_other_builds_upon_it(Fixture *f, gconstpointer data)
{
    (void)data;
    for (uint32_t at = 1; at <= 4; at++) {
        make_job(f);
        Rival rival = {.fixture = f, .source = made_source(13000, make_plain), .at_listing = at};
        MadeSource source = made_source(13000, make_plain);
        source.after_list = rival_works;
        source.data = &rival;
        g_auto(BatchResult) loser = run_batch(f, &source.base, 0, NULL);
        g_assert_true(rival.has_worked);
        g_assert_cmpuint(loser.objects_processed, >=, 10000);
        g_auto(BatchResult) rest = run_batch(f, &source.base, 0, NULL);
        g_assert_true(rest.is_done);
        g_auto(Stored) stored = read_stored(f);
        g_assert_cmpuint(stored.objects, ==, 13000);
        expect_counters(f, &stored);
    }
}

static void test_what_was_listed_before_a_failure_is_kept(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    MadeSource source = made_source(5000, make_plain);
    BatchRequest request = {.job_id = f->job_id, .prefix = "", .source = &source.base};
    g_auto(BatchResult) result = {0};

    (void)data;
    source.fail_listing = 1;
    g_assert_false(listing_process_batch(f->db, &request, &result, &error));
    g_assert_true(error_is(error, ERROR_UNAVAILABLE));
    source.fail_listing = 5; /* the fourth that answers */
    source.listings = 1;
    g_auto(BatchResult) whole = run_batch(f, &source.base, 0, NULL);
    g_assert_true(whole.is_done);
    g_auto(Stored) stored = read_stored(f);
    g_assert_cmpuint(stored.objects, ==, 5000);
    expect_counters(f, &stored);
}

static void test_whichever_call_to_the_store_fails_nothing_is_lost_or_doubled(Fixture *f, gconstpointer data)
{
    (void)data;
    for (int call = 1; call < 1000; call++) {
        g_autoptr(GError) error = NULL;
        make_job(f);
        MadeSource source = made_source(3210, make_plain);
        BatchRequest request = {.job_id = f->job_id, .prefix = "", .source = &source.base};
        g_auto(BatchResult) result = {0};
        db_fail_after(f->db, call);
        bool is_ok = listing_process_batch(f->db, &request, &result, &error);
        bool has_failed = db_has_failed(f->db);
        db_fail_after(f->db, 0);
        g_assert_true(is_ok || has_failed);
        g_auto(BatchResult) rest = run_batch(f, &source.base, 0, NULL);
        g_assert_true(rest.is_done);
        g_auto(Stored) stored = read_stored(f);
        g_assert_cmpuint(stored.objects, ==, 3210);
        expect_counters(f, &stored);
        if (!has_failed)
            return;
    }
    g_assert_not_reached();
}

typedef struct GlobCase {
    const char *glob, *key;
    bool matches;
} GlobCase;

/* POSIX.1-2017, XCU 2.13, without FNM_PATHNAME. */
static const GlobCase glob_cases[] = {
    {"*", "a/b/c", true},
    {"logs/*", "logs/2025/01/x.log", true},
    {"*.log", "logs/2025/01/x.log", true},
    {"*.log", "x.log.gz", false},
    {"?", "\u00e9", true},
    {"?", "\U0001F600", true},
    {"?", "ab", false},
    {"[ab]x", "bx", true},
    {"[!ab]x", "bx", false},
    {"[0-9]*", "7/x", true},
    {"\\*", "*", true},
    {"\\*", "x", false},
    {".*", ".git/config", true},
    {"*", ".hidden", true},
    {"a b", "a b", true},
    {"*/secret/*", "a/b/secret/c/d", true},
    {"key", "KEY", false},
};

static void test_globs_match_whole_keys(Fixture *f, gconstpointer data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(glob_cases); i++) {
        const GlobCase *test = &glob_cases[i];
        const char *const globs[] = {test->glob, NULL};
        ListingFilter include = {.include = globs}, exclude = {.exclude = globs};
        g_autoptr(ObjectSource) source = memory_source_new();
        memory_source_put(source, test->key, "x", 1);
        make_job(f);
        g_auto(BatchResult) included = run_batch(f, source, 0, &include);
        make_job(f);
        g_auto(BatchResult) excluded = run_batch(f, source, 0, &exclude);
        if (included.batch_size != (test->matches ? 1 : 0) || excluded.batch_size != (test->matches ? 0 : 1))
            g_error("glob %s on %s", test->glob, test->key);
    }
}

static int64_t excluded_objects(Fixture *f, const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_JOB_EXCLUDED_LIST, &rows, &error, db_text(f->job_id.text)));
    while (db_rows_next(rows, &has_row, &error) && has_row) {
        if (g_str_equal(db_rows_text(rows, 0), reason))
            return db_rows_int(rows, 1);
    }
    return 0;
}

static void test_what_filters_leave_out_is_counted_by_reason_and_in_no_page(Fixture *f, gconstpointer data)
{
    static const char *const include[] = {"key/0000[01]*", NULL};
    static const char *const exclude[] = {"*0", NULL};
    ListingFilter filter = {.include = include, .exclude = exclude, .max_object_bytes = 1500};
    MadeSource source = made_source(30000, make_plain);
    bool is_done = false;

    (void)data;
    while (!is_done) {
        g_auto(BatchResult) result = run_batch(f, &source.base, 0, &filter);
        is_done = result.is_done;
    }
    /* 20,000 are included; a tenth of those is excluded; of the rest 1,350 have up to 1,500 bytes. */
    g_assert_cmpint(excluded_objects(f, "not_included"), ==, 10000);
    g_assert_cmpint(excluded_objects(f, "excluded"), ==, 2000);
    g_assert_cmpint(excluded_objects(f, "too_large"), ==, 18000 - 1350);
    g_auto(Stored) stored = read_stored(f);
    g_assert_cmpuint(stored.objects, ==, 1350);
    expect_counters(f, &stored);
}

static void test_hostile_keys_come_back_as_they_were(Fixture *f, gconstpointer data)
{
    static const char *const keys[] = {"\x01\x1f\t\r", " ", "\"quoted\"", "%00", "'; DROP TABLE jobs; --", "../../etc",
        "//", "a\\b", "back\\", "folder/", "https://x/?a=b&c#d", "null", "\x7f", "\u00e9\u0301", "\u2028", "\uFFFD",
        "\U0001F600"};
    g_autoptr(ObjectSource) source = memory_source_new();
    g_autoptr(GString) expected = g_string_new(NULL);

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        memory_source_put(source, keys[i], "", 0);
        g_string_append_printf(expected, "%s\n", keys[i]);
    }
    g_auto(BatchResult) result = run_batch(f, source, 3, NULL);
    while (!result.is_done) {
        batch_result_clear(&result);
        result = run_batch(f, source, 3, NULL);
    }
    g_auto(Stored) stored = read_stored(f);
    g_assert_cmpstr(stored.keys->str, ==, expected->str);
}

static void make_bad(uint64_t index, ObjectEntry *ret_entry)
{
    make_plain(index, ret_entry);
    g_free(ret_entry->key);
    ret_entry->key = g_strdup("\xff\xfe");
}

static void test_a_key_that_is_no_text_is_an_error_and_no_broken_page(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    MadeSource source = made_source(1, make_bad);
    BatchRequest request = {.job_id = f->job_id, .prefix = "", .source = &source.base};
    g_auto(BatchResult) result = {0};

    (void)data;
    g_assert_false(listing_process_batch(f->db, &request, &result, &error));
    g_assert_true(error_is(error, ERROR_PROTOCOL));
}

static void make_escaped(uint64_t index, ObjectEntry *ret_entry)
{
    make_plain(index, ret_entry);
    ret_entry->is_escaped = index % 3 == 1;
}

static void test_escaped_keys_are_told_by_ordinal(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    MadeSource source = made_source(8, make_escaped);
    g_auto(BatchResult) result = run_batch(f, &source.base, 0, NULL);
    bool has_row = false;

    (void)data;
    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_LISTING_PAGES, &rows, &error, db_text(f->job_id.text)));
    g_assert_true(db_rows_next(rows, &has_row, &error) && has_row);
    g_assert_cmpstr(db_rows_text(rows, 8), ==, "[1,4,7]");
    g_assert_cmpstr(db_rows_text(rows, 9), ==, "[0,1,2,3,4,5,6,7]");
}

static void make_umlauts(uint64_t index, ObjectEntry *ret_entry)
{
    static const char *const keys[] = {"d/\xc3\xa4", "d/\xc3\xb6", "d/\xc3\xbc\"x"}; /* their first bytes are equal */

    make_plain(index, ret_entry);
    g_free(ret_entry->key);
    ret_entry->key = g_strdup(keys[index]);
}

static void test_what_keys_have_in_common_ends_with_a_character(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    MadeSource source = made_source(3, make_umlauts);
    g_auto(BatchResult) result = run_batch(f, &source.base, 0, NULL);
    g_auto(Stored) stored = read_stored(f);
    bool has_row = false;

    (void)data;
    g_assert_cmpstr(stored.keys->str, ==, "d/\xc3\xa4\nd/\xc3\xb6\nd/\xc3\xbc\"x\n");
    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_LISTING_PAGES, &rows, &error, db_text(f->job_id.text)));
    g_assert_true(db_rows_next(rows, &has_row, &error) && has_row);
    g_assert_cmpstr(db_rows_text(rows, 10), ==, "d/");
}

static void test_a_job_without_a_plan_is_not_found(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    MadeSource source = made_source(1, make_plain);
    BatchRequest request = {.job_id = job_id_new(), .prefix = "", .source = &source.base};
    g_auto(BatchResult) result = {0};

    (void)data;
    g_assert_false(listing_process_batch(f->db, &request, &result, &error));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
}

static void test_a_batch_has_the_fields_of_the_reference(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_auto(BatchInput) input = {0};
    BatchResult result = {.objects_processed = 20000, .batch_size = 10000, .pages_enqueued = 10};

    (void)data;
    json_t *first = json_pack("{s:s, s:s, s:s, s:n, s:i}", "job_id", f->job_id.text, "bucket", "my-bucket", "prefix",
        "path/", "continuation_token", "objects_processed", 0);
    g_assert_true(batch_input_parse(first, &input, &error));
    g_assert_cmpstr(input.prefix, ==, "path/");
    g_assert_null(input.continuation_token);
    result.continuation_token = (char *)"path/z";
    json_t *output = batch_output_format(&input, &result);
    json_t *expected = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:b}", "job_id", f->job_id.text, "bucket",
        "my-bucket", "prefix", "path/", "continuation_token", "path/z", "objects_processed", 20000, "batch_size", 10000,
        "messages_enqueued", 10000, "pages_enqueued", 10, "done", 0);
    g_assert_true(json_equal(output, expected));
    g_auto(BatchInput) next = {0};
    g_assert_true(batch_input_parse(output, &next, &error)); /* one batch's output is the next one's input */
    g_assert_cmpuint(next.objects_processed, ==, 20000);
    json_decref(first);
    json_decref(output);
    json_decref(expected);
}

static const char *const bad_inputs[] = {"[]", "{}", "{\"job_id\": 1, \"bucket\": \"b\"}",
    "{\"job_id\": \"x\", \"bucket\": \"b\"}", "{\"job_id\": \"00000000-0000-4000-8000-000000000000\"}",
    "{\"job_id\": \"00000000-0000-4000-8000-000000000000\", \"bucket\": \"\"}",
    "{\"job_id\": \"00000000-0000-4000-8000-000000000000\", \"bucket\": \"b\", \"prefix\": 1}",
    "{\"job_id\": \"00000000-0000-4000-8000-000000000000\", \"bucket\": \"b\", \"objects_processed\": -1}"};

static void test_a_wrong_batch_input_is_invalid(Fixture *f, gconstpointer data)
{
    (void)f;
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(bad_inputs); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(BatchInput) input = {0};
        json_t *json = json_loads(bad_inputs[i], 0, NULL);
        g_assert_false(batch_input_parse(json, &input, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
        json_decref(json);
    }
}

static void test_a_million_keys(Fixture *f, gconstpointer data)
{
    MadeSource source = made_source(1000000, make_plain);
    gint64 start = g_get_monotonic_time();
    bool is_done = false;

    (void)data;
    if (!g_test_perf())
        return g_test_skip("only with -m perf");
    while (!is_done) {
        g_auto(BatchResult) result = run_batch(f, &source.base, 0, NULL);
        is_done = result.is_done;
    }
    g_test_minimized_result((double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC, "seconds for a million keys");
}

static void add_test(const char *name, void (*test)(Fixture *, gconstpointer))
{
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++) {
        g_autofree char *path = g_strdup_printf("/listing/%s/%s", *kind, name);
        if (!g_str_equal(*kind, "file")) /* nothing of it depends on where SQLite keeps it */
            g_test_add(path, Fixture, *kind, set_up, test, tear_down);
    }
}

#define ADD(name) add_test(#name, test_##name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(the_first_pages_are_small_and_the_others_hold_a_thousand);
    ADD(an_empty_bucket_is_done_at_once);
    ADD(a_page_ends_before_it_grows_over_its_bytes);
    ADD(batches_of_any_size_store_every_key_once);
    ADD(a_batch_after_the_end_changes_nothing);
    ADD(of_two_batches_at_once_one_stores_and_the_other_builds_upon_it);
    ADD(what_was_listed_before_a_failure_is_kept);
    ADD(whichever_call_to_the_store_fails_nothing_is_lost_or_doubled);
    ADD(globs_match_whole_keys);
    ADD(what_filters_leave_out_is_counted_by_reason_and_in_no_page);
    ADD(hostile_keys_come_back_as_they_were);
    ADD(a_key_that_is_no_text_is_an_error_and_no_broken_page);
    ADD(escaped_keys_are_told_by_ordinal);
    ADD(what_keys_have_in_common_ends_with_a_character);
    ADD(a_job_without_a_plan_is_not_found);
    ADD(a_batch_has_the_fields_of_the_reference);
    ADD(a_wrong_batch_input_is_invalid);
    ADD(a_million_keys);
    return g_test_run();
}

/* What every queue promises. Counters, which only the store has, are in tests/unit/queue. */
#include "base/clock.h"
#include "base/process.h"
#include "queue/queue.h"
#include "queue/queue_memory.h"
#include "queue/queue_store.h"
#include "store/db_ops.h"
#include "stores.h"

#include <string.h>

enum { NOW_MS = 1000000, LEASE_MS = 60000 };
static const char queue_in_memory[] = "queue-memory"; /* the adapter without a store */
static const char job_text[] = "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa";

typedef struct Fixture {
    TestStore store;
    Db *db; /* the store's */
    Queue *queue;
    JobId job_id;
    bool is_memory;
    uint32_t pages;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    fixture->is_memory = g_str_equal(data, queue_in_memory);
    g_assert_true(job_id_parse(job_text, &fixture->job_id, &error));
    test_store_open(&fixture->store, fixture->is_memory ? "memory" : data);
    fixture->db = fixture->store.db;
    test_store_freeze_ms(&fixture->store, NOW_MS);
    fixture->queue = fixture->is_memory ? queue_memory_open() : queue_store_open(fixture->db);
    g_autofree char *sql =
        g_strdup_printf("INSERT INTO jobs (job_id, bucket, created_at, updated_at, options)"
                        " VALUES ('%s', 'a-bucket', {time}1{/time}, {time}1{/time}, '{\"region\":\"eu-west-1\"}');"
                        "INSERT INTO job_counters (job_id, slot, updated_at) VALUES ('%s', 0, 1);",
            job_text, job_text);
    test_store_script(fixture->db, sql);
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    queue_close(fixture->queue);
    test_store_close(&fixture->store);
    clock_freeze_ms(-1);
}

static void add_memory_page(Fixture *fixture, uint32_t count)
{
    g_autoptr(GArray) objects = object_entries_new();
    MemoryPage page = {.job_id = fixture->job_id,
        .bucket = "a-bucket",
        .options = "{\"region\":\"eu-west-1\"}",
        .page_no = fixture->pages++,
        .objects = objects};

    for (uint32_t i = 0; i < count; i++) {
        ObjectEntry entry = {.key = g_strdup_printf("k%u", i),
            .size_bytes = 10 + i,
            .etag = g_strdup_printf("e%u", i),
            .modified_ms = 5 + i,
            .is_escaped = i == 1};
        g_array_append_val(objects, entry);
    }
    queue_memory_add(fixture->queue, &page);
}

/* ["k0","k1"], or [10,11] where there is no quote. */
static char *json_column(const char *quote, const char *prefix, uint32_t count, uint32_t from)
{
    GString *json = g_string_new("[");

    for (uint32_t i = 0; i < count; i++)
        g_string_append_printf(json, "%s%s%s%u%s", i > 0 ? "," : "", quote, prefix, from + i, quote);
    g_string_append_c(json, ']');
    return g_string_free(json, FALSE);
}

static void add_store_page(Fixture *fixture, uint32_t count)
{
    g_autofree char *keys = json_column("\"", "", count, 0);
    g_autofree char *sizes = json_column("", "", count, 10);
    g_autofree char *etags = json_column("\"", "e", count, 0);
    g_autofree char *modified = json_column("", "", count, 5);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    uint32_t page = fixture->pages++;

    g_assert_true(db_begin(fixture->db, DB_WRITE, &tx, &error));
    bool is_added =
        DB_EXEC(tx, SQL_PAGE_INSERT, NULL, &error, db_text(job_text), db_int(0), db_int(page), db_text("k0"),
            db_text("k9"), db_int(count), db_int(0), db_json_texts(keys, strlen(keys)),
            db_json_ints(sizes, strlen(sizes)), db_json_texts(etags, strlen(etags)),
            db_json_ints(modified, strlen(modified)), db_text(count > 1 ? "[1]" : NULL), db_text("k")) &&
        DB_EXEC(tx, SQL_PAGE_STATE_INSERT, NULL, &error, db_text(job_text), db_int(0), db_int(page), db_int(count),
            db_int(1)) &&
        DB_EXEC(tx, SQL_LISTING_COUNT, NULL, &error, db_text(job_text), db_int(count), db_int(0), db_int(1), db_int(1));
    g_assert_no_error(error);
    g_assert_true(is_added && db_commit(g_steal_pointer(&tx), &error));
}

static void add_page(Fixture *fixture, uint32_t count)
{
    if (fixture->is_memory)
        add_memory_page(fixture, count);
    else
        add_store_page(fixture, count);
}

/* NULL if there is nothing. */
static Claim *claim_as(Fixture *fixture, const char *owner)
{
    const ClaimScope scope = {.owner = owner};
    g_autoptr(GError) error = NULL;
    Claim *claim = NULL;

    g_assert_true(queue_claim(fixture->queue, &scope, LEASE_MS, &claim, &error));
    g_assert_no_error(error);
    return claim;
}

static bool finish(Fixture *fixture, const Claim *claim, const PageOutcome *outcome, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(fixture->db, DB_WRITE, &tx, error));
    TRY(queue_finish(fixture->queue, tx, claim, outcome, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    return queue_settle(fixture->queue, claim, error);
}

static void assert_lost(bool is_done, GError **error)
{
    g_assert_false(is_done);
    g_assert_cmpint(error_kind(*error), ==, ERROR_LOST_LEASE);
    g_clear_error(error);
}

static uint32_t sweep(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    uint32_t pages = 0;

    g_assert_true(queue_sweep(fixture->queue, &pages, &error));
    return pages;
}

static void test_an_empty_queue_gives_nothing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_assert_null(claim_as(fixture, "w"));
}

static void test_a_claim_holds_all_of_the_page(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    add_page(fixture, 3);
    g_autoptr(Claim) claim = claim_as(fixture, "w");
    g_assert_cmpstr(claim->job_id.text, ==, job_text);
    g_assert_cmpstr(claim->bucket, ==, "a-bucket");
    g_assert_cmpstr(claim->options, ==, "{\"region\":\"eu-west-1\"}");
    g_assert_cmpuint(claim->attempt, ==, 1);
    g_assert_cmpuint(claim->objects->len, ==, 3);
    g_assert_cmpuint(claim->pending->len, ==, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const ObjectEntry *entry = object_entries_at(claim->objects, i);
        g_autofree char *key = g_strdup_printf("k%u", i);
        g_autofree char *etag = g_strdup_printf("e%u", i);
        g_assert_cmpstr(entry->key, ==, key);
        g_assert_cmpstr(entry->etag, ==, etag);
        g_assert_cmpuint(entry->size_bytes, ==, 10 + i);
        g_assert_cmpint(entry->is_escaped, ==, i == 1);
        g_assert_cmpuint(g_array_index(claim->pending, uint32_t, i), ==, i);
    }
}

static void test_a_claimed_page_is_hidden(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    add_page(fixture, 1);
    add_page(fixture, 1);
    g_autoptr(Claim) first = claim_as(fixture, "w#1");
    g_autoptr(Claim) second = claim_as(fixture, "w#2");
    g_assert_cmpuint(first->page_no, ==, 0);
    g_assert_cmpuint(second->page_no, ==, 1);
    g_assert_null(claim_as(fixture, "w#3"));
}

static void test_a_finished_page_does_not_come_back(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    add_page(fixture, 2);
    g_autoptr(Claim) claim = claim_as(fixture, "w");
    g_assert_true(finish(fixture, claim, &(PageOutcome){0}, &error));
    test_store_freeze_ms(&fixture->store, NOW_MS + 10 * LEASE_MS);
    g_assert_null(claim_as(fixture, "w"));
    assert_lost(finish(fixture, claim, &(PageOutcome){0}, &error), &error);
    assert_lost(queue_extend(fixture->queue, claim, LEASE_MS, &error), &error);
    assert_lost(queue_release(fixture->queue, claim, 0, &error), &error);
}

static void test_an_expired_page_goes_to_the_next_with_a_higher_fence(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    add_page(fixture, 2);
    g_autoptr(Claim) late = claim_as(fixture, "w#1");
    test_store_freeze_ms(&fixture->store, NOW_MS + LEASE_MS - 1);
    g_assert_null(claim_as(fixture, "w#2"));
    test_store_freeze_ms(&fixture->store, NOW_MS + LEASE_MS);
    g_autoptr(Claim) next = claim_as(fixture, "w#2");
    g_assert_cmpint(next->fence, >, late->fence);
    g_assert_cmpuint(next->attempt, ==, 2);
    assert_lost(finish(fixture, late, &(PageOutcome){0}, &error), &error);
    assert_lost(queue_extend(fixture->queue, late, LEASE_MS, &error), &error);
    assert_lost(queue_release(fixture->queue, late, 0, &error), &error);
    g_assert_true(finish(fixture, next, &(PageOutcome){0}, &error));
}

/* A crash of the database server may undo a claim that it had confirmed; whoever claims the page then has the same
 * fence. */
static void test_a_claim_that_the_store_has_forgotten_is_lost(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    add_page(fixture, 2);
    g_autoptr(Claim) forgotten = claim_as(fixture, "w#1");
    test_store_script(fixture->db,
        "UPDATE page_states SET state = 'queued', fence = fence - 1, attempt = 0, lease_owner = NULL,"
        " lease_expires_at = NULL");
    g_autoptr(Claim) holder = claim_as(fixture, "w#2");
    g_assert_cmpint(holder->fence, ==, forgotten->fence);
    assert_lost(queue_extend(fixture->queue, forgotten, LEASE_MS, &error), &error);
    assert_lost(queue_suspect(fixture->queue, forgotten, 0, SUSPECT_SCANNED, &error), &error);
    assert_lost(queue_release(fixture->queue, forgotten, 0, &error), &error);
    assert_lost(finish(fixture, forgotten, &(PageOutcome){0}, &error), &error);
    g_assert_true(queue_extend(fixture->queue, holder, LEASE_MS, &error));
    g_assert_true(finish(fixture, holder, &(PageOutcome){0}, &error));
}

static void test_an_extended_lease_lasts_longer(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    add_page(fixture, 1);
    g_autoptr(Claim) claim = claim_as(fixture, "w#1");
    test_store_freeze_ms(&fixture->store, NOW_MS + LEASE_MS / 2);
    g_assert_true(queue_extend(fixture->queue, claim, LEASE_MS, &error));
    test_store_freeze_ms(&fixture->store, NOW_MS + LEASE_MS);
    g_assert_null(claim_as(fixture, "w#2"));
    g_assert_cmpuint(sweep(fixture), ==, 0);
    g_assert_true(finish(fixture, claim, &(PageOutcome){0}, &error));
}

static void test_a_released_page_waits_and_was_not_tried(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    add_page(fixture, 1);
    g_autoptr(Claim) claim = claim_as(fixture, "w");
    g_assert_true(queue_release(fixture->queue, claim, 500, &error));
    g_assert_null(claim_as(fixture, "w"));
    test_store_freeze_ms(&fixture->store, NOW_MS + 500);
    g_autoptr(Claim) again = claim_as(fixture, "w");
    g_assert_cmpuint(again->attempt, ==, 1);
    g_assert_cmpint(again->fence, >, claim->fence);
}

static void test_no_page_of_a_job_is_handed_out_while_a_released_one_waits(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    add_page(fixture, 1);
    add_page(fixture, 1);
    g_autoptr(Claim) claim = claim_as(fixture, "w");
    g_assert_true(queue_release(fixture->queue, claim, 500, &error));
    g_assert_null(claim_as(fixture, "w"));
    test_store_freeze_ms(&fixture->store, NOW_MS + 500);
    g_autoptr(Claim) first = claim_as(fixture, "w");
    g_autoptr(Claim) second = claim_as(fixture, "w");
    g_assert_cmpuint(first->page_no + second->page_no, ==, 1);
}

static void test_a_sweep_requeues_what_expired(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    add_page(fixture, 1);
    g_autoptr(Claim) claim = claim_as(fixture, "w");
    g_assert_cmpuint(sweep(fixture), ==, 0);
    test_store_freeze_ms(&fixture->store, NOW_MS + LEASE_MS);
    g_assert_cmpuint(sweep(fixture), ==, 1);
    g_assert_cmpuint(sweep(fixture), ==, 0);
    assert_lost(finish(fixture, claim, &(PageOutcome){0}, &error), &error);
    g_autoptr(Claim) again = claim_as(fixture, "w");
    g_assert_cmpuint(again->attempt, ==, 2);
}

static void test_a_sweep_requeues_what_a_dead_process_holds(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *identity = g_strdup(process_identity());
    g_autofree char *alive = g_strdup_printf("%s#1", identity);

    *strrchr(identity, '/') = '\0';
    g_autofree char *dead = g_strdup_printf("%s/1#1", identity); /* our pid, started at another time */
    add_page(fixture, 1);
    add_page(fixture, 1);
    g_autoptr(Claim) of_alive = claim_as(fixture, alive);
    g_autoptr(Claim) of_dead = claim_as(fixture, dead);
    g_assert_cmpuint(sweep(fixture), ==, 1);
    g_autoptr(Claim) again = claim_as(fixture, alive);
    g_assert_cmpuint(again->page_no, ==, of_dead->page_no);
    g_assert_cmpuint(again->attempt, ==, 2);
}

static bool is_finished(Fixture *fixture, const Claim *claim)
{
    g_autoptr(GError) error = NULL;
    bool is_ours = false;

    g_assert_true(queue_is_finished(fixture->queue, claim, &is_ours, &error));
    return is_ours;
}

static void test_only_the_claim_that_finished_a_page_is_told_so(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    add_page(fixture, 1);
    g_autoptr(Claim) late = claim_as(fixture, "w#1");
    g_assert_false(is_finished(fixture, late));
    test_store_freeze_ms(&fixture->store, NOW_MS + LEASE_MS);
    g_autoptr(Claim) next = claim_as(fixture, "w#2");
    g_assert_true(finish(fixture, next, &(PageOutcome){0}, &error));
    g_assert_true(is_finished(fixture, next));
    g_assert_false(is_finished(fixture, late));
}

static void test_a_look_says_what_a_claim_would_find_and_when_a_lease_ends(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const ClaimScope scope = {.owner = "w"};
    g_autoptr(GError) error = NULL;
    bool has_work = true;
    int64_t wait_ms = 0;

    g_assert_true(queue_look(fixture->queue, &scope, &has_work, &wait_ms, &error));
    g_assert_false(has_work);
    g_assert_cmpint(wait_ms, ==, INT64_MAX);
    add_page(fixture, 1);
    g_assert_true(queue_look(fixture->queue, &scope, &has_work, &wait_ms, &error));
    g_assert_true(has_work);
    g_autoptr(Claim) claim = claim_as(fixture, "w#1");
    g_assert_true(queue_look(fixture->queue, &scope, &has_work, &wait_ms, &error));
    g_assert_false(has_work);
    g_assert_cmpint(wait_ms, ==, LEASE_MS);
    test_store_freeze_ms(&fixture->store, NOW_MS + LEASE_MS);
    g_assert_true(queue_look(fixture->queue, &scope, &has_work, &wait_ms, &error));
    g_assert_true(has_work);
}

/* The suspect of the claim before, and by how many claims in a row it was scanned last. */
static void assert_suspect(Fixture *fixture, int64_t now_ms, int64_t suspect, uint32_t claims, Claim **ret_claim)
{
    test_store_freeze_ms(&fixture->store, now_ms);
    *ret_claim = claim_as(fixture, "w");
    g_assert_cmpint((*ret_claim)->suspect, ==, suspect);
    g_assert_cmpuint((*ret_claim)->suspect_claims, ==, claims);
}

static void test_claims_that_end_with_the_same_suspect_are_counted_in_a_row(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        uint32_t ordinal;
        SuspectMark mark;
        uint32_t expected;
    } steps[] = {
        {1, SUSPECT_SCANNED, 1},
        {1, SUSPECT_TRIED, 1}, /* a trial proves nothing, and takes nothing back */
        {1, SUSPECT_SCANNED, 2},
        {2, SUSPECT_TRIED, 0},
        {1, SUSPECT_SCANNED, 1},
    };
    g_autoptr(GError) error = NULL;
    Claim *claim = NULL;

    add_page(fixture, 3);
    assert_suspect(fixture, NOW_MS, -1, 0, &claim);
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_assert_true(queue_suspect(fixture->queue, claim, steps[i].ordinal, steps[i].mark, &error));
        claim_free(claim);
        assert_suspect(fixture, NOW_MS + (int64_t)(i + 1) * LEASE_MS, steps[i].ordinal, steps[i].expected, &claim);
    }
    g_assert_true(queue_release(fixture->queue, claim, 0, &error));
    assert_lost(queue_suspect(fixture->queue, claim, 1, SUSPECT_SCANNED, &error), &error);
    claim_free(claim);
    g_autoptr(Claim) last = claim_as(fixture, "w");
    g_assert_cmpuint(last->suspect_claims, ==, 0);
}

static void test_an_exception_must_be_of_a_pending_object(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const uint32_t cases[][2] = {{2, 2}, {7, 0}, {UINT32_MAX, 0}};

    add_page(fixture, 3);
    g_autoptr(Claim) claim = claim_as(fixture, "w");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GArray) exceptions = g_array_new(FALSE, TRUE, sizeof(ObjectException));
        g_autoptr(GError) error = NULL;
        for (size_t k = 0; k < 2; k++) {
            ObjectException exception = {.ordinal = cases[i][k], .kind = ERROR_TIMEOUT};
            g_array_append_val(exceptions, exception);
        }
        g_assert_false(finish(fixture, claim, &(PageOutcome){.exceptions = exceptions}, &error));
        g_assert_cmpint(error_kind(error), ==, ERROR_INTERNAL);
    }
}

static void add_to(const char *adapter, const char *name, void (*test)(Fixture *, gconstpointer))
{
    g_autofree char *path = g_strdup_printf("/contract/queue/%s/%s", adapter, name);

    g_test_add(path, Fixture, adapter, set_up, test, tear_down);
}

static void add_test(const char *name, void (*test)(Fixture *, gconstpointer))
{
    add_to(queue_in_memory, name, test);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++)
        add_to(*kind, name, test);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("an-empty-queue-gives-nothing", test_an_empty_queue_gives_nothing);
    add_test("a-claim-holds-all-of-the-page", test_a_claim_holds_all_of_the_page);
    add_test("a-claimed-page-is-hidden", test_a_claimed_page_is_hidden);
    add_test("a-finished-page-does-not-come-back", test_a_finished_page_does_not_come_back);
    add_test("an-expired-page-goes-to-the-next", test_an_expired_page_goes_to_the_next_with_a_higher_fence);
    add_test("an-extended-lease-lasts-longer", test_an_extended_lease_lasts_longer);
    add_test("a-released-page-waits-and-was-not-tried", test_a_released_page_waits_and_was_not_tried);
    add_test("no-page-of-a-job-is-handed-out-while-a-released-one-waits",
        test_no_page_of_a_job_is_handed_out_while_a_released_one_waits);
    add_test("a-sweep-requeues-what-expired", test_a_sweep_requeues_what_expired);
    add_test("a-sweep-requeues-what-a-dead-process-holds", test_a_sweep_requeues_what_a_dead_process_holds);
    add_test("only-the-claim-that-finished-a-page-is-told-so", test_only_the_claim_that_finished_a_page_is_told_so);
    add_test("a-look-says-what-a-claim-would-find", test_a_look_says_what_a_claim_would_find_and_when_a_lease_ends);
    add_test("claims-that-end-with-the-same-suspect-are-counted-in-a-row",
        test_claims_that_end_with_the_same_suspect_are_counted_in_a_row);
    add_test("an-exception-must-be-of-a-pending-object", test_an_exception_must_be_of_a_pending_object);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++)
        add_to(
            *kind, "a-claim-that-the-store-has-forgotten-is-lost", test_a_claim_that_the_store_has_forgotten_is_lost);
    return g_test_run();
}

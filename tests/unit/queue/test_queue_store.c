/* What the queue does to the store: counters, scopes, order, and every failure on the way. */
#include "base/clock.h"
#include "base/process.h"
#include "jobs/jobs.h"
#include "queue/queue.h"
#include "queue/queue_store.h"
#include "store/db_fault.h"
#include "stored_pages.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW_MS = 1000000, LEASE_MS = 60000 };

typedef struct Fixture {
    Db *db;
    Queue *queue;
} Fixture;

static void set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    clock_freeze_ms(NOW_MS);
    fixture->db = stored_db_new();
    fixture->queue = queue_store_open(fixture->db);
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    queue_close(fixture->queue);
    db_close(fixture->db);
    clock_freeze_ms(-1);
}

static Claim *claim_in(Fixture *fixture, const ClaimScope *scope)
{
    g_autoptr(GError) error = NULL;
    Claim *claim = NULL;

    g_assert_true(queue_claim(fixture->queue, scope, LEASE_MS, &claim, &error));
    g_assert_no_error(error);
    return claim;
}

static Claim *claim_any(Fixture *fixture)
{
    return claim_in(fixture, &(ClaimScope){.owner = "w#1"});
}

static bool finish(Fixture *fixture, const Claim *claim, const PageOutcome *outcome, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(fixture->db, DB_WRITE, &tx, error));
    TRY(queue_finish(fixture->queue, tx, claim, outcome, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    return queue_settle(fixture->queue, claim, error);
}

static GArray *exceptions_new(void)
{
    return g_array_new(FALSE, TRUE, sizeof(ObjectException));
}

static void add_exception(GArray *exceptions, uint32_t ordinal, bool is_skipped, const char *message)
{
    ObjectException exception = {
        .ordinal = ordinal, .is_skipped = is_skipped, .kind = ERROR_TIMEOUT, .message = (char *)(uintptr_t)message};

    g_array_append_val(exceptions, exception);
}

static void assert_counts(Fixture *fixture, const JobId *id, const char *expected)
{
    g_autofree char *counts = stored_counts(fixture->db, id);
    g_autofree char *drift = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpstr(counts, ==, expected);
    g_assert_true(job_verify(fixture->db, id, &drift, &error));
    g_assert_cmpstr(drift, ==, NULL);
}

static void test_counters_follow_a_page(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, 5);
    g_autoptr(GArray) exceptions = exceptions_new();
    g_autoptr(GError) error = NULL;

    stored_page(fixture->db, &id, 0, 10);
    stored_page(fixture->db, &id, 1, 7);
    assert_counts(fixture, &id, "17 17 0 0 0 0 0 0");
    g_autoptr(Claim) claim = claim_any(fixture);
    assert_counts(fixture, &id, "17 7 10 0 0 0 0 0");
    g_assert_true(queue_release(fixture->queue, claim, 0, &error));
    assert_counts(fixture, &id, "17 17 0 0 0 0 0 0");
    g_autoptr(Claim) again = claim_any(fixture);
    add_exception(exceptions, 3, false, "no answer");
    add_exception(exceptions, 9, false, "no answer");
    add_exception(exceptions, 0, true, "declined");
    g_assert_true(finish(fixture, again, &(PageOutcome){.exceptions = exceptions, .bytes_done = 100}, &error));
    assert_counts(fixture, &id, "17 7 0 7 2 1 0 100");
}

static void test_a_takeover_changes_no_counter_and_a_sweep_moves_back(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, 5);
    g_autoptr(GError) error = NULL;
    uint32_t pages = 0;

    stored_page(fixture->db, &id, 0, 10);
    g_autoptr(Claim) first = claim_any(fixture);
    clock_freeze_ms(NOW_MS + LEASE_MS);
    g_autoptr(Claim) second = claim_any(fixture);
    assert_counts(fixture, &id, "10 0 10 0 0 0 0 0");
    clock_freeze_ms(NOW_MS + 2 * LEASE_MS);
    g_assert_true(queue_sweep(fixture->queue, &pages, &error));
    g_assert_cmpuint(pages, ==, 1);
    assert_counts(fixture, &id, "10 10 0 0 0 0 0 0");
}

static void test_oldest_job_first_then_page_order(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId young = stored_job(fixture->db, 1, 20);
    JobId old = stored_job(fixture->db, 2, 10);

    stored_page(fixture->db, &young, 0, 1);
    stored_page(fixture->db, &old, 1, 1);
    stored_page(fixture->db, &old, 0, 1);
    g_autoptr(Claim) first = claim_any(fixture);
    g_autoptr(Claim) second = claim_any(fixture);
    g_autoptr(Claim) third = claim_any(fixture);
    g_assert_cmpstr(first->job_id.text, ==, old.text);
    g_assert_cmpuint(first->page_no, ==, 0);
    g_assert_cmpstr(second->job_id.text, ==, old.text);
    g_assert_cmpuint(second->page_no, ==, 1);
    g_assert_cmpstr(third->job_id.text, ==, young.text);
}

static void test_a_job_whose_objects_are_out_of_reach_lets_others_pass(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    JobId broken = stored_job(fixture->db, 1, 1), healthy = stored_job(fixture->db, 2, 2);

    for (uint32_t i = 0; i < 3; i++) {
        stored_page(fixture->db, &broken, i, 2);
        stored_page(fixture->db, &healthy, i, 2);
    }
    g_autoptr(Claim) first = claim_any(fixture);
    g_assert_cmpstr(first->job_id.text, ==, broken.text);
    g_assert_true(queue_release(fixture->queue, first, 1000, &error));
    for (uint32_t i = 0; i < 3; i++) {
        g_autoptr(Claim) other = claim_any(fixture);
        g_assert_cmpstr(other->job_id.text, ==, healthy.text);
    }
    clock_freeze_ms(NOW_MS + 1000);
    g_autoptr(Claim) again = claim_any(fixture);
    g_assert_cmpstr(again->job_id.text, ==, broken.text);
}

static void test_only_pages_of_the_scope_are_claimed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId free_job = stored_job(fixture->db, 1, 10), owned = stored_job(fixture->db, 2, 5);
    JobId other = stored_job(fixture->db, 3, 1), paused = stored_job(fixture->db, 4, 2);
    const struct {
        ClaimScope scope;
        const JobId *expected; /* NULL: nothing */
    } cases[] = {
        {{.owner = "w", .runner = "nobody"}, NULL},
        {{.owner = "w", .runner = "r2", .job_id = &other}, NULL},
        {{.owner = "w", .runner = NULL, .job_id = &owned}, NULL},
        {{.owner = "w", .runner = NULL, .job_id = &paused}, NULL},
        {{.owner = "w", .runner = "r2", .job_id = &owned}, &owned},
        {{.owner = "w", .runner = "r3"}, &other},
        {{.owner = "w"}, &free_job},
        {{.owner = "w"}, NULL},
    };

    stored_run(fixture->db, "UPDATE jobs SET runner = 'r2' WHERE job_id = '%s'", owned.text);
    stored_run(fixture->db, "UPDATE jobs SET runner = 'r3' WHERE job_id = '%s'", other.text);
    stored_run(fixture->db, "UPDATE jobs SET paused = 1 WHERE job_id = '%s'", paused.text);
    stored_page(fixture->db, &free_job, 0, 1);
    stored_page(fixture->db, &owned, 0, 1);
    stored_page(fixture->db, &other, 0, 1);
    stored_page(fixture->db, &paused, 0, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Claim) claim = claim_in(fixture, &cases[i].scope);
        g_assert_cmpstr(
            claim != NULL ? claim->job_id.text : NULL, ==, cases[i].expected != NULL ? cases[i].expected->text : NULL);
    }
}

/* What a retry of failed objects leaves behind, written by hand: objects 2 and 5 of 8 are to be scanned again. */
static void queue_two_exceptions_again(Fixture *fixture, const JobId *id)
{
    stored_run(fixture->db,
        "UPDATE object_exceptions SET status = 'queued' WHERE ordinal IN (2, 5);"
        "UPDATE page_states SET state = 'queued', scope = 'exceptions', pending = 2, failed = failed - 2"
        " , bytes_done = bytes_done - 20 WHERE job_id = '%s';"
        "INSERT INTO job_counters (job_id, slot, queued, failed, bytes_done, updated_at) VALUES ('%s', 99, 2, -2, -20, "
        "1);"
        "UPDATE job_failures SET objects = objects - 2;",
        id->text, id->text);
}

static void test_only_queued_exceptions_of_a_retried_page_are_pending(
    Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, 5);
    g_autoptr(GArray) before = exceptions_new();
    g_autoptr(GArray) after = exceptions_new();
    g_autoptr(GError) error = NULL;

    stored_page(fixture->db, &id, 0, 8);
    g_autoptr(Claim) claim = claim_any(fixture);
    for (uint32_t i = 1; i < 8; i++)
        if (i == 1 || i == 2 || i == 5)
            add_exception(before, i, false, "no answer");
    g_assert_true(finish(fixture, claim, &(PageOutcome){.exceptions = before, .bytes_done = 80}, &error));
    assert_counts(fixture, &id, "8 0 0 5 3 0 0 80");
    queue_two_exceptions_again(fixture, &id);
    assert_counts(fixture, &id, "8 2 0 5 1 0 0 60");
    g_autoptr(Claim) again = claim_any(fixture);
    g_assert_cmpuint(again->objects->len, ==, 8);
    g_assert_cmpuint(again->pending->len, ==, 2);
    g_assert_cmpuint(g_array_index(again->pending, uint32_t, 0), ==, 2);
    g_assert_cmpuint(g_array_index(again->pending, uint32_t, 1), ==, 5);
    assert_counts(fixture, &id, "8 0 2 5 1 0 0 60");
    add_exception(after, 5, false, "still no answer");
    g_assert_true(finish(fixture, again, &(PageOutcome){.exceptions = after, .bytes_done = 20}, &error));
    assert_counts(fixture, &id, "8 0 0 6 2 0 0 80");
}

/* One way through the queue. False with the error of the first call that failed. */
static bool go_through(Fixture *fixture, GError **error)
{
    const ClaimScope scope = {.owner = "w#1"};
    g_autoptr(GArray) exceptions = exceptions_new();
    g_autoptr(Claim) claim = NULL;
    g_autoptr(Claim) again = NULL;
    uint32_t pages = 0;

    TRY(queue_claim(fixture->queue, &scope, LEASE_MS, &claim, error));
    TRY(queue_extend(fixture->queue, claim, LEASE_MS, error));
    TRY(queue_release(fixture->queue, claim, 0, error));
    TRY(queue_claim(fixture->queue, &scope, LEASE_MS, &again, error));
    add_exception(exceptions, 1, false, "no answer");
    add_exception(exceptions, 2, true, "declined");
    TRY(finish(fixture, again, &(PageOutcome){.exceptions = exceptions, .bytes_done = 40}, error));
    return queue_sweep(fixture->queue, &pages, error);
}

static void test_any_failure_leaves_the_invariants(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, 5);
    bool is_through = false;
    uint32_t pages = 0;
    int call = 1;

    for (; !is_through; call++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *drift = NULL;
        stored_page(fixture->db, &id, (uint32_t)call, 4);
        db_fail_after(fixture->db, call);
        is_through = go_through(fixture, &error);
        g_assert_cmpint(is_through, ==, !db_has_failed(fixture->db));
        db_fail_after(fixture->db, 0);
        g_clear_error(&error);
        g_assert_true(job_verify(fixture->db, &id, &drift, &error));
        g_assert_cmpstr(drift, ==, NULL);
        clock_freeze_ms(NOW_MS + (int64_t)call * LEASE_MS);
        g_assert_true(queue_sweep(fixture->queue, &pages, &error));
    }
    g_test_message("%d calls", call);
    g_assert_cmpint(call, >, 20);
}

typedef struct Racer {
    Fixture *fixture;
    int number;
    uint32_t pages;
} Racer;

static gpointer race(gpointer data)
{
    Racer *racer = data;
    g_autofree char *owner = g_strdup_printf("w#%d", racer->number);
    const ClaimScope scope = {.owner = owner};

    for (;;) {
        g_autoptr(Claim) claim = claim_in(racer->fixture, &scope);
        g_autoptr(GError) error = NULL;
        if (claim == NULL)
            return NULL;
        g_assert_true(finish(racer->fixture, claim, &(PageOutcome){.bytes_done = 50}, &error));
        racer->pages++;
    }
}

static void test_threads_share_pages_without_doing_one_twice(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    enum { RACERS = 4, PAGES = 100 };
    JobId id = stored_job(fixture->db, 1, 5);
    Racer racers[RACERS];
    GThread *threads[RACERS];
    uint32_t pages = 0;

    for (uint32_t i = 0; i < PAGES; i++)
        stored_page(fixture->db, &id, i, 5);
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (Racer){.fixture = fixture, .number = i};
        threads[i] = g_thread_new("racer", race, &racers[i]);
    }
    for (int i = 0; i < RACERS; i++) {
        g_thread_join(threads[i]);
        pages += racers[i].pages;
    }
    g_assert_cmpuint(pages, ==, PAGES);
    assert_counts(fixture, &id, "500 0 0 500 0 0 0 5000");
}

/* A worker process: claims and finishes until nothing is left, or until it is killed. */
static void work_in_a_process(const char *path)
{
    Fixture fixture = {.db = stored_db_open(path)};
    g_autofree char *owner = g_strdup_printf("%s#1", process_identity());
    const ClaimScope scope = {.owner = owner};
    g_autoptr(Claim) claim = NULL;

    fixture.queue = queue_store_open(fixture.db);
    while ((claim = claim_in(&fixture, &scope)) != NULL) {
        g_autoptr(GError) error = NULL;
        g_assert_true(finish(&fixture, claim, &(PageOutcome){.bytes_done = 50}, &error));
        g_clear_pointer(&claim, claim_free);
    }
    tear_down(&fixture, NULL);
}

static pid_t start_worker(const char *path)
{
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        work_in_a_process(path);
        _exit(0);
    }
    return pid;
}

/* Every few milliseconds one of the workers is killed and a new one started. */
static void work_with_deaths(const char *path)
{
    enum { WORKERS = 3, DEATHS = 20 };
    pid_t pids[WORKERS];
    int status = 0;

    for (int i = 0; i < WORKERS; i++)
        pids[i] = start_worker(path);
    for (int i = 0; i < DEATHS; i++) {
        g_usleep((gulong)g_test_rand_int_range(1000, 15000));
        g_assert_cmpint(kill(pids[i % WORKERS], SIGKILL), ==, 0);
        g_assert_cmpint(waitpid(pids[i % WORKERS], &status, 0), ==, pids[i % WORKERS]);
        pids[i % WORKERS] = start_worker(path);
    }
    for (int i = 0; i < WORKERS; i++) {
        g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
        g_assert_cmpint(status, ==, 0);
    }
}

static void remove_store(const char *folder, const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};

    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *file = g_strconcat(path, endings[i], NULL);
        g_unlink(file);
    }
    g_rmdir(folder);
}

static void test_killed_processes_lose_nothing_and_count_nothing_twice(void)
{
    enum { PAGES = 1000 };
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("trawl-queue-XXXXXX", &error);
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    Db *db = stored_db_open(path);
    JobId id = stored_job(db, 1, 5);
    uint32_t pages = 0;

    for (uint32_t i = 0; i < PAGES; i++)
        stored_page(db, &id, i, 5);
    db_close(db); /* a process must not go on with what it inherits */
    work_with_deaths(path);

    Fixture fixture = {.db = stored_db_open(path)};
    fixture.queue = queue_store_open(fixture.db);
    g_assert_true(queue_sweep(fixture.queue, &pages, &error)); /* what the dead ones held, long before its lease ends */
    g_test_message("%u pages of dead processes", pages);
    for (Claim *claim = claim_any(&fixture); claim != NULL; claim = claim_any(&fixture)) {
        g_assert_true(finish(&fixture, claim, &(PageOutcome){.bytes_done = 50}, &error));
        claim_free(claim);
    }
    assert_counts(&fixture, &id, "5000 0 0 5000 0 0 0 50000");
    tear_down(&fixture, NULL);
    remove_store(folder, path);
}

static void add_test(const char *name, void (*test)(Fixture *, gconstpointer))
{
    g_autofree char *path = g_strconcat("/queue/store/", name, NULL);

    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("counters-follow-a-page", test_counters_follow_a_page);
    add_test("a-takeover-changes-no-counter-and-a-sweep-moves-back",
        test_a_takeover_changes_no_counter_and_a_sweep_moves_back);
    add_test("oldest-job-first-then-page-order", test_oldest_job_first_then_page_order);
    add_test("a-job-whose-objects-are-out-of-reach-lets-others-pass",
        test_a_job_whose_objects_are_out_of_reach_lets_others_pass);
    add_test("only-pages-of-the-scope-are-claimed", test_only_pages_of_the_scope_are_claimed);
    add_test("only-queued-exceptions-of-a-retried-page-are-pending",
        test_only_queued_exceptions_of_a_retried_page_are_pending);
    add_test("any-failure-leaves-the-invariants", test_any_failure_leaves_the_invariants);
    add_test("threads-share-pages-without-doing-one-twice", test_threads_share_pages_without_doing_one_twice);
    g_test_add_func("/queue/store/killed-processes-lose-nothing-and-count-nothing-twice",
        test_killed_processes_lose_nothing_and_count_nothing_twice);
    return g_test_run();
}

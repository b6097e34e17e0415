#include "base/clock.h"
#include "base/process.h"
#include "jobs/jobs.h"
#include "queue/queue.h"
#include "queue/queue_store.h"
#include "store/db_fault.h"
#include "stored_pages.h"

#include <string.h>

enum { NOW_MS = 1000000, LEASE_MS = 60000 };
static const char machine[] = "{\"StartAt\":\"End\",\"States\":{\"End\":{\"Type\":\"Succeed\"}}}";

typedef struct Fixture {
    Db *db;
    Workflow *workflow;
    Queue *queue;
} Fixture;

static void set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    clock_freeze_ms(NOW_MS);
    fixture->db = stored_db_new();
    fixture->workflow = workflow_new(&(WorkflowOptions){.db = fixture->db});
    fixture->queue = queue_store_open(fixture->db);
    g_assert_true(workflow_add_machine(fixture->workflow, JOB_MACHINE, machine, &error));
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    queue_close(fixture->queue);
    workflow_free(fixture->workflow);
    db_close(fixture->db);
    clock_freeze_ms(-1);
}

static JobStatus status_of(Fixture *fixture, const JobId *id, JobFreshness freshness)
{
    g_autoptr(GError) error = NULL;
    JobStatus status = {0};

    g_assert_true(job_status(fixture->db, id, freshness, &status, &error));
    g_assert_no_error(error);
    return status;
}

static void assert_verified(Fixture *fixture, const JobId *id)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *drift = NULL;

    g_assert_true(job_verify(fixture->db, id, &drift, &error));
    g_assert_cmpstr(drift, ==, NULL);
}

static void assert_counts(Fixture *fixture, const JobId *id, const char *expected)
{
    g_autofree char *counts = stored_counts(fixture->db, id);

    g_assert_cmpstr(counts, ==, expected);
    assert_verified(fixture, id);
}

static Claim *claim_as(Fixture *fixture, const char *owner, const char *runner)
{
    g_autoptr(GError) error = NULL;
    Claim *claim = NULL;

    g_assert_true(
        queue_claim(fixture->queue, &(ClaimScope){.owner = owner, .runner = runner}, LEASE_MS, &claim, &error));
    return claim;
}

static bool finish(Fixture *fixture, const Claim *claim, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(fixture->db, DB_WRITE, &tx, error));
    TRY(queue_finish(fixture->queue, tx, claim, &(PageOutcome){.bytes_done = claim->objects->len * 10}, error));
    return db_commit(g_steal_pointer(&tx), error);
}

static void reconcile(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(jobs_reconcile(fixture->db, &error));
    g_assert_no_error(error);
}

static void refresh(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(jobs_refresh_progress(fixture->db, &error));
    g_assert_no_error(error);
}

static void test_a_new_job_is_listing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const JobSpec spec = {.bucket = "b", .prefix = "p/", .options = "{\"region\":\"eu-west-1\"}", .runner = "r"};
    g_autoptr(GError) error = NULL;
    JobId id;

    g_assert_true(job_create(fixture->db, fixture->workflow, &spec, &id, &error));
    g_auto(JobStatus) status = status_of(fixture, &id, JOB_CACHED);
    g_autofree char *arn =
        g_strdup_printf("arn:aws:states:us-east-1:000000000000:execution:s3-scanner:scan-%s", id.text);
    g_assert_cmpstr(status.execution_arn, ==, arn);
    g_assert_cmpstr(status.execution_status, ==, "RUNNING");
    g_assert_cmpstr(status.status, ==, "listing");
    g_assert_cmpstr(status.bucket, ==, "b");
    g_assert_cmpstr(status.prefix, ==, "p/");
    g_assert_cmpstr(status.options, ==, "{\"region\":\"eu-west-1\"}");
    g_assert_cmpstr(status.runner, ==, "r");
    g_assert_cmpint(status.created_ms, ==, NOW_MS);
    g_assert_cmpint(status.updated_ms, ==, NOW_MS);
    g_assert_false(status.is_cached);
    assert_verified(fixture, &id);
}

static void test_a_job_that_cannot_be_is_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const JobSpec specs[] = {
        {.bucket = NULL},
        {.bucket = ""},
        {.bucket = "b", .options = "{\"access_key\":\"x\"}"},
        {.bucket = "b", .prefix = "\xff"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(specs); i++) {
        g_autoptr(GError) error = NULL;
        JobId id;
        g_assert_false(job_create(fixture->db, fixture->workflow, &specs[i], &id, &error));
        g_assert_cmpint(error_kind(error), ==, ERROR_INVALID);
    }
}

static bool count_job(void *data, G_GNUC_UNUSED const JobStatus *status, G_GNUC_UNUSED GError **error)
{
    (*(int *)data)++;
    return true;
}

static int count_jobs(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    int count = 0;

    g_assert_true(jobs_visit(fixture->db, &(JobQuery){0}, count_job, &count, &error));
    return count;
}

static void test_a_job_is_created_whole_or_not_at_all(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    bool is_created = false;
    int call = 0;

    while (!is_created) {
        g_autoptr(GError) error = NULL;
        JobId id;
        db_fail_after(fixture->db, ++call);
        is_created = job_create(fixture->db, fixture->workflow, &(JobSpec){.bucket = "b"}, &id, &error);
        g_assert_cmpint(is_created, ==, !db_has_failed(fixture->db));
        db_fail_after(fixture->db, 0);
        g_assert_cmpint(count_jobs(fixture), ==, is_created ? 1 : 0);
        if (is_created)
            assert_verified(fixture, &id);
    }
    g_assert_cmpint(call, >, 6);
}

static void test_an_unknown_job_is_not_found(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = job_id_new();
    g_auto(JobStatus) status = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *drift = NULL;

    g_assert_false(job_status(fixture->db, &id, JOB_CACHED, &status, &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(job_take_over(fixture->db, &id, "r", &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(job_verify(fixture->db, &id, &drift, &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_NOT_FOUND);
}

static void test_the_snapshot_is_used_only_when_it_can_be(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, NOW_MS);

    stored_execution(fixture->db, 1, "SUCCEEDED");
    stored_page(fixture->db, &id, 0, 10);
    refresh(fixture);
    clock_freeze_ms(NOW_MS + JOB_REFRESH_MS - 1);
    g_auto(JobStatus) young = status_of(fixture, &id, JOB_CACHED);
    g_assert_false(young.is_cached);

    clock_freeze_ms(NOW_MS + JOB_REFRESH_MS);
    stored_page(fixture->db, &id, 1, 5);
    g_auto(JobStatus) cached = status_of(fixture, &id, JOB_CACHED);
    g_assert_true(cached.is_cached);
    g_assert_cmpuint(cached.total, ==, 10);
    g_assert_cmpint(cached.cache_refreshed_ms, ==, NOW_MS);
    g_assert_cmpint(cached.cache_duration_ms, >=, 0);
    g_auto(JobStatus) exact = status_of(fixture, &id, JOB_REAL_TIME);
    g_assert_false(exact.is_cached);
    g_assert_cmpuint(exact.total, ==, 15);

    stored_run(fixture->db, "UPDATE jobs SET epoch = epoch + 1");
    g_auto(JobStatus) other_epoch = status_of(fixture, &id, JOB_CACHED);
    g_assert_false(other_epoch.is_cached);
    refresh(fixture);
    g_auto(JobStatus) again = status_of(fixture, &id, JOB_CACHED);
    g_assert_true(again.is_cached);
    g_assert_cmpuint(again.total, ==, 15);

    stored_run(fixture->db, "DELETE FROM job_progress");
    g_auto(JobStatus) missing = status_of(fixture, &id, JOB_CACHED);
    g_assert_false(missing.is_cached);
}

static void test_a_job_is_updated_when_its_counters_are(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, 5);
    g_autoptr(GError) error = NULL;

    stored_page(fixture->db, &id, 0, 10);
    clock_freeze_ms(NOW_MS + 7);
    g_autoptr(Claim) claim = claim_as(fixture, "w", NULL);
    g_assert_true(finish(fixture, claim, &error));
    g_auto(JobStatus) status = status_of(fixture, &id, JOB_REAL_TIME);
    g_assert_cmpint(status.updated_ms, ==, NOW_MS + 7);
    g_assert_cmpuint(status.bytes_done, ==, 100);
    g_assert_cmpuint(status.bytes_total, ==, 100);
}

static int64_t epoch_of_snapshot_differs(Fixture *fixture, const JobId *id)
{
    g_auto(JobStatus) status = status_of(fixture, id, JOB_CACHED);

    return !status.is_cached;
}

static void test_a_successful_end_raises_the_epoch_once(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, 5);

    stored_page(fixture->db, &id, 0, 10);
    stored_execution(fixture->db, 1, "RUNNING");
    refresh(fixture);
    reconcile(fixture);
    g_assert_false(epoch_of_snapshot_differs(fixture, &id));
    stored_execution(fixture->db, 1, "SUCCEEDED");
    reconcile(fixture);
    g_assert_true(epoch_of_snapshot_differs(fixture, &id));
    refresh(fixture);
    reconcile(fixture);
    g_assert_false(epoch_of_snapshot_differs(fixture, &id));
    assert_counts(fixture, &id, "10 10 0 0 0 0 0 0");
    g_autoptr(Claim) claim = claim_as(fixture, "w", NULL);
    g_assert_nonnull(claim);
}

static void test_a_bad_end_drops_what_is_not_done(Fixture *fixture, gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, 5), other = stored_job(fixture->db, 2, 6);
    g_autoptr(GError) error = NULL;

    for (uint32_t i = 0; i < 3; i++)
        stored_page(fixture->db, &id, i, 10);
    stored_execution(fixture->db, 1, "RUNNING");
    g_autoptr(Claim) done = claim_as(fixture, "w#1", NULL);
    g_assert_true(finish(fixture, done, &error));
    g_autoptr(Claim) leased = claim_as(fixture, "w#1", NULL);
    assert_counts(fixture, &id, "30 10 10 10 0 0 0 100");
    stored_execution(fixture->db, 1, data);
    reconcile(fixture);
    reconcile(fixture);
    assert_counts(fixture, &id, "30 20 0 10 0 0 0 100");
    g_assert_false(finish(fixture, leased, &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_LOST_LEASE);
    g_assert_null(claim_as(fixture, "w#2", NULL));
    stored_page(fixture->db, &other, 0, 1);
    g_autoptr(Claim) of_other = claim_as(fixture, "w#2", NULL);
    g_assert_nonnull(of_other);
}

static void test_a_bad_end_is_noted_whole_or_not_at_all(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, 5);
    bool is_done = false;

    stored_page(fixture->db, &id, 0, 10);
    stored_page(fixture->db, &id, 1, 10);
    stored_execution(fixture->db, 1, "FAILED");
    g_autoptr(Claim) leased = claim_as(fixture, "w#1", NULL);
    for (int call = 1; !is_done; call++) {
        g_autoptr(GError) error = NULL;
        db_fail_after(fixture->db, call);
        is_done = jobs_reconcile(fixture->db, &error);
        db_fail_after(fixture->db, 0);
        assert_counts(fixture, &id, is_done ? "20 20 0 0 0 0 0 0" : "20 10 10 0 0 0 0 0");
    }
}

/* An identity of this host whose process is gone: our pid, started at another time. Owned by the caller. */
static char *dead_process(void)
{
    g_autofree char *identity = g_strdup(process_identity());

    *strrchr(identity, '/') = '\0';
    return g_strconcat(identity, "/1", NULL);
}

static void test_the_job_of_a_dead_process_can_be_taken_over(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, 5);
    g_autofree char *dead = dead_process();
    g_autofree char *owner = g_strconcat(dead, "#1", NULL);
    g_autoptr(GError) error = NULL;

    stored_page(fixture->db, &id, 0, 10);
    stored_execution(fixture->db, 1, "RUNNING");
    stored_run(fixture->db, "UPDATE jobs SET runner = '%s'", dead);
    stored_run(fixture->db, "UPDATE executions SET runner = '%s', lease_owner = '%s', lease_expires_at = 99999999999",
        dead, owner);
    g_autoptr(Claim) lost = claim_as(fixture, owner, dead);
    assert_counts(fixture, &id, "10 0 10 0 0 0 0 0");
    g_assert_true(job_take_over(fixture->db, &id, process_identity(), &error));
    g_assert_true(job_take_over(fixture->db, &id, process_identity(), &error));
    assert_counts(fixture, &id, "10 10 0 0 0 0 0 0");
    g_assert_false(finish(fixture, lost, &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_LOST_LEASE);
    g_assert_null(claim_as(fixture, owner, dead));
    g_autoptr(Claim) ours = claim_as(fixture, "w", process_identity());
    g_assert_nonnull(ours);
    g_auto(JobStatus) status = status_of(fixture, &id, JOB_REAL_TIME);
    g_assert_cmpstr(status.runner, ==, process_identity());
}

static void test_a_job_that_somebody_may_run_is_not_taken_over(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    const char *const runners[] = {NULL, process_identity(), "elsewhere.invalid/01234567/1/1"};
    JobId id = stored_job(fixture->db, 1, 5);

    for (size_t i = 0; i < G_N_ELEMENTS(runners); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *value = runners[i] != NULL ? g_strdup_printf("'%s'", runners[i]) : g_strdup("NULL");
        stored_run(fixture->db, "UPDATE jobs SET runner = %s", value);
        g_assert_false(job_take_over(fixture->db, &id, "somebody", &error));
        g_assert_cmpint(error_kind(error), ==, ERROR_CONFLICT);
    }
}

static bool collect_id(void *data, const JobStatus *status, G_GNUC_UNUSED GError **error)
{
    GString *text = data;

    g_string_append_c(text, status->job_id.text[35]); /* the last digit is the job's number */
    return true;
}

static void test_jobs_come_newest_first_and_page_by_page(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    /* created: 1 and 2 at the same time */
    static const int64_t created_ms[] = {10, 20, 20, 30, 40};
    const JobId second = stored_job(fixture->db, 9, 50);
    const struct {
        JobQuery query;
        const char *expected;
    } cases[] = {
        {{0}, "943210"},
        {{.limit = 2}, "94"},
        {{.before_created_ms = 40, .before_id = "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9a4", .limit = 2}, "32"},
        {{.before_created_ms = 20, .before_id = "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9a2"}, "10"},
        {{.bucket = "other"}, "9"},
        {{.bucket = "none"}, ""},
        {{.status = "completed"}, "31"},
        {{.status = "completed", .limit = 1}, "3"},
        {{.status = "listing", .bucket = "a-bucket"}, "420"},
        {{.status = "failed"}, ""},
    };

    stored_run(fixture->db, "UPDATE jobs SET bucket = 'other' WHERE job_id = '%s'", second.text);
    for (int i = 0; i < 5; i++) {
        stored_job(fixture->db, i, created_ms[i]);
        stored_execution(fixture->db, i, i % 2 == 1 ? "SUCCEEDED" : "RUNNING");
    }
    stored_execution(fixture->db, 9, "RUNNING");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        g_assert_true(jobs_visit(fixture->db, &cases[i].query, collect_id, text, &error));
        g_assert_cmpstr(text->str, ==, cases[i].expected);
    }
}

static bool collect_unread(void *data, const UnreadObject *object, G_GNUC_UNUSED GError **error)
{
    g_string_append_printf(data, "%s %s %s %s %u\n", object->key, object->status, object->error_code,
        object->error_message, object->attempts);
    return true;
}

static bool collect_excluded(
    void *data, const char *reason, uint64_t objects, uint64_t bytes, G_GNUC_UNUSED GError **error)
{
    g_string_append_printf(data, "%s %d %d\n", reason, (int)objects, (int)bytes);
    return true;
}

static void test_what_was_not_read_is_told(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        ErrorKind reason;
        uint64_t objects;
    } skipped[] = {{ERROR_TOO_LARGE, 1}, {ERROR_TIMEOUT, 0}, {ERROR_RULE_LIMIT, 0}};
    JobId id = stored_job(fixture->db, 1, 5);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    stored_run(fixture->db,
        "INSERT INTO object_exceptions VALUES ('%1$s', 0, 1, 0, 'k3', 'skipped', 1, 'too_large', 'm3', 1),"
        " ('%1$s', 0, 0, 7, 'k2', 'failed', 3, 'timeout', 'm2', 1), ('%1$s', 0, 0, 2, 'k1', 'queued', 1, '', '', 1);"
        "INSERT INTO job_excluded VALUES ('%1$s', 'size', 2, 300), ('%1$s', 'exclude', 1, 4);",
        id.text);
    g_assert_true(job_visit_unread(fixture->db, &id, collect_unread, text, &error));
    g_assert_true(job_visit_excluded(fixture->db, &id, collect_excluded, text, &error));
    g_assert_cmpstr(text->str, ==, "k2 failed timeout m2 3\nk3 skipped too_large m3 1\nexclude 1 4\nsize 2 300\n");
    for (size_t i = 0; i < G_N_ELEMENTS(skipped); i++) {
        uint64_t count = 99;
        g_assert_true(job_count_skipped(fixture->db, &id, skipped[i].reason, &count, &error));
        g_assert_cmpuint(count, ==, skipped[i].objects);
    }
}

/* Whatever is broken by hand must be noticed. */
static const struct {
    const char *damage, *undo, *noticed;
} damages[] = {
    {"UPDATE job_counters SET total = total + 1 WHERE slot = 0",
        "UPDATE job_counters SET total = total - 1 WHERE slot = 0", "total"},
    {"UPDATE job_counters SET queued = queued + 1 WHERE slot = 0",
        "UPDATE job_counters SET queued = queued - 1 WHERE slot = 0", "queued"},
    {"UPDATE job_counters SET failed = failed + 1, succeeded = succeeded - 1",
        "UPDATE job_counters SET failed = failed - 1, succeeded = succeeded + 1", "failed"},
    {"UPDATE job_counters SET findings = 1 WHERE slot = 0", "UPDATE job_counters SET findings = 0", "findings"},
    {"UPDATE job_counters SET bytes_done = bytes_done + 1 WHERE slot = 0",
        "UPDATE job_counters SET bytes_done = bytes_done - 1 WHERE slot = 0", "bytes_done"},
    {"UPDATE page_states SET pending = 3 WHERE page_no = 0", "UPDATE page_states SET pending = 0 WHERE page_no = 0",
        "objects in all states"},
    {"UPDATE page_states SET findings = 1 WHERE page_no = 1", "UPDATE page_states SET findings = 0", "findings"},
    {"UPDATE page_states SET lease_owner = 'x' WHERE page_no = 1", "UPDATE page_states SET lease_owner = NULL",
        "leased"},
    {"UPDATE object_pages SET object_count = 9 WHERE page_no = 1", "UPDATE object_pages SET object_count = 10",
        "as many keys"},
    {"UPDATE object_pages SET last_key = 'z' WHERE page_no = 1",
        "UPDATE object_pages SET last_key = 'key00001-00009' WHERE page_no = 1", "begin and end"},
    {"UPDATE object_pages SET keys = replace(keys, '-00004', '-00003') WHERE page_no = 1",
        "UPDATE object_pages SET keys = replace(keys, '3\",\"00001-00003', '3\",\"00001-00004')", "out of order"},
    {"UPDATE object_pages SET last_key = 'key00001-00000' WHERE page_no = 0",
        "UPDATE object_pages SET last_key = 'key00000-00009' WHERE page_no = 0", "before the end"},
    {"INSERT INTO findings (job_id, shard, page_no, ordinal, bucket, key, detector, category, severity, tier, "
     "count,"
     " masked, fingerprint, created_at) SELECT job_id, 0, 1, 0, 'b', 'k', 'd', 'c', 's', 't', 1, '', '', 1 FROM "
     "jobs",
        "DELETE FROM findings", "findings"},
    {"INSERT INTO job_failures SELECT job_id, 0, 'too_large', 1 FROM jobs", "DELETE FROM job_failures", "too_large"},
    {"UPDATE page_states SET state = 'dropped' WHERE page_no = 1",
        "UPDATE page_states SET state = 'queued' WHERE page_no = 1", "is dropped"},
    {"UPDATE page_states SET bytes_done = 5, succeeded = 10 WHERE page_no = 0",
        "UPDATE page_states SET bytes_done = 100 WHERE page_no = 0", "not all of its bytes"},
    {"UPDATE object_pages SET shard = 1, last_key = 'z' WHERE page_no = 0",
        "UPDATE object_pages SET shard = 0, last_key = 'key00000-00009' WHERE page_no = 0", "end of another page"},
    {"INSERT INTO object_exceptions SELECT job_id, 0, 0, 1, 'k', 'failed', 1, '', '', 1 FROM jobs",
        "DELETE FROM object_exceptions", "exceptions"},
    {"DELETE FROM page_states WHERE page_no = 1",
        "INSERT INTO page_states (job_id, shard, page_no, pending, updated_at) SELECT job_id, 0, 1, 10, 1 FROM "
        "jobs",
        "no state"},
};

static void test_verify_notices_damage(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    JobId id = stored_job(fixture->db, 1, 5);
    g_autoptr(GError) error = NULL;

    stored_page(fixture->db, &id, 0, 10);
    stored_page(fixture->db, &id, 1, 10);
    g_autoptr(Claim) claim = claim_as(fixture, "w", NULL);
    g_assert_true(finish(fixture, claim, &error));
    assert_verified(fixture, &id);
    for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autofree char *drift = NULL;
        stored_run(fixture->db, "%s", damages[i].damage);
        g_assert_true(job_verify(fixture->db, &id, &drift, &error));
        if (drift == NULL || strstr(drift, damages[i].noticed) == NULL)
            g_error("%s: %s", damages[i].damage, drift);
        stored_run(fixture->db, "%s", damages[i].undo);
        assert_verified(fixture, &id);
    }
}

static void add_test(const char *name, void (*test)(Fixture *, gconstpointer), gconstpointer data)
{
    g_autofree char *path = g_strconcat("/jobs/", name, NULL);

    g_test_add(path, Fixture, data, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("a-new-job-is-listing", test_a_new_job_is_listing, NULL);
    add_test("a-job-that-cannot-be-is-refused", test_a_job_that_cannot_be_is_refused, NULL);
    add_test("a-job-is-created-whole-or-not-at-all", test_a_job_is_created_whole_or_not_at_all, NULL);
    add_test("an-unknown-job-is-not-found", test_an_unknown_job_is_not_found, NULL);
    add_test("the-snapshot-is-used-only-when-it-can-be", test_the_snapshot_is_used_only_when_it_can_be, NULL);
    add_test("a-job-is-updated-when-its-counters-are", test_a_job_is_updated_when_its_counters_are, NULL);
    add_test("a-successful-end-raises-the-epoch-once", test_a_successful_end_raises_the_epoch_once, NULL);
    add_test("a-failed-end-drops-what-is-not-done", test_a_bad_end_drops_what_is_not_done, "FAILED");
    add_test("a-timed-out-end-drops-what-is-not-done", test_a_bad_end_drops_what_is_not_done, "TIMED_OUT");
    add_test("an-aborted-end-drops-what-is-not-done", test_a_bad_end_drops_what_is_not_done, "ABORTED");
    add_test("a-bad-end-is-noted-whole-or-not-at-all", test_a_bad_end_is_noted_whole_or_not_at_all, NULL);
    add_test("the-job-of-a-dead-process-can-be-taken-over", test_the_job_of_a_dead_process_can_be_taken_over, NULL);
    add_test("a-job-that-somebody-may-run-is-not-taken-over", test_a_job_that_somebody_may_run_is_not_taken_over, NULL);
    add_test("jobs-come-newest-first-and-page-by-page", test_jobs_come_newest_first_and_page_by_page, NULL);
    add_test("what-was-not-read-is-told", test_what_was_not_read_is_told, NULL);
    add_test("verify-notices-damage", test_verify_notices_damage, NULL);
    return g_test_run();
}

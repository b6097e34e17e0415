/* What is told about jobs and their objects, and what becomes of old ones, on every engine. */
#include "base/clock.h"
#include "job_fixture.h"
#include "jobs/job_json.h"
#include "store/db_fault.h"

#include <string.h>

enum { MINUTE_MS = 60000 };

static void set_now(JobFixture *fixture, int64_t now_ms)
{
    test_store_freeze_ms(&fixture->store, now_ms);
}

static JobStatus status_of(JobFixture *fixture, JobFreshness freshness)
{
    g_autoptr(GError) error = NULL;
    JobStatus status = {0};
    bool is_ok = job_status(fixture->db, &fixture->id, freshness, &status, &error);

    g_assert_no_error(error);
    g_assert_true(is_ok);
    return status;
}

static void refresh(JobFixture *fixture)
{
    g_autoptr(GError) error = NULL;
    bool is_ok = jobs_refresh_progress(fixture->db, &error);

    g_assert_no_error(error);
    g_assert_true(is_ok);
}

static void finish_next(JobFixture *fixture, const FixtureOutcome *outcome)
{
    g_assert_true(fixture_finish(fixture, fixture_claim(fixture), outcome));
}

static const FixtureOutcome some_fail = {.failed = {0, 3, 4}, .failed_count = 3, .skipped = {7}, .skipped_count = 1};

/* Jobs without an execution that we know of are judged by their counts. */
static void test_jobs_of_other_modes_are_judged_by_their_counts(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const struct {
        const char *sql, *status, *message, *arn;
    } cases[] = {
        {"UPDATE jobs SET mode = 'legacy', execution_arn = NULL", "processing", "Scanning objects (0/10)", NULL},
        {"UPDATE jobs SET execution_arn = 'arn:elsewhere'", "processing", "Scanning objects (0/10)", "arn:elsewhere"},
        {"UPDATE jobs SET mode = 'sync', execution_arn = NULL", "listing", "Listing S3 objects", NULL},
        {"UPDATE listing_shards SET state = 'done'", "processing", "Scanning objects (0/10)", NULL},
        {"UPDATE job_counters SET queued = 0, succeeded = 10", "completed", "All objects scanned", NULL},
        {"UPDATE job_counters SET total = 0, succeeded = 0", "completed", "No objects found to scan", NULL},
    };

    fixture_add_page(fixture, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        fixture_run(fixture, cases[i].sql);
        g_auto(JobStatus) status = status_of(fixture, JOB_REAL_TIME);
        g_assert_cmpstr(status.status, ==, cases[i].status);
        g_assert_cmpstr(status.status_message, ==, cases[i].message);
        g_assert_cmpstr(status.execution_arn, ==, cases[i].arn);
        g_assert_cmpstr(status.execution_status, ==, NULL);
    }
}

static void assert_waits(JobFixture *fixture, JobFreshness freshness, const char *expected)
{
    g_auto(JobStatus) status = status_of(fixture, freshness);
    json_t *told = job_status_json(&status);

    g_assert_cmpstr(status.waiting_for, ==, expected);
    g_assert_cmpstr(json_string_value(json_object_get(told, "waiting_for")), ==, expected);
    json_decref(told);
}

/* As a worker does it with each page that it finishes. */
static void make_progress(JobFixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;

    g_assert_true(db_begin(fixture->db, DB_WRITE, &tx, &error));
    g_assert_true(job_waits_no_more(tx, &fixture->id, &error));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
}

static void test_what_a_job_waits_for_is_told_until_it_goes_on(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;

    fixture_add_page(fixture, 0);
    assert_waits(fixture, JOB_REAL_TIME, NULL);
    g_assert_true(job_waits(fixture->db, &fixture->id, "rule acme.part: another rule with this id", &error));
    assert_waits(fixture, JOB_REAL_TIME, "rule acme.part: another rule with this id");
    g_assert_true(job_waits(fixture->db, &fixture->id, "the server is away", &error));
    assert_waits(fixture, JOB_CACHED, "the server is away");
    make_progress(fixture);
    assert_waits(fixture, JOB_REAL_TIME, NULL);

    g_assert_true(job_waits(fixture->db, &fixture->id, "the server is away", &error));
    g_assert_true(job_cancel(fixture->db, fixture->workflow, &fixture->id, &error));
    assert_waits(fixture, JOB_REAL_TIME, NULL);
    g_assert_true(job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_FAILED, NULL, &error));
    assert_waits(fixture, JOB_REAL_TIME, NULL); /* that was before */
}

static void test_a_job_without_an_execution_can_be_cancelled(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;

    fixture_add_page(fixture, 0);
    fixture_run(fixture, "UPDATE jobs SET mode = 'sync', execution_arn = NULL;"
                         "UPDATE listing_shards SET state = 'done'; DELETE FROM job_executions");
    g_assert_true(job_cancel(fixture->db, fixture->workflow, &fixture->id, &error));
    g_assert_true(job_cancel(fixture->db, fixture->workflow, &fixture->id, &error));
    fixture_assert_state(fixture, "aborted 10 10 0 0 0 0 0 0 {}");
    g_assert_null(fixture_claim(fixture));
    g_assert_true(job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_FAILED, NULL, &error));
    fixture_assert_state(fixture, "processing 10 10 0 0 0 0 0 0 {}");
    fixture_work_off(fixture);
    fixture_assert_state(fixture, "completed 10 0 0 10 0 0 20 55 {}");
}

static void test_a_cached_answer_is_of_one_moment(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    for (uint32_t i = 0; i < 3; i++)
        fixture_add_page(fixture, i);
    finish_next(fixture, &some_fail);
    fixture_end_listing(fixture);
    set_now(fixture, START_MS + MINUTE_MS);
    refresh(fixture);
    finish_next(fixture, &some_fail);
    g_auto(JobStatus) cached = status_of(fixture, JOB_CACHED), exact = status_of(fixture, JOB_REAL_TIME);
    g_assert_true(cached.is_cached);
    g_assert_cmpuint(cached.failed, ==, 3);
    g_assert_cmpuint(cached.failures->len, ==, 2);
    g_assert_cmpuint(g_array_index(cached.failures, FailureCount, 1).objects, ==, 2);
    g_assert_cmpint(cached.cache_duration_ms, >=, 0);
    g_assert_false(exact.is_cached);
    g_assert_cmpuint(exact.failed, ==, 6);
    g_assert_cmpstr(g_array_index(exact.failures, FailureCount, 1).reason, ==, "too_large");
    g_assert_cmpuint(g_array_index(exact.failures, FailureCount, 1).objects, ==, 4);
}

static void test_no_snapshot_of_before_a_change_is_used(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;

    fixture_add_page(fixture, 0);
    finish_next(fixture, &some_fail);
    fixture_end_listing(fixture);
    set_now(fixture, START_MS + MINUTE_MS);
    refresh(fixture);
    g_assert_true(job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_FAILED, NULL, &error));
    g_auto(JobStatus) status = status_of(fixture, JOB_CACHED);
    g_assert_false(status.is_cached);
    g_assert_cmpstr(status.status, ==, "processing");
}

/* Ten objects a minute; then paused for an hour; then twenty a minute. */
static void test_speed_is_that_of_late_and_knows_pauses(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;
    int64_t now_ms = START_MS;
    const int64_t hour_ms = 60 * MINUTE_MS;

    for (uint32_t i = 0; i < 8; i++)
        fixture_add_page(fixture, i);
    fixture_end_listing(fixture);
    for (int i = 0; i < 3; i++) {
        set_now(fixture, now_ms += MINUTE_MS);
        finish_next(fixture, NULL);
        refresh(fixture);
    }
    g_auto(JobStatus) running = status_of(fixture, JOB_REAL_TIME);
    g_assert_cmpfloat_with_epsilon(running.objects_per_second, 10.0 / 60, 1e-9);
    g_assert_cmpint(running.eta_seconds, ==, 300);

    g_assert_true(job_pause(fixture->db, &fixture->id, &error));
    set_now(fixture, now_ms += hour_ms / 2);
    refresh(fixture);
    g_auto(JobStatus) paused = status_of(fixture, JOB_REAL_TIME);
    g_assert_true(paused.is_paused);
    g_assert_cmpfloat(paused.objects_per_second, ==, 0);
    g_assert_cmpint(paused.eta_seconds, ==, -1);
    set_now(fixture, now_ms += hour_ms / 2);
    g_assert_true(job_resume(fixture->db, &fixture->id, &error));

    set_now(fixture, now_ms += MINUTE_MS);
    finish_next(fixture, NULL);
    finish_next(fixture, NULL);
    g_auto(JobStatus) resumed = status_of(fixture, JOB_REAL_TIME);
    g_assert_cmpfloat_with_epsilon(resumed.objects_per_second, 20.0 / 60, 1e-9);
    g_assert_cmpint(resumed.eta_seconds, ==, 90);

    fixture_work_off(fixture);
    set_now(fixture, now_ms + hour_ms);
    refresh(fixture);
    g_auto(JobStatus) over = status_of(fixture, JOB_REAL_TIME);
    g_assert_cmpstr(over.status, ==, "completed");
    g_assert_cmpfloat_with_epsilon(over.objects_per_second, 80.0 / 240, 1e-9); /* four minutes of work */
    g_assert_cmpint(over.eta_seconds, ==, 0);
}

static void test_a_snapshot_is_refreshed_when_it_is_stale(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;
    int64_t refreshed_ms = -1, duration_ms = -1;
    bool is_refreshed = false;

    g_assert_true(jobs_refresh_state(fixture->db, &refreshed_ms, &duration_ms, &error));
    g_assert_cmpint(refreshed_ms, ==, 0);
    g_assert_true(jobs_refresh_if_stale(fixture->db, MINUTE_MS, &is_refreshed, &error));
    g_assert_true(is_refreshed);
    set_now(fixture, START_MS + MINUTE_MS - 1);
    g_assert_true(jobs_refresh_if_stale(fixture->db, MINUTE_MS, &is_refreshed, &error));
    g_assert_false(is_refreshed);
    set_now(fixture, START_MS + MINUTE_MS);
    g_assert_true(jobs_refresh_if_stale(fixture->db, MINUTE_MS, &is_refreshed, &error));
    g_assert_true(is_refreshed);
    g_assert_true(jobs_refresh_state(fixture->db, &refreshed_ms, &duration_ms, &error));
    g_assert_cmpint(refreshed_ms, ==, START_MS + MINUTE_MS);
}

static bool collect_status(void *data, const JobStatus *status, G_GNUC_UNUSED GError **error)
{
    g_string_append_printf(data, "%" G_GINT64_FORMAT ":%s ", status->created_ms - START_MS, status->status);
    return true;
}

/* One job each of listing, completed, failed, aborted, created a second after the other. */
static void make_four_jobs(JobFixture *fixture)
{
    static const char *const ends[] = {NULL, "SUCCEEDED", "FAILED", "ABORTED"};

    for (int i = 0; i < 4; i++) {
        g_autoptr(GError) error = NULL;
        set_now(fixture, START_MS + i);
        if (i > 0)
            g_assert_true(job_create(fixture->db, fixture->workflow, &(JobSpec){.bucket = "b"}, &fixture->id, &error));
        fixture_run(fixture, "UPDATE listing_shards SET state = 'done' WHERE job_id = '$JOB'");
        if (ends[i] != NULL)
            fixture_end_execution(fixture, ends[i]);
    }
}

static void test_jobs_are_found_by_status_and_time(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const struct {
        JobQuery query;
        const char *expected;
    } cases[] = {
        {{0}, "3:aborted 2:failed 1:completed 0:listing "},
        {{.status = "failed"}, "2:failed "},
        {{.from_ms = START_MS + 1, .to_ms = START_MS + 3}, "2:failed 1:completed "},
        {{.from_ms = START_MS + 4}, ""},
        {{.to_ms = START_MS + 1}, "0:listing "},
        {{.status = "listing", .from_ms = START_MS + 1}, ""},
        {{.limit = 1, .status = "completed"}, "1:completed "},
        {{.bucket = "other"}, ""},
    };

    make_four_jobs(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) text = g_string_new(NULL), paged = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        JobQuery query = cases[i].query;
        JobPosition next = {0};
        g_assert_true(jobs_visit(fixture->db, &query, collect_status, text, &error));
        g_assert_cmpstr(text->str, ==, cases[i].expected);
        for (query.limit = 1; query.before_created_ms != 0 || paged->len == 0 || next.created_ms != 0;) {
            g_assert_true(jobs_visit_page(fixture->db, &query, collect_status, paged, &next, &error));
            if (next.created_ms == 0 || cases[i].query.limit == 1)
                break;
            query.before_created_ms = next.created_ms;
            query.before_id = next.id.text;
        }
        g_assert_cmpstr(paged->str, ==, cases[i].expected);
    }
}

static void test_statistics_count_what_the_statuses_say(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const JobFreshness freshness[] = {JOB_CACHED, JOB_REAL_TIME, JOB_CACHED};

    make_four_jobs(fixture);
    fixture_add_page(fixture, 0);
    fixture_run(fixture, "UPDATE jobs SET paused = 1");
    for (size_t i = 0; i < G_N_ELEMENTS(freshness); i++) {
        g_autoptr(GError) error = NULL;
        JobsStatistics statistics = {0};
        bool is_ok = jobs_statistics(fixture->db, freshness[i], &statistics, &error);
        g_assert_no_error(error);
        g_assert_true(is_ok);
        g_assert_cmpint(statistics.is_cached, ==, i == 2);
        g_assert_cmpuint(statistics.total_jobs, ==, 4);
        g_assert_cmpuint(statistics.completed_jobs, ==, 1);
        g_assert_cmpuint(statistics.in_progress_jobs, ==, 1);
        g_assert_cmpuint(statistics.failed_jobs, ==, 1);
        g_assert_cmpuint(statistics.aborted_jobs, ==, 1);
        g_assert_cmpuint(statistics.paused_jobs, ==, 1);
        g_assert_cmpuint(statistics.total_objects, ==, 10);
        g_assert_cmpuint(statistics.bytes_total, ==, 55);
        refresh(fixture);
    }
}

static bool collect_object(void *data, const JobObject *object, G_GNUC_UNUSED GError **error)
{
    g_string_append_printf(data, "%s=%s/%d/%s/%s ", object->key, object->status, (int)object->size_bytes, object->etag,
        object->error_code != NULL ? object->error_code : "");
    return true;
}

/* What the view says: in SQL, independently of the code. */
static char *objects_in_view(JobFixture *fixture, const char *status)
{
    static const char row[] = "key || '=' || status || '/' || size || '/' || etag || '/' || coalesce(error_code, '')"
                              " || ' '";
    bool is_postgres = test_store_is_postgres(&fixture->store);
    g_autofree char *filter = status != NULL ? g_strdup_printf("AND status = '%s'", status) : g_strdup("");
    g_autofree char *sql =
        is_postgres ? g_strdup_printf(
                          "SELECT coalesce(string_agg(%s, '' ORDER BY shard, page_no, ordinal), '') FROM job_objects"
                          " WHERE job_id = '$JOB' %s",
                          row, filter)
                    : g_strdup_printf("SELECT coalesce(group_concat(t, ''), '') FROM (SELECT %s AS t FROM job_objects"
                                      " WHERE job_id = '$JOB' %s ORDER BY shard, page_no, ordinal)",
                          row, filter);

    return fixture_text(fixture, sql);
}

static char *objects_listed(JobFixture *fixture, const char *status, uint32_t limit)
{
    ObjectQuery query = {.status = status, .limit = limit};
    GString *text = g_string_new(NULL);

    do {
        g_autoptr(GError) error = NULL;
        bool is_ok = job_objects_visit(fixture->db, &fixture->id, &query, collect_object, text, &query.after, &error);
        g_assert_no_error(error);
        g_assert_true(is_ok);
    } while (*query.after.text != '\0');
    return g_string_free(text, FALSE);
}

/* Pages in every state: done, leased, queued; and the same with failed objects that are tried again. */
static void make_objects(JobFixture *fixture)
{
    g_autoptr(GError) error = NULL;

    for (uint32_t i = 0; i < 4; i++)
        fixture_add_page(fixture, i);
    finish_next(fixture, &some_fail);
    finish_next(fixture, &some_fail);
    g_assert_true(job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_FAILED, NULL, &error));
    claim_free(fixture_claim(fixture)); /* page 0: its exceptions are being scanned */
    claim_free(fixture_claim(fixture)); /* page 1 */
    claim_free(fixture_claim(fixture)); /* page 2 */
    for (uint32_t i = 4; i < 7; i++)
        fixture_add_page(fixture, i);
    finish_next(fixture, &some_fail); /* page 3 */
    finish_next(fixture, NULL);       /* page 4 */
}

static void test_objects_are_listed_as_the_view_has_them(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const char *const statuses[] = {NULL, "queued", "processing", "succeeded", "failed", "skipped"};
    static const uint32_t limits[] = {0, 1, 3, 10, 1000};

    make_objects(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
        g_autofree char *expected = objects_in_view(fixture, statuses[i]);
        g_assert_cmpstr(expected, !=, "");
        for (size_t k = 0; k < G_N_ELEMENTS(limits); k++) {
            g_autofree char *listed = objects_listed(fixture, statuses[i], limits[k]);
            g_assert_cmpstr(listed, ==, expected);
        }
    }
}

static void test_a_bad_question_about_objects_is_refused(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const ObjectQuery queries[] = {
        {.status = "done"},
        {.after = {"1/2"}},
        {.after = {"x/1/2"}},
        {.after = {"1/2/3/4"}},
        {.after = {"99999999999/1/2"}},
        {.after = {"-5/1/2"}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        g_assert_false(job_objects_visit(fixture->db, &fixture->id, &queries[i], collect_object, text, NULL, &error));
        g_assert_cmpint(error_kind(error), ==, ERROR_INVALID);
    }
}

static void test_an_object_is_found_by_its_key(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const struct {
        const char *key, *expected;
    } cases[] = {
        {"k0000-0", "k0000-0=processing/1/e0000-0/too_large "},
        {"k0003-7", "k0003-7=skipped/8/e0003-7/unsupported_format "},
        {"k0006-9", "k0006-9=queued/10/e0006-9/ "},
        {"k0006-91", ""},
        {"a", ""},
        {"z", ""},
        {"", ""},
    };

    make_objects(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        bool is_found = false;
        bool is_ok = job_object_find(fixture->db, &fixture->id, cases[i].key, collect_object, text, &is_found, &error);
        g_assert_no_error(error);
        g_assert_true(is_ok);
        g_assert_cmpint(is_found, ==, *cases[i].expected != '\0');
        g_assert_cmpstr(text->str, ==, cases[i].expected);
    }
}

static uint64_t prune(JobFixture *fixture, int64_t before_ms)
{
    g_autoptr(GError) error = NULL;
    uint64_t counted = 0, jobs = 0;

    g_assert_true(jobs_prune_count(fixture->db, before_ms, &counted, &error));
    g_assert_true(jobs_prune(fixture->db, before_ms, &jobs, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(jobs, ==, counted);
    return jobs;
}

static void test_only_old_jobs_that_are_over_are_pruned(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    make_four_jobs(fixture);
    g_assert_cmpuint(prune(fixture, START_MS + 1), ==, 0); /* job 1 was changed then */
    g_assert_cmpuint(prune(fixture, START_MS + 2), ==, 1);
    g_assert_cmpuint(prune(fixture, START_MS + 1000), ==, 2); /* the one that is listing stays */
    g_assert_cmpuint(prune(fixture, START_MS + 1000), ==, 0);
    g_assert_true(jobs_visit(fixture->db, &(JobQuery){0}, collect_status, text, &error));
    g_assert_cmpstr(text->str, ==, "0:listing ");
    g_auto(JobStatus) status = {0};
    g_assert_false(job_status(fixture->db, &fixture->id, JOB_CACHED, &status, &error));
    g_assert_cmpint(error_kind(error), ==, ERROR_NOT_FOUND);
}

static const char *const freed_tables[] = {"findings", "object_exceptions", "suppressions", "page_states",
    "object_pages", "job_executions", "listing_shards", "job_counters", "job_failures", "job_speed", "job_excluded",
    "jobs"};

static void assert_is_free(JobFixture *fixture)
{
    for (size_t i = 0; i < G_N_ELEMENTS(freed_tables); i++) {
        g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s WHERE job_id = '$JOB'", freed_tables[i]);
        g_test_message("%s", freed_tables[i]);
        g_assert_cmpint(fixture_number(fixture, sql), ==, 0);
    }
    g_assert_cmpint(fixture_number(fixture, "SELECT count(*) FROM executions"), ==, 0);
    g_assert_cmpint(fixture_number(fixture, "SELECT count(*) FROM execution_events"), ==, 0);
}

/* Every call of the store fails once; then it is tried again, as after a kill. */
static void test_pruned_jobs_are_freed_little_by_little(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    bool has_more = true;
    int steps = 0;

    for (uint32_t i = 0; i < 5; i++) {
        fixture_add_page(fixture, i);
        finish_next(fixture, &some_fail);
    }
    refresh(fixture);
    fixture_end_listing(fixture);
    set_now(fixture, START_MS + MINUTE_MS);
    g_assert_cmpuint(prune(fixture, START_MS + 1), ==, 1);
    for (int call = 1; has_more; call = call % 40 + 1) {
        g_autoptr(GError) error = NULL;
        db_fail_after(fixture->db, call);
        if (!jobs_free_deleted(fixture->db, 10, &has_more, &error))
            has_more = true;
        db_fail_after(fixture->db, 0);
        steps++;
    }
    g_assert_cmpint(steps, >, 20); /* 115 rows and five pages, ten at a time, often in vain */
    assert_is_free(fixture);
}

static bool collect_drift(void *data, const JobId *id, const char *drift, G_GNUC_UNUSED GError **error)
{
    g_string_append_printf(data, "%s %s\n", id->text, drift);
    return true;
}

static void test_drift_is_found_in_turn(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    JobId position = {{0}};

    make_four_jobs(fixture);
    fixture_run(fixture, "UPDATE job_counters SET failed = failed + 1 WHERE job_id = '$JOB'");
    for (int rounds = 0; rounds < 2; rounds++) {
        g_string_truncate(text, 0);
        for (int i = 0; i < 5; i++) /* one of them is told each time; the fifth look finds the end */
            g_assert_true(jobs_reconcile_drift(fixture->db, &position, 1, collect_drift, text, &error));
        g_assert_cmpstr(position.text, ==, "");
        g_assert_true(g_str_has_prefix(text->str, fixture->id.text));
        g_assert_nonnull(strstr(text->str, "failed: counters and pages: 1 and 0"));
    }
}

/* Workers that claim and finish while the job is paused, cancelled and retried. */
typedef struct Busy {
    JobFixture *fixture;
    gint is_over;
} Busy;

static gpointer work(gpointer data)
{
    Busy *busy = data;

    while (!g_atomic_int_get(&busy->is_over)) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Claim) claim = NULL;
        if (!queue_claim(busy->fixture->queue, &(ClaimScope){.owner = "w#2"}, LEASE_MS, &claim, &error))
            continue;
        if (claim == NULL)
            g_thread_yield();
        else
            (void)fixture_try_finish(busy->fixture, claim, &some_fail);
    }
    return NULL;
}

static void change_at_random(JobFixture *fixture, guint step)
{
    g_autoptr(GError) error = NULL;
    bool is_ok = true;

    switch (step % 5) {
    case 0:
        is_ok = job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_ALL, NULL, &error);
        break;
    case 1:
        is_ok = job_cancel(fixture->db, fixture->workflow, &fixture->id, &error);
        break;
    case 2:
        is_ok = job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_FAILED, NULL, &error);
        break;
    case 3:
        is_ok = job_pause(fixture->db, &fixture->id, &error);
        break;
    default:
        is_ok = job_resume(fixture->db, &fixture->id, &error);
        break;
    }
    if (!is_ok && !error_is(error, ERROR_CONFLICT) && !error_is(error, ERROR_BUSY))
        g_error("%s", error->message);
}

static void test_changes_beside_busy_workers_lose_nothing(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    enum { WORKERS = 3, STEPS = 60, PAGES = 30 };
    Busy busy = {.fixture = fixture};
    GThread *threads[WORKERS];

    for (uint32_t i = 0; i < PAGES; i++)
        fixture_add_page(fixture, i);
    for (size_t i = 0; i < WORKERS; i++)
        threads[i] = g_thread_new("worker", work, &busy);
    for (guint step = 0; step < STEPS; step++) {
        change_at_random(fixture, step);
        fixture_assert_verified(fixture);
    }
    g_atomic_int_set(&busy.is_over, 1);
    for (size_t i = 0; i < WORKERS; i++)
        g_thread_join(threads[i]);
    fixture_assert_verified(fixture);
}

static void add_tests(const char *kind)
{
    static const struct {
        const char *name;
        void (*test)(JobFixture *, gconstpointer);
    } tests[] = {
        {"jobs-of-other-modes-are-judged-by-their-counts", test_jobs_of_other_modes_are_judged_by_their_counts},
        {"what-a-job-waits-for-is-told-until-it-goes-on", test_what_a_job_waits_for_is_told_until_it_goes_on},
        {"a-job-without-an-execution-can-be-cancelled", test_a_job_without_an_execution_can_be_cancelled},
        {"a-cached-answer-is-of-one-moment", test_a_cached_answer_is_of_one_moment},
        {"no-snapshot-of-before-a-change-is-used", test_no_snapshot_of_before_a_change_is_used},
        {"speed-is-that-of-late-and-knows-pauses", test_speed_is_that_of_late_and_knows_pauses},
        {"a-snapshot-is-refreshed-when-it-is-stale", test_a_snapshot_is_refreshed_when_it_is_stale},
        {"jobs-are-found-by-status-and-time", test_jobs_are_found_by_status_and_time},
        {"statistics-count-what-the-statuses-say", test_statistics_count_what_the_statuses_say},
        {"objects-are-listed-as-the-view-has-them", test_objects_are_listed_as_the_view_has_them},
        {"a-bad-question-about-objects-is-refused", test_a_bad_question_about_objects_is_refused},
        {"an-object-is-found-by-its-key", test_an_object_is_found_by_its_key},
        {"only-old-jobs-that-are-over-are-pruned", test_only_old_jobs_that_are_over_are_pruned},
        {"pruned-jobs-are-freed-little-by-little", test_pruned_jobs_are_freed_little_by_little},
        {"drift-is-found-in-turn", test_drift_is_found_in_turn},
        {"changes-beside-busy-workers-lose-nothing", test_changes_beside_busy_workers_lose_nothing},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/jobs/answers/%s/%s", kind, tests[i].name);
        g_test_add(path, JobFixture, kind, job_fixture_set_up, tests[i].test, job_fixture_tear_down);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++)
        add_tests(*kind);
    return g_test_run();
}

/* What can be done to a job, in every state that it can be in, on every engine; also when the store fails half way. */
#include "base/clock.h"
#include "job_fixture.h"
#include "store/db_fault.h"

#include <string.h>

/* Four pages of ten objects: done, done with failures, leased, queued. */
static Claim *half_done(JobFixture *fixture)
{
    static const FixtureOutcome some_fail = {
        .failed = {0, 3, 4}, .failed_count = 3, .skipped = {7}, .skipped_count = 1};

    for (uint32_t i = 0; i < 4; i++)
        fixture_add_page(fixture, i);
    g_assert_true(fixture_finish(fixture, fixture_claim(fixture), NULL));
    g_assert_true(fixture_finish(fixture, fixture_claim(fixture), &some_fail));
    return fixture_claim(fixture);
}

#define HALF_DONE "40 10 10 16 3 1 38 110 {timeout: 1, too_large: 2}"
#define ALL_DONE  "40 0 0 36 3 1 78 220 {timeout: 1, too_large: 2}"

/* How a job comes into each state; the claim that is still held, or NULL. */
static Claim *make_listing(JobFixture *fixture)
{
    return half_done(fixture);
}

static Claim *make_processing(JobFixture *fixture)
{
    Claim *claim = half_done(fixture);

    fixture_end_listing(fixture);
    return claim;
}

static Claim *make_paused(JobFixture *fixture)
{
    g_autoptr(GError) error = NULL;
    Claim *claim = make_processing(fixture);

    g_assert_true(job_pause(fixture->db, &fixture->id, &error));
    return claim;
}

static Claim *make_completed(JobFixture *fixture)
{
    g_assert_true(fixture_finish(fixture, make_processing(fixture), NULL));
    fixture_work_off(fixture);
    return NULL;
}

static Claim *make_failed(JobFixture *fixture)
{
    Claim *claim = half_done(fixture);

    fixture_end_execution(fixture, "FAILED");
    return claim;
}

static Claim *make_aborted(JobFixture *fixture)
{
    g_autoptr(GError) error = NULL;
    Claim *claim = half_done(fixture);

    g_assert_true(job_cancel(fixture->db, fixture->workflow, &fixture->id, &error));
    return claim;
}

/* Once more cancelled, while failed objects were being tried again. */
static Claim *make_aborted_retry(JobFixture *fixture)
{
    g_autoptr(GError) error = NULL;

    claim_free(make_completed(fixture));
    g_assert_true(job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_FAILED, NULL, &error));
    g_assert_true(job_cancel(fixture->db, fixture->workflow, &fixture->id, &error));
    return NULL;
}

static Claim *make_legacy(JobFixture *fixture)
{
    fixture_run(fixture, "UPDATE jobs SET mode = 'legacy', execution_arn = 'arn:elsewhere' WHERE job_id = '$JOB'");
    return NULL;
}

typedef bool (*Action)(JobFixture *fixture, GError **error);

static bool cancel(JobFixture *fixture, GError **error)
{
    return job_cancel(fixture->db, fixture->workflow, &fixture->id, error);
}

static bool pause_job(JobFixture *fixture, GError **error)
{
    return job_pause(fixture->db, &fixture->id, error);
}

static bool resume(JobFixture *fixture, GError **error)
{
    return job_resume(fixture->db, &fixture->id, error);
}

static bool retry_failed(JobFixture *fixture, GError **error)
{
    return job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_FAILED, NULL, error);
}

static bool retry_all(JobFixture *fixture, GError **error)
{
    return job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_ALL, NULL, error);
}

/* after: the state if the action is allowed; NULL: CONFLICT, and nothing changes. leased: what becomes of the claim. */
typedef struct Case {
    const char *name;
    Claim *(*make)(JobFixture *fixture);
    Action action;
    const char *before, *after;
    bool is_lease_kept;
} Case;

static const Case cases[] = {
    {"listing/cancel", make_listing, cancel, "listing " HALF_DONE,
        "aborted 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}", false},
    {"listing/pause", make_listing, pause_job, "listing " HALF_DONE, "listing(paused) " HALF_DONE, true},
    {"listing/resume", make_listing, resume, "listing " HALF_DONE, "listing " HALF_DONE, true},
    /* objects 0, 3 and 4 of a page: 1 + 4 + 5 bytes, two findings each */
    {"listing/retry-failed", make_listing, retry_failed, "listing " HALF_DONE, "listing 40 13 10 16 0 1 32 100 {}",
        true},
    {"listing/retry-all", make_listing, retry_all, "listing " HALF_DONE, "listing 40 30 10 0 0 0 0 0 {}", true},
    {"processing/cancel", make_processing, cancel, "processing " HALF_DONE,
        "aborted 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}", false},
    {"processing/pause", make_processing, pause_job, "processing " HALF_DONE, "processing(paused) " HALF_DONE, true},
    {"processing/resume", make_processing, resume, "processing " HALF_DONE, "processing " HALF_DONE, true},
    {"processing/retry-failed", make_processing, retry_failed, "processing " HALF_DONE,
        "processing 40 13 10 16 0 1 32 100 {}", true},
    {"processing/retry-all", make_processing, retry_all, "processing " HALF_DONE, "processing 40 30 10 0 0 0 0 0 {}",
        true},
    {"paused/cancel", make_paused, cancel, "processing(paused) " HALF_DONE,
        "aborted 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}", false},
    {"paused/pause", make_paused, pause_job, "processing(paused) " HALF_DONE, "processing(paused) " HALF_DONE, true},
    {"paused/resume", make_paused, resume, "processing(paused) " HALF_DONE, "processing " HALF_DONE, true},
    {"paused/retry-failed", make_paused, retry_failed, "processing(paused) " HALF_DONE,
        "processing(paused) 40 13 10 16 0 1 32 100 {}", true},
    {"completed/cancel", make_completed, cancel, "completed " ALL_DONE, NULL, false},
    {"completed/pause", make_completed, pause_job, "completed " ALL_DONE, NULL, false},
    {"completed/resume", make_completed, resume, "completed " ALL_DONE, NULL, false},
    {"completed/retry-failed", make_completed, retry_failed, "completed " ALL_DONE,
        "processing 40 3 0 36 0 1 72 210 {}", false},
    {"completed/retry-all", make_completed, retry_all, "completed " ALL_DONE, "processing 40 40 0 0 0 0 0 0 {}", false},
    {"failed/cancel", make_failed, cancel, "failed 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}", NULL, false},
    {"failed/pause", make_failed, pause_job, "failed 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}", NULL, false},
    {"failed/resume", make_failed, resume, "failed 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}", NULL, false},
    {"failed/retry-failed", make_failed, retry_failed, "failed 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}",
        "listing 40 23 0 16 0 1 32 100 {}", false},
    {"failed/retry-all", make_failed, retry_all, "failed 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}",
        "listing 40 40 0 0 0 0 0 0 {}", false},
    {"aborted/cancel", make_aborted, cancel, "aborted 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}",
        "aborted 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}", false},
    {"aborted/pause", make_aborted, pause_job, "aborted 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}", NULL, false},
    {"aborted/retry-failed", make_aborted, retry_failed, "aborted 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}",
        "listing 40 23 0 16 0 1 32 100 {}", false},
    {"aborted/retry-all", make_aborted, retry_all, "aborted 40 20 0 16 3 1 38 110 {timeout: 1, too_large: 2}",
        "listing 40 40 0 0 0 0 0 0 {}", false},
    {"aborted-retry/retry-failed", make_aborted_retry, retry_failed, "aborted 40 3 0 36 0 1 72 210 {}",
        "listing 40 3 0 36 0 1 72 210 {}", false},
    {"aborted-retry/retry-all", make_aborted_retry, retry_all, "aborted 40 3 0 36 0 1 72 210 {}",
        "listing 40 40 0 0 0 0 0 0 {}", false},
    {"legacy/cancel", make_legacy, cancel, "completed 0 0 0 0 0 0 0 0 {}", NULL, false},
    {"legacy/pause", make_legacy, pause_job, "completed 0 0 0 0 0 0 0 0 {}", NULL, false},
    {"legacy/retry", make_legacy, retry_all, "completed 0 0 0 0 0 0 0 0 {}", NULL, false},
};

static void check_lease(JobFixture *fixture, Claim *claim, const Case *test)
{
    if (claim != NULL)
        g_assert_cmpint(fixture_finish(fixture, claim, NULL), ==, test->is_lease_kept);
    fixture_assert_verified(fixture);
}

static void run_case(JobFixture *fixture, const Case *test)
{
    g_autoptr(GError) error = NULL;
    Claim *claim = test->make(fixture);

    fixture_assert_state(fixture, test->before);
    bool is_done = test->action(fixture, &error);
    if (test->after == NULL) {
        g_assert_false(is_done);
        g_assert_cmpint(error_kind(error), ==, ERROR_CONFLICT);
    } else
        g_assert_no_error(error);
    fixture_assert_state(fixture, test->after != NULL ? test->after : test->before);
    check_lease(fixture, claim, test);
}

static const Case *find_case(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        if (g_str_equal(cases[i].name, name))
            return &cases[i];
    g_assert_not_reached();
}

/* One job after the other in one store. */
static void new_job(JobFixture *fixture)
{
    g_autoptr(GError) error = NULL;

    fixture_run(fixture, "UPDATE jobs SET runner = 'nobody' WHERE job_id = '$JOB'");
    g_assert_true(job_create(fixture->db, fixture->workflow, &(JobSpec){.bucket = "b"}, &fixture->id, &error));
}

static void test_each_action_in_each_state(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        run_case(fixture, &cases[i]);
        new_job(fixture);
    }
}

/* Whichever call of the store fails, the job is consistent, and the same action again ends as if nothing had been. */
static void torture(JobFixture *fixture, const Case *test)
{
    bool is_done = false;

    for (int call = 1; !is_done; call++) {
        g_autoptr(GError) error = NULL;
        new_job(fixture);
        Claim *claim = test->make(fixture);
        db_fail_after(fixture->db, call);
        is_done = test->action(fixture, &error);
        db_fail_after(fixture->db, 0);
        fixture_assert_verified(fixture);
        g_clear_error(&error);
        if (!is_done && !test->action(fixture, &error))
            g_assert_cmpint(error_kind(error), ==, ERROR_CONFLICT); /* it was done, only the answer is lost */
        fixture_assert_state(fixture, test->after);
        claim_free(claim);
    }
}

static void test_each_change_is_whole_or_completed_by_a_repetition(
    JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const char *const names[] = {"processing/cancel", "processing/pause", "paused/resume",
        "completed/retry-failed", "completed/retry-all", "failed/retry-failed", "aborted/retry-all"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_test_message("%s", names[i]);
        torture(fixture, find_case(names[i]));
    }
}

static void test_a_retried_job_ends_like_one_that_never_failed(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const Action retries[] = {retry_failed, retry_all};

    for (size_t i = 0; i < G_N_ELEMENTS(retries); i++) {
        g_autoptr(GError) error = NULL;
        claim_free(make_aborted(fixture));
        g_assert_true(retries[i](fixture, &error));
        fixture_work_off(fixture);
        fixture_end_listing(fixture);
        /* retrying only what failed leaves the skipped object and its missing findings alone */
        fixture_assert_state(
            fixture, i == 0 ? "completed 40 0 0 39 0 1 78 220 {}" : "completed 40 0 0 40 0 0 80 220 {}");
        new_job(fixture);
    }
}

static void test_a_retry_of_a_cancelled_job_goes_on_in_the_next_execution(
    JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;
    g_auto(JobRetried) retried = {0};
    g_auto(JobStatus) status = {0};

    claim_free(make_aborted(fixture));
    g_assert_cmpint(fixture_number(fixture, "SELECT count(*) FROM listing_shards WHERE state = 'stopped'"), ==, 1);
    g_assert_true(job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_FAILED, &retried, &error));
    g_autofree char *end = g_strdup_printf(":scan-%s-g2", fixture->id.text);
    g_assert_true(retried.is_continued);
    g_assert_true(g_str_has_suffix(retried.execution_arn, end));
    g_assert_cmpuint(retried.objects, ==, 23);
    g_assert_cmpuint(retried.pages, ==, 3);
    g_assert_true(job_status(fixture->db, &fixture->id, JOB_REAL_TIME, &status, &error));
    g_assert_cmpstr(status.execution_arn, ==, retried.execution_arn);
    g_assert_cmpstr(status.execution_status, ==, "RUNNING");
    g_assert_cmpint(fixture_number(fixture, "SELECT count(*) FROM listing_shards WHERE state = 'listing'"), ==, 1);
    g_assert_cmpint(fixture_number(fixture, "SELECT count(*) FROM executions WHERE status = 'ABORTED'"), ==, 1);
}

static void test_there_may_be_nothing_to_retry(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const Action retries[] = {retry_failed, retry_all};

    fixture_add_page(fixture, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(retries); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(retries[i](fixture, &error));
        g_assert_cmpint(error_kind(error), ==, ERROR_CONFLICT);
        g_assert_nonnull(strstr(error->message, "nothing to retry"));
    }
}

/* More pages than one transaction takes. */
static void test_many_pages_are_retried_in_batches(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const FixtureOutcome one_fails = {.failed = {2}, .failed_count = 1};
    enum { PAGES = 601 };
    g_autoptr(GError) error = NULL;
    g_auto(JobRetried) retried = {0};

    if (g_str_equal(fixture->store.kind, "file"))
        return;
    for (uint32_t i = 0; i < PAGES; i++) {
        fixture_add_page(fixture, i);
        g_assert_true(fixture_finish(fixture, fixture_claim(fixture), &one_fails));
    }
    fixture_end_listing(fixture);
    g_assert_true(job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_FAILED, &retried, &error));
    g_assert_cmpuint(retried.objects, ==, PAGES);
    g_assert_cmpuint(retried.pages, ==, PAGES);
    fixture_assert_state(fixture, "processing 6010 601 0 5409 0 0 10818 31252 {}");
    job_retried_clear(&retried);
    g_assert_true(job_retry(fixture->db, fixture->workflow, &fixture->id, JOB_RETRY_ALL, &retried, &error));
    g_assert_cmpuint(retried.objects, ==, 5409);
    fixture_assert_state(fixture, "processing 6010 6010 0 0 0 0 0 0 {}");
}

static void test_a_paused_job_hands_nothing_out(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;

    claim_free(make_paused(fixture));
    g_assert_null(fixture_claim(fixture));
    g_assert_true(job_resume(fixture->db, &fixture->id, &error));
    g_autoptr(Claim) claim = fixture_claim(fixture);
    g_assert_nonnull(claim);
}

static void test_every_action_on_an_unknown_job_is_not_found(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    static const Action actions[] = {cancel, pause_job, resume, retry_failed, retry_all};

    fixture->id = job_id_new();
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(actions[i](fixture, &error));
        g_assert_cmpint(error_kind(error), ==, ERROR_NOT_FOUND);
    }
}

static void add_tests(const char *kind)
{
    static const struct {
        const char *name;
        void (*test)(JobFixture *, gconstpointer);
    } tests[] = {
        {"each-action-in-each-state", test_each_action_in_each_state},
        {"each-change-is-whole-or-completed-by-a-repetition", test_each_change_is_whole_or_completed_by_a_repetition},
        {"a-retried-job-ends-like-one-that-never-failed", test_a_retried_job_ends_like_one_that_never_failed},
        {"a-retry-of-a-cancelled-job-goes-on-in-the-next-execution",
            test_a_retry_of_a_cancelled_job_goes_on_in_the_next_execution},
        {"there-may-be-nothing-to-retry", test_there_may_be_nothing_to_retry},
        {"many-pages-are-retried-in-batches", test_many_pages_are_retried_in_batches},
        {"a-paused-job-hands-nothing-out", test_a_paused_job_hands_nothing_out},
        {"every-action-on-an-unknown-job-is-not-found", test_every_action_on_an_unknown_job_is_not_found},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/jobs/changes/%s/%s", kind, tests[i].name);
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

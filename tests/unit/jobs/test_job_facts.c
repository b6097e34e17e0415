/* The rules of a job's status; the first cases are the examples of the status API's description. */
#include "jobs/job_facts.h"

static void test_the_status_follows_from_execution_shards_and_counts(void)
{
    static const struct {
        JobMode mode;
        const char *execution; /* "": none; "?": there is one, but nothing is known of it */
        uint64_t open_shards;
        uint64_t total, queued, processing, succeeded, failed, skipped;
        const char *status, *message;
        double percent;
        bool is_listing_complete;
    } cases[] = {
        {JOB_ASYNC, "RUNNING", 1, 25000, 25000, 0, 0, 0, 0, "listing", "Step Functions is listing S3 objects", 0,
            false},
        {JOB_ASYNC, "SUCCEEDED", 0, 100000, 80000, 15000, 5000, 0, 0, "processing", "Scanning objects (5000/100000)", 5,
            true},
        {JOB_ASYNC, "SUCCEEDED", 0, 100000, 30000, 20000, 48000, 2000, 0, "processing",
            "Scanning objects (50000/100000)", 50, true},
        {JOB_ASYNC, "SUCCEEDED", 0, 100000, 0, 0, 97500, 2500, 0, "completed", "All objects scanned", 100, true},
        {JOB_ASYNC, "SUCCEEDED", 0, 0, 0, 0, 0, 0, 0, "completed", "No objects found to scan", 0, true},
        {JOB_ASYNC, "FAILED", 1, 5000, 5000, 0, 0, 0, 0, "failed", "Step Functions execution failed", 0, false},
        {JOB_ASYNC, "TIMED_OUT", 1, 10, 10, 0, 0, 0, 0, "failed", "Step Functions execution timed out", 0, false},
        {JOB_ASYNC, "ABORTED", 1, 10, 5, 0, 5, 0, 0, "aborted", "Step Functions execution was aborted", 50, false},
        /* between two executions of a chain the job is still listing */
        {JOB_ASYNC, "SUCCEEDED", 1, 10, 0, 0, 10, 0, 0, "listing", "Step Functions is listing S3 objects", 100, false},
        {JOB_ASYNC, "RUNNING", 0, 10, 0, 0, 10, 0, 0, "listing", "Step Functions is listing S3 objects", 100, false},
        {JOB_ASYNC, "?", 0, 10, 10, 0, 0, 0, 0, "listing", "Step Functions is listing S3 objects", 0, false},
        /* without an execution the mode decides */
        {JOB_ASYNC, "", 0, 10, 10, 0, 0, 0, 0, "listing", "Step Functions is listing S3 objects", 0, false},
        {JOB_SYNC, "", 1, 10, 10, 0, 0, 0, 0, "listing", "Listing S3 objects", 0, false},
        {JOB_SYNC, "", 0, 10, 9, 0, 1, 0, 0, "processing", "Scanning objects (1/10)", 10, true},
        {JOB_LEGACY, "", 1, 3, 0, 0, 3, 0, 0, "completed", "All objects scanned", 100, true},
        /* skipped objects are settled; percentages have two decimals, and 100 means all */
        {JOB_ASYNC, "SUCCEEDED", 0, 3, 1, 0, 1, 0, 1, "processing", "Scanning objects (2/3)", 66.67, true},
        {JOB_ASYNC, "SUCCEEDED", 0, 1000000, 1, 0, 999999, 0, 0, "processing", "Scanning objects (999999/1000000)",
            99.99, true},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *execution = cases[i].execution;
        g_auto(JobStatus) status = {.total = cases[i].total,
            .queued = cases[i].queued,
            .processing = cases[i].processing,
            .succeeded = cases[i].succeeded,
            .failed = cases[i].failed,
            .skipped = cases[i].skipped};
        job_status_judge(&status, &(JobFacts){.mode = cases[i].mode,

                                      .execution_status = *execution == '\0' || *execution == '?' ? NULL : execution,
                                      .open_shards = cases[i].open_shards});
        g_assert_cmpstr(status.status, ==, cases[i].status);
        g_assert_cmpstr(status.status_message, ==, cases[i].message);
        g_assert_cmpfloat_with_epsilon(status.progress_percent, cases[i].percent, 1e-9);
        g_assert_cmpint(status.is_listing_complete, ==, cases[i].is_listing_complete);
    }
}

static void test_speed_and_time_left(void)
{
    static const struct {
        uint64_t total, settled, open_shards;
        int64_t elapsed_ms;
        double speed;
        int64_t eta_seconds;
    } cases[] = {
        {1000, 100, 0, 10000, 10, 90},
        {1000, 0, 0, 10000, 0, -1},    /* nothing to go by */
        {1000, 100, 1, 10000, 10, -1}, /* nobody knows how many there will be */
        {1000, 100, 0, 0, 0, -1},
        {1000, 1000, 0, 10000, 200, 0}, /* over since its last change, 5 s after its start */
        {3, 2, 0, 3000, 2.0 / 3, 2},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint64_t left = cases[i].total - cases[i].settled;
        g_auto(JobStatus) status = {.total = cases[i].total,
            .queued = left,
            .succeeded = cases[i].settled,
            .created_ms = 50000,
            .updated_ms = 55000};
        job_status_judge(&status, &(JobFacts){.execution_status = "SUCCEEDED",
                                      .open_shards = cases[i].open_shards,
                                      .now_ms = 50000 + cases[i].elapsed_ms});
        g_assert_cmpfloat_with_epsilon(status.objects_per_second, cases[i].speed, 1e-9);
        g_assert_cmpint(status.eta_seconds, ==, cases[i].eta_seconds);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jobs/facts/the-status-follows-from-execution-shards-and-counts",
        test_the_status_follows_from_execution_shards_and_counts);
    g_test_add_func("/jobs/facts/speed-and-time-left", test_speed_and_time_left);
    return g_test_run();
}

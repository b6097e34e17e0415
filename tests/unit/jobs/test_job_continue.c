/* A listing that is longer than an execution's history can be: it goes on in the next execution of the job's chain. */
#include "jobs/jobs.h"
#include "listing/batch_json.h"
#include "made_source.h"
#include "stores.h"
#include "workflow/scanner_machine.h"

#include <string.h>

enum { OBJECTS = 2000, BATCH = 100, MAX_EVENTS = 60, STEPS_MAX = 2000 };

typedef struct Fixture {
    TestStore store;
    Db *db;
    Workflow *workflow;
    MadeSource source;
} Fixture;

static void make_entry(uint64_t index, ObjectEntry *ret_entry)
{
    *ret_entry =
        (ObjectEntry){.key = g_strdup_printf("k%06" G_GUINT64_FORMAT, index), .size_bytes = 1, .etag = g_strdup("e")};
}

static bool list_batch(void *data, const json_t *input, json_t **ret_output, TaskError *ret_error)
{
    Fixture *f = data;
    g_autoptr(GError) error = NULL;
    g_auto(BatchInput) batch = {0};
    g_auto(BatchResult) result = {0};

    (void)ret_error;
    g_assert_true(batch_input_parse(input, &batch, &error));
    BatchRequest request = {
        .job_id = batch.job_id, .prefix = "", .source = (ObjectSource *)&f->source, .batch_size = BATCH};
    bool is_listed = listing_process_batch(f->db, &request, &result, &error);
    g_assert_no_error(error);
    g_assert_true(is_listed);
    *ret_output = batch_output_format(&batch, &result);
    return true;
}

static void set_up(Fixture *f, gconstpointer kind)
{
    g_autoptr(GError) error = NULL;

    test_store_open(&f->store, kind);
    f->db = f->store.db;
    f->source = (MadeSource){.base = {.ops = &made_source_ops}, .count = OBJECTS, .make = make_entry};
    f->workflow = workflow_new(&(WorkflowOptions){.db = f->db, .max_events = MAX_EVENTS});
    workflow_register_task(f->workflow, JOB_FUNCTION, list_batch, f);
    workflow_set_successor(f->workflow, JOB_MACHINE, job_continue, f->workflow);
    g_assert_true(workflow_add_machine(f->workflow, JOB_MACHINE, scanner_machine_definition(), &error));
}

static void tear_down(Fixture *f, gconstpointer kind)
{
    (void)kind;
    workflow_free(f->workflow);
    test_store_close(&f->store);
}

static int64_t generations(Fixture *f, const JobId *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_JOB_GENERATION, &rows, &error, db_text(id->text)));
    g_assert_true(db_rows_next(rows, &has_row, &error) && has_row);
    return db_rows_int(rows, 0);
}

static void test_a_long_listing_goes_on_in_the_next_execution(Fixture *f, gconstpointer kind)
{
    g_autoptr(GError) error = NULL;
    JobId id;
    JobSpec spec = {.bucket = "bucket", .prefix = "", .rules_id = ""};

    (void)kind;
    g_assert_true(job_create(f->db, f->workflow, &spec, &id, &error));
    for (int i = 0; i < STEPS_MAX; i++) {
        g_auto(JobStatus) status = {0};
        bool has_run = false;
        int64_t wait_ms = 0;
        bool is_stepped = workflow_step(f->workflow, NULL, &has_run, &wait_ms, &error);
        g_assert_no_error(error);
        g_assert_true(is_stepped);
        g_assert_true(jobs_reconcile(f->db, &error));
        if (!has_run)
            break;
        /* one job throughout: never failed, never over before all is listed */
        g_assert_true(job_status(f->db, &id, JOB_REAL_TIME, &status, &error));
        g_assert_true(g_str_equal(status.status, "listing") || status.is_listing_complete);
        g_assert_cmpstr(status.error, ==, NULL);
    }
    g_auto(JobStatus) status = {0};
    g_assert_true(job_status(f->db, &id, JOB_REAL_TIME, &status, &error));
    g_assert_true(status.is_listing_complete);
    g_assert_cmpuint(status.total, ==, OBJECTS);
    /* 20 batches at 7 events each and 60 events an execution: 4 rounds before the half of it is left, then the next */
    g_assert_cmpint(generations(f, &id), >=, 4);
    g_autofree char *suffix = g_strdup_printf("scan-%s-g%d", id.text, (int)generations(f, &id));
    g_assert_true(g_str_has_suffix(status.execution_arn, suffix));
    g_autofree char *drift = NULL;
    g_assert_true(job_verify(f->db, &id, &drift, &error)); /* every key in exactly one page, counters right */
    g_assert_cmpstr(drift, ==, NULL);
}

/* A cancel that comes between the start of the next execution and the end of this one. */
typedef struct Cancel {
    Fixture *fixture;
    JobId id;
    GThread *thread; /* NULL until then */
    GError *failure;
} Cancel;

static gpointer cancel_job(gpointer data)
{
    Cancel *cancel = data;

    (void)(job_cancel(cancel->fixture->db, cancel->fixture->workflow, &cancel->id, &cancel->failure) &&
           cancel->failure == NULL);
    return NULL;
}

static bool continue_while_cancelled(void *data, DbTx *tx, const char *arn, const json_t *input, GError **error)
{
    Cancel *cancel = data;

    TRY(job_continue(cancel->fixture->workflow, tx, arn, input, error));
    if (cancel->thread == NULL) {
        cancel->thread = g_thread_new("cancel", cancel_job, cancel);
        g_usleep(200 * G_TIME_SPAN_MILLISECOND); /* a chance to get as far as it can */
    }
    return true;
}

static int64_t executions_left(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    g_assert_true(db_begin(f->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_EXECUTIONS_RUNNING, &rows, &error, db_text("")));
    g_assert_true(db_rows_next(rows, &has_row, &error));
    return has_row;
}

static void test_a_cancel_between_two_executions_ends_the_listing(Fixture *f, gconstpointer kind)
{
    g_autoptr(GError) error = NULL;
    Cancel cancel = {.fixture = f};
    JobSpec spec = {.bucket = "bucket", .prefix = "", .rules_id = ""};

    (void)kind;
    workflow_set_successor(f->workflow, JOB_MACHINE, continue_while_cancelled, &cancel);
    g_assert_true(job_create(f->db, f->workflow, &spec, &cancel.id, &error));
    for (int i = 0; i < STEPS_MAX && cancel.thread == NULL; i++) {
        bool has_run = false;
        int64_t wait_ms = 0;
        bool is_stepped = workflow_step(f->workflow, NULL, &has_run, &wait_ms, &error);
        g_assert_no_error(error);
        g_assert_true(is_stepped && has_run);
    }
    g_thread_join(cancel.thread);
    g_assert_no_error(cancel.failure);
    g_auto(JobStatus) status = {0};
    g_assert_true(job_status(f->db, &cancel.id, JOB_REAL_TIME, &status, &error));
    g_assert_cmpstr(status.status, ==, "aborted");
    g_assert_cmpstr(status.execution_status, ==, "ABORTED");
    g_assert_cmpint(executions_left(f), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++) {
        g_autofree char *path = g_strdup_printf("/continue/%s/a_long_listing_goes_on_in_the_next_execution", *kind);
        g_autofree char *cancel =
            g_strdup_printf("/continue/%s/a_cancel_between_two_executions_ends_the_listing", *kind);
        g_test_add(path, Fixture, *kind, set_up, test_a_long_listing_goes_on_in_the_next_execution, tear_down);
        g_test_add(cancel, Fixture, *kind, set_up, test_a_cancel_between_two_executions_ends_the_listing, tear_down);
    }
    return g_test_run();
}

#include "worker/worker.h"

#include "base/clock.h"
#include "jobs/jobs.h"
#include "listing/listing.h"
#include "objects/source_memory.h"
#include "objects/source_ops.h"
#include "queue/queue_store.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"

#include <string.h>

enum { OBJECTS = 120, DEADLINE_MS = 20000 };

static RuleSet *rules;

static const FingerprintKey test_key = {.bytes = {1, 2, 3}, .id = "0011223344556677"};

/* Gives what another source gives, but not one object, or (key NULL) none; and perhaps no listing. */
typedef struct Trouble {
    ObjectSource base;
    ObjectSource *inner;
    const char *key;
    ErrorKind open_kind, list_kind; /* NOT_FOUND: no trouble */
} Trouble;

typedef struct Fixture {
    Db *db;
    Queue *queue;
    ObjectSource *source;
    Workflow *workflow;
    Worker *worker;
    Trouble trouble; /* base.ops NULL: none */
    JobId job_id;
} Fixture;

static bool trouble_list(ObjectSource *base, const ListRequest *request, ListPage *ret_page, GError **error)
{
    const Trouble *trouble = (const Trouble *)base;

    if (trouble->list_kind != ERROR_NOT_FOUND)
        return fail(error, trouble->list_kind, "no listing");
    return trouble->inner->ops->list(trouble->inner, request, ret_page, error);
}

static bool trouble_open(ObjectSource *base, const ObjectEntry *entry, ObjectStream **ret_stream, GError **error)
{
    const Trouble *trouble = (const Trouble *)base;

    if (trouble->key == NULL || g_str_equal(trouble->key, entry->key))
        return fail(error, trouble->open_kind, "no object");
    return trouble->inner->ops->open(trouble->inner, entry, ret_stream, error);
}

static const ObjectSourceOps trouble_ops = {.name = "trouble", .list = trouble_list, .open = trouble_open};

static bool acquire(void *data, G_GNUC_UNUSED const char *bucket, G_GNUC_UNUSED const char *options,
    ObjectSource **ret_source, G_GNUC_UNUSED GError **error)
{
    Fixture *f = data;

    *ret_source = f->trouble.base.ops != NULL ? &f->trouble.base : f->source;
    return true;
}

static void release(G_GNUC_UNUSED void *data, G_GNUC_UNUSED ObjectSource *source)
{
}

/* Every tenth object holds one address; no two are the same. */
static void fill_source(Fixture *f)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        g_autofree char *key = g_strdup_printf("key-%04u", i);
        g_autofree char *text =
            i % 10 == 0 ? g_strdup_printf("to: person%u@corp-mail.com\n", i) : g_strdup("nothing\n");
        memory_source_put(f->source, key, text, strlen(text));
    }
}

static void make_job(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    JobSpec spec = {.bucket = "bucket", .prefix = "", .options = "{}", .rules_id = ""};
    g_auto(BatchResult) result = {0};

    g_assert_true(workflow_add_machine(
        f->workflow, JOB_MACHINE, "{\"StartAt\":\"Done\",\"States\":{\"Done\":{\"Type\":\"Succeed\"}}}", &error));
    g_assert_true(job_create(f->db, f->workflow, &spec, &f->job_id, &error));
    BatchRequest request = {.job_id = f->job_id, .prefix = "", .source = f->source};
    g_assert_true(listing_process_batch(f->db, &request, &result, &error));
    g_assert_no_error(error);
    g_assert_true(result.is_done);
}

static void set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(db_sqlite_open(DB_SQLITE_MEMORY, &f->db, &error));
    g_assert_true(migrate_up(f->db, &error));
    f->queue = queue_store_open(f->db);
    f->source = memory_source_new();
    f->workflow = workflow_new(&(WorkflowOptions){.db = f->db});
    fill_source(f);
    make_job(f);
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    worker_stop(f->worker);
    workflow_free(f->workflow);
    queue_close(f->queue);
    object_source_close(f->source);
    db_close(f->db);
}

static void start(Fixture *f, WorkerPatience patience)
{
    g_autoptr(GError) error = NULL;
    WorkerOptions options = {
        .db = f->db,
        .queue = f->queue,
        .rules = rules,
        .key = &test_key,
        .sources = {.acquire = acquire, .release = release, .data = f},
        .scan = {.limits = EXTRACT_LIMITS_DEFAULT, .min_tier = TIER_MEDIUM, .max_values = 1000},
        .scope = {.owner = "test"},
        .scan_threads = 2,
        .retry_ms = 1,
        .patience = patience,
    };

    g_assert_true(worker_start(&options, &f->worker, &error));
    g_assert_no_error(error);
}

static JobStatus status_of(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    JobStatus status = {0};

    g_assert_true(job_status(f->db, &f->job_id, JOB_REAL_TIME, &status, &error));
    g_assert_no_error(error);
    return status;
}

/* Polls the store until every object is settled. */
static JobStatus wait_until_settled(Fixture *f)
{
    int64_t until = clock_monotonic_ms() + DEADLINE_MS;

    for (;;) {
        JobStatus status = status_of(f);
        if (status.succeeded + status.failed + status.skipped == status.total)
            return status;
        g_assert_cmpint(clock_monotonic_ms(), <, until);
        job_status_clear(&status);
        g_usleep(1000);
    }
}

static void check_invariants(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *drift = NULL;

    g_assert_true(job_verify(f->db, &f->job_id, &drift, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(drift, ==, NULL);
}

static void test_every_object_is_scanned_and_counted_once(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    start(f, WORKER_GIVES_UP);
    g_auto(JobStatus) status = wait_until_settled(f);

    g_assert_cmpuint(status.total, ==, OBJECTS);
    g_assert_cmpuint(status.succeeded, ==, OBJECTS);
    g_assert_cmpuint(status.total_findings, ==, OBJECTS / 10);
    g_assert_cmpuint(status.bytes_done, ==, status.bytes_total);
    g_clear_pointer(&f->worker, worker_stop);
    check_invariants(f);
}

static bool count_unread(void *data, const UnreadObject *object, G_GNUC_UNUSED GError **error)
{
    unsigned *count = data;

    (*count)++;
    g_assert_cmpstr(object->key, ==, "key-0003");
    g_assert_cmpstr(object->status, ==, "failed");
    g_assert_cmpstr(object->error_code, ==, "not_found");
    return true;
}

static void test_an_object_that_is_gone_fails_alone_and_with_its_reason(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    unsigned unread = 0;

    memory_source_remove(f->source, "key-0003");
    start(f, WORKER_GIVES_UP);
    g_auto(JobStatus) status = wait_until_settled(f);

    g_assert_cmpuint(status.succeeded, ==, OBJECTS - 1);
    g_assert_cmpuint(status.failed, ==, 1);
    g_assert_true(job_visit_unread(f->db, &f->job_id, count_unread, &unread, &error));
    g_assert_cmpuint(unread, ==, 1);
    g_clear_pointer(&f->worker, worker_stop);
    check_invariants(f);
}

static void test_a_store_that_is_away_for_a_moment_fails_no_object(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    memory_source_fail_call(f->source, 30, ERROR_UNAVAILABLE);
    start(f, WORKER_GIVES_UP);
    g_auto(JobStatus) status = wait_until_settled(f);

    g_assert_cmpuint(status.succeeded, ==, OBJECTS);
    g_assert_cmpuint(status.total_findings, ==, OBJECTS / 10);
    g_clear_pointer(&f->worker, worker_stop);
    check_invariants(f);
}

static void test_refused_credentials_stop_an_impatient_worker_and_fail_no_object(
    Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    int64_t until = clock_monotonic_ms() + DEADLINE_MS;
    g_autoptr(GError) reason = NULL;

    memory_source_fail_call(f->source, 10, ERROR_CREDENTIALS);
    start(f, WORKER_GIVES_UP);
    while (!worker_failure(f->worker, &reason)) {
        g_assert_cmpint(clock_monotonic_ms(), <, until);
        g_usleep(1000);
    }
    g_assert_true(error_is(reason, ERROR_CREDENTIALS));
    g_clear_pointer(&f->worker, worker_stop);
    g_auto(JobStatus) status = status_of(f);
    g_assert_cmpuint(status.failed, ==, 0);
    g_assert_cmpuint(status.processing, ==, 0);
    g_assert_cmpuint(status.queued + status.succeeded, ==, OBJECTS);
    check_invariants(f);
}

static void make_trouble(Fixture *f, const char *key, ErrorKind open_kind, ErrorKind list_kind)
{
    f->trouble = (Trouble){
        .base.ops = &trouble_ops, .inner = f->source, .key = key, .open_kind = open_kind, .list_kind = list_kind};
}

static void test_an_object_that_its_store_never_gives_fails_alone(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    static const ErrorKind kinds[] = {ERROR_UNAVAILABLE, ERROR_TIMEOUT};

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        make_trouble(f, "key-0003", kinds[i], ERROR_NOT_FOUND);
        if (i > 0)
            make_job(f);
        start(f, WORKER_GIVES_UP);
        g_auto(JobStatus) status = wait_until_settled(f);
        g_assert_cmpuint(status.succeeded, ==, OBJECTS - 1);
        g_assert_cmpuint(status.failed, ==, 1);
        g_assert_cmpuint(status.total_findings, ==, OBJECTS / 10);
        g_clear_pointer(&f->worker, worker_stop);
        check_invariants(f);
    }
}

static void test_a_store_in_trouble_fails_no_object(Fixture *f, gconstpointer data)
{
    const ErrorKind *kinds = data; /* of opening, of listing */
    int64_t until = clock_monotonic_ms() + DEADLINE_MS;
    g_autoptr(GError) reason = NULL;

    make_trouble(f, NULL, kinds[0], kinds[1]);
    start(f, WORKER_GIVES_UP);
    while (!worker_failure(f->worker, &reason)) {
        g_assert_cmpint(clock_monotonic_ms(), <, until);
        g_usleep(1000);
    }
    g_clear_pointer(&f->worker, worker_stop);
    g_auto(JobStatus) status = status_of(f);
    g_assert_cmpuint(status.queued, ==, OBJECTS);
    check_invariants(f);
}

static void test_stopping_gives_pages_back(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    start(f, WORKER_KEEPS_ON);
    g_clear_pointer(&f->worker, worker_stop);
    g_auto(JobStatus) stopped = status_of(f);
    g_assert_cmpuint(stopped.processing, ==, 0);
    check_invariants(f);

    start(f, WORKER_KEEPS_ON);
    g_auto(JobStatus) status = wait_until_settled(f);
    g_assert_cmpuint(status.succeeded, ==, OBJECTS);
    g_assert_cmpuint(status.total_findings, ==, OBJECTS / 10);
}

#define ADD(name, test) g_test_add("/worker/" name, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    const char *const directories[] = {argv[1], NULL};
    g_assert_true(rule_set_load(directories, NULL, &rules, &error));
    ADD("every-object-is-scanned-and-counted-once", test_every_object_is_scanned_and_counted_once);
    ADD("an-object-that-is-gone-fails-alone", test_an_object_that_is_gone_fails_alone_and_with_its_reason);
    ADD("a-store-away-for-a-moment-fails-no-object", test_a_store_that_is_away_for_a_moment_fails_no_object);
    ADD("refused-credentials-stop-an-impatient-worker",
        test_refused_credentials_stop_an_impatient_worker_and_fail_no_object);
    ADD("an-object-that-its-store-never-gives-fails-alone", test_an_object_that_its_store_never_gives_fails_alone);
    static const ErrorKind silent[] = {ERROR_TIMEOUT, ERROR_TIMEOUT}, slow[] = {ERROR_BUSY, ERROR_NOT_FOUND};
    g_test_add("/worker/a-store-that-does-not-answer-fails-no-object", Fixture, silent, set_up,
        test_a_store_in_trouble_fails_no_object, tear_down);
    g_test_add("/worker/a-store-that-asks-to-slow-down-fails-no-object", Fixture, slow, set_up,
        test_a_store_in_trouble_fails_no_object, tear_down);
    ADD("stopping-gives-pages-back", test_stopping_gives_pages_back);
    int status = g_test_run();
    rule_set_unref(rules);
    return status;
}

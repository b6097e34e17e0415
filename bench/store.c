/* Drives the store alone, through the code that lists, claims, finishes and reports: bench/store.py puts its figures
 * beside those of a schema with one row an object.
 *
 *   bench_store STORE load OBJECTS [JOBS]      lists OBJECTS made-up keys into each of JOBS jobs
 *   bench_store STORE work JOB THREADS         claims and finishes all pages of a job; one object in a hundred fails
 *   bench_store STORE status JOB cached|real_time SECONDS
 *   bench_store STORE refresh TIMES            the snapshot of all jobs
 *
 * Prints one JSON object. */
#include "base/clock.h"
#include "jobs/jobs.h"
#include "listing/listing.h"
#include "objects/source_ops.h"
#include "queue/queue_store.h"
#include "store/db_postgres.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"
#include "workflow/scanner_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED_AT_ONCE = 1000, LEASE_MS = 60000, FAILS_EVERY = 100, NUMBER_DIGITS = 10 };

static const char key_start[] = "warehouse/events/year=2025/month=11/part-", key_end[] = ".json.gz";

typedef struct MadeUpSource {
    ObjectSource base;
    uint64_t count;
} MadeUpSource;

static uint64_t scramble(uint64_t number)
{
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

static char *put_digits(char *at, uint64_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + digits;
}

static char *put_hex(char *at, uint64_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number >>= 4)
        at[i] = "0123456789abcdef"[number & 15];
    return at + digits;
}

/* By hand: it is part of the time that is measured. */
static void add_object(ListPage *page, uint64_t number)
{
    uint64_t noise = scramble(number);
    char *key = g_malloc(sizeof key_start + NUMBER_DIGITS + sizeof "-01234567" + sizeof key_end), *etag = g_malloc(33);
    ObjectEntry entry = {.key = key,
        .size_bytes = noise & 0x3ffff,
        .etag = etag,
        .modified_ms = INT64_C(1762682400000) + (int64_t)number};

    memcpy(key, key_start, sizeof key_start - 1);
    key = put_digits(key + sizeof key_start - 1, number, NUMBER_DIGITS);
    *key++ = '-';
    memcpy(put_hex(key, (uint32_t)noise, 8), key_end, sizeof key_end);
    *put_hex(put_hex(etag, noise, 16), scramble(noise), 16) = '\0';
    list_page_add(page, &entry);
}

static bool list_made_up(
    ObjectSource *base, const ListRequest *request, ListPage *ret_page, G_GNUC_UNUSED GError **error)
{
    const MadeUpSource *source = (const MadeUpSource *)base;
    uint64_t number = 0;

    if (g_str_has_prefix(request->start_after, key_start))
        number = g_ascii_strtoull(request->start_after + strlen(key_start), NULL, 10) + 1;
    for (int i = 0; i < LISTED_AT_ONCE && number < source->count; i++)
        add_object(ret_page, number++);
    ret_page->is_last = number >= source->count;
    return true;
}

static bool open_nothing(G_GNUC_UNUSED ObjectSource *source, const ObjectEntry *entry,
    G_GNUC_UNUSED ObjectStream **ret_stream, GError **error)
{
    return fail(error, ERROR_NOT_FOUND, "%s: made-up objects have no bytes", entry->key);
}

static void close_nothing(G_GNUC_UNUSED ObjectSource *source)
{
}

static const ObjectSourceOps made_up_ops = {"made-up", list_made_up, open_nothing, close_nothing};

static bool open_store(const char *name, Db **ret_db, GError **error)
{
    g_autoptr(Db) db = NULL;

    if (g_str_has_prefix(name, "postgres"))
        TRY(db_postgres_open(name, &db, error));
    else
        TRY(db_sqlite_open(name, &db, error));
    TRY(migrate_up(db, error));
    *ret_db = g_steal_pointer(&db);
    return true;
}

/* Adds to *us the time that it takes. */
static bool list_job(Db *db, Workflow *workflow, uint64_t objects, JobId *ret_id, int64_t *us, GError **error)
{
    MadeUpSource source = {.base = {&made_up_ops}, .count = objects};
    int64_t started_us = g_get_monotonic_time();
    JobSpec spec = {.bucket = "acme-prod-data-lake-eu-west-1", .prefix = "", .rules_id = ""};
    bool is_done = false;

    TRY(job_create(db, workflow, &spec, ret_id, error));
    BatchRequest request = {.job_id = *ret_id, .prefix = "", .source = &source.base};
    while (!is_done) {
        g_auto(BatchResult) result = {0};
        TRY(listing_process_batch(db, &request, &result, error));
        is_done = result.is_done;
    }
    *us += g_get_monotonic_time() - started_us;
    return true;
}

static bool load(Db *db, char **words, GError **error)
{
    uint64_t objects = g_ascii_strtoull(words[0], NULL, 10);
    int jobs = words[1] != NULL ? (int)g_ascii_strtoll(words[1], NULL, 10) : 1;
    WorkflowOptions options = {.db = db};
    g_autoptr(Workflow) workflow = workflow_new(&options);
    JobId id = {0};
    int64_t us = 0;

    TRY(workflow_add_machine(workflow, JOB_MACHINE, scanner_machine_definition(), error));
    for (int i = 0; i < jobs; i++)
        TRY(list_job(db, workflow, objects, &id, &us, error));
    double seconds = (double)us / G_USEC_PER_SEC;
    printf("{\"job\": \"%s\", \"objects\": %" G_GUINT64_FORMAT ", \"seconds\": %.6f}\n", id.text,
        objects * (uint64_t)jobs, seconds);
    return true;
}

typedef struct Work {
    Db *db;
    JobId job;
    GError *error;
    uint64_t objects;
} Work;

static bool finish_page(Work *work, Queue *queue, const Claim *claim, GError **error)
{
    g_autoptr(GArray) exceptions = g_array_new(FALSE, FALSE, sizeof(ObjectException));
    PageOutcome outcome = {.exceptions = exceptions};
    g_autoptr(DbTx) tx = NULL;

    for (guint i = 0; i < claim->pending->len; i++) {
        ObjectException exception = {
            .ordinal = g_array_index(claim->pending, uint32_t, i), .kind = ERROR_FORBIDDEN, .message = "access denied"};
        if (i % FAILS_EVERY == FAILS_EVERY / 2)
            g_array_append_val(exceptions, exception);
    }
    TRY(db_begin(work->db, DB_WRITE, &tx, error));
    TRY(queue_finish(queue, tx, claim, &outcome, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    TRY(queue_settle(queue, claim, error));
    work->objects += claim->pending->len;
    return true;
}

static bool work_on(Work *work, GError **error)
{
    g_autoptr(Queue) queue = queue_store_open(work->db);
    g_autofree char *owner = g_strdup_printf("bench#%p", (void *)work);
    ClaimScope scope = {.owner = owner, .job_id = &work->job};

    for (;;) {
        g_autoptr(Claim) claim = NULL;
        TRY(queue_claim(queue, &scope, LEASE_MS, &claim, error));
        if (claim == NULL)
            return true;
        TRY(finish_page(work, queue, claim, error));
    }
}

static gpointer worker_main(gpointer data)
{
    Work *work = data;

    if (!work_on(work, &work->error))
        g_printerr("%s\n", work->error->message);
    return NULL;
}

static bool work_job(Db *db, char **words, GError **error)
{
    int count = (int)g_ascii_strtoll(words[1], NULL, 10);
    g_autofree Work *works = g_new0(Work, count);
    g_autofree GThread **threads = g_new0(GThread *, count);
    uint64_t objects = 0;
    int64_t started_us = g_get_monotonic_time();

    for (int i = 0; i < count; i++) {
        works[i].db = db;
        TRY(job_id_parse(words[0], &works[i].job, error));
        threads[i] = g_thread_new("work", worker_main, &works[i]);
    }
    for (int i = 0; i < count; i++) {
        g_thread_join(threads[i]);
        objects += works[i].objects;
        if (works[i].error != NULL)
            return fail(error, ERROR_INTERNAL, "a worker failed");
    }
    double seconds = (double)(g_get_monotonic_time() - started_us) / G_USEC_PER_SEC;
    printf("{\"objects\": %" G_GUINT64_FORMAT ", \"seconds\": %.6f}\n", objects, seconds);
    return true;
}

static int compare_times(gconstpointer left, gconstpointer right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static double percentile_ms(GArray *times_us, double part)
{
    g_array_sort(times_us, compare_times);
    return (double)g_array_index(times_us, int64_t, (guint)((double)(times_us->len - 1) * part)) / 1000.0;
}

static void print_times(GArray *times_us)
{
    printf("{\"count\": %u, \"p50_ms\": %.4f, \"p99_ms\": %.4f}\n", times_us->len, percentile_ms(times_us, 0.5),
        percentile_ms(times_us, 0.99));
}

static bool read_status(Db *db, char **words, GError **error)
{
    g_autoptr(GArray) times_us = g_array_new(FALSE, FALSE, sizeof(int64_t));
    JobFreshness freshness = g_str_equal(words[1], "cached") ? JOB_CACHED : JOB_REAL_TIME;
    int64_t end_us = g_get_monotonic_time() + g_ascii_strtoll(words[2], NULL, 10) * G_USEC_PER_SEC;
    JobId id;

    TRY(job_id_parse(words[0], &id, error));
    while (g_get_monotonic_time() < end_us) {
        g_auto(JobStatus) status = {0};
        int64_t started_us = g_get_monotonic_time();
        TRY(job_status(db, &id, freshness, &status, error));
        int64_t took_us = g_get_monotonic_time() - started_us;
        g_array_append_val(times_us, took_us);
    }
    print_times(times_us);
    return true;
}

static bool refresh(Db *db, char **words, GError **error)
{
    g_autoptr(GArray) times_us = g_array_new(FALSE, FALSE, sizeof(int64_t));
    int64_t times = g_ascii_strtoll(words[0], NULL, 10);

    for (int64_t i = 0; i < times; i++) {
        int64_t started_us = g_get_monotonic_time();
        TRY(jobs_refresh_progress(db, error));
        int64_t took_us = g_get_monotonic_time() - started_us;
        g_array_append_val(times_us, took_us);
    }
    print_times(times_us);
    return true;
}

typedef struct Part {
    const char *name;
    int words;
    bool (*run)(Db *db, char **words, GError **error);
} Part;

static const Part parts[] = {
    {"load", 1, load}, {"work", 2, work_job}, {"status", 3, read_status}, {"refresh", 1, refresh}};

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = NULL;

    for (size_t i = 0; argc > 2 && i < G_N_ELEMENTS(parts); i++) {
        if (!g_str_equal(argv[2], parts[i].name) || argc < 3 + parts[i].words)
            continue;
        if (open_store(argv[1], &db, &error) && parts[i].run(db, argv + 3, &error))
            return EXIT_SUCCESS;
        g_printerr("bench_store: %s\n", error->message);
        return EXIT_FAILURE;
    }
    g_printerr("usage: bench_store STORE load OBJECTS [JOBS] | work JOB THREADS | status JOB cached|real_time SECONDS"
               " | refresh TIMES\n");
    return EXIT_FAILURE;
}

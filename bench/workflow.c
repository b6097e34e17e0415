/* Drives the workflow engine alone: bench/workflow.py puts its figures beside the store's own rate of commits.
 *
 *   bench_workflow STORE commits THREADS SECONDS     one small write a transaction: what the store can do at most
 *   bench_workflow STORE start THREADS COUNT         StartExecution, one a transaction, of runs that wait for an hour
 *   bench_workflow STORE run MACHINE THREADS COUNT   COUNT executions of MACHINE (tasks, passes) at once, to their end
 *   bench_workflow STORE settle THREADS              until nothing is due
 *   bench_workflow STORE wake THREADS COUNT          COUNT executions that all wake up at the same second
 *
 * A transition is a state that was entered. Prints one JSON object. */
#include "workflow/workflow.h"
#include "base/clock.h"
#include "index/index_store.h"
#include "store/db_postgres.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 10, PASSES = 20, WAKE_AFTER_S = 3, MS_PER_S = 1000, HOLD_MS = 50 };

/* One batch of a listing that has ROUNDS of them, without the listing. */
static bool next_round(
    G_GNUC_UNUSED void *data, const json_t *input, json_t **ret_output, G_GNUC_UNUSED TaskError *ret_error)
{
    json_int_t round = json_integer_value(json_object_get(input, "round")) + 1;

    *ret_output = json_pack(
        "{s:I, s:b, s:s}", "round", round, "done", round >= ROUNDS, "bucket", "acme-prod-data-lake-eu-west-1");
    return true;
}

static const char tasks_machine[] =
    "{\"StartAt\":\"Batch\",\"States\":{\"Batch\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\","
    "\"Parameters\":{\"FunctionName\":\"round\",\"Payload.$\":\"$\"},\"OutputPath\":\"$.Payload\",\"Next\":\"Done\"},"
    "\"Done\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.done\",\"BooleanEquals\":true,\"Next\":\"End\"}],"
    "\"Default\":\"Batch\"},\"End\":{\"Type\":\"Succeed\"}}}";

static char *passes_machine(void)
{
    GString *text = g_string_new("{\"StartAt\":\"S0\",\"States\":{");

    for (int i = 0; i < PASSES; i++)
        g_string_append_printf(text,
            "\"S%d\":{\"Type\":\"Pass\",\"Result\":%d,\"ResultPath\":\"$.round\",\"Next\":\"S%d\"},", i, i, i + 1);
    g_string_append_printf(text, "\"S%d\":{\"Type\":\"Succeed\"}}}", PASSES);
    return g_string_free(text, FALSE);
}

typedef struct Bench {
    Db *db;
    ExecutionIndex *index;
    Workflow *workflow;
    char **words; /* after the part's name */
} Bench;

static bool put_event(void *data, DbTx *tx, const json_t *event, GError **error)
{
    return execution_index_put(data, tx, event, error);
}

static bool add_waiting(Bench *bench, const char *name, int seconds, GError **error)
{
    g_autofree char *text = g_strdup_printf(
        "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":%d,\"End\":true}}}", seconds);

    return workflow_add_machine(bench->workflow, name, text, error);
}

static bool open_bench(Bench *bench, const char *store, GError **error)
{
    g_autofree char *passes = passes_machine();

    if (g_str_has_prefix(store, "postgres"))
        TRY(db_postgres_open(store, &bench->db, error));
    else
        TRY(db_sqlite_open(store, &bench->db, error));
    TRY(migrate_up(bench->db, error));
    bench->index = index_store_open(bench->db);
    bench->workflow = workflow_new(&(WorkflowOptions){.db = bench->db, .hold_ms = HOLD_MS});
    workflow_set_status_sink(bench->workflow, put_event, bench->index);
    workflow_register_task(bench->workflow, "round", next_round, NULL);
    TRY(workflow_add_machine(bench->workflow, "tasks", tasks_machine, error));
    TRY(workflow_add_machine(bench->workflow, "passes", passes, error));
    TRY(add_waiting(bench, "hour", 3600, error));
    return add_waiting(bench, "wake", WAKE_AFTER_S, error);
}

static void close_bench(Bench *bench)
{
    workflow_free(bench->workflow);
    execution_index_close(bench->index);
    db_close(bench->db);
}

/* ---- threads ---- */

typedef struct Hand {
    Bench *bench;
    int number;
    GArray *times_us; /* int64_t */
    GError *error;
    bool (*work)(struct Hand *hand, GError **error);
} Hand;

/* What the hands share. */
static struct {
    const char *machine;
    int64_t count, end_us;
    _Atomic int64_t next;
} shared;

static gpointer hand_main(gpointer data)
{
    Hand *hand = data;

    if (!hand->work(hand, &hand->error))
        g_printerr("bench_workflow: %s\n", hand->error->message);
    return NULL;
}

static bool run_hands(Bench *bench, int count, bool (*work)(Hand *, GError **), GArray *times_us, GError **error)
{
    g_autofree Hand *hands = g_new0(Hand, count);
    g_autofree GThread **threads = g_new0(GThread *, count);
    bool is_ok = true;

    for (int i = 0; i < count; i++) {
        hands[i] = (Hand){.bench = bench, .number = i, .work = work};
        hands[i].times_us = g_array_new(FALSE, FALSE, sizeof(int64_t));
        threads[i] = g_thread_new("hand", hand_main, &hands[i]);
    }
    for (int i = 0; i < count; i++) {
        g_thread_join(threads[i]);
        is_ok = is_ok && hands[i].error == NULL;
        g_clear_error(&hands[i].error);
        if (times_us != NULL)
            g_array_append_vals(times_us, hands[i].times_us->data, hands[i].times_us->len);
        g_array_unref(hands[i].times_us);
    }
    return is_ok || fail(error, ERROR_INTERNAL, "a thread failed");
}

/* ---- the parts ---- */

static int compare_times(gconstpointer left, gconstpointer right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static double percentile_ms(const GArray *sorted_us, double part)
{
    return (double)g_array_index(sorted_us, int64_t, (guint)((double)(sorted_us->len - 1) * part)) / 1000.0;
}

static bool commit_all(Hand *hand, GError **error)
{
    g_autofree char *key = g_strdup_printf("bench-%d", hand->number);

    while (g_get_monotonic_time() < shared.end_us) {
        g_autoptr(DbTx) tx = NULL;
        int64_t started_us = g_get_monotonic_time();
        TRY(db_begin(hand->bench->db, DB_WRITE, &tx, error));
        TRY(DB_EXEC(tx, SQL_META_SET, NULL, error, db_text(key), db_text("0123456789abcdef")));
        TRY(db_commit(g_steal_pointer(&tx), error));
        int64_t took_us = g_get_monotonic_time() - started_us;
        g_array_append_val(hand->times_us, took_us);
    }
    return true;
}

static bool measure_commits(Bench *bench, GError **error)
{
    int threads = (int)g_ascii_strtoll(bench->words[0], NULL, 10);
    int64_t started_us = g_get_monotonic_time();
    g_autoptr(GArray) times_us = g_array_new(FALSE, FALSE, sizeof(int64_t));

    shared.end_us = started_us + g_ascii_strtoll(bench->words[1], NULL, 10) * G_USEC_PER_SEC;
    TRY(run_hands(bench, threads, commit_all, times_us, error));
    double seconds = (double)(g_get_monotonic_time() - started_us) / G_USEC_PER_SEC;
    g_array_sort(times_us, compare_times);
    printf("{\"commits_per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", times_us->len / seconds,
        percentile_ms(times_us, 0.5), percentile_ms(times_us, 0.99));
    return true;
}

static bool start_one(Bench *bench, int64_t number, GError **error)
{
    static const char *const prefix = "run";
    g_autofree char *name =
        g_strdup_printf("%s-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, prefix, g_get_real_time(), number);
    json_t *input = json_pack("{s:i}", "round", 0);
    g_autoptr(DbTx) tx = NULL;

    bool is_started = db_begin(bench->db, DB_WRITE, &tx, error) &&
                      workflow_start(bench->workflow, tx, shared.machine, name, input, NULL, error) &&
                      db_commit(g_steal_pointer(&tx), error);
    json_decref(input);
    return is_started;
}

static bool start_all(Hand *hand, GError **error)
{
    for (;;) {
        int64_t number = atomic_fetch_add(&shared.next, 1);
        if (number >= shared.count)
            return true;
        int64_t started_us = g_get_monotonic_time();
        TRY(start_one(hand->bench, number, error));
        int64_t took_us = g_get_monotonic_time() - started_us;
        g_array_append_val(hand->times_us, took_us);
    }
}

/* Starts shared.count executions; *ret_us may be NULL. */
static bool start_many(Bench *bench, int threads, GArray *times_us, GError **error)
{
    atomic_store(&shared.next, 0);
    return run_hands(bench, threads, start_all, times_us, error);
}

static bool measure_start(Bench *bench, GError **error)
{
    g_autoptr(GArray) times_us = g_array_new(FALSE, FALSE, sizeof(int64_t));
    int64_t started_us = g_get_monotonic_time();

    shared.machine = "hour";
    shared.count = g_ascii_strtoll(bench->words[1], NULL, 10);
    TRY(start_many(bench, (int)g_ascii_strtoll(bench->words[0], NULL, 10), times_us, error));
    double seconds = (double)(g_get_monotonic_time() - started_us) / G_USEC_PER_SEC;
    g_array_sort(times_us, compare_times);
    printf("{\"starts_per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", times_us->len / seconds,
        percentile_ms(times_us, 0.5), percentile_ms(times_us, 0.99));
    return true;
}

/* Whether one of ours still runs, asked only when nothing is due. */
static bool are_ended(Bench *bench, bool *ret_ended, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_begin(bench->db, DB_READ, &tx, error));
    TRY(DB_QUERY(tx, SQL_EXECUTIONS_RUNNING, &rows, error, db_text("")));
    TRY(db_rows_next(rows, &has_row, error));
    *ret_ended = !has_row;
    return true;
}

static bool step_all(Hand *hand, GError **error)
{
    for (;;) {
        bool has_run = false, is_ended = false;
        int64_t wait_ms = 0;
        TRY(workflow_step(hand->bench->workflow, NULL, &has_run, &wait_ms, error));
        if (has_run)
            continue;
        TRY(are_ended(hand->bench, &is_ended, error));
        if (is_ended)
            return true;
        g_usleep((gulong)CLAMP(wait_ms, 1, 5) * MS_PER_S);
    }
}

static bool measure_run(Bench *bench, GError **error)
{
    int threads = (int)g_ascii_strtoll(bench->words[1], NULL, 10);
    int transitions = g_str_equal(bench->words[0], "tasks") ? 2 * ROUNDS + 1 : PASSES + 1;

    shared.machine = bench->words[0];
    shared.count = g_ascii_strtoll(bench->words[2], NULL, 10);
    TRY(start_many(bench, threads, NULL, error));
    int64_t started_us = g_get_monotonic_time();
    clock_t cpu = clock();
    TRY(run_hands(bench, threads, step_all, NULL, error));
    double seconds = (double)(g_get_monotonic_time() - started_us) / G_USEC_PER_SEC;
    double all = (double)shared.count * transitions;
    printf("{\"transitions_per_second\": %.1f, \"client_cpu_us\": %.1f}\n", all / seconds,
        (double)(clock() - cpu) * 1e6 / CLOCKS_PER_SEC / all);
    return true;
}

/* Everything due at once, a moment after the last start: how late the last one is done. */
static bool measure_wake(Bench *bench, GError **error)
{
    int threads = (int)g_ascii_strtoll(bench->words[0], NULL, 10);

    shared.machine = "wake";
    shared.count = g_ascii_strtoll(bench->words[1], NULL, 10);
    TRY(start_many(bench, threads, NULL, error));
    int64_t started_us = g_get_monotonic_time();
    TRY(run_hands(bench, threads, step_all, NULL, error));
    printf("{\"seconds\": %.3f, \"wait_seconds\": %d}\n",
        (double)(g_get_monotonic_time() - started_us) / G_USEC_PER_SEC, WAKE_AFTER_S);
    return true;
}

static bool step_due(Hand *hand, GError **error)
{
    bool has_run = true;
    int64_t wait_ms = 0;

    while (has_run || wait_ms < MS_PER_S)
        TRY(workflow_step(hand->bench->workflow, NULL, &has_run, &wait_ms, error));
    return true;
}

static bool settle(Bench *bench, GError **error)
{
    TRY(run_hands(bench, (int)g_ascii_strtoll(bench->words[0], NULL, 10), step_due, NULL, error));
    printf("{}\n");
    return true;
}

typedef struct Part {
    const char *name;
    int words;
    bool (*run)(Bench *bench, GError **error);
} Part;

static const Part parts[] = {{"commits", 2, measure_commits}, {"start", 2, measure_start}, {"run", 3, measure_run},
    {"settle", 1, settle}, {"wake", 2, measure_wake}};

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; argc > 2 && i < G_N_ELEMENTS(parts); i++) {
        Bench bench = {.words = argv + 3};
        if (!g_str_equal(argv[2], parts[i].name) || argc != 3 + parts[i].words)
            continue;
        bool is_done = open_bench(&bench, argv[1], &error) && parts[i].run(&bench, &error);
        close_bench(&bench);
        if (!is_done)
            g_printerr("bench_workflow: %s\n", error->message);
        return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    g_printerr("usage: bench_workflow STORE commits THREADS SECONDS | start THREADS COUNT | run MACHINE THREADS COUNT"
               " | settle THREADS | wake THREADS COUNT\n");
    return EXIT_FAILURE;
}

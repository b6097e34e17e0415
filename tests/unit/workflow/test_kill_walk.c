/* kill -9 at every point of a run: before every statement that writes, and before and after every commit, in turn. A
 * process kills itself there; another one takes the run over and ends it. The history is event for event that of the
 * undisturbed run, the result the same; an effect in the store happens once, a task that is called again has the token
 * that it had, and each change of status is told once. */
#include "base/clock.h"
#include "effects.h"
#include "store/db_ops.h"
#include "stores.h"
#include "workflow/workflow.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 1700000000, STEPS_MAX = 400, POINTS_MAX = 2000, TOKENS_MAX = 16, TOKEN_CHARS = 64 };
enum { LEASE_MS = 3600000, HOLD_MS = 600000 };
#define MACHINE "walk"

static const char definition[] =
    "{'StartAt': 'Begin', 'States': {"
    " 'Begin': {'Type': 'Pass', 'Assign': {'base': 10}, 'Next': 'Choose'},"
    " 'Choose': {'Type': 'Choice', 'Default': 'Never', 'Choices': ["
    "   {'Variable': '$.items[0]', 'NumericEquals': 1, 'Next': 'Both'}]},"
    " 'Never': {'Type': 'Fail', 'Error': 'Never'},"
    " 'Both': {'Type': 'Parallel', 'ResultPath': '$.both', 'Next': 'Guarded', 'Branches': ["
    "  {'StartAt': 'Flaky', 'States': {'Flaky': {'Type': 'Task',"
    "    'Resource': 'arn:aws:lambda:us-east-1:000000000000:function:flaky',"
    "    'Parameters': {'attempt.$': '$$.State.RetryCount'},"
    "    'Retry': [{'ErrorEquals': ['Flaky'], 'IntervalSeconds': 2, 'MaxAttempts': 2}], 'End': true}}},"
    "  {'StartAt': 'Each', 'States': {'Each': {'Type': 'Map', 'ItemsPath': '$.items', 'MaxConcurrency': 2, 'End': true,"
    "    'ItemProcessor': {'StartAt': 'Wait', 'States': {"
    "     'Wait': {'Type': 'Wait', 'Seconds': 1, 'Next': 'Count each'},"
    "     'Count each': {'Type': 'Task', 'Resource': 'arn:aws:lambda:us-east-1:000000000000:function:count',"
    "       'ResultPath': null, 'Next': 'Add'},"
    "     'Add': {'Type': 'Pass', 'Parameters': {'sum.$': 'States.MathAdd($, $base)'}, 'OutputPath': '$.sum',"
    "       'End': true}}}}}}]},"
    " 'Guarded': {'Type': 'Parallel', 'Next': 'Count', 'Branches': [{'StartAt': 'Give up', 'States': {"
    "    'Give up': {'Type': 'Fail', 'Error': 'Enough'}}}],"
    "   'Catch': [{'ErrorEquals': ['Enough'], 'ResultPath': '$.caught', 'Next': 'Count'}]},"
    " 'Count': {'Type': 'Task', 'Resource': 'arn:aws:lambda:us-east-1:000000000000:function:count',"
    "   'ResultPath': '$.count', 'Next': 'Done'},"
    " 'Done': {'Type': 'Succeed'}}}";
static const char result[] = "{\"items\":[1,2,3],\"both\":[\"at last\",[11,12,13]],"
                             "\"caught\":{\"Error\":\"Enough\",\"Cause\":\"\"},\"count\":\"counted\"}";
enum { EFFECTS = 4 };

/* What outlives a process, beside the store. */
typedef struct Shared {
    int64_t now_ms;
    int points; /* passed by the process that runs */
    struct {
        char attempt[TOKEN_CHARS + 1], token[TOKEN_CHARS + 1];
    } tokens[TOKENS_MAX];
} Shared;

typedef enum Points { POINTS_OF_COMMITS, POINTS_OF_ALL_WRITES } Points;

typedef struct Walk {
    TestStore store; /* closed while a child runs: it opens its own */
    Shared *shared;
    Points points;
    int64_t hold_ms; /* as long a process keeps a claim over several steps */
} Walk;

/* ---- in the process that dies ---- */

/* Of that process alone; the store's functions have no place for it. */
static struct {
    const DbOps *real;
    Shared *shared;
    Points points;
    int kill_at;
} doom;

static void pass_point(void)
{
    if (++doom.shared->points == doom.kill_at)
        (void)kill(getpid(), SIGKILL);
}

static bool doomed_commit(DbTx *tx, GError **error)
{
    pass_point();
    bool is_committed = doom.real->commit(tx, error);
    pass_point();
    return is_committed;
}

static bool doomed_exec(DbTx *tx, const DbCall *call, int64_t *ret_changed, GError **error)
{
    if (doom.points == POINTS_OF_ALL_WRITES)
        pass_point();
    return doom.real->exec(tx, call, ret_changed, error);
}

static void note_token(Shared *shared, const TaskCall *call)
{
    g_autofree char *attempt = json_dumps(call->input, JSON_COMPACT);
    int i = 0;

    while (shared->tokens[i].attempt[0] != '\0' && strcmp(shared->tokens[i].attempt, attempt) != 0)
        g_assert_cmpint(++i, <, TOKENS_MAX);
    if (shared->tokens[i].attempt[0] != '\0')
        g_assert_cmpstr(shared->tokens[i].token, ==, call->token);
    g_strlcpy(shared->tokens[i].attempt, attempt, sizeof shared->tokens[i].attempt);
    g_strlcpy(shared->tokens[i].token, call->token, sizeof shared->tokens[i].token);
}

static bool flaky(void *data, const TaskCall *call, json_t **ret_output, TaskError *ret_error)
{
    note_token(data, call);
    if (json_integer_value(json_object_get(call->input, "attempt")) == 0) {
        ret_error->name = g_strdup("Flaky");
        return false;
    }
    *ret_output = json_string("at last");
    return true;
}

/* A second one with the same id changes no row. */
static bool keep_event(G_GNUC_UNUSED void *data, DbTx *tx, const json_t *event, GError **error)
{
    g_autofree char *text = json_dumps(event, JSON_COMPACT);
    const char *id = json_string_value(json_object_get(event, "id"));
    int64_t changed = 0;

    TRY(DB_EXEC(tx, SQL_INDEX_OUTBOX_PUT, &changed, error, db_text(id), db_text(text), db_int(clock_now_ms())));
    g_assert_cmpint(changed, ==, 1);
    return true;
}

static Workflow *make_workflow(Db *db, int64_t hold_ms, Shared *shared)
{
    g_autofree char *text = g_strdelimit(g_strdup(definition), "'", '"');
    g_autoptr(GError) error = NULL;
    Workflow *workflow = workflow_new(&(WorkflowOptions){.db = db, .lease_ms = LEASE_MS, .hold_ms = hold_ms});

    workflow_register_call(workflow, "flaky", flaky, shared);
    workflow_register_tx_task(workflow, "count", effects_add, NULL);
    workflow_set_status_sink(workflow, keep_event, NULL);
    bool is_valid = workflow_add_machine(workflow, MACHINE, text, &error);
    g_assert_no_error(error);
    g_assert_true(is_valid);
    return workflow;
}

static void start(Db *db, Workflow *workflow, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    json_t *input = json_pack("{s:[iii]}", "items", 1, 2, 3);

    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    bool is_started =
        workflow_start(workflow, tx, MACHINE, name, input, NULL, &error) && db_commit(g_steal_pointer(&tx), &error);
    json_decref(input);
    g_assert_true(is_started || error_is(error, ERROR_CONFLICT)); /* it has ended already */
}

static void run_to_end(Workflow *workflow, Shared *shared)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        g_autoptr(GError) error = NULL;
        bool has_run = false;
        int64_t wait_ms = 0;
        bool is_ok = workflow_step(workflow, NULL, &has_run, &wait_ms, &error);
        g_assert_no_error(error);
        g_assert_true(is_ok);
        if (!has_run && wait_ms >= 60000)
            return;
        if (!has_run)
            clock_freeze_ms(shared->now_ms += wait_ms);
    }
    g_assert_not_reached();
}

static void live(const Walk *walk, const char *name, int kill_at)
{
    Db *db = test_store_reopen(&walk->store);
    DbOps doomed = *db->ops;

    doom.real = db->ops;
    doom.shared = walk->shared;
    doom.points = walk->points;
    doom.kill_at = kill_at;
    doomed.commit = doomed_commit;
    doomed.exec = doomed_exec;
    db->ops = &doomed;
    clock_freeze_ms(walk->shared->now_ms);
    Workflow *workflow = make_workflow(db, walk->hold_ms, walk->shared);
    start(db, workflow, name);
    run_to_end(workflow, walk->shared);
    workflow_free(workflow);
    db->ops = doom.real;
    db_close(db);
}

/* ---- in the process that looks on ---- */

/* A process that starts the run, or goes on with it. Whether it was killed at that point (0: not at all). */
static bool is_killed(const Walk *walk, const char *name, int kill_at)
{
    int status = 0;

    walk->shared->points = 0;
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        live(walk, name, kill_at);
        _exit(0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    g_assert_true(was_killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    /* Who takes over would pass over what the dead still locks, and do something else first. */
    test_store_wait_for_dead(&walk->store);
    return was_killed;
}

/* What there is to tell of a run: events, output, effects, changes of status. */
static void tell_history(DbTx *tx, const char *arn, GString *told)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;
    int64_t id = 0;

    g_assert_true(DB_QUERY(tx, SQL_EXECUTION_HISTORY, &rows, &error, db_text(arn), db_int(0), db_int(100000)));
    while (db_rows_next(rows, &has_row, &error) && has_row) {
        g_assert_cmpint(db_rows_int(rows, 0), ==, ++id);
        g_string_append_printf(
            told, "%d<-%d %s %s\n", (int)id, (int)db_rows_int(rows, 1), db_rows_text(rows, 2), db_rows_text(rows, 4));
    }
    g_assert_no_error(error);
}

static char *tell(Db *db, const char *name)
{
    g_autofree char *arn = g_strdup_printf("arn:aws:states:us-east-1:000000000000:execution:" MACHINE ":%s", name);
    g_auto(ExecutionStatus) status = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    GString *told = g_string_new(NULL);

    g_assert_true(db_begin(db, DB_READ, &tx, &error));
    g_assert_true(workflow_describe(tx, arn, &status, &error));
    g_assert_cmpstr(status.status, ==, "SUCCEEDED");
    g_assert_cmpstr(status.output, ==, result);
    tell_history(tx, arn, told);
    return g_string_free(told, FALSE);
}

static int count_rows(DbTx *tx, DbStatement statement, DbValue value)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;
    int count = 0;

    g_assert_true(db_query(tx, statement, &value, 1, &rows, NULL));
    while (db_rows_next(rows, &has_row, NULL) && has_row)
        count++;
    return count;
}

static void expect_effects(Db *db, int runs)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;

    g_assert_cmpint(effects_in(db), ==, EFFECTS * runs);
    g_assert_true(db_begin(db, DB_READ, &tx, &error));
    g_assert_cmpint(count_rows(tx, SQL_INDEX_OUTBOX_READ, db_int(100000)), ==, 2 * runs);
}

static void walk_begin(Walk *walk, const char *kind)
{
    test_store_open(&walk->store, kind);
    g_clear_pointer(&walk->store.db, db_close);
    walk->shared = mmap(NULL, sizeof *walk->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(walk->shared != MAP_FAILED);
}

static void walk_end(Walk *walk)
{
    (void)munmap(walk->shared, sizeof *walk->shared);
    test_store_close(&walk->store);
}

/* A run of its own, as if it were the first. */
static char *new_run(Walk *walk, int *runs)
{
    memset(walk->shared, 0, sizeof *walk->shared);
    walk->shared->now_ms = START_MS;
    return g_strdup_printf("run-%d", ++*runs);
}

static void expect_same(Walk *walk, const char *name, const char *expected)
{
    g_autoptr(Db) db = test_store_reopen(&walk->store);
    g_autofree char *told = tell(db, name);

    g_assert_cmpstr(told, ==, expected);
}

static char *undisturbed(Walk *walk, int *runs, int *ret_points)
{
    g_autofree char *name = new_run(walk, runs);

    g_assert_false(is_killed(walk, name, 0));
    *ret_points = walk->shared->points;
    g_autoptr(Db) db = test_store_reopen(&walk->store);
    return tell(db, name);
}

static void walk_all(const char *kind, Points points, int64_t hold_ms)
{
    Walk walk = {.points = points, .hold_ms = hold_ms};
    int runs = 0, all = 0;

    walk_begin(&walk, kind);
    g_autofree char *expected = undisturbed(&walk, &runs, &all);
    g_test_message("%d points", all);
    g_assert_cmpint(all, >, 20);
    g_assert_cmpint(all, <, POINTS_MAX);
    for (int at = 1; at <= all; at++) {
        g_autofree char *name = new_run(&walk, &runs);
        g_assert_true(is_killed(&walk, name, at));
        g_assert_false(is_killed(&walk, name, 0));
        expect_same(&walk, name, expected);
    }
    g_autoptr(Db) db = test_store_reopen(&walk.store);
    expect_effects(db, runs);
    g_clear_pointer(&db, db_close);
    walk_end(&walk);
}

/* One run, each process of which dies, every third or every fifth commit. */
static void test_a_run_that_is_killed_again_and_again_gets_to_its_end(gconstpointer kind)
{
    Walk walk = {.points = POINTS_OF_COMMITS};
    int runs = 0, all = 0;

    walk_begin(&walk, kind);
    g_autofree char *expected = undisturbed(&walk, &runs, &all);
    /* Even: behind a commit. The 2nd is behind that of the start, which finds what there is; the 4th behind a claim;
     * the 6th behind a step. */
    for (int at = 6; at <= 10; at += 4) {
        g_autofree char *name = new_run(&walk, &runs);
        int deaths = 0;
        while (is_killed(&walk, name, at))
            g_assert_cmpint(++deaths, <, POINTS_MAX);
        g_assert_cmpint(deaths, >=, all / at - 1);
        expect_same(&walk, name, expected);
    }
    g_autoptr(Db) db = test_store_reopen(&walk.store);
    expect_effects(db, runs);
    g_clear_pointer(&db, db_close);
    walk_end(&walk);
}

static void test_killed_at_every_point_the_run_is_the_undisturbed_one(gconstpointer kind)
{
    walk_all(kind, POINTS_OF_ALL_WRITES, 0);
}

static void test_killed_around_commits_the_run_is_the_undisturbed_one(gconstpointer kind)
{
    walk_all(kind, POINTS_OF_COMMITS, 0);
}

static void test_killed_while_it_keeps_its_claim_the_run_is_the_undisturbed_one(gconstpointer kind)
{
    walk_all(kind, POINTS_OF_COMMITS, HOLD_MS);
}

static void add(const char *kind, const char *name, void (*test)(gconstpointer kind))
{
    g_autofree char *path = g_strdup_printf("/kill-walk/%s/%s", kind, name);

    g_test_add_data_func(path, kind, test);
}

int main(int argc, char **argv)
{
    /* A process that dies loses nothing that was written, so that nobody has to wait for a disk. */
    (void)g_setenv("TMPDIR", "/dev/shm", FALSE);
    g_test_init(&argc, &argv, NULL);
    add("file", "every-point", test_killed_at_every_point_the_run_is_the_undisturbed_one);
    add("file", "held", test_killed_while_it_keeps_its_claim_the_run_is_the_undisturbed_one);
    add("file", "again-and-again", test_a_run_that_is_killed_again_and_again_gets_to_its_end);
    if (g_strv_contains(test_store_kinds(), "postgres")) {
        add("postgres", "commits", test_killed_around_commits_the_run_is_the_undisturbed_one);
        add("postgres", "again-and-again", test_a_run_that_is_killed_again_and_again_gets_to_its_end);
    }
    return g_test_run();
}

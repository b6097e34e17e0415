#include "workflow/dry_run.h"

#include "base/clock.h"
#include "workflow/asl/data.h"
#include "workflow/task_resource.h"

enum { MS_PER_S = 1000, EVENTS_MAX = 25000 };

#define RUN_NAME    "run"
#define MACHINE     "workflow"
#define MACHINE_ARN "arn:aws:states:us-east-1:000000000000:stateMachine:" MACHINE
#define RUN_ARN     "arn:aws:states:us-east-1:000000000000:execution:" MACHINE ":" RUN_NAME
#define ROLE_ARN    "arn:aws:iam::000000000000:role/trawl"

typedef struct DryRun {
    const DryRunOptions *options;
    Interpreter interpreter;
    GHashTable *attempts; /* state name -> attempts so far */
    guint told;           /* events that on_event was given */
} DryRun;

void dry_run_result_clear(DryRunResult *result)
{
    g_clear_pointer(&result->output, json_decref);
    task_error_clear(&result->error);
    history_clear(&result->history);
}

static bool check_mock(const char *state, const json_t *mock, GError **error)
{
    if (json_is_object(mock) &&
        (json_object_get(mock, "error") == NULL || json_is_string(json_object_get(mock, "error"))))
        return true;
    return fail(error, ERROR_INVALID,
        "mock of state '%s': expected {\"output\": …} or {\"error\": \"…\", \"cause\": \"…\"}", state);
}

static bool check_mocks(const json_t *mocks, GError **error)
{
    const char *state = NULL;
    json_t *list = NULL;

    if (mocks != NULL && !json_is_object(mocks) && !json_is_null(mocks))
        return fail(error, ERROR_INVALID, "mocks: expected an object from state name to a list of results");
    json_object_foreach((json_t *)mocks, state, list)
    {
        if (!json_is_array(list))
            TRY(check_mock(state, list, error));
        for (size_t i = 0; i < json_array_size(list); i++)
            TRY(check_mock(state, json_array_get(list, i), error));
    }
    return true;
}

static json_t *run_context(const DryRunOptions *options)
{
    g_autofree char *started = clock_format_iso_ms(options->started_ms);

    return json_pack("{s:{s:s, s:O?, s:s, s:s, s:s, s:i}, s:{s:s, s:s}}", "Execution", "Id", RUN_ARN, "Input",
        options->input, "Name", RUN_NAME, "RoleArn", ROLE_ARN, "StartTime", started, "RedriveCount", 0, "StateMachine",
        "Id", MACHINE_ARN, "Name", MACHINE);
}

static void tell_events(DryRun *run)
{
    const History *history = run->interpreter.history;

    if (run->options->on_event == NULL)
        return;
    for (run->told = MIN(run->told, history->events->len); run->told < history->events->len; run->told++)
        run->options->on_event(run->options->data, history_at(history, run->told));
}

/* Time passes: really, divided by the speed, and for the run. */
static void sleep_until(DryRun *run, int64_t until_ms)
{
    int64_t wait_ms = until_ms - run->interpreter.now_ms;

    if (wait_ms <= 0)
        return;
    if (run->options->speed > 0)
        g_usleep((gulong)((double)wait_ms * 1000.0 / run->options->speed));
    run->interpreter.now_ms = until_ms;
}

static const json_t *next_mock(DryRun *run, const char *state)
{
    const json_t *list = json_object_get(run->options->mocks, state);
    size_t attempt = GPOINTER_TO_SIZE(g_hash_table_lookup(run->attempts, state));

    g_hash_table_insert(run->attempts, g_strdup(state), GSIZE_TO_POINTER(attempt + 1));
    if (!json_is_array(list))
        return list;
    return json_array_size(list) > 0 ? json_array_get(list, MIN(attempt, json_array_size(list) - 1)) : NULL;
}

/* Of a task whose answer comes from outside: that somebody has taken it. */
static void begin(DryRun *run, int64_t frame_id)
{
    Interpreter *interpreter = &run->interpreter;
    InterpreterTask task = interpreter_task(interpreter, frame_id);
    g_auto(TaskResource) resource = task_resource_parse(task.resource);
    const int64_t now_ms = interpreter->now_ms;
    const TaskStart start = {
        .deadline_ms = task.timeout_ms > 0 ? now_ms + task.timeout_ms : 0,
        .heartbeat_at_ms = task.heartbeat_ms > 0 ? now_ms + task.heartbeat_ms : 0,
    };

    if (resource.kind == TASK_RESOURCE_ACTIVITY)
        interpreter_task_started(interpreter, frame_id, &start);
    else if (resource.waits != TASK_WAITS_RESPONSE)
        interpreter_task_submitted(interpreter, frame_id, NULL);
}

static void answer(DryRun *run, int64_t frame_id)
{
    begin(run, frame_id);
    if (run->interpreter.run->root == NULL) /* its history was full */
        return;
    InterpreterTask task = interpreter_task(&run->interpreter, frame_id);
    const json_t *mock = next_mock(run, task.state);
    const char *error_name = json_string_value(json_object_get(mock, "error"));
    double seconds = json_number_value(json_object_get(mock, "seconds"));
    json_t *output = json_object_get(mock, "output");
    TaskError told = {0};

    sleep_until(run, MIN(run->interpreter.now_ms + (int64_t)(CLAMP(seconds, 0, 1e9) * MS_PER_S), task.deadline_ms));
    if (run->interpreter.now_ms >= task.deadline_ms) {
        told.name = g_strdup(ASL_TIMEOUT);
    } else if (mock == NULL) {
        asl_fail_task(
            &told, ASL_TASK_FAILED, "The Task state '%s' (%s) has no mocked result.", task.state, task.resource);
    } else if (error_name != NULL) {
        told.name = g_strdup(error_name);
        told.cause = g_strdup(json_string_value(json_object_get(mock, "cause")));
    }
    json_t *result = told.name == NULL ? (output != NULL ? json_incref(output) : json_null()) : NULL;
    interpreter_complete(&run->interpreter, frame_id, result, &told);
}

static void run_to_end(DryRun *run)
{
    int64_t value = 0;

    for (;;) {
        RunProgress progress = interpreter_advance(&run->interpreter, &value);
        if (progress == RUN_NEEDS_TASK)
            answer(run, value);
        tell_events(run);
        if (progress == RUN_ENDED)
            return;
        if (progress == RUN_SLEEPS)
            sleep_until(run, value);
    }
}

bool dry_run(const DryRunOptions *options, DryRunResult *ret_result, GError **error)
{
    TRY(check_mocks(options->mocks, error));
    json_t *context = run_context(options);
    const char *start_at = json_string_value(json_object_get(options->definition, "StartAt"));
    g_autoptr(RunState) state = run_state_new(start_at, options->input);
    g_autoptr(GHashTable) attempts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    History history = {0};
    DryRun run = {
        .options = options,
        .attempts = attempts,
        .interpreter =
            {
                .definition = options->definition,
                .run = state,
                .history = &history,
                .execution = context,
                .region = "us-east-1",
                .now_ms = options->started_ms,
                .started_ms = options->started_ms,
                .max_events = options->max_events > 0 ? options->max_events : EVENTS_MAX,
            },
    };

    history_init(&history);
    interpreter_start(&run.interpreter, options->input);
    run_to_end(&run);
    json_decref(context);
    *ret_result = (DryRunResult){.status = run.interpreter.status,
        .output = run.interpreter.output,
        .error = run.interpreter.error,
        .history = history};
    return true;
}

#include "workflow/state_kinds.h"

#include "base/clock.h"
#include "workflow/asl_choice.h"
#include "workflow/state_task.h"

#include <string.h>

enum { MS_PER_S = 1000, ERROR_CHARS_MAX = 256, CAUSE_BYTES_MAX = 32768 };
/* No wait may leave the range of milliseconds. */
static const double WAIT_SECONDS_MAX = 99999999.0;

typedef struct StateKind {
    const char *type;
    bool (*run)(StateRun *run, Transition *ret_transition, TaskError *ret_error);
} StateKind;

typedef json_t JsonRef;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonRef, json_decref)

void transition_clear(Transition *transition)
{
    g_clear_pointer(&transition->next, g_free);
    g_clear_pointer(&transition->output, json_decref);
    task_error_clear(&transition->error);
}

static void go_to(const char *next, json_t *take_output, Transition *ret_transition)
{
    *ret_transition = (Transition){
        .kind = next != NULL ? TRANSITION_NEXT : TRANSITION_END,
        .next = g_strdup(next),
        .output = take_output,
    };
}

static const char *next_of(const json_t *holder)
{
    return json_string_value(json_object_get(holder, "Next"));
}

/* OutputPath, then Next or End. */
static bool leave_with(
    StateRun *run, const json_t *result, const char *next, Transition *ret_transition, TaskError *ret_error)
{
    AslScope scope = {.input = result, .context = run->context};
    json_t *output = NULL;

    TRY(asl_apply_output(run->state, &scope, &output, ret_error));
    go_to(next, output, ret_transition);
    return true;
}

/* ResultPath, OutputPath, then Next or End. */
static bool leave_with_result(StateRun *run, json_t *take_result, Transition *ret_transition, TaskError *ret_error)
{
    g_autoptr(JsonRef) merged = NULL;

    TRY(asl_apply_result_path(run->state, run->raw_input, take_result, &merged, ret_error));
    return leave_with(run, merged, next_of(run->state), ret_transition, ret_error);
}

static bool effective_input(StateRun *run, json_t **ret_value, TaskError *ret_error)
{
    AslScope scope = {.input = run->raw_input, .context = run->context};

    return asl_apply_input(run->state, &scope, ret_value, ret_error);
}

static bool run_task(StateRun *run, Transition *ret_transition, TaskError *ret_error)
{
    g_autoptr(JsonRef) input = NULL;
    g_autoptr(JsonRef) parameters = NULL;
    g_autoptr(JsonRef) result = NULL;
    json_t *selected = NULL;

    TRY(effective_input(run, &input, ret_error));
    AslScope scope = {.input = input, .context = run->context};
    TRY(asl_apply_parameters(run->state, &scope, &parameters, ret_error));
    TRY(task_invoke(run, parameters, &result, ret_error));
    scope.input = result;
    TRY(asl_apply_result_selector(run->state, &scope, &selected, ret_error));
    return leave_with_result(run, selected, ret_transition, ret_error);
}

static bool run_pass(StateRun *run, Transition *ret_transition, TaskError *ret_error)
{
    json_t *literal = json_object_get(run->state, "Result");
    g_autoptr(JsonRef) input = NULL;
    json_t *result = NULL;

    TRY(effective_input(run, &input, ret_error));
    AslScope scope = {.input = input, .context = run->context};
    if (literal != NULL)
        result = json_incref(literal);
    else
        TRY(asl_apply_parameters(run->state, &scope, &result, ret_error));
    return leave_with_result(run, result, ret_transition, ret_error);
}

static bool run_choice(StateRun *run, Transition *ret_transition, TaskError *ret_error)
{
    g_autoptr(JsonRef) input = NULL;
    const char *next = NULL;

    TRY(effective_input(run, &input, ret_error));
    AslScope scope = {.input = input, .context = run->context};
    TRY(asl_choice_pick(json_object_get(run->state, "Choices"), &scope, &next, ret_error));
    if (next == NULL)
        next = json_string_value(json_object_get(run->state, "Default"));
    if (next == NULL)
        return asl_fail(ret_error, ASL_NO_CHOICE, "No rule matches, and there is no Default.");
    return leave_with(run, input, next, ret_transition, ret_error);
}

static bool run_succeed(StateRun *run, Transition *ret_transition, TaskError *ret_error)
{
    g_autoptr(JsonRef) input = NULL;

    TRY(effective_input(run, &input, ret_error));
    return leave_with(run, input, NULL, ret_transition, ret_error);
}

static bool run_fail(StateRun *run, Transition *ret_transition, TaskError *ret_error)
{
    AslScope scope = {.input = run->raw_input, .context = run->context};
    g_auto(TaskError) told = {0};

    TRY(asl_text_field(run->state, "Error", &scope, &told.name, ret_error));
    TRY(asl_text_field(run->state, "Cause", &scope, &told.cause, ret_error));
    *ret_transition = (Transition){.kind = TRANSITION_FAIL, .error = told};
    told = (TaskError){0};
    return true;
}

/* Seconds in the state or at its path. */
static bool wait_seconds(StateRun *run, const AslScope *scope, int64_t *ret_until_ms, TaskError *ret_error)
{
    const char *path = json_string_value(json_object_get(run->state, "SecondsPath"));
    const json_t *value = path != NULL ? asl_path_find(path, scope) : json_object_get(run->state, "Seconds");
    double seconds = json_number_value(value);

    if (!json_is_number(value) || seconds < 0 || seconds > WAIT_SECONDS_MAX)
        return asl_fail(ret_error, ASL_RUNTIME, "The seconds to wait are no number from 0 to %.0f.", WAIT_SECONDS_MAX);
    *ret_until_ms = clock_now_ms() + (int64_t)(seconds * MS_PER_S);
    return true;
}

static bool wait_until(StateRun *run, const AslScope *scope, int64_t *ret_until_ms, TaskError *ret_error)
{
    const json_t *literal = json_object_get(run->state, "Timestamp");
    const char *path = json_string_value(json_object_get(run->state, "TimestampPath"));

    if (literal == NULL && path == NULL)
        return wait_seconds(run, scope, ret_until_ms, ret_error);
    const json_t *value = path != NULL ? asl_path_find(path, scope) : literal;
    if (!json_is_string(value) || !asl_timestamp_parse(json_string_value(value), ret_until_ms))
        return asl_fail(ret_error, ASL_RUNTIME, "The time to wait for is no timestamp.");
    return true;
}

static bool run_wait(StateRun *run, Transition *ret_transition, TaskError *ret_error)
{
    g_autoptr(JsonRef) input = NULL;
    int64_t until_ms = 0;

    TRY(effective_input(run, &input, ret_error));
    if (run->is_resumed)
        return leave_with(run, input, next_of(run->state), ret_transition, ret_error);
    AslScope scope = {.input = input, .context = run->context};
    TRY(wait_until(run, &scope, &until_ms, ret_error));
    json_array_append_new(run->retry_counts, json_integer(0)); /* which marks the visit as begun */
    *ret_transition = (Transition){.kind = TRANSITION_AGAIN, .wake_at_ms = until_ms};
    return true;
}

static const StateKind kinds[] = {
    {"Task", run_task},
    {"Pass", run_pass},
    {"Choice", run_choice},
    {"Wait", run_wait},
    {"Succeed", run_succeed},
    {"Fail", run_fail},
};

static bool run_kind(StateRun *run, const char *type, Transition *ret_transition, TaskError *ret_error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_strcmp0(kinds[i].type, type) == 0)
            return kinds[i].run(run, ret_transition, ret_error);
    }
    return asl_fail(ret_error, ASL_RUNTIME, "The machine has no such state, or of no kind that this program knows.");
}

static bool check_output(const Transition *transition, TaskError *ret_error)
{
    if (transition->output == NULL)
        return true;
    g_autofree char *text = asl_json_text(transition->output);
    if (text != NULL && strlen(text) <= ASL_DATA_BYTES_MAX)
        return true;
    return asl_fail(ret_error, ASL_DATA_LIMIT, "The state's output is larger than %d bytes.", ASL_DATA_BYTES_MAX);
}

/* Errors of the interpreter, not of a task, say where they happened. Whatever a task says becomes text of the lengths
 * that Step Functions allows. */
static void polish_error(const StateRun *run, TaskError *error)
{
    static const char *const own[] = {ASL_RUNTIME, ASL_NO_CHOICE, ASL_PARAMETER_PATH, ASL_RESULT_PATH, NULL};
    g_autofree char *name = g_utf8_make_valid(error->name != NULL ? error->name : "", -1);
    g_autofree char *cause = g_utf8_make_valid(error->cause != NULL ? error->cause : "", -1);
    bool is_own = g_strv_contains(own, name);

    g_autofree char *full = is_own ? g_strdup_printf("An error occurred while executing the state '%s' (entered at the "
                                                     "event id #%" G_GINT64_FORMAT "). %s",
                                         run->name, run->entered_event_id, cause)
                                   : g_strdup(cause);
    g_autofree char *short_name = g_utf8_substring(name, 0, MIN(g_utf8_strlen(name, -1), ERROR_CHARS_MAX));
    const char *end = full + MIN(strlen(full), CAUSE_BYTES_MAX);
    g_utf8_validate(full, end - full, &end);
    task_error_clear(error);
    error->name = g_steal_pointer(&short_name);
    error->cause = g_strndup(full, (size_t)(end - full));
}

/* True if a catcher leads on; otherwise the error stands, or is replaced by that of the catcher's ResultPath. */
static bool catch_error(StateRun *run, TaskError *error, Transition *ret_transition)
{
    const json_t *catcher = asl_catch_find(json_object_get(run->state, "Catch"), error->name);
    json_t *output = NULL;
    TaskError replaced = {0};

    if (catcher == NULL)
        return false;
    json_t *told = json_pack("{s:s, s:s}", "Error", error->name, "Cause", error->cause);
    if (!asl_apply_result_path(catcher, run->raw_input, told, &output, &replaced)) {
        task_error_clear(error);
        *error = replaced;
        return false;
    }
    go_to(next_of(catcher), output, ret_transition);
    return true;
}

/* Retry, then Catch, then the end of the execution. */
static void recover(StateRun *run, TaskError *take_error, Transition *ret_transition)
{
    int64_t wait_ms = 0;

    polish_error(run, take_error);
    if (g_str_equal(take_error->name, TASK_INTERRUPTED)) {
        *ret_transition = (Transition){.kind = TRANSITION_UNDO};
        task_error_clear(take_error);
        return;
    }
    if (asl_retry_next(
            json_object_get(run->state, "Retry"), take_error->name, g_random_double(), run->retry_counts, &wait_ms)) {
        *ret_transition = (Transition){.kind = TRANSITION_AGAIN, .wake_at_ms = clock_now_ms() + wait_ms};
        task_error_clear(take_error);
        return;
    }
    if (catch_error(run, take_error, ret_transition)) {
        task_error_clear(take_error);
        return;
    }
    *ret_transition = (Transition){.kind = TRANSITION_FAIL, .error = *take_error};
}

static void add_state_event(StateRun *run, const char *type, const char *suffix, const char *field, const json_t *data)
{
    g_autofree char *event = g_strconcat(type, suffix, NULL);

    history_add(run->history, event, history_data_details(run->name, field, data));
}

static void add_exit_events(StateRun *run, const char *type, const Transition *transition)
{
    switch (transition->kind) {
    case TRANSITION_AGAIN:
    case TRANSITION_UNDO:
        return;
    case TRANSITION_NEXT:
        add_state_event(run, type, "StateExited", "output", transition->output);
        return;
    case TRANSITION_END:
        add_state_event(run, type, "StateExited", "output", transition->output);
        history_add(run->history, "ExecutionSucceeded", history_data_details(NULL, "output", transition->output));
        return;
    case TRANSITION_FAIL:
        history_add(
            run->history, "ExecutionFailed", history_error_details(transition->error.name, transition->error.cause));
        return;
    }
}

void state_run(StateRun *run, Transition *ret_transition)
{
    const char *type = json_string_value(json_object_get(run->state, "Type"));
    Transition transition = {0};
    TaskError error = {0};

    if (!run->is_resumed && type != NULL)
        add_state_event(run, type, "StateEntered", "input", run->raw_input);
    if (!run_kind(run, type, &transition, &error) || !check_output(&transition, &error)) {
        transition_clear(&transition);
        recover(run, &error, &transition);
    }
    add_exit_events(run, type, &transition);
    *ret_transition = transition;
}

/* What a visit sees, and the kinds of states that need nobody else: Pass, Choice, Wait, Succeed, Fail. */
#include "workflow/interpreter_internal.h"

#include "base/clock.h"
#include "workflow/asl/choice.h"

enum { MS_PER_S = 1000 };
/* No wait may leave the range of milliseconds. */
static const double WAIT_SECONDS_MAX = 99999999.0;

/* ---- the context object and the variables ---- */

static void set_time(json_t *object, const char *name, int64_t time_ms)
{
    g_autofree char *text = clock_format_iso_ms(time_ms);

    json_object_set_new(object, name, json_string(text));
}

/* $$.Map.Item of the nearest iteration that the frame is part of. */
static void add_map_item(json_t *context, const Frame *frame)
{
    while (frame->parent != NULL && frame->parent->fan_out != NULL && frame->parent->fan_out->inputs == NULL)
        frame = frame->parent;
    if (frame->parent == NULL || frame->parent->fan_out == NULL)
        return;
    const FanOut *fan_out = frame->parent->fan_out;
    const json_t *items = fan_out->items != NULL ? fan_out->items : fan_out->inputs;
    json_object_set_new(context, "Map",
        json_pack("{s:{s:I, s:O?}}", "Item", "Index", (json_int_t)frame->index, "Value",
            json_array_get(items, (size_t)frame->index)));
}

static json_t *make_context(const Interpreter *interpreter, const Frame *frame, const json_t *state)
{
    static const char *const workers[] = {"Task", "Parallel", "Map", NULL};
    json_t *context = json_copy((json_t *)interpreter->execution);
    json_t *told = json_pack("{s:s?}", "Name", frame->state);
    const char *type = state_type(state);

    set_time(told, "EnteredTime", frame->entered_ms);
    if (type != NULL && g_strv_contains(workers, type))
        json_object_set_new(told, "RetryCount", json_integer(frame->retries));
    json_object_set_new(context, "State", told);
    add_map_item(context, frame);
    const json_t *token = json_object_get(frame->task, "token");
    if (token != NULL)
        json_object_set_new(context, "Task", json_pack("{s:O}", "Token", token));
    return context;
}

/* All that are visible: those of the frame over those of the frames around it. */
static json_t *visible_variables(const Frame *frame)
{
    json_t *visible = frame->parent != NULL ? visible_variables(frame->parent) : NULL;

    if (frame->variables == NULL)
        return visible;
    if (visible == NULL)
        return json_copy(frame->variables);
    json_object_update(visible, frame->variables);
    return visible;
}

Visit visit_begin(Interpreter *interpreter, Frame *frame)
{
    const json_t *state = frame_state(interpreter, frame);

    return (Visit){
        .interpreter = interpreter,
        .frame = frame,
        .state = state,
        .context = make_context(interpreter, frame, state),
        .variables = visible_variables(frame),
    };
}

void visit_end(Visit *visit)
{
    g_clear_pointer(&visit->context, json_decref);
    g_clear_pointer(&visit->variables, json_decref);
}

AslScope visit_scope(const Visit *visit, const json_t *input)
{
    return (AslScope){.input = input, .context = visit->context, .variables = visit->variables};
}

bool visit_input(const Visit *visit, json_t **ret_input, TaskError *ret_error)
{
    AslScope raw = visit_scope(visit, visit->frame->data);

    return asl_apply_input(visit->state, &raw, ret_input, ret_error);
}

/* ---- the kinds ---- */

static const char *next_of(const json_t *holder)
{
    return json_string_value(json_object_get(holder, "Next"));
}

static bool begin_pass(Visit *visit, TaskError *ret_error)
{
    json_t *literal = json_object_get(visit->state, "Result");
    g_autoptr(JsonRef) input = NULL;
    g_autoptr(JsonRef) result = json_incref(literal);
    g_autoptr(JsonRef) assigned = NULL;
    g_autoptr(JsonRef) merged = NULL;

    TRY(visit_input(visit, &input, ret_error));
    AslScope scope = visit_scope(visit, input);
    if (result == NULL)
        TRY(asl_apply_template(visit->state, "Parameters", &scope, &result, ret_error));
    scope.input = result;
    TRY(asl_apply_assign(visit->state, &scope, &assigned, ret_error));
    TRY(asl_apply_result_path(visit->state, visit->frame->data, json_incref(result), &merged, ret_error));
    return visit_leave(visit, merged, next_of(visit->state), g_steal_pointer(&assigned), ret_error);
}

static bool begin_choice(Visit *visit, TaskError *ret_error)
{
    g_autoptr(JsonRef) input = NULL;
    g_autoptr(JsonRef) assigned = NULL;
    const json_t *rule = NULL;

    TRY(visit_input(visit, &input, ret_error));
    AslScope scope = visit_scope(visit, input);
    TRY(asl_choice_pick(json_object_get(visit->state, "Choices"), &scope, &rule, ret_error));
    const char *next = rule != NULL ? next_of(rule) : json_string_value(json_object_get(visit->state, "Default"));
    if (next == NULL)
        return asl_fail(
            ret_error, ASL_RUNTIME, "Failed to transition out of the state. The state does not point to a next state.");
    TRY(asl_apply_assign(rule != NULL ? rule : visit->state, &scope, &assigned, ret_error));
    return visit_leave(visit, input, next, g_steal_pointer(&assigned), ret_error);
}

static bool begin_succeed(Visit *visit, TaskError *ret_error)
{
    g_autoptr(JsonRef) input = NULL;

    TRY(visit_input(visit, &input, ret_error));
    return visit_leave(visit, input, NULL, NULL, ret_error);
}

static bool begin_fail(Visit *visit, TaskError *ret_error)
{
    AslScope scope = visit_scope(visit, visit->frame->data);
    g_auto(TaskError) told = {0};

    TRY(asl_text_field(visit->state, "Error", &scope, &told.name, ret_error));
    TRY(asl_text_field(visit->state, "Cause", &scope, &told.cause, ret_error));
    *ret_error = told;
    told = (TaskError){0};
    return false;
}

/* Seconds in the state or at its path. */
static bool wait_seconds(Visit *visit, const AslScope *scope, int64_t *ret_until_ms, TaskError *ret_error)
{
    g_autoptr(JsonRef) value = NULL;

    TRY(asl_field_value(visit->state, "Seconds", scope, &value, ret_error));
    int64_t seconds = json_integer_value(value);
    if (json_is_integer(value) && seconds >= 0 && seconds <= WAIT_SECONDS_MAX) {
        *ret_until_ms = visit->interpreter->now_ms + seconds * MS_PER_S;
        return true;
    }
    const char *problem = "references an invalid value";
    if (!json_is_integer(value))
        problem = "cannot be parsed as a long value";
    else if (seconds < 0)
        problem = "references a negative value";
    g_autofree char *shown = json_is_string(value) ? g_strdup(json_string_value(value)) : asl_json_text(value);
    return asl_fail(ret_error, ASL_RUNTIME, "The SecondsPath parameter %s: %s == %s", problem,
        json_string_value(json_object_get(visit->state, "SecondsPath")), shown);
}

static bool wait_until(Visit *visit, const AslScope *scope, int64_t *ret_until_ms, TaskError *ret_error)
{
    g_autoptr(JsonRef) value = NULL;

    TRY(asl_field_value(visit->state, "Timestamp", scope, &value, ret_error));
    if (value == NULL)
        return wait_seconds(visit, scope, ret_until_ms, ret_error);
    if (json_is_string(value) && asl_timestamp_parse(json_string_value(value), ret_until_ms))
        return true;
    g_autofree char *shown = asl_json_text(value);
    const char *text = json_string_value(value);
    return asl_fail(ret_error, ASL_RUNTIME,
        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s "
        "== "
        "%s",
        json_string_value(json_object_get(visit->state, "TimestampPath")), text != NULL ? text : shown);
}

static bool begin_wait(Visit *visit, TaskError *ret_error)
{
    g_autoptr(JsonRef) input = NULL;

    TRY(visit_input(visit, &input, ret_error));
    AslScope scope = visit_scope(visit, input);
    TRY(wait_until(visit, &scope, &visit->frame->wake_at_ms, ret_error));
    visit->frame->phase = FRAME_WAITS;
    return true;
}

bool end_wait(Visit *visit, TaskError *ret_error)
{
    g_autoptr(JsonRef) input = NULL;
    g_autoptr(JsonRef) assigned = NULL;

    TRY(visit_input(visit, &input, ret_error));
    AslScope scope = visit_scope(visit, input);
    TRY(asl_apply_assign(visit->state, &scope, &assigned, ret_error));
    return visit_leave(visit, input, next_of(visit->state), g_steal_pointer(&assigned), ret_error);
}

typedef struct StateKind {
    const char *type;
    bool (*begin)(Visit *visit, TaskError *ret_error);
} StateKind;

static const StateKind kinds[] = {
    {"Task", begin_task},
    {"Pass", begin_pass},
    {"Choice", begin_choice},
    {"Wait", begin_wait},
    {"Succeed", begin_succeed},
    {"Fail", begin_fail},
    {"Parallel", begin_parallel},
    {"Map", begin_map},
};

bool begin_state(Visit *visit, TaskError *ret_error)
{
    const char *type = state_type(visit->state);

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_strcmp0(kinds[i].type, type) == 0)
            return kinds[i].begin(visit, ret_error);
    }
    return asl_fail(ret_error, ASL_RUNTIME, "The machine has no such state, or of no kind that this program knows.");
}

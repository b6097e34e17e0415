/* Parallel and Map states: frames below a frame. */
#include "workflow/map_inputs.h"

static json_t *iteration_details(const Frame *map, int64_t index)
{
    return json_pack("{s:s, s:I}", "name", map->state, "index", (json_int_t)index);
}

static const json_t *child_machine(const json_t *state, int64_t index)
{
    if (is_state_type(state, "Parallel"))
        return json_array_get(json_object_get(state, "Branches"), (size_t)index);
    const json_t *processor = json_object_get(state, "ItemProcessor");
    return processor != NULL ? processor : json_object_get(state, "Iterator");
}

/* The next branch or iteration to be started; -1: none is left. */
static int64_t next_child(FanOut *fan_out)
{
    if (json_array_size(fan_out->again) == 0)
        return fan_out->started < fan_out->length ? fan_out->started++ : -1;
    int64_t index = json_integer_value(json_array_get(fan_out->again, 0));
    json_array_remove(fan_out->again, 0);
    return index;
}

/* As many as may run at once. */
static void start_children(Interpreter *interpreter, Frame *frame)
{
    const json_t *state = frame_state(interpreter, frame);
    FanOut *fan_out = frame->fan_out;

    while (frame->children->len < fan_out->concurrency) {
        int64_t index = next_child(fan_out);
        if (index < 0)
            return;
        const char *start_at = json_string_value(json_object_get(child_machine(state, index), "StartAt"));
        const json_t *input = fan_out->inputs != NULL ? json_array_get(fan_out->inputs, (size_t)index)
                                                      : json_object_get(frame->task, "input");
        Frame *child = frame_add_child(interpreter->run, frame, index, start_at, input);
        if (fan_out->inputs != NULL)
            child->last_event = emit_beside(interpreter, frame, "MapIterationStarted", iteration_details(frame, index));
    }
}

static json_t *nulls(int64_t count)
{
    json_t *array = json_array();

    for (int64_t i = 0; i < count; i++)
        json_array_append_new(array, json_null());
    return array;
}

static FanOut *fan_out_new(int64_t length)
{
    FanOut *fan_out = g_new0(FanOut, 1);

    fan_out->length = length;
    fan_out->results = nulls(length);
    fan_out->tolerated_count = -1;
    fan_out->tolerated_percentage = -1;
    fan_out->concurrency = MAP_CONCURRENCY_MAX;
    return fan_out;
}

bool begin_parallel(Visit *visit, TaskError *ret_error)
{
    Frame *frame = visit->frame;
    g_autoptr(JsonRef) input = NULL;
    g_autoptr(JsonRef) parameters = NULL;

    TRY(visit_input(visit, &input, ret_error));
    AslScope scope = visit_scope(visit, input);
    TRY(asl_apply_template(visit->state, "Parameters", &scope, &parameters, ret_error));
    emit(visit->interpreter, frame, "ParallelStateStarted", NULL);
    frame->phase = FRAME_FANS_OUT;
    frame->fan_out = fan_out_new((int64_t)json_array_size(json_object_get(visit->state, "Branches")));
    frame->fan_out->concurrency = frame->fan_out->length;
    g_clear_pointer(&frame->task, json_decref);
    frame->task = json_pack("{s:O}", "input", parameters);
    start_children(visit->interpreter, frame);
    return true;
}

/* ---- Map ---- */

static bool finish(Visit *visit, TaskError *ret_error);

bool begin_map(Visit *visit, TaskError *ret_error)
{
    Frame *frame = visit->frame;
    g_autoptr(JsonRef) input = NULL;
    g_autoptr(JsonRef) items = NULL;
    g_autoptr(JsonRef) inputs = NULL;

    TRY(visit_input(visit, &input, ret_error));
    TRY(map_find_items(visit, input, &items, ret_error));
    emit(
        visit->interpreter, frame, "MapStateStarted", json_pack("{s:I}", "length", (json_int_t)json_array_size(items)));
    TRY(map_select_items(visit, input, items, &inputs, ret_error));
    TRY(map_batch_items(visit, input, &inputs, ret_error));
    fan_out_free(frame->fan_out);
    frame->fan_out = fan_out_new((int64_t)json_array_size(inputs));
    frame->fan_out->last_success_event = frame->last_event;
    AslScope scope = visit_scope(visit, input);
    TRY(map_read_tolerance(visit, &scope, frame->fan_out, ret_error));
    bool is_selected = !json_equal(items, inputs) && json_array_size(items) == json_array_size(inputs);
    frame->fan_out->items = is_selected ? g_steal_pointer(&items) : NULL;
    frame->fan_out->inputs = g_steal_pointer(&inputs);
    frame->phase = FRAME_FANS_OUT;
    if (frame->fan_out->length == 0)
        return finish(visit, ret_error);
    start_children(visit->interpreter, frame);
    return true;
}

/* The results, without those of iterations whose failure was tolerated. */
static json_t *take_results(FanOut *fan_out)
{
    json_t *results = g_steal_pointer(&fan_out->results);

    for (size_t i = json_array_size(results); i > 0 && fan_out->failures != NULL; i--) {
        g_autofree char *index = g_strdup_printf("%zu", i - 1);
        if (json_object_get(fan_out->failures, index) != NULL)
            json_array_remove(results, i - 1);
    }
    return results;
}

static bool finish(Visit *visit, TaskError *ret_error)
{
    Frame *frame = visit->frame;
    bool is_map = frame->fan_out->inputs != NULL;
    g_autoptr(JsonRef) results = NULL;

    if (is_map) /* what follows points at the last iteration's success, as this event does */
        frame->last_event = MAX(frame->last_event, frame->fan_out->last_success_event);
    emit_beside(visit->interpreter, frame, is_map ? "MapStateSucceeded" : "ParallelStateSucceeded", NULL);
    results = take_results(frame->fan_out);
    return visit_leave_with_result(visit, results, ret_error);
}

static void child_ended(Interpreter *interpreter, Frame *parent)
{
    FanOut *fan_out = parent->fan_out;
    TaskError error = {0};

    if (fan_out->succeeded + fan_out->failed < fan_out->length) {
        start_children(interpreter, parent);
        return;
    }
    g_auto(Visit) visit = visit_begin(interpreter, parent);
    if (!finish(&visit, &error))
        frame_fail(interpreter, parent, &error);
}

void child_succeeded(Interpreter *interpreter, Frame *child, const json_t *output)
{
    Frame *parent = child->parent;
    FanOut *fan_out = parent->fan_out;

    json_array_set(fan_out->results, (size_t)child->index, (json_t *)output);
    fan_out->succeeded++;
    if (fan_out->inputs != NULL)
        fan_out->last_success_event =
            emit_beside(interpreter, child, "MapIterationSucceeded", iteration_details(parent, child->index));
    parent->last_event = child->last_event;
    frame_remove(child);
    child_ended(interpreter, parent);
}

/* ---- failures ---- */

static bool is_tolerated(const FanOut *fan_out)
{
    if (fan_out->tolerated_count < 0 && fan_out->tolerated_percentage < 0)
        return false;
    if (fan_out->tolerated_count >= 0 && fan_out->failed > fan_out->tolerated_count)
        return false;
    return fan_out->tolerated_percentage < 0 ||
           (double)fan_out->failed * 100.0 <= fan_out->tolerated_percentage * (double)fan_out->length;
}

/* Only states that take time can be cut short. */
static void emit_aborted(Interpreter *interpreter, const Frame *cut, const Frame *chain)
{
    static const char *const types[] = {"Task", "Wait", "Parallel", "Map", NULL};
    const char *type = state_type(frame_state(interpreter, cut));

    if (type == NULL || !g_strv_contains(types, type) || cut->phase == FRAME_ENTERS)
        return;
    g_autofree char *event = g_strconcat(type, "StateAborted", NULL);
    emit_beside(interpreter, chain, event, NULL);
}

/* The events that end an attempt: the failed iteration, then all that were still running. They all point at the failed
 * child's last event. */
static void emit_failure(Interpreter *interpreter, Frame *parent, const Frame *failed)
{
    bool is_map = parent->fan_out->inputs != NULL;

    if (is_map)
        emit_beside(interpreter, parent, "MapIterationFailed", iteration_details(parent, failed->index));
    emit_aborted(interpreter, failed, parent);
    for (guint i = 0; i < parent->children->len; i++) {
        const Frame *sibling = g_ptr_array_index(parent->children, i);
        if (sibling == failed)
            continue;
        if (is_map)
            emit_beside(interpreter, parent, "MapIterationAborted", iteration_details(parent, sibling->index));
        emit_aborted(interpreter, sibling, parent);
    }
}

static bool tolerate(Interpreter *interpreter, Frame *parent, Frame *child)
{
    FanOut *fan_out = parent->fan_out;

    if (!is_tolerated(fan_out))
        return false;
    emit_beside(interpreter, parent, "MapIterationFailed", iteration_details(parent, child->index));
    g_autofree char *index = g_strdup_printf("%" G_GINT64_FORMAT, child->index);
    if (fan_out->failures == NULL)
        fan_out->failures = json_object();
    json_object_set_new(fan_out->failures, index, json_true());
    frame_remove(child);
    child_ended(interpreter, parent);
    return true;
}

void child_failed(Interpreter *interpreter, Frame *child, const TaskError *error)
{
    Frame *parent = child->parent;
    FanOut *fan_out = parent->fan_out;
    TaskError passed = task_error_copy(error);

    fan_out->failed++;
    parent->last_event = child->last_event;
    if (tolerate(interpreter, parent, child)) {
        task_error_clear(&passed);
        return;
    }
    if (fan_out->tolerated_count >= 0 || fan_out->tolerated_percentage >= 0) {
        task_error_clear(&passed);
        asl_fail_task(&passed, ASL_EXCEEDED_FAILURES, "The specified tolerated failure threshold was exceeded");
    }
    emit_failure(interpreter, parent, child);
    frame_fail(interpreter, parent, &passed); /* children go with a retry or a catch, and stay for a redrive */
}

/* ---- after the run has ended ---- */

void redrive_children(Interpreter *interpreter, Frame *frame)
{
    FanOut *fan_out = frame->fan_out;
    const char *index = NULL;
    json_t *unused = NULL;

    if (fan_out->again == NULL)
        fan_out->again = json_array();
    json_object_foreach(fan_out->failures, index, unused)(void)
        json_array_append_new(fan_out->again, json_integer(g_ascii_strtoll(index, NULL, 10)));
    g_clear_pointer(&fan_out->failures, json_decref);
    fan_out->failed = 0;
    start_children(interpreter, frame);
}

#include "workflow/run_state.h"

#include "workflow/asl/data.h"

static void frame_free(gpointer data)
{
    Frame *frame = data;

    if (frame == NULL)
        return;
    g_clear_pointer(&frame->children, g_ptr_array_unref);
    g_free(frame->state);
    json_decref(frame->data);
    json_decref(frame->variables);
    json_decref(frame->retry_counts);
    json_decref(frame->task);
    fan_out_free(frame->fan_out);
    g_free(frame);
}

void fan_out_free(FanOut *fan_out)
{
    if (fan_out == NULL)
        return;
    json_decref(fan_out->inputs);
    json_decref(fan_out->items);
    json_decref(fan_out->results);
    json_decref(fan_out->failures);
    json_decref(fan_out->again);
    g_free(fan_out);
}

void run_state_free(RunState *run)
{
    if (run == NULL)
        return;
    frame_free(run->root);
    frame_free(run->ended);
    g_free(run);
}

static Frame *frame_new(Frame *parent)
{
    Frame *frame = g_new0(Frame, 1);

    frame->parent = parent;
    frame->children = g_ptr_array_new_with_free_func(frame_free);
    if (parent != NULL)
        g_ptr_array_add(parent->children, frame);
    return frame;
}

static Frame *frame_start(RunState *run, Frame *parent, const char *start_at, const json_t *input)
{
    Frame *frame = frame_new(parent);

    frame->id = run->next_id++;
    frame->state = g_strdup(start_at);
    frame->data = json_incref((json_t *)input);
    frame->retry_counts = json_array();
    return frame;
}

RunState *run_state_new(const char *start_at, const json_t *input)
{
    RunState *run = g_new0(RunState, 1);

    run->next_id = 1;
    run->root = frame_start(run, NULL, start_at, input);
    return run;
}

Frame *frame_add_child(RunState *run, Frame *parent, int64_t index, const char *start_at, const json_t *input)
{
    Frame *child = frame_start(run, parent, start_at, input);

    child->index = index;
    child->last_event = parent->last_event;
    child->turn = run->turns;
    return child;
}

void frame_remove(Frame *child)
{
    g_ptr_array_remove(child->parent->children, child);
}

void frame_remove_children(Frame *frame)
{
    g_ptr_array_set_size(frame->children, 0);
    g_clear_pointer(&frame->fan_out, fan_out_free);
}

static void each(Frame *frame, void (*visit)(Frame *frame, void *data), void *data)
{
    visit(frame, data);
    for (guint i = 0; i < frame->children->len; i++)
        each(g_ptr_array_index(frame->children, i), visit, data);
}

void run_state_each(const RunState *run, void (*visit)(Frame *frame, void *data), void *data)
{
    if (run->root != NULL)
        each(run->root, visit, data);
}

typedef struct FrameSearch {
    int64_t id;
    Frame *found;
} FrameSearch;

static void look_at(Frame *frame, void *data)
{
    FrameSearch *search = data;

    if (frame->id == search->id)
        search->found = frame;
}

Frame *run_state_find(const RunState *run, int64_t frame_id)
{
    FrameSearch search = {.id = frame_id};

    run_state_each(run, look_at, &search);
    return search.found;
}

/* ---- as JSON: short names, and only what is not zero, since it is written after every step ---- */

typedef struct IntField {
    const char *name;
    size_t offset;
} IntField;

static const IntField frame_ints[] = {
    {"id", G_STRUCT_OFFSET(Frame, id)},
    {"index", G_STRUCT_OFFSET(Frame, index)},
    {"turn", G_STRUCT_OFFSET(Frame, turn)},
    {"retries", G_STRUCT_OFFSET(Frame, retries)},
    {"enteredEvent", G_STRUCT_OFFSET(Frame, entered_event)},
    {"lastEvent", G_STRUCT_OFFSET(Frame, last_event)},
    {"enteredMs", G_STRUCT_OFFSET(Frame, entered_ms)},
    {"wakeAtMs", G_STRUCT_OFFSET(Frame, wake_at_ms)},
    {"timeoutMs", G_STRUCT_OFFSET(Frame, timeout_ms)},
    {"deadlineMs", G_STRUCT_OFFSET(Frame, deadline_ms)},
    {"heartbeatMs", G_STRUCT_OFFSET(Frame, heartbeat_ms)},
    {"heartbeatAtMs", G_STRUCT_OFFSET(Frame, heartbeat_at_ms)},
};

static const IntField frame_values[] = {
    {"data", G_STRUCT_OFFSET(Frame, data)},
    {"variables", G_STRUCT_OFFSET(Frame, variables)},
    {"retryCounts", G_STRUCT_OFFSET(Frame, retry_counts)},
    {"task", G_STRUCT_OFFSET(Frame, task)},
};

static const IntField fan_ints[] = {
    {"length", G_STRUCT_OFFSET(FanOut, length)},
    {"started", G_STRUCT_OFFSET(FanOut, started)},
    {"failed", G_STRUCT_OFFSET(FanOut, failed)},
    {"succeeded", G_STRUCT_OFFSET(FanOut, succeeded)},
    {"concurrency", G_STRUCT_OFFSET(FanOut, concurrency)},
    {"toleratedCount", G_STRUCT_OFFSET(FanOut, tolerated_count)},
    {"lastSuccessEvent", G_STRUCT_OFFSET(FanOut, last_success_event)},
};

static const IntField fan_values[] = {
    {"inputs", G_STRUCT_OFFSET(FanOut, inputs)},
    {"items", G_STRUCT_OFFSET(FanOut, items)},
    {"results", G_STRUCT_OFFSET(FanOut, results)},
    {"failures", G_STRUCT_OFFSET(FanOut, failures)},
    {"again", G_STRUCT_OFFSET(FanOut, again)},
};

static void put_ints(json_t *object, const void *data, const IntField *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = G_STRUCT_MEMBER(int64_t, data, fields[i].offset);
        if (value != 0)
            json_object_set_new(object, fields[i].name, json_integer(value));
    }
}

static void get_ints(const json_t *object, void *data, const IntField *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        G_STRUCT_MEMBER(int64_t, data, fields[i].offset) = json_integer_value(json_object_get(object, fields[i].name));
}

static void put_values(json_t *object, const void *data, const IntField *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_object_set(object, fields[i].name, G_STRUCT_MEMBER(json_t *, data, fields[i].offset));
}

static void get_values(const json_t *object, void *data, const IntField *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        G_STRUCT_MEMBER(json_t *, data, fields[i].offset) = json_incref(json_object_get(object, fields[i].name));
}

static json_t *fan_out_json(const FanOut *fan_out)
{
    json_t *object = json_object();

    put_ints(object, fan_out, fan_ints, G_N_ELEMENTS(fan_ints));
    put_values(object, fan_out, fan_values, G_N_ELEMENTS(fan_values));
    json_object_set_new(object, "toleratedPercentage", json_real(fan_out->tolerated_percentage));
    return object;
}

static FanOut *fan_out_read(const json_t *object)
{
    FanOut *fan_out = g_new0(FanOut, 1);

    get_ints(object, fan_out, fan_ints, G_N_ELEMENTS(fan_ints));
    get_values(object, fan_out, fan_values, G_N_ELEMENTS(fan_values));
    fan_out->tolerated_percentage = json_number_value(json_object_get(object, "toleratedPercentage"));
    return fan_out;
}

static json_t *frame_json(const Frame *frame)
{
    json_t *object = json_pack("{s:i, s:s}", "phase", (int)frame->phase, "state", frame->state);

    put_ints(object, frame, frame_ints, G_N_ELEMENTS(frame_ints));
    put_values(object, frame, frame_values, G_N_ELEMENTS(frame_values));
    if (frame->fan_out != NULL)
        json_object_set_new(object, "fanOut", fan_out_json(frame->fan_out));
    if (frame->children->len > 0) {
        json_t *children = json_array();
        for (guint i = 0; i < frame->children->len; i++)
            json_array_append_new(children, frame_json(g_ptr_array_index(frame->children, i)));
        json_object_set_new(object, "children", children);
    }
    return object;
}

static Frame *frame_read(const json_t *object, Frame *parent)
{
    Frame *frame = frame_new(parent);
    const json_t *fan_out = json_object_get(object, "fanOut");
    const json_t *children = json_object_get(object, "children");

    frame->phase = (FramePhase)CLAMP(json_integer_value(json_object_get(object, "phase")), 0, FRAME_PHASES - 1);
    frame->state = g_strdup(json_string_value(json_object_get(object, "state")));
    get_ints(object, frame, frame_ints, G_N_ELEMENTS(frame_ints));
    get_values(object, frame, frame_values, G_N_ELEMENTS(frame_values));
    if (frame->retry_counts == NULL)
        frame->retry_counts = json_array();
    if (fan_out != NULL)
        frame->fan_out = fan_out_read(fan_out);
    for (size_t i = 0; i < json_array_size(children); i++)
        frame_read(json_array_get(children, i), frame);
    return frame;
}

char *run_state_text(const RunState *run)
{
    json_t *object = json_pack("{s:I, s:I, s:I}", "nextId", (json_int_t)run->next_id, "turns", (json_int_t)run->turns,
        "eventCount", (json_int_t)run->event_count);

    if (run->root != NULL)
        json_object_set_new(object, "root", frame_json(run->root));
    if (run->ended != NULL)
        json_object_set_new(object, "ended", frame_json(run->ended));
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

RunState *run_state_parse(const char *text)
{
    json_t *object = asl_json_parse(text);
    const json_t *root = json_object_get(object, "root");
    const json_t *ended = json_object_get(object, "ended");
    RunState *run = json_is_object(object) ? g_new0(RunState, 1) : NULL;

    if (run != NULL) {
        run->next_id = json_integer_value(json_object_get(object, "nextId"));
        run->turns = json_integer_value(json_object_get(object, "turns"));
        run->event_count = json_integer_value(json_object_get(object, "eventCount"));
        run->root = root != NULL ? frame_read(root, NULL) : NULL;
        run->ended = ended != NULL ? frame_read(ended, NULL) : NULL;
    }
    json_decref(object);
    return run;
}

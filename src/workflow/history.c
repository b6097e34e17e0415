#include "workflow/history.h"

#include "workflow/asl/data.h"

#include <string.h>

static void event_clear(gpointer data)
{
    g_free(((HistoryEvent *)data)->details);
}

void history_init(History *history)
{
    history->events = g_array_new(FALSE, FALSE, sizeof(HistoryEvent));
    g_array_set_clear_func(history->events, event_clear);
}

void history_clear(History *history)
{
    g_clear_pointer(&history->events, g_array_unref);
}

void history_add(
    History *history, int64_t id, int64_t previous_id, const char *type, int64_t time_ms, json_t *take_details)
{
    HistoryEvent event = {
        .id = id,
        .previous_id = previous_id,
        .type = g_intern_string(type),
        .timestamp_ms = time_ms,
        .details = take_details != NULL ? json_dumps(take_details, JSON_COMPACT) : g_strdup("{}"),
    };

    json_decref(take_details);
    g_array_append_val(history->events, event);
}

void history_cut(History *history, int64_t last_id)
{
    guint keep = history->events->len;

    while (keep > 0 && history_at(history, keep - 1)->id > last_id)
        keep--;
    g_array_set_size(history->events, keep);
}

json_t *history_data_details(const char *name, const char *field, const json_t *value)
{
    g_autofree char *text = asl_json_text(value);
    g_autofree char *field_details = g_strconcat(field, "Details", NULL);
    json_t *details = json_object();

    if (name != NULL)
        json_object_set_new(details, "name", json_string(name));
    json_object_set_new(details, field, json_string(text != NULL ? text : ""));
    json_object_set_new(details, field_details, json_pack("{s:b}", "truncated", 0));
    return details;
}

json_t *history_error_details(const char *error, const char *cause)
{
    json_t *details = json_object();

    if (error != NULL)
        json_object_set_new(details, "error", json_string(error));
    if (cause != NULL)
        json_object_set_new(details, "cause", json_string(cause));
    return details;
}

/* "stateEnteredEventDetails" of "PassStateEntered", "taskFailedEventDetails" of "TaskFailed"; NULL for events that have
 * none. */
static char *details_name(const char *type)
{
    static const char *const bare[] = {"ParallelStateStarted", "ParallelStateSucceeded", "ParallelStateFailed",
        "ParallelStateAborted", "MapStateSucceeded", "MapStateFailed", "MapStateAborted", "TaskStateAborted",
        "WaitStateAborted", "LambdaFunctionStarted", NULL};

    if (g_strv_contains(bare, type))
        return NULL;
    if (g_str_has_suffix(type, "StateEntered"))
        return g_strdup("stateEnteredEventDetails");
    if (g_str_has_suffix(type, "StateExited"))
        return g_strdup("stateExitedEventDetails");
    char *name = g_strconcat(type, "EventDetails", NULL);
    name[0] = g_ascii_tolower(name[0]);
    return name;
}

json_t *history_event_json(int64_t id, int64_t previous_id, const char *type, int64_t timestamp_ms, const char *details)
{
    g_autofree char *name = details_name(type);
    json_t *event = json_pack("{s:f, s:s, s:I, s:I}", "timestamp", (double)timestamp_ms / 1000.0, "type", type, "id",
        (json_int_t)id, "previousEventId", (json_int_t)previous_id);

    if (name != NULL)
        json_object_set_new(event, name, asl_json_parse(details));
    return event;
}

#include "workflow/history.h"

#include "base/clock.h"
#include "workflow/asl_data.h"

static void event_clear(gpointer data)
{
    HistoryEvent *event = data;

    g_free(event->type);
    g_free(event->details);
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

void history_add(History *history, const char *type, json_t *take_details)
{
    HistoryEvent event = {
        .type = g_strdup(type),
        .timestamp_ms = clock_now_ms(),
        .details = asl_json_text(take_details),
    };

    json_decref(take_details);
    g_array_append_val(history->events, event);
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

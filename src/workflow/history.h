/* Internal to workflow/: the history events of one step, before they are stored. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdint.h>

typedef struct HistoryEvent {
    int64_t id, previous_id;
    const char *type; /* interned */
    int64_t timestamp_ms;
    char *details; /* JSON text: what GetExecutionHistory shows inside the event's details member */
} HistoryEvent;

typedef struct History {
    GArray *events; /* HistoryEvent */
} History;

void history_init(History *history);
void history_clear(History *history);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(History, history_clear)

/* One event; take_details may be NULL. */
void history_add(
    History *history, int64_t id, int64_t previous_id, const char *type, int64_t time_ms, json_t *take_details);
/* Drops the events with an id above this. */
void history_cut(History *history, int64_t last_id);

/* {"name", "<field>": text of value, "<field>Details": {"truncated": false}}; without a name if it is NULL. */
json_t *history_data_details(const char *name, const char *field, const json_t *value);
/* {"error", "cause"}, each only if it is not NULL. */
json_t *history_error_details(const char *error, const char *cause);

/* An event as GetExecutionHistory gives it; details is JSON text. A new reference. */
json_t *history_event_json(
    int64_t id, int64_t previous_id, const char *type, int64_t timestamp_ms, const char *details);

static inline const HistoryEvent *history_at(const History *history, size_t index)
{
    return &g_array_index(history->events, HistoryEvent, index);
}

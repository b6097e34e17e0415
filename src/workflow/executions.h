/* What is told of executions and their histories: reading only. Any thread. */
#pragma once

#include "workflow/workflow.h"

typedef struct ExecutionRecord {
    char *arn, *machine_arn, *name;
    char *status;
    char *input, *output; /* JSON text; output NULL unless it has succeeded */
    char *error, *cause;  /* or NULL */
    char *definition;     /* of the machine as it was at the start */
    char *role_arn;       /* the same */
    int64_t started_ms;
    int64_t stopped_ms; /* 0 while it runs */
    int64_t redrive_count;
    int64_t redriven_ms; /* 0: never */
    int64_t event_count;
} ExecutionRecord;

void execution_record_clear(ExecutionRecord *record);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExecutionRecord, execution_record_clear)

/* *ret_found false: there is none with this ARN. */
FALLIBLE bool execution_record_find(
    DbTx *tx, const char *arn, ExecutionRecord *ret_record, bool *ret_found, GError **error);

typedef enum RedriveFilter { REDRIVES_ANY, REDRIVES_ONLY, REDRIVES_NONE } RedriveFilter;

typedef struct ExecutionsQuery {
    const char *machine_arn;
    const char *status; /* NULL: all */
    RedriveFilter redrives;
    int64_t before_ms; /* only those before this start and ARN; INT64_MAX and "": all */
    const char *before_arn;
    uint32_t limit;
} ExecutionsQuery;

/* Borrowed until the visitor returns; input, output, error, cause, definition, role_arn and event_count are not
 * filled. */
typedef void (*ExecutionVisitor)(void *data, const ExecutionRecord *record);

/* Newest start first. */
FALLIBLE bool executions_list(
    DbTx *tx, const ExecutionsQuery *query, ExecutionVisitor visitor, void *data, GError **error);

typedef enum HistoryOrder { HISTORY_FORWARDS, HISTORY_BACKWARDS } HistoryOrder;

typedef struct HistoryQuery {
    const char *execution_arn;
    HistoryOrder order;
    int64_t position; /* the last event of the page before; 0: from the first, or the last */
    uint32_t limit;
} HistoryQuery;

/* An event as GetExecutionHistory gives it; *ret_events is a new reference to an array. It holds fewer than limit,
 * though at least one, when they are many bytes: *ret_position is that of the next page; 0 after the last event. */
FALLIBLE bool execution_history_read(
    DbTx *tx, const HistoryQuery *query, json_t **ret_events, int64_t *ret_position, GError **error);

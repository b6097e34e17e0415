#include "index/execution_index_ops.h"

#include <string.h>

#define DETAIL_TYPE "Step Functions Execution Status Change"

/* Every status, with its rank among the events of one execution. */
static const struct {
    const char *name;
    int64_t rank;
} statuses[] = {
    {"RUNNING", 0},
    {"PENDING_REDRIVE", 1},
    {"SUCCEEDED", 2},
    {"FAILED", 2},
    {"TIMED_OUT", 2},
    {"ABORTED", 2},
};

static int64_t rank_of(const char *status)
{
    for (size_t i = 0; status != NULL && i < G_N_ELEMENTS(statuses); i++)
        if (strcmp(statuses[i].name, status) == 0)
            return statuses[i].rank;
    return -1;
}

static bool check_status(const char *status, GError **error)
{
    if (status == NULL || rank_of(status) >= 0)
        return true;
    return fail(error, ERROR_INVALID,
        "status '%.32s': expected RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE", status);
}

void execution_index_close(ExecutionIndex *index)
{
    if (index != NULL)
        index->ops->close(index);
}

/* ---- events in ---- */

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static bool is_missing_text(const IndexEvent *event)
{
    const IndexedExecution *execution = &event->execution;

    return event->id == NULL || execution->execution_arn == NULL || execution->state_machine_arn == NULL ||
           execution->name == NULL;
}

static bool read_event(const json_t *json, IndexEvent *ret_event, GError **error)
{
    const json_t *detail = json_object_get(json, "detail");
    const IndexEvent event = {
        .id = text_of(json, "id"),
        .json = json,
        .execution =
            {
                .execution_arn = text_of(detail, "executionArn"),
                .state_machine_arn = text_of(detail, "stateMachineArn"),
                .name = text_of(detail, "name"),
                .status = text_of(detail, "status"),
                .started_ms = json_integer_value(json_object_get(detail, "startDate")),
                .stopped_ms = json_integer_value(json_object_get(detail, "stopDate")),
            },
        .redrive_count = json_integer_value(json_object_get(detail, "redriveCount")),
        .rank = rank_of(text_of(detail, "status")),
    };

    if (g_strcmp0(text_of(json, "source"), "aws.states") != 0 ||
        g_strcmp0(text_of(json, "detail-type"), DETAIL_TYPE) != 0)
        return fail(error, ERROR_INVALID, "event: expected source aws.states and detail-type " DETAIL_TYPE);
    if (is_missing_text(&event) || event.rank < 0 || event.execution.started_ms <= 0)
        return fail(error, ERROR_INVALID,
            "event: expected id and, in detail, executionArn, stateMachineArn, name, status and startDate");
    *ret_event = event;
    return true;
}

bool execution_index_put(ExecutionIndex *index, DbTx *tx, const json_t *event, GError **error)
{
    IndexEvent read = {0};

    TRY(read_event(event, &read, error));
    return index->ops->put(index, tx, &read, error);
}

static int compare(int64_t left, int64_t right)
{
    return (left > right) - (left < right);
}

int index_event_compare(const IndexEvent *left, const IndexEvent *right)
{
    const int started = compare(left->execution.started_ms, right->execution.started_ms);
    const int redriven = compare(left->redrive_count, right->redrive_count);

    if (started != 0)
        return started;
    return redriven != 0 ? redriven : compare(left->rank, right->rank);
}

/* ---- answers out ---- */

bool execution_index_query(
    ExecutionIndex *index, const IndexQuery *query, IndexVisitor visitor, void *data, GError **error)
{
    IndexQuery checked = *query;

    TRY(check_status(query->status, error));
    if (checked.to_ms == 0)
        checked.to_ms = INT64_MAX;
    if (checked.limit == 0)
        checked.limit = UINT32_MAX;
    if (checked.to_ms < checked.from_ms)
        return fail(error, ERROR_INVALID, "range of time: expected an end that is not before its beginning");
    return index->ops->query(index, &checked, visitor, data, error);
}

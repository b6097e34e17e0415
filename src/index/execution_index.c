#include "index/execution_index_ops.h"

static bool check_status(const char *status, GError **error)
{
    static const char *const known[] = {"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", NULL};

    if (status == NULL || g_strv_contains(known, status))
        return true;
    return fail(
        error, ERROR_INVALID, "status '%.32s': expected RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED", status);
}

void execution_index_close(ExecutionIndex *index)
{
    if (index != NULL)
        index->ops->close(index);
}

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

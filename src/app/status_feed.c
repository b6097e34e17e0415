#include "app/status_feed.h"

#include "index/index_store.h"
#include "jobs/jobs.h"

static bool put(void *data, DbTx *tx, const json_t *event, GError **error)
{
    return execution_index_put(data, tx, event, error);
}

ExecutionIndex *status_feed_open(Db *db, Workflow *workflow)
{
    ExecutionIndex *index = index_store_open(db);

    workflow_set_status_sink(workflow, put, index);
    workflow_set_redrive_guard(workflow, job_redrive_refusal, NULL); /* the events tell it, too */
    return index;
}

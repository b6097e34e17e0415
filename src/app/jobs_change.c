/* trawl jobs cancel, pause, resume and retry: directly on the store, with or without a server. */
#include "app/job_printer.h"
#include "app/jobs_command.h"
#include "app/status_feed.h"
#include "jobs/jobs.h"
#include "workflow/scanner_machine.h"

/* What a change does to executions, the index is told of. */
typedef struct FedWorkflow {
    ExecutionIndex *index;
    Workflow *workflow;
} FedWorkflow;

static void fed_workflow_clear(FedWorkflow *fed)
{
    workflow_free(fed->workflow);
    execution_index_close(fed->index);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FedWorkflow, fed_workflow_clear)

static bool workflow_of(Db *db, FedWorkflow *fed, GError **error)
{
    fed->workflow = workflow_new(&(WorkflowOptions){.db = db});
    fed->index = status_feed_open(db, fed->workflow);
    return workflow_add_machine(fed->workflow, JOB_MACHINE, scanner_machine_definition(), error);
}

static bool print_now(Db *db, const JobsOptions *options, GError **error)
{
    g_auto(JobStatus) status = {0};

    TRY(job_status(db, &options->job, JOB_REAL_TIME, &status, error));
    if (options->format != FORMAT_TABLE) {
        job_print_one(&status, options->format);
        return true;
    }
    (void)printf("job %s: %s%s: %s\n", status.job_id.text, status.status, status.is_paused ? ", paused" : "",
        status.status_message);
    return true;
}

bool jobs_cancel(Db *db, const JobsOptions *options, G_GNUC_UNUSED ExitStatus *ret_status, GError **error)
{
    g_auto(FedWorkflow) fed = {0};

    TRY(workflow_of(db, &fed, error));
    TRY(job_cancel(db, fed.workflow, &options->job, error));
    return print_now(db, options, error);
}

bool jobs_pause(Db *db, const JobsOptions *options, G_GNUC_UNUSED ExitStatus *ret_status, GError **error)
{
    TRY(job_pause(db, &options->job, error));
    return print_now(db, options, error);
}

bool jobs_resume(Db *db, const JobsOptions *options, G_GNUC_UNUSED ExitStatus *ret_status, GError **error)
{
    TRY(job_resume(db, &options->job, error));
    return print_now(db, options, error);
}

/* A job of trawl scan is nobody else's to run. */
static bool say_who_goes_on(Db *db, const JobsOptions *options, GError **error)
{
    g_auto(JobStatus) status = {0};

    TRY(job_status(db, &options->job, JOB_REAL_TIME, &status, error));
    if (status.runner != NULL)
        (void)fprintf(
            stderr, "It was started by trawl scan: trawl scan --resume %s goes on with it.\n", status.job_id.text);
    return true;
}

bool jobs_retry(Db *db, const JobsOptions *options, G_GNUC_UNUSED ExitStatus *ret_status, GError **error)
{
    const JobRetryScope scope = options->is_all ? JOB_RETRY_ALL : JOB_RETRY_FAILED;
    g_auto(FedWorkflow) fed = {0};
    g_auto(JobRetried) retried = {0};

    TRY(workflow_of(db, &fed, error));
    TRY(job_retry(db, fed.workflow, &options->job, scope, &retried, error));
    (void)fprintf(stderr, "%" G_GUINT64_FORMAT " objects are queued again%s\n", retried.objects,
        retried.is_continued ? ", and listing goes on" : "");
    TRY(print_now(db, options, error));
    return say_who_goes_on(db, options, error);
}

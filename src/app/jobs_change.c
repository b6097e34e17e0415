/* trawl jobs cancel, pause, resume and retry: directly on the store, with or without a server. */
#include "app/job_printer.h"
#include "app/jobs_command.h"
#include "jobs/jobs.h"
#include "workflow/scanner_machine.h"

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
    TRY(job_cancel(db, &options->job, error));
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

static bool workflow_of(Db *db, Workflow **ret_workflow, GError **error)
{
    g_autoptr(Workflow) workflow = workflow_new(&(WorkflowOptions){.db = db});

    TRY(workflow_add_machine(workflow, JOB_MACHINE, scanner_machine_definition(), error));
    *ret_workflow = g_steal_pointer(&workflow);
    return true;
}

bool jobs_retry(Db *db, const JobsOptions *options, G_GNUC_UNUSED ExitStatus *ret_status, GError **error)
{
    const JobRetryScope scope = options->is_all ? JOB_RETRY_ALL : JOB_RETRY_FAILED;
    g_autoptr(Workflow) workflow = NULL;
    g_auto(JobRetried) retried = {0};

    TRY(workflow_of(db, &workflow, error));
    TRY(job_retry(db, workflow, &options->job, scope, &retried, error));
    (void)fprintf(stderr, "%" G_GUINT64_FORMAT " objects are queued again%s\n", retried.objects,
        retried.is_continued ? ", and listing goes on" : "");
    TRY(print_now(db, options, error));
    return say_who_goes_on(db, options, error);
}

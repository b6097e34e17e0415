#include "app/batch_task.h"

#include "base/log.h"
#include "jobs/job_options.h"
#include "jobs/jobs.h"
#include "listing/batch_json.h"

#include <string.h>

static void set_task_error(TaskError *ret_error, const GError *error)
{
    g_autofree char *folded = g_strdup(error_kind_name(error_kind(error)));
    GString *name = g_string_new("trawl.");
    bool is_start = true;

    for (const char *at = folded; *at != '\0'; at++) { /* not_found -> trawl.NotFound */
        if (*at != '_')
            g_string_append_c(name, is_start ? g_ascii_toupper(*at) : *at);
        is_start = *at == '_';
    }
    ret_error->name = g_string_free(name, FALSE);
    ret_error->cause = g_strdup(error->message);
}

static bool list_batch(BatchTask *task, const JobStatus *job, BatchResult *ret_result, GError **error)
{
    g_auto(JobOptions) options = {0};
    ObjectSource *source = NULL;

    TRY(job_options_parse(job->options, &options, error));
    TRY(source_pool_acquire(task->sources, job->bucket, job->options, &source, error));
    BatchRequest request = {
        .job_id = job->job_id,
        .prefix = job->prefix,
        .source = source,
        .filter = {.include = (const char *const *)options.include,
            .exclude = (const char *const *)options.exclude,
            .max_object_bytes = options.max_object_bytes},
    };
    bool is_ok = listing_process_batch(task->db, &request, ret_result, error);
    source_pool_release(task->sources, source);
    return is_ok;
}

static void tell_batch(const JobId *id, const BatchResult *result)
{
    log_info("batch.listed", "job", id->text, "objects", log_int((int64_t)result->batch_size), "total",
        log_int((int64_t)result->objects_processed), "done", result->is_done ? "true" : "false", NULL);
}

static bool check_goes_on(const JobStatus *job, GError **error)
{
    bool has_ended = g_str_equal(job->status, "aborted") || g_str_equal(job->status, "failed");

    return !has_ended || fail(error, ERROR_CONFLICT, "job %s: it was ended while it was being listed: it is %s",
                             job->job_id.text, job->status);
}

bool batch_task_list_all(BatchTask *task, const JobId *id, uint64_t *ret_objects, GError **error)
{
    bool is_done = false;

    while (!is_done) {
        g_auto(JobStatus) job = {0};
        g_auto(BatchResult) result = {0};
        TRY(job_status(task->db, id, JOB_REAL_TIME, &job, error));
        TRY(check_goes_on(&job, error));
        TRY(list_batch(task, &job, &result, error));
        tell_batch(id, &result);
        is_done = result.is_done;
        *ret_objects = result.objects_processed;
    }
    return true;
}

static bool run_batch(BatchTask *task, const json_t *input, json_t **ret_output, GError **error)
{
    g_auto(JobStatus) job = {0};
    g_auto(BatchResult) result = {0};
    g_auto(BatchInput) batch = {0};

    TRY(batch_input_parse(input, &batch, error));
    TRY(job_status(task->db, &batch.job_id, JOB_REAL_TIME, &job, error));
    TRY(list_batch(task, &job, &result, error));
    tell_batch(&batch.job_id, &result);
    *ret_output = batch_output_format(&batch, &result);
    return true;
}

bool batch_task_run(void *data, const json_t *input, json_t **ret_output, TaskError *ret_error)
{
    g_autoptr(GError) error = NULL;

    if (run_batch(data, input, ret_output, &error))
        return true;
    log_warning("batch.failed", "reason", error->message, NULL);
    set_task_error(ret_error, error);
    return false;
}

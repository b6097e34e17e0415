#include "listing/batch_json.h"

void batch_input_clear(BatchInput *input)
{
    g_clear_pointer(&input->bucket, g_free);
    g_clear_pointer(&input->prefix, g_free);
    g_clear_pointer(&input->continuation_token, g_free);
}

/* A string field, or NULL if it is absent or null. */
static bool read_text(const json_t *json, const char *name, const char **ret_text, GError **error)
{
    const json_t *value = json_object_get(json, name);

    if (value != NULL && !json_is_null(value) && !json_is_string(value))
        return fail(error, ERROR_INVALID, "batch input: %s: expected a string or null", name);
    *ret_text = json_string_value(value);
    return true;
}

static bool read_count(const json_t *json, const char *name, uint64_t *ret_count, GError **error)
{
    const json_t *value = json_object_get(json, name);

    if (value != NULL && !json_is_null(value) && (!json_is_integer(value) || json_integer_value(value) < 0))
        return fail(error, ERROR_INVALID, "batch input: %s: expected an integer, 0 or more", name);
    *ret_count = (uint64_t)json_integer_value(value);
    return true;
}

bool batch_input_parse(const json_t *json, BatchInput *ret_input, GError **error)
{
    const char *job_id = NULL, *bucket = NULL, *prefix = NULL, *token = NULL;
    BatchInput input = {0};

    if (!json_is_object(json))
        return fail(error, ERROR_INVALID, "batch input: expected an object");
    TRY(read_text(json, "job_id", &job_id, error));
    TRY(read_text(json, "bucket", &bucket, error));
    TRY(read_text(json, "prefix", &prefix, error));
    TRY(read_text(json, "continuation_token", &token, error));
    TRY(read_count(json, "objects_processed", &input.objects_processed, error));
    if (job_id == NULL || bucket == NULL || *bucket == '\0')
        return fail(error, ERROR_INVALID, "batch input: %s is required", job_id == NULL ? "job_id" : "bucket");
    TRY(job_id_parse(job_id, &input.job_id, error));
    input.bucket = g_strdup(bucket);
    input.prefix = g_strdup(prefix != NULL ? prefix : "");
    input.continuation_token = g_strdup(token);
    *ret_input = input;
    return true;
}

json_t *batch_output_format(const BatchInput *input, const BatchResult *result)
{
    json_int_t stored = (json_int_t)result->batch_size;

    return json_pack("{s:s, s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:b}", "job_id", input->job_id.text, "bucket",
        input->bucket, "prefix", input->prefix, "continuation_token", result->continuation_token, "objects_processed",
        (json_int_t)result->objects_processed, "batch_size", stored, "messages_enqueued", stored, "pages_enqueued",
        (json_int_t)result->pages_enqueued, "done", result->is_done ? 1 : 0);
}

/* ListObjectsV2. */
#include "aws/s3_internal.h"

#define ANSWER_MAX ((size_t)32 * 1024 * 1024)
#define CHUNK      ((size_t)32 * 1024)

static bool list_once(S3Client *client, const S3Call *call, S3Cure *ret_cure, AwsCredentials *ret_used,
    S3ListResult *ret_result, GError **error);

bool s3_list_objects(S3Client *client, const S3ListRequest *request, S3ListResult *ret_result, GError **error)
{
    g_auto(AwsCredentials) used = {.expires_at_ms = -1};
    g_autofree char *start_after = g_strndup((const char *)request->start_after.data, request->start_after.len);
    char max_keys[16];
    S3Attempts attempts = {0};
    SigV4Pair query[6] = {{"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", max_keys}};
    S3Call call = {.key_path = "", .query = query, .query_count = 3};

    g_snprintf(max_keys, sizeof max_keys, "%u", request->max_keys);
    if (*request->prefix != '\0')
        query[call.query_count++] = (SigV4Pair){"prefix", request->prefix};
    if (request->token != NULL)
        query[call.query_count++] = (SigV4Pair){"continuation-token", request->token};
    else if (request->start_after.len > 0)
        query[call.query_count++] = (SigV4Pair){"start-after", start_after};
    for (;;) {
        g_autoptr(GError) problem = NULL;
        S3Cure cure = S3_CURE_NONE;

        if (list_once(client, &call, &cure, &used, ret_result, &problem)) {
            aws_retry_succeeded(client->retry, attempts.made + 1);
            return true;
        }
        TRY(s3_try_again(client, &attempts, g_steal_pointer(&problem), cure, &used, error));
    }
}

static bool read_xml(HttpTransfer *transfer, S3Xml *xml, GError **error)
{
    g_autofree uint8_t *buffer = g_malloc(CHUNK);
    size_t total = 0;
    size_t len = 0;

    for (;;) {
        TRY(http_read(transfer, buffer, CHUNK, &len, error));
        if (len == 0)
            return s3_xml_finish(xml, error);
        total += len;
        if (total > ANSWER_MAX)
            return fail(error, ERROR_PROTOCOL, "the listing is longer than %zu bytes", ANSWER_MAX);
        TRY(s3_xml_feed(xml, buffer, len, error));
    }
}

static bool list_once(S3Client *client, const S3Call *call, S3Cure *ret_cure, AwsCredentials *ret_used,
    S3ListResult *ret_result, GError **error)
{
    g_autoptr(HttpTransfer) transfer = NULL;
    g_autofree char *resource = s3_resource_name(client, (Bytes){0});
    g_autoptr(S3Xml) xml = s3_xml_new(1000);
    HttpResponse response;
    S3ErrorAnswer answer;

    TRY(s3_start(client, call, &transfer, ret_used, error));
    bool is_read = http_wait(transfer, &response, error);
    if (is_read && response.status != 200)
        return s3_fail_with_answer(client, transfer, &response, resource, ret_cure, error);
    if (!is_read || !read_xml(transfer, xml, error)) {
        g_prefix_error(error, "%s: ", resource);
        return false;
    }
    if (s3_xml_error(xml, &answer))
        return s3_fail_with_document(client, &response, &answer, resource, ret_cure, error);
    if (!s3_xml_listing(xml, ret_result, error)) {
        g_prefix_error(error, "%s: ", resource);
        return false;
    }
    return true;
}

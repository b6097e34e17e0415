#include "api/scan_request.h"

#include "api/scan_directory.h"
#include "api/scan_options.h"

#include <string.h>

enum { BUCKET_MIN = 3, BUCKET_MAX = 63, PREFIX_MAX_BYTES = 1024 };

static const char file_scheme[] = "file:";

void scan_request_clear(ScanRequest *request)
{
    g_clear_pointer(&request->bucket, g_free);
    g_clear_pointer(&request->prefix, g_free);
    g_clear_pointer(&request->options, g_free);
}

static bool parse_object(Bytes body, json_t **ret_root, GError **error)
{
    json_error_t where;

    if (body.len == 0)
        return fail(error, ERROR_INVALID, "the request body is empty; expected a JSON object with field 'bucket'");
    json_t *root = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (root == NULL)
        return fail(error, ERROR_INVALID, "the request body is not JSON: line %d, column %d: %s", where.line,
            where.column, where.text);
    if (!json_is_object(root)) {
        (void)fail(error, ERROR_INVALID, "the request body: expected a JSON object, got %s", scan_json_type_name(root));
        json_decref(root);
        return false;
    }
    *ret_root = root;
    return true;
}

static bool check_fields(json_t *root, GError **error)
{
    static const char *const known[] = {"bucket", "prefix", "options", NULL};
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach(root, name, value) if (!g_strv_contains(known, name)) return fail(
        error, ERROR_INVALID, "field '%.64s' is not known; expected bucket, prefix and options", name);
    return true;
}

/* Borrowed; NULL if the field is not there. */
static bool get_text(const json_t *root, const char *name, const char **ret_text, GError **error)
{
    const json_t *value = json_object_get(root, name);

    if (value != NULL && !json_is_string(value))
        return fail(error, ERROR_INVALID, "field '%s': expected a string, got %s", name, scan_json_type_name(value));
    *ret_text = json_string_value(value);
    return true;
}

/* The S3 rules, but with upper case and '_', which older buckets and other stores have. No character that could leave
 * the place of a bucket's name in a host name or a path. */
static bool check_bucket_name(const char *bucket, GError **error)
{
    static const char allowed[] = G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS ".-_";
    const size_t len = strlen(bucket);

    if (len < BUCKET_MIN || len > BUCKET_MAX || strspn(bucket, allowed) != len || !g_ascii_isalnum(bucket[0]) ||
        strstr(bucket, "..") != NULL)
        return fail(error, ERROR_INVALID,
            "field 'bucket': '%.80s': expected a bucket's name: %d to %d letters, digits, '.', '-' and '_', the first "
            "a letter or digit, without '..'",
            bucket, BUCKET_MIN, BUCKET_MAX);
    return true;
}

static bool check_prefix(const char *prefix, GError **error)
{
    if (strlen(prefix) > PREFIX_MAX_BYTES)
        return fail(error, ERROR_INVALID, "field 'prefix': expected at most %d bytes", PREFIX_MAX_BYTES);
    return true;
}

/* A prefix of paths must stay below the directory, whoever joins the two. */
static bool check_directory_prefix(const char *prefix, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(prefix, "/", -1);

    if (prefix[0] == '/' || g_strv_contains((const char *const *)parts, ".."))
        return fail(error, ERROR_INVALID,
            "field 'prefix': expected a path below the directory, without '..' and without a "
            "'/' in front");
    return true;
}

static bool take_bucket(
    const char *bucket, const char *prefix, const ScanPolicy *policy, char **ret_bucket, GError **error)
{
    if (!g_str_has_prefix(bucket, file_scheme)) {
        TRY(check_bucket_name(bucket, error));
        *ret_bucket = g_strdup(bucket);
        return true;
    }
    TRY(scan_directory_resolve(policy->allow_files, bucket, ret_bucket, error));
    return check_directory_prefix(prefix, error);
}

static bool take_options(const json_t *root, const ScanPolicy *policy, char **ret_options, GError **error)
{
    json_t *merged = NULL;

    TRY(scan_options_merge(json_object_get(root, "options"), policy, &merged, error));
    char *text = json_dumps(merged, JSON_COMPACT);
    *ret_options = g_strdup(text);
    free(text);
    json_decref(merged);
    return true;
}

static bool take_fields(json_t *root, const ScanPolicy *policy, ScanRequest *ret_request, GError **error)
{
    g_auto(ScanRequest) request = {0};
    const char *bucket = NULL;
    const char *prefix = NULL;

    TRY(check_fields(root, error));
    TRY(get_text(root, "bucket", &bucket, error));
    TRY(get_text(root, "prefix", &prefix, error));
    if (bucket == NULL)
        return fail(error, ERROR_INVALID, "field 'bucket' is missing; expected a bucket's name");
    request.prefix = g_strdup(prefix != NULL ? prefix : "");
    TRY(check_prefix(request.prefix, error));
    TRY(take_bucket(bucket, request.prefix, policy, &request.bucket, error));
    TRY(take_options(root, policy, &request.options, error));

    *ret_request = (ScanRequest){
        .bucket = g_steal_pointer(&request.bucket),
        .prefix = g_steal_pointer(&request.prefix),
        .options = g_steal_pointer(&request.options),
    };
    return true;
}

bool scan_request_parse(Bytes body, const ScanPolicy *policy, ScanRequest *ret_request, GError **error)
{
    json_t *root = NULL;

    TRY(parse_object(body, &root, error));
    const bool is_good = take_fields(root, policy, ret_request, error);
    json_decref(root);
    return is_good;
}

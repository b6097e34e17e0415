#include "app/scan_target.h"

#include "objects/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void scan_target_clear(ScanTarget *target)
{
    g_clear_pointer(&target->bucket, g_free);
    g_clear_pointer(&target->prefix, g_free);
    g_clear_pointer(&target->only_key, g_free);
}

static bool is_bucket_name(const char *name)
{
    size_t len = strlen(name);

    return len >= 3 && len <= 255 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == len;
}

static bool parse_s3(const char *uri, ScanTarget *ret_target, GError **error)
{
    const char *rest = uri + strlen("s3://");
    const char *slash = strchr(rest, '/');
    g_autofree char *bucket = slash != NULL ? g_strndup(rest, (gsize)(slash - rest)) : g_strdup(rest);

    if (!is_bucket_name(bucket))
        return fail(error, ERROR_INVALID, "%s: '%s' is no bucket name: expected s3://BUCKET[/PREFIX]", uri, bucket);
    *ret_target = (ScanTarget){
        .bucket = g_steal_pointer(&bucket), .prefix = g_strdup(slash != NULL ? slash + 1 : ""), .only_key = NULL};
    return true;
}

static char *glob_escape(const char *name)
{
    GString *glob = g_string_new(NULL);

    for (const char *at = name; *at != '\0'; at++) {
        if (strchr("*?[\\", *at) != NULL)
            g_string_append_c(glob, '\\');
        g_string_append_c(glob, *at);
    }
    return g_string_free(glob, FALSE);
}

/* One file is a job on its directory that leaves everything else out. A name that is no text has an escaped key; a
 * prefix is text, so only the name's beginning can be one. */
static void target_one_file(const char *real_path, ScanTarget *ret_target)
{
    g_autofree char *folder = g_path_get_dirname(real_path);
    g_autofree char *name = g_path_get_basename(real_path);
    const Bytes raw = {.data = (const uint8_t *)name, .len = strlen(name)};
    g_autofree char *key = key_is_text(raw) ? g_strdup(name) : key_escape(raw, KEY_ESCAPE_NEEDED);
    const char *text_end = NULL;

    (void)g_utf8_validate(name, -1, &text_end);
    *ret_target = (ScanTarget){
        .bucket = g_filename_to_uri(folder, NULL, NULL),
        .prefix = g_strndup(name, (gsize)(text_end - name)),
        .only_key = glob_escape(key),
    };
}

static bool parse_path(const char *path, const char *shown, ScanTarget *ret_target, GError **error)
{
    g_autofree char *real = NULL;
    char *resolved = realpath(path, NULL);
    struct stat facts;

    if (resolved == NULL)
        return fail(error, errno == EACCES ? ERROR_FORBIDDEN : ERROR_NOT_FOUND,
            "%s: %s: expected s3://BUCKET[/PREFIX], file:///DIRECTORY or a path", shown, g_strerror(errno));
    real = g_strdup(resolved);
    free(resolved);
    if (stat(real, &facts) != 0)
        return fail(error, ERROR_IO, "%s: %s", shown, g_strerror(errno));
    if (S_ISREG(facts.st_mode)) {
        target_one_file(real, ret_target);
        return true;
    }
    if (!S_ISDIR(facts.st_mode))
        return fail(error, ERROR_INVALID, "%s: expected a directory or a regular file", shown);
    *ret_target = (ScanTarget){.bucket = g_filename_to_uri(real, NULL, NULL), .prefix = g_strdup("")};
    return true;
}

bool scan_target_parse(const char *uri, ScanTarget *ret_target, GError **error)
{
    if (g_str_has_prefix(uri, "s3://"))
        return parse_s3(uri, ret_target, error);
    if (g_str_has_prefix(uri, "file://")) {
        g_autoptr(GError) parse_error = NULL;
        g_autofree char *path = g_filename_from_uri(uri, NULL, &parse_error);
        if (path == NULL)
            return fail(error, ERROR_INVALID, "%s: expected file:///DIRECTORY: %s", uri, parse_error->message);
        return parse_path(path, uri, ret_target, error);
    }
    if (strstr(uri, "://") != NULL)
        return fail(error, ERROR_INVALID,
            "%s: unknown scheme: expected s3://BUCKET[/PREFIX], file:///DIRECTORY or a path", uri);
    return parse_path(uri, uri, ret_target, error);
}

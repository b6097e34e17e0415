#include "api/scan_directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_at_or_below(const char *root, const char *path)
{
    const size_t len = strlen(root);

    if (strcmp(root, "/") == 0)
        return path[0] == '/';
    return strncmp(path, root, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool refuse(const char *uri, GError **error)
{
    return fail(error, ERROR_FORBIDDEN,
        "field 'bucket': '%.200s' is not at or below the directory that this server's operator allows", uri);
}

/* Where a path leads is only told where it may be read: elsewhere "missing" and "forbidden" are the same answer. */
static bool refuse_missing(const char *root, const char *path, const char *uri, GError **error)
{
    g_autofree char *canonical = g_canonicalize_filename(path, "/");

    if (errno != ENOENT || !is_at_or_below(root, canonical))
        return refuse(uri, error);
    return fail(error, ERROR_NOT_FOUND, "field 'bucket': '%.200s' does not exist", uri);
}

bool scan_directory_resolve(const char *root, const char *uri, char **ret_uri, GError **error)
{
    if (root == NULL)
        return fail(error, ERROR_FORBIDDEN,
            "field 'bucket': this server scans no directories; the operator allows them with --allow-files DIR");

    g_autofree char *host = NULL;
    g_autofree char *path = g_filename_from_uri(uri, &host, NULL);
    if (path == NULL || host != NULL)
        return fail(error, ERROR_INVALID, "field 'bucket': '%.200s': expected file:///DIRECTORY", uri);

    char *real = realpath(path, NULL);
    if (real == NULL)
        return refuse_missing(root, path, uri, error);
    g_autofree char *resolved = g_strdup(real);
    free(real);
    if (!is_at_or_below(root, resolved))
        return refuse(uri, error);
    if (!g_file_test(resolved, G_FILE_TEST_IS_DIR))
        return fail(error, ERROR_INVALID, "field 'bucket': '%.200s': expected a directory", uri);
    *ret_uri = g_filename_to_uri(resolved, NULL, NULL);
    return true;
}

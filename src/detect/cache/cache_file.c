#include "detect/cache/cache_file.h"
#include "base/clock.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

enum { DAY_S = 24 * 60 * 60, UNUSED_MAX_S = 30 * DAY_S, HASH_DIGITS = 32 };

/* Since the file was last written or noted as used; 0 if that cannot be told. */
static int64_t age_s(const char *path)
{
    GStatBuf status;

    return g_stat(path, &status) == 0 ? clock_now_ms() / 1000 - (int64_t)status.st_mtime : 0;
}

char *cache_file_read(const char *path, gsize *ret_len)
{
    char *contents = NULL;

    if (!g_file_get_contents(path, &contents, ret_len, NULL))
        return NULL;
    if (age_s(path) > DAY_S)
        (void)g_utime(path, NULL);
    return contents;
}

/* Somebody may have named a directory that holds other files: "rules-" and 32 hexadecimal digits are not a name that
 * people give. What follows them may be the ending of a file that was not finished. */
static bool is_named(const char *name, const char *prefix, const char *suffix)
{
    size_t len = strlen(prefix);

    if (!g_str_has_prefix(name, prefix))
        return false;
    for (size_t i = 0; i < HASH_DIGITS; i++) {
        if (!g_ascii_isxdigit(name[len + i]))
            return false;
    }
    return g_str_has_prefix(name + len + HASH_DIGITS, suffix);
}

static void remove_unused(const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);

    if (dir == NULL)
        return;
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        bool is_ours =
            is_named(name, CACHE_RULES, CACHE_RULES_END) || is_named(name, CACHE_DATABASE, CACHE_DATABASE_END);
        if (is_ours && age_s(path) > UNUSED_MAX_S)
            (void)g_unlink(path);
    }
}

void cache_file_write(const char *path, Bytes header, Bytes body)
{
    g_autofree char *directory = g_path_get_dirname(path);

    if (g_mkdir_with_parents(directory, 0700) != 0)
        return;
    remove_unused(directory);
    g_autofree char *contents = g_malloc(header.len + body.len);
    memcpy(contents, header.data, header.len);
    memcpy(contents + header.len, body.data, body.len);
    (void)g_file_set_contents(path, contents, (gssize)(header.len + body.len), NULL);
}

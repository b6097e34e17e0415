#include "detect/cache/cache_file.h"
#include "base/clock.h"
#include "detect/detect.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

enum { DAY_S = 24 * 60 * 60, UNUSED_MAX_S = 30 * DAY_S, HASH_DIGITS = 32 };

/* Who may write here makes us load what they like: Hyperscan believes its own format. Root may anyway. */
static bool is_trusted(const struct stat *status)
{
    bool is_ours = status->st_uid == geteuid() || status->st_uid == 0;

    return is_ours && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* -1: there is none, or it is not to be trusted. */
static int open_directory(const char *directory, GError **error)
{
    struct stat status = {0};
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && fstat(fd, &status) == 0 && is_trusted(&status))
        return fd;
    if (fd < 0) {
        (void)fail(error, ERROR_IO, "%s: %s", directory, g_strerror(errno));
        return -1;
    }
    (void)close(fd);
    (void)fail(error, ERROR_INVALID, "%s: expected a directory of this user that nobody else may write to (chmod 700)",
        directory);
    return -1;
}

bool rule_cache_check(const char *cache_dir, GError **error)
{
    int fd = open_directory(cache_dir, error);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

/* Since the file was last written or noted as used; 0 if that cannot be told. */
static int64_t age_s(const char *path)
{
    GStatBuf status;

    return g_stat(path, &status) == 0 ? clock_now_ms() / 1000 - (int64_t)status.st_mtime : 0;
}

/* Closes the descriptor. */
static char *read_trusted(int take_fd, gsize *ret_len)
{
    struct stat status = {0};
    size_t done = 0;
    ssize_t got = 1;

    if (fstat(take_fd, &status) != 0 || !S_ISREG(status.st_mode) || !is_trusted(&status)) {
        (void)close(take_fd);
        return NULL;
    }
    const size_t len = (size_t)status.st_size;
    g_autofree char *contents = g_malloc(len + 1);
    while (done < len && got > 0) {
        got = read(take_fd, contents + done, len - done);
        done += got > 0 ? (size_t)got : 0;
    }
    (void)close(take_fd);
    *ret_len = done;
    return done == len ? g_steal_pointer(&contents) : NULL;
}

char *cache_file_read(const char *path, gsize *ret_len)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    int directory_fd = open_directory(directory, NULL);

    if (directory_fd < 0)
        return NULL;
    int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    (void)close(directory_fd);
    char *contents = fd >= 0 ? read_trusted(fd, ret_len) : NULL;
    if (contents != NULL && age_s(path) > DAY_S)
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

    if (g_mkdir_with_parents(directory, 0700) != 0 || !rule_cache_check(directory, NULL))
        return;
    remove_unused(directory);
    g_autofree char *contents = g_malloc(header.len + body.len);
    memcpy(contents, header.data, header.len);
    memcpy(contents + header.len, body.data, body.len);
    (void)g_file_set_contents_full(path, contents, (gssize)(header.len + body.len),
        G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_ONLY_EXISTING, 0600, NULL);
}

#include "objects/directory_walk.h"

#include "objects/directory_path.h"
#include "objects/key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One directory on the way. A name is kept as its text, with a slash at the end for a directory; the byte in front of
 * it is a NameKind, and behind an escaped text's NUL stands the raw name. */
typedef struct Level {
    char *key;        /* text of the directory's path, "" or ending with "/" */
    char *path;       /* the same as the file system spells it */
    GPtrArray *names; /* sorted */
    GStringChunk *memory;
    guint next;
    bool has_escaped; /* its path holds an escaped name */
} Level;

struct DirectoryWalk {
    int root_fd;
    char *prefix;
    char *position;
    GPtrArray *levels;
    int fd; /* of the innermost level, or -1: opened when needed */
};

typedef enum NameKind { NAME_PLAIN = 'p', NAME_ESCAPED = 'e' } NameKind;

static bool push_level(DirectoryWalk *walk, const Level *parent, const char *name);
static bool enter_directory(
    DirectoryWalk *walk, const Level *level, const char *name, ObjectEntry *ret_entry, GError **error);
static bool take_file(
    DirectoryWalk *walk, const Level *level, const char *name, ObjectEntry *ret_entry, GError **error);

static void level_free(gpointer data)
{
    Level *level = data;

    g_free(level->key);
    g_free(level->path);
    g_ptr_array_unref(level->names);
    g_string_chunk_free(level->memory);
    g_free(level);
}

static ErrorKind kind_of_errno(int problem)
{
    switch (problem) {
    case EACCES:
    case EPERM:
        return ERROR_FORBIDDEN;
    case EMFILE:
    case ENFILE:
        return ERROR_BUSY; /* our lack of descriptors passes */
    default:
        return ERROR_IO;
    }
}

bool directory_walk_open(
    int root_fd, const char *prefix, const char *start_after, DirectoryWalk **ret_walk, GError **error)
{
    g_autoptr(DirectoryWalk) walk = g_new0(DirectoryWalk, 1);

    walk->root_fd = root_fd;
    walk->prefix = g_strdup(prefix);
    walk->position = g_strdup(start_after);
    walk->fd = -1;
    walk->levels = g_ptr_array_new_with_free_func(level_free);
    if (!push_level(walk, NULL, NULL)) {
        int problem = errno;
        return fail(error, kind_of_errno(problem), "the directory cannot be read: %s", g_strerror(problem));
    }
    *ret_walk = g_steal_pointer(&walk);
    return true;
}

void directory_walk_close(DirectoryWalk *walk)
{
    if (walk == NULL)
        return;
    if (walk->fd >= 0)
        close(walk->fd);
    g_ptr_array_unref(walk->levels);
    g_free(walk->prefix);
    g_free(walk->position);
    g_free(walk);
}

const char *directory_walk_prefix(const DirectoryWalk *walk)
{
    return walk->prefix;
}

const char *directory_walk_position(const DirectoryWalk *walk)
{
    return walk->position;
}

char *directory_etag(const struct stat *status)
{
    return g_strdup_printf("%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x%09lx",
        (guint64)status->st_ino, (guint64)status->st_size, (guint64)status->st_mtim.tv_sec,
        (unsigned long)status->st_mtim.tv_nsec);
}

static gint compare_names(gconstpointer left, gconstpointer right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool is_directory(int fd, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

static bool is_candidate(const struct dirent *entry)
{
    bool is_file_or_directory = entry->d_type == DT_REG || entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;

    return is_file_or_directory && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static const char *insert_name(Level *level, NameKind kind, const char *text, const char *slash, const char *raw)
{
    g_autoptr(GString) record = g_string_new(NULL);

    g_string_append_c(record, (char)kind);
    g_string_append(record, text);
    g_string_append(record, slash);
    if (kind == NAME_ESCAPED) {
        g_string_append_c(record, '\0');
        g_string_append(record, raw);
    }
    return g_string_chunk_insert_len(level->memory, record->str, (gssize)record->len + 1) + 1;
}

static const char *keep_name(Level *level, int fd, const struct dirent *entry)
{
    const char *slash = is_directory(fd, entry) ? "/" : "";
    Bytes raw = {(const uint8_t *)entry->d_name, strlen(entry->d_name)};

    if (key_is_text(raw))
        return insert_name(level, NAME_PLAIN, entry->d_name, slash, NULL);
    /* If a sibling is really called like the escaped form, another spelling tells them apart. */
    g_autofree char *text = key_escape(raw, KEY_ESCAPE_NEEDED);
    if (faccessat(fd, text, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        g_free(text);
        text = key_escape(raw, KEY_ESCAPE_ALL);
    }
    return insert_name(level, NAME_ESCAPED, text, slash, entry->d_name);
}

static bool is_escaped_name(const char *name)
{
    return name[-1] == NAME_ESCAPED;
}

/* As the file system spells it, with a directory's slash. */
static char *path_of(const Level *level, const char *name)
{
    size_t len = strlen(name);

    if (!is_escaped_name(name))
        return g_strconcat(level->path, name, NULL);
    return g_strconcat(level->path, name + len + 1, name[len - 1] == '/' ? "/" : "", NULL);
}

/* Where the walk starts in this level: at the first name that is, or leads to, a key after its position. */
static guint first_name(const DirectoryWalk *walk, const Level *level)
{
    bool is_prefix_later = strcmp(walk->prefix, walk->position) > 0;
    const char *target = is_prefix_later ? walk->prefix : walk->position;
    guint low = 0;
    guint high = level->names->len;

    if (!g_str_has_prefix(target, level->key))
        return 0;
    target += strlen(level->key);
    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = strcmp(level->names->pdata[middle], target);
        if (order < 0 || (order == 0 && !is_prefix_later))
            low = middle + 1;
        else
            high = middle;
    }
    bool leads_to_it = low > 0 && g_str_has_suffix(level->names->pdata[low - 1], "/") &&
                       g_str_has_prefix(target, level->names->pdata[low - 1]);
    return leads_to_it ? low - 1 : low;
}

static bool read_names(Level *level, int fd)
{
    int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *directory = own_fd >= 0 ? fdopendir(own_fd) : NULL;

    if (directory == NULL)
        return false;
    errno = 0;
    for (struct dirent *entry = NULL; (entry = readdir(directory)) != NULL; errno = 0) {
        if (is_candidate(entry))
            g_ptr_array_add(level->names, (gpointer)keep_name(level, fd, entry));
    }
    int problem = errno;
    closedir(directory);
    errno = problem;
    if (problem != 0)
        return false;
    g_ptr_array_sort(level->names, compare_names);
    return true;
}

/* With errno if the directory cannot be read. */
static bool push_level(DirectoryWalk *walk, const Level *parent, const char *name)
{
    Level *level = g_new0(Level, 1);

    level->key = parent != NULL ? g_strconcat(parent->key, name, NULL) : g_strdup("");
    level->path = parent != NULL ? path_of(parent, name) : g_strdup("");
    level->has_escaped = parent != NULL && (parent->has_escaped || is_escaped_name(name));
    level->names = g_ptr_array_new();
    level->memory = g_string_chunk_new(4000);
    int fd = open_below(walk->root_fd, level->path, O_RDONLY | O_DIRECTORY);
    if (fd < 0 || !read_names(level, fd)) {
        int problem = errno;
        if (fd >= 0)
            close(fd);
        level_free(level);
        errno = problem;
        return false;
    }
    level->next = first_name(walk, level);
    g_ptr_array_add(walk->levels, level);
    if (walk->fd >= 0)
        close(walk->fd);
    walk->fd = fd;
    return true;
}

static void pop_level(DirectoryWalk *walk)
{
    if (walk->fd >= 0)
        close(walk->fd);
    walk->fd = -1;
    g_ptr_array_set_size(walk->levels, (gint)walk->levels->len - 1);
}

bool directory_walk_next(DirectoryWalk *walk, ObjectEntry *ret_entry, GError **error)
{
    ObjectEntry entry = {0};

    while (walk->levels->len > 0 && entry.key == NULL) {
        Level *level = walk->levels->pdata[walk->levels->len - 1];
        if (level->next == level->names->len) {
            pop_level(walk);
            continue;
        }
        const char *name = level->names->pdata[level->next++];
        if (g_str_has_suffix(name, "/"))
            TRY(enter_directory(walk, level, name, &entry, error));
        else
            TRY(take_file(walk, level, name, &entry, error));
    }
    if (entry.key != NULL) {
        g_free(walk->position);
        walk->position = g_strdup(entry.key);
    }
    *ret_entry = entry;
    return true;
}

static bool is_gone(int problem)
{
    return problem == ENOENT || problem == ENOTDIR || problem == ELOOP || problem == EXDEV;
}

static bool enter_directory(
    DirectoryWalk *walk, const Level *level, const char *name, ObjectEntry *ret_entry, GError **error)
{
    g_autofree char *key = g_strconcat(level->key, name, NULL);

    if (!g_str_has_prefix(key, walk->prefix) && !g_str_has_prefix(walk->prefix, key))
        return true;
    if (push_level(walk, level, name) || is_gone(errno))
        return true;
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
        return fail(error, kind_of_errno(errno), "%s: %s", key, g_strerror(errno));
    if (strcmp(key, walk->position) > 0 && g_str_has_prefix(key, walk->prefix)) {
        *ret_entry = (ObjectEntry){.key = g_steal_pointer(&key),
            .etag = g_strdup(""),
            .is_escaped = level->has_escaped || is_escaped_name(name)};
        return true;
    }
    if (strcmp(key, walk->position) == 0) /* it was listed as unreadable already */
        return true;
    return fail(error, ERROR_FORBIDDEN, "%s: the rest of this directory cannot be read: %s", key, g_strerror(errno));
}

static bool open_level(DirectoryWalk *walk, const Level *level, GError **error)
{
    if (walk->fd < 0)
        walk->fd = open_below(walk->root_fd, level->path, O_RDONLY | O_DIRECTORY);
    if (walk->fd >= 0 || is_gone(errno) || errno == EACCES)
        return true;
    return fail(error, kind_of_errno(errno), "%s: %s", level->key, g_strerror(errno));
}

static bool take_file(DirectoryWalk *walk, const Level *level, const char *name, ObjectEntry *ret_entry, GError **error)
{
    g_autofree char *key = g_strconcat(level->key, name, NULL);
    struct stat status = {.st_mode = S_IFREG};
    const char *raw = is_escaped_name(name) ? name + strlen(name) + 1 : name;
    int problem = 0;

    if (!g_str_has_prefix(key, walk->prefix))
        return true;
    TRY(open_level(walk, level, error));
    if (walk->fd < 0 || fstatat(walk->fd, raw, &status, AT_SYMLINK_NOFOLLOW) != 0)
        problem = errno;
    if (is_gone(problem) || (problem == 0 && !S_ISREG(status.st_mode)))
        return true;
    /* A file whose size cannot even be asked for is listed, so that reading it fails and shows. */
    *ret_entry = (ObjectEntry){.key = g_steal_pointer(&key),
        .size_bytes = problem == 0 ? (uint64_t)status.st_size : 0,
        .etag = problem == 0 ? directory_etag(&status) : g_strdup(""),
        .modified_ms = problem == 0 ? (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000 : 0,
        .is_escaped = level->has_escaped || is_escaped_name(name)};
    return true;
}

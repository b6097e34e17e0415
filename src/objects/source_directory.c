#include "objects/source_directory.h"

#include "objects/directory_path.h"
#include "objects/directory_walk.h"
#include "objects/key.h"
#include "objects/source_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_ENTRIES 1000
#define WALKS_KEPT   8
#define READ_AHEAD   (1024 * 1024)

typedef struct DirectorySource {
    ObjectSource base;
    char *root;
    int root_fd;
    GMutex mutex;
    struct {
        GPtrArray *walks; /* that ended a page and wait for the next, oldest first */
    } locked;
} DirectorySource;

typedef struct FileStream {
    ObjectStream base;
    int fd; /* or -1 */
    char *etag;
    GError *problem; /* why it cannot be read, told by the first read */
} FileStream;

static bool source_list(ObjectSource *base, const ListRequest *request, ListPage *ret_page, GError **error);
static bool source_open(ObjectSource *base, const ObjectEntry *entry, ObjectStream **ret_stream, GError **error);
static void source_close(ObjectSource *base);
static bool stream_read(ObjectStream *base, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error);
static void stream_close(ObjectStream *base);

static const ObjectSourceOps source_ops = {
    .name = "directory",
    .list = source_list,
    .open = source_open,
    .close = source_close,
};

static const ObjectStreamOps stream_ops = {
    .read = stream_read,
    .close = stream_close,
};

static ErrorKind kind_of_errno(int problem)
{
    switch (problem) {
    case ENOENT:
        return ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return ERROR_FORBIDDEN;
    case ENOTDIR:
    case ELOOP:
    case EXDEV:
        return ERROR_CHANGED; /* a link or a file where a directory was listed */
    case EMFILE:
    case ENFILE:
        return ERROR_BUSY; /* our lack of descriptors, which passes, says nothing about the object */
    default:
        return ERROR_IO;
    }
}

static void free_walk(gpointer walk)
{
    directory_walk_close(walk);
}

bool directory_source_open(const char *root, ObjectSource **ret_source, GError **error)
{
    int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (root_fd < 0) {
        int problem = errno;
        return fail(
            error, problem == ENOTDIR ? ERROR_INVALID : kind_of_errno(problem), "%s: %s", root, g_strerror(problem));
    }
    DirectorySource *source = g_new0(DirectorySource, 1);
    source->base.ops = &source_ops;
    source->root = g_strdup(root);
    source->root_fd = root_fd;
    g_mutex_init(&source->mutex);
    source->locked.walks = g_ptr_array_new_with_free_func(free_walk);
    *ret_source = &source->base;
    return true;
}

static void source_close(ObjectSource *base)
{
    DirectorySource *source = (DirectorySource *)base;

    g_ptr_array_unref(source->locked.walks);
    close(source->root_fd);
    g_mutex_clear(&source->mutex);
    g_free(source->root);
    g_free(source);
}

/* A walk that stands exactly where the request goes on, so that a big directory is not read again for each page. */
static DirectoryWalk *take_walk(DirectorySource *source, const ListRequest *request)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&source->mutex);

    for (guint i = source->locked.walks->len; i > 0; i--) {
        DirectoryWalk *walk = source->locked.walks->pdata[i - 1];
        if (strcmp(directory_walk_prefix(walk), request->prefix) == 0 &&
            strcmp(directory_walk_position(walk), request->start_after) == 0)
            return g_ptr_array_steal_index(source->locked.walks, i - 1);
    }
    return NULL;
}

static void keep_walk(DirectorySource *source, DirectoryWalk *take_walk)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&source->mutex);

    if (source->locked.walks->len == WALKS_KEPT)
        g_ptr_array_remove_index(source->locked.walks, 0);
    g_ptr_array_add(source->locked.walks, take_walk);
}

static bool source_list(ObjectSource *base, const ListRequest *request, ListPage *ret_page, GError **error)
{
    DirectorySource *source = (DirectorySource *)base;
    g_autoptr(DirectoryWalk) walk = *request->start_after != '\0' ? take_walk(source, request) : NULL;

    if (walk == NULL && !directory_walk_open(source->root_fd, request->prefix, request->start_after, &walk, error)) {
        g_prefix_error(error, "%s: ", source->root);
        return false;
    }
    while (ret_page->entries->len < PAGE_ENTRIES) {
        ObjectEntry entry = {0};

        if (!directory_walk_next(walk, &entry, error)) {
            g_prefix_error(error, "%s/", source->root);
            return false;
        }
        if (entry.key == NULL) {
            ret_page->is_last = true;
            return true;
        }
        list_page_add(ret_page, &entry);
    }
    keep_walk(source, g_steal_pointer(&walk));
    return true;
}

/* A part of the path whose text exists as it is stands for itself, else for what it unescapes to. */
static char *path_of_escaped(int root_fd, const char *key)
{
    g_auto(GStrv) parts = g_strsplit(key, "/", -1);
    GString *path = g_string_new(NULL);

    for (char **part = parts; *part != NULL; part++) {
        gsize parent_len = path->len;

        g_string_append(path, *part);
        int fd = open_below(root_fd, path->str, O_PATH);
        if (fd >= 0) {
            close(fd);
        } else {
            g_autoptr(GByteArray) raw = key_unescape(*part);
            g_string_truncate(path, parent_len);
            g_string_append(path, (const char *)raw->data);
        }
        if (part[1] != NULL)
            g_string_append_c(path, '/');
    }
    return g_string_free(path, FALSE);
}

static void set_problem(FileStream *stream, const char *key, int problem)
{
    stream->problem = g_error_new(TRAWL_ERROR, (gint)kind_of_errno(problem), "%s: %s", key, g_strerror(problem));
}

static void set_changed(FileStream *stream, const char *key)
{
    stream->problem = g_error_new(TRAWL_ERROR, ERROR_CHANGED, "%s: changed since it was listed", key);
}

static void open_file(DirectorySource *source, const ObjectEntry *entry, FileStream *stream)
{
    g_autofree char *path = entry->is_escaped ? path_of_escaped(source->root_fd, entry->key) : g_strdup(entry->key);
    bool is_directory = g_str_has_suffix(entry->key, "/");
    struct stat status;

    stream->fd = open_below(source->root_fd, path, is_directory ? O_RDONLY | O_DIRECTORY : O_RDONLY);
    if (stream->fd < 0 || fstat(stream->fd, &status) != 0) {
        set_problem(stream, entry->key, errno);
        return;
    }
    g_autofree char *etag = directory_etag(&status);
    bool is_same = entry->etag == NULL || *entry->etag == '\0' || strcmp(etag, entry->etag) == 0;
    if (!S_ISREG(status.st_mode) || !is_same || (uint64_t)status.st_size != entry->size_bytes) {
        set_changed(stream, entry->key);
        return;
    }
    stream->etag = g_steal_pointer(&etag);
    (void)posix_fadvise(stream->fd, 0, READ_AHEAD, POSIX_FADV_WILLNEED);
}

static bool source_open(
    ObjectSource *base, const ObjectEntry *entry, ObjectStream **ret_stream, G_GNUC_UNUSED GError **error)
{
    FileStream *stream = g_new0(FileStream, 1);

    stream->base.ops = &stream_ops;
    open_file((DirectorySource *)base, entry, stream);
    *ret_stream = &stream->base;
    return true;
}

static bool check_end(FileStream *stream, GError **error)
{
    struct stat status;

    if (fstat(stream->fd, &status) == 0) {
        g_autofree char *etag = directory_etag(&status);
        if (strcmp(etag, stream->etag) == 0)
            return true;
    }
    return fail(error, ERROR_CHANGED, "%s: changed while it was read", stream->base.key);
}

static bool stream_read(ObjectStream *base, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    FileStream *stream = (FileStream *)base;
    ssize_t len = 0;

    if (stream->problem != NULL) {
        g_propagate_error(error, g_error_copy(stream->problem));
        return false;
    }
    do {
        len = read(stream->fd, buffer, capacity);
    } while (len < 0 && errno == EINTR);
    if (len < 0)
        return fail(error, kind_of_errno(errno), "%s: %s", base->key, g_strerror(errno));
    if (len == 0)
        TRY(check_end(stream, error));
    *ret_len = (size_t)len;
    return true;
}

static void stream_close(ObjectStream *base)
{
    FileStream *stream = (FileStream *)base;

    if (stream->fd >= 0)
        close(stream->fd);
    g_clear_error(&stream->problem);
    g_free(stream->etag);
    g_free(stream);
}

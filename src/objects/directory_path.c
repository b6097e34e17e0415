#include "objects/directory_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_by_steps(int root_fd, const char *path, int flags);

int open_below(int root_fd, const char *path, int flags)
{
    struct open_how how = {.flags = (guint64)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};

    int fd = (int)syscall(SYS_openat2, root_fd, *path != '\0' ? path : ".", &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != ENAMETOOLONG && errno != EINVAL && errno != EAGAIN))
        return fd;
    return open_by_steps(root_fd, path, flags); /* an old kernel, a sandbox, or a very long path */
}

static bool is_a_step(const char *name)
{
    return *name != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int open_by_steps(int root_fd, const char *path, int flags)
{
    const int common = O_CLOEXEC | O_NOFOLLOW;
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    guint count = g_strv_length(names);
    int at = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | common);

    if (count > 0 && *names[count - 1] == '\0')
        count--;
    for (guint i = 0; i < count && at >= 0; i++) {
        bool is_last = i + 1 == count;
        int next = -1;

        if (is_a_step(names[i]))
            next =
                openat(at, names[i], is_last ? flags | common | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY | common);
        else
            errno = ENOENT;
        int problem = errno;
        close(at);
        errno = problem;
        at = next;
    }
    return at;
}

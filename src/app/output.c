#include "app/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool cannot_be_made(const char *path, int number, GError **error)
{
    return fail(error, ERROR_IO, "--output %s: cannot be made: %s", path, g_strerror(number));
}

/* Terminals, pipes and /dev/null are written to; to put a file in their place would take them from everybody. */
static bool open_special(const char *path, Output *ret_output, GError **error)
{
    FILE *stream = fopen(path, "we");

    if (stream == NULL)
        return cannot_be_made(path, errno, error);
    *ret_output = (Output){.stream = stream, .path = g_strdup(path)};
    return true;
}

static bool open_temporary(const char *path, const struct stat *old, Output *ret_output, GError **error)
{
    g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
    int fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0666); /* less the umask */

    if (fd < 0)
        return cannot_be_made(path, errno, error);
    if (old != NULL)
        (void)fchmod(fd, old->st_mode & 0777); /* refused where files have no modes */
    *ret_output =
        (Output){.stream = fdopen(fd, "w"), .path = g_strdup(path), .temporary_path = g_steal_pointer(&temporary)};
    return true;
}

bool output_open(const char *path, Output *ret_output, GError **error)
{
    struct stat facts;

    if (path == NULL || g_str_equal(path, "-")) {
        *ret_output = (Output){.stream = stdout};
        return true;
    }
    if (stat(path, &facts) != 0)
        return errno == ENOENT ? open_temporary(path, NULL, ret_output, error) : cannot_be_made(path, errno, error);
    if (S_ISDIR(facts.st_mode))
        return fail(error, ERROR_INVALID, "--output %s: expected a file, not a directory", path);
    if (!S_ISREG(facts.st_mode))
        return open_special(path, ret_output, error);

    char *real = realpath(path, NULL); /* a link stays one */
    if (real == NULL)
        return cannot_be_made(path, errno, error);
    bool is_open = open_temporary(real, &facts, ret_output, error);
    free(real);
    return is_open;
}

static bool write_failed(const char *path, int number, GError **error)
{
    if (path == NULL && number == EPIPE)
        return true; /* whoever read our output has enough of it */
    ErrorKind kind = number == ENOSPC || number == EDQUOT ? ERROR_NO_SPACE : ERROR_IO;

    return fail(error, kind, "%s: cannot be written: %s", path != NULL ? path : "standard output", g_strerror(number));
}

bool output_finish(Output *output, GError **error)
{
    errno = 0;
    if (fflush(output->stream) != 0 || ferror(output->stream) != 0)
        return write_failed(output->path, errno != 0 ? errno : EIO, error);
    if (output->temporary_path == NULL)
        return true;
    if (fsync(fileno(output->stream)) != 0 && errno != EINVAL && errno != EROFS)
        return write_failed(output->path, errno, error);
    if (rename(output->temporary_path, output->path) != 0)
        return write_failed(output->path, errno, error);
    g_clear_pointer(&output->temporary_path, g_free);
    return true;
}

bool output_finish_stdout(GError **error)
{
    Output output = {.stream = stdout};

    return output_finish(&output, error);
}

void output_clear(Output *output)
{
    if (output->temporary_path != NULL)
        (void)unlink(output->temporary_path);
    if (output->path != NULL && output->stream != NULL)
        (void)fclose(output->stream);
    g_clear_pointer(&output->path, g_free);
    g_clear_pointer(&output->temporary_path, g_free);
    output->stream = NULL;
}

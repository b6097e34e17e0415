#include "app/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool output_open(const char *path, Output *ret_output, GError **error)
{
    if (path == NULL || g_str_equal(path, "-")) {
        *ret_output = (Output){.stream = stdout};
        return true;
    }

    g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
    int fd = g_mkstemp(temporary);
    if (fd < 0)
        return fail(error, ERROR_IO, "--output %s: cannot be made: %s", path, g_strerror(errno));
    *ret_output =
        (Output){.stream = fdopen(fd, "w"), .path = g_strdup(path), .temporary_path = g_steal_pointer(&temporary)};
    return true;
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
    if (output->path == NULL)
        return true;
    if (fsync(fileno(output->stream)) != 0 && errno != EINVAL && errno != EROFS)
        return write_failed(output->path, errno, error);
    if (rename(output->temporary_path, output->path) != 0)
        return write_failed(output->path, errno, error);
    g_clear_pointer(&output->temporary_path, g_free);
    return true;
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

/* Preloaded by tests: an object that kills whoever scans it. Stands in for libmagic and Hyperscan, through which every
 * object goes, and dies where the bytes hold a mark, which says how. */
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char segv_mark[] = "object-that-crashes-its-reader";
static const char kill_mark[] = "object-that-has-its-reader-killed";
static const char abort_mark[] = "object-that-aborts-its-reader";
static const char slow_mark[] = "object-that-takes-its-time";

static int holds(const void *data, size_t len, const char *mark)
{
    return data != NULL && memmem(data, len, mark, strlen(mark)) != NULL;
}

static void look(const void *data, size_t len)
{
    if (holds(data, len, slow_mark))
        (void)usleep(150000);
    if (holds(data, len, segv_mark)) {
        (void)signal(SIGSEGV, SIG_DFL);
        (void)raise(SIGSEGV);
    }
    if (holds(data, len, kill_mark))
        (void)raise(SIGKILL);
    if (holds(data, len, abort_mark))
        abort();
}

const char *magic_buffer(void *cookie, const void *data, size_t len);

const char *magic_buffer(void *cookie, const void *data, size_t len)
{
    const char *(*real)(void *, const void *, size_t) = NULL;

    *(void **)&real = dlsym(RTLD_NEXT, "magic_buffer");
    look(data, len);
    return real(cookie, data, len);
}

int hs_scan_stream(void *stream, const char *data, unsigned length, unsigned flags, void *scratch,
    int (*on_event)(unsigned, unsigned long long, unsigned long long, unsigned, void *), void *context);

int hs_scan_stream(void *stream, const char *data, unsigned length, unsigned flags, void *scratch,
    int (*on_event)(unsigned, unsigned long long, unsigned long long, unsigned, void *), void *context)
{
    int (*real)(void *, const char *, unsigned, unsigned, void *,
        int (*)(unsigned, unsigned long long, unsigned long long, unsigned, void *), void *) = NULL;

    *(void **)&real = dlsym(RTLD_NEXT, "hs_scan_stream");
    look(data, length);
    return real(stream, data, length, flags, scratch, on_event, context);
}

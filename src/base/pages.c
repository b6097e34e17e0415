#include "base/pages.h"

#include <glib.h>

#ifdef __SANITIZE_ADDRESS__

#include <string.h>

/* Whoever leaves a buffer is to be seen. */
void *pages_new(size_t bytes)
{
    return g_malloc0(bytes);
}

void pages_free(void *pages, size_t bytes)
{
    if (pages != NULL)
        explicit_bzero(pages, bytes);
    g_free(pages);
}

#else

#include <sys/mman.h>

void *pages_new(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        g_error("no memory for %zu bytes", bytes);
    return pages;
}

void pages_free(void *pages, size_t bytes)
{
    if (pages != NULL)
        (void)munmap(pages, bytes);
}

#endif

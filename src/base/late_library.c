#include "base/late_library.h"

#include <dlfcn.h>
#include <string.h>

/* The first pointer is written last: it says that all are there. */
static bool fill(void *library, const char *const *names, size_t count, void *table, GError **error)
{
    for (size_t i = count; i-- > 0;) {
        void *function = dlsym(library, names[i]);
        if (function == NULL)
            return fail(error, ERROR_IO, "%s", dlerror());
        memcpy((char *)table + i * sizeof function, &function, sizeof function);
    }
    return true;
}

bool late_library_load(const char *soname, const char *const *names, size_t count, void *table, GError **error)
{
    static GMutex mutex;
    void *first = NULL;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

    memcpy(&first, table, sizeof first);
    if (first != NULL)
        return true;
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    return library != NULL ? fill(library, names, count, table, error) : fail(error, ERROR_IO, "%s", dlerror());
}

/* Libraries that not every run needs: loading libcurl, libpq and libmicrohttpd with all that they need in turn takes
 * longer than scanning a small directory. scripts/late-library.py makes what sources include instead of their headers.
 */
#pragma once

#include "base/error.h"

/* table: a pointer for each of names, NULL until the library is loaded; it stays loaded. IO if it cannot be.
 * Any thread. */
FALLIBLE bool late_library_load(
    const char *soname, const char *const *names, size_t count, void *table, GError **error);

/* Directories that API clients may have scanned: those below the root that the operator gave. */
#pragma once

#include "base/error.h"

/* uri: file:///dir. *ret_uri is the same directory without links and dots, owned by the caller. FORBIDDEN unless that
 * is root (canonical; NULL: none allowed) or below it. */
FALLIBLE bool scan_directory_resolve(const char *root, const char *uri, char **ret_uri, GError **error);

/* The objects of a stored page, from its JSON arrays. */
#pragma once

#include "base/bytes.h"
#include "objects/source.h"

/* One array a column of object_pages; the same length all. modified may be left out. escaped holds ordinals; empty
 * bytes for none. key_prefix: the text that all of keys lack. */
typedef struct PageColumns {
    Bytes keys, sizes, etags, modified, escaped, key_prefix;
} PageColumns;

/* *ret_objects: ObjectEntry by ordinal. CORRUPT if a column is not what it must be. */
FALLIBLE bool page_parse(const PageColumns *columns, GArray **ret_objects, GError **error);

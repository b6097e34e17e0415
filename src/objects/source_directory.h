/* The regular files below a directory, as objects: the key is the path relative to the root.
 *
 * Symbolic links, sockets, pipes and devices are no objects: they are neither listed nor followed, and a file is opened
 * without following a link on the way, so nothing outside the root can be reached. A sub-directory that cannot be read
 * is listed as an object whose key ends with "/" and whose reading fails with the reason, so that what was not scanned
 * shows. A name that is not UTF-8 is percent-escaped (objects/key.h); the other parts of its path stand as they are.
 * The ETag is made of inode, size and time of modification. Other file systems mounted below the root are included. */
#pragma once

#include "objects/source.h"

/* NOT_FOUND, FORBIDDEN or INVALID (not a directory), naming the root. */
FALLIBLE bool directory_source_open(const char *root, ObjectSource **ret_source, GError **error);

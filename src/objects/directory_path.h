/* Opening what lies below a directory, and nothing else. */
#pragma once

#include "base/error.h"

/* A path relative to root_fd without following any symbolic link and without leaving the root; "" is the root itself.
 * Returns a descriptor, or -1 with errno. */
int open_below(int root_fd, const char *path, int flags);

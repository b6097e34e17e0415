/* A walk through a directory's files in the bytewise order of their keys.
 *
 * It keeps the sorted names of the directories on the way down to where it is, and nothing else. One thread. */
#pragma once

#include "objects/source_ops.h"

typedef struct DirectoryWalk DirectoryWalk;

/* The walk's next key is the first that begins with prefix and is greater than start_after. FORBIDDEN, NOT_FOUND or IO
 * if the root itself cannot be read. root_fd is borrowed. */
FALLIBLE bool directory_walk_open(
    int root_fd, const char *prefix, const char *start_after, DirectoryWalk **ret_walk, GError **error);
void directory_walk_close(DirectoryWalk *walk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectoryWalk, directory_walk_close)

/* At the end true, with ret_entry->key NULL. IO if what is below cannot be told. */
FALLIBLE bool directory_walk_next(DirectoryWalk *walk, ObjectEntry *ret_entry, GError **error);

/* Which prefix it was opened with, and the last key it gave (or start_after). */
const char *directory_walk_prefix(const DirectoryWalk *walk);
const char *directory_walk_position(const DirectoryWalk *walk);

struct stat;
/* The ETag of a file. */
char *directory_etag(const struct stat *status);

/* Names of members: from strangers, for people. Pure functions. */
#pragma once

#include <glib.h>

enum { MEMBER_NAME_MAX_BYTES = 512, MEMBER_PATH_MAX_BYTES = 2048 };

/* raw made valid UTF-8 and printable, without a leading "/", with ".." as "__", and shortened (with an ellipsis) to
 * MEMBER_NAME_MAX_BYTES. NULL or nothing left gives "member-<number>". */
char *member_name_clean(const char *raw, guint number);

/* "under/name"; under may be NULL. At most MEMBER_PATH_MAX_BYTES: the front of it gives way to an ellipsis. */
char *member_path_join(const char *under, const char *name);

/* The name of what is packed in a compressed stream: the last part of its path, without .gz and its like;
 * "backup.tgz" gives "backup.tar". */
char *member_name_unpacked(const char *packed_path);

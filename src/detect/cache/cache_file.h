/* Files of the cache directory. They are written whole or not at all, and those that nobody used for a month are
 * removed when another is written: each change of rules leaves some behind. */
#pragma once

#include "base/bytes.h"

/* What each file's name begins and ends with; 32 hexadecimal digits stand between them. Others in the directory are not
 * ours. */
#define CACHE_RULES        "rules-"
#define CACHE_RULES_END    ".bin"
#define CACHE_DATABASE     "hyperscan-"
#define CACHE_DATABASE_END ".db"

/* NULL: it cannot be read, or somebody else could have written it. Notes that the file is in use. Free with g_free. */
char *cache_file_read(const char *path, gsize *ret_len);

/* The file is header and body. Makes the directory; one that others may write to is left alone. Only speed is
 * lost if this fails. */
void cache_file_write(const char *path, Bytes header, Bytes body);

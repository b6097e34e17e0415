/* The record at the end of every zip archive: APPNOTE.TXT 4.3.16. Pure functions. */
#pragma once

#include "base/bytes.h"

enum { ZIP_END_BYTES = 22 };

/* Whether the bytes begin with the end of an archive without members, which is such an archive as a whole. */
bool zip_end_is_of_nothing(Bytes bytes);

/* The record may have a comment of up to 65535 bytes behind it: no need to look further back. */
enum { ZIP_END_MAX_BYTES = ZIP_END_BYTES + 65535 };

typedef struct ZipEnd {
    size_t from_end;         /* bytes from the record's first to the end of what was searched */
    uint32_t members;        /* 65535: at least */
    uint32_t directory_size; /* stands in front of the record; UINT32_MAX: not said here */
} ZipEnd;

/* Looks for a record in the last bytes of something. */
bool zip_end_find(Bytes tail, ZipEnd *ret_end);

/* The record at the end of every zip archive: APPNOTE.TXT 4.3.16. Pure functions. */
#pragma once

#include "base/bytes.h"

enum { ZIP_END_BYTES = 22 };

/* Whether the bytes begin with the end of an archive without members, which is such an archive as a whole. */
bool zip_end_is_of_nothing(Bytes bytes);

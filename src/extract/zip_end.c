#include "extract/zip_end.h"

#include <string.h>

static const char signature[] = {'P', 'K', 5, 6};

bool zip_end_is_of_nothing(Bytes bytes)
{
    static const uint8_t zeros[16]; /* disks, members, size and place of their directory */

    return bytes.len >= ZIP_END_BYTES && memcmp(bytes.data, signature, sizeof signature) == 0 &&
           memcmp(bytes.data + sizeof signature, zeros, sizeof zeros) == 0;
}

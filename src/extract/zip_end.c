#include "extract/zip_end.h"

#include <string.h>

static const char signature[] = {'P', 'K', 5, 6};

bool zip_end_is_of_nothing(Bytes bytes)
{
    static const uint8_t zeros[16]; /* disks, members, size and place of their directory */

    return bytes.len >= ZIP_END_BYTES && memcmp(bytes.data, signature, sizeof signature) == 0 &&
           memcmp(bytes.data + sizeof signature, zeros, sizeof zeros) == 0;
}

static uint32_t little_endian16(const uint8_t *at)
{
    return at[0] | ((uint32_t)at[1] << 8);
}

static bool read_end(const uint8_t *at, size_t from_end, ZipEnd *ret_end)
{
    enum { MEMBERS_AT = 10, DIRECTORY_SIZE_AT = 12, COMMENT_LEN_AT = 20, MIN_DIRECTORY_ENTRY = 46 };

    if (memcmp(at, signature, sizeof signature) != 0)
        return false;
    *ret_end = (ZipEnd){
        .from_end = from_end,
        .members = little_endian16(at + MEMBERS_AT),
        .directory_size = little_endian16(at + DIRECTORY_SIZE_AT) | little_endian16(at + DIRECTORY_SIZE_AT + 2) << 16,
    };
    return little_endian16(at + COMMENT_LEN_AT) <= from_end - ZIP_END_BYTES &&
           ret_end->directory_size / MIN_DIRECTORY_ENTRY >= ret_end->members;
}

bool zip_end_find(Bytes tail, ZipEnd *ret_end)
{
    const size_t farthest = MIN(tail.len, (size_t)ZIP_END_MAX_BYTES);

    for (size_t from_end = ZIP_END_BYTES; from_end <= farthest; from_end++)
        if (read_end(tail.data + tail.len - from_end, from_end, ret_end))
            return true;
    return false;
}

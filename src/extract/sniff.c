#include "extract/sniff.h"

#include "extract/utf8.h"

#include <string.h>

enum {
    TAR_BLOCK = 512,
    TAR_CHECKSUM_AT = 148,
    TAR_CHECKSUM_LEN = 8,
    CPIO_ODC_HEADER = 76,
    CPIO_NEWC_HEADER = 110,
    XZ_STREAM_HEADER = 12,
    XZ_LZMA2 = 0x21,
    LZMA_HEADER = 13,
    UTF16_MIN_UNITS = 4,
    UTF16_ENOUGH_UNITS = 512,
};

static bool starts_with(Bytes head, const char *magic, size_t len)
{
    return head.len >= len && memcmp(head.data, magic, len) == 0;
}

static uint64_t little_endian(const uint8_t *data, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value |= (uint64_t)data[i] << (8 * i);
    return value;
}

/* RFC 1952: deflate is the only method, and the upper three flags are reserved. */
static bool is_gzip(Bytes head)
{
    return starts_with(head, "\x1F\x8B\x08", 3) && head.len > 3 && (head.data[3] & 0xE0U) == 0;
}

/* RFC 8878: a frame, or a skippable frame. */
static bool is_zstd(Bytes head)
{
    return starts_with(head, "\x28\xB5\x2F\xFD", 4) ||
           (head.len >= 4 && (head.data[0] & 0xF0U) == 0x50 && memcmp(head.data + 1, "\x2A\x4D\x18", 3) == 0);
}

static bool is_xz(Bytes head)
{
    return starts_with(head,
        "\xFD"
        "7zXZ\0",
        6);
}

/* The old .lzma has no magic: the usual properties byte, a dictionary of 2^n or 2^n + 2^(n-1) bytes, and a size that is
 * unknown or below 256 GiB. */
static bool is_lzma(Bytes head)
{
    if (head.len < LZMA_HEADER || head.data[0] != 0x5D)
        return false;
    const uint32_t dictionary = (uint32_t)little_endian(head.data + 1, 4);
    const uint64_t size = little_endian(head.data + 5, 8);
    const uint32_t lowest = dictionary & (~dictionary + 1);
    const bool is_round = dictionary == lowest || dictionary == lowest + (lowest << 1);
    return dictionary >= 4096 && is_round && (size == UINT64_MAX || size < (UINT64_C(1) << 38));
}

/* Version 1, and a dictionary of 2^12 to 2^29 bytes, less up to seven sixteenths. */
static bool is_lzip(Bytes head)
{
    return starts_with(head, "LZIP\x01", 5) && head.len > 5 && (head.data[5] & 0x1FU) >= 12 &&
           (head.data[5] & 0x1FU) <= 29;
}

static bool is_lz4(Bytes head)
{
    return starts_with(head, "\x04\x22\x4D\x18", 4) || starts_with(head, "\x02\x21\x4C\x18", 4);
}

/* "BZh", the block size, then the magic of a block (pi) or of the end (square root of pi). */
static bool is_bzip2(Bytes head)
{
    return starts_with(head, "BZh", 3) && head.len >= 10 && head.data[3] >= '1' && head.data[3] <= '9' &&
           (memcmp(head.data + 4, "1AY&SY", 6) == 0 || memcmp(head.data + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

/* 1F 9D, then flags: bits 0 to 4 the greatest code length, 5 and 6 reserved. */
static bool is_compress(Bytes head)
{
    return starts_with(head, "\x1F\x9D", 2) && head.len > 2 && (head.data[2] & 0x60U) == 0 &&
           (head.data[2] & 0x1FU) >= 9 && (head.data[2] & 0x1FU) <= 16;
}

static bool is_zip(Bytes head)
{
    return starts_with(head, "PK\x03\x04", 4) || starts_with(head, "PK\x05\x06", 4) ||
           starts_with(head, "PK\x07\x08PK", 6) || starts_with(head, "PK00PK", 6);
}

/* The header's checksum: the sum of its bytes, with the field itself counted as spaces. Old writers summed signed
 * bytes. */
static bool is_tar(Bytes head)
{
    if (head.len < TAR_BLOCK || head.data[0] == 0)
        return false;
    int64_t unsigned_sum = 0;
    int64_t signed_sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        const bool in_field = i >= TAR_CHECKSUM_AT && i < TAR_CHECKSUM_AT + TAR_CHECKSUM_LEN;
        const uint8_t byte = in_field ? ' ' : head.data[i];
        unsigned_sum += byte;
        signed_sum += (int8_t)byte;
    }
    size_t at = TAR_CHECKSUM_AT;
    while (at < TAR_CHECKSUM_AT + TAR_CHECKSUM_LEN && head.data[at] == ' ')
        at++;
    int64_t noted = 0;
    for (; at < TAR_CHECKSUM_AT + TAR_CHECKSUM_LEN && head.data[at] >= '0' && head.data[at] <= '7'; at++)
        noted = noted * 8 + (head.data[at] - '0');
    return noted == unsigned_sum || noted == signed_sum;
}

static bool are_all(const uint8_t *data, size_t len, const char *alphabet)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] == 0 || strchr(alphabet, data[i]) == NULL)
            return false;
    return true;
}

/* The ASCII forms. (The old binary form has a two-byte magic only; it is not packed, and read as it is.) */
static bool is_cpio(Bytes head)
{
    if (starts_with(head, "070707", 6))
        return head.len >= CPIO_ODC_HEADER && are_all(head.data, CPIO_ODC_HEADER, "01234567");
    if (starts_with(head, "070701", 6) || starts_with(head, "070702", 6))
        return head.len >= CPIO_NEWC_HEADER && are_all(head.data, CPIO_NEWC_HEADER, "0123456789ABCDEFabcdef");
    return false;
}

static bool is_ar(Bytes head)
{
    return starts_with(head, "!<arch>\n", 8);
}

static bool (*const container_tests[CONTAINER_FORMAT_COUNT])(Bytes head) = {
    [CONTAINER_GZIP] = is_gzip,
    [CONTAINER_ZSTD] = is_zstd,
    [CONTAINER_XZ] = is_xz,
    [CONTAINER_LZMA] = is_lzma,
    [CONTAINER_LZIP] = is_lzip,
    [CONTAINER_LZ4] = is_lz4,
    [CONTAINER_BZIP2] = is_bzip2,
    [CONTAINER_COMPRESS] = is_compress,
    [CONTAINER_ZIP] = is_zip,
    [CONTAINER_TAR] = is_tar,
    [CONTAINER_CPIO] = is_cpio,
    [CONTAINER_AR] = is_ar,
};

static ContainerFormat sniff_container(Bytes head)
{
    for (ContainerFormat format = CONTAINER_NONE + 1; format < CONTAINER_FORMAT_COUNT; format++)
        if (container_tests[format](head))
            return format;
    return CONTAINER_NONE;
}

static bool sniff_bom(Bytes head, Sniff *sniff)
{
    if (starts_with(head, "\xEF\xBB\xBF", 3))
        *sniff = (Sniff){.kind = SNIFF_TEXT, .encoding = TEXT_UTF8, .bom_bytes = 3};
    else if (starts_with(head, "\xFF\xFE\0\0", 4) || starts_with(head, "\0\0\xFE\xFF", 4))
        *sniff = (Sniff){.kind = SNIFF_BINARY}; /* UTF-32 */
    else if (starts_with(head, "\xFF\xFE", 2))
        *sniff = (Sniff){.kind = SNIFF_TEXT, .encoding = TEXT_UTF16LE, .bom_bytes = 2};
    else if (starts_with(head, "\xFE\xFF", 2))
        *sniff = (Sniff){.kind = SNIFF_TEXT, .encoding = TEXT_UTF16BE, .bom_bytes = 2};
    else
        return false;
    return true;
}

/* How much the bytes look like UTF-16 of one byte order: the number of ASCII units, or 0 if any unit is something that
 * text does not have. */
static size_t utf16_ascii_units(Bytes head, size_t high_at)
{
    size_t ascii = 0;
    bool wants_low = false;

    for (size_t i = 0; i + 1 < head.len; i += 2) {
        const uint32_t unit = ((uint32_t)head.data[i + high_at] << 8) | head.data[i + 1 - high_at];
        const bool is_low = (unit & 0xFC00U) == 0xDC00U;
        if (is_low != wants_low || unit >= 0xFFFE)
            return 0;
        if (unit < 0x20 && unit != '\t' && unit != '\n' && unit != '\r' && unit != '\f')
            return 0;
        wants_low = (unit & 0xFC00U) == 0xD800U;
        ascii += unit < 0x80;
    }
    return ascii;
}

/* UTF-16 without a mark: whole units, all of them text, enough of them ASCII (spaces, digits, ends of lines; the less
 * there is to go by, the more of them), and more than when read in the other byte order. */
static bool sniff_utf16(Bytes head, Sniff *sniff)
{
    const size_t units = head.len / 2;
    const size_t little = utf16_ascii_units(head, 1);
    const size_t big = utf16_ascii_units(head, 0);
    const size_t wanted = units < UTF16_ENOUGH_UNITS ? units / 4 : units / 32;

    if (units < UTF16_MIN_UNITS || head.len % 2 != 0 || MAX(little, big) < wanted || little == big)
        return false;
    *sniff = (Sniff){.kind = SNIFF_TEXT, .encoding = little > big ? TEXT_UTF16LE : TEXT_UTF16BE};
    return true;
}

/* Bytes without a mark. UTF-8 with a few broken characters stays UTF-8; 8-bit text without UTF-8 in it is Latin-1. */
static Sniff sniff_unmarked(Bytes head)
{
    Sniff sniff = {.kind = SNIFF_BINARY, .encoding = TEXT_UTF8};

    if (memchr(head.data, 0, head.len) != NULL) { /* found at once in most binary files; counting takes longer */
        (void)sniff_utf16(head, &sniff);
        return sniff;
    }
    const Utf8Census census = utf8_census(head.data, head.len);
    if (census.control > head.len / 64)
        return sniff;
    sniff.kind = SNIFF_TEXT;
    if (census.invalid > census.multibyte)
        sniff.encoding = TEXT_LATIN1;
    return sniff;
}

Sniff sniff_bytes(Bytes head)
{
    const ContainerFormat container = sniff_container(head);
    Sniff sniff = {.kind = SNIFF_BINARY};

    if (container != CONTAINER_NONE)
        return (Sniff){.kind = container >= CONTAINER_ZIP ? SNIFF_ARCHIVE : SNIFF_COMPRESSED, .container = container};
    if (starts_with(head, "%PDF-", 5))
        return sniff; /* may look like text all over */
    if (sniff_bom(head, &sniff))
        return sniff;
    return sniff_unmarked(head);
}

/* The .xz file format, 3.1: the first block's header stands behind the stream's; its last filter must be LZMA2, whose
 * one property byte is 2 or 3, times a power of two. Filters before it have ids below 0x21 and up to 4 property bytes.
 */
static uint64_t xz_window_bytes(Bytes head)
{
    if (head.len < XZ_STREAM_HEADER + 4 || head.data[XZ_STREAM_HEADER] == 0)
        return 0;
    const size_t end = MIN(head.len, XZ_STREAM_HEADER + (size_t)head.data[XZ_STREAM_HEADER] * 4);
    const uint8_t flags = head.data[XZ_STREAM_HEADER + 1];
    size_t at = XZ_STREAM_HEADER + 2;

    for (unsigned sizes = ((flags >> 6) & 1U) + (flags >> 7); sizes > 0 && at < end; at++)
        sizes -= (head.data[at] & 0x80U) == 0;
    while (at + 2 < end && head.data[at] != XZ_LZMA2)
        at += 2 + head.data[at + 1];
    if (at + 2 >= end)
        return 0;
    const uint8_t size = head.data[at + 2] & 0x3FU;
    return size >= 40 ? UINT32_MAX : (UINT64_C(2) | (size & 1U)) << (size / 2 + 11);
}

uint64_t sniff_window_bytes(ContainerFormat format, Bytes head)
{
    if (format == CONTAINER_XZ)
        return xz_window_bytes(head);
    if (format == CONTAINER_LZMA && head.len > 4)
        return little_endian(head.data + 1, 4);
    if (format == CONTAINER_LZIP && head.len > 5)
        return UINT64_C(1) << (head.data[5] & 0x1FU);
    return 0;
}

/* What bytes are, from their beginning. Magic numbers decide about containers, the bytes themselves about text.
 * Pure functions. */
#pragma once

#include "base/bytes.h"
#include "base/text.h"

enum { SNIFF_BYTES = 64 * 1024 };

typedef enum SniffKind {
    SNIFF_TEXT,       /* encoding and bom_bytes say how to read it */
    SNIFF_COMPRESSED, /* one stream, packed */
    SNIFF_ARCHIVE,    /* members */
    SNIFF_BINARY,     /* the rest: somebody else may know its name */
} SniffKind;

typedef enum ContainerFormat {
    CONTAINER_NONE,
    CONTAINER_GZIP,
    CONTAINER_ZSTD,
    CONTAINER_XZ,
    CONTAINER_LZMA,
    CONTAINER_LZIP,
    CONTAINER_LZ4,
    CONTAINER_BZIP2,
    CONTAINER_COMPRESS,
    CONTAINER_ZIP,
    CONTAINER_TAR,
    CONTAINER_CPIO,
    CONTAINER_AR,
    CONTAINER_FORMAT_COUNT
} ContainerFormat;

typedef struct Sniff {
    SniffKind kind;
    ContainerFormat container;
    TextEncoding encoding;
    size_t bom_bytes;
} Sniff;

/* head: the first SNIFF_BYTES of the bytes, or all of them if they are fewer. */
Sniff sniff_bytes(Bytes head);

/* How much memory unpacking needs, where the first bytes say so (xz, lzma, lzip: their dictionary, up to 4 GiB); else
 * 0. */
uint64_t sniff_window_bytes(ContainerFormat format, Bytes head);

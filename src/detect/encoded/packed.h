/* Compressed text in a run of base64 or hexadecimal: gzip, zlib, and deflate by itself, under one layer or, as Helm
 * keeps its releases, base64 twice. It is read as a stream, a window of its text at a time. One thread. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>

enum {
    PACKED_WINDOW = 64 * 1024,  /* bytes of text */
    PACKED_OVERLAP = 16 * 1024, /* so many of a window are the first of the next */
    PACKED_LAG = 8192,          /* characters of a run that a window takes at most */
};

typedef enum PackedLayers { PACKED_NONE, PACKED_HEX, PACKED_BASE64, PACKED_BASE64_TWICE } PackedLayers;

/* By the first bytes of what is compressed. */
PackedLayers packed_layers(Bytes run);

/* Deflate by itself has no such bytes: whether it may begin so. Most that may do not. */
bool may_be_deflate(Bytes run);

typedef struct Unpacker Unpacker;

/* Reads all members of gzip, one behind the other (RFC 1952, section 2.2). */
Unpacker *unpacker_new(void);
void unpacker_free(Unpacker *unpacker);

typedef enum PackedFormat { PACKED_WITH_HEADER, PACKED_DEFLATE } PackedFormat;

/* Begins anew, with what stands at this position of the text. */
void unpacker_begin(Unpacker *unpacker, PackedLayers layers, PackedFormat format, uint64_t position);

typedef enum UnpackState {
    UNPACK_MORE, /* all was read */
    UNPACK_FULL, /* the window is to be taken first */
    UNPACK_END,  /* of the compressed text, or of what belongs to the run */
    UNPACK_CUT,  /* the limit was reached, and there may be more */
} UnpackState;

/* Wipes the window. */
void unpacker_end(Unpacker *unpacker);

/* How many bytes may come out: of the text up to here, and for each of its characters, without those spent before. */
typedef struct UnpackLimit {
    uint64_t at_first, times, spent;
} UnpackLimit;

/* Reads on where it stopped. text: from there. */
UnpackState unpacker_read(Unpacker *unpacker, Bytes text, const UnpackLimit *limit);

/* Passes over what is left of the run, after unpacker_end(). text: from where it stopped. MORE or END. */
UnpackState unpacker_skip(Unpacker *unpacker, Bytes text);

/* Up to where the text was read. */
uint64_t unpacker_position(const Unpacker *unpacker);
/* The text of the window. */
Bytes unpacker_window(const Unpacker *unpacker);
uint64_t unpacker_total(const Unpacker *unpacker);

/* Where what comes out next is placed at the earliest. */
uint64_t unpacker_next_place(const Unpacker *unpacker);

/* What of the text was being read when the bytes [start, end) of the window came out. */
void unpacker_place(const Unpacker *unpacker, size_t start, size_t end, uint64_t *ret_start, uint64_t *ret_end);

/* Where what came out behind this position of the text begins in the window. */
size_t unpacker_index(const Unpacker *unpacker, uint64_t position);

/* Drops all of the window but its last PACKED_OVERLAP bytes, or but the last half of what can be placed if that is
 * full. Returns how many it drops: none of those that the last PACKED_LAG characters brought. */
size_t unpacker_forget(Unpacker *unpacker);

/* What the parts of this room share while one object is extracted. Stays in this folder. */
#pragma once

#include "extract/extract.h"
#include "extract/media.h"
#include "extract/source.h"
#include "extract/zip_end.h"

enum { EXTRACT_DEPTH_CAP = 32 };

struct Extractor {
    MediaNamer *namer;
    uint8_t *buffers[EXTRACT_DEPTH_CAP + 1]; /* SOURCE_BUFFER_BYTES each, made when first needed */
    char *decoded;                           /* DECODE_OUT_BYTES */
    uint8_t
        *tail; /* the last bytes of the run that was read last: the last ZIP_END_MAX_BYTES at least, if it had them */
    size_t tail_len;
};

enum { EXTRACT_TAIL_BYTES = 2 * ZIP_END_MAX_BYTES };

typedef struct Extraction {
    Extractor *extractor;
    const ExtractLimits *limits;
    const TextSink *sink;
    ExtractReport *report;
    int64_t deadline_ms;
    uint32_t member_count;
    uint64_t expanded[EXTRACT_DEPTH_CAP + 2]; /* bytes that came out, by depth */
    GError *damage;                           /* the first that makes the object fail once all else is read */
} Extraction;

/* One stream of bytes: the object, or a member. */
typedef struct Place {
    const char *member; /* its path; NULL for the object itself */
    const char *under;  /* what its members' paths stand under; NULL: nothing */
    const char *name;   /* the object's key or the member's path, for naming what is packed in it */
    uint32_t depth;
} Place;

/* What stands between a run's begin and end: everything that the source still has. */
FALLIBLE bool extract_text(Extraction *extraction, const Place *place, Source *source, TextEncoding encoding,
    size_t bom_bytes, GError **error);

/* Notes a part that was not read, or not wholly. CORRUPT and DEPTH_LIMIT also make the object fail in the end. */
void extract_note_unread(Extraction *extraction, const Place *place, ErrorKind kind, const char *what);

/* Object bytes in, text runs that know where they came from out. No network, no database, no files.
 *
 * Bytes are pulled from a ByteReader and text is pushed into a TextSink, in bounded pieces, so memory does not grow
 * with the object. A run is one text: the object itself, or one member of an archive (of an archive …). Runs follow
 * one another; they do not nest. An Extractor belongs to one thread and is used for one object after another. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

typedef struct Extractor Extractor;

typedef struct ExtractLimits {
    uint64_t max_object_bytes;    /* of the object as it is stored */
    uint64_t max_expanded_bytes;  /* of everything that comes out of it, members together */
    uint32_t max_expansion_ratio; /* expanded : stored, looked at from 10 MiB expanded on */
    uint32_t max_depth;           /* archives in archives; the object itself is depth 0 */
    uint32_t max_members;
    int64_t max_ms; /* for one object */
} ExtractLimits;

#define EXTRACT_LIMITS_DEFAULT                                                                                         \
    ((ExtractLimits){.max_object_bytes = UINT64_C(1) << 40,                                                            \
        .max_expanded_bytes = UINT64_C(1) << 36,                                                                       \
        .max_expansion_ratio = 1000,                                                                                   \
        .max_depth = 8,                                                                                                \
        .max_members = 1000000,                                                                                        \
        .max_ms = 60 * 60 * 1000})

typedef struct TextRun {
    const char *member;    /* "inner.zip/report.csv": path inside the object; NULL for the object itself */
    TextEncoding encoding; /* what the bytes were; text arrives as UTF-8 */
    uint64_t first_offset; /* where the first character stands in the member's bytes (behind a byte order mark) */
} TextRun;

/* Receives text. Any callback may fail, which ends the extraction with that error. Pieces end between characters;
 * bytes of TEXT_UTF8 runs are passed on as they are, valid or not. */
typedef struct TextSink {
    bool (*begin)(void *data, const TextRun *run, GError **error);
    bool (*text)(void *data, const char *utf8, size_t len, GError **error);
    bool (*end)(void *data, GError **error);
    void *data;
} TextSink;

/* What was not read, though the object as a whole was: images, PDF, an encrypted member … */
typedef struct ExtractReport {
    uint64_t stored_bytes;   /* pulled from the reader */
    uint64_t expanded_bytes; /* handed on as text, members together */
    uint32_t members;
    uint32_t unread;       /* members (or the object itself) of which some or all content was not read */
    ErrorKind unread_kind; /* of the first: UNSUPPORTED, ENCRYPTED, CORRUPT, … */
    char *unread_reason;   /* of the first, for people: "image/png (logo.png)"; NULL when unread is 0 */
} ExtractReport;

void extract_report_clear(ExtractReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExtractReport, extract_report_clear)

Extractor *extractor_new(void);
void extractor_free(Extractor *extractor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Extractor, extractor_free)

/* Reads one object to its end. False: the object could not be read to its end, with its reason as the error: what the
 * reader said, TOO_LARGE, DEPTH_LIMIT, EXPANSION_LIMIT, CORRUPT, ENCRYPTED, TIMEOUT, what the sink said. True with
 * ret_report->unread > 0: read to the end, but parts of it no reader here understands. The report is filled either way.
 * name is the object's key: a hint, and for messages. */
FALLIBLE bool extract_object(Extractor *extractor, const char *name, const ByteReader *reader,
    const ExtractLimits *limits, const TextSink *sink, ExtractReport *ret_report, GError **error);

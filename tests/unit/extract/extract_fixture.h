/* Objects in memory, and what comes out of them, for tests of extraction. */
#pragma once

#include "extract/extract.h"

typedef struct Run {
    char *member; /* NULL for the object itself */
    TextEncoding encoding;
    uint64_t first_offset;
    GString *text;
    bool is_ended;
} Run;

typedef struct Outcome {
    GPtrArray *runs; /* Run */
    ExtractReport report;
    bool is_read;
    GError *error;
} Outcome;

void outcome_clear(Outcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

/* Bytes handed out at most step at a time. fails_at: the position at which reading fails (UNAVAILABLE); UINT64_MAX. */
typedef struct MemoryObject {
    const uint8_t *data;
    size_t len, step, position;
    uint64_t fails_at;
} MemoryObject;

ByteReader memory_object_reader(MemoryObject *object);

/* Extracts with a new Extractor; step 0: as much at a time as fits. */
Outcome extract_bytes(const char *name, const void *data, size_t len, size_t step, const ExtractLimits *limits);
Outcome extract_array(const char *name, const GByteArray *bytes);

/* The text of the run of this member ("" for the object itself), or NULL. */
const char *outcome_text(const Outcome *outcome, const char *member);

/* Appends "[", the text and "]" for every run. */
TextSink sink_of_text(GString *text);
/* Fails with CANCELLED at the first text. */
TextSink sink_that_fails(void);

/* One member to be written. */
typedef struct Entry {
    const char *name;
    const void *data;
    size_t len;
} Entry;

/* What libarchive's writers make: format "zip", "ustar", "pax", "newc", "arbsd", "raw"; filter "none", "gzip", "zstd"
 * …; options as archive_write_set_options() takes them, or NULL. */
GByteArray *make_archive(
    const char *format, const char *filter, const char *options, const Entry *entries, size_t count);
GByteArray *pack(const char *filter, const void *data, size_t len);

/* Scanning one object: a stream of bytes and limits in, findings and an outcome out. No network, no database, no files,
 * no log, so that it can run in a process that has none of them.
 *
 * An ObjectScanner is one thread's; it is used for one object after another. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "detect/detect.h"
#include "extract/extract.h"
#include "findings/suppressor.h"

typedef struct ObjectScanner ObjectScanner;

typedef struct ScanOptions {
    ExtractLimits limits;
    Tier min_tier;
    uint32_t max_values;          /* distinct values kept for each detector */
    const Suppressor *suppressor; /* borrowed; NULL: none */
    bool has_inline_ignore;       /* comments in the text are heeded (inline_ignore.h) */
} ScanOptions;

typedef enum ScanOutcome {
    SCAN_READ,    /* all of it */
    SCAN_SKIPPED, /* to its end, but some of it in a form that nobody here understands, or not with all rules */
    SCAN_FAILED,  /* not to its end */
    SCAN_RETRY,   /* perhaps not the object's fault: its store did not give it, or we are stopping. Findings so far mean
                   * nothing */
} ScanOutcome;

typedef struct ScanResult {
    FindingSet *findings; /* owned; also of an object that failed later on. NULL if it was not opened */
    ScanOutcome outcome;
    ErrorKind kind;      /* why, unless the outcome is SCAN_READ; with message */
    char *message;       /* owned, for people: no scanned content */
    uint64_t bytes;      /* pulled from the reader */
    uint64_t suppressed; /* places that were found and not reported */
} ScanResult;

void scan_result_clear(ScanResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ScanResult, scan_result_clear)

/* What an error of the object's source means for the object: RETRY or FAILED. */
void scan_result_from_error(const GError *error, ScanResult *ret_result);

/* The rules are referenced, the key and the options copied. */
FALLIBLE bool object_scanner_new(
    RuleSet *rules, const FingerprintKey *key, const ScanOptions *options, ObjectScanner **ret_scanner, GError **error);
void object_scanner_free(ObjectScanner *scanner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ObjectScanner, object_scanner_free)

/* name is the object's key. False only for our own trouble (no memory for matching, say), which says nothing about the
 * object; ret_result is untouched then. */
FALLIBLE bool scan_object(
    ObjectScanner *scanner, const char *name, const ByteReader *reader, ScanResult *ret_result, GError **error);

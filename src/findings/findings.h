/* What is known of sensitive values without knowing them: masked, fingerprinted, counted, bounded.
 *
 * A FindingSet collects the matches of one object. It keeps at most max_values distinct values a detector; what comes
 * beyond is counted exactly in one aggregate finding with is_truncated. The plain text goes no further than
 * finding_set_add(). One thread. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "detect/detect.h"
#include "store/db.h"

enum { FINGERPRINT_KEY_BYTES = 32, FINDING_MAX_LOCATIONS = 15, FINDING_MAX_VALUES_DEFAULT = 1000 };

/* The installation's key. Its id (16 hex digits, a hash of the key) may be stored; the key never is. */
typedef struct FingerprintKey {
    uint8_t bytes[FINGERPRINT_KEY_BYTES];
    char id[17];
} FingerprintKey;

/* Reads the key file, or makes it (mode 0600, atomically; the first of several processes wins). INVALID if it is not
 * 32 bytes in hex or if others may read it. */
FALLIBLE bool fingerprint_key_load(const char *path, FingerprintKey *ret_key, GError **error);

/* Both at once, as a program does it: a key is made only for a store that was never filled with one, so that a key file
 * that is lost is said and not replaced. */
FALLIBLE bool fingerprint_key_open(Db *db, const char *path, FingerprintKey *ret_key, GError **error);

/* Remembers the key's id in the store at first use; INVALID if the store was filled with another key. */
FALLIBLE bool fingerprint_key_check(Db *db, const FingerprintKey *key, GError **error);

/* The id of the key that the store was filled with; the caller's. NOT_FOUND if it has none yet. */
FALLIBLE bool fingerprint_key_id(Db *db, char **ret_id, GError **error);

/* Why what was found is not reported. */
typedef enum SuppressReason {
    SUPPRESSED_TEST_VALUE, /* a published test value or a placeholder, which the rule names */
    SUPPRESSED_INLINE,     /* a comment beside it says so (worker/inline_ignore.h) */
    SUPPRESSED_ALLOWED,    /* an allow list says so */
    SUPPRESSED_BASELINE,   /* it is known already */
} SuppressReason;
const char *suppress_reason_name(SuppressReason reason);
/* false if there is no such name. */
bool suppress_reason_from_name(const char *name, SuppressReason *ret_reason);

/* What suppresses a match. Borrowed. */
typedef struct SuppressCause {
    SuppressReason reason;
    const char *field; /* of the rule; NULL: it is not the rule's own */
    const char *file;  /* of the allow list or baseline; NULL: the text itself */
    uint64_t line;     /* of the entry in that file, or of the comment in the text, from 1 */
    const char *why;   /* what the entry says itself, or the word that the rule names; NULL: nothing */
} SuppressCause;

typedef struct Suppressor Suppressor; /* suppressor.h */

typedef struct FindingLocation {
    uint64_t offset, length, line, column;
    uint64_t row, cell; /* of a table, from 1; 0: none */
    /* All of these are shared GRefStrings; NULL: none. */
    char *member; /* NULL for the object itself */
    char *column_name, *record_path;
    char *rule; /* the rule that found it, if it is not called as its detector */
    char *also; /* other detectors that gave way here, separated by spaces */
    /* Of what is suppressed: the rule's field, the entry as "file:line", "line N" for a comment; and what it says. */
    char *by, *why;
} FindingLocation;

typedef struct Finding {
    const Rule *rule;
    Tier tier;      /* the best that any place had */
    uint64_t count; /* of all places, in the aggregate: of all further values */
    char *masked;   /* valid UTF-8; "" in the aggregate */
    char *
        fingerprint; /* 64 hex digits, HMAC-SHA-256 of the detector's id and the canonical value; "" in the aggregate */
    bool is_truncated; /* the aggregate of its detector */
    GArray *locations; /* FindingLocation, the first 15 */
} Finding;

typedef struct FindingSet FindingSet;

FindingSet *finding_set_new(const FingerprintKey *key, uint32_t max_values);
void finding_set_free(FindingSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FindingSet, finding_set_free)

/* From here on what it covers in the object with this key is only counted. Both are borrowed; suppressor may be NULL.
 */
void finding_set_suppress(FindingSet *set, const Suppressor *suppressor, const char *key);

/* member: path inside the object, or NULL. */
void finding_set_add(FindingSet *set, const Match *match, const char *member);

/* A match that is not reported: counted by detector and reason, with its first places. */
void finding_set_add_suppressed(FindingSet *set, const Match *match, const char *member, const SuppressCause *cause);

/* Whether a further place would be kept: else nobody asks for its cause. */
bool finding_set_keeps_suppressed(const FindingSet *set, const Rule *rule, SuppressReason reason);

/* Places that were not reported. */
uint64_t finding_set_suppressed(const FindingSet *set);

/* In a stable order: first offset, then detector. */
size_t finding_set_size(const FindingSet *set);
const Finding *finding_set_at(const FindingSet *set, size_t index);

/* The severity of one of the set's findings, by how many places its detector has in the object. */
Severity finding_set_severity(const FindingSet *set, const Finding *finding);

/* The masked form of a value, owned by the caller, valid UTF-8, at most 64 characters. */
char *finding_mask(MaskStyle style, Bytes text);

/* Where the findings of an object are stored. */
typedef struct FindingPlace {
    const char *job_id, *bucket, *key;
    uint32_t shard, page_no, ordinal;
} FindingPlace;

FALLIBLE bool finding_set_store(DbTx *tx, const FindingSet *set, const FindingPlace *place, GError **error);

/* A finding as it is read back. All borrowed until the visitor returns; locations is JSON text. */
typedef struct StoredFinding {
    int64_t id;
    const char *job_id, *bucket, *key, *detector, *category, *severity, *tier;
    const char *masked, *fingerprint, *locations;
    const char *compliance; /* tags, separated by commas */
    uint64_t count;
    bool is_truncated;
} StoredFinding;

typedef bool (*FindingVisitor)(void *data, const StoredFinding *finding, GError **error);

typedef enum FindingSequence {
    FINDINGS_BY_ID,    /* as they were stored: what paging goes by */
    FINDINGS_BY_PLACE, /* by object in the order of the listing: the same for the same objects, whatever came first */
} FindingSequence;

typedef struct FindingQuery {
    const char *job_id;
    const char *detector;   /* NULL: all */
    const char *severity;   /* NULL: all */
    const char *category;   /* NULL: all */
    const char *key;        /* NULL: all objects */
    const char *compliance; /* one tag; NULL: all */
    int64_t after_id;       /* findings with a greater id; 0 from the start */
    uint32_t limit;         /* 0: all */
    FindingSequence sequence;
} FindingQuery;

/* In one read transaction, streamed. INVALID if the filter `compliance` is more than one tag. */
FALLIBLE bool findings_visit(Db *db, const FindingQuery *query, FindingVisitor visitor, void *data, GError **error);

typedef struct FindingSummary {
    char *severity, *category, *detector;
    uint64_t values; /* distinct: rows but aggregates */
    uint64_t count;  /* places */
    uint64_t objects;
    bool is_truncated;
} FindingSummary;

/* FindingSummary values, severest first, then by count. Free with g_array_unref. */
FALLIBLE bool findings_summary(Db *db, const char *job_id, GArray **ret_summaries, GError **error);

typedef struct SuppressionSummary {
    char *detector, *reason;
    uint64_t count; /* places that were not reported */
    uint64_t objects;
} SuppressionSummary;

/* SuppressionSummary values in order of detector and reason. Free with g_array_unref. */
FALLIBLE bool suppressions_summary(Db *db, const char *job_id, GArray **ret_summaries, GError **error);

/* What was suppressed in an object: a row a detector and reason. Borrowed until the visitor returns. */
typedef struct StoredSuppression {
    const char *job_id, *key, *detector, *reason;
    uint64_t count;        /* places */
    const char *locations; /* JSON text: the first FINDING_MAX_LOCATIONS */
} StoredSuppression;

typedef bool (*SuppressionVisitor)(void *data, const StoredSuppression *suppression, GError **error);

/* A place in their order; opaque text, "" is the beginning. Stable under every change of the job. */
typedef struct SuppressionPosition {
    char text[400];
} SuppressionPosition;

typedef struct SuppressionQuery {
    const char *job_id;
    const char *detector, *reason, *key; /* NULL: all */
    SuppressionPosition after;           /* from the answer before; INVALID if it is none of ours */
    uint32_t limit;                      /* 0: all */
} SuppressionQuery;

/* By object in the order of the listing, then by detector and reason: the same rows for the same objects, whatever came
 * first. In one read transaction, streamed. ret_next (may be NULL) is where to go on, "" if there is no more. INVALID
 * for a reason that is none. */
FALLIBLE bool suppressions_visit(Db *db, const SuppressionQuery *query, SuppressionVisitor visitor, void *data,
    SuppressionPosition *ret_next, GError **error);

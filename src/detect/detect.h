/* Text in, matches out. No I/O but loading rules.
 *
 * A RuleSet is immutable and shared by all threads. A Detector is one thread's scratch; it looks at one text run at a
 * time, fed in pieces of any size: the matches are the same however the run is cut. Memory of a run is bounded. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

typedef struct RuleSet RuleSet;
typedef struct Detector Detector;

typedef enum Severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL } Severity;
typedef enum Tier { TIER_LOW, TIER_MEDIUM, TIER_HIGH, TIER_VALIDATED } Tier;
typedef enum MaskStyle { MASK_ALL, MASK_LAST4, MASK_PREFIX, MASK_EMAIL } MaskStyle;

const char *severity_name(Severity severity);
const char *tier_name(Tier tier);
/* Case-sensitive names as above; false if there is no such name. */
bool severity_from_name(const char *name, Severity *ret_severity);
bool tier_from_name(const char *name, Tier *ret_tier);

/* From so many occurrences on in one object, a finding has this severity. */
typedef struct SeverityStep {
    uint64_t occurrences; /* 2 or more */
    Severity severity;
} SeverityStep;

enum { SEVERITY_STEPS_MAX = 10 };

/* What others may know of a rule. */
typedef struct Rule {
    const char *id;       /* "fin.credit_card" */
    const char *detector; /* what its findings are called: the id, unless several rules share a detector */
    const char *name;
    const char *description;
    const char *category;               /* financial, personal, government, health, secret */
    Severity severity;                  /* of few occurrences, if there are steps */
    const SeverityStep *severity_steps; /* rising in occurrences; NULL: none */
    uint32_t severity_step_count;
    char *const *compliance; /* tags such as "PCI" */
    uint32_t compliance_count;
    MaskStyle mask;
    uint32_t index;          /* 0 … rule_set_size() - 1 */
    uint32_t detector_index; /* index of the first rule of this detector */
} Rule;

/* Loads every *.yaml of the directories (in order of name) and compiles it. cache_dir (may be NULL: no cache) keeps the
 * compiled Hyperscan database and what reading and checking each file gave, by content hash. INVALID names file, rule
 * and what was expected. */
FALLIBLE bool rule_set_load(const char *const *directories, const char *cache_dir, RuleSet **ret_rules, GError **error);

/* INVALID if the directory belongs to another user than this process's or root, or if others may write to it: such a
 * cache is neither read nor written. IO if it cannot be opened. */
FALLIBLE bool rule_cache_check(const char *cache_dir, GError **error);

/* Rules that lie in no file: the text of one, and what messages call it. */
typedef struct RuleText {
    const char *name, *text;
} RuleText;

/* The same with added rules behind those of the directories, of which there may be none. */
FALLIBLE bool rule_set_load_with(
    const char *const *directories, const RuleText *added, const char *cache_dir, RuleSet **ret_rules, GError **error);
RuleSet *rule_set_ref(RuleSet *rules);
void rule_set_unref(RuleSet *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RuleSet, rule_set_unref)

/* Runs the examples of the rules that come from files in this directory (NULL: of all). INVALID names file, rule and
 * the example that does not do what it is said to. */
FALLIBLE bool rule_set_check_examples(RuleSet *rules, const char *directory, GError **error);

/* How severe it is that the rule's detector found so many places in one object. */
Severity rule_severity(const Rule *rule, uint64_t occurrences);

uint32_t rule_set_size(const RuleSet *rules);
const Rule *rule_set_rule(const RuleSet *rules, uint32_t index);
/* Hex content hash of the rules: the same rules give the same id anywhere. */
const char *rule_set_id(const RuleSet *rules);

/* One confirmed match. Everything is borrowed until the callback returns; text is scanned content: mask it,
 * fingerprint it, never keep or log it. */
enum { MATCH_ALSO_MAX = 5 };

typedef struct Match {
    const Rule *rule;
    Tier tier;
    Bytes text;                       /* as found */
    Bytes canonical;                  /* what equal values share (digits without separators …); may be text itself */
    uint64_t offset;                  /* in the bytes of the member, as it was encoded there */
    uint64_t length;                  /* likewise */
    uint64_t line, column;            /* from 1; the column counts characters */
    uint64_t row, cell;               /* of a table, from 1, the header is row 1; 0: there is none */
    const char *column_name;          /* of the table's column; NULL: none */
    const char *record_path;          /* "$.patient.ssn" in JSON and YAML, "/a/b/@c" in XML; NULL: none */
    const char *also[MATCH_ALSO_MAX]; /* other detectors whose matches gave way; NULL ends them */
} Match;

typedef void (*MatchHandler)(void *data, const Match *match);

FALLIBLE bool detector_new(RuleSet *rules, Detector **ret_detector, GError **error);
void detector_free(Detector *detector); /* wipes what it holds of the text */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Detector, detector_free)

/* Why a value that has the shape of a rule is no match of it: for people who write rules. */
typedef enum RefusalReason {
    REFUSED_NO_KEYWORD,
    REFUSED_VETO,
    REFUSED_ENTROPY,
    REFUSED_VALIDATOR,
    REFUSED_LOW_TIER, /* it is a match of a lower tier than asked for */
} RefusalReason;

typedef struct Refusal {
    const Rule *rule;
    RefusalReason reason;
    bool is_near; /* its keyword is there; or it needs none, and what its pattern says is: only the reason is in the way
                   */
    Tier tier;    /* REFUSED_LOW_TIER: which it has */
    uint64_t position, length; /* in the UTF-8 text of the run */
} Refusal;

/* "none of its keywords is near" and the like. */
const char *refusal_reason_text(RefusalReason reason);

typedef void (*RefusalHandler)(void *data, const Refusal *refusal);

typedef struct DetectorOptions {
    Tier min_tier;
    MatchHandler handler;
    const char *path; /* of the object or the member: what lower_paths of rules and validators look at; may be NULL */
    MatchHandler suppressed_handler; /* may be NULL: what is suppressed is only counted */
    RefusalHandler refusal_handler;  /* NULL, but for tools: then every rule is tried everywhere, which is slow */
    void *data;
} DetectorOptions;

/* A run: begin, any number of pieces of UTF-8, end. begin() abandons a run that was not ended. Matches are handed
 * over in order of offset as far as a bounded window allows, the last of them in end(). */
FALLIBLE bool detector_begin(
    Detector *detector, const DetectorOptions *options, TextEncoding encoding, uint64_t first_offset, GError **error);
FALLIBLE bool detector_feed(Detector *detector, const char *utf8, size_t len, GError **error);
FALLIBLE bool detector_end(Detector *detector, GError **error);
/* Ends a run whose text is given up: nothing more is handed over, and what was gathered of it is wiped, as
 * detector_end() and a call that failed do. Nothing if none is running. */
void detector_abandon(Detector *detector);

/* Matches hidden since the detector was made, because their value is a published test value or a placeholder. */
uint64_t detector_suppressed(const Detector *detector);

/* Of what the suppressed_handler gets: which field of the rule takes it for a sample, "ignore", "ignore_words"
 * (*ret_word is the word, the rule's) or "validator" (its own: *ret_word is "placeholder" for the form of a secret that
 * is only filled in, else NULL like for "ignore"). */
const char *match_sample_cause(const Match *match, const char **ret_word);

/* Places since this was last asked at which the pattern of a rule needed more effort than is sane, so that a match may
 * be missing; and the rule of one of them (NULL: there is none). */
uint64_t detector_take_overruns(Detector *detector, const Rule **ret_rule);

/* Runs of compressed text in the text since this was last asked that were not read to their end, since more came out
 * than the text's length allows for. In decoded text, which is looked at in pieces that overlap, one may count twice.
 */
uint64_t detector_take_cuts(Detector *detector);

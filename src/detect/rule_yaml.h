/* One rule file as libcyaml reads it: shape and types are checked here, meaning in rule_check.c. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* An enumeration's 0 and a NULL pointer mean that the file does not say. */
typedef struct RawExamples {
    char **match;
    unsigned match_count;
    char **no_match;
    unsigned no_match_count;
} RawExamples;

typedef struct RawSeverityStep {
    unsigned occurrences;
    int severity;
} RawSeverityStep;

typedef struct RawRule {
    char *id, *detector, *name, *description;
    int category, severity, mask, canonical;
    RawSeverityStep *severity_steps;
    unsigned severity_steps_count;
    char **compliance;
    unsigned compliance_count;
    int engine, shape;
    char **forms;
    unsigned forms_count;
    char *separators, *start, *pattern, *prefilter;
    bool caseless;
    unsigned *max_length;
    char **keywords;
    unsigned keywords_count;
    char **field_keywords;
    unsigned field_keywords_count;
    char **veto;
    unsigned veto_count;
    int keyword;
    unsigned *distance, *distance_after;
    bool same_line, alone;
    int tier, keyword_tier, pair_tier;
    char **pair;
    unsigned pair_count;
    unsigned *pair_distance;
    char **beats;
    unsigned beats_count;
    bool generic, plain_only;
    char **lower_paths;
    unsigned lower_paths_count;
    char *validator;
    double *min_entropy;
    char **ignore;
    unsigned ignore_count;
    char **ignore_words;
    unsigned ignore_words_count;
    RawExamples examples;
} RawRule;

typedef struct RuleFacts RuleFacts; /* rule_facts.h */

enum { RULE_DIGEST_CHARS = 64 };

/* One file. */
typedef struct RuleDocument {
    RawRule *rules;
    unsigned rules_count;
    RuleFacts *facts;                   /* as many; zero until they are found */
    char digest[RULE_DIGEST_CHARS + 1]; /* SHA-256 of the text, hex */
    char *image; /* not NULL: the memory of everything here but the document itself; see cache/rule_image.h */
} RuleDocument;

/* text must be NUL-free YAML; name is for messages. INVALID says "name:line:column: field: what", as far
 * as they are known, and has line and field as its place. */
FALLIBLE bool rule_document_parse(const char *name, Bytes text, RuleDocument **ret_document, GError **error);
void rule_document_free(RuleDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RuleDocument, rule_document_free)

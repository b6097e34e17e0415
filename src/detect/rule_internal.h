/* Rules as the engines see them. Never leaves detect/. */
#pragma once

#include "detect/canonical.h"
#include "detect/detect.h"
#include "detect/digit_forms.h"
#include "detect/keywords.h"
#include "detect/literal_db.h"
#include "detect/rule_facts.h"
#include "detect/rule_regex.h"
#include "detect/validators/validators.h"
#include "detect/word_sieve.h"

/* 0 is "the file does not say" in all of these. */
typedef enum Category {
    CATEGORY_FINANCIAL = 1,
    CATEGORY_PERSONAL,
    CATEGORY_GOVERNMENT,
    CATEGORY_HEALTH,
    CATEGORY_SECRET,
} Category;
typedef enum RuleEngine { ENGINE_LITERAL = 1, ENGINE_CLASS } RuleEngine;
typedef enum RuleShape {
    SHAPE_NONE,
    SHAPE_DIGITS,
    SHAPE_UPPER,
    SHAPE_AT,
    SHAPE_PLUS,
    SHAPE_COLON,
    SHAPE_WORD
} RuleShape;
typedef enum KeywordUse { KEYWORD_NONE = 1, KEYWORD_BOOST, KEYWORD_EXPECTED, KEYWORD_REQUIRED } KeywordUse;

enum {
    MAX_LENGTH_DEFAULT = 256,
    MAX_LENGTH_LIMIT = 8192,
    DISTANCE_DEFAULT = 30,
    DISTANCE_LIMIT = 300,
    START_MIN = 2,
    START_MAX = 6,
    PAIR_DISTANCE_DEFAULT = 300,
    PAIR_DISTANCE_LIMIT = 1000,
};

/* A rule ready to run. Strings are borrowed from the RuleDocument that the rule set keeps. */
typedef struct CompiledRule {
    Rule rule;
    SeverityStep *severity_steps; /* what rule has of them */
    RuleEngine engine;
    RuleShape shape;
    const char *start;           /* upper only */
    RuleRegex *regex;            /* NULL for digits */
    const RuleFacts *facts;      /* likewise */
    const uint8_t *first_bytes;  /* bit set of the bytes that a match of regex begins with; NULL: not known */
    uint32_t max_length;         /* of a match of regex */
    uint32_t look_ahead;         /* bytes behind a match that decide about it */
    const FirstRuns *first_runs; /* upper and word only */
    KeywordUse keyword;
    uint32_t distance, distance_after; /* characters; after: 0 unless a keyword may follow the value */
    bool is_same_line;
    bool is_alone;   /* without a keyword it is of tier low only on a line without words */
    bool bare_waits; /* digits only: without a keyword, a run without separators is of tier low */
    bool has_field_keywords, has_veto;
    Tier tier, keyword_tier;
    uint64_t *pair;         /* bit set of rules whose match near by raises the tier; NULL: none */
    uint32_t pair_distance; /* bytes */
    Tier pair_tier;
    uint64_t *beats;                    /* bit set of rules that give way to this one; NULL: none */
    uint32_t beaten_by;                 /* a rule of the same detector that beats this one; UINT32_MAX: none */
    Validator validator;                /* NULL: none */
    ContextValidator context_validator; /* likewise */
    double min_entropy;                 /* 0: none */
    CanonicalForm canonical;
    IgnoredValues *ignored;  /* NULL: none */
    GPtrArray *ignore_words; /* char *, lower case */
    GPtrArray *lower_paths;  /* GPatternSpec */
    bool is_generic;         /* gives way to any other rule */
    bool is_plain_only;      /* not tried on decoded text */
    const RawRule *raw;
    const char *where; /* its file */
} CompiledRule;

typedef struct ClassRules ClassRules; /* class_rules.h */

/* Which rules a keyword is demanded by. */
typedef struct DemandedPhrase {
    uint64_t *rules;        /* bit set; NULL: none */
    uint64_t *rules_before; /* likewise, those of them whose value may stand before the keyword */
    uint32_t distance;      /* characters: the greatest of the rules */
    uint64_t reach_back;    /* bytes before the end of the keyword in which such a value begins; for all the same */
} DemandedPhrase;

struct RuleSet {
    gatomicrefcount refs;
    GPtrArray *documents; /* RuleDocument */
    GStringChunk *paths;  /* of their files */
    GHashTable *ids;      /* of all rules: a set of their strings */
    GArray *rules;        /* CompiledRule */
    char id[65];

    /* Literal rules (ids are rule indices); NULL if there are none. */
    hs_database_t *literals;
    ClassRules *class_rules;      /* all rules of engine class */
    ClassRules *class_rules_cold; /* what demands no keyword: enough where none is near */
    ClassRules *class_rules_low;  /* likewise, for matches of tier low */

    /* Group of a keyword: rule index; then as many groups of field_keywords, then as many of veto. */
    Vocabulary *vocabulary;
    size_t group_words; /* uint64_t that a bit set of groups has */

    /* Where rules of engine class that demand a keyword are worth trying. */
    DemandedPhrase *demanded; /* by phrase of the vocabulary */
    uint64_t *demanding;      /* those rules together */
    uint64_t *demanding_low;  /* of them those that demand one for a match of tier low, too */
    uint64_t *word_shaped;    /* those of shape word */
    WordSieve *word_sieve;    /* of these */
    size_t rule_words;        /* uint64_t that a bit set of rules has */

    /* What the detector's window must hold. */
    uint32_t literal_max_length, class_max_length;
    uint32_t max_distance, max_distance_after;
    bool has_beats;             /* some rule names others that it beats */
    uint32_t max_pair_distance; /* 0: no rule has a pair */
    uint32_t max_groups;        /* capture groups of any regex */
};

static inline const CompiledRule *rule_at(const RuleSet *rules, uint32_t index)
{
    return &g_array_index(rules->rules, CompiledRule, index);
}

static inline uint32_t field_keyword_group(const RuleSet *rules, uint32_t index)
{
    return rules->rules->len + index;
}

static inline uint32_t veto_group(const RuleSet *rules, uint32_t index)
{
    return 2 * rules->rules->len + index;
}

/* Whether the bit set (NULL: empty) holds the rule. */
static inline bool rule_bits_have(const uint64_t *bits, uint32_t index)
{
    return bits != NULL && (bits[index / 64] >> (index % 64) & 1) != 0;
}

/* To a bit set of bytes. */
static inline void rule_add_first_bytes(const CompiledRule *rule, uint64_t bytes[4])
{
    for (size_t i = 0; i < 4; i++) {
        uint64_t more = UINT64_MAX;
        if (rule->first_bytes != NULL)
            memcpy(&more, rule->first_bytes + i * sizeof more, sizeof more);
        bytes[i] |= GUINT64_FROM_LE(more);
    }
}

/* Whether its pattern is tried at one place only, not searched for. */
static inline bool rule_is_anchored(const RawRule *raw)
{
    return raw->engine == ENGINE_CLASS && raw->shape != SHAPE_AT;
}

/* Whether the rule is worth trying only where one of its keywords stands, for matches of this tier. */
static inline bool rule_waits_for_keyword(const CompiledRule *rule, Tier min_tier)
{
    return rule->keyword == KEYWORD_REQUIRED || (rule->keyword == KEYWORD_EXPECTED && min_tier > TIER_LOW);
}

static inline void rule_bits_add(uint64_t *bits, uint32_t index)
{
    bits[index / 64] |= UINT64_C(1) << (index % 64);
}

/* By its name: *.yaml or *.yml. */
bool is_rule_file(const char *path);

/* Adds the paths of a directory's rule files, in order of name. INVALID if it cannot be read or has none. */
FALLIBLE bool rule_files_list(const char *directory, GPtrArray *paths, GError **error);

/* A rule that nothing is wrong with. All of it is borrowed. */
typedef struct CheckedRule {
    const char *where;
    const RawRule *raw;
    RuleFacts *facts;
} CheckedRule;

/* A set of these, without an id; they outlive it. INVALID if they do not fit together. */
FALLIBLE bool rule_set_of(const CheckedRule *checked, size_t count, RuleSet **ret_rules, GError **error);

/* Once all rules are there: which share a detector, and what pair and beats name. INVALID names the rule.
 */
FALLIBLE bool rule_links_resolve(RuleSet *rules, GError **error);

/* The best tier that a match of the rule can have. */
Tier compiled_rule_best_tier(const CompiledRule *rule);

typedef enum FactsState { FACTS_UNKNOWN, FACTS_KNOWN } FactsState;

/* Checks every field of one rule. where names the file; facts, found now unless they are known, and raw must outlive
 * the rule. On failure the rule is clear. */
FALLIBLE bool compiled_rule_init(CompiledRule *ret_rule, const char *where, const RawRule *raw, RuleFacts *facts,
    FactsState facts_state, GError **error);
void compiled_rule_clear(CompiledRule *rule);

/* The same, but everything that is wrong goes into complaints (rule_complaints.h). */
bool compiled_rule_complain(
    CompiledRule *ret_rule, const RawRule *raw, RuleFacts *facts, FactsState facts_state, GArray *complaints);

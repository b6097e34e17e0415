/* From what a file says to a rule that can run: every field checked. */
#include "detect/rule_complaints.h"
#include "detect/rule_internal.h"

#include <string.h>

static const char *const CATEGORY_NAMES[] = {NULL, "financial", "personal", "government", "health", "secret"};

enum { COMPLIANCE_TAG_MAX = 64 };

typedef struct Check {
    const char *where;
    const RawRule *raw;
    FactsState facts_state;
    Complaints *complaints;
} Check;

/* Letters, a point, then letters, digits and "_". */
static bool is_id(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz", rest[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    size_t category = strspn(text, letters);

    if (category == 0 || text[category] != '.')
        return false;
    size_t name = strspn(text + category + 1, rest);
    return name > 0 && text[category + 1 + name] == '\0';
}

static bool check_id(const Check *check)
{
    bool is_good =
        is_id(check->raw->id) || rule_wrong(check->complaints, "id", "expected a form such as fin.credit_card");

    if (check->raw->detector != NULL && !is_id(check->raw->detector))
        return rule_wrong(check->complaints, "detector", "expected a form such as fin.credit_card");
    return is_good;
}

/* They are kept and filtered by with commas between them. */
static bool check_compliance(const Check *check)
{
    for (unsigned i = 0; i < check->raw->compliance_count; i++) {
        const char *tag = check->raw->compliance[i];
        bool is_tag = g_ascii_isalnum(*tag) && strlen(tag) <= COMPLIANCE_TAG_MAX;
        for (const char *at = tag; *at != '\0'; at++)
            is_tag = is_tag && (g_ascii_isalnum(*at) || strchr(" ._:/+-", *at) != NULL);
        if (!is_tag)
            return rule_wrong(check->complaints, "compliance",
                "'%.70s': expected a tag of up to %d letters, digits, spaces and ._:/+- such as PCI or "
                "\"ISO 27001\"",
                tag, COMPLIANCE_TAG_MAX);
    }
    return true;
}

static bool check_unused(const Check *check, const char *field, const void *value, const char *owner)
{
    if (value != NULL)
        return rule_wrong_beside(check->complaints, field, "only for %s", owner);
    return true;
}

static bool check_literal_fields(const Check *check)
{
    bool is_good =
        check->raw->shape == SHAPE_NONE || rule_wrong_beside(check->complaints, "shape", "only for engine class");

    if (check->raw->pattern == NULL)
        is_good = rule_wrong_beside(check->complaints, "pattern", "missing; engine literal needs one");
    is_good &= check_unused(check, "forms", check->raw->forms, "shape digits");
    is_good &= check_unused(check, "separators", check->raw->separators, "shape digits");
    return check_unused(check, "start", check->raw->start, "shape upper") && is_good;
}

static bool check_digits_fields(const Check *check)
{
    bool is_good = check->raw->forms != NULL ||
                   rule_wrong_beside(check->complaints, "forms", "missing; shape digits needs at least one");

    if (check->raw->caseless)
        is_good = rule_wrong_beside(check->complaints, "caseless", "only for rules with a pattern");
    is_good &= check_unused(check, "pattern", check->raw->pattern, "engine literal and the other shapes");
    is_good &= check_unused(check, "max_length", check->raw->max_length, "rules with a pattern");
    return check_unused(check, "start", check->raw->start, "shape upper") && is_good;
}

static bool check_start(const Check *check)
{
    const char *start = check->raw->start;

    if (check->raw->shape != SHAPE_UPPER)
        return check_unused(check, "start", start, "shape upper");
    if (start == NULL || strlen(start) < START_MIN || strlen(start) > START_MAX ||
        strspn(start, "UDA") != strlen(start))
        return rule_wrong(check->complaints, "start", "expected %d to %d of the letters U (A-Z), D (0-9), A (A-Z0-9)",
            START_MIN, START_MAX);
    return true;
}

static bool check_class_fields(const Check *check)
{
    if (check->raw->shape == SHAPE_NONE)
        return rule_wrong_beside(
            check->complaints, "shape", "missing; engine class needs digits, upper, at, plus, colon or word");
    TRY(check_unused(check, "prefilter", check->raw->prefilter, "engine literal"));
    if (check->raw->shape == SHAPE_DIGITS)
        return check_digits_fields(check);
    if (check->raw->pattern == NULL)
        return rule_wrong_beside(
            check->complaints, "pattern", "missing; shapes upper, at, plus, colon and word need one");
    TRY(check_unused(check, "forms", check->raw->forms, "shape digits"));
    TRY(check_unused(check, "separators", check->raw->separators, "shape digits"));
    return check_start(check);
}

static bool number_in_range(
    const Check *check, const char *field, const unsigned *given, uint32_t fallback, uint32_t limit, uint32_t *ret)
{
    if (given != NULL && (*given < 1 || *given > limit))
        return rule_wrong(check->complaints, field, "%u: expected 1 to %u", *given, limit);
    *ret = given != NULL ? *given : fallback;
    return true;
}

/* A field that says nothing without keywords; NULL: there is none. */
static const char *keyword_field(const RawRule *raw)
{
    if (raw->field_keywords_count > 0)
        return "field_keywords";
    if (raw->distance_after != NULL)
        return "distance_after";
    if (raw->same_line && raw->veto_count == 0)
        return "same_line";
    return raw->alone ? "alone" : NULL;
}

static bool check_keywords(const Check *check, CompiledRule *rule)
{
    const RawRule *raw = check->raw;
    KeywordUse fallback = raw->keywords_count > 0 ? KEYWORD_BOOST : KEYWORD_NONE;

    rule->keyword = raw->keyword != 0 ? (KeywordUse)raw->keyword : fallback;
    if (rule->keyword != KEYWORD_NONE && raw->keywords_count == 0)
        return rule_wrong_beside(check->complaints, "keywords", "missing; keyword %s needs some",
            rule->keyword == KEYWORD_BOOST ? "boost" : "required");
    if (rule->keyword == KEYWORD_NONE && raw->keywords_count > 0)
        return rule_wrong_beside(check->complaints, "keyword", "none, yet there are keywords");
    const char *idle = keyword_field(raw);
    if (rule->keyword == KEYWORD_NONE && idle != NULL)
        return rule_wrong_beside(check->complaints, idle, "only beside keywords");
    rule->is_same_line = raw->same_line;
    rule->is_alone = raw->alone;
    rule->has_field_keywords = raw->field_keywords_count > 0;
    rule->has_veto = raw->veto_count > 0;
    TRY(number_in_range(check, "distance_after", raw->distance_after, 0, DISTANCE_LIMIT, &rule->distance_after));
    return number_in_range(check, "distance", raw->distance, DISTANCE_DEFAULT, DISTANCE_LIMIT, &rule->distance);
}

static bool check_pair(const Check *check, CompiledRule *rule)
{
    const RawRule *raw = check->raw;

    if (raw->pair_count == 0 && (raw->pair_distance != NULL || raw->pair_tier != 0))
        return rule_wrong_beside(
            check->complaints, raw->pair_distance != NULL ? "pair_distance" : "pair_tier", "only beside pair");
    rule->pair_tier = raw->pair_tier != 0 ? (Tier)(raw->pair_tier - 1) : TIER_VALIDATED;
    return number_in_range(
        check, "pair_distance", raw->pair_distance, PAIR_DISTANCE_DEFAULT, PAIR_DISTANCE_LIMIT, &rule->pair_distance);
}

static bool no_such_validator(const Check *check)
{
    const char *name = check->raw->validator, *closest = validator_closest(name);
    g_autofree char *guess = closest != NULL ? g_strdup_printf(" (the closest is '%s')", closest) : g_strdup("");

    return rule_wrong(check->complaints, "validator",
        "there is none called '%s'%s; docs/rules.md, Validators, lists them", name, guess);
}

static bool check_tiers(const Check *check, CompiledRule *rule)
{
    const RawRule *raw = check->raw;

    rule->tier = raw->tier != 0 ? (Tier)(raw->tier - 1) : TIER_MEDIUM;
    rule->keyword_tier = raw->keyword_tier != 0 ? (Tier)(raw->keyword_tier - 1) : MAX(TIER_HIGH, rule->tier);
    rule->min_entropy = raw->min_entropy != NULL ? *raw->min_entropy : 0;
    bool is_good = rule->keyword != KEYWORD_BOOST || rule->keyword_tier >= rule->tier ||
                   rule_wrong_beside(check->complaints, "keyword_tier", "expected not to be below tier");
    if (raw->min_entropy != NULL && !(*raw->min_entropy > 0 && *raw->min_entropy <= 8))
        is_good = rule_wrong(check->complaints, "min_entropy", "expected more than 0 and at most 8 bits a character");
    if (raw->validator == NULL)
        return is_good;
    rule->validator = validator_find(raw->validator);
    rule->context_validator = context_validator_find(raw->validator);
    if (rule->validator == NULL && rule->context_validator == NULL)
        return no_such_validator(check);
    return is_good;
}

/* The severity itself is that of the first occurrence. */
static bool check_severity(const Check *check, CompiledRule *rule)
{
    const RawRule *raw = check->raw;
    uint64_t last = 1;

    rule->severity_steps = g_new0(SeverityStep, MAX(raw->severity_steps_count, 1U));
    for (unsigned i = 0; i < raw->severity_steps_count; i++) {
        const RawSeverityStep *step = &raw->severity_steps[i];
        if (step->occurrences <= last)
            return rule_wrong(check->complaints, "severity_by_occurrences",
                "%u: expected more than %" G_GUINT64_FORMAT " occurrences", step->occurrences, last);
        last = step->occurrences;
        rule->severity_steps[i] =
            (SeverityStep){.occurrences = step->occurrences, .severity = (Severity)(step->severity - 1)};
    }
    rule->rule.severity_steps = rule->severity_steps;
    rule->rule.severity_step_count = raw->severity_steps_count;
    return true;
}

static bool check_pattern(const Check *check, const RuleFacts *facts, CompiledRule *rule)
{
    if (check->raw->pattern == NULL)
        return true;
    TRY(number_in_range(
        check, "max_length", check->raw->max_length, MAX_LENGTH_DEFAULT, MAX_LENGTH_LIMIT, &rule->max_length));
    rule->max_length = MIN(rule->max_length, facts->longest);
    rule->regex = rule_regex_new(check->raw);
    rule->facts = facts;
    rule->first_runs = &facts->first_runs;
    rule->first_bytes = facts->has_first_bytes != 0 ? facts->first_bytes : NULL;
    bool has_short_word = first_runs_all(rule->first_runs) << (64 - LONG_WORD_MIN) != 0;
    if (rule->engine == ENGINE_CLASS && rule->shape == SHAPE_WORD && has_short_word &&
        !rule_waits_for_keyword(rule, TIER_MEDIUM))
        return rule_wrong_beside(check->complaints, "keyword",
            "shape word fits every word; expected 'expected' or 'required', or a pattern that begins with "
            "%d or more letters and digits",
            LONG_WORD_MIN);
    return true;
}

/* Facts that are there already were found by this very program. */
static bool check_facts(const Check *check, RuleFacts *facts)
{
    GError *refusal = NULL;

    return check->facts_state == FACTS_KNOWN || rule_facts_find(check->raw, facts, &refusal) ||
           rule_complain(check->complaints, refusal, COMPLAINT_OF_FIELD);
}

static void fill_ignored(CompiledRule *rule, const RawRule *raw)
{
    rule->ignored = ignored_values_new(rule->canonical, raw->ignore, raw->ignore_count);
    rule->ignore_words = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < raw->ignore_words_count; i++)
        g_ptr_array_add(rule->ignore_words, g_ascii_strdown(raw->ignore_words[i], -1));
    rule->lower_paths = g_ptr_array_new_with_free_func((GDestroyNotify)g_pattern_spec_free);
    for (unsigned i = 0; i < raw->lower_paths_count; i++)
        g_ptr_array_add(rule->lower_paths, g_pattern_spec_new(raw->lower_paths[i]));
}

static void note_bare(CompiledRule *rule)
{
    const RawRule *raw = rule->raw;

    rule->bare_waits = rule->shape == SHAPE_DIGITS && rule->keyword == KEYWORD_BOOST && raw->pair_count == 0 &&
                       raw->validator != NULL && validator_doubts_bare(raw->validator);
}

static void note_look_ahead(CompiledRule *rule)
{
    if (rule->context_validator != NULL || rule->is_alone)
        rule->look_ahead = SURROUNDINGS_AFTER;
    if (rule->distance_after > 0)
        rule->look_ahead = MAX(rule->look_ahead, (uint32_t)keyword_look_back(rule->distance_after));
}

/* Goes on behind what is wrong: somebody may want to hear of everything. */
static bool check_all(const Check *check, RuleFacts *facts, CompiledRule *rule)
{
    bool is_good = check_id(check);

    is_good &= check_compliance(check);
    is_good &= check->raw->engine == ENGINE_LITERAL ? check_literal_fields(check) : check_class_fields(check);
    is_good &= check_keywords(check, rule);
    is_good &= check_tiers(check, rule);
    is_good &= check_pair(check, rule);
    is_good &= check_severity(check, rule);
    note_look_ahead(rule);
    note_bare(rule);
    return check_facts(check, facts) && check_pattern(check, facts, rule) && is_good;
}

static bool init(const Check *check, RuleFacts *facts, CompiledRule *ret_rule)
{
    const RawRule *raw = check->raw;
    CompiledRule rule = {
        .rule = {.id = raw->id,
            .detector = raw->detector != NULL ? raw->detector : raw->id,
            .name = raw->name,
            .description = raw->description,
            .category = CATEGORY_NAMES[raw->category],
            .severity = (Severity)(raw->severity - 1),
            .compliance = raw->compliance,
            .compliance_count = raw->compliance_count,
            .mask = (MaskStyle)(raw->mask - 1)},
        .engine = (RuleEngine)raw->engine,
        .shape = (RuleShape)raw->shape,
        .start = raw->start,
        .canonical = raw->canonical != 0 ? (CanonicalForm)raw->canonical : CANONICAL_AS_IS,
        .is_generic = raw->generic || g_str_has_prefix(raw->id, "sec.generic_"),
        .is_plain_only = raw->plain_only,
        .raw = raw,
        .where = check->where,
    };

    if (!check_all(check, facts, &rule)) {
        compiled_rule_clear(&rule);
        return false;
    }
    fill_ignored(&rule, raw);
    *ret_rule = rule;
    return true;
}

bool compiled_rule_init(CompiledRule *ret_rule, const char *where, const RawRule *raw, RuleFacts *facts,
    FactsState facts_state, GError **error)
{
    Complaints complaints = {0};
    const Check check = {.where = where, .raw = raw, .facts_state = facts_state, .complaints = &complaints};

    if (init(&check, facts, ret_rule))
        return true;
    g_prefix_error(&complaints.first, "%s: rule %s: ", where, raw->id);
    g_propagate_error(error, complaints.first);
    return false;
}

bool compiled_rule_complain(
    CompiledRule *ret_rule, const RawRule *raw, RuleFacts *facts, FactsState facts_state, GArray *all)
{
    Complaints complaints = {.all = all};
    const Check check = {.where = "", .raw = raw, .facts_state = facts_state, .complaints = &complaints};

    bool is_good = init(&check, facts, ret_rule);
    g_clear_error(&complaints.first);
    return is_good;
}

void compiled_rule_clear(CompiledRule *rule)
{
    g_clear_pointer(&rule->regex, rule_regex_free);
    g_clear_pointer(&rule->ignored, ignored_values_free);
    g_clear_pointer(&rule->ignore_words, g_ptr_array_unref);
    g_clear_pointer(&rule->lower_paths, g_ptr_array_unref);
    g_clear_pointer(&rule->severity_steps, g_free);
    g_clear_pointer(&rule->pair, g_free);
    g_clear_pointer(&rule->beats, g_free);
}

Tier compiled_rule_best_tier(const CompiledRule *rule)
{
    if (rule->validator != NULL || rule->context_validator != NULL || rule->pair != NULL)
        return TIER_VALIDATED;
    switch (rule->keyword) {
    case KEYWORD_NONE:
        return rule->tier;
    case KEYWORD_BOOST:
    case KEYWORD_EXPECTED:
    case KEYWORD_REQUIRED:
        return rule->keyword_tier;
    }
    return TIER_VALIDATED;
}

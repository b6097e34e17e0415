/* Loading directories of rule files into one immutable set, and reading the set. */
#include "detect/cache/rule_cache.h"
#include "detect/class_rules.h"
#include "detect/keyword_spelling.h"
#include "detect/pattern_literal.h"

#include <string.h>

/* Part of rule_set_id(): to be raised when the engine finds other things with the same rules. */
#define ENGINE_VERSION "trawl-detect-4"

enum { MAX_RULES = 10000, CLASS_LOOK_AHEAD_MIN = 128, LITERAL_MIN = 4 };

static void demanded_clear(RuleSet *rules)
{
    for (uint32_t i = 0; rules->demanded != NULL && i < vocabulary_phrase_count(rules->vocabulary); i++) {
        g_free(rules->demanded[i].rules);
        g_free(rules->demanded[i].rules_before);
    }
    g_free(rules->demanded);
}

static void rule_set_free(RuleSet *rules)
{
    g_hash_table_unref(rules->ids);
    g_array_unref(rules->rules);
    g_ptr_array_unref(rules->documents);
    g_string_chunk_free(rules->paths);
    class_rules_free(rules->class_rules);
    class_rules_free(rules->class_rules_cold);
    class_rules_free(rules->class_rules_low);
    demanded_clear(rules);
    vocabulary_free(rules->vocabulary);
    g_free(rules->demanding);
    g_free(rules->demanding_low);
    g_free(rules->word_shaped);
    word_sieve_free(rules->word_sieve);
    hs_free_database(rules->literals);
    g_free(rules);
}

static RuleSet *rule_set_new(void)
{
    RuleSet *rules = g_new0(RuleSet, 1);

    g_atomic_ref_count_init(&rules->refs);
    rules->documents = g_ptr_array_new_with_free_func((GDestroyNotify)rule_document_free);
    rules->ids = g_hash_table_new(g_str_hash, g_str_equal);
    rules->paths = g_string_chunk_new(1024);
    rules->rules = g_array_new(FALSE, FALSE, sizeof(CompiledRule));
    g_array_set_clear_func(rules->rules, (GDestroyNotify)compiled_rule_clear);
    rules->class_rules = class_rules_new(CLASS_RULES_ALL);
    rules->class_rules_cold = class_rules_new(CLASS_RULES_COLD);
    rules->class_rules_low = class_rules_new(CLASS_RULES_COLD_LOW);
    return rules;
}

RuleSet *rule_set_ref(RuleSet *rules)
{
    g_atomic_ref_count_inc(&rules->refs);
    return rules;
}

void rule_set_unref(RuleSet *rules)
{
    if (rules != NULL && g_atomic_ref_count_dec(&rules->refs))
        rule_set_free(rules);
}

uint32_t rule_set_size(const RuleSet *rules)
{
    return rules->rules->len;
}

const Rule *rule_set_rule(const RuleSet *rules, uint32_t index)
{
    return &rule_at(rules, index)->rule;
}

const char *rule_set_id(const RuleSet *rules)
{
    return rules->id;
}

static bool fail_in_rule(const char *path, const char *id, const char *what, GError **error)
{
    (void)fail_at(error, &(ErrorPlace){.field = "id"}, "%s", what);
    g_prefix_error(error, "%s: rule %s: ", path, id);
    return false;
}

static bool add_rule(
    RuleSet *rules, const char *path, const RawRule *raw, RuleFacts *facts, FactsState facts_state, GError **error)
{
    CompiledRule rule;

    if (g_hash_table_contains(rules->ids, raw->id))
        return fail_in_rule(path, raw->id, "there is another rule with this id", error);
    if (rules->rules->len == MAX_RULES)
        return fail(error, ERROR_INVALID, "%s: expected at most %d rules in all", path, MAX_RULES);
    TRY(compiled_rule_init(&rule, path, raw, facts, facts_state, error));
    rule.rule.index = rules->rules->len;
    (void)g_hash_table_add(rules->ids, raw->id);
    g_array_append_val(rules->rules, rule);
    return true;
}

/* A set that is being loaded. */
typedef struct Loading {
    RuleSet *rules;
    const char *cache_dir; /* NULL: none */
    GChecksum *sum;        /* of what the set's id depends on */
} Loading;

/* The facts of some rules are known: from the cache, or found by many threads at once. The others are found, and what
 * is wrong with them is said, when their turn comes. */
static bool add_rules(RuleSet *rules, const char *path, RuleDocument *document, FactsState state, GError **error)
{
    const char *where = g_string_chunk_insert_const(rules->paths, path);
    g_autofree bool *are_known = g_new0(bool, document->rules_count);

    if (state == FACTS_UNKNOWN)
        rule_facts_find_all(document->rules, document->rules_count, document->facts, are_known);
    for (unsigned i = 0; i < document->rules_count; i++) {
        FactsState known = are_known[i] ? FACTS_KNOWN : state;
        TRY(add_rule(rules, where, &document->rules[i], &document->facts[i], known, error));
    }
    return true;
}

/* Reads a document and checks its rules, unless the cache says what came of that. The document is the set's. */
static bool add_document(
    const Loading *loading, const char *path, Bytes text, const RuleDocument **ret_document, GError **error)
{
    RuleSet *rules = loading->rules;
    RuleDocument *document = loading->cache_dir != NULL ? rule_cache_read(loading->cache_dir, text) : NULL;
    FactsState state = document != NULL ? FACTS_KNOWN : FACTS_UNKNOWN;

    if (document == NULL)
        TRY(rule_document_parse(path, text, &document, error));
    g_ptr_array_add(rules->documents, document);
    TRY(add_rules(rules, path, document, state, error));
    if (loading->cache_dir != NULL && state == FACTS_UNKNOWN)
        rule_cache_write(loading->cache_dir, text, document);
    *ret_document = document;
    return true;
}

/* name: what the id of the set knows the text by. */
static bool add_text(const Loading *loading, const char *path, const char *name, Bytes text, GError **error)
{
    const RuleDocument *document = NULL;

    TRY(add_document(loading, path, text, &document, error));
    g_checksum_update(loading->sum, (const guchar *)name, (gssize)strlen(name) + 1);
    g_checksum_update(loading->sum, (const guchar *)document->digest, sizeof document->digest);
    return true;
}

static bool add_file(const Loading *loading, const char *path, GError **error)
{
    g_autofree char *contents = NULL;
    g_autofree char *name = g_path_get_basename(path);
    gsize len = 0;
    GError *reason = NULL;

    if (!g_file_get_contents(path, &contents, &len, &reason)) {
        fail(error, ERROR_INVALID, "%s: %s", path, reason->message);
        g_error_free(reason);
        return false;
    }
    return add_text(loading, path, name, (Bytes){.data = (const uint8_t *)contents, .len = len}, error);
}

static bool add_to_class_rules(RuleSet *rules, const CompiledRule *rule, GError **error)
{
    bool is_added = class_rules_add(rules->class_rules, rule, error) &&
                    class_rules_add(rules->class_rules_cold, rule, error) &&
                    class_rules_add(rules->class_rules_low, rule, error);

    if (!is_added)
        g_prefix_error(error, "%s: rule %s: ", rule->where, rule->rule.id);
    return is_added;
}

static bool add_word(RuleSet *rules, uint32_t group, const char *word, GError **error)
{
    TRY(vocabulary_add(rules->vocabulary, group, word, error));
    if (g_str_is_ascii(word))
        return true;
    g_auto(GStrv) spellings = keyword_spellings(word);
    for (char **spelling = spellings; *spelling != NULL; spelling++)
        if (strlen(*spelling) <= KEYWORD_MAX_BYTES) /* capitals may be longer: the keyword is none the worse */
            TRY(vocabulary_add(rules->vocabulary, group, *spelling, error));
    return true;
}

static bool add_words(
    RuleSet *rules, uint32_t group, const char *field, char *const *words, unsigned count, GError **error)
{
    GError *reason = NULL;

    for (unsigned i = 0; i < count; i++) {
        if (!add_word(rules, group, words[i], &reason))
            return fail_in(error, field, reason);
    }
    return true;
}

static bool add_keywords(RuleSet *rules, const CompiledRule *rule, GError **error)
{
    const RawRule *raw = rule->raw;
    uint32_t index = rule->rule.index, in_field = field_keyword_group(rules, index);
    bool is_added =
        add_words(rules, index, "keywords", raw->keywords, raw->keywords_count, error) &&
        add_words(rules, in_field, "field_keywords", raw->field_keywords, raw->field_keywords_count, error) &&
        add_words(rules, veto_group(rules, index), "veto", raw->veto, raw->veto_count, error);

    if (!is_added)
        g_prefix_error(error, "%s: rule %s: ", rule->where, rule->rule.id);
    if (rule->engine == ENGINE_CLASS && (rule->bare_waits || rule_waits_for_keyword(rule, TIER_MEDIUM)))
        rule_bits_add(rules->demanding, index);
    if (rule->engine == ENGINE_CLASS && rule_waits_for_keyword(rule, TIER_LOW))
        rule_bits_add(rules->demanding_low, index);
    if (rule->shape == SHAPE_WORD) {
        rule_bits_add(rules->word_shaped, index);
        word_sieve_add(rules->word_sieve, index, rule->first_runs, rule->first_bytes);
    }
    return is_added;
}

static void note_limits(RuleSet *rules, const CompiledRule *rule)
{
    uint32_t *longest = rule->engine == ENGINE_LITERAL ? &rules->literal_max_length : &rules->class_max_length;
    uint32_t length =
        rule->engine == ENGINE_CLASS ? MAX(rule->max_length, (uint32_t)CLASS_LOOK_AHEAD_MIN) : rule->max_length;
    *longest = MAX(*longest, length + rule->look_ahead);
    if (rule->keyword != KEYWORD_NONE || rule->has_veto)
        rules->max_distance = MAX(rules->max_distance, rule->distance);
    rules->max_distance_after = MAX(rules->max_distance_after, rule->distance_after);
    if (rule->pair != NULL)
        rules->max_pair_distance = MAX(rules->max_pair_distance, rule->pair_distance);
    if (rule->facts != NULL)
        rules->max_groups = MAX(rules->max_groups, rule->facts->groups);
}

/* What Hyperscan looks for: the shorter and the plainer, the faster. */
static char *prefilter_of(const CompiledRule *rule)
{
    char *literal = rule->raw->prefilter == NULL ? pattern_literal(rule->raw->pattern, LITERAL_MIN) : NULL;

    if (literal != NULL)
        return literal;
    return g_strdup(rule->raw->prefilter != NULL ? rule->raw->prefilter : rule->raw->pattern);
}

/* The pattern is kept in patterns. */
static void add_literal(GArray *expressions, GPtrArray *patterns, const CompiledRule *rule)
{
    const LiteralExpression expression = {
        .name = rule->rule.id,
        .pattern = prefilter_of(rule),
        .flags = rule->raw->caseless ? HS_FLAG_CASELESS : 0,
        .id = rule->rule.index,
    };

    g_ptr_array_add(patterns, (char *)expression.pattern);
    g_array_append_val(expressions, expression);
}

static void demand(const RuleSet *rules, uint32_t index, DemandedPhrase *phrase)
{
    const CompiledRule *rule = rule_at(rules, index);

    if (phrase->rules == NULL)
        phrase->rules = g_new0(uint64_t, rules->rule_words);
    rule_bits_add(phrase->rules, index);
    phrase->distance = MAX(phrase->distance, rule->distance);
    if (rule->distance_after == 0)
        return;
    if (phrase->rules_before == NULL)
        phrase->rules_before = g_new0(uint64_t, rules->rule_words);
    rule_bits_add(phrase->rules_before, index);
    uint64_t reach_back = keyword_look_back(rule->distance_after) + KEYWORD_SPAN + rule->max_length;
    phrase->reach_back = MAX(phrase->reach_back, reach_back);
}

/* Zones before keywords are kept in the order in which they begin: that of the keywords if all reach equally far. */
static void level_reaches(RuleSet *rules)
{
    uint32_t count = vocabulary_phrase_count(rules->vocabulary);
    uint64_t furthest = 0;

    for (uint32_t i = 0; i < count; i++)
        furthest = MAX(furthest, rules->demanded[i].reach_back);
    for (uint32_t i = 0; i < count; i++)
        rules->demanded[i].reach_back = furthest;
}

/* Which rules demand which keywords. */
static void build_demanded(RuleSet *rules)
{
    rules->demanded = g_new0(DemandedPhrase, vocabulary_phrase_count(rules->vocabulary));
    for (uint32_t i = 0; i < vocabulary_phrase_count(rules->vocabulary); i++) {
        const uint64_t *groups = vocabulary_phrase(rules->vocabulary, i)->groups;
        for (size_t word = 0; word < rules->rule_words; word++) {
            for (uint64_t left = groups[word] & rules->demanding[word]; left != 0; left &= left - 1)
                demand(rules, (uint32_t)(64 * word + (size_t)__builtin_ctzll(left)), &rules->demanded[i]);
        }
    }
    level_reaches(rules);
}

static bool build_literals(RuleSet *rules, const char *cache_dir, GError **error)
{
    g_autoptr(GArray) expressions = g_array_new(FALSE, FALSE, sizeof(LiteralExpression));
    g_autoptr(GPtrArray) patterns = g_ptr_array_new_with_free_func(g_free);

    for (uint32_t i = 0; i < rules->rules->len; i++) {
        const CompiledRule *rule = rule_at(rules, i);
        if (rule->engine == ENGINE_LITERAL)
            add_literal(expressions, patterns, rule);
    }
    return literal_db_build(
        (const LiteralExpression *)(void *)expressions->data, expressions->len, cache_dir, &rules->literals, error);
}

/* What all rules together need, once all are there. */
static bool rule_set_build(RuleSet *rules, const char *cache_dir, GError **error)
{
    TRY(rule_links_resolve(rules, error));
    rules->vocabulary = vocabulary_new(3 * rules->rules->len);
    rules->group_words = 3 * (size_t)rules->rules->len / 64 + 1;
    rules->rule_words = (size_t)rules->rules->len / 64 + 1;
    rules->demanding = g_new0(uint64_t, rules->rule_words);
    rules->demanding_low = g_new0(uint64_t, rules->rule_words);
    rules->word_shaped = g_new0(uint64_t, rules->rule_words);
    rules->word_sieve = word_sieve_new(rules->rule_words);
    rules->class_max_length = CLASS_LOOK_AHEAD_MIN;
    for (uint32_t i = 0; i < rules->rules->len; i++) {
        const CompiledRule *rule = rule_at(rules, i);
        TRY(add_to_class_rules(rules, rule, error));
        TRY(add_keywords(rules, rule, error));
        note_limits(rules, rule);
    }
    class_rules_finish(rules->class_rules);
    class_rules_finish(rules->class_rules_cold);
    class_rules_finish(rules->class_rules_low);
    build_demanded(rules);
    return build_literals(rules, cache_dir, error);
}

bool rule_set_of(const CheckedRule *checked, size_t count, RuleSet **ret_rules, GError **error)
{
    g_autoptr(RuleSet) rules = rule_set_new();

    for (size_t i = 0; i < count; i++)
        TRY(add_rule(rules, checked[i].where, checked[i].raw, checked[i].facts, FACTS_KNOWN, error));
    TRY(rule_set_build(rules, NULL, error));
    *ret_rules = g_steal_pointer(&rules);
    return true;
}

bool rule_set_load(const char *const *directories, const char *cache_dir, RuleSet **ret_rules, GError **error)
{
    return rule_set_load_with(directories, NULL, cache_dir, ret_rules, error);
}

bool rule_set_load_with(
    const char *const *directories, const RuleText *added, const char *cache_dir, RuleSet **ret_rules, GError **error)
{
    g_autoptr(RuleSet) rules = rule_set_new();
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    const Loading loading = {.rules = rules, .cache_dir = cache_dir, .sum = sum};

    g_checksum_update(sum, (const guchar *)ENGINE_VERSION, sizeof ENGINE_VERSION);
    for (size_t i = 0; directories[i] != NULL; i++) {
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
        TRY(rule_files_list(directories[i], paths, error));
        for (guint j = 0; j < paths->len; j++)
            TRY(add_file(&loading, g_ptr_array_index(paths, j), error));
    }
    if (added != NULL) {
        Bytes text = {.data = (const uint8_t *)added->text, .len = strlen(added->text)};
        TRY(add_text(&loading, added->name, added->name, text, error));
    }
    if (rules->rules->len == 0)
        return fail(error, ERROR_INVALID, "no rules: expected *.yaml files in the rules directories");
    TRY(rule_set_build(rules, cache_dir, error));
    g_strlcpy(rules->id, g_checksum_get_string(sum), sizeof rules->id);
    *ret_rules = g_steal_pointer(&rules);
    return true;
}

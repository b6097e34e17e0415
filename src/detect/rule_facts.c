#include "detect/rule_facts.h"
#include "detect/pattern_refusal.h"
#include "detect/rule_internal.h"

#include <stdatomic.h>
#include <string.h>

enum { RULES_FOR_A_THREAD = 16, THREADS_MAX = 16 };

static void note_regex(const RawRule *raw, const pcre2_code *regex, RuleFacts *facts)
{
    const uint8_t *first_bytes = NULL;

    if (raw->shape == SHAPE_UPPER || raw->shape == SHAPE_WORD)
        facts->first_runs = first_runs(raw->pattern, raw->caseless ? PATTERN_CASELESS : PATTERN_AS_WRITTEN);
    if (raw->category == CATEGORY_SECRET) /* what a secret is parted by says nothing */
        facts->first_runs.takes_quads = true;
    (void)pcre2_pattern_info(regex, PCRE2_INFO_CAPTURECOUNT, &facts->groups);
    (void)pcre2_pattern_info(regex, PCRE2_INFO_FIRSTBITMAP, &first_bytes);
    if (first_bytes != NULL) {
        facts->has_first_bytes = 1;
        memcpy(facts->first_bytes, first_bytes, FIRST_BYTES);
    }
    int group = pcre2_substring_number_from_name(regex, (PCRE2_SPTR) "value");
    facts->value_group = group > 0 ? (uint32_t)group : 0;
}

static bool check_for_hyperscan(const RawRule *raw, const char *pattern, uint32_t *ret_max, GError **error)
{
    uint32_t flags = raw->caseless ? HS_FLAG_CASELESS : 0;
    uint32_t min = 0;

    TRY(literal_pattern_check(pattern, flags, &min, ret_max, error));
    if (min == 0)
        return fail(error, ERROR_INVALID, "matches the empty text; expected at least one character");
    if (min > MAX_LENGTH_LIMIT)
        return fail(error, ERROR_INVALID, "matches are longer than %d bytes", MAX_LENGTH_LIMIT);
    return true;
}

bool rule_facts_find(const RawRule *raw, RuleFacts *ret_facts, GError **error)
{
    RuleFacts facts = {0};
    pcre2_code *regex = NULL;
    uint32_t unused = 0;
    GError *reason = NULL;

    if (raw->pattern != NULL) {
        if (!pattern_check_linear(raw->pattern, &reason))
            return fail_in(error, "pattern", reason);
        TRY(rule_pattern_compile(raw, &regex, error));
        note_regex(raw, regex, &facts);
        pcre2_code_free(regex);
        if (!check_for_hyperscan(raw, raw->pattern, &facts.longest, &reason))
            return fail_in(error, "pattern", reason);
    }
    if (raw->prefilter != NULL && !check_for_hyperscan(raw, raw->prefilter, &unused, &reason))
        return fail_in(error, "prefilter", reason);
    *ret_facts = facts;
    return true;
}

typedef struct FactsWork {
    const RawRule *rules;
    unsigned count;
    RuleFacts *facts;
    bool *are_found;
    atomic_uint next;
} FactsWork;

static gpointer find_some(gpointer data)
{
    FactsWork *work = data;

    for (unsigned i = atomic_fetch_add(&work->next, 1); i < work->count; i = atomic_fetch_add(&work->next, 1)) {
        g_autoptr(GError) ignored = NULL;
        work->are_found[i] = rule_facts_find(&work->rules[i], &work->facts[i], &ignored);
    }
    return NULL;
}

void rule_facts_find_all(const RawRule *rules, unsigned count, RuleFacts *ret_facts, bool *ret_are_found)
{
    FactsWork work = {.rules = rules, .count = count, .facts = ret_facts, .are_found = ret_are_found};
    const unsigned helpers = MIN(MIN(g_get_num_processors(), (guint)THREADS_MAX) - 1, count / RULES_FOR_A_THREAD);
    GThread *threads[THREADS_MAX];

    for (unsigned i = 0; i < helpers; i++)
        threads[i] = g_thread_new("rule-facts", find_some, &work);
    (void)find_some(&work);
    for (unsigned i = 0; i < helpers; i++)
        (void)g_thread_join(threads[i]);
}

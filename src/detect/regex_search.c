#include "detect/regex_search.h"
#include "detect/fast_target.h"

enum {
    JIT_STACK_START = 32 * 1024,
    JIT_STACK_MAX = 512 * 1024,
    MATCH_LIMIT = 200000,
    RETRY_LIMIT = 20000, /* of the tries that follow one which reached the limit */
    HEAP_LIMIT_KIB = 1024,
};

struct RegexScratch {
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    uint64_t overruns;
    const CompiledRule *overrun_rule;
};

bool regex_scratch_new(uint32_t max_groups, RegexScratch **ret_scratch, GError **error)
{
    g_autoptr(RegexScratch) scratch = g_new0(RegexScratch, 1);

    scratch->match = pcre2_match_data_create(max_groups + 1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    scratch->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL);
    if (scratch->match == NULL || scratch->context == NULL || scratch->stack == NULL)
        return fail(error, ERROR_INTERNAL, "out of memory for PCRE2");
    pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    (void)pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
    (void)pcre2_set_heap_limit(scratch->context, HEAP_LIMIT_KIB);
    *ret_scratch = g_steal_pointer(&scratch);
    return true;
}

void regex_scratch_free(RegexScratch *scratch)
{
    if (scratch == NULL)
        return;
    pcre2_match_data_free(scratch->match);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    g_free(scratch);
}

uint64_t regex_scratch_take_overruns(RegexScratch *scratch, const CompiledRule **ret_rule)
{
    uint64_t overruns = scratch->overruns;

    *ret_rule = scratch->overrun_rule;
    scratch->overruns = 0;
    scratch->overrun_rule = NULL;
    return overruns;
}

typedef enum SearchEnd { SEARCH_FOUND, SEARCH_NONE, SEARCH_OVERRUN } SearchEnd;

static SearchEnd end_without_match(int code)
{
    switch (code) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_JIT_STACKLIMIT:
        return SEARCH_OVERRUN;
    default:
        return SEARCH_NONE;
    }
}

/* Inline, as it was measured: most searches are of a place or two. */
static ALWAYS_INLINE SearchEnd search_once(RegexScratch *scratch, const CompiledRule *rule, const TextView *text,
    const SearchWindow *window, RegexMatch *ret_match)
{
    uint32_t options = (text->base > 0 ? PCRE2_NOTBOL : 0) | (window->is_text_end ? 0 : PCRE2_NOTEOL) | PCRE2_NOTEMPTY;
    bool is_anchored = rule_is_anchored(rule->raw);
    const RuleRegex *regex = rule_regex_get(rule->regex);

    if (regex->code == NULL)
        return SEARCH_NONE;
    if (!is_anchored || !regex->has_jit)
        (void)pcre2_set_offset_limit(scratch->context, is_anchored ? PCRE2_UNSET : window->last - text->base);
    int count = (regex->has_jit ? pcre2_jit_match : pcre2_match)(regex->code, text->data, window->end - text->base,
        window->from - text->base, options, scratch->match, scratch->context);
    if (count <= 0)
        return end_without_match(count);
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(scratch->match);
    ret_match->whole = (Span){.start = text->base + offsets[0], .end = text->base + offsets[1]};
    ret_match->value = ret_match->whole;
    size_t group = rule->facts->value_group;
    if (group != 0 && group < (size_t)count && offsets[2 * group] != PCRE2_UNSET)
        ret_match->value = (Span){.start = text->base + offsets[2 * group], .end = text->base + offsets[2 * group + 1]};
    return SEARCH_FOUND;
}

/* A window may hold more than one longest match: what an open-ended pattern swallowed is cut to the rule's length, so
 * that a match depends on what stands around it only, not on how large the window happened to be. */
static ALWAYS_INLINE SearchEnd search_window(
    RegexScratch *scratch, const CompiledRule *rule, const TextView *text, SearchWindow *window, RegexMatch *ret_match)
{
    while (window->from <= window->last && window->from < window->end) {
        SearchEnd end = search_once(scratch, rule, text, window, ret_match);
        if (end != SEARCH_FOUND)
            return end;
        Span whole = ret_match->whole;
        if (whole.end - whole.start <= rule->max_length)
            return SEARCH_FOUND;
        SearchWindow cut = {.from = whole.start, .last = whole.start, .end = whole.start + rule->max_length};
        end = search_once(scratch, rule, text, &cut, ret_match);
        if (end != SEARCH_NONE)
            return end;
        window->from = whole.start + 1;
    }
    return SEARCH_NONE;
}

/* Where in the window the effort went is not known, but that the rule was hit at its end: each try starts halfway from
 * there, so that there are few. */
static bool search_rest(
    RegexScratch *scratch, const CompiledRule *rule, const TextView *text, SearchWindow *window, RegexMatch *ret_match)
{
    SearchEnd end = SEARCH_OVERRUN;

    scratch->overruns++;
    scratch->overrun_rule = rule;
    (void)pcre2_set_match_limit(scratch->context, RETRY_LIMIT);
    while (end == SEARCH_OVERRUN) {
        window->from += (MAX(window->last, window->from) - window->from) / 2 + 1;
        end = search_window(scratch, rule, text, window, ret_match);
    }
    (void)pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
    return end == SEARCH_FOUND;
}

bool regex_search(RegexScratch *scratch, const CompiledRule *rule, const TextView *text, const SearchWindow *window,
    RegexMatch *ret_match)
{
    SearchWindow rest = *window;

    switch (search_window(scratch, rule, text, &rest, ret_match)) {
    case SEARCH_FOUND:
        return true;
    case SEARCH_NONE:
        return false;
    case SEARCH_OVERRUN:
        return search_rest(scratch, rule, text, &rest, ret_match);
    }
    return false;
}

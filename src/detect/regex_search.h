/* One thread's PCRE2 scratch, and searching a window of text with it. */
#pragma once

#include "detect/rule_internal.h"

typedef struct RegexScratch RegexScratch;

/* Positions in the text run. */
typedef struct Span {
    uint64_t start, end;
} Span;

/* Where a match may lie: it starts at from at the earliest and at last at the latest, and ends before end. */
typedef struct SearchWindow {
    uint64_t from, last, end;
    bool is_text_end; /* end is where the text ends, so that "$" may match there */
} SearchWindow;

typedef struct RegexMatch {
    Span whole;
    Span value; /* the group named "value", else the whole */
} RegexMatch;

FALLIBLE bool regex_scratch_new(uint32_t max_groups, RegexScratch **ret_scratch, GError **error);
void regex_scratch_free(RegexScratch *scratch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RegexScratch, regex_scratch_free)

/* How often since this was last asked a pattern needed more effort than is sane, so that a match may be missing; and
 * which rule's did last (NULL: none). */
uint64_t regex_scratch_take_overruns(RegexScratch *scratch, const CompiledRule **ret_rule);

/* The leftmost match; false if there is none. Of a pattern that needs too much effort it is one further to the right,
 * or none. */
bool regex_search(RegexScratch *scratch, const CompiledRule *rule, const TextView *text, const SearchWindow *window,
    RegexMatch *ret_match);

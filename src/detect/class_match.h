/* The class engine on one text run: from places to candidates, boundaries included. */
#pragma once

#include "detect/class_scan.h"
#include "detect/judge.h"

typedef struct ClassMatcher ClassMatcher;

FALLIBLE bool class_matcher_new(const RuleSet *rules, ClassMatcher **ret_matcher, GError **error);
void class_matcher_free(ClassMatcher *matcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClassMatcher, class_matcher_free)

typedef struct ClassConfirm {
    Judge *judge;
    RegexScratch *regex;
    KeywordTracker *keywords;
    const TextView *text; /* followed by CLASS_PADDING readable bytes */
    uint64_t from, to;    /* places to look at; what is before to needs class_max_length bytes behind it, or the end */
    bool is_last;
} ClassConfirm;

void class_matcher_run(ClassMatcher *matcher, const ClassConfirm *confirm);

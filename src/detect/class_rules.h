/* The rules without a literal, arranged by what finds them. Built while rules load, immutable afterwards. */
#pragma once

#include "detect/class_scan.h"

typedef enum ClassRulesKind {
    CLASS_RULES_ALL,
    CLASS_RULES_COLD,    /* without what waits for a keyword: rules, and bare runs of digits */
    CLASS_RULES_COLD_LOW /* without what waits for one even for matches of tier low */
} ClassRulesKind;

struct ClassRules {
    ClassRulesKind kind;
    ClassPlan plan;
    FormTable *forms;
    GArray *at, *plus, *colon;       /* rule indices, uint32_t */
    GArray *upper[CLASS_MAX_STARTS]; /* likewise, by ClassPlan.starts */
    GArray *word;                    /* WordGroup */
};

ClassRules *class_rules_new(ClassRulesKind kind);
void class_rules_free(ClassRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClassRules, class_rules_free)

/* Other rules than those of engine class, and of the kind, are passed over. INVALID says which field is wrong. */
FALLIBLE bool class_rules_add(ClassRules *rules, const CompiledRule *rule, GError **error);
/* After the last. */
void class_rules_finish(ClassRules *rules);

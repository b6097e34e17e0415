#include "detect/detect.h"

#include <string.h>

static const char *const SEVERITY_NAMES[] = {"low", "medium", "high", "critical"};
static const char *const TIER_NAMES[] = {"low", "medium", "high", "validated"};

const char *severity_name(Severity severity)
{
    g_assert((size_t)severity < G_N_ELEMENTS(SEVERITY_NAMES));
    return SEVERITY_NAMES[severity];
}

const char *refusal_reason_text(RefusalReason reason)
{
    static const char *const texts[] = {
        [REFUSED_NO_KEYWORD] = "none of its keywords is near",
        [REFUSED_VETO] = "a word of its veto is nearer than its keywords",
        [REFUSED_ENTROPY] = "below min_entropy",
        [REFUSED_VALIDATOR] = "the validator refuses it",
        [REFUSED_LOW_TIER] = "below the tier that is asked for",
    };

    g_assert((size_t)reason < G_N_ELEMENTS(texts));
    return texts[reason];
}

const char *tier_name(Tier tier)
{
    g_assert((size_t)tier < G_N_ELEMENTS(TIER_NAMES));
    return TIER_NAMES[tier];
}

bool severity_from_name(const char *name, Severity *ret_severity)
{
    for (size_t i = 0; i < G_N_ELEMENTS(SEVERITY_NAMES); i++) {
        if (strcmp(name, SEVERITY_NAMES[i]) == 0) {
            *ret_severity = (Severity)i;
            return true;
        }
    }
    return false;
}

Severity rule_severity(const Rule *rule, uint64_t occurrences)
{
    Severity severity = rule->severity;

    for (uint32_t i = 0; i < rule->severity_step_count && rule->severity_steps[i].occurrences <= occurrences; i++)
        severity = rule->severity_steps[i].severity;
    return severity;
}

bool tier_from_name(const char *name, Tier *ret_tier)
{
    for (size_t i = 0; i < G_N_ELEMENTS(TIER_NAMES); i++) {
        if (strcmp(name, TIER_NAMES[i]) == 0) {
            *ret_tier = (Tier)i;
            return true;
        }
    }
    return false;
}

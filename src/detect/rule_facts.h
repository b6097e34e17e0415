/* What a rule's patterns say of themselves. Checking them is most of the work of loading rules, so that the facts are
 * kept in the cache of rules (cache/): plain values only. */
#pragma once

#include "detect/first_runs.h"
#include "detect/rule_yaml.h"

/* The compiled patterns of PCRE2 are made elsewhere, when they are first needed: rule_regex.h. */
enum { FIRST_BYTES = 32, RULE_GROUPS_MAX = 65535 };

struct RuleFacts {
    FirstRuns first_runs; /* upper and word only */
    uint32_t longest;     /* match in bytes; UINT32_MAX: unbounded */
    uint32_t groups;      /* capture groups */
    uint32_t value_group; /* 0: there is none */
    uint32_t has_first_bytes;
    uint8_t first_bytes[FIRST_BYTES]; /* bit set of the bytes that a match begins with */
};

/* Checks pattern and prefilter against everything that is asked of them; a rule without a pattern has no facts and is
 * fine. INVALID has the field as its place. */
FALLIBLE bool rule_facts_find(const RawRule *raw, RuleFacts *ret_facts, GError **error);

/* The same for many rules, on all cores. ret_are_found: for each, whether it has facts; what is wrong with the others
 * rule_facts_find() says. Rules that nobody looked at yet are fine. */
void rule_facts_find_all(const RawRule *rules, unsigned count, RuleFacts *ret_facts, bool *ret_are_found);

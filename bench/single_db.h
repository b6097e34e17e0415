/* What trawl is measured against: Hyperscan alone, with one database for every rule's pattern. */
#pragma once

#include "detect/rule_internal.h"

/* Rules without a pattern (forms of digits) get one; shapes whose engine asks for word boundaries get those. What is
 * too large for Hyperscan is left out, and said on the standard error. The database is kept in cache_dir (NULL:
 * nowhere). */
FALLIBLE bool single_db_build(const RuleSet *rules, const char *cache_dir, hs_database_t **ret_db, GError **error);

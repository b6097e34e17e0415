/* The Hyperscan database of all literal rules, and its cache on disk. */
#pragma once

#include "base/error.h"

#include <hs/hs.h>
#include <stdint.h>

typedef struct LiteralExpression {
    const char *name; /* for messages: the rule's id */
    const char *pattern;
    uint32_t flags; /* HS_FLAG_… */
    uint32_t id;    /* reported by matches */
} LiteralExpression;

/* Compiles the expressions into one streaming database without start-of-match; NULL if there are none. With cache_dir
 * the result is kept there under the hash of its contents; a broken or foreign file there is ignored and replaced, and
 * a cache that cannot be written is no error. Free with hs_free_database. */
FALLIBLE bool literal_db_build(
    const LiteralExpression *expressions, size_t count, const char *cache_dir, hs_database_t **ret_db, GError **error);

/* Whether Hyperscan takes the pattern, and the least and greatest length of its matches (UINT32_MAX: unbounded). */
FALLIBLE bool literal_pattern_check(
    const char *pattern, uint32_t flags, uint32_t *ret_min, uint32_t *ret_max, GError **error);

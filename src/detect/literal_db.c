#include "detect/literal_db.h"
#include "detect/cache/cache_file.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* What a cache file begins with; then comes the serialised database. */
typedef struct CacheHeader {
    char magic[16];
    XXH128_canonical_t contents; /* hash of the rest */
} CacheHeader;

static const char MAGIC[16] = "trawl-hs-2\n";

bool literal_pattern_check(const char *pattern, uint32_t flags, uint32_t *ret_min, uint32_t *ret_max, GError **error)
{
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *complaint = NULL;

    if (hs_expression_info(pattern, flags, &info, &complaint) != HS_SUCCESS) {
        fail(error, ERROR_INVALID, "Hyperscan refuses it: %s", complaint->message);
        hs_free_compile_error(complaint);
        return false;
    }
    *ret_min = info->min_width;
    *ret_max = info->max_width;
    free(info);
    return true;
}

static bool compile(const LiteralExpression *expressions, size_t count, hs_database_t **ret_db, GError **error)
{
    g_autofree const char **patterns = g_new(const char *, count);
    g_autofree unsigned *flags = g_new(unsigned, count);
    g_autofree unsigned *ids = g_new(unsigned, count);
    hs_compile_error_t *complaint = NULL;

    for (size_t i = 0; i < count; i++) {
        patterns[i] = expressions[i].pattern;
        flags[i] = expressions[i].flags;
        ids[i] = expressions[i].id;
    }
    if (hs_compile_multi(patterns, flags, ids, (unsigned)count, HS_MODE_STREAM, NULL, ret_db, &complaint) == HS_SUCCESS)
        return true;
    const char *name = complaint->expression >= 0 ? expressions[complaint->expression].name : "all rules together";
    fail(error, ERROR_INVALID, "%s: Hyperscan: %s", name, complaint->message);
    hs_free_compile_error(complaint);
    return false;
}

/* What the compiled database depends on: the expressions, the library, the processor. */
static char *cache_path(const char *cache_dir, const LiteralExpression *expressions, size_t count)
{
    XXH3_state_t *state = XXH3_createState();
    hs_platform_info_t platform;

    memset(&platform, 0, sizeof platform);
    (void)hs_populate_platform(&platform);
    (void)XXH3_128bits_reset(state);
    (void)XXH3_128bits_update(state, &platform, sizeof platform);
    (void)XXH3_128bits_update(state, hs_version(), strlen(hs_version()) + 1);
    for (size_t i = 0; i < count; i++) {
        (void)XXH3_128bits_update(state, expressions[i].pattern, strlen(expressions[i].pattern) + 1);
        (void)XXH3_128bits_update(state, &expressions[i].flags, sizeof expressions[i].flags);
        (void)XXH3_128bits_update(state, &expressions[i].id, sizeof expressions[i].id);
    }
    XXH128_hash_t key = XXH3_128bits_digest(state);
    (void)XXH3_freeState(state);
    g_autofree char *name =
        g_strdup_printf(CACHE_DATABASE "%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x" CACHE_DATABASE_END,
            key.high64, key.low64);
    return g_build_filename(cache_dir, name, NULL);
}

static CacheHeader header_of(const void *body, size_t len)
{
    CacheHeader header;

    memcpy(header.magic, MAGIC, sizeof header.magic);
    XXH128_canonicalFromHash(&header.contents, XXH3_128bits(body, len));
    return header;
}

static hs_database_t *cache_read(const char *path)
{
    gsize len = 0;
    g_autofree char *contents = cache_file_read(path, &len);
    hs_database_t *db = NULL;

    if (contents == NULL || len <= sizeof(CacheHeader))
        return NULL;
    const char *body = contents + sizeof(CacheHeader);
    const CacheHeader expected = header_of(body, len - sizeof expected);
    if (memcmp(contents, &expected, sizeof expected) != 0)
        return NULL;
    return hs_deserialize_database(body, len - sizeof expected, &db) == HS_SUCCESS ? db : NULL;
}

/* Only speed is lost if this fails. */
static void cache_write(const char *path, const hs_database_t *db)
{
    char *body = NULL;
    size_t len = 0;

    if (hs_serialize_database(db, &body, &len) != HS_SUCCESS)
        return;
    const CacheHeader header = header_of(body, len);
    cache_file_write(path, (Bytes){.data = (const uint8_t *)&header, .len = sizeof header},
        (Bytes){.data = (const uint8_t *)body, .len = len});
    free(body);
}

bool literal_db_build(
    const LiteralExpression *expressions, size_t count, const char *cache_dir, hs_database_t **ret_db, GError **error)
{
    g_autofree char *path = NULL;

    *ret_db = NULL;
    if (count == 0)
        return true;
    if (cache_dir == NULL)
        return compile(expressions, count, ret_db, error);
    path = cache_path(cache_dir, expressions, count);
    *ret_db = cache_read(path);
    if (*ret_db != NULL)
        return true;
    TRY(compile(expressions, count, ret_db, error));
    cache_write(path, *ret_db);
    return true;
}

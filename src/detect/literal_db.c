#include "detect/literal_db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A cache file: this, 64 hex digits of SHA-256 of the rest, the serialised database. */
#define CACHE_MAGIC "trawl-hyperscan-1\n"
enum { MAGIC_BYTES = sizeof CACHE_MAGIC - 1, DIGEST_BYTES = 64, HEADER_BYTES = MAGIC_BYTES + DIGEST_BYTES };

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

static void checksum_add(GChecksum *sum, const void *data, size_t len)
{
    g_checksum_update(sum, data, (gssize)len);
}

/* What the compiled database depends on: the expressions, the library, the processor. */
static char *cache_path(const char *cache_dir, const LiteralExpression *expressions, size_t count)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    hs_platform_info_t platform;

    memset(&platform, 0, sizeof platform);
    (void)hs_populate_platform(&platform);
    checksum_add(sum, &platform, sizeof platform);
    checksum_add(sum, hs_version(), strlen(hs_version()) + 1);
    for (size_t i = 0; i < count; i++) {
        checksum_add(sum, expressions[i].pattern, strlen(expressions[i].pattern) + 1);
        checksum_add(sum, &expressions[i].flags, sizeof expressions[i].flags);
        checksum_add(sum, &expressions[i].id, sizeof expressions[i].id);
    }
    g_autofree char *name = g_strdup_printf("hyperscan-%.32s.db", g_checksum_get_string(sum));
    return g_build_filename(cache_dir, name, NULL);
}

static hs_database_t *cache_read(const char *path)
{
    g_autofree char *contents = NULL;
    gsize len = 0;
    hs_database_t *db = NULL;

    if (!g_file_get_contents(path, &contents, &len, NULL) || len <= HEADER_BYTES)
        return NULL;
    const char *body = contents + HEADER_BYTES;
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)body, len - HEADER_BYTES);
    if (memcmp(contents, CACHE_MAGIC, MAGIC_BYTES) != 0 || memcmp(contents + MAGIC_BYTES, digest, DIGEST_BYTES) != 0)
        return NULL;
    return hs_deserialize_database(body, len - HEADER_BYTES, &db) == HS_SUCCESS ? db : NULL;
}

/* Only speed is lost if this fails. */
static void cache_write(const char *path, const hs_database_t *db)
{
    g_autofree char *directory = g_path_get_dirname(path);
    char *body = NULL;
    size_t len = 0;

    if (g_mkdir_with_parents(directory, 0700) != 0 || hs_serialize_database(db, &body, &len) != HS_SUCCESS)
        return;
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)body, len);
    g_autoptr(GString) file = g_string_new(CACHE_MAGIC);
    g_string_append(file, digest);
    g_string_append_len(file, body, (gssize)len);
    free(body);
    (void)g_file_set_contents(path, file->str, (gssize)file->len, NULL);
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

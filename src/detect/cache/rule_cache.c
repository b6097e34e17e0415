#include "detect/cache/rule_cache.h"
#include "detect/cache/cache_file.h"
#include "detect/cache/rule_image.h"
#include "detect/rule_internal.h"
#include "detect_build.h"

#include <string.h>
#include <xxhash.h>

/* What a file begins with. */
typedef struct CacheHeader {
    char magic[16];
    XXH128_canonical_t key;      /* of what it was made from */
    XXH128_canonical_t contents; /* of the rest */
} CacheHeader;

static const char MAGIC[16] = "trawl-rules-1\n";

G_STATIC_ASSERT(sizeof(CacheHeader) % 16 == 0);

static XXH128_canonical_t canonical(XXH128_hash_t hash)
{
    XXH128_canonical_t bytes;

    XXH128_canonicalFromHash(&bytes, hash);
    return bytes;
}

static XXH128_canonical_t key_of(Bytes text)
{
    char version[64] = "";
    XXH3_state_t *state = XXH3_createState();

    (void)pcre2_config(PCRE2_CONFIG_VERSION, version);
    (void)XXH3_128bits_reset(state);
    (void)XXH3_128bits_update(state, DETECT_BUILD, sizeof DETECT_BUILD);
    (void)XXH3_128bits_update(state, hs_version(), strlen(hs_version()) + 1);
    (void)XXH3_128bits_update(state, version, sizeof version);
    (void)XXH3_128bits_update(state, text.data, text.len);
    XXH128_canonical_t key = canonical(XXH3_128bits_digest(state));
    (void)XXH3_freeState(state);
    return key;
}

static char *path_of(const char *cache_dir, const XXH128_canonical_t *key)
{
    g_autoptr(GString) name = g_string_new(CACHE_RULES);

    for (size_t i = 0; i < sizeof key->digest; i++)
        g_string_append_printf(name, "%02x", (unsigned)key->digest[i]);
    g_string_append(name, CACHE_RULES_END);
    return g_build_filename(cache_dir, name->str, NULL);
}

static CacheHeader header_of(const XXH128_canonical_t *key, const void *image, size_t len)
{
    CacheHeader header = {.key = *key, .contents = canonical(XXH3_128bits(image, len))};

    memcpy(header.magic, MAGIC, sizeof header.magic);
    return header;
}

RuleDocument *rule_cache_read(const char *cache_dir, Bytes text)
{
    const XXH128_canonical_t key = key_of(text);
    g_autofree char *path = path_of(cache_dir, &key);
    gsize len = 0;
    g_autofree char *contents = cache_file_read(path, &len);

    if (contents == NULL || len < sizeof(CacheHeader))
        return NULL;
    const CacheHeader expected = header_of(&key, contents + sizeof expected, len - sizeof expected);
    if (memcmp(contents, &expected, sizeof expected) != 0)
        return NULL;
    return rule_image_unpack(g_steal_pointer(&contents), len, sizeof expected);
}

void rule_cache_write(const char *cache_dir, Bytes text, const RuleDocument *document)
{
    const XXH128_canonical_t key = key_of(text);
    g_autofree char *path = path_of(cache_dir, &key);
    g_autoptr(GByteArray) image = rule_image_pack(document);
    const CacheHeader header = header_of(&key, image->data, image->len);

    cache_file_write(path, (Bytes){.data = (const uint8_t *)&header, .len = sizeof header},
        (Bytes){.data = image->data, .len = image->len});
}

#include "detect/canonical.h"
#include "detect/byte_class.h"

enum { SKETCH_BITS = 1024 }; /* a power of two, and many times the number of values that a rule ignores */

struct IgnoredValues {
    uint64_t sketch[SKETCH_BITS / 64]; /* bit set of the values' hashes: nearly all others are told by it */
    GHashTable *values;                /* set of GBytes */
};

static size_t keep_digits(Bytes value, uint8_t *out)
{
    size_t len = 0;

    for (size_t i = 0; i < value.len; i++) {
        out[len] = value.data[i];
        len += byte_is_digit(value.data[i]) ? 1 : 0;
    }
    return len;
}

static size_t keep_alnum_upper(Bytes value, uint8_t *out)
{
    size_t len = 0;

    for (size_t i = 0; i < value.len; i++) {
        uint8_t byte = value.data[i], kind = BYTE_CLASS[byte];
        out[len] = (kind & BYTE_LOWER) != 0 ? (uint8_t)(byte - ('a' - 'A')) : byte;
        len += (kind & (BYTE_LOWER | BYTE_UPPER | BYTE_DIGIT | BYTE_HIGH)) != 0 ? 1 : 0;
    }
    return len;
}

static size_t keep_lower(Bytes value, uint8_t *out)
{
    for (size_t i = 0; i < value.len; i++)
        out[i] = value.data[i] | ((BYTE_CLASS[value.data[i]] & BYTE_UPPER) != 0 ? 0x20U : 0);
    return value.len;
}

Bytes canonical_form(CanonicalForm form, Bytes value, uint8_t *scratch)
{
    switch (form) {
    case CANONICAL_AS_IS:
        return value;
    case CANONICAL_DIGITS:
        return bytes_are_digits(value.data, value.len) ? value
                                                       : (Bytes){.data = scratch, .len = keep_digits(value, scratch)};
    case CANONICAL_ALNUM_UPPER:
        return (Bytes){.data = scratch, .len = keep_alnum_upper(value, scratch)};
    case CANONICAL_LOWER:
        return (Bytes){.data = scratch, .len = keep_lower(value, scratch)};
    }
    return value;
}

static size_t sketch_bit(Bytes value)
{
    uint64_t hash = value.len;

    if (value.len >= sizeof hash)
        memcpy(&hash, value.data + value.len - sizeof hash, sizeof hash);
    else
        for (size_t i = 0; i < value.len; i++)
            hash = hash << 8 | value.data[i];
    return (size_t)(hash * UINT64_C(0x9E3779B97F4A7C15) >> 32) % SKETCH_BITS;
}

IgnoredValues *ignored_values_new(CanonicalForm form, char *const *values, size_t count)
{
    if (count == 0)
        return NULL;
    IgnoredValues *ignored = g_new0(IgnoredValues, 1);
    ignored->values = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    for (size_t i = 0; i < count; i++) {
        const Bytes value = {.data = (const uint8_t *)values[i], .len = strlen(values[i])};
        g_autofree uint8_t *scratch = g_malloc(value.len + 1);
        const Bytes canonical = canonical_form(form, value, scratch);
        size_t bit = sketch_bit(canonical);
        ignored->sketch[bit / 64] |= UINT64_C(1) << (bit % 64);
        (void)g_hash_table_add(ignored->values, g_bytes_new(canonical.data, canonical.len));
    }
    return ignored;
}

void ignored_values_free(IgnoredValues *ignored)
{
    if (ignored == NULL)
        return;
    g_hash_table_unref(ignored->values);
    g_free(ignored);
}

bool ignored_values_have(const IgnoredValues *ignored, Bytes canonical)
{
    if (ignored == NULL)
        return false;
    size_t bit = sketch_bit(canonical);
    if ((ignored->sketch[bit / 64] >> (bit % 64) & 1) == 0)
        return false;
    g_autoptr(GBytes) bytes = g_bytes_new_static(canonical.data, canonical.len);
    return g_hash_table_contains(ignored->values, bytes);
}

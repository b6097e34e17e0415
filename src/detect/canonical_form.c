/* What equal values share, whatever they are written with. */
#include "detect/byte_class.h"
#include "detect/rule_internal.h"

static guint keep_digits(Bytes value, uint8_t *out)
{
    guint len = 0;

    for (size_t i = 0; i < value.len; i++) {
        out[len] = value.data[i];
        len += byte_is_digit(value.data[i]) ? 1 : 0;
    }
    return len;
}

static guint keep_alnum_upper(Bytes value, uint8_t *out)
{
    guint len = 0;

    for (size_t i = 0; i < value.len; i++) {
        uint8_t byte = (uint8_t)g_ascii_toupper((char)value.data[i]);
        if (g_ascii_isalnum(byte) || byte >= 0x80)
            out[len++] = byte;
    }
    return len;
}

static guint keep_lower(Bytes value, uint8_t *out)
{
    for (size_t i = 0; i < value.len; i++)
        out[i] = (uint8_t)g_ascii_tolower((char)value.data[i]);
    return (guint)value.len;
}

static guint canonical_write(CanonicalForm form, Bytes value, uint8_t *out)
{
    switch (form) {
    case CANONICAL_AS_IS:
        memcpy(out, value.data, value.len);
        return (guint)value.len;
    case CANONICAL_DIGITS:
        return keep_digits(value, out);
    case CANONICAL_ALNUM_UPPER:
        return keep_alnum_upper(value, out);
    case CANONICAL_LOWER:
        return keep_lower(value, out);
    }
    return 0;
}

void canonical_form(CanonicalForm form, Bytes value, GByteArray *out)
{
    g_byte_array_set_size(out, (guint)value.len);
    if (value.len > 0)
        g_byte_array_set_size(out, canonical_write(form, value, out->data));
}

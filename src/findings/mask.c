#include "findings/findings.h"

#include <string.h>

enum {
    MASK_MAX_CHARS = 64,
    LAST_SHOWN = 4,
    LAST_SHOWN_FROM = 9,
    PREFIX_SHOWN = 4,
    PREFIX_SHOWN_FROM = 16,
    EMAIL_LOCAL_FROM = 3,
    EMAIL_DOMAIN_MAX = 56,
};

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0U) == 0x80U;
}

static size_t count_chars(Bytes text)
{
    size_t chars = 0;

    for (size_t i = 0; i < text.len; i++)
        chars += !is_continuation(text.data[i]);
    return chars;
}

/* The length is told in three steps only. */
static char *mask_all(Bytes text)
{
    const size_t chars = count_chars(text);

    return g_strnfill(chars < 16 ? 8 : chars < 64 ? 16 : 32, '*');
}

/* The start of the last MASK_MAX_CHARS characters. */
static Bytes last_chars(Bytes text)
{
    size_t surplus = count_chars(text);

    surplus = surplus > MASK_MAX_CHARS ? surplus - MASK_MAX_CHARS : 0;
    while (text.len > 0 && (surplus > 0 || is_continuation(text.data[0]))) {
        if (!is_continuation(text.data[0]))
            surplus--;
        text.data++;
        text.len--;
    }
    return text;
}

static size_t count_alphanumerics(Bytes text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += g_ascii_isalnum((char)text.data[i]);
    return count;
}

/* Separators stay, so that the form can be seen; of the letters and digits the last four, and never over a third. */
static char *mask_last4(Bytes text)
{
    const size_t all = count_alphanumerics(text);
    const size_t shown = all >= LAST_SHOWN_FROM ? MIN(all / 3, (size_t)LAST_SHOWN) : 0;
    const Bytes tail = last_chars(text);
    size_t left = count_alphanumerics(tail);
    GString *masked = g_string_sized_new(tail.len);

    for (size_t i = 0; i < tail.len; i++) {
        const uint8_t byte = tail.data[i];
        if (is_continuation(byte))
            continue;
        if (g_ascii_isalnum((char)byte))
            g_string_append_c(masked, left-- <= shown ? (char)byte : '*');
        else
            g_string_append_c(masked, strchr(" -./:_()+", byte) != NULL && byte != 0 ? (char)byte : '*');
    }
    return g_string_free(masked, FALSE);
}

static char *mask_prefix(Bytes text)
{
    char shown[PREFIX_SHOWN + 1] = {0};

    if (count_chars(text) < PREFIX_SHOWN_FROM)
        return mask_all(text);
    for (size_t i = 0; i < PREFIX_SHOWN; i++)
        shown[i] = g_ascii_isgraph((char)text.data[i]) ? (char)text.data[i] : '*';
    g_autofree char *rest = mask_all(text);
    return g_strconcat(shown, rest, NULL);
}

/* The first letter of a name that has more, and the domain. */
static char *mask_email(Bytes text)
{
    const uint8_t *at = memrchr(text.data, '@', text.len);

    if (at == NULL)
        return mask_all(text);
    const Bytes local = {.data = text.data, .len = (size_t)(at - text.data)};
    const size_t domain_len = text.len - local.len;
    g_autofree char *domain = g_utf8_make_valid((const char *)at, (gssize)domain_len);
    const bool has_initial = local.len >= EMAIL_LOCAL_FROM && g_ascii_isgraph((char)local.data[0]);
    const char initial[2] = {has_initial ? (char)local.data[0] : '*', '\0'};
    const char *shown_end = domain;

    for (int i = 0; i < EMAIL_DOMAIN_MAX && *shown_end != '\0' && g_unichar_isgraph(g_utf8_get_char(shown_end)); i++)
        shown_end = g_utf8_next_char(shown_end);
    g_autofree char *shown = g_strndup(domain, (gsize)(shown_end - domain));
    return g_strconcat(initial, "***", shown, NULL);
}

char *finding_mask(MaskStyle style, Bytes text)
{
    switch (style) {
    case MASK_ALL:
        return mask_all(text);
    case MASK_LAST4:
        return mask_last4(text);
    case MASK_PREFIX:
        return mask_prefix(text);
    case MASK_EMAIL:
        return mask_email(text);
    }
    return mask_all(text);
}

#include "detect/encoded/printed.h"

#include <glib.h>

/* Code points, as Unicode's charts name them. */
enum {
    NO_BREAK_SPACE = 0x00A0,
    ARABIC_INDIC_ZERO = 0x0660,
    EXTENDED_ARABIC_ZERO = 0x06F0,
    EN_QUAD = 0x2000, /* the first of the spaces of typesetting */
    HAIR_SPACE = 0x200A,
    HYPHEN = 0x2010, /* then those that do not break, as wide as figures, and of a width of n */
    EN_DASH = 0x2013,
    NARROW_NO_BREAK_SPACE = 0x202F,
    MINUS = 0x2212,
    IDEOGRAPHIC_SPACE = 0x3000,
    FULL_WIDTH_FIRST = 0xFF01, /* '!', and so on */
    FULL_WIDTH_LAST = 0xFF5E,
};

static int ascii_of(gunichar character)
{
    if (character == NO_BREAK_SPACE || (character >= EN_QUAD && character <= HAIR_SPACE) ||
        character == NARROW_NO_BREAK_SPACE || character == IDEOGRAPHIC_SPACE)
        return ' ';
    if ((character >= HYPHEN && character <= EN_DASH) || character == MINUS)
        return '-';
    if (character >= FULL_WIDTH_FIRST && character <= FULL_WIDTH_LAST)
        return (int)(character - FULL_WIDTH_FIRST) + '!';
    if (character >= ARABIC_INDIC_ZERO && character < ARABIC_INDIC_ZERO + 10)
        return (int)(character - ARABIC_INDIC_ZERO) + '0';
    if (character >= EXTENDED_ARABIC_ZERO && character < EXTENDED_ARABIC_ZERO + 10)
        return (int)(character - EXTENDED_ARABIC_ZERO) + '0';
    return -1;
}

Escape printed_character(Bytes text)
{
    const Escape none = {.len = 0, .value = -1};

    if (text.len == 0 || text.data[0] < 0x80)
        return none;
    gunichar character = g_utf8_get_char_validated((const char *)text.data, (gssize)text.len);
    if (character == (gunichar)-1 || character == (gunichar)-2)
        return none;
    int value = ascii_of(character);
    return value < 0 ? none : (Escape){.len = (size_t)g_unichar_to_utf8(character, NULL), .value = value};
}

bool printed_is_telling(Bytes text, size_t at)
{
    Escape escape = printed_character((Bytes){.data = text.data + at, .len = text.len - at});
    const Bytes rest = {.data = text.data + at + escape.len, .len = text.len - at - escape.len};

    if (escape.value == ' ' || escape.value == '-')
        return at > 0 && g_ascii_isalnum((char)text.data[at - 1]) && rest.len > 0 &&
               g_ascii_isdigit((char)rest.data[0]);
    return escape.value >= '0' && escape.value <= '9' && g_ascii_isdigit((char)printed_character(rest).value);
}

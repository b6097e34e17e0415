/* Characters that documents have where rules expect those of ASCII: spaces and hyphens that do not break, letters and
 * digits of full width, Arabic digits. Pure. */
#pragma once

#include "detect/encoded/escape_forms.h"

/* First bytes of those that tell (UTF-8), but for the space that does not break: there the second tells more. */
#define PRINTED_FIRST  "\xD9\xDB\xE2\xEF"
#define PRINTED_SECOND "\xA0"

/* Whether the first two bytes are those of one. Most characters that are not ASCII end here. */
static inline bool printed_may_begin(const uint8_t text[2])
{
    switch (text[0]) {
    case 0xC2:
        return text[1] == 0xA0;
    case 0xD9:
        return text[1] >= 0xA0 && text[1] <= 0xA9;
    case 0xDB:
        return text[1] >= 0xB0 && text[1] <= 0xB9;
    case 0xE2:
        return text[1] == 0x80 || text[1] == 0x88;
    case 0xEF:
        return text[1] == 0xBC;
    default:
        return false;
    }
}

/* The character of ASCII that the text's first one stands for; of no length: it stands for none. */
Escape printed_character(Bytes text);

/* Whether the one there is part of a number: a space or a hyphen before a digit, or the first of two digits. */
bool printed_is_telling(Bytes text, size_t at);

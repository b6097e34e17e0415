/* Whether a number or code in the text is only a part of something longer. Inline but for what is rare: the class scan
 * asks this of every number. Places are indices into the view. */
#pragma once

#include "detect/byte_class.h"
#include "detect/keywords.h"

/* Whether the word that ends or starts there looks like hexadecimal, as in a UUID. */
bool boundary_hex_word_before(const TextView *text, size_t end);
bool boundary_hex_word_after(const TextView *text, size_t start);

/* What goes on there: a letter or digit, "1.234", a UUID, "2023-". separator is the number's own, of which one more
 * with a digit counts as well; 0: it has none. */
static inline bool boundary_goes_on_before(const TextView *text, size_t start, uint8_t separator)
{
    if (start == 0)
        return false;
    uint8_t byte = text->data[start - 1];
    if (byte_is_word(byte))
        return true;
    if (start < 2)
        return false;
    if (byte == '-')
        return boundary_hex_word_before(text, start - 1);
    return (byte == '.' || (byte == separator && byte != ' ')) && byte_is_digit(text->data[start - 2]);
}

static inline bool boundary_goes_on_after(const TextView *text, size_t end, uint8_t separator)
{
    if (end >= text->len)
        return false;
    uint8_t byte = text->data[end];
    if (byte_is_word(byte))
        return true;
    if (end + 1 >= text->len)
        return false;
    if (byte == '-')
        return boundary_hex_word_after(text, end + 1);
    return (byte == '.' || (byte == separator && byte != ' ')) && byte_is_digit(text->data[end + 1]);
}

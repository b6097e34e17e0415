#include "detect/boundary.h"
#include "detect/byte_class.h"

enum {
    HEX_WORD_MIN = 4,   /* "-dead" is part of a UUID, "-a" is not */
    HEX_WORD_SEEN = 40, /* how far a neighbouring word is looked at */
};

typedef struct HexWord {
    size_t len;
    bool has_digit, is_hex;
} HexWord;

static void hex_word_add(HexWord *word, uint8_t byte)
{
    word->len++;
    word->has_digit = word->has_digit || byte_is_digit(byte);
    word->is_hex = word->is_hex && byte_is_hex(byte);
}

static bool is_hex_run(const HexWord *word)
{
    return word->is_hex && word->len > 0 && (word->has_digit || word->len >= HEX_WORD_MIN);
}

static bool hex_word_before(const TextView *text, size_t end)
{
    HexWord word = {.is_hex = true};

    while (word.len < MIN(end, (size_t)HEX_WORD_SEEN) && byte_is_word(text->data[end - 1 - word.len]))
        hex_word_add(&word, text->data[end - 1 - word.len]);
    return is_hex_run(&word);
}

static bool hex_word_after(const TextView *text, size_t start)
{
    HexWord word = {.is_hex = true};

    while (word.len < HEX_WORD_SEEN && start + word.len < text->len && byte_is_word(text->data[start + word.len]))
        hex_word_add(&word, text->data[start + word.len]);
    return is_hex_run(&word);
}

bool boundary_goes_on_before(const TextView *text, size_t start, uint8_t separator)
{
    if (start == 0)
        return false;
    uint8_t byte = text->data[start - 1];
    if (byte_is_word(byte))
        return true;
    if (start < 2)
        return false;
    if (byte == '-')
        return hex_word_before(text, start - 1);
    return (byte == '.' || (byte == separator && byte != ' ')) && byte_is_digit(text->data[start - 2]);
}

bool boundary_goes_on_after(const TextView *text, size_t end, uint8_t separator)
{
    if (end >= text->len)
        return false;
    uint8_t byte = text->data[end];
    if (byte_is_word(byte))
        return true;
    if (end + 1 >= text->len)
        return false;
    if (byte == '-')
        return hex_word_after(text, end + 1);
    return (byte == '.' || (byte == separator && byte != ' ')) && byte_is_digit(text->data[end + 1]);
}

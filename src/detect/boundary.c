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

bool boundary_hex_word_before(const TextView *text, size_t end)
{
    HexWord word = {.is_hex = true};

    while (word.len < MIN(end, (size_t)HEX_WORD_SEEN) && byte_is_word(text->data[end - 1 - word.len]))
        hex_word_add(&word, text->data[end - 1 - word.len]);
    return is_hex_run(&word);
}

bool boundary_hex_word_after(const TextView *text, size_t start)
{
    HexWord word = {.is_hex = true};

    while (word.len < HEX_WORD_SEEN && start + word.len < text->len && byte_is_word(text->data[start + word.len]))
        hex_word_add(&word, text->data[start + word.len]);
    return is_hex_run(&word);
}

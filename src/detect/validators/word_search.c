/* A word that begins at a place holds the next pair of letters at a multiple of stride, near its beginning. So most of
 * a text is told from the words by one look at every stride-th pair. */
#include "detect/validators/word_search.h"

#include <string.h>

/* One letter's two cases have the same five bits; other bytes may share them. */
static unsigned letter(uint8_t byte)
{
    return byte & 31U;
}

static bool has_pair(const uint32_t pairs[32], const uint8_t *text)
{
    return (pairs[letter(text[0])] >> letter(text[1]) & 1) != 0;
}

static void add_pair(uint32_t pairs[32], const char *text)
{
    pairs[letter((uint8_t)text[0])] |= UINT32_C(1) << letter((uint8_t)text[1]);
}

static void prepare(WordSearch *search)
{
    size_t shortest = SIZE_MAX;

    for (size_t i = 0; i < search->count; i++)
        shortest = MIN(shortest, strlen(search->words[i]));
    search->stride = shortest - 1;
    for (size_t i = 0; i < search->count; i++) {
        add_pair(search->begins, search->words[i]);
        for (size_t at = 0; at < search->stride; at++)
            add_pair(search->near_begin, search->words[i] + at);
    }
}

static bool begins_with(Bytes text, size_t at, const char *word)
{
    for (size_t i = 0; word[i] != '\0'; i++) {
        if (at + i >= text.len || g_ascii_tolower((char)text.data[at + i]) != word[i])
            return false;
    }
    return true;
}

static bool begins_exactly(Bytes text, size_t at, const char *word)
{
    size_t len = strlen(word);

    return text.len - at >= len && memcmp(text.data + at, word, len) == 0;
}

static bool begins_at(const WordSearch *search, Bytes text, size_t at)
{
    if (!has_pair(search->begins, text.data + at))
        return false;
    for (size_t i = 0; i < search->count; i++) {
        const char *word = search->words[i];
        if (search->is_exact ? begins_exactly(text, at, word) : begins_with(text, at, word))
            return true;
    }
    return false;
}

bool word_search_any(WordSearch *search, Bytes text)
{
    if (g_once_init_enter(&search->is_ready)) {
        prepare(search);
        g_once_init_leave(&search->is_ready, 1);
    }
    for (size_t seen = search->stride - 1; seen + 1 < text.len; seen += search->stride) {
        if (!has_pair(search->near_begin, text.data + seen))
            continue;
        for (size_t back = 0; back < search->stride; back++) {
            if (begins_at(search, text, seen - back))
                return true;
        }
    }
    return false;
}

#include "detect/validators/name_words.h"
#include "detect/byte_class.h"
#include "detect/validators/person_names.h"
#include "detect/validators/validators_internal.h"

#include <string.h>

enum { WORDS_COUNTED = 6, CHAR_MAX_BYTES = 6 };

/* A word in lower case. */
typedef struct LowerWord {
    char text[NAME_WORD_MAX];
    size_t len, half;                   /* half: of "Jean-Pierre" the bytes before the hyphen; len if there is none */
    bool has_ascii_lower, begins_lower; /* as it is written */
} LowerWord;

/* False if it is too long or no text. */
static bool lower_any(Bytes word, LowerWord *lower)
{
    const char *text = (const char *)word.data;

    lower->begins_lower = g_unichar_islower(g_utf8_get_char_validated(text, (gssize)word.len));
    lower->len = 0;
    for (size_t at = 0; at < word.len;) {
        gunichar c = g_utf8_get_char_validated(text + at, (gssize)(word.len - at));
        if (c >= 0x110000 || lower->len + CHAR_MAX_BYTES > NAME_WORD_MAX)
            return false;
        lower->len += (size_t)g_unichar_to_utf8(g_unichar_tolower(c), lower->text + lower->len);
        at += (size_t)(g_utf8_next_char(text + at) - (text + at));
    }
    return true;
}

/* Most words are ASCII. False: this one is not. */
static bool lower_ascii(Bytes word, LowerWord *lower)
{
    uint8_t kinds = 0;

    if (word.len + CHAR_MAX_BYTES > NAME_WORD_MAX + 1)
        return false;
    lower->len = lower->half = word.len;
    for (size_t i = 0; i < word.len; i++) {
        uint8_t byte = word.data[i], kind = BYTE_CLASS[byte];
        lower->text[i] = (char)(byte | ((kind & BYTE_UPPER) != 0 ? 0x20U : 0));
        lower->half = byte == '-' ? MIN(lower->half, i) : lower->half;
        kinds |= kind;
    }
    lower->has_ascii_lower = (kinds & BYTE_LOWER) != 0;
    lower->begins_lower = (BYTE_CLASS[word.data[0]] & BYTE_LOWER) != 0;
    return (kinds & BYTE_HIGH) == 0;
}

static bool lower_word(Bytes word, LowerWord *ret_lower)
{
    if (lower_ascii(word, ret_lower))
        return true;
    if (!lower_any(word, ret_lower))
        return false;
    const char *hyphen = memchr(ret_lower->text, '-', ret_lower->len);
    ret_lower->half = hyphen != NULL ? (size_t)(hyphen - ret_lower->text) : ret_lower->len;
    ret_lower->has_ascii_lower = mix_of(word).lower > 0;
    return ret_lower->len > 0;
}

/* "Jean-Pierre" is known by its first half. */
static uint8_t half_kinds(const LowerWord *lower, uint8_t kinds)
{
    bool is_whole = lower->half == lower->len || (kinds & NAME_SURNAME) != 0;

    return is_whole ? kinds : name_kinds(lower->text, lower->half);
}

static void note_word(Bytes word, NameWords *words)
{
    LowerWord lower;

    if (word.len < 2 || !lower_word(word, &lower))
        return;
    uint8_t kinds = name_kinds(lower.text, lower.len);
    if ((kinds & NAME_PARTICLE) != 0)
        return;
    uint8_t half = half_kinds(&lower, kinds);
    bool is_surname = (kinds & NAME_SURNAME) != 0, is_ordinary = !is_surname && (kinds & NAME_ORDINARY) != 0;
    bool is_given = (half & NAME_GIVEN) != 0, is_ambiguous = !is_given && (half & NAME_AMBIGUOUS) != 0;
    words->has_lower |= lower.begins_lower;
    words->capitals += !lower.has_ascii_lower && word.len > 2;
    words->count++;
    words->given += is_given;
    words->ambiguous += is_ambiguous;
    /* "Mark", "Will" at its beginning. */
    words->ordinary += is_ordinary && !(is_ambiguous && words->count == 1);
    words->surnames += is_surname;
    words->only_surnames += is_surname && !is_given && !is_ambiguous;
    words->begins_given |= words->count == 1 && (is_given || is_ambiguous);
}

static bool ends_word(uint8_t byte)
{
    return byte == ' ' || byte == ',' || byte == '.';
}

/* "Kim Sipes, Branch Manager": behind two words a comma ends the name. */
static bool is_over(Bytes value, size_t at, const NameWords *words)
{
    return words->count >= WORDS_COUNTED || (words->count > 1 && at > 0 && value.data[at - 1] == ',');
}

NameWords name_words(Bytes value)
{
    NameWords words = {0};

    for (size_t at = 0; at < value.len && !is_over(value, at, &words);) {
        size_t start = at;
        while (at < value.len && !ends_word(value.data[at]))
            at++;
        note_word((Bytes){.data = value.data + start, .len = at - start}, &words);
        do
            at++;
        while (at < value.len && ends_word(value.data[at]) && value.data[at - 1] != ',');
    }
    return words;
}

bool name_is_full(const NameWords *words)
{
    bool has_both = words->given + words->ambiguous > 0 && words->only_surnames > 0;

    return has_both || words->given > 1 || (words->given > 0 && words->surnames > 1);
}

bool name_is_known(const NameWords *words)
{
    return words->given > 0 || name_is_full(words) || (words->ambiguous > 1 && words->surnames > 0);
}

bool name_is_possible(const NameWords *words)
{
    return words->count > 0 && words->ordinary == 0 && words->capitals == 0 && !words->has_lower;
}

bool name_word_is_ordinary(Bytes word)
{
    LowerWord lower;

    return lower_word(word, &lower) && (name_kinds(lower.text, lower.len) & NAME_ORDINARY) != 0;
}

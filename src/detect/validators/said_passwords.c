/* Passwords that somebody tells in a sentence or a note: words of the sentence must not be taken for one. */
#include "detect/validators/settings.h"

#include <string.h>

enum { SAID_LEN_MIN = 8 };

/* "Sun!Rise4": no more than a digit, but letters of both cases and a mark that no name has. */
static bool is_of_all_kinds(Bytes value, const Mix *mix)
{
    return value.len >= SAID_LEN_MIN && mix->upper > 0 && mix->lower >= 3 && mix->digits > 0 &&
           strpbrk_of(value, "!@#$%^&*?") != NULL && memchr(value.data, '(', value.len) == NULL &&
           validate_password(value) != VERDICT_REJECT;
}

/* "P0st-Wagon": a digit in the place of a letter, where names have theirs at the end of a word. */
static bool is_respelled(Bytes value, const Mix *mix)
{
    bool has_inner = false;

    if (value.len < SAID_LEN_MIN || mix->upper == 0 || mix->lower < 3 || mix->others == 0 || mix->others > 3)
        return false;
    for (size_t i = 1; i + 2 < value.len; i++)
        has_inner = has_inner || (g_ascii_isdigit(value.data[i]) && g_ascii_isalpha(value.data[i - 1]) &&
                                     g_ascii_islower(value.data[i + 1]) && g_ascii_islower(value.data[i + 2]));
    return has_inner && memchr(value.data, '.', value.len) == NULL && memchr(value.data, '(', value.len) == NULL &&
           validate_password(value) != VERDICT_REJECT;
}

/* With letters and digits, and marks or both cases. */
Verdict noted_password_verdict(Bytes value)
{
    Mix mix = mix_of(value);

    if (has_slashes(value))
        return VERDICT_REJECT;
    if (mix.digits == 0 || mix.lower + mix.upper < 2 || (mix.others == 0 && (mix.upper == 0 || mix.lower == 0)))
        return VERDICT_REJECT;
    Verdict verdict = strong_password_verdict(value);
    bool is_written = is_of_all_kinds(value, &mix) || is_respelled(value, &mix);
    return verdict == VERDICT_REJECT && is_written ? VERDICT_LOW : verdict;
}

/* "Summer2024", "Monkey49%": a word with a capital, and at least two digits, or one and a mark, that end it. */
bool is_word_with_number(Bytes value)
{
    Mix mix = mix_of(value);

    if (value.len < 2)
        return false;
    uint8_t last = value.data[value.len - 1], other = value.data[value.len - 2];
    bool is_ended = g_ascii_isdigit(other) && (g_ascii_isdigit(last) || is_one_of(last, "!@#$%^&*?"));

    return mix.upper > 0 && mix.lower >= 3 && mix.digits >= 2 && is_ended && validate_password(value) != VERDICT_REJECT;
}

/* "coffee-tiger83", "coffee-tiger83~": words of four letters or more, joined by marks, and a number that ends them. */
static bool is_words_with_number(Bytes value)
{
    size_t words = 0, at = 0, digits = 0;

    while (at < value.len) {
        size_t start = at;
        while (at < value.len && g_ascii_isalpha(value.data[at]))
            at++;
        if (at - start < 4)
            break;
        words++;
        if (at < value.len && is_one_of(value.data[at], "-_."))
            at++;
    }
    while (at < value.len && g_ascii_isdigit(value.data[at])) {
        at++;
        digits++;
    }
    if (at + 1 == value.len && is_one_of(value.data[at], "~!@#$%^&*?+="))
        at++;
    return words >= 2 && digits >= 2 && at == value.len && validate_password(value) != VERDICT_REJECT;
}

/* "sunnyside4242": a word in small letters and its number. */
static bool is_small_word_with_number(Bytes value)
{
    Mix mix = mix_of(value);
    size_t end = value.len;

    while (end > 0 && g_ascii_isdigit(value.data[end - 1]))
        end--;
    return mix.lower == end && end >= 4 && mix.digits >= 2 && end + mix.digits == value.len &&
           validate_password(value) != VERDICT_REJECT;
}

static bool is_made_of_words(Bytes value)
{
    return is_word_with_number(value) || is_words_with_number(value) || is_small_word_with_number(value);
}

/* "V?dfgpy@QZmH": no digit, but marks that no word has, and letters of both cases; no address. */
static bool is_marked_inside(Bytes value)
{
    Mix mix = mix_of(value);
    const uint8_t *at = memchr(value.data, '@', value.len);
    bool is_address = at != NULL && memchr(at, '.', (size_t)(value.data + value.len - at)) != NULL;
    Bytes inner = {value.data + 1, value.len - 2};

    return !is_address && mix.upper > 0 && mix.lower > 0 && word_cover(value) < 0.5 &&
           strpbrk_of(inner, "!@#$%^&*?") != NULL;
}

/* What a generator drew, so that it cannot be the name of anything. */
bool is_drawn(Bytes value)
{
    Mix mix = mix_of(value);

    if (is_shuffled_letters(value))
        return true;
    return mix.digits > 0 && mix.upper > 0 && mix.lower > 0 && word_cover(value) < 0.3 &&
           strong_password_verdict(value) != VERDICT_REJECT;
}

/* In a sentence: without quotes around it, it must not be one of its words. */
Verdict validate_said_password(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before;

    if (before.len > 0 && is_one_of(before.data[before.len - 1], "\"'`"))
        return validate_password(value);
    Mix mix = mix_of(value);
    bool is_entity = (memchr(value.data, '&', value.len) != NULL && memchr(value.data, ';', value.len) != NULL) ||
                     memmem(value.data, value.len, "</", 2) != NULL;
    if (value.len < SAID_LEN_MIN || mix.lower + mix.upper < 2 || is_one_of(value.data[0], "\\*&(<[{") || is_entity)
        return VERDICT_REJECT;
    if (mix.digits == 0)
        return is_marked_inside(value) ? validate_bare_password(value) : VERDICT_REJECT;
    if (word_cover(value) >= 0.5 && strpbrk_of(value, "!@#$%^&*") == NULL)
        return is_made_of_words(value) ? VERDICT_LOW : VERDICT_REJECT;
    return validate_bare_password(value);
}

/* "tfqw8tm8", "PLANET4674": letters and digits alone, behind a label; no name of an algorithm or an encoding. */
static bool is_plain_mix(Bytes value)
{
    static const char *const names[] = {"sha", "md5", "base", "utf", "rfc", "iso", "aes", "des3", "x509", "oauth",
        "bcrypt", "scrypt", "pbkdf", "argon", "windows", "ascii", "latin", "cp12", "win", "version", "char", "int"};
    Mix mix = mix_of(value);

    if (value.len < SAID_LEN_MIN || mix.others > 0 || mix.digits < 1 || mix.lower + mix.upper < 3)
        return false;
    bool is_named =
        mix.lower > 0 && mix.upper > 0 && word_cover(value) >= 0.5; /* "Welcome1" is none, "getUserName2" is */
    if ((mix.digits < 2 && (mix.lower == 0 || mix.upper == 0)) ||
        (is_named && (mix.upper > 1 || !g_ascii_isupper(value.data[0]))))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_ascii_strncasecmp((const char *)value.data, names[i], strlen(names[i])) == 0)
            return false;
    return validate_password(value) != VERDICT_REJECT;
}

/* A short name says little: the value must look like a password. */
Verdict validate_noted_password(const Surroundings *surroundings)
{
    static const char *const options[] = {"-pw ", "-pw\t"};
    Bytes value = surroundings->value;

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        const uint8_t *at = memmem(value.data, MIN(value.len, 6), options[i], 4);
        if (at != NULL)
            value = (Bytes){at + 4, (size_t)(value.data + value.len - at - 4)};
    }
    if (is_next_setting(value))
        return VERDICT_REJECT;
    Verdict verdict = noted_password_verdict(value);
    bool is_plain = is_made_of_words(value) || (ends_there(surroundings->after, "`|") && is_plain_mix(value));
    return verdict == VERDICT_REJECT && is_plain ? VERDICT_LOW : verdict;
}

/* "… is the new password": the value comes first, where a sentence has any of its words. */
Verdict validate_told_password(const Surroundings *surroundings)
{
    Bytes value = surroundings->value;
    Mix mix = mix_of(value);

    if (memchr(value.data, ':', value.len) != NULL || memchr(value.data, '=', value.len) != NULL || mix.upper == 0 ||
        (memchr(value.data, '@', value.len) != NULL && memchr(value.data, '.', value.len) != NULL))
        return VERDICT_REJECT;
    return noted_password_verdict(value);
}

/* Several secrets under one name: lists of them, and what is written under the name of a key by hand. */
#include "detect/validators/password_fillers.h"
#include "detect/validators/setting_names.h"
#include "detect/validators/validators_internal.h"

#include <string.h>

enum { UUID_LEN = 36, KEY_LEN_MIN = 16, WRITTEN_LEN_MIN = 8, PUBLIC_SEEN = 24, RANDOM_LEN_MIN = 24 };

static bool is_between_items(uint8_t c)
{
    return g_ascii_isspace(c) || is_one_of(c, "\"'`,");
}

/* The best verdict on one of the items, which quotes, commas or the dashes of YAML part. */
static Verdict best_of_items(Bytes value, Validator judge)
{
    Verdict best = VERDICT_REJECT;
    size_t at = 0;

    while (at < value.len) {
        size_t start = at;
        while (at < value.len && !is_between_items(value.data[at]))
            at++;
        bool is_dash = at == start + 1 && value.data[start] == '-';
        Verdict verdict = at == start || is_dash ? VERDICT_REJECT : judge((Bytes){value.data + start, at - start});
        best = MAX(best, verdict);
        at = at == start ? at + 1 : at;
    }
    return best;
}

Verdict validate_password_list(Bytes value)
{
    return best_of_items(value, validate_bare_password);
}

/* "VeryStrong857#", "hardcoded1": letters and digits, as people write them; no constant, no reference, no path. */
static bool is_written(Bytes value)
{
    Mix mix = mix_of(value);

    if (value.len < WRITTEN_LEN_MIN || mix.digits == 0 || mix.lower + mix.upper < 3 || distinct_count(value) < 6)
        return false;
    bool is_constant =
        mix.lower == 0 && (memchr(value.data, '_', value.len) != NULL || memchr(value.data, '-', value.len) != NULL);
    if (is_constant || mix.others * 3 > value.len)
        return false;
    bool is_chain = memchr(value.data, '.', value.len) != NULL || memchr(value.data, ':', value.len) != NULL ||
                    memchr(value.data, '/', value.len) != NULL;
    return !is_chain || (value.len >= RANDOM_LEN_MIN && is_rare(value));
}

static size_t count_of(Bytes value, const char *marks)
{
    size_t count = 0;

    for (size_t i = 0; i < value.len; i++)
        count += is_one_of(value.data[i], marks) ? 1 : 0;
    return count;
}

static Verdict key_item_verdict(Bytes value)
{
    Mix mix = mix_of(value);
    Verdict verdict = value.len >= KEY_LEN_MIN ? validate_generic_secret(value) : VERDICT_REJECT;

    if (verdict != VERDICT_REJECT)
        return mix.upper + mix.lower > 0 ? verdict : VERDICT_REJECT;
    bool is_mixed = mix.digits >= 2 && mix.upper > 0 && mix.lower > 0 && is_written(value);
    /* "tls-secret-02": the name of one. */
    bool is_name = mix.upper == 0 && count_of(value, "-_") == mix.others;
    bool is_strong = mix.digits > 0 && !is_name && strong_password_verdict(value) != VERDICT_REJECT;
    return is_strong || (is_mixed && validate_password(value) != VERDICT_REJECT) ? VERDICT_LOW : VERDICT_REJECT;
}

Verdict validate_key_list(Bytes value)
{
    return best_of_items(value, key_item_verdict);
}

/* "secret=BlueHeron", alone to the line's end and without blanks: a setting, and neither code nor prose. */
static bool is_tight_word(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before, after = surroundings->after;
    Mix mix = mix_of(value);

    return value.len >= WRITTEN_LEN_MIN && mix.upper > 0 && mix.lower > 0 && mix.upper + mix.lower == value.len &&
           before.len > 0 && before.data[before.len - 1] == '=' && (after.len == 0 || is_one_of(after.data[0], "\r\n"));
}

/* Under a name that says that its value is secret, what a person made up is one, too: never more than of tier low. */
Verdict validate_written_key(const Surroundings *surroundings)
{
    SettingName name;
    Bytes value = surroundings->value, after = surroundings->after;

    if (after.len > 0 && is_one_of(after.data[0], "(){}\\<&"))
        return VERDICT_REJECT;
    Bytes before = surroundings->before;
    size_t end = before.len;
    while (end > 0 && g_ascii_isspace(before.data[end - 1]))
        end--;
    if (end > 0 && before.data[end - 1] == ',') /* the next argument */
        return VERDICT_REJECT;
    if (!setting_name_read(surroundings->before, &name) || setting_name_is_no_secret(&name) ||
        !setting_name_ends_like_key(&name) || setting_name_is_of_reader(&name))
        return VERDICT_REJECT;
    bool is_made_up = is_written(value) || is_tight_word(surroundings);
    return is_made_up && validate_password(value) != VERDICT_REJECT ? VERDICT_LOW : VERDICT_REJECT;
}

/* "The API key is …", "| access token | …": where a UUID is a secret, too. */
static bool is_behind_api(Bytes before)
{
    static const char *const words[] = {"api", "access", "secret", "auth"};
    size_t seen = MIN(before.len, (size_t)PUBLIC_SEEN);

    return contains_one_of((Bytes){before.data + before.len - seen, seen}, words, G_N_ELEMENTS(words));
}

/* "The API key is …": what is called public is none. */
Verdict validate_said_key(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;
    size_t seen = MIN(before.len, (size_t)PUBLIC_SEEN);

    if (seen > 0 && memmem(before.data + before.len - seen, seen, "ublic", 5) != NULL)
        return VERDICT_REJECT;
    if (after.len > 0 && (g_ascii_isalnum(after.data[0]) || is_one_of(after.data[0], "(/:@")))
        return VERDICT_REJECT;
    Verdict verdict = key_item_verdict(surroundings->value);
    if (verdict == VERDICT_LOW && surroundings->value.len == UUID_LEN)
        return is_behind_api(before) ? VERDICT_LOW : VERDICT_REJECT;
    return verdict == VERDICT_PASS ? VERDICT_PASS : VERDICT_REJECT;
}

/* Settings: what the name of a value, the code around it and the file say about a value that may be a secret. */
#include "detect/validators/setting_names.h"
#include "detect/validators/validators_internal.h"

#include <string.h>

enum {
    WINDOW_MIN = 200,
    MINIFIED_MARKS_MIN = 8,
    NEAR_LEN = 20,
    SHORT_KEY_LEN = 16,
    SAID_LEN_MIN = 8,
    RUN_OF_WORDS_MIN = 16,
    PLAIN_WORD_MAX = 12
};

static bool is_of_name(uint8_t c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
}

/* Code without blanks: programs made small for browsers, where names are as short as they come. */
static bool is_minified(const Surroundings *surroundings)
{
    size_t blanks = 0, marks = 0;
    Bytes before = surroundings->before;

    if (before.len < WINDOW_MIN)
        return false;
    for (size_t i = 0; i < before.len; i++) {
        blanks += before.data[i] == ' ' || before.data[i] == '\n' || before.data[i] == '\t' ? 1 : 0;
        marks += is_one_of(before.data[i], "(){};,") ? 1 : 0;
    }
    return blanks * 20 < before.len && marks >= MINIFIED_MARKS_MIN;
}

/* The last byte before a position that is no blank; the text's first if there is none. */
static const uint8_t *last_visible(Bytes text, size_t end)
{
    while (end > 1 && g_ascii_isspace(text.data[end - 1]))
        end--;
    return text.data + end - 1;
}

static bool ends_with(Bytes text, const char *word)
{
    size_t len = strlen(word);

    return text.len >= len && memcmp(text.data + text.len - len, word, len) == 0;
}

static bool is_digest(Bytes value)
{
    static const char *const marks[] = {
        "sha1-", "sha256-", "sha384-", "sha512-", "sha1:", "sha256:", "sha512:", "md5:"};

    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (value.len > strlen(marks[i]) && memcmp(value.data, marks[i], strlen(marks[i])) == 0)
            return true;
    return false;
}

/* A text of another script is none. */
static bool is_ascii(Bytes value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] >= 0x80)
            return false;
    return true;
}

/* Characters that keys and tokens are not made of, as passwords are. */
static bool has_marks(Bytes value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!g_ascii_isalnum(value.data[i]) && !is_one_of(value.data[i], "_+/.~=-"))
            return true;
    return false;
}

static bool is_regular_expression(Bytes value)
{
    return memmem(value.data, value.len, "(?", 2) != NULL || memmem(value.data, value.len, "[[:", 3) != NULL ||
           memmem(value.data, value.len, "[a-z", 4) != NULL || memmem(value.data, value.len, "[A-Z", 4) != NULL ||
           memmem(value.data, value.len, "\\w", 2) != NULL || memmem(value.data, value.len, "\\d", 2) != NULL;
}

/* "hunter2XYZsecretvalue123", "S3cretValue99": words that somebody wrote with capitals and digits in them. */
static bool is_written_with_digits(Bytes value)
{
    Mix mix = mix_of(value);
    bool has_inner = false;

    if (mix.upper == 0 || mix.lower == 0 || mix.digits < 2 || mix.others > 0)
        return false;
    for (size_t i = 1; i + 1 < value.len; i++)
        has_inner = has_inner || (g_ascii_isdigit(value.data[i]) && g_ascii_isalpha(value.data[i - 1]) &&
                                     g_ascii_isalpha(value.data[i + 1]));
    return has_inner && validate_password(value) != VERDICT_REJECT;
}

/* Short values happen to look random; under a name that says nothing any value does. */
static Verdict key_verdict(Bytes value, const SettingName *name)
{
    Mix mix = mix_of(value);
    Verdict verdict = validate_generic_secret(value);

    bool is_strong = setting_name_is_strong(name);
    bool is_number = mix.digits == value.len && value.len >= SHORT_KEY_LEN && distinct_count(value) >= 6;

    if (is_number && strstr(name->lower, "secret") != NULL)
        return VERDICT_LOW;
    if (is_digest(value))
        return VERDICT_REJECT;
    if (verdict == VERDICT_REJECT)
        return is_strong && is_written_with_digits(value) ? VERDICT_LOW : VERDICT_REJECT;
    if (mix.upper + mix.lower == 0)
        return VERDICT_REJECT;
    if (value.len < SHORT_KEY_LEN && (!is_strong || mix.digits < 2 || mix.upper + mix.lower < 3 || mix.others > 2))
        return VERDICT_REJECT;
    return !is_strong && strcmp(name->lower, "key") == 0 ? VERDICT_LOW : verdict;
}

/* Nothing but blanks and quotes between the name and the value: as often prose ("pass `x`") or a list of words. */
static bool is_after_blank(Bytes before, const SettingName *name)
{
    for (size_t i = name->end; i < before.len; i++)
        if (is_one_of(before.data[i], "=:>|(,?+.!-{["))
            return false;
    return true;
}

/* A random value assigned to the name of a key: unless the name is that of something else, or the value is an image, a
 * digest or the like that says what it is. */
static Verdict setting_verdict(const Surroundings *surroundings)
{
    SettingName name;
    Bytes value = surroundings->value;

    if (!setting_name_read(surroundings->before, &name) || setting_name_is_no_secret(&name) ||
        ends_with(surroundings->before, "base64,") || !is_ascii(value))
        return VERDICT_REJECT;
    Verdict verdict = VERDICT_REJECT;
    if (!has_marks(value))
        verdict = key_verdict(value, &name);
    else if (setting_name_is_strong(&name) && !is_regular_expression(value) &&
             !is_after_blank(surroundings->before, &name))
        verdict = strong_password_verdict(value);
    return verdict == VERDICT_PASS && is_minified(surroundings) ? VERDICT_LOWER : verdict;
}

Verdict validate_setting(const Surroundings *surroundings)
{
    return outside_program(surroundings, setting_verdict(surroundings));
}

/* Where a value without quotes ends; anything else shows that it was more than that. */
static bool ends_there(Bytes after, const char *marks)
{
    return after.len == 0 || g_ascii_isspace(after.data[0]) || is_one_of(after.data[0], marks);
}

static size_t digit_runs(Bytes value)
{
    size_t runs = 0;

    for (size_t i = 0; i < value.len; i++)
        runs += g_ascii_isdigit(value.data[i]) && (i == 0 || !g_ascii_isdigit(value.data[i - 1])) ? 1 : 0;
    return runs;
}

/* "v0.5.2-0.2019…", "1.2.3", "jackson-0.11.2". */
static bool is_version(Bytes value)
{
    size_t start = value.len, at = value.data[0] == 'v' ? 1 : 0, dots = 0, end_dots = 0;

    while (at < value.len && (g_ascii_isdigit(value.data[at]) || value.data[at] == '.'))
        dots += value.data[at++] == '.' ? 1 : 0;
    while (start > 0 && (g_ascii_isdigit(value.data[start - 1]) || value.data[start - 1] == '.'))
        end_dots += value.data[--start] == '.' ? 1 : 0;
    return dots >= 2 || (end_dots >= 2 && start > 0 && is_one_of(value.data[start - 1], "-:_v"));
}

/* Without quotes around it: in a list or a call it may be a name of the program. */
Verdict validate_bare_key(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before, after = surroundings->after;

    if (!ends_there(after, "\"'`;,&<>)]}|\\#") || is_version(value))
        return VERDICT_REJECT;
    if (has_marks(value) && strong_password_verdict(value) == VERDICT_REJECT)
        return VERDICT_REJECT;
    bool is_default = before.len > 1 && memcmp(before.data + before.len - 2, ":-", 2) == 0; /* "${NAME:-value}" */
    bool is_in_list = (before.len > 0 && before.data[before.len - 1] == ',') ||
                      (!is_default && after.len > 0 && is_one_of(after.data[0], ",;)}"));
    if (is_in_list && (digit_runs(value) < 3 || word_cover(value) > 0.3))
        return VERDICT_REJECT;
    return validate_setting(surroundings);
}

/* What a password could be, under the name of a key. */
Verdict validate_secret_phrase(const Surroundings *surroundings)
{
    SettingName name;

    if (!has_marks(surroundings->value) || is_regular_expression(surroundings->value))
        return VERDICT_REJECT;
    if (!setting_name_read(surroundings->before, &name) || setting_name_is_no_secret(&name))
        return VERDICT_REJECT;
    return strong_password_verdict(surroundings->value) == VERDICT_REJECT ? VERDICT_REJECT : VERDICT_LOW;
}

/* "github.com/a/b 7fb22c8c…": a path and a blank end there. */
static bool ends_with_path(Bytes before)
{
    size_t end = before.len;

    while (end > 0 && (before.data[end - 1] == ' ' || before.data[end - 1] == '\t'))
        end--;
    size_t start = end;
    while (start > 0 && is_of_name(before.data[start - 1]))
        start--;
    return end < before.len && start < end && start > 0 && before.data[start - 1] == '/';
}

/* "pkg#3b335d61…", "sha256:0a1b…", "trace_id=0a1b…": revisions, digests and numbers of requests, as long as many
 * tokens; and a part of an address or of a longer run of base64. */
static bool is_revision(const Surroundings *surroundings)
{
    static const char *const names[] = {"sha1", "sha256", "sha512", "md5", "hash", "commit", "checksum", "digest",
        "integrity", "revision", "rev:", "etag", "fingerprint", "trace", "span", "request", "correlation"};
    char near[NEAR_LEN + 1];
    Bytes before = surroundings->before, after = surroundings->after;

    if (before.len > 0 && is_one_of(before.data[before.len - 1], "@#/+"))
        return true;
    if (after.len > 0 && is_one_of(after.data[0], "+/="))
        return true;
    if (!mix_of((Bytes){surroundings->value.data, MIN(surroundings->value.len, 8)}).is_hex)
        return false;
    if (ends_with_path(before))
        return true;
    size_t len = MIN(before.len, NEAR_LEN);
    for (size_t i = 0; i < len; i++)
        near[i] = g_ascii_tolower((char)before.data[before.len - len + i]);
    near[len] = '\0';
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strstr(near, names[i]) != NULL)
            return true;
    return false;
}

/* The word straight before the value says what it is: "docusign envelope 93be49ab-…", "data-sitekey="6L…"". */
static bool is_called_public(const Surroundings *surroundings)
{
    static const char *const words[] = {"sitekey", "site_key", "site-key", "public_key", "publickey"};
    static const char *const nouns[] = {"id", "uuid", "guid", "envelope", "project", "portal", "item", "account",
        "tenant", "organization", "organisation", "org", "workspace", "user", "event", "issue", "index", "release",
        "version", "build", "job", "session"};
    SettingName name;

    if (!setting_name_read(surroundings->before, &name))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strstr(name.lower, words[i]) != NULL)
            return true;
    for (size_t i = 0; i < G_N_ELEMENTS(nouns); i++)
        if (strcmp(name.lower, nouns[i]) == 0)
            return true;
    return false;
}

/* A token that only its length, its alphabet and a provider's name beside it tell. */
Verdict validate_keyed_token(const Surroundings *surroundings)
{
    if (is_revision(surroundings) || is_called_public(surroundings))
        return VERDICT_REJECT;
    return issued_token_verdict(surroundings->value);
}

/* Whether a word for a secret stands in the last characters before the value, whatever it is part of. */
static bool is_behind_secret_word(Bytes before)
{
    enum { SEEN = 40 };
    static const char *const words[] = {"key", "token", "secret", "auth", "credential", "password", "bearer"};
    size_t seen = MIN(before.len, (size_t)SEEN);
    char text[SEEN + 1];

    for (size_t i = 0; i < seen; i++)
        text[i] = g_ascii_tolower((char)before.data[before.len - seen + i]);
    text[seen] = '\0';
    bool is_found = false;
    for (size_t i = 0; i < G_N_ELEMENTS(words) && !is_found; i++)
        is_found = strstr(text, words[i]) != NULL;
    explicit_bzero(text, sizeof(text));
    return is_found;
}

/* A token of a service whose tokens have no form of their own: its name is not enough, a word for a secret must stand
 * there, too. */
Verdict validate_named_token(const Surroundings *surroundings)
{
    return is_behind_secret_word(surroundings->before) ? validate_keyed_token(surroundings) : VERDICT_REJECT;
}

/* "user:password"; a service that wants only a key takes ":key" or "key:". */
Verdict validate_login(Bytes value)
{
    const uint8_t *colon = memchr(value.data, ':', value.len);

    if (colon == NULL)
        return VERDICT_REJECT;
    size_t user_len = (size_t)(colon - value.data);
    if (user_len + 1 == value.len)
        return user_len >= SAID_LEN_MIN ? strong_password_verdict((Bytes){value.data, user_len}) : VERDICT_REJECT;
    return validate_password((Bytes){colon + 1, value.len - user_len - 1});
}

static bool has_blank(Bytes value)
{
    return memchr(value.data, ' ', value.len) != NULL || memchr(value.data, '\t', value.len) != NULL;
}

static bool is_in_backquotes(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;

    return before.len > 0 && before.data[before.len - 1] == '`';
}

/* A value in quotes assigned to the name of a password. */
static Verdict password_setting_verdict(const Surroundings *surroundings)
{
    SettingName name;
    Bytes value = surroundings->value;
    bool is_named = setting_name_read(surroundings->before, &name);

    if (is_regular_expression(value) || (is_in_backquotes(surroundings) && has_blank(value)))
        return VERDICT_REJECT;
    if (is_named && (setting_name_is_about_passwords(&name) || !setting_name_is_of_password(&name)))
        return VERDICT_REJECT;
    if (is_named && is_after_blank(surroundings->before, &name) &&
        (setting_name_is_plain_pass(&name) || has_blank(value) || is_in_backquotes(surroundings) ||
            validate_bare_password(value) == VERDICT_REJECT))
        return VERDICT_REJECT;
    Verdict verdict = password_or_phrase_verdict(value);
    return verdict == VERDICT_PASS && is_minified(surroundings) ? VERDICT_LOWER : verdict;
}

Verdict validate_password_setting(const Surroundings *surroundings)
{
    return outside_program(surroundings, password_setting_verdict(surroundings));
}

/* "<password>plainSecret</password>": a label may stand there, too, which has one capital at most. */
static bool is_in_element(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after, value = surroundings->value;
    Mix mix = mix_of(value);
    bool is_label = mix.upper + mix.lower == value.len && value.len < PLAIN_WORD_MAX &&
                    mix.upper == (g_ascii_isupper(value.data[0]) ? 1U : 0U);

    return !is_label && ends_with(before, ">") && after.len > 1 && memcmp(after.data, "</", 2) == 0;
}

/* "domain=": what comes next has a name, too. Base64 has more than letters before it. */
static bool is_next_name(Bytes value)
{
    Mix mix = mix_of(value);

    return is_one_of(value.data[value.len - 1], "=:") && mix.lower + 1 == value.len;
}

/* Without quotes around it, what is a word alone is one of a sentence or of a label. */
Verdict validate_password_element(const Surroundings *surroundings)
{
    if (!ends_there(surroundings->after, "\"'`<,;\\}]") || surroundings->value.data[0] == '&' ||
        is_next_name(surroundings->value))
        return VERDICT_REJECT;
    if (validate_bare_password(surroundings->value) != VERDICT_REJECT)
        return validate_password_setting(surroundings);
    return is_in_element(surroundings) ? MIN(validate_password_setting(surroundings), VERDICT_LOW) : VERDICT_REJECT;
}

/* "pwd+#0", "UTF8String", "start_pass_1": an identifier, or two of them added. */
static bool is_identifier(Bytes value)
{
    size_t start = is_one_of(value.data[0], "!&*-") ? 1 : 0;

    if (start == value.len || g_ascii_isdigit(value.data[start]))
        return false;
    for (size_t i = start; i < value.len; i++)
        if (!g_ascii_isalnum(value.data[i]) && !is_one_of(value.data[i], "_+#^.*"))
            return false;
    return true;
}

/* "!vault", "!reference": a tag of YAML. */
static bool is_tag(Bytes value)
{
    Mix mix = mix_of(value);

    return value.data[0] == '!' && mix.lower + mix.upper + 1 == value.len;
}

/* Without quotes: an identifier behind a blank or ":=" that ends a statement or an argument is code. */
static bool is_code(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;
    char last = before.len > 0 ? (char)before.data[before.len - 1] : '\n';
    char after = surroundings->after.len > 0 ? (char)surroundings->after.data[0] : '\n';

    if (after != ';' && after != ',' && after != ')')
        return false;
    return (last == ' ' || last == ':' || ends_with(before, ":=")) && is_identifier(surroundings->value);
}

static const uint8_t *strpbrk_of(Bytes value, const char *marks)
{
    for (size_t i = 0; i < value.len; i++)
        if (is_one_of(value.data[i], marks))
            return value.data + i;
    return NULL;
}

/* With letters and digits, and marks or both cases. */
static Verdict noted_password_verdict(Bytes value)
{
    Mix mix = mix_of(value);

    if (mix.digits == 0 || mix.lower + mix.upper < 2 || (mix.others == 0 && (mix.upper == 0 || mix.lower == 0)))
        return VERDICT_REJECT;
    return strong_password_verdict(value);
}

/* "PASSWORD(q1*w2&e3)" in notes: in code a call has names and numbers in it. */
static bool is_in_parentheses(const Surroundings *surroundings)
{
    Bytes value = surroundings->value;

    if (value.len > 1 && value.data[value.len - 1] == ')')
        value.len--;
    return value.len >= 6 && mix_of(value).digits > 0 && strpbrk_of(value, "!@#$%^&*") != NULL &&
           memchr(value.data, '.', value.len) == NULL && strong_password_verdict(value) != VERDICT_REJECT;
}

/* "correcthorsebatterystaple", alone to the line's end: no word is that long. "Password=SomeWord" without blanks is a
 * setting, and no prose. */
static bool is_run_of_words(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, after = surroundings->after;

    Mix mix = mix_of(value);
    Bytes before = surroundings->before;
    uint8_t last = before.len > 0 ? before.data[before.len - 1] : '\n';
    bool is_tight = (last == '=' || last == ':') && value.len >= SAID_LEN_MIN && mix.lower + mix.upper == value.len;
    if (!is_tight && (value.len < RUN_OF_WORDS_MIN || mix.lower != value.len))
        return false;
    return (after.len == 0 || is_one_of(after.data[0], "\r\n")) && validate_password(value) != VERDICT_REJECT;
}

/* What an operator between the name of a password and a bare value makes of it. */
static Verdict operator_verdict(const Surroundings *surroundings, const SettingName *name)
{
    Bytes value = surroundings->value, before = surroundings->before;

    if (before.data[before.len - 1] == '(' && !is_in_parentheses(surroundings))
        return VERDICT_REJECT;
    uint8_t mark = *last_visible(before, before.len);
    if (mark == ',')
        return MIN(noted_password_verdict(value), VERDICT_LOW);
    if (mark != ':' || !setting_name_is_plain_pass(name))
        return VERDICT_PASS;
    return strcmp(name->text, "pass") == 0 ? MIN(strong_password_verdict(value), VERDICT_LOW) : VERDICT_REJECT;
}

/* "password: 123456": the name must be that of a password itself, and nothing follow: counts and times are numbers. */
static bool is_number_for_password(const Surroundings *surroundings, const SettingName *name)
{
    static const char *const names[] = {"password", "passwd", "passphrase"};
    Bytes value = surroundings->value, after = surroundings->after;
    bool is_named = false;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        is_named = is_named || g_str_has_suffix(name->lower, names[i]);
    return is_named && value.len >= 6 && mix_of(value).digits == value.len && distinct_count(value) >= 3 &&
           (after.len == 0 || is_one_of(after.data[0], "\r\n"));
}

/* "user=svc" behind an empty password. */
static bool is_next_setting(Bytes value)
{
    size_t at = 0;

    while (at < value.len && (g_ascii_islower(value.data[at]) || value.data[at] == '_'))
        at++;
    return at >= 3 && at < value.len && value.data[at] == '=';
}

static Verdict bare_setting_verdict(const Surroundings *surroundings)
{
    SettingName name = {.len = 0};
    Bytes value = surroundings->value;
    Mix mix = mix_of(value);
    Verdict verdict = VERDICT_PASS;

    if (value.data[0] == '=' || is_one_of(value.data[value.len - 1], "=:") || is_code(surroundings) || is_tag(value) ||
        !ends_there(surroundings->after, ",;&<|)}\"'`\\#"))
        return VERDICT_REJECT;
    if (setting_name_read(surroundings->before, &name)) {
        bool is_password = setting_name_is_of_password(&name) && !setting_name_is_about_passwords(&name);
        verdict = is_password ? operator_verdict(surroundings, &name) : VERDICT_REJECT;
    }
    bool is_optional =
        is_one_of(value.data[value.len - 1], "!?") && mix.digits == 0 && mix.upper >= 2 && mix.others == 1;
    bool is_type = is_optional || is_next_setting(value) || (ends_with(value, "String") && mix.digits > 0);
    if (verdict != VERDICT_PASS || is_type)
        return verdict == VERDICT_PASS ? VERDICT_REJECT : verdict;
    bool is_weak = is_run_of_words(surroundings) || is_number_for_password(surroundings, &name);
    return is_weak ? VERDICT_LOW : validate_bare_password(value);
}

Verdict validate_bare_setting(const Surroundings *surroundings)
{
    return outside_program(surroundings, bare_setting_verdict(surroundings));
}

/* An environment file's "DB_PASS=blueheron": no code, so that a word may be a password. */
Verdict validate_environment_password(const Surroundings *surroundings)
{
    SettingName name;

    if (!ends_there(surroundings->after, ";"))
        return VERDICT_REJECT;
    if (setting_name_read(surroundings->before, &name) &&
        (setting_name_is_about_passwords(&name) || !setting_name_is_of_password(&name)))
        return VERDICT_REJECT;
    return validate_password(surroundings->value);
}

/* A call: of a function that has a name like a secret's, or with such a name as its first argument. */
static bool is_of_setter(const Surroundings *surroundings, const SettingName *name)
{
    Bytes before = surroundings->before;
    size_t end = before.len;

    while (end > 0 && !is_of_name(before.data[end - 1]) && before.data[end - 1] != '(')
        end--;
    return end == 0 || before.data[end - 1] != '(' || !setting_name_is_of_reader(name);
}

Verdict validate_password_call(const Surroundings *surroundings)
{
    SettingName name;
    Bytes value = surroundings->value;
    Mix mix = mix_of(value);

    if (!setting_name_read(surroundings->before, &name) || !is_of_setter(surroundings, &name))
        return VERDICT_REJECT;
    if (mix.digits == 0 && memchr(value.data, '_', value.len) != NULL) /* the name of another argument */
        return VERDICT_REJECT;
    return validate_password_setting(surroundings);
}

Verdict validate_key_call(const Surroundings *surroundings)
{
    SettingName name;

    if (!setting_name_read(surroundings->before, &name) || !is_of_setter(surroundings, &name))
        return VERDICT_REJECT;
    return validate_bare_key(surroundings);
}

/* Behind an option or a directive. */
Verdict validate_given_password(const Surroundings *surroundings)
{
    Bytes value = surroundings->value;

    if (!ends_there(surroundings->after, ",;&|)\"'`\\") || is_one_of(value.data[0], "-=&") ||
        memmem(value.data, value.len, "&#", 2) != NULL)
        return VERDICT_REJECT;
    return value.len >= SHORT_KEY_LEN && is_rare(value) ? validate_password(value) : validate_bare_password(value);
}

/* In a sentence: without quotes around it, it must not be one of its words. */
Verdict validate_said_password(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before;

    if (before.len > 0 && is_one_of(before.data[before.len - 1], "\"'`"))
        return validate_password(value);
    Mix mix = mix_of(value);
    if (value.len < SAID_LEN_MIN || mix.digits == 0 || mix.lower + mix.upper < 2)
        return VERDICT_REJECT;
    if (word_cover(value) >= 0.5 && strpbrk_of(value, "!@#$%^&*") == NULL)
        return VERDICT_REJECT;
    return validate_bare_password(value);
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
    return noted_password_verdict(value);
}

/* "user=svc … password=PASSWORD": what stands behind the last operator. */
Verdict validate_password_pair(Bytes value)
{
    size_t start = value.len;

    while (start > 0 && !is_one_of(value.data[start - 1], "=:>,\"'` \t\n\\"))
        start--;
    size_t end = value.len;
    while (end > start && is_one_of(value.data[end - 1], ");,}"))
        end--;
    if (end > start + 1 && value.data[start] == '$' && is_one_of(value.data[start + 1], "({"))
        return VERDICT_REJECT;
    return validate_password((Bytes){value.data + start, end - start});
}

/* The line that begins a key, unless what follows says that the key was left out. */
Verdict validate_key_armour(const Surroundings *surroundings)
{
    Bytes after = surroundings->after;
    size_t at = 0;

    while (at < after.len && (g_ascii_isspace(after.data[at]) || is_one_of(after.data[at], "\"'\\+,")))
        at++;
    if (at < after.len && is_one_of(after.data[at], "<.[{$*"))
        return VERDICT_REJECT;
    return validate_present(surroundings->value);
}

/* A cell is told by its column's name alone; elsewhere the rules of assignments decide. */
static bool is_cell(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;
    size_t end = before.len > 0 && before.data[before.len - 1] == '"' ? before.len - 1 : before.len;
    bool is_begun = end == 0 || is_one_of(before.data[end - 1], ",;|\t\r\n");

    return is_begun && (after.len == 0 || is_one_of(after.data[0], ",;|\t\r\n\""));
}

Verdict validate_column_password(const Surroundings *surroundings)
{
    SettingName name;

    if (!is_cell(surroundings) || !setting_name_of(surroundings->field, &name) ||
        setting_name_is_about_passwords(&name))
        return VERDICT_REJECT;
    if (memchr(surroundings->value.data, '&', surroundings->value.len) != NULL) /* an entity of HTML */
        return VERDICT_REJECT;
    return validate_bare_password(surroundings->value);
}

Verdict validate_column_key(const Surroundings *surroundings)
{
    SettingName name;

    if (!is_cell(surroundings) || !setting_name_of(surroundings->field, &name) || setting_name_is_no_secret(&name))
        return VERDICT_REJECT;
    return has_marks(surroundings->value) ? VERDICT_REJECT : key_verdict(surroundings->value, &name);
}

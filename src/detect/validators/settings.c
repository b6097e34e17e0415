/* Settings: what the name of a value, the code around it and the file say about a value that may be a secret. */
#include "detect/validators/validators_internal.h"

#include <string.h>

enum { NAME_MAX_LEN = 64, WINDOW_MIN = 200, MINIFIED_MARKS_MIN = 8, NEAR_LEN = 20 };

static bool is_of_name(uint8_t c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
}

/* The identifier in front of the operator, in lower case: "api_key" of "api_key = \"". */
static size_t name_before(Bytes before, char name[NAME_MAX_LEN + 1])
{
    size_t end = before.len;

    while (end > 0 && !is_of_name(before.data[end - 1]))
        end--;
    size_t start = end;
    while (start > 0 && end - start < NAME_MAX_LEN && is_of_name(before.data[start - 1]))
        start--;
    for (size_t i = start; i < end; i++)
        name[i - start] = g_ascii_tolower((char)before.data[i]);
    name[end - start] = '\0';
    return end - start;
}

/* Names that end like a secret's and hold none. */
static bool is_name_of_no_secret(const char *name)
{
    static const char *const words[] = {"public", "pubkey", "primary", "foreign", "sort", "cache", "partition", "index",
        "routing", "checksum", "integrity", "sha1", "sha256", "sha512", "md5", "digest", "hash", "etag", "commit",
        "revision", "fingerprint", "csrf", "xsrf", "nonce", "keyid", "key_id", "monkey", "turkey", "keyboard", "hotkey",
        "shortcut", "i18n", "locale", "translation", "message", "site_key", "sitekey", "idempotency", "dedup", "lookup",
        "author", "object", "s3_key", "host_key", "hostkey", "gpg_key", "sig_key", "signer", "cursor", "continuation",
        "page", "next"};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strstr(name, words[i]) != NULL)
            return true;
    return false;
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

/* A random value assigned to the name of a key: unless the name is that of something else, or the value is an image, a
 * digest or the like that says what it is. */
Verdict validate_setting(const Surroundings *surroundings)
{
    char name[NAME_MAX_LEN + 1];
    Bytes value = surroundings->value;
    Verdict verdict = validate_generic_secret(value);

    if (verdict == VERDICT_REJECT || is_digest(value) || ends_with(surroundings->before, "base64,"))
        return VERDICT_REJECT;
    if (name_before(surroundings->before, name) > 0 && is_name_of_no_secret(name))
        return VERDICT_REJECT;
    return verdict == VERDICT_PASS && is_minified(surroundings) ? VERDICT_LOWER : verdict;
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

/* A token that only its length, its alphabet and a provider's name beside it tell. */
Verdict validate_keyed_token(const Surroundings *surroundings)
{
    return is_revision(surroundings) ? VERDICT_REJECT : issued_token_verdict(surroundings->value);
}

/* "user:password". */
Verdict validate_login(Bytes value)
{
    const uint8_t *colon = memchr(value.data, ':', value.len);

    if (colon == NULL)
        return VERDICT_REJECT;
    colon++;
    return validate_password((Bytes){colon, (size_t)(value.data + value.len - colon)});
}

/* What stands before "value:" and the like, behind which a value stands whose name is in front of it. */
static Surroundings without_word_value(const Surroundings *surroundings)
{
    Surroundings rest = *surroundings;
    size_t end = rest.before.len;

    while (end > 0 && !g_ascii_isalnum(rest.before.data[end - 1]))
        end--;
    if (end >= 5 && g_ascii_strncasecmp((const char *)rest.before.data + end - 5, "value", 5) == 0)
        rest.before.len = end - 5;
    return rest;
}

Verdict validate_element(const Surroundings *surroundings)
{
    const Surroundings rest = without_word_value(surroundings);

    return validate_setting(&rest);
}

/* "password_encryption", "passwordLabel": about passwords, not one of them. */
static bool is_about_passwords(const char *name)
{
    static const char *const words[] = {"encryption", "policy", "_type", "passwordtype", "field", "label", "prompt",
        "_file", "_path", "_url", "hint", "regex", "pattern", "format", "length", "algorithm", "hasher", "command",
        "help", "error", "message", "placeholder", "title", "_text", "input", "strength", "validat", "_reset",
        "_change", "confirmation"};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (strstr(name, words[i]) != NULL)
            return true;
    return false;
}

static bool is_regular_expression(Bytes value)
{
    return memmem(value.data, value.len, "(?", 2) != NULL || memmem(value.data, value.len, "[[:", 3) != NULL ||
           memmem(value.data, value.len, "[a-z", 4) != NULL || memmem(value.data, value.len, "[A-Z", 4) != NULL;
}

/* A value in quotes assigned to the name of a password. */
Verdict validate_password_setting(const Surroundings *surroundings)
{
    char name[NAME_MAX_LEN + 1];

    if (is_regular_expression(surroundings->value))
        return VERDICT_REJECT;
    if (name_before(surroundings->before, name) > 0 && is_about_passwords(name))
        return VERDICT_REJECT;
    Verdict verdict = validate_password(surroundings->value);
    return verdict == VERDICT_PASS && is_minified(surroundings) ? VERDICT_LOWER : verdict;
}

/* Without quotes around it, what is a word alone is one of a sentence or of a label. */
Verdict validate_password_element(const Surroundings *surroundings)
{
    const Surroundings rest = without_word_value(surroundings);

    if (validate_bare_password(surroundings->value) == VERDICT_REJECT)
        return VERDICT_REJECT;
    return validate_password_setting(&rest);
}

/* "pwd+#0", "UTF8String", "start_pass_1": an identifier, or two of them added. */
static bool is_identifier(Bytes value)
{
    if (g_ascii_isdigit(value.data[0]))
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (!g_ascii_isalnum(value.data[i]) && !is_one_of(value.data[i], "_+#^.*"))
            return false;
    return true;
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

Verdict validate_bare_setting(const Surroundings *surroundings)
{
    Bytes value = surroundings->value;

    if (value.data[0] == '=' || value.data[value.len - 1] == '=' || ends_with(value, "String") || is_code(surroundings))
        return VERDICT_REJECT;
    return validate_bare_password(value);
}

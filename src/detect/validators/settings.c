/* Settings: what the name of a value, the code around it and the file say about a key or token that may be a secret. */
#include "detect/validators/settings.h"

#include <string.h>

enum { WINDOW_MIN = 200, MINIFIED_MARKS_MIN = 8, NEAR_LEN = 20 };

bool is_of_name(uint8_t c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
}

/* Code without blanks: programs made small for browsers, where names are as short as they come. */
bool is_minified(const Surroundings *surroundings)
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
const uint8_t *last_visible(Bytes text, size_t end)
{
    while (end > 1 && g_ascii_isspace(text.data[end - 1]))
        end--;
    return text.data + end - 1;
}

bool ends_with(Bytes text, const char *word)
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
bool has_marks(Bytes value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!g_ascii_isalnum(value.data[i]) && !is_one_of(value.data[i], "_+/.~=-"))
            return true;
    return false;
}

bool is_regular_expression(Bytes value)
{
    return memmem(value.data, value.len, "(?", 2) != NULL || memmem(value.data, value.len, "[[:", 3) != NULL ||
           memmem(value.data, value.len, "[a-z", 4) != NULL || memmem(value.data, value.len, "[A-Z", 4) != NULL ||
           memmem(value.data, value.len, "[0-9A-", 6) != NULL || memmem(value.data, value.len, "\\w", 2) != NULL ||
           memmem(value.data, value.len, "\\d", 2) != NULL;
}

/* "/etc/app/id.key", "~/.netrc": base64 may begin with a slash, too, but has no dot. */
static bool is_path_of_file(Bytes value)
{
    return value.len > 2 && (value.data[0] == '/' || (value.data[0] == '~' && value.data[1] == '/')) &&
           memchr(value.data, '.', value.len) != NULL;
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
Verdict key_verdict(Bytes value, const SettingName *name)
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
    if (is_strong || strcmp(name->lower, "key") != 0)
        return verdict;
    return verdict == VERDICT_LOW ? VERDICT_REJECT : VERDICT_LOW; /* a UUID is as often the key of a row */
}

/* Nothing but blanks and quotes between the name and the value: as often prose ("pass `x`") or a list of words. */
bool is_after_blank(Bytes before, const SettingName *name)
{
    for (size_t i = name->end; i < before.len; i++)
        if (is_one_of(before.data[i], "=:>|(,?+.!-{["))
            return false;
    return true;
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

/* "ac_cv_func_DH_get0_key" beside "DH_get0_key", "ed25519.Ed25519PrivateKey" behind "Ed25519PrivateKey =". */
static bool is_named_in(Bytes value, const SettingName *name)
{
    enum { NAME_MIN = 6 };

    return name->len >= NAME_MIN && value.len >= name->len &&
           g_ascii_strncasecmp((const char *)value.data + value.len - name->len, name->lower, name->len) == 0;
}

/* "data/rsa_pkcs8_1024.der", "libmock1.la". */
static bool is_name_of_file(Bytes value)
{
    static const char *const ends[] = {".pem", ".der", ".crt", ".cert", ".cer", ".p8", ".p12", ".pfx", ".jks", ".csr",
        ".la", ".lo", ".so", ".cpp", ".hpp", ".py", ".rb", ".go", ".js", ".ts", ".java", ".php", ".lua", ".css", ".sh",
        ".sql", ".csv", ".log", ".cfg", ".conf", ".ini", ".toml", ".yml", ".yaml", ".xml", ".html", ".txt", ".json",
        ".md", ".png", ".jpg", ".svg", ".pdf", ".gz", ".zip"};
    static const char *const short_ends[] = {".c", ".h", ".o", ".a", ".m", ".d"};

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (ends_with(value, ends[i]))
            return true;
    for (size_t i = 0; i < G_N_ELEMENTS(short_ends); i++)
        if (ends_with(value, short_ends[i]))
            return memchr(value.data, '_', value.len) != NULL || memchr(value.data, '/', value.len) != NULL;
    return false;
}

/* "node-modules-linux-b0cdba5c…": words and a digest, of which a cache makes its names. */
static bool is_name_with_digest(Bytes value)
{
    const uint8_t *dash = memrchr(value.data, '-', value.len);
    size_t at = dash == NULL ? 0 : (size_t)(dash - value.data) + 1;

    if (at < 8 || value.len - at < 32 || memchr(value.data, '-', at - 1) == NULL)
        return false;
    return mix_of((Bytes){value.data + at, value.len - at}).is_hex && word_cover((Bytes){value.data, at}) >= 0.4;
}

/* "OS-OAUTH1:access_token", "release-2.4.tar.gz": what a key or a file is called. */
static bool is_name_of_key(Bytes value)
{
    static const char *const ends[] = {"_token", "_key", "_secret", "-token", "-key", "-secret"};

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (ends_with(value, ends[i]) && mix_of(value).digits <= 4)
            return true;
    return is_name_of_file(value) || is_program_name(value) || is_name_with_digest(value);
}

/* A random value assigned to the name of a key: unless the name is that of something else, or the value is an image, a
 * digest or the like that says what it is. */
static Verdict setting_verdict(const Surroundings *surroundings)
{
    SettingName name;
    Bytes value = surroundings->value;

    if (!setting_name_read(surroundings->before, &name) || setting_name_is_no_secret(&name) ||
        ends_with(surroundings->before, "base64,") || !is_ascii(value) || is_named_in(value, &name) ||
        is_version(value) || !setting_name_is_of_key(&name) || is_name_of_key(value))
        return VERDICT_REJECT;
    Verdict verdict = VERDICT_REJECT;
    if (is_path_of_file(value))
        return VERDICT_REJECT;
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
bool ends_there(Bytes after, const char *marks)
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

bool is_call_of_name(Bytes value)
{
    size_t at = 0;

    while (at < value.len && (g_ascii_isalnum(value.data[at]) || is_one_of(value.data[at], "_.:>-")))
        at++;
    return at > 2 && at < value.len && value.data[at] == '(' && word_cover((Bytes){value.data, at}) >= 0.4;
}

/* "arn:aws:secretsmanager:…:secret:db": the name of a resource is no secret. */
static bool is_in_resource_name(Bytes before)
{
    size_t start = before.len;

    while (start > 0 && !g_ascii_isspace(before.data[start - 1]) && before.data[start - 1] != '"')
        start--;
    return before.len - start > 4 && memcmp(before.data + start, "arn:", 4) == 0;
}

/* What a password could be, under the name of a key. */
Verdict validate_secret_phrase(const Surroundings *surroundings)
{
    SettingName name;

    if (!has_marks(surroundings->value) || is_regular_expression(surroundings->value) ||
        is_call_of_name(surroundings->value) || is_in_resource_name(surroundings->before) || is_minified(surroundings))
        return VERDICT_REJECT;
    if (!setting_name_read(surroundings->before, &name) || setting_name_is_no_secret(&name))
        return VERDICT_REJECT;
    Bytes value = surroundings->value;
    if (memcmp(value.data, "(*", 2) == 0 || memmem(value.data, value.len, "\\-", 2) != NULL) /* a type; troff */
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
    if (surroundings->after.len > 0 && surroundings->after.data[0] == '(') /* a call */
        return VERDICT_REJECT;
    if (is_revision(surroundings) || is_called_public(surroundings) || is_in_checksum_list(surroundings))
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

/* The line that begins a key, unless what follows says that the key was left out. */
Verdict validate_key_armour(const Surroundings *surroundings)
{
    Bytes after = surroundings->after;
    size_t at = 0;

    if (after.len > 1 && is_one_of(after.data[0], "\"'`") && after.data[1] == ')') /* a program looks for it */
        return VERDICT_REJECT;
    while (at < after.len && (g_ascii_isspace(after.data[at]) || is_one_of(after.data[at], "\"'\\+,")))
        at += after.data[at] == '\\' && at + 1 < after.len && is_one_of(after.data[at + 1], "nr") ? 2 : 1;
    if (at < after.len && is_one_of(after.data[at], "<.[{$*)"))
        return VERDICT_REJECT;
    if (at + 5 <= after.len && memcmp(after.data + at, "-----", 5) == 0) /* nothing between the lines */
        return VERDICT_REJECT;
    return validate_present(surroundings->value);
}

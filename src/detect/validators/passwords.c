/* What people choose and type: passwords, alone and in connection strings. */
#include "detect/validators/password_fillers.h"

#include <string.h>

size_t distinct_count(Bytes value)
{
    uint64_t seen[4] = {0, 0, 0, 0}; /* bit set */
    size_t count = 0;

    for (size_t i = 0; i < value.len; i++) {
        uint64_t *word = &seen[value.data[i] / 64], bit = UINT64_C(1) << (value.data[i] % 64);
        count += (*word & bit) == 0 ? 1 : 0;
        *word |= bit;
    }
    return count;
}

Mix mix_of(Bytes value)
{
    Mix mix = {.is_hex = true};

    for (size_t i = 0; i < value.len; i++) {
        char c = (char)value.data[i];
        mix.upper += g_ascii_isupper(c) ? 1 : 0;
        mix.lower += g_ascii_islower(c) ? 1 : 0;
        mix.digits += g_ascii_isdigit(c) ? 1 : 0;
        mix.is_hex = mix.is_hex && g_ascii_isxdigit(c);
    }
    mix.others = value.len - mix.upper - mix.lower - mix.digits;
    return mix;
}

/* Likewise, in code and examples; in an address they are passwords. */
static bool is_bare_noun(Bytes value)
{
    static const char *const nouns[] = {"test", "tests", "secret", "secrets", "testing", "testpass", "test-password"};

    for (size_t i = 0; i < G_N_ELEMENTS(nouns); i++)
        if (value.len == strlen(nouns[i]) && ends_ignoring_case(value, nouns[i]))
            return true;
    return false;
}

/* Paths, addresses, and names of passwords ("edit_password") are none. */
Verdict validate_password(Bytes value)
{
    Mix mix = mix_of(value);

    if (value.len < 4 || mix.upper + mix.lower + mix.digits < 3 || is_placeholder(value) || password_is_filler(value))
        return VERDICT_REJECT;
    if (mix.digits == value.len && value.len < 6) /* seconds, ports */
        return VERDICT_REJECT;
    if (value.data[0] == '/' || memmem(value.data, value.len, "://", 3) != NULL ||
        contains_ignoring_case(value, "arn:"))
        return VERDICT_REJECT;
    if (is_constant(value) || is_reference(value) || is_of_other_kind(value) || is_bare_noun(value))
        return VERDICT_REJECT;
    return is_name_of_password(value) || is_dotted_number(value) ? VERDICT_REJECT : VERDICT_PASS;
}

/* Says what it is, as manuals do: "user:password@host". */
static bool is_name_for_readers(Bytes value)
{
    static const char *const names[] = {"pass", "pwd", "user", "name", "changeme", "change_me", "change-me", "key",
        "token", "your", "example", "placeholder", "redacted", "hidden", "masked"};

    return contains_one_of(value, names, G_N_ELEMENTS(names));
}

/* "${NAME:-value}": what holds if the variable is not set. */
static Bytes default_of(Bytes value)
{
    const uint8_t *mark = memmem(value.data, value.len, ":-", 2);

    if (value.len < 5 || memcmp(value.data, "${", 2) != 0 || value.data[value.len - 1] != '}' || mark == NULL)
        return value;
    return (Bytes){mark + 2, (size_t)(value.data + value.len - 1 - mark - 2)};
}

/* What stands in the place of a password, in an address or a connection string. A weak one is one nevertheless. */
static Verdict embedded_password_verdict(const uint8_t *from, const uint8_t *end)
{
    Bytes password = {from, (size_t)(end - from)};

    password = default_of(password);
    if (password.len == 0 || is_template(password) || is_of_pattern(password))
        return VERDICT_REJECT;
    if (is_placeholder_word(password))
        return is_name_for_readers(password) ? VERDICT_SAMPLE : VERDICT_LOW;
    bool is_stand_in = is_constant(password) &&
                       (memchr(password.data, '_', password.len) != NULL || contains_ignoring_case(password, "PASSW"));
    return is_stand_in || distinct_count(password) < 3 || password_is_filler(password) ? VERDICT_SAMPLE : VERDICT_PASS;
}

/* RFC 2606: names for documentation. */
static bool is_host_of_documentation(const uint8_t *from, const uint8_t *end)
{
    static const char *const names[] = {"example.com", "example.org", "example.net", "example", "invalid"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        size_t len = strlen(names[i]);
        const uint8_t *at = memmem(from, (size_t)(end - from), names[i], len);
        if (at != NULL && (at == from || at[-1] == '.') && (at + len == end || at[len] == ':' || at[len] == '/'))
            return true;
    }
    return false;
}

/* Behind a variable that stands for the user and may hold a colon. */
static const uint8_t *user_part(const uint8_t *from, const uint8_t *end)
{
    bool is_variable = end - from > 2 && memcmp(from, "${", 2) == 0;
    const uint8_t *close = is_variable ? memchr(from, '}', (size_t)(end - from)) : NULL;

    return close == NULL ? from : close;
}

/* "host:443?mail=a@b": a port, and a query behind it. */
static bool is_port(const uint8_t *from, const uint8_t *end)
{
    const uint8_t *at = from;

    while (at < end && at - from < 5 && g_ascii_isdigit(*at))
        at++;
    return at > from && at < end && is_one_of(*at, "?#");
}

/* scheme://user:password@host; an @ in the password that should have been escaped often was not. */
Verdict validate_url_password(Bytes value)
{
    const uint8_t *end = value.data + value.len;
    const uint8_t *authority = memmem(value.data, value.len, "://", 3);
    const uint8_t *user = authority == NULL ? end : user_part(authority + 3, end);
    const uint8_t *colon = memchr(user, ':', (size_t)(end - user));
    const uint8_t *at = memrchr(value.data, '@', value.len);

    if (colon == NULL || at == NULL || at <= colon || is_port(colon + 1, at))
        return VERDICT_REJECT;
    if (at - user == 11 && memcmp(user, "scott:tiger", 11) == 0) /* of Oracle's manuals */
        return VERDICT_SAMPLE;
    Verdict verdict = embedded_password_verdict(colon + 1, at);
    return verdict == VERDICT_PASS && is_host_of_documentation(at + 1, end) ? VERDICT_LOW : verdict;
}

/* "machine … login … password PASSWORD": the last word, in quotes or not. */
Verdict validate_netrc(Bytes value)
{
    const uint8_t *end = value.data + value.len;
    const uint8_t *from = end;

    while (from > value.data && !g_ascii_isspace(from[-1]))
        from--;
    while (from < end && (*from == '"' || *from == '\''))
        from++;
    while (end > from && (end[-1] == '"' || end[-1] == '\''))
        end--;
    if (end - from == 6 && memcmp(from, "string", 6) == 0) /* the fields of a structure */
        return VERDICT_REJECT;
    bool is_address = memchr(from, '@', (size_t)(end - from)) != NULL;
    if (is_address && memmem(value.data, value.len, " anonymous ", 11) != NULL) /* whose password is an address */
        return VERDICT_REJECT;
    return embedded_password_verdict(from, end);
}

/* The last "=" behind a name of a password; NULL if there is none. */
static const uint8_t *last_password_operator(Bytes value)
{
    const uint8_t *end = value.data + value.len, *equals = NULL;

    for (const uint8_t *at = value.data; at + 3 < end; at++) {
        bool is_name = g_ascii_strncasecmp((const char *)at, "pwd", 3) == 0 ||
                       g_ascii_strncasecmp((const char *)at, "pass", 4) == 0;
        const uint8_t *next = is_name ? memchr(at, '=', (size_t)(end - at)) : NULL;
        if (next != NULL)
            equals = next;
    }
    return equals;
}

/* "PWD={x;y}" of ODBC, where a template has a name or a number in its braces. */
static bool is_braced(const uint8_t *from, const uint8_t *end)
{
    if (end - from < 8 || from[0] != '{' || end[-1] != '}')
        return false;
    Mix mix = mix_of((Bytes){from + 1, (size_t)(end - from) - 2});
    return mix.digits > 0 && mix.upper > 0 && mix.lower > 0;
}

/* "…;Password=…": the last assignment of the value; "app/PASSWORD@…" and "app:PASSWORD@tcp(…" before the @. */
Verdict validate_connection_password(Bytes value)
{
    const uint8_t *end = value.data + value.len;
    const uint8_t *from = last_password_operator(value);

    if (from == NULL) {
        end = from = memrchr(value.data, '@', value.len);
        while (from != NULL && from > value.data && from[-1] != '/' && from[-1] != ':')
            from--;
        return from == NULL ? VERDICT_REJECT : embedded_password_verdict(from, end);
    }
    for (from++; from < end && *from == ' '; from++)
        continue;
    if (is_braced(from, end)) {
        from++;
        end--;
    }
    return embedded_password_verdict(from, end);
}

/* Without quotes a value may be code, a path or prose: it must mix letters with digits or with marks that names lack.
 */
Verdict validate_bare_password(Bytes value)
{
    static const char marks[] = "!@#$%^&*+=?~";
    Mix mix = mix_of(value);
    bool has_mark = false;

    /* "apache-proxy@": the beginning of an address, as guests of FTP give it. */
    size_t len = value.len > 0 && value.data[value.len - 1] == '@' ? value.len - 1 : value.len;
    for (size_t i = 0; i < len; i++)
        has_mark = has_mark || is_one_of(value.data[i], marks);
    if (mix.upper + mix.lower == 0 || (mix.digits == 0 && !has_mark && !is_shuffled_letters(value)))
        return VERDICT_REJECT;
    return validate_password(value);
}

/* A letter or digit among many different marks: made by a generator, or by hand on the keyboard. */
static bool is_made_of_marks(Bytes value)
{
    Mix mix = mix_of(value);
    size_t alnum = mix.upper + mix.lower + mix.digits;

    return alnum > 0 && alnum < 3 && mix.others >= 6 && distinct_count(value) >= 8 && !is_template(value) &&
           memchr(value.data, ' ', value.len) == NULL && !is_one_of(value.data[0], "^(<.,;:/");
}

/* "xkWpTzRqLv4B": so few digits, but letters of both cases in an order that no name has. */
static bool is_mixed_at_random(Bytes value, const Mix *mix)
{
    enum { LEN_MIN = 10 };

    return value.len >= LEN_MIN && mix->digits > 0 && mix->upper >= 2 && mix->lower >= 2 && is_rare(value) &&
           word_cover(value) < 0.3;
}

/* Letters, and marks or digits among them: no prose, no address, no path. */
Verdict strong_password_verdict(Bytes value)
{
    bool is_call = memchr(value.data, '(', value.len) != NULL;
    while (value.len > 1 && is_one_of(value.data[value.len - 1], is_call ? ",;" : ",;)"))
        value.len--;
    Mix mix = mix_of(value);
    size_t blanks = 0;

    for (size_t i = 0; i < value.len; i++)
        blanks += g_ascii_isspace(value.data[i]) || value.data[i] >= 0x80 ? 1 : 0;
    if (is_made_of_marks(value))
        return VERDICT_PASS;
    bool is_mixed = mix.digits + mix.others >= 3 || is_mixed_at_random(value, &mix);
    if (blanks > 0 || mix.upper + mix.lower < 3 || !is_mixed)
        return VERDICT_REJECT;
    return distinct_count(value) < 7 || word_cover(value) > 0.6 ? VERDICT_REJECT : validate_password(value);
}

/* Words that stand in labels and messages about passwords. */
static bool is_message(Bytes value)
{
    static const char *const words[] = {"pass", "pwd", "enter", "please", "your", "must", "invalid", "wrong", "error",
        "confirm", "repeat", "forgot", "current", "cannot", "required", "login", "user", "secret", "kennwort", "clave",
        "senha", "the ", " is ", " of ", "for ", "token", " key", "key ", "not ", "code"};

    return contains_one_of(value, words, G_N_ELEMENTS(words));
}

/* "open sesame": passwords of several words are rare, messages are not. */
Verdict password_or_phrase_verdict(Bytes value)
{
    Mix mix = mix_of(value);
    size_t blanks = 0;

    for (size_t i = 0; i < value.len; i++)
        blanks += g_ascii_isspace(value.data[i]) ? 1 : 0;
    if (is_made_of_marks(value))
        return VERDICT_LOW;
    if (blanks == 0)
        return validate_password(value);
    if (g_ascii_isspace(value.data[0]) || g_ascii_isspace(value.data[value.len - 1]) || is_message(value))
        return VERDICT_REJECT;
    bool is_plain = mix.lower + mix.upper + mix.digits + blanks == value.len;
    bool is_sentence = mix.upper > 0 && mix.digits == 0;
    if (!is_plain || is_sentence || mix.lower + mix.upper < 6 || blanks > 6)
        return VERDICT_REJECT;
    return validate_password(value) == VERDICT_REJECT ? VERDICT_REJECT : VERDICT_LOW;
}

/* A login of a file: what stands behind its last operator, or in its last quotes. */
Verdict validate_credentials_file(Bytes value)
{
    const uint8_t *end = value.data + value.len;
    bool is_strict = g_ascii_strncasecmp((const char *)value.data, "define", 6) == 0 || value.data[0] == '[' ||
                     g_ascii_strncasecmp((const char *)value.data, "user", 4) == 0;

    if (!is_strict)
        return validate_present(value);
    if (end > value.data && is_one_of(end[-1], "\"'"))
        end--;
    const uint8_t *from = end;
    while (from > value.data && !is_one_of(from[-1], end < value.data + value.len ? "\"'" : " =:\t\"'"))
        from--;
    Bytes password = {from, (size_t)(end - from)};
    if (password.len == 0 || contains_ignoring_case(password, "unique phrase") ||
        ends_ignoring_case(password, "_here") || is_placeholder_word(password) || is_variable(password))
        return VERDICT_REJECT;
    return validate_present(password.len > 40 ? (Bytes){from, 1} : password);
}

/* What people choose and type: passwords and settings, and the placeholders that stand where they will be. */
#include "detect/validators/validators_internal.h"

#include <string.h>

bool is_one_of(uint8_t c, const char *marks)
{
    return c != '\0' && strchr(marks, c) != NULL;
}

size_t distinct_count(Bytes value)
{
    bool seen[256] = {false};
    size_t count = 0;

    for (size_t i = 0; i < value.len; i++) {
        count += seen[value.data[i]] ? 0 : 1;
        seen[value.data[i]] = true;
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

/* A variable between an opening and a closing mark. The marks alone prove nothing: passwords are made of them. */
typedef struct TemplateMarks {
    const char *open, *close;
} TemplateMarks;

static const TemplateMarks template_marks[] = {
    {"${", "}"}, {"$(", ")"}, {"#{", "}"}, {"{{", "}}"}, {"<%", "%>"}, {"%{", "}"}, {"%(", ")"}, {"&lt;", "&gt;"}};

static bool is_between_marks(Bytes value, const TemplateMarks *marks)
{
    size_t open_len = strlen(marks->open);
    const uint8_t *end = value.data + value.len;
    const uint8_t *at = memmem(value.data, value.len, marks->open, open_len);

    if (at == NULL)
        return false;
    for (at += open_len; at < end && (g_ascii_isalnum(*at) || strchr(" _.:-", *at) != NULL); at++)
        continue;
    size_t close_len = strlen(marks->close);
    return (size_t)(end - at) >= close_len && memcmp(at, marks->close, close_len) == 0;
}

/* "$NAME", "$name_of", "%NAME%", "%s". */
static bool is_variable(Bytes value)
{
    Bytes name = {value.data + 1, value.len - 1};
    char last = (char)value.data[value.len - 1];

    if (value.data[0] == '%')
        return last == '%' || value.len <= 3;
    if (value.data[0] != '$' || value.len < 2 || (!g_ascii_isalpha(name.data[0]) && name.data[0] != '_'))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!g_ascii_isalnum(name.data[i]) && name.data[i] != '_')
            return false;
    return true;
}

/* What stands where a secret will be: variables, markup, masks. */
static bool is_template(Bytes value)
{
    static const char *const masks[] = {"***", "...", "xxxx", "XXXX"};
    char first = (char)value.data[0];
    char last = (char)value.data[value.len - 1];

    for (size_t i = 0; i < G_N_ELEMENTS(masks); i++)
        if (memmem(value.data, value.len, masks[i], strlen(masks[i])) != NULL)
            return true;
    for (size_t i = 0; i < G_N_ELEMENTS(template_marks); i++)
        if (is_between_marks(value, &template_marks[i]))
            return true;
    if ((first == '<' && last == '>') || (first == '{' && last == '}') || (first == '[' && last == ']') ||
        (first == '@' && last == '@' && value.len > 2) || (first == '(' && last == ')'))
        return true;
    return is_variable(value);
}

static bool is_placeholder_word(Bytes value)
{
    static const char words[] =
        " password passwd pass pwd passphrase passcode values value data hash hashed plain "
        "plaintext encrypted changeme change_me change-me changeit mysecret "
        "mypassword "
        "my_password my-password my_secret yourpassword your_password your-password your_secret example sample dummy "
        "placeholder none null nil true false undefined unknown empty default redacted hidden masked string text "
        "varchar "
        "required optional disabled enabled user username login admin_password db_password root_password password1234 "
        "database token key api_key apikey insert_here todo tbd foobar bearer basic digest sha1 sha256 sha512 md5 "
        "hs256 rs256 es256 utf8 utf-8 base64 random prompt env file stdin vault keyring never always auto manual "
        "number "
        "integer boolean object array varchar2 nvarchar char binary select input hardcoded-password email name label "
        "submit "
        "reset forgot change update create show verify confirm mismatch invalid incorrect wrong expired not-set notset "
        "unset not_set n/a ";
    char word[24];

    if (value.len > sizeof(word) - 3)
        return false;
    word[0] = ' ';
    for (size_t i = 0; i < value.len; i++)
        word[1 + i] = g_ascii_tolower((char)value.data[i]);
    memcpy(word + 1 + value.len, " ", 2);
    bool is_known = strstr(words, word) != NULL;
    explicit_bzero(word, sizeof(word));
    return is_known;
}

static bool is_placeholder(Bytes value)
{
    return value.len == 0 || distinct_count(value) < 3 || is_template(value) || is_placeholder_word(value);
}

enum { CASE_BIT = 0x20, PHRASE_LEN = 12 };

static bool contains_ignoring_case(Bytes value, const char *word)
{
    size_t len = strlen(word);
    uint8_t first = (uint8_t)word[0] | CASE_BIT;

    for (size_t i = 0; i + len <= value.len; i++) {
        bool may_begin = (value.data[i] | CASE_BIT) == first;
        if (may_begin && g_ascii_strncasecmp((const char *)value.data + i, word, len) == 0)
            return true;
    }
    return false;
}

static bool ends_ignoring_case(Bytes value, const char *word)
{
    size_t len = strlen(word);

    return value.len >= len && g_ascii_strncasecmp((const char *)value.data + value.len - len, word, len) == 0;
}

/* "1.302140", "1.3.6.1.4.1": numbers of versions and objects. */
static bool is_dotted_number(Bytes value)
{
    bool has_dot = false;

    for (size_t i = 0; i < value.len; i++) {
        if (!g_ascii_isdigit(value.data[i]) && value.data[i] != '.')
            return false;
        has_dot = has_dot || value.data[i] == '.';
    }
    return has_dot;
}

/* "password", "AlphanumPwds", "edit_password", "dashboard-token": what is called a password is a name. */
static bool is_name_of_password(Bytes value)
{
    static const char *const ends[] = {"secret", "_key", "-key", "apikey"};
    Mix mix = mix_of(value);

    if (ends_ignoring_case(value, "password"))
        return mix.digits > 0 || mix.lower != value.len || value.len < PHRASE_LEN;
    if (mix.digits > 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (ends_ignoring_case(value, ends[i]))
            return true;
    bool is_run_together = mix.lower == value.len && value.len >= PHRASE_LEN - 2;
    return (contains_ignoring_case(value, "passw") && !is_run_together) || contains_ignoring_case(value, "token") ||
           (contains_ignoring_case(value, "pwd") && !is_run_together) || memmem(value.data, value.len, "::", 2) != NULL;
}

static bool starts_with_one_of(Bytes value, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(words[i]);
        if (value.len > len && g_ascii_strncasecmp((const char *)value.data, words[i], len) == 0)
            return true;
    }
    return false;
}

static bool ends_with_one_of(Bytes value, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ends_ignoring_case(value, words[i]))
            return true;
    return false;
}

/* Which letters there are, without regard to case: bit 0 stands for "a" and "A"; other bytes share the bits. */
static uint32_t letters_of(Bytes value)
{
    uint32_t letters = 0;

    for (size_t i = 0; i < value.len; i++)
        letters |= UINT32_C(1) << ((value.data[i] - 'a') & 31);
    return letters;
}

static bool contains_one_of(Bytes value, const char *const *words, size_t count)
{
    uint32_t letters = letters_of(value);

    for (size_t i = 0; i < count; i++) {
        uint32_t begin = letters_of((Bytes){(const uint8_t *)words[i], MIN(strlen(words[i]), 4)});
        if ((begin & ~letters) == 0 && contains_ignoring_case(value, words[i]))
            return true;
    }
    return false;
}

/* A word of another script, or of another language with its accents. */
static bool is_foreign_word(Bytes value)
{
    Mix mix = mix_of(value);
    size_t beyond_ascii = 0;

    for (size_t i = 0; i < value.len; i++)
        beyond_ascii += value.data[i] >= 0x80 ? 1 : 0;
    return beyond_ascii > 0 && mix.digits == 0 && mix.others - beyond_ascii < 3;
}

/* A label, a rule of a form ("required|min:8"), a hash, a reference, the name of a file. */
static bool is_of_other_kind(Bytes value)
{
    static const char *const starts[] = {"$2a$", "$2b$", "$2y$", "$1$", "$5$", "$6$", "$argon2", "pbkdf2", "{SSHA",
        "./", "~/", "../", "--", "sha256", "urn:", "arn:", "data:", "ssh-", "vault:", "ENC(", "ENC[", "!ref", "!sub",
        "op://", "secretref"};
    static const char *const ends[] = {".pem", ".key", ".crt", ".json", ".txt", ".yml", ".yaml", ".properties", ".env",
        ".html", ".php", ".js", ".ts", ".py", ".java", ".go", ".rb", ".conf", ".cfg", ".xml", ".p12", ".jks", ".pfx"};
    static const char *const always[] = {"required", "min:", "max:", "&#"};
    static const char *const without_digits[] = {"passwort", "kennwort", "contrase", "motdepasse", "wachtwoord",
        "redacted", "hidden", "mask", "secretsmanager", "changeit", "change_it", "change-it", "change-me", "change_me"};

    if (is_one_of(value.data[0], ",.;:)+") || starts_with_one_of(value, starts, G_N_ELEMENTS(starts)) ||
        ends_with_one_of(value, ends, G_N_ELEMENTS(ends)) || contains_one_of(value, always, G_N_ELEMENTS(always)))
        return true;
    if (mix_of(value).digits == 0 && contains_one_of(value, without_digits, G_N_ELEMENTS(without_digits)))
        return true;
    return is_foreign_word(value);
}

/* "CHANGE_ME", "DB_PASSWORD": a constant, or what stands where a value will be. */
static bool is_constant(Bytes value)
{
    bool has_letter = false;

    for (size_t i = 0; i < value.len; i++) {
        if (!g_ascii_isupper(value.data[i]) && !is_one_of(value.data[i], "_-.:@%$ "))
            return false;
        has_letter = true;
    }
    return has_letter;
}

/* "@Value(…", "@app/auth/token": an annotation, a package of a scope. */
static bool is_annotation(Bytes value)
{
    return value.data[0] == '@' && mix_of(value).digits == 0 &&
           (memchr(value.data, '/', value.len) != NULL || memchr(value.data, '(', value.len) != NULL);
}

static size_t chain_len(Bytes value)
{
    size_t len = 0;

    while (len < value.len && (g_ascii_isalnum(value.data[len]) || is_one_of(value.data[len], "_.$")))
        len++;
    return len;
}

/* "process.env.DB_PASS", "os.getenv('X')", "config.database.password": a chain of names, a call, an element of a table.
 */
static bool is_reference(Bytes value)
{
    size_t len = chain_len(value);

    if (len == 0 || value.data[0] == '.')
        return is_annotation(value);
    char last = (char)value.data[value.len - 1];
    if (len == value.len)
        return last != '.' && memchr(value.data, '.', len) != NULL && mix_of(value).digits == 0;
    char mark = (char)value.data[len];
    if (mark == '(' && (last == '(' || memchr(value.data, '.', len) != NULL))
        return true;
    bool is_cut = len + 1 == value.len; /* by the quote behind the bracket */
    return (mark == '(' && (is_cut || last == ')')) || (mark == '[' && (is_cut || last == ']'));
}

/* What people write where a secret will stand. */
bool password_is_filler(Bytes value)
{
    static const char *const words[] = {"fake", "your_", "your-", "example", "placeholder", "dummy", "sample",
        "changeme", "replace", "insert", "-here", "_here", "xxxx", "****"};

    return contains_one_of(value, words, G_N_ELEMENTS(words));
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
    if (password.len == 0 || is_template(password))
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

/* scheme://user:password@host; an @ in the password that should have been escaped often was not. */
Verdict validate_url_password(Bytes value)
{
    const uint8_t *end = value.data + value.len;
    const uint8_t *authority = memmem(value.data, value.len, "://", 3);
    const uint8_t *user = authority == NULL ? end : user_part(authority + 3, end);
    const uint8_t *colon = memchr(user, ':', (size_t)(end - user));
    const uint8_t *at = memrchr(value.data, '@', value.len);

    if (colon == NULL || at == NULL || at <= colon)
        return VERDICT_REJECT;
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
    if (mix.upper + mix.lower == 0 || (mix.digits == 0 && !has_mark))
        return VERDICT_REJECT;
    return validate_password(value);
}

/* "abcdefg", "123456": six characters, each the next of the one before. */
static bool has_sequence(Bytes value)
{
    size_t run = 1;

    for (size_t i = 1; i < value.len && run < 6; i++)
        run = value.data[i] == value.data[i - 1] + 1 ? run + 1 : 1;
    return run >= 6;
}

static bool is_uuid(Bytes value)
{
    return value.len == 36 && value.data[8] == '-' && value.data[13] == '-' && value.data[18] == '-' &&
           value.data[23] == '-';
}

Verdict validate_generic_secret(Bytes value)
{
    Mix mix = mix_of(value);

    if (is_placeholder(value) || mix.digits == value.len || !is_rare(value))
        return VERDICT_REJECT;
    if (distinct_count(value) < MIN(value.len / 4, 10) || has_sequence(value))
        return VERDICT_REJECT;
    return is_uuid(value) ? VERDICT_LOW : VERDICT_PASS;
}

/* Behind a provider's prefix only what is plainly filled in is refused. */
Verdict validate_secret_token(Bytes value)
{
    Bytes second_half = {value.data + value.len / 2, value.len - value.len / 2};

    if (value.len < 8 || distinct_count(value) < 6 || distinct_count(second_half) < 4 || is_template(value))
        return VERDICT_REJECT;
    return VERDICT_PASS;
}

/* A token of base 62: capitals, small letters and digits, where hexadecimal data and constants have but some of them.
 */
Verdict validate_mixed_token(Bytes value)
{
    Mix mix = mix_of(value);

    return mix.upper > 0 && mix.lower > 0 && mix.digits > 0 ? validate_secret_token(value) : VERDICT_REJECT;
}

static char kind_of(uint8_t c)
{
    return g_ascii_isupper((char)c) ? 'A' : g_ascii_islower((char)c) ? 'a' : g_ascii_isdigit((char)c) ? '0' : '.';
}

/* Letters and digits that follow one another without order: the kind changes at every second character, where names in
 * camelCase have a change at every third, or digits stand at many places among letters without a mark. */
static bool is_shuffled(Bytes value)
{
    size_t changes = 0, digit_runs = 0, others = 0;

    for (size_t i = 0; i < value.len; i++) {
        char kind = kind_of(value.data[i]), before = i > 0 ? kind_of(value.data[i - 1]) : kind;
        changes += kind != before ? 1 : 0;
        digit_runs += kind == '0' && (i == 0 || before != '0') ? 1 : 0;
        others += kind == '.' ? 1 : 0;
    }
    return (value.len >= 16 && changes * 2 >= value.len) || (value.len >= 20 && digit_runs >= 4 && others == 0);
}

/* A token that only its length, its alphabet and a provider's name beside it tell: it must look random, not be a word,
 * a number or one thing repeated. */
Verdict issued_token_verdict(Bytes value)
{
    Mix mix = mix_of(value);
    bool is_random = is_shuffled(value) || (mix.digits > 0 && word_cover(value) < 0.5 && is_rare(value));

    if (!is_random || mix.digits == value.len || mix.upper + mix.lower < 2)
        return VERDICT_REJECT;
    return distinct_count(value) >= MIN(8, value.len / 2) ? validate_secret_token(value) : VERDICT_REJECT;
}

/* A letter or digit among many different marks: made by a generator, or by hand on the keyboard. */
static bool is_made_of_marks(Bytes value)
{
    Mix mix = mix_of(value);
    size_t alnum = mix.upper + mix.lower + mix.digits;

    return alnum > 0 && alnum < 3 && mix.others >= 6 && distinct_count(value) >= 8 && !is_template(value) &&
           memchr(value.data, ' ', value.len) == NULL && !is_one_of(value.data[0], "^(<.,;:/");
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
    if (blanks > 0 || mix.upper + mix.lower < 3 || mix.digits + mix.others < 3)
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

/* key="…" value="…": the second is what counts. */
Verdict validate_xml_value(Bytes value)
{
    const uint8_t *at = memmem(value.data, value.len, "value=\"", 7);

    if (at == NULL)
        return VERDICT_REJECT;
    at += 7;
    return validate_password((Bytes){at, (size_t)(value.data + value.len - 1 - at)});
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

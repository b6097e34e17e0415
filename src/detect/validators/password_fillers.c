/* Templates, placeholders, names, and references to what is kept elsewhere. */
#include "detect/validators/password_fillers.h"

#include "detect/validators/word_search.h"

#include <string.h>

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
    for (at += open_len; at < end && (g_ascii_isalnum(*at) || strchr(" _.:?-", *at) != NULL); at++)
        continue;
    size_t close_len = strlen(marks->close);
    return (size_t)(end - at) >= close_len && memcmp(at, marks->close, close_len) == 0;
}

/* "%s\\n", "%3$s", "%-20s": what printf puts in. */
static bool is_of_format(Bytes value)
{
    size_t at = 1;

    while (at < value.len && (g_ascii_isdigit(value.data[at]) || is_one_of(value.data[at], "$-")))
        at++;
    return at < value.len && is_one_of(value.data[at], "sd") &&
           (at + 1 == value.len || is_one_of(value.data[at + 1], "\\'\"),;:"));
}

/* "$NAME", "$name_of", "%NAME%", "%s". */
bool is_variable(Bytes value)
{
    Bytes name = {value.data + 1, value.len - 1};
    char last = (char)value.data[value.len - 1];

    if (value.data[0] == '%')
        return last == '%' || value.len <= 3 || is_of_format(value);
    if (value.data[0] != '$' || value.len < 2 || (!g_ascii_isalpha(name.data[0]) && name.data[0] != '_'))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!g_ascii_isalnum(name.data[i]) && name.data[i] != '_')
            return false;
    return true;
}

/* What stands where a secret will be: variables, markup, masks. */
bool is_template(Bytes value)
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

bool is_placeholder_word(Bytes value)
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
        "unset not_set n/a bool double float32 float64 int32 int64 uint32 uint64 uuid date datetime "
        "clave parola lozinka geslo senha heslo haslo has\xc5\x82o adgangskode passord losenord l\xc3\xb6senord "
        "kodeord "
        "wachtwoord wachtwurd parool salasana jelszo jelsz\xc3\xb3 sifre \xc5\x9fifre parole slaptazodis contrasinal "
        "contrasenya pasahitza kennwort passwort katasandi motdepasse bcrypt scrypt argon2 pbkdf2 obfuscated ";
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

bool is_placeholder(Bytes value)
{
    return value.len == 0 || distinct_count(value) < 3 || is_template(value) || is_placeholder_word(value);
}

enum { CASE_BIT = 0x20, PHRASE_LEN = 12 };

bool contains_ignoring_case(Bytes value, const char *word)
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

bool ends_ignoring_case(Bytes value, const char *word)
{
    size_t len = strlen(word);

    return value.len >= len && g_ascii_strncasecmp((const char *)value.data + value.len - len, word, len) == 0;
}

/* "1.302140", "1.3.6.1.4.1": numbers of versions and objects. */
bool is_dotted_number(Bytes value)
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
bool is_name_of_password(Bytes value)
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

bool contains_one_of(Bytes value, const char *const *words, size_t count)
{
    uint32_t letters = letter_set((const char *)value.data, value.len);

    for (size_t i = 0; i < count; i++)
        if (letters_may_hold(letters, words[i]) && contains_ignoring_case(value, words[i]))
            return true;
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

/* What a generator makes, which may begin with any mark. */
static bool is_random(Bytes value)
{
    enum { LEN_MIN = 10 };
    Mix mix = mix_of(value);

    return value.len >= LEN_MIN && mix.digits > 0 && mix.upper >= 2 && mix.lower >= 2 && word_cover(value) < 0.3;
}

/* A label, a rule of a form ("required|min:8"), a hash, a reference, the name of a file. */
bool is_of_other_kind(Bytes value)
{
    static const char *const starts[] = {"$2a$", "$2b$", "$2y$", "$1$", "$5$", "$6$", "$argon2", "pbkdf2", "{SSHA",
        "./", "~/", "../", "--", "sha256", "urn:", "arn:", "data:", "ssh-", "vault:", "ENC(", "ENC[", "!ref", "!sub",
        "op://", "secretref", "rule:", "role:"};
    static const char *const ends[] = {".pem", ".key", ".crt", ".json", ".txt", ".yml", ".yaml", ".properties", ".env",
        ".html", ".php", ".js", ".ts", ".py", ".java", ".go", ".rb", ".conf", ".cfg", ".xml", ".p12", ".jks", ".pfx"};
    static const char *const always[] = {"required", "min:", "max:", "&#"};
    static const char *const without_digits[] = {"passwort", "kennwort", "contrase", "motdepasse", "wachtwoord",
        "redacted", "hidden", "mask", "secretsmanager", "changeit", "change_it", "change-it", "change-me", "change_me"};

    if ((is_one_of(value.data[0], ",.;:)+") && !is_random(value)) ||
        starts_with_one_of(value, starts, G_N_ELEMENTS(starts)) || ends_with_one_of(value, ends, G_N_ELEMENTS(ends)) ||
        contains_one_of(value, always, G_N_ELEMENTS(always)))
        return true;
    if (mix_of(value).digits == 0 && contains_one_of(value, without_digits, G_N_ELEMENTS(without_digits)))
        return true;
    return is_foreign_word(value);
}

/* "CHANGE_ME", "DB_PASSWORD": a constant, or what stands where a value will be. */
bool is_constant(Bytes value)
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
bool is_reference(Bytes value)
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

/* "(\\S+)", "(.*)", "[^;]+": a program looks for one. */
bool is_of_pattern(Bytes value)
{
    static const char *const marks[] = {"(\\S", "(.", "[^", ".*"};

    for (size_t i = 0; value.data != NULL && i < G_N_ELEMENTS(marks); i++)
        if (memmem(value.data, value.len, marks[i], strlen(marks[i])) != NULL)
            return true;
    return false;
}

/* Passwords in settings, calls, commands and sentences, told by their names and by what stands around them. */
#include "detect/validators/settings.h"

#include <string.h>

enum { SAID_LEN_MIN = 8, RUN_OF_WORDS_MIN = 16, PLAIN_WORD_MAX = 12 };

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

/* "Clave:", "``bool``": what stands before a field to be filled in, a word of a manual. */
static bool is_label(const Surroundings *surroundings)
{
    Bytes value = surroundings->value;

    if (value.data[0] == '`')
        return is_in_backquotes(surroundings);
    Mix mix = mix_of(value);
    if (surroundings->is_public && mix.upper == 1 && mix.digits == 0 && g_ascii_isupper(value.data[0]))
        return mix.others == 0 || value.data[value.len - 1] == ':';
    return value.data[value.len - 1] == ':' && mix_of(value).digits == 0 && !g_ascii_islower(value.data[0]);
}

/* `is_done ? 'tests-pass' : 'tests-fail'`, `"$mode,$pass" = "prog,link"`, `"https://shop.test/password" "curl/7.88.1"`:
 * a text ends with the name. */
static bool is_end_of_string(Bytes before, const SettingName *name)
{
    size_t start = name->end - name->len;

    if (start < 2 || name->end >= before.len || !is_one_of(before.data[name->end], "\"'"))
        return false;
    if (before.data[start - 1] == '$')
        return before.data[start - 2] != '"';
    if (is_one_of(before.data[start - 1], "\"'"))
        return *last_visible(before, start - 1) == '?';
    return before.data[start - 1] == '/' && is_after_blank(before, name);
}

/* A value in quotes assigned to the name of a password. */
static Verdict password_setting_verdict(const Surroundings *surroundings)
{
    SettingName name;
    Bytes value = surroundings->value;
    bool is_named = setting_name_read(surroundings->before, &name);

    if (is_regular_expression(value) || (is_in_backquotes(surroundings) && has_blank(value)) || is_label(surroundings))
        return VERDICT_REJECT;
    if (is_named && is_end_of_string(surroundings->before, &name))
        return VERDICT_REJECT;
    if (is_named && (setting_name_is_about_passwords(&name) || !setting_name_is_of_password(&name)))
        return VERDICT_REJECT;
    if (is_named && is_in_backquotes(surroundings) && is_drawn(value) && setting_name_is_of_password(&name))
        return VERDICT_LOW;
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

static bool is_in_quotes(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;

    if (before.data == NULL || before.len == 0 || after.len == 0)
        return false;
    return after.data[0] == before.data[before.len - 1] && is_one_of(after.data[0], "\"'");
}

/* "domain=": what comes next has a name, too. Base64 has more than letters before it. */
static bool is_next_name(Bytes value)
{
    Mix mix = mix_of(value);

    return is_one_of(value.data[value.len - 1], "=:") && mix.lower + 1 == value.len;
}

/* `<span id="SessionCryptoPassphrase">SessionCryptoPassphrase</span>`. */
static bool is_own_label(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before;

    for (size_t gap = 1; gap <= 3 && gap + value.len <= before.len; gap++)
        if (g_ascii_strncasecmp(
                (const char *)before.data + before.len - gap - value.len, (const char *)value.data, value.len) == 0)
            return true;
    return false;
}

/* Without quotes around it, what is a word alone is one of a sentence or of a label. */
Verdict validate_password_element(const Surroundings *surroundings)
{
    if (!ends_there(surroundings->after, "\"'`<,;\\}]") || is_one_of(surroundings->value.data[0], "&(") ||
        is_next_name(surroundings->value) || is_own_label(surroundings))
        return VERDICT_REJECT;
    if (validate_bare_password(surroundings->value) != VERDICT_REJECT)
        return validate_password_setting(surroundings);
    Bytes before = surroundings->before;
    if (is_in_quotes(surroundings) && before.len > 2 && *last_visible(before, before.len - 1) == ':')
        return MIN(validate_password_setting(surroundings), VERDICT_LOW);
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

/* "!vault", "!reference", "!from_file name": a tag of YAML. */
static bool is_tag(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, after = surroundings->after;
    Mix mix = mix_of(value);
    bool is_name = after.len > 1 && after.data[0] == ' ' && memchr(value.data, '_', value.len) != NULL;

    return value.data[0] == '!' && mix.digits == 0 && mix.others == (is_name ? 2U : 1U);
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

const uint8_t *strpbrk_of(Bytes value, const char *marks)
{
    for (size_t i = 0; i < value.len; i++)
        if (is_one_of(value.data[i], marks))
            return value.data + i;
    return NULL;
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
    if (is_word_with_number(value) && ends_there(surroundings->after, ""))
        return VERDICT_LOW;
    return strcmp(name->text, "pass") == 0 ? MIN(strong_password_verdict(value), VERDICT_LOW) : VERDICT_REJECT;
}

/* "password: 123456": the name must be that of a password itself, and nothing follow: counts and times are numbers. */
static bool is_number_for_password(const Surroundings *surroundings, const SettingName *name)
{
    static const char *const names[] = {"password", "passwd", "passphrase", "pwd", "passwort", "kennwort", "passe",
        "contrase\xc3\xb1\x61", "senha", "wachtwoord", "heslo", "has\xc5\x82o",
        "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c"};
    Bytes value = surroundings->value, after = surroundings->after;
    bool is_named = false;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        is_named = is_named || g_str_has_suffix(name->lower, names[i]);
    return is_named && value.len >= 6 && mix_of(value).digits == value.len && distinct_count(value) >= 3 &&
           (after.len == 0 || is_one_of(after.data[0], "\r\n"));
}

/* "user=svc" behind an empty password. */
bool is_next_setting(Bytes value)
{
    size_t at = 0;

    while (at < value.len && (g_ascii_islower(value.data[at]) || value.data[at] == '_'))
        at++;
    while (at < value.len && mix_of((Bytes){value.data, at}).lower == 0 &&
           (g_ascii_isupper(value.data[at]) || value.data[at] == '_'))
        at++;
    return at >= 3 && at < value.len && value.data[at] == '=';
}

/* "self.p4passwd = p4passwd", "tree_pass = tree_pass2": the name itself. */
static bool is_own_name(Bytes value, const SettingName *name)
{
    if (g_ascii_isdigit(value.data[value.len - 1]))
        value.len--;
    return value.len > 3 && name->len > 0 && memmem(name->text, name->len, value.data, value.len) != NULL;
}

static Verdict bare_setting_verdict(const Surroundings *surroundings)
{
    SettingName name = {.len = 0};
    Bytes value = surroundings->value;
    Mix mix = mix_of(value);
    Verdict verdict = VERDICT_PASS;

    if (value.data[0] == '=' || is_one_of(value.data[value.len - 1], "=:") || is_code(surroundings) ||
        is_tag(surroundings) || !ends_there(surroundings->after, ",;&<|)}\"'`\\#"))
        return VERDICT_REJECT;
    if (setting_name_read(surroundings->before, &name)) {
        bool is_password = setting_name_is_of_password(&name) && !setting_name_is_about_passwords(&name);
        verdict = is_password ? operator_verdict(surroundings, &name) : VERDICT_REJECT;
    }
    bool is_optional =
        is_one_of(value.data[value.len - 1], "!?") && mix.digits == 0 && mix.upper >= 2 && mix.others == 1;
    bool is_type = is_optional || is_next_setting(value) || (ends_with(value, "String") && mix.digits > 0);
    if (is_own_name(value, &name) || (value.len > 5 && memcmp(value.data, "self.", 5) == 0))
        return VERDICT_REJECT;
    if (verdict != VERDICT_PASS || is_type)
        return verdict == VERDICT_PASS ? VERDICT_REJECT : verdict;
    bool is_weak = is_run_of_words(surroundings) || is_number_for_password(surroundings, &name);
    return is_weak ? VERDICT_LOW : validate_bare_password(value);
}

Verdict validate_bare_setting(const Surroundings *surroundings)
{
    return outside_program(surroundings, bare_setting_verdict(surroundings));
}

/* `"DB_PASSWORD": Account password`: words about it. */
static bool is_in_sentence(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;

    return before.len > 0 && *last_visible(before, before.len) == ':' && after.len > 1 && after.data[0] == ' ' &&
           g_ascii_isalpha(after.data[1]) && mix_of(surroundings->value).digits == 0;
}

/* `PASSWORD: Final = "…"`: what follows is assigned. */
static bool is_type_before_value(Bytes after)
{
    return after.len > 2 && after.data[0] == ' ' && after.data[1] == '=' && after.data[2] != '=';
}

/* An environment file's "DB_PASS=blueheron": no code, so that a word may be a password. */
Verdict validate_environment_password(const Surroundings *surroundings)
{
    SettingName name;

    if (!ends_there(surroundings->after, ";") || is_in_sentence(surroundings))
        return VERDICT_REJECT;
    if (setting_name_read(surroundings->before, &name) &&
        (setting_name_is_about_passwords(&name) || !setting_name_is_of_password(&name)))
        return VERDICT_REJECT;
    if (is_type_before_value(surroundings->after))
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
    Bytes before = surroundings->before, after = surroundings->after;
    bool is_first = before.len > 1 && before.data[before.len - 2] == '(';
    if (is_first && after.len > 1 && after.data[1] == ',') /* the user, in front of the password */
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

    if (!ends_there(surroundings->after, ",;&|)\"'`\\") || is_one_of(value.data[0], "-=&") || is_call_of_name(value) ||
        memmem(value.data, value.len, "&#", 2) != NULL)
        return VERDICT_REJECT;
    if (value.len >= SHORT_KEY_LEN && is_rare(value))
        return validate_password(value);
    Verdict verdict = validate_bare_password(value);
    bool is_number = mix_of(value).digits == value.len && distinct_count(value) >= 3;
    Bytes before = surroundings->before;
    bool is_prose = before.data != NULL && memmem(before.data, before.len, "ed by ", 6) != NULL;
    bool is_weak = is_number || (is_in_quotes(surroundings) && !is_prose);
    return verdict == VERDICT_REJECT && is_weak ? MIN(validate_password(value), VERDICT_LOW) : verdict;
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
    Bytes password = {value.data + start, end - start};
    return ends_with(password, "String") ? VERDICT_REJECT : validate_password(password); /* a type */
}

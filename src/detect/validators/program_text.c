/* What stands behind the name of a secret in programs and logs, and is none. */
#include "detect/validators/validators_internal.h"

#include <string.h>

enum { SEQUENCE_MIN = 4 };

static bool is_name_byte(uint8_t byte)
{
    return g_ascii_isalnum(byte) || byte == '_' || byte == ':' || byte == '.';
}

/* The length of the name that the value begins with; with a capital behind a small letter, or a mark between words. */
static size_t name_of_program(Bytes value)
{
    size_t len = 0;
    bool is_joined = false;

    for (; len < value.len && is_name_byte(value.data[len]); len++) {
        bool is_hump = len > 0 && g_ascii_islower(value.data[len - 1]) && g_ascii_isupper(value.data[len]);
        is_joined = is_joined || is_hump || value.data[len] == '_' || value.data[len] == ':';
    }
    return is_joined ? len : 0;
}

/* "args[++i].toCharArray()", "passwords[0])", "vec![0": a name before the bracket, and one or nothing behind it. */
static bool is_element_of_array(Bytes value, size_t bracket)
{
    enum { NAME_MIN = 3 };
    size_t end = value.len;

    for (size_t i = 0; i < bracket; i++)
        if (!is_name_byte(value.data[i]) && (value.data[i] != '!' || i + 1 < bracket))
            return false;
    while (end > 0 && value.data[end - 1] == ')')
        end--;
    return bracket >= NAME_MIN && !g_ascii_isdigit(value.data[0]) &&
           (value.data[bracket - 1] == '!' || value.data[end - 1] == ']' ||
               memmem(value.data, value.len, "].", 2) != NULL);
}

/* "malloc(2", "include_bytes!(concat!(", "!isEmpty(object)", "len()>0": a name straight before a parenthesis. */
static bool is_bare_call(Bytes value)
{
    enum { NAME_MIN = 3 };
    size_t start = value.data[0] == '!' ? 1 : 0, at = start;

    while (at < value.len && (g_ascii_isalpha(value.data[at]) || value.data[at] == '_'))
        at++;
    bool is_name = at - start >= NAME_MIN && mix_of((Bytes){value.data + start, at - start}).lower > 0;
    bool is_macro = at + 1 < value.len && value.data[at] == '!' && value.data[at + 1] == '(';
    if (!is_name || (!is_macro && (at + 1 >= value.len || value.data[at] != '(')))
        return false;
    bool is_open = memchr(value.data, ')', value.len) == NULL;
    return is_macro || start > 0 || value.data[at + 1] == ')' || (is_open && g_ascii_isdigit(value.data[at + 1]));
}

/* "naspasswd($ARGV[1]", "args[++i].toCharArray()", "paste0(user": a word, then what a call or an element takes. */
static bool is_plain_call(Bytes value)
{
    enum { WORD_MIN = 4 };
    const uint8_t *bracket = memchr(value.data, '[', value.len);
    size_t len = 0;

    if (bracket != NULL && is_element_of_array(value, (size_t)(bracket - value.data)))
        return true;
    while (len < value.len && g_ascii_isalpha(value.data[len]))
        len++;
    if (len < WORD_MIN)
        return false;
    while (len < value.len && g_ascii_isdigit(value.data[len]))
        len++;
    if (len + 1 >= value.len)
        return false;
    bool is_named = g_ascii_isalpha(value.data[len + 1]) || is_one_of(value.data[len + 1], "$&*)");
    return value.data[len] == '(' && is_named && mix_of((Bytes){value.data, len}).upper < len;
}

/* "GetProcedureAddress(Library", "Win32::GetCwd()", "shuffle_epi32 (": what a function gives. */
static bool is_call(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, after = surroundings->after;
    size_t len = name_of_program(value), at = 0;

    if (is_plain_call(value) || is_bare_call(value))
        return true;
    if (len > 0 && len < value.len)
        return value.data[len] == '(';
    while (at < after.len && (after.data[at] == ' ' || after.data[at] == '\t'))
        at++;
    return len > 0 && at < after.len && after.data[at] == '(';
}

static bool begins_with(Bytes value, const char *text)
{
    size_t len = strlen(text);

    return value.len >= len && memcmp(value.data, text, len) == 0;
}

/* "#Decryption": a comment, a mark that a text is to be translated. */
static bool is_hash_and_word(Bytes value)
{
    Mix mix = mix_of(value);

    return value.data[0] == '#' && mix.upper + mix.lower + 1 == value.len;
}

/* "pDialog->getInput().text()". */
static bool is_member_of_pointer(Bytes value)
{
    const uint8_t *arrow = memmem(value.data, value.len, "->", 2);
    const uint8_t *end = value.data + value.len;

    return arrow != NULL && g_ascii_isalpha(value.data[0]) && arrow + 3 < end && g_ascii_isalpha(arrow[2]) &&
           g_ascii_isalpha(arrow[3]);
}

static bool holds_text(Bytes value, const char *text)
{
    return value.data != NULL && memmem(value.data, value.len, text, strlen(text)) != NULL;
}

/* "array[0..15]", "function(a", "info^.passes", "0x08000000": types, pointers and numbers. */
static bool is_of_language(Bytes value)
{
    size_t at = 2;

    static const char *const starts[] = {
        "array[", "function(", "[]", "#{", "!!", "=head", "=item", "=over", "=back", "]", "@$"};

    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
        if (begins_with(value, starts[i]))
            return true;
    if (holds_text(value, "^.") || is_member_of_pointer(value) || is_hash_and_word(value) ||
        (holds_text(value, "::") && g_ascii_isalpha(value.data[0])))
        return true;
    if (value.len > 1 && value.data[0] == '!' && value.data[value.len - 1] == '}')
        return name_of_program((Bytes){value.data + 1, value.len - 1}) > 0;
    if (value.data[0] == '-')
        value = (Bytes){value.data + 1, value.len - 1};
    if (!begins_with(value, "0x"))
        return false;
    while (at < value.len && g_ascii_isxdigit(value.data[at]))
        at++;
    while (at < value.len && at <= 2 + 2 * sizeof(uint64_t) && is_one_of(value.data[at], "uUlL"))
        at++;
    return at == value.len && at <= 2 + 2 * sizeof(uint64_t) + sizeof "ul";
}

/* "/usr/bin/xauth", "rsa-2048-sha256", "AKID/20130524/us-east-1/s3/aws4_request", "ssh-rsa" in base64: where
 * something is, how something is signed, what a signature is for, and a public key. */
static bool is_of_system(Bytes value)
{
    static const char *const starts[] = {"/usr/", "/etc/", "/var/", "/opt/", "/home/", "/bin/", "/lib/", "/tmp/",
        "/dev/", "AAAAB3NzaC1", "AAAAE2VjZHNh", "AAAAC3NzaC1lZDI1", "ANONYMOUS@", "pkcs11:"};
    static const char *const parts[] = {"ecdsa", "sha256", "sha384", "sha512", "sha-256", "sha-512", "aes128", "aes256",
        "mschap", "4_request", ".html#", "%20"};

    for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
        if (begins_with(value, starts[i]))
            return true;
    for (size_t i = 0; value.data != NULL && i < G_N_ELEMENTS(parts); i++)
        if (memmem(value.data, value.len, parts[i], strlen(parts[i])) != NULL)
            return true;
    return false;
}

/* "-u$DB_USER", "${AUTH%%:*}": a shell puts something in. */
static bool is_expansion(Bytes value)
{
    enum { NAME_MIN = 4 };
    const uint8_t *dollar = memchr(value.data, '$', value.len);
    const uint8_t *end = value.data + value.len;
    size_t len = 0;

    if (dollar == NULL)
        return false;
    const uint8_t *name = dollar + 1 < end && dollar[1] == '{' ? dollar + 2 : dollar + 1;
    while (name + len < end && (g_ascii_isupper(name[len]) || name[len] == '_'))
        len++;
    bool is_default = name + len + 1 < end && memcmp(name + len, ":-", 2) == 0;
    return len >= NAME_MIN && !is_default;
}

/* "2016-09-08T21:47", "CVE-2026-70461", "$dir/private": a time, a report, a path. */
static bool is_other(Bytes value)
{
    const char *text = (const char *)value.data;
    size_t at = 1;

    if (text == NULL)
        return false;
    if (begins_with(value, "CVE-") || is_of_system(value) || memmem(value.data, value.len, "/$", 2) != NULL ||
        is_expansion(value))
        return true;
    if (value.len > 15 && digits_all(text, 0, 4) && text[4] == '-' && digits_all(text, 5, 2) && text[10] == 'T')
        return digits_all(text, 11, 2) && text[13] == ':';
    if (value.data[0] != '$')
        return false;
    while (at < value.len && (g_ascii_isalnum(value.data[at]) || value.data[at] == '_'))
        at++;
    return at > 1 && at < value.len && is_one_of(value.data[at], "/$");
}

/* The letters of a value, small; 0: it has another character than letters and signs, or too many. */
static size_t letters_read(Bytes value, char *letters, size_t room)
{
    size_t len = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (g_ascii_isdigit(value.data[i]) || value.data[i] >= 0x80 || len + 1 == room)
            return 0;
        if (g_ascii_isalpha(value.data[i]))
            letters[len++] = g_ascii_tolower((char)value.data[i]);
    }
    letters[len] = '\0';
    return len;
}

/* "asdf", "abcDEF---": letters as they stand in the alphabet or on keys. */
static bool is_sequence(Bytes value)
{
    static const char *const rows[] = {"abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm"};
    char letters[16] = "";
    size_t len = letters_read(value, letters, sizeof letters);
    bool is_part = false;

    for (size_t i = 0; len >= SEQUENCE_MIN && i < G_N_ELEMENTS(rows); i++)
        is_part = is_part || strstr(rows[i], letters) != NULL;
    explicit_bzero(letters, sizeof letters);
    return is_part;
}

/* "-anonymous@", "user@": what is told to a server that asks nobody. */
static bool is_for_anybody(Bytes value)
{
    Mix mix = mix_of(value);

    return value.len > 1 && value.data[value.len - 1] == '@' && mix.digits == 0 && mix.upper == 0;
}

/* "input:focus{border:1px": the rule of a style sheet; "char%5B%5D)": the address of a method. */
static bool is_of_markup(Bytes value)
{
    size_t at = 0;

    while (at < value.len && (g_ascii_islower(value.data[at]) || value.data[at] == '-'))
        at++;
    return (at >= 4 && at < value.len && value.data[at] == '{') || memmem(value.data, value.len, "%5B%5D", 6) != NULL;
}

/* A message of a program in another language, with places where it puts something in. */
static bool is_translation(Bytes value)
{
    static const char *const places[] = {"{{", "$1", "%s", "%1", "{0}"};
    bool is_ascii = true;

    for (size_t i = 0; i < value.len; i++)
        is_ascii = is_ascii && value.data[i] < 0x80;
    for (size_t i = 0; !is_ascii && i < G_N_ELEMENTS(places); i++)
        if (holds_text(value, places[i]))
            return true;
    return false;
}

/* "i:id:GhcPass:Outputable:203": a link of a chain. */
static bool is_link_of_chain(const Surroundings *surroundings)
{
    Bytes value = surroundings->value, before = surroundings->before;
    size_t at = 0, colons = 0;

    while (at < value.len && g_ascii_isalpha(value.data[at]))
        at++;
    if (at == 0 || at + 1 >= value.len || value.data[at] != ':')
        return false;
    while (++at < value.len)
        if (!g_ascii_isdigit(value.data[at]))
            return false;
    for (size_t i = before.len; i > 0 && (g_ascii_isalnum(before.data[i - 1]) || before.data[i - 1] == ':'); i--)
        colons += before.data[i - 1] == ':' ? 1 : 0;
    return colons > 1;
}

Verdict outside_program(const Surroundings *surroundings, Verdict verdict)
{
    Bytes value = surroundings->value;

    if (verdict <= VERDICT_LOW || value.len == 0)
        return verdict;
    if (is_other(value) || is_of_markup(value) || is_translation(value) || is_link_of_chain(surroundings))
        return VERDICT_REJECT;
    bool is_low = is_call(surroundings) || is_of_language(value) || is_sequence(value) || is_for_anybody(value);
    return is_low ? VERDICT_LOW : verdict;
}

/* "PSA_ALG_CBC_PKCS7", "sm4_aesni_avx_crypt_blk1_8", "gnutls_x509_crt_fmt_t": words and short numbers, joined. */
bool is_program_name(Bytes value)
{
    enum { JOINTS_MIN = 2, PART_MAX = 10 };
    Mix mix = mix_of(value);
    size_t joints = 0, part = 0, longest = 0;

    for (size_t i = 0; i < value.len; i++) {
        part = value.data[i] == '_' ? 0 : part + 1;
        joints += part == 0 ? 1 : 0;
        longest = MAX(longest, part);
    }
    if (joints != mix.others || (mix.upper > 0 && mix.lower > 0) || longest > PART_MAX)
        return false;
    return joints > JOINTS_MIN || (joints == JOINTS_MIN && (mix.lower == 0 || value.data[value.len - 2] == '_'));
}

/* The name that a value is assigned to: where it stands in front of the value, and whether it is that of a secret. */
#include "detect/validators/setting_names.h"

#include "detect/validators/word_search.h"

#include <string.h>

enum { HOPS_MAX = 5, GAP_MAX = 48, PART_MAX_LEN = 24, TAG_MAX = 200 };

static bool is_of_name(uint8_t c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.' || c == '-' || c >= 0x80;
}

/* Between a name and its value: types, wrappers and words that say that a value follows. */
static bool is_filler_word(const char *word, size_t len)
{
    static const char words[] =
        " str string &str bytes byte char text value default content or from as new const static "
        "final var let u8 optional securestring object any option is android:value value_from "
        "plain data type sensitive true false primary secondary prod production staging development live ";
    char padded[PART_MAX_LEN + 3];

    if (len > PART_MAX_LEN)
        return false;
    padded[0] = ' ';
    for (size_t i = 0; i < len; i++)
        padded[1 + i] = g_ascii_tolower(word[i]);
    memcpy(padded + 1 + len, " ", 2);
    return strstr(words, padded) != NULL;
}

/* The first attribute of the tag that is called key or name, else the tag itself: "db.password" of
 * "<entry key="db.password">". Returns where it ends; 0: before does not end with a tag. */
static size_t tag_name_end(Bytes before)
{
    static const char *const attributes_of_names[] = {"name=\"", "key=\"", "name='", "key='"};
    size_t start = before.len;

    if (before.len == 0 || before.data[before.len - 1] != '>')
        return 0;
    while (start > 0 && before.len - start < TAG_MAX && before.data[start - 1] != '<')
        start--;
    if (start == 0 || before.data[start - 1] != '<' || before.data[start] == '/')
        return 0;
    size_t end = start;
    for (size_t i = 0; i < G_N_ELEMENTS(attributes_of_names); i++) {
        const char *word = attributes_of_names[i];
        const uint8_t *at = memmem(before.data + start, before.len - start, word, strlen(word));
        if (at != NULL) {
            end = (size_t)(at - before.data) + strlen(word);
            break;
        }
    }
    while (end < before.len && (is_of_name(before.data[end]) || before.data[end] == ':'))
        end++;
    return end;
}

static bool is_between_name_and_remark(uint8_t c)
{
    return c == ' ' || c == '\t' || c == ':' || c == '=' || c == '"' || c == '\'' || c == '`';
}

/* "password (root): ": what is said of a name in parentheses is none of its words. Returns where the name ends. */
static size_t before_remark(Bytes before)
{
    enum { REMARK_MAX = 26 };
    size_t end = before.len;

    while (end > 0 && is_between_name_and_remark(before.data[end - 1]))
        end--;
    if (end == 0 || before.data[end - 1] != ')')
        return before.len;
    size_t start = end - 1;
    while (start > 0 && end - start < REMARK_MAX && before.data[start - 1] != '(' && before.data[start - 1] != '\n')
        start--;
    bool is_remark = start > 1 && before.data[start - 1] == '(' && before.data[start - 2] == ' ';
    return is_remark ? start - 1 : before.len;
}

bool setting_name_read(Bytes before, SettingName *ret_name)
{
    size_t end = tag_name_end(before);

    if (end == 0)
        end = before_remark(before);
    for (int hop = 0; hop < HOPS_MAX; hop++) {
        size_t gap_end = end;
        while (end > 0 && gap_end - end < GAP_MAX && !is_of_name(before.data[end - 1]))
            end--;
        size_t start = end;
        while (start > 0 && end - start < SETTING_NAME_MAX && is_of_name(before.data[start - 1]))
            start--;
        size_t len = end - start;
        if (len == 0)
            return false;
        bool is_closing_tag = start > 1 && before.data[start - 1] == '/' && before.data[start - 2] == '<';
        bool is_dash = len == 1 && !g_ascii_isalpha(before.data[start]); /* of a list */
        if (is_dash || is_closing_tag || is_filler_word((const char *)before.data + start, len)) {
            end = start;
            continue;
        }
        for (size_t i = 0; i < len; i++) {
            ret_name->text[i] = (char)before.data[start + i];
            ret_name->lower[i] = g_ascii_tolower(ret_name->text[i]);
        }
        ret_name->text[len] = ret_name->lower[len] = '\0';
        ret_name->len = len;
        ret_name->end = start + len;
        return true;
    }
    return false;
}

typedef struct NamePart {
    size_t start, end; /* of the name */
} NamePart;

static bool is_part_start(const SettingName *name, size_t at)
{
    char c = name->text[at], before = at > 0 ? name->text[at - 1] : '_';
    char after = at + 1 < name->len ? name->text[at + 1] : '_';

    if (g_ascii_isupper(c))
        return !g_ascii_isupper(before) || g_ascii_islower(after);
    return !g_ascii_isalnum(before);
}

/* The part of "dbPassWord", "DB_PASS" … that begins at or behind a position; false at the name's end. */
static bool next_part(const SettingName *name, size_t from, NamePart *ret_part)
{
    while (from < name->len && !g_ascii_isalpha(name->text[from]))
        from++;
    if (from == name->len)
        return false;
    *ret_part = (NamePart){.start = from, .end = from + 1};
    while (
        ret_part->end < name->len && g_ascii_isalpha(name->text[ret_part->end]) && !is_part_start(name, ret_part->end))
        ret_part->end++;
    return true;
}

/* Whether the part is one of words, which are written " one two ". */
static bool part_is_one_of(const SettingName *name, const NamePart *part, const char *words)
{
    char padded[PART_MAX_LEN + 3];
    size_t len = part->end - part->start;

    if (len > PART_MAX_LEN)
        return false;
    padded[0] = ' ';
    memcpy(padded + 1, name->lower + part->start, len);
    memcpy(padded + 1 + len, " ", 2);
    return strstr(words, padded) != NULL;
}

static bool has_part(const SettingName *name, const char *words)
{
    NamePart part = {0, 0};

    while (next_part(name, part.end, &part))
        if (part_is_one_of(name, &part, words))
            return true;
    return false;
}

static bool last_part_is(const SettingName *name, const char *words)
{
    NamePart part = {0, 0}, last = {0, 0};

    while (next_part(name, part.end, &part))
        last = part;
    return last.end > 0 && part_is_one_of(name, &last, words);
}

static bool holds_one_of(const SettingName *name, const char *const *words, size_t count)
{
    uint32_t letters = letter_set(name->lower, name->len);

    for (size_t i = 0; i < count; i++)
        if (letters_may_hold(letters, words[i]) && strstr(name->lower, words[i]) != NULL)
            return true;
    return false;
}

/* What a name ends with that says where or how a secret is, or what it is called. */
static const char attributes[] =
    " type types url urls uri endpoint host path paths file files filename dir folder arn "
    "name names label title text hint "
    "help message error prompt field input form page link button btn icon view dialog "
    "expir expires expiry expiration ttl "
    "lifetime age timeout size length len count limit min max format algorithm algo alg "
    "usage version prefix suffix header "
    "headers issuer mode method methods status policy regex pattern validator validators "
    "validation strength encoder encoding "
    "manager provider service helper handler factory checker generator generation class "
    "enabled disabled required optional "
    "reset change forgot ref refs source env var variable index order set scope scopes "
    "audience placeholder description "
    "store location target column table match reverse mode command hasher encryption attempts "
    "interval delay date time timestamp created updated context charset alphabet ";

bool setting_name_is_attribute(const SettingName *name)
{
    return last_part_is(name, attributes);
}

/* "authentication.jwt.secret": of the names that lead to it only the last says what the value is. */
static bool is_branch_of_secret(const SettingName *name)
{
    static const char *const ends[] = {".secret", ".client-secret", ".client_secret", ".secret-key", ".secret_key",
        ".api-key", ".api_key", ".apikey", ".password"};

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (g_str_has_suffix(name->lower, ends[i]))
            return true;
    return false;
}

/* Names that end like a secret's and hold none. */
bool setting_name_is_no_secret(const SettingName *name)
{
    static const char *const words[] = {"public", "pubkey", "primary", "foreign", "sort", "cache", "partition", "index",
        "routing", "checksum", "integrity", "sha1", "sha256", "sha512", "md5", "digest", "hash", "etag", "commit",
        "revision", "fingerprint", "csrf", "xsrf", "nonce", "keyid", "key_id", "monkey", "turkey", "keyboard", "hotkey",
        "shortcut", "i18n", "locale", "translation", "message", "site_key", "sitekey", "idempotency", "dedup", "lookup",
        "author", "object", "s3_key", "s3key", "devicekey", "device_key", "host_key", "hostkey", "gpg_key", "sig_key",
        "signer", "cursor", "continuation", "page", "nextt", "nextk", "nextc", "next_t", "next_k", "next_c", "next-t",
        "keyword", "keyvault", "key_vault", "keystore", "keychain", "tokeniz", "keyframe", "keyname", "bucket",
        "secretsmanager", "keypair", "key-pair", "keyspace", "schemakey", "selector", "ssh-rsa", "authenticat",
        "keyring", "credit", "verif", "query", "storagekey", "publishable", "registry_key", "keycode", "key_code",
        "chars", "alphabet", "hockey", "jockey", "donkey", "whiskey", "keytab", "keys.map", "request", "trace",
        "correlation", "thumbprint", "sha3", "sha384", "websocket-key", "websocketkey", "websocket_key", "rspauth",
        "subkey", "signkey", "key_type", "keytype", "sender-auth", "feedback", "skiptoken", "skip_token", "synctoken",
        "sync_token", "authenticity"};

    if (holds_one_of(name, words, G_N_ELEMENTS(words)) && !is_branch_of_secret(name))
        return true;
    return setting_name_is_attribute(name) || has_part(name, " recv gpg pgp pub ") ||
           (last_part_is(name, " id ids username realm uri ") && strstr(name->lower, "secret_id") == NULL);
}

/* A name that says that its value is secret; "key" alone does not. */
bool setting_name_is_strong(const SettingName *name)
{
    static const char *const words[] = {"secret", "token", "apikey", "api_key", "api-key", "api.key", "passw",
        "credential", "access_key", "accesskey", "private", "auth_key", "authkey", "encryption", "signing", "master"};

    return holds_one_of(name, words, G_N_ELEMENTS(words)) || has_part(name, " auth creds cred pat ");
}

bool setting_name_is_of_key(const SettingName *name)
{
    static const char *const words[] = {"key", "token", "secret", "auth", "cred"};

    return strstr(name->lower, "_pat") == NULL || holds_one_of(name, words, G_N_ELEMENTS(words)) ||
           has_part(name, " pat pats ");
}

bool setting_name_ends_like_key(const SettingName *name)
{
    return setting_name_is_strong(name) &&
           last_part_is(name,
               " secret secrets token tokens key keys apikey apikeys apitoken secretkey accesskey authkey "
               "authtoken accesstoken clientsecret jwtsecret ");
}

/* "password_encryption", "passwordLabel": about passwords, not one of them. */
bool setting_name_is_about_passwords(const SettingName *name)
{
    static const char *const words[] = {"encryption", "policy", "_type", "passwordtype", "field", "label", "prompt",
        "_file", "_path", "_url", "hint", "regex", "pattern", "format", "length", "algorithm", "hasher", "command",
        "help", "error", "message", "placeholder", "title", "_text", "input", "strength", "validat", "_reset",
        "_change", "passwordhash", "password_hash", "hashed", "reset_password", "forgot", "invalid", "incorrect",
        "passwords_", "password_digest", "update_password", "pwdhash", "authentication", "expir", "toggle", "authz",
        "scheme"};

    return holds_one_of(name, words, G_N_ELEMENTS(words)) || setting_name_is_attribute(name) ||
           last_part_is(name, " id ids salt hash ") || has_part(name, " err error errors msg ");
}

/* "compass", "bypass", "passed": words that happen to hold "pass"; "dbPass", "ftp_pass" and "mypass" are about one. */
bool setting_name_is_of_password(const SettingName *name)
{
    static const char *const words[] = {"passw", "passphrase", "pass_phrase", "pass-phrase", "passcode", "passwd",
        "pwd", "passord", "kennwort", "senha", "contrase", "motdepasse", "mot_de_passe", "heslo", "wachtwoord",
        "secret", "key", "token", "\xd0\xbf\xd0\xb0\xd1\x80", "\xe5\xaf\x86"};
    static const char compounds[] =
        " pass passe pw psw psk dbpass userpass mypass mysqlpass sshpass rootpass adminpass pgpass smtppass ftppass "
        "mailpass "
        "keypass storepass ldappass webpass apppass loginpass authpass proxypass vpnpass wifipass sudopass bindpass "
        "sqlpass "
        "httppass emailpass imappass poppass redispass mongopass defaultpass testpass newpass oldpass becomepass "
        "backendpass srcpass destpass svcpass ";

    if (strstr(name->lower, "pass") == NULL || holds_one_of(name, words, G_N_ELEMENTS(words)))
        return strstr(name->lower, "passed") == NULL && strstr(name->lower, "passenger") == NULL;
    return last_part_is(name, compounds);
}

bool setting_name_is_plain_pass(const SettingName *name)
{
    return strcmp(name->lower, "pass") == 0;
}

/* "getPassword(", "hashPassword(", "tokenizer.parse(": what such a function takes is no secret that is set. */
bool setting_name_is_of_reader(const SettingName *name)
{
    return has_part(name,
        " get has is find check validate read ask verify hash encode encrypt decrypt decode prompt confirm "
        "input test parse match expect lookup describe forgot reset describe equals contains delete remove "
        "split random generate i18n translate query select log print printf error warn ");
}

bool setting_name_of(Bytes text, SettingName *ret_name)
{
    size_t len = MIN(text.len, SETTING_NAME_MAX);

    for (size_t i = 0; i < len; i++) {
        ret_name->text[i] = (char)text.data[i];
        ret_name->lower[i] = g_ascii_tolower(ret_name->text[i]);
    }
    ret_name->text[len] = ret_name->lower[len] = '\0';
    ret_name->len = ret_name->end = len;
    return len > 0;
}

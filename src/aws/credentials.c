#include "aws/credentials.h"

#include "aws/profile.h"
#include "base/clock.h"

#include <string.h>

struct AwsCredentialChain {
    gint ref_count;
    char *profile; /* chosen explicitly, or NULL */
    AwsSigning signing;
    GMutex mutex;
    struct {
        AwsCredentials kept;
        bool has_kept;
    } locked;
};

/* A provider that has nothing answers true and leaves access_key_id NULL. */
typedef struct Provider {
    const char *name;
    bool (*load)(const AwsCredentialChain *chain, AwsCredentials *ret_credentials, GError **error);
} Provider;

static bool load_environment(const AwsCredentialChain *chain, AwsCredentials *ret_credentials, GError **error);
static bool load_profile(const AwsCredentialChain *chain, AwsCredentials *ret_credentials, GError **error);

/* Asked in this order. */
static const Provider providers[] = {
    {.name = "environment", .load = load_environment},
    {.name = "profile files", .load = load_profile},
};

static bool load_locked(AwsCredentialChain *chain, GError **error);

static void wipe(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

void aws_credentials_clear(AwsCredentials *credentials)
{
    g_free(credentials->access_key_id);
    wipe(credentials->secret_access_key);
    wipe(credentials->session_token);
    *credentials = (AwsCredentials){.expires_at_ms = -1};
}

void aws_credentials_copy(const AwsCredentials *from, AwsCredentials *ret_to)
{
    ret_to->access_key_id = g_strdup(from->access_key_id);
    ret_to->secret_access_key = g_strdup(from->secret_access_key);
    ret_to->session_token = g_strdup(from->session_token);
    ret_to->expires_at_ms = from->expires_at_ms;
}

AwsCredentialChain *aws_credential_chain_new(const char *profile, AwsSigning signing)
{
    AwsCredentialChain *chain = g_new0(AwsCredentialChain, 1);

    chain->ref_count = 1;
    chain->profile = g_strdup(profile);
    chain->signing = signing;
    g_mutex_init(&chain->mutex);
    return chain;
}

AwsCredentialChain *aws_credential_chain_ref(AwsCredentialChain *chain)
{
    g_atomic_int_inc(&chain->ref_count);
    return chain;
}

void aws_credential_chain_unref(AwsCredentialChain *chain)
{
    if (chain == NULL || !g_atomic_int_dec_and_test(&chain->ref_count))
        return;
    aws_credentials_clear(&chain->locked.kept);
    g_free(chain->profile);
    g_mutex_clear(&chain->mutex);
    g_free(chain);
}

bool aws_credential_chain_get(AwsCredentialChain *chain, AwsCredentials *ret_credentials, GError **error)
{
    g_autoptr(GMutexLocker) locker = NULL;

    if (chain->signing == AWS_ANONYMOUS) {
        *ret_credentials = (AwsCredentials){.expires_at_ms = -1};
        return true;
    }
    locker = g_mutex_locker_new(&chain->mutex);
    int64_t expires_at_ms = chain->locked.kept.expires_at_ms;
    bool is_expired = chain->locked.has_kept && expires_at_ms >= 0 && expires_at_ms <= clock_now_ms();
    if (!chain->locked.has_kept || is_expired)
        TRY(load_locked(chain, error));
    aws_credentials_copy(&chain->locked.kept, ret_credentials);
    return true;
}

void aws_credential_chain_refuse(AwsCredentialChain *chain, const AwsCredentials *refused)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&chain->mutex);
    const AwsCredentials *kept = &chain->locked.kept;

    if (g_strcmp0(kept->access_key_id, refused->access_key_id) == 0 &&
        g_strcmp0(kept->secret_access_key, refused->secret_access_key) == 0 &&
        g_strcmp0(kept->session_token, refused->session_token) == 0)
        chain->locked.has_kept = false;
}

static bool is_one_line(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c <= ' ' || *c >= 0x7f)
            return false;
    }
    return true;
}

/* A key with a line break in it would end up as a header of its own. */
static bool check(const AwsCredentials *credentials, const char *origin, GError **error)
{
    if (!is_one_line(credentials->access_key_id) || !is_one_line(credentials->secret_access_key) ||
        (credentials->session_token != NULL && !is_one_line(credentials->session_token)))
        return fail(error, ERROR_CREDENTIALS, "the credentials from %s hold spaces or control characters", origin);
    if (credentials->expires_at_ms >= 0 && credentials->expires_at_ms <= clock_now_ms()) {
        g_autofree char *time = clock_format_iso(credentials->expires_at_ms);
        return fail(error, ERROR_CREDENTIALS, "the credentials from %s expired at %s", origin, time);
    }
    return true;
}

static bool load_locked(AwsCredentialChain *chain, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(providers); i++) {
        g_auto(AwsCredentials) found = {.expires_at_ms = -1};

        TRY(providers[i].load(chain, &found, error));
        if (found.access_key_id == NULL)
            continue;
        TRY(check(&found, providers[i].name, error));
        aws_credentials_clear(&chain->locked.kept);
        aws_credentials_copy(&found, &chain->locked.kept);
        chain->locked.has_kept = true;
        return true;
    }
    return fail(error, ERROR_CREDENTIALS,
        "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a profile, or ask anonymously");
}

static const char *environment(const char *name)
{
    const char *value = g_getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

static bool load_environment(const AwsCredentialChain *chain, AwsCredentials *ret_credentials, GError **error)
{
    const char *id = environment("AWS_ACCESS_KEY_ID");
    const char *secret = environment("AWS_SECRET_ACCESS_KEY");
    const char *token = environment("AWS_SESSION_TOKEN");
    const char *expiration = environment("AWS_CREDENTIAL_EXPIRATION");

    if (chain->profile != NULL || (id == NULL && secret == NULL))
        return true;
    if (id == NULL || secret == NULL)
        return fail(error, ERROR_CREDENTIALS, "%s is set but %s is not",
            id != NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
            id != NULL ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    if (expiration != NULL && !clock_parse_iso(expiration, &ret_credentials->expires_at_ms, NULL))
        return fail(error, ERROR_CREDENTIALS, "AWS_CREDENTIAL_EXPIRATION is not a time such as 2026-01-31T12:00:00Z");
    ret_credentials->access_key_id = g_strdup(id);
    ret_credentials->secret_access_key = g_strdup(secret);
    ret_credentials->session_token = g_strdup(token != NULL ? token : environment("AWS_SECURITY_TOKEN"));
    return true;
}

/* Ways to get keys that a profile may ask for and that are not built yet: better said than ignored. */
static const char *const foreign_settings[] = {
    "role_arn", "credential_process", "sso_session", "sso_start_url", "web_identity_token_file", "login_session"};

static bool load_profile(const AwsCredentialChain *chain, AwsCredentials *ret_credentials, GError **error)
{
    g_autoptr(AwsProfile) profile = NULL;

    TRY(aws_profile_load(chain->profile, &profile, error));
    const char *id = aws_profile_get(profile, "aws_access_key_id");
    const char *secret = aws_profile_get(profile, "aws_secret_access_key");
    for (size_t i = 0; i < G_N_ELEMENTS(foreign_settings) && id == NULL; i++) {
        if (aws_profile_get(profile, foreign_settings[i]) != NULL)
            return fail(error, ERROR_CREDENTIALS, "%s: profile \"%s\" uses %s, which is not supported",
                aws_profile_place(profile, foreign_settings[i]), aws_profile_name(profile), foreign_settings[i]);
    }
    if (id == NULL && secret == NULL) {
        if (chain->profile == NULL)
            return true;
        return fail(error, ERROR_CREDENTIALS, "profile \"%s\" holds no aws_access_key_id", chain->profile);
    }
    if (id == NULL || secret == NULL)
        return fail(error, ERROR_CREDENTIALS, "%s: profile \"%s\" has this key without %s",
            aws_profile_place(profile, id != NULL ? "aws_access_key_id" : "aws_secret_access_key"),
            aws_profile_name(profile), id != NULL ? "aws_secret_access_key" : "aws_access_key_id");
    ret_credentials->access_key_id = g_strdup(id);
    ret_credentials->secret_access_key = g_strdup(secret);
    ret_credentials->session_token = g_strdup(aws_profile_get(profile, "aws_session_token"));
    return true;
}

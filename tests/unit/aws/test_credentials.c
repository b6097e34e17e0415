#include "aws/credentials.h"
#include "aws/profile.h"
#include "base/clock.h"

#include <string.h>
#include <unistd.h>

typedef struct Files {
    char *folder;
    char *credentials;
    char *config;
} Files;

static const char *const variables[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};

static void set_up(Files *files, G_GNUC_UNUSED gconstpointer data)
{
    for (size_t i = 0; i < G_N_ELEMENTS(variables); i++)
        g_unsetenv(variables[i]);
    files->folder = g_dir_make_tmp("trawl-aws-XXXXXX", NULL);
    files->credentials = g_build_filename(files->folder, "credentials", NULL);
    files->config = g_build_filename(files->folder, "config", NULL);
    g_setenv("AWS_SHARED_CREDENTIALS_FILE", files->credentials, TRUE);
    g_setenv("AWS_CONFIG_FILE", files->config, TRUE);
}

static void tear_down(Files *files, G_GNUC_UNUSED gconstpointer data)
{
    clock_freeze_ms(-1);
    unlink(files->credentials);
    unlink(files->config);
    rmdir(files->folder);
    g_free(files->credentials);
    g_free(files->config);
    g_free(files->folder);
}

static void write_file(const char *path, const char *text)
{
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* "id/secret/token" of what the chain finds, or the error's message. */
static char *find(const char *profile, AwsSigning signing, ErrorKind *ret_kind)
{
    g_autoptr(AwsCredentialChain) chain = aws_credential_chain_new(profile, signing);
    g_auto(AwsCredentials) found = {.expires_at_ms = -1};
    g_autoptr(GError) error = NULL;

    *ret_kind = ERROR_KIND_COUNT;
    if (aws_credential_chain_get(chain, &found, &error))
        return g_strdup_printf("%s/%s/%s", found.access_key_id ? found.access_key_id : "-",
            found.secret_access_key ? found.secret_access_key : "-", found.session_token ? found.session_token : "-");
    *ret_kind = error_kind(error);
    return g_strdup(error->message);
}

static void expect(const char *profile, const char *found)
{
    ErrorKind kind = ERROR_KIND_COUNT;
    g_autofree char *text = find(profile, AWS_SIGNED, &kind);

    g_assert_cmpstr(text, ==, found);
}

static void expect_error(const char *profile, ErrorKind expected, const char *part)
{
    ErrorKind kind = ERROR_KIND_COUNT;
    g_autofree char *text = find(profile, AWS_SIGNED, &kind);

    g_test_message("%s", text);
    g_assert_cmpint(kind, ==, expected);
    g_assert_nonnull(strstr(text, part));
    g_assert_null(strstr(text, "sw0rdfish"));
}

static void test_the_environment_comes_first(Files *files, G_GNUC_UNUSED gconstpointer data)
{
    write_file(files->credentials, "[default]\naws_access_key_id = FILEKEY\naws_secret_access_key = filesecret\n");
    expect(NULL, "FILEKEY/filesecret/-");
    g_setenv("AWS_ACCESS_KEY_ID", "ENVKEY", TRUE);
    g_setenv("AWS_SECRET_ACCESS_KEY", "env-sw0rdfish", TRUE);
    expect(NULL, "ENVKEY/env-sw0rdfish/-");
    g_setenv("AWS_SECURITY_TOKEN", "old", TRUE);
    expect(NULL, "ENVKEY/env-sw0rdfish/old");
    g_setenv("AWS_SESSION_TOKEN", "token", TRUE);
    expect(NULL, "ENVKEY/env-sw0rdfish/token");
}

static void test_a_chosen_profile_leaves_the_environment_out(Files *files, G_GNUC_UNUSED gconstpointer data)
{
    g_setenv("AWS_ACCESS_KEY_ID", "ENVKEY", TRUE);
    g_setenv("AWS_SECRET_ACCESS_KEY", "env-sw0rdfish", TRUE);
    write_file(files->credentials, "[work]\naws_access_key_id=W\naws_secret_access_key=S=/+\naws_session_token=T\n");
    expect("work", "W/S=/+/T");
    g_setenv("AWS_PROFILE", "work", TRUE);
    expect(NULL, "ENVKEY/env-sw0rdfish/-");
    g_unsetenv("AWS_ACCESS_KEY_ID");
    g_unsetenv("AWS_SECRET_ACCESS_KEY");
    expect(NULL, "W/S=/+/T");
}

static void test_the_credentials_file_wins_over_the_config_file(Files *files, G_GNUC_UNUSED gconstpointer data)
{
    write_file(files->config,
        "# comment\n[profile a]\naws_access_key_id = A1\naws_secret_access_key = S1 # old\n"
        "[profile b]\naws_access_key_id = B1\naws_secret_access_key = T1\n[a]\naws_access_key_id = no\n");
    write_file(files->credentials, "[b]\naws_access_key_id = B2\naws_secret_access_key = T2\n");
    expect("a", "A1/S1/-");
    expect("b", "B2/T2/-");
}

static void test_asking_anonymously_needs_nothing(G_GNUC_UNUSED Files *files, G_GNUC_UNUSED gconstpointer data)
{
    ErrorKind kind = ERROR_KIND_COUNT;
    g_autofree char *text = find(NULL, AWS_ANONYMOUS, &kind);

    g_assert_cmpstr(text, ==, "-/-/-");
}

static void test_what_is_wrong_is_said_with_its_place(Files *files, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *credentials, *profile, *message;
        ErrorKind kind;
    } cases[] = {
        {"", NULL, "no credentials", ERROR_CREDENTIALS},
        {"", "absent", "\"absent\" is neither in", ERROR_INVALID},
        {"[x]\nregion = r\n", "x", "holds no aws_access_key_id", ERROR_CREDENTIALS},
        {"[x]\naws_access_key_id = A\n", "x", "credentials:2: profile \"x\" has this key without aws_secret",
            ERROR_CREDENTIALS},
        {"[x]\n\naws_secret_access_key = sw0rdfish\n", "x", "credentials:3: ", ERROR_CREDENTIALS},
        {"[x]\nsw0rdfish\n", "x", "credentials:2: expected", ERROR_INVALID},
        {"a = sw0rdfish\n", NULL, "credentials:1: a setting stands before", ERROR_INVALID},
        {"[x\n", NULL, "credentials:1: a section must end", ERROR_INVALID},
        {"[x]\na = \xff\n", NULL, "credentials:2: not UTF-8", ERROR_INVALID},
        {"[x]\nrole_arn = arn\n", "x", "uses role_arn, which is not supported", ERROR_CREDENTIALS},
        {"[x]\naws_access_key_id = A B\naws_secret_access_key = sw0rdfish\n", "x", "hold spaces", ERROR_CREDENTIALS},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        write_file(files->credentials, cases[i].credentials);
        expect_error(cases[i].profile, cases[i].kind, cases[i].message);
    }
}

static void test_half_an_environment_is_an_error(G_GNUC_UNUSED Files *files, G_GNUC_UNUSED gconstpointer data)
{
    g_setenv("AWS_ACCESS_KEY_ID", "A", TRUE);
    expect_error(NULL, ERROR_CREDENTIALS, "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not");
    g_setenv("AWS_SECRET_ACCESS_KEY", "sw0rdfish\nX: y", TRUE);
    expect_error(NULL, ERROR_CREDENTIALS, "control characters");
}

static void test_expired_credentials_are_told(G_GNUC_UNUSED Files *files, G_GNUC_UNUSED gconstpointer data)
{
    clock_freeze_ms(1762682400000); /* 2025-11-09T10:00:00Z */
    g_setenv("AWS_ACCESS_KEY_ID", "A", TRUE);
    g_setenv("AWS_SECRET_ACCESS_KEY", "S", TRUE);
    g_setenv("AWS_CREDENTIAL_EXPIRATION", "2025-11-09T10:00:01Z", TRUE);
    expect(NULL, "A/S/-");
    g_setenv("AWS_CREDENTIAL_EXPIRATION", "2025-11-09T09:59:59Z", TRUE);
    expect_error(NULL, ERROR_CREDENTIALS, "expired at 2025-11-09T09:59:59Z");
    g_setenv("AWS_CREDENTIAL_EXPIRATION", "soon", TRUE);
    expect_error(NULL, ERROR_CREDENTIALS, "AWS_CREDENTIAL_EXPIRATION");
}

static void test_refused_credentials_are_read_anew(Files *files, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(AwsCredentialChain) chain = aws_credential_chain_new("x", AWS_SIGNED);
    static const char *const ids[] = {"OLD", "OLD", "NEW", "NEW"};

    write_file(files->credentials, "[x]\naws_access_key_id = OLD\naws_secret_access_key = S\n");
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_auto(AwsCredentials) found = {.expires_at_ms = -1};
        AwsCredentials stale = {.access_key_id = (char *)"STALE", .secret_access_key = (char *)"S"};

        g_assert_true(aws_credential_chain_get(chain, &found, NULL));
        g_assert_cmpstr(found.access_key_id, ==, ids[i]);
        write_file(files->credentials, "[x]\naws_access_key_id = NEW\naws_secret_access_key = S\n");
        aws_credential_chain_refuse(chain, i == 1 ? &found : &stale);
    }
}

static void test_region_and_endpoint_come_from_the_nearest_place(Files *files, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(AwsProfile) profile = NULL;

    write_file(files->config,
        "[default]\nregion = eu-west-1\nservices = local\nendpoint_url = http://general\n"
        "s3 =\n  addressing_style = path\nretry_mode = standard\n"
        "[services local]\ns3 =\n  endpoint_url = http://of-s3\nsqs =\n  endpoint_url = http://of-sqs\n");
    g_assert_true(aws_profile_load(NULL, &profile, NULL));
    g_assert_cmpstr(aws_region(profile), ==, "eu-west-1");
    g_assert_cmpstr(aws_profile_get(profile, "s3.addressing_style"), ==, "path");
    g_assert_cmpstr(aws_profile_get(profile, "retry_mode"), ==, "standard");
    g_assert_cmpstr(aws_endpoint(profile, "s3"), ==, "http://of-s3");
    g_assert_cmpstr(aws_endpoint(profile, "sqs"), ==, "http://of-sqs");
    g_assert_cmpstr(aws_endpoint(profile, "states"), ==, "http://general");
    g_setenv("AWS_ENDPOINT_URL", "http://everything", TRUE);
    g_assert_cmpstr(aws_endpoint(profile, "s3"), ==, "http://everything");
    g_setenv("AWS_ENDPOINT_URL_S3", "http://s3-alone", TRUE);
    g_assert_cmpstr(aws_endpoint(profile, "s3"), ==, "http://s3-alone");
    g_setenv("AWS_DEFAULT_REGION", "eu-west-2", TRUE);
    g_assert_cmpstr(aws_region(profile), ==, "eu-west-2");
    g_setenv("AWS_REGION", "eu-west-3", TRUE);
    g_assert_cmpstr(aws_region(profile), ==, "eu-west-3");
}

#define ADD(path, function) g_test_add("/aws/credentials/" path, Files, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("the-environment-comes-first", test_the_environment_comes_first);
    ADD("a-chosen-profile-leaves-the-environment-out", test_a_chosen_profile_leaves_the_environment_out);
    ADD("the-credentials-file-wins-over-the-config-file", test_the_credentials_file_wins_over_the_config_file);
    ADD("asking-anonymously-needs-nothing", test_asking_anonymously_needs_nothing);
    ADD("what-is-wrong-is-said-with-its-place", test_what_is_wrong_is_said_with_its_place);
    ADD("half-an-environment-is-an-error", test_half_an_environment_is_an_error);
    ADD("expired-credentials-are-told", test_expired_credentials_are_told);
    ADD("refused-credentials-are-read-anew", test_refused_credentials_are_read_anew);
    ADD("region-and-endpoint-come-from-the-nearest-place", test_region_and_endpoint_come_from_the_nearest_place);
    return g_test_run();
}

/* Credentials and passwords by themselves, against what is only filled in. */
#include "validator_testing.h"

static const ValueCase secret_cases[] = {
    {"private_key",
        "-----BEGIN PRIVATE "
        "KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE "
        "KEY-----",
        VERDICT_PROVED, "RFC 8410 section 10.3"},
    {"private_key",
        "-----BEGIN PRIVATE "
        "KEY-----\n...\n-----END PRIVATE "
        "KEY-----",
        VERDICT_REJECT, "no key"},
    {"private_key",
        "-----BEGIN PRIVATE "
        "KEY-----\nMC4CAQAwBQYD\n-----END PRIVATE "
        "KEY-----",
        VERDICT_REJECT, "too short"},
    {"aws_secret", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", VERDICT_PASS, "AWS's documentation"},
    {"aws_secret", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", VERDICT_REJECT, "git's empty blob"},
    {"azure_key",
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
        "K1SZFPTOtr/KBHBeksoGMGw==",
        VERDICT_PROVED, "Azure's storage emulator"},
    {"azure_key", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==", VERDICT_REJECT, "too short"},
    {"github_token",
        "gh"
        "p_"
        "0123456789abcdefghij01234567891eVt8o",
        VERDICT_PROVED, "zlib's CRC-32, in base 62"},
    {"github_token",
        "gh"
        "p_"
        "0123456789abcdefghij01234567891eVt8p",
        VERDICT_PASS, "wrong tail: an older token"},
    {"npm_token",
        "np"
        "m_"
        "abcdefghijklmnopqrstuvwxyz01232LolCm",
        VERDICT_PROVED, "zlib's CRC-32, in base 62"},
    {"npm_token",
        "np"
        "m_"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        VERDICT_SAMPLE, "filled in"},
    {"secret_token", "prefix_xxxxxxxxxxxxxxxxxxxxxxxx", VERDICT_SAMPLE, "filled in"},
    {"secret_token", "prefix_000000000000000000000000", VERDICT_SAMPLE, "filled in"},
    {"secret_token", "x_0a1b", VERDICT_REJECT, "too short for any"},
    {"mixed_token", "Aa0Aa0Aa0Aa0Aa0Aa0Aa0Aa0Aa0", VERDICT_REJECT, "a form that says little"},
    {"jwt",
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        VERDICT_PROVED, "RFC 7519 section 3.1"},
    {"jwt",
        "eyJhbGciOiJub25lIn0."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
        VERDICT_PROVED, "RFC 7519 section 6.1"},
    {"jwt_encrypted",
        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAAAAAAAAAAAAAAAAAAAA.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYI"
        ".XFBoMYUZodetZdvTiFvSkQ",
        VERDICT_PROVED, "RFC 7516, appendix A.1, its key cut"},
    {"jwt_encrypted", "eyJhbGciOiJkaXIifQ..48V1_ALb6US04U3b.5eym8TW_c8Su.XFBoMYUZodetZdvTiFvSkQ", VERDICT_REJECT,
        "RFC 7516, section 4.1.2: no algorithm of encryption"},
    {"jwt", "eyJmb28iOiJiYXIifQ.eyJmb28iOiJiYXIifQ.c2ln", VERDICT_REJECT, "no algorithm"},
    {"http_authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", VERDICT_PROVED, "RFC 7617 section 2"},
    {"http_authorization", "Basic dGVzdDoxMjPCow==", VERDICT_PROVED, "RFC 7617 section 2.1"},
    {"http_authorization", "Basic bm8gY29sb24gaGVyZQ==", VERDICT_REJECT, "no colon"},
    {"http_authorization", "Basic OnRyMGliMWRv", VERDICT_PROVED, "RFC 7617 section 2: no user"},
    {"http_authorization", "Basic Omtub3Q=", VERDICT_REJECT, "no user, and five characters"},
    {"http_authorization", "Bearer mF_9.B5f-4.1JqM", VERDICT_PASS, "RFC 6750 section 2.1"},
    {"url_password",
        "https:/"
        "/u:Tr4il-Mix-77@host",
        VERDICT_PASS, "RFC 3986 section 3.2.1"},
    {"url_password",
        "https:/"
        "/u:Tr4il-Mix-77@db.example.com:80",
        VERDICT_LOW, "RFC 2606"},
    {"url_password",
        "https:/"
        "/u:a@b@host",
        VERDICT_PASS, "an @ that was not escaped"},
    {"url_password",
        "https:/"
        "/u:${PASSWORD}@host",
        VERDICT_REJECT, "a variable"},
    {"url_password",
        "https:/"
        "/u@host:80",
        VERDICT_REJECT, "a port"},
    {"url_password",
        "https:/"
        "/user:password@example.com",
        VERDICT_SAMPLE, "its own name, for readers"},
    {"url_password",
        "postgresql:/"
        "/user:secret@localhost",
        VERDICT_PASS, "the PostgreSQL manual's, and of people who copied it"},
    {"connection_password", "Server=a;Pwd=Tr4il-Mix-77", VERDICT_PASS, "ADO.NET"},
    {"connection_password", "Server=a;Password={password}", VERDICT_REJECT, "a variable"},
};

static const ValueCase password_cases[] = {
    {"password", "Tr4il-Mix-77", VERDICT_PASS, ""},
    {"password", "m{{h}o)p${e", VERDICT_PASS, "marks without a variable"},
    {"password", "${DB_PASSWORD}", VERDICT_REJECT, "shell"},
    {"password", "$DB_PASSWORD", VERDICT_REJECT, "shell"},
    {"password", "$2ecret!", VERDICT_PASS, "no variable begins with a digit"},
    {"password", "{{ vault.db }}", VERDICT_REJECT, "Jinja"},
    {"password", "<%= pw %>", VERDICT_REJECT, "ERB"},
    {"password", "%DB_PASS%", VERDICT_REJECT, "cmd"},
    {"password", "********", VERDICT_REJECT, "mask"},
    {"password", "changeme", VERDICT_REJECT, "placeholder"},
    {"password", "edit_password", VERDICT_REJECT, "a name"},
    {"password", "pkcs12_password", VERDICT_REJECT, "a name"},
    {"password", "/run/secrets/db", VERDICT_REJECT, "a path"},
    {"password", "1.3.6.1.4.1.4203.1.11.1", VERDICT_REJECT, "RFC 3062: an object identifier"},
    {"password", "process.env.DB_PASS", VERDICT_REJECT, "a chain of names"},
    {"password", "os.environ[", VERDICT_REJECT, "an element, up to the quote in it"},
    {"password", "@app/auth/service", VERDICT_REJECT, "a package of a scope"},
    {"password", "dummy-value-1", VERDICT_REJECT, "what will be replaced"},
    {"password", "v2.Tr4il.77", VERDICT_PASS, "dots and digits"},
    {"password", "AlphanumPwds", VERDICT_REJECT, "the name of a setting"},
    {"password", "NOTESTS", VERDICT_REJECT, "a constant"},
    {"netrc", "machine a login b password Tr4il-Mix-77", VERDICT_PASS, ""},
    {"netrc", "machine a login b password \"PASSWORD\"", VERDICT_SAMPLE, "a placeholder in quotes"},
    {"bare_setting", "q1w2e3r4t5", VERDICT_PASS, ""},
    {"bare_setting", "=false", VERDICT_REJECT, "the second half of an operator"},
    {"bare_setting", "UTF8String", VERDICT_REJECT, "a type"},
    {"bare_password", "zx9-plum-tree", VERDICT_PASS, ""},
    {"bare_password", "required", VERDICT_REJECT, "a word"},
    {"bare_password", "120", VERDICT_REJECT, "a number"},
    {"generic_secret", "8d1f0c6a4b7e92d35fa0617c", VERDICT_PASS, ""},
    {"generic_secret", "customer-portal-service", VERDICT_REJECT, "words"},
    {"generic_secret", "123e4567-e89b-12d3-a456-426614174000", VERDICT_LOW, "RFC 9562: a UUID"},
    {"generic_secret", "0123456789012345678", VERDICT_REJECT, "a number"},
    {"generic_secret", "XkqvZtRwPbLmHgTjWcNd", VERDICT_PASS, "capitals and small letters at random"},
    {"generic_secret", "vqxkzjwpfhgmtbqxzrkd", VERDICT_PASS, "small letters at random"},
    {"generic_secret", "getPasswordFromTheEnvironment2", VERDICT_REJECT, "the name of a function"},
    {"generic_secret", "CURLOPTTYPE_STRINGPOINT_205", VERDICT_REJECT, "a constant"},
    {"generic_secret", "abcdefg12346+FJQCK", VERDICT_REJECT, "the alphabet"},
    {"setting", "sha512-8d1f0c6a4b7e92d35fa0617c", VERDICT_REJECT, "W3C Subresource Integrity"},
    {"mixed_token", "EAAC3481FC612665CA112D3F889A0E5B7843EFFC", VERDICT_REJECT, "hexadecimal data"},
    {"kubernetes_token", "a1b2c3.d4e5f6g7h8i9j0k1", VERDICT_PASS, "the form of kubernetes.io"},
    {"kubernetes_token", "fronte", VERDICT_REJECT, "part of a word"},
    {"pypi_token",
        "pypi-"
        "AgEIcHlwaS5vcmcCJDAwMDEwMjAzLTA0MDUtMDYwNy0wODA5LTBhMGIwYzBk"
        "MGUwZgACClszLCIwMDAxIl0AAAYgAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        VERDICT_PASS, "a whole macaroon"},
    {"pypi_token",
        "pypi-"
        "AgEIcHlwaS5vcmcCJDAwMDEwMjAzLTA0MDUtMDYwNy0wODA5LTBhMGIwYzBkMGUwZgACClszLCIwMDAx",
        VERDICT_REJECT, "a macaroon without its signature"},
};

static void test_credentials_are_told_from_placeholders(void)
{
    check_values(secret_cases, G_N_ELEMENTS(secret_cases));
    check_values(password_cases, G_N_ELEMENTS(password_cases));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func(
        "/detect/credentials/credentials-are-told-from-placeholders", test_credentials_are_told_from_placeholders);
    return g_test_run();
}

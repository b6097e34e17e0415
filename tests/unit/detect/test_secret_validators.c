/* Secrets under names, in lists and in sentences: what people write is told from what programs put there. */
#include "detect/validators/validators.h"

#include <string.h>

#define RANDOM_VALUE "8d1f0c6a4b7e92d35fa0617c"

typedef struct Case {
    const char *validator, *before, *value, *after;
    Verdict verdict;
} Case;

static const Case cases[] = {
    {"bare_setting", "password: ", "!vault", " |", VERDICT_REJECT},
    {"bare_setting", "db_password: ", "193746", "\n", VERDICT_LOW},
    {"bare_setting", "password_count: ", "193746", "\n", VERDICT_REJECT},
    {"bare_setting", "pass: ", "193746", "\n", VERDICT_REJECT},
    {"password_element", "<password>", "blueHeron", "</password>", VERDICT_LOW},
    {"password_element", "<password>", "Required", "</password>", VERDICT_REJECT},
    {"password_element", "<Password><![CDATA[", "Tr4il-Mix-77", "]]></Password>", VERDICT_PASS},
    {"password_element", "passwd value: ", "domain=", "\n", VERDICT_REJECT},
    {"written_key", "client_secret: ", "VeryGreen857#", "\n", VERDICT_LOW},
    {"written_key", "secretsmanager: ", "us-east-1", "\n", VERDICT_REJECT},
    /* Base64 of RFC 4648: "Tr4il-Mix-77", "svc", "admin1". */
    {"kubernetes_value", "data:\n  password: ", "VHI0aWwtTWl4LTc3", "\n", VERDICT_PASS},
    {"kubernetes_value", "data:\n  \"tls.key\" : \"", "VHI0aWwtTWl4LTc3", "\"\n", VERDICT_PASS},
    {"kubernetes_value", "{\"data\":{\"token\":\"", "VHI0aWwtTWl4LTc3", "\"}", VERDICT_PASS},
    {"kubernetes_value", "data:\n  .conf: |-\r\n    ", "VHI0aWwtTWl4LTc3", "\r\n", VERDICT_PASS},
    {"kubernetes_value", "data:\n  username: ", "YWRtaW4x", "\n", VERDICT_REJECT},
    {"kubernetes_value", "data:\n  password: ", "VHI0aWwtTWl4LTc", "\n", VERDICT_REJECT},
    {"kubernetes_value", "data:\n  mode: ", "stable01", "\n", VERDICT_REJECT},
    {"kubernetes_value", "data: /", "VHI0aWwtTWl4LTc3", "\n", VERDICT_REJECT},
    {"kubernetes_value", "", "VHI0aWwtTWl4LTc3", "\n", VERDICT_REJECT},
    {"written_key", "secret_name = ", "greenheron9", "\n", VERDICT_REJECT},
    {"written_key", "token = ", "getToken1", "()", VERDICT_REJECT},
    {"written_key", "secret: ", "PROD_CLUSTER_01", "\n", VERDICT_REJECT},
    {"written_key", "secret=", "BlueHeron", "\n", VERDICT_LOW},
    {"written_key", "secret=", "blueheron", "\n", VERDICT_REJECT},
    {"written_key", "secret = ", "BlueHeron", ";", VERDICT_REJECT},
    {"written_key", "\"tokens\": {\"primary\": \"", "Gr33nHeron!", "\"", VERDICT_LOW},
    {"written_key", "\"keys\": {\"primary\": \"", "Gr33nHeron!", "\"", VERDICT_REJECT},
    {"setting", "\"apiKeys\": {\"primary\": \"", RANDOM_VALUE, "\"", VERDICT_PASS},
    {"setting", "primary = \"", RANDOM_VALUE, "\"", VERDICT_REJECT},
    {"said_key", "the key is ", RANDOM_VALUE, ".", VERDICT_PASS},
    {"said_key", "the public key is ", RANDOM_VALUE, ".", VERDICT_REJECT},
    {"said_key", "the key is ", "case-insensitive-here", ".", VERDICT_REJECT},
    {"password_list", "", "north\", \"q1w2e3r4t5", "", VERDICT_PASS},
    {"password_list", "", "none\", \"required", "", VERDICT_REJECT},
    {"key_list", "", "- q7Rf2mX9cV4tL8sB1nK6\n  - first-of-the-keys", "", VERDICT_PASS},
    {"key_list", "", "first-of-the-keys\", \"second-of-the-keys", "", VERDICT_REJECT},
    {"setting", "\"token_1\": \"", "\u5206\u6790\u5668\u9884\u671f1\u5728\u6b64\u59042", "\"", VERDICT_REJECT},
    {"bare_setting", "password: ", "apache-proxy@", "\n", VERDICT_REJECT},
    {"url_password", "", "http://svc:p@ss-north@host.internal", "", VERDICT_PASS},
    {"key_list", "", "- db-secret-01\n  - tls-secret-02", "", VERDICT_REJECT},
    {"url_password", "", "https://host.internal:443?mail=svc@host.internal", "", VERDICT_REJECT},
    {"filled", "", "uid=svc;pwd={0}", "", VERDICT_REJECT},
    {"filled", "", "uid=svc;pwd=north-west1", "", VERDICT_LOW},
    {"url_password", "", "postgresql://${U:-app}:${P:-q1w2e3r4t5}@db", "", VERDICT_PASS},
    {"url_password", "", "postgresql://app:${P:-}@db", "", VERDICT_REJECT},
    {"password", "", "L&#246;senord", "", VERDICT_REJECT},
    /* RFC 7516, appendix A.1, its key cut. */
    {"jwt_encrypted", "",
        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAAAAAAAAAAAAAAAAAAAA.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYI"
        ".XFBoMYUZodetZdvTiFvSkQ",
        "", VERDICT_PROVED},
    /* RFC 8410, section 10.3: 48 bytes, as its first two say; then one byte short. */
    {"der_key", "", "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC", "", VERDICT_PROVED},
    {"der_key", "", "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdV", "", VERDICT_PASS},
    {"der_key", "-----BEGIN RSA TESTING KEY-----\n", "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC",
        "", VERDICT_REJECT},
    {"raw_key", "", "load_private_key_of_the_service_from_a_file", "", VERDICT_REJECT},
    {"raw_key", "", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", "", VERDICT_PASS},
    {"otp_seed", "", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "", VERDICT_PASS}, /* RFC 6238, appendix B, in base32 */
    {"otp_seed", "", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "", VERDICT_REJECT},
    {"otp_seed", "", "SHA256WITHRSAENCRYPTION", "", VERDICT_REJECT},
    {"otp_seed", "", "PFVLOBCXSAUFWKBH", "", VERDICT_PASS},
    {"recovery_codes", "", "7685 2042\n3911 8293", "", VERDICT_PASS},
    {"recovery_codes", "", "keep-them 2042\nsafe-here 8293", "", VERDICT_REJECT},
    /* RFC 7617, section 2. */
    {"http_scheme", "\"Basic ", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "\"", VERDICT_PROVED},
    {"http_scheme", "\"Basic ", "Authentication", "\"", VERDICT_REJECT},
    {"http_scheme", "\"Bearer ", RANDOM_VALUE, "\"", VERDICT_PASS},
    {"http_scheme", "\"Bearer ", "getTokenOfUser12", "(", VERDICT_REJECT},
    {"said_password", "func logon(user *uint16, password ", "*uint16,", "", VERDICT_REJECT},
    {"said_password", "the password is ", "Summer2024", ".", VERDICT_LOW},
    {"said_password", "the password is ", "north-heron83", "", VERDICT_LOW},
    {"said_password", "the password is ", "pbkdf2-sha256", "", VERDICT_REJECT},
    {"said_password", "the password is ", "xW?kpTz@QrLq", "", VERDICT_PASS},
    {"said_password", "the password is ", "svc@api.internal", "", VERDICT_REJECT},
    {"noted_password", "pw: ", "north_heron83", "\n", VERDICT_LOW},
    {"bare_setting", "password: ", "xkWpTzRqLvGB", "\n", VERDICT_PASS},
    {"bare_setting", "password: ", "getUserName", "\n", VERDICT_REJECT},
    {"noted_password", "password for fb: ", "video=sm712fb", "", VERDICT_REJECT},
    {"noted_password", "pw: ", "xkWpTzRqLv4B", "\n", VERDICT_PASS},
    {"noted_password", "pw: ", "getUserName2", "\n", VERDICT_REJECT},
    {"noted_password", "pw: ", "sha256sum", "\n", VERDICT_REJECT},
    {"noted_password", "pw: ", "rocket32", "\n", VERDICT_LOW},
    {"noted_password", "pw: ", "Gr4ph-Paper", "\n", VERDICT_LOW},
    {"noted_password", "pw: ", "Sun!Rise4", "\n", VERDICT_LOW},
    {"told_password", "use ", "Zx9-Plum-Tr33", " as the password", VERDICT_PASS},
    {"told_password", "", "HTTP/1.1", " is the old password", VERDICT_REJECT},
    {"told_password", "", "Svc9@Host2.internal", " is the password", VERDICT_REJECT},
    {"password_call", "UserPassword(\"", "blueheron42", "\", \"x\")", VERDICT_REJECT},
    {"password_call", "flag.String(\"password\", \"", "blueheron42", "\", \"of the user\")", VERDICT_PASS},
    {"bare_setting", "password (root): ", "Tr4il-Mix-77", "\n", VERDICT_PASS},
    {"bare_setting", "bypass (root): ", "Tr4il-Mix-77", "\n", VERDICT_REJECT},
    {"bare_setting", "password: ", "!from_file", " secrets.yaml", VERDICT_REJECT},
    {"bare_setting", "Passwort: ", "58226913", "\n", VERDICT_LOW},
    {"given_password", "sshpass -p ", "58226913", " ssh", VERDICT_LOW},
    {"given_password", "IDENTIFIED BY '", "blueheron", "'", VERDICT_LOW},
    {"given_password", "IDENTIFIED BY '", "password", "'", VERDICT_REJECT},
    {"given_password", "res_pw = ", "piecewise_fold(Add(x", " + 1))", VERDICT_REJECT},
    {"password_element", "name: DB_PASSWORD\nvalue: \"", "blueheron", "\"", VERDICT_LOW},
    {"environment_password", "PASSWORD: ", "Final", " = \"x\"", VERDICT_REJECT},
    {"password_setting", "* password `", "o_QjFde-qCYSugtSx", "`", VERDICT_LOW},
    {"password_setting", "* password `", "user_name", "`", VERDICT_REJECT},
    {"netrc", "", "default login anonymous password user@site", "", VERDICT_REJECT},
    {"netrc", "", "default login anonymous password q1w2e3r4t5", "", VERDICT_PASS},
    {"netrc", "", "machine string\nlogin string\npassword string", "", VERDICT_REJECT},
    {"password_pair", "", "user: NSString; password: NSString", "", VERDICT_REJECT},
    {"password_element", "id=\"DbPassphrase\">", "DbPassphrase", "</span>", VERDICT_REJECT},
    {"given_password", "rows identified by \"", "blueHeron", "\"", VERDICT_REJECT},
    {"written_key", "one_of<int_token, ", "paren_exp2", ">", VERDICT_REJECT},
    {"secret_phrase", "Delete a secret ", "\\f5my\\-secret\\fR", ":", VERDICT_REJECT},
    {"secret_phrase", "PrivateKey) ", "(*boring.KeyRSA1,", " error)", VERDICT_REJECT},
    {"said_key", "The API key is ", "8d1f0c6a-4b7e-4d35-9a06-17c8d2e4b913", "\n", VERDICT_LOW},
    {"said_key", "the primary key is ", "8d1f0c6a-4b7e-4d35-9a06-17c8d2e4b913", "\n", VERDICT_REJECT},
    {"bare_key", "authentication.jwt.secret=", RANDOM_VALUE, "\n", VERDICT_PASS},
    {"bare_key", "authentication.state=", RANDOM_VALUE, "\n", VERDICT_REJECT},
    {"said_password", "mot de passe ", "pr&eacute;d1finis;", "", VERDICT_REJECT},
    {"said_password", "mot de passe ", "predef1nis</h3><pre", ">", VERDICT_REJECT},
    {"said_password", "the wifi password is ", "blueheron42", ",", VERDICT_LOW},
    {"setting", "key \"", "/etc/app/id_rsa.key1", "\"", VERDICT_REJECT},
    {"secret_phrase", "private_key = ", "load_key(data,", " x)", VERDICT_REJECT},
    /* RFC 7516, section 4.1.2: no algorithm of encryption. */
    {"jwt_encrypted", "", "eyJhbGciOiJkaXIifQ..48V1_ALb6US04U3b.5eym8TW_c8Su.XFBoMYUZodetZdvTiFvSkQ", "",
        VERDICT_REJECT},
};

static Bytes bytes_of(const char *text)
{
    return (Bytes){(const uint8_t *)text, strlen(text)};
}

static void test_what_people_write_is_told_from_what_programs_put_there(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *test = &cases[i];
        /* A copy of exactly that size: reading past the end is seen by the sanitizer. */
        g_autofree uint8_t *copy = g_memdup2(test->value, strlen(test->value));
        const Surroundings surroundings = {
            .value = {copy, strlen(test->value)},
            .before = bytes_of(test->before),
            .after = bytes_of(test->after),
        };
        Validator validator = validator_find(test->validator);
        Verdict verdict =
            validator != NULL ? validator(surroundings.value) : context_validator_find(test->validator)(&surroundings);
        g_test_message("%s %s%s: %d", test->validator, test->before, test->value, verdict);
        g_assert_cmpint(verdict, ==, test->verdict);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/secret-validators/what-people-write-is-told-from-what-programs-put-there",
        test_what_people_write_is_told_from_what_programs_put_there);
    return g_test_run();
}

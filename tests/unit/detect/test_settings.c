/* What stands around a value: the name of a setting, the code, words and other numbers. */
#include "validator_testing.h"

typedef struct SettingCase {
    const char *validator, *before, *value, *after;
    Verdict verdict;
} SettingCase;

#define RANDOM_VALUE "8d1f0c6a4b7e92d35fa0617c"
#define MINIFIED                                                                                                       \
    "function(e,t){var n=e(t);return n?n(1,2):t};function r(e){return t(e,1)};var "                                    \
    "o=r(e,t),i=o(n);if(o){i(e)};(function(e){"                                                                        \
    "return e(t)})(r);var a=function(e,t,n){return e(t,n)};a(o,i,r);var s=o(e),u=i(t),c=r(n);c(s,u);"

/* What stands around a value: its name, the code, and the file's kind. */
static void check_settings(const SettingCase *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const SettingCase *test = &cases[i];
        const Surroundings surroundings = {
            .value = {(const uint8_t *)test->value, strlen(test->value)},
            .before = {(const uint8_t *)test->before, strlen(test->before)},
            .after = {(const uint8_t *)test->after, strlen(test->after)},
        };
        g_test_message("%s %s", test->validator, test->before);
        g_assert_cmpint(context_validator_find(test->validator)(&surroundings), ==, test->verdict);
    }
}

static const SettingCase setting_cases[] = {
    {"setting", "api_key = \"", RANDOM_VALUE, "\"", VERDICT_PASS},
    {"setting", "\"public_key\": \"", RANDOM_VALUE, "\"", VERDICT_REJECT},
    {"setting", "cacheKey: '", RANDOM_VALUE, "'", VERDICT_REJECT},
    {"setting", "token=data:image/png;base64,", RANDOM_VALUE, "", VERDICT_REJECT},
    {"setting", MINIFIED "l.apiKey=\"", RANDOM_VALUE, "\"", VERDICT_LOWER},
    {"setting", "CLIENT_SECRET=", "1b7e92d35fa0617c8d1f0c6a4b7e92d35fa0617c8d1f0c6a4b7e92d35fa0617c", "\n",
        VERDICT_PASS},
    {"bare_key", "<apiKey>", RANDOM_VALUE, "</", VERDICT_PASS},
    {"bare_key", "- name: CACHE_KEY\n  value: \"", RANDOM_VALUE, "\"", VERDICT_REJECT},
    {"bare_key", "<string name=\"api_key\">", RANDOM_VALUE, "</", VERDICT_PASS},
    {"bare_key", "<key>ApiKey</key>\n<string>", RANDOM_VALUE, "</", VERDICT_PASS},
    {"bare_key", "github.com/a/auth-b,", "v0.5.2-0.20190725165955-db428c1b0976", ",", VERDICT_REJECT},
    {"bare_key", "{hexKey: ", "hexPKCS1TestPKCS8Key", ", ", VERDICT_REJECT},
    {"bare_key", "token = ", "nextToken1FromTheLexer", "(", VERDICT_REJECT},
    {"setting", "const apiToken: string = \"", RANDOM_VALUE, "\"", VERDICT_PASS},
    {"setting", "const publicKey: string = \"", RANDOM_VALUE, "\"", VERDICT_REJECT},
    {"setting", "secretKey = []byte(\"", RANDOM_VALUE, "\"", VERDICT_PASS},
    {"setting", "token_type = \"", RANDOM_VALUE, "\"", VERDICT_REJECT},
    {"setting", "AuthBasicFake \"", "%{SSL_CLIENT_S_DN_Email}", "\"", VERDICT_REJECT},
    {"key_call", "os.getenv(\"API_KEY\", \"", RANDOM_VALUE, "\"", VERDICT_PASS},
    {"key_call", "client.getToken(\"", RANDOM_VALUE, "\"", VERDICT_REJECT},
    {"password_call", "props.put(\"db.password\", \"", "Tr4il-Mix-77", "\"", VERDICT_PASS},
    {"password_call", "checkPassword(\"", "Tr4il-Mix-77", "\"", VERDICT_REJECT},
    {"password_setting", "compass = \"", "north-west1", "\"", VERDICT_REJECT},
    {"password_setting", "string dbPass = \"", "north-west1", "\"", VERDICT_PASS},
    {"password_setting", "we pass \"", "north-west1", "\"", VERDICT_REJECT},
    {"password_setting", "#define WIFI_PASS \"", "north-west1", "\"", VERDICT_PASS},
    {"password_setting", "password = '", "open sesame", "'", VERDICT_LOW},
    {"password_setting", "\"password\": \"", "Enter the new password", "\"", VERDICT_REJECT},
    {"environment_password", "DB_PASS=", "blueheron", "\n", VERDICT_PASS},
    {"environment_password", "PASSWORD_FILE=", "blueheron", "\n", VERDICT_REJECT},
    {"given_password", "tool --password ", "Tr4il-Mix-77", " ", VERDICT_PASS},
    {"mac", "ether ", "08:00:2b:01:02:83", " up", VERDICT_PASS},
    {"mac", "node:", "08:00:2b:01:02:83", ": up", VERDICT_PASS},
    {"mac", "MD5:", "08:00:2b:01:02:83", ":77:88", VERDICT_REJECT},
    {"mac", "MD5:5f:", "08:00:2b:01:02:83", " up", VERDICT_REJECT},
    {"mac", "80-00-20-", "08-00-2b-01-02-83", " up", VERDICT_REJECT},
    {"given_password", "tool --password ", "--verbose1", " ", VERDICT_REJECT},
    {"said_password", "the password is ", "Tr4il-Mix-77", " ", VERDICT_PASS},
    {"bare_key", "API_TOKEN=${API_TOKEN:-", RANDOM_VALUE, "}", VERDICT_PASS},
    {"bare_key", "github.com/a/token:", "jjwt-jackson-0.11.2", "\"", VERDICT_REJECT},
    {"bare_setting", "password = ", "user=svc1", "\n", VERDICT_REJECT},
    {"bare_setting", "PASSWORD(", "q1*w2&e3)", "\n", VERDICT_PASS},
    {"bare_setting", "check_password(", "argument_1)", "\n", VERDICT_REJECT},
    {"bare_setting", "--- PASS: ", "TestVet/3", " ", VERDICT_REJECT},
    {"noted_password", "pw: ", "Tr4il-Mix-77", "\n", VERDICT_PASS},
    {"noted_password", "pw = ", "getpwnam(argv[1])", ";", VERDICT_REJECT},
    {"curl_token", "curl -H \"X-Api-Key: ", RANDOM_VALUE, "\"", VERDICT_PASS},
    {"curl_token", "wget --header \"X-Api-Key: ", RANDOM_VALUE, "\"", VERDICT_REJECT},
    {"said_password", "the password is ", "8-characters", " ", VERDICT_REJECT},
    {"secret_phrase", "secret = ", "a[1}b(2]c{3}d", "\n", VERDICT_LOW},
    {"password_element", "<password>", "Tr4il-Mix-77", "</", VERDICT_PASS},
    {"password_element", "<password>", "Password:", "</", VERDICT_REJECT},
    {"keyed_token", "datadog_key=", "8d1f0c6a4b7e92d35fa0617c8d1f0c6a", "\n", VERDICT_PASS},
    {"named_token", "qdrant_token=", "8d1f0c6a4b7e92d35fa0617c8d1f0c6a", "\n", VERDICT_PASS},
    {"named_token", "qdrant (", "8d1f0c6a4b7e92d35fa0617c8d1f0c6a", ")", VERDICT_REJECT},
    {"named_token", "a secret, which stands too far away from what is here: qdrant ",
        "8d1f0c6a4b7e92d35fa0617c8d1f0c6a", "\n", VERDICT_REJECT},
    {"keyed_token", "github.com/datadog/agent ", "8d1f0c6a4b7e92d35fa0617c8d1f0c6a4b7e92d3", "\n", VERDICT_REJECT},
    {"keyed_token", "datadog-reporter-1.2.tgz#", "8d1f0c6a4b7e92d35fa0617c8d1f0c6a4b7e92d3", "\n", VERDICT_REJECT},
    {"keyed_token", "datadog trace_id=", "8d1f0c6a4b7e92d35fa0617c8d1f0c6a", "\n", VERDICT_REJECT},
    {"keyed_token", "vercel/-/x.tgz sha512-abc/", "Zk39mQ2vX7rT5pL8wZk39mQ2", "+abc==", VERDICT_REJECT},
    {"aws_secret", "sha512-", "0123456789/abcdefghij/ABCDEFGHIJ/klmnopq", "rs==", VERDICT_REJECT},
    {"keyed_token", "datadog sha256: ", "8d1f0c6a4b7e92d35fa0617c8d1f0c6a", "\n", VERDICT_REJECT},
    {"password_setting", "password = '", "Tr4il-Mix-77", "'", VERDICT_PASS},
    {"password_setting", "password_encryption = '", "scram-sha-256", "'", VERDICT_REJECT},
    {"password_setting", "password: \"", "(?=.*[[:lower:]]).{6,}", "\"", VERDICT_REJECT},
    {"bare_setting", "  pwd:=", "pwd+1", ";", VERDICT_REJECT},
    {"bare_setting", "start_pass = ", "start_pass_1", ";", VERDICT_REJECT},
    {"bare_setting", "Server=a;Pwd=", "q1w2e3r4t5", ";", VERDICT_PASS},
};

static void test_a_setting_is_judged_with_what_stands_around_it(void)
{
    check_settings(setting_cases, G_N_ELEMENTS(setting_cases));
}

/* What stands around a number or a token says that it is another thing than its form makes believe. */
static void test_a_version_a_coordinate_and_a_public_id_are_told_by_what_stands_around_them(void)
{
    static const SettingCase cases[] = {
        {"ipv4", "client ", "81.2.69.142", " connected", VERDICT_PASS},
        {"ipv4", "0.53 ", "81.2.69.142", " GET /", VERDICT_PASS},
        {"ipv4", "81.2.69.160 ", "81.2.69.142", " 81.2.69.143", VERDICT_PASS},
        {"ipv4", "/usr/src/linux-", "2.6.35.9", "/include", VERDICT_LOW},
        {"ipv4", "c.5 2.83 ", "2.12.5.87", "-1.2", VERDICT_LOW},
        {"card_cvv", "CVV2 ", "812", "", VERDICT_PASS},
        {"card_cvv", "card security code = ", "812", "", VERDICT_PASS},
        {"card_cvv", "XML_SCHEMAV_CVC_ELT_1, /* ", "1845", " */", VERDICT_REJECT},
        {"card_cvv", "cvc elt 1 ", "1845", "", VERDICT_REJECT},
        {"keyed_token", "snyk token: ", "93be49ab-8ba5-4e3b-9c2a-1a2b3c4d5e6f", "\n", VERDICT_PASS},
        {"keyed_token", "snyk project ", "93be49ab-8ba5-4e3b-9c2a-1a2b3c4d5e6f", "\n", VERDICT_REJECT},
        {"keyed_token", "bugsnag build id ", "8d1f0c6a4b7e92d35fa0617c8d1f0c6a", "\n", VERDICT_REJECT},
        {"keyed_token", "<div class=\"g-recaptcha\" data-sitekey=\"", "6L" RANDOM_VALUE, "\"", VERDICT_REJECT},
        {"setting", "\"S3Key\": \"", RANDOM_VALUE ".war", "\"", VERDICT_REJECT},
    };

    check_settings(cases, G_N_ELEMENTS(cases));
}

/* Names are told from other capitalised words by those of them that are known, and by what stands around them. */
static void test_a_name_is_told_from_other_capitalised_words(void)
{
    static const SettingCase cases[] = {
        {"known_person_name", "I think ", "Michael Williams", " is here", VERDICT_PASS},
        {"known_person_name", "", "Łukasz Wiśniewski", "", VERDICT_PASS},
        {"known_person_name", "", "Jean-Pierre Lefèvre", "", VERDICT_PASS},
        {"known_person_name", "", "Open Source", "", VERDICT_REJECT},
        {"known_person_name", "", "Charles de Gaulle", " International Airport", VERDICT_REJECT},
        {"known_person_name", "", "Victoria Station", "", VERDICT_REJECT},
        {"known_person_name", "", "Michael", "", VERDICT_REJECT},
        {"person_name", "last name: ", "Zyrtek", "", VERDICT_PASS},
        {"person_name", "last name: ", "KOWALCZYK", "", VERDICT_PASS},
        {"person_name", "last_name: ", "String", "", VERDICT_REJECT},
        {"person_name", "first name: ", "Required", "", VERDICT_REJECT},
        {"likely_full_name", "name: ", "John Smith", "", VERDICT_PASS},
        {"likely_full_name", "the name: ", "John Smith", " wrote", VERDICT_LOW},
        {"likely_full_name", "id 7, name: ", "John Smith", "", VERDICT_LOW},
        {"likely_full_name", "name=", "Sierra Leone", "", VERDICT_REJECT},
        {"likely_name", "Dear ", "Maria", ",", VERDICT_LOW},
        {"likely_name", "Dear ", "Maria Lopez", ",", VERDICT_PASS},
        {"person_name", "UPDATE t SET first name = '", "Joe", "' WHERE", VERDICT_LOW},
        {"card_expiry_field", "\"expiry\": [30, ", "1026", ", 1107]", VERDICT_REJECT},
        {"nanp", "phone ", "2147483647", "", VERDICT_REJECT},
        {"bank_account_told", "savings account n 1 0 ", "13364212", "", VERDICT_LOW},
        {"bank_account_told", "savings account ", "13364212", "", VERDICT_PASS},
        {"nanp", "Example University, phone ", "415-555-0132", "", VERDICT_LOW},
        {"us_street", "Example Foundation, ", "100 Main Street", "", VERDICT_LOW},
        {"us_street", "lives at ", "100 Main Street", "", VERDICT_PASS},
        {"phone_short", "phone ", "6123 4567", "", VERDICT_LOW},
        {"phone_national", "[", "0685 0167", " | 0020", VERDICT_LOW},
        {"card_cvv", "\"cid\": [", "829", ", 856, 858]", VERDICT_REJECT},
        {"card_cvv", "\"cid\": [829, ", "856", "]", VERDICT_REJECT},
        {"card_cvv", "\"cvv\": [", "829", "]", VERDICT_PASS},
        {"likely_full_name", "patient: ", "Maria", "", VERDICT_PASS},
        {"likely_full_name", "contact: ", "John Smith", "", VERDICT_LOW},
        {"likely_full_name", "name: ", "Build Project", "", VERDICT_REJECT},
        {"likely_name", "From: ", "Kim Sipes, Branch Manager", "", VERDICT_PASS},
        {"likely_name", "Dear ", "Customer", ",", VERDICT_REJECT},
        {"titled_name", "Mr. ", "Daniel Mayers", "", VERDICT_PASS},
        {"titled_name", "Mr. ", "Kowalczyk", "", VERDICT_WEAK},
        {"titled_name", "Mr. ", "President", "", VERDICT_REJECT},
        {"likely_name", "From: ", "Smith,, John", "", VERDICT_PASS},
        {"known_person_name", "", ",,", "", VERDICT_REJECT},
        {"known_person_name", "", ", Michael Williams,", "", VERDICT_PASS},
    };

    check_settings(cases, G_N_ELEMENTS(cases));
}

/* A table of numbers holds no identity numbers, however their digits come out. */
static void test_a_number_in_a_row_of_numbers_is_of_no_interest(void)
{
    ContextValidator aadhaar = context_validator_find("aadhaar");
    Surroundings alone = {.value = {(const uint8_t *)"4987 3216 5402", 14}};
    Surroundings before = alone, after = alone, counted = alone, binary = alone, signed_one = alone;

    before.before = (Bytes){(const uint8_t *)"8328 ", 5};
    after.after = (Bytes){(const uint8_t *)" 9608 1", 7};
    counted.before = (Bytes){(const uint8_t *)"2 ", 2};
    binary.before = (Bytes){(const uint8_t *)"x\0", 2};
    signed_one.before = (Bytes){(const uint8_t *)"x-", 2};
    g_assert_cmpint(aadhaar(&alone), ==, VERDICT_PASS);
    g_assert_cmpint(aadhaar(&before), ==, VERDICT_LOW);
    g_assert_cmpint(aadhaar(&after), ==, VERDICT_LOW);
    g_assert_cmpint(aadhaar(&counted), ==, VERDICT_PASS);
    g_assert_cmpint(aadhaar(&binary), ==, VERDICT_PASS); /* a byte 0 is no sign */
    g_assert_cmpint(aadhaar(&signed_one), ==, VERDICT_LOW);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/settings/a-number-in-a-row-of-numbers-is-of-no-interest",
        test_a_number_in_a_row_of_numbers_is_of_no_interest);
    g_test_add_func("/detect/settings/a-setting-is-judged-with-what-stands-around-it",
        test_a_setting_is_judged_with_what_stands_around_it);
    g_test_add_func("/detect/settings/a-name-is-told-from-other-capitalised-words",
        test_a_name_is_told_from_other_capitalised_words);
    g_test_add_func("/detect/settings/a-version-a-coordinate-and-a-public-id-are-told-by-what-stands-around-them",
        test_a_version_a_coordinate_and_a_public_id_are_told_by_what_stands_around_them);
    return g_test_run();
}

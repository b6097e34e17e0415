/* Values that are what they seem in one place and something else in another: what stands around them tells. */
#include "base/clock.h"
#include "detect/validators/validators.h"

#include <string.h>

typedef struct Around {
    const char *validator, *before, *value, *after;
    Verdict verdict;
    const char *path, *field; /* NULL: none */
} Around;

static void check(const Around *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Around *test = &cases[i];
        const Surroundings surroundings = {
            .value = {(const uint8_t *)test->value, strlen(test->value)},
            .before = {(const uint8_t *)test->before, strlen(test->before)},
            .after = {(const uint8_t *)test->after, strlen(test->after)},
            .field = {(const uint8_t *)test->field, test->field != NULL ? strlen(test->field) : 0},
            .is_public = path_is_public(test->path),
        };
        Verdict verdict = context_validator_find(test->validator)(&surroundings);
        if (verdict != test->verdict)
            g_test_message("%s: %s[%s]%s: %d", test->validator, test->before, test->value, test->after, verdict);
        g_assert_cmpint(verdict, ==, test->verdict);
    }
}

/* The digests are those of the empty text (FIPS 180-4's and RFC 1321's). */
#define MD5   "d41d8cd98f00b204e9800998ecf8427e"
#define LINE  "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo\n"
#define TOKEN "APBq9Zr2Lk8sTn4uXw7yBv3cDm6e"
static const Around written_by_programs[] = {
    {"keyed_token", "1  readme\n", MD5, "  usr/share/doc/facebook.png", VERDICT_REJECT, NULL, NULL},
    {"keyed_token", "", MD5, " *vimeo.r", VERDICT_REJECT, NULL, NULL},
    {"keyed_token", "Files:\n ", MD5, " 1024 vimeo.dsc", VERDICT_REJECT, NULL, NULL},
    {"keyed_token", "MD5 (vimeo.r) = ", MD5, "\n", VERDICT_REJECT, NULL, NULL},
    {"keyed_token", "vimeo ", MD5, "\n", VERDICT_PASS, NULL, NULL},
    {"keyed_token", "vimeo\n", MD5, "\n", VERDICT_PASS, NULL, NULL},
    {"artifactory", LINE, TOKEN, "\n", VERDICT_REJECT, NULL, NULL},
    {"artifactory", "RSA SHA256:", TOKEN, "", VERDICT_REJECT, NULL, NULL},
    {"artifactory", "token: ", TOKEN, "", VERDICT_PASS, NULL, NULL},
    {"mixed_token", LINE, TOKEN, "\n", VERDICT_REJECT, NULL, NULL},
    {"mixed_token", "first line\n", TOKEN, "\n", VERDICT_PASS, NULL, NULL},
    {"gps", "[[-80.88,26.95],[-", "80.677,27.205", "],[-80.6,27.1]", VERDICT_LOW, NULL, NULL},
    {"gps", "\"coordinates\": [ ", "-0.0898,51.5208", " ] } },", VERDICT_PASS, NULL, NULL},
    {"gps", "stop,", "51.5208", ",1", VERDICT_LOW, NULL, "stop_lat"},
    {"gps", "home,", "51.5208", ",1", VERDICT_PASS, NULL, "lat"},
    {"gps", "<node id=\"1\" lat=\"", "51.5208", "\" ", VERDICT_LOW, NULL, NULL},
    {"gps", "<trkpt lat=\"", "51.5208", "\" ", VERDICT_PASS, NULL, NULL},
    {"card", "7357595648/", "4929381332664295", " - 1", VERDICT_WEAK, NULL, NULL},
    {"card", "+ ", "4929381332664295", "/190103424450275*n", VERDICT_WEAK, NULL, NULL},
    {"card", "card ", "4929381332664295", "/1226", VERDICT_PASS, NULL, NULL},
    {"card", "encrypt(X'", "4929381332664295", "')", VERDICT_WEAK, NULL, NULL},
    {"card", "\"card\": 1, \"seed\": -", "4929381332664295", "}", VERDICT_LOW, NULL, NULL},
    {"card", "36007289175,buy,", "4929381332664295", "", VERDICT_REJECT, NULL, "maker_order_id"},
    {"card", "\t 5205 4005\n6 ", "4929 3813 3266 4295", "\n", VERDICT_LOW, NULL, NULL},
    {"card", "Cards:\n6 ", "4929 3813 3266 4295", "\n", VERDICT_PROVED, NULL, NULL},
    {"ssn", "Black Black ", "424 98 3052", " 4 v", VERDICT_LOW, NULL, NULL},
    {"nanp", "(png)h(size)e(600,)h", "(400)218 1952", " y", VERDICT_REJECT, NULL, NULL},
    {"nanp", "Phone", "(312)218 1952", "", VERDICT_PASS, NULL, NULL},
    {"nanp", "# This bug is HP SR number ", "8606223364", ".", VERDICT_REJECT, NULL, NULL},
    {"nanp", "TEL number ", "8606223364", ".", VERDICT_WEAK, NULL, NULL},
    {"nanp", "phone.go\nindex ", "8315342710", "..66895289b0", VERDICT_REJECT, NULL, NULL},
    {"phone_intl", "XA:Z:chr14,", "+47281641", ",76M,1;", VERDICT_REJECT, NULL, NULL},
    {"phone_intl", "Chris,", "+4722816412", ",76", VERDICT_PASS, NULL, NULL},
    {"phone_national", "\"/phone.js\",instance=\"", "10.85.94.72", ":9090", VERDICT_REJECT, NULL, NULL},
    {"phone_bare", "\"GET /phone?id=", "084309020", " HTTP/1.1\"", VERDICT_LOW, NULL, NULL},
    {"phone_national", "\"GET /phone/1 HTTP/1.1\" ", "404 383757", " \"-\"", VERDICT_LOW, NULL, NULL},
    {"phone_bare", "?phone=", "084309020", "&x=1", VERDICT_PASS, NULL, NULL},
    {"card", "3504: 34 35 35 39 32 38 37 33   ", "4929381332664295", "\n", VERDICT_LOW, NULL, NULL},
    {"card", "3504: 34 35 zz 39   ", "4929381332664295", "\n", VERDICT_PASS, NULL, NULL},
    {"sin", "a\xc5\xbe 2 ", "147 483 648", " znak\xc5\xaf", VERDICT_LOW, NULL, NULL},
    {"sin", "max. 1\xc2\xa0", "171 567 738", "", VERDICT_LOW, NULL, NULL},
    {"sin", "max. \xc2\xa0", "171 567 738", "", VERDICT_PASS, NULL, NULL},
    {"aws_secret", "http://docs.a.test/", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", VERDICT_REJECT, NULL, NULL},
    {"aws_secret", "http://docs.a.test/?secret=", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "\n", VERDICT_PASS, NULL,
        NULL},
    {"likely_full_name", "<tag k=\"name\" v=\"", "Mary Lane", "\"/>", VERDICT_LOW, NULL, "name"},
    {"likely_full_name", "<client name=\"", "Mary Lane", "\"/>", VERDICT_PASS, NULL, "name"},
    {"card", "\"card\": 1}, \"seed\": ", "4929381332664295", "}", VERDICT_REJECT, NULL, "seed"},
    {"sin", "13 22 30 68 ", "204 104 384", "\"]", VERDICT_LOW, NULL, NULL},
    {"sin", "row 2 ", "204 104 384", "", VERDICT_PASS, NULL, NULL},
    {"de_tax_id", "238c53 ", "87 163 159 244", " 159c29 0", VERDICT_LOW, NULL, NULL},
    {"de_tax_id", "Steuer-ID ", "36 574 261 809", "", VERDICT_PASS, NULL, NULL},
    {"gps", "Latitude([", "3.9807075, -5.00733806", ", 1.69539491]", VERDICT_LOW, NULL, NULL},
    {"gps", "coordinates    ", "0.167000   0.000000", "   0.167000 (", VERDICT_REJECT, NULL, NULL},
    {"phone_intl", "rescale 222 ", "+2.00100000000", " -> NaN", VERDICT_REJECT, NULL, NULL},
    {"phone_intl", "<voice>", "+44.2079460958", "</voice>", VERDICT_PASS, NULL, NULL},
    {"nanp", "number=\"", "2013052500", "\"", VERDICT_REJECT, NULL, NULL},
    {"sin", "N asterisk ; B 91 ", "219 509 601", " ;", VERDICT_LOW, NULL, NULL},
    {"card", "2358 2105 lineto\n", "4929 3813 3266 4295", " curveto\n", VERDICT_LOW, NULL, NULL},
    {"card", "card\n", "4929 3813 3266 4295", " visa\n", VERDICT_PROVED, NULL, NULL},
    {"card_cvv", "[\"::1/", "128", "\"]", VERDICT_REJECT, NULL, "cidr"},
    {"card_expiry_field", "Expires: Sat, 01 ", "Jun 2019", " 22:26:18 GMT", VERDICT_REJECT, NULL, NULL},
    {"postcode", "list(zip(range(", "20000", ")", VERDICT_LOW, NULL, "zip"},
    {"gps", "northeast:\n  lng: ", "38.6937", "\n", VERDICT_LOW, NULL, "lng"},
    {"gps", "  max_latitude: ", "70.0922", "\n", VERDICT_LOW, NULL, "max_latitude"},
    {"gps", "<coordinates>", "-87.6549,41.9537", ",0 -87.6555,41.9537,0", VERDICT_LOW, NULL, NULL},
    {"gps", "-87.6549,41.9537,0 ", "-87.6555,41.9537", ",0</coordinates>", VERDICT_LOW, NULL, NULL},
    {"gps", "<coordinates>", "-87.6549,41.9537", ",0</coordinates>", VERDICT_PASS, NULL, NULL},
    {"au_medicare", "CVE-", "2026-40226-1", ".patch", VERDICT_REJECT, NULL, NULL},
    {"phone_intl", "nanoival(\"", "+2013-01-04 15", ":00:00", VERDICT_REJECT, NULL, NULL},
    {"phone_national", "    lng: ", "116.1474999", "\n", VERDICT_REJECT, NULL, NULL},
    {"phone_national", "mobiel: ", "06.12345678", "\n", VERDICT_PASS, NULL, NULL},
    {"phone_intl", "und ", "+922 337 203 685", " 477,5807", VERDICT_REJECT, NULL, NULL},
    {"birth_date", "$Id: birthday.bst,v 1.6 ", "2003/09/14", " 09:47:49", VERDICT_LOW, NULL, NULL},
    {"birth_date", "born ", "2003/09/14", " 00:00:00", VERDICT_PASS, NULL, NULL},
    {"birth_date", "dob,", "2003/09/14", " 09:47:49", VERDICT_PASS, NULL, "dob"},
    {"person_name", "Full Name:\n  ", "URI", ":http://a.test/crl", VERDICT_REJECT, NULL, NULL},
};

static void test_what_programs_write_for_programs_is_no_secret_and_nobodys(void)
{
    check(written_by_programs, G_N_ELEMENTS(written_by_programs));
}

static const Around codes_and_labels[] = {
    {"password_setting", "DLG_Password=\"", "Clave:", "\"", VERDICT_REJECT, NULL, NULL},
    {"password_setting", "$labels['password'] = '", "Heslo", "';", VERDICT_REJECT, NULL, NULL},
    {"password_setting", "password = '", "Blueheron", "';", VERDICT_PASS, NULL, NULL},
    {"password_setting", "['password'] = '", "Nasnav", "';", VERDICT_REJECT, "po/localization/ku/labels.inc", NULL},
    {"password_setting", "is_done ? 'tests-pass' : '", "tests-fail", "'", VERDICT_REJECT, NULL, NULL},
    {"bare_setting", "self.p4passwd = ", "p4passwd", "\n", VERDICT_REJECT, NULL, NULL},
    {"bare_setting", "new_password=", "passwords[0])", "\n", VERDICT_LOW, NULL, NULL},
    {"bare_setting", "pwd_value = ", "vec![0", "; LEN];", VERDICT_LOW, NULL, NULL},
    {"bare_setting", "MYSQL_PASSWORD= ", "FILTER=integration", " npm", VERDICT_REJECT, NULL, NULL},
    {"environment_password", "\"DNS_PASSWORD\":\t", "Account", " password`", VERDICT_REJECT, NULL, NULL},
    {"environment_password", "PGPASSWORD=", "blueheron", " psql", VERDICT_PASS, NULL, NULL},
    {"setting", "clip_path_nonrectangular\": \"", "37de34740cef2897effc9de5e6726ef3955a3449d0fa6a92", "\"",
        VERDICT_REJECT, NULL, NULL},
    {"setting", "GITHUB_PAT = \"", "37de34740cef2897effc9de5e6726ef3955a3449d0fa6a92", "\"", VERDICT_PASS, NULL, NULL},
    {"setting", "_ACCESS_TOKEN = \"", "OS-OAUTH1:access_token", "\"", VERDICT_REJECT, NULL, NULL},
    {"setting", "private_key=\"", "pkcs11:manufacturer=piv_II;id=%01", "\"", VERDICT_REJECT, NULL, NULL},
    {"setting", "PSA_KEY_TYPE_AES:\"", "2b7e151628aed2a6abf7158809cf4f3c", "\"", VERDICT_REJECT, NULL, NULL},
    {"setting", "AUTH=\"", "-u$WSREP_SST_OPT_USER4", "\"", VERDICT_REJECT, NULL, NULL},
    {"setting", "AUTH_FIELD':'", "text/swriter/01/04120229.html#bm_id3154570", "'", VERDICT_REJECT, NULL, NULL},
    {"keyed_token", "gandi authZone, err := ", "d.findZoneByFqdn7x9", "(fqdn)", VERDICT_REJECT, NULL, NULL},
    {"bare_setting", "decryptionPassword=", "#Decryption", " password", VERDICT_LOW, NULL, NULL},
    {"password_setting", ":type force_password: `", "`bool", "``", VERDICT_REJECT, NULL, NULL},
    {"password_setting", "test \"$linkmode,$pass\" = \"", "prog,link", "\"", VERDICT_REJECT, NULL, NULL},
    {"password_setting", "test \"$pass\" = \"", "blue,heron9", "\"", VERDICT_PASS, NULL, NULL},
    {"password_setting", "\"https://a.test/password\" \"", "curl/7.88.1", "\"", VERDICT_REJECT, NULL, NULL},
    {"password_setting", "passes=\"", "blueheron", "\"", VERDICT_REJECT, NULL, NULL},
    {"password_setting", "passe=\"", "blueheron", "\"", VERDICT_PASS, NULL, NULL},
    {"password_setting", "\"os-admin-password\": \"", "rule:admin_or_owner", "\"", VERDICT_REJECT, NULL, NULL},
    {"password_setting", "of type password: \"", "float64", "\"", VERDICT_REJECT, NULL, NULL},
    {"bare_setting", "$password = ", "naspasswd($ARGV[1]", ", 1);", VERDICT_REJECT, NULL, NULL},
    {"bare_setting", "password = ", "args[++i].toCharArray()", ";", VERDICT_LOW, NULL, NULL},
    {"bare_setting", "userpwd = ", "paste0(user", ", p)", VERDICT_LOW, NULL, NULL},
    {"bare_setting", "password = ", "hB3!x(q7)Tz", "", VERDICT_PASS, NULL, NULL},
    {"bare_setting", "fq_user, password:", "len()>0", " and", VERDICT_LOW, NULL, NULL},
    {"bare_setting", "pass := ", "!isEmpty(object)", "\n", VERDICT_LOW, NULL, NULL},
    {"bare_setting", "crypt_pwd = ", "malloc(2", " * len", VERDICT_LOW, NULL, NULL},
    {"bare_setting", "password = ", "pDialog->getInput().utf8_str()", ";", VERDICT_LOW, NULL, NULL},
    {"bare_setting", "password: ", "Heron(7)!x", "\n", VERDICT_PASS, NULL, NULL},
    {"bare_setting", "id=\"i:id:GhcPass:", "Outputable:203", "\"", VERDICT_REJECT, NULL, NULL},
    {"bare_setting", "[type=password]:", "focus{border:1px", " solid", VERDICT_REJECT, NULL, NULL},
    {"bare_setting", "password-scheme-sodium: ", "ARGON2I", " - print", VERDICT_REJECT, NULL, NULL},
    {"password_setting", "\"set-password\": \"", "{{GENDER:$2|用戶}}「$2」嘅密碼已經更新咗。", "\"", VERDICT_REJECT,
        NULL, NULL},
    {"bare_key", "import_privkey_SOURCES = ", "pkcs11/pkcs11-import-url7-k2y.c", "\n", VERDICT_REJECT, NULL, NULL},
    {"bare_key", "token: ", "rsa_pkcs8_1024_des3_sha1.der", "\n", VERDICT_REJECT, NULL, NULL},
    {"bare_key", "key: ", "node-modules-linux-b0cdba5caf54763b1b6ad7cf1158d53d", "\n", VERDICT_REJECT, NULL, NULL},
    {"aws_secret", "<meta name=\"csrf-token\" content=\"", "Nx5L82ecREvi7kyDhCUXzfGd9DVhK6M69xvwkE3C", "\"",
        VERDICT_REJECT, NULL, NULL},
    {"bare_key", "key: ", "PSA_ALG_CBC_PKCS7", "\n", VERDICT_REJECT, NULL, NULL},
    {"setting", "'cookieValidationKey' => '", "q7Rf2mX9cV4tL8sB1nK6", "'", VERDICT_PASS, NULL, NULL},
    {"bare_key", "X-Google-Sender-Auth: ", "q7Rf2mX9cV4tL8sB1nK6", "\n", VERDICT_REJECT, NULL, NULL},
    {"setting", "testKeyECThumbprint = \"", "zedj-Bd1Zshp8KLePv2MB-lJ_Hagp7wAwdkA0NUTniU", "\"", VERDICT_REJECT, NULL,
        NULL},
    {"setting", "Sec-WebSocket-Key: \"", "dGhlIHNhbXBsZSBub25jZQ==", "\"", VERDICT_REJECT, NULL, NULL},
    {"setting", "Authorization: Digest username=\"", "75af8a3500f771e58a52093a25e7905d", "\"", VERDICT_REJECT, NULL,
        NULL},
    {"setting", "check \"DH_get0_key\" \"", "ac_cv_func_DH_get0_key", "\"", VERDICT_REJECT, NULL, NULL},
    {"setting", "XAUTH \"", "/usr/X11R6/bin/xauth", "\"", VERDICT_REJECT, NULL, NULL},
    {"setting", "rightauth=\"", "rsa-2048-ecdsa-256-sha256-sha384-sha512", "\"", VERDICT_REJECT, NULL, NULL},
    {"setting", "apiKey = \"", "k1dnz1Dd0rzTBjjFFh7CXPnrF12C49B1", "\"", VERDICT_PASS, NULL, NULL},
    {"bare_key", "AUTH_MAGIC_NUMBER = ", "-0xa0dbcafecafe1234L", ";", VERDICT_LOW, NULL, NULL},
    {"key_armour", "startswith(b\"", "-----BEGIN OPENSSH PRIVATE KEY-----", "\\n\")", VERDICT_REJECT, NULL, NULL},
    {"key_armour", "Example: ", "-----BEGIN RSA PRIVATE KEY-----", " -----END RSA", VERDICT_REJECT, NULL, NULL},
    {"key_armour", "key: \"", "-----BEGIN RSA PRIVATE KEY-----", "\\nMIIE", VERDICT_PASS, NULL, NULL},
    {"noted_password", "pw:", "slave2/db1/name/pw", "", VERDICT_REJECT, NULL, NULL},
    {"column_password", "| svc | ", "Zx9-Plum-Tr33", " | x |", VERDICT_PASS, NULL, "Password"},
    {"column_password", "| svc | `", "Zx9-Plum-Tr33", "` |", VERDICT_PASS, NULL, "Password"},
    {"column_password", "7  ", "Zx9-Plum-Tr33", "   active", VERDICT_PASS, NULL, "Password"},
    {"column_password", "(7, '", "Zx9-Plum-Tr33", "'), ", VERDICT_PASS, NULL, "password"},
    {"column_password", "| 7 | ", "scram-sha-256", " | x |", VERDICT_REJECT, NULL, "Password"},
    {"column_password", ",set to ", "Zx9-Plum-Tr33", ",", VERDICT_REJECT, NULL, "password"},
    {"bank_account_told", "acct ", "4294967296", "", VERDICT_REJECT, NULL, NULL},
    {"bank_account_told", "Acct-Id = '", "00000002", "'", VERDICT_REJECT, NULL, NULL},
    {"es_nif_loose", "-n $USER -", "V19800101", ":1", VERDICT_WEAK, NULL, NULL},
    {"es_nif_loose", "\"", "20000101Z", "\"", VERDICT_WEAK, NULL, NULL},
};

static void test_code_labels_and_what_is_public_by_its_name_are_no_secrets(void)
{
    check(codes_and_labels, G_N_ELEMENTS(codes_and_labels));
}

static void test_one_of_many_numbers_is_part_of_what_they_are_together(void)
{
    static const Around cases[] = {
        {"card", "", "4929 3813 3266 4295", "", VERDICT_PROVED, NULL, NULL},
        {"card", "(6660 6669) ", "4929 3813 3266 4295", "))", VERDICT_LOW, NULL, NULL},
        {"card", "(\"irc\" 6669 ", "4929 3813 3266 4295", "))", VERDICT_LOW, NULL, NULL},
        {"card", "points=\"", "3675 3600 8700 3600", "\"", VERDICT_WEAK, NULL, NULL},
        {"card", "", "2680 0028 2681 0029", ";0", VERDICT_WEAK, NULL, NULL},
        {"card", "id ", "4929381332664295", ",", VERDICT_PASS, NULL, NULL},
        {"card", "ieee754(", "4929381332664295", ",-47)", VERDICT_WEAK, NULL, NULL},
        {"card", "id ", "4929381332664295", ",", VERDICT_PASS, NULL, "order_total_card"},
        {"card", "id ", "4929381332664295", ",", VERDICT_PASS, NULL, "order_that_is_named_at_great_length"},
        {"card", "id ", "4929381332664295", ",", VERDICT_REJECT, NULL, "Tracking Number"},
        {"card", "id ", "4929 3813 3266 4295", ",", VERDICT_PROVED, NULL, "order"},
        {"card", "x = -", "4929381332664295", "", VERDICT_PASS, NULL, NULL},
        {"card", "S(-", "4929381332664295", ")", VERDICT_WEAK, NULL, NULL},
        {"card", "+ ", "4929381332664295", "*t**12", VERDICT_WEAK, NULL, NULL},
        {"sin", "", "250 235 215", "", VERDICT_WEAK, NULL, NULL},
        {"ssn", "", "718 16 1503", "", VERDICT_PASS, NULL, NULL},
        {"ssn", "f f 718 ", "718 16 1503", " 1505", VERDICT_LOW, NULL, NULL},
        {"card_expiry_field", "expires: ", "2026-11", "", VERDICT_PASS, NULL, NULL},
        {"card_expiry_field", "expires: ", "2026-11", "-30T17", VERDICT_REJECT, NULL, NULL},
        {"postcode", "easy-zip\t0.0.4\t", "20883", "\t", VERDICT_LOW, NULL, NULL},
        {"postcode", "easy-zip\t0.0.4\t", "20883", "\t", VERDICT_LOW, NULL, "size"},
        {"postcode", "Main\t4\t", "20883", "\t", VERDICT_PASS, NULL, "zip_code"},
        {"postcode", "easy-zip\t", "20883", "\t", VERDICT_PASS, NULL, NULL},
        {"driving_licence_intl", "us-west-2:", "123456789012", ":license", VERDICT_REJECT, NULL, NULL},
        {"driving_licence_intl", "licence:", "123456789012", "", VERDICT_PASS, NULL, NULL},
        {"sin", "(22 ", "171 567 738", ")", VERDICT_LOW, NULL, NULL},
        {"sin", "(SIN ", "171 567 738", ")", VERDICT_PASS, NULL, NULL},
        {"sin", "(", "171 567 738", ")", VERDICT_PASS, NULL, NULL},
        {"cl_rut", "rut 0 002 @ ", "02604760", " v 0000", VERDICT_LOW, NULL, NULL},
        {"cl_rut", "rut ", "02604760", " v", VERDICT_WEAK, NULL, NULL},
        {"record_number", "permit 0 001 @ ", "06549661", " n", VERDICT_LOW, NULL, NULL},
        {"record_number", "permit ", "06549661", " n", VERDICT_PASS, NULL, NULL},
        {"licence_number", "license number n 1 1 ", "06425808", "", VERDICT_LOW, NULL, NULL},
        {"licence_number", "license number ", "06425808", "", VERDICT_PASS, NULL, NULL},
    };

    check(cases, G_N_ELEMENTS(cases));
}

static void test_what_serves_everybody_is_nobodys(void)
{
    static const Around cases[] = {
        {"nanp", "call ", "408-957-2550", " now", VERDICT_PASS, NULL, NULL},
        {"nanp", "call ", "408-957-2550", ", 24 hours a day", VERDICT_LOW, NULL, NULL},
        {"nanp", "call ", "408-957-2550", "\nopen 24 hours a day", VERDICT_PASS, NULL, NULL},
        {"nanp", "phone ", "800-555-0132", "", VERDICT_LOW, NULL, NULL},
        {"phone_intl", "English: ", "+49 89 4366 5544", ", Monday-Friday", VERDICT_LOW, NULL, NULL},
        {"phone_intl", "call ", "+1 800-555-0132", "", VERDICT_LOW, NULL, NULL},
        {"phone_intl", "call ", "+855 912 34567", "", VERDICT_PASS, NULL, NULL},
        {"phone_intl", "call ", "+49 89 4366 5544", "", VERDICT_PASS, NULL, NULL},
        {"postcode", "zip ", "65535", "", VERDICT_REJECT, NULL, NULL},
        {"postcode", "zip ", "65536", "", VERDICT_REJECT, NULL, NULL},
        {"postcode", "zip ", "65534", "", VERDICT_PASS, NULL, NULL},
        {"gps", "coordinates: ", "5.000000, 23.000000", "", VERDICT_REJECT, NULL, NULL},
        {"gps", "coordinates: ", "5.000000, 23.000001", "", VERDICT_PASS, NULL, NULL},
        {"gps", "coordinates: ", "nan, 23.000001", "", VERDICT_REJECT, NULL, NULL},
        {"birth_date", "urls with Django ", "3.2.25", " documentation", VERDICT_LOW, NULL, NULL},
        {"birth_date", "born ", "30.2.1985", "", VERDICT_REJECT, NULL, NULL},
        {"birth_date", "birth day (eg: ", "2002-02-01", ")", VERDICT_LOW, NULL, NULL},
        {"birth_date", "birth day (e.g. ", "2002-02-01", ")", VERDICT_LOW, NULL, NULL},
        {"birth_date", "birth day (", "2002-02-01", ")", VERDICT_PASS, NULL, NULL},
        {"birth_date", "born 1970, today is ", "2002-02-01", ")", VERDICT_LOW, NULL, NULL},
        {"birth_date", "her birthday is ", "2002-02-01", ")", VERDICT_PASS, NULL, NULL},
        {"birth_date", "born on Wed ", "May 13 11", ":49", VERDICT_REJECT, NULL, NULL},
        {"birth_date", "born on Wed ", "May 13 11", ", at", VERDICT_PASS, NULL, NULL},
        {"phone_intl", "a number such as ", "+49 89 4366 5544", "", VERDICT_LOW, NULL, NULL},
        {"phone_intl", "For example, <code>", "+49 89 4366 5544", "", VERDICT_LOW, NULL, NULL},
        {"phone_intl", "bob@example.com ", "+49 89 4366 5544", "", VERDICT_PASS, NULL, NULL},
        {"birth_date", "the leg ", "2002-02-01", ")", VERDICT_PASS, NULL, NULL},
    };

    clock_freeze_ms(1762682400000); /* 2025-11-09 */
    check(cases, G_N_ELEMENTS(cases));
    clock_freeze_ms(-1);
}

/* The same number in a letter and in what everybody reads. */
static void test_what_stands_in_manuals_sources_and_listings_is_of_tier_low(void)
{
#define PHONE(before, verdict, path)                                                                                   \
    {                                                                                                                  \
        "nanp", before, "415-555-0132", "", verdict, path, NULL                                                        \
    }
    static const Around cases[] = {
        PHONE("phone ", VERDICT_PASS, NULL),
        PHONE("phone ", VERDICT_PASS, "mail/letter.txt"),
        PHONE("phone ", VERDICT_LOW, "docs/manual.rst"),
        PHONE("phone ", VERDICT_LOW, "share/man/man4/initrd.4.gz"),
        PHONE("phone ", VERDICT_LOW, "i18n/locales/de_AT"),
        PHONE("phone ", VERDICT_LOW, "main.c"),
        PHONE("phone ", VERDICT_PASS, ".c"),
        PHONE("phone ", VERDICT_PASS, "list.csv"),
        PHONE("<span class=\"s1\">phone ", VERDICT_LOW, "page.html"),
        PHONE("<span class=\"hljs-number\">", VERDICT_LOW, "page.html"),
        PHONE("phone ", VERDICT_LOW, "share/doc/a/changelog.gz"),
        PHONE("phone ", VERDICT_LOW, "share/doc/a/NEWS.gz"),
        PHONE("phone ", VERDICT_PASS, "newsletter/list.txt"),
        PHONE("<span class=\"number\">", VERDICT_LOW, "page.html"),
        PHONE("<span class=\"phone\">", VERDICT_PASS, "page.html"),
        PHONE("<span class=\"s1\">phone</span> ", VERDICT_PASS, "page.html"),
        PHONE("<span class=\"s1", VERDICT_PASS, "page.html"),
    };
#undef PHONE

    check(cases, G_N_ELEMENTS(cases));
}

/* `<latitude><minutes>52.560001</minutes>` */
static void test_minutes_of_a_degree_are_no_place(void)
{
    static const Around cases[] = {
        {"gps", "", "52.560001", "", VERDICT_PASS, NULL, NULL},
        {"gps", "", "52.560001", "", VERDICT_PASS, NULL, "latitude"},
        {"gps", "", "52.560001", "", VERDICT_REJECT, NULL, "minutes"},
        {"gps", "", "52.560001", "", VERDICT_REJECT, NULL, "seconds"},
    };

    check(cases, G_N_ELEMENTS(cases));
}

/* What stands for names in tables of codes, in programs and in sentences. */
static void test_a_word_is_no_name_where_others_stand(void)
{
    static const Around cases[] = {
        {"likely_full_name", "\"name\": \"", "Santiago Rodriguez", "\"", VERDICT_PASS, NULL, "name"},
        {"likely_full_name", "\"code\": \"DO-26\", \"name\": \"", "Santiago Rodriguez", "\"", VERDICT_LOW, NULL,
            "name"},
        {"likely_full_name", "\"code\": \"C1026\", \"name\": \"", "Santiago Rodriguez", "\"", VERDICT_PASS, NULL,
            "name"},
        {"likely_full_name", " code=\"DO-26\" name=\"", "Santiago Rodriguez", "\"", VERDICT_LOW, NULL, "name"},
        {"likely_full_name", "\"alpha_3\": \"sjk\", \"name\": \"", "Santiago Rodriguez", "\"", VERDICT_LOW, NULL,
            "name"},
        {"likely_full_name", "\"code\": \"DO-2600\", \"name\": \"", "Santiago Rodriguez", "\"", VERDICT_PASS, NULL,
            "name"},
        {"person_name", "full name: ", "QueueFull", "", VERDICT_LOW, NULL, NULL},
        {"person_name", "full name: ", "DosLoadModule", "(", VERDICT_LOW, NULL, NULL},
        {"person_name", "full name: ", "NSString", "", VERDICT_LOW, NULL, NULL},
        {"person_name", "full name: ", "KeyName", "", VERDICT_LOW, NULL, NULL},
        {"person_name", "full name: ", "LaToya", "", VERDICT_PASS, NULL, NULL},
        {"person_name", "full name: ", "KOWALCZYK", "", VERDICT_PASS, NULL, NULL},
        {"person_name", "full name: ", "MacDonald", "", VERDICT_PASS, NULL, NULL},
        {"person_name", "full name: ", "FitzGerald", "", VERDICT_PASS, NULL, NULL},
        {"person_name", "full name: ", "Instead", "", VERDICT_REJECT, NULL, NULL},
        {"script_name", "氏名: ", "山田 太郎", "", VERDICT_PASS, NULL, NULL},
        {"script_name", "名前: ", "やまだ たろう", "", VERDICT_PASS, NULL, NULL},
        {"script_name", "名前は", "山田太郎です", "", VERDICT_PASS, NULL, NULL},
        {"script_name", "名前は", "山田太郎、年齢は", "", VERDICT_PASS, NULL, NULL},
        {"script_name", "名前は", "登録されるすべて", "", VERDICT_REJECT, NULL, NULL},
        {"script_name", "名前は", "、すべての自己参", "", VERDICT_REJECT, NULL, NULL},
        {"script_name", "名前は", "アルファベット、", "", VERDICT_LOW, NULL, NULL},
        {"in_pan", "PAN ", "HIMAX8279D", " panels", VERDICT_PASS, NULL, NULL},
        {"in_pan", "FOR BOE ", "HIMAX8279D", " PANELS", VERDICT_WEAK, NULL, NULL},
        {"es_nif_loose", "DNI ", "54362315K", "", VERDICT_PASS, NULL, NULL},
        {"es_nif_loose", "download/", "54362315K", ".pdf", VERDICT_LOW, NULL, NULL},
        {"card_cvv", "\"href\": [212, 250], \"z\": 7, \"a\": 212, \"b\": 212, \"c\": 1, \"d\": 2, \"cid\": ", "212",
            ", ", VERDICT_REJECT, NULL, "cid"},
        {"card_cvv", "\"a\": 212, \"b\": \"x\", \"c\": 1, \"d\": 2, \"e\": 2, \"f\": 3, \"cid\": ", "212", ", ",
            VERDICT_PASS, NULL, "cid"},
        {"postcode", "zip = '", "94105", "'", VERDICT_PASS, NULL, NULL},
        {"postcode", "WHERE zip = '", "94105", "'", VERDICT_LOW, NULL, NULL},
        {"us_street", "address = '", "1 Main St.", "'", VERDICT_LOW, NULL, NULL},
        {"us_street", "address = '", "11 Main St.", "'", VERDICT_PASS, NULL, NULL},
        {"phone_trunk", "phone ", "0123456789", "", VERDICT_LOW, NULL, NULL},
        {"phone_trunk", "phone ", "0133456798", "", VERDICT_PASS, NULL, NULL},
    };

    check(cases, G_N_ELEMENTS(cases));
}

/* What a program gives to a password, and what nobody keeps secret. */
static void test_calls_types_times_and_rows_of_keys_are_no_passwords(void)
{
    static const Around cases[] = {
        {"password_setting", "password: \"", "Tr4il-Mix-77", "\"", VERDICT_PASS, NULL, NULL},
        {"password_setting", "password: \"", "asdf", "\"", VERDICT_LOW, NULL, NULL},
        {"password_setting", "pwd = \"", "abcDEF---", "\"", VERDICT_LOW, NULL, NULL},
        {"password_setting", "password = '", "-anonymous@", "'", VERDICT_LOW, NULL, NULL},
        {"password_setting", "password = '", "Tr4il#@", "'", VERDICT_PASS, NULL, NULL},
        {"password_setting", "\"password\": \"", "2016-09-08T21:47:36Z", "\"", VERDICT_REJECT, NULL, NULL},
        {"bare_setting", "password := ", "GetAddress2(Library", "\n", VERDICT_LOW, NULL, NULL},
        {"bare_setting", "password := ", "q1w2e3(r4t5", "\n", VERDICT_PASS, NULL, NULL},
        {"bare_setting", "password=", "CVE-2026-70461", "\n", VERDICT_REJECT, NULL, NULL},
        {"setting", "data_key = ", "_mm256_shuffle_epi32", " (data", VERDICT_REJECT, NULL, NULL},
    };

    check(cases, G_N_ELEMENTS(cases));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/surroundings/code-labels-and-what-is-public-by-its-name-are-no-secrets",
        test_code_labels_and_what_is_public_by_its_name_are_no_secrets);
    g_test_add_func("/detect/surroundings/what-programs-write-for-programs-is-no-secret-and-nobodys",
        test_what_programs_write_for_programs_is_no_secret_and_nobodys);
    g_test_add_func("/detect/surroundings/one-of-many-numbers-is-part-of-what-they-are-together",
        test_one_of_many_numbers_is_part_of_what_they_are_together);
    g_test_add_func("/detect/surroundings/what-serves-everybody-is-nobodys", test_what_serves_everybody_is_nobodys);
    g_test_add_func("/detect/surroundings/what-stands-in-manuals-sources-and-listings-is-of-tier-low",
        test_what_stands_in_manuals_sources_and_listings_is_of_tier_low);
    g_test_add_func("/detect/surroundings/minutes-of-a-degree-are-no-place", test_minutes_of_a_degree_are_no_place);
    g_test_add_func(
        "/detect/surroundings/a-word-is-no-name-where-others-stand", test_a_word_is_no_name_where_others_stand);
    g_test_add_func("/detect/surroundings/calls-types-times-and-rows-of-keys-are-no-passwords",
        test_calls_types_times_and_rows_of_keys_are_no_passwords);
    return g_test_run();
}

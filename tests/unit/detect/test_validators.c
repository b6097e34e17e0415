/* Every fact about a number comes from somewhere else: the place is named beside it. */
#include "base/clock.h"
#include "validator_testing.h"

#include <string.h>

typedef struct Case {
    const char *validator;
    const char *value;
    Verdict verdict;
    const char *source;
} Case;

static const Case financial_cases[] = {
    {"card", "4111 1111 1111 1111", VERDICT_PROVED, "Visa's test number"},
    {"card", "4111111111111111", VERDICT_WEAK, "Visa's test number"},
    {"card", "4012888888881881", VERDICT_PASS, "Visa's test number"},
    {"card", "4222222222222", VERDICT_WEAK, "Visa's test number of 13 digits"},
    {"card", "5555-5555-5555-4444", VERDICT_PROVED, "Mastercard's test number"},
    {"card", "2223003122003222", VERDICT_PASS, "Mastercard's test number of the 2 series"},
    {"card", "378282246310005", VERDICT_PASS, "American Express's test number"},
    {"card", "3714-496353-98431", VERDICT_PROVED, "American Express's test number"},
    {"card", "6011111111111117", VERDICT_PASS, "Discover's test number"},
    {"card", "3530111333300000", VERDICT_PASS, "JCB's test number"},
    {"card", "30569309025904", VERDICT_WEAK, "Diners Club's test number of 14 digits"},
    {"card", "6200000000000005", VERDICT_PASS, "UnionPay's test number"},
    {"card", "6304000000000000", VERDICT_PASS, "Maestro's test number"},
    {"card", "4917610000000000003", VERDICT_WEAK, "Visa's test number of 19 digits"},
    {"card", "4111111111111112", VERDICT_REJECT, "Luhn: one digit changed"},
    {"card", "4111111111111", VERDICT_REJECT, "Luhn: cut short"},
    {"card", "378282246310005000", VERDICT_REJECT, "American Express has 15 digits"},
    {"card", "9999999999999995", VERDICT_REJECT, "no issuer begins with 9"},
    {"card", "0000000000000000", VERDICT_REJECT, "right by Luhn, yet no issuer"},
    {"card", "79927398713", VERDICT_REJECT, "Luhn's example in ISO/IEC 7812: eleven digits"},
    {"card_track", "%B4111111111111111^DOE/JANE^2512101000000000?", VERDICT_PROVED, "ISO/IEC 7813"},
    {"card_track", ";4111111111111111=25121010000000000000?", VERDICT_PROVED, "ISO/IEC 7813"},
    {"card_track", ";4111111111111111=25131010000000000000?", VERDICT_REJECT, "month 13"},
    {"card_track", ";4111111111111112=25121010000000000000?", VERDICT_REJECT, "Luhn"},
    {"card_track", ";4111111111111111=25", VERDICT_REJECT, "cut short"},
    {"iban", "GB82 WEST 1234 5698 7654 32", VERDICT_PROVED, "SWIFT IBAN registry"},
    {"iban", "DE89370400440532013000", VERDICT_PROVED, "SWIFT IBAN registry"},
    {"iban", "FR1420041010050500013M02606", VERDICT_PROVED, "SWIFT IBAN registry"},
    {"iban", "NO9386011117947", VERDICT_PROVED, "SWIFT IBAN registry: the shortest"},
    {"iban", "BE68539007547034", VERDICT_PROVED, "SWIFT IBAN registry"},
    {"iban", "MT84MALT011000012345MTLCAST001S", VERDICT_PROVED, "SWIFT IBAN registry"},
    {"iban", "LC55HEMM000100010012001200023015", VERDICT_PROVED, "SWIFT IBAN registry"},
    {"iban", "SC18SSCB11010000000000001497USD", VERDICT_PROVED, "SWIFT IBAN registry"},
    {"iban", "BR1800360305000010009795493C1", VERDICT_PROVED, "SWIFT IBAN registry"},
    {"iban", "RU0304452522540817810538091310419", VERDICT_PROVED, "SWIFT IBAN registry: the longest"},
    {"iban", "SA0380000000608010167519", VERDICT_PROVED, "SWIFT IBAN registry"},
    {"iban", "XK051212012345678906", VERDICT_PROVED, "SWIFT IBAN registry"},
    {"iban", "GB82 WEST 1234 5698 7654 33", VERDICT_REJECT, "MOD 97: one digit changed"},
    {"iban", "DE8937040044053201300", VERDICT_REJECT, "Germany has 22 characters"},
    {"iban", "ZZ89370400440532013000", VERDICT_REJECT, "no such country"},
    {"aba", "111000025", VERDICT_PASS, "the American Bankers Association's example"},
    {"aba", "121000358", VERDICT_PASS, "Presidio's test data"},
    {"aba", "021000021", VERDICT_PASS, "JPMorgan Chase, New York"},
    {"aba", "0711-0130-7", VERDICT_PASS, "Presidio's test data"},
    {"aba", "111000026", VERDICT_REJECT, "one digit changed"},
    {"aba", "421000005", VERDICT_REJECT, "no Federal Reserve prefix 42"},
    {"bic", "DEUTDEFF500", VERDICT_WEAK, "ISO 9362: Deutsche Bank"},
    {"bic", "NEDSZAJJXXX", VERDICT_WEAK, "ISO 9362: Nedbank"},
    {"bic", "CHASUS33", VERDICT_WEAK, "ISO 9362: JPMorgan Chase"},
    {"bic", "COMPUTER", VERDICT_REJECT, "UT is no country"},
    {"bank_account", "20240131", VERDICT_REJECT, "a day of the calendar"},
    {"bank_account", "20241331", VERDICT_PASS, "no day of the calendar"},
    {"imei", "49-015420-323751-8", VERDICT_PASS, "GSMA's example"},
    {"imei", "490154203237517", VERDICT_REJECT, "Luhn"},
};

static const Case personal_cases[] = {
    {"email", "jane.roe+list@example.co.uk", VERDICT_PASS, "RFC 5321"},
    {"email", "MAX@EXAMPLE.DE", VERDICT_PASS, "RFC 5321: domains have no case"},
    {"email", "a@xn--bcher-kva.xn--p1ai", VERDICT_PASS, "RFC 5890"},
    {"email", "icon@2x.png", VERDICT_REJECT, "IANA root zone: no png"},
    {"email", ".a@example.de", VERDICT_REJECT, "RFC 5321: dot-string"},
    {"email", "a.@example.de", VERDICT_REJECT, "RFC 5321: dot-string"},
    {"email", "a..b@example.de", VERDICT_REJECT, "RFC 5321: dot-string"},
    {"email", "a@-example.de", VERDICT_REJECT, "RFC 1035: labels"},
    {"email", "a@example", VERDICT_REJECT, "no top-level domain"},
    {"email", "a@example.test", VERDICT_LOW, "RFC 2606: kept for tests and texts"},
    {"email", "a@example.invalid", VERDICT_REJECT, "RFC 2606: never resolved"},
    {"nanp", "415-555-2671", VERDICT_PASS, "NANPA: NPA-NXX-XXXX"},
    {"nanp", "(650) 253-0000", VERDICT_PASS, "libphonenumber's example"},
    {"nanp", "1 506 234 5678", VERDICT_PASS, "libphonenumber's example, Canada"},
    {"nanp", "2015550123", VERDICT_WEAK, "libphonenumber's example, bare"},
    {"nanp", "115-555-2671", VERDICT_REJECT, "NANPA: N is 2-9"},
    {"nanp", "415-155-2671", VERDICT_REJECT, "NANPA: N is 2-9"},
    {"nanp", "911-555-2671", VERDICT_REJECT, "NANPA: N11"},
    {"nanp", "415-411-2671", VERDICT_REJECT, "NANPA: N11"},
    {"nanp", "295-555-2671", VERDICT_REJECT, "NANPA: N9X is kept for expansion"},
    {"phone_intl", "+44 121 234 5678", VERDICT_PASS, "libphonenumber's example"},
    {"phone_intl", "+44 (0)20 7946 0958", VERDICT_PASS, "Ofcom: numbers for drama"},
    {"phone_intl", "+49 30 123456", VERDICT_PASS, "libphonenumber's example"},
    {"phone_intl", "+33 1 23 45 67 89", VERDICT_PASS, "libphonenumber's example"},
    {"phone_intl", "+81 3-1234-5678", VERDICT_PASS, "libphonenumber's example"},
    {"phone_intl", "+1 201-555-0123", VERDICT_PASS, "libphonenumber's example"},
    {"phone_intl", "+35312345678", VERDICT_PASS, "libphonenumber's example, Ireland"},
    {"phone_intl", "+44 121 234 567890", VERDICT_REJECT, "Ofcom: at most ten digits"},
    {"phone_intl", "+210 123 4567", VERDICT_REJECT, "ITU: 210 is not assigned"},
    {"phone_intl", "+1 911 555 0123", VERDICT_REJECT, "NANPA: N11"},
    {"ipv4", "81.2.69.142", VERDICT_PASS, "MaxMind's test data"},
    {"ipv4", "192.168.1.1", VERDICT_LOW, "RFC 1918"},
    {"ipv4", "172.31.255.255", VERDICT_LOW, "RFC 1918"},
    {"ipv4", "172.32.0.1", VERDICT_PASS, "RFC 1918: just outside"},
    {"ipv4", "100.127.0.1", VERDICT_LOW, "RFC 6598"},
    {"ipv4", "203.0.113.9", VERDICT_LOW, "RFC 5737"},
    {"ipv4", "8.8.8.8", VERDICT_LOW, "a public resolver"},
    {"ipv4", "1.12.3.4", VERDICT_LOW, "a version"},
    {"ipv4", "256.1.1.1", VERDICT_REJECT, "RFC 791"},
    {"ipv4", "81.2.069.142", VERDICT_REJECT, "leading zero"},
    {"birth_date", "1984-03-12", VERDICT_PASS, "Gregorian calendar"},
    {"birth_date", "29.02.2000", VERDICT_PASS, "Gregorian calendar: 2000 is a leap year"},
    {"birth_date", "29.02.1900", VERDICT_REJECT, "Gregorian calendar: 1900 is none"},
    {"birth_date", "12/31/1999", VERDICT_PASS, "month first"},
    {"birth_date", "13/13/1999", VERDICT_REJECT, "no month 13"},
    {"birth_date", "19840312", VERDICT_PASS, "ISO 8601 basic"},
    {"birth_date", "3/12/84", VERDICT_PASS, "two-digit year"},
    {"birth_date", "12 March 1984", VERDICT_PASS, "month by name"},
    {"birth_date", "February 30, 1984", VERDICT_REJECT, "no such day"},
    {"birth_date", "1904-12-31", VERDICT_REJECT, "121 years ago (the clock stands at 2025-11-09)"},
    {"birth_date", "2026-01-01", VERDICT_REJECT, "next year (the clock stands at 2025-11-09)"},
    {"vin", "1M8GDM9AXKP042788", VERDICT_PROVED, "the usual example of a check character X"},
    {"vin", "5GZCZ43D13S812715", VERDICT_PROVED, "zint's test data"},
    {"vin", "1M8GDM9A1KP042788", VERDICT_REJECT, "check character changed"},
    {"vin", "WVWZZZ1JZ3W386752", VERDICT_PASS, "Europe: no check character"},
    {"vin", "WVWZZZ1JZ3W38675O", VERDICT_REJECT, "ISO 3779: no O"},
};

static const Case government_cases[] = {
    {"ssn", "536-22-8145", VERDICT_PASS, "SSA's rules"},
    {"ssn", "536228145", VERDICT_WEAK, "bare"},
    {"ssn", "000-22-8145", VERDICT_REJECT, "SSA: area 000"},
    {"ssn", "666-22-8145", VERDICT_REJECT, "SSA: area 666"},
    {"ssn", "900-22-8145", VERDICT_REJECT, "SSA: area 900 up"},
    {"ssn", "536-00-8145", VERDICT_REJECT, "SSA: group 00"},
    {"ssn", "536-22-0000", VERDICT_REJECT, "SSA: serial 0000"},
    {"ssn", "987-65-4320", VERDICT_SAMPLE, "SSA: for advertisements"},
    {"ssn", "987-65-4330", VERDICT_REJECT, "SSA: area 900 up"},
    {"itin", "987-65-4329", VERDICT_REJECT, "SSA: for advertisements"},
    {"itin", "912-70-1234", VERDICT_PASS, "IRS, ITIN ranges: 70-88"},
    {"itin", "912-50-1234", VERDICT_PASS, "IRS, ITIN ranges: 50-65"},
    {"itin", "912-66-1234", VERDICT_REJECT, "IRS, ITIN ranges: 66-69 unused"},
    {"itin", "912-89-1234", VERDICT_REJECT, "IRS, ITIN ranges: 89 unused"},
    {"itin", "912-93-1234", VERDICT_REJECT, "IRS, ITIN ranges: 93 unused"},
    {"ein", "91-1144442", VERDICT_PASS, "python-stdnum's example"},
    {"ein", "07-1144442", VERDICT_REJECT, "IRS: no campus 07"},
    {"nino", "AB 12 34 56 C", VERDICT_PASS, "HMRC NIM39110"},
    {"nino", "QQ123456C", VERDICT_REJECT, "HMRC's specimen: Q is not used"},
    {"nino", "GB123456C", VERDICT_REJECT, "HMRC: GB is not allotted"},
    {"nino", "AO123456C", VERDICT_REJECT, "HMRC: no O in the second place"},
    {"nino", "AB123456E", VERDICT_REJECT, "HMRC: A to D"},
    {"utr", "1955839661", VERDICT_PASS, "python-stdnum's example"},
    {"utr", "2955839661", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"uk_driving_licence", "MORGA657054SM9IJ", VERDICT_PASS, "DVLA's specimen (born 5 July 1964)"},
    {"uk_driving_licence", "MORGA673054SM9IJ", VERDICT_REJECT, "no month 73"},
    {"sin", "123-456-782", VERDICT_PASS, "python-stdnum's example"},
    {"sin", "999-999-999", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"sin", "046 454 286", VERDICT_WEAK, "the usual example, but 0 is only for numbers of the tax office"},
    {"tfn", "123 456 782", VERDICT_PASS, "python-stdnum's example"},
    {"tfn", "876543210", VERDICT_PASS, "ATO's test number"},
    {"tfn", "81854402", VERDICT_PASS, "Datadog's test of numbers with eight digits"},
    {"tfn", "81854403", VERDICT_REJECT, "the same with another check digit"},
    {"tfn", "999 999 999", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"aadhaar", "4987 3216 5402", VERDICT_PASS, "made with python-stdnum"},
    {"aadhaar", "498732165402", VERDICT_WEAK, "the same, bare"},
    {"aadhaar", "2341 2341 2346", VERDICT_WEAK, "python-stdnum's example: columns that repeat"},
    {"aadhaar", "2341 2341 2347", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"aadhaar", "6433 4312 1346", VERDICT_REJECT, "a palindrome"},
    {"in_pan", "ACUPA7085R", VERDICT_PASS, "python-stdnum's example"},
    {"in_pan", "ACUQA7085R", VERDICT_REJECT, "no holder of kind Q"},
    {"in_pan", "ACUQA1234R", VERDICT_LOW, "no holder of kind Q, but digits as in samples"},
    {"cpf", "390.533.447-05", VERDICT_PROVED, "python-stdnum's example"},
    {"cpf", "231.002.999-00", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"nric", "S9108268C", VERDICT_PASS, "Presidio's test data"},
    {"nric", "M4332674T", VERDICT_PASS, "Presidio's test data, series of 2022"},
    {"nric", "S9108268D", VERDICT_LOW, "check letter changed"},
    {"passport", "A12345678", VERDICT_PASS, "no check digit"},
    {"passport", "000000000", VERDICT_REJECT, "one digit repeated"},
};

static const Case europe_cases[] = {
    {"de_tax_id", "36 574 261 809", VERDICT_PASS, "python-stdnum's example"},
    {"de_tax_id", "86095742719", VERDICT_WEAK, "ELSTER's test number"},
    {"de_tax_id", "65929970489", VERDICT_WEAK, "ELSTER's test number: a digit three times"},
    {"de_tax_id", "36574261890", VERDICT_REJECT, "python-stdnum's counter-example: check digit"},
    {"de_tax_id", "36554266806", VERDICT_REJECT, "python-stdnum's counter-example: repetition"},
    {"de_tax_id", "12345678903", VERDICT_LOW, "right check digit, no repetition"},
    {"es_nif", "54362315-K", VERDICT_PASS, "python-stdnum's example of a DNI"},
    {"es_nif", "54362315Z", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"es_nif", "X-2482300W", VERDICT_PASS, "python-stdnum's example of an NIE"},
    {"es_nif", "X2482300A", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"es_nif", "J99216582", VERDICT_PASS, "python-stdnum's example of a CIF"},
    {"es_nif", "U00011237", VERDICT_REJECT, "no province 00 (and the end of a Unicode escape)"},
    {"es_nif", "J99216583", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"codice_fiscale", "RCCMNL83S18D969H", VERDICT_PROVED, "python-stdnum's example"},
    {"codice_fiscale", "MRTMTT25D09F205Z", VERDICT_PROVED, "the usual specimen: Matteo Moretti, Milan, 9 April 1925"},
    {"codice_fiscale", "RCCMNL83S18D967H", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"nir", "2 95 10 99 126 111 93", VERDICT_PROVED, "python-stdnum's example"},
    {"nir", "295109912611193", VERDICT_PASS, "the same, bare"},
    {"nir", "295109912611199", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"nir", "253072B07300470", VERDICT_PASS, "python-stdnum's example from Corsica"},
    {"nir", "125125331241431", VERDICT_WEAK, "right, but one of 13 rows of strokes in glibc's locale cns11643"},
    {"nir", "322204444444448", VERDICT_WEAK, "right, but a sex and month of those whose birth is not known"},
    {"bsn", "1112.22.333", VERDICT_PASS, "python-stdnum's example"},
    {"bsn", "40645678", VERDICT_PASS, "stdnum-js: a leading zero is missing"},
    {"bsn", "1112.52.333", VERDICT_REJECT, "python-stdnum's counter-example"},
    {"pesel", "44051401359", VERDICT_WEAK, "python-stdnum's example"},
    {"pesel", "44051401358", VERDICT_REJECT, "python-stdnum's counter-example"},
};

static const Case health_cases[] = {
    {"npi", "1234567893", VERDICT_PASS, "CMS: NPI check digit calculation"},
    {"npi", "1234567890", VERDICT_REJECT, "CMS: NPI check digit calculation"},
    {"dea", "BB1388568", VERDICT_PASS, "Presidio's test data"},
    {"dea", "BB1388569", VERDICT_REJECT, "check digit changed"},
    {"dea", "ZB1388568", VERDICT_REJECT, "no registrant Z"},
    {"mbi", "1EG4-TE5-MK73", VERDICT_PASS, "CMS: Understanding the MBI"},
    {"mbi", "1SG4-TE5-MK73", VERDICT_REJECT, "CMS: no S"},
    {"mbi", "0EG4-TE5-MK73", VERDICT_REJECT, "CMS: first is 1-9"},
    {"nhs", "943 476 5919", VERDICT_PASS, "NHS Data Dictionary's example"},
    {"nhs", "9434765919", VERDICT_WEAK, "the same, bare"},
    {"nhs", "943-476-5919", VERDICT_WEAK, "the same, as a phone number is written"},
    {"nhs", "943 476 5918", VERDICT_REJECT, "check digit changed"},
};

/* Prefixes and armour are put together here, so that this file does not look like one that leaks. */
static const Case secret_cases[] = {
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

static const Case password_cases[] = {
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

static const Case catalogue_cases[] = {
    {"crypto_address", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", VERDICT_PROVED, "Bitcoin's genesis block"},
    {"crypto_address", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", VERDICT_REJECT, "one character changed"},
    {"crypto_address", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", VERDICT_PROVED, "BIP 173"},
    {"crypto_address", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", VERDICT_PROVED, "BIP 350"},
    {"crypto_address", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", VERDICT_PROVED, "EIP-55"},
    {"crypto_address", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", VERDICT_REJECT, "EIP-55: a capital missing"},
    {"wif", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", VERDICT_PROVED, "Bitcoin wiki"},
    {"secp256k1_key", "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", VERDICT_REJECT, "SEC 2: n"},
    {"mrz", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10", VERDICT_PROVED,
        "ICAO Doc 9303-4"},
    {"mrz", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C37UTO7408122F1204159ZE184226B<<<<<10", VERDICT_REJECT,
        "its check digit changed"},
    {"de_id_card", "T220001293", VERDICT_PASS, "Bundesdruckerei's specimen"},
    {"de_id_card", "T220001294", VERDICT_REJECT, "check digit"},
    {"de_id_card_checked", "C01234565", VERDICT_PASS, "Presidio's test: the ninth checks the others"},
    {"de_id_card_checked", "C01234567", VERDICT_REJECT, "Presidio's test"},
    {"de_id_card_checked", "T22000129", VERDICT_PASS, "the first cards of plastic"},
    {"de_id_card_zone", "T220001293D", VERDICT_PASS, "Bundesdruckerei's specimen"},
    {"de_id_card_zone", "T220001294D", VERDICT_REJECT, "check digit"},
    {"de_id_card_zone", "T22000129364081252010315D4", VERDICT_PROVED, "stdnum-js: all check digits"},
    {"de_id_card_zone", "T22000129364081252010315D9", VERDICT_REJECT, "stdnum-js: the last is wrong"},
    {"de_rvnr", "15070649C103", VERDICT_PASS, "Deutsche Rentenversicherung"},
    {"kvnr", "A123456780", VERDICT_PASS, "GKV-Spitzenverband"},
    {"fi_hetu", "131052-308T", VERDICT_PROVED, "Digital and Population Data Services Agency"},
    {"fi_hetu", "131052-308U", VERDICT_REJECT, "check character"},
    {"se_number", "811218-9876", VERDICT_PASS, "Skatteverket, SKV 704"},
    {"no_number", "15108695088", VERDICT_WEAK, "python-stdnum no.fodselsnummer"},
    {"dk_cpr", "211062-5629", VERDICT_WEAK, "python-stdnum dk.cpr"},
    {"be_nrn", "85.07.30-033 28", VERDICT_PASS, "python-stdnum be.nn"},
    {"be_nrn", "66.02.30-001.14", VERDICT_REJECT, "no 30 February, though the remainder is right"},
    {"be_nrn", "88.02.29-001.21", VERDICT_PASS, "a 29 February; 97 - 880229001 mod 97"},
    {"bic", "DOCUMENT", VERDICT_REJECT, "a word: ME is Montenegro"},
    {"bic", "SOGEFRPP", VERDICT_WEAK, "Société Générale"},
    {"bic", "SOLADEST", VERDICT_WEAK, "Landesbank Baden-Württemberg"},
    {"named_asian_number", "2691799209173", VERDICT_PASS, "python-stdnum th.pin, of no province"},
    {"th_id", "2691799209173", VERDICT_REJECT, "likewise: without its name nothing tells it"},
    {"ch_ahv", "756.9217.0769.85", VERDICT_PROVED, "python-stdnum ch.ssn"},
    {"pt_nif", "501964843", VERDICT_WEAK, "python-stdnum pt.nif"},
    {"ie_pps", "6433435F", VERDICT_PASS, "python-stdnum ie.pps"},
    {"fr_spi", "3023217600053", VERDICT_PASS, "OECD"},
    {"partita_iva", "00743110157", VERDICT_WEAK, "python-stdnum it.iva"},
    {"eu_vat", "DE136695976", VERDICT_PASS, "python-stdnum de.vat"},
    {"eu_vat", "ATU13585627", VERDICT_PASS, "python-stdnum at.uid"},
    {"eu_vat", "DE123456789", VERDICT_LOW, "a sample, its check digit is wrong"},
    {"eu_vat", "BG175074752", VERDICT_PASS, "python-stdnum bg.vat"},
    {"eu_vat", "BG175074751", VERDICT_REJECT, "python-stdnum bg.vat"},
    {"eu_vat", "CY-10259033P", VERDICT_PASS, "python-stdnum cy.vat"},
    {"eu_vat", "CY-10259033Z", VERDICT_REJECT, "python-stdnum cy.vat"},
    {"eu_vat", "CZ 25123891", VERDICT_PASS, "python-stdnum cz.dic"},
    {"eu_vat", "CZ 25123890", VERDICT_REJECT, "python-stdnum cz.dic"},
    {"eu_vat", "CZ 7103192745", VERDICT_PASS, "python-stdnum cz.dic: a person"},
    {"eu_vat", "CZ 640903926", VERDICT_PASS, "python-stdnum cz.dic: a special case"},
    {"eu_vat", "Fr K7399859412", VERDICT_PASS, "python-stdnum fr.tva: a letter in the key"},
    {"eu_vat", "IE 8D79739I", VERDICT_PASS, "python-stdnum ie.vat: as until 2012"},
    {"eu_vat", "IE 8D79739J", VERDICT_REJECT, "python-stdnum ie.vat"},
    {"eu_vat", "LT 100001919017", VERDICT_PASS, "python-stdnum lt.pvm: a person"},
    {"eu_vat", "LT 100001919018", VERDICT_REJECT, "python-stdnum lt.pvm"},
    {"eu_vat", "LV 40003521600", VERDICT_PASS, "python-stdnum lv.pvn"},
    {"eu_vat", "LV 40003521601", VERDICT_REJECT, "python-stdnum lv.pvn"},
    {"eu_vat", "GBHA599", VERDICT_PASS, "python-stdnum gb.vat: a health authority"},
    {"eu_vat", "BE403019261", VERDICT_PASS, "python-stdnum be.vat: without its first zero"},
    {"partita_iva", "IT 00743110157", VERDICT_PASS, "python-stdnum it.iva"},
    {"es_nif", "M1234567L", VERDICT_PASS, "python-stdnum es.nif: a foreigner without an NIE"},
    {"es_nif_loose", "1111111G", VERDICT_PASS, "python-stdnum es.dni: without its first zero"},
    {"il_id", "3933742-3", VERDICT_WEAK, "python-stdnum il.idnr: without its first zero"},
    {"il_id", "3933742-2", VERDICT_REJECT, "python-stdnum il.idnr"},
    {"eu_vat", "DE136695978", VERDICT_REJECT, "python-stdnum de.vat"},
    {"cnpj", "16.727.230/0001-97", VERDICT_PROVED, "python-stdnum br.cnpj"},
    {"cnpj", "12.ABC.345/01DE-35", VERDICT_PROVED, "Receita Federal"},
    {"curp", "BOXW310820HNERXN09", VERDICT_PROVED, "python-stdnum mx.curp"},
    {"rfc", "GODE561231GR8", VERDICT_PASS, "SAT"},
    {"cl_rut", "76.086.428-5", VERDICT_PASS, "python-stdnum cl.rut"},
    {"ar_cuit", "20-05536168-2", VERDICT_PASS, "python-stdnum ar.cuit"},
    {"co_nit", "213.123.432-1", VERDICT_PASS, "python-stdnum co.nit"},
    {"pe_ruc", "20512333797", VERDICT_PASS, "python-stdnum pe.ruc"},
    {"pe_ruc", "20512333798", VERDICT_REJECT, "python-stdnum pe.ruc"},
    {"ec_ruc", "171430710-3", VERDICT_PASS, "python-stdnum ec.ci"},
    {"ec_ruc", "171430710-4", VERDICT_REJECT, "check digit"},
    {"ec_ruc", "1792060346-001", VERDICT_PASS, "python-stdnum ec.ruc"},
    {"ec_ruc", "1792060347-001", VERDICT_REJECT, "python-stdnum ec.ruc"},
    {"uy_ci", "1.111.111-1", VERDICT_PASS, "weights 2 9 8 7 6 3 4: 39 + 1"},
    {"uy_ci", "1.111.111-2", VERDICT_REJECT, "check digit"},
    {"nordic_any", "131052-308T", VERDICT_PASS, "Digital and Population Data Services Agency"},
    {"nordic_any", "811228-9874", VERDICT_PASS, "Skatteverket's specimen"},
    {"nordic_any", "811228-9875", VERDICT_REJECT, "check digit, and no day 81"},
    {"kr_resident", "971013-9019902", VERDICT_PROVED, "python-stdnum kr.rrn: born in the 1800s"},
    {"cn_resident", "11010519491231002X", VERDICT_PROVED, "GB 11643-1999"},
    {"th_id", "1-2345-45678-78-1", VERDICT_PROVED, "python-stdnum th.pin"},
    {"hk_id", "G123456(A)", VERDICT_PASS, "Immigration Department of Hong Kong"},
    {"tw_id", "AB12345677", VERDICT_WEAK, "stdnum-js: a permit of before 2020"},
    {"tw_id", "AB12345678", VERDICT_REJECT, "check digit"},
    {"tw_id", "A123456789", VERDICT_PASS, "Ministry of the Interior of Taiwan"},
    {"jp_my_number", "123456789018", VERDICT_WEAK, "ordinance 85 of 2014"},
    {"tr_tckn", "17291716060", VERDICT_WEAK, "python-stdnum tr.tckimlik"},
    {"za_id", "7503305044089", VERDICT_WEAK, "python-stdnum za.idnr"},
    {"in_gstin", "27AAPFU0939F1ZV", VERDICT_PROVED, "python-stdnum in_.gstin"},
    {"in_gstin", "27AAPFU0939F1ZW", VERDICT_REJECT, "python-stdnum in_.gstin"},
    {"au_abn_acn", "83 914 571 673", VERDICT_PASS, "python-stdnum au.abn"},
    {"sg_uen", "T01FC6132D", VERDICT_PASS, "python-stdnum sg.uen"},
    {"udi", "(01)09521234543213", VERDICT_PROVED, "GS1 General Specifications"},
    {"udi", "+A123BJC5D6E71G", VERDICT_PROVED, "ANSI/HIBC 2.6"},
    {"mac", "FF:FF:FF:FF:FF:FF", VERDICT_REJECT, "IEEE 802: broadcast"},
    {"mac", "08:00:2b:01:02:03", VERDICT_LOW, "PostgreSQL documentation, macaddr"},
    {"mac", "08:00:2b:01:02:83", VERDICT_PASS, "the same, not counted up"},
    {"ipv6", "2001:db8::1", VERDICT_LOW, "RFC 3849"},
    {"ipv6", "2606:2800:220:1:248:1893:25c8:1946", VERDICT_PASS, "a public address"},
    {"ipv6", "2001::25de::cade", VERDICT_REJECT, "RFC 4291: two gaps"},
    {"aws_secret", "AmazonS3/latest/dev/RequesterPaysBuckets", VERDICT_REJECT, "a path of the documentation"},
};

static void check(const Case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Case *test = &cases[i];
        /* A copy of exactly that size: reading past the end is seen by the sanitizer. */
        size_t len = strlen(test->value);
        g_autofree uint8_t *copy = g_memdup2(test->value, len);
        Verdict verdict = judge_alone(test->validator, (Bytes){.data = copy, .len = len});
        if (verdict != test->verdict)
            g_test_message("%s %s (%s): %d", test->validator, test->value, test->source, verdict);
        g_assert_cmpint(verdict, ==, test->verdict);
    }
}

static void test_financial_numbers_are_judged_as_their_issuers_say(void)
{
    check(financial_cases, G_N_ELEMENTS(financial_cases));
}

static void test_personal_data_are_judged_as_their_plans_say(void)
{
    clock_freeze_ms(1762682400000); /* 2025-11-09 */
    check(personal_cases, G_N_ELEMENTS(personal_cases));
    clock_freeze_ms(-1);
}

static void test_numbers_of_states_are_judged_as_the_states_say(void)
{
    check(government_cases, G_N_ELEMENTS(government_cases));
    check(europe_cases, G_N_ELEMENTS(europe_cases));
}

static void test_numbers_of_health_care_are_judged_as_their_issuers_say(void)
{
    check(health_cases, G_N_ELEMENTS(health_cases));
}

static void test_numbers_of_the_whole_catalogue_are_judged_as_published(void)
{
    check(catalogue_cases, G_N_ELEMENTS(catalogue_cases));
}

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

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SettingCase *test = &cases[i];
        const Surroundings surroundings = {
            .value = {(const uint8_t *)test->value, strlen(test->value)},
            .before = {(const uint8_t *)test->before, strlen(test->before)},
            .after = {(const uint8_t *)test->after, strlen(test->after)},
        };
        g_test_message("%s%s", test->before, test->value);
        g_assert_cmpint(context_validator_find(test->validator)(&surroundings), ==, test->verdict);
    }
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

static void test_credentials_are_told_from_placeholders(void)
{
    check(secret_cases, G_N_ELEMENTS(secret_cases));
    check(password_cases, G_N_ELEMENTS(password_cases));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/validators/numbers-of-the-whole-catalogue-are-judged-as-published",
        test_numbers_of_the_whole_catalogue_are_judged_as_published);
    g_test_add_func("/detect/validators/a-number-in-a-row-of-numbers-is-of-no-interest",
        test_a_number_in_a_row_of_numbers_is_of_no_interest);
    g_test_add_func("/detect/validators/a-setting-is-judged-with-what-stands-around-it",
        test_a_setting_is_judged_with_what_stands_around_it);
    g_test_add_func("/detect/validators/financial-numbers-are-judged-as-their-issuers-say",
        test_financial_numbers_are_judged_as_their_issuers_say);
    g_test_add_func("/detect/validators/a-name-is-told-from-other-capitalised-words",
        test_a_name_is_told_from_other_capitalised_words);
    g_test_add_func("/detect/validators/personal-data-are-judged-as-their-plans-say",
        test_personal_data_are_judged_as_their_plans_say);
    g_test_add_func("/detect/validators/numbers-of-states-are-judged-as-the-states-say",
        test_numbers_of_states_are_judged_as_the_states_say);
    g_test_add_func("/detect/validators/numbers-of-health-care-are-judged-as-their-issuers-say",
        test_numbers_of_health_care_are_judged_as_their_issuers_say);
    g_test_add_func(
        "/detect/validators/credentials-are-told-from-placeholders", test_credentials_are_told_from_placeholders);
    g_test_add_func("/detect/validators/a-version-a-coordinate-and-a-public-id-are-told-by-what-stands-around-them",
        test_a_version_a_coordinate_and_a_public_id_are_told_by_what_stands_around_them);
    return g_test_run();
}

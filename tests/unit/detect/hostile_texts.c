#include "hostile_texts.h"

#include <string.h>
#include <time.h>

enum { CHUNK = 64 * 1024 };

/* So often. */
#define X8(text)    text text text text text text text text
#define X2048(text) X8(X8(X8(text text text text)))

const HostileText hostile_texts[] = {
    {"ordinary", "", "2024-03-01 10:15:02 INFO request served in 12 ms by worker-7, see the log for more of it\n"},
    {"one letter", "", "a"},
    {"digits", "", "1234567890"},
    {"zeros", "", "0"},
    {"dashes", "", "-"},
    {"at signs", "", "@"},
    {"at signs between letters", "", "a@"},
    {"dots", "", "a.a.a."},
    {"domains without an end", "x@", "a."},
    {"long local parts", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@1 "},
    {"groups of digits", "", "4242 "},
    {"groups with dashes", "", "123-45-"},
    {"dotted numbers", "", "1.2.3."},
    {"colons", "", "a:b:"},
    {"hexadecimal groups", "", "fe80:"},
    {"pluses", "", "+44 20 7946 "},
    {"capitals", "", "AB12CD34"},
    {"capitals and spaces", "", "GB82 WEST "},
    {"empty lines", "", "\n"},
    {"spaces", "", " "},
    {"NUL bytes", "", "\1\2\3"},
    {"lines of CR", "", "x\r"},
    {"assignments", "", "key="},
    {"assignments of nothing", "", "password=\n"},
    {"assignments of quotes", "", "secret=\"\" "},
    {"assignments in assignments", "", "api_key=token="},
    {"a value without an end", "api_key = ", "a1B2c3D4"},
    {"keywords", "", "card ssn passport iban password "},
    {"keywords and numbers", "", "ssn 123456789,"},
    {"keywords in one word", "", "cardSsnPassportIban"},
    {"card numbers", "", "4242 4242 4242 4242 "},
    {"quotes", "", "\""},
    {"quotes that do not close", "", "\"a,"},
    {"cells", "", "a,b,"},
    {"rows of one cell", "a,b\n", "1,2\n"},
    {"a table of many columns", "name,ssn\n", ","},
    {"JSON arrays", "", "["},
    {"JSON objects", "", "{\"a\":"},
    {"JSON keys", "{", "\"ssn\":1,"},
    {"JSON strings", "[", "\"\\\\\\\"\","},
    {"XML elements", "", "<a>"},
    {"XML attributes", "<a ", "b='c' "},
    {"XML comments", "", "<!--"},
    {"XML that closes", "", "</a>"},
    {"YAML lists", "", "- "},
    {"YAML keys", "", "a: "},
    {"YAML lines", "", "a:\n  b:\n"},
    {"base64 of one letter", "", "QUFB"},
    {"base64 of base64", "", "UVVGQg=="},
    {"base64 of base64 without an end", "", "VVZWR1Fr"},
    {"base64 of numbers", "", "NDI0MiA0MjQyIDQyNDIgNDI0Mg"},
    {"lines of base64", "", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n"},
    {"base64 that may begin anywhere", "", "-aGVs"},
    {"base64 of UTF-16", "", "YQBhAGEA"},
    {"hexadecimal of text", "", "6162636465666768"},
    {"marks of hexadecimal", "", "0x"},
    {"mail escapes of letters", "", "=41"},
    {"mail escapes", "", "=3D"},
    {"mail lines", "", "a=\n"},
    {"URL escapes", "", "%40"},
    {"URL escapes of percent", "", "%25"},
    {"JSON escapes", "", "\\u0040"},
    {"entities", "", "&#64;"},
    {"entities by name", "", "&quot;"},
    {"entities without an end", "", "&amp"},
    {"gzip of one letter", "",
        "H4sIAAAAAAACA+"
        "3BMQEAAADCoKzrX8IaHkABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAArwaH+uIboIYBAA== "},
    {"deflate of numbers", "",
        "7cmhDQAgDACwV7hh2UUkSCaW8D+eBzA1Na2z5+"
        "qRkfFSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSiml"
        "lFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUk"
        "oppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSimllFJKKaWUUkoppZRSSiml"
        "lFJKKaWUUkoppZRSSimllFJK/a4L "},
    {"names of gzip without an end", "", "H4sICP////////////////////////////////// "},
    {"gzip without an end", "x: H4sIAAAAAAACA+3BMQEAAADC", "AAAA"},
    {"fields of forms", "", "&a=b+c"},
    {"forms of one field", "", "?a=b+c+d+e+f+g+h "},
    {"forms without a blank", "", "?a=b&a=b?a"},
    {"octal escapes", "", "\\101"},
    {"braces of escapes", "", "\\u{40}"},
    {"slashes of PHP", "", ":\\/\\/"},
    {"bytes with blanks", "", "41 "},
    {"bytes of no text", "", "00 "},
    {"arrays of bytes", "", "0x41, "},
    {"values before their names", "[", "{\"value\":\"1\",\"name\":\"ssn\"},"},
    {"rows shorter than their header", "ssn,name,a,b,c,d\n", "1,2,3,4\n"},
    {"lines that end with CR alone", "ssn,name,a\r", "1,2,3\r"},
    {"arrays of decimal bytes", "", "97, "},
    {"arrays of decimal bytes that are no text", "", "97,98,99,100,101,102,103,104,7,"},
    {"numbers of small values", "", "12,34,56,78,90,"},
    {"lines of a dump", "", "00000000: 4141 4141 4141 4141 4141 4141 4141 4141  AAAAAAAAAAAAAAAA\n"},
    {"words of two letters", "", "an "},
    {"numbers of two digits", "", "41 41 41 41 41 41 7f "},
    {"lines of JSON of base64", "", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\\n"},
    {"begin marks", "", "-----BEGIN RSA PRIVATE KEY-----\n"},
    {"a key without an end", "-----BEGIN RSA PRIVATE KEY-----\n", "MIIEpAIBAAKCAQEA"},
    {"tokens of three parts", "", "eyJhbGciOiJIUzI1NiJ9."},
    {"addresses of the web", "", "http://a:b@"},
    {"prefixes of tokens", "", "AKIA ghp_ sk_live_ xoxb- glpat- AIza "},
    {"half characters", "", "\xC3"},
    {"no break spaces", "", "\xC2\xA0"},
    {"noise", "", NULL},
    {"prefixes without a value", "", "apikey"},
    {"keywords of one rule", "", "card badge number "},
    {"values that touch in one word", "wwwwwwwwwwwwwwwwwwww", "tok_abcdefghijklmnop."},
    {"continuation bytes", "card ", "\x80\x80\x80\x80"},
    {"serial numbers", "", "#\n"},
    {"JSON keys that never come back", "{", "\"ssn#\":#,"},
    {"JSON below a keyword, in brackets", "{\"ssn\":[", "[[]],"},
    {"JSON that goes down below keywords", "", "{\"ssn\":{\"iban\":["},
    {"XML elements that never come back", "<x>", "<a#>1</a#>"},
    {"XML elements that nobody closes", "<x>", "<ssn>1<p>2"},
    {"rows of SQL", "INSERT INTO t (ssn,b) VALUES ", "('a','#'),"},
    {"strings of SQL that nobody closes", "INSERT INTO t (ssn,b) VALUES ", "('a\\'),"},
    {"brackets of SQL", "INSERT INTO t (ssn,b) VALUES ", "("},
    {"comments of SQL", "INSERT INTO t (ssn,b) VALUES ", "/*,"},
    {"tables of SQL that never come back", "", "CREATE TABLE t# (ssn# int);\n"},
    {"columns of SQL", "CREATE TABLE t (", "ssn#,"},
    {"statements of SQL", "CREATE TABLE t (ssn int, b int);\n", "INSERT INTO t VALUES (1,2);\n"},
    {"beginnings of statements", "", "insert into \n"},
    {"rulers of printed tables", " a | ssn\n", "---+---\n"},
    {"headers of printed tables", "", "ssn   iban   name\n\n"},
    {"a line of blanks", "", " "},
    {"YAML keys that never come back", "", "ssn#: #\n"},
    {"columns and rows of numbers", "ssn,iban,name\n", "#,#,#\n"},
    {"addresses that never come back", "", "a#@b#.com "},
    {"fields of many values, far from their beginning", "[",
        "{\"name\":\"ssn\",\"value\":\"" X8(X2048(",,")) X2048("#;") "\"},"},
    {"dates without their card", "", "exp 12/27 "},
    {"names and numbers", "", "password=#a#b# "},
};

const size_t hostile_text_count = G_N_ELEMENTS(hostile_texts);

static void ignore_match(G_GNUC_UNUSED void *data, G_GNUC_UNUSED const Match *match)
{
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Random bytes are the same each time. */
static void fill_noise(GString *chunk, GRand *random)
{
    while (chunk->len < CHUNK)
        g_string_append_c(chunk, (char)g_rand_int_range(random, 1, 256));
}

static void fill(GString *chunk, const char *piece, uint32_t *serial)
{
    bool has_serial = strchr(piece, '#') != NULL && piece[1] != '\0';

    while (chunk->len < CHUNK) {
        for (const char *at = piece; *at != '\0'; at++) {
            if (has_serial && *at == '#')
                g_string_append_printf(chunk, "%09u", ++*serial);
            else
                g_string_append_c(chunk, *at);
        }
    }
}

static double feed(Detector *detector, const GString *chunk)
{
    g_autoptr(GError) error = NULL;
    double start = cpu_seconds();

    g_assert_true(detector_feed(detector, chunk->str, chunk->len, &error));
    return cpu_seconds() - start;
}

double hostile_seconds(Detector *detector, const HostileText *text, Tier min_tier, uint64_t bytes)
{
    const DetectorOptions options = {.min_tier = min_tier, .handler = ignore_match};
    g_autoptr(GString) chunk = g_string_new(text->before);
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    g_autoptr(GError) error = NULL;
    uint32_t serial = 0;
    double seconds = 0;

    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    for (uint64_t fed = 0; fed < bytes; fed += chunk->len) {
        if (fed > 0)
            g_string_truncate(chunk, 0);
        if (text->piece != NULL)
            fill(chunk, text->piece, &serial);
        else
            fill_noise(chunk, random);
        seconds += feed(detector, chunk);
    }
    double start = cpu_seconds();
    g_assert_true(detector_end(detector, &error));
    return seconds + cpu_seconds() - start;
}

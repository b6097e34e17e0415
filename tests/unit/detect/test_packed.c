/* Values in compressed text that stands encoded in a text. */
#include "detect_testing.h"

#include <string.h>
#include <zlib.h>

typedef struct Range {
    size_t start, end;
} Range;

typedef struct PackedCase {
    const char *what, *text;
    Range places[2]; /* the characters that the first and last byte of the value are read from at the latest */
} PackedCase;

/* Packed by Python's zlib and base64; places by unpacking them there byte by byte. */
static const PackedCase cases[] = {
    {"gzip in base64",
        "data: "
        "H4sIAAAAAAACAz2NSw7CMAxErzIHoJX6oy1cgRU3CIkBS0lc1c6C25OyYGWNn9/"
        "4TpGcErIY6QXpA39EVnT90IxTc56XFS4H2Jv2H0hSpzzBdj2WkIP8tXWZm/"
        "PUjEPftbjV0wTetCQEibJD2eAS2QlespI3srLDBd5YPecXKHKFSqEKIC6apP6mtFWZs+fAoWRDMUT3qPXtF5YVRcnCAAAA\nmore: 1\n",
        {{87, 100}, {123, 136}}},
    {"zlib in base64",
        "{\"z\":\"eNo9jUsOwjAMRK8yB6CV+qMtXIEVNwiJAUtJXNXOgtuTsmBljZ/f+E6RnBKyGOkF6QN/RFZ0/"
        "dCMU3OelxUuB9ib9h9IUqc8wXY9lpCD/"
        "LV1mZvz1IxD37W41dME3rQkBImyQ9ngEtkJXrKSN7KywwXeWD3nFyhyhUqhCiAumqT+prRVmbPnwKFkQzFE96j17Rc/yUII\"}",
        {{76, 89}, {112, 125}}},
    {"zlib of the fastest kind",
        "{\"z\":\"eAE9jUsOwjAMRK8yB6CV+qMtXIEVNwiJAUtJXNXOgtuTsmBljZ/f+E6RnBKyGOkF6QN/RFZ0/"
        "dCMU3OelxUuB9ib9h9IUqc8wXY9lpCD/"
        "LV1mZvz1IxD37W41dME3rQkBImyQ9ngEtkJXrKSN7KywwXeWD3nFyhyhUqhCiAumqT+prRVmbPnwKFkQzFE96j17Rc/yUII\"}",
        {{76, 89}, {112, 125}}},
    {"deflate in base64",
        "SAMLRequest=PY1LDsIwDESvMgeglfqjLVyBFTcIiQFLSVzVzoLbk7JgZY2f3/hOkZwSshjpBekDf0RWdP3QjFNznpcVLgfYm/"
        "YfSFKnPMF2PZaQg/y1dZmb89SMQ9+1uNXTBN60JASJskPZ4BLZCV6ykjeyssMF3lg95xcocoVKoQogLpqk/"
        "qa0VZmz58ChZEMxRPeo9e0X&x=1",
        {{80, 92}, {116, 128}}},
    {"deflate in base64 for URLs",
        "t=PY1LDsIwDESvMgeglfqjLVyBFTcIiQFLSVzVzoLbk7JgZY2f3_hOkZwSshjpBekDf0RWdP3QjFNznpcVLgfYm_YfSFKnPMF2PZaQg_"
        "y1dZmb89SMQ9-1uNXTBN60JASJskPZ4BLZCV6ykjeyssMF3lg95xcocoVKoQogLpqk_qa0VZmz58ChZEMxRPeo9e0X",
        {{70, 82}, {106, 118}}},
    {"gzip in base64 twice, of Helm",
        "  release: "
        "SDRzSUFBQUFBQUFDQXoyTlN3N0NNQXhFcnpJSG9KWDZveTFjZ1JVM0NJa0JTMGxjMWM2QzI1T3lZR1dObjkvNFRwR2NFcklZNlFYcEEzOUVWbl"
        "Q5MEl4VGM1NlhGUzRIMkp2MkgwaFNwenpCZGoyV2tJUDh0WFdabS9QVWpFUGZ0YmpWMHdUZXRDUUVpYkpEMmVBUzJRbGVzcEkzc3JMREJkNVlQ"
        "ZWNYS0hLRlNxRUtJQzZhcFA2bXRGV1pzK2ZBb1dSRE1VVDNxUFh0RjVZVlJjbkNBQUFB\n",
        {{119, 137}, {167, 185}}},
    {"zlib in base64 twice",
        "x="
        "ZU5vOWpVc093akFNUks4eUI2Q1YrcU10WElFVk53aUpBVXRKWE5YT2d0dVRzbUJsalovZitFNlJuQkt5R09rRjZRTi9SRlowL2RDTVUzT2VseF"
        "V1QjlpYjloOUlVcWM4d1hZOWxwQ0QvTFYxbVp2ejFJeEQzN1c0MWRNRTNyUWtCSW15UTluZ0V0a0pYcktTTjdLeXd3WGVXRDNuRnloeWhVcWhD"
        "aUF1bXFUK3ByUlZtYlBud0tGa1F6RkU5NmoxN1JjL3lVSUk=\n",
        {{95, 113}, {143, 161}}},
    {"gzip in hexadecimal, of PostgreSQL",
        "1\t\\\\x1f8b08000000000002033d8d4b0ec2300c44af3207a095faa32d5c8115370889014b495cd5ce82db93b260658d9fdff84e919c"
        "12b218e905e9037f445674fdd08c53739e97152e07d89bf61f4852a73cc1763d969083fcb575999bf3d48c43dfb5b8d5d304deb4240489"
        "b243d9e012d9095eb29237b2b2c305de583de7172872854aa10a202e9aa4fea6b45599b3e7c0a164433144f7a8f5ed17961545c9c20000"
        "00\tx\n",
        {{127, 145}, {181, 199}}},
    {"zlib in hexadecimal, of MySQL",
        "(1,"
        "0x78DA3D8D4B0EC2300C44AF3207A095FAA32D5C8115370889014B495CD5CE82DB93B260658D9FDFF84E919C12B218E905E9037F445674"
        "FDD08C53739E97152E07D89BF61F4852A73CC1763D969083FCB575999BF3D48C43DFB5B8D5D304DEB4240489B243D9E012D9095EB29237"
        "B2B2C305DE583DE7172872854AA10A202E9AA4FEA6B45599B3E7C0A164433144F7A8F5ED173FC94208)",
        {{111, 129}, {165, 183}}},
    {"gzip in lines",
        "H4sIAAAAAAACAz2NSw7CMAxErzIHoJX6oy1cgRU3CIkBS0lc1c6C25OyYGWNn9/"
        "4TpGcErIY6QXp\r\nA39EVnT90IxTc56XFS4H2Jv2H0hSpzzBdj2WkIP8tXWZm/"
        "PUjEPftbjV0wTetCQEibJD2eAS2Qle\r\nspI3srLDBd5YPecXKHKFSqEKIC6apP6mtFWZs+fAoWRDMUT3qPXtF5YVRcnCAAAA\r\n",
        {{83, 96}, {119, 132}}},
    {"gzip in lines of JSON",
        "{\"a\":\"H4sIAAAAAAACAz2NSw7CMAxErzIHoJX6oy1cgRU3CIkBS0lc1c6C25OyYGWN\\nn9/"
        "4TpGcErIY6QXpA39EVnT90IxTc56XFS4H2Jv2H0hSpzzBdj2WkIP8tXWZ\\nm/"
        "PUjEPftbjV0wTetCQEibJD2eAS2QlespI3srLDBd5YPecXKHKFSqEKIC6a\\npP6mtFWZs+fAoWRDMUT3qPXtF5YVRcnCAAAA\"}",
        {{89, 102}, {125, 140}}},
    {"gzip in lines of YAML",
        "a: |\n    H4sIAAAAAAACAz2NSw7CMAxErzIHoJX6oy1cgRU3CIkBS0lc1c6C25OyYGWNn9/4\n    "
        "TpGcErIY6QXpA39EVnT90IxTc56XFS4H2Jv2H0hSpzzBdj2WkIP8tXWZm/PUjEPf\n    "
        "tbjV0wTetCQEibJD2eAS2QlespI3srLDBd5YPecXKHKFSqEKIC6apP6mtFWZs+fA\n    oWRDMUT3qPXtF5YVRcnCAAAA\nb: 1\n",
        {{95, 108}, {131, 149}}},
    {"gzip behind a path",
        "a/b/H4sIAAAAAAACAz2NSw7CMAxErzIHoJX6oy1cgRU3CIkBS0lc1c6C25OyYGWNn9/"
        "4TpGcErIY6QXpA39EVnT90IxTc56XFS4H2Jv2H0hSpzzBdj2WkIP8tXWZm/"
        "PUjEPftbjV0wTetCQEibJD2eAS2QlespI3srLDBd5YPecXKHKFSqEKIC6apP6mtFWZs+fAoWRDMUT3qPXtF5YVRcnCAAAA",
        {{85, 98}, {121, 134}}},
    {"gzip that is cut",
        "x: "
        "H4sIAAAAAAACAz2NSw7CMAxErzIHoJX6oy1cgRU3CIkBS0lc1c6C25OyYGWNn9/"
        "4TpGcErIY6QXpA39EVnT90IxTc56XFS4H2Jv2H0hSpzzBdj2WkIP8tXWZm/"
        "PUjEPftbjV0wTetCQEibJD2eAS2QlespI3srLDBd5YPecXKHKFSqEK",
        {{84, 97}, {120, 133}}},
};

/* The value, at a place that has the characters it is read from, and few more. */
static bool is_match_at(const char *line, const char *value, const Range *place)
{
    enum { EXACT_TO = 96 };
    char *end;

    if (line == NULL || !g_str_has_prefix(line, "id.case ") || !g_str_has_suffix(line, value))
        return false;
    size_t offset = g_ascii_strtoull(line + strlen("id.case "), &end, 10);
    size_t length = g_ascii_strtoull(end + 1, NULL, 10);
    return offset <= place->start && offset + length >= place->end && offset + EXACT_TO >= place->start &&
           offset + length <= place->end + EXACT_TO;
}

static void test_values_in_compressed_text_are_found_where_they_are_read(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        size_t len = strlen(cases[i].text);
        for (size_t cut = 0; cut < len; cut++) {
            const Scan scan = {.min_tier = TIER_MEDIUM, .cut = cut};
            g_autofree char *matches = testing_scan(rules, &scan, cases[i].text, len);
            g_auto(GStrv) lines = g_strsplit(matches, "\n", -1);
            bool is_ok = g_strv_length(lines) == 3 && is_match_at(lines[0], " 123-45-6789", &cases[i].places[0]) &&
                         is_match_at(lines[1], " 987-65-4321", &cases[i].places[1]);
            if (!is_ok) {
                g_test_fail();
                g_test_message("%s, cut at %zu: %s", cases[i].what, cut, matches);
                break;
            }
        }
    }
}

static char *rows_of_numbers(unsigned count)
{
    GString *rows = g_string_new(NULL);

    for (unsigned i = 0; i < count; i++) {
        g_autofree char *hash =
            g_compute_checksum_for_string(G_CHECKSUM_MD5, rows->str + (i > 9 ? rows->len - 9 : 0), -1);
        g_string_append_printf(rows, "row %04u: %03u-45-%04u, %s\n", i, 100 + i % 800, 1000 + i % 9000, hash);
    }
    return g_string_free(rows, FALSE);
}

/* In base64. */
static char *packed(const char *text, size_t len)
{
    uLongf size = compressBound(len);
    g_autofree Bytef *bytes = g_malloc(size);

    g_assert_cmpint(compress(bytes, &size, (const Bytef *)text, len), ==, Z_OK);
    return g_base64_encode(bytes, size);
}

static char *values_of(const char *matches)
{
    GString *values = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(matches, "\n", -1);

    for (char **line = lines; **line != '\0'; line++)
        g_string_append_printf(values, "%s\n", strrchr(*line, ' ') + 1);
    return g_string_free(values, FALSE);
}

/* Longer than a window of what comes out, and than one of the text. */
static void test_long_compressed_text_is_looked_at_window_by_window(void)
{
    enum { ROWS = 20000 };
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autofree char *plain = rows_of_numbers(ROWS), *found_in_plain = testing_find(rules, plain);
    g_autofree char *once = packed(plain, strlen(plain));
    g_autofree char *twice = g_base64_encode((const guchar *)once, strlen(once));
    const char *const texts[] = {once, twice};
    g_autofree char *expected = values_of(found_in_plain);

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        const Scan whole = {.min_tier = TIER_MEDIUM}, pieces = {.min_tier = TIER_MEDIUM, .piece = 1013};
        g_autofree char *matches = testing_scan(rules, &whole, texts[i], strlen(texts[i]));
        g_autofree char *in_pieces = testing_scan(rules, &pieces, texts[i], strlen(texts[i]));
        g_autofree char *values = values_of(matches);
        g_assert_cmpstr(matches, ==, in_pieces);
        g_assert_cmpstr(values, ==, expected);
    }
}

/* In blocks of one byte each, so that hardly a byte comes out of many characters (RFC 1951, section 3.2.4). */
static char *thinly_packed(const char *text)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    g_byte_array_append(bytes, (const guint8 *)"\x78\x01", 2);
    for (const char *byte = text; *byte != '\0'; byte++) {
        const guint8 block[] = {0, 1, 0, 0xFE, 0xFF, (guint8)*byte};
        g_byte_array_append(bytes, block, sizeof block);
    }
    return g_base64_encode(bytes->data, bytes->len);
}

static void test_text_that_hardly_comes_out_is_read_to_its_end(void)
{
    enum { ROWS = 300 };
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autofree char *plain = rows_of_numbers(ROWS), *found_in_plain = testing_find(rules, plain);
    g_autofree char *encoded = thinly_packed(plain), *matches = testing_find(rules, encoded);
    g_autofree char *values = values_of(matches), *expected = values_of(found_in_plain);

    g_assert_cmpstr(values, ==, expected);
}

/* As logs do: to a tenth of their size, and with values that come again and again. */
static void test_every_value_of_much_alike_text_is_found(void)
{
    enum { ROWS = 30000 };
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(GRand) random = g_rand_new_with_seed(6);
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < ROWS; i++)
        g_string_append_printf(
            text, "case %d23-45-%d789\n", g_rand_int_range(random, 1, 5), g_rand_int_range(random, 1, 9));
    g_autofree char *encoded = packed(text->str, text->len), *matches = testing_find(rules, encoded);
    g_auto(GStrv) lines = g_strsplit(matches, "\n", -1);
    g_assert_cmpuint(strlen(encoded) * 8, <, text->len);
    g_assert_cmpuint(g_strv_length(lines) - 1, ==, ROWS);
}

static void drop_match(G_GNUC_UNUSED void *data, G_GNUC_UNUSED const Match *match)
{
}

static Detector *new_detector(RuleSet *rules)
{
    g_autoptr(GError) error = NULL;
    Detector *detector = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    return detector;
}

static void feed(Detector *detector, const char *text)
{
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = drop_match};
    g_autoptr(GError) error = NULL;

    bool is_read = detector_begin(detector, &options, TEXT_UTF8, 0, &error) &&
                   detector_feed(detector, text, strlen(text), &error) && detector_end(detector, &error);
    g_assert_no_error(error);
    g_assert_true(is_read);
}

static uint64_t cuts_in(RuleSet *rules, const char *text)
{
    g_autoptr(Detector) detector = new_detector(rules);

    feed(detector, text);
    return detector_take_cuts(detector);
}

/* A few bytes may come out as very many: what is looked at has a limit. */
static void test_what_comes_out_is_bounded(void)
{
    enum { FEW = 40 * 1000, MANY = 40 * 1000 * 1000 };
    static const char value[] = " case 123-45-6789 ";
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    const size_t counts[] = {FEW, MANY};

    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autofree char *filler = g_strnfill(counts[i], 'a');
        g_autofree char *text = g_strconcat(filler, value, NULL), *encoded = packed(text, strlen(text));
        g_autofree char *matches = testing_find(rules, encoded);
        g_assert_cmpint(strstr(matches, "123-45-6789") != NULL, ==, counts[i] == FEW);
        g_assert_cmpuint(cuts_in(rules, encoded), ==, counts[i] == FEW ? 0 : 1);
    }
}

/* So do the runs in a decoded text. */
static void test_what_is_not_read_whole_is_counted_until_it_is_asked_for(void)
{
    enum { MANY = 1000 * 1000 };
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(Detector) detector = new_detector(rules);
    g_autofree char *filler = g_strnfill(MANY, 'a'), *encoded = packed(filler, MANY);
    g_autofree char *two = g_strdup_printf("a: %s\nb: %s\n", encoded, encoded);
    g_autofree char *in_base64 = g_base64_encode((const guchar *)two, strlen(two));

    feed(detector, two);
    g_assert_cmpuint(detector_take_cuts(detector), >=, 2);
    g_assert_cmpuint(detector_take_cuts(detector), ==, 0);
    feed(detector, in_base64);
    g_assert_cmpuint(detector_take_cuts(detector), >=, 2);
}

/* As gzip(1) writes it to its standard output; RFC 1952. */
static void append_member(GByteArray *bytes, const char *text)
{
    Bytef out[512];
    z_stream stream = {
        .next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)strlen(text), .next_out = out, .avail_out = sizeof out};

    g_assert_cmpint(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), ==, Z_OK);
    g_assert_cmpint(deflate(&stream, Z_FINISH), ==, Z_STREAM_END);
    g_byte_array_append(bytes, out, (guint)stream.total_out);
    (void)deflateEnd(&stream);
}

static void test_all_members_of_gzip_are_read(void)
{
    static const char *const members[] = {"the first case 123-45-6781", "\nanother case 123-45-6782", "", "\ncase 123",
        "-45-6783\n", "case 123-45-6784, and then nothing compressed\n"};
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        append_member(bytes, members[i]);
    g_byte_array_append(bytes, (const guint8 *)"\0\0\0no member", 12);
    g_autofree char *base64 = g_base64_encode(bytes->data, bytes->len);
    for (size_t piece = 0; piece <= 7; piece += 7) {
        const Scan scan = {.min_tier = TIER_MEDIUM, .piece = piece};
        g_autofree char *matches = testing_scan(rules, &scan, base64, strlen(base64));
        g_autofree char *values = values_of(matches);
        g_assert_cmpstr(values, ==, "123-45-6781\n123-45-6782\n123-45-6783\n123-45-6784\n");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/packed/values-in-compressed-text-are-found-where-they-are-read",
        test_values_in_compressed_text_are_found_where_they_are_read);
    g_test_add_func("/detect/packed/long-compressed-text-is-looked-at-window-by-window",
        test_long_compressed_text_is_looked_at_window_by_window);
    g_test_add_func("/detect/packed/text-that-hardly-comes-out-is-read-to-its-end",
        test_text_that_hardly_comes_out_is_read_to_its_end);
    g_test_add_func(
        "/detect/packed/every-value-of-much-alike-text-is-found", test_every_value_of_much_alike_text_is_found);
    g_test_add_func("/detect/packed/what-comes-out-is-bounded", test_what_comes_out_is_bounded);
    g_test_add_func("/detect/packed/what-is-not-read-whole-is-counted-until-it-is-asked-for",
        test_what_is_not_read_whole_is_counted_until_it_is_asked_for);
    g_test_add_func("/detect/packed/all-members-of-gzip-are-read", test_all_members_of_gzip_are_read);
    return g_test_run();
}

/* Bytes written one by one: lists, arrays and dumps. */
#include "detect_testing.h"

#include <string.h>

typedef struct DumpCase {
    const char *what, *text, *matches;
} DumpCase;

/* Written by xxd(1), hexdump(1) and od(1), the others by Python's format of bytes; places by the width of the columns.
 */
static const DumpCase cases[] = {
    {"xxd",
        "00000000: 5265 7374 206f 6620 616c 6c20 6669 6c65  Rest of all file\n00000010: 733a 206d 7920 6361 7365 2069 "
        "7320 3132  s: my case is 12\n00000020: 332d 3435 2d36 3738 392c 2061 6e64 2073  3-45-6789, and s\n00000030: "
        "6f20 6974 2069 732e 0a                   o it is..\n",
        "id.case 113+55 2:46 medium 123-45-6789\n"},
    {"xxd by single bytes, in capitals",
        "00000000: 52 65 73 74 20 6F 66 20 61 6C 6C 20 66 69 6C 65  Rest of all file\n00000010: 73 3A 20 6D 79 20 63 "
        "61 73 65 20 69 73 20 31 32  s: my case is 12\n00000020: 33 2D 34 35 2D 36 37 38 39 2C 20 61 6E 64 20 73  "
        "3-45-6789, and s\n00000030: 6F 20 69 74 20 69 73 2E 0A                       o it is..\n",
        "id.case 128+60 2:53 medium 123-45-6789\n"},
    {"xxd of wide lines",
        "00000000: 5265 7374 206f 6620 616c 6c20 6669 6c65 733a 206d  Rest of all files: m\n00000014: 7920 6361 7365 "
        "2069 7320 3132 332d 3435 2d36 3738  y case is 123-45-678\n00000028: 392c 2061 6e64 2073 6f20 6974 2069 732e "
        "0a         9, and so it is..\n",
        "id.case 117+59 2:36 medium 123-45-6789\n"},
    {"hexdump -C",
        "$ hexdump -C x\n00000000  52 65 73 74 20 6f 66 20  61 6c 6c 20 66 69 6c 65  |Rest of all file|\n00000010  73 "
        "3a 20 6d 79 20 63 61  73 65 20 69 73 20 31 32  |s: my case is 12|\n00000020  33 2d 34 35 2d 36 37 38  39 2c "
        "20 61 6e 64 20 73  |3-45-6789, and s|\n00000030  6f 20 69 74 20 69 73 2e  0a                       |o it "
        "is..|\n00000039\n",
        "id.case 147+63 3:54 medium 123-45-6789\n"},
    {"od with text",
        "000000 52 65 73 74 20 6f 66 20 61 6c 6c 20 66 69 6c 65  >Rest of all file<\n000010 73 3a 20 6d 79 20 63 61 73 "
        "65 20 69 73 20 31 32  >s: my case is 12<\n000020 33 2d 34 35 2d 36 37 38 39 2c 20 61 6e 64 20 73  >3-45-6789, "
        "and s<\n000030 6f 20 69 74 20 69 73 2e 0a                       >o it is..<\n000039\n",
        "id.case 124+59 2:50 medium 123-45-6789\n"},
    {"od with octal offsets",
        "0000000 52 65 73 74 20 6f 66 20 61 6c 6c 20 66 69 6c 65\n0000020 73 3a 20 6d 79 20 63 61 73 65 20 69 73 20 31 "
        "32\n0000040 33 2d 34 35 2d 36 37 38 39 2c 20 61 6e 64 20 73\n0000060 6f 20 69 74 20 69 73 2e 0a\n0000071\n",
        "id.case 106+40 2:51 medium 123-45-6789\n"},
    {"tcpdump -X",
        "10:11:12.131415 IP a.1 > b.2: Flags [P.]\n\t0x0000:  5265 7374 206f 6620 616c 6c20 6669 6c65  Rest of all "
        "file\n\t0x0010:  733a 206d 7920 6361 7365 2069 7320 3132  s: my case is 12\n\t0x0020:  332d 3435 2d36 3738 "
        "392c 2061 6e64 2073  3-45-6789, and s\n\t0x0030:  6f20 6974 2069 732e 0a                   o it is..\n",
        "id.case 154+55 3:46 medium 123-45-6789\n"},
    {"xxd -i",
        "unsigned char x[] = {\n  0x52, 0x65, 0x73, 0x74, 0x20, 0x6f, 0x66, 0x20, 0x61, 0x6c, 0x6c, 0x20,\n  0x66, "
        "0x69, 0x6c, 0x65, 0x73, 0x3a, 0x20, 0x6d, 0x79, 0x20, 0x63, 0x61,\n  0x73, 0x65, 0x20, 0x69, 0x73, 0x20, "
        "0x31, 0x32, 0x33, 0x2d, 0x34, 0x35,\n  0x2d, 0x36, 0x37, 0x38, 0x39, 0x2c, 0x20, 0x61, 0x6e, 0x64, 0x20, "
        "0x73,\n  0x6f, 0x20, 0x69, 0x74, 0x20, 0x69, 0x73, 0x2e, 0x0a\n};\nunsigned int x_len = 60;\n",
        "id.case 208+66 4:39 medium 123-45-6789\n"},
    {"an array without blanks",
        "x={0x52,0x65,0x73,0x74,0x20,0x6F,0x66,0x20,0x61,0x6C,0x6C,0x20,0x66,0x69,0x6C,0x65,0x73,0x3A,0x20,0x6D,0x79,"
        "0x20,0x63,0x61,0x73,0x65,0x20,0x69,0x73,0x20,0x31,0x32,0x33,0x2D,0x34,0x35,0x2D,0x36,0x37,0x38,0x39,0x2C,0x20,"
        "0x61,0x6E,0x64,0x20,0x73,0x6F,0x20,0x69,0x74,0x20,0x69,0x73,0x2E,0x0A}",
        "id.case 153+54 1:154 medium 123-45-6789\n"},
    {"an array in lines",
        "{\n0x52, 0x65, 0x73, 0x74, 0x20, 0x6f, 0x66, 0x20,\n0x61, 0x6c, 0x6c, 0x20, 0x66, 0x69, 0x6c, 0x65,\n0x73, "
        "0x3a, 0x20, 0x6d, 0x79, 0x20, 0x63, 0x61,\n0x73, 0x65, 0x20, 0x69, 0x73, 0x20, 0x31, 0x32,\n0x33, 0x2d, 0x34, "
        "0x35, 0x2d, 0x36, 0x37, 0x38,\n0x39, 0x2c, 0x20, 0x61, 0x6e, 0x64, 0x20, 0x73,\n0x6f, 0x20, 0x69, 0x74, 0x20, "
        "0x69, 0x73, 0x2e,\n0x0a}",
        "id.case 182+64 5:37 medium 123-45-6789\n"},
    {"bytes with blanks",
        "Data: 52 65 73 74 20 6f 66 20 61 6c 6c 20 66 69 6c 65 73 3a 20 6d 79 20 63 61 73 65 20 69 73 20 31 32 33 2d "
        "34 35 2d 36 37 38 39 2c 20 61 6e 64 20 73 6f 20 69 74 20 69 73 2e 0a\nEnd\n",
        "id.case 96+32 1:97 medium 123-45-6789\n"},
    {"bytes with blanks in lines",
        "52 65 73 74 20 6F 66 20 61 6C 6C 20 66 69 6C 65\n73 3A 20 6D 79 20 63 61 73 65 20 69 73 20 31 32\n33 2D 34 35 "
        "2D 36 37 38 39 2C 20 61 6E 64 20 73\n6F 20 69 74 20 69 73 2E 0A\n",
        "id.case 90+32 2:43 medium 123-45-6789\n"},
    {"bytes with colons",
        "data=52:65:73:74:20:6f:66:20:61:6c:6c:20:66:69:6c:65:73:3a:20:6d:79:20:63:61:73:65:20:69:73:20:31:32:33:2d:34:"
        "35:2d:36:37:38:39:2c:20:61:6e:64:20:73:6f:20:69:74:20:69:73:2e:0a;",
        "id.case 95+32 1:96 medium 123-45-6789\n"},
    {"bytes with colons in lines, of openssl",
        "Data:\n    52:65:73:74:20:6f:66:20:61:6c:6c:20:66:69:6c:\n    65:73:3a:20:6d:79:20:63:61:73:65:20:69:73:20:\n "
        "   31:32:33:2d:34:35:2d:36:37:38:39:2c:20:61:6e:\n    64:20:73:6f:20:69:74:20:69:73:2e:0a\n",
        "id.case 110+32 4:5 medium 123-45-6789\n"},
    {"bytes with commas",
        "[52,65,73,74,20,6f,66,20,61,6c,6c,20,66,69,6c,65,73,3a,20,6d,79,20,63,61,73,65,20,69,73,20,31,32,33,2d,34,35,"
        "2d,36,37,38,39,2c,20,61,6e,64,20,73,6f,20,69,74,20,69,73,2e,0a]",
        "id.case 91+32 1:92 medium 123-45-6789\n"},
    {"a buffer of Node",
        "{\"type\":\"Buffer\",\"data\":[82,101,115,116,32,111,102,32,97,108,108,32,102,105,108,101,115,58,32,109,121,"
        "32,99,97,115,101,32,105,115,32,49,50,51,45,52,53,45,54,55,56,57,44,32,97,110,100,32,115,111,32,105,116,32,105,"
        "115,46,10]}\n",
        "id.case 133+32 1:134 medium 123-45-6789\n"},
    {"characters of JavaScript",
        "eval(String.fromCharCode(82, 101, 115, 116, 32, 111, 102, 32, 97, 108, 108, 32, 102, 105, 108, 101, 115, 58, "
        "32, 109, 121, 32, 99, 97, 115, 101, 32, 105, 115, 32, 49, 50, 51, 45, 52, 53, 45, 54, 55, 56, 57, 44, 32, 97, "
        "110, 100, 32, 115, 111, 32, 105, 116, 32, 105, 115, 46, 10));",
        "id.case 163+42 1:164 medium 123-45-6789\n"},
    {"an array of Go in lines",
        "x := []byte{\n\t82, 101, 115, 116, 32, 111, 102, 32, 97, 108, 108, 32, 102, 105, 108, 101,\n\t115, 58, 32, "
        "109, 121, 32, 99, 97, 115, 101, 32, 105, 115, 32, 49, 50,\n\t51, 45, 52, 53, 45, 54, 55, 56, 57, 44, 32, 97, "
        "110, 100, 32, 115,\n\t111, 32, 105, 116, 32, 105, 115, 46, 10,\n}\n",
        "id.case 153+43 3:65 medium 123-45-6789\n"},
    {"bytes of Java, which have a sign",
        "byte[] x = {-61, -100, 98, 101, 114, 97, 108, 108, 32, 105, 110, 32, 116, 104, 101, 32, 102, 105, 108, 101, "
        "115, 58, 32, 109, 121, 32, 99, 97, 115, 101, 32, 105, 115, 32, 49, 50, 51, 45, 52, 53, 45, 54, 55, 56, 57, "
        "44, 32, 115, 111, 32, 105, 116, 32, 105, 115, 46};",
        "id.case 171+42 1:172 medium 123-45-6789\n"},
    {"a list of bytes that begins with capital letters",
        "x = [77, 89, 32, 66, 65, 68, 71, 69, 32, 73, 83, 32, 49, 50, 51, 52, 53, 54, 55, 56, 57, 44, 32, 65, 78, 68, "
        "32, 83, 79, 32, 73, 84, 32, 73, 83, 44, 32, 115, 101, 101, 32, 97, 108, 108, 32, 109, 121, 32, 111, 116, 104, "
        "101, 114, 32, 102, 105, 108, 101, 115]",
        "id.badge 53+34 1:54 high 123456789\n"},
    {"numbers that mean themselves",
        "[100, 104, 49, 50, 51, 45, 52, 53, 45, 54, 55, 56, 57, 61, 200, 255, 3, 17, 90, 1000]", ""},
    {"prices",
        "{\"x\": [49.50, 51.45, 52.53, 45.54, 55.56, 57.99, 32.32, 32.33, 49.50, 51.45, 52.53, 45.54, 55.56, 57.99]}",
        ""},
    {"the time, and no dump", "Nov 22 19:17:22 12 34 56 host sshd: ok", ""},
    {"numbers, and no dump", "12 23 34 45 31 32 33 2d 34 35 07 36 37 38 39", ""},
    {"an address of a network card", "aa:bb:cc:31:32:33 aa:bb:cc:31:32:33", ""},
};

static void test_values_in_bytes_one_by_one_are_found(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        testing_check_cuts(rules, cases[i].what, cases[i].text, cases[i].matches);
}

typedef enum DumpForm { DUMP_LINES, DUMP_LIST, DUMP_ARRAY, DUMP_DECIMALS } DumpForm;

static void add_byte(GString *text, DumpForm form, size_t i, uint8_t byte)
{
    if (form == DUMP_LINES && i % 16 == 0)
        g_string_append_printf(text, "%s%08zx:", i > 0 ? "  ................\n" : "", i);
    if (form == DUMP_DECIMALS)
        g_string_append_printf(text, i == 0 ? "%u" : ",%u", byte);
    else if (form == DUMP_ARRAY)
        g_string_append_printf(text, i % 12 == 0 ? "\n  0x%02x," : " 0x%02x,", byte);
    else
        g_string_append_printf(text, form == DUMP_LINES && i % 2 == 1 ? "%02x" : " %02x", byte);
}

/* Longer than a window: each value once. */
static void test_long_dumps_are_looked_at_piece_by_piece(void)
{
    enum { ROWS = 3000 };
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);
    g_autoptr(GString) plain = g_string_new(NULL);

    for (unsigned i = 0; i < ROWS; i++)
        g_string_append_printf(plain, "row %04u: %03u-45-%04u, and some more text\n", i, 100 + i % 800, 1000 + i);
    for (DumpForm form = DUMP_LINES; form <= DUMP_DECIMALS; form++) {
        const Scan whole = {.min_tier = TIER_MEDIUM}, pieces = {.min_tier = TIER_MEDIUM, .piece = 1013};
        g_autoptr(GString) text = g_string_new(NULL);
        for (size_t i = 0; i < plain->len; i++)
            add_byte(text, form, i, (uint8_t)plain->str[i]);
        g_autofree char *matches = testing_scan(rules, &whole, text->str, text->len);
        g_autofree char *in_pieces = testing_scan(rules, &pieces, text->str, text->len);
        g_auto(GStrv) lines = g_strsplit(matches, "\n", -1);
        g_assert_cmpstr(matches, ==, in_pieces);
        g_assert_cmpuint(g_strv_length(lines), ==, ROWS + 1);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/dumps/values-in-bytes-one-by-one-are-found", test_values_in_bytes_one_by_one_are_found);
    g_test_add_func(
        "/detect/dumps/long-dumps-are-looked-at-piece-by-piece", test_long_dumps_are_looked_at_piece_by_piece);
    return g_test_run();
}

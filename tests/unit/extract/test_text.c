#include "extract_fixture.h"

#include "extract/decode.h"
#include "extract/sniff.h"
#include "extract/utf8.h"

#include <string.h>

typedef struct EncodingCase {
    const char *name;
    const char *data;
    size_t len;
    TextEncoding encoding;
    uint64_t first_offset;
    const char *text;
} EncodingCase;

#define BYTES(literal) (literal), sizeof(literal) - 1

/* Expected texts from the encodings' definitions: RFC 3629, RFC 2781, ISO 8859-1. */
static const EncodingCase encoding_cases[] = {
    {"ascii", BYTES("plain text\n"), TEXT_UTF8, 0, "plain text\n"},
    {"utf-8", BYTES("caf\xC3\xA9 \xE2\x82\xAC\n"), TEXT_UTF8, 0, "caf\u00e9 \u20ac\n"},
    {"utf-8 with a mark",
        BYTES("\xEF\xBB\xBF"
              "caf\xC3\xA9"),
        TEXT_UTF8, 3, "caf\u00e9"},
    {"utf-8 with one broken character", BYTES("\xC3\xA9\xC3\xA8 broken \xC3( \xC3\xA9"), TEXT_UTF8, 0,
        "\xC3\xA9\xC3\xA8 broken \xC3( \xC3\xA9"},
    {"utf-8 cut at the end", BYTES("price: 5 \xE2\x82"), TEXT_UTF8, 0, "price: 5 \xE2\x82"},
    {"utf-16le with a mark",
        BYTES("\xFF\xFE"
              "a\0\xE9\0\xAC\x20"),
        TEXT_UTF16LE, 2, "a\u00e9\u20ac"},
    {"utf-16be with a mark",
        BYTES("\xFE\xFF"
              "\0a\0\xE9\x20\xAC"),
        TEXT_UTF16BE, 2, "a\u00e9\u20ac"},
    {"utf-16le without a mark", BYTES("h\0e\0l\0l\0o\0,\0\r\0\n\0"), TEXT_UTF16LE, 0, "hello,\r\n"},
    {"utf-16be without a mark", BYTES("\0h\0e\0l\0l\0o\0\n"), TEXT_UTF16BE, 0, "hello\n"},
    {"utf-16le beyond the basic plane",
        BYTES("\xFF\xFE"
              "\x3D\xD8\x00\xDE!\0"),
        TEXT_UTF16LE, 2, "\U0001F600!"},
    {"utf-16le with lone surrogates",
        BYTES("\xFF\xFE"
              "\x3D\xD8"
              "a\0\x00\xDE"
              "b\0\x3D\xD8"),
        TEXT_UTF16LE, 2, "\uFFFDa\uFFFDb\uFFFD"},
    {"utf-16le with an odd last byte",
        BYTES("\xFF\xFE"
              "a\0b"),
        TEXT_UTF16LE, 2, "a\uFFFD"},
    {"latin-1",
        BYTES("Gr\xFC\xDF"
              "e aus M\xFCnchen\n"),
        TEXT_LATIN1, 0, "Gr\u00fc\u00dfe aus M\u00fcnchen\n"},
};

static void check_encoding(const EncodingCase *test, size_t step)
{
    g_auto(Outcome) outcome = extract_bytes("key", test->data, test->len, step, &EXTRACT_LIMITS_DEFAULT);

    g_test_message("%s by %zu", test->name, step);
    g_assert_no_error(outcome.error);
    g_assert_cmpuint(outcome.runs->len, ==, 1);
    const Run *run = g_ptr_array_index(outcome.runs, 0);
    g_assert_null(run->member);
    g_assert_cmpint(run->encoding, ==, test->encoding);
    g_assert_cmpuint(run->first_offset, ==, test->first_offset);
    g_assert_cmpstr(run->text->str, ==, test->text);
    g_assert_cmpuint(outcome.report.unread, ==, 0);
    g_assert_cmpuint(outcome.report.stored_bytes, ==, test->len);
    g_assert_cmpuint(outcome.report.expanded_bytes, ==, strlen(test->text));
}

static void test_every_encoding_arrives_as_utf8(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(encoding_cases); i++) {
        check_encoding(&encoding_cases[i], 0);
        check_encoding(&encoding_cases[i], 1);
    }
}

static void test_an_empty_object_has_no_runs(void)
{
    g_auto(Outcome) outcome = extract_bytes("key", "", 0, 0, &EXTRACT_LIMITS_DEFAULT);

    g_assert_no_error(outcome.error);
    g_assert_cmpuint(outcome.runs->len, ==, 0);
    g_assert_cmpuint(outcome.report.unread, ==, 0);
}

typedef struct MediaCase {
    const char *name;
    const char *data;
    size_t len;
    uint32_t unread;
    ErrorKind kind;
    const char *reason;
} MediaCase;

static const MediaCase media_cases[] = {
    {"pdf", BYTES("%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\n"), 1, ERROR_UNSUPPORTED, "application/pdf"},
    {"png", BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0"), 1, ERROR_UNSUPPORTED,
        "image/png"},
    {"jpeg", BYTES("\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"), 1, ERROR_UNSUPPORTED, "image/jpeg"},
    {"parquet", BYTES("PAR1\x15\x04\x15\x10\0\0\0\0"), 1, ERROR_UNSUPPORTED, "application/vnd.apache.parquet"},
    {"sqlite", BYTES("SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20"), 1, ERROR_UNSUPPORTED, "application/vnd.sqlite3"},
    {"7-zip", BYTES("7z\xBC\xAF\x27\x1C\0\x04\0\0\0\0"), 1, ERROR_UNSUPPORTED, "application/x-7z-compressed"},
    {"openssl", BYTES("Salted__\x01\x02\x03\x04\0\x05\x06\x07\x91\x92\0\x93"), 1, ERROR_ENCRYPTED,
        "application/x-openssl-encrypted"},
    {"elf program",
        BYTES("\x7F"
              "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3E\0\x01\0\0\0"),
        0, 0, NULL},
    {"unknown bytes", BYTES("\x01\x02\x03\0\0\0 text \0\0\0"), 0, 0, NULL},
    {"svg", BYTES("<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><text>hi</text></svg>"), 0, 0,
        NULL},
};

static void test_what_cannot_be_read_is_named_and_still_looked_at(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(media_cases); i++) {
        const MediaCase *test = &media_cases[i];
        g_auto(Outcome) outcome = extract_bytes("key", test->data, test->len, 0, &EXTRACT_LIMITS_DEFAULT);
        g_test_message("%s: %s", test->name, outcome.report.unread_reason);
        g_assert_no_error(outcome.error);
        g_assert_cmpuint(outcome.report.unread, ==, test->unread);
        g_assert_cmpstr(outcome.report.unread_reason, ==, test->reason);
        if (test->unread > 0)
            g_assert_cmpint(outcome.report.unread_kind, ==, test->kind);
        g_assert_cmpuint(outcome.runs->len, ==, 1);
        const Run *run = g_ptr_array_index(outcome.runs, 0);
        g_assert_cmpmem(run->text->str, run->text->len, test->data, test->len);
    }
}

/* Every code point, cut everywhere, against GLib's converter. */
static void test_all_of_unicode_is_decoded_as_glib_does(void)
{
    g_autoptr(GString) text = g_string_new("start \n");
    gsize len = 0;

    for (gunichar c = 0x20; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 37)
        if (g_unichar_validate(c) && c != 0xFEFF)
            g_string_append_unichar(text, c);
    static const char *const names[] = {"UTF-16LE", "UTF-16BE"};
    static const size_t steps[] = {0, 1, 3, 65535};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *wide = g_convert(text->str, (gssize)text->len, names[i], "UTF-8", NULL, &len, NULL);
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_byte_array_append(bytes, (const uint8_t *)(i == 0 ? "\xFF\xFE" : "\xFE\xFF"), 2);
        g_byte_array_append(bytes, (const uint8_t *)wide, (guint)len);
        for (size_t step = 0; step < G_N_ELEMENTS(steps); step++) {
            g_auto(Outcome) outcome =
                extract_bytes("key", bytes->data, bytes->len, steps[step], &EXTRACT_LIMITS_DEFAULT);
            g_assert_no_error(outcome.error);
            g_assert_cmpstr(outcome_text(&outcome, ""), ==, text->str);
        }
    }
}

typedef struct WholeCase {
    const char *bytes;
    size_t whole;
} WholeCase;

static const WholeCase whole_cases[] = {
    {"", 0},
    {"abc", 3},
    {"ab\xC3", 2},
    {"ab\xC3\xA9", 4},
    {"a\xE2\x82", 1},
    {"a\xE2\x82\xAC", 4},
    {"\xF0\x9F\x98", 0},
    {"\xF0\x9F\x98\x80", 4},
    {"a\xFF", 2},
    {"a\x80\x80\x80", 4},
    {"a\xC3(", 3},
    {"\xED\xA0", 2},
};

static void test_pieces_end_between_characters(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(whole_cases); i++)
        g_assert_cmpuint(utf8_whole_length((const uint8_t *)whole_cases[i].bytes, strlen(whole_cases[i].bytes)), ==,
            whole_cases[i].whole);
}

static void test_the_census_agrees_with_glib(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(11);

    for (size_t round = 0; round < 20000; round++) {
        char bytes[12];
        const size_t len = (size_t)g_rand_int_range(random, 1, sizeof bytes);
        static const uint8_t alphabet[] = {'a', ' ', 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80, 0xED, 0xA0};
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)alphabet[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(alphabet))];
        bytes[len - 1] = '.'; /* so that no character is cut at the end */
        const Utf8Census census = utf8_census((const uint8_t *)bytes, len);
        g_assert_cmpint(census.invalid == 0, ==, g_utf8_validate_len(bytes, len, NULL));
    }
}

typedef struct WindowCase {
    const char *made_by;
    ContainerFormat format;
    const char *head; /* 24 bytes */
    uint64_t window;
} WindowCase;

static const WindowCase window_cases[] = {
    {"xz --lzma2=dict=4KiB", CONTAINER_XZ,
        "\xFD\x37\x7A\x58\x5A\x00\x00\x04\xE6\xD6\xB4\x46\x02\x00\x21\x01\x00\x00\x00\x00\x37\x27\x97\xD6", 4U << 10},
    {"xz --lzma2=dict=96MiB", CONTAINER_XZ,
        "\xFD\x37\x7A\x58\x5A\x00\x00\x04\xE6\xD6\xB4\x46\x02\x00\x21\x01\x1D\x00\x00\x00\x75\xA8\xE4\x74", 96U << 20},
    {"xz --lzma2=dict=384MiB", CONTAINER_XZ,
        "\xFD\x37\x7A\x58\x5A\x00\x00\x04\xE6\xD6\xB4\x46\x02\x00\x21\x01\x21\x00\x00\x00\x6C\xEF\x19\xCE", 384U << 20},
    {"xz --lzma2=dict=1536MiB", CONTAINER_XZ,
        "\xFD\x37\x7A\x58\x5A\x00\x00\x04\xE6\xD6\xB4\x46\x02\x00\x21\x01\x25\x00\x00\x00\x3B\x78\x7B\x41",
        1536U << 20},
    {"xz --x86 --lzma2=dict=1GiB", CONTAINER_XZ,
        "\xFD\x37\x7A\x58\x5A\x00\x00\x04\xE6\xD6\xB4\x46\x02\x01\x04\x00\x21\x01\x24\x00\x7C\xD2\x45\xF2", 1U << 30},
    {"xz --format=lzma --lzma1=dict=512MiB", CONTAINER_LZMA,
        "\x5D\x00\x00\x00\x20\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00\x34\x19\x49\xEE\x8D\xDD\x3D\x3A\xDF\xFF", 512U << 20},
};

static void test_the_memory_that_unpacking_needs_is_known_before(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(window_cases); i++) {
        const WindowCase *test = &window_cases[i];
        const Bytes head = {.data = (const uint8_t *)test->head, .len = 24};
        g_test_message("%s", test->made_by);
        g_assert_cmpint(sniff_bytes(head).container, ==, test->format);
        g_assert_cmpuint(sniff_window_bytes(test->format, head), ==, test->window);
        g_auto(Outcome) outcome = extract_bytes("key", head.data, head.len, 0, &EXTRACT_LIMITS_DEFAULT);
        g_assert_cmpint(outcome.report.unread_kind, ==, test->window > 256U << 20 ? ERROR_TOO_LARGE : ERROR_CORRUPT);
    }
}

static void test_a_reader_that_fails_gives_what_it_had_and_its_error(void)
{
    g_autoptr(Extractor) extractor = extractor_new();
    g_autoptr(GError) error = NULL;
    MemoryObject object = {.data = (const uint8_t *)"abcdefgh", .len = 8, .fails_at = 5};
    const ByteReader reader = memory_object_reader(&object);
    g_auto(ExtractReport) report = {0};
    g_auto(Outcome) whole = extract_bytes("x", "abcdefgh", 8, 0, &EXTRACT_LIMITS_DEFAULT);

    g_assert_no_error(whole.error);
    g_autoptr(GString) seen = g_string_new(NULL);
    const TextSink sink = sink_of_text(seen);
    g_assert_false(extract_object(extractor, "x", &reader, &EXTRACT_LIMITS_DEFAULT, &sink, &report, &error));
    g_assert_error(error, TRAWL_ERROR, ERROR_UNAVAILABLE);
    g_assert_cmpstr(seen->str, ==, "[abcde]");
}

static void test_a_sink_that_fails_ends_the_extraction(void)
{
    g_autoptr(Extractor) extractor = extractor_new();
    g_autoptr(GError) error = NULL;
    MemoryObject object = {.data = (const uint8_t *)"abcdefgh", .len = 8, .fails_at = UINT64_MAX};
    const ByteReader reader = memory_object_reader(&object);
    g_auto(ExtractReport) report = {0};

    const TextSink sink = sink_that_fails();
    g_assert_false(extract_object(extractor, "x", &reader, &EXTRACT_LIMITS_DEFAULT, &sink, &report, &error));
    g_assert_error(error, TRAWL_ERROR, ERROR_CANCELLED);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/extract/text/" #name, test_##name)
    TEST(every_encoding_arrives_as_utf8);
    TEST(an_empty_object_has_no_runs);
    TEST(what_cannot_be_read_is_named_and_still_looked_at);
    TEST(all_of_unicode_is_decoded_as_glib_does);
    TEST(pieces_end_between_characters);
    TEST(the_census_agrees_with_glib);
    TEST(the_memory_that_unpacking_needs_is_known_before);
    TEST(a_reader_that_fails_gives_what_it_had_and_its_error);
    TEST(a_sink_that_fails_ends_the_extraction);
#undef TEST
    return g_test_run();
}

#include "extract_fixture.h"

#include <string.h>

static const char letter[] = "Dear Ann,\nthe key is under the mat.\n";

static Entry entry_of(const char *name, const GByteArray *bytes)
{
    return (Entry){.name = name, .data = bytes->data, .len = bytes->len};
}

static const char *const filters[] = {"gzip", "zstd", "xz", "lzma", "lzip", "lz4", "bzip2", "compress"};

static void test_every_compression_is_unpacked(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        g_autoptr(GByteArray) packed = pack(filters[i], letter, strlen(letter));
        g_auto(Outcome) outcome = extract_array("mail/letter.txt.gz", packed);
        g_test_message("%s: %s", filters[i], outcome.error != NULL ? outcome.error->message : "read");
        g_assert_no_error(outcome.error);
        g_assert_cmpuint(outcome.report.unread, ==, 0);
        g_assert_cmpuint(outcome.runs->len, ==, 1);
        g_assert_cmpstr(outcome_text(&outcome, "letter.txt"), ==, letter);
    }
}

static const char *const formats[] = {"zip", "ustar", "pax", "gnutar", "v7tar", "newc", "odc", "arbsd"};

static void test_every_archive_format_is_read(void)
{
    const Entry entries[] = {{"one.txt", letter, strlen(letter)}, {"two.txt", "second", 6}};

    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autoptr(GByteArray) bytes = make_archive(formats[i], "none", NULL, entries, 2);
        g_auto(Outcome) outcome = extract_array("archive", bytes);
        g_test_message("%s", formats[i]);
        g_assert_no_error(outcome.error);
        g_assert_cmpuint(outcome.report.unread, ==, 0);
        g_assert_cmpuint(outcome.report.members, ==, 2);
        g_assert_cmpstr(outcome_text(&outcome, "one.txt"), ==, letter);
        g_assert_cmpstr(outcome_text(&outcome, "two.txt"), ==, "second");
    }
}

static void test_members_of_a_packed_tar_stand_in_the_object(void)
{
    const Entry entries[] = {{"logs/a.txt", letter, strlen(letter)}};
    g_autoptr(GByteArray) bytes = make_archive("pax", "gzip", NULL, entries, 1);
    g_auto(Outcome) outcome = extract_array("backup/2025.tar.gz", bytes);

    g_assert_no_error(outcome.error);
    g_assert_cmpuint(outcome.runs->len, ==, 1);
    g_assert_cmpstr(outcome_text(&outcome, "logs/a.txt"), ==, letter);
}

static GByteArray *make_nested(void)
{
    const Entry inner[] = {{"report.csv", letter, strlen(letter)}};
    g_autoptr(GByteArray) zip = make_archive("zip", "none", NULL, inner, 1);
    g_autoptr(GByteArray) gz = pack("gzip", letter, strlen(letter));
    const Entry outer[] = {entry_of("inner.zip", zip), entry_of("logs/x.log.gz", gz), {"plain.txt", "plain", 5}};

    return make_archive("pax", "gzip", NULL, outer, 3);
}

static void check_nested(const Outcome *outcome)
{
    g_assert_no_error(outcome->error);
    g_assert_cmpuint(outcome->report.unread, ==, 0);
    g_assert_cmpstr(outcome_text(outcome, "inner.zip/report.csv"), ==, letter);
    g_assert_cmpstr(outcome_text(outcome, "logs/x.log.gz/x.log"), ==, letter);
    g_assert_cmpstr(outcome_text(outcome, "plain.txt"), ==, "plain");
}

static void test_archives_in_archives_are_read(void)
{
    g_autoptr(GByteArray) bytes = make_nested();
    g_auto(Outcome) outcome = extract_array("all.tar.gz", bytes);

    check_nested(&outcome);
}

static void test_pieces_of_any_size_give_the_same_runs(void)
{
    static const size_t steps[] = {1, 2, 7, 511, 512, 65537};
    g_autoptr(GByteArray) bytes = make_nested();

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_auto(Outcome) outcome =
            extract_bytes("all.tar.gz", bytes->data, bytes->len, steps[i], &EXTRACT_LIMITS_DEFAULT);
        check_nested(&outcome);
        g_assert_cmpuint(outcome.report.stored_bytes, ==, bytes->len);
    }
}

static void test_members_of_a_compressed_stream_are_all_read(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        g_autoptr(GByteArray) first = pack(filters[i], "first,", 6);
        g_autoptr(GByteArray) second = pack(filters[i], "second", 6);
        if (g_str_equal(filters[i], "compress") || g_str_equal(filters[i], "lzma"))
            continue; /* these formats do not know concatenation */
        g_byte_array_append(first, second->data, second->len);
        g_auto(Outcome) outcome = extract_array("x.gz", first);
        g_test_message("%s", filters[i]);
        g_assert_no_error(outcome.error);
        g_assert_cmpstr(outcome_text(&outcome, "x"), ==, "first,second");
    }
}

static void test_an_empty_packed_stream_is_read(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        if (g_str_equal(filters[i], "lz4"))
            continue; /* libarchive's writer breaks on it */
        g_autoptr(GByteArray) packed = pack(filters[i], "", 0);
        if (packed->len == 0)
            continue;
        g_auto(Outcome) outcome = extract_array("x.gz", packed);
        g_test_message("%s", filters[i]);
        g_assert_no_error(outcome.error);
        g_assert_cmpuint(outcome.report.unread, ==, 0);
    }
}

/* Text that does not pack well, so that a cut hurts. */
static GString *make_noise(size_t lines)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < lines; i++)
        g_string_append_printf(text, "%08x%08x\n", g_rand_int(random), g_rand_int(random));
    return text;
}

static void test_a_cut_stream_is_corrupt_wherever_it_is_cut(void)
{
    g_autoptr(GString) noise = make_noise(20000);

    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        if (g_str_equal(filters[i], "compress"))
            continue; /* .Z has no end mark: a cut cannot be seen */
        g_autoptr(GByteArray) packed = pack(filters[i], noise->str, noise->len);
        const size_t cuts[] = {packed->len - 1, packed->len - 9, packed->len / 2, 200, 20};
        for (size_t cut = 0; cut < G_N_ELEMENTS(cuts); cut++) {
            g_auto(Outcome) outcome = extract_bytes("x.gz", packed->data, cuts[cut], 0, &EXTRACT_LIMITS_DEFAULT);
            g_test_message("%s cut to %zu of %u", filters[i], cuts[cut], packed->len);
            g_assert_error(outcome.error, TRAWL_ERROR, ERROR_CORRUPT);
            g_assert_cmpuint(outcome.report.unread, ==, 1);
        }
        g_auto(Outcome) half = extract_bytes("x.gz", packed->data, packed->len / 2, 0, &EXTRACT_LIMITS_DEFAULT);
        const char *text = outcome_text(&half, "x");
        g_assert_true(text == NULL || g_str_has_prefix(noise->str, text));
        if (g_str_equal(filters[i], "gzip"))
            g_assert_cmpuint(strlen(text), >, 65000);
    }
}

/* Whatever of the text comes out before the cut, its container is not whole. */
static void test_a_short_stream_is_corrupt_wherever_it_is_cut(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        if (g_str_equal(filters[i], "compress"))
            continue; /* .Z has no end mark: a cut cannot be seen */
        g_autoptr(GByteArray) packed = pack(filters[i], letter, strlen(letter));
        for (size_t len = 14; len < packed->len; len++) { /* below that lzma is not recognised */
            g_auto(Outcome) outcome = extract_bytes("x.gz", packed->data, len, 0, &EXTRACT_LIMITS_DEFAULT);
            g_test_message("%s cut to %zu of %u", filters[i], len, packed->len);
            g_assert_error(outcome.error, TRAWL_ERROR, ERROR_CORRUPT);
            g_assert_cmpuint(outcome.report.unread, ==, 1);
        }
    }
}

/* RFC 1952, 2.3.1: CRC-32 and length, four bytes each, stand behind the text. */
static void test_text_of_a_gzip_with_a_bad_trailer_is_read_and_the_gzip_corrupt(void)
{
    for (size_t cut = 1; cut <= 8; cut++) {
        g_autoptr(GByteArray) bytes = pack("gzip", letter, strlen(letter));
        g_auto(Outcome) outcome = extract_bytes("x.gz", bytes->data, bytes->len - cut, 7, &EXTRACT_LIMITS_DEFAULT);
        g_test_message("%zu bytes cut", cut);
        g_assert_error(outcome.error, TRAWL_ERROR, ERROR_CORRUPT);
        g_assert_cmpstr(outcome_text(&outcome, "x"), ==, letter);
    }
    for (size_t at = 1; at <= 8; at++) {
        g_autoptr(GByteArray) bytes = pack("gzip", letter, strlen(letter));
        bytes->data[bytes->len - at] ^= 1;
        g_auto(Outcome) outcome = extract_array("x.gz", bytes);
        g_test_message("byte %zu from the end changed", at);
        g_assert_error(outcome.error, TRAWL_ERROR, ERROR_CORRUPT);
        g_assert_cmpuint(outcome.report.unread, ==, 1);
        g_assert_cmpstr(outcome_text(&outcome, "x"), ==, letter);
    }
}

static void test_a_cut_second_member_of_a_gzip_is_noticed(void)
{
    g_autoptr(GByteArray) first = pack("gzip", "first,", 6);
    g_autoptr(GByteArray) second = pack("gzip", "second", 6);

    for (guint len = 2; len < second->len; len++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_byte_array_append(bytes, first->data, first->len);
        g_byte_array_append(bytes, second->data, len);
        g_auto(Outcome) outcome = extract_bytes("x.gz", bytes->data, bytes->len, 3, &EXTRACT_LIMITS_DEFAULT);
        g_test_message("cut to %u of %u", len, second->len);
        g_assert_error(outcome.error, TRAWL_ERROR, ERROR_CORRUPT);
        g_assert_true(g_str_has_prefix(outcome_text(&outcome, "x"), "first,"));
    }
}

static void test_a_cut_archive_is_corrupt_and_its_beginning_is_read(void)
{
    static const char *const cut_formats[] = {"zip", "pax", "newc"};
    g_autoptr(GString) noise = make_noise(20000);
    const Entry entries[] = {{"one.txt", letter, strlen(letter)}, {"big.txt", noise->str, noise->len}};

    for (size_t i = 0; i < G_N_ELEMENTS(cut_formats); i++) {
        g_autoptr(GByteArray) bytes = make_archive(cut_formats[i], "none", NULL, entries, 2);
        g_auto(Outcome) outcome = extract_bytes("archive", bytes->data, bytes->len / 2, 0, &EXTRACT_LIMITS_DEFAULT);
        g_assert_error(outcome.error, TRAWL_ERROR, ERROR_CORRUPT);
        g_assert_cmpstr(outcome_text(&outcome, "one.txt"), ==, letter);
        const char *big = outcome_text(&outcome, "big.txt");
        g_assert_nonnull(big);
        g_assert_true(g_str_has_prefix(noise->str, big));
    }
}

static void test_a_damaged_member_does_not_hide_the_others(void)
{
    g_autoptr(GString) noise = make_noise(20000);
    g_autoptr(GByteArray) cut = pack("gzip", noise->str, noise->len);
    g_byte_array_set_size(cut, cut->len / 2);
    const Entry entries[] = {{"a.txt", "before", 6}, entry_of("bad.gz", cut), {"z.txt", "behind", 6}};
    g_autoptr(GByteArray) bytes = make_archive("zip", "none", NULL, entries, 3);
    g_auto(Outcome) outcome = extract_array("x.zip", bytes);

    g_assert_error(outcome.error, TRAWL_ERROR, ERROR_CORRUPT);
    g_assert_nonnull(strstr(outcome.error->message, "bad.gz"));
    g_assert_cmpstr(outcome_text(&outcome, "a.txt"), ==, "before");
    g_assert_cmpstr(outcome_text(&outcome, "z.txt"), ==, "behind");
    g_assert_cmpuint(outcome.report.unread, ==, 1);
}

static void test_a_wrong_checksum_is_corrupt(void)
{
    const Entry entries[] = {{"a.txt", letter, strlen(letter)}};
    g_autoptr(GByteArray) bytes = make_archive("zip", "none", "zip:compression=store", entries, 1);
    uint8_t *mat = memmem(bytes->data, bytes->len, "mat", 3);
    mat[0] = 'h';
    g_auto(Outcome) outcome = extract_array("x.zip", bytes);

    g_assert_error(outcome.error, TRAWL_ERROR, ERROR_CORRUPT);
    g_assert_nonnull(strstr(outcome_text(&outcome, "a.txt"), "under the hat"));
}

/* APPNOTE.TXT 4.3.16: signature, five counts that are zero, the length of the comment. */
static void test_an_empty_zip_is_read_to_its_end(void)
{
    uint8_t end[22 + 7] = {'P', 'K', 5, 6};
    g_auto(Outcome) outcome = extract_bytes("x.zip", end, 22, 5, &EXTRACT_LIMITS_DEFAULT);

    g_assert_no_error(outcome.error);
    g_assert_cmpuint(outcome.report.unread, ==, 0);
    g_assert_cmpuint(outcome.report.members, ==, 0);
    g_assert_cmpuint(outcome.report.stored_bytes, ==, 22);

    end[20] = 7;
    memcpy(end + 22, "comment", 7);
    g_auto(Outcome) commented = extract_bytes("x.zip", end, 29, 0, &EXTRACT_LIMITS_DEFAULT);
    g_assert_no_error(commented.error);
    g_assert_cmpuint(commented.report.unread, ==, 0);
    g_assert_cmpstr(outcome_text(&commented, ""), ==, "comment");

    for (size_t at = 4; at < 20; at++) { /* a part of something larger */
        end[at] = 1;
        g_auto(Outcome) other = extract_bytes("x.zip", end, 22, 0, &EXTRACT_LIMITS_DEFAULT);
        g_assert_error(other.error, TRAWL_ERROR, ERROR_CORRUPT);
        end[at] = 0;
    }
    g_auto(Outcome) cut = extract_bytes("x.zip", end, 21, 0, &EXTRACT_LIMITS_DEFAULT);
    g_assert_error(cut.error, TRAWL_ERROR, ERROR_CORRUPT);
}

static GByteArray *make_zip_behind(const char *front, size_t front_len, size_t repeats)
{
    const Entry entries[] = {{"a.txt", letter, strlen(letter)}, {"b.txt", "second", 6}};
    g_autoptr(GByteArray) zip = make_archive("zip", "none", NULL, entries, 2);
    GByteArray *bytes = g_byte_array_new();

    for (size_t i = 0; i < repeats; i++)
        g_byte_array_append(bytes, (const uint8_t *)front, (guint)front_len);
    g_byte_array_append(bytes, zip->data, zip->len);
    return bytes;
}

typedef struct Front {
    const char *bytes;
    size_t len;
} Front;

static const Front fronts[] = {{"#!/bin/sh\nexit\n", 15}, {"\xEF\xBB\xBF#!/bin/sh\n", 13},
    {"\x7F"
     "ELF\2\1\1\0\0\0",
        10},
    {"MZ\x90\0\3\0\0\0\4\0", 10}};

static void check_hidden_zip(const GByteArray *bytes, size_t step)
{
    g_auto(Outcome) outcome = extract_bytes("setup", bytes->data, bytes->len, step, &EXTRACT_LIMITS_DEFAULT);

    g_assert_no_error(outcome.error);
    g_assert_cmpuint(outcome.report.unread, ==, 1);
    g_assert_cmpint(outcome.report.unread_kind, ==, ERROR_UNSUPPORTED);
    g_assert_cmpstr(outcome.report.unread_reason, ==, "zip archive behind other data");
    g_assert_cmpuint(outcome.report.expanded_bytes + 3, >=, bytes->len); /* all but a byte order mark */
}

static void test_a_zip_behind_other_data_is_reported(void)
{
    static const size_t repeats[] = {1, 100, 30000};
    static const size_t steps[] = {0, 7, 4096, 65557, 100000};

    for (size_t i = 0; i < G_N_ELEMENTS(fronts) * G_N_ELEMENTS(repeats) * G_N_ELEMENTS(steps); i++) {
        const Front *front = &fronts[i % G_N_ELEMENTS(fronts)];
        const size_t repeat = repeats[i / G_N_ELEMENTS(fronts) % G_N_ELEMENTS(repeats)];
        const size_t step = steps[i / G_N_ELEMENTS(fronts) / G_N_ELEMENTS(repeats)];
        g_autoptr(GByteArray) bytes = make_zip_behind(front->bytes, front->len, repeat);
        g_test_message("%zu times front %zu, in steps of %zu", repeat, i % G_N_ELEMENTS(fronts), step);
        check_hidden_zip(bytes, step);

        static const uint8_t comment[65535]; /* the longest there is */
        bytes->data[bytes->len - 2] = bytes->data[bytes->len - 1] = 0xFF;
        g_byte_array_append(bytes, comment, sizeof comment);
        check_hidden_zip(bytes, step);
    }
}

static void test_a_zip_behind_a_zip_is_reported(void)
{
    const Entry entry = {"a.txt", letter, strlen(letter)};
    g_autoptr(GByteArray) first = make_archive("zip", "none", NULL, &entry, 1);
    g_autoptr(GByteArray) bytes = make_zip_behind((const char *)first->data, first->len, 1);
    g_auto(Outcome) outcome = extract_bytes("x.zip", bytes->data, bytes->len, 11, &EXTRACT_LIMITS_DEFAULT);

    g_assert_no_error(outcome.error);
    g_assert_cmpstr(outcome_text(&outcome, "a.txt"), ==, letter);
    g_assert_cmpuint(outcome.report.unread, ==, 1);
    g_assert_cmpint(outcome.report.unread_kind, ==, ERROR_UNSUPPORTED);
    g_assert_cmpstr(outcome.report.unread_reason, ==, "zip archive behind another");
}

static void test_only_a_zip_with_members_counts_as_one_behind_other_data(void)
{
    static const char *const texts[] = {"a zip ends with PK\5\6, says APPNOTE.TXT, then there are 18 bytes more",
        "PK\5\6", "a PK\5\6 and more of this and that, and so on and on PK\5\6", "too short PK\5\6\1\1\1\1"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = g_strconcat("text ", texts[i], NULL);
        g_auto(Outcome) outcome = extract_bytes("x", text, strlen(text), 0, &EXTRACT_LIMITS_DEFAULT);
        g_test_message("%s", texts[i]);
        g_assert_no_error(outcome.error);
        g_assert_cmpuint(outcome.report.unread, ==, 0);
    }
    static const char empty[] = "text\nPK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    g_auto(Outcome) outcome = extract_bytes("x", empty, 5 + 22, 0, &EXTRACT_LIMITS_DEFAULT);
    g_assert_cmpuint(outcome.report.unread, ==, 0);
}

static void test_encrypted_members_are_reported(void)
{
    static const char *const methods[] = {"zip:encryption=zipcrypt", "zip:encryption=aes256"};
    const Entry entries[] = {{"a.txt", letter, strlen(letter)}, {"b.txt", letter, strlen(letter)}};

    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        g_autoptr(GByteArray) bytes = make_archive("zip", "none", methods[i], entries, 2);
        g_auto(Outcome) outcome = extract_array("x.zip", bytes);
        g_test_message("%s", methods[i]);
        g_assert_no_error(outcome.error);
        g_assert_cmpuint(outcome.report.unread, ==, 2);
        g_assert_cmpint(outcome.report.unread_kind, ==, ERROR_ENCRYPTED);
        g_assert_cmpstr(outcome.report.unread_reason, ==, "encrypted (a.txt)");
    }
}

static void test_an_unknown_method_of_packing_is_reported(void)
{
    const Entry entries[] = {{"a.txt", letter, strlen(letter)}, {"b.txt", "other", 5}};
    g_autoptr(GByteArray) bytes = make_archive("zip", "none", "zip:compression=deflate", entries, 2);

    g_assert_cmpuint(bytes->data[8], ==, 8);
    bytes->data[8] = 97; /* WavPack */
    g_auto(Outcome) outcome = extract_array("x.zip", bytes);
    g_assert_no_error(outcome.error);
    g_assert_cmpuint(outcome.report.unread, ==, 1);
    g_assert_cmpint(outcome.report.unread_kind, ==, ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(outcome.report.unread_reason, "(a.txt)"));
    g_assert_cmpstr(outcome_text(&outcome, "b.txt"), ==, "other");
}

static void test_what_stands_behind_a_container_is_read(void)
{
    static const char *const kinds[] = {"gzip", "bzip2", "xz", "zstd", "pax", "zip"};

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const Entry entry = {"x", letter, strlen(letter)};
        const bool is_archive = i >= 4;
        g_autoptr(GByteArray) bytes =
            is_archive ? make_archive(kinds[i], "none", NULL, &entry, 1) : pack(kinds[i], letter, strlen(letter));
        g_byte_array_append(bytes, (const uint8_t *)"\nappended by hand\n", 18);
        g_auto(Outcome) outcome = extract_array("x.gz", bytes);
        g_test_message("%s: %s", kinds[i], outcome.error != NULL ? outcome.error->message : "read");
        if (g_str_equal(kinds[i], "xz") || g_str_equal(kinds[i], "zstd")) { /* a broken stream for them: said */
            g_assert_error(outcome.error, TRAWL_ERROR, ERROR_CORRUPT);
            continue;
        }
        g_assert_cmpstr(outcome_text(&outcome, "x"), ==, letter);
        const Run *last = g_ptr_array_index(outcome.runs, outcome.runs->len - 1);
        g_assert_null(last->member);
        g_assert_nonnull(memmem(last->text->str, last->text->len, "appended by", 11));
        g_assert_cmpuint(last->first_offset + last->text->len, ==, bytes->len);
    }
}

static void test_tars_one_behind_the_other_are_both_read(void)
{
    const Entry one = {"one.txt", letter, strlen(letter)};
    const Entry two = {"two.txt", "second", 6};
    g_autoptr(GByteArray) bytes = make_archive("ustar", "none", NULL, &one, 1);
    g_autoptr(GByteArray) more = make_archive("ustar", "none", NULL, &two, 1);

    g_byte_array_append(bytes, more->data, more->len);
    g_auto(Outcome) outcome = extract_array("x.tar", bytes);
    g_assert_no_error(outcome.error);
    g_assert_cmpstr(outcome_text(&outcome, "one.txt"), ==, letter);
    g_assert_cmpstr(outcome_text(&outcome, "two.txt"), ==, "second");
}

static GByteArray *make_bomb(size_t len)
{
    g_autofree char *zeros = g_malloc0(len);

    memset(zeros, 'a', len);
    return pack("bzip2", zeros, len);
}

static void test_a_bomb_ends_at_the_expansion_limit(void)
{
    g_autoptr(GByteArray) bomb = make_bomb(64U << 20);
    const Entry entries[] = {entry_of("bomb.bz2", bomb)};
    g_autoptr(GByteArray) nested = make_archive("zip", "gzip", NULL, entries, 1);
    g_auto(Outcome) outcome = extract_array("x.zip.gz", nested);

    g_assert_error(outcome.error, TRAWL_ERROR, ERROR_EXPANSION_LIMIT);
    g_assert_cmpuint(outcome.report.expanded_bytes, <, 12U << 20);
    g_assert_cmpuint(outcome.report.expanded_bytes, >, 9U << 20);
}

static void test_a_small_stream_may_expand_far(void)
{
    g_autoptr(GByteArray) packed = make_bomb(9U << 20);
    g_auto(Outcome) outcome = extract_array("x.bz2", packed);

    g_assert_no_error(outcome.error);
    g_assert_cmpuint(outcome.report.expanded_bytes, ==, 9U << 20);
}

static void test_limits_are_named_failures(void)
{
    g_autoptr(GByteArray) bytes = make_nested();
    ExtractLimits limits = EXTRACT_LIMITS_DEFAULT;

    limits.max_object_bytes = bytes->len - 1;
    g_auto(Outcome) large = extract_bytes("x", bytes->data, bytes->len, 0, &limits);
    g_assert_error(large.error, TRAWL_ERROR, ERROR_TOO_LARGE);

    limits = EXTRACT_LIMITS_DEFAULT;
    limits.max_expanded_bytes = 100;
    g_auto(Outcome) expanded = extract_bytes("x", bytes->data, bytes->len, 0, &limits);
    g_assert_error(expanded.error, TRAWL_ERROR, ERROR_EXPANSION_LIMIT);

    limits = EXTRACT_LIMITS_DEFAULT;
    limits.max_members = 3;
    g_auto(Outcome) members = extract_bytes("x", bytes->data, bytes->len, 0, &limits);
    g_assert_error(members.error, TRAWL_ERROR, ERROR_EXPANSION_LIMIT);

    limits = EXTRACT_LIMITS_DEFAULT;
    limits.max_ms = -1;
    g_auto(Outcome) late = extract_bytes("x", bytes->data, bytes->len, 0, &limits);
    g_assert_error(late.error, TRAWL_ERROR, ERROR_TIMEOUT);
}

static void test_the_depth_limit_leaves_the_other_members(void)
{
    g_autoptr(GByteArray) bytes = make_nested();
    ExtractLimits limits = EXTRACT_LIMITS_DEFAULT;

    limits.max_depth = 2; /* gzip, tar */
    g_auto(Outcome) outcome = extract_bytes("x.tar.gz", bytes->data, bytes->len, 0, &limits);
    g_assert_error(outcome.error, TRAWL_ERROR, ERROR_DEPTH_LIMIT);
    g_assert_cmpuint(outcome.report.unread, ==, 2);
    g_assert_cmpstr(outcome_text(&outcome, "plain.txt"), ==, "plain");

    limits.max_depth = 3;
    g_auto(Outcome) deep = extract_bytes("x.tar.gz", bytes->data, bytes->len, 0, &limits);
    g_assert_no_error(deep.error);
}

static void test_streams_packed_many_times_count_as_depth(void)
{
    g_autoptr(GByteArray) bytes = pack("gzip", letter, strlen(letter));

    for (size_t i = 1; i < 10; i++) {
        g_autoptr(GByteArray) inner = g_steal_pointer(&bytes);
        bytes = pack("gzip", inner->data, inner->len);
    }
    g_auto(Outcome) outcome = extract_array("x", bytes);
    g_assert_error(outcome.error, TRAWL_ERROR, ERROR_DEPTH_LIMIT);
}

typedef struct MagicCase {
    const char *name;
    const char *magic;
    size_t len;
} MagicCase;

static const MagicCase magic_cases[] = {
    {"gzip", "\x1F\x8B\x08\0\0\0\0\0\0\x03", 10},
    {"zstd", "\x28\xB5\x2F\xFD", 4},
    {"xz",
        "\xFD"
        "7zXZ\0",
        6},
    {"lzma", "\x5D\0\0\x01\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 13},
    {"lzip", "LZIP\x01\x0C", 6},
    {"lz4", "\x04\x22\x4D\x18", 4},
    {"bzip2", "BZh91AY&SY", 10},
    {"zip", "PK\x03\x04", 4},
};

/* Each of them ends, and none of them passes for read. */
static void test_garbage_behind_a_magic_number_is_corrupt(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(5);

    for (size_t i = 0; i < G_N_ELEMENTS(magic_cases) * 50; i++) {
        const MagicCase *test = &magic_cases[i / 50];
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_byte_array_append(bytes, (const uint8_t *)test->magic, (guint)test->len);
        for (size_t byte = 0; byte < 3 * (i % 50); byte++) {
            const uint8_t noise = (uint8_t)g_rand_int_range(random, 1, 256);
            g_byte_array_append(bytes, &noise, 1);
        }
        g_auto(Outcome) outcome = extract_array("x", bytes);
        g_test_message("%s and %u bytes", test->name, bytes->len);
        g_assert_true(outcome.error != NULL || outcome.report.unread > 0);
    }
}

static void test_hostile_names_are_made_presentable(void)
{
    const Entry entries[] = {
        {"../../etc/passwd", "up", 2}, {"/abs\x01\x1B[31m.txt", "esc", 3}, {"bad\xFF\xFEname", "raw", 3}};
    g_autoptr(GByteArray) bytes = make_archive("ustar", "none", NULL, entries, 3);
    g_auto(Outcome) outcome = extract_array("x.tar", bytes);

    g_assert_no_error(outcome.error);
    g_assert_cmpstr(outcome_text(&outcome, "__/__/etc/passwd"), ==, "up");
    g_assert_cmpstr(outcome_text(&outcome, "abs\uFFFD\uFFFD[31m.txt"), ==, "esc");
    g_assert_cmpstr(outcome_text(&outcome, "bad\uFFFD\uFFFDname"), ==, "raw");
}

static void test_names_in_utf8_survive(void)
{
    static const char *const named_formats[] = {"zip", "pax", "ustar"};
    const Entry entries[] = {{"m\u00fcnchen/\u6771\u4eac.txt", letter, strlen(letter)}};

    for (size_t i = 0; i < G_N_ELEMENTS(named_formats); i++) {
        g_autoptr(GByteArray) bytes = make_archive(named_formats[i], "none", NULL, entries, 1);
        g_auto(Outcome) outcome = extract_array("x", bytes);
        g_test_message("%s", named_formats[i]);
        g_assert_no_error(outcome.error);
        g_assert_cmpstr(outcome_text(&outcome, entries[0].name), ==, letter);
    }
}

static void test_images_in_archives_are_reported_and_still_looked_at(void)
{
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0text in it";
    const Entry entries[] = {{"a.txt", letter, strlen(letter)}, {"logo.png", png, sizeof png}};
    g_autoptr(GByteArray) bytes = make_archive("zip", "none", NULL, entries, 2);
    g_auto(Outcome) outcome = extract_array("x.zip", bytes);

    g_assert_no_error(outcome.error);
    g_assert_cmpuint(outcome.report.unread, ==, 1);
    g_assert_cmpint(outcome.report.unread_kind, ==, ERROR_UNSUPPORTED);
    g_assert_cmpstr(outcome.report.unread_reason, ==, "image/png (logo.png)");
    g_assert_nonnull(outcome_text(&outcome, "logo.png"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/extract/archives/" #name, test_##name)
    TEST(every_compression_is_unpacked);
    TEST(every_archive_format_is_read);
    TEST(members_of_a_packed_tar_stand_in_the_object);
    TEST(archives_in_archives_are_read);
    TEST(pieces_of_any_size_give_the_same_runs);
    TEST(members_of_a_compressed_stream_are_all_read);
    TEST(an_empty_packed_stream_is_read);
    TEST(a_cut_stream_is_corrupt_wherever_it_is_cut);
    TEST(a_short_stream_is_corrupt_wherever_it_is_cut);
    TEST(text_of_a_gzip_with_a_bad_trailer_is_read_and_the_gzip_corrupt);
    TEST(a_cut_second_member_of_a_gzip_is_noticed);
    TEST(a_cut_archive_is_corrupt_and_its_beginning_is_read);
    TEST(a_damaged_member_does_not_hide_the_others);
    TEST(a_wrong_checksum_is_corrupt);
    TEST(an_empty_zip_is_read_to_its_end);
    TEST(a_zip_behind_other_data_is_reported);
    TEST(a_zip_behind_a_zip_is_reported);
    TEST(only_a_zip_with_members_counts_as_one_behind_other_data);
    TEST(encrypted_members_are_reported);
    TEST(an_unknown_method_of_packing_is_reported);
    TEST(what_stands_behind_a_container_is_read);
    TEST(tars_one_behind_the_other_are_both_read);
    TEST(a_bomb_ends_at_the_expansion_limit);
    TEST(a_small_stream_may_expand_far);
    TEST(limits_are_named_failures);
    TEST(the_depth_limit_leaves_the_other_members);
    TEST(streams_packed_many_times_count_as_depth);
    TEST(garbage_behind_a_magic_number_is_corrupt);
    TEST(hostile_names_are_made_presentable);
    TEST(names_in_utf8_survive);
    TEST(images_in_archives_are_reported_and_still_looked_at);
#undef TEST
    return g_test_run();
}

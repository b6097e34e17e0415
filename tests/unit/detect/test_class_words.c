/* Words and colons of the vectorised scan, and the gate that lets words through, against references that look at one
 * byte after another. */
#include "class_scan_testing.h"

#include <string.h>

/* A-Z and a-z, of the bytes from 64 on. */
#define LETTERS UINT64_C(0x07FFFFFE07FFFFFE)

/* Words of 1 to 70 characters, which lie everywhere in the blocks. They begin with a letter, or with anything behind a
 * byte that is not ASCII. */
static void check_words(GRand *random)
{
    static const ClassPlan words = {.forms = &CLASS_FORMS, .word_runs = ~UINT64_C(0), .word_firsts = {[1] = LETTERS}};
    static const ClassPlan long_words = {
        .forms = &CLASS_FORMS, .word_runs = ~UINT64_C(0) << LONG_WORD_MIN, .word_firsts = {[1] = LETTERS}};
    g_autoptr(GString) text = g_string_new(NULL), expected_cold = g_string_new(NULL);
    g_autoptr(GString) expected_hot = g_string_new(NULL);

    while (text->len < 5000) {
        size_t start = text->len, length = (size_t)g_rand_int_range(random, 1, 71);
        for (size_t i = 0; i < length; i++)
            g_string_append_c(text, "abcXYZ019_"[g_rand_int_range(random, 0, 10)]);
        g_string_append_c(text, " .-\n\xE9"[g_rand_int_range(random, 0, 5)]);
        if (!g_ascii_isalpha(text->str[start]) && (start == 0 || (uint8_t)text->str[start - 1] < 0x80))
            continue;
        class_note(expected_hot, 'w', 0, start);
        if (length >= LONG_WORD_MIN)
            class_note(expected_cold, 'w', 0, start);
    }
    size_t len = text->len;
    g_string_set_size(text, len + CLASS_PADDING);
    memset(text->str + len, 0, CLASS_PADDING);
    const ClassText class_text = {.data = (const uint8_t *)text->str, .from = 0, .to = len, .len = len};
    g_autofree char *cold = class_scan_by(&long_words, processor_best(), &class_text, PLAN_IS_COLD);
    g_autofree char *cold_all = class_scan_by(&words, processor_best(), &class_text, PLAN_IS_COLD);
    g_autofree char *hot = class_scan_by(&words, processor_best(), &class_text, PLAN_IS_HOT);
    g_assert_cmpstr(cold, ==, expected_cold->str);
    g_assert_cmpstr(cold_all, ==, expected_hot->str);
    g_assert_cmpstr(hot, ==, expected_hot->str);
}

static void test_without_a_keyword_only_long_words_are_places(void)
{
    GRand *random = g_rand_new_with_seed(815);

    for (int i = 0; i < 100; i++)
        check_words(random);
    g_rand_free(random);
}

/* Whether a word begins there with a letter from `first` to `last`, or behind a byte that is not ASCII. */
static bool begins_asked_word(const uint8_t *text, size_t at, uint8_t first, uint8_t last)
{
    uint8_t before = at > 0 ? text[at - 1] : 0;

    if (!is_word_byte(text[at]) || is_word_byte(before))
        return false;
    return before >= 0x80 || (g_ascii_isalpha(text[at]) && text[at] >= first && text[at] <= last);
}

/* Of the words between two places only those of three characters or more are asked for that begin with X, Y or Z. */
enum { GATE_FROM = 1000, GATE_TO = 3000, GATE_TEXT = 5000, GATED_MIN = 3 };

typedef struct TestGate {
    ClassGate gate;
    WordGate words, all;
} TestGate;

static TestGate *opened; /* what follows is told of places alone */

static void open_test_gate(G_GNUC_UNUSED void *data, size_t at)
{
    TestGate *test = opened;
    bool is_before = at < GATE_FROM, is_inside = !is_before && at < GATE_TO;

    test->gate.from = is_before ? 0 : is_inside ? GATE_FROM : GATE_TO;
    test->gate.to = is_before ? GATE_FROM : is_inside ? GATE_TO : GATE_TEXT;
    test->gate.words = is_inside ? &test->words : &test->all;
}

static TestGate test_gate(void)
{
    TestGate test = {.words = {.firsts = {[1] = UINT64_C(7) << ('X' - 64)}}, .all = {.firsts = {[1] = LETTERS}}};

    memset(test.all.lengths, 0xFF, sizeof test.all.lengths);
    for (size_t kind = 0; kind < RUN_KINDS; kind++) {
        for (size_t next = 0; next < NEXT_COUNT; next++)
            test.words.lengths[kind][next] = ~UINT64_C(0) << GATED_MIN;
    }
    return test;
}

static bool is_asked_for(const uint8_t *text, size_t at)
{
    size_t len = 0;

    if (at < GATE_FROM || at >= GATE_TO)
        return begins_asked_word(text, at, 'A', 'z');
    while (is_word_byte(text[at + len]))
        len++;
    bool is_behind_other = at > 0 && text[at - 1] >= 0x80;
    return begins_asked_word(text, at, 'X', 'Z') && (len >= GATED_MIN || is_behind_other);
}

/* The cold plan asks nobody. */
static void check_gate(GRand *random)
{
    static const ClassPlan words = {.forms = &CLASS_FORMS, .word_runs = ~UINT64_C(0), .word_firsts = {[1] = LETTERS}};
    uint8_t text[GATE_TEXT + CLASS_PADDING] = {0};
    g_autoptr(GString) all = g_string_new(NULL), expected = g_string_new(NULL);
    TestGate gate = test_gate();

    for (size_t i = 0; i < GATE_TEXT; i++)
        text[i] = (uint8_t) "abcXYZ019_  .-\n\xE9"[g_rand_int_range(random, 0, 16)];
    for (size_t at = 0; at < GATE_TEXT; at++) {
        if (begins_asked_word(text, at, 'A', 'z'))
            class_note(all, 'w', 0, at);
        if (is_asked_for(text, at))
            class_note(expected, 'w', 0, at);
    }
    const ClassText class_text = {
        .data = text, .to = GATE_TEXT, .len = GATE_TEXT, .gate = &gate.gate, .open = open_test_gate};
    opened = &gate;
    for (Processor processor = PROCESSOR_ANY; processor <= processor_best(); processor++) {
        g_autofree char *cold = class_scan_by(&words, processor, &class_text, PLAN_IS_COLD);
        g_autofree char *hot = class_scan_by(&words, processor, &class_text, PLAN_IS_HOT);
        g_assert_cmpstr(cold, ==, all->str);
        g_assert_cmpstr(hot, ==, expected->str);
    }
}

static void test_words_that_nobody_asks_for_are_no_places(void)
{
    GRand *random = g_rand_new_with_seed(2311);

    for (int i = 0; i < 50; i++)
        check_gate(random);
    g_rand_free(random);
}

/* A colon is a place where "::" stands, or five of them within 40 bytes of it; and where a word or colon follows. */
static void reference_colon(GString *out, const uint8_t *text, size_t at)
{
    enum { WITHIN = 40, MIN_COLONS = 5 };
    unsigned colons = 0;
    bool is_double = false;

    if (text[at] != ':' || !(is_word_byte(text[at + 1]) || text[at + 1] == ':'))
        return;
    for (size_t i = at; i < at + WITHIN; i++) {
        colons += text[i] == ':' ? 1 : 0;
        is_double = is_double || (text[i] == ':' && text[i + 1] == ':' && i + 1 < at + WITHIN);
    }
    if (colons >= MIN_COLONS || is_double)
        class_note(out, 'c', 0, at);
}

static void check_colons(GRand *random, size_t len)
{
    static const ClassPlan colons = {.forms = &CLASS_FORMS, .wants_colon = ~UINT64_C(0)};
    g_autofree uint8_t *text = g_malloc0(len + CLASS_PADDING);
    g_autoptr(GString) expected = g_string_new(NULL);

    for (size_t i = 0; i < len; i++)
        text[i] = (uint8_t) "0aF:0aF 0aF.::"[g_rand_int_range(random, 0, i / 300 % 2 == 0 ? 14 : 12)];
    for (size_t at = 0; at < len; at++)
        reference_colon(expected, text, at);
    const ClassText class_text = {.data = text, .to = len, .len = len};
    g_autofree char *found = class_scan_by(&colons, processor_best(), &class_text, PLAN_IS_COLD);
    g_assert_cmpstr(found, ==, expected->str);
}

static void test_a_colon_is_a_place_where_an_address_of_groups_may_begin(void)
{
    GRand *random = g_rand_new_with_seed(16);

    for (int i = 0; i < 100; i++)
        check_colons(random, (size_t)g_rand_int_range(random, 10, 3000));
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/class-words/without-a-keyword-only-long-words-are-places",
        test_without_a_keyword_only_long_words_are_places);
    g_test_add_func(
        "/detect/class-words/words-that-nobody-asks-for-are-no-places", test_words_that_nobody_asks_for_are_no_places);
    g_test_add_func("/detect/class-words/a-colon-is-a-place-where-an-address-of-groups-may-begin",
        test_a_colon_is_a_place_where_an_address_of_groups_may_begin);
    return g_test_run();
}

/* The vectorised scan against a reference that looks at one byte after another. */
#include "detect/class_scan.h"

#include <string.h>

/* After 2, 3 or 4 digits: 2 to 5 digits; only 3 if the separator is a slash; with dots three groups. */
enum { ANY_SECOND = 0x3C, SLASH_SECOND = 0x08 };
static const FormRows FORMS = {
    .rows = {[1 ... 2] = {[2 ... 4] = {.pairs = ANY_SECOND}},
        [3] = {[1 ... 3] = {.seconds = ANY_SECOND, .thirds = SLASH_SECOND}, [20] = {.pairs = UINT64_C(1) << 17}},
        [4] = {[2 ... 4] = {.pairs = SLASH_SECOND}}},
};

enum { START_COUNT = 4, EVERY_START = (1 << START_COUNT) - 1 };

/* Codes of any length. */
static const ClassPlan PLAN = {
    .forms = &FORMS,
    .separator_numbers = {[' '] = 1, ['-'] = 2, ['.'] = 3, ['/'] = 4},
    .bare_lengths = UINT64_C(0xFF) << 9,
    .wants_at = ~UINT64_C(0),
    .wants_plus = ~UINT64_C(0),
    .start_count = START_COUNT,
    .starts = {"UUDD", "UD", "UUUUAA", "DA"},
    .starts_by_run = {[0 ... RUN_KINDS - 1] = {[0 ... NEXT_COUNT - 1] = {[0 ... FIRST_RUN_MAX] = EVERY_START}}},
    .starts_by_second = {[0 ... NEXT_COUNT - 1] = {[0 ... RUN_SHORT] = {[0 ... RUN_SHORT - 1] = EVERY_START}}},
};

/* Codes of a few lengths, before a few bytes and words. */
static const ClassPlan CHOOSY_PLAN = {
    .forms = &FORMS,
    .separator_numbers = {['+'] = 1, [':'] = 2, ['-'] = 3, ['|'] = 4},
    .bare_lengths = UINT64_C(0x2) << 1,
    .start_count = START_COUNT,
    .starts = {"UU", "DD", "AA", "DA"},
    .starts_by_run = {[RUN_ANY] = {[NEXT_OTHER] = {[3] = 4, [7] = 8}, [NEXT_COLON] = {[2 ... 9] = 9}},
        [RUN_DIGITS] = {[NEXT_DASH] = {[2 ... 4] = 2}, [NEXT_SPACE] = {[5] = 8}, [NEXT_OTHER] = {[40] = 2}},
        [RUN_LETTERS] = {[NEXT_DOT] = {[4] = 1}, [NEXT_OTHER] = {[16 ... FIRST_RUN_MAX] = 1}}},
    .starts_by_second = {[NEXT_OTHER] = {[0 ... RUN_SHORT] = {[0 ... RUN_SHORT - 1] = EVERY_START}},
        [0 ... NEXT_OTHER - 1] = {[0 ... 3] = {[0 ... RUN_SHORT - 1] = EVERY_START},
            [4 ... RUN_SHORT - 1] = {[0 ... 4] = EVERY_START},
            [RUN_SHORT] = {[0 ... RUN_SHORT - 1] = EVERY_START}}},
    .starts_in_numbers = 2,
    .quad_starts = 1,
};

static bool is_word(uint8_t c)
{
    return g_ascii_isalnum((char)c) || c == '_';
}

static size_t digits_at(const uint8_t *text)
{
    size_t digits = 0;

    while (g_ascii_isdigit((char)text[digits]))
        digits++;
    return digits;
}

static bool reference_number(const ClassPlan *plan, const uint8_t *text)
{
    size_t first = digits_at(text), second = digits_at(text + first + 1);
    const uint8_t *separator = text + first, *end = separator + 1 + second;
    unsigned number = plan->separator_numbers[*separator];

    if (first == 0 || is_word(*separator))
        return false;
    if (first < 64 && (plan->bare_lengths >> first & 1) != 0)
        return true;
    if (number == 0 || first > FORM_MAX_DIGITS || second > FORM_MAX_DIGITS)
        return false;
    const FormRow *row = &plan->forms->rows[number][first];
    size_t third = *end == *separator ? digits_at(end + 1) : 0;
    return ((row->pairs >> second & 1) != 0 && !is_word(*end)) ||
           ((row->seconds >> second & 1) != 0 && third <= FORM_MAX_DIGITS && (row->thirds >> third & 1) != 0);
}

static size_t word_at(const uint8_t *text)
{
    size_t length = 0;

    while (is_word(text[length]))
        length++;
    return length;
}

/* Of the starts, those that the word and what follows it allow. */
static uint32_t reference_run(const ClassPlan *plan, const uint8_t *text)
{
    static const char separators[] = " -./+:";
    size_t length = MIN(word_at(text), (size_t)FIRST_RUN_MAX), digits = 0;
    const char *separator = text[length] != '\0' ? strchr(separators, text[length]) : NULL;
    size_t next = separator != NULL ? (size_t)(separator - separators) : NEXT_OTHER;
    size_t second = MIN(word_at(text + length + 1), (size_t)RUN_SHORT - 1);

    for (size_t i = 0; i < length; i++)
        digits += g_ascii_isdigit((char)text[i]) ? 1 : 0;
    RunKind kind = digits == length ? RUN_DIGITS : digits == 0 ? RUN_LETTERS : RUN_ANY;
    return plan->starts_by_run[kind][next][length] &
           plan->starts_by_second[next][MIN(length, (size_t)RUN_SHORT)][second];
}

/* "10.1.2.3" */
static bool is_quad(const uint8_t *text)
{
    for (int number = 0; number < 4; number++) {
        size_t digits = digits_at(text);
        if (digits < 1 || digits > 3 || (number < 3 && text[digits] != '.'))
            return false;
        text += digits + (number < 3 ? 1 : 0);
    }
    return !is_word(*text);
}

static bool reference_start(const uint8_t *text, const char *start)
{
    for (; *start != '\0'; start++, text++) {
        bool fits = (*start != 'D' && g_ascii_isupper((char)*text)) || (*start != 'U' && g_ascii_isdigit((char)*text));
        if (!fits)
            return false;
    }
    return true;
}

static void note(GString *out, char kind, uint32_t start, size_t at)
{
    g_string_append_printf(out, "%c%u@%zu\n", kind, start, at);
}

/* "1.234", and "1-234" but not "a1-234". */
static bool goes_on_from_number(const uint8_t *text, size_t at)
{
    size_t start = at;

    if (!g_ascii_isdigit((char)text[at]) || at < 2 || !g_ascii_isdigit((char)text[at - 2]))
        return false;
    for (start = at - 1; start > 0 && g_ascii_isdigit((char)text[start - 1]);)
        start--;
    return text[at - 1] == '.' || (text[at - 1] == '-' && (start == 0 || !is_word(text[start - 1])));
}

static void reference_place(GString *out, const ClassPlan *plan, const uint8_t *text, size_t at)
{
    bool touches = at > 0 && is_word(text[at - 1]), goes_on = goes_on_from_number(text, at);

    if (!touches && !goes_on && reference_number(plan, text + at))
        note(out, 'n', 0, at);
    if (plan->wants_at != 0 && text[at] == '@' && is_word(text[at + 1]))
        note(out, 'a', 0, at);
    if (plan->wants_plus != 0 && !touches && text[at] == '+' && g_ascii_isdigit((char)text[at + 1]))
        note(out, 'p', 0, at);
    if (touches)
        return;
    uint32_t starts = reference_run(plan, text + at) & (goes_on ? plan->starts_in_numbers : EVERY_START);
    starts &= is_quad(text + at) ? plan->quad_starts : EVERY_START;
    for (uint32_t i = 0; i < plan->start_count; i++) {
        if ((starts >> i & 1) != 0 && reference_start(text + at, plan->starts[i]))
            note(out, 'u', i, at);
    }
}

static void note_place(void *data, const ClassPlace *place)
{
    GPtrArray *places = data;

    g_ptr_array_add(places, g_memdup2(place, sizeof *place));
}

static int place_order(gconstpointer a, gconstpointer b)
{
    static const int rank[] = {
        [CLASS_DIGITS] = 0, [CLASS_AT] = 1, [CLASS_PLUS] = 2, [CLASS_COLON] = 3, [CLASS_UPPER] = 4};
    const ClassPlace *x = *(ClassPlace *const *)a, *y = *(ClassPlace *const *)b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return rank[x->kind] - rank[y->kind];
}

/* Asks for nothing. */
static const ClassPlan NOTHING = {.forms = &FORMS};

typedef enum PlanUse { PLAN_IS_COLD, PLAN_IS_HOT } PlanUse;

/* The plan holds everywhere, either as the cold one or as the hot one. */
static char *scan_by(const ClassPlan *asked, Processor processor, const ClassText *text, PlanUse use)
{
    static const char names[] = {[CLASS_DIGITS] = 'n',
        [CLASS_AT] = 'a',
        [CLASS_PLUS] = 'p',
        [CLASS_COLON] = 'c',
        [CLASS_UPPER] = 'u',
        [CLASS_WORD] = 'w'};
    g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree uint64_t *hot = g_new0(uint64_t, text->to / CLASS_BLOCK + 1);
    ClassText marked = *text;
    ClassPlan plan = *asked, nothing = NOTHING;

    class_plan_finish(&plan, processor);
    class_plan_finish(&nothing, processor);
    memset(hot, use == PLAN_IS_HOT ? 0xFF : 0, (text->to / CLASS_BLOCK + 1) * sizeof *hot);
    marked.hot = hot;
    const ClassPlans plans = {
        .cold = use == PLAN_IS_COLD ? &plan : &nothing, .hot = use == PLAN_IS_HOT ? &plan : &nothing};
    class_scan(&plans, &marked, note_place, places);
    g_ptr_array_sort(places, place_order);
    for (guint i = 0; i < places->len; i++) {
        const ClassPlace *place = g_ptr_array_index(places, i);
        for (uint32_t start = 0; start < CLASS_MAX_STARTS; start++) {
            if (place->kind == CLASS_UPPER ? (place->starts >> start & 1) != 0 : start == 0)
                note(out, names[place->kind], start, place->at);
        }
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static uint8_t random_byte(GRand *random)
{
    static const char likely[] = "0123456789012345678901234567890123456789 -./ABCDEFGHIJKLMNOPQRSTUVWXYZABab_@+\n,:";

    static const char numbers[] = "0123456789.";

    if (g_rand_int_range(random, 0, 3) == 0)
        return (uint8_t)numbers[g_rand_int_range(random, 0, sizeof numbers - 1)];
    return g_rand_int_range(random, 0, 50) == 0 ? (uint8_t)g_rand_int_range(random, 0, 256)
                                                : (uint8_t)likely[g_rand_int_range(random, 0, sizeof likely - 1)];
}

static void check_random_text(const ClassPlan *plan, GRand *random, size_t len)
{
    g_autofree uint8_t *text = g_malloc0(len + CLASS_PADDING);
    g_autoptr(GString) expected = g_string_new(NULL);
    size_t from = (size_t)g_rand_int_range(random, 0, 100);

    for (size_t i = 0; i < len; i++)
        text[i] = random_byte(random);
    for (size_t at = from; at < len; at++)
        reference_place(expected, plan, text, at);
    const ClassText class_text = {.data = text, .from = from, .to = len, .len = len};
    for (Processor processor = PROCESSOR_ANY; processor <= processor_best(); processor++) {
        g_autofree char *cold = scan_by(plan, processor, &class_text, PLAN_IS_COLD);
        g_autofree char *hot = scan_by(plan, processor, &class_text, PLAN_IS_HOT);
        g_assert_cmpstr(cold, ==, expected->str);
        g_assert_cmpstr(hot, ==, expected->str);
    }
}

static void test_every_implementation_finds_the_places_of_the_reference(void)
{
    GRand *random = g_rand_new_with_seed(4711);

    for (int i = 0; i < 300; i++) {
        check_random_text(&PLAN, random, (size_t)g_rand_int_range(random, 100, 9000));
        check_random_text(&CHOOSY_PLAN, random, (size_t)g_rand_int_range(random, 100, 9000));
    }
    g_rand_free(random);
}

/* A-Z and a-z, of the bytes from 64 on. */
#define LETTERS UINT64_C(0x07FFFFFE07FFFFFE)

/* Words of 1 to 70 characters, which lie everywhere in the blocks. They begin with a letter, or with anything behind a
 * byte that is not ASCII. */
static void check_words(GRand *random)
{
    static const ClassPlan words = {.forms = &FORMS, .word_runs = ~UINT64_C(0), .word_firsts = {[1] = LETTERS}};
    static const ClassPlan long_words = {
        .forms = &FORMS, .word_runs = ~UINT64_C(0) << LONG_WORD_MIN, .word_firsts = {[1] = LETTERS}};
    g_autoptr(GString) text = g_string_new(NULL), expected_cold = g_string_new(NULL);
    g_autoptr(GString) expected_hot = g_string_new(NULL);

    while (text->len < 5000) {
        size_t start = text->len, length = (size_t)g_rand_int_range(random, 1, 71);
        for (size_t i = 0; i < length; i++)
            g_string_append_c(text, "abcXYZ019_"[g_rand_int_range(random, 0, 10)]);
        g_string_append_c(text, " .-\n\xE9"[g_rand_int_range(random, 0, 5)]);
        if (!g_ascii_isalpha(text->str[start]) && (start == 0 || (uint8_t)text->str[start - 1] < 0x80))
            continue;
        note(expected_hot, 'w', 0, start);
        if (length >= LONG_WORD_MIN)
            note(expected_cold, 'w', 0, start);
    }
    size_t len = text->len;
    g_string_set_size(text, len + CLASS_PADDING);
    memset(text->str + len, 0, CLASS_PADDING);
    const ClassText class_text = {.data = (const uint8_t *)text->str, .from = 0, .to = len, .len = len};
    g_autofree char *cold = scan_by(&long_words, processor_best(), &class_text, PLAN_IS_COLD);
    g_autofree char *cold_all = scan_by(&words, processor_best(), &class_text, PLAN_IS_COLD);
    g_autofree char *hot = scan_by(&words, processor_best(), &class_text, PLAN_IS_HOT);
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

    if (!is_word(text[at]) || is_word(before))
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
    while (is_word(text[at + len]))
        len++;
    bool is_behind_other = at > 0 && text[at - 1] >= 0x80;
    return begins_asked_word(text, at, 'X', 'Z') && (len >= GATED_MIN || is_behind_other);
}

/* The cold plan asks nobody. */
static void check_gate(GRand *random)
{
    static const ClassPlan words = {.forms = &FORMS, .word_runs = ~UINT64_C(0), .word_firsts = {[1] = LETTERS}};
    uint8_t text[GATE_TEXT + CLASS_PADDING] = {0};
    g_autoptr(GString) all = g_string_new(NULL), expected = g_string_new(NULL);
    TestGate gate = test_gate();

    for (size_t i = 0; i < GATE_TEXT; i++)
        text[i] = (uint8_t) "abcXYZ019_  .-\n\xE9"[g_rand_int_range(random, 0, 16)];
    for (size_t at = 0; at < GATE_TEXT; at++) {
        if (begins_asked_word(text, at, 'A', 'z'))
            note(all, 'w', 0, at);
        if (is_asked_for(text, at))
            note(expected, 'w', 0, at);
    }
    const ClassText class_text = {
        .data = text, .to = GATE_TEXT, .len = GATE_TEXT, .gate = &gate.gate, .open = open_test_gate};
    opened = &gate;
    for (Processor processor = PROCESSOR_ANY; processor <= processor_best(); processor++) {
        g_autofree char *cold = scan_by(&words, processor, &class_text, PLAN_IS_COLD);
        g_autofree char *hot = scan_by(&words, processor, &class_text, PLAN_IS_HOT);
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

    if (text[at] != ':' || !(is_word(text[at + 1]) || text[at + 1] == ':'))
        return;
    for (size_t i = at; i < at + WITHIN; i++) {
        colons += text[i] == ':' ? 1 : 0;
        is_double = is_double || (text[i] == ':' && text[i + 1] == ':' && i + 1 < at + WITHIN);
    }
    if (colons >= MIN_COLONS || is_double)
        note(out, 'c', 0, at);
}

static void check_colons(GRand *random, size_t len)
{
    static const ClassPlan colons = {.forms = &FORMS, .wants_colon = ~UINT64_C(0)};
    g_autofree uint8_t *text = g_malloc0(len + CLASS_PADDING);
    g_autoptr(GString) expected = g_string_new(NULL);

    for (size_t i = 0; i < len; i++)
        text[i] = (uint8_t) "0aF:0aF 0aF.::"[g_rand_int_range(random, 0, i / 300 % 2 == 0 ? 14 : 12)];
    for (size_t at = 0; at < len; at++)
        reference_colon(expected, text, at);
    const ClassText class_text = {.data = text, .to = len, .len = len};
    g_autofree char *found = scan_by(&colons, processor_best(), &class_text, PLAN_IS_COLD);
    g_assert_cmpstr(found, ==, expected->str);
}

static void test_a_colon_is_a_place_where_an_address_of_groups_may_begin(void)
{
    GRand *random = g_rand_new_with_seed(16);

    for (int i = 0; i < 100; i++)
        check_colons(random, (size_t)g_rand_int_range(random, 10, 3000));
    g_rand_free(random);
}

static void check_byte(uint8_t byte)
{
    uint8_t text[CLASS_BLOCK];
    ClassMasks portable, other;

    memset(text, byte, sizeof text);
    class_mask_fill_portable()(text, 1, &portable);
    g_assert_cmpuint(portable.digit, ==, g_ascii_isdigit((char)byte) ? UINT64_MAX : 0);
    g_assert_cmpuint(portable.upper, ==, g_ascii_isupper((char)byte) ? UINT64_MAX : 0);
    g_assert_cmpuint(portable.word, ==, is_word(byte) ? UINT64_MAX : 0);
    g_assert_cmpuint(portable.at, ==, byte == '@' ? UINT64_MAX : 0);
    g_assert_cmpuint(portable.underscore, ==, byte == '_' ? UINT64_MAX : 0);
    g_assert_cmpuint(portable.high, ==, byte >= 0x80 ? UINT64_MAX : 0);
    g_assert_cmpuint(portable.plus, ==, byte == '+' ? UINT64_MAX : 0);
    for (Processor processor = processor_best(); processor > PROCESSOR_ANY; processor--) {
        class_mask_fill_for(processor)(text, 1, &other);
        g_assert_cmpint(memcmp(&portable, &other, sizeof other), ==, 0);
    }
}

static void test_every_byte_value_has_its_classes(void)
{
    for (int byte = 0; byte < 256; byte++)
        check_byte((uint8_t)byte);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/class-scan/every-implementation-finds-the-places-of-the-reference",
        test_every_implementation_finds_the_places_of_the_reference);
    g_test_add_func("/detect/class-scan/every-byte-value-has-its-classes", test_every_byte_value_has_its_classes);
    g_test_add_func("/detect/class-scan/without-a-keyword-only-long-words-are-places",
        test_without_a_keyword_only_long_words_are_places);
    g_test_add_func(
        "/detect/class-scan/words-that-nobody-asks-for-are-no-places", test_words_that_nobody_asks_for_are_no_places);
    g_test_add_func("/detect/class-scan/a-colon-is-a-place-where-an-address-of-groups-may-begin",
        test_a_colon_is_a_place_where_an_address_of_groups_may_begin);
    return g_test_run();
}

/* The vectorised scan against a reference that looks at one byte after another. */
#include "detect/class_scan.h"

#include <string.h>

/* After 2, 3 or 4 digits: 2 to 5 digits; only 3 if the separator is a slash. */
enum { ANY_SECOND = 0x3C, SLASH_SECOND = 0x08 };
static const FormSeconds SECONDS = {
    [0] = {0, 0, ANY_SECOND, ANY_SECOND, ANY_SECOND},
    [1] = {0, 0, ANY_SECOND, ANY_SECOND, ANY_SECOND},
    [2] = {0, 0, ANY_SECOND, ANY_SECOND, ANY_SECOND},
    [3] = {0, 0, SLASH_SECOND, SLASH_SECOND, SLASH_SECOND},
};

static const ClassPlan PLAN = {
    .seconds = &SECONDS,
    .separator_numbers = {[' '] = 1, ['-'] = 2, ['.'] = 3, ['/'] = 4},
    .bare_lengths = UINT64_C(0xFF) << 9,
    .wants_at = ~UINT64_C(0),
    .wants_plus = ~UINT64_C(0),
    .start_count = 3,
    .starts = {"UUDD", "UD", "UUUUAA"},
    .starts_by_run = {[0 ... RUN_KINDS - 1] = {[0 ... NEXT_COUNT - 1] = {[0 ... FIRST_RUN_MAX] = 7}}},
    .starts_by_second = {[0 ... NEXT_OTHER - 1] = {[0 ... RUN_SHORT - 1] = {[0 ... RUN_SHORT - 1] = 7}}},
};

static bool is_word(uint8_t c)
{
    return g_ascii_isalnum((char)c) || c == '_';
}

static bool is_separator(uint8_t c)
{
    return c == ' ' || c == '-' || c == '.' || c == '/';
}

static size_t digits_at(const uint8_t *text)
{
    size_t digits = 0;

    while (g_ascii_isdigit((char)text[digits]))
        digits++;
    return digits;
}

static bool reference_number(const uint8_t *text)
{
    size_t first = digits_at(text);

    if (first == 0 || is_word(text[first]))
        return false;
    if (first >= 9 && first <= 16)
        return true;
    if (first < 2 || first > 4 || !is_separator(text[first]))
        return false;
    size_t second = digits_at(text + first + 1);
    return text[first] == '/' ? second == 3 : second >= 2 && second <= 5;
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

static void reference_place(GString *out, const uint8_t *text, size_t at)
{
    bool touches = at > 0 && is_word(text[at - 1]);
    bool is_decimal = at >= 2 && text[at - 1] == '.' && g_ascii_isdigit((char)text[at - 2]);

    if (!touches && !is_decimal && reference_number(text + at))
        note(out, 'n', 0, at);
    if (text[at] == '@' && is_word(text[at + 1]))
        note(out, 'a', 0, at);
    if (!touches && text[at] == '+' && g_ascii_isdigit((char)text[at + 1]))
        note(out, 'p', 0, at);
    for (uint32_t i = 0; i < PLAN.start_count; i++) {
        if (!touches && reference_start(text + at, PLAN.starts[i]))
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
static const ClassPlan NOTHING = {.seconds = &SECONDS};

typedef enum PlanUse { PLAN_IS_COLD, PLAN_IS_HOT } PlanUse;

/* The plan holds everywhere, either as the cold one or as the hot one. */
static char *scan_by(const ClassPlan *asked, ClassMaskFill fill, const ClassText *text, PlanUse use)
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

    plan.fill = nothing.fill = fill;
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

static char *scan_with(ClassMaskFill fill, const ClassText *text, PlanUse use)
{
    return scan_by(&PLAN, fill, text, use);
}

static uint8_t random_byte(GRand *random)
{
    static const char likely[] = "0123456789012345678901234567890123456789 -./ABCDEFGHIJKLMNOPQRSTUVWXYZABab_@+\n,:";

    return g_rand_int_range(random, 0, 50) == 0 ? (uint8_t)g_rand_int_range(random, 0, 256)
                                                : (uint8_t)likely[g_rand_int_range(random, 0, sizeof likely - 1)];
}

static void check_random_text(GRand *random, size_t len)
{
    g_autofree uint8_t *text = g_malloc0(len + CLASS_PADDING);
    g_autoptr(GString) expected = g_string_new(NULL);
    size_t from = (size_t)g_rand_int_range(random, 0, 100);

    for (size_t i = 0; i < len; i++)
        text[i] = random_byte(random);
    for (size_t at = from; at < len; at++)
        reference_place(expected, text, at);
    const ClassText class_text = {.data = text, .from = from, .to = len, .len = len};
    for (Processor processor = PROCESSOR_ANY; processor <= processor_best(); processor++) {
        g_autofree char *cold = scan_with(class_mask_fill_for(processor), &class_text, PLAN_IS_COLD);
        g_autofree char *hot = scan_with(class_mask_fill_for(processor), &class_text, PLAN_IS_HOT);
        g_assert_cmpstr(cold, ==, expected->str);
        g_assert_cmpstr(hot, ==, expected->str);
    }
}

static void test_every_implementation_finds_the_places_of_the_reference(void)
{
    GRand *random = g_rand_new_with_seed(4711);

    for (int i = 0; i < 300; i++)
        check_random_text(random, (size_t)g_rand_int_range(random, 100, 9000));
    g_rand_free(random);
}

/* Words of 1 to 70 characters, which lie everywhere in the blocks. */
static void check_words(GRand *random)
{
    static const ClassPlan words = {.seconds = &SECONDS, .word_runs = ~UINT64_C(0)};
    static const ClassPlan long_words = {.seconds = &SECONDS, .word_runs = ~UINT64_C(0) << LONG_WORD_MIN};
    g_autoptr(GString) text = g_string_new(NULL), expected_cold = g_string_new(NULL);
    g_autoptr(GString) expected_hot = g_string_new(NULL);

    while (text->len < 5000) {
        size_t start = text->len, length = (size_t)g_rand_int_range(random, 1, 71);
        for (size_t i = 0; i < length; i++)
            g_string_append_c(text, "abcXYZ019_"[g_rand_int_range(random, 0, 10)]);
        g_string_append_c(text, " .-\n"[g_rand_int_range(random, 0, 4)]);
        note(expected_hot, 'w', 0, start);
        if (length >= LONG_WORD_MIN)
            note(expected_cold, 'w', 0, start);
    }
    size_t len = text->len;
    g_string_set_size(text, len + CLASS_PADDING);
    memset(text->str + len, 0, CLASS_PADDING);
    const ClassText class_text = {.data = (const uint8_t *)text->str, .from = 0, .to = len, .len = len};
    g_autofree char *cold = scan_by(&long_words, class_mask_fill_best(), &class_text, PLAN_IS_COLD);
    g_autofree char *cold_all = scan_by(&words, class_mask_fill_best(), &class_text, PLAN_IS_COLD);
    g_autofree char *hot = scan_by(&words, class_mask_fill_best(), &class_text, PLAN_IS_HOT);
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
    static const ClassPlan colons = {.seconds = &SECONDS, .wants_colon = ~UINT64_C(0)};
    g_autofree uint8_t *text = g_malloc0(len + CLASS_PADDING);
    g_autoptr(GString) expected = g_string_new(NULL);

    for (size_t i = 0; i < len; i++)
        text[i] = (uint8_t) "0aF:0aF 0aF.::"[g_rand_int_range(random, 0, i / 300 % 2 == 0 ? 14 : 12)];
    for (size_t at = 0; at < len; at++)
        reference_colon(expected, text, at);
    const ClassText class_text = {.data = text, .to = len, .len = len};
    g_autofree char *found = scan_by(&colons, class_mask_fill_best(), &class_text, PLAN_IS_COLD);
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
    g_test_add_func("/detect/class-scan/a-colon-is-a-place-where-an-address-of-groups-may-begin",
        test_a_colon_is_a_place_where_an_address_of_groups_may_begin);
    return g_test_run();
}

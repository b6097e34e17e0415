/* The vectorised scan against a reference that looks at one byte after another. */
#include "class_scan_testing.h"

#include <string.h>

enum { START_COUNT = 4, EVERY_START = (1 << START_COUNT) - 1 };

/* Codes of any length. */
static const ClassPlan PLAN = {
    .forms = &CLASS_FORMS,
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
    .forms = &CLASS_FORMS,
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

    if (first == 0 || is_word_byte(*separator))
        return false;
    if (first < 64 && (plan->bare_lengths >> first & 1) != 0)
        return true;
    if (number == 0 || first > FORM_MAX_DIGITS || second > FORM_MAX_DIGITS)
        return false;
    const FormRow *row = &plan->forms->rows[number][first];
    size_t third = *end == *separator ? digits_at(end + 1) : 0;
    return ((row->pairs >> second & 1) != 0 && !is_word_byte(*end)) ||
           ((row->seconds >> second & 1) != 0 && third <= FORM_MAX_DIGITS && (row->thirds >> third & 1) != 0);
}

static size_t word_at(const uint8_t *text)
{
    size_t length = 0;

    while (is_word_byte(text[length]))
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
    return !is_word_byte(*text);
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

/* "1.234", and "1-234" but not "a1-234". */
static bool goes_on_from_number(const uint8_t *text, size_t at)
{
    size_t start = at;

    if (!g_ascii_isdigit((char)text[at]) || at < 2 || !g_ascii_isdigit((char)text[at - 2]))
        return false;
    for (start = at - 1; start > 0 && g_ascii_isdigit((char)text[start - 1]);)
        start--;
    return text[at - 1] == '.' || (text[at - 1] == '-' && (start == 0 || !is_word_byte(text[start - 1])));
}

static void reference_place(GString *out, const ClassPlan *plan, const uint8_t *text, size_t at)
{
    bool touches = at > 0 && is_word_byte(text[at - 1]), goes_on = goes_on_from_number(text, at);

    if (!touches && !goes_on && reference_number(plan, text + at))
        class_note(out, 'n', 0, at);
    if (plan->wants_at != 0 && text[at] == '@' && is_word_byte(text[at + 1]))
        class_note(out, 'a', 0, at);
    if (plan->wants_plus != 0 && !touches && text[at] == '+' && g_ascii_isdigit((char)text[at + 1]))
        class_note(out, 'p', 0, at);
    if (touches)
        return;
    uint32_t starts = reference_run(plan, text + at) & (goes_on ? plan->starts_in_numbers : EVERY_START);
    starts &= is_quad(text + at) ? plan->quad_starts : EVERY_START;
    for (uint32_t i = 0; i < plan->start_count; i++) {
        if ((starts >> i & 1) != 0 && reference_start(text + at, plan->starts[i]))
            class_note(out, 'u', i, at);
    }
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
        g_autofree char *cold = class_scan_by(plan, processor, &class_text, PLAN_IS_COLD);
        g_autofree char *hot = class_scan_by(plan, processor, &class_text, PLAN_IS_HOT);
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

static void check_byte(uint8_t byte)
{
    uint8_t text[CLASS_BLOCK];
    ClassMasks portable, other;

    memset(text, byte, sizeof text);
    class_mask_fill_portable()(text, 1, &portable);
    g_assert_cmpuint(portable.digit, ==, g_ascii_isdigit((char)byte) ? UINT64_MAX : 0);
    g_assert_cmpuint(portable.upper, ==, g_ascii_isupper((char)byte) ? UINT64_MAX : 0);
    g_assert_cmpuint(portable.word, ==, is_word_byte(byte) ? UINT64_MAX : 0);
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
    return g_test_run();
}

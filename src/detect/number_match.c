#include "detect/number_match.h"
#include "detect/boundary.h"
#include "detect/byte_class.h"

#include <string.h>

/* Places are indices into the view; len bounds them. */

/* A number in the text: its groups of digits, and the separator if there is more than one. */
typedef struct Number {
    size_t start;
    uint32_t count;
    uint32_t digits[FORM_MAX_GROUPS];
    size_t ends[FORM_MAX_GROUPS];
    uint8_t separator, separator_bit;
} Number;

/* Of eight bytes, the highest bits of those that are no digits, the first byte's lowest. */
static uint64_t bytes_not_digits(const uint8_t *text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = 0x80 * ones;
    uint64_t bytes;

    memcpy(&bytes, text, sizeof bytes);
    bytes = GUINT64_FROM_LE(bytes);
    /* Below '0' the difference from 0x80 on reaches no highest bit; above '9' 0x46 more do. */
    uint64_t low = ~((bytes | high) - '0' * ones), above = (bytes & ~high) + (0x7F - '9') * ones;
    return (low | above | bytes) & high;
}

/* The view is followed by readable bytes. */
static size_t digits_end(const TextView *text, size_t at)
{
    uint64_t others = bytes_not_digits(text->data + at);

    while (others == 0 && at < text->len) {
        at += sizeof others;
        others = bytes_not_digits(text->data + at);
    }
    return MIN(at + (size_t)__builtin_ctzll(others | UINT64_C(1) << 63) / 8, text->len);
}

/* Returns where the group ends. */
static size_t number_add_group(Number *number, const TextView *text, size_t at)
{
    size_t end = digits_end(text, at);

    number->digits[number->count] = (uint32_t)MIN(end - at, (size_t)FORM_MAX_DIGITS + 1);
    number->ends[number->count++] = end;
    return end;
}

static bool goes_on(const TextView *text, size_t end, uint8_t separator)
{
    return end + 1 < text->len && text->data[end] == separator && byte_is_digit(text->data[end + 1]);
}

static void number_read(Number *number, const FormTable *forms, const TextView *text)
{
    size_t end = number_add_group(number, text, number->start);
    number->separator = end < text->len ? text->data[end] : 0;
    number->separator_bit = form_table_separator_bit(forms, number->separator);
    if (number->separator_bit == 0)
        return;
    while (number->count < FORM_MAX_GROUPS && goes_on(text, end, number->separator)) {
        end = number_add_group(number, text, end + 1);
    }
}

static bool form_fits(const DigitForm *form, const Number *number)
{
    if (form->group_count > number->count || (form->separators & number->separator_bit) == 0)
        return false;
    for (uint32_t i = 0; i < form->group_count; i++) {
        if (number->digits[i] < form->groups[i].min || number->digits[i] > form->groups[i].max)
            return false;
    }
    return true;
}

/* The first form from index on whose bit is set, or that has none; the list's length: there is none. */
static guint next_form(const GArray *forms, uint64_t bits, guint index)
{
    uint64_t left = index < HOT_FORMS ? bits & ~UINT64_C(0) << index : 0;

    if (left != 0)
        return MIN((guint)__builtin_ctzll(left), forms->len);
    return MIN(MAX(index, (guint)HOT_FORMS), forms->len);
}

static void match_bare(const ClassRun *run, const Number *number)
{
    const GArray *forms = form_table_bare(run->selected->forms, number->digits[0]);
    const TextView *text = run->text;
    uint32_t last_rule = UINT32_MAX;

    if (forms == NULL || boundary_goes_on_before(text, number->start, 0) ||
        boundary_goes_on_after(text, number->ends[0], 0))
        return;
    const uint64_t bits = run->set != NULL ? hot_set_bare(run->set, run->rules, number->digits[0]) : ~UINT64_C(0);
    for (guint i = next_form(forms, bits, 0); i < forms->len; i = next_form(forms, bits, i + 1)) {
        uint32_t rule = g_array_index(forms, DigitForm, i).rule;
        if (rule != last_rule && class_is_active(run, rule))
            (void)class_judge(run, rule, number->start, number->ends[0]);
        last_rule = rule;
    }
}

/* A rule whose bare form waits for a keyword does not wait with this one. */
static bool is_tried(const ClassRun *run, uint32_t rule)
{
    return class_is_active(run, rule) || rule_at(run->rules, rule)->bare_waits;
}

static void match_separated(const ClassRun *run, const Number *number)
{
    const GArray *forms = form_table_separated(run->selected->forms, number->digits[0]);
    const TextView *text = run->text;

    if (forms == NULL || boundary_goes_on_before(text, number->start, number->separator))
        return;
    uint64_t bits = form_table_sift(run->selected->forms, number->digits, number->separator_bit);
    if (run->set != NULL)
        bits &= hot_set_separated(run->set, run->rules, number->digits[0]);
    for (guint i = next_form(forms, bits, 0); i < forms->len; i = next_form(forms, bits, i + 1)) {
        const DigitForm *form = &g_array_index(forms, DigitForm, i);
        if (!form_fits(form, number) || !is_tried(run, form->rule))
            continue;
        size_t end = number->ends[form->group_count - 1];
        if (!boundary_goes_on_after(text, end, number->separator))
            (void)class_judge(run, form->rule, number->start, end);
    }
}

void number_match(const ClassRun *run, size_t at)
{
    Number number; /* to clear all of it would take longer than to read it */

    number.start = at;
    number.count = 0;
    memset(number.ends, 0, sizeof number.ends);
    number_read(&number, run->selected->forms, run->text);
    match_bare(run, &number);
    if (number.count > 1)
        match_separated(run, &number);
}

#include "detect/digit_forms.h"
#include "detect/byte_class.h"

/* Of the forms of a list, which have this separator, and which may have so many digits in the second group. */
typedef struct FormSieve {
    uint64_t by_separator[FORM_MAX_SEPARATORS], by_second[FORM_MAX_DIGITS + 1];
} FormSieve;

struct FormTable {
    GArray *bare[FORM_MAX_DIGITS + 1];
    GArray *separated[FORM_MAX_DIGITS + 1];
    FormSieve sieves[FORM_MAX_DIGITS + 1]; /* of separated */
    uint64_t bare_lengths;
    FormRows rows;
    unsigned separator_count;
    uint8_t separator_bits[256];
};

FormTable *form_table_new(void)
{
    return g_new0(FormTable, 1);
}

static void lists_clear(GArray **lists)
{
    for (int i = 0; i <= FORM_MAX_DIGITS; i++)
        g_clear_pointer(&lists[i], g_array_unref);
}

void form_table_free(FormTable *table)
{
    if (table == NULL)
        return;
    lists_clear(table->bare);
    lists_clear(table->separated);
    g_free(table);
}

/* "4" or "13..19"; moves *cursor behind it. */
static bool group_parse(const char **cursor, FormGroup *ret_group)
{
    char *end = NULL;
    guint64 min = g_ascii_strtoull(*cursor, &end, 10);
    guint64 max = min;

    if (end == *cursor)
        return false;
    if (g_str_has_prefix(end, "..")) {
        const char *second = end + 2;
        max = g_ascii_strtoull(second, &end, 10);
        if (end == second)
            return false;
    }
    if (min < 1 || max < min || max > FORM_MAX_DIGITS)
        return false;
    *ret_group = (FormGroup){.min = (uint8_t)min, .max = (uint8_t)max};
    *cursor = end;
    return true;
}

static bool form_parse(const char *text, DigitForm *form)
{
    const char *cursor = text;

    for (;;) {
        if (form->group_count == FORM_MAX_GROUPS || !g_ascii_isdigit(*cursor) ||
            !group_parse(&cursor, &form->groups[form->group_count]))
            return false;
        form->group_count++;
        if (*cursor == '\0')
            return true;
        if (*cursor++ != '-')
            return false;
    }
}

static void list_add(GArray **lists, const DigitForm *form)
{
    for (uint32_t digits = form->groups[0].min; digits <= form->groups[0].max; digits++) {
        if (lists[digits] == NULL)
            lists[digits] = g_array_new(FALSE, FALSE, sizeof(DigitForm));
        g_array_append_val(lists[digits], *form);
    }
}

static uint64_t length_bits(const FormGroup *group)
{
    uint64_t bits = 0;

    for (uint32_t digits = group->min; digits <= group->max; digits++)
        bits |= UINT64_C(1) << digits;
    return bits;
}

/* Checks the separators and gives each a bit. */
static bool separators_add(FormTable *table, const char *separators, uint8_t *ret_bits, GError **error)
{
    const ErrorPlace place = {.field = "separators"};
    uint8_t bits = 0;

    for (const char *c = separators; *c != '\0'; c++) {
        uint8_t byte = (uint8_t)*c;
        if (byte < ' ' || byte > '~' || byte_is_word(byte))
            return fail_at(error, &place, "expected ASCII punctuation or space");
        if (table->separator_bits[byte] == 0) {
            if (table->separator_count == FORM_MAX_SEPARATORS)
                return fail_at(error, &place, "expected at most %d different ones in all rules", FORM_MAX_SEPARATORS);
            table->separator_bits[byte] = (uint8_t)(1U << table->separator_count++);
        }
        bits |= table->separator_bits[byte];
    }
    *ret_bits = bits;
    return true;
}

static void note_row(const DigitForm *form, FormRow *row)
{
    if (form->group_count == 2) {
        row->pairs |= length_bits(&form->groups[1]);
        return;
    }
    row->seconds |= length_bits(&form->groups[1]);
    row->thirds |= length_bits(&form->groups[2]);
}

static void note_rows(FormTable *table, const DigitForm *form)
{
    for (unsigned separator = 0; separator < FORM_MAX_SEPARATORS; separator++) {
        if ((form->separators >> separator & 1) == 0)
            continue;
        for (uint32_t first = form->groups[0].min; first <= form->groups[0].max; first++)
            note_row(form, &table->rows.rows[separator + 1][first]);
    }
}

static void note_sieve(FormSieve *sieve, const DigitForm *form, guint index)
{
    uint64_t bit = index < FORMS_SIFTED ? UINT64_C(1) << index : 0;

    for (unsigned separator = 0; separator < FORM_MAX_SEPARATORS; separator++)
        sieve->by_separator[separator] |= (form->separators >> separator & 1) != 0 ? bit : 0;
    for (uint32_t second = form->groups[1].min; second <= form->groups[1].max; second++)
        sieve->by_second[second] |= bit;
}

/* Once it is in the lists. */
static void note_sieves(FormTable *table, const DigitForm *form)
{
    for (uint32_t first = form->groups[0].min; first <= form->groups[0].max; first++)
        note_sieve(&table->sieves[first], form, table->separated[first]->len - 1);
}

uint64_t form_table_sift(const FormTable *table, const uint32_t digits[2], uint8_t separator_bit)
{
    if (digits[0] > FORM_MAX_DIGITS || digits[1] > FORM_MAX_DIGITS || separator_bit == 0)
        return 0;
    const FormSieve *sieve = &table->sieves[digits[0]];
    return sieve->by_separator[__builtin_ctz(separator_bit)] & sieve->by_second[digits[1]];
}

bool form_table_add(FormTable *table, uint32_t rule, const char *text, const char *separators, GError **error)
{
    DigitForm form = {.rule = rule};

    if (!form_parse(text, &form))
        return fail_at(error, &(ErrorPlace){.field = "forms"},
            "'%s': expected group lengths such as \"9\", \"13..19\" or \"4-4-4-4\"", text);
    if (form.group_count == 1) {
        table->bare_lengths |= length_bits(&form.groups[0]);
        list_add(table->bare, &form);
        return true;
    }
    TRY(separators_add(table, separators, &form.separators, error));
    note_rows(table, &form);
    list_add(table->separated, &form);
    note_sieves(table, &form);
    return true;
}

const GArray *form_table_bare(const FormTable *table, uint32_t digits)
{
    return digits <= FORM_MAX_DIGITS ? table->bare[digits] : NULL;
}

const GArray *form_table_separated(const FormTable *table, uint32_t digits)
{
    return digits <= FORM_MAX_DIGITS ? table->separated[digits] : NULL;
}

uint64_t form_table_bare_lengths(const FormTable *table)
{
    return table->bare_lengths;
}

const FormRows *form_table_rows(const FormTable *table)
{
    return &table->rows;
}

uint8_t form_table_separator_bit(const FormTable *table, uint8_t byte)
{
    return table->separator_bits[byte];
}

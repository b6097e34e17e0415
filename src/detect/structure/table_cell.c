#include "detect/structure/table_cell.h"

#include <glib.h>
#include <string.h>

enum {
    NAME_MAX_BYTES = 80,
    NAME_MAX_WORDS = 8,
    NAME_MAX_DIGITS = 3, /* years apart */
    LONG_MAX_BYTES = 1000,
    YEARS_MAX = 2,
    YEAR_DIGITS = 4,
    GROUPS_MAX = 3,
};

typedef struct CellCount {
    size_t letters, digits, words, years, odd;
    bool is_data;
} CellCount;

static size_t digits_at(Bytes cell, size_t at)
{
    size_t end = at;

    while (end < cell.len && g_ascii_isdigit(cell.data[end]))
        end++;
    return end - at;
}

static bool is_year(const uint8_t *digits, size_t len)
{
    return len == YEAR_DIGITS && ((digits[0] == '1' && digits[1] >= '8') || (digits[0] == '2' && digits[1] <= '1'));
}

static void count_byte(CellCount *count, Bytes cell, size_t at)
{
    uint8_t byte = cell.data[at];
    const Bytes rest = {.data = cell.data + at, .len = cell.len - at};
    bool is_address = byte == '@' && memchr(rest.data, '.', rest.len) != NULL;
    bool is_json = byte == '{' && rest.len > 1 && rest.data[1] == '"';

    count->letters += g_ascii_isalpha(byte) || byte >= 0x80 ? 1 : 0;
    count->words += byte == ' ' || byte == '\n' ? 1 : 0;
    count->odd += strchr("@{=<", byte) != NULL ? 1 : 0;
    if (is_address || is_json || (byte < ' ' && byte != '\t' && byte != '\r' && byte != '\n'))
        count->is_data = true;
}

static CellCount count_bytes(Bytes cell)
{
    CellCount count = {.words = 1};

    for (size_t at = 0; at < cell.len;) {
        size_t digits = digits_at(cell, at);
        bool is_counted_year = is_year(cell.data + at, digits) && count.years < YEARS_MAX;
        count.years += is_counted_year ? 1 : 0;
        count.digits += is_counted_year ? 0 : digits;
        if (digits == 0)
            count_byte(&count, cell, at);
        at += MAX(digits, 1);
    }
    return count;
}

typedef struct NumberGroups {
    size_t count, years, longest; /* longest: digits of one that is no year */
} NumberGroups;

/* False: something else is in it than groups of digits with one separator between. */
static bool read_groups(Bytes cell, NumberGroups *groups)
{
    for (size_t at = 0; at < cell.len; at++) {
        size_t digits = digits_at(cell, at);
        bool has_year = is_year(cell.data + at, digits);
        if (digits == 0)
            return false;
        groups->count++;
        groups->years += has_year ? 1 : 0;
        groups->longest = has_year ? groups->longest : MAX(groups->longest, digits);
        at += digits;
        if (at + 1 == cell.len || (at < cell.len && strchr("-/. ", cell.data[at]) == NULL))
            return false;
    }
    return groups->count <= GROUPS_MAX;
}

/* No letters: a year, perhaps with its month and day, in any order; or a small number. */
static CellKind number_kind(Bytes cell)
{
    NumberGroups groups = {0};

    if (!read_groups(cell, &groups))
        return KIND_DATA;
    if (groups.count == 1 && groups.years == 0)
        return groups.longest <= NAME_MAX_DIGITS ? KIND_SMALL : KIND_DATA;
    return groups.longest <= 2 && (groups.years > 0 || groups.count == GROUPS_MAX) ? KIND_PERIOD : KIND_DATA;
}

CellKind table_cell_kind(Bytes cell)
{
    if (cell.len == 0)
        return KIND_EMPTY;
    if (cell.len > LONG_MAX_BYTES)
        return KIND_DATA;
    const CellCount count = count_bytes(cell);
    if (count.is_data || count.digits > NAME_MAX_DIGITS) {
        bool may_be_date = !count.is_data && count.letters == 0;
        return may_be_date ? number_kind(cell) : KIND_DATA;
    }
    if (count.letters == 0)
        return count.digits + count.years > 0 ? number_kind(cell) : KIND_SYMBOL;
    if (count.odd > 0)
        return KIND_ODD;
    return cell.len > NAME_MAX_BYTES || count.words > NAME_MAX_WORDS ? KIND_LONG : KIND_NAME;
}

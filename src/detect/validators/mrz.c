/* Machine-readable zones of travel documents, ICAO Doc 9303: TD1 (3 lines of 30), TD2 (2 of 36), TD3 (2 of 44). */
#include "detect/validators/validators_internal.h"

#include <string.h>

enum { MRZ_MAX = 90 };

/* A field and the place of its check digit, counted over all lines without their ends. */
typedef struct MrzField {
    uint8_t from, len, check;
} MrzField;

typedef struct MrzLayout {
    size_t len;
    MrzField fields[3];       /* number, birth, expiry */
    const uint8_t *composite; /* pairs of from and len, 0 at the end */
    uint8_t composite_check;
} MrzLayout;

static const uint8_t td1_composite[] = {5, 25, 30, 7, 38, 7, 48, 11, 0, 0};
static const uint8_t td2_composite[] = {36, 10, 49, 7, 57, 14, 0, 0};
static const uint8_t td3_composite[] = {44, 10, 57, 7, 65, 22, 0, 0};

static const MrzLayout mrz_layouts[] = {
    {90, {{5, 9, 14}, {30, 6, 36}, {38, 6, 44}}, td1_composite, 59},
    {72, {{36, 9, 45}, {49, 6, 55}, {57, 6, 63}}, td2_composite, 71},
    {88, {{44, 9, 53}, {57, 6, 63}, {65, 6, 71}}, td3_composite, 87},
};

static bool check_digit_is(const char *zone, uint32_t check, size_t at)
{
    return zone[at] == (char)('0' + check) || (zone[at] == '<' && check == 0);
}

static bool composite_is_valid(const char *zone, const MrzLayout *layout)
{
    char gathered[MRZ_MAX];
    size_t len = 0;

    for (const uint8_t *part = layout->composite; part[1] != 0; part += 2) {
        memcpy(gathered + len, zone + part[0], part[1]);
        len += part[1];
    }
    bool is_valid = check_digit_is(zone, icao_check_digit(gathered, len), layout->composite_check);
    explicit_bzero(gathered, sizeof gathered);
    return is_valid;
}

static Verdict layout_verdict(const char *zone, const MrzLayout *layout)
{
    for (size_t i = 0; i < G_N_ELEMENTS(layout->fields); i++) {
        const MrzField *field = &layout->fields[i];
        if (!check_digit_is(zone, icao_check_digit(zone + field->from, field->len), field->check))
            return VERDICT_REJECT;
    }
    bool is_visa = zone[0] == 'V'; /* visas have no composite check */
    return is_visa || composite_is_valid(zone, layout) ? VERDICT_PROVED : VERDICT_PASS;
}

/* "<br>", `", "line2": "`: what parts the lines in a page or an object holds signs, small letters and digits behind
 * them. */
static bool is_between_lines(Bytes value, size_t at)
{
    uint8_t c = value.data[at];

    if (c == '<')
        return at + 1 < value.len && g_ascii_islower(value.data[at + 1]);
    if (!g_ascii_isdigit(c))
        return !g_ascii_isupper(c);
    while (at > 0 && (g_ascii_isdigit(value.data[at - 1]) || value.data[at - 1] == '_'))
        at--;
    return at > 0 && g_ascii_islower(value.data[at - 1]);
}

Verdict validate_mrz(Bytes value)
{
    char zone[MRZ_MAX] = {0};
    size_t len = 0;
    Verdict verdict = VERDICT_REJECT;

    for (size_t i = 0; i < value.len; i++) {
        char c = (char)value.data[i];
        if (is_between_lines(value, i))
            continue;
        if (len == MRZ_MAX)
            return VERDICT_REJECT;
        zone[len++] = c;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(mrz_layouts); i++)
        if (mrz_layouts[i].len == len)
            verdict = layout_verdict(zone, &mrz_layouts[i]);
    explicit_bzero(zone, sizeof zone);
    return verdict;
}

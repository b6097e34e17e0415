/* Numbers of payment cards, and what a magnetic stripe holds. */
#include "detect/validators/validators_internal.h"

#include <string.h>

enum { CARD_DIGITS_MAX = 19 };

/* Issuer identification numbers: the first six digits lie in low … high, and the number has one of the lengths (bit n:
 * n digits). ISO/IEC 7812; the ranges are those that the networks publish. The first range that fits counts; the most
 * frequent one comes first. */
typedef struct IssuerRange {
    uint32_t low, high;
    uint32_t lengths;
} IssuerRange;

#define LENGTH(n)        (1U << (n))
#define LENGTHS_16_TO_19 (LENGTH(16) | LENGTH(17) | LENGTH(18) | LENGTH(19))

static const IssuerRange issuer_ranges[] = {
    {400000, 499999, LENGTH(13) | LENGTH(16) | LENGTH(18) | LENGTH(19)}, /* Visa */
    {100000, 199999, LENGTH(15)},                                        /* UATP */
    {220000, 220499, LENGTHS_16_TO_19},                                  /* Mir */
    {222100, 272099, LENGTH(16)},                                        /* Mastercard */
    {300000, 305999, LENGTH(14) | LENGTHS_16_TO_19},                     /* Diners Club */
    {309500, 309599, LENGTH(14) | LENGTHS_16_TO_19},                     /* Diners Club */
    {340000, 349999, LENGTH(15)},                                        /* American Express */
    {352800, 358999, LENGTHS_16_TO_19},                                  /* JCB */
    {360000, 369999, LENGTH(14) | LENGTHS_16_TO_19},                     /* Diners Club */
    {370000, 379999, LENGTH(15)},                                        /* American Express */
    {380000, 399999, LENGTH(14) | LENGTHS_16_TO_19},                     /* Diners Club */
    {500000, 509999,
        LENGTH(12) | LENGTH(13) | LENGTH(14) | LENGTH(15) | LENGTHS_16_TO_19}, /* Maestro, Dankort, RuPay */
    {510000, 559999, LENGTH(16)},                                              /* Mastercard */
    {560000, 599999, LENGTH(12) | LENGTH(13) | LENGTH(14) | LENGTH(15) | LENGTHS_16_TO_19}, /* Maestro */
    {630400, 630499, LENGTH(12) | LENGTH(13) | LENGTH(14) | LENGTH(15) | LENGTHS_16_TO_19}, /* Maestro */
    {675900, 675999, LENGTH(12) | LENGTH(13) | LENGTH(14) | LENGTH(15) | LENGTHS_16_TO_19}, /* Maestro */
    {676100, 676399, LENGTH(12) | LENGTH(13) | LENGTH(14) | LENGTH(15) | LENGTHS_16_TO_19}, /* Maestro */
    {600000, 699999, LENGTHS_16_TO_19}, /* Discover, UnionPay, RuPay, Maestro */
    {810000, 817199, LENGTHS_16_TO_19}, /* UnionPay, RuPay */
};

/* prefix: the first six digits. */
static bool is_in_range(uint32_t prefix, size_t len, const IssuerRange *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (prefix >= ranges[i].low && prefix <= ranges[i].high)
            return (ranges[i].lengths & LENGTH(len)) != 0;
    return false;
}

/* Nothing but 1 to 5: the strokes of characters. */
static bool is_varied(const Alnum *digits)
{
    for (size_t i = 0; i < digits->len; i++)
        if (digits->text[i] < '1' || digits->text[i] > '5')
            return true;
    return false;
}

/* Zeros behind other digits: a number that was rounded. Of CARD_DIGITS_MAX any seven in a row behind the sixth hold the
 * thirteenth. */
static bool is_rounded(const Alnum *digits)
{
    static const char zeros[] = "0000000";

    return digits->len > 13 && digits->text[12] == '0' && digits->text[5] != '0' &&
           strstr(digits->text + 6, zeros) != NULL;
}

/* Ranges in use that are narrow enough to tell a bare number of the usual length by. What is left out is found beside a
 * word for a card, or when it stands in groups. */
static const IssuerRange telling_ranges[] = {
    {400000, 499999, LENGTH(16)}, /* Visa */
    {222100, 272099, LENGTH(16)}, /* Mastercard */
    {340000, 349999, LENGTH(15)}, /* American Express */
    {352800, 358999, LENGTH(16)}, /* JCB */
    {370000, 379999, LENGTH(15)}, /* American Express */
    {501800, 501999, LENGTH(16)}, /* Maestro, Dankort */
    {502000, 502099, LENGTH(16)}, /* Maestro */
    {503800, 503899, LENGTH(16)}, /* Maestro */
    {508000, 559999, LENGTH(16)}, /* RuPay, Mastercard */
    {589300, 589399, LENGTH(16)}, /* Maestro */
    {601100, 601199, LENGTH(16)}, /* Discover */
    {607000, 608999, LENGTH(16)}, /* RuPay */
    {620000, 629999, LENGTH(16)}, /* UnionPay */
    {630400, 630499, LENGTH(16)}, /* Maestro */
    {644000, 659999, LENGTH(16)}, /* Discover, RuPay */
    {675900, 676399, LENGTH(16)}, /* Maestro */
};

/* One check digit and an issuer's range leave a bare number too likely to be something else (a time in milliseconds, a
 * GTIN, a serial number) unless it has the length of nearly all cards. Grouped as cards are embossed, it is proved. */
static Verdict card_verdict(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len < 12 || digits.len > CARD_DIGITS_MAX)
        return VERDICT_REJECT;
    uint32_t prefix = digits_value(digits.text, 0, 6);
    if (!is_in_range(prefix, digits.len, issuer_ranges, G_N_ELEMENTS(issuer_ranges)) ||
        !luhn_is_valid(digits.text, digits.len) || digits_one_repeated(digits.text, digits.len))
        return VERDICT_REJECT;
    if (digits.has_separators)
        return VERDICT_PROVED;
    bool is_likely = is_in_range(prefix, digits.len, telling_ranges, G_N_ELEMENTS(telling_ranges));
    return is_likely && is_varied(&digits) && !is_rounded(&digits) ? VERDICT_PASS : VERDICT_WEAK;
}

static bool is_blank_or_quote(uint8_t byte)
{
    return g_ascii_isspace(byte) || byte == '"' || byte == '\'' || byte == '<' || byte == '>';
}

/* "https://" and the like, with something behind it. */
static bool has_scheme(Bytes text)
{
    const uint8_t *end = text.data + text.len, *at = text.data;

    if (text.len <= 3)
        return false;
    for (; end - at >= 3; at++) {
        at = memchr(at, ':', (size_t)(end - at - 2));
        if (at == NULL)
            return false;
        if (at[1] == '/' && at[2] == '/')
            return true;
    }
    return false;
}

/* "fuzzer-5522792714993664", "https://…/?id=5390364397928448": the end of a name or part of an address. */
static bool is_part_of_name(Bytes before)
{
    size_t at = before.len;

    if (at >= 2 && is_one_of(before.data[at - 1], "-_/#") && g_ascii_isalpha(before.data[at - 2]))
        return true;
    if (at == 0 || memchr(before.data, ':', at) == NULL) /* in most texts the quickest to tell */
        return false;
    while (at > 0 && !is_blank_or_quote(before.data[at - 1]))
        at--;
    return has_scheme((Bytes){before.data + at, before.len - at});
}

/* "ieee754(6683623321994527,-47)", "-59644114671451", "4828147466240000*t": one that is reckoned with. */
static bool is_in_formula(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;
    const uint8_t *end = before.data + before.len;

    if (after.len > 0 && (after.data[0] == '*' || (after.len > 7 && memcmp(after.data, " &times;", 8) == 0)))
        return true;
    if (before.len < 2)
        return false;
    if (is_in_fraction(surroundings) || (end[-1] == '\'' && is_one_of(end[-2], "xX")))
        return true;
    return (end[-1] == '(' && (g_ascii_isalnum(end[-2]) || end[-2] == '_')) ||
           (is_one_of(end[-1], "-+*/") && is_one_of(end[-2], "(=*+,"));
}

enum { FIELD_MAX = 24 };

/* The letters and digits of a field's name, letters in lower case; false: they are too many. */
static bool read_field(Bytes field, char ret_name[FIELD_MAX])
{
    size_t len = 0;

    for (size_t i = 0; i < field.len; i++) {
        if (!g_ascii_isalnum(field.data[i]))
            continue;
        if (len == FIELD_MAX - 1)
            return false;
        ret_name[len++] = g_ascii_tolower((char)field.data[i]);
    }
    ret_name[len] = '\0';
    return true;
}

static bool is_thing(const char *name, const char *thing)
{
    static const char *const endings[] = {"", "id", "no", "nr", "num", "number"};

    if (name[0] != thing[0] || !g_str_has_prefix(name, thing))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_equal(name + strlen(thing), endings[i]))
            return true;
    return false;
}

/* "order_id" of "maker_order_id". */
static Bytes last_two_words(Bytes field)
{
    size_t start = field.len, lines = 0;

    while (start > 0 && (field.data[start - 1] != '_' || ++lines < 2))
        start--;
    return (Bytes){field.data + start, field.len - start};
}

/* "order_id", "Tracking Number", "imei": the name of the field, as a whole, says what the number is. */
static bool is_named_otherwise(Bytes field)
{
    static const char *const things[] = {"amount", "barcode", "ean", "fax", "gtin", "iccid", "imei", "imsi", "invoice",
        "meid", "message", "mobile", "offset", "order", "phone", "po", "receipt", "seed", "sequence", "serial",
        "shipment", "sku", "telephone", "ticket", "timestamp", "tracking", "trade", "transaction", "trackingcode",
        "upc"};
    static const char beginnings[26] = "ab..efg.i...m.op.rstu"; /* of things, each at its place in the alphabet */
    char name[FIELD_MAX];

    field = last_two_words(field);
    /* Most names begin with another letter. */
    if (field.len == 0 || g_ascii_isdigit(field.data[0]))
        return false;
    char first = g_ascii_tolower((char)field.data[0]);
    if (g_ascii_isalpha(first) && beginnings[first - 'a'] != first)
        return false;
    if (!read_field(field, name))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(things); i++)
        if (is_thing(name, things[i]))
            return true;
    return false;
}

Verdict validate_card(const Surroundings *surroundings)
{
    Verdict own = card_verdict(surroundings->value);
    if (own == VERDICT_REJECT || (own != VERDICT_PROVED && is_named_otherwise(surroundings->field)))
        return VERDICT_REJECT;
    /* Nothing else is in the cell that could say what the number is, and no blank parts it. */
    if (own != VERDICT_PROVED && surroundings->cell == CELL_OF_DATA)
        return own;
    bool is_data = has_minus(surroundings->before) || is_in_hexdump(surroundings->before);
    Verdict verdict = is_data ? VERDICT_LOW : outside_row(surroundings, own);

    bool is_other = verdict == VERDICT_PASS && (is_part_of_name(surroundings->before) || is_in_formula(surroundings));
    return is_other ? VERDICT_WEAK : verdict;
}

/* Magnetic stripe data, ISO/IEC 7813: the number up to '^' (track 1, after a name) or '=' (track 2), then YYMM. */
Verdict validate_card_track(Bytes value)
{
    Alnum digits = {.len = 0};
    size_t i = 0;

    while (i < value.len && !g_ascii_isdigit(value.data[i]))
        i++;
    for (; i < value.len && g_ascii_isdigit(value.data[i]) && digits.len < 19; i++)
        digits.text[digits.len++] = (char)value.data[i];
    if (digits.len < 12 || i == value.len || !luhn_is_valid(digits.text, digits.len))
        return VERDICT_REJECT;
    const uint8_t *expiry = memrchr(value.data, value.data[i], value.len);
    size_t left = value.len - (size_t)(expiry - value.data);
    if (left < 5 || !digits_all((const char *)expiry, 1, 4))
        return VERDICT_REJECT;
    uint32_t month = digits_value((const char *)expiry, 3, 2);
    return month >= 1 && month <= 12 ? VERDICT_PROVED : VERDICT_REJECT;
}

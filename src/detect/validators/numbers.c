/* Reading digits out of a value, and the check-digit systems that several kinds of number share. */
#include "detect/byte_class.h"
#include "detect/validators/validators_internal.h"

#include <string.h>

bool alnum_read(Bytes value, Alnum *ret_alnum)
{
    size_t len = 0;

    for (size_t i = 0; i < value.len; i++) {
        uint8_t byte = value.data[i], kind = BYTE_CLASS[byte];
        if ((kind & (BYTE_LOWER | BYTE_UPPER | BYTE_DIGIT)) == 0)
            continue;
        if (len == ALNUM_MAX)
            return false;
        ret_alnum->text[len++] = (char)((kind & BYTE_LOWER) != 0 ? byte - ('a' - 'A') : byte);
    }
    ret_alnum->text[len] = '\0';
    ret_alnum->len = len;
    ret_alnum->has_separators = len < value.len;
    return true;
}

bool digits_read(Bytes value, Alnum *ret_digits)
{
    size_t len = 0, from = 0;

    /* Most have no separators. */
    if (value.len <= ALNUM_MAX && bytes_are_digits(value.data, value.len)) {
        memcpy(ret_digits->text, value.data, value.len);
        len = from = value.len;
    }
    for (size_t i = from; i < value.len; i++) {
        uint8_t byte = value.data[i];
        if (byte_is_digit(byte) && len < ALNUM_MAX)
            ret_digits->text[len++] = (char)byte;
        else if ((BYTE_CLASS[byte] & (BYTE_LOWER | BYTE_UPPER | BYTE_DIGIT)) != 0)
            return false;
    }
    ret_digits->text[len] = '\0';
    ret_digits->len = len;
    ret_digits->has_separators = len < value.len;
    return true;
}

uint32_t digits_value(const char *text, size_t from, size_t len)
{
    uint32_t number = 0;

    for (size_t i = from; i < from + len; i++)
        number = number * 10 + (uint32_t)(text[i] - '0');
    return number;
}

bool digits_all(const char *text, size_t from, size_t len)
{
    for (size_t i = from; i < from + len; i++)
        if (!byte_is_digit((uint8_t)text[i]))
            return false;
    return true;
}

bool digits_one_repeated(const char *text, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if (text[i] != text[0])
            return false;
    return true;
}

bool digits_counting(const char *text, size_t len)
{
    bool is_up = len > 1, is_down = len > 1;

    for (size_t i = 1; i < len; i++) {
        uint32_t step = (uint32_t)(text[i] - text[i - 1] + 10) % 10;
        is_up = is_up && step == 1;
        is_down = is_down && step == 9;
    }
    return is_up || is_down;
}

/* Of eight digits, a byte each: those before the last, and every other before, are doubled; 10 and more count as the
 * sum of their digits, which is 9 less. */
static uint32_t luhn_of_eight(const char *digits)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), every_other = UINT64_C(0x00FF00FF00FF00FF);
    const uint64_t to_128 = UINT64_C(0x7676767676767676); /* with 10 */
    uint64_t bytes;

    memcpy(&bytes, digits, sizeof bytes);
    bytes = GUINT64_FROM_LE(bytes) - '0' * ones;
    uint64_t doubled = (bytes & every_other) << 1, is_over = (doubled + to_128) >> 7 & ones;
    return (uint32_t)((((bytes & ~every_other) + doubled - 9 * is_over) * ones) >> 56);
}

bool luhn_is_valid(const char *digits, size_t len)
{
    static const uint8_t doubled[10] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
    size_t left = len;
    uint32_t sum = 0;

    for (; left >= 8; left -= 8)
        sum += luhn_of_eight(digits + left - 8);
    for (; left > 1; left -= 2)
        sum += (uint32_t)(digits[left - 1] - '0') + doubled[(uint8_t)digits[left - 2] & 15U];
    if (left == 1)
        sum += (uint32_t)(digits[0] - '0');
    return sum % 10 == 0;
}

/* The tables of the dihedral group D5, from its definition: 0-4 rotations, 5-9 reflections. */
static uint32_t dihedral_product(uint32_t a, uint32_t b)
{
    if (a < 5)
        return b < 5 ? (a + b) % 5 : 5 + (a + b - 5) % 5;
    return b < 5 ? 5 + (a - 5 + 5 - b) % 5 : (a - b + 5) % 5;
}

static uint32_t verhoeff_permute(uint32_t digit, size_t times)
{
    static const uint8_t permutation[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};

    for (size_t i = 0; i < times % 8; i++)
        digit = permutation[digit];
    return digit;
}

bool verhoeff_is_valid(const char *digits, size_t len)
{
    uint32_t check = 0;

    for (size_t i = 0; i < len; i++)
        check = dihedral_product(check, verhoeff_permute((uint32_t)(digits[len - 1 - i] - '0'), i));
    return check == 0;
}

bool iso7064_mod_11_10_is_valid(const char *digits, size_t len)
{
    uint32_t product = 10;

    for (size_t i = 0; i + 1 < len; i++) {
        uint32_t sum = ((uint32_t)(digits[i] - '0') + product) % 10;
        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (product + (uint32_t)(digits[len - 1] - '0')) % 10 == 1;
}

uint32_t digits_weighted(const char *digits, const uint8_t *weights, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)(digits[i] - '0') * weights[i];
    return sum;
}

bool date_is_real(uint32_t year, uint32_t month, uint32_t day)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month < 1 || month > 12 || day < 1)
        return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= (uint32_t)days[month - 1] + (is_leap && month == 2 ? 1 : 0);
}

#include "app/duration.h"

#include <string.h>

static const struct {
    char letter;
    int64_t ms;
} units[] = {
    {'h', INT64_C(3600000)},
    {'d', INT64_C(24) * 3600000},
    {'w', INT64_C(7) * 24 * 3600000},
    {'m', INT64_C(30) * 24 * 3600000},
};

enum { COUNT_MAX = 100000 }; /* in months longer than anything is kept, and far from an overflow */

bool duration_parse(const char *flag, const char *text, int64_t *ret_ms, GError **error)
{
    const size_t digits = strspn(text, "0123456789");
    g_autofree char *number = g_strndup(text, digits);
    guint64 count = 0;

    if (g_ascii_string_to_unsigned(number, 10, 1, COUNT_MAX, &count, NULL) && strlen(text) == digits + 1)
        for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
            if (text[digits] == units[i].letter) {
                *ret_ms = (int64_t)count * units[i].ms;
                return true;
            }
    return fail(
        error, ERROR_INVALID, "%s '%s': expected a number with h, d, w or m (30 days), such as 90d", flag, text);
}

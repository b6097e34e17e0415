#include "app/lease_flag.h"

enum { SHORTEST_MS = 100, LONGEST_MS = 60 * 60 * 1000, DIGITS_MAX = 9 };

bool lease_parse(const char *text, int64_t *ret_ms, GError **error)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}};
    char *end = NULL;

    if (text == NULL) {
        *ret_ms = 0;
        return true;
    }
    guint64 number = g_ascii_strtoull(text, &end, 10);
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        bool is_short = end > text && end - text <= DIGITS_MAX && g_ascii_isdigit(*text);
        int64_t lease_ms = is_short ? (int64_t)number * units[i].ms : 0;
        if (g_str_equal(end, units[i].name) && lease_ms >= SHORTEST_MS && lease_ms <= LONGEST_MS) {
            *ret_ms = lease_ms;
            return true;
        }
    }
    return fail(error, ERROR_INVALID, "--lease '%s': expected a time from 100ms to 60m, such as 60s", text);
}

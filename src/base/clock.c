#include "base/clock.h"

#include <stdatomic.h>
#include <string.h>

static _Atomic int64_t frozen_ms = -1;

int64_t clock_now_ms(void)
{
    int64_t frozen = atomic_load(&frozen_ms);

    return frozen >= 0 ? frozen : g_get_real_time() / 1000;
}

int64_t clock_monotonic_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

void clock_freeze_ms(int64_t now_ms)
{
    atomic_store(&frozen_ms, now_ms);
}

char *clock_format_iso(int64_t time_ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_ms / 1000);

    return time != NULL ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("invalid");
}

char *clock_format_iso_ms(int64_t time_ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_ms / 1000);

    if (time == NULL)
        return g_strdup("invalid");
    g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
    return g_strdup_printf("%s.%03dZ", seconds, (int)(time_ms % 1000));
}

bool clock_parse_iso(const char *text, int64_t *ret_time_ms, GError **error)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);

    if (time == NULL)
        return fail(error, ERROR_INVALID, "time '%.64s': expected ISO 8601 such as 2025-11-09T10:00:00Z", text);
    *ret_time_ms = g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000;
    return true;
}

bool clock_parse_day_or_iso(const char *text, int64_t *ret_time_ms, GError **error)
{
    enum { DATE_CHARS = 10 }; /* 2025-11-09 */
    g_autofree char *midnight = strlen(text) == DATE_CHARS ? g_strconcat(text, "T00:00:00Z", NULL) : NULL;

    if (midnight != NULL && clock_parse_iso(midnight, ret_time_ms, NULL))
        return true;
    return clock_parse_iso(text, ret_time_ms, error);
}

#include "base/clock.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

static _Atomic int64_t frozen_ms = -1;

int64_t clock_now_ms(void)
{
    int64_t frozen = atomic_load(&frozen_ms);

    return frozen >= 0 ? frozen : g_get_real_time() / 1000;
}

static int64_t coarse_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return now.tv_sec;
}

/* Years of 400 make a whole number of days, 146097; here they begin with March, so that the day which some lack is the
 * last of theirs. */
int clock_year(void)
{
    enum { SECONDS_A_DAY = 86400, DAYS_BEFORE_1970 = 719468, DAYS_OF_400_YEARS = 146097 };
    int64_t frozen = atomic_load(&frozen_ms);
    int64_t days = (frozen >= 0 ? frozen / 1000 : coarse_seconds()) / SECONDS_A_DAY + DAYS_BEFORE_1970;
    int64_t of_era = days % DAYS_OF_400_YEARS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (DAYS_OF_400_YEARS - 1)) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    enum { DAYS_FROM_MARCH = 306 }; /* to the end of December */

    return (int)(days / DAYS_OF_400_YEARS * 400 + year + (of_year >= DAYS_FROM_MARCH ? 1 : 0));
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

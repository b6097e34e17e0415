/* The year of a time: `date -u -d @SECONDS +%Y`. */
#include "base/clock.h"

static void test_a_year_begins_at_midnight_of_its_first_day(void)
{
    static const struct {
        int64_t seconds;
        int year;
    } cases[] = {{0, 1970}, {946684799, 1999}, {946684800, 2000}, {951782400, 2000}, {978220800, 2000},
        {978307200, 2001}, {1735689599, 2024}, {1735689600, 2025}, {4107456000, 2100}, {4133980799, 2100},
        {4133980800, 2101}, {13574563200, 2400}, {13601087999, 2400}, {13601088000, 2401}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        clock_freeze_ms(cases[i].seconds * 1000);
        g_assert_cmpint(clock_year(), ==, cases[i].year);
    }
    clock_freeze_ms(-1);
}

static void test_the_year_is_that_of_now(void)
{
    g_autoptr(GDateTime) before = g_date_time_new_now_utc();
    int year = clock_year();
    g_autoptr(GDateTime) after = g_date_time_new_now_utc();

    g_assert_cmpint(year, >=, g_date_time_get_year(before) - (g_date_time_get_day_of_year(before) == 1 ? 1 : 0));
    g_assert_cmpint(year, <=, g_date_time_get_year(after));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/clock/a-year-begins-at-midnight", test_a_year_begins_at_midnight_of_its_first_day);
    g_test_add_func("/base/clock/the-year-is-that-of-now", test_the_year_is_that_of_now);
    return g_test_run();
}

#include "base/process.h"

#include <string.h>

static void test_we_are_alive(void)
{
    g_assert_cmpint(process_life(process_identity()), ==, PROCESS_ALIVE);
}

static void test_a_process_that_ended_is_dead(void)
{
    g_autofree char *other = g_strdup(process_identity());

    *strrchr(other, '/') = '\0';
    g_autofree char *earlier_start = g_strconcat(other, "/1", NULL);
    g_assert_cmpint(process_life(earlier_start), ==, PROCESS_DEAD);
}

static void test_other_hosts_are_unknown(void)
{
    g_assert_cmpint(process_life("elsewhere.invalid/01234567/1/1"), ==, PROCESS_UNKNOWN);
    g_assert_cmpint(process_life("nonsense"), ==, PROCESS_UNKNOWN);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/process/we-are-alive", test_we_are_alive);
    g_test_add_func("/base/process/a-process-that-ended-is-dead", test_a_process_that_ended_is_dead);
    g_test_add_func("/base/process/other-hosts-are-unknown", test_other_hosts_are_unknown);
    return g_test_run();
}

/* The numbers that a process keeps about itself. */
#include "base/metrics.h"

#include <glib.h>
#include <string.h>

static void test_every_metric_has_a_name_that_prometheus_takes(void)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const MetricInfo *info = metric_info((Metric)i);
        g_assert_true(g_regex_match_simple("^trawl_[a-z_]+$", info->name, 0, 0));
        g_assert_cmpint(info->type == METRIC_TYPE_COUNTER, ==, g_str_has_suffix(info->name, "_total"));
        g_assert_cmpint(strcspn(info->help, "\\\n"), ==, strlen(info->help));
        g_assert_true(g_hash_table_add(names, (gpointer)(uintptr_t)info->name));
    }
}

enum { THREADS = 4, ROUNDS = 10000 };

static gpointer count(gpointer data)
{
    for (int i = 0; i < ROUNDS; i++)
        metric_add(METRIC_PAGES_CLAIMED, 2);
    return data;
}

static void test_threads_count_together(void)
{
    GThread *threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("count", count, NULL);
    for (size_t i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    g_assert_cmpuint(metric_get(METRIC_PAGES_CLAIMED), ==, 2 * THREADS * ROUNDS);
    g_assert_cmpuint(metric_get(METRIC_PAGES_FINISHED), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/metrics/every metric has a name that Prometheus takes",
        test_every_metric_has_a_name_that_prometheus_takes);
    g_test_add_func("/base/metrics/threads count together", test_threads_count_together);
    return g_test_run();
}

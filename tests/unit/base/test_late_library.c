#include "base/late_library.h"

#include <math.h>
#include <string.h>

typedef struct Table {
    double (*cosine)(double x);
    double (*sine)(double x);
} Table;

static void test_fills_the_table(void)
{
    static const char *const names[] = {"cos", "sin"};
    Table table = {0};
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 2; i++) {
        g_assert_true(late_library_load("libm.so.6", names, G_N_ELEMENTS(names), &table, &error));
        g_assert_no_error(error);
        g_assert_cmpfloat(table.cosine(0), ==, 1.0);
        g_assert_cmpfloat(table.sine(0), ==, 0.0);
    }
}

static void test_names_what_is_missing(void)
{
    static const struct {
        const char *library, *names[2];
    } cases[] = {
        {"libtrawl-does-not-exist.so.1", {"cos", "sin"}},
        {"libm.so.6", {"cos", "trawl_does_not_exist"}},
    };
    static const char *const expected[] = {"libtrawl-does-not-exist.so.1", "trawl_does_not_exist"};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Table table = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(late_library_load(cases[i].library, cases[i].names, 2, &table, &error));
        g_assert_true(error_is(error, ERROR_IO));
        g_assert_nonnull(strstr(error->message, expected[i]));
        g_assert_null(table.cosine); /* and it is tried again */
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/late-library/fills-the-table", test_fills_the_table);
    g_test_add_func("/base/late-library/names-what-is-missing", test_names_what_is_missing);
    return g_test_run();
}

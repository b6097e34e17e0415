/* Many threads write through one group: whatever ends up in one transaction, what is told to be written is in the
 * store, and nothing else. */
#include "workflow/step_group.h"

#include "stores.h"

enum { THREADS = 6, PARTS = 120 };

typedef struct Part {
    char *key;
    ErrorKind refusal; /* ERROR_INTERNAL: none */
    GroupOutcome outcome;
} Part;

typedef struct Hand {
    StepGroup *group;
    Part parts[PARTS];
} Hand;

static bool write_part(void *data, DbTx *tx, GError **error)
{
    const Part *part = data;

    if (part->refusal == ERROR_LOST_LEASE)
        return fail(error, ERROR_LOST_LEASE, "somebody else's");
    TRY(DB_EXEC(tx, SQL_META_SET, NULL, error, db_text(part->key), db_text("written")));
    return part->refusal == ERROR_INTERNAL || fail(error, part->refusal, "made to fail");
}

/* Every seventh part has lost its lease, every eleventh fails after it has written. */
static ErrorKind refusal_of(int number)
{
    if (number % 7 == 0)
        return ERROR_LOST_LEASE;
    return number % 11 == 0 ? ERROR_UNAVAILABLE : ERROR_INTERNAL;
}

static gpointer hand_main(gpointer data)
{
    Hand *hand = data;

    for (int i = 0; i < PARTS; i++) {
        g_autoptr(GError) error = NULL;
        Part *part = &hand->parts[i];
        part->outcome = step_group_write(hand->group, write_part, part, &error);
        g_assert_cmpint(error != NULL, ==, part->outcome == GROUP_FAILED);
        g_assert_true(error == NULL || error_is(error, part->refusal));
    }
    return NULL;
}

static bool is_written(DbTx *tx, const char *key)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    g_assert_true(DB_QUERY(tx, SQL_META_GET, &rows, NULL, db_text(key)));
    g_assert_true(db_rows_next(rows, &has_row, NULL));
    return has_row;
}

static void check_part(DbTx *tx, const Part *part)
{
    g_assert_cmpint(is_written(tx, part->key), ==, part->outcome == GROUP_WRITTEN);
    if (part->refusal == ERROR_INTERNAL)
        g_assert_cmpint(part->outcome, !=, GROUP_FAILED); /* written, or spoilt by another one */
    else
        g_assert_cmpint(part->outcome, !=, GROUP_WRITTEN);
}

static void test_what_is_told_to_be_written_is_and_nothing_else(gconstpointer kind)
{
    Hand hands[THREADS] = {0};
    GThread *threads[THREADS] = {0};
    TestStore store = {0};

    test_store_open(&store, kind);
    StepGroup *group = step_group_new(store.db);
    for (int i = 0; i < THREADS; i++) {
        hands[i].group = group;
        for (int n = 0; n < PARTS; n++)
            hands[i].parts[n] = (Part){.key = g_strdup_printf("part-%d-%d", i, n), .refusal = refusal_of(i + n)};
    }
    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("hand", hand_main, &hands[i]);
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
    g_autoptr(DbTx) tx = NULL;
    g_assert_true(db_begin(store.db, DB_READ, &tx, NULL));
    for (int i = 0; i < THREADS; i++)
        for (int n = 0; n < PARTS; n++) {
            check_part(tx, &hands[i].parts[n]);
            g_free(hands[i].parts[n].key);
        }
    g_clear_pointer(&tx, db_tx_free);
    step_group_free(group);
    test_store_close(&store);
}

static void test_who_comes_alone_is_told_why_it_failed(gconstpointer kind)
{
    TestStore store = {0};
    Part good = {.key = "good", .refusal = ERROR_INTERNAL}, lost = {.key = "lost", .refusal = ERROR_LOST_LEASE};
    Part bad = {.key = "bad", .refusal = ERROR_UNAVAILABLE};
    g_autoptr(GError) none = NULL;
    g_autoptr(GError) refused = NULL;
    g_autoptr(GError) failed = NULL;

    test_store_open(&store, kind);
    StepGroup *group = step_group_new(store.db);
    g_assert_cmpint(step_group_write(group, write_part, &good, &none), ==, GROUP_WRITTEN);
    g_assert_no_error(none);
    g_assert_cmpint(step_group_write(group, write_part, &lost, &refused), ==, GROUP_FAILED);
    g_assert_true(error_is(refused, ERROR_LOST_LEASE));
    g_assert_cmpint(step_group_write(group, write_part, &bad, &failed), ==, GROUP_FAILED);
    g_assert_true(error_is(failed, ERROR_UNAVAILABLE));
    step_group_free(group);
    test_store_close(&store);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/step-group/memory", "memory", test_what_is_told_to_be_written_is_and_nothing_else);
    g_test_add_data_func("/step-group/file", "file", test_what_is_told_to_be_written_is_and_nothing_else);
    g_test_add_data_func("/step-group/alone", "memory", test_who_comes_alone_is_told_why_it_failed);
    return g_test_run();
}

#include "findings/finding_spool.h"

#include "job_store.h"

#include <string.h>

enum { VALUES = 300 };

static RuleSet *rules;

static const FingerprintKey test_key = {.bytes = {7}, .id = "0011223344556677"};

static FindingSet *make_set(unsigned first, unsigned count)
{
    FindingSet *set = finding_set_new(&test_key, 1000);

    for (unsigned i = first; i < first + count; i++) {
        g_autofree char *text = g_strdup_printf("value-%06u", i);
        Bytes bytes = {.data = (const uint8_t *)text, .len = strlen(text)};
        Match match = {.rule = rule_set_rule(rules, i % 2),
            .tier = TIER_HIGH,
            .text = bytes,
            .canonical = bytes,
            .offset = i * 20U,
            .length = bytes.len,
            .line = i,
            .column = 1};
        finding_set_add(set, &match, i % 3 == 0 ? "inner/file.csv" : NULL);
        finding_set_add_suppressed(set, &match, NULL, &(SuppressCause){.reason = (SuppressReason)(i % 4), .line = i});
    }
    return set;
}

static const char *key_of(G_GNUC_UNUSED const void *data, uint32_t ordinal)
{
    return ordinal == 1 ? "first" : "second";
}

static bool append_row(void *data, const StoredFinding *finding, G_GNUC_UNUSED GError **error)
{
    g_string_append_printf(data, "%s %s %s %s %s %" G_GUINT64_FORMAT "\n", finding->key, finding->detector,
        finding->masked, finding->fingerprint, finding->locations, finding->count);
    return true;
}

static bool append_suppression(void *data, const StoredSuppression *row, G_GNUC_UNUSED GError **error)
{
    g_string_append_printf(
        data, "%s %s %s %" G_GUINT64_FORMAT " %s\n", row->key, row->detector, row->reason, row->count, row->locations);
    return true;
}

static char *read_back(Db *db)
{
    g_autoptr(GError) error = NULL;
    GString *rows = g_string_new(NULL);
    FindingQuery query = {.job_id = JOB};
    SuppressionQuery suppressed = {.job_id = JOB};

    g_assert_true(findings_visit(db, &query, append_row, rows, &error));
    g_assert_true(suppressions_visit(db, &suppressed, append_suppression, rows, NULL, &error));
    g_assert_nonnull(strstr(rows->str, "inline"));
    return g_string_free(rows, FALSE);
}

static const FindingPlace page = {.job_id = JOB, .bucket = "bucket", .shard = 0, .page_no = 0};

/* What finding_set_store() writes without a spool is what must be there with one. */
static char *stored_directly(const FindingSet *first, const FindingSet *second)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = job_store_open();
    g_autoptr(DbTx) tx = NULL;
    FindingPlace place = page;

    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    place.ordinal = 1;
    place.key = "first";
    g_assert_true(finding_set_store(tx, first, &place, &error));
    place.ordinal = 2;
    place.key = "second";
    g_assert_true(finding_set_store(tx, second, &place, &error));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
    return read_back(db);
}

static void check_spool(size_t memory_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Db) db = job_store_open();
    g_autoptr(FindingSpool) spool = finding_spool_new(rules, memory_bytes);
    g_autoptr(FindingSet) first = make_set(0, VALUES);
    g_autoptr(FindingSet) second = make_set(VALUES, 5);
    g_autoptr(DbTx) tx = NULL;

    g_assert_true(finding_spool_add(spool, 2, second, &error));
    g_assert_true(finding_spool_add(spool, 1, first, &error));
    g_assert_cmpuint(finding_spool_size(spool), ==, VALUES + 5);
    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    g_assert_true(finding_spool_store(spool, tx, &page, key_of, NULL, &error));
    g_clear_pointer(&tx, db_tx_free); /* rolled back: it can be stored again */
    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    g_assert_true(finding_spool_store(spool, tx, &page, key_of, NULL, &error));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));

    g_autofree char *expected = stored_directly(first, second);
    g_autofree char *got = read_back(db);
    g_assert_cmpstr(got, ==, expected);
}

static void test_findings_come_back_from_memory(void)
{
    check_spool(1 << 20);
}

static void test_findings_come_back_from_a_file(void)
{
    check_spool(64);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    const char *const directories[] = {argv[1], NULL};
    g_assert_true(rule_set_load(directories, NULL, &rules, &error));
    g_test_add_func("/findings/spool/from-memory", test_findings_come_back_from_memory);
    g_test_add_func("/findings/spool/from-a-file", test_findings_come_back_from_a_file);
    int status = g_test_run();
    rule_set_unref(rules);
    return status;
}

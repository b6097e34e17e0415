#include "job_fixture.h"

#include "base/clock.h"
#include "queue/queue_store.h"
#include "store/db_ops.h"

#include <string.h>

static const char machine[] = "{\"StartAt\":\"End\",\"States\":{\"End\":{\"Type\":\"Succeed\"}}}";

void job_fixture_set_up(JobFixture *fixture, gconstpointer kind)
{
    g_autoptr(GError) error = NULL;

    clock_freeze_ms(START_MS);
    test_store_open(&fixture->store, kind);
    fixture->db = fixture->store.db;
    test_store_freeze_ms(&fixture->store, START_MS);
    fixture->workflow = workflow_new(&(WorkflowOptions){.db = fixture->db});
    fixture->queue = queue_store_open(fixture->db);
    g_assert_true(workflow_add_machine(fixture->workflow, JOB_MACHINE, machine, &error));
    g_assert_true(job_create(fixture->db, fixture->workflow, &(JobSpec){.bucket = "b"}, &fixture->id, &error));
}

void job_fixture_tear_down(JobFixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    clock_freeze_ms(-1);
    queue_close(fixture->queue);
    workflow_free(fixture->workflow);
    test_store_close(&fixture->store);
}

static char *with_job(const JobFixture *fixture, const char *sql)
{
    g_auto(GStrv) parts = g_strsplit(sql, "$JOB", -1);

    return g_strjoinv(fixture->id.text, parts);
}

void fixture_run(JobFixture *fixture, const char *sql)
{
    g_autofree char *text = with_job(fixture, sql);

    test_store_script(fixture->db, text);
}

static char *array_of(const char *format, uint32_t page_no)
{
    GString *text = g_string_new("[");

    for (uint32_t i = 0; i < PAGE_OBJECTS; i++) {
        g_string_append(text, i > 0 ? "," : "");
        if (format != NULL)
            g_string_append_printf(text, "\"%s%04u-%u\"", format, page_no, i);
        else
            g_string_append_printf(text, "%u", i + 1);
    }
    g_string_append(text, "]");
    return g_string_free(text, FALSE);
}

static bool add_page(JobFixture *fixture, uint32_t page_no, GError **error)
{
    g_autofree char *keys = array_of("", page_no), *etags = array_of("e", page_no), *sizes = array_of(NULL, page_no);
    g_autofree char *first = g_strdup_printf("k%04u-0", page_no), *last = g_strdup_printf("k%04u-9", page_no);
    g_autoptr(DbTx) tx = NULL;
    const char *id = fixture->id.text;

    TRY(db_begin(fixture->db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_PAGE_INSERT, NULL, error, db_text(id), db_int(0), db_int(page_no), db_text(first),
        db_text(last), db_int(PAGE_OBJECTS), db_int(55), db_json_texts(keys, strlen(keys)),
        db_json_ints(sizes, strlen(sizes)), db_json_texts(etags, strlen(etags)), db_json_ints(sizes, strlen(sizes)),
        db_null(), db_text("k")));
    TRY(DB_EXEC(tx, SQL_PAGE_STATE_INSERT, NULL, error, db_text(id), db_int(0), db_int(page_no), db_int(PAGE_OBJECTS),
        db_int(START_MS)));
    TRY(DB_EXEC(tx, SQL_LISTING_COUNT, NULL, error, db_text(id), db_int(PAGE_OBJECTS), db_int(55), db_int(1),
        db_int(START_MS)));
    return db_commit(g_steal_pointer(&tx), error);
}

void fixture_add_page(JobFixture *fixture, uint32_t page_no)
{
    g_autoptr(GError) error = NULL;
    bool is_added = add_page(fixture, page_no, &error);

    g_assert_no_error(error);
    g_assert_true(is_added);
}

void fixture_end_execution(JobFixture *fixture, const char *status)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sql = g_strdup_printf("UPDATE executions SET status = '%s', stopped_at = 1"
                                           " WHERE execution_arn = (SELECT execution_arn FROM jobs WHERE job_id ="
                                           " '$JOB')",
        status);

    fixture_run(fixture, sql);
    g_assert_true(jobs_reconcile(fixture->db, &error));
    g_assert_no_error(error);
}

void fixture_end_listing(JobFixture *fixture)
{
    fixture_run(fixture, "UPDATE listing_shards SET state = 'done' WHERE job_id = '$JOB'");
    fixture_end_execution(fixture, "SUCCEEDED");
}

Claim *fixture_claim(JobFixture *fixture)
{
    g_autoptr(GError) error = NULL;
    Claim *claim = NULL;
    bool is_ok = queue_claim(fixture->queue, &(ClaimScope){.owner = "w#1"}, LEASE_MS, &claim, &error);

    g_assert_no_error(error);
    g_assert_true(is_ok);
    return claim;
}

/* On a page of which only some are pending, only those can fail. */
static bool is_pending(const Claim *claim, uint32_t ordinal)
{
    for (guint i = 0; i < claim->pending->len; i++)
        if (g_array_index(claim->pending, uint32_t, i) == ordinal)
            return true;
    return false;
}

static GArray *exceptions_of(const Claim *claim, const FixtureOutcome *outcome)
{
    GArray *exceptions = g_array_new(FALSE, FALSE, sizeof(ObjectException));

    for (uint32_t i = 0; i < outcome->failed_count; i++) {
        ErrorKind kind = outcome->failed[i] % 2 == 0 ? ERROR_TOO_LARGE : ERROR_TIMEOUT;
        ObjectException exception = {.ordinal = outcome->failed[i], .kind = kind, .message = (char *)"why"};
        if (is_pending(claim, exception.ordinal))
            g_array_append_val(exceptions, exception);
    }
    for (uint32_t i = 0; i < outcome->skipped_count; i++) {
        ObjectException exception = {
            .ordinal = outcome->skipped[i], .is_skipped = true, .kind = ERROR_UNSUPPORTED, .message = (char *)"no"};
        if (is_pending(claim, exception.ordinal))
            g_array_append_val(exceptions, exception);
    }
    return exceptions;
}

static bool is_skipped(const FixtureOutcome *outcome, uint32_t ordinal)
{
    for (uint32_t i = 0; i < outcome->skipped_count; i++)
        if (outcome->skipped[i] == ordinal)
            return true;
    return false;
}

static bool add_findings(DbTx *tx, const Claim *claim, uint32_t ordinal, GError **error)
{
    for (int i = 0; i < 2; i++)
        TRY(DB_EXEC(tx, SQL_FINDING_INSERT, NULL, error, db_text(claim->job_id.text), db_int(claim->shard),
            db_int(claim->page_no), db_int(ordinal), db_text("b"),
            db_text(object_entries_at(claim->objects, ordinal)->key), db_text("d"), db_text("c"), db_text("s"),
            db_text("t"), db_int(1), db_text("m"), db_text("f"), db_int(0), db_text("[]"), db_text(""), db_int(1)));
    return true;
}

static bool finish(JobFixture *fixture, const Claim *claim, const FixtureOutcome *outcome, GError **error)
{
    g_autoptr(GArray) exceptions = exceptions_of(claim, outcome);
    g_autoptr(DbTx) tx = NULL;
    PageOutcome page = {.exceptions = exceptions};

    TRY(db_begin(fixture->db, DB_WRITE, &tx, error));
    for (guint i = 0; i < claim->pending->len; i++) {
        uint32_t ordinal = g_array_index(claim->pending, uint32_t, i);
        page.bytes_done += ordinal + 1;
        if (is_skipped(outcome, ordinal))
            continue;
        TRY(add_findings(tx, claim, ordinal, error));
        page.findings += 2;
    }
    TRY(queue_finish(fixture->queue, tx, claim, &page, error));
    return db_commit(g_steal_pointer(&tx), error);
}

bool fixture_finish(JobFixture *fixture, Claim *take_claim, const FixtureOutcome *outcome)
{
    static const FixtureOutcome nothing = {0};
    g_autoptr(Claim) claim = take_claim;
    g_autoptr(GError) error = NULL;

    g_assert_nonnull(claim);
    if (finish(fixture, claim, outcome != NULL ? outcome : &nothing, &error))
        return true;
    g_assert_cmpint(error_kind(error), ==, ERROR_LOST_LEASE);
    return false;
}

bool fixture_try_finish(JobFixture *fixture, const Claim *claim, const FixtureOutcome *outcome)
{
    g_autoptr(GError) error = NULL;

    return finish(fixture, claim, outcome, &error);
}

void fixture_work_off(JobFixture *fixture)
{
    for (Claim *claim = fixture_claim(fixture); claim != NULL; claim = fixture_claim(fixture))
        g_assert_true(fixture_finish(fixture, claim, NULL));
}

char *fixture_state(JobFixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_auto(JobStatus) status = {0};
    GString *text = g_string_new(NULL);

    g_assert_true(job_status(fixture->db, &fixture->id, JOB_REAL_TIME, &status, &error));
    g_string_append_printf(text, "%s%s %d %d %d %d %d %d %d %d {", status.status, status.is_paused ? "(paused)" : "",
        (int)status.total, (int)status.queued, (int)status.processing, (int)status.succeeded, (int)status.failed,
        (int)status.skipped, (int)status.total_findings, (int)status.bytes_done);
    for (guint i = 0; i < status.failures->len; i++) {
        const FailureCount *failure = &g_array_index(status.failures, FailureCount, i);
        g_string_append_printf(text, "%s%s: %d", i > 0 ? ", " : "", failure->reason, (int)failure->objects);
    }
    g_string_append(text, "}");
    return g_string_free(text, FALSE);
}

void fixture_assert_verified(JobFixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *drift = NULL;
    bool is_ok = job_verify(fixture->db, &fixture->id, &drift, &error);

    g_assert_no_error(error);
    g_assert_true(is_ok);
    g_assert_cmpstr(drift, ==, NULL);
}

void fixture_assert_state(JobFixture *fixture, const char *expected)
{
    g_autofree char *state = fixture_state(fixture);

    g_assert_cmpstr(state, ==, expected);
    fixture_assert_verified(fixture);
}

char *fixture_text(JobFixture *fixture, const char *sql)
{
    g_autofree char *copy = g_strdup_printf("DELETE FROM meta WHERE name = 'test';"
                                            "INSERT INTO meta (name, value) VALUES ('test', CAST((%s) AS TEXT))",
        sql);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    fixture_run(fixture, copy);
    g_assert_true(db_begin(fixture->db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_META_GET, &rows, &error, db_text("test")));
    g_assert_true(db_rows_next(rows, &has_row, &error) && has_row);
    return g_strdup(db_rows_text(rows, 0));
}

int64_t fixture_number(JobFixture *fixture, const char *sql)
{
    g_autofree char *text = fixture_text(fixture, sql);

    return g_ascii_strtoll(text, NULL, 10);
}

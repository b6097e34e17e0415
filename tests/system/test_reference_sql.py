"""The SQL that users know from the scanner's manual runs on our schema, and gives what the manual says.

Statements stand here as they stand there. Where the manual defines a view, its own definition, run over our tables, is
what ours is compared with."""
import concurrent.futures
import datetime
import decimal
import re
import sqlite3
import threading

import psycopg2
import pytest

from reference_database import MIGRATIONS, Plan, add_job, connected, count_from_pages, job_id, progress_query

COVERAGE = """
SELECT
    COUNT(*) as total_jobs,
    COUNT(execution_arn) as with_arn,
    COUNT(*) - COUNT(execution_arn) as without_arn,
    ROUND(100.0 * COUNT(execution_arn) / COUNT(*), 2) as coverage_percent
FROM jobs;
"""
MISSING_ARN = """
SELECT job_id, bucket, prefix, created_at
FROM jobs
WHERE execution_arn IS NULL
  AND created_at > NOW() - INTERVAL '1 day'
ORDER BY created_at DESC;
"""
ARN_SAMPLE = """
SELECT
    job_id,
    bucket,
    LEFT(execution_arn, 50) || '...' as execution_arn_preview,
    created_at
FROM jobs
WHERE execution_arn IS NOT NULL
ORDER BY created_at DESC
LIMIT 10;
"""
ARN_COLUMN = """
  SELECT column_name, data_type
  FROM information_schema.columns
  WHERE table_name = 'jobs' AND column_name = 'execution_arn';
"""
ARN_INDEX = """
   SELECT indexname FROM pg_indexes
   WHERE tablename = 'jobs' AND indexname = 'idx_jobs_execution_arn';
"""
COUNT_SUCCEEDED = """
SELECT COUNT(*) FILTER (WHERE status = 'succeeded') as succeeded
FROM job_objects
WHERE job_id = '{}';
"""
ACTIVE_JOBS = """
SELECT job_id, bucket, progress_percent, total_objects
FROM active_jobs_progress
ORDER BY created_at DESC
LIMIT 10;
"""
VIEW_STATUS = """
SELECT
    schemaname,
    matviewname,
    pg_size_pretty(pg_total_relation_size(schemaname||'.'||matviewname)) as size
FROM pg_matviews
WHERE matviewname = 'job_progress';
"""
LAST_REFRESH = "SELECT * FROM pg_stat_user_tables WHERE relname = 'job_progress';"
INDEX_USAGE = """
SELECT schemaname, tablename, indexname, idx_scan as times_used, pg_size_pretty(pg_relation_size(indexrelid)) as size
FROM pg_stat_user_indexes
WHERE tablename IN ('job_objects', 'findings')
ORDER BY idx_scan DESC;
"""
ROLLBACK = """
DROP MATERIALIZED VIEW IF EXISTS job_progress CASCADE;
DROP VIEW IF EXISTS active_jobs_progress;
DROP VIEW IF EXISTS job_statistics;
DROP INDEX IF EXISTS idx_job_objects_job_status;
DROP INDEX IF EXISTS idx_job_objects_job_updated;
DROP INDEX IF EXISTS idx_job_objects_bucket_key_composite;
DROP INDEX IF EXISTS idx_findings_job_detector;
DROP FUNCTION IF EXISTS refresh_job_progress();
DROP FUNCTION IF EXISTS should_refresh_progress(TIMESTAMPTZ);
"""
PROGRESS_COLUMNS = ("job_id bucket prefix execution_arn created_at updated_at total_objects queued_count processing_count"
                    " succeeded_count failed_count total_findings progress_percent").split()


@pytest.fixture(name="database")
def fixture_database(postgres_store):
    with connected(postgres_store) as database:
        database.migrate("up")
        yield database


@pytest.fixture(name="jobs")
def fixture_jobs(database):
    """One job of each kind, the snapshot fresh."""
    jobs = {
        "listing": add_job(database, "listing", pages=3, done=3, execution="RUNNING"),
        "processing": add_job(database, "processing", pages=6, done=2, leased=1, failed=2),
        "completed": add_job(database, "completed", pages=4, done=4, failed=1, age="3 days"),
        "failed": add_job(database, "failed", pages=4, done=1, execution="FAILED"),
        "sync": add_job(database, "sync", pages=1, done=1, execution=None, age="10 minutes"),
        "huge": add_job(database, "huge", pages=50, page_size=400, done=49, leased=1),
    }
    database.run("UPDATE page_states SET pending = 1, succeeded = 399 WHERE job_id = %s AND state = 'leased'", jobs["huge"])
    database.run("UPDATE page_states SET scope = 'exceptions' WHERE job_id = %s AND state = 'leased'", jobs["huge"])
    database.run("INSERT INTO object_exceptions SELECT job_id, 0, 49, 7, keys[8], 'queued', 1, 'timeout', '', trawl_now()"
                 " FROM object_pages WHERE job_id = %s AND page_no = 49", jobs["huge"])
    count_from_pages(database, jobs["huge"])
    database.run("SELECT refresh_job_progress();")
    return jobs


def test_the_snapshot_equals_the_manuals_own_query_over_our_tables(database, jobs):
    expected = {row[0]: row for row in database.run(progress_query())}
    found = {row[0]: row for row in database.run("SELECT * FROM job_progress")}
    assert database.columns("SELECT * FROM job_progress")[:13] == PROGRESS_COLUMNS
    assert found.keys() == expected.keys() and len(found) == len(jobs)
    for identity, row in found.items():
        ours, theirs = list(row[:13]), list(expected[identity])
        ours[5] = theirs[5] = None  # updated_at: ours is that of the newest page
        if identity == jobs["huge"]:  # 19,999 of 20,000: the manual's query rounds that up to 100
            assert (ours.pop(), theirs.pop()) == (decimal.Decimal("99.99"), 100)
        assert ours == theirs


def test_the_manuals_reading_statements_give_what_it_says(database, jobs):
    assert database.run(COUNT_SUCCEEDED.format(jobs["processing"])) == [(16,)]
    assert [row[6:13] for row in database.run(f"SELECT * FROM job_progress WHERE job_id = '{jobs['processing']}';")] \
        == [(60, 30, 10, 16, 4, 4, decimal.Decimal("33.33"))]
    assert {row[0] for row in database.run(ACTIVE_JOBS)} == {jobs[name] for name in ("huge", "processing", "listing")}
    assert database.run(COVERAGE) == [(6, 5, 1, decimal.Decimal("83.33"))]
    assert [row[0] for row in database.run(MISSING_ARN)] == [jobs["sync"]]
    sample = database.run(ARN_SAMPLE)
    assert len(sample) == 5 and sample[-1][0] == jobs["completed"], "newest first"
    assert sample[0][2] == "arn:aws:states:us-east-1:123456789012:execution:s3-scanner"[:50] + "..."
    assert database.run(ARN_COLUMN) == [("execution_arn", "text")]
    assert database.run(ARN_INDEX) == [("idx_jobs_execution_arn",)]
    assert database.run("SELECT detector, COUNT(*) FROM findings WHERE job_id = %s GROUP BY detector ORDER BY 1",
                        jobs["completed"]) == [("fin.credit_card", 4), ("pii.email", 4)]


def test_the_statistics_add_up(database, jobs):
    names = database.columns("SELECT * FROM job_statistics;")
    row = dict(zip(names, database.run("SELECT * FROM job_statistics;")[0]))
    assert names == ["total_jobs", "completed_jobs", "in_progress_jobs", "total_objects_all_jobs",
                     "total_findings_all_jobs", "avg_progress"]
    assert (row["total_jobs"], row["completed_jobs"], row["in_progress_jobs"]) == (6, 2, 3)
    assert row["total_objects_all_jobs"] == database.one("SELECT count(*) FROM job_objects")
    assert row["total_findings_all_jobs"] == database.one("SELECT count(*) FROM findings")
    assert row["avg_progress"] == database.one("SELECT round(AVG(progress_percent), 2) FROM job_progress")
    assert len(jobs) == 6


def test_only_jobs_that_are_alive_are_active(database, jobs):
    alive = {jobs[name] for name in ("listing", "processing", "huge")}
    assert {row[0] for row in database.run("SELECT job_id FROM active_jobs_progress")} == alive
    created = [row[0] for row in database.run("SELECT created_at FROM active_jobs_progress")]
    assert created == sorted(created, reverse=True)
    assert database.columns("SELECT * FROM active_jobs_progress") == database.columns("SELECT * FROM job_progress")


@pytest.mark.parametrize("statement", [
    "REFRESH MATERIALIZED VIEW CONCURRENTLY job_progress;", "REFRESH MATERIALIZED VIEW job_progress;",
    "SELECT refresh_job_progress();"])
def test_every_refresh_shows_what_is_new_and_when(database, jobs, statement):
    before = database.one("SELECT max(refreshed_at) FROM job_progress")
    add_job(database, "later", done=1)
    count = "SELECT count(*) FROM job_progress WHERE job_id = %s"
    assert database.one(count, job_id("later")) == 0
    start = datetime.datetime.now(datetime.timezone.utc)
    database.run(statement)
    assert database.one(count, job_id("later")) == 1
    refreshed = database.run("SELECT DISTINCT refreshed_at FROM job_progress")
    assert len(refreshed) == 1 and refreshed[0][0] > before
    assert abs(refreshed[0][0] - start) < datetime.timedelta(seconds=30)
    assert len(jobs) == 6


def test_the_function_notes_when_and_how_long_it_refreshed(database, jobs):
    notes = dict(database.run("SELECT name, value FROM meta WHERE name LIKE 'job_progress_refresh%'"))
    assert 0 <= int(notes["job_progress_refresh_ms"]) < 30000
    seen = database.one("SELECT max(trawl_ms(refreshed_at)) FROM job_progress")
    assert abs(int(notes["job_progress_refresh_started"]) - seen) < 30000 and len(jobs) == 6


@pytest.mark.parametrize("statement", [
    VIEW_STATUS, LAST_REFRESH, "ANALYZE job_objects;", "ANALYZE findings;",
    "EXPLAIN ANALYZE SELECT * FROM job_objects WHERE job_id = '{}' AND status = 'succeeded';"])
def test_the_manuals_monitoring_runs(database, jobs, statement):
    rows = database.run(statement.format(jobs["completed"]))
    assert rows is None or rows


def test_what_postgresql_itself_no_longer_knows_has_an_equivalent(database):
    with pytest.raises(psycopg2.errors.UndefinedColumn):
        database.run(INDEX_USAGE)
    manual = (MIGRATIONS.parents[2] / "docs" / "database.md").read_text(encoding="utf-8")
    equivalents = [text for text in re.findall(r"```sql\n(.*?)```", manual, re.DOTALL) if "pg_stat_user_indexes" in text]
    assert equivalents, "the manual has none"
    names = {row[2] for row in database.run(equivalents[0])}
    assert {"idx_findings_job_detector", "idx_object_exceptions_status"} <= names


def test_after_the_manuals_own_rollback_ours_still_works(database, jobs):
    database.run(ROLLBACK)
    assert database.one("SELECT count(*) FROM job_objects WHERE job_id = %s", jobs["completed"]) == 40
    database.migrate("down")
    assert database.run("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == []


def test_down_leaves_an_empty_database(database):
    database.migrate("down")
    for catalogue in ("pg_class WHERE relnamespace", "pg_proc WHERE pronamespace", "pg_type WHERE typnamespace"):
        assert database.one(f"SELECT count(*) FROM {catalogue} = 'public'::regnamespace") == 0


def test_every_statement_of_the_manual_runs(database, jobs):
    """The SQL blocks of docs/database.md, one by one; 'JOB' and the like stand for values."""
    manual = (MIGRATIONS.parents[2] / "docs" / "database.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sql\n(.*?)```", manual, re.DOTALL)
    assert len(blocks) >= 8
    for block in blocks:
        if "pg_stat_statements" in block:  # an extension that the server must load
            continue
        database.run(block.replace("JOB", jobs["completed"]))


def test_the_state_of_each_object_is_that_of_its_page_or_its_own(database, jobs):
    states = dict(database.run("SELECT status, count(*) FROM job_objects WHERE job_id = %s GROUP BY 1", jobs["processing"]))
    assert states == {"succeeded": 16, "failed": 4, "processing": 10, "queued": 30}
    states = dict(database.run("SELECT status, count(*) FROM job_objects WHERE job_id = %s GROUP BY 1", jobs["huge"]))
    assert states == {"succeeded": 19999, "processing": 1}
    database.run("UPDATE page_states SET state = 'queued' WHERE job_id = %s AND state = 'leased'", jobs["huge"])
    states = dict(database.run("SELECT status, count(*) FROM job_objects WHERE job_id = %s GROUP BY 1", jobs["huge"]))
    assert states == {"succeeded": 19999, "queued": 1}
    database.run("UPDATE page_states SET state = 'dropped' WHERE job_id = %s AND state = 'queued'", jobs["failed"])
    states = dict(database.run("SELECT status, count(*) FROM job_objects WHERE job_id = %s GROUP BY 1", jobs["failed"]))
    assert states == {"succeeded": 10, "queued": 30}


def test_pruned_jobs_are_hidden_at_once(database, jobs):
    gone = jobs["completed"]
    database.run("UPDATE jobs SET deleted_at = trawl_now() WHERE job_id = %s", gone)
    database.run("SELECT refresh_job_progress()")
    for relation in ("job_objects", "job_progress", "active_jobs_progress", "job_facts"):
        assert database.one(f"SELECT count(*) FROM {relation} WHERE job_id = %s", gone) == 0, relation
    assert database.run("SELECT * FROM job_object(%s, '000000/0001')", gone) == []
    assert database.one("SELECT total_jobs FROM job_statistics") == 5


# ----------------------------------------------------------------------------------------------------- what is read


@pytest.fixture(name="large", scope="module")
def fixture_large(postgres):
    """(database, job): jobs of 400 pages, 20 objects each; this one has a few failed objects."""
    with postgres.database() as uri, connected(uri) as database:
        database.migrate("up")
        for number in range(6):
            add_job(database, f"large-{number}", bucket=f"bucket-{number % 2}", pages=400, page_size=20, done=380, leased=2)
        large = job_id("large-3")
        database.run("INSERT INTO object_exceptions SELECT job_id, 0, page_no, 4, keys[5], 'failed', 1, 'denied', '', 0"
                     " FROM object_pages WHERE job_id = %s AND page_no BETWEEN 100 AND 104", large)
        for table in ("object_pages", "page_states"):  # and many more that are somebody else's
            columns = ", ".join(name for name in database.columns(f"SELECT * FROM {table}") if name != "job_id")
            database.run(f"INSERT INTO {table} (job_id, {columns}) SELECT md5(n || t.job_id::text)::uuid, {columns}"
                         f" FROM {table} t, generate_series(1, 8) n")
        database.run("ANALYZE")
        yield database, large


def test_looking_by_job_and_status_reads_what_has_it(large):
    database, identity = large
    plan = Plan(database, "SELECT * FROM job_objects WHERE job_id = %s AND status = 'failed'", identity)
    assert plan.root["Actual Rows"] == 5
    assert plan.rows_read("object_pages") <= 5
    plan = Plan(database, "SELECT * FROM job_objects WHERE job_id = %s AND status = 'processing'", identity)
    assert plan.root["Actual Rows"] == 40 and plan.rows_read("object_pages") <= 2
    assert "object_pages" not in plan.full_scans()
    plan = Plan(database, "SELECT * FROM job_objects WHERE job_id = %s AND status = 'succeeded'", identity)
    assert plan.root["Actual Rows"] == 380 * 20 - 5 and "object_pages" not in plan.full_scans()


def test_looking_by_job_and_time_reads_the_pages_of_that_time(large):
    database, identity = large
    newest = database.one("SELECT trawl_time(max(updated_at)) FROM page_states WHERE job_id = %s", identity)
    plan = Plan(database, "SELECT * FROM job_objects WHERE job_id = %s AND updated_at > %s", identity,
                newest - datetime.timedelta(seconds=5))
    assert plan.root["Actual Rows"] == 100
    assert plan.rows_read("object_pages") <= 5
    assert "idx_page_states_job_updated" in plan.indexes()


def test_looking_a_key_up_reads_one_page(large):
    database, identity = large
    key = "000123/0007"
    body = "SELECT o.status, o.page_no, o.ordinal FROM job_object(%s, %s) o"
    assert database.run(body, identity, key) == [("succeeded", 123, 7)]
    plan = Plan(database, body, identity, key)
    assert plan.rows_read("object_pages") <= 1 and plan.rows_read("page_states") <= 1
    assert "idx_object_pages_first_key" in plan.indexes()


def test_looking_by_bucket_and_key_reads_one_page_a_job(large):
    database, identity = large
    statement = "SELECT o.* FROM jobs j CROSS JOIN LATERAL job_object(j.job_id, %s) o WHERE j.bucket = %s"
    plan = Plan(database, statement, "000123/0007", "bucket-1")
    assert plan.root["Actual Rows"] == 3 and plan.rows_read("object_pages") <= 3
    database.run("SET enable_seqscan = off")  # a table of six jobs is read whole; with more of them, by index
    assert "idx_jobs_bucket" in Plan(database, statement, "000123/0007", "bucket-1").indexes()
    database.run("RESET enable_seqscan")
    assert database.one("SELECT bucket FROM jobs WHERE job_id = %s", identity) == "bucket-1"


def test_findings_are_read_by_job_and_detector(large):
    database, identity = large
    plan = Plan(database, "SELECT * FROM findings WHERE job_id = %s AND detector = 'pii.email'", identity)
    assert plan.rows_read("findings") == 380 and "findings" not in plan.full_scans()


def test_the_status_of_a_job_reads_no_page(large):
    database, identity = large
    plan = Plan(database, "SELECT * FROM job_facts WHERE job_id = %s", identity)
    assert plan.rows_read("object_pages") == plan.rows_read("page_states") == 0
    plan = Plan(database, "SELECT * FROM job_facts")  # what a refresh runs, short of storing it
    assert plan.rows_read("object_pages") == plan.rows_read("page_states") == 0


# ------------------------------------------------------------------------------------------------------- odd keys


def test_every_key_of_a_job_is_found_and_no_other(database):
    identity = add_job(database, "odd", pages=3, page_size=5)
    rows = [  # an escaped page whose first key sorts before its place, between two that do not know of it
        (10, ["a/x", "b", "bz"], None), (11, ["b%FF", "c"], "[0]"), (12, ["d", "d/" + "e" * 3000, "f"], None),
        (13, ["g" + "h" * 3000, "i"], None), (14, ["j", "\u00e4", "\U0001f600"], None)]
    for page, keys, escaped in rows:
        n = len(keys)
        database.run("INSERT INTO object_pages VALUES (%s, 1, %s, %s, %s, %s, 0, %s, %s, %s, %s, %s)", identity, page,
                     keys[0], keys[-1], n, keys, [page] * n, ["e"] * n, [0] * n, escaped)
        database.run("INSERT INTO page_states (job_id, shard, page_no, pending, updated_at) VALUES (%s, 1, %s, %s, 0)",
                     identity, page, n)
    database.run("INSERT INTO object_exceptions VALUES (%s, 1, 11, 1, 'c', 'skipped', 2, 'too_large', 'why', 0)", identity)
    everything = database.run("SELECT * FROM job_objects WHERE job_id = %s", identity)
    assert len(everything) == 15 + 13
    for row in everything:
        assert database.run("SELECT * FROM job_object(%s, %s)", identity, row[2]) == [row]
    for key in ("", "a", "a/y", "bk", "c%", "zzz", "000000/0005", "\u00e5", "g"):
        assert database.run("SELECT * FROM job_object(%s, %s)", identity, key) == []


# --------------------------------------------------------------------------------------------- refreshing, together


@pytest.mark.parametrize("ago, interval_ms, is_due", [
    (None, None, True), ("0 seconds", None, False), ("59 seconds", None, False), ("61 seconds", None, True),
    ("61 seconds", "300000", False), ("301 seconds", "300000", True), ("2 seconds", "1000", True)])
def test_a_refresh_is_due_after_the_interval(database, ago, interval_ms, is_due):
    if interval_ms:
        database.run("INSERT INTO meta VALUES ('refresh_interval_ms', %s)", interval_ms)
    assert database.one("SELECT should_refresh_progress(NOW() - %s::interval)", ago) is is_due


def test_a_thousand_jobs_are_refreshed_whatever_they_hold(database):
    database.run("INSERT INTO jobs (job_id, bucket) SELECT md5(n::text)::uuid, 'b' FROM generate_series(1, 1000) n")
    database.run("INSERT INTO job_counters (job_id, slot, total, queued, succeeded, updated_at)"
                 " SELECT md5(n::text)::uuid, s, 1000000000, n, 1000000000 - n, trawl_now()"
                 " FROM generate_series(1, 1000) n, generate_series(0, 15) s")
    database.run("SELECT refresh_job_progress()")
    assert database.run("SELECT count(*), sum(total_objects), sum(queued_count) FROM job_progress") == [
        (1000, 16 * 10**12, 16 * 500500)]
    assert int(database.one("SELECT value FROM meta WHERE name = 'job_progress_refresh_ms'")) < 20000


def test_those_who_call_at_once_share_one_refresh(database, postgres_store):
    with connected(postgres_store) as other, concurrent.futures.ThreadPoolExecutor(8) as pool:
        callers = [psycopg2.connect(postgres_store) for _ in range(8)]
        for caller in callers:
            caller.autocommit = True
        other.connection.autocommit = False
        other.run("SELECT pg_advisory_xact_lock(hashtext('trawl job_progress'), 0)")
        calls = [pool.submit(lambda c=caller: c.cursor().execute("SELECT refresh_job_progress()")) for caller in callers]
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while database.one(waiting) < len(callers):
            pass
        database.run("CREATE TABLE refreshes (at bigint)")
        database.run("CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
                     " $$ BEGIN INSERT INTO refreshes VALUES (trawl_now()); RETURN NULL; END $$")
        database.run("CREATE TRIGGER note AFTER INSERT OR UPDATE ON meta FOR EACH ROW"
                     " WHEN (NEW.name = 'job_progress_refresh_started') EXECUTE FUNCTION note()")
        other.connection.commit()
        for call in calls:
            call.result(60)
        for caller in callers:
            caller.close()
    assert database.one("SELECT count(*) FROM refreshes") == 1


def test_refreshing_beside_writers_shows_only_what_was_committed_together(database, postgres_store):
    identity = add_job(database, "busy", pages=1)
    database.run("UPDATE job_counters SET total = 1000000, queued = 1000000 WHERE job_id = %s", identity)
    stop = threading.Event()

    def write(slot):
        with connected(postgres_store) as own:
            own.run("INSERT INTO job_counters (job_id, slot, updated_at) VALUES (%s, %s, 0)", identity, slot)
            while not stop.is_set():
                own.run("BEGIN")
                own.run("UPDATE job_counters SET queued = queued - 7, updated_at = trawl_now()"
                        " WHERE job_id = %s AND slot = %s", identity, slot)
                own.run("UPDATE job_counters SET succeeded = succeeded + 7 WHERE job_id = %s AND slot = %s", identity, slot)
                own.run("COMMIT")

    def refresh(statement):
        with connected(postgres_store) as own:
            for _ in range(15):
                own.run(statement)
                [(total, parts)] = own.run("SELECT total_objects, queued_count + processing_count + succeeded_count"
                                           " + failed_count + skipped_count FROM job_progress WHERE job_id = %s", identity)
                assert total == parts == 1000000
                assert own.run("SELECT status FROM job_progress") == [("processing",)]

    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        writers = [pool.submit(write, slot) for slot in (20, 21)]
        refreshers = [pool.submit(refresh, statement) for statement in (
            "SELECT refresh_job_progress()", "SELECT refresh_job_progress()",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY job_progress")]
        try:
            for call in refreshers:
                call.result(120)
        finally:
            stop.set()
        for call in writers:
            call.result(60)


# -------------------------------------------------------------------------------------------------- both engines


def sqlite_columns():
    with sqlite3.connect(":memory:") as store:
        store.executescript((MIGRATIONS / "sqlite" / "0001_initial.up.sql").read_text(encoding="utf-8"))
        names = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
                                                 " AND name NOT LIKE 'sqlite%'")]
        return {name: [row[1] for row in store.execute(f"PRAGMA table_info({name})")] for name in names}


def test_both_engines_have_the_same_tables_and_columns(database):
    names = [row[0] for row in database.run("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                                            " AND relkind IN ('r', 'v', 'm') AND relname NOT LIKE '%legacy%'")]
    ours = {name: database.columns(f"SELECT * FROM {name} LIMIT 0") for name in names}
    other = sqlite_columns()
    assert ours.keys() == other.keys()
    for name, columns in ours.items():
        assert sorted(columns) == sorted(other[name]), name
    for name in ("job_progress", "active_jobs_progress"):
        assert other[name][:13] == PROGRESS_COLUMNS
    assert ours["job_objects"][:5] == other["job_objects"][:5] == ["job_id", "bucket", "key", "status", "updated_at"]
    assert other["job_statistics"] == ours["job_statistics"]


def test_arrays_are_compressed_the_fast_way_where_the_server_can(database):
    can = database.one("SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
    methods = database.run("SELECT DISTINCT attcompression FROM pg_attribute WHERE attrelid = 'object_pages'::regclass"
                           " AND attname IN ('keys', 'sizes', 'etags', 'modified')")
    assert methods == [("l" if can else "",)]


def test_a_heartbeat_is_a_heap_only_update(database):
    identity = add_job(database, "beating", pages=3, leased=3)
    for beat in range(20):
        database.run("UPDATE page_states SET lease_expires_at = %s WHERE job_id = %s", beat, identity)
        database.run("UPDATE job_counters SET queued = queued + 1, updated_at = %s WHERE job_id = %s", beat, identity)
    database.run("SELECT pg_stat_force_next_flush()")
    for table, updates in (("page_states", 60), ("job_counters", 40)):
        assert database.run("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = %s", table) == [
            (updates, updates)], table

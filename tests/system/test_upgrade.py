"""A database that an older scanner made becomes trawl's without loss, and is given back as it was."""
import json
import os
import time

import psycopg2
import pytest

from conftest import Server, Trawl
from reference_database import Plan, add_job, connected, job_id, make_older, progress_query

VARIANTS = {
    "the first version": {"has_arn": False},
    "the first version with uuid-ossp": {"has_arn": False, "has_extension": True},
    "with the execution's ARN": {"has_arn": True, "has_extension": True},
    "with ARN and composite indexes": {"has_arn": True, "has_indexes": True},
    "optimised, without ARN": {"has_arn": False, "has_indexes": True, "has_helpers": True},
    "optimised": {"has_arn": True, "has_indexes": True, "has_helpers": True, "has_extension": True},
    "with the materialized view but no indexes": {"has_arn": True, "has_helpers": True},
    "without any object": {"has_arn": True, "has_indexes": True, "objects": 0},
}
TABLES = ("jobs", "job_objects", "findings")


@pytest.fixture(name="database")
def fixture_database(postgres_store):
    with connected(postgres_store) as database:
        yield database


@pytest.fixture
def trawl_on(tmp_path, postgres_store):
    """The program on the database of the test."""
    return Trawl(tmp_path, postgres_store)


def older_progress(database, has_arn):
    """What the older scanner would answer: its own query, but 0 percent where it would divide by zero."""
    query = progress_query(has_arn).replace("COUNT(jo.job_id)::numeric", "NULLIF(COUNT(jo.job_id), 0)::numeric")
    return database.run("SELECT job_id, bucket, coalesce(prefix, ''), total_objects, processing_count, succeeded_count,"
                        f" failed_count, total_findings, coalesce(progress_percent, 0) FROM ({query}) q ORDER BY job_id")


def dump(database):
    relations = [name for name in (*TABLES, "job_progress") if database.is_there(name)]
    return database.schema(), {name: database.checksum(name) for name in relations}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
def test_an_older_database_goes_up_and_down_without_loss(database, variant):
    make_older(database, **variant)
    before, progress = dump(database), older_progress(database, variant["has_arn"])
    rows = {name: database.checksum(f"(SELECT job_id, bucket, key, status, updated_at FROM {name})")
            for name in ("job_objects",)}

    database.migrate("up")
    assert database.run("SELECT job_id, bucket, prefix, total_objects, processing_count, succeeded_count, failed_count,"
                        " total_findings FROM job_progress ORDER BY job_id") == [row[:-1] for row in progress]
    assert database.checksum("(SELECT job_id, bucket, key, status, updated_at FROM job_objects)") == rows["job_objects"]
    assert database.checksum("job_objects_legacy") == before[1]["job_objects"]
    assert database.run("SELECT DISTINCT mode FROM job_facts") == [("legacy",)]
    assert database.one("SELECT count(*) FROM page_states") == 0, "there is something to claim"
    for identity, *_, findings, _percent in progress:
        assert database.one("SELECT COUNT(*) FROM findings f WHERE f.job_id = %s", identity) == findings

    database.migrate("down")
    assert dump(database) == before


@pytest.mark.parametrize("has_helpers", [False, True])
def test_what_trawl_stored_goes_with_it_and_what_was_there_stays(database, has_helpers):
    make_older(database, has_helpers=has_helpers, has_indexes=True)
    before = dump(database)
    database.migrate("up")
    add_job(database, "new", done=2, failed=1)
    database.run("SELECT refresh_job_progress()")
    assert database.one("SELECT total_jobs FROM job_statistics") == 4

    database.migrate("down")
    assert dump(database) == before
    database.migrate("up")
    assert database.one("SELECT total_jobs FROM job_statistics") == 3, "it can go up again"


def test_the_older_scanners_own_functions_work_again_after_down(database):
    make_older(database, has_helpers=True, objects=12)
    database.migrate("up")
    database.migrate("down")
    database.run("INSERT INTO job_objects (job_id, bucket, key, status) VALUES (md5('old-1')::uuid, 'b', 'k', 'queued')")
    database.run("SELECT refresh_job_progress()")
    assert database.one("SELECT total_objects FROM job_progress WHERE job_id = %s", job_id("old-1")) == 13
    assert database.run("SELECT should_refresh_progress(now() - interval '6 minutes')") == [(True,)]


def test_a_status_with_a_word_of_its_own_is_kept_and_counts_as_not_finished(database):
    make_older(database, objects=60)  # of the third job 10 each: pending, done, NULL, SUCCEEDED, skipped, failed
    database.migrate("up")
    states = "SELECT status, count(*) FROM job_objects WHERE job_id = %s GROUP BY 1 ORDER BY 1"
    assert database.run(states, job_id("old-3")) == [
        ("SUCCEEDED", 10), ("done", 10), ("failed", 10), ("pending", 10), ("skipped", 10), (None, 10)]
    assert database.run("SELECT total, queued, processing, succeeded, failed, skipped, status FROM job_facts"
                        " WHERE job_id = %s", job_id("old-3")) == [(60, 40, 0, 0, 10, 10, "processing")]


def test_older_jobs_are_shown_with_what_is_known_of_them(database):
    make_older(database)
    database.migrate("up")
    facts = {row[0]: row[1:] for row in database.run(
        "SELECT job_id::text, mode, execution_arn, execution_status, status, prefix, open_shards FROM job_facts")}
    arn = "arn:aws:states:us-west-2:123456789012:execution:s:scan-old-2"
    assert facts[job_id("old-1")] == ("legacy", None, None, "completed", "", 0)
    assert facts[job_id("old-2")] == ("legacy", arn, None, "processing", "p/", 0)
    assert facts[job_id("old-3")] == ("legacy", None, None, "processing", "", 0)
    found = database.run("SELECT key, status, updated_at IS NOT NULL FROM job_object(%s, %s)", job_id("old-2"),
                         "data/part-00000003")
    assert found == [("data/part-00000003", "failed", True)]


@pytest.mark.parametrize("column_default", [True, False])
def test_the_older_scanners_readers_may_read_the_new_tables(database, column_default):
    database.run("DROP ROLE IF EXISTS older_reader")
    database.run("CREATE ROLE older_reader")
    try:
        make_older(database, has_helpers=True)
        database.run("GRANT SELECT ON jobs, job_objects, findings, job_progress, job_statistics TO older_reader")
        if column_default:
            database.run("GRANT INSERT ON jobs TO older_reader WITH GRANT OPTION")
        before = dump(database)
        database.migrate("up")
        database.run("SET ROLE older_reader")
        assert database.one("SELECT count(*) FROM job_objects") == 180
        assert database.one("SELECT total_jobs FROM job_statistics") == 3
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            database.run("DELETE FROM findings")
        database.run("RESET ROLE")
        database.migrate("down")
        assert dump(database) == before
    finally:
        database.run("RESET ROLE")
        database.run("DROP OWNED BY older_reader")
        database.run("DROP ROLE older_reader")


def test_a_database_of_somebody_elses_is_refused_and_left_alone(database):
    database.run("CREATE TABLE jobs (id integer PRIMARY KEY, title text)")
    database.run("INSERT INTO jobs VALUES (1, 'painter')")
    before = database.schema()
    with pytest.raises(psycopg2.errors.RaiseException, match="its table jobs is not a scanner's"):
        database.migrate("up")
    assert database.schema() == before
    assert database.run("SELECT * FROM jobs") == [(1, "painter")]


def test_the_program_takes_an_older_database_over_and_gives_it_back(database, trawl_on):
    make_older(database, has_indexes=True, has_helpers=True)
    before = dump(database)
    trawl_on.run("migrate", status=0)
    listed = {job["job_id"]: job for job in trawl_on.run("jobs", "list", "--format", "jsonl", status=0).lines()}
    assert {name: listed[job_id(name)]["status"] for name in ("old-1", "old-2", "old-3")} == {
        "old-1": "completed", "old-2": "processing", "old-3": "processing"}
    for identity in listed:
        trawl_on.run("verify", identity, status=0)
    said = trawl_on.run("migrate", "down", "0", status=0).out
    assert "drops" in said and "job_objects" in said
    database.run("DROP TABLE schema_migrations")
    assert dump(database) == before


def test_the_objects_of_an_older_job_are_listed(database, trawl_on):
    make_older(database)
    trawl_on.run("migrate", status=0)
    server = Server(trawl_on, "--no-scan")
    try:
        for name in ("old-1", "old-2", "old-3"):
            there = database.run("SELECT key, CASE WHEN status IN ('processing', 'succeeded', 'failed', 'skipped') THEN"
                                 " status ELSE 'queued' END FROM job_objects WHERE job_id = %s", job_id(name))
            path, found, token = f"/jobs/{job_id(name)}/objects", [], None
            while token or not found:
                answer = server.get(path, params={"limit": 7, **({"nextToken": token} if token else {})}).json()
                found, token = found + answer["objects"], answer["nextToken"]
            assert len(found) == 60 and all((one["size"], one["etag"]) == (None, None) for one in found)
            assert sorted((one["key"], one["status"]) for one in found) == sorted(there)
            for status in ("queued", "processing", "succeeded", "failed", "skipped"):
                listed = server.get(path, params={"status": status}).json()["objects"]
                assert sorted(one["key"] for one in listed) == sorted(key for key, word in there if word == status)
            one = server.get(path, params={"key": there[3][0]}).json()["objects"]
            assert [(object_["key"], object_["status"]) for object_ in one] == [there[3]]
            assert server.get(path, params={"key": "none"}).status_code == 404
    finally:
        assert server.stop() == 0


def test_pruning_an_older_job_frees_its_older_rows_too(database, trawl_on):
    make_older(database)
    database.run("UPDATE job_objects SET updated_at = now() - interval '8 days'")
    trawl_on.run("migrate", status=0)
    rows = "SELECT (SELECT count(*) FROM {}_legacy WHERE job_id = %s)"
    counts = lambda name: [database.one(rows.format(table), job_id(name)) for table in TABLES]  # noqa: E731
    assert counts("old-1") == [1, 60, 15]
    trawl_on.run("prune", "--older-than", "1d", status=0)
    assert counts("old-1") == [0, 0, 0]
    assert counts("old-2") == [1, 60, 15], "it is not over"


def test_older_jobs_of_one_instant_are_all_listed_and_pruned_once(database, trawl_on):
    make_older(database, objects=1)
    database.run("INSERT INTO jobs (bucket, created_at, updated_at) SELECT 'many-' || n, moment, moment"
                 " FROM generate_series(1, 250) n, (VALUES ('2024-03-01 10:00:00.123456+00'::timestamptz)) m (moment)")
    trawl_on.run("migrate", status=0)
    lines = trawl_on.run("jobs", "--limit", "1000", "--format", "jsonl", status=0).out.splitlines()
    listed = [json.loads(line)["bucket"] for line in lines]
    assert sorted(name for name in listed if "many-" in name) == sorted(f"many-{n}" for n in range(1, 251))
    assert "250 jobs" in trawl_on.run("prune", "--older-than", "30d", "--dry-run", status=0).out


@pytest.mark.parametrize("has_indexes", [True, False])
def test_older_objects_are_found_by_index(database, has_indexes):
    make_older(database, has_indexes=has_indexes, objects=20000)
    database.migrate("up")
    database.run("ANALYZE")
    looks = {
        "by job and status": ("job_id = %s AND status = 'failed'", 5000),
        "by job and time": ("job_id = %s AND updated_at > now() - interval '60 seconds'", 60),
        "by bucket, key and job": ("job_id = %s AND bucket = 'old-bucket' AND key = 'data/part-00000003'", 1),
    }
    for name, (where, rows) in looks.items():
        plan = Plan(database, f"SELECT * FROM job_objects WHERE {where}", job_id("old-2"))
        assert "job_objects_legacy" not in plan.full_scans(), name
        limit = rows if has_indexes else 20000  # without the optional ones, no more than the job
        assert plan.rows_read("job_objects_legacy") <= limit, name


@pytest.mark.skipif("TRAWL_TEST_SLOW" not in os.environ, reason="a minute; set TRAWL_TEST_SLOW=1")
def test_two_million_older_objects_take_seconds(database):
    make_older(database, has_indexes=True, objects=700000)
    start = time.monotonic()
    database.migrate("up")
    up, start = time.monotonic() - start, time.monotonic()
    database.migrate("down")
    print(f"2,100,000 older objects, 350,000 findings: up {up:.1f} s, down {time.monotonic() - start:.2f} s")
    assert up < 60

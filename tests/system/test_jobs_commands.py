"""trawl jobs, migrate, refresh, prune and verify: directly on a store, the same on SQLite and on PostgreSQL."""
import csv
import io
import os
import pty
import re
import subprocess
import urllib.parse

import pytest

from ceph import wait_until
from conftest import FAKE_ENV, email

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def folder(tmp_path):
    """Two objects that are read, and one that is not."""
    path = tmp_path / "files"
    path.mkdir()
    for number in range(2):
        (path / f"{number}.txt").write_text(f"mail {email(number)}\n")
    (path / "locked.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + b"\0" * 100)
    return path


@pytest.fixture
def job(any_trawl, folder):
    """The id of a job that is over, in the store of any_trawl."""
    any_trawl.scan(folder, status=1)
    return any_trawl.job_ids()[0]


def test_jobs_are_listed_shown_and_their_objects_told_in_every_format(any_trawl, job):
    run = any_trawl.run
    assert job in run("jobs", status=0).out and job in run("jobs", "list", status=0).out
    assert [row["job_id"] for row in run("jobs", "list", "--format", "json", status=0).json()] == [job]
    assert [row["job_id"] for row in run("jobs", "--format", "jsonl", status=0).lines()] == [job]
    rows = list(csv.DictReader(io.StringIO(run("jobs", "--format", "csv", status=0).out)))
    assert [(row["job_id"], row["status"], row["total"]) for row in rows] == [(job, "completed", "3")]
    for flags, count in ((["--status", "completed"], 1), (["--status", "failed"], 0), (["--bucket", "none"], 0),
                         (["--from", "2020-01-01"], 1), (["--to", "2020-01-01"], 0), (["--limit", "1"], 1)):
        assert len(run("jobs", *flags, "--format", "json", status=0).json()) == count, flags

    shown = run("jobs", "show", job, status=0).out
    assert job in shown and "All objects scanned" in shown
    assert run("jobs", "show", job, "--format", "json", status=0).json()["job_id"] == job

    objects = run("jobs", "objects", job, "--format", "json", status=0).json()
    assert [row["key"] for row in objects] == ["0.txt", "1.txt", "locked.7z"]
    unread = next(row for row in objects if row["status"] != "succeeded")
    assert unread["key"] == "locked.7z" and unread["error_code"] and unread["error_message"]
    lines = run("jobs", "objects", job, "--status", unread["status"], "--format", "jsonl", status=0).lines()
    assert lines == [unread] and len(run("jobs", "objects", job, "--limit", "2", "--format", "jsonl").lines()) == 2
    rows = list(csv.DictReader(io.StringIO(run("jobs", "objects", job, "--format", "csv", status=0).out)))
    assert [row["error_code"] for row in rows] == ["", "", unread["error_code"]]
    table = run("jobs", "objects", job, status=0).out
    assert unread["error_code"] in table and "0.txt" in table
    assert run("jobs", "objects", job, "--key", "1.txt", "--format", "json", status=0).json() == [objects[1]]
    assert "nothing" in run("jobs", "objects", job, "--key", "nothing", status=2).err


@pytest.mark.parametrize("args, named", [
    (["show"], "JOB_ID"), (["show", "12345"], "12345"), (["show", UNKNOWN], UNKNOWN), (["cancel", UNKNOWN], UNKNOWN),
    (["objects", UNKNOWN], UNKNOWN), (["watch", UNKNOWN], UNKNOWN), (["retry", UNKNOWN], UNKNOWN),
    (["stop", UNKNOWN], "stop"), (["list", "more"], "more"), (["--limit", "0"], "--limit 0"),
    (["--from", "yesterday"], "--from"), (["show", UNKNOWN, "--all"], "--all"), (["list", "--real-time"], "--real-time"),
    (["objects", UNKNOWN, "--status", "listing"], "listing"), (["cancel", UNKNOWN, "--limit", "3"], "--limit"),
    (["watch", UNKNOWN, "--format", "csv"], "csv"),
])
def test_a_slip_is_said_in_one_line(trawl, args, named):
    trawl.run("migrate", status=0)
    result = trawl.run("jobs", *args, status=2)
    assert named in result.err and result.err.count("\n") == 1 and result.out == ""


def test_a_job_is_paused_resumed_cancelled_and_watched_while_another_process_runs_it(any_trawl, fake_s3):
    for number in range(70):
        fake_s3.put(f"{number:03d}.txt", f"mail {email(number)}\n".encode())
    fake_s3.on_get = lambda request: (fake_s3.closing.wait(0.2 if request.key >= "050" else 0), request.serve())
    scan = any_trawl.popen("scan", "--quiet", "--endpoint", fake_s3.endpoint, "--threads", "2", "--concurrency", "2",
                           fake_s3.uri, env=FAKE_ENV)
    try:
        wait_until(fake_s3.gets, 60, "the scan runs")
        job = any_trawl.job_ids()[0]
        assert "paused" in any_trawl.run("jobs", "pause", job, status=0).out
        assert any_trawl.run("jobs", "pause", job, "--format", "json", status=0).json()["paused"] is True
        assert "paused" not in any_trawl.run("jobs", "resume", job, status=0).out
        watch = any_trawl.popen("jobs", "watch", job, "--format", "jsonl")
        assert "aborted" in any_trawl.run("jobs", "cancel", job, status=0).out
        out, err = watch.communicate(timeout=60)
        assert watch.returncode == 2 and b'"aborted"' in out.splitlines()[-1], err
        scan.communicate(timeout=60)
        assert scan.returncode == 2
    finally:
        scan.kill()
        scan.wait()
    any_trawl.run("verify", "--all", status=0)
    fake_s3.on_get = None
    tried = any_trawl.run("jobs", "retry", job, status=0)
    assert f"trawl scan --resume {job}" in tried.err
    any_trawl.run("scan", "--quiet", "--resume", job, env=FAKE_ENV, status=1)
    assert any_trawl.run("jobs", "watch", job, status=1).out.endswith("completed: 70/70 objects, 100.00%, 70 findings, 0 failed\n")
    any_trawl.assert_invariants(job)
    refused = any_trawl.run("jobs", "cancel", job, status=2)
    assert "completed" in refused.err and refused.err.count("\n") == 1


def test_watching_ends_with_the_exit_status_of_a_scan(trawl, tmp_path):
    for name, text, status in (("clean", "nothing\n", 0), ("found", f"mail {email(1)}\n", 1)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(text)
        report = trawl.scan(tmp_path / name, status=status).json()
        watched = trawl.run("jobs", "watch", report["jobs"][0]["job_id"], status=status)
        assert watched.out.count("\n") == 1 and watched.out.startswith("completed: 1/1 objects")


def test_watching_redraws_one_line_on_a_terminal(trawl, folder):
    trawl.scan(folder, status=1)
    ours, theirs = pty.openpty()
    process = trawl.popen("jobs", "watch", trawl.job_ids()[0], env={"TERM": "xterm"}, stdout=theirs, stderr=theirs)
    os.close(theirs)
    assert process.wait(60) == 1
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert re.fullmatch(r"\r\x1b\[Kcompleted: 3/3 objects, 100.00%, 2 findings, \d failed\r\n", shown)


def cron(trawl, *args, env, status=0):
    """As cron runs it: no terminal, no arguments beyond the command, everything else from the environment."""
    done = subprocess.run([*trawl.command("rules")[:1], *args], env={**trawl.env, **env}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stderr
    return done


def environments(trawl):
    """The ways in which the store can be named."""
    if not trawl.server:
        return [{"TRAWL_STORE": f"sqlite:{trawl.store}"}, {"TRAWL_STORE": str(trawl.store)}]
    parts = urllib.parse.urlsplit(trawl.server)
    operators = {"RDS_PROXY_ENDPOINT": f"{parts.hostname}:{parts.port}", "RDS_USERNAME": parts.username,
                 "RDS_PASSWORD": "not ' asked \\ for", "PGDATABASE": parts.path[1:], "PGSSLMODE": "disable"}
    return [{"TRAWL_STORE": trawl.server}, operators]


def test_migrate_and_refresh_suit_cron(any_trawl):
    first, *others = environments(any_trawl)
    assert re.fullmatch(r"applied \d+ migrations?; the store is at \d+\n", cron(any_trawl, "migrate", env=first).stdout)
    for env in (first, *others):
        quiet = cron(any_trawl, "migrate", "up", env=env)
        assert (quiet.stdout, quiet.stderr) == ("", "")
        assert re.fullmatch(r"refreshed in \d+ ms\n", cron(any_trawl, "refresh", env=env).stdout)
        rows = any_trawl.run("migrate", "status", "--format", "json", status=0).json()
        assert [row["number"] for row in rows] == list(range(1, len(rows) + 1)) and all(row["applied_at"] for row in rows)
    down = any_trawl.run("migrate", "down", "0", status=0).out
    assert "migration 1 (initial)" in down and "object_pages" in down and "jobs" in down
    status = any_trawl.run("migrate", "status", status=1).out
    assert "missing" in status and "initial" in status
    assert any_trawl.run("migrate", status=0).out


def test_what_migrate_cannot_do_is_said(any_trawl):
    any_trawl.run("migrate", status=0)
    for args, named in ((["down"], "down"), (["down", "x"], "'x'"), (["sideways"], "sideways"), (["up", "1"], "up")):
        result = any_trawl.run("migrate", *args, status=2)
        assert named in result.err and result.err.count("\n") == 1
    last = any_trawl.query("SELECT max(number) FROM schema_migrations")[0][0]
    any_trawl.execute("INSERT INTO schema_migrations SELECT number + 1, 'later', checksum, applied_at FROM schema_migrations"
                      " WHERE number = ?", last)
    for args in (["migrate"], ["jobs"], ["refresh"]):
        assert "use a newer trawl" in any_trawl.run(*args, status=2).err, args


def test_a_password_in_a_store_is_never_shown(trawl):
    for uri in ("postgresql://me:hunter2@127.0.0.1:1/db", "postgres://me:hunter2@[::1", "mysql://me:hunter2@h/db"):
        result = cron(trawl, "jobs", env={"TRAWL_STORE": uri}, status=2)
        assert "hunter2" not in result.stderr + result.stdout and result.stderr.count("\n") == 1


def test_pruning_hides_old_jobs_at_once_and_keeps_those_that_run(any_trawl, folder, job):
    keep = any_trawl.scan(folder, status=1).json()["jobs"][0]["job_id"]
    back = "INTERVAL '100 days'" if any_trawl.server else "100 * 86400000"
    any_trawl.execute(f"UPDATE jobs SET created_at = created_at - {back}, updated_at = updated_at - {back} WHERE job_id = ?", job)
    any_trawl.execute("UPDATE job_counters SET updated_at = updated_at - 100 * CAST(86400000 AS BIGINT)"
                      " WHERE job_id = ?", job)
    assert any_trawl.run("prune", "--older-than", "90d", "--dry-run", status=0).out == "would prune 1 job\n"
    assert len(any_trawl.run("jobs", "--format", "json", status=0).json()) == 2
    assert any_trawl.run("prune", "--older-than", "90d", status=0).out == "pruned 1 job\n"
    assert any_trawl.run("prune", "--older-than", "90d", status=0).out == ""
    assert [row["job_id"] for row in any_trawl.run("jobs", "--format", "json", status=0).json()] == [keep]
    assert job in any_trawl.run("jobs", "show", job, status=2).err
    for table in ("object_pages", "page_states", "findings", "object_exceptions", "job_counters"):
        assert any_trawl.query(f"SELECT count(*) FROM {table} WHERE job_id = ?", job)[0][0] == 0, table
    any_trawl.run("verify", "--all", status=0)
    for args, named in (([], "--older-than"), (["--older-than", "90"], "'90'"), (["--older-than", "0d"], "'0d'")):
        assert named in any_trawl.run("prune", *args, status=2).err


def test_verify_all_looks_at_every_job_and_says_which_does_not_hold(any_trawl, folder, job):
    any_trawl.scan(folder, status=1)
    assert any_trawl.run("verify", "--all", status=0).out.startswith("2 jobs, 0 ")
    any_trawl.execute("UPDATE job_counters SET succeeded = succeeded + 1 WHERE job_id = ?", job)
    result = any_trawl.run("verify", "--all", status=1)
    assert f"job {job}:" in result.out and "2 jobs, 1 " in result.out
    assert any_trawl.run("verify", job, status=1).out
    for args in ([], [job, "--all"], [job, job]):
        assert "JOB_ID" in any_trawl.run("verify", *args, status=2).err


@pytest.mark.parametrize("command", ["scan", "serve", "jobs", "findings", "executions", "rules", "verify", "migrate",
                                     "refresh", "prune"])
def test_help_of_a_command_is_printed(trawl, command):
    helped = trawl.run("help", command, status=0)
    assert helped.out == trawl.run(command, "--help", status=0).out and f"trawl {command}" in helped.out
    assert "nonsense" in trawl.run("help", "nonsense", status=2).err

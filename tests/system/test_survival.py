"""Interrupts, kills, full disks, two at once: nothing is lost, nothing is counted twice."""
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from ceph import wait_until
from conftest import FAKE_ENV, ROOT, Trawl, card, email

sys.path.append(str(ROOT / "tests" / "faults"))
import absences  # noqa: E402
import campaign  # noqa: E402
from installation import SAMPLE, Bucket  # noqa: E402

KILLS = 20


@pytest.fixture
def folder(tmp_path):
    """3,000 files of which each third has findings, in several pages."""
    root = tmp_path / "files"
    for number in range(3000):
        path = root / f"{number % 10}" / f"{number:05d}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"line\nmail {email(number)}\ncard {card(number)}\n{SAMPLE}" if number % 3 == 0 else "nothing\n" * 20)
    (root / "unreadable.zip").write_bytes(b"PK\x03\x04 this is no zip")
    return root


def undisturbed(tmp_path, trawl, folder):
    """Counts, findings and what was suppressed in a scan that nobody disturbs, under the same key of fingerprints."""
    other = Trawl(tmp_path / "undisturbed")
    key = trawl.store.with_name(trawl.store.name + ".key")
    if key.exists():
        shutil.copy2(key, other.store.with_name(other.store.name + ".key"))
    result = other.scan(folder)
    assert result.status == 1, result.err
    job_id = other.job_ids()[0]
    return other.counts(job_id), other.stored_findings(job_id), other.stored_suppressions(job_id)


def assert_equals_undisturbed(tmp_path, trawl, folder, job_id):
    counts, findings, suppressions = undisturbed(tmp_path, trawl, folder)
    assert trawl.counts(job_id) == counts
    assert trawl.stored_findings(job_id) == findings
    assert trawl.stored_suppressions(job_id) == suppressions
    assert counts["total"] == 3001 and len(findings) >= 2000 and len(suppressions) == 1000
    assert {found[-1] for found in findings if found[1] == "fin.credit_card"} == {"PCI"}
    assert trawl.query("SELECT waiting_for FROM jobs WHERE job_id = ?", job_id) == [("",)]
    trawl.assert_invariants(job_id)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_cleanly_and_the_printed_command_goes_on(trawl, fake_s3, number):
    for index in range(300):
        fake_s3.put(f"{index:03d}.txt", f"mail {email(index)}\n".encode())
    fake_s3.on_get = lambda request: (fake_s3.closing.wait(0.02), request.serve())
    process = trawl.popen("scan", "--endpoint", fake_s3.endpoint, "--format", "json", "--concurrency", 2, fake_s3.uri,
                          env=FAKE_ENV)
    wait_until(lambda: len(fake_s3.gets()) > 60, 60, "a page or so is scanned")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    job_id = trawl.job_ids()[0]
    command = re.search(r"^\s*(trawl scan .*--resume \S+)$", err.decode(), re.M)
    assert command and job_id in command.group(1) and str(trawl.store) in command.group(1)
    trawl.assert_invariants(job_id)
    assert trawl.counts(job_id)["succeeded"] < 300

    fake_s3.on_get = None
    report = trawl.scan("--resume", job_id, env=FAKE_ENV, status=1).json()
    assert sorted(finding["key"] for finding in report["findings"]) == [f"{index:03d}.txt" for index in range(300)]
    trawl.assert_invariants(job_id)


def test_killed_twenty_times_at_random_a_job_ends_like_one_that_was_not(trawl, folder, tmp_path):
    rng = random.Random(20251109)
    # How long a whole scan takes here, so that kills fall all over it.
    started = time.monotonic()
    calm = Trawl(tmp_path / "calm")
    calm.scan(folder, status=1)
    whole = time.monotonic() - started

    kills = resumed = 0
    job_id = None
    while kills < KILLS:
        args = ["--resume", job_id] if job_id else [str(folder)]
        process = trawl.popen("scan", "--quiet", *args, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _, err = process.communicate(timeout=rng.uniform(0.02, whole))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
        else:
            # It was through before the kill came: that job is checked, and the next one begins.
            assert process.returncode == 1, err
            assert_finished_like(trawl, calm, job_id or trawl.job_ids()[-1])
            job_id = None
            continue
        jobs = trawl.job_ids() if trawl.store.exists() and has_schema(trawl) else []
        if jobs and job_id is None and is_unfinished(trawl, jobs[-1]):
            job_id = jobs[-1]
        resumed += job_id is not None
        if job_id:
            assert_store_is_sound(trawl)
    if job_id is None:
        trawl.scan(folder, status=1)
        job_id = trawl.job_ids()[-1]
    else:
        trawl.scan("--resume", job_id, status=1)
    assert resumed > 0
    assert_equals_undisturbed(tmp_path, trawl, folder, job_id)


def has_schema(trawl):
    try:
        return bool(trawl.query("SELECT 1 FROM sqlite_master WHERE name = 'jobs'"))
    except sqlite3.OperationalError:
        return False


def is_unfinished(trawl, job_id):
    counts = trawl.counts(job_id)
    listing = trawl.query("SELECT count(*) FROM listing_shards WHERE job_id = ? AND state <> 'done'", job_id)[0][0]
    running = trawl.query("SELECT count(*) FROM executions e JOIN jobs j USING (execution_arn)"
                          " WHERE job_id = ? AND status = 'RUNNING'", job_id)[0][0]
    return bool(listing or running or counts["queued"] or counts["processing"])


def assert_store_is_sound(trawl):
    assert trawl.query("PRAGMA integrity_check") == [("ok",)]


def assert_finished_like(trawl, calm, job_id):
    trawl.assert_invariants(job_id)
    reference = calm.counts(calm.job_ids()[0])
    assert trawl.counts(job_id) == reference


def test_a_running_job_cannot_be_resumed_by_another_process(trawl, fake_s3):
    fake_s3.put("a.txt", b"x\n")
    fake_s3.on_get = lambda request: request.hang()
    process = trawl.popen("scan", "--endpoint", fake_s3.endpoint, "--quiet", fake_s3.uri, env=FAKE_ENV)
    try:
        wait_until(fake_s3.gets, 60, "the object is asked for")
        refused = trawl.scan("--resume", trawl.job_ids()[0], env=FAKE_ENV, status=2)
        assert trawl.job_ids()[0] in refused.err or "runs" in refused.err
    finally:
        process.kill()
        process.communicate()


def test_a_finished_job_can_be_resumed_and_only_its_report_is_printed_again(trawl, folder):
    first = trawl.scan(folder, status=1).json()
    again = trawl.scan("--resume", trawl.job_ids()[0], status=1).json()
    assert again["findings"] == first["findings"]


def test_two_processes_scan_into_one_store_at_once(trawl, folder, tmp_path):
    processes = [trawl.popen("scan", "--quiet", "--format", "json", folder) for _ in range(2)]
    for process in processes:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 1, err.decode()
    jobs = trawl.job_ids()
    assert len(jobs) == 2
    for job_id in jobs:
        assert_equals_undisturbed(tmp_path / job_id, trawl, folder, job_id)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MiB, if this user may mount one."""
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(mount)], check=False,
                          stderr=subprocess.PIPE)
    if done.returncode:
        pytest.skip("mounting a small file system takes root; the next test limits the size of files instead")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def test_a_full_disk_is_said_and_the_job_goes_on_when_there_is_room(trawl, folder, small_disk, tmp_path):
    """Filled up with a file that leaves the store 1.2 MiB; taking that file away makes room."""
    trawl.store = small_disk / "trawl.db"
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (2800 << 10))
    result = trawl.scan(folder, status=2)
    assert "space" in result.err or "full" in result.err, result.err
    assert_store_is_sound(trawl)
    job_id = trawl.job_ids()[0]
    assert f"--resume {job_id}" in result.err
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    trawl.scan("--resume", job_id, status=1)
    assert_equals_undisturbed(tmp_path, trawl, folder, job_id)


def test_files_that_may_not_grow_are_said_and_the_job_goes_on_later(trawl, folder, tmp_path):
    """The same without root: the process may not write files over 300 KiB (SIGXFSZ is ignored, so writes fail)."""
    limit = 300 << 10

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    trawl.scan(folder / "0", status=1)
    before = trawl.job_ids()
    result = trawl.run("scan", "--quiet", folder, status=2, preexec_fn=limited)
    assert result.err.strip(), "an error is said"
    assert_store_is_sound(trawl)
    job_id = [each for each in trawl.job_ids() if each not in before]
    if job_id:  # it came as far as a job
        trawl.scan("--resume", job_id[0], status=1)
        assert_equals_undisturbed(tmp_path, trawl, folder, job_id[0])


def test_a_store_that_is_no_database_is_refused_and_left_alone(trawl, folder):
    trawl.store.write_bytes(b"this is a letter, not a database" * 100)
    result = trawl.scan(folder, status=2)
    assert str(trawl.store) in result.err
    assert trawl.store.read_bytes() == b"this is a letter, not a database" * 100


def test_a_store_in_a_folder_that_is_not_writable_is_refused(trawl, folder):
    result = trawl.scan(folder, status=2, store="/proc/trawl.db")
    assert "/proc/trawl.db" in result.err


def test_a_fingerprint_key_that_others_may_read_is_refused(trawl, folder):
    trawl.scan(folder, status=1)
    key = trawl.store.with_name(trawl.store.name + ".key")
    assert key.stat().st_mode & 0o777 == 0o600
    os.chmod(key, 0o644)
    assert str(key) in trawl.scan(folder, status=2).err


def test_a_store_filled_under_another_fingerprint_key_is_refused(trawl, folder):
    trawl.scan(folder, status=1)
    trawl.store.with_name(trawl.store.name + ".key").unlink()
    assert "key" in trawl.scan(folder, status=2).err


@pytest.fixture(scope="session")
def calm(tmp_path_factory):
    """What small jobs give when nobody disturbs them."""
    return campaign.Calm(tmp_path_factory.mktemp("calm"), lambda: Bucket(objects=200, noise_each=8))


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_fleet_killed_five_times_at_random_ends_like_one_that_was_not(engine, calm, tmp_path):
    """`make test-faults` does it fifty times, with longer jobs. FAULTS_SEED repeats a run."""
    killed = campaign.run(tmp_path, engine, 5, calm, scripts=("scan", "cancel", "retry_failed"),
                          kinds=campaign.QUICK_KILLS[engine])
    assert sum(killed.values()) == 5


def test_the_database_is_away_for_five_seconds_and_everything_goes_on(calm, tmp_path):
    """`make test-faults` takes it away for a minute."""
    absences.take_database_away(tmp_path, 5, calm)

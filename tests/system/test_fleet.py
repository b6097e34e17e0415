"""Workers on one PostgreSQL: shared out, woken, killed, stopped, cut off; and an object that kills its reader."""
import contextlib
import pathlib
import random
import re
import shutil
import signal
import subprocess
import threading
import time

import psycopg2
import pytest

from ceph import wait_until
from conftest import FAKE_ENV, ROOT, Server, Trawl, email
from postgres import Postgres

LEASE = "1s"


class Worker:
    """`trawl worker`, with what it wrote to standard error."""

    def __init__(self, trawl, *args, env=None):
        self.process = trawl.popen("worker", "--log-level", "info", *args, env={**FAKE_ENV, **(env or {})},
                                   stdout=subprocess.DEVNULL)
        self.err = ""
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.err += line.decode(errors="replace")
            if "ready" in self.err:
                self._ready.set()
        self._ready.set()

    def wait_ready(self):
        assert self._ready.wait(60) and "ready" in self.err, self.err
        return self

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._reader.join(10)
        assert "Sanitizer" not in self.err and "runtime error" not in self.err, self.err
        return self.process.returncode


class Fleet:
    """One store, one bucket, a server that lists, and any number of workers, all with one key of fingerprints."""

    def __init__(self, trawl, bucket):
        self.trawl, self.bucket, self.workers = trawl, bucket, []
        self.key = trawl.folder / "fleet.key"
        self.server = None

    def serve(self, *args, env=None):
        self.server = Server(self.trawl, "--no-scan", "--endpoint", self.bucket.endpoint, "--fingerprint-key-file",
                             self.key, "--lease", LEASE, *args, env={**FAKE_ENV, **(env or {})})
        return self.server

    def worker(self, *args, env=None, lease=LEASE):
        worker = Worker(self.trawl, "--fingerprint-key-file", self.key, "--lease", lease, *args, env=env)
        self.workers.append(worker)
        return worker

    def start_job(self):
        return self.server.start_job(bucket="fake")["job_id"]

    def settled(self, job_id):
        counts = self.trawl.counts(job_id)
        return counts["total"] and counts["succeeded"] + counts["failed"] + counts["skipped"] == counts["total"]

    def wait_settled(self, job_id, seconds=60):
        wait_until(lambda: self.settled(job_id), seconds, f"job {job_id} is settled")
        return self.server.wait_job(job_id, seconds)

    def stop(self):
        ends = [worker.stop() for worker in self.workers]
        if self.server is not None:
            self.server.stop()
        return ends


@pytest.fixture
def fleet(tmp_path, postgres_store, fake_s3):
    fleet = Fleet(Trawl(tmp_path, postgres_store), fake_s3)
    yield fleet
    fleet.stop()


@pytest.fixture
def sqlite_fleet(tmp_path, fake_s3):
    fleet = Fleet(Trawl(tmp_path), fake_s3)
    yield fleet
    fleet.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def any_fleet(request, tmp_path, fake_s3):
    fleet = Fleet(
        Trawl(tmp_path, request.getfixturevalue("postgres_store") if request.param == "postgres" else None), fake_s3)
    yield fleet
    fleet.stop()


@pytest.fixture(scope="session")
def crash(tmp_path_factory):
    """LD_PRELOAD for objects that kill whoever scans them."""
    library = tmp_path_factory.mktemp("crash") / "crash_preload.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, ROOT / "tests/support/crash_preload.c"],
                   check=True)
    return {"LD_PRELOAD": str(library)}


def fill(bucket, count):
    """Every third object holds one address."""
    for number in range(count):
        text = f"to: {email(number)}\n" if number % 3 == 0 else "nothing\n"
        bucket.put(f"key-{number:05d}", text.encode())
    return (count + 2) // 3


def test_pages_are_shared_and_every_object_is_scanned_once(fleet):
    findings = fill(fleet.bucket, 3000)
    fleet.serve()
    workers = [fleet.worker() for _ in range(3)]
    for worker in workers:
        worker.wait_ready()
    job_id = fleet.start_job()
    job = fleet.wait_settled(job_id)
    assert (job["status"], job["succeeded"], job["total_findings"]) == ("completed", 3000, findings)
    fleet.trawl.assert_invariants(job_id)
    assert fleet.stop() == [0, 0, 0]
    assert sum(worker.err.count("page.done") for worker in workers) == len(fleet.trawl.query("SELECT 1 FROM object_pages"))


def test_a_worker_that_is_stopped_gives_its_page_back_at_once(fleet):
    fill(fleet.bucket, 40)
    fleet.bucket.on_get = lambda request: (time.sleep(0.3), request.serve())
    fleet.serve()
    worker = fleet.worker("--concurrency", "1", lease="60s").wait_ready()
    job_id = fleet.start_job()
    wait_until(lambda: fleet.trawl.counts(job_id)["processing"], 20, "a page is being scanned")
    worker.send(signal.SIGTERM)
    assert worker.process.wait(20) == 0
    assert fleet.trawl.counts(job_id)["processing"] == 0
    assert fleet.trawl.query("SELECT max(attempt), count(lease_owner) FROM page_states") == [(0, 0)]
    fleet.bucket.on_get = None
    fleet.worker()
    assert fleet.wait_settled(job_id)["succeeded"] == 40
    fleet.trawl.assert_invariants(job_id)


def test_a_killed_workers_page_is_taken_over_and_counted_once(any_fleet):
    fleet = any_fleet
    findings = fill(fleet.bucket, 200)
    fleet.serve()
    slow = threading.Event()
    fleet.bucket.on_get = lambda request: (slow.wait(0.05), request.serve())
    job_id = fleet.start_job()
    for _ in range(3):
        worker = fleet.worker().wait_ready()
        wait_until(lambda: fleet.trawl.counts(job_id)["processing"], 20, "a page is being scanned")
        worker.kill()
    slow.set()
    fleet.worker()
    job = fleet.wait_settled(job_id)
    assert (job["succeeded"], job["failed"], job["total_findings"]) == (200, 0, findings)
    fleet.trawl.assert_invariants(job_id)


def test_a_worker_that_wakes_up_after_its_lease_is_refused(fleet):
    findings = fill(fleet.bucket, 20)
    fleet.serve()
    held = threading.Event()
    fleet.bucket.on_get = lambda request: (held.wait(0.2), request.serve())
    stale = fleet.worker("--concurrency", "2").wait_ready()
    job_id = fleet.start_job()
    wait_until(lambda: fleet.trawl.counts(job_id)["processing"], 20, "a page is being scanned")
    stale.send(signal.SIGSTOP)
    held.set()
    fleet.worker()
    fleet.wait_settled(job_id)
    before = fleet.trawl.stored_findings(job_id)
    stale.send(signal.SIGCONT)
    wait_until(lambda: "page.lost" in stale.err, 20, "the stale worker is refused")
    assert "page.done" not in stale.err
    assert fleet.trawl.counts(job_id)["findings"] == findings
    assert fleet.trawl.stored_findings(job_id) == before
    fleet.trawl.assert_invariants(job_id)


def test_another_key_of_fingerprints_is_refused(fleet, tmp_path):
    fleet.serve()
    other = tmp_path / "other.key"
    other.write_text("0123456789abcdef" * 4 + "\n")
    other.chmod(0o600)
    result = fleet.trawl.run("worker", "--fingerprint-key-file", other, status=2, timeout=30)
    assert "fingerprint key" in result.err and "expected that one" in result.err


def test_work_is_picked_up_without_waiting_for_a_poll(fleet):
    fleet.serve()
    workers = [fleet.worker(lease="60s").wait_ready() for _ in range(3)]
    time.sleep(3)  # long enough for their waits to have grown
    delays = []
    for number in range(3):
        fleet.bucket.put(f"key-{number}", b"nothing")
        arrived = threading.Event()
        fleet.bucket.on_get = lambda request, arrived=arrived: (arrived.set(), request.serve())
        start = time.monotonic()
        job_id = fleet.start_job()
        assert arrived.wait(10)
        delays.append(time.monotonic() - start)
        fleet.wait_settled(job_id)
        time.sleep(1)
    assert min(delays) < 0.5, delays
    assert len(workers) == 3


def test_one_page_wakes_few(fleet, postgres):
    """Eight idle workers hear of every page; those that come too late only look, once or twice."""
    fleet.bucket.put("key", b"nothing")
    with logged_statements(postgres, fleet, rb"pages_waiting|page_find\w+|page_claim") as count:
        fleet.serve()
        for _ in range(8):
            fleet.worker("--threads", "1", lease="60s")
        for worker in fleet.workers:
            worker.wait_ready()
        time.sleep(6)
        before = count()
        fleet.wait_settled(fleet.start_job())
        time.sleep(0.3)
        asked = count() - before
    assert 3 <= asked <= 8 * 4


@contextlib.contextmanager
def logged_statements(postgres, fleet, names=rb"[^:]*"):
    """Counts the statements that reach the fleet's database, from the server's own log."""
    name = fleet.trawl.server.rsplit("/", 1)[1]
    postgres.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
    log = pathlib.Path(postgres.folder / "server.log")

    def count():
        return len(re.findall(rb"LOG:  (?:execute (?:" + names + rb")|" + (b"statement" if names == rb"[^:]*" else b"-") + rb"):", log.read_bytes()))
    yield count


def test_an_idle_fleet_asks_less_than_once_a_second(fleet, postgres):
    with logged_statements(postgres, fleet) as count:
        workers = [fleet.worker(lease="60s").wait_ready() for _ in range(3)]
        time.sleep(5)  # until it is known that notifications arrive, and waits have grown
        before, seconds = count(), 6
        time.sleep(seconds)
        asked = count() - before
    assert before > 0, "statements are not logged"
    assert asked / seconds / len(workers) < 1, f"{asked} statements in {seconds} s by {len(workers)} workers"


def test_a_guilty_object_is_found_and_the_others_are_scanned(any_fleet, crash):
    fleet = any_fleet
    findings = fill(fleet.bucket, 40)
    fleet.bucket.put("key-00007", b"an object-that-crashes-its-reader")
    fleet.bucket.put("key-00011", b"an object-that-aborts-its-reader")
    fleet.serve()
    job_id = fleet.start_job()
    end = time.monotonic() + 60
    while not fleet.settled(job_id) and time.monotonic() < end:
        worker = fleet.worker("--lease", "500ms", env=crash)
        while worker.process.poll() is None and not fleet.settled(job_id) and time.monotonic() < end:
            time.sleep(0.05)
    job = fleet.wait_settled(job_id, 10)
    rows = fleet.trawl.query("SELECT key, status, error_code FROM object_exceptions ORDER BY key")
    assert rows == [("key-00007", "failed", "poison"), ("key-00011", "failed", "poison")]
    assert (job["succeeded"], job["failed"], job["total_findings"]) == (38, 2, findings)
    fleet.trawl.assert_invariants(job_id)
    crashed = [worker for worker in fleet.workers if worker.process.poll() not in (None, 0)]
    assert len(crashed) == 3, "three workers die of it, no more"


def test_kills_from_outside_condemn_no_innocent_object(any_fleet, crash):
    fleet = any_fleet
    findings = fill(fleet.bucket, 20)
    fleet.bucket.put("key-00007", b"an object-that-takes-its-time")
    fleet.serve()
    job_id = fleet.start_job()
    dice = random.Random(7)
    for _ in range(3):  # three abandonments: from then on the page is scanned in isolation
        worker = fleet.worker("--lease", "300ms", env=crash).wait_ready()
        wait_until(lambda: fleet.trawl.counts(job_id)["processing"], 20, "a page is being scanned")
        worker.kill()
    for _ in range(8):
        worker = fleet.worker("--lease", "300ms", env=crash).wait_ready()
        time.sleep(dice.uniform(0.05, 0.6))
        worker.kill()
    fleet.worker("--lease", "300ms", env=crash)
    job = fleet.wait_settled(job_id)
    assert (job["succeeded"], job["failed"], job["total_findings"]) == (20, 0, findings)
    fleet.trawl.assert_invariants(job_id)


def test_the_database_goes_away_and_comes_back(fleet, tmp_path):
    own = Postgres()  # others may be using the shared one
    own.start()
    try:
        own.execute("CREATE DATABASE store")
        fleet.trawl.server = own.uri("store")
        findings = fill(fleet.bucket, 400)
        fleet.bucket.on_get = lambda request: (time.sleep(0.01), request.serve())
        server = fleet.serve()
        workers = [fleet.worker(lease="5s").wait_ready() for _ in range(2)]
        job_id = fleet.start_job()
        wait_until(lambda: fleet.trawl.counts(job_id)["succeeded"], 30, "some objects are done")
        own.stop_at_once()
        assert server.get(f"/jobs/{job_id}?real_time=true").status_code == 503
        time.sleep(2)
        assert all(worker.process.poll() is None for worker in workers)
        own.start_again()
        job = fleet.wait_settled(job_id)
        assert (job["succeeded"], job["failed"], job["total_findings"]) == (400, 0, findings)
        fleet.trawl.assert_invariants(job_id)
    finally:
        fleet.stop()
        own.stop()


def test_terminated_backends_cost_nothing(fleet, postgres):
    findings = fill(fleet.bucket, 1000)
    fleet.bucket.on_get = lambda request: (time.sleep(0.002), request.serve())
    fleet.serve()
    for _ in range(2):
        fleet.worker(lease="5s").wait_ready()
    job_id = fleet.start_job()
    name = fleet.trawl.server.rsplit("/", 1)[1]
    end = time.monotonic() + 60
    while not fleet.settled(job_id) and time.monotonic() < end:
        with contextlib.suppress(psycopg2.Error):
            postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                           " AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1", (name,))
        time.sleep(0.05)
    job = fleet.wait_settled(job_id)
    assert (job["succeeded"], job["failed"], job["total_findings"]) == (1000, 0, findings)
    fleet.trawl.assert_invariants(job_id)


def test_a_scan_waits_for_a_database_that_is_away(tmp_path, fake_s3):
    own = Postgres()
    own.start()
    try:
        own.execute("CREATE DATABASE store")
        trawl = Trawl(tmp_path, own.uri("store"))
        fill(fake_s3, 300)
        fake_s3.on_get = lambda request: (time.sleep(0.01), request.serve())
        scan = trawl.popen("scan", "--quiet", "--format", "json", "--endpoint", fake_s3.endpoint, fake_s3.uri, env=FAKE_ENV)
        wait_until(lambda: len(fake_s3.log) > 20, 30, "objects are being read")
        own.stop_at_once()
        time.sleep(1.5)
        own.start_again()
        out, err = scan.communicate(timeout=60)
        assert scan.returncode == 1, err.decode()
        assert trawl.counts(trawl.job_ids()[0])["succeeded"] == 300
        trawl.assert_invariants(trawl.job_ids()[0])
    finally:
        own.stop()


def test_jobs_of_other_rules_are_left_alone_until_nobody_works_on_them(fleet, tmp_path):
    fill(fleet.bucket, 10)
    fleet.serve()
    job_id = fleet.start_job()
    wait_until(lambda: fleet.trawl.counts(job_id)["queued"] == 10, 20, "the job is listed")
    rules = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", rules)
    next(rules.glob("*.yaml")).open("a").write("\n# another text, another rule set\n")
    other = fleet.worker("--no-default-rules", "--rules", rules).wait_ready()
    wait_until(lambda: "job.other_rules" in other.err, 20, "the worker says that it leaves the job alone")
    assert fleet.trawl.counts(job_id)["queued"] == 10
    fleet.trawl.execute("UPDATE job_counters SET updated_at = updated_at - 60000")
    assert fleet.wait_settled(job_id)["succeeded"] == 10
    assert "jobs.rules_changed" in other.err + fleet.server.err

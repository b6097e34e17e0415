"""What every system test stands on: the built program in a clean environment, stores to look into, servers to scan."""
import contextlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import types

import psycopg2
import pytest
import requests

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from ceph import Radosgw, wait_until  # noqa: E402
from fake_s3 import FakeS3  # noqa: E402
from postgres import Postgres  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TRAWL", ROOT / "build" / "trawl")).resolve()
STORE_COMMANDS = ("scan", "serve", "jobs", "findings", "verify", "executions", "migrate", "refresh", "prune", "worker")
IS_SANITIZED = "asan" in PROGRAM.parent.name

# boto3 reads these in the test process too: nobody's own credentials or proxies take part.
for _name in [name for name in os.environ if name.startswith(("AWS_", "TRAWL_")) and name != "TRAWL"]:
    if not _name.startswith("TRAWL_TEST_"):
        del os.environ[_name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.environ["AWS_CONFIG_FILE"] = os.devnull


def pytest_collection_modifyitems(items):
    """All tests of one server run in one worker, so that one server is enough."""
    for item in items:
        if "radosgw" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("radosgw"))


class Result(types.SimpleNamespace):
    """status, out, err (text) of a finished command."""

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


class Trawl:
    """Runs the program with a home, a store and an environment of its own. server: the URI of a PostgreSQL database to be
    the store, instead of an SQLite file."""

    def __init__(self, folder, server=None):
        self.folder, self.server = pathlib.Path(folder), server
        self.home = self.folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.store = self.folder / "store" / "trawl.db"
        self.store.parent.mkdir(exist_ok=True)
        # Compiled rules are kept by their content, for all tests of a build: compiling them takes seconds.
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LC_ALL": "C.UTF-8",
                    "XDG_CACHE_HOME": str(PROGRAM.parent / "test-cache")}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]

    def store_uri(self, store=None):
        return self.server if self.server and not store else f"sqlite:{store or self.store}"

    def command(self, *args, store=None):
        """The argument vector: the store is added to every command that reads one."""
        args = [str(arg) for arg in args]
        if args and args[0] in STORE_COMMANDS and "--help" not in args:
            args = [args[0], "--store", self.store_uri(store), *args[1:]]
        return [str(PROGRAM), *args]

    def popen(self, *args, env=None, store=None, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(self.command(*args, store=store), env={**self.env, **(env or {})}, **options)

    def run(self, *args, env=None, store=None, status=None, timeout=300, **options):
        """Runs to the end. With status: fails unless it ends so."""
        process = self.popen(*args, env=env, store=store, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            out, err = process.communicate()
            pytest.fail(f"trawl {' '.join(map(str, args))}: no end within {timeout} s\n{err.decode(errors='replace')}")
        result = Result(status=process.returncode, out=out.decode(), err=err.decode(errors="replace"))
        assert "Sanitizer" not in result.err and "runtime error" not in result.err, result.err
        if status is not None:
            assert result.status == status, f"status {result.status}, expected {status}\n{result.err}\n{result.out[:2000]}"
        return result

    def scan(self, *args, env=None, status=None, **options):
        """A scan without progress, whose report is JSON."""
        return self.run("scan", "--quiet", "--format", "json", *args, env=env, status=status, **options)

    def query(self, sql, *values):
        """Rows of the store, read while others may write."""
        if self.server:
            with contextlib.closing(psycopg2.connect(self.server)) as db, db.cursor() as cursor:
                cursor.execute(sql.replace("%", "%%").replace("?", "%s"), values)
                return cursor.fetchall()
        with contextlib.closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=30)) as db:
            return db.execute(sql, values).fetchall()

    def execute(self, sql, *values):
        """Changes the store behind the program's back: what would take days, or what only others do."""
        if self.server:
            with contextlib.closing(psycopg2.connect(self.server)) as db, db, db.cursor() as cursor:
                cursor.execute(sql.replace("%", "%%").replace("?", "%s"), values)
            return
        with contextlib.closing(sqlite3.connect(self.store, timeout=30)) as db, db:
            db.execute(sql, values)

    def job_ids(self):
        return [row[0] for row in self.query("SELECT job_id FROM jobs ORDER BY created_at, job_id")]

    def assert_invariants(self, job_id):
        """What must hold whatever died: computed here from the tables, and asked of `trawl verify` as well."""
        total, queued, processing, succeeded, failed, skipped, findings, done = self.query(
            "SELECT sum(total), sum(queued), sum(processing), sum(succeeded), sum(failed), sum(skipped), sum(findings),"
            " sum(bytes_done) FROM job_counters WHERE job_id = ?", job_id)[0]
        assert queued + processing + succeeded + failed + skipped == total
        pages = self.query(
            "SELECT coalesce(sum(p.object_count), 0), coalesce(sum(s.succeeded), 0), coalesce(sum(s.failed), 0),"
            " coalesce(sum(s.skipped), 0), coalesce(sum(s.findings), 0), coalesce(sum(s.bytes_done), 0),"
            " coalesce(sum(s.pending), 0)"
            " FROM object_pages p JOIN page_states s USING (job_id, shard, page_no) WHERE job_id = ?", job_id)[0]
        assert pages == (total, succeeded, failed, skipped, findings, done, queued + processing)
        assert self.query("SELECT count(*) FROM findings WHERE job_id = ?", job_id)[0][0] == findings
        assert self.query("SELECT count(*) FROM findings f JOIN page_states s USING (job_id, shard, page_no)"
                          " WHERE job_id = ? AND s.state <> 'done'", job_id)[0][0] == 0
        each = "unnest(p.keys) AS k (value)" if self.server else "json_each(p.keys) k"
        keys, distinct = self.query(
            f"SELECT count(*), count(DISTINCT p.key_prefix || k.value) FROM object_pages p, {each} WHERE job_id = ?", job_id)[0]
        assert keys == distinct == total
        self.run("verify", job_id, status=0)

    def counts(self, job_id):
        names = ("total", "queued", "processing", "succeeded", "failed", "skipped", "bytes_total", "bytes_done", "findings")
        row = self.query(f"SELECT {', '.join(f'sum({name})' for name in names)} FROM job_counters WHERE job_id = ?", job_id)
        return dict(zip(names, row[0]))

    def stored_findings(self, job_id):
        """Everything of a job's findings that does not depend on when and in which order they were written."""
        return sorted(self.query(
            "SELECT key, detector, category, severity, tier, count, masked, fingerprint, truncated, locations, compliance"
            " FROM findings WHERE job_id = ?", job_id))

    def stored_suppressions(self, job_id):
        return sorted(self.query(
            "SELECT key, detector, reason, count, locations FROM suppressions WHERE job_id = ?", job_id))


def luhn(body):
    """The digits with their check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(int(char) for char in reversed(body)):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return body + str(-total % 10)


def card(number):
    """A card number with a right check digit, of a range that no published test number is in."""
    return luhn(f"453987{number:09d}")


def email(number):
    return f"person{number:05d}@northwind-mail.net"


def aws_env(server, token=None):
    """The environment that gives trawl the credentials of a server (or of a boto3 answer to AssumeRole)."""
    if token is not None:
        return {"AWS_ACCESS_KEY_ID": token["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": token["SecretAccessKey"],
                "AWS_SESSION_TOKEN": token["SessionToken"]}
    return {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}


FAKE_ENV = {"AWS_ACCESS_KEY_ID": "EXAMPLE0ACCESS0KEY00", "AWS_SECRET_ACCESS_KEY": "example/secret" + "0" * 26}


@pytest.fixture
def trawl(tmp_path):
    return Trawl(tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def any_trawl(request, tmp_path):
    """For tests that hold on both engines."""
    return Trawl(tmp_path, request.getfixturevalue("postgres_store") if request.param == "postgres" else None)


@pytest.fixture(scope="session")
def radosgw(tmp_path_factory):
    server = Radosgw(tmp_path_factory.mktemp("ceph"))
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def fake_s3():
    with FakeS3() as server:
        yield server


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server; one a test worker."""
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def postgres_store(postgres):
    """The URI of a new, empty database, for --store or TRAWL_STORE; it goes with the test."""
    with postgres.database() as uri:
        yield uri


class Server:
    """`trawl serve` on a port of its own choice: url, process, and what it wrote to standard error."""

    def __init__(self, trawl, *args, env=None, listen="127.0.0.1:0"):
        self.process = trawl.popen("serve", "--listen", listen, *args, env=env, stdout=subprocess.DEVNULL)
        self.err = ""
        self._listens = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._listens.wait(120), "trawl serve does not say where it listens"
        found = re.search(r"listening on http://(\S+):(\d+)", self.err)
        assert found, self.err
        self.url = f"http://127.0.0.1:{found.group(2)}"

    def _read(self):
        for line in self.process.stderr:
            self.err += line.decode(errors="replace")
            if "listening on" in self.err:
                self._listens.set()
        self._listens.set()

    def request(self, method, path, **options):
        return requests.request(method, self.url + path, timeout=60, **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def start_job(self, **body):
        answer = self.request("POST", "/scan", json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.json()

    def wait_job(self, job_id, seconds=120):
        """The job's status when it is over."""
        def over():
            job = self.get(f"/jobs/{job_id}?real_time=true").json()
            return job if job["status"] not in ("listing", "processing") else None
        return wait_until(over, seconds, f"job {job_id} is over")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(10)
        assert "Sanitizer" not in self.err and "runtime error" not in self.err, self.err
        return self.process.returncode


@pytest.fixture
def serve(trawl):
    """Starts servers; they end with the test, and must end well."""
    servers = []

    def start(*args, **options):
        servers.append(Server(trawl, *args, **options))
        return servers[-1]
    yield start
    statuses = [server.stop() for server in servers]
    assert all(status == 0 for status in statuses), statuses


@pytest.fixture
def server(serve):
    """A server on SQLite. A suite that wants another one has a fixture of this name itself."""
    return serve()


@pytest.fixture
def any_server(any_trawl):
    """A server on either engine."""
    started = Server(any_trawl)
    yield started
    assert started.stop() == 0

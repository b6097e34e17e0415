"""An installation to be broken: a store, a misbehaving bucket, a server and workers, each of which comes back when killed.

Everything ends by its own pid, and with the context manager."""
import contextlib
import io
import pathlib
import random
import re
import signal
import subprocess
import threading
import time
import zipfile

import psycopg2
import requests

from conftest import FAKE_ENV, Trawl, card, email
from fake_s3 import FakeS3
from postgres import Postgres

LEASE = "2s"
LEASE_SECONDS = 2
ANSWER_SECONDS = 20   # of an HTTP request; longer is a hang
PATIENCE_SECONDS = 90  # until what was broken works again, on a slow machine

FORBIDDEN, MISSING, BROKEN, DECLINED, ARCHIVE = (
    "000500.forbidden", "000700.missing", "000900.zip", "001100.zip", "001300.zip")


def wait_until(what, seconds, told, every=0.05):
    """The first answer of what() that is true."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, f"not within {seconds} s: {told() if callable(told) else told}"
        time.sleep(every)


def archive():
    """A ZIP with two members that hold something."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("one.txt", f"mail {email(70001)}\n")
        out.writestr("two/three.csv", f"card,mail\n{card(70002)},{email(70003)}\n")
    return file.getvalue()


SAMPLE = "card 4111 1111 1111 1111\n"  # printed by its network for tests: found, and not reported


class Bucket(FakeS3):
    """Many keys, of which filters leave most out, so that listing takes long; text, archives, and objects that fail or
    that nobody understands. slowness: seconds for each object, for each listing."""

    def __init__(self, objects=900, noise_each=20, slowness=(0.004, 0.02)):
        super().__init__()
        self.slowness, self.is_mended, self.is_expired = slowness, False, False
        self.dice = random.Random(1)
        for number in range(objects):
            key = f"{number * noise_each:06d}.txt"
            self.put(key, f"mail {email(number)}\ncard {card(number)}\n{SAMPLE}".encode() if number % 3 == 0 else b"nothing\n" * 9)
            for other in range(1, noise_each):
                self.objects[f"{number * noise_each + other:06d}.noise"] = b"x"
        for key, body in {FORBIDDEN: f"mail {email(80001)}\n".encode(), MISSING: b"x\n", ARCHIVE: archive(),
                          BROKEN: b"PK\x03\x04 this is no zip", DECLINED: archive() + archive()}.items():
            self.put(key, body)
        self.on_get, self.on_list = self._get, self._list
        self.http.handle_error = lambda *_: None  # clients that are killed in the middle are nothing to tell of

    def _rest(self, seconds):
        time.sleep(self.dice.uniform(0, 2 * seconds))

    def _get(self, request):
        self._rest(self.slowness[0])
        if self.is_expired:  # nobody's fault but the caller's: its pages wait
            request.error(403, "ExpiredToken")
        elif request.key == FORBIDDEN and not self.is_mended:
            request.error(403, "AccessDenied")
        elif request.key == MISSING:
            request.error(404, "NoSuchKey")
        else:
            request.serve()

    def _list(self, request):
        self._rest(self.slowness[1])
        request.serve()


class Process:
    """A server or a worker, and what it wrote to standard error."""

    def __init__(self, name, command, env, ready):
        self.name = name
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.err, self._ready, self._pattern = "", threading.Event(), re.compile(ready)
        self.found = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.err += line.decode(errors="replace")
            if self.found is None:
                self.found = self._pattern.search(self.err)
                if self.found:
                    self._ready.set()
        self._ready.set()

    def wait_ready(self, seconds=PATIENCE_SECONDS):
        """Whether it came to be ready, and did not end before."""
        assert self._ready.wait(seconds), f"{self.name}: not ready within {seconds} s\n{self.err[-2000:]}"
        return self.found

    def is_running(self):
        return self.process.poll() is None

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self._reader.join(10)

    def stop(self, seconds=60):
        """SIGTERM; how it ended."""
        if self.is_running():
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.name}: does not end within {seconds} s of SIGTERM\n{self.err[-3000:]}") from None
        self._reader.join(10)
        assert "Sanitizer" not in self.err and "runtime error" not in self.err, self.err
        return self.process.returncode


class Installation:
    """with Installation(folder, "postgres") as it: a store of its own, a bucket, and, after start(), processes."""

    def __init__(self, folder, engine, *, bucket=None, workers=2, key=None, serve=(), supervised=True):
        """serve: further arguments of the server. supervised: a PostgreSQL that was killed comes back by itself."""
        self.engine, self.bucket, self.workers, self.serve = engine, bucket or Bucket(), workers, serve
        self.supervised = supervised
        self.folder, self.key = pathlib.Path(folder), key or pathlib.Path(folder) / "fleet.key"
        self.postgres = self.trawl = None
        self.running, self.logs = {}, []
        self.starter = []  # what the next command line starts with

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.bucket = stack.enter_context(self.bucket)
            if self.engine == "postgres":
                self.postgres = self.make_postgres()
                stack.callback(self.postgres.stop)
                self.start_postgres()
                self.postgres.execute("CREATE DATABASE store")
                if self.supervised:
                    self.postgres.supervise()
            self.trawl = Trawl(self.folder, self.postgres.uri("store") if self.postgres else None)
            stack.callback(self._kill_all)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def make_postgres(self):
        """A commit that was answered is there after a kill, which trawl relies on."""
        return Postgres({"synchronous_commit": "on"})

    def start_postgres(self):
        self.postgres.start()

    def _kill_all(self):
        for process in self.running.values():
            process.kill()

    # ---- processes

    def arguments(self, name):
        args = [name.split("-")[0], "--fingerprint-key-file", self.key, "--lease", LEASE, "--endpoint", self.bucket.endpoint,
                "--concurrency", "8", "--threads", "1", "--log-level", "info"]
        return [*args, "--listen", "127.0.0.1:0", *self.serve] if name.startswith("serve") else args

    def launch(self, name):
        if name in self.running:
            self.logs.append((name, self.running[name].err))
        ready = r"listening on http://\S+:(\d+)" if name.startswith("serve") else r"trawl worker: ready"
        command = [*self.starter, *self.trawl.command(*self.arguments(name))]
        self.running[name] = Process(name, command, {**self.trawl.env, **FAKE_ENV}, ready)
        return self.running[name]

    def start(self):
        self.launch("serve").wait_ready()
        for number in range(self.workers):
            self.launch(f"worker-{number}")
        for process in self.running.values():
            assert process.wait_ready(), process.err
        return self

    def heal(self):
        """Starts what has ended: whoever gave up because the store was away at its start."""
        for name, process in list(self.running.items()):
            if not process.is_running():
                self.launch(name)

    def stop(self):
        """Ends all processes as an operator would; how they ended."""
        return {name: process.stop() for name, process in self.running.items()}

    def said(self, pattern):
        return [line for _, err in [*self.logs, *((name, each.err) for name, each in self.running.items())]
                for line in err.splitlines() if re.search(pattern, line)]

    # ---- HTTP

    def ask(self, method, path, **options):
        """One request: (status, body), or None if nobody answers. Neither a hang nor an internal error is borne."""
        serve = self.running["serve"]
        if not serve.wait_ready() or not serve.is_running():
            return None
        try:
            answer = requests.request(method, f"http://127.0.0.1:{serve.found.group(1)}{path}", timeout=ANSWER_SECONDS, **options)
        except requests.exceptions.ReadTimeout:
            if serve.is_running() and not is_stopped(serve.process.pid):
                raise AssertionError(f"{method} {path}: no answer within {ANSWER_SECONDS} s\n{serve.err[-3000:]}") from None
            return None
        except requests.exceptions.RequestException:
            return None
        assert answer.status_code not in (500, 400, 404), f"{method} {path}: {answer.status_code} {answer.text}\n{serve.err[-3000:]}"
        return None if answer.status_code == 503 else (answer.status_code, answer.json())

    def insist(self, method, path, **options):
        """Asks until there is an answer that is not 503; how often that took, and the answer."""
        asked = 0

        def once():
            nonlocal asked
            asked += 1
            return self.ask(method, path, **options)
        status, body = wait_until(once, PATIENCE_SECONDS, lambda: f"an answer to {method} {path}\n{self.tails()}")
        return asked, status, body

    def tails(self):
        return "\n".join(f"-- {name}\n{process.err[-1500:]}" for name, process in self.running.items())

    # ---- the store

    def query(self, sql, *values):
        """As Trawl.query, but a store that is away is waited for."""
        def once():
            try:
                return [self.trawl.query(sql, *values)]
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                return None
        return wait_until(once, PATIENCE_SECONDS, "the store answers")[0]

    def verify(self, job_id):
        """`trawl verify` while everything goes on; a store that is away is waited for."""
        def once():
            result = self.trawl.run("verify", job_id, timeout=PATIENCE_SECONDS)
            assert result.status != 1, f"{result.out}\n{result.err}"
            return result.status == 0
        wait_until(once, PATIENCE_SECONDS, "verify can look")

    def backends(self):
        try:
            return [row[0] for row in self.postgres.query(
                "SELECT pid FROM pg_stat_activity WHERE datname = 'store' AND pid <> pg_backend_pid()")]
        except psycopg2.Error:
            return []


def is_stopped(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    except OSError:
        return False

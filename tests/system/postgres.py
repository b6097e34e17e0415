"""A real PostgreSQL of one's own: in a temporary folder, on a free loopback port, as a user that is not root."""
import contextlib
import glob
import itertools
import os
import pathlib
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time

import psycopg2

SETTINGS = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB",
    "max_connections": "100", "listen_addresses": "127.0.0.1", "log_min_messages": "warning", "jit": "off",
    "autovacuum_naptime": "5min", "max_wal_size": "256MB", "restart_after_crash": "on",
}


def binaries():
    """The folder of initdb and postgres; None where PostgreSQL is not installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda path: int(path.split("/")[4]))
    return pathlib.Path(found[-1]).parent if found else None


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def as_server_user():
    """What a command line starts with, so that the server does not run as root, and dies with its parent."""
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig", "QUIT", "--"]
    start = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", "--pdeathsig", "QUIT"]
    if not os.stat("/etc/passwd").st_mode & stat.S_IROTH:  # some containers hide it, and initdb wants to read it
        start += ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
    return [*start, "--"]


class Postgres:
    """start(), uri(), stop(). While supervised, a server that was killed is started again in the same place."""

    def __init__(self, settings=None):
        self.bin = binaries()
        if self.bin is None:
            raise RuntimeError("PostgreSQL is not installed: expected /usr/lib/postgresql/*/bin/postgres")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trawl-postgres-"))
        self.data, self.port, self.process = self.folder / "data", free_port(), None
        self.settings = {**SETTINGS, "unix_socket_directories": str(self.folder), **(settings or {})}
        self.pooler, self.pooler_port = None, None
        self._databases = itertools.count(1)
        self._stopping = threading.Event()
        self._supervisor = None
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)

    def uri(self, database="postgres", user="trawl"):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements, database="postgres"):
        """Each in a transaction of its own, as CREATE DATABASE wants it."""
        with contextlib.closing(psycopg2.connect(self.uri(database))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def query(self, sql, values=(), database="postgres"):
        with contextlib.closing(psycopg2.connect(self.uri(database))) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()

    @contextlib.contextmanager
    def database(self):
        """The URI of a new database; dropped at the end, whoever is still connected."""
        name = f"store_{os.getpid()}_{next(self._databases)}"
        self.execute(f"CREATE DATABASE {name}")
        try:
            yield self.uri(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def environment(self):
        """Nobody's own PG* settings take part, and files of root are not in the way."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**clean, "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}

    def start(self):
        made = subprocess.run([*as_server_user(), str(self.bin / "initdb"), "--no-sync", "--auth=trust",
                               "--username=trawl", "--encoding=UTF8", "--locale=C.UTF-8", "-D", str(self.data)],
                              cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False)
        if made.returncode != 0:
            self._remove()
            raise RuntimeError(f"initdb: {made.stderr}")
        hba = self.data / "pg_hba.conf"
        hba.write_text("host all locked 127.0.0.1/32 scram-sha-256\n" + hba.read_text())  # one that needs a password
        self._launch()
        return self

    def _launch(self):
        """Starts the server, until it answers. After a kill, the processes of the old one need a moment to go."""
        end = time.monotonic() + 60
        while not self._stopping.is_set():
            command = [*as_server_user(), str(self.bin / "postgres"), "-D", str(self.data), "-p", str(self.port)]
            for name, value in self.settings.items():
                command += ["-c", f"{name}={value}"]
            with open(self.folder / "server.log", "ab") as log:
                self.process = subprocess.Popen(command, cwd=self.folder, env=self.environment(), stdout=log, stderr=log)
            while self.process.poll() is None and time.monotonic() < end:
                if self.is_ready():
                    return
                time.sleep(0.02)
            if time.monotonic() >= end:
                raise RuntimeError(f"PostgreSQL does not start: {self.log()}")
            time.sleep(0.1)

    def is_ready(self):
        return self._answers(self.port)

    def _answers(self, port):
        return subprocess.run([str(self.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)],
                              env=self.environment(), check=False).returncode == 0

    def log(self):
        try:
            return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def supervise(self):
        """From now on a server that ends by itself is started again."""
        def watch():
            while not self._stopping.is_set():
                self.process.wait()
                if not self._stopping.is_set():
                    self._launch()
        self._supervisor = threading.Thread(target=watch, daemon=True)
        self._supervisor.start()

    def start_pooler(self):
        """PgBouncer in front, as RDS Proxy would be: a server connection belongs to a client for one transaction."""
        self.pooler_port = free_port()
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host=127.0.0.1 port={self.port} user=trawl\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {self.pooler_port}\nauth_type = any\npool_mode = transaction\nmin_pool_size = 0\n"
            f"unix_socket_dir =\nlogfile = {self.folder}/pgbouncer.log\n")
        settings.chmod(0o644)
        self.pooler = subprocess.Popen([*as_server_user(), "/usr/sbin/pgbouncer", "-q", str(settings)],
                                       cwd=self.folder, env=self.environment())
        end = time.monotonic() + 30
        while not self._answers(self.pooler_port):
            if self.pooler.poll() is not None or time.monotonic() > end:
                raise RuntimeError("PgBouncer does not start")
            time.sleep(0.02)

    def kill(self):
        """kill -9 of the whole server: its other processes notice and go by themselves."""
        self.process.send_signal(signal.SIGKILL)
        if self._supervisor is None:
            self.process.wait()

    def stop_at_once(self):
        """As a machine that is switched off; start_again() brings it back."""
        self._end(signal.SIGQUIT)

    def start_again(self):
        self._launch()

    def restart(self):
        self._end(signal.SIGINT)
        self._launch()

    def _end(self, how):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def stop(self):
        self._stopping.set()
        if self.pooler is not None:
            self.pooler.kill()
            self.pooler.wait()
        self._end(signal.SIGQUIT)
        if self._supervisor is not None:
            self._supervisor.join(30)
            self._end(signal.SIGQUIT)
        self._remove()

    def _remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

"""How a server of the store is reached: over TLS, checked; and what happens while it is not there."""
import os
import pwd
import signal
import subprocess
import threading

import pytest

from conftest import Trawl
from postgres import Postgres


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


def make_certificates(folder):
    """An authority, and a certificate of its for 127.0.0.1."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=authority", "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=127.0.0.1",
            "-keyout", folder / "server.key", "-out", folder / "server.csr")
    extensions = folder / "extensions"
    extensions.write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-days",
            "2", "-set_serial", "1", "-extfile", extensions, "-out", folder / "server.pem")


@pytest.fixture(name="server", scope="module")
def fixture_server():
    """A PostgreSQL with a certificate, that speaks TLS once it is server."""
    own = Postgres()
    make_certificates(own.folder)
    own.settings |= {"ssl": "on", "ssl_cert_file": str(own.folder / "server.pem"),
                     "ssl_key_file": str(own.folder / "server.key")}
    (own.folder / "server.key").chmod(0o600)
    if os.geteuid() == 0:
        for name in ("server.key", "server.pem"):
            os.chown(own.folder / name, pwd.getpwnam("postgres").pw_uid, pwd.getpwnam("postgres").pw_gid)
    try:
        yield own.start()
    finally:
        own.stop()


def test_a_worker_waits_for_a_server_that_is_not_there_yet(server, tmp_path):
    server.stop_at_once()
    worker = Trawl(tmp_path, server.uri()).popen("worker", stdout=subprocess.DEVNULL)
    said, is_away, is_ready = [], threading.Event(), threading.Event()

    def read():
        for line in worker.stderr:
            said.append(line.decode())
            if "store.away" in said[-1]:
                is_away.set()
            if "ready" in said[-1]:
                is_ready.set()
    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert is_away.wait(30), said
        server.start_again()
        assert is_ready.wait(60), said
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0, said
    finally:
        worker.kill()
        worker.wait()
        reader.join()


def test_a_server_that_never_comes_ends_nothing_but_the_waiting(tmp_path):
    absent = Postgres()
    try:
        worker = Trawl(tmp_path, absent.uri()).popen("worker", stdout=subprocess.DEVNULL)
        line = worker.stderr.readline().decode()
        assert "store.away" in line and f"127.0.0.1:{absent.port}" in line
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) != 0
        worker.stderr.close()
    finally:
        absent.stop()


def test_a_command_does_not_wait_for_a_server_that_is_not_there(tmp_path):
    absent = Postgres()
    try:
        result = Trawl(tmp_path, absent.uri()).run("jobs", "list")
        assert result.status == 2 and f"127.0.0.1:{absent.port}" in result.err and "cannot connect" in result.err
    finally:
        absent.stop()


@pytest.mark.parametrize("setting", ["sslmode=require", "sslmode=verify-ca&sslrootcert={ca}",
                                     "sslmode=verify-full&sslrootcert={ca}"])
def test_the_store_is_reached_over_tls(server, tmp_path, setting):
    uri = f"{server.uri()}?{setting.format(ca=server.folder / 'ca.pem')}"
    # Without encryption the server lets nobody in, so that what works was encrypted.
    hba = server.data / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text("hostssl all trawl 127.0.0.1/32 trust\nhostnossl all trawl 127.0.0.1/32 reject\n")
    server.process.send_signal(signal.SIGHUP)
    try:
        trawl = Trawl(tmp_path, uri)
        trawl.run("migrate", status=0)
        trawl.run("jobs", "list", status=0)
        refused = Trawl(tmp_path, f"{server.uri()}?sslmode=disable").run("jobs", "list")
        assert refused.status == 2 and "pg_hba.conf" in refused.err
    finally:
        hba.write_text(before)
        server.process.send_signal(signal.SIGHUP)


def test_a_server_with_a_certificate_of_somebody_else_is_refused(server, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    make_certificates(other)
    trawl = Trawl(tmp_path, f"{server.uri()}?sslmode=verify-full&sslrootcert={other / 'ca.pem'}")
    result = trawl.run("jobs", "list")
    assert result.status == 2 and "certificate verify failed" in result.err

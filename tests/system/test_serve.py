"""`trawl serve`: jobs over HTTP, who may ask, and what may be scanned."""
import re
import socket
import uuid

import pytest

from ceph import wait_until
from conftest import FAKE_ENV, Trawl, Server, card, email

KEY, OTHER_KEY = "k" * 32, "o" * 32
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture
def files(tmp_path):
    """A folder that may be scanned, and one beside it that may not."""
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    (allowed / "sub").mkdir(parents=True)
    other.mkdir()
    (allowed / "a.txt").write_text(f"mail {email(1)}\n")
    (allowed / "sub" / "b.txt").write_text(f"card {card(2)} and {email(2)}\n")
    (other / "c.txt").write_text(f"mail {email(3)}\n")
    return allowed


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"# two keys\n{KEY}\n{OTHER_KEY}\n")
    path.chmod(0o600)
    return path


def test_a_job_is_started_followed_and_its_findings_are_read(serve, fake_s3):
    for number in range(150):
        fake_s3.put(f"{number:03d}.txt", f"mail {email(number)}\n".encode())
    server = serve("--endpoint", fake_s3.endpoint, env=FAKE_ENV)
    answer = server.request("POST", "/scan", json={"bucket": "fake", "prefix": ""})
    assert answer.status_code == 202
    job = answer.json()
    assert UUID.fullmatch(job["job_id"])
    assert (job["bucket"], job["prefix"], job["status"], job["async"]) == ("fake", "", "listing", True)
    assert job["message"] == "Job created. Objects are being listed and enqueued asynchronously."
    assert re.fullmatch(r"arn:aws:states:[a-z0-9-]+:\d{12}:execution:[\w-]+:scan-" + job["job_id"], job["execution_arn"])

    status = server.wait_job(job["job_id"])
    assert status["status"] == "completed" and status["status_message"] == "All objects scanned"
    assert status["step_function_status"] == "SUCCEEDED" and status["execution_arn"] == job["execution_arn"]
    assert (status["total"], status["succeeded"], status["queued"], status["processing"], status["failed"]) == (
        150, 150, 0, 0, 0)
    assert status["total_findings"] == 150 and status["progress_percent"] == 100
    assert status["data_source"] == "real_time"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", status["created_at"])

    listed = server.get("/jobs").json()["jobs"]
    assert [each["job_id"] for each in listed] == [job["job_id"]]

    seen, token = [], None
    while True:
        page = server.get(f"/jobs/{job['job_id']}/findings",
                          params={"limit": 40, **({"nextToken": token} if token else {})}).json()
        seen += page["findings"]
        token = page.get("nextToken")
        if not token:
            break
        assert len(page["findings"]) == 40
    assert sorted(finding["key"] for finding in seen) == [f"{number:03d}.txt" for number in range(150)]


def test_a_bucket_without_objects_is_a_completed_job(serve, fake_s3):
    server = serve("--endpoint", fake_s3.endpoint, env=FAKE_ENV)
    status = server.wait_job(server.start_job(bucket="fake", prefix="none/")["job_id"])
    assert (status["status"], status["status_message"]) == ("completed", "No objects found to scan")
    assert status["total"] == 0 and status["progress_percent"] == 0


def test_a_bucket_that_does_not_exist_is_a_failed_job(serve, fake_s3):
    server = serve("--endpoint", fake_s3.endpoint, env=FAKE_ENV)
    status = server.wait_job(server.start_job(bucket="missing")["job_id"])
    assert (status["status"], status["step_function_status"]) == ("failed", "FAILED")
    assert status["status_message"] == "Step Functions execution failed"


def test_an_unknown_job_is_404_and_no_uuid_is_400(serve):
    server = serve()
    missing = server.get(f"/jobs/{uuid.uuid4()}")
    assert missing.status_code == 404 and missing.json()["error"]["code"] == "not_found"
    for path in (f"/jobs/{uuid.uuid4()}/findings", "/nowhere"):
        assert server.get(path).status_code == 404
    assert server.get("/jobs/not-a-uuid").status_code in (400, 404)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"bucket": 7}', b'{"bucket": ""}', b'{"bucket": "a/b"}',
                                  b'{"bucket": "fake", "prefix": 1}', b'{"bucket": "fake", "what": 1}',
                                  b'\xff\xfe{"bucket": "fake"}', b'{"bucket": "fake", "bucket": "fake2"}'])
def test_a_bad_request_is_400_and_makes_no_job(serve, body):
    server = serve()
    answer = server.request("POST", "/scan", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert set(error) == {"code", "message"} and error["message"]
    assert server.get("/jobs").json()["jobs"] == []


@pytest.mark.parametrize("method, path", [("DELETE", "/jobs"), ("GET", "/scan"), ("PUT", "/healthz"), ("POST", "/jobs")])
def test_a_method_that_a_route_does_not_have_is_405(serve, method, path):
    answer = serve().request(method, path, headers={"Content-Type": "application/json"})
    assert answer.status_code == 405 and answer.headers["Allow"]


def test_directories_are_refused_unless_allowed_and_then_only_below_the_root(serve, files):
    closed = serve()
    assert closed.request("POST", "/scan", json={"bucket": files.as_uri()}).status_code == 403
    closed.stop()

    server = serve("--allow-files", files)
    (files / "way-out").symlink_to(files.parent / "other")
    for bad in (files.parent, files.parent / "other", files / ".." / "other", files / "way-out", "/", "/etc"):
        uri = f"file://{bad}"
        assert server.request("POST", "/scan", json={"bucket": uri}).status_code == 403, uri
    status = server.wait_job(server.start_job(bucket=files.as_uri())["job_id"])
    assert status["status"] == "completed"
    found = server.get(f"/jobs/{status['job_id']}/findings").json()["findings"]
    assert sorted({finding["key"] for finding in found}) == ["a.txt", "sub/b.txt"]
    sub = server.wait_job(server.start_job(bucket=(files / "sub").as_uri())["job_id"])
    assert sub["total"] == 1


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_listening_beyond_loopback_without_keys_is_refused(trawl, listen):
    result = trawl.run("serve", "--listen", listen, status=2, timeout=60)
    assert "--api-key-file" in result.err


@pytest.mark.parametrize("headers, is_good", [
    ({}, False),
    ({"Authorization": f"Bearer {KEY}"}, True),
    ({"Authorization": f"Bearer {OTHER_KEY}"}, True),
    ({"x-api-key": KEY}, True),
    ({"x-api-key": KEY[:-1]}, False),
    ({"x-api-key": KEY + "k"}, False),
    ({"x-api-key": ""}, False),
    ({"x-api-key": KEY.upper()}, False),
    ({"Authorization": f"Basic {KEY}"}, False),
    ({"Authorization": KEY}, False),
    ({"Authorization": "Bearer # two keys"}, False),
])
def test_with_keys_every_request_needs_one(serve, key_file, headers, is_good):
    server = serve("--api-key-file", key_file, listen="0.0.0.0:0")
    for method, path in (("GET", "/jobs"), ("POST", "/scan"), ("GET", f"/jobs/{uuid.uuid4()}"), ("GET", "/healthz"),
                         ("GET", "/nowhere")):
        status = server.request(method, path, headers=headers).status_code
        assert (status != 401) == is_good, (method, path, status)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "short\n"])
def test_a_key_file_without_a_good_key_is_refused_without_printing_it(trawl, tmp_path, text):
    path = tmp_path / "keys"
    path.write_text(text)
    path.chmod(0o600)
    result = trawl.run("serve", "--listen", "127.0.0.1:0", "--api-key-file", path, status=2, timeout=60)
    assert str(path) in result.err and "short" not in result.err.replace("too short", "")


def test_a_job_that_a_killed_server_left_is_finished_by_the_next_one(trawl, serve, fake_s3):
    for number in range(200):
        fake_s3.put(f"{number:03d}.txt", f"mail {email(number)}\n".encode())
    fake_s3.on_get = lambda request: (fake_s3.closing.wait(0.02), request.serve())
    first = Server(trawl, "--endpoint", fake_s3.endpoint, env=FAKE_ENV)
    job_id = first.start_job(bucket="fake")["job_id"]
    wait_until(lambda: len(fake_s3.gets()) > 60, 60, "a page or so is scanned")
    first.process.kill()
    first.process.wait()
    fake_s3.on_get = None
    status = serve("--endpoint", fake_s3.endpoint, env=FAKE_ENV).wait_job(job_id, 180)
    assert (status["status"], status["succeeded"], status["total_findings"]) == ("completed", 200, 200)
    trawl.assert_invariants(job_id)


def test_two_servers_on_one_store_share_the_work_and_count_once(trawl, serve, fake_s3):
    for number in range(600):
        fake_s3.put(f"{number:03d}.txt", f"mail {email(number)}\n".encode())
    servers = [serve("--endpoint", fake_s3.endpoint, env=FAKE_ENV) for _ in range(2)]
    jobs = [server.start_job(bucket="fake")["job_id"] for server in servers]
    for job_id, server in zip(jobs, reversed(servers)):
        status = server.wait_job(job_id)
        assert (status["status"], status["succeeded"], status["total_findings"]) == ("completed", 600, 600)
    for job_id in jobs:
        trawl.assert_invariants(job_id)
        keys = [row[0] for row in trawl.query("SELECT key FROM findings WHERE job_id = ?", job_id)]
        assert sorted(keys) == [f"{number:03d}.txt" for number in range(600)]


def test_a_job_of_the_command_line_is_not_touched_by_a_server(trawl, serve, fake_s3):
    fake_s3.put("a.txt", f"mail {email(1)}\n".encode())
    server = serve("--endpoint", fake_s3.endpoint, env=FAKE_ENV)
    trawl.scan("--endpoint", fake_s3.endpoint, fake_s3.uri, env=FAKE_ENV, status=1)
    assert [job["status"] for job in server.get("/jobs").json()["jobs"]] == ["completed"]
    assert len(fake_s3.gets("a.txt")) == 1


def test_a_port_in_use_is_said(trawl):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert str(port) in trawl.run("serve", "--listen", f"127.0.0.1:{port}", status=2, timeout=60).err


def test_pages_of_other_sites_cannot_use_the_server(serve):
    server = serve()
    evil = server.request("POST", "/scan", json={"bucket": "fake"}, headers={"Origin": "https://evil.invalid"})
    assert evil.status_code == 403
    rebound = server.get("/jobs", headers={"Host": "evil.invalid"})
    assert rebound.status_code in (400, 403)
    form = server.request("POST", "/scan", data='{"bucket": "fake"}', headers={"Content-Type": "text/plain"})
    assert form.status_code == 415
    assert server.get("/jobs").json()["jobs"] == []

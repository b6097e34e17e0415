"""`trawl serve --sync`: POST /scan lists before it answers, without a workflow."""
import threading

import pytest
import requests

from ceph import wait_until
from conftest import FAKE_ENV, Server, email

FIELDS = {"job_id", "bucket", "prefix", "total_objects", "messages_enqueued", "status"}
SHORT_LEASE = ("--lease", "1s")  # rounds of housekeeping are as short


@pytest.fixture
def sync_serve(any_trawl, fake_s3):
    """Starts `trawl serve --sync` on either database; who is still there at the end must end well."""
    servers = []

    def start(*args):
        servers.append(Server(any_trawl, "--sync", "--endpoint", fake_s3.endpoint, *SHORT_LEASE, *args, env=FAKE_ENV))
        return servers[-1]
    yield start
    statuses = [server.stop() for server in servers if server.process.poll() is None]
    assert all(status == 0 for status in statuses), statuses


def is_behind_the_first(request):
    return "start-after" in request.query or "continuation-token" in request.query


class Gate:
    """A rule for listings: every one but the first waits until it is let through."""

    def __init__(self, fake_s3):
        self.waits, self.opened = threading.Event(), threading.Event()
        fake_s3.on_list = self

    def __call__(self, request):
        if is_behind_the_first(request):
            self.waits.set()
            self.opened.wait(60)
        request.serve()


class Post(threading.Thread):
    """POST /scan from a thread of its own; answer is None if none came."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.answer = server, None
        self.start()

    def run(self):
        try:
            self.answer = self.server.request("POST", "/scan", json={"bucket": "fake"})
        except requests.RequestException:
            pass

    def result(self):
        self.join(60)
        return self.answer


def fill(fake_s3, count, page_size=100):
    fake_s3.page_size = page_size
    for number in range(count):
        fake_s3.put(f"{number:04d}.txt", f"mail {email(number)}\n".encode())


def only_job(server):
    jobs = server.get("/jobs").json()["jobs"]
    assert len(jobs) == 1
    return jobs[0]


def assert_scanned_once(trawl, job_id, count):
    trawl.assert_invariants(job_id)
    keys = trawl.query("SELECT key FROM findings WHERE job_id = ? ORDER BY key", job_id)
    assert [row[0] for row in keys] == [f"{number:04d}.txt" for number in range(count)]


def test_the_answer_comes_when_all_is_listed_and_counts_tell_the_rest(sync_serve, any_trawl, fake_s3):
    fill(fake_s3, 550)
    server = sync_serve()
    assert "serve.sync" in server.err
    answer = server.request("POST", "/scan", json={"bucket": "fake", "prefix": ""})
    assert answer.status_code == 200
    job = answer.json()
    assert set(job) == FIELDS
    assert (job["bucket"], job["prefix"], job["status"]) == ("fake", "", "queued")
    assert (job["total_objects"], job["messages_enqueued"]) == (550, 550)
    now = server.get(f"/jobs/{job['job_id']}").json()
    assert now["listing_complete"] and now["total"] == 550 and now["status"] in ("processing", "completed")
    status = server.wait_job(job["job_id"])
    assert (status["status"], status["status_message"]) == ("completed", "All objects scanned")
    assert "execution_arn" not in status and "step_function_status" not in status
    assert any_trawl.query("SELECT mode, execution_arn FROM jobs") == [("sync", None)]
    assert_scanned_once(any_trawl, job["job_id"], 550)


def test_a_directory_is_listed_at_once(sync_serve, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text(f"mail {email(1)}\n")
    server = sync_serve("--allow-files", str(tmp_path / "files"))
    answer = server.request("POST", "/scan", json={"bucket": f"file://{tmp_path}/files"})
    assert answer.status_code == 200 and answer.json()["total_objects"] == 1
    assert server.wait_job(answer.json()["job_id"])["succeeded"] == 1


def test_a_bucket_without_objects_is_completed_at_once(sync_serve):
    server = sync_serve()
    job = server.request("POST", "/scan", json={"bucket": "fake", "prefix": "none/"}).json()
    assert job["total_objects"] == 0
    status = server.get(f"/jobs/{job['job_id']}").json()
    assert (status["status"], status["status_message"]) == ("completed", "No objects found to scan")


def test_an_error_of_the_listing_is_the_answer_and_leaves_no_job(sync_serve, fake_s3):
    fill(fake_s3, 300)
    server = sync_serve()
    missing = server.request("POST", "/scan", json={"bucket": "missing"})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    fake_s3.on_list = lambda request: (request.error(403, "AccessDenied") if is_behind_the_first(request)
                                       else request.serve())
    refused = server.request("POST", "/scan", json={"bucket": "fake"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    assert server.get("/jobs").json()["jobs"] == []


def test_other_requests_are_answered_meanwhile_and_who_hangs_up_does_not_stop_the_listing(sync_serve, fake_s3):
    fill(fake_s3, 300)
    gate = Gate(fake_s3)
    server = sync_serve()
    with pytest.raises(requests.Timeout):
        requests.post(f"{server.url}/scan", json={"bucket": "fake"}, timeout=2)
    job = only_job(server)
    assert (job["status"], job["status_message"]) == ("listing", "Listing S3 objects")
    gate.opened.set()
    assert server.wait_job(job["job_id"])["succeeded"] == 300


def test_more_listings_at_once_than_there_are_places_are_put_off(sync_serve, fake_s3):
    fill(fake_s3, 300)
    gate = Gate(fake_s3)
    server = sync_serve()
    posts = [Post(server) for _ in range(8)]
    wait_until(lambda: len(server.get("/jobs").json()["jobs"]) == 8, 30, "all are listing")
    answer = server.request("POST", "/scan", json={"bucket": "fake"})
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    gate.opened.set()
    assert [post.result().status_code for post in posts] == [200] * 8


def test_a_job_cancelled_while_it_is_listed_is_a_conflict_and_a_retry_finishes_it(sync_serve, any_trawl, fake_s3):
    fill(fake_s3, 300)
    gate = Gate(fake_s3)
    server = sync_serve()
    post = Post(server)
    assert gate.waits.wait(30)
    job_id = only_job(server)["job_id"]
    assert server.request("POST", f"/jobs/{job_id}/cancel", json={}).json()["status"] == "aborted"
    gate.opened.set()
    assert post.result().status_code == 409
    assert only_job(server)["status"] == "aborted"
    assert server.request("POST", f"/jobs/{job_id}/retry", json={}).status_code == 200
    status = server.wait_job(job_id)
    assert (status["status"], status["succeeded"]) == ("completed", 300)
    assert_scanned_once(any_trawl, job_id, 300)


def test_the_listing_of_a_killed_server_is_finished_by_the_next_one(sync_serve, any_trawl, fake_s3):
    fill(fake_s3, 300)
    gate = Gate(fake_s3)
    server = sync_serve()
    post = Post(server)
    assert gate.waits.wait(30)
    job_id = only_job(server)["job_id"]
    server.process.kill()
    server.process.wait()
    assert post.result() is None
    gate.opened.set()
    any_trawl.execute("UPDATE listing_shards SET updated_at = updated_at - 200000")  # as if minutes had gone by
    status = sync_serve().wait_job(job_id)
    assert (status["status"], status["succeeded"]) == ("completed", 300)
    assert status["step_function_status"] == "SUCCEEDED" and job_id in status["execution_arn"]
    assert_scanned_once(any_trawl, job_id, 300)

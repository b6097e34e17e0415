"""A job's life over HTTP, the same on SQLite and on PostgreSQL: status, lists, cancel, pause, resume, retry, figures."""
import contextlib
import datetime
import json
import re
import select
import socket
import threading
import uuid

import pytest

from ceph import wait_until
from conftest import FAKE_ENV, ROOT, Server, email

JSON = {"Content-Type": "application/json"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NUMBER, COUNT, OPTIONAL_COUNT = (int, float), int, (int, type(None))
# The members of JobStatus in the reference's contract, then ours.
CONTRACT = {
    "job_id": str, "bucket": str, "prefix": str, "created_at": str, "updated_at": str, "status": str,
    "status_message": str, "total": COUNT, "queued": COUNT, "processing": COUNT, "succeeded": COUNT, "failed": COUNT,
    "total_findings": COUNT, "progress_percent": NUMBER,
    "data_source": str, "skipped": COUNT, "bytes_total": COUNT, "bytes_done": COUNT, "listing_complete": bool,
    "paused": bool, "objects_per_second": NUMBER, "eta_seconds": OPTIONAL_COUNT, "failures": dict,
}
OPTIONAL = {"step_function_status": str, "execution_arn": str, "error": str, "cause": str,
            "cache_refreshed_at": str, "cache_refresh_duration_ms": COUNT}


def check_contract(job):
    for name, kind in CONTRACT.items():
        assert isinstance(job[name], kind) and (kind is bool or not isinstance(job[name], bool)), (name, job)
    for name in job.keys() - CONTRACT.keys():
        assert isinstance(job[name], OPTIONAL[name]), (name, job)
    assert TIME.fullmatch(job["created_at"]) and TIME.fullmatch(job["updated_at"]) and uuid.UUID(job["job_id"])
    assert job["queued"] + job["processing"] + job["succeeded"] + job["failed"] + job["skipped"] == job["total"]
    assert sum(job["failures"].values()) == job["failed"]
    assert (job["data_source"] == "cached") == ("cache_refreshed_at" in job) == ("cache_refresh_duration_ms" in job)
    settled = job["succeeded"] + job["failed"] + job["skipped"]
    assert job["progress_percent"] == pytest.approx(100 * settled / job["total"] if job["total"] else 0, abs=0.0051)
    return job


class Api(Server):
    """A server whose jobs are looked at and changed."""

    def job(self, job_id, query="?real_time=true"):
        answer = self.get(f"/jobs/{job_id}{query}")
        assert answer.status_code == 200, answer.text
        return check_contract(answer.json())

    def change(self, job_id, what, status=200, **body):
        answer = self.request("POST", f"/jobs/{job_id}/{what}", json=body or None, headers=JSON)
        assert answer.status_code == status, answer.text
        return answer.json()

    def wait_status(self, job_id, status, message=None):
        def there():
            job = self.job(job_id)
            return job if job["status"] == status and message in (None, job["status_message"]) else None
        return wait_until(there, 60, f"job {job_id} is {status} {message or ''}")

    def all_of(self, path, name, **query):
        """Every row of a list, and how many there were on each page."""
        rows, pages, token = [], [], None
        while True:
            answer = self.get(path, params={**query, **({"nextToken": token} if token else {})})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            rows += page[name]
            pages.append(len(page[name]))
            token = page["nextToken"]
            if token is None:
                return rows, pages


@pytest.fixture
def api(any_trawl, fake_s3):
    # More threads than objects that a test holds back: one that waits for bytes keeps its thread.
    server = Api(any_trawl, "--endpoint", fake_s3.endpoint, "--threads", "24", env=FAKE_ENV)
    server.trawl = any_trawl
    yield server
    fake_s3.closing.set()
    assert server.stop() == 0


def put_mails(fake_s3, count, prefix=""):
    for number in range(count):
        fake_s3.put(f"{prefix}{number:03d}.txt", f"mail {email(number)}\n".encode())


class Gate:
    """A rule of the fake S3 that serves so many of its first keys, and holds other requests until it is opened."""

    def __init__(self, fake_s3, free=0):
        self.fake_s3, self.free, self.is_open = fake_s3, set(fake_s3.keys()[:free]), threading.Event()

    def __call__(self, request):
        while request.key not in self.free and not self.fake_s3.closing.is_set() and not self.is_open.wait(0.02):
            pass
        request.serve()

    def open(self):
        self.is_open.set()


def test_a_job_is_told_as_the_contract_says_from_its_listing_to_its_end(api, fake_s3):
    put_mails(fake_s3, 60)
    fake_s3.on_list, fake_s3.on_get = Gate(fake_s3), Gate(fake_s3, free=50)
    started = api.start_job(bucket="fake", prefix="")
    job_id = started["job_id"]
    job = api.wait_status(job_id, "listing")
    assert job["status_message"] == "Step Functions is listing S3 objects"
    assert (job["step_function_status"], job["execution_arn"]) == ("RUNNING", started["execution_arn"])
    assert (job["total"], job["progress_percent"], job["listing_complete"]) == (0, 0, False)

    fake_s3.on_list.open()
    job = api.wait_status(job_id, "processing", "Scanning objects (50/60)")
    assert (job["step_function_status"], job["listing_complete"], job["total"]) == ("SUCCEEDED", True, 60)
    assert (job["succeeded"], job["queued"] + job["processing"], job["total_findings"]) == (50, 10, 50)
    assert job["progress_percent"] == 83.33

    fake_s3.on_get.open()
    job = api.wait_status(job_id, "completed")
    assert (job["status_message"], job["progress_percent"]) == ("All objects scanned", 100)
    assert (job["succeeded"], job["total_findings"], job["failed"], job["eta_seconds"]) == (60, 60, 0, 0)
    assert job["bytes_done"] == job["bytes_total"] == sum(map(len, fake_s3.objects.values()))
    assert api.job(job_id, "")["data_source"] == api.job(job_id, "?real_time=false")["data_source"] == "real_time"

    empty = api.wait_status(api.start_job(bucket="fake", prefix="none/")["job_id"], "completed")
    assert (empty["status_message"], empty["total"], empty["progress_percent"]) == ("No objects found to scan", 0, 0)
    assert empty["step_function_status"] == "SUCCEEDED"


def test_a_bucket_that_cannot_be_listed_is_a_failed_job(api):
    job = api.wait_status(api.start_job(bucket="another")["job_id"], "failed")
    assert (job["status_message"], job["step_function_status"]) == ("Step Functions execution failed", "FAILED")
    assert (job["total"], job["progress_percent"]) == (0, 0) and job["execution_arn"]
    assert "another" in job["cause"]


def age(trawl, job_id, minutes):
    """As if the job had been made so long ago, which tests do not wait for."""
    if trawl.server:
        trawl.execute("UPDATE jobs SET created_at = created_at - ? * INTERVAL '1 minute' WHERE job_id = ?", minutes, job_id)
    else:
        trawl.execute("UPDATE jobs SET created_at = created_at - ? * 60000 WHERE job_id = ?", minutes, job_id)


@pytest.mark.parametrize("change, expected", [
    ("UPDATE executions SET status = 'TIMED_OUT' WHERE execution_arn = '{arn}'",
     {"status": "failed", "status_message": "Step Functions execution timed out", "step_function_status": "TIMED_OUT"}),
    ("UPDATE jobs SET mode = 'legacy', execution_arn = NULL WHERE job_id = '{job}'",
     {"status": "completed", "status_message": "All objects scanned", "step_function_status": None, "execution_arn": None}),
    ("UPDATE jobs SET mode = 'sync', execution_arn = NULL WHERE job_id = '{job}'",
     {"status": "completed", "status_message": "All objects scanned", "step_function_status": None, "execution_arn": None}),
])
def test_executions_that_timed_out_and_jobs_without_one_are_told(api, fake_s3, change, expected):
    put_mails(fake_s3, 3)
    job = api.start_job(bucket="fake")
    api.wait_status(job["job_id"], "completed")
    api.trawl.execute(change.format(arn=job["execution_arn"], job=job["job_id"]))
    told = api.job(job["job_id"])
    assert {name: told.get(name) for name in expected} == expected and told["succeeded"] == 3


def test_an_old_job_is_told_from_the_snapshot_unless_its_kind_has_changed_since(api, fake_s3):
    put_mails(fake_s3, 3)
    fake_s3.on_get = Gate(fake_s3, free=1)
    job_id = api.start_job(bucket="fake")["job_id"]
    api.wait_status(job_id, "processing")
    age(api.trawl, job_id, 10)
    assert re.fullmatch(r"refreshed in \d+ ms\n", api.trawl.run("refresh", status=0).out)
    cached = api.job(job_id, "")
    assert cached["data_source"] == "cached" and TIME.fullmatch(cached["cache_refreshed_at"])
    assert (cached["status"], cached["total"], cached["progress_percent"]) == ("processing", 3, 0)
    fake_s3.on_get.open()
    assert api.wait_status(job_id, "completed")["data_source"] == "real_time"
    api.trawl.run("refresh", status=0)
    assert (api.job(job_id, "")["data_source"], api.job(job_id, "")["status"]) == ("cached", "completed")
    shown = api.trawl.run("jobs", "show", job_id, "--format", "json", status=0).json()
    assert shown["data_source"] == "cached"
    assert "--real-time" in api.trawl.run("jobs", "show", job_id, status=0).out
    shown = api.trawl.run("jobs", "show", "--real-time", job_id, "--format", "json", status=0).json()
    assert check_contract(shown)["data_source"] == "real_time"


def test_a_cancelled_job_keeps_what_was_found_and_goes_on_when_it_is_tried_again(api, fake_s3):
    put_mails(fake_s3, 70)
    fake_s3.on_get = Gate(fake_s3, free=50)
    job_id = api.start_job(bucket="fake")["job_id"]
    wait_until(lambda: api.job(job_id)["succeeded"] >= 50, 60, "a page is scanned")
    answer = check_contract(api.change(job_id, "cancel"))
    assert (answer["status"], answer["status_message"]) == ("aborted", "The job was cancelled")
    assert answer["step_function_status"] == "SUCCEEDED" and answer["total_findings"] == answer["succeeded"] == 50
    assert api.change(job_id, "cancel")["status"] == "aborted"  # again is no error
    for what in ("pause", "resume"):
        refused = api.change(job_id, what, status=409)
        assert refused["error"]["code"] == "conflict" and refused["job"]["status"] == "aborted"
    fake_s3.on_get.open()
    api.trawl.assert_invariants(job_id)
    assert len(api.get(f"/jobs/{job_id}/findings", params={"limit": 1000}).json()["findings"]) == answer["succeeded"]

    again = api.change(job_id, "retry")
    assert (again["retried"]["objects"], again["retried"]["pages"]) == (20, 1)  # what had been dropped
    assert again["status"] in ("listing", "processing", "completed")
    job = api.wait_status(job_id, "completed")
    assert (job["total"], job["succeeded"], job["total_findings"]) == (70, 70, 70)
    api.trawl.assert_invariants(job_id)


def test_a_job_that_is_cancelled_while_it_lists_is_aborted_and_lists_on_when_it_is_tried_again(api, fake_s3):
    put_mails(fake_s3, 5)
    fake_s3.on_list = Gate(fake_s3)
    started = api.start_job(bucket="fake")
    job_id = started["job_id"]
    wait_until(fake_s3.lists, 60, "the bucket is being listed")
    answer = check_contract(api.change(job_id, "cancel"))
    assert (answer["status"], answer["status_message"]) == ("aborted", "Step Functions execution was aborted")
    assert (answer["step_function_status"], answer["total"], answer["progress_percent"]) == ("ABORTED", 0, 0)
    fake_s3.on_list.open()
    again = api.change(job_id, "retry")
    assert again["retried"]["listing_continued"] and again["execution_arn"] != started["execution_arn"]
    job = api.wait_status(job_id, "completed")
    assert (job["total"], job["succeeded"], job["step_function_status"]) == (5, 5, "SUCCEEDED")
    api.trawl.assert_invariants(job_id)


def test_a_paused_job_hands_out_nothing_until_it_is_resumed(api, fake_s3):
    put_mails(fake_s3, 300)
    fake_s3.on_get = Gate(fake_s3, free=10)
    job_id = api.start_job(bucket="fake")["job_id"]
    api.wait_status(job_id, "processing")
    paused = api.change(job_id, "pause")
    assert (paused["paused"], paused["status"]) == (True, "processing")
    assert api.change(job_id, "pause")["paused"] is True
    fake_s3.on_get.open()
    job = wait_until(lambda: (found := api.job(job_id))["processing"] == 0 and found, 60, "leased pages are finished")
    assert job["paused"] and job["queued"] > 0 and job["eta_seconds"] is None
    assert api.job(job_id)["queued"] == job["queued"]
    assert api.change(job_id, "resume")["paused"] is False
    assert api.change(job_id, "resume")["paused"] is False
    job = api.wait_status(job_id, "completed")
    assert (job["succeeded"], job["total_findings"]) == (300, 300)
    for what in ("pause", "resume", "cancel"):
        refused = api.change(job_id, what, status=409)
        assert refused["error"]["code"] == "conflict" and refused["job"]["status"] == "completed"
        assert "completed" in refused["error"]["message"]
    api.trawl.assert_invariants(job_id)


def test_objects_that_failed_are_listed_with_their_reason_and_can_be_tried_again(api, fake_s3):
    put_mails(fake_s3, 70)
    bad = {f"{number:03d}.txt" for number in range(0, 70, 7)}
    fake_s3.on_get = lambda request: request.error(403, "AccessDenied") if request.key in bad else request.serve()
    job_id = api.start_job(bucket="fake")["job_id"]
    job = api.wait_status(job_id, "completed")
    assert (job["failed"], job["failures"], job["total_findings"]) == (10, {"forbidden": 10}, 60)

    path = f"/jobs/{job_id}/objects"
    failed, pages = api.all_of(path, "objects", status="failed", limit=4)
    assert [row["key"] for row in failed] == sorted(bad) and max(pages) <= 4
    assert all(row["error_code"] == "forbidden" and row["error_message"] and row["attempts"] >= 1 for row in failed)
    every, _ = api.all_of(path, "objects", limit=30)
    assert [row["key"] for row in every] == fake_s3.keys()
    assert {row["status"] for row in every} == {"failed", "succeeded"}
    assert [row["key"] for row in every if row["status"] == "failed"] == sorted(bad)
    one = api.get(path, params={"key": "007.txt"}).json()
    assert one["objects"] == [failed[1]] and one["nextToken"] is None and one["job_id"] == job_id
    assert one["objects"][0]["size"] == len(fake_s3.objects["007.txt"]) and TIME.fullmatch(failed[1]["updated_at"])
    assert api.get(path, params={"status": "queued"}).json()["objects"] == []

    fake_s3.on_get = None
    before = len(fake_s3.gets())
    answer = api.change(job_id, "retry", objects="failed")
    assert answer["retried"]["objects"] == 10 and not answer["retried"]["listing_continued"]
    job = api.wait_status(job_id, "completed")
    assert (job["failed"], job["succeeded"], job["total_findings"], job["failures"]) == (0, 70, 70, {})
    assert {request.key for request in fake_s3.gets()[before:]} == bad
    assert api.get(path, params={"status": "failed"}).json()["objects"] == []
    refused = api.change(job_id, "retry", status=409)
    assert refused["error"]["code"] == "conflict" and refused["job"]["status"] == "completed"
    api.trawl.assert_invariants(job_id)

    findings = api.trawl.stored_findings(job_id)
    assert api.change(job_id, "retry", objects="all")["retried"]["objects"] == 70
    assert api.wait_status(job_id, "completed")["total_findings"] == 70
    assert api.trawl.stored_findings(job_id) == findings
    api.trawl.assert_invariants(job_id)


def test_lists_of_jobs_are_newest_first_filtered_and_stable_while_jobs_are_added(api, fake_s3):
    put_mails(fake_s3, 1, "some/")
    ids = [api.start_job(bucket="fake", prefix=f"none/{number}")["job_id"] for number in range(7)]
    failed = api.start_job(bucket="another")["job_id"]
    for job_id in ids:
        api.wait_status(job_id, "completed")
    api.wait_status(failed, "failed")
    first = api.get("/jobs", params={"limit": 3}).json()
    later = [api.start_job(bucket="fake", prefix="some/")["job_id"] for _ in range(2)]
    rest, token = [], first["nextToken"]
    while token:
        page = api.get("/jobs", params={"limit": 3, "nextToken": token}).json()
        rest, token = rest + page["jobs"], page["nextToken"]
    seen = [check_contract(job)["job_id"] for job in first["jobs"] + rest]
    assert sorted(seen) == sorted([*ids, failed]) and seen[0] not in later
    times = [job["created_at"] for job in first["jobs"] + rest]
    assert times == sorted(times, reverse=True)

    for job_id in later:
        api.wait_status(job_id, "completed")
    listed = lambda **query: {job["job_id"] for job in api.all_of("/jobs", "jobs", **query)[0]}
    assert listed(status="failed") == listed(bucket="another") == {failed}
    assert listed(status="completed", limit=2) == {*ids, *later}
    assert listed(status="listing") == listed(bucket="no-such-bucket") == set()
    age(api.trawl, ids[0], 3 * 24 * 60)
    day = lambda days: (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)).strftime("%Y-%m-%d")
    now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=2)
    assert listed(to=day(1)) == listed(to=now.strftime("%Y-%m-%dT%H:%M:%SZ")) == {ids[0]}
    assert listed(**{"from": day(5), "to": day(1)}) == {ids[0]}
    assert listed(**{"from": day(1)}) == {*ids[1:], failed, *later}

    figures = api.get("/statistics?real_time=true").json()
    assert (figures["total_jobs"], figures["completed_jobs"], figures["failed_jobs"]) == (10, 9, 1)
    assert (figures["in_progress_jobs"], figures["aborted_jobs"], figures["paused_jobs"]) == (0, 0, 0)
    assert (figures["total_objects_all_jobs"], figures["total_findings_all_jobs"]) == (2, 2)
    assert figures["data_source"] == "real_time"
    api.trawl.run("refresh", status=0)
    cached = api.get("/statistics").json()
    assert cached["data_source"] == "cached" and TIME.fullmatch(cached["cache_refreshed_at"])
    assert {name: cached[name] for name in figures if name != "data_source"} == {
        name: figures[name] for name in figures if name != "data_source"}


def examples():
    """The JSON examples of the manual, by their heading."""
    found = {}
    for section in (ROOT / "docs" / "api.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        for block in re.findall(r"```json\n(.*?)```", section, re.S):
            if "[…]" not in block and '"findings"' not in block:
                found.setdefault(section.splitlines()[0], []).append(json.loads(block))
    return found


def test_the_manual_shows_answers_as_they_are(api, fake_s3):
    put_mails(fake_s3, 2)
    fake_s3.on_get = lambda request: request.error(403, "AccessDenied") if request.key == "001.txt" else request.serve()
    started = api.start_job(bucket="fake")
    job = api.wait_status(started["job_id"], "completed")
    shown = examples()
    assert shown["POST /scan"][0].keys() == started.keys()
    assert check_contract(shown["GET /jobs/{id}"][0]).keys() - {"cache_refreshed_at", "cache_refresh_duration_ms"} == job.keys()
    failed = api.get(f"/jobs/{started['job_id']}/objects?status=failed").json()
    assert shown["Lists"][0].keys() == failed.keys()
    assert shown["Lists"][0]["objects"][0].keys() == failed["objects"][0].keys()
    api.trawl.run("refresh", status=0)
    assert shown["GET /statistics"][0].keys() == api.get("/statistics").json().keys()


UNKNOWN = "00000000-0000-4000-8000-000000000000"
WRONG = [  # method, path, body, status, code, what the message names
    ("GET", f"/jobs/{UNKNOWN}", None, 404, "not_found", UNKNOWN),
    ("GET", f"/jobs/{UNKNOWN}/objects", None, 404, "not_found", UNKNOWN),
    ("GET", f"/jobs/{UNKNOWN}/objects?key=a", None, 404, "not_found", UNKNOWN),
    ("GET", "/jobs/{job}/objects?key=not-there", None, 404, "not_found", "not-there"),
    *[("POST", f"/jobs/{UNKNOWN}/{what}", "{}", 404, "not_found", UNKNOWN) for what in
      ("cancel", "pause", "resume", "retry")],
    ("GET", "/jobs/12345", None, 400, "invalid", "12345"),
    ("POST", "/jobs/12345/cancel", "{}", 400, "invalid", "12345"),
    ("GET", "/jobs/{job}?real_time=maybe", None, 400, "invalid", "maybe"),
    ("GET", "/jobs/{job}?realtime=true", None, 400, "invalid", "realtime"),
    ("GET", "/jobs/{job}?real_time=true&real_time=false", None, 400, "invalid", "real_time"),
    ("GET", "/jobs?status=done", None, 400, "invalid", "done"),
    ("GET", "/jobs?limit=0", None, 400, "invalid", "'0'"),
    ("GET", "/jobs?limit=1001", None, 400, "invalid", "1001"),
    ("GET", "/jobs?from=yesterday", None, 400, "invalid", "yesterday"),
    ("GET", "/jobs?to=2025-13-01", None, 400, "invalid", "2025-13-01"),
    ("GET", "/jobs?from=2025-01-02&to=2025-01-01", None, 400, "invalid", "2025-01-01"),
    ("GET", "/jobs?nextToken=abc", None, 400, "invalid", "nextToken"),
    ("GET", "/jobs/{job}/objects?status=listing", None, 400, "invalid", "listing"),
    ("GET", "/jobs/{job}/objects?key=a&status=failed", None, 400, "invalid", "status"),
    ("GET", "/jobs/{job}/objects?nextToken=abc", None, 400, "invalid", "nextToken"),
    ("GET", "/statistics?since=1", None, 400, "invalid", "since"),
    ("GET", "/metrics?x=1", None, 400, "invalid", "'x'"),
    ("GET", "/readyz?x=1", None, 400, "invalid", "'x'"),
    ("POST", "/jobs/{job}/retry", '{"objects": "some"}', 400, "invalid", "some"),
    ("POST", "/jobs/{job}/retry", '{"objects": 1}', 400, "invalid", "objects"),
    ("POST", "/jobs/{job}/retry", '{"object": "all"}', 400, "invalid", "object"),
    ("POST", "/jobs/{job}/retry", "[]", 400, "invalid", "object"),
    ("POST", "/jobs/{job}/cancel", '{"objects": "all"}', 400, "invalid", "objects"),
    ("POST", "/jobs/{job}/cancel?now=true", "{}", 400, "invalid", "now"),
    ("POST", "/jobs/{job}/pause", "{", 400, "invalid", "JSON"),
    ("POST", "/jobs/{job}", "{}", 405, "method_not_allowed", "GET"),
    ("GET", "/jobs/{job}/cancel", None, 405, "method_not_allowed", "POST"),
    ("POST", "/jobs/{job}/stop", "{}", 404, "not_found", "stop"),
]


def test_what_is_wrong_with_a_request_is_said_with_the_right_status(api):
    job_id = api.start_job(bucket="fake")["job_id"]
    before = api.wait_status(job_id, "completed")
    for method, path, body, status, code, named in WRONG:
        answer = api.request(method, path.format(job=job_id), data=body, headers=JSON)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (status, code), (method, path, answer.text)
        assert named in error["message"], (method, path, error)
    for what in ("cancel", "pause", "resume", "retry"):
        path = f"/jobs/{job_id}/{what}"
        assert api.request("POST", path, data="x=1").status_code == 415, "no HTML form may do this"
        assert api.request("POST", path, json={}, headers={"Origin": "https://evil.invalid"}).status_code == 403
    assert api.job(job_id) == before


def test_keys_are_asked_for_by_every_new_route(any_trawl, tmp_path):
    path = tmp_path / "keys"
    path.write_text("k" * 32 + "\n")
    path.chmod(0o600)
    server = Api(any_trawl, "--api-key-file", path)
    try:
        for method, route in (*(("POST", f"/jobs/{UNKNOWN}/{what}") for what in ("cancel", "pause", "resume", "retry")),
                              ("GET", f"/jobs/{UNKNOWN}/objects"), ("GET", "/statistics"), ("GET", "/metrics"),
                              ("GET", "/readyz")):
            assert server.request(method, route, headers=JSON).status_code == 401, route
            with_key = server.request(method, route, headers={**JSON, "x-api-key": "k" * 32})
            assert with_key.status_code in (200, 404), route
    finally:
        assert server.stop() == 0


SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="[^"\\]*",?)+)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)')


def metrics_of(server):
    """Samples by name and labels; every line must be one, and every family must have said its type before."""
    answer = server.get("/metrics")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    samples, types = {}, {}
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in types and kind in ("counter", "gauge")
            types[name] = kind
        elif not line.startswith("# HELP "):
            found = SAMPLE.fullmatch(line)
            assert found and found.group(1) in types, line
            key = (found.group(1), found.group(2) or "")
            assert key not in samples, line
            samples[key] = float(found.group(3))
    return samples


def test_metrics_and_readiness(api, fake_s3):
    put_mails(fake_s3, 5)
    job_id = api.start_job(bucket="fake")["job_id"]
    api.wait_status(job_id, "completed")
    for _ in range(3):
        api.get(f"/jobs/{UNKNOWN}")
    api.trawl.run("refresh", status=0)
    samples = metrics_of(api)
    assert samples["trawl_jobs", 'status="completed"'] == 1 and samples["trawl_jobs", 'status="in_progress"'] == 0
    assert samples["trawl_objects", ""] == samples["trawl_findings", ""] == 5
    assert samples["trawl_objects_bytes", ""] == samples["trawl_objects_done_bytes", ""] > 0
    assert samples["trawl_http_requests_total", 'route="GET /jobs/{id}",status="404"'] == 3
    assert samples["trawl_http_requests_total", 'route="POST /scan",status="202"'] == 1
    assert samples["trawl_store_up", ""] == 1 and samples["trawl_drift_total", ""] == 0
    assert samples["trawl_pages_finished_total", ""] == samples["trawl_pages_claimed_total", ""] == 1
    assert 0 <= samples["trawl_refresh_age_seconds", ""] < 60 and samples["trawl_refresh_duration_seconds", ""] < 60
    assert any(name == "trawl_build_info" for name, _ in samples)

    assert api.get("/healthz").json()["status"] == "ok"
    assert (api.get("/readyz").status_code, api.get("/readyz").json()["status"]) == (200, "ready")


class Relay:
    """TCP to the database that can be cut: what is there is closed, and nothing new gets through."""

    def __init__(self, port):
        self.target, self.listener = port, socket.create_server(("127.0.0.1", 0))
        self.port, self.is_cut, self.is_over = self.listener.getsockname()[1], False, False
        self.pairs, self.lock = [], threading.Lock()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def cut(self):
        self.is_cut = True

    def mend(self):
        self.is_cut = False

    def _run(self):
        peers = {}
        while not self.is_over:
            if self.is_cut:
                for each in list(peers):
                    each.close()
                peers.clear()
            for ready in select.select([self.listener, *peers], [], [], 0.02)[0]:
                if ready is self.listener:
                    client, _ = ready.accept()
                    if self.is_cut:
                        client.close()
                        continue
                    server = socket.create_connection(("127.0.0.1", self.target))
                    peers[client], peers[server] = server, client
                elif ready in peers:
                    data = b""
                    with contextlib.suppress(OSError):
                        data = ready.recv(65536)
                    other = peers[ready]
                    if data:
                        other.sendall(data)
                    else:
                        del peers[ready], peers[other]
                        ready.close()
                        other.close()

    def close(self):
        self.is_over = True
        self.thread.join(5)
        self.listener.close()


def test_while_the_database_is_away_answers_say_so_at_once_and_come_back_with_it(trawl, postgres, postgres_store, fake_s3):
    relay = Relay(postgres.port)
    trawl.server = postgres_store.replace(f":{postgres.port}/", f":{relay.port}/")
    put_mails(fake_s3, 3)
    server = Api(trawl, "--endpoint", fake_s3.endpoint, env=FAKE_ENV)
    try:
        job_id = server.start_job(bucket="fake")["job_id"]
        server.wait_status(job_id, "completed")
        relay.cut()
        wait_until(lambda: server.get("/readyz").status_code == 503, 20, "readiness is gone")
        for method, path in (("GET", f"/jobs/{job_id}"), ("GET", "/jobs"), ("GET", "/statistics"), ("POST", "/scan"),
                             ("POST", f"/jobs/{job_id}/pause"), ("GET", f"/jobs/{job_id}/objects")):
            answer = server.request(method, path, json={"bucket": "fake"} if path == "/scan" else None, headers=JSON)
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1, (path, answer.text)
            assert answer.elapsed.total_seconds() < 20, path
            assert answer.json()["error"]["code"] in ("unavailable", "busy")
        answer = server.get("/readyz")
        assert answer.status_code == 503 and answer.json()["reason"] and answer.headers["Retry-After"]
        assert server.get("/healthz").status_code == 200
        samples = metrics_of(server)
        assert samples["trawl_store_up", ""] == 0 and samples["trawl_db_errors_total", ""] > 0
        assert samples["trawl_db_reconnects_total", ""] > 0
        relay.mend()
        wait_until(lambda: server.get("/readyz").status_code == 200, 60, "readiness is back")
        assert server.job(job_id)["status"] == "completed"
        assert metrics_of(server)["trawl_store_up", ""] == 1
        again = server.start_job(bucket="fake")["job_id"]
        assert server.wait_job(again)["succeeded"] == 3
    finally:
        fake_s3.closing.set()
        relay.mend()
        assert server.stop() == 0
        relay.close()

"""Custom rules over HTTP: made, refused, replaced, removed, and used by every job that is created while they are there."""
import threading

import pytest

from ceph import wait_until
from conftest import FAKE_ENV, Server
from test_fleet import Worker

BADGE = {"id": "acme.badge", "pattern": r"\bEMP-[0-9]{6}\b", "keywords": ["badge"], "keyword": "required",
         "distance": 20, "ignore_words": ["999999"],
         "severity": [{"occurrences": 1, "severity": "low"}, {"occurrences": 100, "severity": "high"}],
         "examples": {"match": ["badge EMP-123456"], "no_match": ["EMP-123456", "badge EMP-999999"]}}


def rule(**changes):
    """A small good rule, with changes; None leaves a field out."""
    fields = {"id": "acme.part", "pattern": "PART-[0-9]{4}", "examples": {"match": ["PART-1234"], "no_match": ["PART-12"]},
              **changes}
    return {name: value for name, value in fields.items() if value is not None}


@pytest.fixture
def server(any_trawl, tmp_path):
    """A server on either engine that may scan tmp_path/objects."""
    (tmp_path / "objects").mkdir()
    started = Server(any_trawl, "--allow-files", tmp_path / "objects", env=FAKE_ENV)
    started.trawl, started.objects = any_trawl, tmp_path / "objects"
    yield started
    assert started.stop() == 0


def post(server, body, **options):
    return server.request("POST", "/rules", json=body, **options)


def scan(server):
    job = server.start_job(bucket=f"file://{server.objects}")["job_id"]
    assert server.wait_job(job)["status"] == "completed"
    return job


def found(server, job, detector="acme.badge"):
    rows = server.get(f"/jobs/{job}/findings?detector={detector}&limit=1000").json()["findings"]
    return sorted((row["key"], row["severity"], row["count"]) for row in rows)


def test_a_custom_rule_is_made_found_with_and_removed(server):
    (server.objects / "few.txt").write_text("badge EMP-000001\n" * 99)
    (server.objects / "many.txt").write_text("EMP-000003\n" + "badge EMP-000001\n" * 60 + "badge EMP-000002\n" * 40)
    before = scan(server)
    made = post(server, BADGE)
    assert made.status_code == 201 and made.json()["version"] == 1 and made.json()["origin"] == "custom"
    assert made.json()["severity"] == "low"
    job = scan(server)
    assert found(server, before) == []
    assert found(server, job) == [("few.txt", "low", 99), ("many.txt", "high", 40), ("many.txt", "high", 60)]
    gone = server.request("DELETE", "/rules/acme.badge")
    assert gone.status_code == 200 and gone.json() == {"id": "acme.badge", "deleted": True}
    assert found(server, scan(server)) == []
    assert server.request("DELETE", "/rules/acme.badge").status_code == 404
    assert server.get("/rules/acme.badge").status_code == 404
    # The first job goes through its objects again: with the rules that it began with.
    assert server.request("POST", f"/jobs/{job}/retry", json={"objects": "all"}).status_code == 200
    assert server.wait_job(job)["status"] == "completed"
    assert found(server, job) == [("few.txt", "low", 99), ("many.txt", "high", 40), ("many.txt", "high", 60)]
    server.trawl.assert_invariants(job)


REFUSED = {
    "look-ahead": (rule(pattern="PART(?=X)"), "'pattern': look-ahead at character 5"),
    "negative look-behind": (rule(pattern="(?<!a)PART"), "'pattern': look-behind at character 1"),
    "back-reference": (rule(pattern=r"(P)ART\1"), "'pattern': a back-reference at character 7"),
    "named back-reference": (rule(pattern=r"(?<a>P)ART\k<a>"), r"'pattern': a back-reference at character 11"),
    "recursion": (rule(pattern="P(?R)?"), "'pattern': a recursion at character 2"),
    "atomic group": (rule(pattern="(?>P)ART"), "'pattern': an atomic group at character 1"),
    "no regular expression": (rule(pattern="PART("), "'pattern': missing closing parenthesis, at character 6"),
    "empty match": (rule(pattern="P*"), "'pattern': matches the empty text"),
    "no pattern": (rule(pattern=None), "'pattern': missing"),
    "no id": (rule(id=None), "'id': is missing"),
    "bad id": (rule(id="Part"), "'id': expected a form such as"),
    "no examples": (rule(examples=None), "'examples': is missing"),
    "half the examples": (rule(examples={"match": ["PART-1234"]}), "'examples': expected an object"),
    "an example without a match": (rule(examples={"match": ["PRAT"], "no_match": ["x"]}), "'examples': expected a match"),
    "an example with a match": (rule(examples={"match": ["PART-1234"], "no_match": ["PART-4321"]}),
                                "'examples': expected no match"),
    "unknown field": (rule(regex="a"), "'regex' is not known"),
    "field of files only": (rule(beats=["fin.iban"]), "'beats' is not known"),
    "51 keywords": (rule(keywords=[f"word{i}" for i in range(51)]), "'keywords': expected an array of 1 to 50"),
    "a keyword without a word": (rule(keywords=["--"]), "'keywords': '--': expected at least one word"),
    "keywords of numbers": (rule(keywords=[1]), "'keywords': expected an array"),
    "distance 0": (rule(keywords=["a"], distance=0), "'distance': expected a whole number"),
    "distance 301": (rule(keywords=["a"], distance=301), "'distance': 301: expected 1 to 300"),
    "distance as text": (rule(keywords=["a"], distance="30"), "'distance': expected a whole number"),
    "unknown validator": (rule(validator="nonesuch"), "'validator': there is none called 'nonesuch'"),
    "unknown category": (rule(category="odd"), "'category': expected one of financial"),
    "unknown severity": (rule(severity="huge"), "'severity': expected one of low"),
    "severity from the second on": (rule(severity=[{"occurrences": 2, "severity": "low"}]), "of 1 occurrence"),
    "falling steps": (rule(severity=[{"occurrences": 1, "severity": "low"}, {"occurrences": 9, "severity": "high"},
                                     {"occurrences": 3, "severity": "low"}]), "'severity': expected an array"),
    "a step too many in it": (rule(severity=[{"occurrences": 1, "severity": "low", "x": 1}]), "'severity': expected an"),
}


def test_what_is_wrong_with_a_rule_is_told_with_its_field(server):
    for name, (body, says) in REFUSED.items():
        answer = post(server, body)
        assert answer.status_code == 400, name
        assert answer.json()["error"]["code"] == "invalid"
        assert says in answer.json()["error"]["message"], (name, answer.text)
    for body in (b"[]", b"{", b'{"id":"a.b","id":"a.c"}', b'"x"'):
        answer = server.request("POST", "/rules", data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, body
    assert server.get("/rules?origin=custom").json() == {"rules": [], "nextToken": None}


ALL_WRONG = [
    (rule(id=None, category="odd", distance=0, regex="x"), ["category", None, "distance", "id"]),
    (rule(id="Part", keywords=["a", "--"], distance=301, pattern="(?<=a)b", validator="nonesuch"),
     ["id", "distance", "validator", "pattern", "keywords"]),
    (rule(distance="far", pattern="(?<=a)b"), ["distance", "pattern"]),
    (rule(colour="red", examples={"match": ["PRAT"], "no_match": ["x"]}), [None, "examples"]),
    (rule(examples={"match": ["PRAT", "PART-1234", "x"], "no_match": ["PART-4321"]}), ["examples"] * 3),
    (rule(examples={"match": [f"x{i}" for i in range(30)], "no_match": ["x"]}), ["examples"] * 20 + [None]),
]


@pytest.mark.parametrize("body, fields", ALL_WRONG)
def test_all_that_is_wrong_with_a_rule_is_told_at_once(server, body, fields):
    answer = post(server, body)
    assert answer.status_code == 400 and set(answer.json()) == {"error", "errors"}
    told = answer.json()["errors"]
    assert sorted(str(each["field"]) for each in told) == sorted(map(str, fields)), told
    assert all(each["message"] for each in told)
    if len(fields) > 20:
        assert told[-1] == {"field": None, "message": "and 10 more"}


def test_rules_are_replaced_by_version_and_a_repetition_is_no_conflict(server):
    first = post(server, rule())
    assert (first.status_code, first.json()["version"]) == (201, 1)
    assert (post(server, rule()).status_code, post(server, rule()).json()["version"]) == (200, 1)
    other = rule(pattern="PART-[0-9]{4,5}")
    assert post(server, other).status_code == 409
    assert post(server, other | {"version": 2}).status_code == 409
    replaced = post(server, other | {"version": 1})
    assert (replaced.status_code, replaced.json()["version"]) == (200, 2)
    again = post(server, other | {"version": 1})
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert post(server, rule() | {"version": 1}).status_code == 409
    assert post(server, rule(id="acme.none", version=3)).status_code == 409
    assert server.get("/rules/acme.part").json()["pattern"] == "PART-[0-9]{4,5}"
    taken = post(server, rule(id="fin.iban"))
    assert taken.status_code == 409 and "comes with the installation" in taken.text


def test_rules_are_listed_by_page_and_origin_and_built_in_ones_stay(server):
    for number in range(3):
        assert post(server, rule(id=f"acme.part{number}", category="health" if number else "secret")).status_code == 201
    custom = server.get("/rules?origin=custom").json()
    assert [row["id"] for row in custom["rules"]] == ["acme.part0", "acme.part1", "acme.part2"]
    assert {row["pattern"] for row in custom["rules"]} == {"PART-[0-9]{4}"}
    filtered = server.get("/rules?origin=custom&category=health").json()["rules"]
    assert [row["id"] for row in filtered] == ["acme.part1", "acme.part2"]
    seen, token = [], None
    while True:
        page = server.get("/rules?limit=250" + (f"&nextToken={token}" if token else "")).json()
        seen += [row["id"] for row in page["rules"]]
        token = page["nextToken"]
        if token is None:
            break
    listed = server.trawl.run("rules", "list", "--store", server.trawl.store_uri(), "--format", "json").json()["rules"]
    assert seen == sorted(row["id"] for row in listed) and len(set(seen)) == len(seen) > 250
    assert [row["id"] for row in listed if row["origin"] == "custom"] == ["acme.part0", "acme.part1", "acme.part2"]
    iban = server.get("/rules/fin.iban").json()
    assert iban["origin"] == "built_in" and iban["category"] == "financial"
    refused = server.request("DELETE", "/rules/fin.iban")
    assert refused.status_code == 403 and refused.json()["error"]["code"] == "forbidden"
    for query in ("origin=mine", "category=odd", "severity=huge", "limit=0", "nextToken=x", "page=2"):
        assert server.get(f"/rules?{query}").status_code == 400, query


def test_rules_made_at_once_are_all_kept(server):
    answers = []
    threads = [threading.Thread(target=lambda n=n: answers.append(post(server, rule(id=f"acme.r{n}")).status_code))
               for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 8
    # The set that jobs take holds them all: a scan finds under the first of the names.
    (server.objects / "a.txt").write_text("PART-1234\n")
    job = scan(server)
    document = server.trawl.query("SELECT s.document FROM custom_rule_sets s JOIN jobs j ON j.custom_rules = s.set_id"
                                  " WHERE j.job_id = ?", job)[0][0]
    assert [f'"acme.r{n}"' in document for n in range(8)] == [True] * 8


def test_a_worker_that_began_before_a_rule_was_made_uses_it(trawl, tmp_path, postgres_store):
    trawl.server = postgres_store
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "a.txt").write_text("badge EMP-123457\n")
    server = Server(trawl, "--no-scan", "--allow-files", tmp_path / "objects", env=FAKE_ENV)
    worker = Worker(trawl).wait_ready()
    try:
        first = server.start_job(bucket=f"file://{tmp_path}/objects")["job_id"]
        assert server.wait_job(first)["status"] == "completed"
        assert post(server, BADGE).status_code == 201
        second = server.start_job(bucket=f"file://{tmp_path}/objects")["job_id"]
        assert server.wait_job(second)["status"] == "completed"
        assert found(server, first) == []
        assert found(server, second) == [("a.txt", "low", 1)]
    finally:
        worker.stop()
        assert server.stop() == 0


def test_rules_need_a_key_as_all_routes_do_and_pages_of_other_sites_are_refused(trawl, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("k" * 20 + "\n")
    keys.chmod(0o600)
    server = Server(trawl, "--api-key-file", keys)
    try:
        for method, path in (("GET", "/rules"), ("POST", "/rules"), ("GET", "/rules/a.b"), ("DELETE", "/rules/a.b")):
            assert server.request(method, path, json={}).status_code == 401, (method, path)
        mine = {"x-api-key": "k" * 20}
        assert server.request("POST", "/rules", json=rule(), headers=mine).status_code == 201
        other = mine | {"Origin": "http://elsewhere.example"}
        assert server.request("DELETE", "/rules/acme.part", headers=other).status_code == 403
        assert server.request("POST", "/rules", data="{}", headers=mine | {"Content-Type": "text/plain"}).status_code == 415
        assert server.request("DELETE", "/rules/acme.part", headers=mine).status_code == 200
    finally:
        assert server.stop() == 0


def test_a_scan_uses_the_custom_rules_of_its_store_and_allow_lists_may_name_them(server, tmp_path):
    assert post(server, BADGE).status_code == 201
    (server.objects / "a.txt").write_text("badge EMP-123457\nbadge EMP-765432\n")
    allow = tmp_path / "allow.yaml"
    allow.write_text("allow:\n  - value: '765432'\n    detectors: [acme.badge]\n")
    report = server.trawl.scan("--allow", allow, server.objects, status=1).json()
    assert [row["detector"] for row in report["findings"]] == ["acme.badge"]
    assert [(row["detector"], row["reason"], row["count"]) for row in report["suppressed"]] == [("acme.badge", "allowed", 1)]


def test_a_rule_that_later_comes_with_the_installation_can_be_removed(trawl, tmp_path):
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "a.txt").write_text("PART-1234\n")
    server = Server(trawl)
    assert post(server, rule()).status_code == 201
    assert server.stop() == 0
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(
        "rules:\n  - {id: acme.part, name: n, description: d, category: personal, severity: high, mask: all, engine: literal,"
        " pattern: 'PART-[0-9]{4}', examples: {match: [PART-1234], no_match: [PART-1]}}\n")
    allow = tmp_path / "allow.yaml"
    allow.write_text("allow:\n  - path: nothing\n    detectors: [acme.part]\n")
    server = Server(trawl, "--rules", tmp_path / "rules", "--allow", allow, "--allow-files", tmp_path / "objects")
    try:
        job = server.start_job(bucket=f"file://{tmp_path}/objects")["job_id"]
        wait_until(lambda: "page.released" in server.err and "acme.part" in server.err, 60, "the page is given back")
        status = wait_until(lambda: server.get(f"/jobs/{job}").json().get("waiting_for"), 60, "the job says why it waits")
        assert "acme.part" in status and "another rule" in status
        assert f"waiting: {status}" in trawl.run("jobs", "show", job, status=0).out
        assert server.request("POST", f"/jobs/{job}/cancel", json={}).status_code == 200
        assert "waiting_for" not in server.get(f"/jobs/{job}").json()
        assert server.request("DELETE", "/rules/acme.part").status_code == 200
        assert server.request("DELETE", "/rules/acme.part").status_code == 403
        job = server.start_job(bucket=f"file://{tmp_path}/objects")["job_id"]
        assert server.wait_job(job)["total_findings"] == 1
    finally:
        assert server.stop() == 0


def test_all_custom_rules_together_have_a_limit(server):
    """A body may have 1 MiB; what counts is what all processes that share the store have to read and compile."""
    words = [f"{number:03d}" + "x" * 900 for number in range(1000)]
    for number in range(4):
        assert post(server, rule(id=f"acme.large{number}", ignore=words)).status_code == 201
    refused = post(server, rule(id="acme.large4", ignore=words))
    assert refused.status_code == 413 and "4194304" in refused.json()["error"]["message"]
    assert server.get("/rules/acme.large4").status_code == 404
    assert post(server, rule()).status_code == 201

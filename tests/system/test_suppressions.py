"""What a user does not want to hear of: baselines, allow lists and comments in the text. All of it is counted."""
import json

import pytest

from conftest import Server, card, email


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "data"
    (folder / "fixtures").mkdir(parents=True)
    (folder / "a.txt").write_text(f"mail {email(1)}\ncard number: {card(7)}\n")
    (folder / "fixtures" / "b.txt").write_text(f"mail {email(2)}\n")
    return folder


def found(report):
    return sorted((each["key"], each["detector"]) for each in report["findings"])


def suppressed(report):
    return sorted((each["reason"], each["detector"], each["count"]) for each in report["suppressed"])


def write(path, text):
    path.write_text(text, "utf-8", "surrogateescape")
    return path


# ---- baselines ----

def test_a_baseline_hides_what_was_known_and_the_exit_status_with_it(trawl, folder, tmp_path):
    baseline = tmp_path / "baseline"
    trawl.scan("--write-baseline", baseline, folder, status=1)
    report = trawl.scan("--baseline", baseline, folder, status=0).json()
    assert report["findings"] == []
    assert suppressed(report) == [("baseline", "fin.credit_card", 1), ("baseline", "pii.email", 2)]


def test_a_new_value_or_a_known_value_in_another_object_is_reported(trawl, folder, tmp_path):
    baseline = tmp_path / "baseline"
    trawl.scan("--write-baseline", baseline, folder, status=1)
    (folder / "a.txt").write_text(f"one more line\nmail {email(1)}\nmail {email(9)}\ncard number: {card(7)}\n")
    (folder / "new.txt").write_text(f"mail {email(1)}\n")
    report = trawl.scan("--baseline", baseline, folder, status=1).json()
    assert found(report) == [("a.txt", "pii.email"), ("new.txt", "pii.email")]


def test_a_baseline_is_the_same_from_run_to_run_and_from_the_stored_job(any_trawl, folder, tmp_path):
    trawl = any_trawl
    first, second = tmp_path / "first", tmp_path / "second"
    trawl.scan("--write-baseline", first, "--threads", "1", folder, status=1)
    job_id = trawl.scan("--write-baseline", second, "--threads", "4", folder, status=1).json()["jobs"][0]["job_id"]
    assert first.read_text() == second.read_text()
    assert trawl.run("findings", job_id, "--format", "baseline", status=0).out == first.read_text()
    lines = first.read_text().splitlines()
    assert lines[1:] == sorted(lines[1:]) and len(lines) == 4


def test_a_baseline_holds_no_value_and_no_mask(trawl, folder, tmp_path):
    baseline = tmp_path / "baseline"
    report = trawl.scan("--write-baseline", baseline, folder, status=1).json()
    text = baseline.read_text()
    assert not any(secret in text for secret in (email(1), email(2), card(7)))
    assert not any(each["masked"] in text for each in report["findings"])
    assert {tuple(json.loads(line)) for line in text.splitlines()[1:]} == {("key", "detector", "fingerprint")}


def test_a_baseline_of_another_key_is_refused(trawl, folder, tmp_path):
    baseline, other = tmp_path / "baseline", tmp_path / "other"
    trawl.scan("--write-baseline", baseline, "--fingerprint-key-file", other, folder, store=tmp_path / "o.db", status=1)
    result = trawl.scan("--baseline", baseline, folder, status=2)
    assert "fingerprint key" in result.err and "expected" in result.err


@pytest.mark.parametrize("text, line", [("", 1), ("{}\n", 1), ("no JSON\n", 1), (None, 2)])
def test_what_is_no_baseline_is_refused_with_its_line(trawl, folder, tmp_path, text, line):
    baseline = tmp_path / "baseline"
    if text is None:
        trawl.scan("--write-baseline", baseline, folder, status=1)
        text = baseline.read_text().splitlines()[0] + '\n{"key":"a.txt","detector":"pii.email","fingerprint":"12"}\n'
    baseline.write_text(text)
    result = trawl.scan("--baseline", baseline, folder, status=2)
    assert f"{baseline}:{line}: expected" in result.err


def test_a_baseline_that_is_not_there_is_refused(trawl, folder, tmp_path):
    assert "no-such" in trawl.scan("--baseline", tmp_path / "no-such", folder, status=2).err


# ---- allow lists ----

def allow(trawl, folder, tmp_path, text, status=1):
    return trawl.scan("--allow", write(tmp_path / "allow.yaml", text), folder, status=status)


@pytest.mark.parametrize("text, left", [
    ("allow:\n- path: fixtures/*\n  reason: samples\n", [("a.txt", "fin.credit_card"), ("a.txt", "pii.email")]),
    ("allow:\n- path: '*'\n  detectors: pii.email\n", [("a.txt", "fin.credit_card")]),
    ("allow:\n- path: a.txt\n  detectors: [pii.email, fin.credit_card]\n", [("fixtures/b.txt", "pii.email")]),
    ("allow:\n- value: '@'\n", [("a.txt", "fin.credit_card")]),
    ("allow:\n- value: '@'\n  path: fixtures/*\n", [("a.txt", "fin.credit_card"), ("a.txt", "pii.email")]),
    ("allow: []\n", [("a.txt", "fin.credit_card"), ("a.txt", "pii.email"), ("fixtures/b.txt", "pii.email")]),
])
def test_an_allow_list_hides_what_its_entries_say(trawl, folder, tmp_path, text, left):
    report = allow(trawl, folder, tmp_path, text).json()
    assert found(report) == left
    assert sum(each["count"] for each in report["suppressed"]) == 3 - len(left)
    assert {each["reason"] for each in report["suppressed"]} <= {"allowed"}


def test_a_fingerprint_allows_its_value_wherever_it_is(trawl, folder, tmp_path):
    (folder / "c.txt").write_text(f"mail {email(1)}\n")
    report = trawl.scan(folder, status=1).json()
    fingerprint = next(each["fingerprint"] for each in report["findings"] if each["key"] == "c.txt")
    report = allow(trawl, folder, tmp_path, f"allow:\n- fingerprint: {fingerprint}\n").json()
    assert found(report) == [("a.txt", "fin.credit_card"), ("fixtures/b.txt", "pii.email")]


@pytest.mark.parametrize("text, place, words", [
    ("", "1:1", ["allow:"]),
    ("- path: a\n", "1:1", ["allow:"]),
    ("allow:\n- path: a\nallowed: []\n", "3:1", ["allow:"]),
    ("allow:\n- path: a\n- path: b\n  detector: pii.email\n", "4:3", ["'detector' is not known", "detectors"]),
    ("allow:\n- path: a\n  detectors: [pii.email, pii.emial]\n", "3:26", ["pii.emial", "trawl rules"]),
    ("allow:\n- reason: everything\n", "2:3", ["fingerprint", "value", "path"]),
    ("allow:\n- fingerprint: abc\n", "2:16", ["64 hex digits"]),
    ("allow:\n- value: 'a(b'\n", "2:10", ["character 4"]),
    ("allow:\n- path: a\n  path: b\n", "3:3", ["once"]),
    ("allow:\n- path: [a\n", "3:1", ["YAML"]),
    ("allow:\n- path: \"\u00e4\udcff\"\n", "2:11", ["YAML"]),
    ("allow: []\n---\nallow: []\n", "3:1", ["one document"]),
    ("fingerprint_key: '0000000000000000'\nallow: []\n", "1:18", ["another key"]),
])
def test_a_bad_entry_is_refused_with_its_place_and_what_was_expected(trawl, folder, tmp_path, text, place, words):
    err = allow(trawl, folder, tmp_path, text, status=2).err
    assert f"allow.yaml:{place}: " in err and "expected" in err and len(err.splitlines()) == 1
    assert all(word in err for word in words), err


def test_all_that_is_wrong_with_an_allow_list_is_told_at_once(trawl, folder, tmp_path):
    text = ("fingerprint_key: '0'\nallow:\n- fingerprint: abc\n  detectors: [pii.emial, pii.email, own.none]\n"
            "- value: 'a(b'\n  path: ''\n- reason: everything\n  paths: x\n- {path: a, path: b}\n- a\n")
    lines = allow(trawl, folder, tmp_path, text, status=2).err.splitlines()
    assert [line.split("allow.yaml:")[1].split(": ")[0] for line in lines] == [
        "1:18", "3:16", "4:15", "4:37", "5:10", "6:9", "8:3", "7:3", "9:13", "10:3"]
    lines = allow(trawl, folder, tmp_path, "allow:\n" + "- nothing: a\n" * 15, status=2).err.splitlines()
    assert len(lines) == 21 and lines[-1] == "and 10 more"


# ---- comments ----

COMMENTS = [
    ("mail {} # trawl:ignore\n", 0),
    ("mail {} // trawl:ignore=pii.email\n", 0),
    ("mail {} // trawl:ignore=fin.iban,pii.email sample\n", 0),
    ("mail {} // trawl:ignore=fin.iban\n", 1),
    ("mail {} // trawl:ignore=\n", 1),
    ("mail {} # trawl:ignored\n", 1),
    ("mail {} # xtrawl:ignore\n", 1),
    ("# trawl:ignore\nmail {}\n", 0),
    ("<!-- trawl:ignore -->\nmail {}\n", 0),
    ("x = 1 # trawl:ignore\nmail {}\n", 1),
    ("/* trawl:ignore */ x = 1;\nmail {}\n", 1),
    ("# trawl:ignore\n\nmail {}\n", 1),
    ("mail {}\n# trawl:ignore\n", 1),
    ("mail {}" + 70000 * " " + "# trawl:ignore\n", 1),
    (50000 * "some line\n" + "mail {} # trawl:ignore", 0),
]


def test_comments_hide_findings_of_their_line_on_request(trawl, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for i, (text, _) in enumerate(COMMENTS):
        (folder / f"{i:02}.txt").write_text(text.format(email(1)))
    report = trawl.scan("--inline-ignore", folder, status=1).json()
    left = {int(each["key"][:2]) for each in report["findings"]}
    assert left == {i for i, (_, left) in enumerate(COMMENTS) if left}
    assert suppressed(report) == [("inline", "pii.email", len(COMMENTS) - len(left))]


def test_comments_mean_nothing_unless_asked(trawl, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text(f"mail {email(1)} # trawl:ignore\n")
    assert suppressed(trawl.scan(tmp_path / "data", status=1).json()) == []


# ---- what was suppressed ----

def place(offset, length, line, column, **more):
    return {"offset": offset, "length": length, "line": line, "column": column, "member": None, **more}


def allowed_mail(job_id, key, number):
    where = place(5, len(email(number)), 1, 6, by="allow.yaml:2", why="our own")
    return {"job_id": job_id, "key": key, "detector": "pii.email", "reason": "allowed", "count": 1, "locations": [where]}


def test_what_was_suppressed_is_listed_place_by_place(any_trawl, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "allow.yaml", "allow:\n- value: '@'\n  reason: our own\n")
    report = any_trawl.scan("--allow", "allow.yaml", folder, status=1).json()
    job_id = report["jobs"][0]["job_id"]
    rows = [allowed_mail(job_id, "a.txt", 1), allowed_mail(job_id, "fixtures/b.txt", 2)]
    assert report["suppressions"] == rows

    def listed(*args):
        return any_trawl.run("findings", job_id, "--suppressed", *args, status=0).out
    assert json.loads(listed("--format", "json")) == rows
    assert [json.loads(line) for line in listed("--format", "jsonl", "--key", "a.txt").splitlines()] == rows[:1]
    assert json.loads(listed("--format", "json", "--reason", "baseline")) == []
    assert json.loads(listed("--format", "json", "--detector", "fin.credit_card")) == []
    length = len(email(1))
    assert listed("--format", "csv").splitlines() == [
        "key,detector,reason,count,place,offset,length,line,column,member,row,cell,column_name,path,rule,by,why",
        f"a.txt,pii.email,allowed,1,1,5,{length},1,6,,,,,,,allow.yaml:2,our own",
        f"fixtures/b.txt,pii.email,allowed,1,1,5,{length},1,6,,,,,,,allow.yaml:2,our own"]
    assert [line.split() for line in listed().splitlines()[1:]] == [
        ["allowed", "pii.email", "1", "a.txt"], ["1:6", "by:", "allow.yaml:2", "(our", "own)"],
        ["allowed", "pii.email", "1", "fixtures/b.txt"], ["1:6", "by:", "allow.yaml:2", "(our", "own)"]]


@pytest.mark.parametrize("args, words", [
    (["--suppressed", "--severity", "high"], ["--detector", "--key", "--reason"]),
    (["--reason", "inline"], ["--suppressed"]),
    (["--suppressed", "--reason", "allow"], ["test_value", "inline", "allowed", "baseline"]),
])
def test_a_filter_that_does_not_fit_what_was_suppressed_is_refused(trawl, folder, args, words):
    job_id = trawl.scan(folder, status=1).json()["jobs"][0]["job_id"]
    err = trawl.run("findings", job_id, *args, status=2).err
    assert all(word in err for word in words), err


def test_each_reason_says_what_suppressed_a_place_and_where_it_is(trawl, tmp_path):
    data, baseline, known = tmp_path / "data", tmp_path / "known.jsonl", tmp_path / "known"
    data.mkdir(), known.mkdir()
    (known / "people.json").write_text(json.dumps({"people": [{"mail": email(1)}]}))
    trawl.scan("--write-baseline", baseline, known, status=1)
    (data / "people.json").write_text(json.dumps({"people": [{"mail": email(1)}]}))
    (data / "table.csv").write_text("card number,note\n4111 1111 1111 1111,a\n4111-1111-1111-1111,b\n")
    (data / "code.py").write_text(f"# trawl:ignore\nmail = '{email(2)}'\n")
    report = trawl.scan("--baseline", baseline, "--inline-ignore", data, status=0).json()
    told = {each["key"]: (each["detector"], each["reason"], each["count"],
                          [{name: value for name, value in where.items() if name not in ("offset", "length", "member")}
                           for where in each["locations"]]) for each in report["suppressions"]}
    assert told == {
        "code.py": ("pii.email", "inline", 1, [{"line": 2, "column": 9, "by": "line 1"}]),
        "people.json": ("pii.email", "baseline", 1, [{"line": 1, "column": 23, "path": "$.people[0].mail", "by": f"{baseline}:2"}]),
        "table.csv": ("fin.credit_card", "test_value", 2, [
            {"line": 2, "column": 1, "row": 2, "cell": 1, "column_name": "card number", "by": "ignore"},
            {"line": 3, "column": 1, "row": 3, "cell": 1, "column_name": "card number", "by": "ignore"}]),
    }


def test_a_table_of_samples_is_one_row_with_an_exact_count(any_trawl, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "many.txt").write_text("card number: 4111 1111 1111 1111\n" * 50000)
    report = any_trawl.scan(tmp_path / "data", status=0).json()
    [row] = report["suppressions"]
    assert row["count"] == 50000 and [each["line"] for each in row["locations"]] == list(range(1, 16))
    assert "and 49985 more places" in any_trawl.run(
        "findings", report["jobs"][0]["job_id"], "--suppressed", status=0).out


def test_a_report_in_any_format_says_what_is_not_in_it(trawl, folder, tmp_path):
    (folder / "a.tmp").write_text("left out")
    (folder / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    allow = write(tmp_path / "allow.yaml", "allow:\n- path: fixtures/*\n")

    def scan(form):
        return trawl.run("scan", "--quiet", "--format", form, "--allow", allow, "--exclude", "*.tmp", folder, status=1)
    table = scan("table").out
    assert "2 findings, 1 places suppressed\n" in table and "excluded       1 objects, 8 bytes" in table
    assert f"trawl findings {trawl.job_ids()[0]} --suppressed" in table and "b.png" in table
    lines = [json.loads(line) for line in scan("jsonl").out.splitlines()]
    assert [each["type"] for each in lines] == ["finding", "finding", "unread", "excluded", "suppressed"]
    assert lines[3] | {"job_id": ""} == {"type": "excluded", "job_id": "", "reason": "excluded", "objects": 1, "bytes": 8}
    assert lines[4]["locations"][0]["by"] == f"{allow}:2"
    assert scan("csv").err.splitlines() == [
        "trawl: not read: b.png: unsupported_format: image/png", "trawl: left out by filters: excluded: 1 objects, 8 bytes",
        "trawl: suppressed: allowed: pii.email: 1 places in 1 objects"]


def test_what_was_suppressed_is_the_same_on_any_number_of_threads(any_trawl, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for i in range(40):
        (data / f"{i:02}.txt").write_text(f"card number: 4111 1111 1111 1111\nmail {email(i)} # trawl:ignore\n" * (i + 1))

    def told(*args):
        rows = any_trawl.scan("--inline-ignore", *args, data, status=0).json()["suppressions"]
        return [{name: value for name, value in each.items() if name != "job_id"} for each in rows]
    assert len(told("--threads", "1")) == 80
    assert told("--threads", "1") == told("--threads", "4")


def test_what_was_suppressed_is_counted_and_listed_over_http(any_trawl, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.txt").write_text(f"mail {email(1)} # trawl:ignore\nmail {email(2)} # trawl:ignore\nmail {email(3)}\n")
    (data / "b.txt").write_text(f"mail {email(1)}\n")
    allow_file = tmp_path / "allow.yaml"
    allow_file.write_text("allow:\n  - path: b.txt\n")
    server = Server(any_trawl, "--allow-files", data, "--allow", allow_file, "--inline-ignore")
    try:
        (data / "c.tmp").write_text("xy")
        job = server.start_job(bucket=data.as_uri(), options={"exclude": ["*.tmp"]})["job_id"]
        assert server.wait_job(job)["total_findings"] == 1
        answer = server.get(f"/jobs/{job}/suppressed")
        assert answer.status_code == 200
        assert answer.json() == {"job_id": job, "suppressed": [
            {"detector": "pii.email", "reason": "allowed", "count": 1, "objects": 1},
            {"detector": "pii.email", "reason": "inline", "count": 2, "objects": 1}]}
        assert server.get(f"/jobs/{job}/suppressed?limit=1").status_code == 400
        assert server.get(f"/jobs/{job}/excluded").json() == {
            "job_id": job, "excluded": [{"reason": "excluded", "objects": 1, "bytes": 2}]}
        assert server.get(f"/jobs/{job}/excluded?limit=1").status_code == 400
        assert server.get("/jobs/00000000-0000-4000-8000-000000000000/excluded").status_code == 404
        shown = any_trawl.run("jobs", "show", job, status=0).out
        assert "left out by filters: 1 objects, 2 bytes (excluded)" in shown and "suppressed: 3 places" in shown

        def listed(query):
            answer = server.get(f"/jobs/{job}/suppressions?{query}").json()
            return answer["suppressions"], answer["nextToken"]
        rows, token = listed("limit=1")
        length = len(email(1))
        assert rows == [{"job_id": job, "key": "a.txt", "detector": "pii.email", "reason": "inline", "count": 2, "locations": [
            place(5, length, 1, 6, by="line 1"), place(11 + length + len(" # trawl:ignore"), length, 2, 6, by="line 2")]}]
        assert listed(f"limit=1&nextToken={token}")[0][0]["key"] == "b.txt"
        assert listed(f"limit=1&nextToken={token}")[1] is None
        assert [each["key"] for each in listed("")[0]] == ["a.txt", "b.txt"]
        assert [each["key"] for each in listed("reason=allowed")[0]] == ["b.txt"]
        assert [each["key"] for each in listed("key=a.txt&detector=pii.email")[0]] == ["a.txt"]
        assert listed("detector=fin.credit_card") == ([], None)
        assert server.get(f"/jobs/{job}/suppressions?limit=2&nextToken={token}&reason=inline").status_code == 400
        assert server.get(f"/jobs/{job}/suppressions?reason=allow").status_code == 400
        assert server.get(f"/jobs/{job}/suppressions?severity=high").status_code == 400
        assert server.get("/jobs/00000000-0000-4000-8000-000000000000/suppressions").status_code == 404
        assert server.get("/jobs/00000000-0000-4000-8000-000000000000/suppressed").status_code == 404
    finally:
        assert server.stop() == 0

"""The command line: exit status, formats, what goes where, and errors that say what was expected."""
import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from conftest import FAKE_ENV, PROGRAM, card, email

FINDING_FIELDS = {"job_id", "bucket", "key", "detector", "category", "severity", "tier", "count", "masked", "fingerprint",
                  "locations", "compliance", "also"}


@pytest.fixture
def found(tmp_path):
    """A directory with two e-mail addresses and a card in it."""
    folder = tmp_path / "found"
    (folder / "sub dir").mkdir(parents=True)
    (folder / "a.txt").write_text(f"first\nmail {email(1)}\n")
    (folder / "sub dir" / "b,c.txt").write_text(f'"{email(2)}"\ncard number: {card(7)}\n')
    return folder


@pytest.fixture
def clean(tmp_path):
    folder = tmp_path / "clean"
    folder.mkdir()
    (folder / "a.txt").write_text("nothing to see here\n")
    return folder


def test_status_0_when_all_was_read_and_nothing_found(trawl, clean):
    report = trawl.scan(clean, status=0).json()
    assert report["findings"] == []


def test_status_0_for_an_empty_directory(trawl, tmp_path):
    (tmp_path / "empty").mkdir()
    assert trawl.scan(tmp_path / "empty", status=0).json()["findings"] == []


def test_status_1_when_something_was_found(trawl, found):
    report = trawl.scan(found, status=1).json()
    assert sorted({finding["key"] for finding in report["findings"]}) == ["a.txt", "sub dir/b,c.txt"]


def test_status_3_when_nothing_was_found_but_an_object_could_not_be_read(trawl, fake_s3):
    fake_s3.put("gone.txt", b"x" * 100)
    fake_s3.on_get = lambda request: request.error(404, "NoSuchKey")
    report = trawl.scan("--endpoint", fake_s3.endpoint, fake_s3.uri, env=FAKE_ENV, status=3).json()
    assert [(each["key"], each["error_code"]) for each in report["unread"]] == [("gone.txt", "not_found")]


def test_status_1_wins_over_3(trawl, fake_s3):
    fake_s3.put("a.txt", f"mail {email(1)}\n".encode())
    fake_s3.put("gone.txt", b"x" * 100)
    fake_s3.on_get = lambda request: request.error(404, "NoSuchKey") if request.key == "gone.txt" else request.serve()
    report = trawl.scan("--endpoint", fake_s3.endpoint, fake_s3.uri, env=FAKE_ENV, status=1).json()
    assert [each["key"] for each in report["unread"]] == ["gone.txt"]


@pytest.mark.parametrize("args, words", [
    ((), ["COMMAND"]),
    (("frobnicate",), ["frobnicate", "expected"]),
    (("scan",), ["expected", "s3://"]),
    (("scan", "--no-such-flag", "/tmp"), ["--no-such-flag"]),
    (("scan", "--format", "xml", "/tmp"), ["--format", "xml", "json"]),
    (("scan", "--concurrency", "many", "/tmp"), ["--concurrency", "many"]),
    (("scan", "--max-size", "12parsecs", "/tmp"), ["--max-size", "12parsecs"]),
    (("scan", "--addressing", "sideways", "s3://bucket-name"), ["--addressing", "sideways", "path"]),
    (("scan", "gopher://there"), ["gopher", "s3://"]),
    (("scan", "s3://"), ["s3://"]),
    (("scan", "/no/such/folder"), ["/no/such/folder"]),
    (("scan", "--resume", "not-a-uuid"), ["not-a-uuid"]),
    (("scan", "--resume", "00000000-0000-4000-8000-000000000000"), ["00000000-0000-4000-8000-000000000000"]),
    (("findings", "00000000-0000-4000-8000-000000000000"), ["00000000-0000-4000-8000-000000000000"]),
    (("findings",), ["JOB"]),
    (("scan", "--output", "/no/such/folder/report", "/tmp"), ["/no/such/folder/report"]),
])
def test_bad_usage_is_status_2_and_names_what_was_wrong(trawl, args, words):
    result = trawl.run(*args, status=2)
    assert result.out == ""
    for word in words:
        assert word in result.err
    if args and args[0] in ("scan", "findings"):
        assert len(result.err.splitlines()) == 1, result.err


@pytest.mark.parametrize("command", ["scan", "serve", "jobs", "findings", "rules"])
def test_every_command_has_help(trawl, command):
    result = trawl.run(command, "--help", status=0)
    assert command in result.out and "--" in result.out and result.err == ""


def test_help_and_version_of_the_program(trawl):
    assert "scan" in trawl.run("--help", status=0).out
    assert re.fullmatch(r"trawl \d+\.\d+\.\d+\n", trawl.run("--version", status=0).out)


def test_a_json_finding_has_all_its_fields(trawl, found):
    report = trawl.scan(found, status=1).json()
    for finding in report["findings"]:
        assert FINDING_FIELDS <= set(finding)
        assert finding["bucket"] == found.as_uri()
        assert re.fullmatch(r"[0-9a-f]{64}", finding["fingerprint"])
    mail = next(each for each in report["findings"] if each["key"] == "a.txt")
    place = mail["locations"][0]
    # "first\nmail person…": the address begins at byte 11, in line 2, column 6.
    assert (place["offset"], place["length"], place["line"], place["column"]) == (11, len(email(1)), 2, 6)


def test_all_formats_tell_the_same_findings(trawl, found):
    """One job, read back in each format."""
    job_id = trawl.scan(found, status=1).json()["findings"][0]["job_id"]

    def text(fmt):
        return trawl.run("findings", "--format", fmt, job_id, status=0).out

    def essence(finding):
        return (finding["key"], finding["detector"], finding["severity"], int(finding["count"]), finding["masked"],
                finding["fingerprint"])
    as_json = json.loads(text("json"))
    as_json = as_json if isinstance(as_json, list) else as_json["findings"]
    reference = sorted(map(essence, as_json))
    assert len(reference) == 3
    assert sorted(essence(json.loads(line)) for line in text("jsonl").splitlines()) == reference
    assert sorted(map(essence, csv.DictReader(io.StringIO(text("csv"), newline="")))) == reference
    table = text("table")
    for key, detector, _, _, masked, _ in reference:
        assert key in table and detector in table and masked in table


def test_a_row_of_csv_has_what_json_has_of_the_first_place(trawl, tmp_path):
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "=1+1.csv").write_text(f"name,e-mail\nx,{email(1)}\nx,{email(1)}\n")
    (folder / "b.json").write_text(json.dumps({"staff": [{"mail": email(2)}]}))
    report = trawl.run("scan", "--quiet", "--format", "csv", folder, status=1).out
    rows = list(csv.DictReader(io.StringIO(report, newline="")))
    found = {row["id"]: row for row in json.loads(trawl.run("findings", "--format", "json", rows[0]["job_id"], status=0).out)}
    assert len(rows) == len(found) == 2
    for row in rows:
        finding = found[row["id"]]
        place = finding["locations"][0]
        for name in ("offset", "length", "line", "column", "row", "cell", "column_name", "path", "rule"):
            assert row[name] == str(place.get(name, "")), name
        assert row["compliance"] == ",".join(finding["compliance"]) == "GDPR,CCPA"
        assert row["places"] == str(len(finding["locations"])) and row["also"] == " ".join(finding["also"])
        assert row["member"] == (place["member"] or "") and row["tier"] == finding["tier"]
    table, record = sorted(rows, key=lambda row: row["key"])
    # What a spreadsheet would run as a formula begins with an apostrophe.
    assert (table["key"], table["column_name"], table["places"]) == ("'=1+1.csv", "e-mail", "2")
    assert (record["path"], record["row"]) == ("$.staff[0].mail", "")


RULES_THAT_OVERLAP = """rules:
  - id: acme.badge
    name: Badge
    description: A badge of a company that is none.
    category: personal
    severity: low
    tier: high
    mask: all
    compliance: [ISO 27001, GDPR]
    engine: literal
    beats: [acme.number]
    pattern: 'EMP-[0-9]{6}'
    examples:
      match: ["EMP-123456"]
      no_match: ["EMP-1"]
  - id: acme.number
    name: Number
    description: What the badge holds.
    category: personal
    severity: low
    tier: high
    mask: all
    engine: literal
    pattern: 'EMP-[0-9]{3,6}'
    examples:
      match: ["EMP-123"]
      no_match: ["EMP-1"]
"""


def test_every_format_says_what_a_finding_beat_and_the_tags_of_its_rule(trawl, tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "acme.yaml").write_text(RULES_THAT_OVERLAP)
    folder = tmp_path / "staff"
    folder.mkdir()
    (folder / "a.txt").write_text("badge EMP-123456\nonly EMP-999\n")
    told = {fmt: trawl.run("scan", "--quiet", "--rules", tmp_path / "rules", "--format", fmt, folder, status=1).out
            for fmt in ("json", "jsonl", "csv", "table")}
    for findings in (json.loads(told["json"])["findings"], [json.loads(line) for line in told["jsonl"].splitlines()]):
        said = {finding["detector"]: (finding["compliance"], finding["also"]) for finding in findings}
        assert said == {"acme.badge": (["ISO 27001", "GDPR"], ["acme.number"]), "acme.number": ([], [])}
    rows = {row["detector"]: row for row in csv.DictReader(io.StringIO(told["csv"], newline=""))}
    assert (rows["acme.badge"]["compliance"], rows["acme.badge"]["also"]) == ("ISO 27001,GDPR", "acme.number")
    assert (rows["acme.number"]["compliance"], rows["acme.number"]["also"]) == ("", "")
    assert "a.txt:1:7  compliance: ISO 27001, GDPR  also: acme.number\n" in told["table"]
    assert "a.txt:2:6\n" in told["table"]
    # The tags outlive the rule: they are asked for without its file.
    job = rows["acme.badge"]["job_id"]
    tagged = trawl.run("findings", "--format", "json", "--compliance", "ISO 27001", job, status=0).out
    assert [finding["detector"] for finding in json.loads(tagged)] == ["acme.badge"]
    refused = trawl.run("findings", "--compliance", "GDPR,PCI", job, status=2)
    assert "one tag" in refused.err
    shown = trawl.run("rules", "show", "--rules", tmp_path / "rules", "acme.badge", status=0).out
    assert "compliance ISO 27001 GDPR\n" in shown


@pytest.mark.parametrize("fmt", ["table", "json", "jsonl", "csv"])
def test_a_scan_report_parses_in_every_format(trawl, found, fmt):
    result = trawl.run("scan", "--quiet", "--format", fmt, found, status=1)
    if fmt == "json":
        assert len(json.loads(result.out)["findings"]) == 3
    elif fmt == "jsonl":
        assert len([line for line in result.lines() if "fingerprint" in line]) == 3
    elif fmt == "csv":
        assert len(list(csv.DictReader(io.StringIO(result.out, newline="")))) == 3
    else:
        assert "completed" in result.out and "a.txt" in result.out
    assert result.err == ""


def test_output_goes_into_a_file_and_nothing_to_standard_output(trawl, found, tmp_path):
    target = tmp_path / "report.json"
    result = trawl.scan("--output", target, found, status=1)
    assert result.out == ""
    assert len(json.loads(target.read_text())["findings"]) == 3


def test_without_a_terminal_progress_is_plain_lines_and_quiet_is_silent(trawl, fake_s3):
    """The object arrives late, so that the scan lasts longer than the interval between lines."""
    fake_s3.put("slow.txt", b"nothing\n")
    fake_s3.on_get = lambda request: (fake_s3.closing.wait(7), request.serve())
    args = ("scan", "--endpoint", fake_s3.endpoint, fake_s3.uri)
    loud = trawl.run(*args, env=FAKE_ENV, status=0)
    assert re.search(r"^scanning: 0/1 objects", loud.err, re.M) and "\r" not in loud.err
    fake_s3.on_get = None
    assert trawl.run(*args, "--quiet", env=FAKE_ENV, status=0).err == ""


def test_on_a_terminal_progress_is_one_line_that_is_rewritten(trawl, fake_s3):
    for number in range(40):
        fake_s3.put(f"{number:02d}.txt", f"mail {email(number)}\n".encode())
    fake_s3.on_get = lambda request: (fake_s3.closing.wait(0.1), request.serve())
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    process = trawl.popen("scan", "--endpoint", fake_s3.endpoint, "--concurrency", 1, fake_s3.uri,
                          env={**FAKE_ENV, "TERM": "xterm"}, stderr=follower, stdout=subprocess.DEVNULL)
    os.close(follower)
    shown = b""
    try:
        while True:
            shown += os.read(leader, 4096)
    except OSError:
        pass  # the terminal is gone when the last writer is
    os.close(leader)
    assert process.wait(60) == 1
    assert shown.count(b"\r") > 3 and re.search(rb"\d+/40 objects", shown), shown
    # The last thing that happens to the line is that it is wiped.
    assert shown.rstrip().endswith(b"\x1b[K")


def test_include_and_exclude_globs_choose_keys_and_what_is_left_out_is_said(trawl, tmp_path):
    folder = tmp_path / "mixed"
    (folder / "logs").mkdir(parents=True)
    for name in ("logs/a.log", "logs/b.txt", "c.log", "d.csv"):
        (folder / name).write_text(f"mail {email(1)}\n")
    report = trawl.scan("--include", "*.log", "--include", "*.csv", "--exclude", "logs/*", folder, status=1).json()
    assert sorted({finding["key"] for finding in report["findings"]}) == ["c.log", "d.csv"]
    assert sum(row["objects"] for row in report["excluded"]) == 2


def test_objects_over_the_size_limit_are_left_out_and_said(trawl, tmp_path):
    folder = tmp_path / "sizes"
    folder.mkdir()
    (folder / "large.txt").write_text(f"mail {email(1)}\n" * 200)
    (folder / "small.txt").write_text(f"mail {email(2)}\n")
    report = trawl.scan("--max-size", "1K", folder, status=1).json()
    assert [finding["key"] for finding in report["findings"]] == ["small.txt"]
    assert [(row["objects"], row["bytes"]) for row in report["excluded"]] == [(1, (folder / "large.txt").stat().st_size)]
    assert report["jobs"][0]["total"] == 1


def test_several_uris_are_one_job_each(trawl, found, clean):
    report = trawl.scan(clean, found, status=1).json()
    assert len(report["jobs"]) == 2 and len(trawl.job_ids()) == 2


def test_jobs_lists_what_was_scanned_newest_first(trawl, found, clean):
    trawl.scan(found, status=1)
    trawl.scan(clean, status=0)
    listed = trawl.run("jobs", "--format", "json", status=0).json()
    listed = listed if isinstance(listed, list) else listed["jobs"]
    assert [job["bucket"] for job in listed] == [clean.as_uri(), found.as_uri()]
    assert {job["status"] for job in listed} == {"completed"}
    assert listed[1]["job_id"] in trawl.run("jobs", status=0).out


def test_rules_lists_thirty_detectors_or_more(trawl):
    rules = trawl.run("rules", "--format", "json", status=0).json()
    rules = rules if isinstance(rules, list) else rules["rules"]
    assert len(rules) >= 30
    assert {rule["category"] for rule in rules} == {"financial", "personal", "government", "health", "secret"}
    ids = [rule["id"] for rule in rules]
    assert len(ids) == len(set(ids))


def test_results_are_not_lost_silently_when_standard_output_is_full(trawl, found):
    with open("/dev/full", "wb") as full:
        process = trawl.popen("scan", "--quiet", "--format", "json", found, stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2 and err, err


def test_the_program_runs_from_any_directory(trawl, found, tmp_path):
    """Rules are found beside the program, not beside the user."""
    result = subprocess.run([str(PROGRAM), "scan", "--quiet", "--store", f"sqlite:{trawl.store}", "found"], cwd=tmp_path,
                            env=trawl.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    assert result.returncode == 1

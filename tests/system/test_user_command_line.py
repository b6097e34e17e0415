"""What somebody meets who uses the program for the first time: slips in options, places to write a report to."""
import csv
import io
import os
import stat
import threading

import pytest

from conftest import email


@pytest.fixture
def one_finding(tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "a.txt").write_text(f"contact: {email(1)}\n")
    return folder


@pytest.mark.parametrize("flag", [
    "--concurrency", "--threads", "--max-values", "--max-depth", "--max-ratio", "--max-object-seconds"])
@pytest.mark.parametrize("value", ["0", "-1"])
def test_a_number_below_one_is_refused_and_not_taken_for_the_default(trawl, one_finding, flag, value):
    result = trawl.run("scan", flag, value, one_finding, status=2)
    assert flag in result.err and "expected a number from 1" in result.err and result.err.count("\n") == 1


def test_jobs_of_an_unknown_status_are_refused(trawl, one_finding):
    trawl.scan(one_finding, status=1)
    result = trawl.run("jobs", "--status", "done", status=2)
    assert "--status 'done'" in result.err and "completed" in result.err


@pytest.mark.parametrize("args", [
    ["jobs"], ["findings", "00000000-0000-4000-8000-000000000000"], ["verify", "00000000-0000-4000-8000-000000000000"]])
def test_reading_a_store_that_is_not_there_is_an_error_and_makes_none(trawl, args):
    result = trawl.run(*args, status=2)
    assert str(trawl.store) in result.err and "--store" in result.err
    assert not trawl.store.exists()


def test_a_csv_of_no_jobs_still_has_its_heading(trawl, one_finding):
    trawl.scan(one_finding, status=1)
    rows = list(csv.reader(io.StringIO(trawl.run("jobs", "--format", "csv", "--status", "aborted", status=0).out)))
    assert [row[:2] for row in rows] == [["job_id", "bucket"]]


def test_a_report_goes_into_a_pipe_and_does_not_take_its_place(trawl, one_finding, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    trawl.scan("--output", pipe, one_finding, status=1)
    reader.join(timeout=30)
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert got and got[0].startswith(b"{")


def test_a_report_written_through_a_link_leaves_the_link(trawl, one_finding, tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to("real.json")
    trawl.scan("--output", link, one_finding, status=1)
    assert link.is_symlink() and real.read_text().startswith("{")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_directory_as_the_report_is_refused_before_the_scan(trawl, one_finding, tmp_path):
    result = trawl.scan("--output", tmp_path, one_finding, status=2)
    assert f"--output {tmp_path}" in result.err and "directory" in result.err
    assert trawl.job_ids() == []


def test_a_key_file_that_is_not_there_is_named_with_its_flag(trawl, tmp_path):
    result = trawl.run("serve", "--api-key-file", tmp_path / "none", status=2)
    assert f"--api-key-file {tmp_path / 'none'}" in result.err


def test_one_file_whose_name_is_no_text_can_be_scanned(trawl, tmp_path):
    name = os.fsencode(tmp_path) + b"/in\xff\xfe.txt"
    with open(name, "w") as file:
        file.write(f"contact: {email(1)}\n")
    (tmp_path / "in.txt").write_text(f"contact: {email(2)}\n")
    report = trawl.run("scan", "--quiet", "--format", "json", os.fsdecode(name), status=1).json()
    assert [finding["key"] for finding in report["findings"]] == ["in%FF%FE.txt"]


@pytest.mark.parametrize("flag", ["--include", "--exclude"])
def test_an_empty_pattern_is_refused(trawl, one_finding, flag):
    assert flag in trawl.run("scan", flag, "", one_finding, status=2).err


@pytest.mark.parametrize("command", ["jobs", "show", "findings", "verify", "rules"])
def test_a_list_that_cannot_be_written_is_an_error(trawl, one_finding, command):
    trawl.scan(one_finding, status=1)
    job = trawl.job_ids()[0]
    args = {"jobs": ["jobs"], "show": ["jobs", "show", job], "rules": ["rules"]}.get(command, [command, job])
    with open("/dev/full", "wb") as full:
        process = trawl.popen(*args, stdout=full)
        err = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 2 and "standard output" in err

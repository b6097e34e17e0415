"""`trawl executions`: the runs of the workflow, by date."""
import json


def test_a_scan_is_one_execution_that_is_found_by_date_and_status(trawl, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.txt").write_text("nothing\n")
    trawl.scan(folder, status=0)
    listed = json.loads(trawl.run("executions", "--format", "json", status=0).out)
    assert [run["status"] for run in listed] == ["SUCCEEDED"]
    assert listed[0]["stop_date"] >= listed[0]["start_date"]
    assert trawl.run("executions", "--format", "jsonl", "--status", "RUNNING", status=0).out == ""
    late = trawl.run("executions", "--format", "json", "--from", "2999-01-01T00:00:00Z", status=0)
    assert json.loads(late.out) == []


def test_a_time_or_status_that_is_none_is_named(trawl, tmp_path):
    (tmp_path / "data").mkdir()
    trawl.scan(tmp_path / "data", status=0)
    assert "--from" in trawl.run("executions", "--from", "yesterday", status=2).err
    assert "'DONE'" in trawl.run("executions", "--status", "DONE", status=2).err

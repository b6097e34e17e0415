"""`trawl workflow`: state machines checked, run in memory and drawn by the real program."""
import json
import pathlib
import subprocess
import time

import pytest

CASES = pathlib.Path(__file__).resolve().parent.parent / "cases" / "workflow"
SCANNER = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy" / "asl" / "s3-scanner.asl.json"


def workflow(trawl, *arguments, stdin=None):
    return subprocess.run([*trawl.command("workflow")[:1], "workflow", *map(str, arguments)], capture_output=True, text=True,
                          input=stdin, timeout=120, check=False, env=trawl.env)


def states_of(machine):
    for name, state in machine.get("States", {}).items():
        yield name, state
        for branch in state.get("Branches", []):
            yield from states_of(branch)
        for field in ("ItemProcessor", "Iterator"):
            yield from states_of(state.get(field, {}))


def function_of(state):
    if ":function:" in state["Resource"]:
        return state["Resource"].split(":function:")[1].split(":")[0]
    name = state.get("Parameters", {}).get("FunctionName", "")
    return name.split(":function:")[-1].split(":")[0]


def mock_of(case, definition):
    """The case's answers by state: "mock" as it is, or made of "tasks", which are by function. None: not all are known."""
    if "tasks" not in case:
        return case.get("mock", {})
    mock = {}
    for name, state in states_of(definition):
        if state.get("Type") != "Task":
            continue
        if function_of(state) not in case["tasks"]:
            return None
        is_invoke = state["Resource"].startswith("arn:aws:states:::")
        mock[name] = []
        for answer in case["tasks"][function_of(state)]:
            if "error" in answer:
                mock[name].append(answer)
            elif is_invoke:
                mock[name].append({"output": {"ExecutedVersion": "$LATEST", "Payload": answer["result"],
                                              "StatusCode": 200, "SdkHttpMetadata": {"HttpStatusCode": 200}}})
            else:
                mock[name].append({"output": answer["result"]})
    return mock


def load_cases():
    for path in sorted(CASES.glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            definition = case["definition"] if "definition" in case else {
                "StartAt": next(iter(case["states"])), "States": case["states"]}
            mock = {} if "refused" in case else mock_of(case, definition)
            if mock is not None:
                yield f"{path.stem}: {case['name']}", case, definition, mock


def test_all_cases_come_out_right_in_one_batch(trawl, tmp_path):
    cases = list(load_cases())
    batch = tmp_path / "batch.jsonl"
    batch.write_text("".join(json.dumps({"id": name, "definition": definition, "input": case.get("input", {}),
                                         "mock": mock}) + "\n" for name, case, definition, mock in cases),
                     encoding="utf-8")
    started = time.monotonic()
    done = workflow(trawl, "run", "--batch", batch)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - started < 60  # no wait is waited for
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["id"] for result in results] == [name for name, *_ in cases]
    for (name, case, *_), result in zip(cases, results):
        if "refused" in case:
            assert result["status"] == "INVALID" and result["error"] == "InvalidDefinition", name
            for piece in case["refused"]:
                assert piece in result["cause"], name
            continue
        for field in ("status", "output", "error", "cause"):
            if field in case:
                assert result[field] == case[field], f"{name}: {field}"


@pytest.fixture(name="machine")
def machine_file(tmp_path):
    path = tmp_path / "machine.json"
    path.write_text(json.dumps({
        "StartAt": "Wait", "States": {
            "Wait": {"Type": "Wait", "Seconds": 20, "Next": "Ask"},
            "Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "ResultPath": "$.answer",
                    "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 10}], "End": True}}}), encoding="utf-8")
    return path


def test_a_run_prints_one_object_and_waits_as_fast_as_it_is_told(trawl, machine, tmp_path):
    mock = tmp_path / "mock.json"
    mock.write_text('{"Ask": [{"error": "Busy"}, {"output": {"id": 7}}]}', encoding="utf-8")
    started = time.monotonic()
    done = workflow(trawl, "run", machine, "--input", '{"a": 1}', "--mock", f"@{mock}", "--speed", "60")
    took = time.monotonic() - started
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"status": "SUCCEEDED", "output": {"a": 1, "answer": {"id": 7}}, "error": None,
                                       "cause": None}
    assert 0.5 <= took < 10  # 30 seconds at 60 times the speed


def test_history_is_that_of_get_execution_history(trawl, machine):
    done = workflow(trawl, "run", machine, "--mock", '{"Ask": {"error": "E", "cause": "why"}}', "--speed", "0",
                    "--history")
    result = json.loads(done.stdout)
    assert done.returncode == 1
    assert (result["status"], result["error"], result["cause"]) == ("FAILED", "E", "why")
    events = result["events"]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [event["previousEventId"] for event in events] == [0, 0, 2, 3, 4, 5, 6, 7]
    assert events[0]["executionStartedEventDetails"]["input"] == "{}"
    assert events[2]["stateExitedEventDetails"] == {"name": "Wait", "output": "{}",
                                                    "outputDetails": {"truncated": False}}
    assert events[4]["taskScheduledEventDetails"]["resourceType"] == "sqs"
    assert events[6]["taskFailedEventDetails"] == {"resourceType": "sqs", "resource": "sendMessage", "error": "E",
                                                   "cause": "why"}
    assert events[2]["timestamp"] - events[1]["timestamp"] == pytest.approx(20)


def test_trace_prints_events_before_the_result(trawl, machine):
    done = workflow(trawl, "run", machine, "--mock", '{"Ask": {"output": 1}}', "--speed", "0", "--trace")
    *events, result = done.stdout.splitlines()
    assert json.loads(result)["status"] == "SUCCEEDED"
    assert len(events) == 9 and "WaitStateEntered" in events[1]


def test_a_task_without_a_mock_says_so(trawl, machine):
    result = json.loads(workflow(trawl, "run", machine, "--speed", "0").stdout)
    assert result["status"] == "FAILED" and "'Ask'" in result["cause"] and "no mocked result" in result["cause"]


def test_validate_lists_all_that_is_wrong_with_its_pointer(trawl, tmp_path):
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "X", "Foo": 1}}}', encoding="utf-8")
    done = workflow(trawl, "validate", SCANNER, wrong)
    assert done.returncode == 1
    assert f"{SCANNER}: valid" in done.stdout
    assert "MISSING_TRANSITION_TARGET: there is no state 'X' at /States/A/Next" in done.stdout
    assert "SCHEMA_VALIDATION_FAILED: Field is not supported at /States/A/Foo" in done.stdout
    assert workflow(trawl, "validate", tmp_path / "none.json").returncode == 2


def test_what_cannot_run_is_an_error(trawl, tmp_path, machine):
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{", encoding="utf-8")
    assert workflow(trawl, "run", wrong).returncode == 2
    assert workflow(trawl, "run", machine, "--input", "{").returncode == 2
    assert workflow(trawl, "run", machine, "--mock", '{"Ask": [1]}').returncode == 2
    assert workflow(trawl, "run").returncode == 2
    assert workflow(trawl, "draw").returncode == 2


def test_a_batch_takes_text_and_says_which_lines_it_cannot_run(trawl):
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    lines = [json.dumps({"id": 1, "definition": definition, "input": '{"a": 1}'}), "", "nonsense",
             json.dumps({"id": "x", "definition": {}})]
    done = workflow(trawl, "run", "--batch", "-", stdin="\n".join(lines) + "\n")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert results[0] == {"id": 1, "status": "SUCCEEDED", "output": {"a": 1}, "error": None, "cause": None}
    assert [result["status"] for result in results[1:]] == ["INVALID", "INVALID"]
    assert results[2]["id"] == "x"


def test_the_graph_is_mermaid(trawl):
    done = workflow(trawl, "graph", SCANNER)
    assert done.returncode == 0
    assert done.stdout.startswith("flowchart TD\n")
    for name in ("ProcessBatch", "CheckIfDone", "JobComplete", "HandleError", "JobFailed"):
        assert name in done.stdout
    assert done.stdout == workflow(trawl, "run", SCANNER, "--graph").stdout

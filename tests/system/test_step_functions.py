"""The Step Functions API of `trawl serve`, with boto3 and the AWS command line as clients."""
import json
import os
import subprocess

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from ceph import wait_until
from conftest import FAKE_ENV, Server

ROLE = "arn:aws:iam::000000000000:role/any"
REGION = "us-east-1"
ARN = f"arn:aws:states:{REGION}:000000000000"
SCANNER = f"{ARN}:stateMachine:s3-scanner"
SECRET = "s" * 40  # made up; nobody's

WALK = {
    "StartAt": "Begin",
    "States": {
        "Begin": {"Type": "Pass", "Result": {"n": 7}, "ResultPath": "$.made", "Next": "Choose"},
        "Choose": {"Type": "Choice", "Default": "Never", "Choices": [
            {"Variable": "$.made.n", "NumericGreaterThan": 5, "Next": "Rest"}]},
        "Never": {"Type": "Fail", "Error": "Wrong"},
        "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Both"},
        "Both": {"Type": "Parallel", "End": True, "Branches": [
            {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "Result": "left", "End": True}}},
            {"StartAt": "Right", "States": {"Right": {"Type": "Pass", "Result": "right", "End": True}}}]},
    },
}
WALK_TYPES = ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ChoiceStateEntered", "ChoiceStateExited",
              "WaitStateEntered", "WaitStateExited", "ParallelStateEntered", "ParallelStateStarted"]
WALK_LAST_TYPES = ["ParallelStateSucceeded", "ParallelStateExited", "ExecutionSucceeded"]
LONG = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 3000, "End": True}}}
NO_STATES = '{"StartAt":"A"}'
BRIEF = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}


def connect(server, key_id="anybody", secret=SECRET):
    return boto3.client("stepfunctions", endpoint_url=server.url, region_name=REGION, aws_access_key_id=key_id,
                        aws_secret_access_key=secret, verify=False,
                        config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False))


def post(server, target, body, **headers):
    sent = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0", **headers}
    return server.request("POST", "/", data=body, headers=sent)


def describe(server, arn):
    """With the members that the SDK of Debian 12 does not know yet."""
    return post(server, "AWSStepFunctions.DescribeExecution", json.dumps({"executionArn": arn})).json()


def make_machine(states, name, definition):
    return states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]


def wait_ended(states, arn):
    def ended():
        told = states.describe_execution(executionArn=arn)
        return told if told["status"] != "RUNNING" else None
    return wait_until(ended, 30, f"{arn} has ended")


def refusal(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    return answer["Error"]["Code"], answer["Error"]["Message"]


def test_a_machine_of_ones_own_runs_to_its_end_and_tells_its_history(any_server):
    states = connect(any_server)
    machine = make_machine(states, "walk", WALK)
    assert machine == f"{ARN}:stateMachine:walk"
    started = states.start_execution(stateMachineArn=machine, name="one", input='{ "a": 1 }')
    assert started["executionArn"] == f"{ARN}:execution:walk:one"
    redrive = describe(any_server, started["executionArn"])
    assert (redrive["redriveStatus"], redrive["redriveCount"]) == ("NOT_REDRIVABLE", 0)
    assert redrive["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven"

    told = wait_ended(states, started["executionArn"])
    assert told["status"] == "SUCCEEDED"
    assert json.loads(told["output"]) == ["left", "right"]
    assert told["input"] == '{ "a": 1 }' and told["inputDetails"] == {"included": True}
    assert told["startDate"] == started["startDate"] <= told["stopDate"]
    assert told["startDate"].microsecond % 1000 == 0
    redrive = describe(any_server, started["executionArn"])
    assert redrive["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"

    events = states.get_execution_history(executionArn=started["executionArn"], maxResults=1000)["events"]
    types = [event["type"] for event in events]
    assert types[:len(WALK_TYPES)] == WALK_TYPES and types[-3:] == WALK_LAST_TYPES
    assert sorted(types[9:-3]) == ["PassStateEntered"] * 2 + ["PassStateExited"] * 2
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["previousEventId"] == events[1]["previousEventId"] == 0
    assert events[0]["executionStartedEventDetails"]["inputDetails"] == {"truncated": False}
    assert events[-1]["executionSucceededEventDetails"]["output"] == told["output"]

    of_it = states.describe_state_machine_for_execution(executionArn=started["executionArn"])
    assert json.loads(of_it["definition"]) == WALK and of_it["name"] == "walk"


def test_histories_come_in_pages_and_backwards(any_server):
    states = connect(any_server)
    arn = states.start_execution(stateMachineArn=make_machine(states, "walk", WALK))["executionArn"]
    wait_ended(states, arn)
    whole = states.get_execution_history(executionArn=arn)["events"]
    for is_backwards in (False, True):
        pages = states.get_paginator("get_execution_history").paginate(
            executionArn=arn, reverseOrder=is_backwards, PaginationConfig={"PageSize": 4})
        paged = [page["events"] for page in pages]
        assert [len(page) for page in paged[:-1]] == [4] * (len(paged) - 1)
        assert sum(paged, []) == (whole[::-1] if is_backwards else whole)
    first = states.get_execution_history(executionArn=arn, maxResults=2)
    assert refusal(states.get_execution_history, executionArn=arn, reverseOrder=True,
                   nextToken=first["nextToken"])[0] == "InvalidToken"
    bare = states.get_execution_history(executionArn=arn, includeExecutionData=False)["events"]
    assert "input" not in bare[1]["stateEnteredEventDetails"] and bare[1]["stateEnteredEventDetails"]["name"] == "Begin"


def test_starting_twice_is_once_while_it_runs(any_server):
    states = connect(any_server)
    machine = make_machine(states, "long", LONG)
    first = states.start_execution(stateMachineArn=machine, name="same", input='{"a":1}')
    again = states.start_execution(stateMachineArn=machine, name="same", input='{"a":1}')
    assert (first["executionArn"], first["startDate"]) == (again["executionArn"], again["startDate"])
    taken = ("ExecutionAlreadyExists", f"Execution Already Exists: '{first['executionArn']}'")
    assert refusal(states.start_execution, stateMachineArn=machine, name="same", input='{"a":2}') == taken

    stopped = states.stop_execution(executionArn=first["executionArn"], error="Enough", cause="tested")
    told = states.describe_execution(executionArn=first["executionArn"])
    assert (told["status"], told["error"], told["cause"]) == ("ABORTED", "Enough", "tested")
    assert told["stopDate"] == stopped["stopDate"]
    assert states.stop_execution(executionArn=first["executionArn"])["stopDate"] == stopped["stopDate"]
    last = states.get_execution_history(executionArn=first["executionArn"], reverseOrder=True)["events"][0]
    assert (last["type"], last["previousEventId"]) == ("ExecutionAborted", 0)
    assert last["executionAbortedEventDetails"] == {"error": "Enough", "cause": "tested"}
    assert refusal(states.start_execution, stateMachineArn=machine, name="same", input='{"a":1}') == taken


def test_executions_are_listed_newest_first_in_pages(any_server):
    states = connect(any_server)
    brief, other = make_machine(states, "brief", BRIEF), make_machine(states, "long", LONG)
    arns = [states.start_execution(stateMachineArn=brief, name=f"n{i}")["executionArn"] for i in range(7)]
    waiting = states.start_execution(stateMachineArn=other)["executionArn"]
    for arn in arns:
        wait_ended(states, arn)
    pages = states.get_paginator("list_executions").paginate(
        stateMachineArn=brief, statusFilter="SUCCEEDED", PaginationConfig={"PageSize": 3})
    paged = [page["executions"] for page in pages]
    assert [len(page) for page in paged] == [3, 3, 1]
    listed = sum(paged, [])
    assert sorted(item["executionArn"] for item in listed) == sorted(arns)
    starts = [item["startDate"] for item in listed]
    assert starts == sorted(starts, reverse=True)
    assert all(item["stopDate"] >= item["startDate"] and item["status"] == "SUCCEEDED" for item in listed)
    assert states.list_executions(stateMachineArn=brief, statusFilter="RUNNING")["executions"] == []
    running = states.list_executions(stateMachineArn=other)["executions"]
    assert [item["executionArn"] for item in running] == [waiting] and "stopDate" not in running[0]
    token = states.list_executions(stateMachineArn=brief, maxResults=1)["nextToken"]
    assert refusal(states.list_executions, stateMachineArn=other, nextToken=token) == (
        "InvalidToken", "Invalid Token: 'Invalid token'")


def test_an_execution_shows_the_role_that_its_machine_had_at_the_start(any_server):
    states = connect(any_server)
    arn = make_machine(states, "roles", {"StartAt": "Show", "States": {
        "Show": {"Type": "Pass", "Parameters": {"role.$": "$$.Execution.RoleArn"}, "Next": "Rest"},
        "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Again"},
        "Again": {"Type": "Pass", "Parameters": {"first.$": "$.role", "role.$": "$$.Execution.RoleArn"}, "End": True}}})
    execution = states.start_execution(stateMachineArn=arn, name="one")["executionArn"]
    states.update_state_machine(stateMachineArn=arn, roleArn=ROLE + "-later")
    assert json.loads(wait_ended(states, execution)["output"]) == {"first": ROLE, "role": ROLE}
    first = states.get_execution_history(executionArn=execution)["events"][0]
    assert first["executionStartedEventDetails"]["roleArn"] == ROLE
    assert states.describe_state_machine_for_execution(executionArn=execution)["roleArn"] == ROLE
    later = states.start_execution(stateMachineArn=arn, name="two")["executionArn"]
    assert json.loads(wait_ended(states, later)["output"])["role"] == ROLE + "-later"


def test_machines_are_created_changed_tagged_and_deleted(any_server):
    states = connect(any_server)
    text = json.dumps(BRIEF)
    made = states.create_state_machine(name="mine", definition=text, roleArn=ROLE, tags=[{"key": "a", "value": "1"}])
    again = states.create_state_machine(name="mine", definition=text, roleArn=ROLE)
    arn = made["stateMachineArn"]
    assert (again["stateMachineArn"], again["creationDate"]) == (arn, made["creationDate"])
    exists = ("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
    assert refusal(states.create_state_machine, name="mine", definition=json.dumps(LONG), roleArn=ROLE) == exists
    assert refusal(states.create_state_machine, name="mine", definition=text, roleArn=ROLE + "2") == exists

    told = states.describe_state_machine(stateMachineArn=arn)
    assert (told["definition"], told["roleArn"], told["type"], told["status"]) == (text, ROLE, "STANDARD", "ACTIVE")
    assert told["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert told["tracingConfiguration"] == {"enabled": False}
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(LONG))
    changed = states.describe_state_machine(stateMachineArn=arn)
    assert json.loads(changed["definition"]) == LONG and changed["roleArn"] == ROLE
    assert changed["creationDate"] == told["creationDate"]
    assert refusal(states.update_state_machine, stateMachineArn=arn)[0] == "MissingRequiredParameter"

    states.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}, {"key": "a", "value": "3"}])
    tags = states.list_tags_for_resource(resourceArn=arn)["tags"]
    assert {tag["key"]: tag["value"] for tag in tags} == {"a": "3", "b": "2"}
    states.untag_resource(resourceArn=arn, tagKeys=["a", "z"])
    assert states.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    assert refusal(states.tag_resource, resourceArn=arn, tags=[{"key": "aws:x", "value": ""}])[0] == "ValidationException"
    many = [{"key": f"k{i}", "value": ""} for i in range(50)]
    assert refusal(states.tag_resource, resourceArn=arn, tags=many)[0] == "TooManyTags"

    names = [machine["name"] for page in states.get_paginator("list_state_machines").paginate(
        PaginationConfig={"PageSize": 1}) for machine in page["stateMachines"]]
    assert names == ["s3-scanner", "mine"]
    running = states.start_execution(stateMachineArn=arn)["executionArn"]
    states.delete_state_machine(stateMachineArn=arn)
    states.delete_state_machine(stateMachineArn=arn)
    gone = ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    assert refusal(states.describe_state_machine, stateMachineArn=arn) == gone
    assert refusal(states.start_execution, stateMachineArn=arn) == gone
    assert states.describe_execution(executionArn=running)["status"] == "RUNNING"


def test_the_scanners_machine_is_a_machine_like_others_but_stays_as_it_is(any_trawl, tmp_path):
    server = Server(any_trawl, "--allow-files", str(tmp_path))
    try:
        states = connect(server)
        with open(os.path.join(os.path.dirname(__file__), "../../deploy/asl/s3-scanner.asl.json"),
                  encoding="utf-8") as file:
            assert states.describe_state_machine(stateMachineArn=SCANNER)["definition"] == file.read()
        assert refusal(states.delete_state_machine, stateMachineArn=SCANNER)[0] == "AccessDeniedException"
        assert refusal(states.update_state_machine, stateMachineArn=SCANNER,
                       definition=json.dumps(BRIEF))[0] == "AccessDeniedException"
        folder = tmp_path / "objects"
        folder.mkdir()
        (folder / "a.txt").write_text("nothing")
        job = server.start_job(bucket=f"file://{folder}")
        arn = job["execution_arn"]
        told = wait_ended(states, arn)
        assert told["status"] == "SUCCEEDED" and told["stateMachineArn"] == SCANNER
        assert [item["executionArn"] for item in states.list_executions(stateMachineArn=SCANNER)["executions"]] == [arn]
    finally:
        assert server.stop() == 0


def test_stopping_the_scanners_execution_aborts_its_job(any_trawl, fake_s3):
    fake_s3.put("key", b"nothing")
    fake_s3.on_list = lambda request: request.error(503, "SlowDown")
    server = Server(any_trawl, "--endpoint", fake_s3.endpoint, env=FAKE_ENV)
    try:
        states = connect(server)
        job = server.start_job(bucket="fake")
        arn = job["execution_arn"]
        states.stop_execution(executionArn=arn, error="Enough", cause="tested")
        told = server.get(f"/jobs/{job['job_id']}?real_time=true").json()
        assert told["step_function_status"] == "ABORTED" and told["status"] not in ("listing", "processing"), told
        assert states.describe_execution(executionArn=arn)["status"] == "ABORTED"
        any_trawl.assert_invariants(job["job_id"])
    finally:
        assert server.stop() == 0


def test_errors_are_those_of_the_api(server):
    states = connect(server)
    machine = make_machine(states, "brief", BRIEF)
    nobody = f"{ARN}:stateMachine:nobody"
    none = f"{ARN}:execution:brief:none"
    table = [
        (states.start_execution, {"stateMachineArn": nobody}, "StateMachineDoesNotExist",
         f"State Machine Does Not Exist: '{nobody}'"),
        (states.list_executions, {"stateMachineArn": nobody}, "StateMachineDoesNotExist",
         f"State Machine Does Not Exist: '{nobody}'"),
        (states.start_execution, {"stateMachineArn": machine, "input": ""}, "InvalidExecutionInput",
         "Invalid State Machine Execution Input: 'Invalid execution input.'"),
        (states.start_execution, {"stateMachineArn": machine, "input": "{"}, "InvalidExecutionInput", None),
        (states.start_execution, {"stateMachineArn": machine, "name": "a b"}, "InvalidName", "Invalid Name: 'a b'"),
        (states.start_execution, {"stateMachineArn": machine, "name": "n" * 81}, "ValidationException", None),
        (states.describe_execution, {"executionArn": none}, "ExecutionDoesNotExist",
         f"Execution Does Not Exist: '{none}'"),
        (states.stop_execution, {"executionArn": none}, "ExecutionDoesNotExist", None),
        (states.get_execution_history, {"executionArn": none}, "ExecutionDoesNotExist", None),
        (states.describe_execution, {"executionArn": "nonsense"}, "InvalidArn", None),
        (states.describe_execution, {"executionArn": f"{ARN}:express:a:b:c"}, "InvalidArn",
         "Invalid Arn: 'Resource type not valid in this context: express'"),
        (states.list_executions, {"stateMachineArn": machine, "maxResults": 1001}, "ValidationException",
         "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have "
         "value less than or equal to 1000"),
        (states.list_executions, {"stateMachineArn": machine, "statusFilter": "succeeded"}, "ValidationException",
         "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must "
         "satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"),
        (states.list_executions, {"stateMachineArn": machine, "nextToken": "x"}, "InvalidToken", None),
        (states.create_state_machine, {"name": "a", "definition": NO_STATES, "roleArn": ROLE},
         "InvalidDefinition",
         "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"),
        (states.create_state_machine, {"name": "a", "definition": "{", "roleArn": ROLE}, "InvalidDefinition", None),
        (states.create_state_machine, {"name": "a/b", "definition": json.dumps(BRIEF), "roleArn": ROLE}, "InvalidName",
         "Invalid Name: 'a/b'"),
        (states.create_state_machine, {"name": "a", "definition": json.dumps(BRIEF), "roleArn": "role"}, "InvalidArn",
         None),
        (states.list_tags_for_resource, {"resourceArn": nobody}, "ResourceNotFound", None),
        (states.start_sync_execution, {"stateMachineArn": machine}, "UnsupportedOperationException", None),
    ]
    for call, arguments, code, message in table:
        got = refusal(call, **arguments)
        assert got[0] == code and (message is None or got[1] == message), (arguments, got)
    for scalar in ("2", '"text"', "null"):
        arn = states.start_execution(stateMachineArn=machine, input=scalar)["executionArn"]
        assert wait_ended(states, arn)["output"] == scalar


def test_a_definition_can_be_checked_without_a_machine(server):
    def check(definition):
        return post(server, "AWSStepFunctions.ValidateStateMachineDefinition",
                    json.dumps({"definition": definition})).json()

    assert check(json.dumps(WALK)) == {"result": "OK", "diagnostics": [], "truncated": False}
    bad = check(NO_STATES)
    assert bad["result"] == "FAIL"
    assert bad["diagnostics"][0] == {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "location": "/",
                                     "message": "These fields are required: [States]"}
    jsonata = check(json.dumps({**BRIEF, "QueryLanguage": "JSONata"}))
    assert (jsonata["result"], jsonata["diagnostics"][0]["location"]) == ("FAIL", "/QueryLanguage")
    assert check("{")["diagnostics"][0]["code"] == "INVALID_JSON_DESCRIPTION"
    assert check("")["diagnostics"] == [{"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED",
                                         "message": "Definition must be a valid JSON object"}]


def test_the_protocol_is_kept_also_where_it_refuses(server):
    table = [
        ("AWSStepFunctions.Nothing", "{}", {}, "UnknownOperationException"),
        ("DynamoDB_20120810.ListTables", "{}", {}, "UnknownOperationException"),
        ("AWSStepFunctions.ListStateMachines", "[]", {}, "SerializationException"),
        ("AWSStepFunctions.ListStateMachines", "", {}, "SerializationException"),
        ("AWSStepFunctions.ListStateMachines", '{"maxResults":"1"}', {}, "SerializationException"),
        ("AWSStepFunctions.DescribeExecution", "{}", {}, "ValidationException"),
        ("AWSStepFunctions.ListStateMachines", "{}", {"Content-Type": "text/plain"}, "UnsupportedMediaTypeException"),
        ("AWSStepFunctions.ListStateMachines", "{}", {"Origin": "http://example.com"}, "AccessDeniedException"),
        ("AWSStepFunctions.ListStateMachines", "{}", {"Host": "example.com"}, "AccessDeniedException"),
    ]
    for target, body, headers, code in table:
        answer = post(server, target, body, **headers)
        assert (answer.status_code, answer.json()["__type"]) == (400, code), (target, answer.text)
        assert answer.headers["Content-Type"] == "application/x-amz-json-1.0"
        assert isinstance(answer.json()["message"], str) and answer.headers["x-amzn-RequestId"]
    answer = post(server, "AWSStepFunctions.ListStateMachines", "{}").json()
    assert isinstance(answer["stateMachines"][0]["creationDate"], float)


def test_without_the_key_nobody_gets_in(serve, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("k" * 20 + "\n")
    keys.chmod(0o600)
    server = serve("--api-key-file", str(keys))
    for states in (connect(server), connect(server, "k" * 20, "k" * 20)):
        assert refusal(states.list_state_machines)[0] == "UnrecognizedClientException"
    sent = {"X-Amz-Target": "AWSStepFunctions.ListStateMachines", "Content-Type": "application/x-amz-json-1.0"}
    with_key = requests.post(server.url + "/", data="{}", headers={**sent, "x-api-key": "k" * 20}, timeout=60)
    assert with_key.status_code == 200


def aws(server, *args):
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env.update(AWS_ACCESS_KEY_ID="anybody", AWS_SECRET_ACCESS_KEY=SECRET, AWS_DEFAULT_REGION=REGION,
               AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    done = subprocess.run(["/usr/bin/aws", "--endpoint-url", server.url, "--output", "json", "stepfunctions", *args],
                          env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


@pytest.mark.skipif(not os.path.exists("/usr/bin/aws"), reason="the AWS command line is not installed")
def test_the_aws_command_line_is_a_client(server):
    machine = aws(server, "create-state-machine", "--name", "cli", "--definition", json.dumps(BRIEF),
                  "--role-arn", ROLE)["stateMachineArn"]
    arn = aws(server, "start-execution", "--state-machine-arn", machine, "--input", "{}")["executionArn"]
    wait_ended(connect(server), arn)
    assert aws(server, "describe-execution", "--execution-arn", arn)["status"] == "SUCCEEDED"
    listed = aws(server, "list-executions", "--state-machine-arn", machine, "--status-filter", "SUCCEEDED")
    assert [item["executionArn"] for item in listed["executions"]] == [arn]
    history = aws(server, "get-execution-history", "--execution-arn", arn, "--reverse-order", "--max-items", "1")
    assert history["events"][0]["type"] == "ExecutionSucceeded"

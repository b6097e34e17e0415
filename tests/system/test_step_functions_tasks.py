"""Activities and task tokens of the Step Functions API of `trawl serve`: boto3 as a worker of a state machine."""
import json
import os
import signal
import threading

import pytest
import requests
from botocore.exceptions import BotoCoreError

from ceph import wait_until
from conftest import FAKE_ENV, Server
from test_step_functions import ARN, aws, connect, describe, make_machine, post, refusal, wait_ended

OVER = ("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
UNKNOWN = ("InvalidToken", "Invalid Token: 'Invalid token'")


def work(activity, **fields):
    return {"Type": "Task", "Resource": activity, "End": True, **fields}


def start(states, name, definition, data=None):
    machine = make_machine(states, name, definition)
    return states.start_execution(stateMachineArn=machine, input=json.dumps(data or {}))["executionArn"]


def types_of(states, arn):
    events = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    return [event["type"] for event in events]


def count_sockets(server):
    folder = f"/proc/{server.process.pid}/fd"
    return sum(os.readlink(f"{folder}/{fd}").startswith("socket:") for fd in os.listdir(folder))


def worker(server, activity, handle, name="worker"):
    """Does one task."""
    def run():
        states = connect(server)
        while True:
            task = states.get_activity_task(activityArn=activity, workerName=name)
            if task.get("taskToken"):
                handle(states, task["taskToken"], json.loads(task["input"]))
                return
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_a_worker_in_boto3_does_the_tasks_of_an_activity(any_server):
    states = connect(any_server)
    activity = states.create_activity(name="add", tags=[{"key": "a", "value": "1"}])["activityArn"]
    assert activity == f"{ARN}:activity:add"
    done = worker(any_server, activity,
                  lambda own, token, data: own.send_task_success(taskToken=token, output=json.dumps(data["n"] + 1)))
    arn = start(states, "adding", {"StartAt": "Add", "States": {
        "Add": work(activity, Parameters={"n.$": "$.n"}, ResultPath="$.sum")}}, {"n": 41})
    told = wait_ended(states, arn)
    done.join(30)
    assert json.loads(told["output"]) == {"n": 41, "sum": 42}
    events = states.get_execution_history(executionArn=arn)["events"]
    assert [event["type"] for event in events] == [
        "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded",
        "TaskStateExited", "ExecutionSucceeded"]
    assert events[2]["activityScheduledEventDetails"]["resource"] == activity
    assert json.loads(events[2]["activityScheduledEventDetails"]["input"]) == {"n": 41}
    assert events[3]["activityStartedEventDetails"] == {"workerName": "worker"}
    assert events[4]["activitySucceededEventDetails"]["output"] == "42"


def test_workers_share_a_map_and_each_task_is_done_once(any_server):
    states = connect(any_server)
    activity = states.create_activity(name="square")["activityArn"]
    count, seen, is_over = 30, [], threading.Event()

    def run(name):
        own = connect(any_server)
        while not is_over.is_set():
            try:
                task = own.get_activity_task(activityArn=activity, workerName=name)
            except BotoCoreError:  # the server stopped
                return
            if task.get("taskToken"):
                number = json.loads(task["input"])
                seen.append(number)
                own.send_task_success(taskToken=task["taskToken"], output=json.dumps(number * number))
                if len(seen) == count:
                    is_over.set()
    threads = [threading.Thread(target=run, args=(f"w{i}",), daemon=True) for i in range(4)]
    for thread in threads:
        thread.start()
    arn = start(states, "squares", {"StartAt": "All", "States": {"All": {
        "Type": "Map", "End": True, "ItemsPath": "$.items", "ItemProcessor": {
            "StartAt": "One", "States": {"One": work(activity)}}}}}, {"items": list(range(count))})
    told = wait_ended(states, arn)
    assert json.loads(told["output"]) == [number * number for number in range(count)]
    assert sorted(seen) == list(range(count))
    types = types_of(states, arn)
    assert types.count("ActivityStarted") == types.count("ActivitySucceeded") == count


def test_failures_and_time_outs_are_errors_of_the_task(server):
    states = connect(server)
    activity = states.create_activity(name="work")["activityArn"]
    caught = {"ErrorEquals": ["Broken"], "ResultPath": "$.error", "Next": "Late"}
    arn = start(states, "failing", {"StartAt": "Bad", "States": {
        "Bad": work(activity, Catch=[caught]),
        "Late": work(activity, HeartbeatSeconds=1, Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "Later"}]),
        "Later": work(activity, TimeoutSeconds=1)}})
    task = states.get_activity_task(activityArn=activity)
    states.send_task_failure(taskToken=task["taskToken"], error="Broken", cause="by hand")
    assert refusal(states.send_task_success, taskToken=task["taskToken"], output="1") == OVER

    task = states.get_activity_task(activityArn=activity)
    assert json.loads(task["input"])["error"] == {"Error": "Broken", "Cause": "by hand"}
    states.send_task_heartbeat(taskToken=task["taskToken"])
    last = states.get_activity_task(activityArn=activity)
    assert refusal(states.send_task_heartbeat, taskToken=task["taskToken"]) == OVER
    told = wait_ended(states, arn)
    assert (told["status"], told["error"]) == ("FAILED", "States.Timeout")
    assert refusal(states.send_task_success, taskToken=last["taskToken"], output="1") == OVER
    assert types_of(states, arn) == [
        "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivityFailed",
        "TaskStateExited", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivityTimedOut",
        "TaskStateExited", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivityTimedOut",
        "ExecutionFailed"]


def test_tokens_of_a_stopped_execution_are_dead(server):
    states = connect(server)
    activity = states.create_activity(name="work")["activityArn"]
    arn = start(states, "stopped", {"StartAt": "A", "States": {"A": work(activity)}})
    token = states.get_activity_task(activityArn=activity)["taskToken"]
    states.stop_execution(executionArn=arn)
    for call, more in ((states.send_task_success, {"output": "1"}), (states.send_task_failure, {}),
                       (states.send_task_heartbeat, {})):
        assert refusal(call, taskToken=token, **more) == OVER
        assert refusal(call, taskToken="nonsense", **more) == UNKNOWN


def test_a_killed_server_forgets_no_task(any_trawl):
    server = Server(any_trawl)
    states = connect(server)
    activity = states.create_activity(name="work")["activityArn"]
    both = {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": True, "Branches": [
        {"StartAt": name, "States": {name: work(activity, Parameters=name)}} for name in "AB"]}}}
    arn = start(states, "both", both)
    first = states.get_activity_task(activityArn=activity, workerName="before")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server = Server(any_trawl)
    try:
        states = connect(server)
        second = states.get_activity_task(activityArn=activity, workerName="after")
        assert {json.loads(task["input"]) for task in (first, second)} == {"A", "B"}
        for task in (first, second):
            states.send_task_success(taskToken=task["taskToken"], output=task["input"])
        assert json.loads(wait_ended(states, arn)["output"]) == ["A", "B"]
        assert types_of(states, arn).count("ActivityStarted") == 2
    finally:
        assert server.stop() == 0


def test_many_workers_wait_at_once_and_hold_up_nobody(serve):
    server = serve()
    states = connect(server)
    activity = states.create_activity(name="work")["activityArn"]
    got, waiting = [], 40

    def wait_for_task():
        try:
            task = connect(server).get_activity_task(activityArn=activity)
        except BotoCoreError:  # the server stopped
            return
        if task.get("taskToken"):
            got.append(task["taskToken"])
    before = count_sockets(server)
    threads = [threading.Thread(target=wait_for_task, daemon=True) for _ in range(waiting)]
    for thread in threads:
        thread.start()
    wait_until(lambda: count_sockets(server) >= before + waiting, 30, "all workers wait")
    assert states.describe_activity(activityArn=activity)["name"] == "work"
    arns = [start(states, f"m{i}", {"StartAt": "A", "States": {"A": work(activity)}}) for i in range(3)]
    wait_until(lambda: len(got) == len(arns), 30, "three of them have a task")
    assert len(set(got)) == 3
    for token in got:
        states.send_task_success(taskToken=token, output="1")
    assert all(wait_ended(states, arn)["status"] == "SUCCEEDED" for arn in arns)


def test_a_worker_that_went_away_while_it_waited_gets_no_task(server):
    activity = connect(server).create_activity(name="work")["activityArn"]
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(server.url, data=json.dumps({"activityArn": activity}), timeout=1, headers={
            "X-Amz-Target": "AWSStepFunctions.GetActivityTask", "Content-Type": "application/x-amz-json-1.0"})
    states = connect(server)
    arn = start(states, "late", {"StartAt": "A", "States": {"A": work(activity)}})
    wait_until(lambda: "ActivityScheduled" in types_of(states, arn), 30, "a task waits")
    task = states.get_activity_task(activityArn=activity)
    states.send_task_success(taskToken=task["taskToken"], output='"here"')
    assert wait_ended(states, arn)["output"] == '"here"'


def test_activities_are_created_listed_tagged_and_deleted(any_server):
    states = connect(any_server)
    made = states.create_activity(name="one", tags=[{"key": "a", "value": "1"}])
    arn = made["activityArn"]
    again = states.create_activity(name="one", tags=[{"key": "b", "value": "2"}])
    assert (again["activityArn"], again["creationDate"]) == (arn, made["creationDate"])
    assert states.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "1"}]
    states.tag_resource(resourceArn=arn, tags=[{"key": "c", "value": "3"}])
    states.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert states.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "c", "value": "3"}]
    others = [states.create_activity(name=f"n{i}")["activityArn"] for i in range(4)]
    pages = states.get_paginator("list_activities").paginate(PaginationConfig={"PageSize": 2})
    listed = [page["activities"] for page in pages]
    assert [len(page) for page in listed] == [2, 2, 1]
    assert [item["activityArn"] for item in sum(listed, [])] == [arn, *others]
    states.delete_activity(activityArn=arn)
    states.delete_activity(activityArn=arn)
    gone = ("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
    assert refusal(states.describe_activity, activityArn=arn) == gone
    assert refusal(states.get_activity_task, activityArn=arn) == gone


def test_errors_about_activities_and_tasks_are_those_of_the_api(server):
    states = connect(server)
    activity = states.create_activity(name="work")["activityArn"]
    start(states, "one", {"StartAt": "A", "States": {"A": work(activity)}})
    token = states.get_activity_task(activityArn=activity)["taskToken"]
    table = [
        (states.create_activity, {"name": "a b"}, "InvalidName"),
        (states.create_activity, {"name": "n" * 81}, "ValidationException"),
        (states.describe_activity, {"activityArn": "nonsense"}, "InvalidArn"),
        (states.describe_activity, {"activityArn": f"{ARN}:stateMachine:a"}, "InvalidArn"),
        (states.list_activities, {"nextToken": "x"}, "InvalidToken"),
        (states.get_activity_task, {"activityArn": activity, "workerName": "n" * 81}, "ValidationException"),
        (states.send_task_success, {"taskToken": token, "output": "{"}, "InvalidOutput"),
        (states.send_task_success, {"taskToken": token, "output": '"' + "x" * 262144 + '"'}, "ValidationException"),
        (states.send_task_failure, {"taskToken": token, "error": "e" * 257}, "ValidationException"),
    ]
    for call, arguments, code in table:
        assert refusal(call, **arguments)[0] == code, arguments
    states.send_task_success(taskToken=token, output="1")


@pytest.mark.skipif(not os.path.exists("/usr/bin/aws"), reason="the AWS command line is not installed")
def test_the_aws_command_line_is_a_worker(server):
    states = connect(server)
    activity = states.create_activity(name="cli")["activityArn"]
    arn = start(states, "cli", {"StartAt": "A", "States": {"A": work(activity)}})
    task = aws(server, "get-activity-task", "--activity-arn", activity, "--worker-name", "me")
    aws(server, "send-task-success", "--task-token", task["taskToken"], "--task-output", '{"by": "hand"}')
    assert json.loads(wait_ended(states, arn)["output"]) == {"by": "hand"}


def test_tokens_are_not_in_the_log(serve):
    server = serve("--log-level", "debug")
    states = connect(server)
    activity = states.create_activity(name="work")["activityArn"]
    arn = start(states, "quiet", {"StartAt": "A", "States": {"A": work(activity)}})
    token = states.get_activity_task(activityArn=activity)["taskToken"]
    post(server, "AWSStepFunctions.SendTaskSuccess", json.dumps({"taskToken": token, "output": "{"}))
    states.send_task_success(taskToken=token, output="1")
    wait_ended(states, arn)
    assert token not in server.err and "http.request" in server.err


def redrive(server, arn, **more):
    """The SDK of Debian 12 does not know it yet."""
    return post(server, "AWSStepFunctions.RedriveExecution", json.dumps({"executionArn": arn, **more}))


def test_a_failed_execution_is_redriven_from_the_state_that_failed(any_server):
    states = connect(any_server)
    activity = states.create_activity(name="work")["activityArn"]
    arn = start(states, "again", {"StartAt": "First", "States": {
        "First": {"Type": "Pass", "Result": "made", "ResultPath": "$.first", "Next": "Both"},
        "Both": {"Type": "Parallel", "End": True, "Branches": [
            {"StartAt": name, "States": {name: work(activity, Parameters={"name": name, "first.$": "$.first"})}}
            for name in "AB"]}}})
    tasks = [states.get_activity_task(activityArn=activity) for _ in range(2)]
    tokens = {json.loads(task["input"])["name"]: task["taskToken"] for task in tasks}
    states.send_task_success(taskToken=tokens["A"], output='"A"')
    wait_until(lambda: "ActivitySucceeded" in types_of(states, arn), 30, "A is done")
    states.send_task_failure(taskToken=tokens["B"], error="Broken")
    assert wait_ended(states, arn)["status"] == "FAILED"
    told = describe(any_server, arn)
    assert (told["redriveStatus"], told["redriveCount"]) == ("REDRIVABLE", 0) and "redriveStatusReason" not in told

    first = redrive(any_server, arn, clientToken="once").json()
    assert redrive(any_server, arn, clientToken="once").json() == first
    refused = redrive(any_server, arn, clientToken="other")
    assert (refused.status_code, refused.json()) == (400, {
        "__type": "ExecutionNotRedrivable", "message": "Execution is RUNNING and cannot be redriven"})
    task = states.get_activity_task(activityArn=activity)
    assert json.loads(task["input"]) == {"name": "B", "first": "made"}
    assert refusal(states.send_task_success, taskToken=tokens["B"], output="1") == OVER
    states.send_task_success(taskToken=task["taskToken"], output='"B"')
    assert json.loads(wait_ended(states, arn)["output"]) == ["A", "B"]
    told = describe(any_server, arn)
    assert (told["redriveCount"], told["redriveDate"]) == (1, first["redriveDate"])
    assert told["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    types = types_of(states, arn)
    assert types.count("ExecutionRedriven") == 1 and types.count("PassStateEntered") == 1
    assert types.count("ActivityScheduled") == 3 and types.count("ParallelStateEntered") == 1

    machine = told["stateMachineArn"]
    untouched = states.start_execution(stateMachineArn=machine)["executionArn"]
    for name, expected in (("REDRIVEN", [arn]), ("NOT_REDRIVEN", [untouched])):
        listed = post(any_server, "AWSStepFunctions.ListExecutions", json.dumps(
            {"stateMachineArn": machine, "redriveFilter": name})).json()["executions"]
        assert [item["executionArn"] for item in listed] == expected
    assert redrive(any_server, arn + "x").json()["__type"] == "ExecutionDoesNotExist"


def test_a_stopped_execution_is_redriven_after_a_crash(any_trawl):
    server = Server(any_trawl)
    states = connect(server)
    activity = states.create_activity(name="work")["activityArn"]
    arn = start(states, "again", {"StartAt": "A", "States": {"A": work(activity)}})
    old = states.get_activity_task(activityArn=activity)["taskToken"]
    states.stop_execution(executionArn=arn)
    assert redrive(server, arn).status_code == 200
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server = Server(any_trawl)
    try:
        states = connect(server)
        task = states.get_activity_task(activityArn=activity)
        assert task["taskToken"] != old
        states.send_task_success(taskToken=task["taskToken"], output="1")
        assert wait_ended(states, arn)["status"] == "SUCCEEDED"
        assert [name for name in types_of(states, arn) if name.startswith("Execution")] == [
            "ExecutionStarted", "ExecutionAborted", "ExecutionRedriven", "ExecutionSucceeded"]
    finally:
        assert server.stop() == 0


def test_a_jobs_execution_is_not_redriven_but_its_job_is_retried(any_trawl, fake_s3):
    fake_s3.put("key", b"nothing")
    fake_s3.on_list = lambda request: request.error(503, "SlowDown")
    server = Server(any_trawl, "--endpoint", fake_s3.endpoint, env=FAKE_ENV)
    try:
        states = connect(server)
        job = server.start_job(bucket="fake")
        states.stop_execution(executionArn=job["execution_arn"])
        reason = (f"Execution belongs to the job {job['job_id']} and cannot be redriven; "
                  f"POST /jobs/{job['job_id']}/retry goes on with it")
        told = describe(server, job["execution_arn"])
        assert (told["redriveStatus"], told["redriveStatusReason"]) == ("NOT_REDRIVABLE", reason)
        assert redrive(server, job["execution_arn"]).json() == {"__type": "ExecutionNotRedrivable", "message": reason}
        fake_s3.on_list = None
        assert server.request("POST", f"/jobs/{job['job_id']}/retry", json={}).status_code in (200, 202)
        done = server.wait_job(job["job_id"])
        assert (done["status"], done["total"]) == ("completed", 1), done
        any_trawl.assert_invariants(job["job_id"])
    finally:
        assert server.stop() == 0

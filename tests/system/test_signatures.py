"""AWS's clients sign with a named key of the server's key file: boto3 and the AWS command line."""
import datetime
import json
import os
import subprocess
import types

import boto3
import botocore.auth
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

NAME, KEY, OTHER = "ci-user", "k" * 40, "n" * 40  # made up; nobody's
TARGET = "AWSStepFunctions.ListStateMachines"
HEADERS = {"X-Amz-Target": TARGET, "Content-Type": "application/x-amz-json-1.0"}
MISMATCH = "The request signature we calculated does not match the signature you provided."


@pytest.fixture
def server(serve, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"# people\n{OTHER}\n{NAME} {KEY}\n")
    keys.chmod(0o600)
    return serve("--api-key-file", str(keys))


def connect(server, key_id=NAME, secret=KEY, token=None, region="eu-west-1"):
    return boto3.client("stepfunctions", endpoint_url=server.url, region_name=region, aws_access_key_id=key_id,
                        aws_secret_access_key=secret, aws_session_token=token,
                        config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False))


def refusal(states):
    with pytest.raises(ClientError) as refused:
        states.list_state_machines()
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    return answer["Error"]["Code"], answer["Error"]["Message"]


def test_whoever_signs_with_a_named_key_gets_in(server):
    states = connect(server)
    assert [machine["name"] for machine in states.list_state_machines()["stateMachines"]] == ["s3-scanner"]
    assert connect(server, region="us-gov-west-1").list_state_machines(maxResults=5)["stateMachines"]
    definition = json.dumps({"StartAt": "é", "States": {"é": {"Type": "Pass", "End": True}}}, ensure_ascii=False)
    made = states.create_state_machine(name="mine", definition=definition, roleArn="arn:aws:iam::000000000000:role/any")
    started = states.start_execution(stateMachineArn=made["stateMachineArn"], input='{"text": "ü ~"}')
    assert states.describe_execution(executionArn=started["executionArn"])["input"] == '{"text": "ü ~"}'


@pytest.mark.parametrize("changed,code,message", [
    ({"secret": "j" * 40}, "InvalidSignatureException", MISMATCH),
    ({"secret": OTHER}, "InvalidSignatureException", MISMATCH),
    ({"key_id": "nobody"}, "UnrecognizedClientException", "The security token included in the request is invalid."),
    ({"key_id": OTHER, "secret": OTHER}, "UnrecognizedClientException",
     "The security token included in the request is invalid."),
    ({"token": "t" * 40}, "UnrecognizedClientException", "The security token included in the request is invalid."),
])
def test_other_keys_are_refused_in_awss_words(server, changed, code, message):
    told = refusal(connect(server, **changed))
    assert told[0] == code and told[1].startswith(message)


@pytest.mark.parametrize("minutes,code,message", [
    (-4, None, None), (4, None, None),
    (-6, "InvalidSignatureException", "Signature expired: "),
    (6, "InvalidSignatureException", "Signature not yet current: "),
])
def test_a_clock_may_be_five_minutes_wrong(server, monkeypatch, minutes, code, message):
    class Skewed(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return datetime.datetime.utcnow() + datetime.timedelta(minutes=minutes)

    monkeypatch.setitem(botocore.auth.AUTH_TYPE_MAPS, "v4", botocore.auth.SigV4Auth)  # not that of awscrt
    monkeypatch.setattr(botocore.auth, "datetime", types.SimpleNamespace(datetime=Skewed))
    states = connect(server)
    if code is None:
        assert states.list_state_machines()["stateMachines"]
        return
    told = refusal(states)
    assert told[0] == code and told[1].startswith(message) and told[1].endswith(" 5 min.)")


def change_body(request, **_):
    assert request.body == b"{}"
    request.body = b'{"maxResults":1}'
    request.headers["Content-Length"] = str(len(request.body))


def change_target(request, **_):
    request.headers["X-Amz-Target"] = "AWSStepFunctions.ListActivities"


@pytest.mark.parametrize("change", [change_body, change_target])
def test_what_was_changed_on_the_way_is_refused(server, change):
    states = connect(server)
    states.meta.events.register("before-send.sfn.*", change)
    assert refusal(states)[0] == "InvalidSignatureException"


def test_without_a_signature_it_needs_a_key_as_everywhere(server):
    for headers, code in (({}, "MissingAuthenticationTokenException"),
                          ({"Authorization": "Basic abc"}, "IncompleteSignatureException"),
                          ({"Authorization": "AWS4-HMAC-SHA256 Credential=a"}, "IncompleteSignatureException"),
                          ({"x-api-key": "z" * 20}, "UnrecognizedClientException")):
        answer = requests.post(server.url + "/", data="{}", headers={**HEADERS, **headers}, timeout=60)
        assert (answer.status_code, answer.json()["__type"]) == (400, code), answer.text
    for headers in ({"x-api-key": OTHER}, {"Authorization": f"Bearer {KEY}"}):
        assert requests.post(server.url + "/", data="{}", headers={**HEADERS, **headers}, timeout=60).status_code == 200
    assert requests.get(server.url + "/jobs", headers={"x-api-key": KEY}, timeout=60).status_code == 200


def test_a_signature_is_good_for_the_step_functions_api_alone(server):
    request = botocore.awsrequest.AWSRequest("GET", server.url + "/jobs")
    credentials = botocore.credentials.Credentials(NAME, KEY)
    botocore.auth.SigV4Auth(credentials, "states", "us-east-1").add_auth(request)
    assert requests.get(server.url + "/jobs", headers=dict(request.headers), timeout=60).status_code == 401


def test_the_aws_command_line_signs(server):
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env.update(AWS_ACCESS_KEY_ID=NAME, AWS_DEFAULT_REGION="us-east-1", AWS_CONFIG_FILE=os.devnull,
               AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    line = ["/usr/bin/aws", "--endpoint-url", server.url, "--output", "json", "stepfunctions", "list-state-machines"]
    good = subprocess.run(line, env={**env, "AWS_SECRET_ACCESS_KEY": KEY}, capture_output=True, text=True, timeout=120,
                          check=False)
    assert good.returncode == 0 and json.loads(good.stdout)["stateMachines"], good.stderr
    bad = subprocess.run(line, env={**env, "AWS_SECRET_ACCESS_KEY": "j" * 40}, capture_output=True, text=True,
                         timeout=120, check=False)
    assert bad.returncode != 0 and "(InvalidSignatureException)" in bad.stderr

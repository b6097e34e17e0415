"""trawl against a real S3 server: Ceph's radosgw, filled by boto3."""
import concurrent.futures
import json
import pathlib

import boto3
import botocore.config
import pytest

from conftest import aws_env, card, email

HOSTILE_KEYS = (pathlib.Path(__file__).parent / "hostile-keys.txt").read_text(encoding="utf-8").splitlines()
PAGINATED_KEYS = 10500
OTHER_ACCESS, OTHER_SECRET = "EXAMPLE0OTHER0KEY000", "other/secret" + "1" * 28


def client(radosgw, service="s3", **credentials):
    keys = credentials or {"aws_access_key_id": radosgw.access_key, "aws_secret_access_key": radosgw.secret_key}
    config = botocore.config.Config(max_pool_connections=16, s3={"addressing_style": "path"})
    return boto3.client(service, endpoint_url=radosgw.endpoint, region_name="us-east-1", config=config, **keys)


@pytest.fixture(scope="module")
def s3(radosgw):
    return client(radosgw)


@pytest.fixture(scope="module")
def hostile(s3):
    """A bucket with every hostile key, a different address in each body."""
    s3.create_bucket(Bucket="hostile-keys")
    for number, key in enumerate(HOSTILE_KEYS):
        s3.put_object(Bucket="hostile-keys", Key=key, Body=f"mail {email(number)}\n".encode())
    return "hostile-keys"


def found_keys(report):
    return sorted({finding["key"] for finding in report["findings"]}, key=str.encode)


@pytest.mark.parametrize("style", ["path", "virtual", "auto"])
def test_hostile_keys_are_read_in_each_addressing_style(trawl, radosgw, hostile, style):
    endpoint = radosgw.virtual_endpoint if style == "virtual" else radosgw.endpoint
    report = trawl.scan("--endpoint", endpoint, "--addressing", style, f"s3://{hostile}", env=aws_env(radosgw),
                        status=1).json()
    assert report["unread"] == []
    assert found_keys(report) == sorted(HOSTILE_KEYS, key=str.encode)
    assert len(report["findings"]) == len(HOSTILE_KEYS)
    # Each body belongs to its key: the value found under it has the length of the one that was put there.
    assert len({finding["fingerprint"] for finding in report["findings"]}) == len(HOSTILE_KEYS)
    trawl.assert_invariants(trawl.job_ids()[0])


def test_a_bucket_over_the_page_size_is_listed_whole_and_each_object_scanned_once(trawl, radosgw, s3):
    """10,500 keys: eleven answers of the server, two batches, and a last page that is not full."""
    s3.create_bucket(Bucket="paginated")
    keys = [f"{number % 7}/{number:05d} value+{number % 3}.txt" for number in range(PAGINATED_KEYS)]

    def put(item):
        number, key = item
        s3.put_object(Bucket="paginated", Key=key, Body=f"mail {email(number)}\n".encode() if number % 5 == 0 else b"-\n")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(put, enumerate(keys)))

    report = trawl.scan("--endpoint", radosgw.endpoint, "s3://paginated", env=aws_env(radosgw), status=1,
                        timeout=900).json()
    job_id = trawl.job_ids()[0]
    assert found_keys(report) == sorted((key for number, key in enumerate(keys) if number % 5 == 0), key=str.encode)
    assert len(report["findings"]) == PAGINATED_KEYS // 5
    assert all(finding["count"] == 1 for finding in report["findings"])
    counts = trawl.counts(job_id)
    assert (counts["total"], counts["succeeded"], counts["findings"]) == (PAGINATED_KEYS, PAGINATED_KEYS, 2100)
    listed = [row[0] for row in trawl.query("SELECT key FROM job_objects WHERE job_id = ? AND status = 'succeeded'",
                                            job_id)]
    assert sorted(listed) == sorted(keys)
    trawl.assert_invariants(job_id)

    part = trawl.scan("--endpoint", radosgw.endpoint, "s3://paginated/3/", env=aws_env(radosgw), status=1).json()
    assert part["jobs"][0]["total"] == sum(key.startswith("3/") for key in keys)


def assume_role(radosgw):
    """Session credentials of a role that may do anything with S3."""
    compact = json.JSONEncoder(separators=(",", ":")).encode  # radosgw does not take spaces in a policy
    iam = client(radosgw, "iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/trawl"]},
                                                     "Action": ["sts:AssumeRole"]}]}
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": "arn:aws:s3:::*"}]}
    role = iam.create_role(RoleName="scanner", AssumeRolePolicyDocument=compact(trust))["Role"]
    iam.put_role_policy(RoleName="scanner", PolicyName="all", PolicyDocument=compact(allow))
    return client(radosgw, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="system-test")["Credentials"]


def test_session_tokens_are_signed_and_sent(trawl, radosgw, hostile):
    token = assume_role(radosgw)
    report = trawl.scan("--endpoint", radosgw.endpoint, f"s3://{hostile}", env=aws_env(radosgw, token), status=1).json()
    assert found_keys(report) == sorted(HOSTILE_KEYS, key=str.encode)

    # The same keys without their token are not accepted: it was the token that did it.
    without = {name: value for name, value in aws_env(radosgw, token).items() if name != "AWS_SESSION_TOKEN"}
    trawl.scan("--endpoint", radosgw.endpoint, f"s3://{hostile}", env=without, status=2)


def test_credentials_come_from_a_profile_too(trawl, radosgw, hostile):
    folder = trawl.home / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        f"[default]\naws_access_key_id = wrong\naws_secret_access_key = wrong\n\n"
        f"[scanner]\naws_access_key_id = {radosgw.access_key}\naws_secret_access_key = {radosgw.secret_key}\n")
    trawl.scan("--endpoint", radosgw.endpoint, "--profile", "scanner", f"s3://{hostile}", status=1)
    trawl.scan("--endpoint", radosgw.endpoint, f"s3://{hostile}", env={"AWS_PROFILE": "scanner"}, status=1)
    trawl.scan("--endpoint", radosgw.endpoint, f"s3://{hostile}", status=2)


def test_anonymous_requests_read_a_public_bucket_only(trawl, radosgw, s3, hostile):
    s3.create_bucket(Bucket="public-bucket", ACL="public-read")
    s3.put_object(Bucket="public-bucket", Key="a.txt", Body=f"mail {email(1)}\n".encode(), ACL="public-read")
    report = trawl.scan("--endpoint", radosgw.endpoint, "--anonymous", "s3://public-bucket", status=1).json()
    assert found_keys(report) == ["a.txt"]
    refused = trawl.scan("--endpoint", radosgw.endpoint, "--anonymous", f"s3://{hostile}", status=2)
    assert hostile in refused.err


def test_a_missing_bucket_is_named_and_is_status_2(trawl, radosgw):
    result = trawl.scan("--endpoint", radosgw.endpoint, "s3://no-such-bucket", env=aws_env(radosgw), status=2)
    assert "no-such-bucket" in result.err and len(result.err.splitlines()) == 1
    assert result.out == ""


def test_a_forbidden_bucket_is_named_and_is_status_2(trawl, radosgw, hostile):
    radosgw.add_user("other", OTHER_ACCESS, OTHER_SECRET)
    env = {"AWS_ACCESS_KEY_ID": OTHER_ACCESS, "AWS_SECRET_ACCESS_KEY": OTHER_SECRET}
    result = trawl.scan("--endpoint", radosgw.endpoint, f"s3://{hostile}", env=env, status=2)
    assert hostile in result.err and OTHER_SECRET not in result.err


@pytest.mark.parametrize("change, words", [
    ({"AWS_SECRET_ACCESS_KEY": "0" * 40}, ["hostile-keys"]),
    ({"AWS_ACCESS_KEY_ID": "EXAMPLE0NOBODY0KEY00"}, ["hostile-keys"]),
    ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, ["credentials"]),
])
def test_bad_credentials_are_status_2_and_are_not_printed(trawl, radosgw, hostile, change, words):
    env = {**aws_env(radosgw), **change}
    result = trawl.scan("--endpoint", radosgw.endpoint, f"s3://{hostile}", env=env, status=2)
    for word in words:
        assert word in result.err
    assert radosgw.secret_key not in result.err


def test_an_object_that_only_its_owner_may_read_is_listed_as_not_read(trawl, radosgw, s3):
    s3.create_bucket(Bucket="mixed-rights", ACL="public-read")
    s3.put_object(Bucket="mixed-rights", Key="open.txt", Body=f"card {card(3)}\n".encode(), ACL="public-read")
    s3.put_object(Bucket="mixed-rights", Key="shut.txt", Body=f"card {card(4)}\n".encode())
    report = trawl.scan("--endpoint", radosgw.endpoint, "--anonymous", "s3://mixed-rights", status=1).json()
    assert found_keys(report) == ["open.txt"]
    assert [(each["key"], each["error_code"]) for each in report["unread"]] == [("shut.txt", "forbidden")]


def test_an_object_of_many_chunks_is_found_in_to_its_last_byte(trawl, radosgw, s3):
    """A value across every boundary that a buffer may have, and one at the very end without a newline."""
    step = 65536
    body = bytearray((b"." * 63 + b"\n") * (3 * 1024 * 1024 // 64))
    for number in range(1, 40):
        value = f" {email(number)} ".encode()
        body[number * step - 11:number * step - 11 + len(value)] = value
    body += email(99).encode()
    s3.create_bucket(Bucket="many-chunks")
    s3.put_object(Bucket="many-chunks", Key="big.txt", Body=bytes(body))
    report = trawl.scan("--endpoint", radosgw.endpoint, "s3://many-chunks", env=aws_env(radosgw), status=1).json()
    places = sorted(place["offset"] for finding in report["findings"] for place in finding["locations"])
    assert places == [number * step - 10 for number in range(1, 40)] + [len(body) - len(email(99))]

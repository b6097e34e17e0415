"""The bucket that comes with trawl: what must be found in it is found, and nothing else is."""
import collections
import json

import boto3
import pytest

from conftest import ROOT, aws_env

EXAMPLES = ROOT / "examples"
BUCKET = EXAMPLES / "bucket"
# No text and of no known format: a scan may say that it was not read.
UNREADABLE = {"bin/firmware.bin"}


@pytest.fixture(scope="module")
def expected():
    """{key: {(detector, member): (distinct values, places)}}"""
    objects = json.loads((EXAMPLES / "expected.json").read_text(encoding="utf-8"))["objects"]
    return {key: {(row["detector"], row.get("member")): (row["distinct"], row["count"]) for row in rows}
            for key, rows in objects.items()}


def as_expected(report):
    """The findings of a report in the shape of expected()."""
    totals = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
    for finding in report["findings"]:
        members = {place.get("member") for place in finding["locations"]}
        assert len(members) == 1, f"{finding['key']}: a value in several members is for another test: {members}"
        total = totals[finding["key"]][finding["detector"], members.pop()]
        total[0] += 1
        total[1] += finding["count"]
    return {key: {what: tuple(total) for what, total in found.items()} for key, found in totals.items()}


def assert_report(report, expected):
    found = as_expected(report)
    for key, rows in expected.items():
        assert found.pop(key, {}) == rows, key
    assert found == {}
    assert {each["key"] for each in report["unread"]} <= UNREADABLE
    assert report["jobs"][0]["total"] == len(expected)


def test_every_object_of_the_example_bucket_is_expected(expected):
    assert set(expected) == {path.relative_to(BUCKET).as_posix() for path in BUCKET.rglob("*") if path.is_file()}


def test_the_example_bucket_as_a_directory(trawl, expected):
    report = trawl.scan(BUCKET, status=1).json()
    assert_report(report, expected)
    assert report["jobs"][0]["bucket"] == BUCKET.as_uri()
    trawl.assert_invariants(trawl.job_ids()[0])


def test_the_example_bucket_in_s3(trawl, radosgw, expected):
    s3 = boto3.client("s3", endpoint_url=radosgw.endpoint, aws_access_key_id=radosgw.access_key,
                      aws_secret_access_key=radosgw.secret_key, region_name="us-east-1")
    s3.create_bucket(Bucket="example-shop")
    for key in expected:
        s3.put_object(Bucket="example-shop", Key=key, Body=(BUCKET / key).read_bytes())
    report = trawl.scan("--endpoint", radosgw.endpoint, "s3://example-shop", env=aws_env(radosgw), status=1).json()
    assert_report(report, expected)
    assert report["jobs"][0]["bucket"] == "example-shop"
    trawl.assert_invariants(trawl.job_ids()[0])


def test_offsets_of_plain_text_lead_to_the_value(trawl, expected):
    """Offset and length of a finding in a text object are those of the bytes as they are stored."""
    report = trawl.scan(BUCKET / "data", status=1).json()
    checked = 0
    for finding in report["findings"]:
        if finding["detector"] == "pii.email":
            data = (BUCKET / "data" / finding["key"]).read_bytes()
            for place in finding["locations"]:
                value = data[place["offset"]:place["offset"] + place["length"]]
                before = data[:place["offset"]]
                assert b"@" in value and place["line"] == before.count(b"\n") + 1
                column = len(before[before.rfind(b"\n") + 1:].decode("utf-8")) + 1
                assert place["column"] == column
                checked += 1
    assert checked > 5

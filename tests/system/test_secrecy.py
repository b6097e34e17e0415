"""The plain text of a match is nowhere: not in reports, not in logs, not in the bytes of the store."""
import itertools
import pathlib

import pytest

from conftest import FAKE_ENV, card, email

# Values of several detectors, made up at run time so that nothing here looks like a live secret.
PLANTED = {
    "email": email(4711),
    "card": card(471147114),
    "ssn": "536-22-8912",
    "github": "ghp_" + "".join(itertools.islice(itertools.cycle("aB3dE5gH7jK9mN1pQ2"), 36)),
    "url": "postgres://svc_user:Tr0ub4dor-9173xk@db.northwind-mail.net:5432/prod",
}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "planted"
    root.mkdir()
    text = "".join(f"{name}: {value}\n" for name, value in PLANTED.items())
    (root / "plain.txt").write_text(text)
    (root / "wide.txt").write_bytes(text.encode("utf-16"))
    (root / "card and ssn.csv").write_text(f"card number,social security number\n{PLANTED['card']},{PLANTED['ssn']}\n")
    (root / "broken.zip").write_bytes(b"PK\x03\x04" + text.encode())
    return root


def secrets():
    """What must not appear: the values, the telling half of them, and their other spellings."""
    for value in PLANTED.values():
        yield value
        yield value[3:-4]
    yield "Tr0ub4dor"


def assert_no_plain_text(data, where):
    for secret in secrets():
        for encoding in ("utf-8", "utf-16-le"):
            assert secret.encode(encoding) not in data, f"{where} holds plain text of a match"


@pytest.mark.parametrize("fmt", ["table", "json", "jsonl", "csv"])
def test_no_report_and_no_log_line_holds_plain_text(trawl, folder, fmt):
    result = trawl.run("scan", "--format", fmt, "--log-level", "debug", folder, status=1)
    assert len(result.out.splitlines()) > 1
    assert_no_plain_text(result.out.encode(), "the report")
    assert_no_plain_text(result.err.encode(), "standard error")


def test_no_byte_of_the_store_or_the_cache_holds_plain_text(trawl, folder):
    report = trawl.scan(folder, status=1).json()
    found = {finding["detector"] for finding in report["findings"]}
    assert len(found) >= 4, found
    files = [path for path in itertools.chain(trawl.store.parent.rglob("*"), trawl.home.rglob("*")) if path.is_file()]
    assert trawl.store in files
    for path in files:
        assert_no_plain_text(path.read_bytes(), path)


def test_equal_values_have_equal_fingerprints_and_other_installations_other_ones(trawl, folder, tmp_path):
    from conftest import Trawl
    report = trawl.scan(folder, status=1).json()
    mails = {finding["fingerprint"] for finding in report["findings"] if finding["detector"].endswith("email")
             and finding["key"] in ("plain.txt", "wide.txt")}
    assert len(mails) == 1
    other = Trawl(tmp_path / "other").scan(folder, status=1).json()
    assert not {finding["fingerprint"] for finding in other["findings"]} & {
        finding["fingerprint"] for finding in report["findings"]}


def test_credentials_are_nowhere_in_the_store_or_in_the_output(trawl, fake_s3):
    fake_s3.put("a.txt", f"mail {email(1)}\n".encode())
    env = {**FAKE_ENV, "AWS_SESSION_TOKEN": "example-session-token/" + "5" * 40}
    result = trawl.run("scan", "--log-level", "debug", "--endpoint", fake_s3.endpoint, fake_s3.uri, env=env, status=1)
    request = fake_s3.gets("a.txt")[0]
    assert request.handler.headers["x-amz-security-token"] == env["AWS_SESSION_TOKEN"]
    stored = b"".join(path.read_bytes() for path in pathlib.Path(trawl.store.parent).iterdir() if path.is_file())
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        assert env[name] not in result.out + result.err
        assert env[name].encode() not in stored


@pytest.mark.parametrize("fmt", ["table", "json", "jsonl", "csv"])
def test_what_is_not_reported_is_listed_without_plain_text(trawl, folder, tmp_path, fmt):
    (tmp_path / "allow.yaml").write_text("allow:\n- path: '*'\n")
    report = trawl.scan("--allow", tmp_path / "allow.yaml", folder, status=3).json()
    assert report["findings"] == [] and len({each["detector"] for each in report["suppressions"]}) >= 4
    listed = trawl.run("findings", report["jobs"][0]["job_id"], "--suppressed", "--format", fmt, status=0).out
    assert len(listed.splitlines()) > 4
    assert_no_plain_text(listed.encode(), "the list")
    assert_no_plain_text(trawl.store.read_bytes(), "the store")

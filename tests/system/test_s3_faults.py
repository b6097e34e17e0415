"""An S3 server that misbehaves: what can be tried again is, what is lost is said, and nothing is made up."""
import pytest

from ceph import free_ports
from conftest import FAKE_ENV, card, email
from fake_s3 import etag


def body(number):
    return f"header\nmail {email(number)}\n".encode()


@pytest.fixture
def bucket(fake_s3):
    for number in range(12):
        fake_s3.put(f"{number:02d}.txt", body(number))
    return fake_s3


def scan(trawl, server, status, *args, **options):
    return trawl.scan("--endpoint", server.endpoint, *args, server.uri, env=FAKE_ENV, status=status, **options)


def assert_all_found_once(trawl, report, count=12):
    assert report["unread"] == []
    assert sorted(finding["key"] for finding in report["findings"]) == [f"{number:02d}.txt" for number in range(count)]
    assert all(finding["count"] == 1 for finding in report["findings"])
    trawl.assert_invariants(trawl.job_ids()[0])


def unread(report):
    return {each["key"]: each["error_code"] for each in report["unread"]}


def first_times(count, wrong):
    """A rule that answers the first `count` requests for each object (or listing) wrong, and then right."""
    return lambda request: wrong(request) if request.attempt <= count else request.serve()


def truncated(request):
    request.serve_object(cut=9)


def stuck(request):
    """Nine bytes, and not one more to whoever asks for the rest."""
    request.serve_object(cut=0 if "Range" in request.handler.headers else 9)


WRONGS = {
    "503 SlowDown": lambda request: request.error(503, "SlowDown"),
    "503 without a body": lambda request: request.raw(503, b""),
    "500 InternalError": lambda request: request.error(500, "InternalError"),
    "502 of a proxy": lambda request: request.raw(502, b"<html>bad gateway</html>", "text/html"),
    "429": lambda request: request.error(429, "TooManyRequests"),
    "a closed connection": lambda request: request.drop(),
}


@pytest.mark.parametrize("name", WRONGS)
def test_a_get_that_fails_once_is_tried_again(trawl, bucket, name):
    bucket.on_get = first_times(1, WRONGS[name])
    assert_all_found_once(trawl, scan(trawl, bucket, 1).json())


@pytest.mark.parametrize("name", WRONGS)
def test_a_listing_that_fails_once_is_tried_again(trawl, bucket, name):
    bucket.on_list = first_times(1, WRONGS[name])
    assert_all_found_once(trawl, scan(trawl, bucket, 1).json())


def test_a_body_that_is_cut_short_is_completed(trawl, bucket):
    bucket.on_get = first_times(1, truncated)
    assert_all_found_once(trawl, scan(trawl, bucket, 1).json())


def test_a_body_that_comes_nine_bytes_at_a_time_is_put_together(trawl, bucket):
    bucket.on_get = truncated
    assert_all_found_once(trawl, scan(trawl, bucket, 1).json())


def test_a_body_that_is_always_cut_short_is_not_read_and_the_rest_is(trawl, bucket):
    bucket.on_get = lambda request: stuck(request) if request.key == "03.txt" else request.serve()
    report = scan(trawl, bucket, 1).json()
    assert unread(report) == {"03.txt": "truncated"}
    assert len(report["findings"]) == 11
    assert len(bucket.gets("03.txt")) > 1
    trawl.assert_invariants(trawl.job_ids()[0])


@pytest.mark.parametrize("announced", [len(body(3)) + 40, len(body(3)) - 5])
def test_a_length_that_differs_from_the_listing_is_not_read_as_if_it_were_right(trawl, bucket, announced):
    bucket.on_get = lambda request: (request.serve_object(announced=announced) if request.key == "03.txt"
                                     else request.serve())
    report = scan(trawl, bucket, 1).json()
    assert unread(report)["03.txt"] in ("changed", "truncated")
    assert len(report["findings"]) == 11


def test_an_object_that_changed_since_it_was_listed_is_said_to_have(trawl, bucket):
    def changed(request):
        if request.key == "03.txt":
            bucket.objects["03.txt"] = body(77)  # of the same length, with another ETag
        request.serve()
    bucket.on_get = changed
    report = scan(trawl, bucket, 1).json()
    assert unread(report) == {"03.txt": "changed"}
    assert len(report["findings"]) == 11


def test_an_object_that_is_gone_since_it_was_listed_is_said_to_be(trawl, bucket):
    bucket.on_get = lambda request: request.error(404, "NoSuchKey") if request.key == "03.txt" else request.serve()
    report = scan(trawl, bucket, 1).json()
    assert unread(report) == {"03.txt": "not_found"}
    assert len(report["findings"]) == 11


def test_a_forbidden_object_does_not_stop_the_others(trawl, bucket):
    bucket.on_get = lambda request: request.error(403, "AccessDenied") if request.key == "03.txt" else request.serve()
    report = scan(trawl, bucket, 1).json()
    assert unread(report) == {"03.txt": "forbidden"}
    assert len(report["findings"]) == 11
    assert len(bucket.gets("03.txt")) == 1  # asking again would not help


@pytest.mark.parametrize("status, code", [(400, "ExpiredToken"), (403, "ExpiredToken"), (403, "InvalidAccessKeyId")])
def test_expired_credentials_end_the_scan_without_failing_objects_and_new_ones_resume_it(trawl, bucket, status, code):
    bucket.on_get = lambda request: request.error(status, code) if request.key >= "06" else request.serve()
    result = scan(trawl, bucket, 2)
    job_id = trawl.job_ids()[0]
    assert f"--resume {job_id}" in result.err
    assert trawl.counts(job_id)["failed"] == 0
    bucket.on_get = None
    report = trawl.scan("--resume", job_id, env=FAKE_ENV, status=1).json()
    assert_all_found_once(trawl, report)


def test_a_server_that_always_says_slow_down_ends_the_scan_and_keeps_the_job(trawl, bucket):
    bucket.on_get = WRONGS["503 SlowDown"]
    result = scan(trawl, bucket, 2, timeout=600)
    job_id = trawl.job_ids()[0]
    assert f"--resume {job_id}" in result.err and trawl.counts(job_id)["failed"] == 0
    bucket.on_get = None
    assert_all_found_once(trawl, trawl.scan("--resume", job_id, env=FAKE_ENV, status=1).json())


def test_a_listing_that_always_fails_is_status_2(trawl, bucket):
    bucket.on_list = WRONGS["500 InternalError"]
    result = scan(trawl, bucket, 2, timeout=600)
    assert "fake" in result.err and result.out == ""


def test_a_server_that_is_not_there_is_status_2(trawl, bucket):
    result = trawl.scan("--endpoint", f"http://127.0.0.1:{free_ports(1)[0]}", bucket.uri, env=FAKE_ENV, status=2)
    assert "127.0.0.1" in result.err or "fake" in result.err


@pytest.mark.parametrize("text", [
    "this is no XML",
    "<ListBucketResult><Contents><Key>a</Key>",
    '<?xml version="1.0"?><html><body>login</body></html>',
    "",
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><ListBucketResult>&b;</ListBucketResult>',
])
def test_a_listing_of_garbage_is_status_2_and_finds_nothing(trawl, bucket, text):
    bucket.on_list = lambda request: request.xml(200, text)
    result = scan(trawl, bucket, 2)
    assert len(result.err) < 2000


def paged(bucket, page_size=5):
    bucket.page_size = page_size
    return bucket


def test_a_listing_in_many_pages_is_complete(trawl, bucket):
    assert_all_found_once(trawl, scan(trawl, paged(bucket), 1).json())


def test_a_token_that_repeats_is_replaced_by_the_last_key(trawl, bucket):
    """A server that gives the same token again and again, and takes it as the same place: start-after gets past it."""
    paged(bucket)
    bucket.on_list = lambda request: request.serve_list(token="04.txt")
    assert_all_found_once(trawl, scan(trawl, bucket, 1).json())


def test_a_listing_that_never_gets_on_fails_instead_of_looping(trawl, bucket):
    """Neither tokens nor start-after move this server: it gives its first page for ever."""
    paged(bucket)

    def first_page(request):
        request.query.pop("start-after", None)
        request.query.pop("continuation-token", None)
        request.serve_list(token="again")
    bucket.on_list = first_page
    result = scan(trawl, bucket, 2)
    assert len(bucket.lists()) < 50
    assert "listing" in result.err or "progress" in result.err


def test_truncated_without_a_token_goes_on_from_the_last_key(trawl, bucket):
    paged(bucket)

    def without_token(request):
        after = request.query.get("start-after", request.query.get("continuation-token", ""))
        keys = [key for key in bucket.keys() if key > after]
        request.xml(200, request.list_xml(keys[:5], len(keys) > 5, None))
    bucket.on_list = without_token
    assert_all_found_once(trawl, scan(trawl, bucket, 1).json())


def test_a_listing_out_of_order_fails_loudly(trawl, bucket):
    """Keys that go backwards would be lost or counted twice by whoever resumes from the last one."""
    bucket.on_list = lambda request: request.xml(200, request.list_xml(["05.txt", "02.txt", "07.txt"], False, None))
    scan(trawl, bucket, 2)


def test_a_server_that_stops_talking_in_the_middle_of_a_body_is_given_up_on(trawl, bucket):
    """One object hangs; the others are read, the scan ends, and the object is said not to be read or the job is kept."""
    def hang_after_headers(request):
        request.handler.send_response(200)
        request.handler.send_header("Content-Length", str(len(bucket.objects[request.key])))
        request.handler.send_header("ETag", f'"{etag(bucket.objects[request.key])}"')
        request.handler.end_headers()
        request.handler.wfile.write(b"head")
        request.hang()
    bucket.on_get = lambda request: (hang_after_headers(request) if request.key == "03.txt" and request.attempt == 1
                                     else request.serve())
    assert_all_found_once(trawl, scan(trawl, bucket, 1, timeout=400).json())


def test_a_hang_before_the_first_byte_is_tried_again(trawl, bucket):
    bucket.on_get = lambda request: request.hang() if request.key == "03.txt" and request.attempt == 1 else request.serve()
    assert_all_found_once(trawl, scan(trawl, bucket, 1, timeout=400).json())


def test_a_listed_size_of_nonsense_is_refused(trawl, bucket):
    xml = ("<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>-5</Size><ETag>x</ETag>"
           "<LastModified>2025-11-09T10:00:00.000Z</LastModified></Contents></ListBucketResult>")
    bucket.on_list = lambda request: request.xml(200, xml)
    scan(trawl, bucket, 2)


def test_an_error_text_of_the_server_cannot_write_to_the_terminal(trawl, bucket):
    bucket.on_list = lambda request: request.error(403, "AccessDenied", message="&#27;[31mred\x07")
    result = scan(trawl, bucket, 2)
    assert "\x1b" not in result.err and "\x07" not in result.err


def test_a_key_of_control_characters_cannot_write_to_the_terminal(trawl, fake_s3):
    key = "a\x1b[31m\r\nb.txt"
    fake_s3.put(key, f"card {card(1)}\n".encode())
    args = ("--endpoint", fake_s3.endpoint, fake_s3.uri)
    shown = trawl.run("scan", "--quiet", *args, env=FAKE_ENV, status=1)
    assert "\x1b" not in shown.out and "\r" not in shown.out
    assert trawl.scan(*args, env=FAKE_ENV, status=1).json()["findings"][0]["key"] == key

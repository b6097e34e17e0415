"""An S3 server that can be told to misbehave. One bucket, "fake", in memory; path style; signatures are not checked.

    fake_s3.put("key", b"body")
    fake_s3.on_get = lambda request: request.error(503, "SlowDown") if request.attempt == 1 else request.serve()

A rule gets the Request and must answer it; without one, serve() gives the right answer.
"""
import collections
import hashlib
import http.server
import threading
import urllib.parse
from xml.sax.saxutils import escape

BUCKET = "fake"


class Request:
    """One request and the ways to answer it, right or wrong."""

    def __init__(self, server, handler, key, query):
        self.server, self.handler, self.key, self.query = server, handler, key, query
        self.is_list = key == ""
        with server.lock:
            # From 1: how often this was asked for. A listing counts by where it starts.
            what = key or ("list", query.get("start-after"), query.get("continuation-token"))
            server.attempts[what] += 1
            self.attempt = server.attempts[what]
            server.log.append(self)

    # Right answers.

    def serve(self):
        if self.is_list:
            self.serve_list()
        elif self.key not in self.server.objects:
            self.error(404, "NoSuchKey")
        else:
            self.serve_object()

    def serve_list(self, token=None):
        """One page; token overrides the continuation token that says where it goes on."""
        limit = min(int(self.query.get("max-keys", self.server.page_size)), self.server.page_size)
        after = self.query.get("continuation-token") or self.query.get("start-after") or ""
        prefix = self.query.get("prefix", "")
        keys = [key for key in self.server.keys() if key.encode() > after.encode() and key.startswith(prefix)]
        page, is_truncated = keys[:limit], len(keys) > limit
        self.xml(200, self.list_xml(page, is_truncated, token or (page[-1] if is_truncated else None)))

    def list_xml(self, keys, is_truncated, token):
        parts = ['<?xml version="1.0" encoding="UTF-8"?>'
                 '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                 f"<Name>{BUCKET}</Name><Prefix></Prefix><KeyCount>{len(keys)}</KeyCount><MaxKeys>1000</MaxKeys>"
                 f"<EncodingType>url</EncodingType><IsTruncated>{str(is_truncated).lower()}</IsTruncated>"]
        if token:
            parts.append(f"<NextContinuationToken>{escape(token)}</NextContinuationToken>")
        for key in keys:
            body = self.server.objects[key]
            size = self.server.listed_sizes.get(key, len(body))
            parts.append(f"<Contents><Key>{urllib.parse.quote(key)}</Key><LastModified>2025-11-09T10:00:00.000Z"
                         f"</LastModified><ETag>&quot;{etag(body)}&quot;</ETag><Size>{size}</Size>"
                         "<StorageClass>STANDARD</StorageClass></Contents>")
        parts.append("</ListBucketResult>")
        return "".join(parts)

    def serve_object(self, body=None, announced=None, cut=None):
        """announced: a Content-Length that need not be true; cut: that many bytes, then the connection breaks."""
        whole = self.server.objects[self.key] if body is None else body
        wanted = self.handler.headers.get("If-Match")
        if wanted and wanted.strip('"') not in ("*", etag(whole)):
            self.error(412, "PreconditionFailed")
            return
        start = self._range_start()
        part = whole[start:]
        self.handler.send_response(206 if start else 200)
        if start:
            self.handler.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
        self.handler.send_header("Content-Length", str(len(part) if announced is None else announced))
        self.handler.send_header("ETag", f'"{etag(whole)}"')
        self.handler.send_header("Content-Type", "binary/octet-stream")
        self.handler.end_headers()
        self.handler.wfile.write(part if cut is None else part[:cut])
        if cut is not None or announced is not None:
            self.drop()

    def _range_start(self):
        value = self.handler.headers.get("Range", "")
        return int(value[6:].split("-")[0]) if value.startswith("bytes=") else 0

    # Wrong ones.

    def error(self, status, code, message="as the test asked"):
        self.xml(status, f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code>'
                         f"<Message>{message}</Message><RequestId>1</RequestId></Error>")

    def xml(self, status, text):
        self.raw(status, text.encode(), "application/xml")

    def raw(self, status, body, content_type="text/plain"):
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", content_type)
        self.handler.send_header("Content-Length", str(len(body)))
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def drop(self):
        """Ends the connection."""
        self.handler.wfile.flush()
        self.handler.close_connection = True

    def hang(self):
        """Says nothing until the server closes (or the client has gone)."""
        self.server.closing.wait(120)
        self.handler.close_connection = True


def etag(body):
    return hashlib.md5(body).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        parts = urllib.parse.unquote(path).split("/", 2)
        values = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        request = Request(self.server.fake, self, parts[2] if len(parts) > 2 else "", values)
        rule = self.server.fake.on_list if request.is_list else self.server.fake.on_get
        try:
            if parts[1] != BUCKET:
                request.error(404, "NoSuchBucket")
            elif rule is not None:
                rule(request)
            else:
                request.serve()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class FakeS3:
    """A context manager: the server runs inside."""

    def __init__(self):
        self.objects, self.listed_sizes, self.page_size = {}, {}, 1000
        self.on_list = self.on_get = None
        self.attempts, self.log = collections.Counter(), []
        self.lock, self.closing = threading.Lock(), threading.Event()
        self._sorted = None
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.fake = self
        self.endpoint = f"http://127.0.0.1:{self.http.server_port}"
        self.uri = f"s3://{BUCKET}"

    def put(self, key, body):
        self.objects[key] = body
        self._sorted = None

    def keys(self):
        if self._sorted is None:
            self._sorted = sorted(self.objects, key=str.encode)
        return self._sorted

    def gets(self, key=None):
        """Requests for objects so far."""
        with self.lock:
            return [each for each in self.log if not each.is_list and key in (None, each.key)]

    def lists(self):
        with self.lock:
            return [each for each in self.log if each.is_list]

    def __enter__(self):
        self._thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.http.shutdown()
        self.http.server_close()

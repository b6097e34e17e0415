#!/usr/bin/python3
"""The store beside a schema with one row an object, in the same PostgreSQL; and the same of trawl's store on SQLite.

    store.py --build DIR [--svg FILE]

The other schema is what scanners of this kind commonly use: a row an object with three composite indexes, and a
materialized view that counts them. Its rows are written with COPY, 10,000 a transaction; they are claimed and completed
1,000 at a time with SKIP LOCKED. Both are generous: a line below each shows what such a scanner rather does, INSERT of
1,000 rows a statement, and one message, thus one UPDATE and one commit, an object. On SQLite the rows are its own.

trawl's side goes through its own code: listing, claims, outcomes, status (bench/store.c), and all of its time counts, also
what making the objects up takes; of the rows' client, only what the database makes it wait. Processor time is that of all
of the server's processes. Under load means: two workers claim and complete pages all the time, of the same job for the
rows (another would be as large again to load), of another one, which is listed too, for trawl. The chart, which is written
to DIR/status-latency.svg unless --svg says otherwise, shows trawl under that load, and the rows without any.

Environment: BENCH_OBJECTS (1000000) objects of the large job, BENCH_SECONDS (3) of each series of status reads.
"""
import argparse
import contextlib
import io
import json
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

import psycopg2
import psycopg2.extras

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "system"))
import chart  # noqa: E402
from postgres import Postgres  # noqa: E402

OBJECTS = int(os.environ.get("BENCH_OBJECTS", "1000000"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "3"))
BATCH, CLAIM = 10000, 1000
WORKED = min(OBJECTS // 10, 200_000)  # rows that are claimed and completed for each number of workers
SEVERAL = min(OBJECTS, 1_000_000)  # trawl's objects for each number of workers but one
SINGLES = 2000  # rows that are completed one by one
WORKERS = (1, 2, 4)
SIZES = [size for size in (10_000, 100_000, 1_000_000, 10_000_000) if size <= OBJECTS]

ROW_SCHEMA = """
CREATE TABLE jobs (job_id UUID PRIMARY KEY, bucket TEXT NOT NULL, prefix TEXT DEFAULT '', execution_arn TEXT,
                   created_at TIMESTAMPTZ DEFAULT now(), updated_at TIMESTAMPTZ DEFAULT now());
CREATE TABLE findings (job_id UUID, bucket TEXT, key TEXT, detector TEXT);
CREATE INDEX idx_findings_job_detector ON findings (job_id, detector);
CREATE TABLE job_objects (job_id UUID NOT NULL, bucket TEXT NOT NULL, key TEXT NOT NULL, size BIGINT, etag TEXT,
                          status TEXT NOT NULL, last_error TEXT, updated_at TIMESTAMPTZ NOT NULL DEFAULT now());
CREATE INDEX idx_job_objects_job_status ON job_objects (job_id, status);
CREATE INDEX idx_job_objects_job_updated ON job_objects (job_id, updated_at DESC);
CREATE INDEX idx_job_objects_bucket_key_composite ON job_objects (bucket, key, job_id);
CREATE MATERIALIZED VIEW job_progress AS
SELECT j.job_id, j.bucket, j.prefix, j.execution_arn, j.created_at, j.updated_at,
       count(jo.job_id) AS total_objects,
       count(*) FILTER (WHERE jo.status = 'queued') AS queued_count,
       count(*) FILTER (WHERE jo.status = 'processing') AS processing_count,
       count(*) FILTER (WHERE jo.status = 'succeeded') AS succeeded_count,
       count(*) FILTER (WHERE jo.status = 'failed') AS failed_count,
       (SELECT count(*) FROM findings f WHERE f.job_id = j.job_id) AS total_findings
FROM jobs j LEFT JOIN job_objects jo ON jo.job_id = j.job_id
GROUP BY j.job_id, j.bucket, j.prefix, j.execution_arn, j.created_at, j.updated_at;
CREATE UNIQUE INDEX idx_job_progress_job_id ON job_progress (job_id);
"""
CLAIM_ROWS = """
UPDATE job_objects SET status = 'processing', updated_at = now()
WHERE ctid = ANY (ARRAY(SELECT ctid FROM job_objects WHERE job_id = %s AND status = 'queued'
                        LIMIT %s FOR UPDATE SKIP LOCKED)) RETURNING key
"""
FINISH_ROWS = """
UPDATE job_objects o SET status = u.status, updated_at = now()
FROM unnest(%s, %s) AS u (key, status) WHERE o.bucket = %s AND o.key = u.key AND o.job_id = %s
"""
COUNT_ROWS = """
SELECT count(*), count(*) FILTER (WHERE status = 'queued'), count(*) FILTER (WHERE status = 'processing'),
       count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed')
FROM job_objects WHERE job_id = %s
"""
# As a server is run: commits reach the disk.
SETTINGS = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "512MB",
            "max_wal_size": "4GB", "autovacuum_naptime": "1min"}
BUCKET = "acme-prod-data-lake-eu-west-1"


class Meter:
    """Processor seconds of a server: of the process that is its first, of its children, and of those that are gone."""

    def __init__(self, pid):
        self.pid = pid

    def seconds(self):
        while True:  # a child that ends while its time is read would count twice, or not at all
            before, children, after = self.own(), self.children(), self.own()
            if before[2:] == after[2:]:
                return (sum(after) + children) / os.sysconf("SC_CLK_TCK")

    def own(self):
        """Ticks of the first process, in and out of the kernel, and of its children that are gone."""
        return [int(field) for field in self.fields(self.pid)[11:15]]

    def children(self):
        ticks = 0
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                fields = self.fields(path.name)
                if int(fields[1]) == self.pid:
                    ticks += int(fields[11]) + int(fields[12])
        return ticks

    @staticmethod
    def fields(pid):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


class RowStore:
    """A row an object: the schema that trawl's is measured against."""

    def __init__(self, uri):
        self.uri = uri
        self.connection = psycopg2.connect(uri)
        self.connection.autocommit = True
        self.run(ROW_SCHEMA)

    def run(self, sql, values=None):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else None

    def load(self, count):
        job = str(uuid.uuid4())
        self.run("INSERT INTO jobs (job_id, bucket) VALUES (%s, %s)", (job, BUCKET))
        seconds = 0
        with self.connection.cursor() as cursor:
            for start in range(0, count, BATCH):
                rows = "".join(object_row(job, number) for number in range(start, min(start + BATCH, count)))
                started = time.monotonic()  # writing the rows is the client's work: it is not counted
                cursor.copy_from(io.StringIO(rows), "job_objects", columns=(
                    "job_id", "bucket", "key", "size", "etag", "status"))
                seconds += time.monotonic() - started
        return job, seconds

    def load_by_insert(self, count):
        """As client libraries insert many rows: VALUES of 1,000 a statement. Objects a second."""
        job = str(uuid.uuid4())
        lines = [object_row(job, number).rstrip("\n").split("\t") for number in range(count)]
        with contextlib.closing(psycopg2.connect(self.uri)) as connection, connection.cursor() as cursor:
            started = time.monotonic()
            for start in range(0, count, BATCH):
                psycopg2.extras.execute_values(
                    cursor, "INSERT INTO job_objects (job_id, bucket, key, size, etag, status) VALUES %s",
                    lines[start:start + BATCH], page_size=1000)
                connection.commit()
            return count / (time.monotonic() - started)

    def complete_singly(self, job, count):
        """As a worker does that has a message for each object. Objects a second."""
        keys = [row[0] for row in self.run(
            "SELECT key FROM job_objects WHERE job_id = %s AND status = 'queued' LIMIT %s", (job, count))]
        started = time.monotonic()
        for key in keys:
            for status in ("processing", "succeeded"):
                self.run("UPDATE job_objects SET status = %s, updated_at = now() WHERE bucket = %s AND key = %s"
                         " AND job_id = %s", (status, BUCKET, key, job))
        return len(keys) / (time.monotonic() - started)

    def work(self, job, workers, limit):
        """Objects claimed and completed a second; no more than about limit of them."""
        left = [limit]
        lock = threading.Lock()
        threads = [threading.Thread(target=self.work_one, args=(job, left, lock)) for _ in range(workers)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (limit - left[0]) / (time.monotonic() - started)

    def work_one(self, job, left, lock):
        connection = psycopg2.connect(self.uri)
        with connection.cursor() as cursor:
            # As an index serves it once the table has been analysed: never a scan of the whole table.
            cursor.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
            while left[0] > 0:
                cursor.execute(CLAIM_ROWS, (job, CLAIM))
                keys = [row[0] for row in cursor.fetchall()]
                connection.commit()
                if not keys:
                    break
                states = ["failed" if i % 100 == 50 else "succeeded" for i in range(len(keys))]
                cursor.execute(FINISH_ROWS, (keys, states, BUCKET, job))
                connection.commit()
                with lock:
                    left[0] -= len(keys)
        connection.close()

    def status(self, job, seconds, sql=COUNT_ROWS):
        times = []
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(times) < 3:
            started = time.monotonic()
            self.run(sql, (job,))
            times.append(time.monotonic() - started)
        times.sort()
        return {"p50_ms": times[len(times) // 2] * 1e3, "p99_ms": times[int(len(times) * 0.99)] * 1e3}

    def refresh(self, times=3):
        seconds = []
        for _ in range(times):
            started = time.monotonic()
            self.run("REFRESH MATERIALIZED VIEW CONCURRENTLY job_progress")
            seconds.append(time.monotonic() - started)
        return statistics.median(seconds)

    def size(self):
        return self.run("SELECT pg_total_relation_size('job_objects')")[0][0]

    def dead(self):
        self.run("SELECT pg_stat_force_next_flush()")
        time.sleep(1)
        return self.run("SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables")[0][0]


def object_row(job, number):
    noise = (number * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    key = f"warehouse/events/year=2025/month=11/part-{number:010d}-{noise & 0xFFFFFFFF:08x}.json.gz"
    return f"{job}\t{BUCKET}\t{key}\t{noise & 0x3FFFF}\t{noise:016x}{noise ^ 0x5555:016x}\tqueued\n"


class TrawlStore:
    """trawl's own, through its code."""

    def __init__(self, build, name):
        self.driver, self.name, self.jobs = build / "bench" / "bench_store", name, 0

    def start(self, *words):
        if words[0] == "load":
            self.jobs += words[2] if len(words) > 2 else 1
        return subprocess.Popen([self.driver, self.name, *map(str, words)], stdout=subprocess.PIPE, text=True)

    def run(self, *words):
        process = self.start(*words)
        answer = process.communicate()[0]
        if process.returncode:
            raise SystemExit(f"bench_store {' '.join(map(str, words))}: exit status {process.returncode}")
        return json.loads(answer)


def postgres_size(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables "
                       "WHERE relname IN ('object_pages', 'page_states', 'object_exceptions')")
        return float(cursor.fetchone()[0])


def measure_rows(uri, meter):
    """The schema with a row an object."""
    rows = RowStore(uri)
    before, started = rows.size(), meter.seconds()
    job, seconds = rows.load(OBJECTS)
    figures = {"load": OBJECTS / seconds, "bytes": (rows.size() - before) / OBJECTS,
               "load_cpu": (meter.seconds() - started) / OBJECTS}
    figures["insert"] = rows.load_by_insert(WORKED)
    rows.run("VACUUM ANALYZE job_objects")
    figures["status"] = {"idle": rows.status(job, SECONDS)}
    rows.refresh(1)
    figures["cached"] = rows.status(job, 1, "SELECT * FROM job_progress WHERE job_id = %s")
    started = meter.seconds()
    figures["work"] = {workers: rows.work(job, workers, WORKED) for workers in WORKERS}
    figures["work_cpu"] = (meter.seconds() - started) / (WORKED * len(WORKERS))
    figures["dead"] = rows.dead() / (WORKED * len(WORKERS))
    figures["singly"] = rows.complete_singly(job, SINGLES)
    busy = threading.Thread(target=rows.work, args=(job, 2, WORKED))
    busy.start()
    reader = RowStore.__new__(RowStore)
    reader.connection = psycopg2.connect(uri)
    reader.connection.autocommit = True
    figures["status"]["load"] = reader.status(job, SECONDS)
    busy.join()
    figures["sizes"] = {OBJECTS: figures["status"]["idle"]}
    for size in SIZES:
        if size not in figures["sizes"]:
            figures["sizes"][size] = rows.status(rows.load(size)[0], SECONDS)
    figures["refresh"] = {}
    for jobs in (100, 1000):
        while len(rows.run("SELECT 1 FROM jobs")) < jobs:
            rows.load(10)
        figures["refresh"][jobs] = rows.refresh()
    return figures


class EmbeddedRows:
    """The same rows and indexes in SQLite, set as trawl's: one writer, a log, commits that a crash of the machine may
    undo. What makes it fast is the caller's: statements are prepared once, keys come sorted."""

    def __init__(self, path):
        self.path = path
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for sql in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", "PRAGMA cache_size = -65536",
                    "CREATE TABLE job_objects (job_id TEXT, bucket TEXT, key TEXT, size INTEGER, etag TEXT, status TEXT,"
                    " last_error TEXT, updated_at INTEGER)",
                    "CREATE INDEX idx_job_objects_job_status ON job_objects (job_id, status)",
                    "CREATE INDEX idx_job_objects_job_updated ON job_objects (job_id, updated_at DESC)",
                    "CREATE INDEX idx_job_objects_bucket_key_composite ON job_objects (bucket, key, job_id)",
                    "CREATE TABLE job_progress (job_id TEXT PRIMARY KEY, total INTEGER, queued INTEGER,"
                    " processing INTEGER, succeeded INTEGER, failed INTEGER)"):
            self.connection.execute(sql)

    def load(self, count):
        job, seconds = str(uuid.uuid4()), 0
        for start in range(0, count, BATCH):
            rows = [[*object_row(job, number)[:-1].split("\t"), start]
                    for number in range(start, min(start + BATCH, count))]
            started = time.monotonic()
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.executemany("INSERT INTO job_objects (job_id, bucket, key, size, etag, status, updated_at)"
                                        " VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self.connection.execute("COMMIT")
            seconds += time.monotonic() - started
        return job, seconds

    def work(self, job, limit):
        """As many workers as there may be, one of them writes at a time: one. Objects a second."""
        done, started = 0, time.monotonic()
        while done < limit:
            self.connection.execute("BEGIN IMMEDIATE")
            keys = self.connection.execute(
                "UPDATE job_objects SET status = 'processing', updated_at = ?1 WHERE rowid IN (SELECT rowid FROM"
                " job_objects WHERE job_id = ?2 AND status = 'queued' LIMIT ?3) RETURNING key",
                (done, job, CLAIM)).fetchall()
            self.connection.execute("COMMIT")
            if not keys:
                break
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.executemany(
                "UPDATE job_objects SET status = ?, updated_at = ? WHERE bucket = ? AND key = ? AND job_id = ?",
                [("failed" if i % 100 == 50 else "succeeded", done, BUCKET, key, job) for i, (key,) in enumerate(keys)])
            self.connection.execute("COMMIT")
            done += len(keys)
        return done / (time.monotonic() - started)

    def status(self, job, seconds, connection=None, sql=COUNT_ROWS.replace("%s", "?")):
        times, end = [], time.monotonic() + seconds
        while time.monotonic() < end or len(times) < 3:
            started = time.monotonic()
            (connection or self.connection).execute(sql, (job,)).fetchall()
            times.append(time.monotonic() - started)
        times.sort()
        return {"p50_ms": times[len(times) // 2] * 1e3, "p99_ms": times[int(len(times) * 0.99)] * 1e3}

    def refresh(self):
        started = time.monotonic()
        self.connection.execute(
            "INSERT OR REPLACE INTO job_progress SELECT job_id, count(*), count(*) FILTER (WHERE status = 'queued'),"
            " count(*) FILTER (WHERE status = 'processing'), count(*) FILTER (WHERE status = 'succeeded'),"
            " count(*) FILTER (WHERE status = 'failed') FROM job_objects GROUP BY job_id")
        return time.monotonic() - started


def measure_embedded_rows(path):
    """The schema with a row an object, on SQLite."""
    rows = EmbeddedRows(path)
    job, seconds = rows.load(OBJECTS)
    figures = {"load": OBJECTS / seconds, "bytes": sqlite_size(path) / OBJECTS, "status": {}}
    figures["status"]["idle"] = rows.status(job, SECONDS)
    rows.refresh()
    figures["cached"] = rows.status(job, 1, sql="SELECT * FROM job_progress WHERE job_id = ?")
    figures["work"] = {workers: rows.work(job, WORKED) for workers in WORKERS}
    busy = threading.Thread(target=rows.work, args=(job, WORKED))
    busy.start()
    with contextlib.closing(sqlite3.connect(path)) as reader:
        figures["status"]["load"] = rows.status(job, SECONDS, reader)
    busy.join()
    figures["refresh"] = {}
    for jobs in (100, 1000):
        while rows.connection.execute("SELECT count(*) FROM job_progress").fetchone()[0] < jobs:
            for _ in range(jobs):
                rows.load(10)
            rows.refresh()
        figures["refresh"][jobs] = statistics.median(rows.refresh() for _ in range(3))
    return figures


def measure_trawl(store, size_of, dead_of, meter=None):
    """trawl's store, whichever engine."""
    store.run("load", 1)  # makes the schema
    before, started = size_of(), meter.seconds() if meter else 0
    loaded = store.run("load", OBJECTS)
    job = loaded["job"]
    figures = {"load": OBJECTS / loaded["seconds"], "bytes": (size_of() - before) / OBJECTS, "status": {}, "work": {}}
    figures["load_cpu"] = (meter.seconds() - started) / OBJECTS if meter else None
    figures["status"]["idle"] = store.run("status", job, "real_time", SECONDS)
    store.run("refresh", 1)
    figures["cached"] = store.run("status", job, "cached", 1)
    worked = cpu = 0
    for workers in WORKERS:
        one = job if workers == WORKERS[0] else store.run("load", SEVERAL)["job"]
        started = meter.seconds() if meter else 0
        done = store.run("work", one, workers)
        figures["work"][workers] = done["objects"] / done["seconds"]
        worked += done["objects"]
        cpu += meter.seconds() - started if meter else 0
    figures["work_cpu"] = cpu / worked if meter else None
    figures["dead"] = dead_of() / worked
    figures["sizes"] = status_under_load(store, {
        size: job if size == OBJECTS else store.run("load", size)["job"] for size in {*SIZES, OBJECTS}})
    figures["status"]["load"] = figures["sizes"][OBJECTS]
    figures["refresh"] = {}
    for wanted in (100, 1000):
        if store.jobs < wanted:
            store.run("load", 10, wanted - store.jobs)
        figures["refresh"][wanted] = store.run("refresh", 3)["p50_ms"] / 1e3
    return figures


def status_under_load(store, jobs):
    """Real-time status of jobs {size: id} while pages of another are listed, claimed and finished all the time. In turns,
    so that what else the machine does is the same for all sizes; medians of the turns."""
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            store.run("work", store.run("load", 200_000)["job"], 2)

    busy = threading.Thread(target=churn)
    busy.start()
    try:
        turns = [{size: store.run("status", job, "real_time", 1) for size, job in sorted(jobs.items())}
                 for _ in range(2 * SECONDS + 1)]
        return {size: {part: statistics.median(turn[size][part] for turn in turns) for part in ("p50_ms", "p99_ms")}
                for size in sorted(jobs)}
    finally:
        stop.set()
        busy.join()


def table(rows, ours, title):
    print(f"\n{title}")
    print(f"  {'':<46} {'row an object':>14} {'trawl':>14} {'ratio':>9}")

    def line(name, left, right, ratio, unit=",.0f"):
        print(f"  {name:<46} {left:>14{unit}} {right:>14{unit}} {ratio:>8.1f}x", flush=True)

    line("load, objects/s", rows["load"], ours["load"], ours["load"] / rows["load"])
    if "insert" in rows:
        line("  the rows by INSERT, 1,000 a statement", rows["insert"], ours["load"], ours["load"] / rows["insert"])
    if ours["load_cpu"]:
        left, right = rows["load_cpu"] * 1e6, ours["load_cpu"] * 1e6
        line("  processor time of the server, us/object", left, right, left / right, ",.2f")
    line("bytes an object", rows["bytes"], ours["bytes"], rows["bytes"] / ours["bytes"], ",.1f")
    for workers in WORKERS:
        left, right = rows["work"][workers], ours["work"][workers]
        line(f"claim + complete, {workers} workers, objects/s", left, right, right / left)
    best = max(ours["work"].values())
    if "singly" in rows:
        line("  the rows one by one; trawl with any workers", rows["singly"], best, best / rows["singly"])
    if ours["work_cpu"]:
        left, right = rows["work_cpu"] * 1e6, ours["work_cpu"] * 1e6
        line("  processor time of the server, us/object", left, right, left / right, ",.2f")
        print(f"  {'dead rows left, an object':<46} {rows['dead']:>14,.3f} {ours['dead']:>14,.3f}")
    for state, name in (("idle", "status, real time, idle"), ("load", "status, real time, under load")):
        left, right = rows["status"][state], ours["status"][state]
        line(f"{name}, p50 ms", left["p50_ms"], right["p50_ms"], left["p50_ms"] / right["p50_ms"], ",.3f")
        line(f"{name}, p99 ms", left["p99_ms"], right["p99_ms"], left["p99_ms"] / right["p99_ms"], ",.3f")
    left, right = rows["cached"], ours["cached"]
    line("status, cached, p50 ms", left["p50_ms"], right["p50_ms"], left["p50_ms"] / right["p50_ms"], ",.3f")
    line("status, cached, p99 ms", left["p99_ms"], right["p99_ms"], left["p99_ms"] / right["p99_ms"], ",.3f")
    for jobs in (100, 1000):
        left, right = rows["refresh"][jobs] * 1e3, ours["refresh"][jobs] * 1e3
        line(f"refresh, {jobs} jobs, ms", left, right, left / right, ",.1f")


def sizes_table(name, ours):
    print(f"\n{name}: real-time status while another job is listed and scanned")
    for size, figures in ours["sizes"].items():
        print(f"  {size:>12,} objects   p50 {figures['p50_ms']:.3f} ms   p99 {figures['p99_ms']:.3f} ms")
    first, last = ours["sizes"][SIZES[0]], ours["sizes"][SIZES[-1]]
    print(f"  ratio of the largest to the smallest: {last['p50_ms'] / first['p50_ms']:.2f} (aim: 2 or less)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--svg", type=pathlib.Path)
    options = parser.parse_args()
    build = options.build.resolve()
    print(f"store: {OBJECTS:,} objects a job, {len(os.sched_getaffinity(0))} cores")
    server = Postgres(SETTINGS).start()
    meter = Meter(server.process.pid)
    try:
        rows = measure_rows(new_database(server, "row_store"), meter)
        server.execute("DROP DATABASE row_store WITH (FORCE)")  # or its vacuum would count as trawl's work
        ours = measure_postgres(build, new_database(server, "trawl_store"), meter)
    finally:
        server.stop()
    table(rows, ours, "PostgreSQL")
    sizes_table("PostgreSQL", ours)
    with tempfile.TemporaryDirectory(prefix="trawl-bench-") as folder:
        embedded_rows = measure_embedded_rows(pathlib.Path(folder) / "rows.db")
        path = pathlib.Path(folder) / "store.db"
        store = TrawlStore(build, str(path))
        embedded = measure_trawl(store, lambda: sqlite_size(path), lambda: 0)
    table(embedded_rows, embedded, "SQLite")
    sizes_table("SQLite", embedded)
    chart_file = options.svg or build / "status-latency.svg"
    chart_file.write_text(draw(rows, ours, embedded))
    print(f"\n{chart_file}")


def draw(rows, ours, embedded):
    """Latency of the exact status against the size of the job."""
    series = {"a row an object, counted": rows, "trawl, PostgreSQL": ours, "trawl, SQLite": embedded}
    return chart.draw("Exact job status, real time", "objects in the job", "p50, ms", {
        name: {size: point["p50_ms"] for size, point in figures["sizes"].items()} for name, figures in series.items()})


def new_database(server, name):
    connection = psycopg2.connect(server.uri())
    connection.autocommit = True
    connection.cursor().execute(f"CREATE DATABASE {name}")
    connection.close()
    return server.uri(name)


def measure_postgres(build, uri, meter):
    store = TrawlStore(build, uri)
    store.run("load", 1)  # makes the schema
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    try:
        return measure_trawl(store, lambda: postgres_size(connection), lambda: dead_rows(connection), meter)
    finally:
        connection.close()


def sqlite_size(path):
    """What is in the file; its log, which is written again and again, is not counted."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def dead_rows(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        time.sleep(1)
        cursor.execute("SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables")
        return cursor.fetchone()[0]


if __name__ == "__main__":
    main()

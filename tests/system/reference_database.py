"""Databases for tests of the schema: migrated ones with objects in them, and ones that an older scanner made.

The older scanner's schema is rebuilt from its published manual: tables, indexes, materialized view and helper views have
the names, columns and definitions that stand there. What the manual leaves open differs from variant to variant."""
import contextlib
import pathlib
import re
import subprocess

import psycopg2

MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / "src" / "store" / "migrations"

PROGRESS_QUERY = """
SELECT
    j.job_id,
    j.bucket,
    j.prefix,
    {arn}
    j.created_at,
    j.updated_at,
    COUNT(jo.job_id) as total_objects,
    COUNT(*) FILTER (WHERE jo.status = 'queued') as queued_count,
    COUNT(*) FILTER (WHERE jo.status = 'processing') as processing_count,
    COUNT(*) FILTER (WHERE jo.status = 'succeeded') as succeeded_count,
    COUNT(*) FILTER (WHERE jo.status = 'failed') as failed_count,
    (SELECT COUNT(*) FROM findings f WHERE f.job_id = j.job_id) as total_findings,
    ROUND((COUNT(*) FILTER (WHERE jo.status IN ('succeeded', 'failed'))::numeric /
           COUNT(jo.job_id)::numeric * 100), 2) as progress_percent
FROM jobs j
LEFT JOIN job_objects jo ON j.job_id = jo.job_id
GROUP BY j.job_id, j.bucket, j.prefix, {arn} j.created_at, j.updated_at"""

COMPOSITE_INDEXES = """
CREATE INDEX idx_job_objects_job_status ON job_objects(job_id, status);
CREATE INDEX idx_job_objects_job_updated ON job_objects(job_id, updated_at DESC);
CREATE INDEX idx_job_objects_bucket_key_composite ON job_objects(bucket, key, job_id);
CREATE INDEX idx_findings_job_detector ON findings(job_id, detector);
"""

HELPERS = """
CREATE MATERIALIZED VIEW job_progress AS {query};
CREATE UNIQUE INDEX idx_job_progress_job_id ON job_progress(job_id);
CREATE VIEW active_jobs_progress AS
SELECT * FROM job_progress WHERE progress_percent < 100 ORDER BY created_at DESC;
CREATE VIEW job_statistics AS
SELECT COUNT(*) as total_jobs, COUNT(*) FILTER (WHERE progress_percent = 100) as completed_jobs,
       SUM(total_objects) as total_objects_all_jobs, SUM(total_findings) as total_findings_all_jobs,
       AVG(progress_percent) as avg_progress
FROM job_progress;
CREATE FUNCTION refresh_job_progress() RETURNS void LANGUAGE plpgsql AS
$$ BEGIN REFRESH MATERIALIZED VIEW CONCURRENTLY job_progress; END $$;
CREATE FUNCTION should_refresh_progress(last_refresh TIMESTAMPTZ) RETURNS boolean LANGUAGE sql AS
$$ SELECT last_refresh < NOW() - INTERVAL '5 minutes' $$;
"""


def progress_query(has_arn=True):
    return PROGRESS_QUERY.format(arn="j.execution_arn," if has_arn else "")


@contextlib.contextmanager
def connected(uri):
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    try:
        yield Database(connection, uri)
    finally:
        connection.close()


class Database:
    def __init__(self, connection, uri):
        self.connection, self.uri = connection, uri

    def run(self, sql, *values):
        """Executes; the rows, if there are any."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else None

    def one(self, sql, *values):
        return self.run(sql, *values)[0][0]

    def columns(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return [column.name for column in cursor.description]

    def migrate(self, way):
        """As `trawl migrate` does: the text of the migration in one transaction."""
        text = (MIGRATIONS / "postgres" / f"0001_initial.{way}.sql").read_text(encoding="utf-8")
        self.connection.autocommit = False
        try:
            self.run(text)
            self.connection.commit()
        except psycopg2.Error:
            self.connection.rollback()
            raise
        finally:
            self.connection.autocommit = True

    def schema(self):
        """What pg_dump says of the schema, without what differs from run to run."""
        dump = subprocess.run(["pg_dump", "--schema-only", "--dbname", self.uri], check=True, capture_output=True,
                              text=True).stdout
        return re.sub(r"^\\(un)?restrict .*$", "", dump, flags=re.MULTILINE)

    def checksum(self, relation):
        """Of all rows with all columns, in any order."""
        return self.run(f"SELECT count(*), sum(hashtextextended(r::text, 0)) FROM {relation} r")[0]

    def is_there(self, relation):
        return self.one("SELECT to_regclass(%s) IS NOT NULL", relation)


class Plan:
    """EXPLAIN (ANALYZE): what a statement really read."""

    def __init__(self, database, sql, *values):
        self.root = database.one("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, *values)[0]["Plan"]

    def nodes(self, node=None):
        node = node or self.root
        yield node
        for child in node.get("Plans", ()):
            yield from self.nodes(child)

    def rows_read(self, relation):
        """Rows of the table that were looked at, also those that a filter or a recheck threw away."""
        return sum(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                                           + node.get("Rows Removed by Index Recheck", 0))
                   for node in self.nodes() if node.get("Relation Name") == relation)

    def full_scans(self):
        """Tables that were read from one end to the other."""
        return {node["Relation Name"] for node in self.nodes()
                if node["Node Type"] == "Seq Scan" and node["Actual Loops"] > 0}

    def indexes(self):
        return {node["Index Name"] for node in self.nodes() if "Index Name" in node and node["Actual Loops"] > 0}


def job_id(name):
    """The same id for the same name, in Python and in SQL: md5(name)::uuid."""
    import hashlib
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def add_job(database, name, bucket="acme-data", pages=4, page_size=10, done=0, leased=0, failed=0, execution="SUCCEEDED",
            age="2 hours"):
    """A job as the program leaves it behind: its first pages done, the next ones leased, the rest queued; of each done
    page the first `failed` objects failed. Keys are <page>/<object>, both with leading zeros."""
    identity, arn = job_id(name), f"arn:aws:states:us-east-1:123456789012:execution:s3-scanner:scan-{job_id(name)}"
    run = database.run
    run("INSERT INTO jobs (job_id, bucket, prefix, execution_arn, created_at, updated_at) VALUES (%s, %s, 'data/', %s,"
        " now() - %s::interval, now() - %s::interval)", identity, bucket, arn if execution else None, age, age)
    if execution:
        run("INSERT INTO executions (execution_arn, state_machine_arn, name, definition, status, input, started_at)"
            " VALUES (%s, 'm', 'n', '{}', %s, '{}', 0)", arn, execution)
        run("INSERT INTO job_executions VALUES (%s, 0, %s, 0, NULL)", identity, arn)
    else:
        run("UPDATE jobs SET mode = 'sync' WHERE job_id = %s", identity)
    run("""INSERT INTO object_pages (job_id, shard, page_no, first_key, last_key, object_count, byte_count, keys, sizes,
                                     etags, modified)
           SELECT %s, 0, p, k.keys[1], k.keys[%s], %s, 100 * %s, k.keys, array_fill(100::bigint, ARRAY[%s]),
                  array_fill('etag'::text, ARRAY[%s]), array_fill(0::bigint, ARRAY[%s])
           FROM generate_series(0, %s - 1) p
           CROSS JOIN LATERAL (SELECT array_agg(lpad(p::text, 6, '0') || '/' || lpad(o::text, 4, '0') ORDER BY o) AS keys
                               FROM generate_series(0, %s - 1) o) k""",
        identity, page_size, page_size, page_size, page_size, page_size, page_size, pages, page_size)
    run("""INSERT INTO page_states (job_id, shard, page_no, state, fence, lease_owner, lease_expires_at, pending,
                                    succeeded, failed, findings, bytes_done, updated_at)
           SELECT %s, 0, p, w.state, 1, CASE w.state WHEN 'leased' THEN 'worker' END,
                  CASE w.state WHEN 'leased' THEN 0 END, CASE w.state WHEN 'done' THEN 0 ELSE %s END,
                  CASE w.state WHEN 'done' THEN %s - %s ELSE 0 END, CASE w.state WHEN 'done' THEN %s ELSE 0 END,
                  CASE w.state WHEN 'done' THEN 2 ELSE 0 END, CASE w.state WHEN 'done' THEN 100 * %s ELSE 0 END,
                  trawl_now() - (%s - p) * 1000
           FROM generate_series(0, %s - 1) p
           CROSS JOIN LATERAL (SELECT CASE WHEN p < %s THEN 'done' WHEN p < %s THEN 'leased'
                                           ELSE 'queued' END) w (state)""",
        identity, page_size, page_size, failed, failed, page_size, pages, pages, done, done + leased)
    run("""INSERT INTO object_exceptions (job_id, shard, page_no, ordinal, key, status, error_code, error_message,
                                          updated_at)
           SELECT p.job_id, 0, p.page_no, o, p.keys[o + 1], 'failed', 'too_large', 'larger than the limit', trawl_now()
           FROM object_pages p, generate_series(0, %s - 1) o WHERE p.job_id = %s AND p.page_no < %s""",
        failed, identity, done)
    run("""INSERT INTO findings (job_id, shard, page_no, ordinal, bucket, key, detector, category, severity, tier, count,
                                 masked, fingerprint, created_at)
           SELECT p.job_id, 0, p.page_no, p.object_count - 1, %s, p.last_key, d, 'financial', 'high', 'validated', 1, '*',
                  '*', 0
           FROM object_pages p, unnest(ARRAY['fin.credit_card', 'pii.email']) d WHERE p.job_id = %s AND p.page_no < %s""",
        bucket, identity, done)
    count_from_pages(database, identity)
    return identity


def count_from_pages(database, identity):
    """The counters that belong to a job's pages, in two slots."""
    database.run("DELETE FROM job_counters WHERE job_id = %s", identity)
    database.run("""
        INSERT INTO job_counters (job_id, slot, total, queued, processing, succeeded, failed, skipped, bytes_total,
                                  bytes_done, findings, pages, updated_at)
        SELECT s.job_id, mod(s.page_no, 2), sum(p.object_count),
               sum(CASE WHEN s.state <> 'leased' THEN s.pending ELSE 0 END),
               sum(CASE WHEN s.state = 'leased' THEN s.pending ELSE 0 END), sum(s.succeeded), sum(s.failed),
               sum(s.skipped), sum(p.byte_count), sum(s.bytes_done), sum(s.findings), count(*), max(s.updated_at)
        FROM page_states s JOIN object_pages p USING (job_id, shard, page_no)
        WHERE s.job_id = %s GROUP BY 1, 2""", identity)


def make_older(database, has_arn=True, has_indexes=False, has_helpers=False, has_extension=False, objects=60):
    """The older scanner's database: three jobs with objects of all states, one of them with words of its own."""
    run = database.run
    if has_extension:
        run('CREATE EXTENSION "uuid-ossp"')
    run(f"""CREATE TABLE jobs (
                job_id UUID PRIMARY KEY DEFAULT {'uuid_generate_v4()' if has_extension else 'gen_random_uuid()'},
                bucket TEXT NOT NULL,
                prefix TEXT DEFAULT '',
                {'execution_arn TEXT,' if has_arn else ''}
                created_at TIMESTAMPTZ DEFAULT NOW(),
                updated_at TIMESTAMPTZ DEFAULT NOW())""")
    run("CREATE INDEX idx_jobs_created_at ON jobs(created_at)")
    if has_arn:
        run("CREATE INDEX idx_jobs_execution_arn ON jobs(execution_arn) WHERE execution_arn IS NOT NULL")
    run("""CREATE TABLE job_objects (id BIGSERIAL PRIMARY KEY, job_id UUID REFERENCES jobs(job_id), bucket TEXT, key TEXT,
                                     status TEXT, updated_at TIMESTAMPTZ DEFAULT NOW(), worker JSONB)""")
    run("CREATE TABLE findings (id BIGSERIAL PRIMARY KEY, job_id UUID REFERENCES jobs(job_id), bucket TEXT, key TEXT,"
        " detector TEXT, confidence NUMERIC(3,2))")
    fill_older(database, has_arn, objects)
    if has_indexes:
        run(COMPOSITE_INDEXES)
    if has_helpers:
        run(HELPERS.format(query=progress_query(has_arn)))
    run("ANALYZE")


def fill_older(database, has_arn, objects):
    run = database.run
    run("INSERT INTO jobs (job_id, bucket, prefix, created_at, updated_at) VALUES"
        " (md5('old-1')::uuid, 'old-bucket', NULL, now() - interval '9 days', now() - interval '8 days'),"
        " (md5('old-2')::uuid, 'old-bucket', 'p/', now() - interval '7 days', NULL),"
        " (md5('old-3')::uuid, 'other-bucket', '', NULL, NULL)")
    if has_arn:
        run("UPDATE jobs SET execution_arn = 'arn:aws:states:us-west-2:123456789012:execution:s:scan-old-2'"
            " WHERE job_id = md5('old-2')::uuid")
    run("""INSERT INTO job_objects (job_id, bucket, key, status, updated_at, worker)
           SELECT md5('old-' || j)::uuid, CASE j WHEN 3 THEN 'other-bucket' ELSE 'old-bucket' END,
                  'data/part-' || lpad(o::text, 8, '0'),
                  CASE j WHEN 1 THEN 'succeeded'
                         WHEN 2 THEN (ARRAY['queued', 'processing', 'succeeded', 'failed'])[mod(o, 4) + 1]
                         ELSE (ARRAY['pending', 'done', NULL, 'SUCCEEDED', 'skipped', 'failed'])[mod(o, 6) + 1] END,
                  CASE WHEN mod(o, 7) = 0 THEN NULL ELSE now() - interval '1 second' * o END, '{"host": "a"}'
           FROM generate_series(1, 3) j, generate_series(1, %s) o""", objects)
    run("""INSERT INTO findings (job_id, bucket, key, detector, confidence)
           SELECT md5('old-' || j)::uuid, 'old-bucket', CASE WHEN mod(f, 5) = 0 THEN NULL ELSE 'data/part-' || f END,
                  CASE WHEN mod(f, 6) = 0 THEN NULL ELSE 'ssn' END, 0.5
           FROM generate_series(1, 2) j, generate_series(1, %s) f""", max(objects // 4, 1))

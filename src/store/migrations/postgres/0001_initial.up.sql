-- The first schema, and the upgrade of a database that the reference scanner's own migrations made.
--
-- Objects are written once (object_pages); state lives on the page (page_states); exceptions are rows. Tables and columns
-- are those of the SQLite schema. Times are milliseconds since the epoch (UTC), but timestamptz in jobs and in all views,
-- since users compare those with NOW().
--
-- 1. helpers   2. an older scanner's things set aside   3. tables   4. the older scanner's rows taken in   5. views
-- 6. what the older scanner's readers may read

SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = 0;  -- an older scanner's rows are counted, however many there are

-- 1. ------------------------------------------------------------------------------------------------------- helpers

-- Both are plain arithmetic, so that they are inlined and may stand in an index.
CREATE FUNCTION trawl_ms(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT floor(extract(epoch FROM at - timestamptz '1970-01-01 00:00:00+00') * 1000)::bigint $$;

CREATE FUNCTION trawl_time(ms bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT to_timestamp(ms / 1000.0::float8) $$;

CREATE FUNCTION trawl_now() RETURNS bigint LANGUAGE sql VOLATILE PARALLEL SAFE AS
$$ SELECT trawl_ms(clock_timestamp()) $$;

-- 2. --------------------------------------------------------------------------------- an older scanner's things set aside

-- What had which name before: `down` gives the names back. Empty where there was no older scanner.
CREATE TABLE legacy_names (
    kind     text NOT NULL,                      -- as ALTER calls it
    name     text NOT NULL,                      -- since then; a routine with its arguments
    old_name text NOT NULL,
    PRIMARY KEY (kind, name)
);

-- A database of somebody else's is left alone.
DO $$
BEGIN
    IF to_regclass(quote_ident(current_schema()) || '.jobs') IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(quote_ident(current_schema()) || '.jobs')
                                     AND attname = 'job_id' AND atttypid = 'uuid'::regtype) THEN
        RAISE EXCEPTION 'schema %: its table jobs is not a scanner''s (it has no job_id uuid); trawl needs a database, or a schema, of its own',
                        current_schema();
    END IF;
END $$;

-- Renaming is instant, keeps rows, columns, keys, triggers, privileges and what depends on them, whatever they are, and
-- is undone by renaming.
DO $$
DECLARE
    relation record;
    part     record;
    renamed  text;
BEGIN
    FOR relation IN
        SELECT c.oid, c.relname, CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END AS kind
        FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
          AND c.relname IN ('jobs', 'job_objects', 'findings', 'job_progress', 'active_jobs_progress', 'job_statistics')
        ORDER BY c.relname
    LOOP
        FOR part IN
            SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = relation.oid ORDER BY c.relname
        LOOP
            renamed := left(part.relname, 56) || '_legacy';
            EXECUTE format('ALTER INDEX %I RENAME TO %I', part.relname, renamed);
            INSERT INTO legacy_names VALUES ('INDEX', renamed, part.relname);
        END LOOP;
        renamed := relation.relname || '_legacy';
        EXECUTE format('ALTER %s %I RENAME TO %I', relation.kind, relation.relname, renamed);
        INSERT INTO legacy_names VALUES (relation.kind, renamed, relation.relname);
    END LOOP;
    FOR part IN
        SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace
          AND p.proname IN ('refresh_job_progress', 'should_refresh_progress')
    LOOP
        renamed := part.proname || '_legacy';
        EXECUTE format('ALTER ROUTINE %I(%s) RENAME TO %I', part.proname, part.arguments, renamed);
        INSERT INTO legacy_names VALUES ('ROUTINE', format('%I(%s)', renamed, part.arguments), part.proname);
    END LOOP;
END $$;

-- Where there is none, empty tables stand in, so that everything below and every statement of the program has one form.
CREATE TABLE IF NOT EXISTS jobs_legacy (
    job_id uuid PRIMARY KEY, bucket text, prefix text, execution_arn text, created_at timestamptz, updated_at timestamptz
);
CREATE TABLE IF NOT EXISTS job_objects_legacy (
    job_id uuid, bucket text, key text, status text, updated_at timestamptz
);
CREATE TABLE IF NOT EXISTS findings_legacy (job_id uuid, bucket text, key text, detector text);

-- 3. -------------------------------------------------------------------------------------------------------- tables

CREATE TABLE meta (
    name  text PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE jobs (
    job_id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bucket        text NOT NULL,
    prefix        text NOT NULL DEFAULT '',
    execution_arn text,
    created_at    timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    mode          text NOT NULL DEFAULT 'async' CHECK (mode IN ('async', 'sync', 'legacy')),
    epoch         bigint NOT NULL DEFAULT 0,
    runner        text,                          -- NULL: any server or worker; else the process whose job it is
    paused        smallint NOT NULL DEFAULT 0,
    cancelled     smallint NOT NULL DEFAULT 0,   -- says so where no execution can
    not_before    bigint NOT NULL DEFAULT 0,     -- backoff: its objects are out of reach, nobody claims its pages earlier
    waiting_for   text NOT NULL DEFAULT '',      -- why its pages were given back last; '' since one was finished
    options       text NOT NULL DEFAULT '{}',    -- JSON: endpoint, region, filters, limits; never credentials
    rules_id      text NOT NULL DEFAULT '',      -- content hash of the rule set of the first scan
    custom_rules  text NOT NULL DEFAULT '',      -- custom_rule_sets.set_id of its creation; '' if there were none
    deleted_at    bigint                         -- pruned: hidden at once, its rows go later
);
CREATE INDEX idx_jobs_created_at ON jobs (created_at);
CREATE INDEX idx_jobs_execution_arn ON jobs (execution_arn) WHERE execution_arn IS NOT NULL;
CREATE INDEX idx_jobs_bucket ON jobs (bucket, created_at);
CREATE INDEX idx_jobs_deleted ON jobs (job_id) WHERE deleted_at IS NOT NULL;

CREATE TABLE job_executions (
    job_id        uuid NOT NULL REFERENCES jobs (job_id),
    generation    integer NOT NULL,
    execution_arn text NOT NULL,
    created_at    bigint NOT NULL,
    ended         text,                          -- its last status, once the job has taken note of it
    PRIMARY KEY (job_id, generation)
);
CREATE INDEX idx_job_executions_open ON job_executions (execution_arn) WHERE ended IS NULL;

-- A few rows a job, each updated for every page: room for heap-only updates, and vacuum long before it hurts.
CREATE TABLE job_counters (
    job_id      uuid NOT NULL REFERENCES jobs (job_id),
    slot        integer NOT NULL,
    total       bigint NOT NULL DEFAULT 0,
    queued      bigint NOT NULL DEFAULT 0,
    processing  bigint NOT NULL DEFAULT 0,
    succeeded   bigint NOT NULL DEFAULT 0,
    failed      bigint NOT NULL DEFAULT 0,
    skipped     bigint NOT NULL DEFAULT 0,
    bytes_total bigint NOT NULL DEFAULT 0,
    bytes_done  bigint NOT NULL DEFAULT 0,
    findings    bigint NOT NULL DEFAULT 0,       -- rows in findings
    pages       bigint NOT NULL DEFAULT 0,
    updated_at  bigint NOT NULL,
    PRIMARY KEY (job_id, slot)
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.1,
        autovacuum_vacuum_cost_delay = 0);

-- How many objects failed for which reason, exactly; changed with the counters.
CREATE TABLE job_failures (
    job_id     uuid NOT NULL REFERENCES jobs (job_id),
    slot       integer NOT NULL,
    error_code text NOT NULL,
    objects    bigint NOT NULL,
    PRIMARY KEY (job_id, slot, error_code)
) WITH (fillfactor = 50);

-- From where the speed of a job is measured: two points in time, the older one the base, so that the time between is
-- one to two refreshes; and how long the job was paused, or stood still, altogether.
CREATE TABLE job_speed (
    job_id          uuid PRIMARY KEY REFERENCES jobs (job_id),
    base_at         bigint NOT NULL,
    base_settled    bigint NOT NULL,
    sampled_at      bigint NOT NULL,
    sampled_settled bigint NOT NULL,
    idle_ms         bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE job_excluded (
    job_id  uuid NOT NULL REFERENCES jobs (job_id),
    reason  text NOT NULL,
    objects bigint NOT NULL,
    bytes   bigint NOT NULL,
    PRIMARY KEY (job_id, reason)
) WITH (fillfactor = 50);

CREATE TABLE listing_shards (
    job_id     uuid NOT NULL REFERENCES jobs (job_id),
    shard      integer NOT NULL,
    lo         text COLLATE "C" NOT NULL DEFAULT '',     -- keys after lo …
    hi         text COLLATE "C",                         -- … up to and with hi; NULL: no upper end
    cursor     text COLLATE "C" NOT NULL DEFAULT '',     -- last key that is stored in a page
    hint       text,                                     -- continuation token that goes with the cursor
    next_page  integer NOT NULL DEFAULT 0,
    state      text NOT NULL DEFAULT 'listing' CHECK (state IN ('listing', 'stopped', 'done')),
                                                         -- stopped: the job was cancelled, or its execution ended badly
    fence      bigint NOT NULL DEFAULT 0,
    updated_at bigint NOT NULL,
    PRIMARY KEY (job_id, shard)
) WITH (fillfactor = 50);

-- Written once, never updated.
CREATE TABLE object_pages (
    job_id       uuid NOT NULL,
    shard        integer NOT NULL,
    page_no      integer NOT NULL,
    first_key    text COLLATE "C" NOT NULL,
    last_key     text COLLATE "C" NOT NULL,
    object_count integer NOT NULL,
    byte_count   bigint NOT NULL,
    keys         text[] COLLATE "C" NOT NULL,            -- in bytewise order, each without key_prefix
    sizes        bigint[] NOT NULL,
    etags        text[] NOT NULL,
    modified     bigint[] NOT NULL,                      -- milliseconds
    escaped      text,                                   -- JSON array of ordinals whose key is percent-escaped, or NULL
    key_prefix   text COLLATE "C" NOT NULL DEFAULT '',   -- what all keys of the page begin with
    PRIMARY KEY (job_id, shard, page_no)
);
-- job_object() looks a key up by these. The second holds the pages that the first cannot: an escaped key does not stand
-- where its text sorts, and a path of a directory may be longer than an index entry can be (a key of S3 is not).
CREATE INDEX idx_object_pages_first_key ON object_pages (job_id, first_key)
    WHERE escaped IS NULL AND octet_length(first_key) <= 1024;
CREATE INDEX idx_object_pages_odd ON object_pages (job_id) WHERE escaped IS NOT NULL OR octet_length(first_key) > 1024;

-- Nobody asks which keys or sizes are frequent; ANALYZE would hash each element of some 30,000 pages to find out.
ALTER TABLE object_pages ALTER COLUMN keys SET STATISTICS 0, ALTER COLUMN sizes SET STATISTICS 0,
    ALTER COLUMN etags SET STATISTICS 0, ALTER COLUMN modified SET STATISTICS 0;

-- lz4 reads and writes arrays several times as fast as pglz; a server may be built without it, or be older than 14.
DO $$
DECLARE
    column_name text;
BEGIN
    IF EXISTS (SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        FOREACH column_name IN ARRAY ARRAY['keys', 'sizes', 'etags', 'modified'] LOOP
            EXECUTE format('ALTER TABLE object_pages ALTER COLUMN %I SET COMPRESSION lz4', column_name);
        END LOOP;
    END IF;
END $$;

CREATE TABLE page_states (
    job_id           uuid NOT NULL,
    shard            integer NOT NULL,
    page_no          integer NOT NULL,
    state            text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'leased', 'done', 'dropped')),
    scope            text NOT NULL DEFAULT 'all' CHECK (scope IN ('all', 'exceptions')),
    attempt          integer NOT NULL DEFAULT 0,
    fence            bigint NOT NULL DEFAULT 0,
    lease_owner      text,
    lease_expires_at bigint,
    not_before       bigint NOT NULL DEFAULT 0,  -- backoff: nobody claims it earlier
    sent_at          bigint,
    pending          bigint NOT NULL,            -- objects still to be scanned, of any state but done
    succeeded        bigint NOT NULL DEFAULT 0,
    failed           bigint NOT NULL DEFAULT 0,
    skipped          bigint NOT NULL DEFAULT 0,
    findings         bigint NOT NULL DEFAULT 0,
    bytes_done       bigint NOT NULL DEFAULT 0,
    suspect_ordinal  integer,                    -- the object that was under way alone when the page was abandoned …
    suspect_claims   integer NOT NULL DEFAULT 0, -- … by so many claims in a row
    updated_at       bigint NOT NULL,
    PRIMARY KEY (job_id, shard, page_no)
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_analyze_threshold = 500, autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
-- All that finding the next page asks for; FOR UPDATE SKIP LOCKED then locks only rows that can be had.
CREATE INDEX idx_page_states_claimable ON page_states (job_id, shard, page_no, not_before) WHERE state = 'queued';
-- As many entries as pages are being scanned. Without the lease's end in it, a heartbeat is a heap-only update.
CREATE INDEX idx_page_states_leased ON page_states (job_id) WHERE state = 'leased';
-- By job and time, as job_objects shows it.
CREATE INDEX idx_page_states_job_updated ON page_states (job_id, trawl_time(updated_at));

CREATE TABLE object_exceptions (
    job_id        uuid NOT NULL,
    shard         integer NOT NULL,
    page_no       integer NOT NULL,
    ordinal       integer NOT NULL,
    key           text NOT NULL,
    status        text NOT NULL CHECK (status IN ('queued', 'failed', 'skipped')),
    attempts      integer NOT NULL DEFAULT 1,
    error_code    text,
    error_message text,
    updated_at    bigint NOT NULL,
    PRIMARY KEY (job_id, shard, page_no, ordinal)
);
CREATE INDEX idx_object_exceptions_status ON object_exceptions (job_id, status, shard, page_no, ordinal);

CREATE TABLE findings (
    finding_id  bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    job_id      uuid NOT NULL,
    shard       integer NOT NULL,
    page_no     integer NOT NULL,
    ordinal     integer NOT NULL,
    bucket      text NOT NULL,
    key         text NOT NULL,
    detector    text NOT NULL,
    category    text NOT NULL,
    severity    text NOT NULL,
    tier        text NOT NULL,
    count       bigint NOT NULL,
    masked      text NOT NULL,
    fingerprint text NOT NULL,                   -- '' on the one aggregate row of a truncated detector
    truncated   smallint NOT NULL DEFAULT 0,
    locations   text NOT NULL DEFAULT '[]',      -- JSON: [{offset, length, line, column, member, also …}]
    compliance  text NOT NULL DEFAULT '',        -- tags of its rule, separated by commas
    created_at  bigint NOT NULL
);
CREATE INDEX idx_findings_job ON findings (job_id, finding_id);
CREATE INDEX idx_findings_job_detector ON findings (job_id, detector);
CREATE INDEX idx_findings_page ON findings (job_id, shard, page_no, ordinal);

-- What was found and not reported, and why: how many places, by object and detector, and the first of them.
CREATE TABLE suppressions (
    job_id    uuid NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    shard     integer NOT NULL,
    page_no   integer NOT NULL,
    ordinal   integer NOT NULL,
    detector  text COLLATE "C" NOT NULL,
    reason    text COLLATE "C" NOT NULL CHECK (reason IN ('test_value', 'inline', 'allowed', 'baseline')),
    key       text NOT NULL,
    count     bigint NOT NULL,
    locations text NOT NULL DEFAULT '[]',        -- JSON as in findings, with by and why: what suppresses it
    PRIMARY KEY (job_id, shard, page_no, ordinal, detector, reason)
);

CREATE TABLE executions (
    execution_arn     text PRIMARY KEY,
    state_machine_arn text NOT NULL,
    name              text NOT NULL,
    definition        text NOT NULL,             -- the machine as it was at the start
    role_arn          text NOT NULL DEFAULT '',  -- and its role, which nobody assumes here
    status            text NOT NULL CHECK (status IN ('RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED')),
    input             text NOT NULL,
    output            text,
    error             text,
    cause             text,
    started_at        bigint NOT NULL,
    stopped_at        bigint,
    runner            text,                      -- as jobs.runner
    machine_version   bigint,                   -- of a version that was started; NULL: the machine as it was
    redrive_count     bigint NOT NULL DEFAULT 0,
    redriven_at       bigint,
    redrive_tokens    text,                      -- JSON: the client's tokens of its latest redrives and their times
    run_state         text,                      -- JSON: where the run is; where it was, once it has ended badly
    wake_at           bigint NOT NULL DEFAULT 0, -- not to be stepped earlier (Retry, Wait)
    signals           bigint NOT NULL DEFAULT 0, -- what has come from outside so far, for a step to see that more came
    event_count       bigint NOT NULL DEFAULT 0,
    fence             bigint NOT NULL DEFAULT 0,
    lease_owner       text,
    lease_expires_at  bigint
) WITH (fillfactor = 50);
CREATE INDEX idx_executions_running ON executions (wake_at) WHERE status = 'RUNNING';

-- The next that is due and free, which nobody else claims right now. Without sorting: a planner that does not know the
-- table yet would read all that are due to find one.
CREATE FUNCTION trawl_due_execution(its_runner text, now_ms bigint) RETURNS text LANGUAGE sql VOLATILE
SET enable_sort = off AS $$
    SELECT execution_arn FROM executions
    WHERE status = 'RUNNING' AND runner IS NOT DISTINCT FROM its_runner AND wake_at <= now_ms
      AND (lease_expires_at IS NULL OR lease_expires_at <= now_ms)
    ORDER BY wake_at LIMIT 1 FOR UPDATE SKIP LOCKED
$$;
CREATE INDEX idx_executions_machine ON executions (state_machine_arn, started_at, execution_arn);

CREATE TABLE execution_events (
    execution_arn     text NOT NULL REFERENCES executions (execution_arn),
    event_id          bigint NOT NULL,
    previous_event_id bigint NOT NULL,
    type              text NOT NULL,
    timestamp         bigint NOT NULL,
    details           text NOT NULL DEFAULT '{}',
    PRIMARY KEY (execution_arn, event_id)
);

-- The execution index: the newest status that an event told of each execution, ours or of AWS.
CREATE TABLE execution_index (
    execution_arn     text PRIMARY KEY,
    state_machine_arn text NOT NULL,
    name              text NOT NULL,
    status            text NOT NULL,
    started_at        bigint NOT NULL,
    stopped_at        bigint,
    redrive_count     bigint NOT NULL DEFAULT 0,
    status_rank       bigint NOT NULL,          -- of events with the same start and redrive the greater one is newer
    event_id          text NOT NULL,
    indexed_at        bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX idx_execution_index_date ON execution_index (started_at, execution_arn);
CREATE INDEX idx_execution_index_status ON execution_index (status, started_at, execution_arn);

-- Events on their way to an index that is no part of this store.
CREATE TABLE index_outbox (
    event_id   text PRIMARY KEY,
    event      text NOT NULL,                 -- JSON
    created_at bigint NOT NULL
);
CREATE INDEX idx_index_outbox_oldest ON index_outbox (created_at, event_id);

-- Rules of this installation's own, as JSON. A set is all of them at one time; retired_at: when another became current.
CREATE TABLE custom_rules (
    rule_id    text PRIMARY KEY,
    version    bigint NOT NULL,
    document   text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE custom_rule_sets (
    set_id     text PRIMARY KEY,
    document   text NOT NULL,
    retired_at bigint
);

-- Machines that clients made; what a running execution needs of its machine is a copy in its own row.
CREATE TABLE state_machines (
    state_machine_arn text PRIMARY KEY,
    name              text NOT NULL,
    definition        text NOT NULL,
    role_arn          text NOT NULL DEFAULT '',
    type              text NOT NULL DEFAULT 'STANDARD',
    status            text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'DELETING')),
    revision_id       text NOT NULL,
    settings          text NOT NULL DEFAULT '{}', -- JSON: logging, tracing, encryption, as they were given
    tags              text NOT NULL DEFAULT '{}', -- JSON: key -> value
    next_version      bigint NOT NULL DEFAULT 1,
    created_at        bigint NOT NULL,
    updated_at        bigint NOT NULL
);

CREATE TABLE state_machine_versions (
    state_machine_arn text NOT NULL REFERENCES state_machines (state_machine_arn),
    version           bigint NOT NULL,
    definition        text NOT NULL,
    revision_id       text NOT NULL,
    description       text NOT NULL DEFAULT '',
    created_at        bigint NOT NULL,
    PRIMARY KEY (state_machine_arn, version)
);

CREATE TABLE activities (
    activity_arn text PRIMARY KEY,
    name         text NOT NULL,
    tags         text NOT NULL DEFAULT '{}',
    created_at   bigint NOT NULL
);

-- Tasks whose answer comes from outside: an activity's worker, or whoever was given the token. A row lives from when the
-- task is open until the run has taken note of its answer, or does not wait for it any more.
CREATE TABLE task_tokens (
    token         text PRIMARY KEY,
    execution_arn text NOT NULL REFERENCES executions (execution_arn),
    frame_id      bigint NOT NULL,              -- where in the run it is awaited
    activity_arn  text,                       -- NULL: .waitForTaskToken
    input         text NOT NULL,              -- what an activity's worker is given
    state         text NOT NULL DEFAULT 'scheduled' CHECK (state IN ('scheduled', 'started', 'answered')),
    worker_name   text,
    output        text,                       -- of a success, JSON text
    error         text,                       -- of a failure
    cause         text,
    timeout_ms    bigint NOT NULL,              -- from the start on; 0: none
    heartbeat_ms  bigint NOT NULL,              -- the longest time without a sign of life; 0: none
    deadline_at   bigint NOT NULL DEFAULT 0,    -- 0: none, or not started
    heartbeat_at  bigint NOT NULL DEFAULT 0,    -- when the next sign of life is due; 0: never, or not started
    created_at    bigint NOT NULL
);
CREATE INDEX idx_task_tokens_execution ON task_tokens (execution_arn);
CREATE INDEX idx_task_tokens_waiting ON task_tokens (activity_arn, created_at) WHERE state = 'scheduled';

-- 4. ------------------------------------------------------------------------------ the older scanner's rows taken in

-- All of them are `legacy`, those with an execution too: another program started it, so nothing of theirs is ever
-- started, claimed or tried again. A column that an older version lacks reads as NULL through JSON. created_at is a place
-- in lists of jobs, and whoever goes on from there knows it to the millisecond: finer times would be passed over, or met
-- again for ever.
INSERT INTO jobs (job_id, bucket, prefix, execution_arn, created_at, updated_at, mode)
SELECT l.job_id, l.bucket, coalesce(l.prefix, ''), to_jsonb(l) ->> 'execution_arn',
       date_trunc('milliseconds', coalesce(l.created_at, l.updated_at, trawl_time(0))),
       coalesce(l.updated_at, l.created_at, trawl_time(0)), 'legacy'
FROM jobs_legacy l;

-- Findings are copied, not united by a view: findings stays a table that can be inserted into, with its indexes and ids.
-- What the older scanner did not say is 'unknown'; its other columns stay where they are, in findings_legacy.
INSERT INTO findings (job_id, shard, page_no, ordinal, bucket, key, detector, category, severity, tier, count, masked,
                      fingerprint, created_at)
SELECT l.job_id, 0, 0, 0, coalesce(l.bucket, ''), coalesce(l.key, ''), coalesce(l.detector, 'unknown'), 'unknown',
       'unknown', 'unknown', 1, '', '', 0
FROM findings_legacy l
WHERE l.job_id IS NOT NULL;

-- One pass over the objects. A status that is none of our words counts as queued, that is, as not finished: so it counted
-- in the older progress_percent, too. job_objects shows the word as it is.
INSERT INTO job_counters (job_id, slot, total, queued, processing, succeeded, failed, skipped, findings, updated_at)
SELECT j.job_id, 0, coalesce(o.total, 0),
       coalesce(o.total - o.processing - o.succeeded - o.failed - o.skipped, 0), coalesce(o.processing, 0),
       coalesce(o.succeeded, 0), coalesce(o.failed, 0), coalesce(o.skipped, 0), coalesce(f.findings, 0),
       trawl_ms(coalesce(o.updated_at, j.updated_at))
FROM jobs j
LEFT JOIN (SELECT l.job_id, count(*) AS total, count(*) FILTER (WHERE l.status = 'processing') AS processing,
                  count(*) FILTER (WHERE l.status = 'succeeded') AS succeeded,
                  count(*) FILTER (WHERE l.status = 'failed') AS failed,
                  count(*) FILTER (WHERE l.status = 'skipped') AS skipped, max(l.updated_at) AS updated_at
           FROM (SELECT job_id, status::text AS status, updated_at FROM job_objects_legacy) l
           GROUP BY l.job_id) o ON o.job_id = j.job_id
LEFT JOIN (SELECT job_id, count(*) AS findings FROM findings GROUP BY job_id) f ON f.job_id = j.job_id;

-- The older scanner's optional indexes may be missing; without one that leads with the job, each look would read all.
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN VALUES ('job_objects_legacy', 'job_id, status'), ('findings_legacy', 'job_id') LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                       WHERE i.indrelid = wanted.column1::regclass AND i.indpred IS NULL AND a.attname = 'job_id') THEN
            EXECUTE format('CREATE INDEX %I ON %I (%s)', 'idx_' || wanted.column1 || '_job', wanted.column1, wanted.column2);
        END IF;
    END LOOP;
END $$;

-- 5. --------------------------------------------------------------------------------------------------------- views

-- One row an object, with the columns that users know. Each branch has one status, so that asking for one leaves the
-- others unread, and failed objects are found by the index of exceptions. OFFSET 0 keeps a page's exceptions from being
-- looked up for each object, or joined in a way that only suits a page without any.
CREATE VIEW job_objects AS
SELECT p.job_id, j.bucket, (p.key_prefix || k.key) COLLATE "default" AS key, 'succeeded'::text AS status, trawl_time(s.updated_at) AS updated_at, k.size, k.etag,
       NULL::text AS error_code, NULL::text AS last_error, 0 AS attempts, p.shard, p.page_no, (k.n - 1)::integer AS ordinal
FROM page_states s
JOIN jobs j ON j.job_id = s.job_id
JOIN object_pages p ON p.job_id = s.job_id AND p.shard = s.shard AND p.page_no = s.page_no
CROSS JOIN LATERAL (
    SELECT u.key, u.size, u.etag, u.n FROM unnest(p.keys, p.sizes, p.etags) WITH ORDINALITY AS u (key, size, etag, n)
    WHERE u.n - 1 <> ALL (ARRAY(SELECT x.ordinal FROM object_exceptions x
                                WHERE x.job_id = p.job_id AND x.shard = p.shard AND x.page_no = p.page_no))
    OFFSET 0) k
WHERE (s.state = 'done' OR s.scope = 'exceptions') AND j.deleted_at IS NULL
UNION ALL
SELECT p.job_id, j.bucket, (p.key_prefix || k.key) COLLATE "default", 'processing', trawl_time(s.updated_at), k.size, k.etag,
       NULL, NULL, 0, p.shard, p.page_no, (k.n - 1)::integer
FROM page_states s
JOIN jobs j ON j.job_id = s.job_id
JOIN object_pages p ON p.job_id = s.job_id AND p.shard = s.shard AND p.page_no = s.page_no
CROSS JOIN LATERAL (
    SELECT u.key, u.size, u.etag, u.n FROM unnest(p.keys, p.sizes, p.etags) WITH ORDINALITY AS u (key, size, etag, n)
    WHERE u.n - 1 <> ALL (ARRAY(SELECT x.ordinal FROM object_exceptions x
                                WHERE x.job_id = p.job_id AND x.shard = p.shard AND x.page_no = p.page_no))
    OFFSET 0) k
WHERE s.state = 'leased' AND s.scope = 'all' AND j.deleted_at IS NULL
UNION ALL
SELECT p.job_id, j.bucket, (p.key_prefix || k.key) COLLATE "default", 'queued', trawl_time(s.updated_at), k.size, k.etag,
       NULL, NULL, 0, p.shard, p.page_no, (k.n - 1)::integer
FROM page_states s
JOIN jobs j ON j.job_id = s.job_id
JOIN object_pages p ON p.job_id = s.job_id AND p.shard = s.shard AND p.page_no = s.page_no
CROSS JOIN LATERAL (
    SELECT u.key, u.size, u.etag, u.n FROM unnest(p.keys, p.sizes, p.etags) WITH ORDINALITY AS u (key, size, etag, n)
    WHERE u.n - 1 <> ALL (ARRAY(SELECT x.ordinal FROM object_exceptions x
                                WHERE x.job_id = p.job_id AND x.shard = p.shard AND x.page_no = p.page_no))
    OFFSET 0) k
WHERE s.state IN ('queued', 'dropped') AND s.scope = 'all' AND j.deleted_at IS NULL
UNION ALL
SELECT x.job_id, j.bucket, x.key, x.status, trawl_time(s.updated_at), p.sizes[x.ordinal + 1],
       p.etags[x.ordinal + 1], x.error_code, x.error_message, x.attempts, x.shard, x.page_no, x.ordinal
FROM object_exceptions x
JOIN jobs j ON j.job_id = x.job_id
JOIN page_states s ON s.job_id = x.job_id AND s.shard = x.shard AND s.page_no = x.page_no
JOIN object_pages p ON p.job_id = x.job_id AND p.shard = x.shard AND p.page_no = x.page_no
WHERE (x.status <> 'queued' OR s.state <> 'leased') AND j.deleted_at IS NULL
UNION ALL
SELECT x.job_id, j.bucket, x.key, 'processing', trawl_time(s.updated_at), p.sizes[x.ordinal + 1],
       p.etags[x.ordinal + 1], x.error_code, x.error_message, x.attempts, x.shard, x.page_no, x.ordinal
FROM object_exceptions x
JOIN jobs j ON j.job_id = x.job_id
JOIN page_states s ON s.job_id = x.job_id AND s.shard = x.shard AND s.page_no = x.page_no
JOIN object_pages p ON p.job_id = x.job_id AND p.shard = x.shard AND p.page_no = x.page_no
WHERE x.status = 'queued' AND s.state = 'leased' AND j.deleted_at IS NULL
UNION ALL
SELECT l.job_id, l.bucket, l.key, l.status::text, l.updated_at, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL
FROM job_objects_legacy l
WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.job_id = l.job_id AND j.deleted_at IS NOT NULL);

-- One object by its key: a range search, where the view would read the whole job.
CREATE FUNCTION job_object(job uuid, object_key text) RETURNS SETOF job_objects LANGUAGE sql STABLE AS $$
    SELECT job, j.bucket, object_key,
           CASE WHEN x.status IS NOT NULL AND NOT (x.status = 'queued' AND s.state = 'leased') THEN x.status
                WHEN s.state = 'leased' AND (s.scope = 'all' OR x.status = 'queued') THEN 'processing'
                WHEN s.state = 'done' OR s.scope = 'exceptions' THEN 'succeeded'
                ELSE 'queued' END,
           trawl_time(s.updated_at), place.size, place.etag, x.error_code, x.error_message, coalesce(x.attempts, 0),
           place.shard, place.page_no, place.ordinal
    FROM jobs j
    CROSS JOIN LATERAL (
        SELECT p.shard, p.page_no, o.ordinal, p.sizes[o.ordinal + 1] AS size, p.etags[o.ordinal + 1] AS etag
        FROM (SELECT * FROM (SELECT * FROM object_pages
                             WHERE job_id = job AND first_key <= object_key AND escaped IS NULL
                               AND octet_length(first_key) <= 1024
                             ORDER BY first_key DESC LIMIT 1) before
              WHERE last_key >= object_key
              UNION ALL
              SELECT * FROM object_pages WHERE job_id = job AND (escaped IS NOT NULL OR octet_length(first_key) > 1024)) p
        CROSS JOIN LATERAL (
            SELECT array_position(p.keys, substr(object_key, char_length(p.key_prefix) + 1) COLLATE "C") - 1 AS ordinal
            WHERE starts_with(object_key, p.key_prefix)) o
        WHERE o.ordinal IS NOT NULL
        LIMIT 1) place
    CROSS JOIN LATERAL (SELECT * FROM page_states
                        WHERE job_id = job AND shard = place.shard AND page_no = place.page_no LIMIT 1) s
    LEFT JOIN LATERAL (SELECT * FROM object_exceptions
                       WHERE job_id = job AND shard = place.shard AND page_no = place.page_no
                         AND ordinal = place.ordinal LIMIT 1) x ON true
    WHERE j.job_id = job AND j.deleted_at IS NULL
    UNION ALL
    SELECT l.job_id, l.bucket, l.key, l.status::text, l.updated_at, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL
    FROM jobs j
    JOIN job_objects_legacy l ON l.job_id = j.job_id AND l.bucket = j.bucket AND l.key = object_key
    WHERE j.job_id = job AND j.mode = 'legacy' AND j.deleted_at IS NULL
$$;

-- One row a job with all that its status is made of: a handful of rows read, at any number of objects.
CREATE VIEW job_facts AS
SELECT f.*,
       CASE WHEN f.execution_status IN ('FAILED', 'TIMED_OUT') THEN 'failed'
            WHEN f.execution_status = 'ABORTED' OR f.cancelled <> 0 THEN 'aborted'
            WHEN f.execution_status IS NOT NULL AND (f.execution_status <> 'SUCCEEDED' OR f.open_shards > 0) THEN 'listing'
            WHEN f.execution_status IS NULL AND (f.mode = 'async' OR f.mode = 'sync' AND f.open_shards > 0) THEN 'listing'
            WHEN f.queued + f.processing > 0 THEN 'processing'
            ELSE 'completed' END AS status
FROM (
    SELECT j.job_id, j.bucket, j.prefix, j.options, j.runner, j.created_at,
           greatest(j.updated_at, trawl_time(c.updated_at)) AS updated_at, j.mode, j.epoch, j.paused, j.cancelled,
           j.execution_arn, j.waiting_for,
           coalesce(x.status, e.ended) AS execution_status, x.error, x.cause,
           (SELECT count(*) FROM listing_shards s WHERE s.job_id = j.job_id AND s.state <> 'done') AS open_shards,
           coalesce(c.total, 0)::bigint AS total, coalesce(c.queued, 0)::bigint AS queued,
           coalesce(c.processing, 0)::bigint AS processing, coalesce(c.succeeded, 0)::bigint AS succeeded,
           coalesce(c.failed, 0)::bigint AS failed, coalesce(c.skipped, 0)::bigint AS skipped,
           coalesce(c.bytes_total, 0)::bigint AS bytes_total, coalesce(c.bytes_done, 0)::bigint AS bytes_done,
           coalesce(c.findings, 0)::bigint AS findings, coalesce(c.pages, 0)::bigint AS pages,
           coalesce((SELECT json_object_agg(r.error_code, r.objects ORDER BY r.error_code)::text
                     FROM (SELECT n.error_code, sum(n.objects) AS objects FROM job_failures n WHERE n.job_id = j.job_id
                           GROUP BY n.error_code HAVING sum(n.objects) <> 0) r), '{}') AS failures
    FROM jobs j
    LEFT JOIN executions x ON x.execution_arn = j.execution_arn
    LEFT JOIN LATERAL (SELECT n.ended FROM job_executions n
                       WHERE n.job_id = j.job_id AND n.execution_arn = j.execution_arn
                       ORDER BY n.generation DESC LIMIT 1) e ON true
    LEFT JOIN LATERAL (SELECT sum(n.total) AS total, sum(n.queued) AS queued, sum(n.processing) AS processing,
                              sum(n.succeeded) AS succeeded, sum(n.failed) AS failed, sum(n.skipped) AS skipped,
                              sum(n.bytes_total) AS bytes_total, sum(n.bytes_done) AS bytes_done,
                              sum(n.findings) AS findings, sum(n.pages) AS pages, max(n.updated_at) AS updated_at
                       FROM job_counters n WHERE n.job_id = j.job_id) c ON true
    WHERE j.deleted_at IS NULL) f;

-- The snapshot that GET /jobs/{id} answers from: O(jobs) to refresh, whatever they hold. Its first columns are the ones
-- that users know. refreshed_at is the start of the statement that refreshed it, so what is older is in it.
CREATE MATERIALIZED VIEW job_progress AS
SELECT job_id, bucket, prefix, execution_arn, created_at, updated_at, total AS total_objects, queued AS queued_count,
       processing AS processing_count, succeeded AS succeeded_count, failed AS failed_count,
       findings AS total_findings,
       CASE WHEN total = 0 THEN 0.00
            WHEN queued + processing > 0 THEN least(round(100.0 * (succeeded + failed + skipped) / total, 2), 99.99)
            ELSE 100.00 END AS progress_percent,
       skipped AS skipped_count, bytes_total, bytes_done, failures, epoch, statement_timestamp() AS refreshed_at, status
FROM job_facts;
CREATE UNIQUE INDEX idx_job_progress_job_id ON job_progress (job_id);
CREATE INDEX idx_job_progress_created_at ON job_progress (created_at);

-- Jobs that are alive: being listed or scanned.
CREATE VIEW active_jobs_progress AS
SELECT * FROM job_progress WHERE status IN ('listing', 'processing') ORDER BY created_at DESC, job_id DESC;

CREATE VIEW job_statistics AS
SELECT count(*) AS total_jobs, count(*) FILTER (WHERE status = 'completed') AS completed_jobs,
       count(*) FILTER (WHERE status IN ('listing', 'processing')) AS in_progress_jobs,
       coalesce(sum(total_objects), 0)::bigint AS total_objects_all_jobs,
       coalesce(sum(total_findings), 0)::bigint AS total_findings_all_jobs,
       coalesce(round(avg(progress_percent), 2), 0) AS avg_progress
FROM job_progress;

-- Refreshes and notes how long it took. Of several callers at once one refreshes, the others wait; who finds that a
-- refresh began after its own call has what it wanted.
CREATE FUNCTION refresh_job_progress() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    called_at  timestamptz := clock_timestamp();
    started_at timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('trawl job_progress'), 0);
    IF (SELECT value::bigint FROM meta WHERE name = 'job_progress_refresh_started') > trawl_ms(called_at) THEN
        RETURN;
    END IF;
    started_at := clock_timestamp();
    REFRESH MATERIALIZED VIEW CONCURRENTLY job_progress;
    INSERT INTO meta (name, value)
    VALUES ('job_progress_refresh_started', trawl_ms(started_at)::text),
           ('job_progress_refresh_ms', (trawl_now() - trawl_ms(started_at))::text)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
END $$;

-- Whether a snapshot that was last refreshed then is due again.
CREATE FUNCTION should_refresh_progress(last_refresh timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT last_refresh IS NULL OR last_refresh <= clock_timestamp() - interval '1 millisecond' *
        coalesce((SELECT value::bigint FROM meta WHERE name = 'refresh_interval_ms'), 60000)
$$;

-- 6. ----------------------------------------------------------------------- what the older scanner's readers may read

DO $$
DECLARE
    reader record;
BEGIN
    FOR reader IN
        SELECT DISTINCT n.old_name, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END AS name
        FROM legacy_names n
        JOIN pg_class c ON c.relname = n.name AND c.relnamespace = current_schema()::regnamespace
        CROSS JOIN LATERAL aclexplode(c.relacl) a
        LEFT JOIN pg_roles r ON r.oid = a.grantee
        WHERE n.kind NOT IN ('INDEX', 'ROUTINE') AND a.grantee <> c.relowner AND a.privilege_type = 'SELECT'
    LOOP
        EXECUTE format('GRANT SELECT ON %I TO %s', reader.old_name, reader.name);
    END LOOP;
END $$;

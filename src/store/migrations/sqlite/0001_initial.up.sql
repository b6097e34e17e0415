-- The first schema. Objects are written once (object_pages); state lives on the page (page_states); exceptions are rows.
-- Times are milliseconds since the epoch (UTC), so that they sort; views give them as text.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE jobs (
    job_id        TEXT PRIMARY KEY,
    bucket        TEXT NOT NULL,
    prefix        TEXT NOT NULL DEFAULT '',
    execution_arn TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    mode          TEXT NOT NULL DEFAULT 'async' CHECK (mode IN ('async', 'sync', 'legacy')),
    epoch         INTEGER NOT NULL DEFAULT 0,
    runner        TEXT,                          -- NULL: any server or worker; else the process whose job it is
    paused        INTEGER NOT NULL DEFAULT 0,
    cancelled     INTEGER NOT NULL DEFAULT 0,    -- says so where no execution can
    not_before    INTEGER NOT NULL DEFAULT 0,    -- backoff: its objects are out of reach, nobody claims its pages earlier
    waiting_for   TEXT NOT NULL DEFAULT '',      -- why its pages were given back last; '' since one was finished
    options       TEXT NOT NULL DEFAULT '{}',    -- JSON: endpoint, region, filters, limits; never credentials
    rules_id      TEXT NOT NULL DEFAULT '',      -- content hash of the rule set of the first scan
    custom_rules  TEXT NOT NULL DEFAULT '',      -- custom_rule_sets.set_id of its creation; '' if there were none
    deleted_at    INTEGER                        -- pruned: hidden, its rows are being freed
) WITHOUT ROWID;
CREATE INDEX idx_jobs_deleted ON jobs (job_id) WHERE deleted_at IS NOT NULL;
CREATE INDEX idx_jobs_created_at ON jobs (created_at);
CREATE INDEX idx_jobs_execution_arn ON jobs (execution_arn) WHERE execution_arn IS NOT NULL;
CREATE INDEX idx_jobs_bucket ON jobs (bucket, created_at);

CREATE TABLE job_executions (
    job_id        TEXT NOT NULL REFERENCES jobs (job_id),
    generation    INTEGER NOT NULL,
    execution_arn TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    ended         TEXT,                          -- its last status, once the job has taken note of it
    PRIMARY KEY (job_id, generation)
) WITHOUT ROWID;
CREATE INDEX idx_job_executions_open ON job_executions (execution_arn) WHERE ended IS NULL;

CREATE TABLE job_counters (
    job_id     TEXT NOT NULL REFERENCES jobs (job_id),
    slot       INTEGER NOT NULL,
    total      INTEGER NOT NULL DEFAULT 0,
    queued     INTEGER NOT NULL DEFAULT 0,
    processing INTEGER NOT NULL DEFAULT 0,
    succeeded  INTEGER NOT NULL DEFAULT 0,
    failed     INTEGER NOT NULL DEFAULT 0,
    skipped    INTEGER NOT NULL DEFAULT 0,
    bytes_total INTEGER NOT NULL DEFAULT 0,
    bytes_done  INTEGER NOT NULL DEFAULT 0,
    findings   INTEGER NOT NULL DEFAULT 0,       -- rows in findings
    pages      INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (job_id, slot)
) WITHOUT ROWID;

-- Failed objects by reason, as exact as the counters and changed with them.
CREATE TABLE job_failures (
    job_id     TEXT NOT NULL REFERENCES jobs (job_id),
    slot       INTEGER NOT NULL,
    error_code TEXT NOT NULL,
    objects    INTEGER NOT NULL,
    PRIMARY KEY (job_id, slot, error_code)
) WITHOUT ROWID;

-- From where the speed of a job is measured: two points in time, the older one the base, so that the time between is
-- one to two refreshes; and how long the job was paused, or stood still, altogether.
CREATE TABLE job_speed (
    job_id          TEXT PRIMARY KEY REFERENCES jobs (job_id),
    base_at         INTEGER NOT NULL,
    base_settled    INTEGER NOT NULL,
    sampled_at      INTEGER NOT NULL,
    sampled_settled INTEGER NOT NULL,
    idle_ms         INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE job_excluded (
    job_id  TEXT NOT NULL REFERENCES jobs (job_id),
    reason  TEXT NOT NULL,
    objects INTEGER NOT NULL,
    bytes   INTEGER NOT NULL,
    PRIMARY KEY (job_id, reason)
) WITHOUT ROWID;

CREATE TABLE listing_shards (
    job_id     TEXT NOT NULL REFERENCES jobs (job_id),
    shard      INTEGER NOT NULL,
    lo         TEXT NOT NULL DEFAULT '',         -- keys after lo …
    hi         TEXT,                             -- … up to and with hi; NULL: no upper end
    cursor     TEXT NOT NULL DEFAULT '',         -- last key that is stored in a page
    hint       TEXT,                             -- continuation token that goes with the cursor
    next_page  INTEGER NOT NULL DEFAULT 0,
    state      TEXT NOT NULL DEFAULT 'listing' CHECK (state IN ('listing', 'stopped', 'done')),
                                                 -- stopped: the job was cancelled, or its execution ended badly
    fence      INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (job_id, shard)
) WITHOUT ROWID;

CREATE TABLE object_pages (
    job_id       TEXT NOT NULL,
    shard        INTEGER NOT NULL,
    page_no      INTEGER NOT NULL,
    first_key    TEXT NOT NULL,
    last_key     TEXT NOT NULL,
    object_count INTEGER NOT NULL,
    byte_count   INTEGER NOT NULL,
    keys         TEXT NOT NULL,                  -- JSON array of strings, in bytewise order, each without key_prefix
    sizes        TEXT NOT NULL,                  -- JSON array of integers
    etags        TEXT NOT NULL,                  -- JSON array of strings
    modified     TEXT NOT NULL,                  -- JSON array of milliseconds
    escaped      TEXT,                           -- JSON array of ordinals whose key is percent-escaped, or NULL
    key_prefix   TEXT NOT NULL DEFAULT '',       -- what all keys of the page begin with
    PRIMARY KEY (job_id, shard, page_no)
) WITHOUT ROWID;

-- Shards do not overlap, so the page of a key is the last one that begins at it or before. An escaped key does not stand
-- where its text sorts: the pages with such keys are found by the second index, and are no hit of the first.
CREATE INDEX idx_object_pages_first_key ON object_pages (job_id, first_key);
CREATE INDEX idx_object_pages_odd ON object_pages (job_id) WHERE escaped IS NOT NULL;

CREATE TABLE page_states (
    job_id           TEXT NOT NULL,
    shard            INTEGER NOT NULL,
    page_no          INTEGER NOT NULL,
    state            TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'leased', 'done', 'dropped')),
    scope            TEXT NOT NULL DEFAULT 'all' CHECK (scope IN ('all', 'exceptions')),
    attempt          INTEGER NOT NULL DEFAULT 0,
    fence            INTEGER NOT NULL DEFAULT 0,
    lease_owner      TEXT,
    lease_expires_at INTEGER,
    not_before       INTEGER NOT NULL DEFAULT 0, -- backoff: nobody claims it earlier
    sent_at          INTEGER,
    pending          INTEGER NOT NULL,           -- objects still to be scanned, of any state but done
    succeeded        INTEGER NOT NULL DEFAULT 0,
    failed           INTEGER NOT NULL DEFAULT 0,
    skipped          INTEGER NOT NULL DEFAULT 0,
    findings         INTEGER NOT NULL DEFAULT 0,
    bytes_done       INTEGER NOT NULL DEFAULT 0,
    suspect_ordinal  INTEGER,                    -- the object that was under way alone when the page was abandoned …
    suspect_claims   INTEGER NOT NULL DEFAULT 0, -- … by so many claims in a row
    updated_at       INTEGER NOT NULL,
    PRIMARY KEY (job_id, shard, page_no)
) WITHOUT ROWID;
-- All that finding the next page asks for, led by state: otherwise SQLite's planner takes the primary key and walks
-- over the finished pages.
CREATE INDEX idx_page_states_claimable ON page_states (state, job_id, shard, page_no, not_before)
    WHERE state = 'queued';
CREATE INDEX idx_page_states_leased ON page_states (lease_expires_at) WHERE state = 'leased';

CREATE TABLE object_exceptions (
    job_id        TEXT NOT NULL,
    shard         INTEGER NOT NULL,
    page_no       INTEGER NOT NULL,
    ordinal       INTEGER NOT NULL,
    key           TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('queued', 'failed', 'skipped')),
    attempts      INTEGER NOT NULL DEFAULT 1,
    error_code    TEXT,
    error_message TEXT,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (job_id, shard, page_no, ordinal)
) WITHOUT ROWID;

-- What failed, or was skipped, in the order of the listing.
CREATE INDEX idx_object_exceptions_status ON object_exceptions (job_id, status, shard, page_no, ordinal);

CREATE TABLE findings (
    finding_id  INTEGER PRIMARY KEY,
    job_id      TEXT NOT NULL,
    shard       INTEGER NOT NULL,
    page_no     INTEGER NOT NULL,
    ordinal     INTEGER NOT NULL,
    bucket      TEXT NOT NULL,
    key         TEXT NOT NULL,
    detector    TEXT NOT NULL,
    category    TEXT NOT NULL,
    severity    TEXT NOT NULL,
    tier        TEXT NOT NULL,
    count       INTEGER NOT NULL,
    masked      TEXT NOT NULL,
    fingerprint TEXT NOT NULL,                   -- '' on the one aggregate row of a truncated detector
    truncated   INTEGER NOT NULL DEFAULT 0,
    locations   TEXT NOT NULL DEFAULT '[]',      -- JSON: [{offset, length, line, column, member, also …}]
    compliance  TEXT NOT NULL DEFAULT '',        -- tags of its rule, separated by commas
    created_at  INTEGER NOT NULL
);
CREATE INDEX idx_findings_job ON findings (job_id, finding_id);
CREATE INDEX idx_findings_job_detector ON findings (job_id, detector);
CREATE INDEX idx_findings_page ON findings (job_id, shard, page_no, ordinal);

-- What was found and not reported, and why: how many places, by object and detector, and the first of them.
CREATE TABLE suppressions (
    job_id    TEXT NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    shard     INTEGER NOT NULL,
    page_no   INTEGER NOT NULL,
    ordinal   INTEGER NOT NULL,
    detector  TEXT NOT NULL,
    reason    TEXT NOT NULL CHECK (reason IN ('test_value', 'inline', 'allowed', 'baseline')),
    key       TEXT NOT NULL,
    count     INTEGER NOT NULL,
    locations TEXT NOT NULL DEFAULT '[]',        -- JSON as in findings, with by and why: what suppresses it
    PRIMARY KEY (job_id, shard, page_no, ordinal, detector, reason)
);

CREATE TABLE executions (
    execution_arn     TEXT PRIMARY KEY,
    state_machine_arn TEXT NOT NULL,
    name              TEXT NOT NULL,
    definition        TEXT NOT NULL,             -- the machine as it was at the start
    role_arn          TEXT NOT NULL DEFAULT '',  -- and its role, which nobody assumes here
    status            TEXT NOT NULL CHECK (status IN ('RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED')),
    input             TEXT NOT NULL,
    output            TEXT,
    error             TEXT,
    cause             TEXT,
    started_at        INTEGER NOT NULL,
    stopped_at        INTEGER,
    runner            TEXT,                      -- as jobs.runner
    machine_version   INTEGER,                   -- of a version that was started; NULL: the machine as it was
    redrive_count     INTEGER NOT NULL DEFAULT 0,
    redriven_at       INTEGER,
    redrive_tokens    TEXT,                      -- JSON: the client's tokens of its latest redrives and their times
    run_state         TEXT,                      -- JSON: where the run is; where it was, once it has ended badly
    wake_at           INTEGER NOT NULL DEFAULT 0,-- not to be stepped earlier (Retry, Wait)
    signals           INTEGER NOT NULL DEFAULT 0,-- what has come from outside so far, for a step to see that more came
    event_count       INTEGER NOT NULL DEFAULT 0,
    fence             INTEGER NOT NULL DEFAULT 0,
    lease_owner       TEXT,
    lease_expires_at  INTEGER
) WITHOUT ROWID;
CREATE INDEX idx_executions_running ON executions (wake_at) WHERE status = 'RUNNING';
CREATE INDEX idx_executions_machine ON executions (state_machine_arn, started_at, execution_arn);

CREATE TABLE execution_events (
    execution_arn     TEXT NOT NULL REFERENCES executions (execution_arn),
    event_id          INTEGER NOT NULL,
    previous_event_id INTEGER NOT NULL,
    type              TEXT NOT NULL,
    timestamp         INTEGER NOT NULL,
    details           TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (execution_arn, event_id)
) WITHOUT ROWID;

-- The execution index: the newest status that an event told of each execution, ours or of AWS.
CREATE TABLE execution_index (
    execution_arn     TEXT PRIMARY KEY,
    state_machine_arn TEXT NOT NULL,
    name              TEXT NOT NULL,
    status            TEXT NOT NULL,
    started_at        INTEGER NOT NULL,
    stopped_at        INTEGER,
    redrive_count     INTEGER NOT NULL DEFAULT 0,
    status_rank       INTEGER NOT NULL,          -- of events with the same start and redrive the greater one is newer
    event_id          TEXT NOT NULL,
    indexed_at        INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX idx_execution_index_date ON execution_index (started_at, execution_arn);
CREATE INDEX idx_execution_index_status ON execution_index (status, started_at, execution_arn);

-- Events on their way to an index that is no part of this store.
CREATE TABLE index_outbox (
    event_id   TEXT PRIMARY KEY,
    event      TEXT NOT NULL,                 -- JSON
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX idx_index_outbox_oldest ON index_outbox (created_at, event_id);

-- Rules of this installation's own, as JSON. A set is all of them at one time; retired_at: when another became current.
CREATE TABLE custom_rules (
    rule_id    TEXT PRIMARY KEY,
    version    INTEGER NOT NULL,
    document   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE custom_rule_sets (
    set_id     TEXT PRIMARY KEY,
    document   TEXT NOT NULL,
    retired_at INTEGER
) WITHOUT ROWID;

-- Machines that clients made; what a running execution needs of its machine is a copy in its own row.
CREATE TABLE state_machines (
    state_machine_arn TEXT PRIMARY KEY,
    name              TEXT NOT NULL,
    definition        TEXT NOT NULL,
    role_arn          TEXT NOT NULL DEFAULT '',
    type              TEXT NOT NULL DEFAULT 'STANDARD',
    status            TEXT NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'DELETING')),
    revision_id       TEXT NOT NULL,
    settings          TEXT NOT NULL DEFAULT '{}', -- JSON: logging, tracing, encryption, as they were given
    tags              TEXT NOT NULL DEFAULT '{}', -- JSON: key -> value
    next_version      INTEGER NOT NULL DEFAULT 1,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE state_machine_versions (
    state_machine_arn TEXT NOT NULL REFERENCES state_machines (state_machine_arn),
    version           INTEGER NOT NULL,
    definition        TEXT NOT NULL,
    revision_id       TEXT NOT NULL,
    description       TEXT NOT NULL DEFAULT '',
    created_at        INTEGER NOT NULL,
    PRIMARY KEY (state_machine_arn, version)
) WITHOUT ROWID;

CREATE TABLE activities (
    activity_arn TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    tags         TEXT NOT NULL DEFAULT '{}',
    created_at   INTEGER NOT NULL
) WITHOUT ROWID;

-- Tasks whose answer comes from outside: an activity's worker, or whoever was given the token. A row lives from when the
-- task is open until the run has taken note of its answer, or does not wait for it any more.
CREATE TABLE task_tokens (
    token         TEXT PRIMARY KEY,
    execution_arn TEXT NOT NULL REFERENCES executions (execution_arn),
    frame_id      INTEGER NOT NULL,              -- where in the run it is awaited
    activity_arn  TEXT,                       -- NULL: .waitForTaskToken
    input         TEXT NOT NULL,              -- what an activity's worker is given
    state         TEXT NOT NULL DEFAULT 'scheduled' CHECK (state IN ('scheduled', 'started', 'answered')),
    worker_name   TEXT,
    output        TEXT,                       -- of a success, JSON text
    error         TEXT,                       -- of a failure
    cause         TEXT,
    timeout_ms    INTEGER NOT NULL,              -- from the start on; 0: none
    heartbeat_ms  INTEGER NOT NULL,              -- the longest time without a sign of life; 0: none
    deadline_at   INTEGER NOT NULL DEFAULT 0,    -- 0: none, or not started
    heartbeat_at  INTEGER NOT NULL DEFAULT 0,    -- when the next sign of life is due; 0: never, or not started
    created_at    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX idx_task_tokens_execution ON task_tokens (execution_arn);
CREATE INDEX idx_task_tokens_waiting ON task_tokens (activity_arn, created_at) WHERE state = 'scheduled';

-- The snapshot that GET /jobs/{id} answers from; refreshed by `trawl serve`, O(jobs).
CREATE TABLE job_progress (
    job_id           TEXT PRIMARY KEY,
    bucket           TEXT NOT NULL,
    prefix           TEXT NOT NULL,
    execution_arn    TEXT,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    total_objects    INTEGER NOT NULL,
    queued_count     INTEGER NOT NULL,
    processing_count INTEGER NOT NULL,
    succeeded_count  INTEGER NOT NULL,
    failed_count     INTEGER NOT NULL,
    total_findings   INTEGER NOT NULL,
    progress_percent REAL NOT NULL,
    skipped_count    INTEGER NOT NULL,
    bytes_total      INTEGER NOT NULL,
    bytes_done       INTEGER NOT NULL,
    failures         TEXT NOT NULL DEFAULT '{}', -- JSON: failed objects by reason
    epoch            INTEGER NOT NULL,
    refreshed_at     INTEGER NOT NULL,
    status           TEXT NOT NULL
) WITHOUT ROWID;

-- One row an object, with the columns that users know, derived from pages and exceptions.
CREATE VIEW job_objects AS
SELECT p.job_id AS job_id, j.bucket AS bucket, p.key_prefix || k.value AS key,
       CASE WHEN x.status IS NOT NULL AND NOT (x.status = 'queued' AND s.state = 'leased') THEN x.status
            WHEN s.state = 'leased' AND (s.scope = 'all' OR x.status = 'queued') THEN 'processing'
            WHEN s.state = 'done' OR s.scope = 'exceptions' THEN 'succeeded'
            ELSE 'queued' END AS status,
       s.updated_at AS updated_at, json_extract(p.sizes, '$[' || k.key || ']') AS size,
       json_extract(p.etags, '$[' || k.key || ']') AS etag, x.error_code AS error_code,
       x.error_message AS last_error, coalesce(x.attempts, 0) AS attempts, p.shard AS shard, p.page_no AS page_no,
       k.key AS ordinal
FROM object_pages p
JOIN jobs j ON j.job_id = p.job_id AND j.deleted_at IS NULL
JOIN page_states s ON s.job_id = p.job_id AND s.shard = p.shard AND s.page_no = p.page_no
JOIN json_each(p.keys) k
LEFT JOIN object_exceptions x ON x.job_id = p.job_id AND x.shard = p.shard AND x.page_no = p.page_no
                             AND x.ordinal = k.key;

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
    SELECT j.job_id AS job_id, j.bucket AS bucket, j.prefix AS prefix, j.options AS options, j.runner AS runner,
           j.created_at AS created_at, max(j.updated_at, coalesce(max(c.updated_at), 0)) AS updated_at,
           j.mode AS mode, j.epoch AS epoch, j.paused AS paused, j.cancelled AS cancelled, j.execution_arn AS execution_arn,
           j.waiting_for AS waiting_for,
           coalesce(x.status, (SELECT e.ended FROM job_executions e
                               WHERE e.job_id = j.job_id AND e.execution_arn = j.execution_arn
                               ORDER BY e.generation DESC LIMIT 1)) AS execution_status, x.error AS error, x.cause AS cause,
           (SELECT count(*) FROM listing_shards s WHERE s.job_id = j.job_id AND s.state <> 'done') AS open_shards,
           coalesce(sum(c.total), 0) AS total, coalesce(sum(c.queued), 0) AS queued,
           coalesce(sum(c.processing), 0) AS processing, coalesce(sum(c.succeeded), 0) AS succeeded,
           coalesce(sum(c.failed), 0) AS failed, coalesce(sum(c.skipped), 0) AS skipped,
           coalesce(sum(c.bytes_total), 0) AS bytes_total, coalesce(sum(c.bytes_done), 0) AS bytes_done,
           coalesce(sum(c.findings), 0) AS findings, coalesce(sum(c.pages), 0) AS pages,
           (SELECT json_group_object(error_code, objects)
            FROM (SELECT error_code, sum(objects) AS objects FROM job_failures f WHERE f.job_id = j.job_id
                  GROUP BY error_code HAVING sum(objects) <> 0 ORDER BY error_code)) AS failures
    FROM jobs j
    LEFT JOIN executions x ON x.execution_arn = j.execution_arn
    LEFT JOIN job_counters c ON c.job_id = j.job_id
    WHERE j.deleted_at IS NULL
    GROUP BY j.job_id) f;

-- Jobs that are alive: being listed or scanned.
CREATE VIEW active_jobs_progress AS
SELECT * FROM job_progress WHERE status IN ('listing', 'processing') ORDER BY created_at DESC, job_id DESC;

CREATE VIEW job_statistics AS
SELECT count(*) AS total_jobs, count(CASE WHEN status = 'completed' THEN 1 END) AS completed_jobs,
       count(CASE WHEN status IN ('listing', 'processing') THEN 1 END) AS in_progress_jobs,
       coalesce(sum(total_objects), 0) AS total_objects_all_jobs,
       coalesce(sum(total_findings), 0) AS total_findings_all_jobs,
       coalesce(round(avg(progress_percent), 2), 0) AS avg_progress
FROM job_progress;

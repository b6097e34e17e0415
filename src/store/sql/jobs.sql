-- Jobs: created, told, taken over, ended, checked.

-- :name job_insert
INSERT INTO jobs (job_id, bucket, prefix, execution_arn, created_at, updated_at, runner, options, rules_id)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8);

-- :name job_execution_insert
INSERT INTO job_executions (job_id, generation, execution_arn, created_at) VALUES ($1, $2, $3, $4);

-- :name job_counters_insert
INSERT INTO job_counters (job_id, slot, updated_at) VALUES ($1, 0, $2);

-- :name job_read
SELECT bucket, prefix, options, runner, created_at, updated_at, mode, epoch, paused, execution_arn, execution_status,
       error, cause, open_shards, total, queued, processing, succeeded, failed, skipped, bytes_total, bytes_done,
       findings
FROM job_facts WHERE job_id = $1;

-- Newest first, behind ($1, $2).
-- :name jobs_page
SELECT job_id, created_at FROM jobs
WHERE (created_at < $1 OR (created_at = $1 AND job_id < $2)) AND ($3 IS NULL OR bucket = $3)
ORDER BY created_at DESC, job_id DESC LIMIT $4;

-- :name job_snapshot_read
SELECT updated_at, total_objects, queued_count, processing_count, succeeded_count, failed_count, skipped_count,
       bytes_total, bytes_done, total_findings, epoch, refreshed_at
FROM job_progress WHERE job_id = $1;

-- :name job_progress_refresh
INSERT INTO job_progress (job_id, bucket, prefix, execution_arn, created_at, updated_at, total_objects, queued_count,
                          processing_count, succeeded_count, failed_count, skipped_count, total_findings,
                          progress_percent, bytes_total, bytes_done, epoch, refreshed_at)
SELECT job_id, bucket, prefix, execution_arn, created_at, updated_at, total, queued, processing, succeeded, failed,
       skipped, findings,
       CASE WHEN total = 0 THEN 0 ELSE round(100.0 * (succeeded + failed + skipped) / total, 2) END,
       bytes_total, bytes_done, epoch, $1
FROM job_facts WHERE true
ON CONFLICT (job_id) DO UPDATE
SET execution_arn = excluded.execution_arn, updated_at = excluded.updated_at, total_objects = excluded.total_objects,
    queued_count = excluded.queued_count, processing_count = excluded.processing_count,
    succeeded_count = excluded.succeeded_count, failed_count = excluded.failed_count,
    skipped_count = excluded.skipped_count, total_findings = excluded.total_findings,
    progress_percent = excluded.progress_percent, bytes_total = excluded.bytes_total,
    bytes_done = excluded.bytes_done, epoch = excluded.epoch, refreshed_at = excluded.refreshed_at;

-- :name job_unread
SELECT key, status, error_code, error_message, attempts FROM object_exceptions
WHERE job_id = $1 AND status IN ('failed', 'skipped') ORDER BY shard, page_no, ordinal;

-- :name job_excluded_list
SELECT reason, objects, bytes FROM job_excluded WHERE job_id = $1 ORDER BY reason;

-- :name job_runner
SELECT runner FROM jobs WHERE job_id = $1;

-- :name job_take_over
UPDATE jobs SET runner = $3, updated_at = $4, not_before = 0 WHERE job_id = $1 AND runner = $2;

-- :name job_executions_take_over
UPDATE executions SET runner = $2, fence = fence + 1, lease_owner = NULL, lease_expires_at = NULL
WHERE status = 'RUNNING' AND execution_arn IN (SELECT execution_arn FROM job_executions WHERE job_id = $1);

-- What is leased now counts as processing; both statements below it make that queued again.
-- :name job_leased_objects
SELECT coalesce(sum(pending), 0) FROM page_states WHERE job_id = $1 AND state = 'leased';

-- :name job_pages_requeue
UPDATE page_states
SET state = 'queued', fence = fence + 1, lease_owner = NULL, lease_expires_at = NULL, not_before = 0, updated_at = $2
WHERE job_id = $1 AND state = 'leased';

-- :name job_pages_drop
UPDATE page_states
SET state = 'dropped', fence = fence + 1, lease_owner = NULL, lease_expires_at = NULL, updated_at = $2
WHERE job_id = $1 AND state IN ('queued', 'leased');

-- Executions that ended without their job knowing; is_latest 0 for one that was followed by another.
-- :name job_executions_ended
SELECT e.job_id, e.generation, x.status,
       CASE WHEN j.execution_arn = e.execution_arn THEN 1 ELSE 0 END AS is_latest
FROM job_executions e CROSS JOIN executions x CROSS JOIN jobs j
WHERE e.ended IS NULL AND x.execution_arn = e.execution_arn AND x.status <> 'RUNNING' AND j.job_id = e.job_id;

-- :name job_execution_note
UPDATE job_executions SET ended = $3 WHERE job_id = $1 AND generation = $2 AND ended IS NULL;

-- :name job_epoch_raise
UPDATE jobs SET epoch = epoch + 1, updated_at = $2 WHERE job_id = $1;

-- Name, what the counters say, what the pages say.
-- :name verify_counters
WITH c AS (
    SELECT coalesce(sum(total), 0) AS total, coalesce(sum(queued), 0) AS queued,
           coalesce(sum(processing), 0) AS processing, coalesce(sum(succeeded), 0) AS succeeded,
           coalesce(sum(failed), 0) AS failed, coalesce(sum(skipped), 0) AS skipped,
           coalesce(sum(bytes_total), 0) AS bytes_total, coalesce(sum(bytes_done), 0) AS bytes_done,
           coalesce(sum(findings), 0) AS findings, coalesce(sum(pages), 0) AS pages
    FROM job_counters WHERE job_id = $1),
p AS (
    SELECT coalesce(sum(object_count), 0) AS total, coalesce(sum(byte_count), 0) AS bytes_total, count(*) AS pages
    FROM object_pages WHERE job_id = $1),
s AS (
    SELECT coalesce(sum(CASE WHEN state <> 'leased' THEN pending ELSE 0 END), 0) AS queued,
           coalesce(sum(CASE WHEN state = 'leased' THEN pending ELSE 0 END), 0) AS processing,
           coalesce(sum(succeeded), 0) AS succeeded, coalesce(sum(failed), 0) AS failed,
           coalesce(sum(skipped), 0) AS skipped, coalesce(sum(bytes_done), 0) AS bytes_done,
           coalesce(sum(findings), 0) AS findings, count(*) AS pages
    FROM page_states WHERE job_id = $1),
x AS (
    SELECT coalesce(sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), 0) AS failed,
           coalesce(sum(CASE WHEN status = 'skipped' THEN 1 ELSE 0 END), 0) AS skipped,
           coalesce(sum(CASE WHEN status = 'queued' THEN 1 ELSE 0 END), 0) AS queued
    FROM object_exceptions WHERE job_id = $1)
SELECT 'total: counters and pages', c.total, p.total FROM c, p
UNION ALL SELECT 'queued + processing + succeeded + failed + skipped and total',
                 c.queued + c.processing + c.succeeded + c.failed + c.skipped, c.total FROM c
UNION ALL SELECT 'queued: counters and pages', c.queued, s.queued FROM c, s
UNION ALL SELECT 'processing: counters and pages', c.processing, s.processing FROM c, s
UNION ALL SELECT 'succeeded: counters and pages', c.succeeded, s.succeeded FROM c, s
UNION ALL SELECT 'failed: counters and pages', c.failed, s.failed FROM c, s
UNION ALL SELECT 'skipped: counters and pages', c.skipped, s.skipped FROM c, s
UNION ALL SELECT 'failed: pages and exceptions', s.failed, x.failed FROM s, x
UNION ALL SELECT 'skipped: pages and exceptions', s.skipped, x.skipped FROM s, x
UNION ALL SELECT 'bytes_total: counters and pages', c.bytes_total, p.bytes_total FROM c, p
UNION ALL SELECT 'bytes_done: counters and pages', c.bytes_done, s.bytes_done FROM c, s
UNION ALL SELECT 'findings: counters and pages', c.findings, s.findings FROM c, s
UNION ALL SELECT 'findings: counters and rows', c.findings, (SELECT count(*) FROM findings WHERE job_id = $1) FROM c
UNION ALL SELECT 'pages: counters and objects', c.pages, p.pages FROM c, p
UNION ALL SELECT 'pages: counters and states', c.pages, s.pages FROM c, s
UNION ALL SELECT 'queued exceptions and pages of exceptions', x.queued,
                 (SELECT coalesce(sum(pending), 0) FROM page_states WHERE job_id = $1 AND scope = 'exceptions') FROM x;

-- Pages that do not agree with themselves.
-- :name verify_pages
SELECT p.shard, p.page_no,
       CASE WHEN s.job_id IS NULL THEN 'has no state'
            WHEN s.pending + s.succeeded + s.failed + s.skipped <> p.object_count
                THEN 'objects in all states are not its objects'
            WHEN s.state = 'done' AND s.pending <> 0 THEN 'is done with objects pending'
            WHEN s.state = 'leased' AND (s.lease_owner IS NULL OR s.lease_expires_at IS NULL)
                THEN 'is leased to nobody'
            WHEN s.state <> 'leased' AND s.lease_owner IS NOT NULL THEN 'is leased and is not'
            WHEN s.findings <> (SELECT count(*) FROM findings f
                                WHERE f.job_id = p.job_id AND f.shard = p.shard AND f.page_no = p.page_no)
                THEN 'findings are not its rows'
            WHEN s.state <> 'done' AND s.scope = 'all' AND s.findings <> 0
                THEN 'has findings but is not finished'
            END AS problem
FROM object_pages p
LEFT JOIN page_states s ON s.job_id = p.job_id AND s.shard = p.shard AND s.page_no = p.page_no
WHERE p.job_id = $1
ORDER BY p.shard, p.page_no;

-- :name verify_keys
SELECT shard, page_no, first_key, last_key, object_count, keys FROM object_pages
WHERE job_id = $1 ORDER BY shard, page_no;

-- Failed objects by reason. In the transaction that changes the counters: $1 job, $2 slot, $3 reason, $4 how many more
-- (negative: fewer).
-- :name job_failures_add
INSERT INTO job_failures (job_id, slot, error_code, objects) VALUES ($1, $2, $3, $4)
ON CONFLICT (job_id, slot, error_code) DO UPDATE SET objects = job_failures.objects + excluded.objects;

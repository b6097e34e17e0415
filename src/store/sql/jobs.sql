-- Jobs: created, told, taken over, ended, checked.

-- :name job_insert
INSERT INTO jobs (job_id, bucket, prefix, execution_arn, created_at, updated_at, runner, options, rules_id, custom_rules)
VALUES ($1, $2, $3, $4, trawl_time($5), trawl_time($5), $6, $7, $8,
        COALESCE((SELECT value FROM meta WHERE name = 'custom_rules'), ''));

-- :name job_execution_insert
INSERT INTO job_executions (job_id, generation, execution_arn, created_at) VALUES ($1, $2, $3, $4);

-- Its listing is done by the request that made it.
-- :name job_set_sync
UPDATE jobs SET mode = 'sync' WHERE job_id = $1;

-- Jobs of such requests whose listing has not moved since $1: whoever did it is gone.
-- :name job_listings_left
SELECT j.job_id, j.bucket, j.prefix
FROM jobs j JOIN listing_shards s ON s.job_id = j.job_id
WHERE j.mode = 'sync' AND j.execution_arn IS NULL AND j.cancelled = 0 AND j.deleted_at IS NULL
  AND s.state = 'listing' AND s.updated_at < $1
ORDER BY j.job_id LIMIT 100;

-- :name job_set_async
UPDATE jobs SET mode = 'async', epoch = epoch + 1, updated_at = trawl_time($2)
WHERE job_id = $1 AND mode = 'sync' AND execution_arn IS NULL AND cancelled = 0 AND deleted_at IS NULL;

-- :name job_counters_insert
INSERT INTO job_counters (job_id, slot, updated_at) VALUES ($1, 0, $2);

-- :name job_read
SELECT f.bucket, f.prefix, f.options, f.runner, trawl_ms(f.created_at), trawl_ms(f.updated_at), f.mode, f.epoch,
       f.paused, f.execution_arn, f.execution_status, f.error, f.cause, f.open_shards, f.total, f.queued, f.processing,
       f.succeeded, f.failed, f.skipped, f.bytes_total, f.bytes_done, f.findings, f.failures, f.cancelled,
       coalesce(v.base_at, 0), coalesce(v.base_settled, 0), coalesce(v.idle_ms, 0), f.waiting_for
FROM job_facts f LEFT JOIN job_speed v ON v.job_id = f.job_id
WHERE f.job_id = $1;

-- Newest first, behind ($1, $2), created in [$5, $6).
-- :name jobs_page
SELECT job_id, trawl_ms(created_at) FROM jobs
WHERE (created_at < trawl_time($1) OR (created_at = trawl_time($1) AND job_id < $2))
  AND ($3 = '' OR bucket = $3) AND created_at >= trawl_time($5) AND created_at < trawl_time($6)
  AND deleted_at IS NULL
ORDER BY created_at DESC, job_id DESC LIMIT $4;

-- :name job_snapshot_read
SELECT trawl_ms(updated_at), total_objects, queued_count, processing_count, succeeded_count, failed_count,
       skipped_count, bytes_total, bytes_done, total_findings, epoch, trawl_ms(refreshed_at), failures
FROM job_progress WHERE job_id = $1;

-- The snapshot, where it is a table: made anew. Elsewhere a function does it, and these two do nothing.
-- :name job_progress_clear
DELETE FROM job_progress;

-- :name job_progress_clear
-- :dialect postgres
DELETE FROM job_speed WHERE false;

-- :name job_progress_refresh
INSERT INTO job_progress (job_id, bucket, prefix, execution_arn, created_at, updated_at, total_objects, queued_count,
                          processing_count, succeeded_count, failed_count, skipped_count, total_findings,
                          progress_percent, bytes_total, bytes_done, failures, epoch, refreshed_at, status)
SELECT job_id, bucket, prefix, execution_arn, created_at, updated_at, total, queued, processing, succeeded, failed,
       skipped, findings,
       CASE WHEN total = 0 THEN 0
            WHEN queued + processing > 0 THEN min(round(100.0 * (succeeded + failed + skipped) / total, 2), 99.99)
            ELSE 100 END,
       bytes_total, bytes_done, failures, epoch, $1, status
FROM job_facts;

-- :name job_progress_refresh
-- :dialect postgres
DELETE FROM job_speed WHERE base_at < $1 AND false;

-- :name job_progress_rebuild
SELECT 1;

-- :name job_progress_rebuild
-- :dialect postgres
SELECT refresh_job_progress();

-- 1: this transaction may refresh; 0: another one is at it.
-- :name job_progress_try_lock
SELECT 1;

-- :name job_progress_try_lock
-- :dialect postgres
SELECT CASE WHEN pg_try_advisory_xact_lock(hashtext('trawl job_progress'), 0) THEN 1 ELSE 0 END;

-- The points from which speed is measured move on with each refresh, where something is to be done. A job of which
-- nothing moves and nothing is being scanned stands still.
-- :name job_speed_move
UPDATE job_speed
SET base_at = sampled_at, base_settled = sampled_settled, sampled_at = $1,
    sampled_settled = p.succeeded_count + p.failed_count + p.skipped_count,
    idle_ms = idle_ms + CASE WHEN p.processing_count = 0
                              AND p.succeeded_count + p.failed_count + p.skipped_count = sampled_settled
                             THEN $1 - sampled_at ELSE 0 END
FROM job_progress p
WHERE p.job_id = job_speed.job_id AND p.queued_count + p.processing_count > 0 AND sampled_at < $1;

-- :name job_speed_begin
INSERT INTO job_speed (job_id, base_at, base_settled, sampled_at, sampled_settled)
SELECT p.job_id, trawl_ms(p.created_at), 0, $1, p.succeeded_count + p.failed_count + p.skipped_count
FROM job_progress p
WHERE p.queued_count + p.processing_count > 0
  AND NOT EXISTS (SELECT 1 FROM job_speed v WHERE v.job_id = p.job_id)
ON CONFLICT (job_id) DO NOTHING;

-- Jobs, completed, in progress, failed, aborted, paused, objects, findings, bytes, bytes done, average progress.
-- :name jobs_statistics
SELECT count(*), count(CASE WHEN status = 'completed' THEN 1 END),
       count(CASE WHEN status IN ('listing', 'processing') THEN 1 END), count(CASE WHEN status = 'failed' THEN 1 END),
       count(CASE WHEN status = 'aborted' THEN 1 END),
       count(CASE WHEN paused <> 0 AND status IN ('listing', 'processing') THEN 1 END), coalesce(sum(total), 0),
       coalesce(sum(findings), 0), coalesce(sum(bytes_total), 0), coalesce(sum(bytes_done), 0),
       coalesce(avg(CASE WHEN total = 0 THEN 0 ELSE 100.0 * (succeeded + failed + skipped) / total END), 0)
FROM job_facts;

-- :name jobs_statistics_cached
SELECT count(*), count(CASE WHEN p.status = 'completed' THEN 1 END),
       count(CASE WHEN p.status IN ('listing', 'processing') THEN 1 END),
       count(CASE WHEN p.status = 'failed' THEN 1 END), count(CASE WHEN p.status = 'aborted' THEN 1 END),
       count(CASE WHEN j.paused <> 0 AND p.status IN ('listing', 'processing') THEN 1 END),
       coalesce(sum(p.total_objects), 0), coalesce(sum(p.total_findings), 0), coalesce(sum(p.bytes_total), 0),
       coalesce(sum(p.bytes_done), 0), coalesce(avg(p.progress_percent), 0)
FROM job_progress p JOIN jobs j ON j.job_id = p.job_id
WHERE j.deleted_at IS NULL;

-- :name job_unread
-- :rows many
SELECT key, status, error_code, error_message, attempts FROM object_exceptions
WHERE job_id = $1 AND status IN ('failed', 'skipped') ORDER BY shard, page_no, ordinal;

-- :name job_skipped_for
SELECT count(*) FROM object_exceptions WHERE job_id = $1 AND status = 'skipped' AND error_code = $2;

-- :name job_excluded_list
SELECT reason, objects, bytes FROM job_excluded WHERE job_id = $1 ORDER BY reason;

-- :name job_runner
SELECT runner FROM jobs WHERE job_id = $1;

-- :name job_take_over
UPDATE jobs SET runner = $3, updated_at = trawl_time($4), not_before = 0, waiting_for = ''
WHERE job_id = $1 AND runner = $2;

-- :name job_waits
UPDATE jobs SET waiting_for = $2 WHERE job_id = $1 AND waiting_for <> $2;

-- Where there was nothing to wait for nothing is written, and nobody waits for the row.
-- :name job_waits_no_more
UPDATE jobs SET waiting_for = '' WHERE job_id = $1 AND waiting_for <> '';

-- :name job_executions_take_over
UPDATE executions SET runner = $2, fence = fence + 1, lease_owner = NULL, lease_expires_at = NULL
WHERE status = 'RUNNING' AND execution_arn IN (SELECT execution_arn FROM job_executions WHERE job_id = $1);

-- One change of a job after the other. SQLite has one writer anyway.
-- :name job_lock
SELECT 1 WHERE $1 IS NOT NULL;

-- :name job_lock
-- :dialect postgres
SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended(CAST($1 AS TEXT), 0))) l;

-- Objects of leased pages, which count as processing; the pages that both statements below change cannot change until
-- then.
-- :name job_unfinished_lock
SELECT coalesce(sum(pending), 0) FROM page_states WHERE job_id = $1 AND state = 'leased';

-- :name job_unfinished_lock
-- :dialect postgres
SELECT coalesce(sum(CASE WHEN state = 'leased' THEN pending ELSE 0 END), 0)
FROM (SELECT state, pending FROM page_states WHERE job_id = $1 AND state IN ('queued', 'leased')
      ORDER BY shard, page_no FOR UPDATE) p;

-- :name job_pages_requeue
UPDATE page_states
SET state = 'queued', fence = fence + 1, lease_owner = NULL, lease_expires_at = NULL, not_before = 0, updated_at = $2
WHERE job_id = $1 AND state = 'leased';

-- :name job_pages_drop
UPDATE page_states
SET state = 'dropped', fence = fence + 1, lease_owner = NULL, lease_expires_at = NULL, updated_at = $2
WHERE job_id = $1 AND state IN ('queued', 'leased');

-- Executions that ended without their job knowing.
-- :name job_executions_ended
SELECT e.job_id, e.generation, x.status
FROM job_executions e CROSS JOIN executions x
WHERE e.ended IS NULL AND x.execution_arn = e.execution_arn AND x.status <> 'RUNNING';

-- :name job_has_execution
SELECT 1 FROM job_executions WHERE job_id = $1 AND execution_arn = $2;

-- :name job_generation
SELECT coalesce(max(generation), 0) FROM job_executions WHERE job_id = $1;

-- :name job_executions_close
UPDATE job_executions SET ended = $2 WHERE job_id = $1 AND ended IS NULL;

-- :name job_execution_note
UPDATE job_executions SET ended = $3 WHERE job_id = $1 AND generation = $2 AND ended IS NULL;

-- :name job_epoch_raise
UPDATE jobs SET epoch = epoch + 1, updated_at = trawl_time($2) WHERE job_id = $1;

-- :name job_cancel
UPDATE jobs SET cancelled = 1, paused = 0, epoch = epoch + 1, updated_at = trawl_time($2) WHERE job_id = $1;

-- :name job_pause
UPDATE jobs SET paused = $2, epoch = epoch + 1, updated_at = trawl_time($3) WHERE job_id = $1;

-- :name job_shards_stop
UPDATE listing_shards SET state = 'stopped', fence = fence + 1, updated_at = $2
WHERE job_id = $1 AND state = 'listing';

-- :name job_shards_go_on
UPDATE listing_shards SET state = 'listing', fence = fence + 1, updated_at = $2
WHERE job_id = $1 AND state = 'stopped';

-- :name job_pages_restore
UPDATE page_states
SET state = 'queued', fence = fence + 1, attempt = 0, not_before = 0, suspect_ordinal = NULL, suspect_claims = 0,
    updated_at = $2
WHERE job_id = $1 AND state = 'dropped';

-- Its listing goes on in this execution.
-- :name job_continue
UPDATE jobs SET execution_arn = $2 WHERE job_id = $1;

-- $2 the latest execution, NULL: as it is.
-- :name job_revive
UPDATE jobs
SET execution_arn = coalesce(CAST($2 AS TEXT), execution_arn), cancelled = 0, paused = 0, not_before = 0,
    waiting_for = '', epoch = epoch + 1, updated_at = trawl_time($3)
WHERE job_id = $1;

-- :name job_speed_sampled
SELECT sampled_at FROM job_speed WHERE job_id = $1;

-- $2 now, $3 settled objects, $4 how long nobody worked.
-- :name job_speed_restart
INSERT INTO job_speed (job_id, base_at, base_settled, sampled_at, sampled_settled, idle_ms)
VALUES ($1, $2, $3, $2, $3, $4)
ON CONFLICT (job_id) DO UPDATE
SET base_at = excluded.base_at, base_settled = excluded.base_settled, sampled_at = excluded.sampled_at,
    sampled_settled = excluded.sampled_settled, idle_ms = job_speed.idle_ms + excluded.idle_ms;

-- Name, what the counters say, what the pages say. The objects of legacy jobs are rows of another table, by status.
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
           coalesce(sum(findings), 0) AS findings, count(*) AS pages,
           coalesce(sum(CASE WHEN scope = 'exceptions' THEN pending ELSE 0 END), 0) AS queued_again
    FROM page_states WHERE job_id = $1),
x AS (
    SELECT coalesce(sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), 0) AS failed,
           coalesce(sum(CASE WHEN status = 'skipped' THEN 1 ELSE 0 END), 0) AS skipped,
           coalesce(sum(CASE WHEN status = 'queued' THEN 1 ELSE 0 END), 0) AS queued
    FROM object_exceptions WHERE job_id = $1),
r AS (
    SELECT coalesce(n.code, e.code) AS code, coalesce(n.objects, 0) AS counted, coalesce(e.objects, 0) AS there
    FROM (SELECT error_code AS code, sum(objects) AS objects FROM job_failures
          WHERE job_id = $1 GROUP BY error_code) n
    FULL JOIN (SELECT coalesce(error_code, '') AS code, count(*) AS objects FROM object_exceptions
               WHERE job_id = $1 AND status = 'failed' GROUP BY coalesce(error_code, '')) e ON e.code = n.code),
j AS (SELECT mode FROM jobs WHERE job_id = $1)
SELECT 'queued + processing + succeeded + failed + skipped and total',
       c.queued + c.processing + c.succeeded + c.failed + c.skipped, c.total FROM c
UNION ALL SELECT 'findings: counters and rows', c.findings, (SELECT count(*) FROM findings WHERE job_id = $1) FROM c
UNION ALL SELECT 'total: counters and pages', c.total, p.total FROM c, p, j WHERE j.mode <> 'legacy'
UNION ALL SELECT 'queued: counters and pages', c.queued, s.queued FROM c, s, j WHERE j.mode <> 'legacy'
UNION ALL SELECT 'processing: counters and pages', c.processing, s.processing FROM c, s, j WHERE j.mode <> 'legacy'
UNION ALL SELECT 'succeeded: counters and pages', c.succeeded, s.succeeded FROM c, s, j WHERE j.mode <> 'legacy'
UNION ALL SELECT 'failed: counters and pages', c.failed, s.failed FROM c, s, j WHERE j.mode <> 'legacy'
UNION ALL SELECT 'skipped: counters and pages', c.skipped, s.skipped FROM c, s, j WHERE j.mode <> 'legacy'
UNION ALL SELECT 'failed: pages and exceptions', s.failed, x.failed FROM s, x
UNION ALL SELECT 'skipped: pages and exceptions', s.skipped, x.skipped FROM s, x
UNION ALL SELECT 'bytes_total: counters and pages', c.bytes_total, p.bytes_total FROM c, p
UNION ALL SELECT 'bytes_done: counters and pages', c.bytes_done, s.bytes_done FROM c, s
UNION ALL SELECT 'findings: counters and pages', c.findings, s.findings FROM c, s, j WHERE j.mode <> 'legacy'
UNION ALL SELECT 'pages: counters and objects', c.pages, p.pages FROM c, p
UNION ALL SELECT 'pages: counters and states', c.pages, s.pages FROM c, s
UNION ALL SELECT 'queued exceptions and pages of exceptions', x.queued, s.queued_again FROM x, s
UNION ALL SELECT 'failures (' || r.code || '): counters and exceptions', r.counted, r.there FROM r;

-- The same of a legacy job: status, what the counters say, what its rows say.
-- :name verify_legacy
SELECT '', 0, 0 WHERE $1 IS NULL;

-- :name verify_legacy
-- :dialect postgres
WITH o AS (
    SELECT count(*) AS total, count(*) FILTER (WHERE status = 'processing') AS processing,
           count(*) FILTER (WHERE status = 'succeeded') AS succeeded, count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'skipped') AS skipped
    FROM (SELECT status::text AS status FROM job_objects_legacy WHERE job_id = $1) l),
c AS (
    SELECT coalesce(sum(total), 0) AS total, coalesce(sum(processing), 0) AS processing,
           coalesce(sum(succeeded), 0) AS succeeded, coalesce(sum(failed), 0) AS failed,
           coalesce(sum(skipped), 0) AS skipped
    FROM job_counters WHERE job_id = $1),
j AS (SELECT mode FROM jobs WHERE job_id = $1)
SELECT v.name, v.counted, v.there
FROM c, o, j, LATERAL (VALUES ('total', c.total, o.total), ('processing', c.processing, o.processing),
                              ('succeeded', c.succeeded, o.succeeded), ('failed', c.failed, o.failed),
                              ('skipped', c.skipped, o.skipped)) AS v (name, counted, there)
WHERE j.mode = 'legacy';

-- Pages that do not agree with themselves.
-- :name verify_pages
-- :rows many
SELECT p.shard, p.page_no,
       CASE WHEN s.job_id IS NULL THEN 'has no state'
            WHEN s.pending + s.succeeded + s.failed + s.skipped <> p.object_count
                THEN 'objects in all states are not its objects'
            WHEN s.pending < 0 OR s.succeeded < 0 OR s.failed < 0 OR s.skipped < 0 THEN 'has less than no objects'
            WHEN s.state = 'done' AND s.pending <> 0 THEN 'is done with objects pending'
            WHEN s.state = 'done' AND s.bytes_done <> p.byte_count THEN 'is done, and not all of its bytes are'
            WHEN s.state <> 'done' AND s.scope = 'all' AND s.bytes_done <> 0 THEN 'has bytes done but is not finished'
            WHEN s.state = 'leased' AND (s.lease_owner IS NULL OR s.lease_expires_at IS NULL)
                THEN 'is leased to nobody'
            WHEN s.state <> 'leased' AND s.lease_owner IS NOT NULL THEN 'is leased and is not'
            WHEN s.state = 'dropped' AND j.status NOT IN ('failed', 'aborted') THEN 'is dropped, and its job goes on'
            WHEN s.findings <> (SELECT count(*) FROM findings f
                                WHERE f.job_id = p.job_id AND f.shard = p.shard AND f.page_no = p.page_no)
                THEN 'findings are not its rows'
            WHEN s.state <> 'done' AND s.scope = 'all' AND s.findings <> 0
                THEN 'has findings but is not finished'
            WHEN s.failed <> coalesce(x.failed, 0) OR s.skipped <> coalesce(x.skipped, 0)
                THEN 'failed and skipped objects are not its exceptions'
            WHEN coalesce(x.queued, 0) <> CASE WHEN s.scope = 'exceptions' THEN s.pending ELSE 0 END
                THEN 'pending objects are not its exceptions'
            END AS problem
FROM object_pages p
CROSS JOIN (SELECT status FROM job_facts WHERE job_id = $1) j
LEFT JOIN page_states s ON s.job_id = p.job_id AND s.shard = p.shard AND s.page_no = p.page_no
LEFT JOIN (SELECT shard, page_no, sum(CASE WHEN status = 'failed' THEN 1 ELSE 0 END) AS failed,
                  sum(CASE WHEN status = 'skipped' THEN 1 ELSE 0 END) AS skipped,
                  sum(CASE WHEN status = 'queued' THEN 1 ELSE 0 END) AS queued
           FROM object_exceptions WHERE job_id = $1 GROUP BY shard, page_no) x
       ON x.shard = p.shard AND x.page_no = p.page_no
WHERE p.job_id = $1
ORDER BY p.shard, p.page_no;

-- :name verify_keys
-- :rows many
SELECT shard, page_no, first_key, last_key, object_count, keys, escaped, key_prefix FROM object_pages
WHERE job_id = $1 ORDER BY shard, page_no;

-- :name verify_keys
-- :dialect postgres
SELECT shard, page_no, first_key, last_key, object_count, to_json(keys), escaped, key_prefix FROM object_pages
WHERE job_id = $1 ORDER BY shard, page_no;

-- First and last keys of the pages, by which those of different shards must not overlap.
-- :name verify_ranges
-- :rows many
SELECT shard, page_no, first_key, last_key FROM object_pages
WHERE job_id = $1 AND escaped IS NULL ORDER BY first_key, last_key;

-- The job after $1, in the order of ids, for whoever looks at all in turn.
-- :name jobs_after
SELECT job_id FROM jobs WHERE job_id > $1 AND deleted_at IS NULL ORDER BY job_id LIMIT $2;

-- Jobs that can be old enough to be pruned, behind ($1, $2): nothing changes before it is made. $3 is the limit of age.
-- :name prune_candidates
SELECT job_id, trawl_ms(created_at) FROM jobs
WHERE (created_at > trawl_time($1) OR (created_at = trawl_time($1) AND job_id > $2)) AND created_at < trawl_time($3)
  AND deleted_at IS NULL
ORDER BY created_at, job_id LIMIT $4;

-- :name job_hide
UPDATE jobs SET deleted_at = $2 WHERE job_id = $1 AND deleted_at IS NULL;

-- :name free_next
SELECT job_id FROM jobs WHERE deleted_at IS NOT NULL ORDER BY job_id LIMIT 1;

-- Each of these deletes $2 rows of the job at most.
-- :name free_findings
DELETE FROM findings WHERE finding_id IN (SELECT finding_id FROM findings WHERE job_id = $1 LIMIT $2);

-- :name free_exceptions
DELETE FROM object_exceptions
WHERE job_id = $1 AND (shard, page_no, ordinal) IN (
    SELECT shard, page_no, ordinal FROM object_exceptions WHERE job_id = $1 ORDER BY shard, page_no, ordinal LIMIT $2);

-- :name free_suppressions
DELETE FROM suppressions
WHERE job_id = $1 AND (shard, page_no, ordinal, detector) IN (
    SELECT shard, page_no, ordinal, detector FROM suppressions
    WHERE job_id = $1 ORDER BY shard, page_no, ordinal, detector LIMIT $2);

-- :name free_states
DELETE FROM page_states
WHERE job_id = $1 AND (shard, page_no) IN (
    SELECT shard, page_no FROM page_states WHERE job_id = $1 ORDER BY shard, page_no LIMIT $2);

-- :name free_pages
DELETE FROM object_pages
WHERE job_id = $1 AND (shard, page_no) IN (
    SELECT shard, page_no FROM object_pages WHERE job_id = $1 ORDER BY shard, page_no LIMIT $2);

-- :name free_legacy
DELETE FROM job_failures WHERE job_id = $1 AND objects > $2 AND objects < $2;

-- :name free_legacy
-- :dialect postgres
DELETE FROM job_objects_legacy
WHERE job_id = $1 AND ctid IN (SELECT l.ctid FROM job_objects_legacy l WHERE l.job_id = $1 LIMIT $2);

-- :name free_legacy_findings
DELETE FROM job_failures WHERE job_id = $1 AND objects > $2 AND objects < $2;

-- :name free_legacy_findings
-- :dialect postgres
DELETE FROM findings_legacy
WHERE job_id = $1 AND ctid IN (SELECT l.ctid FROM findings_legacy l WHERE l.job_id = $1 LIMIT $2);

-- :name free_legacy_job
DELETE FROM job_failures WHERE job_id = $1 AND objects <> objects;

-- :name free_legacy_job
-- :dialect postgres
DELETE FROM jobs_legacy WHERE job_id = $1;

-- :name free_events
DELETE FROM execution_events
WHERE (execution_arn, event_id) IN (
    SELECT v.execution_arn, v.event_id FROM job_executions e JOIN execution_events v ON v.execution_arn = e.execution_arn
    WHERE e.job_id = $1 LIMIT $2);

-- What is left of a job is a few rows.
-- :name free_tokens
DELETE FROM task_tokens WHERE execution_arn IN (SELECT execution_arn FROM job_executions WHERE job_id = $1);

-- :name free_execution_index
DELETE FROM execution_index WHERE execution_arn IN (SELECT execution_arn FROM job_executions WHERE job_id = $1);

-- :name free_executions
DELETE FROM executions WHERE execution_arn IN (SELECT execution_arn FROM job_executions WHERE job_id = $1);

-- :name free_chain
DELETE FROM job_executions WHERE job_id = $1;

-- :name free_shards
DELETE FROM listing_shards WHERE job_id = $1;

-- :name free_counters
DELETE FROM job_counters WHERE job_id = $1;

-- :name free_failures
DELETE FROM job_failures WHERE job_id = $1;

-- :name free_speed
DELETE FROM job_speed WHERE job_id = $1;

-- :name free_excluded
DELETE FROM job_excluded WHERE job_id = $1;

-- :name free_snapshot
DELETE FROM job_progress WHERE job_id = $1;

-- The next refresh leaves it out.
-- :name free_snapshot
-- :dialect postgres
DELETE FROM job_speed WHERE job_id = $1;

-- :name free_job
DELETE FROM jobs WHERE job_id = $1 AND deleted_at IS NOT NULL;


-- Failed objects by reason. In the transaction that changes the counters: $1 job, $2 slot, $3 reason, $4 how many more
-- (negative: fewer).
-- :name job_failures_add
INSERT INTO job_failures (job_id, slot, error_code, objects) VALUES ($1, $2, $3, $4)
ON CONFLICT (job_id, slot, error_code) DO UPDATE SET objects = job_failures.objects + excluded.objects;

-- Objects that a job counts as queued and that nobody can claim.
-- :name retry_dropped_objects
SELECT coalesce(sum(pending), 0) FROM page_states WHERE job_id = $1 AND state = 'dropped';

-- Pages with failed objects, behind ($2, $3); the third column is how many rows hang on the page. Only the done ones
-- are changed; the others count for their place, so that no batch looks at more than its own.
-- :name retry_failed_pages
SELECT s.shard, s.page_no, s.failed + s.findings
FROM (SELECT DISTINCT x.shard, x.page_no FROM object_exceptions x
      WHERE x.job_id = $1 AND x.status = 'failed' AND (x.shard, x.page_no) > ($2, $3)
      ORDER BY x.shard, x.page_no LIMIT $4) f
JOIN page_states s ON s.job_id = $1 AND s.shard = f.shard AND s.page_no = f.page_no
ORDER BY s.shard, s.page_no;

-- The range of a batch is ($2, $3) to ($4, $5) with its end, in all statements from here on.
-- :name retry_failed_exceptions
UPDATE object_exceptions SET status = 'queued', updated_at = $6
WHERE job_id = $1 AND status = 'failed' AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5)
  AND EXISTS (SELECT 1 FROM page_states s
              WHERE s.job_id = $1 AND s.shard = object_exceptions.shard AND s.page_no = object_exceptions.page_no
                AND s.state = 'done');

-- :name retry_failed_reasons
SELECT coalesce(x.error_code, ''), count(*)
FROM object_exceptions x
JOIN page_states s ON s.job_id = $1 AND s.shard = x.shard AND s.page_no = x.page_no
WHERE x.job_id = $1 AND x.status = 'queued' AND (x.shard, x.page_no) > ($2, $3) AND (x.shard, x.page_no) <= ($4, $5)
  AND s.state = 'done'
GROUP BY coalesce(x.error_code, '');

-- :name retry_failed_sums
SELECT count(*), 0, 0, 0, 0, coalesce(sum(s.bytes_done), 0)
FROM page_states s
WHERE s.job_id = $1 AND (s.shard, s.page_no) > ($2, $3) AND (s.shard, s.page_no) <= ($4, $5) AND s.state = 'done'
  AND EXISTS (SELECT 1 FROM object_exceptions x
              WHERE x.job_id = $1 AND x.shard = s.shard AND x.page_no = s.page_no AND x.status = 'queued');

-- :name retry_failed_bytes
UPDATE page_states
SET bytes_done = bytes_done - (
    SELECT coalesce(sum(z.value), 0)
    FROM object_pages p CROSS JOIN json_each(p.sizes) z
    JOIN object_exceptions x ON x.job_id = $1 AND x.shard = p.shard AND x.page_no = p.page_no AND x.ordinal = z.key
    WHERE p.job_id = $1 AND p.shard = page_states.shard AND p.page_no = page_states.page_no AND x.status = 'queued')
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5) AND state = 'done'
  AND EXISTS (SELECT 1 FROM object_exceptions x
              WHERE x.job_id = $1 AND x.shard = page_states.shard AND x.page_no = page_states.page_no
                AND x.status = 'queued');

-- :name retry_failed_bytes
-- :dialect postgres
UPDATE page_states
SET bytes_done = bytes_done - (
    SELECT coalesce(sum(z.size), 0)
    FROM object_pages p CROSS JOIN LATERAL unnest(p.sizes) WITH ORDINALITY AS z (size, place)
    JOIN object_exceptions x
      ON x.job_id = $1 AND x.shard = p.shard AND x.page_no = p.page_no AND x.ordinal = z.place - 1
    WHERE p.job_id = $1 AND p.shard = page_states.shard AND p.page_no = page_states.page_no AND x.status = 'queued')
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5) AND state = 'done'
  AND EXISTS (SELECT 1 FROM object_exceptions x
              WHERE x.job_id = $1 AND x.shard = page_states.shard AND x.page_no = page_states.page_no
                AND x.status = 'queued');

-- Findings of an object that failed half way are taken back with it.
-- :name retry_failed_queue
UPDATE page_states
SET state = 'queued', scope = 'exceptions', fence = fence + 1, attempt = 0, not_before = 0, suspect_ordinal = NULL,
    suspect_claims = 0, updated_at = $6,
    pending = (SELECT count(*) FROM object_exceptions x
               WHERE x.job_id = $1 AND x.shard = page_states.shard AND x.page_no = page_states.page_no
                 AND x.status = 'queued'),
    failed = (SELECT count(*) FROM object_exceptions x
              WHERE x.job_id = $1 AND x.shard = page_states.shard AND x.page_no = page_states.page_no
                AND x.status = 'failed'),
    findings = findings - (SELECT count(*) FROM findings f
                           JOIN object_exceptions x ON x.job_id = $1 AND x.shard = f.shard AND x.page_no = f.page_no
                                                   AND x.ordinal = f.ordinal
                           WHERE f.job_id = $1 AND f.shard = page_states.shard AND f.page_no = page_states.page_no
                             AND x.status = 'queued')
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5) AND state = 'done'
  AND EXISTS (SELECT 1 FROM object_exceptions x
              WHERE x.job_id = $1 AND x.shard = page_states.shard AND x.page_no = page_states.page_no
                AND x.status = 'queued');

-- :name retry_failed_findings
DELETE FROM findings
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5)
  AND EXISTS (SELECT 1 FROM object_exceptions x
              JOIN page_states s ON s.job_id = $1 AND s.shard = x.shard AND s.page_no = x.page_no
              WHERE x.job_id = $1 AND x.shard = findings.shard AND x.page_no = findings.page_no
                AND x.ordinal = findings.ordinal AND x.status = 'queued' AND s.state = 'queued');

-- :name retry_failed_suppressions
DELETE FROM suppressions
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5)
  AND EXISTS (SELECT 1 FROM object_exceptions x
              JOIN page_states s ON s.job_id = $1 AND s.shard = x.shard AND s.page_no = x.page_no
              WHERE x.job_id = $1 AND x.shard = suppressions.shard AND x.page_no = suppressions.page_no
                AND x.ordinal = suppressions.ordinal AND x.status = 'queued' AND s.state = 'queued');

-- Pages that hold results, and that nobody holds.
-- :name retry_all_pages
SELECT shard, page_no, failed + skipped + findings
FROM page_states
WHERE job_id = $1 AND (shard, page_no) > ($2, $3)
  AND (state = 'done' OR (state = 'queued' AND scope = 'exceptions'))
ORDER BY shard, page_no LIMIT $4;

-- :name retry_all_mark
UPDATE page_states SET state = 'dropped', fence = fence + 1
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5)
  AND (state = 'done' OR (state = 'queued' AND scope = 'exceptions'));

-- :name retry_all_sums
SELECT count(*), coalesce(sum(succeeded), 0), coalesce(sum(failed), 0), coalesce(sum(skipped), 0),
       coalesce(sum(findings), 0), coalesce(sum(bytes_done), 0)
FROM page_states
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5) AND state = 'dropped';

-- :name retry_all_reasons
SELECT coalesce(x.error_code, ''), count(*)
FROM object_exceptions x
JOIN page_states s ON s.job_id = $1 AND s.shard = x.shard AND s.page_no = x.page_no
WHERE x.job_id = $1 AND x.status = 'failed' AND (x.shard, x.page_no) > ($2, $3) AND (x.shard, x.page_no) <= ($4, $5)
  AND s.state = 'dropped'
GROUP BY coalesce(x.error_code, '');

-- :name retry_all_findings
DELETE FROM findings
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5)
  AND EXISTS (SELECT 1 FROM page_states s
              WHERE s.job_id = $1 AND s.shard = findings.shard AND s.page_no = findings.page_no
                AND s.state = 'dropped');

-- :name retry_all_suppressions
DELETE FROM suppressions
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5)
  AND EXISTS (SELECT 1 FROM page_states s
              WHERE s.job_id = $1 AND s.shard = suppressions.shard AND s.page_no = suppressions.page_no
                AND s.state = 'dropped');

-- :name retry_all_exceptions
DELETE FROM object_exceptions
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5)
  AND EXISTS (SELECT 1 FROM page_states s
              WHERE s.job_id = $1 AND s.shard = object_exceptions.shard AND s.page_no = object_exceptions.page_no
                AND s.state = 'dropped');

-- :name retry_all_queue
UPDATE page_states
SET state = 'queued', scope = 'all', attempt = 0, not_before = 0, suspect_ordinal = NULL, suspect_claims = 0,
    pending = pending + succeeded + failed + skipped, succeeded = 0, failed = 0, skipped = 0, findings = 0,
    bytes_done = 0, updated_at = $6
WHERE job_id = $1 AND (shard, page_no) > ($2, $3) AND (shard, page_no) <= ($4, $5) AND state = 'dropped';

-- :name job_mode
SELECT mode FROM jobs WHERE job_id = $1 AND deleted_at IS NULL;

-- Page states from ($2, $3) on, with that page.
-- :name job_page_states
SELECT shard, page_no, state, scope, pending, succeeded, updated_at
FROM page_states WHERE job_id = $1 AND (shard, page_no) >= ($2, $3)
ORDER BY shard, page_no LIMIT $4;

-- :name job_page_objects
-- :rows binary
SELECT keys, sizes, etags, modified, escaped, key_prefix
FROM object_pages WHERE job_id = $1 AND shard = $2 AND page_no = $3;

-- :name job_page_exceptions
SELECT ordinal, status, error_code, error_message, attempts, updated_at
FROM object_exceptions WHERE job_id = $1 AND shard = $2 AND page_no = $3;

-- Behind ($3, $4, $5), from the index by status.
-- :name job_exceptions
SELECT shard, page_no, ordinal, status, error_code, error_message, attempts, updated_at
FROM object_exceptions WHERE job_id = $1 AND status = $2 AND (shard, page_no, ordinal) > ($3, $4, $5)
ORDER BY shard, page_no, ordinal LIMIT $6;

-- The objects of a legacy job behind the row's place ($3, $4) in its table, whose rows nobody changes any more. Other
-- words than ours count as queued.
-- :name job_legacy_objects
SELECT '', '', 0, 0, 0 WHERE $1 IS NULL AND $2 IS NULL AND $3 IS NULL AND $4 IS NULL AND $5 IS NULL;

-- :name job_legacy_objects
-- :dialect postgres
SELECT l.key, l.status, coalesce(trawl_ms(l.updated_at), 0), (CAST(CAST(l.place AS TEXT) AS POINT))[0]::bigint,
       (CAST(CAST(l.place AS TEXT) AS POINT))[1]::bigint
FROM (SELECT key, updated_at, ctid AS place,
             CASE WHEN status::text IN ('processing', 'succeeded', 'failed', 'skipped') THEN status::text
                  ELSE 'queued' END AS status
      FROM job_objects_legacy
      WHERE job_id = $1 AND ctid > CAST('(' || CAST($3 AS BIGINT) || ',' || CAST($4 AS BIGINT) || ')' AS TID)) l
WHERE CAST($2 AS TEXT) IS NULL OR l.status = CAST($2 AS TEXT)
ORDER BY l.place LIMIT $5;

-- :name job_legacy_object
SELECT '', '', 0, 0, 0 WHERE $1 IS NULL AND $2 IS NULL;

-- :name job_legacy_object
-- :dialect postgres
SELECT key, CASE WHEN status IN ('processing', 'succeeded', 'failed', 'skipped') THEN status ELSE 'queued' END,
       coalesce(trawl_ms(updated_at), 0), 0, 0
FROM job_object(CAST($1 AS UUID), $2) LIMIT 1;

-- Where a key may be: the last page that begins at it or before, since shards do not overlap, and the pages that do not
-- stand where their text sorts.
-- :name job_pages_of_key
SELECT s.shard, s.page_no, s.state, s.scope, s.pending, s.succeeded, s.updated_at
FROM (SELECT * FROM (SELECT shard, page_no FROM object_pages
                     WHERE job_id = $1 AND first_key <= $2 AND escaped IS NULL ORDER BY first_key DESC LIMIT 1)
      UNION ALL SELECT shard, page_no FROM object_pages INDEXED BY idx_object_pages_odd
                WHERE job_id = $1 AND escaped IS NOT NULL) p
JOIN page_states s ON s.job_id = $1 AND s.shard = p.shard AND s.page_no = p.page_no;

-- :name job_pages_of_key
-- :dialect postgres
SELECT s.shard, s.page_no, s.state, s.scope, s.pending, s.succeeded, s.updated_at
FROM ((SELECT shard, page_no FROM object_pages
       WHERE job_id = $1 AND first_key <= $2 AND escaped IS NULL AND octet_length(first_key) <= 1024
       ORDER BY first_key DESC LIMIT 1)
      UNION ALL
      SELECT shard, page_no FROM object_pages
      WHERE job_id = $1 AND (escaped IS NOT NULL OR octet_length(first_key) > 1024)) p
JOIN page_states s ON s.job_id = $1 AND s.shard = p.shard AND s.page_no = p.page_no;

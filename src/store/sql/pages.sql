-- Pages: claimed, finished, given back. A page's key is (job_id, shard, page_no); its fence rises with each claim, so
-- that (fence, state) is the guard of whoever holds it.

-- The oldest job first, then the page order, from the index alone: `waiting` hops from one job that has queued pages to
-- the next, so that finished jobs, done pages and long queues cost nothing. $1 runner, $2 one job or NULL, $3 now.
-- :name page_find_queued
SELECT s.job_id, s.shard, s.page_no, s.state, s.scope, s.attempt, s.fence, s.pending, j.bucket, j.options
FROM (
    SELECT p.job_id, p.shard, p.page_no
    FROM page_states p
    WHERE p.state = 'queued' AND p.not_before <= $3 AND p.job_id = (
        WITH RECURSIVE waiting (job_id) AS (
            SELECT min(job_id) FROM page_states WHERE state = 'queued'
            UNION ALL
            SELECT (SELECT min(n.job_id) FROM page_states n WHERE n.state = 'queued' AND n.job_id > waiting.job_id)
            FROM waiting WHERE waiting.job_id IS NOT NULL)
        SELECT q.job_id
        FROM waiting CROSS JOIN jobs q
        WHERE q.job_id = waiting.job_id AND q.paused = 0 AND q.not_before <= $3 AND q.runner IS NOT DISTINCT FROM $1
          AND ($2 IS NULL OR q.job_id = $2)
          AND EXISTS (SELECT 1 FROM page_states e
                      WHERE e.state = 'queued' AND e.job_id = q.job_id AND e.not_before <= $3)
        ORDER BY q.created_at, q.job_id LIMIT 1)
    ORDER BY p.shard, p.page_no LIMIT 1) f
CROSS JOIN page_states s CROSS JOIN jobs j
WHERE s.job_id = f.job_id AND s.shard = f.shard AND s.page_no = f.page_no AND j.job_id = f.job_id;

-- The same of pages whose holder let its lease run out.
-- :name page_find_expired
SELECT s.job_id, s.shard, s.page_no, s.state, s.scope, s.attempt, s.fence, s.pending, j.bucket, j.options
FROM page_states s CROSS JOIN jobs j
WHERE j.job_id = s.job_id AND s.state = 'leased' AND s.lease_expires_at <= $3
  AND j.paused = 0 AND j.not_before <= $3 AND j.runner IS NOT DISTINCT FROM $1 AND ($2 IS NULL OR j.job_id = $2)
ORDER BY s.lease_expires_at
LIMIT 1;

-- :name page_claim
UPDATE page_states
SET state = 'leased', fence = fence + 1, attempt = attempt + 1, lease_owner = $5, lease_expires_at = $6, updated_at = $7
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND fence = $4 AND state IN ('queued', 'leased');

-- :name page_objects
SELECT keys, sizes, etags, modified, escaped
FROM object_pages WHERE job_id = $1 AND shard = $2 AND page_no = $3;

-- :name page_queued_ordinals
SELECT ordinal FROM object_exceptions
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND status = 'queued' ORDER BY ordinal;

-- :name page_extend
UPDATE page_states SET lease_expires_at = $5
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND fence = $4 AND state = 'leased';

-- :name page_finish
UPDATE page_states
SET state = 'done', lease_owner = NULL, lease_expires_at = NULL, pending = 0, succeeded = succeeded + $5,
    failed = failed + $6, skipped = skipped + $7, findings = findings + $8, bytes_done = bytes_done + $9,
    updated_at = $10
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND fence = $4 AND state = 'leased';

-- A page that is given back was not tried ($6 1 takes the attempt back); one that was abandoned was ($6 0), unless its
-- lease is not the one that was seen ($8; NULL: whichever).
-- :name page_requeue
UPDATE page_states
SET state = 'queued', lease_owner = NULL, lease_expires_at = NULL, not_before = $5, attempt = attempt - $6,
    updated_at = $7
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND fence = $4 AND state = 'leased'
  AND ($8 IS NULL OR lease_expires_at = $8);

-- The other pages of a job would only meet the same trouble.
-- :name page_job_rests
UPDATE jobs SET not_before = $2 WHERE job_id = $1 AND not_before < $2;

-- :name pages_leased
SELECT job_id, shard, page_no, fence, pending, lease_owner, lease_expires_at
FROM page_states WHERE state = 'leased' ORDER BY lease_expires_at;

-- :name exception_put
INSERT INTO object_exceptions (job_id, shard, page_no, ordinal, key, status, error_code, error_message, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (job_id, shard, page_no, ordinal) DO UPDATE
SET status = excluded.status, attempts = object_exceptions.attempts + 1, error_code = excluded.error_code,
    error_message = excluded.error_message, updated_at = excluded.updated_at;

-- What was queued again and is no exception any more has succeeded.
-- :name exceptions_settle
DELETE FROM object_exceptions WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND status = 'queued';

-- :name counters_add
UPDATE job_counters
SET queued = queued + $2, processing = processing + $3, succeeded = succeeded + $4, failed = failed + $5,
    skipped = skipped + $6, bytes_done = bytes_done + $7, findings = findings + $8, updated_at = $9
WHERE job_id = $1 AND slot = 0;

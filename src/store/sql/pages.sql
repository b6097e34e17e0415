-- Pages: claimed, finished, given back. A page's key is (job_id, shard, page_no); its fence rises with each claim, so
-- that (fence, state) is the guard of whoever holds it.

-- Who may have a page: $1 runner (NULL: jobs without one), $2 one job or NULL, $3 the runner of this host's jobs or NULL,
-- $4 the rule set, NULL for any. Jobs that are paused, pruned or resting hand nothing out.
--
-- The oldest job first, then the page order, from the index alone: `waiting` hops from one job that has queued pages to
-- the next, so that finished jobs, done pages and long queues cost nothing.
-- :name page_find_queued
SELECT s.job_id, s.shard, s.page_no, s.state, s.scope, s.attempt, s.fence, s.pending, s.suspect_ordinal,
       s.suspect_claims, j.bucket, j.options, o.keys, o.sizes, o.etags, o.escaped, o.key_prefix
FROM (
    SELECT p.job_id, p.shard, p.page_no
    FROM page_states p
    WHERE p.state = 'queued' AND p.not_before <= (SELECT trawl_now()) AND p.job_id = (
        WITH RECURSIVE waiting (job_id) AS (
            SELECT min(job_id) FROM page_states WHERE state = 'queued'
            UNION ALL
            SELECT (SELECT min(n.job_id) FROM page_states n WHERE n.state = 'queued' AND n.job_id > waiting.job_id)
            FROM waiting WHERE waiting.job_id IS NOT NULL)
        SELECT q.job_id
        FROM waiting CROSS JOIN jobs q
        WHERE q.job_id = waiting.job_id AND q.paused = 0 AND q.deleted_at IS NULL AND q.not_before <= (SELECT trawl_now())
          AND (q.runner IS NOT DISTINCT FROM $1 OR q.runner = $3) AND (q.job_id = $2 OR $2 IS NULL)
          AND (q.rules_id IN ('', $4) OR $4 IS NULL)
          AND EXISTS (SELECT 1 FROM page_states e
                      WHERE e.state = 'queued' AND e.job_id = q.job_id AND e.not_before <= (SELECT trawl_now()))
        ORDER BY q.created_at, q.job_id LIMIT 1)
    ORDER BY p.shard, p.page_no LIMIT 1) f
CROSS JOIN page_states s CROSS JOIN jobs j
LEFT JOIN object_pages o ON o.job_id = f.job_id AND o.shard = f.shard AND o.page_no = f.page_no
WHERE s.job_id = f.job_id AND s.shard = f.shard AND s.page_no = f.page_no AND j.job_id = f.job_id;

-- The same of pages whose holder let its lease run out.
-- :name page_find_expired
SELECT s.job_id, s.shard, s.page_no, s.state, s.scope, s.attempt, s.fence, s.pending, s.suspect_ordinal,
       s.suspect_claims, j.bucket, j.options, o.keys, o.sizes, o.etags, o.escaped, o.key_prefix
FROM (
    SELECT p.job_id, p.shard, p.page_no
    FROM page_states p CROSS JOIN jobs q
    WHERE q.job_id = p.job_id AND p.state = 'leased' AND p.lease_expires_at <= (SELECT trawl_now())
      AND q.paused = 0 AND q.deleted_at IS NULL AND q.not_before <= (SELECT trawl_now())
      AND (q.runner IS NOT DISTINCT FROM $1 OR q.runner = $3) AND (q.job_id = $2 OR $2 IS NULL)
      AND (q.rules_id IN ('', $4) OR $4 IS NULL)
    ORDER BY p.lease_expires_at LIMIT 1) f
CROSS JOIN page_states s CROSS JOIN jobs j
LEFT JOIN object_pages o ON o.job_id = f.job_id AND o.shard = f.shard AND o.page_no = f.page_no
WHERE s.job_id = f.job_id AND s.shard = f.shard AND s.page_no = f.page_no AND j.job_id = f.job_id;

-- Whether one of the two would find a page, and when the next lease may run out; takes no lock.
-- :name pages_waiting
SELECT CASE WHEN EXISTS (
    WITH RECURSIVE waiting (job_id) AS (
        SELECT min(job_id) FROM page_states WHERE state = 'queued'
        UNION ALL
        SELECT (SELECT min(n.job_id) FROM page_states n WHERE n.state = 'queued' AND n.job_id > waiting.job_id)
        FROM waiting WHERE waiting.job_id IS NOT NULL)
    SELECT 1
    FROM waiting CROSS JOIN jobs q
    WHERE q.job_id = waiting.job_id AND q.paused = 0 AND q.deleted_at IS NULL AND q.not_before <= (SELECT trawl_now())
      AND (q.runner IS NOT DISTINCT FROM $1 OR q.runner = $3) AND (q.job_id = $2 OR $2 IS NULL)
      AND (q.rules_id IN ('', $4) OR $4 IS NULL)
      AND EXISTS (SELECT 1 FROM page_states e
                  WHERE e.state = 'queued' AND e.job_id = q.job_id AND e.not_before <= (SELECT trawl_now())))
OR EXISTS (
    SELECT 1 FROM page_states p CROSS JOIN jobs q
    WHERE q.job_id = p.job_id AND p.state = 'leased' AND p.lease_expires_at <= (SELECT trawl_now())
      AND q.paused = 0 AND q.deleted_at IS NULL AND q.not_before <= (SELECT trawl_now())
      AND (q.runner IS NOT DISTINCT FROM $1 OR q.runner = $3) AND (q.job_id = $2 OR $2 IS NULL)
      AND (q.rules_id IN ('', $4) OR $4 IS NULL))
THEN 1 ELSE 0 END,
(SELECT min(lease_expires_at) FROM page_states WHERE state = 'leased') - trawl_now();

-- Sending arrays in binary form costs a fifth of making them JSON in the server. Rows that another claimer holds are
-- passed over. The lateral part is asked for one job after the other, the oldest first, until one gives a page.
-- :name page_find_queued
-- :dialect postgres
-- :rows binary
WITH RECURSIVE waiting (job_id) AS (
    (SELECT p.job_id FROM page_states p WHERE p.state = 'queued' ORDER BY p.job_id LIMIT 1)
    UNION ALL
    SELECT (SELECT n.job_id FROM page_states n WHERE n.state = 'queued' AND n.job_id > waiting.job_id
            ORDER BY n.job_id LIMIT 1)
    FROM waiting WHERE waiting.job_id IS NOT NULL),
chosen AS MATERIALIZED (
    SELECT q.job_id, q.bucket, q.options
    FROM waiting JOIN jobs q ON q.job_id = waiting.job_id
    WHERE q.paused = 0 AND q.deleted_at IS NULL AND q.not_before <= (SELECT trawl_now())
      AND (q.runner IS NOT DISTINCT FROM $1 OR q.runner = $3) AND (q.job_id = $2 OR $2 IS NULL)
      AND (q.rules_id IN ('', $4) OR $4 IS NULL)
    ORDER BY q.created_at, q.job_id),
found AS MATERIALIZED (
    SELECT p.*, chosen.bucket, chosen.options
    FROM chosen CROSS JOIN LATERAL (
        SELECT s.job_id, s.shard, s.page_no, s.state, s.scope, s.attempt, s.fence, s.pending, s.suspect_ordinal,
               s.suspect_claims
        FROM page_states s
        WHERE s.state = 'queued' AND s.job_id = chosen.job_id AND s.not_before <= (SELECT trawl_now())
        ORDER BY s.shard, s.page_no LIMIT 1
        FOR UPDATE SKIP LOCKED) p
    LIMIT 1)
SELECT CAST(f.job_id AS TEXT), f.shard, f.page_no, f.state, f.scope, f.attempt, f.fence, f.pending, f.suspect_ordinal,
       f.suspect_claims, f.bucket, f.options, o.keys, o.sizes, o.etags, o.escaped, o.key_prefix
FROM found f LEFT JOIN object_pages o ON o.job_id = f.job_id AND o.shard = f.shard AND o.page_no = f.page_no;

-- :name page_find_expired
-- :dialect postgres
-- :rows binary
WITH found AS MATERIALIZED (
    SELECT p.job_id, p.shard, p.page_no, p.state, p.scope, p.attempt, p.fence, p.pending, p.suspect_ordinal,
           p.suspect_claims, q.bucket, q.options
    FROM page_states p JOIN jobs q ON q.job_id = p.job_id
    WHERE p.state = 'leased' AND p.lease_expires_at <= (SELECT trawl_now())
      AND q.paused = 0 AND q.deleted_at IS NULL AND q.not_before <= (SELECT trawl_now())
      AND (q.runner IS NOT DISTINCT FROM $1 OR q.runner = $3) AND (q.job_id = $2 OR $2 IS NULL)
      AND (q.rules_id IN ('', $4) OR $4 IS NULL)
    ORDER BY p.lease_expires_at LIMIT 1
    FOR UPDATE OF p SKIP LOCKED)
SELECT CAST(f.job_id AS TEXT), f.shard, f.page_no, f.state, f.scope, f.attempt, f.fence, f.pending, f.suspect_ordinal,
       f.suspect_claims, f.bucket, f.options, o.keys, o.sizes, o.etags, o.escaped, o.key_prefix
FROM found f LEFT JOIN object_pages o ON o.job_id = f.job_id AND o.shard = f.shard AND o.page_no = f.page_no;

-- :name pages_waiting
-- :dialect postgres
WITH RECURSIVE waiting (job_id) AS (
    (SELECT p.job_id FROM page_states p WHERE p.state = 'queued' ORDER BY p.job_id LIMIT 1)
    UNION ALL
    SELECT (SELECT n.job_id FROM page_states n WHERE n.state = 'queued' AND n.job_id > waiting.job_id
            ORDER BY n.job_id LIMIT 1)
    FROM waiting WHERE waiting.job_id IS NOT NULL)
SELECT CASE WHEN EXISTS (
    SELECT 1
    FROM waiting JOIN jobs q ON q.job_id = waiting.job_id
    WHERE q.paused = 0 AND q.deleted_at IS NULL AND q.not_before <= (SELECT trawl_now())
      AND (q.runner IS NOT DISTINCT FROM $1 OR q.runner = $3) AND (q.job_id = $2 OR $2 IS NULL)
      AND (q.rules_id IN ('', $4) OR $4 IS NULL)
      AND EXISTS (SELECT 1 FROM page_states e
                  WHERE e.state = 'queued' AND e.job_id = q.job_id AND e.not_before <= (SELECT trawl_now())))
OR EXISTS (
    SELECT 1 FROM page_states p JOIN jobs q ON q.job_id = p.job_id
    WHERE p.state = 'leased' AND p.lease_expires_at <= (SELECT trawl_now())
      AND q.paused = 0 AND q.deleted_at IS NULL AND q.not_before <= (SELECT trawl_now())
      AND (q.runner IS NOT DISTINCT FROM $1 OR q.runner = $3) AND (q.job_id = $2 OR $2 IS NULL)
      AND (q.rules_id IN ('', $4) OR $4 IS NULL))
THEN 1 ELSE 0 END,
(SELECT min(lease_expires_at) FROM page_states WHERE state = 'leased') - trawl_now();

-- $6: for how long.
-- :name page_claim
UPDATE page_states
SET state = 'leased', fence = fence + 1, attempt = attempt + 1, lease_owner = $5,
    lease_expires_at = trawl_now() + $6, updated_at = trawl_now()
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND fence = $4 AND state IN ('queued', 'leased');

-- :name page_queued_ordinals
SELECT ordinal FROM object_exceptions
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND status = 'queued' ORDER BY ordinal;

-- Whoever holds a page is known by its fence and by his name: a crash of the server may undo a claim (it is committed
-- relaxed), and the next one then gets the same fence.
-- :name page_extend
UPDATE page_states SET lease_expires_at = trawl_now() + $5
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND fence = $4 AND state = 'leased' AND lease_owner = $6;

-- :name page_finish
UPDATE page_states
SET state = 'done', lease_owner = NULL, lease_expires_at = NULL, pending = 0, succeeded = succeeded + $5,
    failed = failed + $6, skipped = skipped + $7, findings = findings + $8, bytes_done = bytes_done + $9,
    suspect_ordinal = NULL, suspect_claims = 0, updated_at = trawl_now()
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND fence = $4 AND state = 'leased' AND lease_owner = $10;

-- A fence that a finished page still has says whose finish it was.
-- :name page_is_finished
SELECT 1 FROM page_states WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND fence = $4 AND state = 'done';

-- The object that is about to be scanned alone ($5), and by how many claims in a row.
-- :name page_suspect
UPDATE page_states
SET suspect_claims = CASE WHEN suspect_ordinal IS NOT DISTINCT FROM $5 THEN suspect_claims + $6 ELSE $6 END,
    suspect_ordinal = $5
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND fence = $4 AND state = 'leased' AND lease_owner = $7;

-- A page that is given back ($5 for how long it rests) was not tried ($6 1 takes the attempt back); one that was
-- abandoned was ($6 0), unless its lease is not the one that was seen ($7 until when; $8 whose; NULL: whichever).
-- :name page_requeue
UPDATE page_states
SET state = 'queued', lease_owner = NULL, lease_expires_at = NULL,
    not_before = CASE WHEN $5 > 0 THEN trawl_now() + $5 ELSE 0 END,
    attempt = attempt - $6, suspect_claims = CASE WHEN $6 = 1 THEN 0 ELSE suspect_claims END, updated_at = trawl_now()
WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND fence = $4 AND state = 'leased'
  AND (lease_expires_at = $7 OR $7 IS NULL) AND (lease_owner = $8 OR $8 IS NULL);

-- The other pages of a job would only meet the same trouble.
-- :name page_job_rests
UPDATE jobs SET not_before = trawl_now() + $2 WHERE job_id = $1 AND not_before < trawl_now() + $2;

-- :name pages_leased
SELECT job_id, shard, page_no, fence, pending, lease_owner, lease_expires_at, trawl_now()
FROM page_states WHERE state = 'leased' ORDER BY lease_expires_at;

-- In the order in which a cancel locks the pages of a job, so that it and a sweep wait one after the other.
-- :name pages_leased
-- :dialect postgres
SELECT job_id, shard, page_no, fence, pending, lease_owner, lease_expires_at, trawl_now()
FROM page_states WHERE state = 'leased' ORDER BY job_id, shard, page_no;

-- $4: JSON array of [ordinal, key, status, error_code, error_message].
-- :name exceptions_put
INSERT INTO object_exceptions (job_id, shard, page_no, ordinal, key, status, error_code, error_message, updated_at)
SELECT $1, $2, $3, json_extract(e.value, '$[0]'), json_extract(e.value, '$[1]'), json_extract(e.value, '$[2]'),
       json_extract(e.value, '$[3]'), json_extract(e.value, '$[4]'), $5
FROM json_each($4) e WHERE true
ON CONFLICT (job_id, shard, page_no, ordinal) DO UPDATE
SET status = excluded.status, attempts = object_exceptions.attempts + 1, error_code = excluded.error_code,
    error_message = excluded.error_message, updated_at = excluded.updated_at;

-- :name exceptions_put
-- :dialect postgres
INSERT INTO object_exceptions (job_id, shard, page_no, ordinal, key, status, error_code, error_message, updated_at)
SELECT CAST($1 AS uuid), CAST($2 AS integer), CAST($3 AS integer), CAST(e.value ->> 0 AS integer), e.value ->> 1,
       e.value ->> 2, e.value ->> 3, e.value ->> 4, CAST($5 AS bigint)
FROM json_array_elements(CAST($4 AS json)) e
ON CONFLICT (job_id, shard, page_no, ordinal) DO UPDATE
SET status = excluded.status, attempts = object_exceptions.attempts + 1, error_code = excluded.error_code,
    error_message = excluded.error_message, updated_at = excluded.updated_at;

-- What was queued again and is no exception any more has succeeded.
-- :name exceptions_settle
DELETE FROM object_exceptions WHERE job_id = $1 AND shard = $2 AND page_no = $3 AND status = 'queued';

-- Slot 0: what is done for a job as a whole.
-- :name counters_add
UPDATE job_counters
SET queued = queued + $2, processing = processing + $3, succeeded = succeeded + $4, failed = failed + $5,
    skipped = skipped + $6, bytes_done = bytes_done + $7, findings = findings + $8, updated_at = $9
WHERE job_id = $1 AND slot = 0;

-- $2 slot: claimers have different ones, so that they do not wait for one another. Only sums over all slots mean
-- something.
-- :name counters_add_slot
INSERT INTO job_counters (job_id, slot, queued, processing, succeeded, failed, skipped, bytes_done, findings, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, trawl_now())
ON CONFLICT (job_id, slot) DO UPDATE
SET queued = job_counters.queued + excluded.queued, processing = job_counters.processing + excluded.processing,
    succeeded = job_counters.succeeded + excluded.succeeded, failed = job_counters.failed + excluded.failed,
    skipped = job_counters.skipped + excluded.skipped, bytes_done = job_counters.bytes_done + excluded.bytes_done,
    findings = job_counters.findings + excluded.findings, updated_at = excluded.updated_at;

-- Whoever writes has the turn for $1 milliseconds. The row is made with the first turn.
-- :name housekeeping_turn
INSERT INTO meta (name, value) VALUES ('housekeeping_until', CAST(trawl_now() + $1 AS TEXT))
ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE CAST(meta.value AS BIGINT) <= trawl_now();

-- $1 our rules, $2 the runner of this host's jobs, $3 for how long nothing must have happened.
-- :name jobs_adopt_rules
UPDATE jobs SET rules_id = $1
WHERE rules_id NOT IN ('', $1) AND (runner IS NULL OR runner = $2) AND deleted_at IS NULL AND paused = 0
  AND EXISTS (SELECT 1 FROM page_states p WHERE p.job_id = jobs.job_id AND p.state = 'queued')
  AND NOT EXISTS (SELECT 1 FROM page_states p
                  WHERE p.job_id = jobs.job_id AND p.state = 'leased' AND p.lease_expires_at > trawl_now())
  AND (SELECT max(c.updated_at) FROM job_counters c WHERE c.job_id = jobs.job_id) <= trawl_now() - $3;

-- Whether any execution runs that we might go on with: without a runner, or of this host ($1).
-- :name executions_running
SELECT 1 FROM executions WHERE status = 'RUNNING' AND (runner IS NULL OR runner = $1) LIMIT 1;

-- Jobs with queued pages whose first scan had other rules than $1, so that we leave them alone; $2 as above.
-- :name jobs_of_other_rules
SELECT job_id, rules_id FROM jobs
WHERE rules_id NOT IN ('', $1) AND (runner IS NULL OR runner = $2) AND deleted_at IS NULL AND paused = 0
  AND EXISTS (SELECT 1 FROM page_states p WHERE p.job_id = jobs.job_id AND p.state = 'queued')
LIMIT 8;

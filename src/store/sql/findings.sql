-- Findings: stored, read back, counted.

-- :name finding_insert
INSERT INTO findings (job_id, shard, page_no, ordinal, bucket, key, detector, category, severity, tier, count, masked,
    fingerprint, truncated, locations, compliance, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)

-- An empty filter is none; a tag is among others, between commas. Each of the two has the index that gives its rows in order.
-- :name findings_read
-- :rows many
SELECT finding_id, job_id, bucket, key, detector, category, severity, tier, count, masked, fingerprint, truncated,
    locations, compliance
FROM findings
WHERE job_id = $1
  AND finding_id > $2
  AND ($3 = '' OR detector = $3)
  AND ($4 = '' OR severity = $4)
  AND ($5 = '' OR category = $5)
  AND ($6 = '' OR key = $6)
  AND ($8 = '' OR replace(',' || compliance || ',', ',' || $8 || ',', '') <> ',' || compliance || ',')
ORDER BY finding_id
LIMIT $7

-- :name findings_read_detector
-- :rows many
SELECT finding_id, job_id, bucket, key, detector, category, severity, tier, count, masked, fingerprint, truncated,
    locations, compliance
FROM findings
WHERE job_id = $1
  AND finding_id > $2
  AND detector = $3
  AND ($4 = '' OR severity = $4)
  AND ($5 = '' OR category = $5)
  AND ($6 = '' OR key = $6)
  AND ($8 = '' OR replace(',' || compliance || ',', ',' || $8 || ',', '') <> ',' || compliance || ',')
ORDER BY finding_id
LIMIT $7

-- The order of reports: that of the listing, however pages and objects came to their end. The plus keeps the planner
-- from the index by id, which would sort a whole job.
-- :name findings_read_place
-- :rows many
SELECT finding_id, job_id, bucket, key, detector, category, severity, tier, count, masked, fingerprint, truncated,
    locations, compliance
FROM findings
WHERE job_id = $1
  AND +finding_id > $2
  AND ($3 = '' OR detector = $3)
  AND ($4 = '' OR severity = $4)
  AND ($5 = '' OR category = $5)
  AND ($6 = '' OR key = $6)
  AND ($8 = '' OR replace(',' || compliance || ',', ',' || $8 || ',', '') <> ',' || compliance || ',')
ORDER BY shard, page_no, ordinal, finding_id
LIMIT $7

-- :name findings_summarise
SELECT severity, category, detector,
    CAST(SUM(CASE WHEN truncated = 0 THEN 1 ELSE 0 END) AS BIGINT) AS distinct_values,
    CAST(SUM(count) AS BIGINT) AS places,
    COUNT(DISTINCT key) AS objects,
    MAX(truncated) AS is_truncated
FROM findings
WHERE job_id = $1
GROUP BY severity, category, detector
ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, places DESC, detector

-- An object that is scanned again has the same suppressions.
-- :name suppression_store
INSERT INTO suppressions (job_id, shard, page_no, ordinal, key, detector, reason, count, locations)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (job_id, shard, page_no, ordinal, detector, reason) DO UPDATE
SET count = excluded.count, locations = excluded.locations

-- :name suppressions_summarise
SELECT detector, reason, CAST(SUM(count) AS BIGINT), COUNT(*)
FROM suppressions
WHERE job_id = $1
GROUP BY detector, reason
ORDER BY detector, reason

-- In the order of the listing, behind ($2 … $6); an empty filter is none.
-- :name suppressions_read
-- :rows many
SELECT shard, page_no, ordinal, key, detector, reason, count, locations
FROM suppressions
WHERE job_id = $1
  AND (shard, page_no, ordinal, detector, reason) > ($2, $3, $4, $5, $6)
  AND ($7 = '' OR detector = $7)
  AND ($8 = '' OR reason = $8)
  AND ($9 = '' OR key = $9)
ORDER BY shard, page_no, ordinal, detector, reason
LIMIT $10

-- The key space of a job: shards, and the pages cut from them.

-- :name shard_insert
INSERT INTO listing_shards (job_id, shard, updated_at) VALUES ($1, $2, $3);

-- :name shard_read
SELECT lo, hi, cursor, hint, next_page, state, fence FROM listing_shards WHERE job_id = $1 AND shard = $2;

-- Moves the cursor, only from where the batch started and to the end it listed to.
-- :name shard_advance
UPDATE listing_shards SET cursor = $3, hint = $4, next_page = $5, state = $6, updated_at = $7
WHERE job_id = $1 AND shard = $2 AND state = 'listing' AND cursor = $8 AND next_page = $9
  AND hint IS NOT DISTINCT FROM $10 AND hi IS NOT DISTINCT FROM $11 AND fence = $12;

-- $8 to $11: db_json_texts() and db_json_ints(); $13: what the keys lack.
-- :name page_insert
INSERT INTO object_pages (job_id, shard, page_no, first_key, last_key, object_count, byte_count, keys, sizes, etags,
                          modified, escaped, key_prefix)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- :name page_state_insert
INSERT INTO page_states (job_id, shard, page_no, pending, updated_at) VALUES ($1, $2, $3, $4, $5);

-- :name listing_count
INSERT INTO job_counters (job_id, slot, total, queued, bytes_total, pages, updated_at)
VALUES ($1, 0, $2, $2, $3, $4, $5)
ON CONFLICT (job_id, slot) DO UPDATE SET
    total = job_counters.total + excluded.total, queued = job_counters.queued + excluded.queued,
    bytes_total = job_counters.bytes_total + excluded.bytes_total, pages = job_counters.pages + excluded.pages,
    updated_at = excluded.updated_at;

-- :name listing_exclude
INSERT INTO job_excluded (job_id, reason, objects, bytes) VALUES ($1, $2, $3, $4)
ON CONFLICT (job_id, reason) DO UPDATE SET
    objects = job_excluded.objects + excluded.objects, bytes = job_excluded.bytes + excluded.bytes;

-- A snapshot from before the end of listing must not be taken for the final one.
-- :name listing_ended
UPDATE jobs SET epoch = epoch + 1 WHERE job_id = $1;

-- :name listing_total
SELECT COALESCE(sum(total), 0) FROM job_counters WHERE job_id = $1;

-- :name listing_pages
-- :rows many
SELECT p.page_no, p.first_key, p.last_key, p.object_count, p.byte_count, p.keys, s.pending, s.state, p.escaped, p.sizes,
    p.key_prefix
FROM object_pages p JOIN page_states s ON s.job_id = p.job_id AND s.shard = p.shard AND s.page_no = p.page_no
WHERE p.job_id = $1 ORDER BY p.shard, p.page_no;

-- :name listing_pages
-- :dialect postgres
SELECT p.page_no, p.first_key, p.last_key, p.object_count, p.byte_count, array_to_json(p.keys), s.pending, s.state,
    p.escaped, array_to_json(p.sizes), p.key_prefix
FROM object_pages p JOIN page_states s ON s.job_id = p.job_id AND s.shard = p.shard AND s.page_no = p.page_no
WHERE p.job_id = $1 ORDER BY p.shard, p.page_no;

-- :name listing_counters
SELECT total, queued, bytes_total, pages FROM job_counters WHERE job_id = $1 AND slot = 0;

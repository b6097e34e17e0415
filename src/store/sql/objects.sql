-- Objects, looked up one by one.

-- One object by its key ($2), as job_objects shows it, without reading the whole job. Shards do not overlap, so its page
-- is the last one that begins at the key or before; an escaped key does not stand where its text sorts, so pages with
-- such keys are looked at too.
-- :name job_object_find
SELECT j.bucket, $2 AS key,
       CASE WHEN x.status IS NOT NULL AND NOT (x.status = 'queued' AND s.state = 'leased') THEN x.status
            WHEN s.state = 'leased' AND (s.scope = 'all' OR x.status = 'queued') THEN 'processing'
            WHEN s.state = 'done' OR s.scope = 'exceptions' THEN 'succeeded'
            ELSE 'queued' END AS status,
       s.updated_at, json_extract(p.sizes, '$[' || k.key || ']') AS size,
       json_extract(p.etags, '$[' || k.key || ']') AS etag, x.error_code, x.error_message,
       coalesce(x.attempts, 0) AS attempts, p.shard, p.page_no, k.key AS ordinal
FROM (SELECT * FROM (SELECT shard, page_no, last_key, keys, sizes, etags, key_prefix FROM object_pages
                     WHERE job_id = $1 AND first_key <= $2 AND escaped IS NULL
                     ORDER BY first_key DESC LIMIT 1)
      WHERE last_key >= $2
      UNION ALL
      SELECT shard, page_no, last_key, keys, sizes, etags, key_prefix FROM object_pages
      WHERE job_id = $1 AND escaped IS NOT NULL) p
CROSS JOIN json_each(p.keys) k
CROSS JOIN jobs j
CROSS JOIN page_states s
LEFT JOIN object_exceptions x ON x.job_id = $1 AND x.shard = p.shard AND x.page_no = p.page_no AND x.ordinal = k.key
WHERE p.key_prefix || k.value = $2 AND j.job_id = $1 AND j.deleted_at IS NULL
  AND s.job_id = $1 AND s.shard = p.shard AND s.page_no = p.page_no
LIMIT 1;

-- :name job_object_find
-- :dialect postgres
SELECT bucket, key, status, trawl_ms(updated_at), size, etag, error_code, last_error, attempts, shard, page_no, ordinal
FROM job_object(CAST($1 AS UUID), $2);

-- The execution index: executions by date, whichever machine ran them.

-- Events may come late, twice and out of order: the newest one counts.
-- :name index_put
INSERT INTO execution_index AS known (execution_arn, state_machine_arn, name, status, started_at, stopped_at,
                                      redrive_count, status_rank, event_id, indexed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (execution_arn) DO UPDATE
SET state_machine_arn = excluded.state_machine_arn, name = excluded.name, status = excluded.status,
    started_at = excluded.started_at, stopped_at = excluded.stopped_at, redrive_count = excluded.redrive_count,
    status_rank = excluded.status_rank, event_id = excluded.event_id, indexed_at = excluded.indexed_at
WHERE (excluded.started_at, excluded.redrive_count, excluded.status_rank)
    > (known.started_at, known.redrive_count, known.status_rank);

-- $1 from, $2 to (not included), $3 how many.
-- :name index_by_date
SELECT execution_arn, state_machine_arn, name, status, started_at, COALESCE(stopped_at, 0)
FROM execution_index
WHERE started_at >= $1 AND started_at < $2
ORDER BY started_at DESC, execution_arn DESC
LIMIT $3;

-- The same, of those with the status $4.
-- :name index_by_status
SELECT execution_arn, state_machine_arn, name, status, started_at, COALESCE(stopped_at, 0)
FROM execution_index
WHERE status = $4 AND started_at >= $1 AND started_at < $2
ORDER BY started_at DESC, execution_arn DESC
LIMIT $3;

-- Events for an index that is no part of the store.
-- :name index_outbox_put
INSERT INTO index_outbox (event_id, event, created_at) VALUES ($1, $2, $3)
ON CONFLICT (event_id) DO NOTHING;

-- :name index_outbox_read
SELECT event_id, event FROM index_outbox ORDER BY created_at, event_id LIMIT $1;

-- :name index_outbox_forget
DELETE FROM index_outbox WHERE event_id = $1;

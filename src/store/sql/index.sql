-- The execution index: executions by date, whichever machine ran them.

-- $1 from, $2 to (not included), $3 a status or '', $4 how many.
-- :name index_by_date
SELECT execution_arn, state_machine_arn, name, status, started_at, COALESCE(stopped_at, 0)
FROM executions
WHERE started_at >= $1 AND started_at < $2 AND ($3 = '' OR status = $3)
ORDER BY started_at DESC, execution_arn DESC
LIMIT $4;

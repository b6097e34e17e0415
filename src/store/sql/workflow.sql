-- Executions of state machines. An execution is owned through its fence: who claims it raises the fence, and every
-- later write of an earlier owner changes no row.

-- :name execution_insert
INSERT INTO executions (execution_arn, state_machine_arn, name, definition, status, input, started_at, runner,
                        run_state, wake_at, event_count)
VALUES ($1, $2, $3, $4, 'RUNNING', $5, $6, $7, $8, $6, $9);

-- :name execution_describe
SELECT status, error, cause, output, started_at, stopped_at, input
FROM executions WHERE execution_arn = $1;

-- What an event of a change of status tells.
-- :name execution_status_event
SELECT state_machine_arn, name, status, input, output, error, cause, started_at, COALESCE(stopped_at, 0),
       redrive_count, COALESCE(redriven_at, 0)
FROM executions WHERE execution_arn = $1;

-- :name execution_load
SELECT state_machine_arn, name, definition, input, run_state, started_at
FROM executions WHERE execution_arn = $1;

-- :name execution_find_due
SELECT execution_arn, fence FROM executions
WHERE status = 'RUNNING' AND runner IS NOT DISTINCT FROM $1 AND wake_at <= $2
  AND (lease_expires_at IS NULL OR lease_expires_at <= $2)
ORDER BY wake_at LIMIT 8;

-- Due, but leased: to be taken over if the owner is dead.
-- :name execution_find_leased
SELECT execution_arn, fence, lease_owner FROM executions
WHERE status = 'RUNNING' AND runner IS NOT DISTINCT FROM $1 AND wake_at <= $2 AND lease_expires_at > $2
ORDER BY wake_at LIMIT 256;

-- Asked if nothing is free: what is due is held by others, and few; of those that wait, one is looked at.
-- :name execution_next_due
SELECT min(due) FROM (
    SELECT min(CASE WHEN lease_expires_at > wake_at THEN lease_expires_at ELSE wake_at END) AS due FROM executions
    WHERE status = 'RUNNING' AND runner IS NOT DISTINCT FROM $1 AND wake_at <= $2
    UNION ALL
    SELECT min(wake_at) FROM executions
    WHERE status = 'RUNNING' AND runner IS NOT DISTINCT FROM $1 AND wake_at > $2) AS next;

-- :name execution_claim
UPDATE executions SET lease_owner = $3, lease_expires_at = $4, fence = fence + 1
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- :name execution_renew
UPDATE executions SET lease_expires_at = $3
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- :name execution_release
UPDATE executions SET lease_owner = NULL, lease_expires_at = NULL, wake_at = $3
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- :name execution_advance
UPDATE executions SET run_state = $3, wake_at = $4, event_count = $5, lease_owner = NULL, lease_expires_at = NULL
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- :name execution_close
UPDATE executions SET status = $3, output = $4, error = $5, cause = $6, stopped_at = $7, event_count = $8,
                      fence = fence + 1, run_state = NULL, lease_owner = NULL, lease_expires_at = NULL
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- For whoever ends it from outside: no step may come in between.
-- :name execution_position
SELECT status, fence, event_count FROM executions WHERE execution_arn = $1;

-- :name execution_position
-- :dialect postgres
SELECT status, fence, event_count FROM executions WHERE execution_arn = $1 FOR UPDATE;

-- :name execution_event_insert
INSERT INTO execution_events (execution_arn, event_id, previous_event_id, type, timestamp, details)
VALUES ($1, $2, $3, $4, $5, $6);

-- :name execution_history
SELECT event_id, previous_event_id, type, timestamp, details FROM execution_events
WHERE execution_arn = $1 AND event_id > $2 ORDER BY event_id LIMIT $3;

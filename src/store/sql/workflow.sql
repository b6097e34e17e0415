-- Executions of state machines. An execution is owned through its fence: who claims it gives it a new one, and every
-- later write of an earlier owner changes no row. Claims are committed relaxed: a crash of the server may undo one, and a
-- new fence is made up, so that nobody else gets the same.

-- :name execution_insert
INSERT INTO executions (execution_arn, state_machine_arn, name, definition, status, input, started_at, runner,
                        run_state, wake_at, event_count, role_arn)
VALUES ($1, $2, $3, $4, 'RUNNING', $5, $6, $7, $8, $6, $9, $10);

-- :name execution_describe
SELECT status, error, cause, output, started_at, stopped_at, input
FROM executions WHERE execution_arn = $1;

-- What an event of a change of status tells.
-- :name execution_status_event
SELECT state_machine_arn, name, status, input, output, error, cause, started_at, COALESCE(stopped_at, 0),
       redrive_count, COALESCE(redriven_at, 0), event_count
FROM executions WHERE execution_arn = $1;

-- :name execution_load
SELECT execution_arn, state_machine_arn, name, definition, input, run_state, started_at, signals, redrive_count,
       COALESCE(redriven_at, 0), role_arn
FROM executions WHERE execution_arn = $1;

-- :name execution_find_due
SELECT 1 FROM executions
WHERE status = 'RUNNING' AND runner IS NOT DISTINCT FROM $1 AND wake_at <= $2
  AND (lease_expires_at IS NULL OR lease_expires_at <= $2)
LIMIT 1;

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

-- One that is due and free; of several who look at once, each gets another one. $5: the new fence.
-- :name execution_claim_due
UPDATE executions SET lease_owner = $3, lease_expires_at = $4, fence = $5
WHERE execution_arn = (
    SELECT execution_arn FROM executions
    WHERE status = 'RUNNING' AND runner IS NOT DISTINCT FROM $1 AND wake_at <= $2
      AND (lease_expires_at IS NULL OR lease_expires_at <= $2)
    ORDER BY wake_at LIMIT 1)
RETURNING execution_arn, state_machine_arn, name, definition, input, run_state, started_at, signals, redrive_count,
          COALESCE(redriven_at, 0), role_arn;

-- :name execution_claim_due
-- :dialect postgres
UPDATE executions SET lease_owner = $3, lease_expires_at = $4, fence = $5
WHERE execution_arn = (SELECT trawl_due_execution($1, $2))
RETURNING execution_arn, state_machine_arn, name, definition, input, run_state, started_at, signals, redrive_count,
          COALESCE(redriven_at, 0), role_arn;

-- :name execution_claim
UPDATE executions SET lease_owner = $3, lease_expires_at = $4, fence = $5
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- :name execution_renew
UPDATE executions SET lease_expires_at = $3
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- :name execution_release
UPDATE executions SET lease_owner = NULL, lease_expires_at = NULL, wake_at = $3
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- $6: the signals that were there when the step began. If there are more by now, the next step is due at once.
-- :name execution_advance
UPDATE executions SET run_state = $3, wake_at = CASE WHEN signals = $6 THEN CAST($4 AS bigint) ELSE 0 END, event_count = $5,
                      lease_owner = NULL, lease_expires_at = NULL
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- The claim stays: its owner goes on at once.
-- :name execution_advance_held
UPDATE executions SET run_state = $3, event_count = $4
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- $9: where it has ended badly. Who stops it does not know that, and leaves what there is.
-- :name execution_close
UPDATE executions SET status = $3, output = $4, error = $5, cause = $6, stopped_at = $7, event_count = $8,
                      fence = fence + 1, run_state = CASE WHEN $3 = 'ABORTED' THEN run_state ELSE $9 END,
                      lease_owner = NULL, lease_expires_at = NULL
WHERE execution_arn = $1 AND fence = $2 AND status = 'RUNNING';

-- For whoever ends it from outside: no step may come in between.
-- :name execution_position
SELECT status, fence, event_count FROM executions WHERE execution_arn = $1;

-- :name execution_position
-- :dialect postgres
SELECT status, fence, event_count FROM executions WHERE execution_arn = $1 FOR UPDATE;

-- :name execution_redrive_find
SELECT status, COALESCE(stopped_at, 0), fence, redrive_count, redrive_tokens, run_state, event_count, definition
FROM executions WHERE execution_arn = $1;

-- :name execution_redrive_find
-- :dialect postgres
SELECT status, COALESCE(stopped_at, 0), fence, redrive_count, redrive_tokens, run_state, event_count, definition
FROM executions WHERE execution_arn = $1 FOR UPDATE;

-- :name execution_redrive
UPDATE executions SET status = 'RUNNING', error = NULL, cause = NULL, stopped_at = NULL, run_state = $3, wake_at = $4,
                      event_count = $5, redrive_count = $6, redriven_at = $4, redrive_tokens = $7, fence = fence + 1
WHERE execution_arn = $1 AND fence = $2 AND status IN ('FAILED', 'TIMED_OUT', 'ABORTED');

-- :name execution_event_insert
INSERT INTO execution_events (execution_arn, event_id, previous_event_id, type, timestamp, details)
VALUES ($1, $2, $3, $4, $5, $6);

-- :name execution_history
SELECT event_id, previous_event_id, type, timestamp, details FROM execution_events
WHERE execution_arn = $1 AND event_id > $2 ORDER BY event_id LIMIT $3;

-- Something has come for it from outside.
-- :name execution_signal
UPDATE executions SET signals = signals + 1, wake_at = 0 WHERE execution_arn = $1 AND status = 'RUNNING';

-- Tasks that somebody else answers. Whoever changes one after it was opened writes the execution's row first, and so
-- does the step that removes it. An answer, a sign of life and a worker's taking it come in time, or not at all.

-- :name open_tasks
SELECT token, frame_id, state, worker_name, output, error, cause, deadline_at, heartbeat_at
FROM task_tokens WHERE execution_arn = $1 ORDER BY created_at, token;

-- Whoever goes on with a step that was cut short opens it once more.
-- :name open_task_insert
INSERT INTO task_tokens (token, execution_arn, frame_id, activity_arn, input, state, timeout_ms, heartbeat_ms,
                         deadline_at, heartbeat_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (token) DO NOTHING;

-- :name open_task_remove
DELETE FROM task_tokens WHERE token = $1;

-- Not if it was answered meanwhile.
-- :name open_task_abandon
DELETE FROM task_tokens WHERE token = $1 AND state <> 'answered';

-- :name open_tasks_remove
DELETE FROM task_tokens WHERE execution_arn = $1;

-- :name open_task_find
SELECT execution_arn FROM task_tokens WHERE token = $1;

-- :name open_task_answer
UPDATE task_tokens SET state = 'answered', output = $3, error = $4, cause = $5
WHERE token = $1 AND state = 'started' AND (deadline_at = 0 OR deadline_at > $2)
  AND (heartbeat_at = 0 OR heartbeat_at > $2);

-- :name open_task_heartbeat
UPDATE task_tokens SET heartbeat_at = CASE WHEN heartbeat_ms > 0 THEN $2 + heartbeat_ms ELSE 0 END
WHERE token = $1 AND state = 'started' AND (deadline_at = 0 OR deadline_at > $2)
  AND (heartbeat_at = 0 OR heartbeat_at > $2);

-- Oldest first: a few, since others look for them as well.
-- :name open_tasks_waiting
SELECT token, execution_arn, input FROM task_tokens WHERE activity_arn = $1 AND state = 'scheduled'
ORDER BY created_at, token LIMIT 8;

-- :name open_task_start
UPDATE task_tokens SET state = 'started', worker_name = $3,
                       deadline_at = CASE WHEN timeout_ms > 0 THEN $2 + timeout_ms ELSE 0 END,
                       heartbeat_at = CASE WHEN heartbeat_ms > 0 THEN $2 + heartbeat_ms ELSE 0 END
WHERE token = $1 AND state = 'scheduled';

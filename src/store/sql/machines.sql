-- State machines that clients know by name, and what they are told of executions.

-- :name machine_insert
INSERT INTO state_machines (state_machine_arn, name, definition, role_arn, type, revision_id, settings, tags,
                            created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
ON CONFLICT (state_machine_arn) DO NOTHING;

-- A machine of our own, as this version of the program has it.
-- :name machine_keep
INSERT INTO state_machines (state_machine_arn, name, definition, role_arn, revision_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (state_machine_arn) DO UPDATE
SET definition = excluded.definition, revision_id = excluded.revision_id, updated_at = excluded.updated_at
WHERE state_machines.definition <> excluded.definition;

-- :name machine_find
SELECT state_machine_arn, name, definition, role_arn, type, status, revision_id, settings, tags, created_at, updated_at
FROM state_machines WHERE state_machine_arn = $1;

-- :name machine_update
UPDATE state_machines SET definition = $2, role_arn = $3, settings = $4, revision_id = $5, updated_at = $6
WHERE state_machine_arn = $1;

-- :name machine_tag
UPDATE state_machines SET tags = $2 WHERE state_machine_arn = $1;

-- :name machine_delete
DELETE FROM state_machines WHERE state_machine_arn = $1;

-- Behind the machine with this creation time and ARN, oldest first.
-- :name machines_list
SELECT state_machine_arn, name, type, created_at FROM state_machines
WHERE created_at > $1 OR (created_at = $1 AND state_machine_arn > $2)
ORDER BY created_at, state_machine_arn LIMIT $3;

-- :name execution_record
SELECT execution_arn, state_machine_arn, name, status, input, output, error, cause, started_at,
       COALESCE(stopped_at, 0), definition, redrive_count, COALESCE(redriven_at, 0), event_count,
       role_arn
FROM executions WHERE execution_arn = $1;

-- A machine's executions before this start and ARN, newest first. $2: a status or ''. $6: 1 redriven, 2 not redriven, 0 all.
-- :name executions_list
SELECT execution_arn, state_machine_arn, name, status, started_at, COALESCE(stopped_at, 0), redrive_count,
       COALESCE(redriven_at, 0)
FROM executions
WHERE state_machine_arn = $1 AND ($2 = '' OR status = $2)
  AND ($6 = 0 OR ($6 = 1 AND redrive_count > 0) OR ($6 = 2 AND redrive_count = 0))
  AND (started_at < $3 OR (started_at = $3 AND execution_arn < $4))
ORDER BY started_at DESC, execution_arn DESC LIMIT $5;

-- :name execution_history_backwards
SELECT event_id, previous_event_id, type, timestamp, details FROM execution_events
WHERE execution_arn = $1 AND event_id < $2 ORDER BY event_id DESC LIMIT $3;

-- Activities, which clients make and poll.

-- :name activity_insert
INSERT INTO activities (activity_arn, name, tags, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (activity_arn) DO NOTHING;

-- :name activity_find
SELECT activity_arn, name, tags, created_at FROM activities WHERE activity_arn = $1;

-- :name activity_tag
UPDATE activities SET tags = $2 WHERE activity_arn = $1;

-- :name activity_delete
DELETE FROM activities WHERE activity_arn = $1;

-- Behind the activity with this creation time and ARN, oldest first.
-- :name activities_list
SELECT activity_arn, name, tags, created_at FROM activities
WHERE created_at > $1 OR (created_at = $1 AND activity_arn > $2)
ORDER BY created_at, activity_arn LIMIT $3;

-- Custom rules: kept in the store, so that all processes that share it have them. A job keeps to the rules of the moment
-- of its creation: each change makes a new set of all of them, known by the hash of its text.

-- Who changes rules does so alone: the row is locked until the end of the transaction.
-- :name custom_rules_lock
INSERT INTO meta (name, value) VALUES ('custom_rules', '')
ON CONFLICT (name) DO UPDATE SET value = meta.value;

-- :name custom_rules_list
SELECT rule_id, version, created_at, updated_at, document FROM custom_rules ORDER BY rule_id;

-- :name custom_rule_find
SELECT rule_id, version, created_at, updated_at, document FROM custom_rules WHERE rule_id = $1;

-- :name custom_rule_insert
INSERT INTO custom_rules (rule_id, version, document, created_at, updated_at) VALUES ($1, 1, $2, $3, $3);

-- :name custom_rule_update
UPDATE custom_rules SET version = version + 1, document = $2, updated_at = $3 WHERE rule_id = $1 AND version = $4;

-- :name custom_rule_delete
DELETE FROM custom_rules WHERE rule_id = $1;

-- :name custom_set_keep
INSERT INTO custom_rule_sets (set_id, document) VALUES ($1, $2)
ON CONFLICT (set_id) DO UPDATE SET retired_at = NULL;

-- :name custom_set_retire
UPDATE custom_rule_sets SET retired_at = $2 WHERE set_id <> $1 AND retired_at IS NULL;

-- :name custom_set_choose
UPDATE meta SET value = $1 WHERE name = 'custom_rules';

-- What no job needs any more. A job that is being created may still be about to name a set that was current just now.
-- :name custom_sets_drop
DELETE FROM custom_rule_sets
WHERE retired_at < $1 AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.custom_rules = custom_rule_sets.set_id);

-- :name custom_set_now
SELECT value FROM meta WHERE name = 'custom_rules';

-- :name custom_set_of_job
SELECT custom_rules FROM jobs WHERE job_id = $1;

-- :name custom_set_read
SELECT document FROM custom_rule_sets WHERE set_id = $1;

-- Drops what trawl made, with all that it stored since, and gives an older scanner's things their names back.

SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = 0;

-- An operator may have followed the older scanner's own manual and dropped these.
DROP FUNCTION IF EXISTS should_refresh_progress(timestamptz);
DROP FUNCTION IF EXISTS refresh_job_progress();
DROP VIEW IF EXISTS job_statistics;
DROP VIEW IF EXISTS active_jobs_progress;
DROP MATERIALIZED VIEW IF EXISTS job_progress;

DROP VIEW job_facts;
DROP FUNCTION job_object(uuid, text);
DROP VIEW job_objects;
DROP TABLE task_tokens;
DROP TABLE activities;
DROP TABLE custom_rule_sets;
DROP TABLE custom_rules;
DROP TABLE state_machine_versions;
DROP TABLE state_machines;
DROP TABLE index_outbox;
DROP TABLE execution_index;
DROP FUNCTION trawl_due_execution(text, bigint);
DROP TABLE execution_events;
DROP TABLE executions;
DROP TABLE suppressions;
DROP TABLE findings;
DROP TABLE object_exceptions;
DROP TABLE page_states;
DROP TABLE object_pages;
DROP TABLE listing_shards;
DROP TABLE job_excluded;
DROP TABLE job_speed;
DROP TABLE job_failures;
DROP TABLE job_counters;
DROP TABLE job_executions;
DROP TABLE jobs;
DROP TABLE meta;
DROP INDEX IF EXISTS idx_job_objects_legacy_job, idx_findings_legacy_job;

DO $$
DECLARE
    stand_in text;
    thing    record;
BEGIN
    FOREACH stand_in IN ARRAY ARRAY['findings_legacy', 'job_objects_legacy', 'jobs_legacy'] LOOP
        IF NOT EXISTS (SELECT 1 FROM legacy_names n WHERE n.kind = 'TABLE' AND n.name = stand_in) THEN
            EXECUTE format('DROP TABLE %I', stand_in);
        END IF;
    END LOOP;
    FOR thing IN SELECT * FROM legacy_names LOOP
        EXECUTE format('ALTER %s %s RENAME TO %I', thing.kind,
                       CASE thing.kind WHEN 'ROUTINE' THEN thing.name ELSE format('%I', thing.name) END, thing.old_name);
    END LOOP;
END $$;

DROP TABLE legacy_names;
DROP FUNCTION trawl_now();
DROP FUNCTION trawl_time(bigint);
DROP FUNCTION trawl_ms(timestamptz);

-- What the store keeps about itself.

-- A migration may take long: no limit of the session holds for it, and the others wait.
-- :name migration_patience
-- :dialect sqlite
SELECT 1;

-- :name migration_patience
-- :dialect postgres
SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true);

-- One process at a time; SQLite's writing transaction is that already. The number is "trawl" in hexadecimal.
-- :name migration_lock
-- :dialect sqlite
SELECT 1;

-- :name migration_lock
-- :dialect postgres
SELECT pg_advisory_xact_lock(500135196524);

-- :name migrations_create
CREATE TABLE IF NOT EXISTS schema_migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    applied_at BIGINT NOT NULL
);

-- :name migrations_list
SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number;

-- :name migration_insert
INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4);

-- :name migration_delete
DELETE FROM schema_migrations WHERE number = $1;

-- :name meta_get
SELECT value FROM meta WHERE name = $1;

-- Keeps what is there: the first writer wins, and reads back what won.
-- :name meta_add
INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING;

-- :name meta_set
INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- Gives its parameters back, so that a driver's conversions can be tested.
-- :name store_echo
-- :dialect sqlite
SELECT $1, $2, $3, $4, $5, $6, $7;

-- :name store_echo
-- :dialect postgres
SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS DOUBLE PRECISION), CAST($4 AS TEXT), CAST($5 AS BYTEA),
    CAST($6 AS TEXT), CAST($7 AS TEXT);

-- Told to those who LISTEN when the transaction is committed.
-- :name store_notify
-- :dialect sqlite
SELECT $1;

-- :name store_notify
-- :dialect postgres
SELECT pg_notify($1, '');

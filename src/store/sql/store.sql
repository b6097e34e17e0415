-- What the store keeps about itself.

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
SELECT $1, $2, $3, $4, $5, $6, $7;

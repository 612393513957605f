-- Large sealed bytes in an object store (objects.go), and what lets an older program work on
-- a newer schema (migrate.go).

-- +goose Up

-- Where the bytes of a row of blobs are that has none of its own. A name is used once.
CREATE TABLE blob_objects (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    address   BLOB    NOT NULL,
    object    TEXT    NOT NULL,
    size      INTEGER NOT NULL,
    PRIMARY KEY (mutuality, member, address),
    FOREIGN KEY (mutuality, member, address) REFERENCES blobs (mutuality, member, address)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX blob_objects_name ON blob_objects (object);

-- Objects that nothing refers to any more. They stay some days, for backups.
CREATE TABLE gone_objects (
    object  TEXT    NOT NULL PRIMARY KEY,
    gone_at INTEGER NOT NULL      -- 0: not noticed yet
) STRICT, WITHOUT ROWID;

CREATE INDEX gone_objects_time ON gone_objects (gone_at);

-- Days whose objects were compared with blob_objects.
CREATE TABLE swept_days (
    day      TEXT    NOT NULL PRIMARY KEY,
    swept_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The oldest program that can work on this schema, by the newest migration that it knows.
-- Only a step that takes something away raises it.
CREATE TABLE schema_reach (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    oldest INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO schema_reach (one, oldest) VALUES (1, 26);

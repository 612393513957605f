-- Large sealed bytes in an object store (objects.go), and what lets an older program work on
-- a newer schema (migrate.go).

-- +goose Up

-- Where the bytes of a row of blobs are that has none of its own. A name is used once.
CREATE TABLE blob_objects (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    address   BYTEA    NOT NULL,
    object    TEXT    NOT NULL,
    size      BIGINT NOT NULL,
    PRIMARY KEY (mutuality, member, address),
    FOREIGN KEY (mutuality, member, address) REFERENCES blobs (mutuality, member, address)
);

CREATE UNIQUE INDEX blob_objects_name ON blob_objects (object);

-- Objects that nothing refers to any more. They stay some days, for backups.
CREATE TABLE gone_objects (
    object  TEXT    NOT NULL PRIMARY KEY,
    gone_at BIGINT NOT NULL      -- 0: not noticed yet
);

CREATE INDEX gone_objects_time ON gone_objects (gone_at);

-- Days whose objects were compared with blob_objects.
CREATE TABLE swept_days (
    day      TEXT    NOT NULL PRIMARY KEY,
    swept_at BIGINT NOT NULL
);

-- The oldest program that can work on this schema, by the newest migration that it knows.
-- Only a step that takes something away raises it.
CREATE TABLE schema_reach (
    one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    oldest BIGINT NOT NULL
);

INSERT INTO schema_reach (one, oldest) VALUES (1, 26);

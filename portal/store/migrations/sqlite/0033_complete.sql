-- Complete deliveries: what the insurance system delivers no more is taken away or ends.
-- The rules are those of the first tables.

-- +goose Up

ALTER TABLE imports ADD COLUMN complete     INTEGER NOT NULL DEFAULT 0;  -- 1: holds every row of its kind
ALTER TABLE imports ADD COLUMN ended_rows   INTEGER NOT NULL DEFAULT 0;  -- that it does not hold
ALTER TABLE imports ADD COLUMN removed_rows INTEGER NOT NULL DEFAULT 0;

ALTER TABLE members ADD COLUMN until TEXT;   -- last day as a member; NULL: goes on

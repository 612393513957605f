-- What binds the audit trail to a key that is not in the database: of each chain a mark over
-- its last row, written by each commit over the one before, and a roll of the chains that
-- have one. Package audit says what is in them. Chains of programs that do not know this
-- table have no mark.

-- +goose Up

CREATE TABLE audit_marks (
    chain TEXT   PRIMARY KEY,
    seq   BIGINT NOT NULL,      -- of its last row
    mac   BYTEA  NOT NULL
);

CREATE TABLE audit_roll (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    chains BIGINT NOT NULL,     -- that have a mark
    mac    BYTEA  NOT NULL
);

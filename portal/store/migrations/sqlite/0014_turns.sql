-- What became of a commit without an answer. Acts with an audit row are found by it; a
-- transaction without one leaves its number here. Written on PostgreSQL only, where the
-- connection may be lost between the order to commit and its answer.

-- +goose Up

CREATE TABLE turns (
    chain TEXT    PRIMARY KEY,  -- of the server that writes
    turn  INTEGER NOT NULL      -- of its last transaction without an audit row
) STRICT, WITHOUT ROWID;

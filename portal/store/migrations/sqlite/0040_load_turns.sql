-- Counts the acts that write payments and their lines, so that a process knows whether
-- any but its own came between two of them.

-- +goose Up

CREATE TABLE load_turns (
    mutuality TEXT    NOT NULL PRIMARY KEY,
    turn      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

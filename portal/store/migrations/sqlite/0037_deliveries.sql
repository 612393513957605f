-- Complete deliveries that were taken in before the same bytes came again: what they took
-- away counts on, for the bound on what deliveries of a month may take away together.

-- +goose Up

CREATE TABLE import_deliveries (
    mutuality TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    as_of     INTEGER NOT NULL,    -- the insurance system's own time of the data
    import    TEXT    NOT NULL,    -- that was; no row of imports has this id any more
    sha256    BLOB    NOT NULL,    -- of the whole file
    held      INTEGER NOT NULL,    -- rows in it, those refused too
    gone      INTEGER NOT NULL,    -- rows that it took away
    PRIMARY KEY (mutuality, kind, as_of, import)
) STRICT, WITHOUT ROWID;

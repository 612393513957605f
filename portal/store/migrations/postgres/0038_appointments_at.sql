-- The appointments of a day, for the medical adviser's desk, without reading all of them. The
-- index is built while servers write; it waits for whoever reads an older state of the
-- database, as a backup does. A step that was cut off may have left one that is not valid:
-- it is built anew.

-- +goose NO TRANSACTION
-- +goose Up

DROP INDEX CONCURRENTLY IF EXISTS appointments_at;

CREATE INDEX CONCURRENTLY appointments_at ON appointments (mutuality, at);

-- The words of a request as they were drawn: the page to read shows these, whatever the
-- program's words have become since. Null where the request is older than this column.

-- +goose Up

ALTER TABLE requests ADD COLUMN sheet_sealed BYTEA;

-- SQLite has an index for the appointments of a day. PostgreSQL gets it with 0038.

-- +goose Up

SELECT 1;

-- SQLite has an index for the appointments of a day. PostgreSQL reads all of a mutuality's
-- instead, which takes some tens of milliseconds for a desk that few people open: an index
-- would keep every writer waiting while it is built, or, built concurrently, wait for other
-- servers that wait for this step.

-- +goose Up

SELECT 1;

-- What the mutuality did with a request that its member has not read of yet: the first page
-- says it until she opens the request. The rules are those of the first tables.

-- +goose Up

ALTER TABLE requests ADD COLUMN news    TEXT;      -- accepted, rejected, asked, done, posted, returned; null once seen
ALTER TABLE requests ADD COLUMN news_at INTEGER;   -- when; null with news

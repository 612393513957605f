-- A block that was signed with a card whose status was not known yet: what stood before it,
-- which comes back if the card proves revoked. The rules are those of the first tables.

-- +goose Up

ALTER TABLE accesses ADD COLUMN replaced TEXT;   -- JSON; NULL: the decision holds

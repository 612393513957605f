-- Two tabs: a session that begins while its browser has journeys to a provider under way
-- notes itself in them, so that it ends when one of them comes back with another.

-- +goose Up

ALTER TABLE federation_flows ADD COLUMN session BYTEA; -- token hash of the newest such session; NULL: none

CREATE INDEX federation_flows_browser ON federation_flows (browser);

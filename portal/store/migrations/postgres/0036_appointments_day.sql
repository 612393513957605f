-- The appointments of a day, for the medical adviser's desk, without reading all of them.

-- +goose Up

CREATE INDEX appointments_at ON appointments (mutuality, at);

-- Members are found by the number on their card, typed without leading zeros, blanks,
-- dots, dashes and slashes.

-- +goose Up

CREATE INDEX members_card_number ON members (mutuality,
    ltrim(replace(replace(replace(replace(affiliation, ' ', ''), '.', ''), '-', ''), '/', ''), '0'));

-- Whom an order is for, by who they are and not by their name alone; and what the insurance
-- system says of their European health insurance cards. The rules are those of the first tables.

-- +goose Up

CREATE TABLE request_people (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,   -- who ordered
    request   TEXT NOT NULL,
    person    TEXT NOT NULL,
    PRIMARY KEY (mutuality, member, request, person),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

CREATE TABLE european_cards (
    mutuality   TEXT NOT NULL,
    member      TEXT NOT NULL,
    institution TEXT NOT NULL,   -- number of the competent institution
    card        TEXT NOT NULL,
    expires     TEXT NOT NULL,
    provisional TEXT,            -- a certificate may stand in for the card up to this day; NULL: none may
    PRIMARY KEY (mutuality, member),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

-- Whom an order is for, by who they are and not by their name alone. The rules are those of
-- the first tables.

-- +goose Up

CREATE TABLE request_people (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,   -- who ordered
    request   TEXT NOT NULL,
    person    TEXT NOT NULL,
    PRIMARY KEY (mutuality, member, request, person),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

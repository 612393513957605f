-- European health insurance cards, and who may have a provisional certificate in place of
-- one. The rules are those of the first tables.

-- +goose Up

CREATE TABLE european_cards (
    mutuality   TEXT NOT NULL,
    member      TEXT NOT NULL,
    institution TEXT NOT NULL,
    number      TEXT NOT NULL,
    until       TEXT NOT NULL,   -- last day of the card
    certificate TEXT,            -- last day of a certificate; null: none may be made
    PRIMARY KEY (mutuality, member),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

-- Who may see whom (package people), and what members changed in their contact data.
-- The rules are those of the first tables.

-- +goose Up

-- Whether a holder sees a person on her booklet. No row: the rule alone, that minors are
-- seen and others are not. The row stays when the person leaves the booklet and comes back.
CREATE TABLE accesses (
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,     -- the holder
    person     TEXT    NOT NULL,     -- on her booklet
    state      TEXT    NOT NULL,     -- automatic, asked, kept, stopped, blocked
    decided_at INTEGER NOT NULL,
    decided_by TEXT    NOT NULL,     -- person, staff, system
    reason     TEXT    NOT NULL,     -- majority, letter, silence, signed, approved, paper
    letter     TEXT    NOT NULL,     -- the majority letter; empty: none
    answer_by  INTEGER,              -- asked: when silence decides
    request    TEXT    NOT NULL,     -- of the member that decided it; empty: none
    PRIMARY KEY (mutuality, member, person),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member),
    FOREIGN KEY (mutuality, person) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX accesses_person ON accesses (mutuality, person);
CREATE INDEX accesses_silence ON accesses (mutuality, state, answer_by);

-- Contact data that the member gave herself. They stand before what the insurance system
-- delivers, until it has delivered them too and then something newer.
CREATE TABLE contacts (
    mutuality    TEXT    NOT NULL,
    member       TEXT    NOT NULL,
    field        TEXT    NOT NULL,   -- mobile, home, work
    value_sealed BLOB    NOT NULL,   -- international form; empty inside: she has none
    changed_at   INTEGER NOT NULL,
    confirmed_at INTEGER,            -- the insurance system has delivered it
    PRIMARY KEY (mutuality, member, field),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

-- Every change of contact data by the member, e-mail too, as it left for the export.
CREATE TABLE contact_changes (
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,
    change     TEXT    NOT NULL,
    field      TEXT    NOT NULL,     -- email, mobile, home, work
    at         INTEGER NOT NULL,
    old_sealed BLOB    NOT NULL,
    new_sealed BLOB    NOT NULL,
    PRIMARY KEY (mutuality, member, change),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

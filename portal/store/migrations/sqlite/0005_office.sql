-- The office: staff, what waits for them, the files they opened and the identities they
-- checked. Sealed values that belong to no member are sealed under the mutuality's key.

-- +goose Up

CREATE TABLE staff (
    mutuality    TEXT    NOT NULL,
    staff        TEXT    NOT NULL,
    number_index BLOB    NOT NULL,   -- as in members: nobody works on her own file
    name         TEXT    NOT NULL,
    language     TEXT    NOT NULL,
    place        TEXT    NOT NULL,   -- contact point; '': none
    roles        TEXT    NOT NULL,   -- words joined by blanks
    revision     INTEGER NOT NULL,   -- grows with every change
    created_at   INTEGER NOT NULL,
    disabled_at  INTEGER,
    PRIMARY KEY (mutuality, staff)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX staff_number ON staff (mutuality, number_index);

CREATE TABLE staff_sessions (
    token_hash    BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the cookie's token
    mutuality     TEXT    NOT NULL,
    staff         TEXT    NOT NULL,
    session       TEXT    NOT NULL,  -- public id, as in the audit trail
    holder_sealed BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL,
    idle          INTEGER NOT NULL,  -- microseconds
    ends_at       INTEGER NOT NULL,
    FOREIGN KEY (mutuality, staff) REFERENCES staff (mutuality, staff)
) STRICT, WITHOUT ROWID;

CREATE INDEX staff_sessions_staff ON staff_sessions (mutuality, staff);
CREATE INDEX staff_sessions_end ON staff_sessions (ends_at);

-- What waits for staff, besides signed requests, which wait by their own state.
CREATE TABLE tasks (
    mutuality   TEXT    NOT NULL,
    task        TEXT    NOT NULL,
    reference   TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    member      TEXT    NOT NULL,    -- '': none, or not known
    language    TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    sealed      BLOB    NOT NULL,    -- what was said
    closed_at   INTEGER,
    PRIMARY KEY (mutuality, task)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX tasks_reference ON tasks (mutuality, reference);
CREATE INDEX tasks_open ON tasks (mutuality, deadline_at, task) WHERE closed_at IS NULL;
CREATE INDEX tasks_member ON tasks (mutuality, member, task) WHERE member <> '';
CREATE INDEX requests_waiting ON requests (mutuality, signed_at, (member || '-' || request)) WHERE state = 'signed';

-- Who holds an item: a task, or a request. One row, so one holder.
CREATE TABLE task_holds (
    mutuality TEXT    NOT NULL,
    task      TEXT    NOT NULL,      -- or request
    staff     TEXT    NOT NULL,
    taken_at  INTEGER NOT NULL,
    PRIMARY KEY (mutuality, task),
    FOREIGN KEY (mutuality, staff) REFERENCES staff (mutuality, staff)
) STRICT, WITHOUT ROWID;

CREATE INDEX task_holds_staff ON task_holds (mutuality, staff);

CREATE TABLE task_events (
    mutuality TEXT    NOT NULL,
    task      TEXT    NOT NULL,      -- or request
    event     TEXT    NOT NULL,      -- 000001, 000002, …
    at        INTEGER NOT NULL,
    staff     TEXT    NOT NULL,
    what      TEXT    NOT NULL,
    reason    TEXT    NOT NULL,      -- key of a list; '': none
    sealed    BLOB,                  -- words, if there are any
    PRIMARY KEY (mutuality, task, event)
) STRICT, WITHOUT ROWID;

-- A look at a person's file: by whom, in which session, why, until when.
CREATE TABLE openings (
    mutuality TEXT    NOT NULL,
    opening   TEXT    NOT NULL,      -- opaque, stands in the address
    staff     TEXT    NOT NULL,
    session   TEXT    NOT NULL,      -- public id
    member    TEXT    NOT NULL,
    reason    TEXT    NOT NULL,      -- key of a list
    sealed    BLOB    NOT NULL,      -- the reason in words
    task      TEXT    NOT NULL,      -- for which; '': none
    opened_at INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    PRIMARY KEY (mutuality, opening),
    FOREIGN KEY (mutuality, staff) REFERENCES staff (mutuality, staff),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX openings_member ON openings (mutuality, member, opened_at);
CREATE INDEX openings_staff ON openings (mutuality, staff, ends_at);

CREATE TABLE identity_checks (
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,
    checked    TEXT    NOT NULL,     -- id
    staff      TEXT    NOT NULL,
    place      TEXT    NOT NULL,
    proofs     TEXT    NOT NULL,     -- keys joined by blanks
    checked_at INTEGER NOT NULL,
    sealed     BLOB,                 -- remarks
    PRIMARY KEY (mutuality, member, checked),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

-- As people type it: without blanks, dots and dashes.
CREATE INDEX members_affiliation ON members (mutuality, replace(replace(replace(affiliation, ' ', ''), '.', ''), '-', ''));
CREATE INDEX members_birth ON members (mutuality, birth);
CREATE INDEX audit_office ON audit (mutuality, at, chain, seq) WHERE method = 'office';

-- Sign-in with a federal identity provider: journeys that wait for their answer, answers
-- that were used, proofs that wait for their approval, and what a provider needs to end
-- a session with ours.

-- +goose Up

-- A journey is found by the hash of its handle and sealed under a key made from the
-- handle itself, so the table alone tells nothing.
CREATE TABLE federation_flows (
    flow       BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the handle
    browser    BLOB    NOT NULL,             -- SHA-256 of the binding cookie
    sealed     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX federation_flows_end ON federation_flows (expires_at);

-- Answers and logout requests that were used once; kept until they are refused as expired.
CREATE TABLE federation_used (
    answer  BLOB    NOT NULL PRIMARY KEY, -- HMAC of issuer and id
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX federation_used_end ON federation_used (ends_at);

-- What a member proved for one document, until she approves it.
CREATE TABLE federation_proofs (
    flow       BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the handle
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,
    session    TEXT    NOT NULL,             -- public id
    sealed     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX federation_proofs_end ON federation_proofs (expires_at);

-- The provider's own session behind one of ours.
CREATE TABLE federation_sessions (
    mutuality TEXT    NOT NULL,
    session   TEXT    NOT NULL,   -- public id
    member    TEXT    NOT NULL,
    subject   BLOB    NOT NULL,   -- HMAC of provider and NameID or sub
    sid       BLOB    NOT NULL,   -- HMAC of provider and SessionIndex or sid; empty: told none
    sealed    BLOB    NOT NULL,   -- what the provider needs to log out
    ends_at   INTEGER NOT NULL,
    PRIMARY KEY (mutuality, session),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX federation_sessions_subject ON federation_sessions (mutuality, subject);
CREATE INDEX federation_sessions_sid ON federation_sessions (mutuality, sid);
CREATE INDEX federation_sessions_end ON federation_sessions (ends_at);

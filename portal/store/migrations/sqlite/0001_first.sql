-- The first tables. Rules for all of them:
--
--   * keys begin with mutuality and member: what a member reads lies together, and a
--     store that shards by them can hold the tables as they are;
--   * ids begin with the time they were made, so that (mutuality, member, id) read
--     backwards is "newest first";
--   * times are microseconds since 1970-01-01 UTC, dates are text YYYY-MM-DD;
--   * *_sealed columns hold bytes of package vault, *_index columns an HMAC by which a
--     sealed value is found;
--   * no table grows a column that tells a national or account number in clear.

-- +goose Up

CREATE TABLE members (
    mutuality      TEXT    NOT NULL,
    member         TEXT    NOT NULL,
    affiliation    TEXT    NOT NULL,
    number_index   BLOB    NOT NULL, -- national number
    number_sealed  BLOB    NOT NULL,
    given_names    TEXT    NOT NULL,
    surname        TEXT    NOT NULL,
    birth          TEXT,
    street         TEXT    NOT NULL,
    postcode       TEXT    NOT NULL,
    municipality   TEXT    NOT NULL,
    country        TEXT    NOT NULL,
    email          TEXT    NOT NULL,
    phone          TEXT    NOT NULL,
    language       TEXT    NOT NULL,
    since          TEXT,
    updated_at     INTEGER,          -- by the insurance system
    PRIMARY KEY (mutuality, member)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX members_number ON members (mutuality, number_index);

-- A member's data key, wrapped by the key-encryption key. Without this row nothing of
-- hers opens.
CREATE TABLE member_keys (
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,
    key_id     BLOB    NOT NULL,
    wrapped_by BLOB    NOT NULL,     -- id of the key-encryption key
    wrapped    BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (mutuality, member),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    mutuality   TEXT    NOT NULL,
    member      TEXT    NOT NULL,
    purpose     TEXT    NOT NULL,
    iban_index  BLOB    NOT NULL,
    iban_sealed BLOB    NOT NULL,
    bic         TEXT    NOT NULL,
    bank        TEXT    NOT NULL,
    holder      TEXT    NOT NULL,
    since       TEXT,
    version     INTEGER NOT NULL,    -- grows with every change of the number
    PRIMARY KEY (mutuality, member, purpose),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

-- One challenge a browser, sealed under a key made from the browser's cookie.
CREATE TABLE challenges (
    browser    BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the cookie
    sealed     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX challenges_expiry ON challenges (expires_at);

CREATE TABLE sessions (
    token_hash   BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the cookie's token
    mutuality    TEXT    NOT NULL,
    member       TEXT    NOT NULL,
    session      TEXT    NOT NULL,   -- public id, as in the audit trail
    login_sealed BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL,
    idle         INTEGER NOT NULL,   -- microseconds
    ends_at      INTEGER NOT NULL,
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_member ON sessions (mutuality, member);
CREATE INDEX sessions_end ON sessions (ends_at);

-- Sealed PDFs and preparations, addressed by the SHA-256 of the sealed bytes. Kept in
-- rowid order: a large row in a clustered table would slow down its neighbours.
CREATE TABLE blobs (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    address   BLOB    NOT NULL,
    sealed    BLOB    NOT NULL,
    PRIMARY KEY (mutuality, member, address),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT;

CREATE TABLE requests (
    mutuality     TEXT    NOT NULL,
    member        TEXT    NOT NULL,
    request       TEXT    NOT NULL,
    reference     TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    revision      INTEGER NOT NULL,  -- grows with every change of state
    created_at    INTEGER NOT NULL,
    pages         INTEGER NOT NULL,
    frozen_sealed BLOB    NOT NULL,  -- act, digest of the PDF, place of the signature
    pdf           BLOB    NOT NULL,  -- address of the PDF as drawn
    document      TEXT,              -- once signed
    signed_at     INTEGER,
    reason_sealed BLOB,
    PRIMARY KEY (mutuality, member, request),
    FOREIGN KEY (mutuality, member, pdf) REFERENCES blobs (mutuality, member, address)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX requests_reference ON requests (mutuality, reference);
CREATE INDEX requests_open ON requests (created_at) WHERE state = 'to-sign';

-- The idempotency keys of forms: the same form sent twice is one request.
CREATE TABLE request_keys (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,
    key_hash  BLOB NOT NULL,
    request   TEXT NOT NULL,
    PRIMARY KEY (mutuality, member, key_hash),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request)
) STRICT, WITHOUT ROWID;

CREATE TABLE preparations (
    mutuality    TEXT    NOT NULL,
    member       TEXT    NOT NULL,
    preparation  TEXT    NOT NULL,
    request      TEXT    NOT NULL,
    revision     INTEGER NOT NULL,   -- of the request when prepared
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    prepared     BLOB,               -- address; null once swept
    value_sha256 BLOB,               -- of the signature value that completed it
    document     TEXT,
    PRIMARY KEY (mutuality, member, preparation),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request),
    FOREIGN KEY (mutuality, member, prepared) REFERENCES blobs (mutuality, member, address)
) STRICT, WITHOUT ROWID;

CREATE INDEX preparations_open ON preparations (mutuality, member, request, created_at)
    WHERE value_sha256 IS NULL AND prepared IS NOT NULL;
CREATE INDEX preparations_expiry ON preparations (expires_at) WHERE prepared IS NOT NULL;

CREATE TABLE documents (
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,
    document   TEXT    NOT NULL,
    request    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    reference  TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    pages      INTEGER NOT NULL,
    version    INTEGER NOT NULL,     -- the newest
    size       INTEGER NOT NULL,     -- of the newest
    sha256     BLOB    NOT NULL,     -- of the newest, in clear
    level      INTEGER NOT NULL,     -- of the newest: 1 B-B, 2 B-T, 3 B-LT, 4 B-LTA
    status     TEXT    NOT NULL,
    PRIMARY KEY (mutuality, member, document),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request)
) STRICT, WITHOUT ROWID;

CREATE TABLE document_versions (
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,
    document   TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    sha256     BLOB    NOT NULL,
    level      INTEGER NOT NULL,
    address    BLOB    NOT NULL,
    PRIMARY KEY (mutuality, member, document, version),
    FOREIGN KEY (mutuality, member, document) REFERENCES documents (mutuality, member, document),
    FOREIGN KEY (mutuality, member, address) REFERENCES blobs (mutuality, member, address)
) STRICT, WITHOUT ROWID;

-- Documents whose level is still to be raised.
CREATE TABLE raises (
    mutuality     TEXT    NOT NULL,
    member        TEXT    NOT NULL,
    document      TEXT    NOT NULL,
    request       TEXT    NOT NULL,
    signer_sealed BLOB    NOT NULL,  -- certificates
    pending       INTEGER NOT NULL,  -- 1: revocation status of the signer unknown
    attempts      INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    leased_until  INTEGER NOT NULL,
    PRIMARY KEY (mutuality, member, document),
    FOREIGN KEY (mutuality, member, document) REFERENCES documents (mutuality, member, document)
) STRICT, WITHOUT ROWID;

CREATE INDEX raises_due ON raises (due_at);

-- Package audit. Rows are added, never changed; the triggers keep honest programs
-- honest, the chain shows what others did.
CREATE TABLE audit (
    chain      TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    method     TEXT    NOT NULL,
    assurance  TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    object     TEXT    NOT NULL,
    outcome    TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    prev       BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    PRIMARY KEY (chain, seq)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows are never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows are never removed');
END;
-- +goose StatementEnd

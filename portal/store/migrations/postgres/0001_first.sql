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
    number_index   BYTEA    NOT NULL, -- national number
    number_sealed  BYTEA    NOT NULL,
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
    updated_at     BIGINT,          -- by the insurance system
    PRIMARY KEY (mutuality, member)
);

CREATE UNIQUE INDEX members_number ON members (mutuality, number_index);

-- A member's data key, wrapped by the key-encryption key. Without this row nothing of
-- hers opens.
CREATE TABLE member_keys (
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,
    key_id     BYTEA    NOT NULL,
    wrapped_by BYTEA    NOT NULL,     -- id of the key-encryption key
    wrapped    BYTEA    NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (mutuality, member),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE TABLE accounts (
    mutuality   TEXT    NOT NULL,
    member      TEXT    NOT NULL,
    purpose     TEXT    NOT NULL,
    iban_index  BYTEA    NOT NULL,
    iban_sealed BYTEA    NOT NULL,
    bic         TEXT    NOT NULL,
    bank        TEXT    NOT NULL,
    holder      TEXT    NOT NULL,
    since       TEXT,
    version     BIGINT NOT NULL,    -- grows with every change of the number
    PRIMARY KEY (mutuality, member, purpose),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

-- One challenge a browser, sealed under a key made from the browser's cookie.
CREATE TABLE challenges (
    browser    BYTEA    NOT NULL PRIMARY KEY, -- SHA-256 of the cookie
    sealed     BYTEA    NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX challenges_expiry ON challenges (expires_at);

CREATE TABLE sessions (
    token_hash   BYTEA    NOT NULL PRIMARY KEY, -- SHA-256 of the cookie's token
    mutuality    TEXT    NOT NULL,
    member       TEXT    NOT NULL,
    session      TEXT    NOT NULL,   -- public id, as in the audit trail
    login_sealed BYTEA    NOT NULL,
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    idle         BIGINT NOT NULL,   -- microseconds
    ends_at      BIGINT NOT NULL,
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE INDEX sessions_member ON sessions (mutuality, member);
CREATE INDEX sessions_end ON sessions (ends_at);

-- Sealed PDFs and preparations, addressed by the SHA-256 of the sealed bytes. They do
-- not get smaller: nobody tries.
CREATE TABLE blobs (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    address   BYTEA    NOT NULL,
    sealed    BYTEA    NOT NULL,
    PRIMARY KEY (mutuality, member, address),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

ALTER TABLE blobs ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE requests (
    mutuality     TEXT    NOT NULL,
    member        TEXT    NOT NULL,
    request       TEXT    NOT NULL,
    reference     TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    revision      BIGINT NOT NULL,  -- grows with every change of state
    created_at    BIGINT NOT NULL,
    pages         BIGINT NOT NULL,
    frozen_sealed BYTEA    NOT NULL,  -- act, digest of the PDF, place of the signature
    pdf           BYTEA    NOT NULL,  -- address of the PDF as drawn
    document      TEXT,              -- once signed
    signed_at     BIGINT,
    reason_sealed BYTEA,
    PRIMARY KEY (mutuality, member, request),
    FOREIGN KEY (mutuality, member, pdf) REFERENCES blobs (mutuality, member, address)
);

CREATE UNIQUE INDEX requests_reference ON requests (mutuality, reference);
CREATE INDEX requests_open ON requests (created_at) WHERE state = 'to-sign';

-- The idempotency keys of forms: the same form sent twice is one request.
CREATE TABLE request_keys (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,
    key_hash  BYTEA NOT NULL,
    request   TEXT NOT NULL,
    PRIMARY KEY (mutuality, member, key_hash),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request)
);

CREATE TABLE preparations (
    mutuality    TEXT    NOT NULL,
    member       TEXT    NOT NULL,
    preparation  TEXT    NOT NULL,
    request      TEXT    NOT NULL,
    revision     BIGINT NOT NULL,   -- of the request when prepared
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    prepared     BYTEA,               -- address; null once swept
    value_sha256 BYTEA,               -- of the signature value that completed it
    document     TEXT,
    PRIMARY KEY (mutuality, member, preparation),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request),
    FOREIGN KEY (mutuality, member, prepared) REFERENCES blobs (mutuality, member, address)
);

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
    created_at BIGINT NOT NULL,
    pages      BIGINT NOT NULL,
    version    BIGINT NOT NULL,     -- the newest
    size       BIGINT NOT NULL,     -- of the newest
    sha256     BYTEA    NOT NULL,     -- of the newest, in clear
    level      BIGINT NOT NULL,     -- of the newest: 1 B-B, 2 B-T, 3 B-LT, 4 B-LTA
    status     TEXT    NOT NULL,
    PRIMARY KEY (mutuality, member, document),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request)
);

CREATE TABLE document_versions (
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,
    document   TEXT    NOT NULL,
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    sha256     BYTEA    NOT NULL,
    level      BIGINT NOT NULL,
    address    BYTEA    NOT NULL,
    PRIMARY KEY (mutuality, member, document, version),
    FOREIGN KEY (mutuality, member, document) REFERENCES documents (mutuality, member, document),
    FOREIGN KEY (mutuality, member, address) REFERENCES blobs (mutuality, member, address)
);

-- Documents whose level is still to be raised.
CREATE TABLE raises (
    mutuality     TEXT    NOT NULL,
    member        TEXT    NOT NULL,
    document      TEXT    NOT NULL,
    request       TEXT    NOT NULL,
    signer_sealed BYTEA    NOT NULL,  -- certificates
    pending       BIGINT NOT NULL,  -- 1: revocation status of the signer unknown
    attempts      BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    leased_until  BIGINT NOT NULL,
    PRIMARY KEY (mutuality, member, document),
    FOREIGN KEY (mutuality, member, document) REFERENCES documents (mutuality, member, document)
);

CREATE INDEX raises_due ON raises (due_at);

-- Package audit. Rows are added, never changed; the triggers keep honest programs
-- honest, the chain shows what others did.
CREATE TABLE audit (
    chain      TEXT    NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
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
    prev       BYTEA    NOT NULL,
    hash       BYTEA    NOT NULL,
    PRIMARY KEY (chain, seq)
);

-- +goose StatementBegin
CREATE FUNCTION audit_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit rows are never changed or removed';
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_unchanged();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_unchanged();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_unchanged();

-- Classic access: accounts, what members type to be found, codes of letters and links,
-- counts of failures, and where each was signed in. An *_index is an HMAC.

-- +goose Up

CREATE TABLE credentials (
    mutuality          TEXT NOT NULL,
    member             TEXT NOT NULL,
    state              TEXT NOT NULL,   -- pending, active, disabled
    hash               TEXT NOT NULL,   -- PHC string; empty: no password
    must_change        BIGINT NOT NULL, -- 1: a new password at the next sign-in
    user_number_sealed BYTEA,
    access_code_sealed BYTEA,
    email_sealed       BYTEA,
    email_certified_at BIGINT,
    password_at        BIGINT,
    reason_sealed      BYTEA,           -- why disabled
    created_at         BIGINT NOT NULL,
    changed_at         BIGINT NOT NULL,
    PRIMARY KEY (mutuality, member),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

-- What finds a member. An e-mail address may lead to several; the rest to one, which the
-- act that adds it sees to.
CREATE TABLE identifiers (
    mutuality   TEXT NOT NULL,
    kind        TEXT NOT NULL,          -- user-number, access-code, e-mail, member-number
    value_index BYTEA NOT NULL,
    member      TEXT NOT NULL,
    PRIMARY KEY (mutuality, kind, value_index, member),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE INDEX identifiers_member ON identifiers (mutuality, member, kind);

-- Codes, without their secrets. One that ended stays for its history.
CREATE TABLE credential_codes (
    mutuality      TEXT NOT NULL,
    member         TEXT NOT NULL,
    code           TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    secret_index   BYTEA NOT NULL,
    tries          BIGINT NOT NULL,     -- wrong ones, of those that are typed
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    ended_at       BIGINT,
    outcome        TEXT NOT NULL,       -- used, replaced, dead; empty while alive
    payload_sealed BYTEA,
    PRIMARY KEY (mutuality, member, code),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE UNIQUE INDEX credential_codes_secret ON credential_codes (mutuality, purpose, secret_index);
CREATE INDEX credential_codes_expiry ON credential_codes (expires_at);

-- Failures in a row, by what was typed (whether it exists or not) and by network.
CREATE TABLE throttle (
    mutuality  TEXT NOT NULL,
    bucket     BYTEA NOT NULL,
    failures   BIGINT NOT NULL,
    next_at    BIGINT NOT NULL,         -- no try is judged before
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (mutuality, bucket)
);

CREATE INDEX throttle_changed ON throttle (changed_at);

-- Browsers from which a member signed in before.
CREATE TABLE browsers (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,
    browser   BYTEA NOT NULL,           -- SHA-256 of its cookie
    seen_at   BIGINT NOT NULL,
    PRIMARY KEY (mutuality, member, browser),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

-- Where and how a member was signed in, kept longer than the session itself.
CREATE TABLE signins (
    mutuality    TEXT NOT NULL,
    member       TEXT NOT NULL,
    session      TEXT NOT NULL,         -- public id
    at           BIGINT NOT NULL,
    method       TEXT NOT NULL,
    assurance    TEXT NOT NULL,
    device       TEXT NOT NULL,         -- family of browser and system, no more
    source_index BYTEA NOT NULL,
    ended_at     BIGINT,
    ended        TEXT NOT NULL,         -- why; empty: not ended, or by itself
    denied_at    BIGINT,                -- the member said that it was not she
    PRIMARY KEY (mutuality, member, session),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE INDEX signins_source ON signins (mutuality, member, source_index);
CREATE INDEX signins_at ON signins (at);

-- Kiosks at contact points: their keys, the lease that each holds, and which sessions
-- were begun at one.

-- +goose Up

CREATE TABLE kiosks (
    mutuality    TEXT    NOT NULL,
    kiosk        TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    branch       TEXT    NOT NULL,
    state        TEXT    NOT NULL,   -- invited, active, suspended, revoked
    why          TEXT    NOT NULL,   -- of a suspension: a key of a list
    code_index   BLOB,               -- HMAC of the one-use code; NULL: used or dead
    code_ends_at INTEGER NOT NULL,
    key_id       TEXT,               -- SHA-256 of the public key; NULL: not paired yet
    public_key   BLOB,
    counter      INTEGER NOT NULL,   -- of the last message taken
    nonce_at     INTEGER NOT NULL,   -- when the portal made the nonce of that message
    lease        TEXT    NOT NULL,   -- '': none
    beat_at      INTEGER NOT NULL,   -- when that message came
    browser      BLOB,               -- SHA-256 of the cookie of the browser of this lease
    card         INTEGER NOT NULL,   -- 1: one is in, as the agent last told
    fault        TEXT    NOT NULL,   -- '': none
    revision     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,   -- of the state
    PRIMARY KEY (mutuality, kiosk)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX kiosks_key ON kiosks (mutuality, key_id) WHERE key_id IS NOT NULL;
CREATE UNIQUE INDEX kiosks_code ON kiosks (mutuality, code_index) WHERE code_index IS NOT NULL;
CREATE UNIQUE INDEX kiosks_browser ON kiosks (mutuality, browser) WHERE browser IS NOT NULL;

-- A session that began at a kiosk lives as long as the lease that it began in.
CREATE TABLE kiosk_sessions (
    token_hash BLOB    NOT NULL PRIMARY KEY,
    mutuality  TEXT    NOT NULL,
    kiosk      TEXT    NOT NULL,
    lease      TEXT    NOT NULL,
    silence    INTEGER NOT NULL,   -- microseconds without a beat after which it ends
    extended   INTEGER NOT NULL,   -- how often the member asked for more time
    FOREIGN KEY (mutuality, kiosk) REFERENCES kiosks (mutuality, kiosk)
) STRICT, WITHOUT ROWID;

CREATE INDEX kiosk_sessions_kiosk ON kiosk_sessions (mutuality, kiosk);

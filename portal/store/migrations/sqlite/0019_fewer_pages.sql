-- A federal sign-in writes fewer pages: what ends the provider's session lies in the row of
-- ours, a journey is found by its browser and its handle together, and used answers lie
-- in the order of their days. Sign-ins of a member are few: no index by where they came from.

-- +goose Up

-- In rowid order: rows are long, and the token is random.
CREATE TABLE newer_sessions (
    token_hash    BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the cookie's token
    mutuality     TEXT    NOT NULL,
    member        TEXT    NOT NULL,
    session       TEXT    NOT NULL,   -- public id, as in the audit trail
    login_sealed  BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL,
    idle          INTEGER NOT NULL,   -- microseconds
    ends_at       INTEGER NOT NULL,
    subject       BLOB,               -- HMAC of provider and NameID or sub; NULL: no provider's session behind it
    sid           BLOB,               -- HMAC of provider and SessionIndex or sid; NULL: told none
    logout_sealed BLOB,               -- what the provider needs to log out
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT;

INSERT INTO newer_sessions
SELECT s.token_hash, s.mutuality, s.member, s.session, s.login_sealed, s.created_at, s.seen_at, s.idle, s.ends_at,
    f.subject, NULLIF(f.sid, x''), f.sealed
FROM sessions s LEFT JOIN federation_sessions f USING (mutuality, session);

DROP TABLE sessions;

ALTER TABLE newer_sessions RENAME TO sessions;

CREATE INDEX sessions_member ON sessions (mutuality, member);
CREATE INDEX sessions_end ON sessions (ends_at);

DROP TABLE federation_sessions;

CREATE INDEX sessions_subject ON sessions (mutuality, subject) WHERE subject IS NOT NULL;
CREATE INDEX sessions_sid ON sessions (mutuality, sid) WHERE sid IS NOT NULL;

CREATE TABLE federation_journeys (
    browser    BLOB    NOT NULL, -- SHA-256 of the binding cookie
    flow       BLOB    NOT NULL, -- SHA-256 of the handle
    sealed     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    session    BLOB,             -- token hash of the newest session that began in the browser since; NULL: none
    PRIMARY KEY (browser, flow)
) STRICT, WITHOUT ROWID;

INSERT INTO federation_journeys (browser, flow, sealed, expires_at, session)
SELECT browser, flow, sealed, expires_at, session FROM federation_flows;

DROP TABLE federation_flows;

ALTER TABLE federation_journeys RENAME TO federation_flows;

CREATE INDEX federation_flows_end ON federation_flows (expires_at);

CREATE TABLE federation_answers (
    day    INTEGER NOT NULL, -- on which it is refused as expired, in days since 1970 UTC
    answer BLOB    NOT NULL, -- HMAC of issuer and id
    PRIMARY KEY (day, answer)
) STRICT, WITHOUT ROWID;

INSERT INTO federation_answers (day, answer) SELECT ends_at / 86400000000, answer FROM federation_used;

DROP TABLE federation_used;

ALTER TABLE federation_answers RENAME TO federation_used;

DROP INDEX signins_source;

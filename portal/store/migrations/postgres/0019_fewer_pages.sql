-- A federal sign-in writes fewer pages: what ends the provider's session lies in the row of
-- ours, a journey is found by its browser and its handle together, and used answers lie
-- in the order of their days. Sign-ins of a member are few: no index by where they came from.

-- +goose Up

ALTER TABLE sessions ADD COLUMN subject       BYTEA; -- HMAC of provider and NameID or sub; NULL: no provider's session behind it
ALTER TABLE sessions ADD COLUMN sid           BYTEA; -- HMAC of provider and SessionIndex or sid; NULL: told none
ALTER TABLE sessions ADD COLUMN logout_sealed BYTEA; -- what the provider needs to log out

UPDATE sessions SET
    subject = (SELECT subject FROM federation_sessions f WHERE f.mutuality = sessions.mutuality AND f.session = sessions.session),
    sid = (SELECT NULLIF(sid, ''::bytea) FROM federation_sessions f WHERE f.mutuality = sessions.mutuality AND f.session = sessions.session),
    logout_sealed = (SELECT sealed FROM federation_sessions f WHERE f.mutuality = sessions.mutuality AND f.session = sessions.session);

DROP TABLE federation_sessions;

CREATE INDEX sessions_subject ON sessions (mutuality, subject) WHERE subject IS NOT NULL;
CREATE INDEX sessions_sid ON sessions (mutuality, sid) WHERE sid IS NOT NULL;

CREATE TABLE federation_journeys (
    browser    BYTEA   NOT NULL, -- SHA-256 of the binding cookie
    flow       BYTEA   NOT NULL, -- SHA-256 of the handle
    sealed     BYTEA   NOT NULL,
    expires_at BIGINT  NOT NULL,
    session    BYTEA,            -- token hash of the newest session that began in the browser since; NULL: none
    PRIMARY KEY (browser, flow)
);

INSERT INTO federation_journeys (browser, flow, sealed, expires_at, session)
SELECT browser, flow, sealed, expires_at, session FROM federation_flows;

DROP TABLE federation_flows;

ALTER TABLE federation_journeys RENAME TO federation_flows;

CREATE INDEX federation_flows_end ON federation_flows (expires_at);
ALTER INDEX federation_journeys_pkey RENAME TO federation_flows_pkey;

CREATE TABLE federation_answers (
    day    BIGINT NOT NULL,  -- on which it is refused as expired, in days since 1970 UTC
    answer BYTEA  NOT NULL, -- HMAC of issuer and id
    PRIMARY KEY (day, answer)
);

INSERT INTO federation_answers (day, answer) SELECT ends_at / 86400000000, answer FROM federation_used;

DROP TABLE federation_used;

ALTER TABLE federation_answers RENAME TO federation_used;

DROP INDEX signins_source;
ALTER INDEX federation_answers_pkey RENAME TO federation_used_pkey;

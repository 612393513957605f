-- Enrolment: what somebody typed before she has an account, what she agreed to, and her
-- secret question where the mutuality asks one.

-- +goose Up

-- One enrolment under way a browser. Nobody is signed in: it is found by the browser's
-- cookie, of which only the SHA-256 is kept, and sealed under the mutuality's key.
CREATE TABLE enrolments (
    mutuality TEXT    NOT NULL,
    browser   BLOB    NOT NULL,
    sealed    BLOB    NOT NULL,
    kept_at   INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,      -- erased then, whatever became of it
    PRIMARY KEY (mutuality, browser)
) STRICT, WITHOUT ROWID;

CREATE INDEX enrolments_end ON enrolments (ends_at);

-- What a member agreed to or refused, each time she did: the newest counts.
CREATE TABLE consents (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    kind      TEXT    NOT NULL,      -- terms, share-email
    at        INTEGER NOT NULL,
    given     INTEGER NOT NULL,      -- 1: yes
    version   TEXT    NOT NULL,      -- of the terms; '': none
    PRIMARY KEY (mutuality, member, kind, at),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

CREATE TABLE secret_questions (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    question  INTEGER NOT NULL,      -- which of the profile's four: 1 to 4
    answer    TEXT    NOT NULL,      -- PHC string of the folded answer
    set_at    INTEGER NOT NULL,
    PRIMARY KEY (mutuality, member),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

-- An enrolment that waits for its link is the payload of the link's code; what nobody
-- opened is wiped after its hour.
CREATE INDEX credential_codes_waiting ON credential_codes (expires_at)
    WHERE purpose = 'activate-link' AND payload_sealed IS NOT NULL;

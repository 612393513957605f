-- Letters that go by post, and the batches in which they are printed.

-- +goose Up

CREATE TABLE letters (
    mutuality     TEXT    NOT NULL,
    member        TEXT    NOT NULL,
    letter        TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    language      TEXT    NOT NULL,
    code          TEXT    NOT NULL,  -- id of the code that the secret is; empty: none
    reference     TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    deadline      INTEGER,           -- of the secret
    secret_sealed BLOB,              -- null from printing on, and where it expired before
    number_sealed BLOB,              -- user number, where the letter tells one
    batch         TEXT,
    requested_at  INTEGER NOT NULL,
    printed_at    INTEGER,
    posted_at     INTEGER,
    ended_at      INTEGER,
    reason        TEXT    NOT NULL,  -- a word: why it came back, or was made again
    replaces      TEXT    NOT NULL,  -- letter that was spoilt; empty: none
    PRIMARY KEY (mutuality, member, letter),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX letters_id ON letters (mutuality, letter);
CREATE INDEX letters_reference ON letters (mutuality, reference);
CREATE INDEX letters_waiting ON letters (mutuality, letter) WHERE state = 'requested';
CREATE INDEX letters_batch ON letters (mutuality, batch) WHERE batch IS NOT NULL;
CREATE INDEX letters_deadline ON letters (deadline) WHERE state IN ('requested', 'printed', 'posted');

CREATE TABLE letter_batches (
    mutuality TEXT    NOT NULL,
    batch     TEXT    NOT NULL,
    made_at   INTEGER NOT NULL,
    made_by   TEXT    NOT NULL,      -- as in the audit trail
    letters   INTEGER NOT NULL,
    spoilt    INTEGER NOT NULL,      -- of them, made again
    pages     INTEGER NOT NULL,
    sha256    BLOB    NOT NULL,      -- of the PDF, which is not kept
    posted_at INTEGER,
    PRIMARY KEY (mutuality, batch)
) STRICT, WITHOUT ROWID;

-- Files that others wrote, to be signed as they came.

-- +goose Up

-- Beside its request; a row stays when the paper is signed.
CREATE TABLE papers (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    request   TEXT    NOT NULL,
    staff     TEXT    NOT NULL,  -- who signs it for the mutuality; '': the member signs
    opening   TEXT    NOT NULL,  -- of her file, in which that is done; '' with staff
    size      INTEGER NOT NULL,  -- bytes of the file
    ends_at   INTEGER,           -- when it is deleted; NULL: it was signed
    PRIMARY KEY (mutuality, member, request),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request)
) STRICT, WITHOUT ROWID;

CREATE INDEX papers_end ON papers (ends_at) WHERE ends_at IS NOT NULL;

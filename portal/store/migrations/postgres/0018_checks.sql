-- Documents that anybody checks by what is printed on them, or by their file.

-- +goose Up

CREATE TABLE checks (
    mutuality   TEXT    NOT NULL,
    check_index BYTEA   NOT NULL,  -- HMAC of the printed reference and code
    member      TEXT    NOT NULL,
    request     TEXT    NOT NULL,  -- that was drawn with it
    checked     BIGINT  NOT NULL,  -- how often
    checked_at  BIGINT  NOT NULL,  -- the last time; 0: never
    noted_at    BIGINT  NOT NULL,  -- of its last row in the audit trail
    how         TEXT    NOT NULL,  -- the last time: file, code, qr
    PRIMARY KEY (mutuality, check_index),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request)
);

CREATE UNIQUE INDEX checks_request ON checks (mutuality, member, request);

CREATE INDEX document_versions_sha256 ON document_versions (mutuality, sha256);

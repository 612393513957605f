-- Documents that the mutuality seals: approved with a federal login made for them, or
-- received from an open session.

-- +goose Up

ALTER TABLE requests ADD COLUMN method TEXT NOT NULL DEFAULT ''; -- how the member consented
ALTER TABLE documents ADD COLUMN method TEXT NOT NULL DEFAULT 'signature';

UPDATE requests SET method = 'signature' WHERE document IS NOT NULL;

-- A federal login made for one document, and what came of it. The whole assertion lies in
-- a blob of its own, sealed; one that was not used in time is removed with it.
CREATE TABLE approvals (
    mutuality    TEXT    NOT NULL,
    member       TEXT    NOT NULL,
    approval     TEXT    NOT NULL,   -- made from the hash of the flow's handle
    request      TEXT    NOT NULL,
    session      TEXT    NOT NULL,   -- public id
    created_at   BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL,
    proof_sealed BYTEA   NOT NULL,   -- what was proved, for which bytes
    evidence     BYTEA   NOT NULL,   -- address of the assertion as received
    document     TEXT,               -- once sealed
    PRIMARY KEY (mutuality, member, approval),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request),
    FOREIGN KEY (mutuality, member, evidence) REFERENCES blobs (mutuality, member, address)
);

CREATE INDEX approvals_request ON approvals (mutuality, member, request);
CREATE INDEX approvals_expiry ON approvals (expires_at) WHERE document IS NULL;

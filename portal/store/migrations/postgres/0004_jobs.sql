-- What is to be done later (package jobs), and with it the raising of signatures.

-- +goose Up

CREATE TABLE jobs (
    mutuality    TEXT    NOT NULL,
    job          TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    name         TEXT    NOT NULL,   -- not twice in a kind; the job's id where nothing else
    member       TEXT    NOT NULL,   -- '': none
    sealed       BYTEA,               -- payload, if there is one
    created_at   BIGINT NOT NULL,
    set_at       BIGINT NOT NULL,   -- when due_at or the lease was written
    due_at       BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    lease        TEXT    NOT NULL,   -- '': nobody's
    leased_until BIGINT NOT NULL,
    cause_sealed BYTEA,               -- of the last failure
    dead_at      BIGINT,
    PRIMARY KEY (mutuality, job)
);

CREATE UNIQUE INDEX jobs_name ON jobs (mutuality, kind, name);
CREATE INDEX jobs_due ON jobs (due_at) WHERE dead_at IS NULL;
CREATE INDEX jobs_dead ON jobs (mutuality, job) WHERE dead_at IS NOT NULL;

-- A document that waits for its level is a job named after it. Its row in raises keeps
-- what is sealed for the member, the certificates of the signer; what else stood there
-- is in documents and jobs.
INSERT INTO jobs (mutuality, job, kind, name, member, created_at, set_at, due_at, attempts, lease, leased_until)
SELECT r.mutuality, r.document, 'raise', r.document, r.member, d.created_at, d.created_at, r.due_at, r.attempts, '', 0
FROM raises r JOIN documents d ON d.mutuality = r.mutuality AND d.member = r.member AND d.document = r.document;

DROP INDEX raises_due;
ALTER TABLE raises DROP COLUMN request;
ALTER TABLE raises DROP COLUMN pending;
ALTER TABLE raises DROP COLUMN attempts;
ALTER TABLE raises DROP COLUMN due_at;
ALTER TABLE raises DROP COLUMN leased_until;

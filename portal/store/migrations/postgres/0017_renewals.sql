-- Until when each document in the vault proves itself.

-- +goose Up

-- A document comes in when nothing is left to raise, and stays. When it is to be renewed
-- follows from holds_until and stamped_at: see renewals.go.
CREATE TABLE renewals (
    mutuality   TEXT    NOT NULL,
    member      TEXT    NOT NULL,
    document    TEXT    NOT NULL,
    holds_until BIGINT  NOT NULL,  -- when its newest archive timestamp runs out; 0: it has none, or nobody looked
    stamped_at  BIGINT  NOT NULL,  -- when that was made; 0 with holds_until
    stopped     TEXT    NOT NULL,  -- why only an order by hand renews it; '': nothing
    PRIMARY KEY (mutuality, member, document),
    FOREIGN KEY (mutuality, member, document) REFERENCES documents (mutuality, member, document)
);

CREATE INDEX renewals_due ON renewals (mutuality, holds_until) WHERE stopped = '';

INSERT INTO renewals (mutuality, member, document, holds_until, stamped_at, stopped)
SELECT d.mutuality, d.member, d.document, 0, 0, '' FROM documents d
WHERE d.status = 'valid' AND NOT EXISTS
    (SELECT 1 FROM raises r WHERE r.mutuality = d.mutuality AND r.member = d.member AND r.document = d.document);

-- When the office got a task about a job that waits; NULL: not yet.
ALTER TABLE jobs ADD COLUMN told_at BIGINT;

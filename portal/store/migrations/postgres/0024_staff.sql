-- What guards a change of account, what the office asks a member for, the words it
-- answers with, and what goes back to the insurance system.

-- +goose Up

-- A signed change of account on its way to be in force. A row is made with the signature.
CREATE TABLE bank_changes (
    mutuality    TEXT    NOT NULL,
    member       TEXT    NOT NULL,
    request      TEXT    NOT NULL,
    asked_at     BIGINT  NOT NULL, -- signed
    not_before   BIGINT  NOT NULL, -- in force from here at the soonest
    code         TEXT    NOT NULL, -- of the link that stops it; '': no address was known
    agreed_by    TEXT    NOT NULL, -- officer; ''
    agreed_at    BIGINT,
    confirmed_by TEXT    NOT NULL, -- another officer; ''
    confirmed_at BIGINT,
    stopped_by   TEXT    NOT NULL, -- link, member; ''
    stopped_at   BIGINT,
    in_force     BIGINT,          -- when it was written into the accounts
    PRIMARY KEY (mutuality, member, request),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request)
);

-- When the office asked the member for something that her request lacks; null: it waits
-- for nobody but the office.
ALTER TABLE requests ADD COLUMN asked_at BIGINT;

-- What she sent in answer.
CREATE TABLE request_files (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    request   TEXT    NOT NULL,
    file      TEXT    NOT NULL,
    event     TEXT    NOT NULL,     -- of task_events, the answer it came with
    media     TEXT    NOT NULL,     -- pdf, jpeg, png: as its bytes say
    size      BIGINT  NOT NULL,
    sha256    BYTEA   NOT NULL,     -- in clear
    address   BYTEA   NOT NULL,
    added_at  BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, member, request, file),
    FOREIGN KEY (mutuality, member, request) REFERENCES requests (mutuality, member, request),
    FOREIGN KEY (mutuality, member, address) REFERENCES blobs (mutuality, member, address)
);

-- What a letter is about, beside its kind: a request, and words of it that it tells.
CREATE TABLE letter_matters (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,
    letter    TEXT NOT NULL,
    request   TEXT NOT NULL,
    sealed    BYTEA NOT NULL,
    PRIMARY KEY (mutuality, member, letter),
    FOREIGN KEY (mutuality, member, letter) REFERENCES letters (mutuality, member, letter)
);

CREATE INDEX letter_matters_request ON letter_matters (mutuality, member, request);

-- Answers that administrators prepare. Each change is a version; the newest that is in use
-- is offered.
CREATE TABLE answer_templates (
    mutuality  TEXT    NOT NULL,
    template   TEXT    NOT NULL,
    version    BIGINT  NOT NULL,
    state      TEXT    NOT NULL,    -- draft, used, retired
    name       TEXT    NOT NULL,    -- for staff
    kind       TEXT    NOT NULL,    -- of items it is offered for; '': all
    texts      TEXT    NOT NULL,    -- by language, JSON
    changed_at BIGINT  NOT NULL,
    changed_by TEXT    NOT NULL,
    PRIMARY KEY (mutuality, template, version)
);

-- What goes back to the insurance system, written in the transaction in which it came to
-- be in force. A batch is numbered from 1 and given again until it is acknowledged.
CREATE TABLE exports (
    mutuality TEXT    NOT NULL,
    export    TEXT    NOT NULL,
    kind      TEXT    NOT NULL,     -- bank-change, contact-change, order, access
    object    TEXT    NOT NULL,     -- what it is of, by its id: once each
    member    TEXT    NOT NULL,
    at        BIGINT  NOT NULL,
    sealed    BYTEA   NOT NULL,     -- its fields
    document  TEXT    NOT NULL,     -- in the member's vault; ''
    version   BIGINT  NOT NULL,     -- of the document, as it left; 0: not yet
    batch     BIGINT  NOT NULL,     -- 0: waits
    PRIMARY KEY (mutuality, export),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE UNIQUE INDEX exports_once ON exports (mutuality, kind, object);
CREATE INDEX exports_batch ON exports (mutuality, batch, export);

CREATE TABLE export_batches (
    mutuality TEXT    NOT NULL,
    batch     BIGINT  NOT NULL,
    made_at   BIGINT  NOT NULL,
    items     BIGINT  NOT NULL,
    acked_at  BIGINT,
    PRIMARY KEY (mutuality, batch)
);

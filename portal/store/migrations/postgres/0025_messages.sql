-- What members write to the mutuality and ask of it by post (packages messages, orders),
-- and which notices they stopped. What was said, and what is answered, is in the task.

-- +goose Up

CREATE TABLE messages (
    mutuality   TEXT    NOT NULL,
    member      TEXT    NOT NULL,
    message     TEXT    NOT NULL,    -- the id of its task
    reference   TEXT    NOT NULL,    -- of the task
    form_index  BYTEA   NOT NULL,    -- keyed hash of the form's key: sent twice it is one message
    subject     TEXT    NOT NULL,    -- key of a list
    reply       TEXT    NOT NULL,    -- mail, letter, phone
    state       TEXT    NOT NULL,    -- received, handling, asked, answered, closed
    sent_at     BIGINT  NOT NULL,
    changed_at  BIGINT  NOT NULL,    -- of the state
    deadline_at BIGINT  NOT NULL,
    seen_at     BIGINT ,             -- when the member last looked at it
    PRIMARY KEY (mutuality, member, message),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE UNIQUE INDEX messages_form ON messages (mutuality, member, form_index);
CREATE INDEX messages_sent ON messages (mutuality, member, sent_at);

-- Files that go with a message. Until it is sent they belong to the draft of its form.
CREATE TABLE message_files (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    file      TEXT    NOT NULL,
    draft     TEXT,                  -- null once it was sent
    message   TEXT,                  -- null until then
    media     TEXT    NOT NULL,      -- pdf, jpeg, png: as its bytes say
    size      BIGINT  NOT NULL,
    sha256    BYTEA   NOT NULL,      -- in clear
    address   BYTEA   NOT NULL,
    added_at  BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, member, file),
    FOREIGN KEY (mutuality, member, address) REFERENCES blobs (mutuality, member, address)
);

CREATE INDEX message_files_draft ON message_files (mutuality, member, draft);
CREATE INDEX message_files_message ON message_files (mutuality, message);
CREATE INDEX message_files_added ON message_files (added_at) WHERE draft IS NOT NULL;

-- Notices that a member does not want by mail.
CREATE TABLE notice_stops (
    mutuality  TEXT    NOT NULL,
    member     TEXT    NOT NULL,
    notice     TEXT    NOT NULL,
    stopped_at BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, member, notice),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

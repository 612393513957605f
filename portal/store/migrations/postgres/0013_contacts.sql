-- Messages of who cannot get in: which form became which task, so that one sent twice is one.

-- +goose Up

CREATE TABLE contact_forms (
    mutuality  TEXT    NOT NULL,
    form_index BYTEA   NOT NULL,   -- HMAC of the form's key
    reference  TEXT    NOT NULL,   -- of the task
    sent_at    BIGINT NOT NULL,
    PRIMARY KEY (mutuality, form_index)
);

CREATE INDEX contact_forms_sent ON contact_forms (sent_at);

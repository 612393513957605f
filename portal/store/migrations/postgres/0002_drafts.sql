-- What a member typed on a form of several pages, until her session ends.

-- +goose Up

CREATE TABLE drafts (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    session   TEXT    NOT NULL,      -- public id
    form      TEXT    NOT NULL,
    draft     TEXT    NOT NULL,
    sealed    BYTEA    NOT NULL,
    kept_at   BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,      -- of the session, at the latest
    PRIMARY KEY (mutuality, member, session, form, draft),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE INDEX drafts_end ON drafts (ends_at);

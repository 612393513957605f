-- The last day for which a member was told by mail of changes of a kind that come often.
-- The rules are those of the first tables.

-- +goose Up

CREATE TABLE notice_days (
    mutuality TEXT NOT NULL,
    member    TEXT NOT NULL,
    notice    TEXT NOT NULL,   -- appointment
    day       TEXT NOT NULL,   -- in Belgium; may be tomorrow: the mail waits
    PRIMARY KEY (mutuality, member, notice),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

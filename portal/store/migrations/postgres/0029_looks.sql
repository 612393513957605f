-- Who looked at a member's file: which rows of the audit trail tell of a look by somebody
-- else, so that they are found without reading the trail.

-- +goose Up

CREATE TABLE looks (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    at        BIGINT  NOT NULL,
    chain     TEXT    NOT NULL,
    seq       BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, member, at, chain, seq)
);

-- Those before this table; later ones are written with their row.
INSERT INTO looks (mutuality, member, at, chain, seq)
SELECT mutuality, member, at, chain, seq FROM audit
WHERE member <> '' AND actor <> member AND method = 'office' AND outcome = 'done';

-- Sealed receipts that members made of refunds (package refunds): what was put on which.
-- The rules are those of the first tables.

-- +goose Up

CREATE TABLE refund_receipts (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    receipt   TEXT    NOT NULL,      -- the request it was sealed as
    document  TEXT    NOT NULL,
    reference TEXT    NOT NULL,
    made_at   BIGINT  NOT NULL,
    cents     BIGINT  NOT NULL,      -- the total on it
    PRIMARY KEY (mutuality, member, receipt),
    FOREIGN KEY (mutuality, member) REFERENCES members (mutuality, member)
);

CREATE TABLE refund_receipt_items (
    mutuality TEXT    NOT NULL,
    member    TEXT    NOT NULL,
    payment   TEXT    NOT NULL,      -- the insurance system's reference
    receipt   TEXT    NOT NULL,
    place     BIGINT  NOT NULL,      -- on the receipt, from 1
    cents     BIGINT  NOT NULL,
    PRIMARY KEY (mutuality, member, payment, receipt),
    FOREIGN KEY (mutuality, member, receipt) REFERENCES refund_receipts (mutuality, member, receipt)
);

CREATE INDEX refund_receipt_items_receipt ON refund_receipt_items (mutuality, member, receipt, place);

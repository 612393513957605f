-- What a kiosk tells besides: whose identity files are in it, and how its printer stands;
-- and how much was printed in a session.

-- +goose Up

-- HMAC of the national number in the identity files of the card that is in, as the
-- registry signed them; NULL: none, or not to be believed.
ALTER TABLE kiosks ADD COLUMN card_index BYTEA;
ALTER TABLE kiosks ADD COLUMN card_until BIGINT NOT NULL DEFAULT 0;  -- from then on the card is not valid; 0: without end
ALTER TABLE kiosks ADD COLUMN card_fault TEXT NOT NULL DEFAULT '';    -- why the files are not believed: a key of a list
ALTER TABLE kiosks ADD COLUMN health TEXT NOT NULL DEFAULT '';        -- JSON, as its agent last told; '': it did not
ALTER TABLE kiosks ADD COLUMN silence_told BIGINT NOT NULL DEFAULT 0; -- 1: somebody was called because nothing is heard of it

ALTER TABLE kiosk_sessions ADD COLUMN printed BIGINT NOT NULL DEFAULT 0;

-- For what somebody was called to a kiosk, and which item of the queue it is: one that is
-- open is not made twice.
CREATE TABLE kiosk_calls (
    mutuality TEXT NOT NULL,
    kiosk     TEXT NOT NULL,
    cause     TEXT NOT NULL,
    task      TEXT NOT NULL,
    PRIMARY KEY (mutuality, kiosk, cause),
    FOREIGN KEY (mutuality, kiosk) REFERENCES kiosks (mutuality, kiosk)
);

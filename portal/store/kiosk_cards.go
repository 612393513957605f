package store

import (
	"bytes"
	"database/sql"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/kiosk"
)

// putCard keeps what the files of the card said that was put in.
func (db *DB) putCard(t *tx, k kiosk.Kiosk, card kiosk.Card) error {
	var index []byte
	var until int64
	if card.Fault == "" && !card.Number.IsZero() {
		index = db.cfg.Keys.Index(numberIndex, k.Mutuality, card.Number.Digits())
	} else if card.Fault == "" {
		card.Fault = kiosk.FaultMissing
	}
	if !card.Until.IsZero() {
		until = micros(card.Until)
	}
	_, err := t.exec(`UPDATE kiosks SET card_index = ?, card_until = ?, card_fault = ? WHERE mutuality = ? AND kiosk = ?`,
		index, until, string(card.Fault), k.Mutuality, k.ID)
	return err
}

// forgetCard is for a card that is not in any more.
func forgetCard(t *tx, k kiosk.Kiosk) error {
	_, err := t.exec(`UPDATE kiosks SET card_index = NULL, card_until = 0, card_fault = '' WHERE mutuality = ? AND kiosk = ?`, k.Mutuality, k.ID)
	return err
}

// cardProves says whether the files of the card that is in the kiosk are those of the
// member who has just signed in there. Errors: those of kiosk.Kiosk.Err, kiosk.ErrNoCard,
// and why a card makes no account.
func cardProves(c *conn, login auth.Login, at time.Time) error {
	k, err := kioskOf(c, `mutuality = ? AND kiosk = ?`, login.Mutuality, login.Kiosk)
	switch {
	case err != nil:
		return err
	case k.Err() != nil:
		return k.Err()
	case k.Lease == "" || !k.Card:
		return kiosk.ErrNoCard
	}
	var held, own []byte
	var until int64
	var fault kiosk.Fault
	err = c.get(`SELECT card_index, card_until, card_fault FROM kiosks WHERE mutuality = ? AND kiosk = ?`,
		[]any{k.Mutuality, k.ID}, &held, &until, &fault)
	if err != nil {
		return err
	}
	err = c.get(`SELECT number_index FROM members WHERE mutuality = ? AND member = ?`, []any{login.Mutuality, string(login.Member)}, &own)
	if errors.Is(err, sql.ErrNoRows) {
		return kiosk.ErrCardOther
	}
	switch {
	case err != nil:
		return err
	case fault != "":
		return fault.Err()
	case len(held) == 0: // paired before files were told
		return kiosk.ErrCardMissing
	case !bytes.Equal(held, own):
		return kiosk.ErrCardOther
	case until != 0 && !at.Before(fromMicros(until)):
		return kiosk.ErrCardExpired
	}
	return nil
}

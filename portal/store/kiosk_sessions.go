package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/signin"
)

// leaseKept is how long card and browser of a lease are kept after the last word of it:
// an agent that was away for less goes on where it was.
const leaseKept = time.Hour

func browserHash(text string) ([]byte, error) {
	return base64.RawURLEncoding.Strict().DecodeString(text)
}

// bindSession notes that a session begins at a kiosk, if the kiosk still holds a lease.
func (db *DB) bindSession(t *tx, hash [32]byte, s signin.Session) error {
	k, err := kioskOf(t.conn, `mutuality = ? AND kiosk = ?`, s.Login.Mutuality, s.Login.Kiosk)
	switch {
	case err != nil:
		return err
	case !k.Alive(s.Created, s.Silence):
		return errors.Join(kiosk.ErrUnknown, k.Err())
	case !k.Card:
		return kiosk.ErrNoCard
	}
	_, err = t.exec(`INSERT INTO kiosk_sessions (token_hash, mutuality, kiosk, lease, silence, extended) VALUES (?, ?, ?, ?, ?, 0)`,
		hash[:], k.Mutuality, k.ID, k.Lease, s.Silence.Microseconds())
	return err
}

// atKiosk tells whether a session that began at a kiosk may go on there: the kiosk is
// active, in the same lease, and was heard of. signin.ErrNoSession.
func atKiosk(c *conn, hash [32]byte, now time.Time) error {
	var lease string
	var silence int64
	var mutuality, id string
	err := c.get(`SELECT mutuality, kiosk, lease, silence FROM kiosk_sessions WHERE token_hash = ?`, []any{hash[:]}, &mutuality, &id, &lease, &silence)
	if errors.Is(err, sql.ErrNoRows) {
		return signin.ErrNoSession
	}
	if err != nil {
		return err
	}
	k, err := kioskOf(c, `mutuality = ? AND kiosk = ?`, mutuality, id)
	switch {
	case errors.Is(err, kiosk.ErrUnknown):
		return signin.ErrNoSession
	case err != nil:
		return err
	case k.Lease != lease || !k.Alive(now, time.Duration(silence)*time.Microsecond):
		return signin.ErrNoSession
	}
	return nil
}

// endKioskSessions ends whatever is open at a kiosk.
func (db *DB) endKioskSessions(ctx context.Context, t *tx, k kiosk.Kiosk, why string) error {
	open, err := hashes(t, `SELECT token_hash FROM kiosk_sessions WHERE mutuality = ? AND kiosk = ?`, k.Mutuality, k.ID)
	for _, hash := range open {
		err = errors.Join(err, db.endSession(ctx, t, hash, why))
	}
	if err != nil {
		return err
	}
	_, err = t.exec(`DELETE FROM kiosk_sessions WHERE mutuality = ? AND kiosk = ?`, k.Mutuality, k.ID)
	return err
}

// hashes are those of the sessions that a query finds.
func hashes(t *tx, query string, args ...any) ([][32]byte, error) {
	var found [][32]byte
	err := t.each(query, args, func(scan func(...any) error) error {
		var hash []byte
		err := scan(&hash)
		if err == nil && len(hash) == 32 {
			found = append(found, [32]byte(hash))
		}
		return err
	})
	return found, err
}

// openAt says whether somebody is signed in at the kiosk.
func openAt(c *conn, k kiosk.Kiosk, at time.Time) (bool, error) {
	var open int
	err := c.get(`
		SELECT count(*) FROM kiosk_sessions k JOIN sessions s ON s.token_hash = k.token_hash
		WHERE k.mutuality = ? AND k.kiosk = ? AND k.lease = ? AND s.ends_at >= ? AND s.seen_at + s.idle >= ?`,
		[]any{k.Mutuality, k.ID, k.Lease, micros(at), micros(at)}, &open)
	return open > 0, err
}

// ExtendKioskSession implements kiosk.Store.
func (db *DB) ExtendKioskSession(ctx context.Context, hash [32]byte, until time.Time, most int) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		changed, err := t.exec(`UPDATE kiosk_sessions SET extended = extended + 1 WHERE token_hash = ? AND extended < ?`, hash[:], most)
		if err != nil {
			return err
		}
		if changed == 0 {
			return kiosk.ErrNoMore
		}
		var mutuality, member, public string
		var ends int64
		err = t.get(`SELECT mutuality, member, session, ends_at FROM sessions WHERE token_hash = ?`, []any{hash[:]}, &mutuality, &member, &public, &ends)
		if errors.Is(err, sql.ErrNoRows) {
			return signin.ErrNoSession
		}
		if err != nil || ends >= micros(until) {
			return err
		}
		if _, err := t.exec(`UPDATE sessions SET ends_at = ? WHERE token_hash = ?`, micros(until), hash[:]); err != nil {
			return err
		}
		login := auth.Login{Mutuality: mutuality, Member: auth.MemberID(member), Session: public}
		return t.note(db.entry(ctx, login, audit.ExtendKiosk, object("session", public)))
	})
	if err != nil {
		return fmt.Errorf("extending session: %w", err)
	}
	return nil
}

// sweepKiosks removes what is kept of sessions and leases that are over, and codes that
// nobody used, and calls for somebody to machines that are silent.
func (db *DB) sweepKiosks(t *tx, now time.Time) (int64, error) {
	swept, err := t.exec(`
		DELETE FROM kiosk_sessions WHERE token_hash IN
			(SELECT k.token_hash FROM kiosk_sessions k LEFT JOIN sessions s ON s.token_hash = k.token_hash
			 WHERE s.token_hash IS NULL LIMIT ?)`, sweepRows)
	if err != nil {
		return swept, err
	}
	codes, err := t.exec(`UPDATE kiosks SET code_index = NULL WHERE code_index IS NOT NULL AND code_ends_at < ?`, micros(now))
	if err != nil {
		return max(swept, codes), err
	}
	// What a machine said of a card that was in it when its voice was lost.
	_, err = t.exec(`
		UPDATE kiosks SET card = 0, card_index = NULL, card_until = 0, card_fault = '', browser = NULL
		WHERE (card <> 0 OR browser IS NOT NULL) AND beat_at < ?`, micros(now.Add(-leaseKept)))
	if err != nil {
		return max(swept, codes), err
	}
	silent, err := db.callSilent(t, now)
	return max(swept, codes, silent), err
}

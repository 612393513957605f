package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/kiosk"
	"guichet.example/reader/api"
)

var _ kiosk.Store = (*DB)(nil)

// kioskCode finds a kiosk by its one-use code.
const kioskCode = "kiosk-code"

const kioskColumns = `mutuality, kiosk, name, branch, state, why, code_ends_at, key_id, public_key,
	counter, nonce_at, lease, beat_at, card, fault, health, silence_told, revision, created_at, changed_at`

func scanKiosk(scan func(...any) error) (k kiosk.Kiosk, err error) {
	var code, counter, nonce, beat, created, changed int64
	var keyID sql.NullString
	var health string
	err = scan(&k.Mutuality, &k.ID, &k.Name, &k.Branch, &k.State, &k.Why, &code, &keyID, &k.PublicKey,
		&counter, &nonce, &k.Lease, &beat, &k.Card, &k.Fault, &health, &k.Told, &k.Revision, &created, &changed)
	if err != nil {
		return k, err
	}
	k.KeyID, k.Counter, k.CodeEnds, k.NonceAt = keyID.String, uint64(counter), fromMicros(code), fromMicros(nonce)
	k.Created, k.Changed = fromMicros(created), fromMicros(changed)
	if beat > 0 {
		k.Beat = fromMicros(beat)
	}
	if health != "" && json.Unmarshal([]byte(health), &k.Health) != nil {
		return k, fmt.Errorf("health of kiosk %s: %w", k.ID, ErrDamaged)
	}
	return k, nil
}

// kioskOf reads one kiosk by a condition on the row. kiosk.ErrUnknown.
func kioskOf(c *conn, where string, args ...any) (kiosk.Kiosk, error) {
	var found kiosk.Kiosk
	err := kiosk.ErrUnknown
	each := c.each(`SELECT `+kioskColumns+` FROM kiosks WHERE `+where, args, func(scan func(...any) error) error {
		found, err = scanKiosk(scan)
		return err
	})
	return found, errors.Join(each, err)
}

func (db *DB) findKiosk(ctx context.Context, where string, args ...any) (k kiosk.Kiosk, err error) {
	err = db.read(ctx, func(c *conn) (err error) {
		k, err = kioskOf(c, where, args...)
		return err
	})
	if err != nil {
		return kiosk.Kiosk{}, fmt.Errorf("finding kiosk: %w", err)
	}
	return k, nil
}

// KioskOfKey implements kiosk.Store. What it serves is noted by Hear.
func (db *DB) KioskOfKey(ctx context.Context, mutuality, keyID string) (kiosk.Kiosk, error) {
	return db.findKiosk(ctx, `mutuality = ? AND key_id = ?`, mutuality, keyID)
}

// KioskOfBrowser implements kiosk.Store.
func (db *DB) KioskOfBrowser(ctx context.Context, mutuality string, browser [32]byte) (kiosk.Kiosk, error) {
	return db.findKiosk(ctx, `mutuality = ? AND browser = ?`, mutuality, browser[:])
}

// kioskEntry is the row of what the machine did, or of what was done to it without an
// officer.
func (db *DB) kioskEntry(ctx context.Context, k kiosk.Kiosk, action audit.Action) audit.Entry {
	return audit.Entry{At: db.cfg.Now(), Mutuality: k.Mutuality, Actor: audit.Kiosk, Action: action,
		Object: object("kiosk", k.ID), RequestID: audit.RequestID(ctx)}
}

// Hear implements kiosk.Store. A refusal that suspends the key is committed.
func (db *DB) Hear(ctx context.Context, mutuality string, h kiosk.Heard) (kiosk.Kiosk, error) {
	var k kiosk.Kiosk
	var refused error
	err := db.write(ctx, audit.Entry{}, func(t *tx) (err error) {
		k, err = kioskOf(t.conn, `mutuality = ? AND key_id = ?`, mutuality, h.Message.Key)
		if err != nil {
			return err
		}
		var suspend string
		suspend, refused = k.Judge(h)
		switch {
		case suspend != "":
			return db.suspendKiosk(ctx, t, &k, suspend, h.At)
		case refused != nil:
			return nil
		}
		return db.heard(ctx, t, &k, h)
	})
	if err = errors.Join(err, refused); err != nil {
		return k, fmt.Errorf("hearing a kiosk: %w", err)
	}
	return k, nil
}

// heard does what a message says.
func (db *DB) heard(ctx context.Context, t *tx, k *kiosk.Kiosk, h kiosk.Heard) error {
	m := h.Message
	if why := kiosk.Ends(m); why != "" {
		if err := db.endKioskSessions(ctx, t, *k, why); err != nil {
			return err
		}
	}
	before := *k
	k.Counter, k.NonceAt, k.Beat, k.Lease = m.Counter, h.NonceAt, h.At, m.Lease
	if m.Kind == api.KioskStop {
		k.Lease = ""
	}
	if m.Kind == api.KioskFault {
		k.Fault = m.Fault
	}
	switch m.Kind {
	case api.KioskCardIn:
		k.Card = true
	case api.KioskCardOut, api.KioskStart, api.KioskStop:
		k.Card = false
	}
	_, err := t.exec(`
		UPDATE kiosks SET counter = ?, nonce_at = ?, beat_at = ?, lease = ?, card = ?, fault = ?, silence_told = 0
		WHERE mutuality = ? AND kiosk = ?`,
		int64(k.Counter), micros(k.NonceAt), micros(k.Beat), k.Lease, flag(k.Card), string(k.Fault), k.Mutuality, k.ID)
	if err == nil && before.Card && !k.Card {
		err = forgetCard(t, *k)
	}
	if err == nil {
		err = db.told(ctx, t, before, k, h)
	}
	if err == nil {
		k.Open, err = openAt(t.conn, *k, h.At)
	}
	return err
}

// told does what is particular to a kind of message.
func (db *DB) told(ctx context.Context, t *tx, before kiosk.Kiosk, k *kiosk.Kiosk, h kiosk.Heard) error {
	switch m := h.Message; {
	case m.Kind == api.KioskCardIn:
		return db.putCard(t, *k, h.Card)
	case m.Kind == api.KioskBind:
		return bindBrowser(t, *k, m.Browser)
	case m.Kind == api.KioskFault && k.Fault != before.Fault && k.Fault != api.NoTrouble:
		return db.callStaff(t, kiosk.Call{Kiosk: *k, Cause: string(k.Fault)})
	case m.Kind == api.KioskStart && before.Lease != k.Lease:
		if _, err := t.exec(`UPDATE kiosks SET browser = NULL WHERE mutuality = ? AND kiosk = ?`, k.Mutuality, k.ID); err != nil {
			return err
		}
		if err := t.note(db.kioskEntry(ctx, *k, audit.StartKiosk)); err != nil {
			return err
		}
	}
	return db.putHealth(t, k, h.Message.Health)
}

// putHealth keeps how the machine is, and calls for somebody where that got worse.
func (db *DB) putHealth(t *tx, k *kiosk.Kiosk, now *api.KioskHealth) error {
	if now == nil {
		return nil
	}
	before := k.Health
	k.Health = *now
	text, err := json.Marshal(k.Health)
	if err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE kiosks SET health = ? WHERE mutuality = ? AND kiosk = ?`, string(text), k.Mutuality, k.ID); err != nil {
		return err
	}
	for _, cause := range kiosk.Calls(before, *now) {
		if err := db.callStaff(t, kiosk.Call{Kiosk: *k, Cause: cause}); err != nil {
			return err
		}
	}
	return nil
}

// suspendKiosk refuses the key from now on, ends its sessions and calls for somebody.
func (db *DB) suspendKiosk(ctx context.Context, t *tx, k *kiosk.Kiosk, why string, at time.Time) error {
	k.State, k.Why, k.Changed = kiosk.Suspended, why, at
	if err := db.shutKiosk(ctx, t, *k); err != nil {
		return err
	}
	note := db.kioskEntry(ctx, *k, audit.SuspendKiosk)
	note.Reason = why
	return errors.Join(t.note(note), db.callStaff(t, kiosk.Call{Kiosk: *k, Cause: why}))
}

// shutKiosk writes a state in which nothing works at the kiosk.
func (db *DB) shutKiosk(ctx context.Context, t *tx, k kiosk.Kiosk) error {
	if err := db.endKioskSessions(ctx, t, k, "kiosk "+string(k.State)); err != nil {
		return err
	}
	_, err := t.exec(`
		UPDATE kiosks SET state = ?, why = ?, changed_at = ?, lease = '', browser = NULL, code_index = NULL,
			card = 0, card_index = NULL, card_until = 0, card_fault = '', revision = revision + 1
		WHERE mutuality = ? AND kiosk = ?`, string(k.State), k.Why, micros(k.Changed), k.Mutuality, k.ID)
	return err
}

// PairKiosk implements kiosk.Store. A key that was paired before is nobody's again: what
// was revoked does not come back under another name.
func (db *DB) PairKiosk(ctx context.Context, mutuality string, h kiosk.Heard) (kiosk.Kiosk, error) {
	var k kiosk.Kiosk
	m := h.Message
	index := db.cfg.Keys.Index(kioskCode, mutuality, m.Code)
	err := db.write(ctx, audit.Entry{}, func(t *tx) (err error) {
		if k, err = kioskOf(t.conn, `mutuality = ? AND code_index = ?`, mutuality, index); err != nil {
			return err
		}
		if !h.At.Before(k.CodeEnds) {
			return kiosk.ErrUnknown
		}
		if _, err := kioskOf(t.conn, `mutuality = ? AND key_id = ?`, mutuality, m.Key); !errors.Is(err, kiosk.ErrUnknown) {
			return errors.Join(kiosk.ErrUnknown, err)
		}
		k.State, k.Why, k.KeyID, k.PublicKey, k.Changed = kiosk.Active, "", m.Key, m.PublicKey, h.At
		k.Counter, k.NonceAt, k.Lease, k.Fault, k.Beat, k.Card = m.Counter, h.NonceAt, "", "", h.At, false
		_, err = t.exec(`
			UPDATE kiosks SET state = ?, why = '', code_index = NULL, key_id = ?, public_key = ?, counter = ?, nonce_at = ?,
				lease = '', beat_at = ?, browser = NULL, card = 0, card_index = NULL, card_until = 0, card_fault = '',
				fault = '', health = '', silence_told = 0, revision = revision + 1, changed_at = ?
			WHERE mutuality = ? AND kiosk = ?`,
			string(k.State), k.KeyID, k.PublicKey, int64(k.Counter), micros(k.NonceAt), micros(h.At), micros(h.At), mutuality, k.ID)
		return errors.Join(err, t.note(db.kioskEntry(ctx, k, audit.PairKiosk)))
	})
	if err != nil {
		return kiosk.Kiosk{}, fmt.Errorf("pairing a kiosk: %w", err)
	}
	return k, nil
}

// bindBrowser makes the browser this kiosk's. One that another kiosk claims too is
// neither's: both asked for the same cookie, which only one browser has.
func bindBrowser(t *tx, k kiosk.Kiosk, text string) error {
	hash, err := browserHash(text)
	if err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE kiosks SET browser = NULL WHERE mutuality = ? AND browser = ? AND kiosk <> ?`, k.Mutuality, hash, k.ID); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE kiosks SET browser = ? WHERE mutuality = ? AND kiosk = ?`, hash, k.Mutuality, k.ID)
	return err
}

// flag is how a truth rests.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

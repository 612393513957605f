package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/portal/audit"
	"guichet.example/portal/office"
)

// holderRecord is whose card opened an officer's session, as it is sealed.
type holderRecord struct {
	Country string    `json:"country"`
	Serial  string    `json:"serial"`
	Given   string    `json:"given"`
	Surname string    `json:"surname"`
	Common  string    `json:"common"`
	At      time.Time `json:"at"`
}

// StartOfficeSession implements office.Store. A session without a public id gets one.
func (db *DB) StartOfficeSession(ctx context.Context, hash, old [32]byte, s office.Session) error {
	o := &s.Officer
	if o.Session == "" {
		id, err := db.NewID()
		if err != nil {
			return err
		}
		o.Session = id
	}
	key, err := db.houseKey(o.Mutuality)
	if err != nil {
		return err
	}
	record, err := json.Marshal(holderRecord{
		Country: o.Holder.Country, Serial: o.Holder.SerialNumber, Given: o.Holder.GivenNames, Surname: o.Holder.Surname,
		Common: o.Holder.CommonName, At: o.At.UTC(),
	})
	if err != nil {
		return fmt.Errorf("starting office session: %w", err)
	}
	sealed := key.seal(sealedHolder, o.Session, 1, record)
	err = db.write(ctx, db.officerEntry(ctx, *o, "", audit.OfficeSignIn, object("session", o.Session)), func(t *tx) error {
		if c, err := colleague(t, o.Mutuality, o.ID); err != nil || !c.Disabled.IsZero() {
			return errors.Join(office.ErrUnknownStaff, err)
		}
		if err := db.endOfficeSession(ctx, t, old[:], "replaced by a new sign-in"); err != nil {
			return err
		}
		_, err := t.exec(`
			INSERT INTO staff_sessions (token_hash, mutuality, staff, session, holder_sealed, created_at, seen_at, idle, ends_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			hash[:], o.Mutuality, string(o.ID), o.Session, sealed,
			micros(s.Created), micros(s.LastSeen), s.Idle.Microseconds(), micros(s.Ends))
		return err
	})
	if err != nil {
		return fmt.Errorf("starting office session: %w", err)
	}
	return nil
}

// OfficeSession implements office.Store, with the rules of Session.
func (db *DB) OfficeSession(ctx context.Context, hash [32]byte, now time.Time) (office.Session, error) {
	var s office.Session
	err := db.read(ctx, func(c *conn) (err error) {
		s, err = db.officeSession(c, hash)
		return err
	})
	if err != nil {
		return office.Session{}, fmt.Errorf("reading office session: %w", err)
	}
	life := lifetime{s.LastSeen, s.Ends, s.Idle}
	alive, write := life.look(now)
	if !alive {
		return office.Session{}, fmt.Errorf("reading office session: %w", office.ErrNoSession)
	}
	if !write {
		return s, nil
	}
	s.LastSeen, s.Ends = life.seen, life.ends
	if err := db.officerSeen(ctx, hash, s); err != nil {
		return office.Session{}, fmt.Errorf("marking office session: %w", err)
	}
	return s, nil
}

// officeSession joins the session with what its officer is now: who was disabled has no
// session, whatever the table of sessions holds.
func (db *DB) officeSession(c *conn, hash [32]byte) (office.Session, error) {
	var o auth.Officer
	var roles string
	var sealed []byte
	var created, seen, idle, ends int64
	err := c.get(`
		SELECT mutuality, staff, session, holder_sealed, staff_sessions.created_at, seen_at, idle, ends_at, name, language, place, roles
		FROM staff_sessions JOIN staff USING (mutuality, staff) WHERE token_hash = ? AND disabled_at IS NULL`,
		[]any{hash[:]}, &o.Mutuality, &o.ID, &o.Session, &sealed, &created, &seen, &idle, &ends, &o.Name, &o.Language, &o.Place, &roles)
	if errors.Is(err, sql.ErrNoRows) {
		return office.Session{}, office.ErrNoSession
	}
	if err != nil {
		return office.Session{}, err
	}
	key, err := db.houseKey(o.Mutuality)
	if err != nil {
		return office.Session{}, err
	}
	text, err := key.open(sealedHolder, o.Session, 1, sealed)
	if err != nil {
		return office.Session{}, err
	}
	var h holderRecord
	if err := json.Unmarshal(text, &h); err != nil {
		return office.Session{}, fmt.Errorf("holder of office session %s: %w", o.Session, ErrDamaged)
	}
	o.Roles, o.At = rolesOf(roles), h.At
	o.Holder = certs.Holder{Country: h.Country, SerialNumber: h.Serial, GivenNames: h.Given, Surname: h.Surname, CommonName: h.Common}
	return office.Session{
		Officer: o, Created: fromMicros(created), LastSeen: fromMicros(seen),
		Idle: time.Duration(idle) * time.Microsecond, Ends: fromMicros(ends),
	}, nil
}

// officerSeen writes when the session was last seen, as seen does for members.
func (db *DB) officerSeen(ctx context.Context, hash [32]byte, s office.Session) error {
	var found int64
	err := db.write(ctx, audit.Entry{}, func(t *tx) (err error) {
		found, err = t.exec(`UPDATE staff_sessions SET seen_at = ?, ends_at = ? WHERE token_hash = ?`,
			micros(s.LastSeen), micros(s.Ends), hash[:])
		return err
	})
	switch {
	case errors.Is(err, ErrFull):
		return nil
	case err == nil && found == 0:
		return office.ErrNoSession
	}
	return err
}

// EndOfficeSession implements office.Store.
func (db *DB) EndOfficeSession(ctx context.Context, hash [32]byte, why string) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return db.endOfficeSession(ctx, t, hash[:], why) })
	if err != nil {
		return fmt.Errorf("ending office session: %w", err)
	}
	return nil
}

// endOfficeSession removes a session, if there is one, with the files open in it and the
// row of it.
func (db *DB) endOfficeSession(ctx context.Context, t *tx, hash []byte, why string) error {
	var o auth.Officer
	err := t.get(`DELETE FROM staff_sessions WHERE token_hash = ? RETURNING mutuality, staff, session`,
		[]any{hash}, &o.Mutuality, &o.ID, &o.Session)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := db.closeFiles(t, o); err != nil {
		return err
	}
	note := db.officerEntry(ctx, o, "", audit.OfficeSignOut, object("session", o.Session))
	note.Assurance, note.Reason = "", why
	return t.note(note)
}

// closeFiles ends the openings of a session. They stay as a record of the looks.
func (db *DB) closeFiles(t *tx, o auth.Officer) error {
	now := micros(db.cfg.Now())
	_, err := t.exec(`UPDATE openings SET ends_at = ? WHERE mutuality = ? AND staff = ? AND session = ? AND ends_at > ?`,
		now, o.Mutuality, string(o.ID), o.Session, now)
	return err
}

func sweepOfficeSessions(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		DELETE FROM staff_sessions WHERE token_hash IN
			(SELECT token_hash FROM staff_sessions WHERE ends_at < ? ORDER BY ends_at LIMIT ?)`,
		micros(now), sweepRows)
}

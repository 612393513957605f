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
	"guichet.example/portal/credentials"
	"guichet.example/portal/federal"
	"guichet.example/portal/signin"
)

const (
	// seenEvery is how often a session in use is written; a short one more often, so that
	// it does not end by much before its time.
	seenEvery = 30 * time.Second
	// clockSlack is how far the clock may seem to go back before a session's end goes
	// back with it: servers of a cluster do not agree to the millisecond.
	clockSlack = 2 * time.Second
)

// loginRecord is a login as it is sealed. Spelled out so that a change of auth.Login
// does not change what rests on disk.
type loginRecord struct {
	Name       string         `json:"name"`
	Language   string         `json:"language"`
	Country    string         `json:"country,omitempty"`
	Serial     string         `json:"serial,omitempty"`
	Given      string         `json:"given,omitempty"`
	Surname    string         `json:"surname,omitempty"`
	Common     string         `json:"common,omitempty"`
	Method     auth.Method    `json:"method"`
	Assurance  auth.Assurance `json:"assurance"`
	Provider   string         `json:"provider,omitempty"`
	Level      int            `json:"level,omitempty"`
	Everywhere bool           `json:"everywhere,omitempty"`
	At         time.Time      `json:"at"`
	Kiosk      string         `json:"kiosk,omitempty"`
}

func recordOf(l auth.Login) loginRecord {
	return loginRecord{
		Name: l.Name, Language: l.Language, Country: l.Holder.Country, Serial: l.Holder.SerialNumber,
		Given: l.Holder.GivenNames, Surname: l.Holder.Surname, Common: l.Holder.CommonName,
		Method: l.Method, Assurance: l.Assurance, Provider: l.Provider, Level: l.Level, Everywhere: l.Everywhere, At: l.At.UTC(), Kiosk: l.Kiosk,
	}
}

func (r loginRecord) login(mutuality, member, session string) auth.Login {
	return auth.Login{
		Mutuality: mutuality, Member: auth.MemberID(member), Name: r.Name, Language: r.Language,
		Holder: certs.Holder{
			Country: r.Country, SerialNumber: r.Serial, GivenNames: r.Given, Surname: r.Surname, CommonName: r.Common,
		},
		Method: r.Method, Assurance: r.Assurance, Provider: r.Provider, Level: r.Level, Everywhere: r.Everywhere, At: r.At, Kiosk: r.Kiosk, Session: session,
	}
}

// StartSession implements signin.Store. A login without a public session id gets one.
func (db *DB) StartSession(ctx context.Context, hash, old [32]byte, s signin.Session) error {
	return db.startSession(ctx, hash, old, s, nil)
}

// startSession is StartSession with what else a login at a provider takes; nil: none.
func (db *DB) startSession(ctx context.Context, hash, old [32]byte, s signin.Session, k *federal.Kept) error {
	if s.Login.Session == "" {
		id, err := db.NewID()
		if err != nil {
			return err
		}
		s.Login.Session = id
	}
	record, err := json.Marshal(recordOf(s.Login))
	if err != nil {
		return fmt.Errorf("starting session: %w", err)
	}
	note := db.entry(ctx, s.Login, audit.SignIn, object("session", s.Login.Session))
	err = db.write(ctx, note, func(t *tx) error {
		key, err := db.mayBegin(t, s.Login, k != nil && k.Answer != nil)
		if err != nil {
			return err
		}
		if err := db.replace(ctx, t, old); err != nil {
			return err
		}
		behind, err := db.receive(ctx, t, key, s.Login, k)
		if err != nil {
			return err
		}
		sealed := key.seal(sealedLogin, s.Login.Session, 1, record)
		if err := db.putSession(t, hash, s, sealed, behind); err != nil {
			return err
		}
		return noteInFlows(t, s.Bound, hash)
	})
	if err != nil {
		return fmt.Errorf("starting session: %w", err)
	}
	return nil
}

// putSession adds the row of a session and that of the sign-in.
func (db *DB) putSession(t *tx, hash [32]byte, s signin.Session, sealed []byte, l logout) error {
	_, err := t.exec(`
		INSERT INTO sessions (token_hash, mutuality, member, session, login_sealed, created_at, seen_at, idle, ends_at,
			subject, sid, logout_sealed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		hash[:], s.Login.Mutuality, string(s.Login.Member), s.Login.Session, sealed,
		micros(s.Created), micros(s.LastSeen), s.Idle.Microseconds(), micros(s.Ends), l.subject, l.sid, l.sealed)
	if err != nil {
		return err
	}
	if s.Login.Kiosk != "" {
		if err := db.bindSession(t, hash, s); err != nil {
			return err
		}
	}
	return db.putSignIn(t, s.Login, s.Device, s.Source)
}

// replaced is why a session ends whose browser has a newer one.
const replaced = "replaced by a new sign-in"

// replace ends the session that the browser held before; the zero hash is of none.
func (db *DB) replace(ctx context.Context, t *tx, old [32]byte) error {
	if old == ([32]byte{}) {
		return nil
	}
	return db.endSession(ctx, t, old, replaced)
}

// mayBegin looks once more, where nothing can come between, for the proof takes a while:
// signin.ErrClosed if the member may not come in this way. With settled her account must be
// open, else federal.ErrUnsettled. It returns her key, from the same row.
func (db *DB) mayBegin(t *tx, l auth.Login, settled bool) (memberKey, error) {
	var wrapped []byte
	var state, hash sql.NullString
	err := t.get(`
		SELECT wrapped, state, hash FROM member_keys LEFT JOIN credentials USING (mutuality, member)
		WHERE mutuality = ? AND member = ?`,
		[]any{l.Mutuality, string(l.Member)}, &wrapped, &state, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return memberKey{}, errNoMember
	}
	if err != nil {
		return memberKey{}, err
	}
	switch of := credentials.State(state.String); {
	case settled && of != credentials.Active:
		return memberKey{}, fmt.Errorf("%w: %w", federal.ErrUnsettled, errAgain)
	case state.Valid && (of == credentials.Disabled || l.Method == auth.Password && hash.String == ""):
		return memberKey{}, signin.ErrClosed
	case state.Valid && !l.PasswordSet.IsZero():
		same, err := samePassword(t, l.Mutuality, l.Member, l.PasswordSet)
		if err != nil {
			return memberKey{}, err
		}
		if !same {
			return memberKey{}, signin.ErrClosed
		}
	}
	return db.unwrap(l.Mutuality, string(l.Member), wrapped)
}

// stillIn refuses what was asked for in a session that has ended since.
func stillIn(t *tx, l auth.Login) error {
	var n int
	err := t.get(`SELECT count(*) FROM sessions WHERE mutuality = ? AND member = ? AND session = ?`,
		[]any{l.Mutuality, string(l.Member), l.Session}, &n)
	if err == nil && n == 0 {
		err = auth.ErrSignInRequired
	}
	return err
}

// lifetime is how long a session, of a member or of staff, lives on.
type lifetime struct {
	seen, ends time.Time
	idle       time.Duration
}

// look says whether the session is alive at now, and whether that it was seen is to be
// written.
//
// It is alive until idle after it was last seen, and until its end, both included. A
// clock that goes back does not lengthen it: its end goes back by as much.
func (l *lifetime) look(now time.Time) (alive, write bool) {
	back := l.seen.Sub(now)
	switch {
	case back > clockSlack:
		l.ends, write = l.ends.Add(-back), true
	case back > 0:
		now = l.seen
	}
	if now.After(l.ends) || now.Sub(l.seen) > l.idle {
		return false, false
	}
	write = write || now.Sub(l.seen) >= min(seenEvery, l.idle/16)
	if write {
		l.seen = now
	}
	return true, write
}

// Session implements signin.Store.
func (db *DB) Session(ctx context.Context, hash [32]byte, now time.Time) (signin.Session, error) {
	var s signin.Session
	err := db.read(ctx, func(c *conn) (err error) {
		if s, err = db.session(c, hash); err == nil && s.Login.Kiosk != "" {
			return atKiosk(c, hash, now)
		}
		return err
	})
	if err != nil {
		return signin.Session{}, fmt.Errorf("reading session: %w", err)
	}
	life := lifetime{s.LastSeen, s.Ends, s.Idle}
	alive, write := life.look(now)
	if !alive {
		return signin.Session{}, fmt.Errorf("reading session: %w", signin.ErrNoSession)
	}
	if !write {
		return s, nil
	}
	s.LastSeen, s.Ends = life.seen, life.ends
	if err := db.seen(ctx, hash, s); err != nil {
		return signin.Session{}, fmt.Errorf("marking session: %w", err)
	}
	return s, nil
}

func (db *DB) session(c *conn, hash [32]byte) (signin.Session, error) {
	var mutuality, member, public string
	var sealed, wrapped []byte
	var created, seen, idle, ends int64
	err := c.get(`
		SELECT mutuality, member, session, login_sealed, sessions.created_at, seen_at, idle, ends_at, wrapped
		FROM sessions JOIN member_keys USING (mutuality, member) WHERE token_hash = ?`,
		[]any{hash[:]}, &mutuality, &member, &public, &sealed, &created, &seen, &idle, &ends, &wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return signin.Session{}, signin.ErrNoSession
	}
	if err != nil {
		return signin.Session{}, err
	}
	key, err := db.unwrap(mutuality, member, wrapped)
	if err != nil {
		return signin.Session{}, err
	}
	text, err := key.open(sealedLogin, public, 1, sealed)
	if err != nil {
		return signin.Session{}, err
	}
	var record loginRecord
	if err := json.Unmarshal(text, &record); err != nil {
		return signin.Session{}, fmt.Errorf("login of session %s: %w", public, ErrDamaged)
	}
	return signin.Session{
		Login: record.login(mutuality, member, public), Created: fromMicros(created), LastSeen: fromMicros(seen),
		Idle: time.Duration(idle) * time.Microsecond, Ends: fromMicros(ends),
	}, nil
}

// seen writes when the session was last seen. A session that ended meanwhile stays
// ended. While the disk is full a session lives on what was written before.
func (db *DB) seen(ctx context.Context, hash [32]byte, s signin.Session) error {
	var found int64
	err := db.write(ctx, audit.Entry{}, func(t *tx) (err error) {
		found, err = t.exec(`UPDATE sessions SET seen_at = ?, ends_at = ? WHERE token_hash = ?`,
			micros(s.LastSeen), micros(s.Ends), hash[:])
		return err
	})
	switch {
	case errors.Is(err, ErrFull):
		return nil
	case err == nil && found == 0:
		return signin.ErrNoSession
	}
	return err
}

// EndSession implements signin.Store.
func (db *DB) EndSession(ctx context.Context, hash [32]byte, why string) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return db.endSession(ctx, t, hash, why) })
	if err != nil {
		return fmt.Errorf("ending session: %w", err)
	}
	return nil
}

// endSession removes a session, if there is one, with the row of it.
func (db *DB) endSession(ctx context.Context, t *tx, hash [32]byte, why string) error {
	var mutuality, member, public string
	err := t.get(`DELETE FROM sessions WHERE token_hash = ? RETURNING mutuality, member, session`,
		[]any{hash[:]}, &mutuality, &member, &public)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := dropDrafts(t, mutuality, member, public); err != nil {
		return err
	}
	if err := endSignIn(t, mutuality, member, public, why, db.cfg.Now()); err != nil {
		return err
	}
	login := auth.Login{Mutuality: mutuality, Member: auth.MemberID(member), Session: public}
	note := db.entry(ctx, login, audit.SignOut, object("session", public))
	note.Assurance, note.Reason = "", why
	return t.note(note)
}

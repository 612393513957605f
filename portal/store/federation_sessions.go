package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/federal"
	"guichet.example/portal/signin"
)

// subjectIndex and sidIndex find our sessions by what a provider calls its own.
func (db *DB) subjectIndex(mutuality, provider, subject string) []byte {
	return db.cfg.Keys.Index("federation-subject", mutuality, provider+"\n"+subject)
}

func (db *DB) sidIndex(mutuality, provider, sid string) []byte {
	if sid == "" {
		return []byte{}
	}
	return db.cfg.Keys.Index("federation-sid", mutuality, provider+"\n"+sid)
}

// subjectOf and sidOf are the names that a provider will use when it ends the session.
func subjectOf(l federation.Logout) string {
	if l.NameID != "" {
		return l.NameID
	}
	return l.Subject
}

func sidOf(l federation.Logout) string {
	if l.SessionIndex != "" {
		return l.SessionIndex
	}
	return l.SID
}

// StartFederalSession is StartSession for a login at a provider: in the same
// transaction it takes the flow and remembers its answer, keeps what ends the provider's
// session, and ends the sessions that this one takes the place of: that of the same
// member in which the flow began, and that which began in its browser since.
// federal.ErrNoFlow, federal.ErrReplayed, federal.ErrUnsettled.
func (db *DB) StartFederalSession(ctx context.Context, hash, old [32]byte, s signin.Session, k federal.Kept) error {
	err := db.startFederal(ctx, hash, old, s, k)
	if k.Answer != nil && errors.Is(err, signin.ErrClosed) {
		return fmt.Errorf("%w: %w", federal.ErrUnsettled, err)
	}
	return err
}

func (db *DB) startFederal(ctx context.Context, hash, old [32]byte, s signin.Session, k federal.Kept) error {
	return db.startSession(ctx, hash, old, s, func(t *tx, key memberKey, login auth.Login) error {
		if k.Answer != nil {
			if err := settled(t, login); err != nil {
				return err
			}
			since, err := db.answer(t, *k.Answer)
			if err != nil {
				return err
			}
			if err := db.replace(ctx, t, since); err != nil {
				return err
			}
		}
		if k.Replaces != "" {
			if err := db.endByName(ctx, t, login.Mutuality, string(login.Member), k.Replaces, replaced); err != nil {
				return err
			}
		}
		return db.putLogout(t, key, login, k.Logout, s.Ends)
	})
}

// settled refuses, without a row, to begin a session for an account that is not open.
func settled(t *tx, l auth.Login) error {
	var state credentials.State
	err := t.get(`SELECT state FROM credentials WHERE mutuality = ? AND member = ?`, []any{l.Mutuality, string(l.Member)}, &state)
	if errors.Is(err, sql.ErrNoRows) || err == nil && state != credentials.Active {
		return fmt.Errorf("%w: %w", federal.ErrUnsettled, errAgain)
	}
	return err
}

func (db *DB) putLogout(t *tx, key memberKey, login auth.Login, l federation.Logout, ends time.Time) error {
	if l.IsZero() {
		return nil
	}
	record, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = t.exec(`
		INSERT INTO federation_sessions (mutuality, session, member, subject, sid, sealed, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		login.Mutuality, login.Session, string(login.Member),
		db.subjectIndex(login.Mutuality, l.Provider, subjectOf(l)), db.sidIndex(login.Mutuality, l.Provider, sidOf(l)),
		key.seal(sealedLogout, login.Session, 1, record), micros(ends))
	return err
}

// Logout implements federal.Store.
func (db *DB) Logout(ctx context.Context, login auth.Login) (federation.Logout, error) {
	var sealed []byte
	var key memberKey
	err := db.read(ctx, func(c *conn) (err error) {
		if key, err = db.keyOf(c, login.Mutuality, login.Member); err != nil {
			return err
		}
		return c.get(`SELECT sealed FROM federation_sessions WHERE mutuality = ? AND session = ? AND member = ?`,
			[]any{login.Mutuality, login.Session, string(login.Member)}, &sealed)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return federation.Logout{}, federal.ErrNoLogout
	}
	if err != nil {
		return federation.Logout{}, fmt.Errorf("reading logout: %w", err)
	}
	text, err := key.open(sealedLogout, login.Session, 1, sealed)
	if err != nil {
		return federation.Logout{}, fmt.Errorf("reading logout: %w", err)
	}
	var l federation.Logout
	if err := json.Unmarshal(text, &l); err != nil {
		return federation.Logout{}, fmt.Errorf("reading logout: %w", ErrDamaged)
	}
	return l, nil
}

// EndSessions implements federal.Store.
func (db *DB) EndSessions(ctx context.Context, e federal.Ending) (ended int, err error) {
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		if err := db.useOnce(t, e.Used); err != nil {
			return err
		}
		found, err := db.named(t, e)
		if err != nil {
			return err
		}
		for _, s := range found {
			why := "signed out at the provider " + e.Provider
			if err := db.endByName(ctx, t, e.Mutuality, s.member, s.session, why); err != nil {
				return err
			}
		}
		ended = len(found)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("ending sessions: %w", err)
	}
	return ended, nil
}

type namedSession struct{ member, session string }

// maxEnded bounds how many sessions one word of a provider ends.
const maxEnded = 1000

// named finds the sessions a provider speaks of: those of the subject, those under the
// given names, or, with both, those that are both.
func (db *DB) named(t *tx, e federal.Ending) ([]namedSession, error) {
	var found []namedSession
	row := func(scan func(...any) error) error {
		var s namedSession
		err := scan(&s.member, &s.session)
		found = append(found, s)
		return err
	}
	subject := db.subjectIndex(e.Mutuality, e.Provider, e.Subject)
	if len(e.Sessions) == 0 {
		if e.Subject == "" {
			return nil, nil
		}
		err := t.each(`SELECT member, session FROM federation_sessions WHERE mutuality = ? AND subject = ? LIMIT ?`,
			[]any{e.Mutuality, subject, maxEnded}, row)
		return found, err
	}
	for _, name := range e.Sessions[:min(len(e.Sessions), maxEnded)] {
		query, args := `SELECT member, session FROM federation_sessions WHERE mutuality = ? AND sid = ?`,
			[]any{e.Mutuality, db.sidIndex(e.Mutuality, e.Provider, name)}
		if name == "" {
			continue
		}
		if e.Subject != "" {
			query, args = query+` AND subject = ?`, append(args, subject)
		}
		if err := t.each(query+` LIMIT ?`, append(args, maxEnded), row); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// endByName ends the session of that public id; none is no error.
func (db *DB) endByName(ctx context.Context, t *tx, mutuality, member, session, why string) error {
	var hash []byte
	err := t.get(`SELECT token_hash FROM sessions WHERE mutuality = ? AND member = ? AND session = ?`,
		[]any{mutuality, member, session}, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return dropLogout(t, mutuality, session)
	}
	if err != nil {
		return err
	}
	return db.endSession(ctx, t, [32]byte(hash), why)
}

// dropLogout forgets what a session that ended has at its provider.
func dropLogout(t *tx, mutuality, session string) error {
	_, err := t.exec(`DELETE FROM federation_sessions WHERE mutuality = ? AND session = ?`, mutuality, session)
	return err
}

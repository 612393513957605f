package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/portal/audit"
	"guichet.example/portal/federal"
	"guichet.example/portal/signin"
)

// subjectIndex and sidIndex find our sessions by what a provider calls its own.
func (db *DB) subjectIndex(mutuality, provider, subject string) []byte {
	return db.cfg.Keys.Index("federation-subject", mutuality, provider+"\n"+subject)
}

func (db *DB) sidIndex(mutuality, provider, sid string) []byte {
	if sid == "" {
		return nil
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
	err := db.startSession(ctx, hash, old, s, &k)
	if k.Answer != nil && errors.Is(err, signin.ErrClosed) {
		return fmt.Errorf("%w: %w", federal.ErrUnsettled, err)
	}
	return err
}

// receive takes the answer that a login came with, ends the sessions that the new one
// takes the place of, and returns what its row keeps.
func (db *DB) receive(ctx context.Context, t *tx, key memberKey, login auth.Login, k *federal.Kept) (logout, error) {
	if k == nil {
		return logout{}, nil
	}
	if k.Answer != nil {
		since, err := db.answer(t, *k.Answer)
		if err != nil {
			return logout{}, err
		}
		if err := db.replace(ctx, t, since); err != nil {
			return logout{}, err
		}
	}
	if k.Replaces != "" {
		if err := db.endByName(ctx, t, login.Mutuality, string(login.Member), k.Replaces, replaced); err != nil {
			return logout{}, err
		}
	}
	return db.logoutOf(key, login, k.Logout)
}

// logout is what the row of a session keeps of the provider's own; nothing of none.
type logout struct{ subject, sid, sealed []byte }

func (db *DB) logoutOf(key memberKey, login auth.Login, l federation.Logout) (logout, error) {
	if l.IsZero() {
		return logout{}, nil
	}
	record, err := json.Marshal(l)
	return logout{
		subject: db.subjectIndex(login.Mutuality, l.Provider, subjectOf(l)),
		sid:     db.sidIndex(login.Mutuality, l.Provider, sidOf(l)),
		sealed:  key.seal(sealedLogout, login.Session, 1, record),
	}, err
}

// Logout implements federal.Store.
func (db *DB) Logout(ctx context.Context, login auth.Login) (federation.Logout, error) {
	var sealed []byte
	var key memberKey
	err := db.read(ctx, func(c *conn) (err error) {
		if key, err = db.keyOf(c, login.Mutuality, login.Member); err != nil {
			return err
		}
		return c.get(`SELECT logout_sealed FROM sessions WHERE mutuality = ? AND member = ? AND session = ? AND logout_sealed IS NOT NULL`,
			[]any{login.Mutuality, string(login.Member), login.Session}, &sealed)
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
		err := t.each(`SELECT member, session FROM sessions WHERE mutuality = ? AND subject = ? LIMIT ?`,
			[]any{e.Mutuality, subject, maxEnded}, row)
		return found, err
	}
	for _, name := range e.Sessions[:min(len(e.Sessions), maxEnded)] {
		query, args := `SELECT member, session FROM sessions WHERE mutuality = ? AND sid = ?`,
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
		return nil
	}
	if err != nil {
		return err
	}
	return db.endSession(ctx, t, [32]byte(hash), why)
}

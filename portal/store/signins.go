package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
)

// keepSignins is how long a member's sign-ins are listed. The audit trail keeps its own.
const keepSignins = 400 * 24 * time.Hour

func (db *DB) signinSource(mutuality, source string) []byte {
	if source == "" {
		return []byte{}
	}
	return db.cfg.Keys.Index("signin-source", mutuality, source)
}

// putSignIn keeps where and how a session began, in its own commit.
func (db *DB) putSignIn(t *tx, login auth.Login, device, source string) error {
	_, err := t.exec(`
		INSERT INTO signins (mutuality, member, session, at, method, assurance, device, source_index, ended)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')
		ON CONFLICT (mutuality, member, session) DO UPDATE SET at = excluded.at, method = excluded.method, ended_at = NULL, ended = ''`,
		login.Mutuality, string(login.Member), login.Session, micros(login.At), string(login.Method), login.Assurance.String(),
		device, db.signinSource(login.Mutuality, source))
	return err
}

// endSignIn notes that a session ended, in the same commit.
func endSignIn(t *tx, mutuality, member, session, why string, now time.Time) error {
	_, err := t.exec(`
		UPDATE signins SET ended_at = ?, ended = ? WHERE mutuality = ? AND member = ? AND session = ? AND ended_at IS NULL`,
		micros(now), why, mutuality, member, session)
	return err
}

// endSessions ends every session of a member but the one to keep.
func (db *DB) endSessions(ctx context.Context, t *tx, mutuality string, member auth.MemberID, keep, why string) error {
	var hashes [][32]byte
	err := t.each(`SELECT token_hash FROM sessions WHERE mutuality = ? AND member = ? AND session <> ?`,
		[]any{mutuality, string(member), keep}, func(scan func(...any) error) error {
			var hash []byte
			if err := scan(&hash); err != nil {
				return err
			}
			hashes = append(hashes, [32]byte(hash))
			return nil
		})
	for _, hash := range hashes {
		err = errors.Join(err, db.endSession(ctx, t, hash, why))
	}
	return err
}

// SignIns implements account.Store.
func (db *DB) SignIns(ctx context.Context, login auth.Login, limit int) ([]account.SignIn, error) {
	var list []account.SignIn
	err := db.reveal(ctx, db.entry(ctx, login, audit.ListSignIns, ""), func(c *conn) error {
		list = nil
		return c.each(`
			SELECT signins.session, at, method, assurance, device, ended, denied_at,
				(SELECT ends_at FROM sessions WHERE sessions.mutuality = signins.mutuality AND sessions.member = signins.member
					AND sessions.session = signins.session)
			FROM signins WHERE mutuality = ? AND member = ? ORDER BY at DESC, signins.session DESC LIMIT ?`,
			[]any{login.Mutuality, string(login.Member), limit}, func(scan func(...any) error) error {
				s, err := scanSignIn(scan, login, db.cfg.Now())
				list = append(list, s)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("reading sign-ins: %w", err)
	}
	return list, nil
}

func scanSignIn(scan func(...any) error, login auth.Login, now time.Time) (s account.SignIn, err error) {
	var at int64
	var method, assurance string
	var denied, ends sql.NullInt64
	if err = scan(&s.Session, &at, &method, &assurance, &s.Device, &s.Ended, &denied, &ends); err != nil {
		return s, err
	}
	s.At, s.Method, s.Denied = fromMicros(at), auth.Method(method), fromMaybe(denied)
	s.Open = ends.Valid && !now.After(fromMicros(ends.Int64))
	s.Current = s.Session == login.Session
	return s, s.Assurance.UnmarshalText([]byte(assurance))
}

// EndOtherSession implements account.Store. account.ErrNoSession for one that is not hers.
func (db *DB) EndOtherSession(ctx context.Context, login auth.Login, session string) error {
	return db.write(ctx, audit.Entry{}, func(t *tx) error {
		var hash []byte
		err := t.get(`SELECT token_hash FROM sessions WHERE mutuality = ? AND member = ? AND session = ?`,
			[]any{login.Mutuality, string(login.Member), session}, &hash)
		if errors.Is(err, sql.ErrNoRows) {
			return account.ErrNoSession
		}
		if err != nil {
			return err
		}
		return db.endSession(ctx, t, [32]byte(hash), "ended by the member")
	})
}

// DenySignIn implements account.Store: the member says that it was not she. Every
// session but her own ends, the password opens nothing until it is set anew, browsers
// and networks are strangers again, links that were asked for are dead, an address put in
// place since is not hers, staff get a task and she a mail.
func (db *DB) DenySignIn(ctx context.Context, login auth.Login, session string) (reference string, err error) {
	note := db.entry(ctx, login, audit.DenySignIn, object("session", session))
	err = db.write(ctx, note, func(t *tx) error {
		reference, err = db.denySignIn(ctx, t, login, session)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("denying a sign-in: %w", err)
	}
	return reference, nil
}

func (db *DB) denySignIn(ctx context.Context, t *tx, login auth.Login, session string) (string, error) {
	now := db.cfg.Now()
	n, err := t.exec(`UPDATE signins SET denied_at = ? WHERE mutuality = ? AND member = ? AND session = ? AND session <> ? AND denied_at IS NULL`,
		micros(now), login.Mutuality, string(login.Member), session, login.Session)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", account.ErrNoSession
	}
	if err := db.endSessions(ctx, t, login.Mutuality, login.Member, login.Session, "the member said it was not she"); err != nil {
		return "", err
	}
	if err := db.distrust(t, login.Mutuality, login.Member, now); err != nil {
		return "", err
	}
	if err := db.uncertify(t, login, session); err != nil {
		return "", err
	}
	if err := db.stopSince(ctx, t, login, session); err != nil {
		return "", err
	}
	a, _, err := db.account(t.conn, login.Mutuality, login.Member)
	if err != nil {
		return "", err
	}
	task, err := t.task(db, office.Task{Mutuality: login.Mutuality, Kind: office.NotMe, Member: login.Member, Language: a.Language})
	if err != nil {
		return "", err
	}
	return task.Reference, db.tellReference(t, a, mail.NotMeReceived, now, task.Reference)
}

// distrust makes strangers of all browsers and networks: the password opens nothing until
// it is set anew, and links that were asked for are dead.
func (db *DB) distrust(t *tx, mutuality string, member auth.MemberID, now time.Time) error {
	for _, statement := range []string{
		`UPDATE credentials SET hash = '' WHERE mutuality = ? AND member = ?`,
		`DELETE FROM browsers WHERE mutuality = ? AND member = ?`,
	} {
		if _, err := t.exec(statement, mutuality, string(member)); err != nil {
			return err
		}
	}
	_, err := t.exec(`UPDATE signins SET source_index = ? WHERE mutuality = ? AND member = ?`,
		db.signinSource(mutuality, ""), mutuality, string(member))
	return errors.Join(err, endLinks(t, mutuality, member, now))
}

// uncertify takes the address for nobody's if it was put in place since the sign-in that
// is denied: no link goes there any more. What undoes the change lives on.
func (db *DB) uncertify(t *tx, login auth.Login, session string) error {
	n, err := t.exec(`
		UPDATE credentials SET email_certified_at = NULL WHERE mutuality = ? AND member = ? AND email_certified_at >=
			(SELECT at FROM signins WHERE mutuality = ? AND member = ? AND session = ?)`,
		login.Mutuality, string(login.Member), login.Mutuality, string(login.Member), session)
	if err != nil || n == 0 {
		return err
	}
	return dropIdentifier(t, login.Mutuality, login.Member, credentials.KindEmail)
}

func sweepSignins(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		DELETE FROM signins WHERE (mutuality, member, session) IN
			(SELECT mutuality, member, session FROM signins WHERE at < ? ORDER BY at LIMIT ?)`,
		micros(now.Add(-keepSignins)), sweepRows)
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/page"
)

// maxDrafts is how many drafts a session keeps: one for each tab that a person fills.
const maxDrafts = 8

// draftID is what a draft is sealed for, so that it opens in its session and form only.
func draftID(session, form, id string) string { return session + "/" + form + "/" + id }

// PutDraft implements page.Drafts. A session that has ended keeps nothing:
// auth.ErrSignInRequired. Drafts are no records: no audit row tells of them.
func (db *DB) PutDraft(ctx context.Context, login auth.Login, form, id string, text []byte) error {
	if len(text) > page.MaxDraft {
		return fmt.Errorf("storing draft: %d bytes, at most %d", len(text), page.MaxDraft)
	}
	key, err := db.key(ctx, login)
	if err != nil {
		return fmt.Errorf("storing draft: %w", err)
	}
	sealed := key.seal(sealedDraft, draftID(login.Session, form, id), 1, text)
	at := micros(db.cfg.Now())
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		var ends int64
		err := t.get(`SELECT ends_at FROM sessions WHERE mutuality = ? AND member = ? AND session = ?`,
			[]any{key.mutuality, key.member, login.Session}, &ends)
		if errors.Is(err, sql.ErrNoRows) {
			return auth.ErrSignInRequired
		}
		if err != nil {
			return err
		}
		_, err = t.exec(`
			INSERT INTO drafts (mutuality, member, session, form, draft, sealed, kept_at, ends_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (mutuality, member, session, form, draft)
			DO UPDATE SET sealed = excluded.sealed, kept_at = excluded.kept_at, ends_at = excluded.ends_at`,
			key.mutuality, key.member, login.Session, form, id, sealed, at, ends)
		if err != nil {
			return err
		}
		_, err = t.exec(`
			DELETE FROM drafts WHERE mutuality = ?1 AND member = ?2 AND session = ?3 AND (form, draft) IN
				(SELECT form, draft FROM drafts WHERE mutuality = ?1 AND member = ?2 AND session = ?3
				ORDER BY kept_at DESC, (form = ?4 AND draft = ?5) DESC LIMIT 1000000 OFFSET ?6)`,
			key.mutuality, key.member, login.Session, form, id, maxDrafts)
		return err
	})
	if err != nil {
		return fmt.Errorf("storing draft: %w", err)
	}
	return nil
}

// Draft implements page.Drafts.
func (db *DB) Draft(ctx context.Context, login auth.Login, form, id string) (text []byte, err error) {
	err = db.snapshot(ctx, func(c *conn) error {
		var sealed []byte
		err := c.get(`
			SELECT sealed FROM drafts WHERE mutuality = ? AND member = ? AND session = ? AND form = ? AND draft = ? AND ends_at >= ?`,
			[]any{login.Mutuality, string(login.Member), login.Session, form, id, micros(db.cfg.Now())}, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return page.ErrNoDraft
		}
		if err != nil {
			return err
		}
		key, err := db.keyOf(c, login.Mutuality, login.Member)
		if err != nil {
			return err
		}
		text, err = key.open(sealedDraft, draftID(login.Session, form, id), 1, sealed)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading draft: %w", err)
	}
	return text, nil
}

// dropDrafts removes what a session kept.
func dropDrafts(t *tx, mutuality, member, session string) error {
	_, err := t.exec(`DELETE FROM drafts WHERE mutuality = ? AND member = ? AND session = ?`, mutuality, member, session)
	return err
}

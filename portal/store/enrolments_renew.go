package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/enrol"
)

// JustOpened implements enrol.Store.
func (db *DB) JustOpened(ctx context.Context, mutuality, secret string, since time.Time) (bool, error) {
	var used int
	clean := credentials.ActivateLink.Clean(secret)
	err := db.read(ctx, func(c *conn) error {
		return c.get(`
			SELECT count(*) FROM credential_codes
			WHERE mutuality = ? AND purpose = ? AND secret_index = ? AND outcome = 'used' AND ended_at >= ?`,
			[]any{mutuality, string(credentials.ActivateLink), db.secretIndex(mutuality, credentials.ActivateLink, clean), micros(since)}, &used)
	})
	if err != nil {
		return false, fmt.Errorf("reading code: %w", err)
	}
	return clean != "" && used > 0, nil
}

// RenewLink implements enrol.Store. Pressed twice, it is one mail: the old link is
// replaced by the first press.
func (db *DB) RenewLink(ctx context.Context, r enrol.Renewal) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return db.renewLink(ctx, t, r) })
	if errors.Is(err, errAgain) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("renewing a link: %w", err)
	}
	return nil
}

func (db *DB) renewLink(ctx context.Context, t *tx, r enrol.Renewal) error {
	member, linked, err := db.lateLink(t, r)
	if err != nil {
		return err
	}
	a, _, err := db.account(t.conn, r.Mutuality, member)
	if err != nil {
		return err
	}
	if a.State != credentials.None && a.State != credentials.Pending {
		return credentials.ErrCode
	}
	many, err := manyLinks(t, r.Mutuality, member, r.At)
	if err != nil {
		return err
	}
	if many {
		return enrol.ErrOften
	}
	code := r.Code
	code.Mutuality, code.Member = r.Mutuality, member
	if code.Payload, err = linked.Payload(); err != nil {
		return err
	}
	if _, err := t.code(db, code, r.Secret); err != nil {
		return err
	}
	if err := t.note(db.ownEntry(ctx, r.Mutuality, member, audit.IssueCode, object("code", string(code.Purpose)))); err != nil {
		return err
	}
	return t.mail(db, enrol.ActivationMail(code, linked.Email, r.Lang, r.Link))
}

// lateLink is what waits for a link whose hour is over. errAgain if it was renewed a
// moment ago; credentials.ErrCode for any other link.
func (db *DB) lateLink(t *tx, r enrol.Renewal) (member auth.MemberID, l enrol.Linked, err error) {
	clean := credentials.ActivateLink.Clean(r.Old)
	if clean == "" {
		return "", l, credentials.ErrCode
	}
	var id, outcome string
	var expires int64
	var ended sql.NullInt64
	var sealed []byte
	err = t.get(`
		SELECT member, code, outcome, expires_at, ended_at, payload_sealed FROM credential_codes
		WHERE mutuality = ? AND purpose = ? AND secret_index = ?`,
		[]any{r.Mutuality, string(credentials.ActivateLink), db.secretIndex(r.Mutuality, credentials.ActivateLink, clean)},
		&member, &id, &outcome, &expires, &ended, &sealed)
	late := fromMicros(expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", l, credentials.ErrCode
	case err != nil:
		return "", l, err
	case outcome == "replaced" && late.Before(fromMaybe(ended)) && fromMaybe(ended).After(r.At.Add(-time.Minute)):
		return "", l, errAgain
	case outcome != "" || !r.At.After(late) || r.At.After(late.Add(enrol.RenewFor)) || sealed == nil:
		return "", l, credentials.ErrCode
	}
	key, err := db.keyOf(t.conn, r.Mutuality, member)
	if err != nil {
		return "", l, err
	}
	text, err := key.open(sealedPayload, id, 1, sealed)
	if err != nil {
		return "", l, err
	}
	l, err = enrol.ParseLinked(string(text))
	return member, l, err
}

// manyLinks says whether as many links were sent to the member within the hour as
// strangers may cause.
func manyLinks(t *tx, mutuality string, member auth.MemberID, at time.Time) (bool, error) {
	var made int
	err := t.get(`SELECT count(*) FROM credential_codes WHERE mutuality = ? AND member = ? AND purpose = ? AND created_at > ?`,
		[]any{mutuality, string(member), string(credentials.ActivateLink), micros(at.Add(-linkWindow))}, &made)
	return made >= maxLinks, err
}

package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/enrol"
	"guichet.example/portal/mail"
)

const sealedEnrolment = "enrolment"

// PutEnrolment implements enrol.Store. Drafts are no records: no audit row tells of them.
func (db *DB) PutEnrolment(ctx context.Context, mutuality string, browser [32]byte, d enrol.Draft, ends time.Time) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return t.putEnrolment(db, mutuality, browser, d, ends) })
	if err != nil {
		return fmt.Errorf("storing enrolment: %w", err)
	}
	return nil
}

func (t *tx) putEnrolment(db *DB, mutuality string, browser [32]byte, d enrol.Draft, ends time.Time) error {
	key, err := db.houseKey(mutuality)
	if err != nil {
		return err
	}
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = t.exec(`
		INSERT INTO enrolments (mutuality, browser, sealed, kept_at, ends_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (mutuality, browser) DO UPDATE SET sealed = excluded.sealed, kept_at = excluded.kept_at, ends_at = excluded.ends_at`,
		mutuality, browser[:], key.seal(sealedEnrolment, hex.EncodeToString(browser[:]), 1, text), micros(db.cfg.Now()), micros(ends))
	return err
}

// Enrolment implements enrol.Store.
func (db *DB) Enrolment(ctx context.Context, mutuality string, browser [32]byte, now time.Time) (enrol.Draft, error) {
	var sealed []byte
	err := db.read(ctx, func(c *conn) error {
		return c.get(`SELECT sealed FROM enrolments WHERE mutuality = ? AND browser = ? AND ends_at >= ?`,
			[]any{mutuality, browser[:], micros(now)}, &sealed)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return enrol.Draft{}, enrol.ErrNoDraft
	}
	var d enrol.Draft
	if err == nil {
		err = db.openEnrolment(mutuality, browser, sealed, &d)
	}
	if err != nil {
		return enrol.Draft{}, fmt.Errorf("reading enrolment: %w", err)
	}
	return d, nil
}

func (db *DB) openEnrolment(mutuality string, browser [32]byte, sealed []byte, d *enrol.Draft) error {
	key, err := db.houseKey(mutuality)
	if err != nil {
		return err
	}
	text, err := key.open(sealedEnrolment, hex.EncodeToString(browser[:]), 1, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, d)
}

// DropEnrolment implements enrol.Store.
func (db *DB) DropEnrolment(ctx context.Context, mutuality string, browser [32]byte) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return dropEnrolment(t, mutuality, browser[:]) })
	if err != nil {
		return fmt.Errorf("dropping enrolment: %w", err)
	}
	return nil
}

func dropEnrolment(t *tx, mutuality string, browser []byte) error {
	_, err := t.exec(`DELETE FROM enrolments WHERE mutuality = ? AND browser = ?`, mutuality, browser)
	return err
}

// SendLink implements enrol.Store.
func (db *DB) SendLink(ctx context.Context, browser [32]byte, d enrol.Draft, code credentials.Code, secret string, m mail.Message) error {
	note := db.ownEntry(ctx, code.Mutuality, code.Member, audit.IssueCode, object("code", string(code.Purpose)))
	err := db.write(ctx, note, func(t *tx) error {
		sent, err := db.mailsSent(t, code.Mutuality, browser)
		if err != nil {
			return err
		}
		if sent >= d.Mails {
			return errAgain
		}
		many, err := manyLinks(t, code.Mutuality, code.Member, code.Created)
		if err != nil {
			return err
		}
		if many {
			return enrol.ErrOften
		}
		if _, err := t.code(db, code, secret); err != nil {
			return err
		}
		if err := t.mail(db, m); err != nil {
			return err
		}
		return t.putEnrolment(db, code.Mutuality, browser, d, code.Expires)
	})
	if errors.Is(err, errAgain) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sending a link: %w", err)
	}
	return nil
}

// mailsSent is how many mails the draft of that browser counts. enrol.ErrNoDraft.
func (db *DB) mailsSent(t *tx, mutuality string, browser [32]byte) (int, error) {
	var sealed []byte
	err := t.get(`SELECT sealed FROM enrolments WHERE mutuality = ? AND browser = ?`, []any{mutuality, browser[:]}, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, enrol.ErrNoDraft
	}
	var d enrol.Draft
	if err == nil {
		err = db.openEnrolment(mutuality, browser, sealed, &d)
	}
	return d.Mails, err
}

// sweepEnrolments erases what somebody typed and never finished.
func sweepEnrolments(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		DELETE FROM enrolments WHERE (mutuality, browser) IN
			(SELECT mutuality, browser FROM enrolments WHERE ends_at < ? ORDER BY ends_at LIMIT ?)`, micros(now), sweepRows)
}

// sweepLinked wipes what waited for a link that was used, or that nobody opened in its
// hour nor had sent anew.
func sweepLinked(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		UPDATE credential_codes SET payload_sealed = NULL
		WHERE purpose = 'activate-link' AND payload_sealed IS NOT NULL AND (mutuality, member, code) IN
			(SELECT mutuality, member, code FROM credential_codes
			WHERE purpose = 'activate-link' AND payload_sealed IS NOT NULL AND (expires_at < ? OR outcome <> '')
			ORDER BY expires_at LIMIT ?)`, micros(now.Add(-enrol.RenewFor)), sweepRows)
}

package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
)

// File implements office.Store. Each look leaves a row with the reason of the opening.
func (db *DB) File(ctx context.Context, o auth.Officer, opening string) (office.File, error) {
	var f office.File
	note := db.officerEntry(ctx, o, "", audit.ReadFile, object("opening", opening))
	err := db.read(ctx, func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			open, key, err := db.opening(c, o, opening)
			if err != nil {
				return err
			}
			note.Member, note.Reason, f.Opening = string(open.Member), open.Why.Mark(), open
			return db.file(c, key, &f)
		})
	})
	if err != nil {
		note = refusal(note, err)
	}
	if noting := db.write(ctx, note, nil); err == nil {
		err = noting
	}
	if err != nil {
		return office.File{}, fmt.Errorf("reading file: %w", err)
	}
	return f, nil
}

// file reads the parts of a file.
func (db *DB) file(c *conn, key memberKey, f *office.File) error {
	login := auth.Login{Mutuality: key.mutuality, Member: auth.MemberID(key.member)}
	m, err := db.member(c, login)
	if err != nil {
		return err
	}
	f.Name, f.Birth, f.Number, f.Member, f.Until, f.UpdatedAt = m.Name(), m.Birth, m.NationalNumber, m.Affiliation, m.Until, m.UpdatedAt
	f.Street, f.Postcode, f.City, f.Country = m.Street, m.Postcode, m.Municipality, m.Country
	f.Email, f.Phone, f.Language = m.Email, m.Phone, m.Language
	known, err := db.contacts(c, key.mutuality, login.Member)
	if err != nil {
		return err
	}
	f.Phone = cmp.Or(known.Mobile, known.Home, known.Work)
	for _, part := range []func(*conn, memberKey, *office.File) error{
		db.fileAccount, filePaid, fileRequests, fileLetters, fileSignIns, fileChecks, fileLooks,
	} {
		if err := part(c, key, f); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) fileAccount(c *conn, key memberKey, f *office.File) error {
	var reason []byte
	var certified sql.NullInt64
	err := c.get(`
		SELECT state, CASE WHEN hash = '' THEN 0 ELSE 1 END, email_certified_at, reason_sealed FROM credentials
		WHERE mutuality = ? AND member = ?`,
		[]any{key.mutuality, key.member}, &f.Account.State, &f.Account.Password, &certified, &reason)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if f.Account.Email = certified.Valid; certified.Valid {
		a, _, err := db.account(c, key.mutuality, auth.MemberID(key.member))
		if err != nil {
			return err
		}
		f.Email = a.Email // hers, whatever the insurance system has
	}
	if reason != nil {
		text, err := key.open(sealedDisabled, "", 1, reason)
		if err != nil {
			return err
		}
		f.Account.Reason = string(text)
	}
	return c.get(`SELECT count(*) FROM sessions WHERE mutuality = ? AND member = ? AND ends_at > ?`,
		[]any{key.mutuality, key.member, micros(db.cfg.Now())}, &f.Account.Sessions)
}

// filePaid finds the last payment that the bank carried out, among those of the person
// herself: what a professional got is not hers.
func filePaid(c *conn, key memberKey, f *office.File) error {
	var paid sql.NullString
	err := c.get(`
		SELECT paid, cents, last4 FROM payments
		WHERE mutuality = ? AND member = ? AND paid IS NOT NULL AND kind <> ?
		ORDER BY paid DESC, treated DESC, payment DESC LIMIT 1`,
		[]any{key.mutuality, key.member, string(core.ThirdParty)}, &paid, &f.Paid.Cents, &f.Paid.Last4)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	f.Paid.At, err = fromDate(paid)
	return err
}

func fileRequests(c *conn, key memberKey, f *office.File) error {
	return c.each(`SELECT request, kind, reference, state, created_at, document IS NOT NULL FROM requests WHERE mutuality = ? AND member = ? AND (`+asked+` OR state <> ?) ORDER BY request DESC LIMIT ?`,
		[]any{key.mutuality, key.member, string(requests.ToSign), office.FileRows}, func(scan func(...any) error) error {
			var r office.Asked
			var at int64
			var id string
			var signed bool
			err := scan(&id, &r.Kind, &r.Reference, &r.State, &at, &signed)
			r.At = fromMicros(at)
			if signed && office.Kind(r.Kind).OfRequest() {
				r.Item = key.member + "-" + id
			}
			f.Requests = append(f.Requests, r)
			return err
		})
}

func fileLetters(c *conn, key memberKey, f *office.File) error {
	found, err := findLetters(c, `WHERE mutuality = ? AND member = ? ORDER BY letter DESC LIMIT ?`, key.mutuality, key.member, office.FileRows)
	for _, l := range found {
		at := l.At.Requested
		switch {
		case !l.At.Ended.IsZero():
			at = l.At.Ended
		case !l.At.Posted.IsZero():
			at = l.At.Posted
		case !l.At.Printed.IsZero():
			at = l.At.Printed
		}
		f.Letters = append(f.Letters, office.Letter{Kind: string(l.Kind), State: string(l.State), Reference: l.Reference, At: at})
	}
	return err
}

func fileSignIns(c *conn, key memberKey, f *office.File) error {
	return c.each(`SELECT at, method, denied_at FROM signins WHERE mutuality = ? AND member = ? ORDER BY at DESC LIMIT ?`,
		[]any{key.mutuality, key.member, office.FileRows}, func(scan func(...any) error) error {
			var s office.SignIn
			var at int64
			var denied sql.NullInt64
			err := scan(&at, &s.Method, &denied)
			s.At, s.Denied = fromMicros(at), denied.Valid
			f.SignIns = append(f.SignIns, s)
			return err
		})
}

func fileChecks(c *conn, key memberKey, f *office.File) error {
	return c.each(`
		SELECT k.checked, k.checked_at, k.staff, s.name, k.place, k.proofs, k.sealed FROM identity_checks k
		JOIN staff s ON s.mutuality = k.mutuality AND s.staff = k.staff
		WHERE k.mutuality = ? AND k.member = ? ORDER BY k.checked DESC LIMIT ?`,
		[]any{key.mutuality, key.member, office.FileRows}, func(scan func(...any) error) error {
			var k office.Checked
			var at int64
			var proofs string
			var sealed []byte
			if err := scan(&k.ID, &at, &k.Staff, &k.Name, &k.Place, &proofs, &sealed); err != nil {
				return err
			}
			k.At, k.Proofs = fromMicros(at), strings.Fields(proofs)
			if sealed != nil {
				words, err := key.open(sealedCheck, k.ID, 1, sealed)
				if err != nil {
					return err
				}
				k.Words = string(words)
			}
			f.Checks = append(f.Checks, k)
			return nil
		})
}

func fileLooks(c *conn, key memberKey, f *office.File) error {
	return c.each(`
		SELECT p.opened_at, s.name, p.reason FROM openings p JOIN staff s ON s.mutuality = p.mutuality AND s.staff = p.staff
		WHERE p.mutuality = ? AND p.member = ? ORDER BY p.opened_at DESC LIMIT ?`,
		[]any{key.mutuality, key.member, office.FileRows}, func(scan func(...any) error) error {
			var l office.Look
			var at int64
			var mark string
			err := scan(&at, &l.Name, &mark)
			l.Why.SetMark(mark)
			l.At = fromMicros(at)
			f.Looks = append(f.Looks, l)
			return err
		})
}

// RecordCheck implements office.Store.
func (db *DB) RecordCheck(ctx context.Context, o auth.Officer, opening string, k office.Check) (string, error) {
	if err := k.Check(); err != nil {
		return "", err
	}
	id, err := db.NewID()
	if err != nil {
		return "", err
	}
	note := db.officerEntry(ctx, o, "", audit.CheckIdentity, object("check", id))
	note.Reason = strings.Join(k.Proofs, " ")
	err = db.inFile(ctx, o, opening, note, func(t *tx, open office.Opening, key memberKey) error {
		var sealed []byte
		if k.Words != "" {
			sealed = key.seal(sealedCheck, id, 1, []byte(k.Words))
		}
		_, err := t.exec(`
			INSERT INTO identity_checks (mutuality, member, checked, staff, place, proofs, checked_at, sealed)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			key.mutuality, key.member, id, string(o.ID), k.Place, note.Reason, micros(db.cfg.Now()), sealed)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("recording identity check: %w", err)
	}
	return id, nil
}

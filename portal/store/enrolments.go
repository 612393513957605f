package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/enrol"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
)

var _ enrol.Store = (*DB)(nil)

// QueueEnrolment implements enrol.Store.
func (db *DB) QueueEnrolment(ctx context.Context, j jobs.Job) error {
	if err := db.write(ctx, audit.Entry{}, func(t *tx) error { return t.enqueue(db, j) }); err != nil {
		return fmt.Errorf("queueing job: %w", err)
	}
	return nil
}

// SendFirstLetter implements enrol.Store.
func (db *DB) SendFirstLetter(ctx context.Context, j jobs.Job, o enrol.LetterOrder) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		if err := t.finish(j); err != nil {
			return err
		}
		members, err := db.holders(t.conn, j.Mutuality, o.Handle)
		if err != nil || len(members) != 1 {
			return err
		}
		return db.firstLetter(ctx, t, j.Mutuality, auth.MemberID(members[0]), o)
	})
	if err != nil {
		return fmt.Errorf("sending a first letter: %w", err)
	}
	return nil
}

// firstLetter makes account, code and letter. Who has a password gets the code for
// another one, which leaves the old one be until it is used; whose account staff have
// closed, or who was written to lately, gets nothing.
func (db *DB) firstLetter(ctx context.Context, t *tx, mutuality string, member auth.MemberID, o enrol.LetterOrder) error {
	a, _, err := db.account(t.conn, mutuality, member)
	if err != nil || a.State == credentials.Disabled {
		return err
	}
	if enough, err := enoughLetters(t, mutuality, member, o.At, o.Bounds); err != nil || enough {
		return err
	}
	kind := letters.FirstCredentials
	if a.HasPassword {
		kind = letters.NewPassword
	}
	if a.State == credentials.None {
		err := t.putAccount(db, credentials.Enrolment{Mutuality: mutuality, Member: member, State: credentials.Pending, At: o.At})
		if err == nil {
			err = t.note(db.ownEntry(ctx, mutuality, member, audit.Enrol, object("way", "letter")))
		}
		if err != nil {
			return err
		}
	}
	code := o.Code
	code.Mutuality, code.Member, code.Purpose = mutuality, member, kind.Purpose()
	id, err := t.code(db, code, o.Secret)
	if err != nil {
		return err
	}
	letter := letters.Letter{Mutuality: mutuality, Member: member, Kind: kind, Lang: a.Language, Secret: o.Secret, Code: id, Deadline: code.Expires}
	if kind == letters.FirstCredentials {
		letter.UserNumber = credentials.Handle{Kind: credentials.KindUser, Value: a.UserNumber}.Shown()
	}
	if _, err := t.letter(db, letter); err != nil {
		return err
	}
	return db.announce(t, a, mail.LetterOnItsWay, map[string]string{string(mail.By): o.By})
}

// enoughLetters says whether the member was written to lately, by the rule of package
// letters: a code of hers is on its way, or many were.
func enoughLetters(t *tx, mutuality string, member auth.MemberID, at time.Time, b letters.Bounds) (bool, error) {
	var all, alive int
	err := t.get(`
		SELECT count(*), count(CASE WHEN letters.requested_at >= ? AND letters.state IN ('requested', 'printed', 'posted')
			AND credential_codes.outcome = '' AND credential_codes.expires_at > ? THEN 1 END)
		FROM letters LEFT JOIN credential_codes USING (mutuality, member, code)
		WHERE mutuality = ? AND member = ? AND letters.requested_at >= ? AND kind IN (?, ?, ?)`,
		[]any{micros(b.OnItsWay), micros(at), mutuality, string(member), micros(b.Since),
			string(letters.FirstCredentials), string(letters.NewPassword), string(letters.EnrolmentCode)}, &all, &alive)
	return all >= b.Most || alive > 0, err
}

// announce writes to the address that tell would take; without one nothing is sent.
func (db *DB) announce(t *tx, a credentials.Account, template mail.Template, values map[string]string) error {
	to, err := addressOf(t.conn, a)
	if err != nil || to == "" {
		return err
	}
	return t.mail(db, mail.Message{Mutuality: a.Mutuality, Member: a.Member, To: to, Template: template, Lang: a.Language, Values: values})
}

// OpenByProof implements enrol.Store. What was pending is open now too: the code that is
// on its way still sets the first password.
func (db *DB) OpenByProof(ctx context.Context, login auth.Login, p enrol.Proof) (opened bool, err error) {
	way := string(login.Method)
	if login.Kiosk != "" {
		way = string(enrol.ByKiosk)
	}
	note := db.ownEntry(ctx, login.Mutuality, login.Member, audit.Enrol, object("way", way))
	note.Method, note.Assurance = string(login.Method), login.Assurance.String()
	var refused error
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		opened, refused = false, nil // run again after a lost connection
		a, _, err := db.account(t.conn, login.Mutuality, login.Member)
		if err != nil || a.State != credentials.None && a.State != credentials.Pending {
			return err
		}
		if login.Kiosk != "" {
			if refused = cardProves(t.conn, login, p.At); refused != nil {
				return t.note(refusal(note, refused))
			}
		}
		opened = true
		return db.openByProof(ctx, t, a, note, p)
	})
	if err = errors.Join(err, refused); err != nil {
		return false, fmt.Errorf("opening an account: %w", err)
	}
	return opened, nil
}

// openByProof makes the account, its row, and what is sent after it.
func (db *DB) openByProof(ctx context.Context, t *tx, a credentials.Account, note audit.Entry, p enrol.Proof) error {
	err := t.putAccount(db, credentials.Enrolment{Mutuality: a.Mutuality, Member: a.Member, State: credentials.Active, At: p.At})
	if err == nil {
		err = t.note(note)
	}
	if err == nil {
		err = db.announce(t, a, mail.Enrolled, map[string]string{string(mail.At): p.At.UTC().Format(time.RFC3339)})
	}
	if err == nil && p.Letter != nil {
		err = db.firstLetter(ctx, t, a.Mutuality, a.Member, *p.Letter)
	}
	return err
}

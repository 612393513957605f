package store

import (
	"context"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
)

// CodeAtCounter makes an account, if there is none, and a letter with the code that opens
// it, in one commit; it returns the letter's reference. The identity was checked by this
// officer, just now: office.ErrState otherwise, and where the account is disabled.
func (db *DB) CodeAtCounter(ctx context.Context, o auth.Officer, member auth.MemberID, check string, code credentials.Code, secret string) (string, error) {
	var reference string
	err := db.atCounter(ctx, o, member, check, "code", func(t *tx, a credentials.Account) error {
		err := t.putAccount(db, credentials.Enrolment{Mutuality: o.Mutuality, Member: member, State: credentials.Pending, At: db.cfg.Now()})
		if err != nil {
			return err
		}
		id, err := t.code(db, code, secret)
		if err != nil {
			return err
		}
		letter, err := t.letter(db, letters.Letter{Mutuality: o.Mutuality, Member: member, Kind: letters.EnrolmentCode,
			Lang: a.Language, Secret: secret, Code: id, Deadline: code.Expires})
		if err != nil {
			return err
		}
		return t.get(`SELECT reference FROM letters WHERE mutuality = ? AND member = ? AND letter = ?`,
			[]any{o.Mutuality, string(member), letter}, &reference)
	})
	return reference, err
}

// CardAtCounter opens the account of the person whose card has just proved to be hers,
// with the conditions of CodeAtCounter. She is told by mail.
func (db *DB) CardAtCounter(ctx context.Context, o auth.Officer, member auth.MemberID, check string) error {
	return db.atCounter(ctx, o, member, check, "card", func(t *tx, a credentials.Account) error {
		now := db.cfg.Now()
		err := t.putAccount(db, credentials.Enrolment{Mutuality: o.Mutuality, Member: member, State: credentials.Active, At: now})
		if err != nil {
			return err
		}
		return db.tell(t, a, mail.NewSignInMethod, now)
	})
}

// atCounter runs an enrolment after an identity check, with its row.
func (db *DB) atCounter(ctx context.Context, o auth.Officer, member auth.MemberID, check, how string, do func(*tx, credentials.Account) error) error {
	note := db.officerEntry(ctx, o, member, audit.EnrolMember, object("check", check))
	note.Reason = "by " + how
	err := db.write(ctx, note, func(t *tx) error {
		if err := db.checkedNow(t, o, member, check); err != nil {
			return err
		}
		if err := notOwn(t.conn, o, member); err != nil {
			return err
		}
		a, _, err := db.account(t.conn, o.Mutuality, member)
		if err != nil {
			return err
		}
		if a.State == credentials.Disabled {
			return office.ErrState
		}
		return do(t, a)
	})
	if err != nil {
		return fmt.Errorf("enrolling at the counter: %w", err)
	}
	return nil
}

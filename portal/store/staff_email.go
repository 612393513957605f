package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
)

// EmailAtCounter sends the link that makes an address the person's, whose file is open
// and whose identity this officer has just checked, and tells where she was written to
// until now: all in one commit. The code's Payload is the address; link makes the whole
// address of the page from the language of the mail. Nothing else changes before the
// link is opened. office.ErrNoOpening, office.ErrState.
func (db *DB) EmailAtCounter(ctx context.Context, o auth.Officer, opening, check string, code credentials.Code, secret string, link func(lang string) string) error {
	note := db.officerEntry(ctx, o, "", audit.AskEmail, object("check", check))
	err := db.inFile(ctx, o, opening, note, func(t *tx, open office.Opening, key memberKey) error {
		if err := db.checkedNow(t, o, open.Member, check); err != nil {
			return err
		}
		a, _, err := db.account(t.conn, key.mutuality, open.Member)
		if err != nil {
			return err
		}
		if a.State == credentials.Disabled || a.Certified() && strings.EqualFold(a.Email, code.Payload) {
			return office.ErrState
		}
		if err := db.tellOld(t, a, code.Payload); err != nil {
			return err
		}
		code.Mutuality, code.Member = key.mutuality, open.Member
		if _, err := t.code(db, code, secret); err != nil {
			return err
		}
		return t.mail(db, mail.Message{
			Mutuality: a.Mutuality, Member: a.Member, To: code.Payload, Template: mail.ConfirmEmail, Lang: a.Language, Until: code.Expires,
			Values: map[string]string{string(mail.Link): link(a.Language), string(mail.Until): code.Expires.UTC().Format(time.RFC3339)},
		})
	})
	if err != nil {
		return fmt.Errorf("taking another address: %w", err)
	}
	return nil
}

// tellOld tells the address that was, or her letter box where there was none, that
// another was asked for. Who only confirms the address on file needs no telling.
func (db *DB) tellOld(t *tx, a credentials.Account, wanted string) error {
	old, err := addressOf(t.conn, a)
	switch {
	case err != nil || strings.EqualFold(old, wanted):
		return err
	case old != "":
		return db.tell(t, a, mail.EmailAsked, db.cfg.Now())
	}
	_, err = t.letter(db, letters.Letter{Mutuality: a.Mutuality, Member: a.Member, Kind: letters.NewEmail, Lang: a.Language})
	return err
}

// checkedNow refuses what wants an identity check by this officer, made while the person
// is still at the counter. office.ErrState.
func (db *DB) checkedNow(t *tx, o auth.Officer, member auth.MemberID, check string) error {
	var checked int
	err := t.get(`
		SELECT count(*) FROM identity_checks WHERE mutuality = ? AND member = ? AND checked = ? AND staff = ? AND checked_at >= ?`,
		[]any{o.Mutuality, string(member), check, string(o.ID), micros(db.cfg.Now().Add(-office.CheckLife))}, &checked)
	if err == nil && checked == 0 {
		err = office.ErrState
	}
	return err
}

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
// link is opened. In the place of a certified address nothing is sent before a second
// officer agreed: waits says that an item asks for her. office.ErrNoOpening, office.ErrState.
func (db *DB) EmailAtCounter(ctx context.Context, o auth.Officer, opening, check string, code credentials.Code, secret string, link func(lang string) string) (waits bool, err error) {
	note := db.officerEntry(ctx, o, "", audit.AskEmail, object("check", check))
	err = db.inFile(ctx, o, opening, note, func(t *tx, open office.Opening, key memberKey) error {
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
		if waits = a.Certified(); waits {
			return db.askSecond(t, o, a, check, code.Payload)
		}
		return db.sendLink(t, a, code, secret, link)
	})
	if err != nil {
		return false, fmt.Errorf("taking another address: %w", err)
	}
	return waits, nil
}

// sendLink sends the link that makes the code's address the member's.
func (db *DB) sendLink(t *tx, a credentials.Account, code credentials.Code, secret string, link func(lang string) string) error {
	code.Mutuality, code.Member = a.Mutuality, a.Member
	if _, err := t.code(db, code, secret); err != nil {
		return err
	}
	return t.mail(db, mail.Message{
		Mutuality: a.Mutuality, Member: a.Member, To: code.Payload, Template: mail.ConfirmEmail, Lang: a.Language, Until: code.Expires,
		Values: map[string]string{string(mail.Link): link(a.Language), string(mail.Until): code.Expires.UTC().Format(time.RFC3339)},
	})
}

// askSecond makes the item that asks another officer to agree, and ends one that waits: it
// was for another address, or is asked again.
func (db *DB) askSecond(t *tx, o auth.Officer, a credentials.Account, check, address string) error {
	_, err := t.exec(`UPDATE tasks SET closed_at = ? WHERE mutuality = ? AND member = ? AND kind = ? AND closed_at IS NULL`,
		micros(db.cfg.Now()), a.Mutuality, string(a.Member), string(office.EmailSecond))
	if err != nil {
		return err
	}
	var proofs string
	err = t.get(`SELECT proofs FROM identity_checks WHERE mutuality = ? AND member = ? AND checked = ?`, []any{a.Mutuality, string(a.Member), check}, &proofs)
	if err != nil {
		return err
	}
	made, err := t.task(db, office.Task{Mutuality: a.Mutuality, Kind: office.EmailSecond, Member: a.Member, Language: a.Language,
		Said: map[string]string{"old-email": a.Email, "new-email": address, "cause": proofs}})
	if err != nil {
		return err
	}
	return t.event(db, o, office.Item{ID: made.ID, Kind: made.Kind, Member: a.Member}, office.EventAgreed, "")
}

// AgreeEmail sends the link of an item of office.EmailSecond that the officer holds, and
// ends it. The code's Payload is that of the item. office.ErrFirst for who asked,
// office.ErrState if the account is another one by now; office's errors of an item.
func (db *DB) AgreeEmail(ctx context.Context, o auth.Officer, id string, a office.Answer, code credentials.Code, secret string, link func(lang string) string) error {
	err := db.heldBy(ctx, o, id, audit.CloseTask, func(t *tx, i office.Item) error {
		if i.Kind != office.EmailSecond || a.What != office.EventAccepted {
			return office.ErrState
		}
		if err := a.Check(i.Kind); err != nil {
			return err
		}
		if err := notOwn(t.conn, o, i.Member); err != nil {
			return err
		}
		if err := notFirst(t, o, i); err != nil {
			return err
		}
		key, err := db.keyOf(t.conn, o.Mutuality, i.Member)
		if err != nil {
			return err
		}
		said, err := itemSaid(t.conn, key, o.Mutuality, i.ID)
		if err != nil {
			return err
		}
		now, _, err := db.account(t.conn, o.Mutuality, i.Member)
		if err != nil {
			return err
		}
		if now.State == credentials.Disabled || !now.Certified() || !sameAddress(now.Email, said["old-email"]) || said["new-email"] == "" {
			return office.ErrState
		}
		code.Payload = said["new-email"]
		if err := db.sendLink(t, now, code, secret, link); err != nil {
			return err
		}
		if err := db.closeTask(t, o, i, a); err != nil {
			return err
		}
		if err := t.event(db, o, i, a.What, a.Words); err != nil {
			return err
		}
		if err := t.note(db.officerEntry(ctx, o, i.Member, audit.AskEmail, object("task", i.ID))); err != nil {
			return err
		}
		return letGo(t, o, i.ID)
	})
	if err != nil {
		return fmt.Errorf("agreeing to another address: %w", err)
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

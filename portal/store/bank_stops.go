package store

import (
	"context"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// StopLink implements bank.Store. It says nothing of what the link stops.
func (db *DB) StopLink(ctx context.Context, mutuality, secret string) error {
	err := db.read(ctx, func(c *conn) error {
		_, err := db.findCode(c, mutuality, credentials.StopChange, secret, db.cfg.Now())
		return err
	})
	return linkError(err)
}

func linkError(err error) error {
	if errors.Is(err, credentials.ErrCode) || errors.Is(err, credentials.ErrCodeExpired) {
		return bank.ErrLink
	}
	return err
}

// StopByLink implements bank.Store. Whatever state the change is in, the link is used.
func (db *DB) StopByLink(ctx context.Context, mutuality, secret string) error {
	var inForce bool
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		code, err := db.useCode(ctx, t, mutuality, credentials.StopChange, secret, db.cfg.Now())
		if err != nil {
			return linkError(err)
		}
		key, err := db.keyOf(t.conn, mutuality, code.Member)
		if err != nil {
			return err
		}
		note := db.ownEntry(ctx, mutuality, code.Member, audit.StopBankChange, object("request", code.Payload))
		note.Reason = "link"
		if inForce, err = db.stopChange(t, key, code.Payload, "link", note); err != nil {
			return err
		}
		// Whoever asked for it sits perhaps in a session that is not hers.
		return db.endSessions(ctx, t, mutuality, code.Member, "", "change of account stopped")
	})
	switch {
	case err != nil:
		return fmt.Errorf("stopping a change of account: %w", err)
	case inForce:
		return bank.ErrInForce
	}
	return nil
}

// StopChange implements bank.Store.
func (db *DB) StopChange(ctx context.Context, login auth.Login, request string) error {
	key, err := db.key(ctx, login)
	if err != nil {
		return fmt.Errorf("stopping a change of account: %w", err)
	}
	var inForce bool
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		if err := ofMember(t, key, request); err != nil {
			return err
		}
		note := db.entry(ctx, login, audit.StopBankChange, object("request", request))
		inForce, err = db.stopChange(t, key, request, "member", note)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("stopping a change of account: %w", err)
	case inForce:
		return bank.ErrInForce
	}
	return nil
}

// stopChange refuses the change, whatever was agreed, and calls the office. One that is in
// force stays so, and the office is called all the more; one that ended otherwise stays as
// it is.
func (db *DB) stopChange(t *tx, key memberKey, request, by string, note audit.Entry) (inForce bool, err error) {
	r, _, err := findRequest(t.conn, key, request)
	if err != nil {
		return false, err
	}
	if r.Act.Kind() != document.KindBankChange {
		return false, requests.ErrNotFound
	}
	now := db.cfg.Now()
	cause := "stopped"
	switch r.State {
	case requests.Signed, requests.Pending, requests.Accepted:
		if err := db.rejectChange(t, key, r, by); err != nil {
			return false, err
		}
		b, found, err := db.findChange(t.conn, key, r)
		if err == nil && !found {
			err = t.keepChange(key, r, b)
		}
		if err != nil {
			return false, err
		}
	case requests.Done:
		cause, inForce = "too-late", true
	default:
		return false, nil
	}
	_, err = t.exec(`UPDATE bank_changes SET stopped_by = ?, stopped_at = ? WHERE mutuality = ? AND member = ? AND request = ? AND stopped_at IS NULL`,
		by, micros(now), key.mutuality, key.member, request)
	if err != nil {
		return false, err
	}
	if err := db.endItem(t, key, r.ID, office.EventStopped); err != nil {
		return false, err
	}
	if err := t.note(note); err != nil {
		return false, err
	}
	return inForce, db.callOffice(t, key, r, cause)
}

// rejectChange refuses a change that no officer refuses, with the reason in the member's
// language: she reads it with her request.
func (db *DB) rejectChange(t *tx, key memberKey, r requests.Request, why string) error {
	lang, _ := locale.Parse(string(r.Act.Head().Language))
	if err := moveRequest(t, key, r.ID, r.Revision, requests.Rejected, locale.T(lang, "bank.reason."+why)); err != nil {
		return err
	}
	return t.requestNews(db, key, r.ID, requests.NewsRejected)
}

// endItem writes the last event of a request that no officer ended, and frees it.
func (db *DB) endItem(t *tx, key memberKey, request, what string) error {
	item := office.Item{ID: key.member + "-" + request, Member: auth.MemberID(key.member)}
	if err := t.event(db, auth.Officer{Mutuality: key.mutuality}, item, what, ""); err != nil {
		return err
	}
	_, err := t.exec(`DELETE FROM task_holds WHERE mutuality = ? AND task = ?`, key.mutuality, item.ID)
	return err
}

// callOffice makes the task of a change that was stopped, or could not come to be in force,
// and tells the member everywhere.
func (db *DB) callOffice(t *tx, key memberKey, r requests.Request, cause string) error {
	a, _, err := db.account(t.conn, key.mutuality, auth.MemberID(key.member))
	if err != nil {
		return err
	}
	_, err = t.task(db, office.Task{Mutuality: key.mutuality, Kind: office.BankStopped, Member: a.Member, Language: a.Language,
		Said: map[string]string{"document": r.Reference, "cause": cause}})
	if err != nil {
		return err
	}
	if cause == "too-late" {
		return db.tellChange(t, a, mail.BankLate, r.Reference)
	}
	return db.tellChange(t, a, mail.BankStopped, r.Reference)
}

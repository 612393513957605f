package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// bankChange is a row of bank_changes.
type bankChange struct {
	request             string
	reference           string
	notBefore           time.Time // the delay is over, and the day asked for has come
	code                string
	agreedBy, confirmed string // officers
	stopped             time.Time
}

// guard begins the shield of a change that is signed in this commit: its row, and word of
// it to every channel that was known before. Other requests have none.
func (db *DB) guard(t *tx, key memberKey, r requests.Request, at time.Time) error {
	act, ok := r.Act.(document.BankChange)
	if !ok {
		return nil
	}
	a, _, err := db.account(t.conn, key.mutuality, auth.MemberID(key.member))
	if err != nil {
		return err
	}
	notBefore := bank.InForce(bank.NotBefore(at, db.cfg.BankDelay, db.cfg.Calendar), act.From)
	to, err := db.channels(t.conn, a, at)
	if err != nil {
		return err
	}
	code, secret := "", ""
	if len(to) > 0 {
		if secret, err = credentials.NewLink(db.cfg.Rand); err != nil {
			return err
		}
		code, err = t.code(db, credentials.Code{Mutuality: key.mutuality, Member: a.Member, Purpose: credentials.StopChange,
			Created: at, Expires: notBefore.Add(bank.LinkLife), Payload: r.ID}, secret)
		if err != nil {
			return err
		}
	}
	_, err = t.exec(`
		INSERT INTO bank_changes (mutuality, member, request, asked_at, not_before, code, agreed_by, confirmed_by, stopped_by)
		VALUES (?, ?, ?, ?, ?, ?, '', '', '')`,
		key.mutuality, key.member, r.ID, micros(at), micros(notBefore), code)
	if err != nil {
		return err
	}
	for _, address := range to {
		err := t.mail(db, mail.Message{
			Mutuality: key.mutuality, Member: a.Member, To: address, Template: mail.BankAsked, Lang: a.Language, Until: notBefore,
			Values: map[string]string{
				string(mail.At): at.UTC().Format(time.RFC3339), string(mail.Reference): r.Reference,
				string(mail.By):   notBefore.In(locale.Zone()).Format(time.DateOnly),
				string(mail.Link): "/" + a.Language + "/bank/stop/" + secret},
		})
		if err != nil {
			return err
		}
	}
	_, err = t.letter(db, letters.Letter{Mutuality: key.mutuality, Member: a.Member, Kind: letters.BankAsked, Lang: a.Language,
		Matter: &letters.Matter{Request: r.ID, Reference: r.Reference, At: at, By: notBefore}})
	return err
}

// findChange reads the shield of a request. One that was signed before there were shields
// gets the delay that it would have had.
func (db *DB) findChange(c *conn, key memberKey, r requests.Request) (bankChange, bool, error) {
	b := bankChange{request: r.ID, reference: r.Reference}
	var notBefore int64
	var stopped sql.NullInt64
	err := c.get(`
		SELECT not_before, code, agreed_by, confirmed_by, stopped_at FROM bank_changes
		WHERE mutuality = ? AND member = ? AND request = ?`,
		[]any{key.mutuality, key.member, r.ID}, &notBefore, &b.code, &b.agreedBy, &b.confirmed, &stopped)
	if errors.Is(err, sql.ErrNoRows) {
		act, _ := r.Act.(document.BankChange)
		b.notBefore = bank.InForce(bank.NotBefore(r.SignedAt, db.cfg.BankDelay, db.cfg.Calendar), act.From)
		return b, false, nil
	}
	b.notBefore, b.stopped = fromMicros(notBefore), fromMaybe(stopped)
	return b, err == nil, err
}

// keepChange writes the row of a change that has none.
func (t *tx) keepChange(key memberKey, r requests.Request, b bankChange) error {
	_, err := t.exec(`
		INSERT INTO bank_changes (mutuality, member, request, asked_at, not_before, code, agreed_by, confirmed_by, stopped_by)
		VALUES (?, ?, ?, ?, ?, '', '', '', '') ON CONFLICT (mutuality, member, request) DO NOTHING`,
		key.mutuality, key.member, r.ID, micros(r.SignedAt), micros(b.notBefore))
	return err
}

// agree notes an officer's yes to a change of account: the first waits for a second, who
// is another one. done says that this was the second, and when the change is in force.
func (db *DB) agree(ctx context.Context, t *tx, o auth.Officer, key memberKey, r requests.Request) (done bool, err error) {
	act, ok := r.Act.(document.BankChange)
	if !ok {
		return false, office.ErrState
	}
	if err := accountUnchanged(t, loginOf(key), act); err != nil {
		return false, office.ErrAccountChanged
	}
	b, found, err := db.findChange(t.conn, key, r)
	if err == nil && !found {
		err = t.keepChange(key, r, b)
	}
	now, gone := db.cfg.Now(), false
	if err == nil && b.agreedBy != "" {
		gone, err = noOfficer(t, o.Mutuality, auth.StaffID(b.agreedBy))
	}
	switch {
	case err != nil:
		return false, err
	case b.agreedBy == "", gone: // whoever may not agree any more has not agreed
		_, err := t.exec(`UPDATE bank_changes SET agreed_by = ?, agreed_at = ? WHERE mutuality = ? AND member = ? AND request = ? AND agreed_by = ?`,
			string(o.ID), micros(now), key.mutuality, key.member, r.ID, b.agreedBy)
		if err != nil {
			return false, err
		}
		return false, t.note(db.officerEntry(ctx, o, auth.MemberID(key.member), audit.AgreeBankChange, object("request", r.ID)))
	case b.agreedBy == string(o.ID):
		return false, office.ErrFirst
	}
	_, err = t.exec(`UPDATE bank_changes SET confirmed_by = ?, confirmed_at = ? WHERE mutuality = ? AND member = ? AND request = ? AND agreed_by <> ?`,
		string(o.ID), micros(now), key.mutuality, key.member, r.ID, string(o.ID))
	if err != nil {
		return false, err
	}
	return true, t.enqueue(db, jobs.Job{Kind: bank.JobKind, Mutuality: key.mutuality, Member: auth.MemberID(key.member), Key: r.ID,
		Created: now, Due: latest(now, b.notBefore)})
}

// noOfficer says that somebody is disabled since, or answers no requests any more.
func noOfficer(t *tx, mutuality string, id auth.StaffID) (bool, error) {
	k, err := colleague(t, mutuality, id)
	if errors.Is(err, office.ErrNotFound) {
		return true, nil
	}
	now := auth.Officer{Mutuality: mutuality, ID: id, Roles: k.Roles}
	return !k.Disabled.IsZero() || auth.DefaultPolicy().AllowOfficer(&now, auth.WorkQueue) != nil, err
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// notFirst refuses an officer who already agreed to the change of account behind the item,
// or asked for the change of address that it is: it waits for another pair of eyes.
func notFirst(t *tx, o auth.Officer, i office.Item) error {
	member, request, ok := itemRequest(i.ID)
	if !ok {
		var own int
		err := t.get(`SELECT count(*) FROM task_events WHERE mutuality = ? AND task = ? AND what = ? AND staff = ?`,
			[]any{o.Mutuality, i.ID, office.EventAgreed, string(o.ID)}, &own)
		if err == nil && own > 0 {
			err = office.ErrFirst
		}
		return err
	}
	var by string
	err := t.get(`SELECT agreed_by FROM bank_changes WHERE mutuality = ? AND member = ? AND request = ?`,
		[]any{o.Mutuality, string(member), request}, &by)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil && by == string(o.ID):
		return office.ErrFirst
	}
	return err
}

// ApplyChange implements bank.Applier: the change comes to be in force, or is refused where
// the account is another one by now. What was stopped meanwhile is left as it is.
func (db *DB) ApplyChange(ctx context.Context, j jobs.Job) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		key, err := db.keyOf(t.conn, j.Mutuality, j.Member)
		if err != nil {
			return err
		}
		r, _, err := findRequest(t.conn, key, j.Key)
		if err != nil {
			return err
		}
		act, ok := r.Act.(document.BankChange)
		if !ok || r.State != requests.Accepted {
			return t.finish(j)
		}
		b, _, err := db.findChange(t.conn, key, r)
		if err != nil {
			return err
		}
		now := db.cfg.Now()
		if now.Before(b.notBefore) { // a clock that went back
			return t.putOff(db, j, b.notBefore, "not yet")
		}
		if err := t.finish(j); err != nil {
			return err
		}
		if err := accountUnchanged(t, loginOf(key), act); errors.Is(err, requests.ErrChanged) {
			return db.refuseLate(ctx, t, key, r)
		} else if err != nil {
			return err
		}
		return db.putInForce(ctx, t, key, r, act, now)
	})
	if err != nil {
		return fmt.Errorf("putting a change of account in force: %w", err)
	}
	return nil
}

// refuseLate refuses a change whose account was replaced while it waited for its day.
func (db *DB) refuseLate(ctx context.Context, t *tx, key memberKey, r requests.Request) error {
	if err := db.rejectChange(t, key, r, "other-account"); err != nil {
		return err
	}
	note := db.ownEntry(ctx, key.mutuality, auth.MemberID(key.member), audit.RejectRequest, object("request", r.ID))
	note.Reason = "account changed"
	if err := t.note(note); err != nil {
		return err
	}
	if err := db.endItem(t, auth.Officer{Mutuality: key.mutuality}, key, r.ID, office.EventRejected, ""); err != nil {
		return err
	}
	return db.callOffice(t, key, r, "other-account")
}

// putInForce writes the account, the request's last state, its line for the insurance
// system and the notices, in one commit.
func (db *DB) putInForce(ctx context.Context, t *tx, key memberKey, r requests.Request, act document.BankChange, now time.Time) error {
	member := auth.MemberID(key.member)
	since := belgianDay(now)
	err := db.putAccount(t, key.mutuality, member, bank.Account{
		Purpose: bank.Benefits, IBAN: bank.IBAN(act.NewIBAN), BIC: act.BIC, Bank: act.Bank, Holder: act.Holder, Since: since})
	if err != nil {
		return err
	}
	if err := moveRequest(t, key, r.ID, r.Revision, requests.Done, ""); err != nil {
		return err
	}
	if err := t.requestNews(db, key, r.ID, requests.NewsDone); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE bank_changes SET in_force = ? WHERE mutuality = ? AND member = ? AND request = ?`,
		micros(now), key.mutuality, key.member, r.ID)
	if err != nil {
		return err
	}
	if err := t.note(db.ownEntry(ctx, key.mutuality, member, audit.ApplyBankChange, object("request", r.ID))); err != nil {
		return err
	}
	version, err := accountVersion(t.conn, loginOf(key), bank.Benefits)
	if err != nil {
		return err
	}
	if err := db.exportChange(t, key, r, act, since, version); err != nil {
		return err
	}
	a, _, err := db.account(t.conn, key.mutuality, member)
	if err != nil {
		return err
	}
	return db.tellChange(t, a, mail.BankChanged, r.Reference)
}

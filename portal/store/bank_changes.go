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

// channels are the addresses at which a member was known before what she is told of: the
// one that was shown to be hers, the one on file, and those that a change of address of
// late replaced. Who took an account over first changes where its owner is told.
func (db *DB) channels(c *conn, a credentials.Account, now time.Time) ([]string, error) {
	var list []string
	seen := map[string]bool{}
	add := func(address string) {
		if _, err := mail.ParseAddress(address); err != nil {
			return
		}
		if folded, err := credentials.FoldEmail(address); err == nil && !seen[folded] {
			seen[folded] = true
			list = append(list, address)
		}
	}
	if a.Certified() {
		add(a.Email)
	}
	var onFile string
	err := c.get(`SELECT email FROM members WHERE mutuality = ? AND member = ?`, []any{a.Mutuality, string(a.Member)}, &onFile)
	if err != nil {
		return nil, err
	}
	add(onFile)
	key, err := db.keyOf(c, a.Mutuality, a.Member)
	if err != nil {
		return nil, err
	}
	err = c.each(`
		SELECT code, payload_sealed FROM credential_codes
		WHERE mutuality = ? AND member = ? AND purpose = ? AND outcome = '' AND expires_at >= ? ORDER BY created_at`,
		[]any{a.Mutuality, string(a.Member), string(credentials.UndoEmail), micros(now)}, func(scan func(...any) error) error {
			var id string
			var sealed []byte
			if err := scan(&id, &sealed); err != nil {
				return err
			}
			before, err := key.open(sealedPayload, id, 1, sealed)
			add(string(before))
			return err
		})
	if err != nil {
		return nil, err
	}
	replaced, err := replacedEmails(c, key, now.Add(-replacedFor))
	for _, address := range replaced {
		add(address)
	}
	return list, err
}

// replacedFor is how long an address that was replaced is told of what the member is.
const replacedFor = 30 * 24 * time.Hour

// replacedEmails are the addresses that changes since then have replaced, whatever became
// of the links that undo them. One that was put in by somebody else and undone is among
// them: it learns nothing but that a change waits, and could only stop it.
func replacedEmails(c *conn, key memberKey, since time.Time) (list []string, err error) {
	err = c.each(`
		SELECT change, old_sealed FROM contact_changes
		WHERE mutuality = ? AND member = ? AND field = ? AND at >= ? ORDER BY change`,
		[]any{key.mutuality, key.member, emailField, micros(since)}, func(scan func(...any) error) error {
			var id string
			var sealed []byte
			if err := scan(&id, &sealed); err != nil {
				return err
			}
			old, err := key.open(sealedContactOld, id, 1, sealed)
			list = append(list, string(old))
			return err
		})
	return list, err
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

// notFirst refuses an officer who already agreed to the change of account behind the item:
// it waits for another pair of eyes.
func notFirst(t *tx, o auth.Officer, i office.Item) error {
	member, request, ok := itemRequest(i.ID)
	if !ok {
		return nil
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
	if err := db.endItem(t, key, r, office.EventStopped); err != nil {
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
	return moveRequest(t, key, r.ID, r.Revision, requests.Rejected, locale.T(lang, "bank.reason."+why))
}

// endItem writes the last event of a request that no officer ended, and frees it.
func (db *DB) endItem(t *tx, key memberKey, r requests.Request, what string) error {
	item := office.Item{ID: key.member + "-" + r.ID, Member: auth.MemberID(key.member)}
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

// tellChange writes to every channel that a change of account stopped, or is in force.
func (db *DB) tellChange(t *tx, a credentials.Account, template mail.Template, reference string) error {
	now := db.cfg.Now()
	to, err := db.channels(t.conn, a, now)
	for _, address := range to {
		err = errors.Join(err, t.mail(db, mail.Message{Mutuality: a.Mutuality, Member: a.Member, To: address, Template: template, Lang: a.Language,
			Values: map[string]string{string(mail.At): now.UTC().Format(time.RFC3339), string(mail.Reference): reference}}))
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
	if err := db.endItem(t, key, r, office.EventRejected); err != nil {
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

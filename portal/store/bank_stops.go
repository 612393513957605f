package store

import (
	"cmp"
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
		if inForce, err = db.stopChange(t, key, code.Payload, stopping{by: "link", note: note}); err != nil {
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
		inForce, err = db.stopChange(t, key, request, stopping{by: byMember, note: note})
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

// StopForMember implements office.Store: who reads no e-mail and has no way in is told by
// letter to call. Before both officers agreed there is nothing to stop: the item is refused.
func (db *DB) StopForMember(ctx context.Context, o auth.Officer, id, words string) error {
	if (office.Answer{What: office.EventAnswered, Words: words}).Check(office.CannotConnect) != nil {
		return office.ErrReason
	}
	member, request, _ := itemRequest(id)
	note := db.officerEntry(ctx, o, member, audit.StopBankChange, object("request", request))
	note.Reason = "office"
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		i, err := item(t.conn, o.Mutuality, id)
		if err != nil {
			return err
		}
		if err := notOwn(t.conn, o, i.Member); err != nil {
			return err
		}
		if waits, err := waitsForItsDay(t.conn, o.Mutuality, i); err != nil || !waits {
			return cmp.Or(err, office.ErrState)
		}
		key, err := db.keyOf(t.conn, o.Mutuality, i.Member)
		if err != nil {
			return err
		}
		if _, err := db.stopChange(t, key, request, stopping{by: "office", officer: o, words: words, note: note}); err != nil {
			return err
		}
		return db.endSessions(ctx, t, o.Mutuality, i.Member, "", "change of account stopped")
	})
	if err != nil {
		return fmt.Errorf("stopping a change of account for its member: %w", err)
	}
	return nil
}

// waitsForItsDay says whether an item is a change of account that both officers agreed to
// and that is not in force.
func waitsForItsDay(c *conn, mutuality string, i office.Item) (bool, error) {
	_, request, ok := itemRequest(i.ID)
	if !ok || i.Kind != office.BankChange {
		return false, nil
	}
	var state string
	err := c.get(`SELECT state FROM requests WHERE mutuality = ? AND member = ? AND request = ?`, []any{mutuality, string(i.Member), request}, &state)
	return state == string(requests.Accepted), err
}

// stopSince stops what was signed since a sign-in that its member denies and is not in
// force: who came in as her asked for it, perhaps. A change of her own she asks for again.
func (db *DB) stopSince(ctx context.Context, t *tx, login auth.Login, session string) error {
	var list []string
	err := t.each(`
		SELECT b.request FROM bank_changes b JOIN requests r ON r.mutuality = b.mutuality AND r.member = b.member AND r.request = b.request
		WHERE b.mutuality = ? AND b.member = ? AND r.state IN ('signed', 'pending', 'accepted') AND b.asked_at >=
			(SELECT at FROM signins WHERE mutuality = ? AND member = ? AND session = ?) ORDER BY b.request`,
		[]any{login.Mutuality, string(login.Member), login.Mutuality, string(login.Member), session}, func(scan func(...any) error) error {
			var request string
			err := scan(&request)
			list = append(list, request)
			return err
		})
	if err != nil || len(list) == 0 {
		return err
	}
	key, err := db.keyOf(t.conn, login.Mutuality, login.Member)
	if err != nil {
		return err
	}
	for _, request := range list {
		note := db.entry(ctx, login, audit.StopBankChange, object("request", request))
		note.Reason = "sign-in denied"
		if _, err := db.stopChange(t, key, request, stopping{by: "denied", note: note}); err != nil {
			return err
		}
	}
	return nil
}

// byMember stops a change in a session of hers.
const byMember = "member"

// stopping is who stops a change.
type stopping struct {
	by      string       // link, member, office, denied: why it was refused, for the member
	officer auth.Officer // of the office's
	words   string       // hers
	note    audit.Entry
}

// stopChange refuses the change, whatever was agreed, and calls the office. One that is in
// force stays so, and the office is called all the more, once; one that ended otherwise stays
// as it is.
func (db *DB) stopChange(t *tx, key memberKey, request string, s stopping) (inForce bool, err error) {
	r, _, err := findRequest(t.conn, key, request)
	if err != nil {
		return false, err
	}
	if r.Act.Kind() != document.KindBankChange {
		return false, requests.ErrNotFound
	}
	cause := "stopped"
	switch r.State {
	case requests.Signed, requests.Pending, requests.Accepted:
		if err := db.rejectChange(t, key, r, s.by); err != nil {
			return false, err
		}
	case requests.Done:
		cause, inForce = "too-late", true
	default:
		return false, nil
	}
	first, err := db.noteStop(t, key, r, s.by)
	if err != nil || inForce && !first { // the office was called already
		return inForce, err
	}
	s.officer.Mutuality = key.mutuality
	if err := db.endItem(t, s.officer, key, r.ID, office.EventStopped, s.words); err != nil {
		return false, err
	}
	if err := t.note(s.note); err != nil {
		return false, err
	}
	return inForce, db.callOffice(t, key, r, cause)
}

// noteStop writes who stops a change, and says whether it is the first who does.
func (db *DB) noteStop(t *tx, key memberKey, r requests.Request, by string) (first bool, err error) {
	b, found, err := db.findChange(t.conn, key, r)
	if err == nil && !found {
		err = t.keepChange(key, r, b)
	}
	if err != nil {
		return false, err
	}
	noted, err := t.exec(`UPDATE bank_changes SET stopped_by = ?, stopped_at = ? WHERE mutuality = ? AND member = ? AND request = ? AND stopped_at IS NULL`,
		by, micros(db.cfg.Now()), key.mutuality, key.member, r.ID)
	return noted == 1, err
}

// rejectChange refuses a change that no officer refuses, with the reason in the member's
// language: she reads it with her request.
func (db *DB) rejectChange(t *tx, key memberKey, r requests.Request, why string) error {
	lang, _ := locale.Parse(string(r.Act.Head().Language))
	if err := moveRequest(t, key, r.ID, r.Revision, requests.Rejected, locale.T(lang, "bank.reason."+why)); err != nil {
		return err
	}
	if why == byMember { // what she did is no news to her
		return t.noNews(key.mutuality, key.member, r.ID)
	}
	return t.requestNews(db, key, r.ID, requests.NewsRejected)
}

// endItem writes the last event of a request that nobody ended who held it, and frees it.
// The zero officer: the member, or the system.
func (db *DB) endItem(t *tx, o auth.Officer, key memberKey, request, what, words string) error {
	item := office.Item{ID: key.member + "-" + request, Member: auth.MemberID(key.member)}
	if err := t.event(db, o, item, what, words); err != nil {
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

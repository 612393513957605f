package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// Item implements office.Store. What was said and what is asked is read, and audited as
// a look, only for who holds it.
func (db *DB) Item(ctx context.Context, o auth.Officer, id string) (office.Item, error) {
	var i office.Item
	whose, err := db.itemOf(ctx, o.Mutuality, id)
	if err != nil {
		return office.Item{}, fmt.Errorf("reading item: %w", err)
	}
	note := db.officerEntry(ctx, o, whose, audit.ReadTask, object("task", id))
	err = db.reveal(ctx, note, func(c *conn) error {
		return onSnapshot(c, func(c *conn) (err error) {
			if i, err = item(c, o.Mutuality, id); err != nil {
				return err
			}
			if i.History, err = db.history(c, o.Mutuality, i); err != nil {
				return err
			}
			if i.Hold.Staff != o.ID || !i.Closed.IsZero() {
				if err = unsaid(c, o, &i); err == nil {
					i.Stoppable, err = waitsForItsDay(c, o.Mutuality, i)
				}
				i.Member = ""
				return err
			}
			return db.openItem(ctx, c, o.Mutuality, &i)
		})
	})
	if err != nil {
		return office.Item{}, fmt.Errorf("reading item: %w", err)
	}
	return i, nil
}

// unsaid leaves out of a history what member and office said to each other, but for the
// officer's own words: like the item, it is for who holds it. What colleagues write to each
// other, on taking over, handing on or stopping, stays; of an officer's own or her household's,
// nothing does.
func unsaid(c *conn, o auth.Officer, i *office.Item) error {
	own := notOwn(c, o, i.Member)
	if own != nil && !errors.Is(own, office.ErrOwn) {
		return own
	}
	for n, e := range i.History {
		among := e.What == office.EventTaken || e.What == office.EventAssigned || e.What == office.EventStopped || e.Staff == o.ID
		if own != nil || !among {
			i.History[n].Words = ""
		}
	}
	return nil
}

// itemOf is whose item it is, for its rows: "" if it is nobody's, or there is none.
func (db *DB) itemOf(ctx context.Context, mutuality, id string) (member auth.MemberID, err error) {
	if !isID(id) {
		return "", nil
	}
	if member, _, ok := itemRequest(id); ok {
		return member, nil
	}
	err = db.read(ctx, func(c *conn) error {
		err := c.get(`SELECT member FROM tasks WHERE mutuality = ? AND task = ?`, []any{mutuality, id}, &member)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return member, err
}

// openItem reads what an item hides. What does not open is damaged and shown as that.
func (db *DB) openItem(ctx context.Context, c *conn, mutuality string, i *office.Item) error {
	key, err := db.jobKey(c, mutuality, i.Member)
	if err != nil {
		return err
	}
	if member, request, ok := itemRequest(i.ID); ok {
		if i.Request, err = db.itemRequest(c, key, member, request); err == nil {
			i.Enclosed, err = answerFiles(c, key, request)
		}
	} else {
		if i.Said, err = itemSaid(c, key, mutuality, i.ID); err == nil {
			i.Enclosed, err = enclosedIn(c, *i, mutuality)
		}
	}
	if errors.Is(err, ErrDamaged) {
		db.damaged(ctx, "task", i.ID, err)
		i.Damaged, err = true, nil
	}
	return err
}

func itemSaid(c *conn, key memberKey, mutuality, id string) (map[string]string, error) {
	var sealed []byte
	if err := c.get(`SELECT sealed FROM tasks WHERE mutuality = ? AND task = ?`, []any{mutuality, id}, &sealed); err != nil {
		return nil, err
	}
	text, err := key.open(sealedTask, id, 1, sealed)
	if err != nil {
		return nil, err
	}
	var said map[string]string
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, fmt.Errorf("task %s: %w", id, ErrDamaged)
	}
	return said, nil
}

func (db *DB) itemRequest(c *conn, key memberKey, member auth.MemberID, request string) (*office.Request, error) {
	r, _, err := findRequest(c, key, request)
	if err != nil {
		return nil, err
	}
	d, err := findDocument(c, auth.Login{Mutuality: key.mutuality, Member: member}, r.Document)
	if err != nil {
		return nil, err
	}
	found := office.Request{Act: r.Act, SignedAt: r.SignedAt, Document: r.Document, Pages: d.Pages, Level: int(d.Level)}
	found.Method = string(r.Method)
	if r.Act.Kind() == document.KindBankChange {
		b, _, err := db.findChange(c, key, r)
		if err != nil {
			return nil, err
		}
		found.InForce = b.notBefore
	}
	var given, surname string
	err = c.get(`SELECT given_names, surname FROM members WHERE mutuality = ? AND member = ?`,
		[]any{key.mutuality, key.member}, &given, &surname)
	found.Name = given + " " + surname
	if err == nil && r.Act.Kind() == document.KindBankChange {
		found.Present, err = db.presentAccount(c, key)
	}
	return &found, err
}

// presentAccount is what a change of account would replace; nil if there is none.
func (db *DB) presentAccount(c *conn, key memberKey) (*office.Present, error) {
	list, err := db.accounts(c, loginOf(key))
	for _, a := range list {
		if n := len(a.IBAN); a.Purpose == bank.Benefits && n >= 6 {
			return &office.Present{Country: string(a.IBAN[:2]), Last4: string(a.IBAN[n-4:]), Since: a.Since}, err
		}
	}
	return nil, err
}

func (db *DB) history(c *conn, mutuality string, i office.Item) ([]office.Event, error) {
	var list []office.Event
	key, err := db.jobKey(c, mutuality, i.Member)
	if err != nil {
		return nil, err
	}
	err = c.each(`
		SELECT e.event, e.at, e.staff, s.name, e.what, e.reason, e.sealed FROM task_events e
		LEFT JOIN staff s ON s.mutuality = e.mutuality AND s.staff = e.staff
		WHERE e.mutuality = ? AND e.task = ? ORDER BY e.event LIMIT ?`,
		[]any{mutuality, i.ID, maxPage}, func(scan func(...any) error) error {
			var e office.Event
			var id string
			var at int64
			var name sql.NullString
			var sealed []byte
			if err := scan(&id, &at, &e.Staff, &name, &e.What, &e.Reason, &sealed); err != nil {
				return err
			}
			e.At, e.Name = fromMicros(at), name.String
			if sealed != nil {
				text, err := key.open(sealedEvent, i.ID+"/"+id, 1, sealed)
				if err != nil {
					return err
				}
				e.Words = string(text)
			}
			list = append(list, e)
			return nil
		})
	return list, err
}

// eventFor is event with the reason of a list.
func (t *tx) eventFor(db *DB, o auth.Officer, i office.Item, what, reason, words string) error {
	if err := t.event(db, o, i, what, words); err != nil || reason == "" {
		return err
	}
	_, err := t.exec(`
		UPDATE task_events SET reason = ? WHERE mutuality = ? AND task = ?
			AND event = (SELECT max(event) FROM task_events WHERE mutuality = ? AND task = ?)`,
		reason, o.Mutuality, i.ID, o.Mutuality, i.ID)
	return err
}

// event adds to the history of an item. Acts are serial, so events are numbered.
func (t *tx) event(db *DB, o auth.Officer, i office.Item, what, words string) error {
	var before int
	err := t.get(`SELECT count(*) FROM task_events WHERE mutuality = ? AND task = ?`, []any{o.Mutuality, i.ID}, &before)
	if err != nil {
		return err
	}
	id := fmt.Sprintf("%06d", before+1)
	var sealed []byte
	if words != "" {
		key, err := db.jobKey(t.conn, o.Mutuality, i.Member)
		if err != nil {
			return err
		}
		sealed = key.seal(sealedEvent, i.ID+"/"+id, 1, []byte(words))
	}
	_, err = t.exec(`INSERT INTO task_events (mutuality, task, event, at, staff, what, reason, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		o.Mutuality, i.ID, id, micros(db.cfg.Now()), string(o.ID), what, "", sealed)
	if err == nil && i.Kind == office.Message {
		err = db.moveMessage(t, o.Mutuality, i, what)
	}
	return err
}

// work runs a change of an item, with its row.
func (db *DB) work(ctx context.Context, o auth.Officer, id string, action audit.Action, do func(*tx, office.Item) error) error {
	whose, err := db.itemOf(ctx, o.Mutuality, id)
	if err != nil {
		return err
	}
	note := db.officerEntry(ctx, o, whose, action, object("task", id))
	return db.write(ctx, note, func(t *tx) error {
		i, err := item(t.conn, o.Mutuality, id)
		switch {
		case err != nil:
			return err
		case !i.Closed.IsZero():
			return office.ErrState
		}
		return do(t, i)
	})
}

// TakeItem implements office.Store.
func (db *DB) TakeItem(ctx context.Context, o auth.Officer, id string, over office.Hold, words string) error {
	err := db.work(ctx, o, id, audit.TakeTask, func(t *tx, i office.Item) error {
		if i.Hold.Staff == o.ID {
			return errAgain
		}
		if i.Hold.Staff != over.Staff || i.Hold.Since.UnixMicro() != over.Since.UnixMicro() {
			return office.HeldError{Hold: i.Hold}
		}
		if over.Staff != "" && words == "" {
			return office.ErrReason
		}
		if err := notOwn(t.conn, o, i.Member); err != nil {
			return err
		}
		if err := notFirst(t, o, i); err != nil {
			return err
		}
		now := micros(db.cfg.Now())
		// Compared once more, where writers are many.
		taken, err := t.exec(`
			INSERT INTO task_holds (mutuality, task, staff, taken_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (mutuality, task) DO UPDATE SET staff = excluded.staff, taken_at = excluded.taken_at
			WHERE task_holds.staff = ?`, o.Mutuality, i.ID, string(o.ID), now, string(over.Staff))
		if err != nil {
			return err
		}
		if taken == 0 {
			return office.HeldError{Hold: i.Hold}
		}
		return t.event(db, o, i, office.EventTaken, words)
	})
	if errors.Is(err, errAgain) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("taking item: %w", err)
	}
	return nil
}

// notOwn refuses an officer's work on what is her own as a member, or of somebody she is
// or was on a booklet with.
func notOwn(c *conn, o auth.Officer, member auth.MemberID) error {
	if member == "" {
		return nil
	}
	var own int
	err := c.get(`
		SELECT count(*) FROM members m JOIN staff s ON s.mutuality = m.mutuality AND s.number_index = m.number_index
		WHERE m.mutuality = ? AND s.staff = ? AND (m.member = ? OR EXISTS (
			SELECT 1 FROM households a JOIN households b ON b.mutuality = a.mutuality AND b.member = a.member
			WHERE a.mutuality = m.mutuality AND (a.person = m.member AND (b.person = ? OR b.member = ?) OR a.member = m.member AND b.person = ?)))`,
		[]any{o.Mutuality, string(o.ID), string(member), string(member), string(member), string(member)}, &own)
	if err == nil && own > 0 {
		return office.ErrOwn
	}
	return err
}

// held is work by who has the item.
func (db *DB) heldBy(ctx context.Context, o auth.Officer, id string, action audit.Action, do func(*tx, office.Item) error) error {
	return db.work(ctx, o, id, action, func(t *tx, i office.Item) error {
		switch i.Hold.Staff {
		case o.ID:
			return do(t, i)
		case "":
			return office.ErrState
		}
		return office.HeldError{Hold: i.Hold}
	})
}

func letGo(t *tx, o auth.Officer, id string) error {
	_, err := t.exec(`DELETE FROM task_holds WHERE mutuality = ? AND task = ? AND staff = ?`, o.Mutuality, id, string(o.ID))
	return err
}

// ReleaseItem implements office.Store.
func (db *DB) ReleaseItem(ctx context.Context, o auth.Officer, id string) error {
	err := db.heldBy(ctx, o, id, audit.ReleaseTask, func(t *tx, i office.Item) error {
		if err := letGo(t, o, i.ID); err != nil {
			return err
		}
		return t.event(db, o, i, office.EventReleased, "")
	})
	if err != nil {
		return fmt.Errorf("releasing item: %w", err)
	}
	return nil
}

// decisions are the answers to a request, with the state each leads to.
var decisions = map[string]requests.State{
	office.EventAccepted: requests.Accepted,
	office.EventRejected: requests.Rejected,
}

// requestNews are what a member reads on her first page after a decision.
var requestNews = map[string]requests.News{
	office.EventAccepted: requests.NewsAccepted,
	office.EventRejected: requests.NewsRejected,
}

// CloseItem implements office.Store.
func (db *DB) CloseItem(ctx context.Context, o auth.Officer, id string, a office.Answer) error {
	err := db.heldBy(ctx, o, id, audit.CloseTask, func(t *tx, i office.Item) error {
		if err := a.Check(i.Kind); err != nil {
			return err
		}
		if err := notOwn(t.conn, o, i.Member); err != nil {
			return err
		}
		what, err := db.closeItem(ctx, t, o, i, a)
		if err != nil {
			return err
		}
		if err := t.eventFor(db, o, i, what, a.Reason, a.Words); err != nil {
			return err
		}
		return letGo(t, o, i.ID)
	})
	if err != nil {
		return fmt.Errorf("closing item: %w", err)
	}
	return nil
}

// closeItem does what the answer says, and tells what happened by it.
func (db *DB) closeItem(ctx context.Context, t *tx, o auth.Officer, i office.Item, a office.Answer) (string, error) {
	if member, request, ok := itemRequest(i.ID); ok {
		return db.decideRequest(ctx, t, o, member, request, a)
	}
	if i.Kind == office.EmailSecond && a.What == office.EventAccepted {
		return "", office.ErrState // AgreeEmail does
	}
	return a.What, db.closeTask(t, o, i, a)
}

func (db *DB) closeTask(t *tx, o auth.Officer, i office.Item, a office.Answer) error {
	if a.What != office.EventAsked { // it waits on, free for all
		closed, err := t.exec(`UPDATE tasks SET closed_at = ? WHERE mutuality = ? AND task = ? AND closed_at IS NULL`,
			micros(db.cfg.Now()), o.Mutuality, i.ID)
		if err == nil && closed == 0 {
			return office.ErrState
		}
		switch {
		case err != nil:
			return err
		case i.Kind == office.Reactivation:
			return db.tellClosed(t, o.Mutuality, i)
		case i.Kind == office.LostCode && a.What == office.EventAnswered && i.Member != "":
			return db.tellCode(t, o.Mutuality, i)
		}
	}
	return nil
}

// decideRequest accepts, refuses or asks. A change of account is accepted by the second officer
// who says so; what the first says is an event of its own.
func (db *DB) decideRequest(ctx context.Context, t *tx, o auth.Officer, member auth.MemberID, request string, a office.Answer) (string, error) {
	key, err := db.keyOf(t.conn, o.Mutuality, member)
	if err != nil {
		return "", err
	}
	r, _, err := findRequest(t.conn, key, request)
	if err != nil {
		return "", err
	}
	if r.State != requests.Signed {
		return "", office.ErrState
	}
	if a.What == office.EventAsked {
		return a.What, db.ask(ctx, t, o, key, r)
	}
	if a.What == office.EventAccepted && r.Act.Kind() == document.KindBankChange {
		if done, err := db.agree(ctx, t, o, key, r); err != nil || !done {
			return office.EventAgreed, err
		}
	}
	to, told := decisions[a.What], a.Told
	if told == "" {
		told = a.Words
	}
	if err := moveRequest(t, key, request, r.Revision, to, told); err != nil {
		return "", err
	}
	if err := t.requestNews(db, key, request, requestNews[a.What]); err != nil {
		return "", err
	}
	if err := t.note(db.officerEntry(ctx, o, member, moves[to], object("request", request))); err != nil {
		return "", err
	}
	if to == requests.Accepted {
		if err := db.carryOut(t, o, key, r); err != nil {
			return "", err
		}
	}
	return a.What, db.notice(t, o.Mutuality, member, mail.RequestChanged, map[mail.Value]string{mail.Reference: r.Reference})
}

// ItemPDF implements office.Store: the newest version of the signed document.
func (db *DB) ItemPDF(ctx context.Context, o auth.Officer, id string) ([]byte, error) {
	var pdf []byte
	member, request, _ := itemRequest(id)
	note := db.officerEntry(ctx, o, member, audit.OpenTaskPDF, object("request", request))
	err := db.reveal(ctx, note, func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			i, err := item(c, o.Mutuality, id)
			switch {
			case err != nil:
				return err
			case !i.Kind.OfRequest():
				return office.ErrNotFound
			case i.Hold.Staff != o.ID || !i.Closed.IsZero():
				return office.ErrState
			}
			key, err := db.keyOf(c, o.Mutuality, member)
			if err != nil {
				return err
			}
			r, _, err := findRequest(c, key, request)
			if err == nil {
				pdf, err = openVersion(c, key, r.Document, 0)
			}
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("opening document of item: %w", err)
	}
	return pdf, nil
}

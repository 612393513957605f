package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/feature"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/messages"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
)

var _ messages.Store = (*DB)(nil)

// Reach implements messages.Store.
func (db *DB) Reach(ctx context.Context, login auth.Login) (messages.Reach, error) {
	var r messages.Reach
	err := db.reveal(ctx, db.entry(ctx, login, audit.ReadPerson, ""), func(c *conn) error {
		m, err := db.member(c, login)
		if err != nil {
			return err
		}
		known, err := db.contacts(c, login.Mutuality, login.Member)
		r = messages.Reach{Name: m.Name(), Street: m.Street, Postcode: m.Postcode, Municipality: m.Municipality,
			Email: known.Email, Phone: cmp.Or(known.Mobile, known.Home, known.Work)}
		return err
	})
	if err != nil {
		return messages.Reach{}, fmt.Errorf("reading member: %w", err)
	}
	return r, nil
}

// SendMessage implements messages.Store: the words lie in the task, sealed with the
// member's key.
func (db *DB) SendMessage(ctx context.Context, login auth.Login, m messages.Message, w messages.Words, draft, key string) (messages.Message, error) {
	if key == "" || draft == "" {
		return messages.Message{}, errors.New("sending a message: no key")
	}
	form := db.cfg.Keys.Index("message form", login.Mutuality, key)
	whose := []any{login.Mutuality, string(login.Member)}
	var sent messages.Message
	err := db.write(ctx, db.entry(ctx, login, audit.SendMessage, ""), func(t *tx) error {
		found, err := messageRows(t.conn, login, `form_index = ?`, []any{form}, 1)
		if err != nil || len(found) == 1 {
			if err == nil {
				sent, err = found[0], errAgain
			}
			return err
		}
		var today int
		err = t.get(`SELECT count(*) FROM messages WHERE mutuality = ? AND member = ? AND sent_at > ?`,
			append(whose[:2:2], micros(m.Sent.Add(-24*time.Hour))), &today)
		if err == nil && today >= messages.MaxDay {
			err = messages.ErrTooMany
		}
		if err != nil {
			return err
		}
		person, err := db.member(t.conn, login)
		if err != nil {
			return err
		}
		known, err := db.contacts(t.conn, login.Mutuality, login.Member)
		if err != nil {
			return err
		}
		said := map[string]string{"name": person.Name(), "subject": m.Subject, "title": w.Title, "text": w.Text, "reply": string(m.Reply)}
		switch m.Reply {
		case messages.ByPhone:
			said["phone"] = cmp.Or(known.Mobile, known.Home, known.Work)
		case messages.ByMail:
			said["email"] = known.Email
		}
		task, err := t.task(db, office.Task{Mutuality: login.Mutuality, Kind: office.Message, Member: login.Member,
			Language: m.Language, Created: m.Sent, Deadline: m.Deadline, Said: said})
		if err != nil {
			return err
		}
		_, err = t.exec(`
			INSERT INTO messages (mutuality, member, message, reference, form_index, subject, reply, state, sent_at, changed_at, deadline_at, seen_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			login.Mutuality, string(login.Member), task.ID, task.Reference, form, m.Subject, string(m.Reply), string(messages.Received),
			micros(m.Sent), micros(m.Sent), micros(task.Deadline), micros(m.Sent))
		if err != nil {
			return err
		}
		_, err = t.exec(`UPDATE message_files SET draft = NULL, message = ? WHERE mutuality = ? AND member = ? AND draft = ?`,
			append([]any{task.ID}, append(whose[:2:2], draft)...)...)
		if err != nil {
			return err
		}
		sent = m
		sent.ID, sent.Reference, sent.State, sent.Changed, sent.Deadline = task.ID, task.Reference, messages.Received, m.Sent, task.Deadline
		return db.notice(t, login.Mutuality, login.Member, mail.ContactReceived, map[mail.Value]string{
			mail.Reference: sent.Reference, mail.By: sent.Deadline.In(locale.Zone()).Format(time.DateOnly)})
	})
	if errors.Is(err, errAgain) {
		err = nil
	}
	if err != nil {
		return messages.Message{}, fmt.Errorf("sending a message: %w", err)
	}
	return sent, nil
}

// messageRows reads messages of the member, the newest first.
func messageRows(c *conn, login auth.Login, where string, args []any, limit int) ([]messages.Message, error) {
	var list []messages.Message
	args = append(append([]any{login.Mutuality, string(login.Member)}, args...), bounded(limit))
	err := c.each(`
		SELECT message, reference, subject, reply, state, sent_at, changed_at, deadline_at, seen_at FROM messages
		WHERE mutuality = ? AND member = ? AND `+where+` ORDER BY message DESC LIMIT ?`, args, func(scan func(...any) error) error {
		var m messages.Message
		var sent, changed, deadline int64
		var seen sql.NullInt64
		err := scan(&m.ID, &m.Reference, &m.Subject, &m.Reply, &m.State, &sent, &changed, &deadline, &seen)
		m.Sent, m.Changed, m.Deadline = fromMicros(sent), fromMicros(changed), fromMicros(deadline)
		m.New = !seen.Valid || seen.Int64 < changed
		list = append(list, m)
		return err
	})
	return list, err
}

// Written implements requests.Store: what the member wrote, for the list of what she asked.
func (db *DB) Written(ctx context.Context, login auth.Login, before string, limit int) ([]requests.Written, error) {
	if before == "" {
		before = lastID
	}
	var list []requests.Written
	err := db.read(ctx, func(c *conn) error {
		found, err := messageRows(c, login, `message < ?`, []any{before}, limit)
		for _, m := range found {
			list = append(list, requests.Written{ID: m.ID, Reference: m.Reference, Subject: m.Subject, State: string(m.State),
				Sent: m.Sent, Deadline: m.Deadline, New: m.New})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing messages: %w", err)
	}
	return list, nil
}

// Message implements messages.Store.
func (db *DB) Message(ctx context.Context, login auth.Login, id string) (messages.Thread, error) {
	var found messages.Thread
	err := db.reveal(ctx, db.entry(ctx, login, audit.ReadMessage, object("message", id)), func(c *conn) error {
		return onSnapshot(c, func(c *conn) (err error) {
			found, err = db.messageThread(c, login, id)
			return err
		})
	})
	if err == nil && found.New {
		err = db.write(ctx, audit.Entry{}, func(t *tx) error {
			return messageSeen(t, login, id, db.cfg.Now())
		})
		if errors.Is(err, ErrFull) { // it stays new
			err = nil
		}
	}
	if err != nil {
		return messages.Thread{}, fmt.Errorf("reading message: %w", err)
	}
	return found, nil
}

func messageSeen(t *tx, login auth.Login, id string, at time.Time) error {
	_, err := t.exec(`UPDATE messages SET seen_at = ? WHERE mutuality = ? AND member = ? AND message = ?`,
		micros(at), login.Mutuality, string(login.Member), id)
	return err
}

func (db *DB) messageThread(c *conn, login auth.Login, id string) (messages.Thread, error) {
	if !isID(id) {
		return messages.Thread{}, messages.ErrNotFound
	}
	list, err := messageRows(c, login, `message = ?`, []any{id}, 1)
	if err == nil && len(list) == 0 {
		err = messages.ErrNotFound
	}
	if err != nil {
		return messages.Thread{}, err
	}
	found := messages.Thread{Message: list[0]}
	key, err := db.keyOf(c, login.Mutuality, login.Member)
	if err != nil {
		return found, err
	}
	said, err := itemSaid(c, key, login.Mutuality, id)
	if err != nil {
		return found, err
	}
	found.Title, found.Text = said["title"], said["text"]
	history, err := db.history(c, login.Mutuality, office.Item{ID: id, Member: login.Member})
	if err != nil {
		return found, err
	}
	for _, e := range history {
		if to, told := messageStates[e.What]; told {
			entry := messages.Entry{At: e.At, What: to, Mine: e.What == office.EventReplied}
			if to != messages.Handling { // why a colleague took it over is the office's own
				entry.Text = e.Words
			}
			found.Entries = append(found.Entries, entry)
		}
	}
	found.Files, err = messageFiles(c, login, `message = ?`, id)
	return found, err
}

// messageStates are what members see of what happens with a task, and the state it leads
// to.
var messageStates = map[string]messages.State{
	office.EventTaken: messages.Handling, office.EventAsked: messages.Asked, office.EventReplied: messages.Received,
	office.EventAnswered: messages.Answered, office.EventClosed: messages.Closed,
}

// moveMessage has a message follow its task, and tells the member where there is something
// to read.
func (db *DB) moveMessage(t *tx, mutuality string, i office.Item, what string) error {
	to, ok := messageStates[what]
	if what == office.EventReleased {
		to, ok = messages.Received, true
	}
	if !ok {
		return nil
	}
	_, err := t.exec(`UPDATE messages SET state = ?, changed_at = ? WHERE mutuality = ? AND member = ? AND message = ?`,
		string(to), micros(db.cfg.Now()), mutuality, string(i.Member), i.ID)
	if err != nil {
		return err
	}
	if db.cfg.Off.Has(feature.Messages) {
		return nil
	}
	switch to {
	case messages.Asked, messages.Answered, messages.Closed:
		return db.notice(t, mutuality, i.Member, mail.RequestChanged, map[mail.Value]string{mail.Reference: i.Reference})
	}
	return nil
}

// AnswerMessage implements messages.Store: the task goes back to the queue, free for all.
func (db *DB) AnswerMessage(ctx context.Context, login auth.Login, id, text string) error {
	err := db.write(ctx, db.entry(ctx, login, audit.AnswerMessage, object("message", id)), func(t *tx) error {
		if !isID(id) {
			return messages.ErrNotFound
		}
		list, err := messageRows(t.conn, login, `message = ?`, []any{id}, 1)
		switch {
		case err != nil:
			return err
		case len(list) == 0:
			return messages.ErrNotFound
		case list[0].State != messages.Asked:
			return messages.ErrState
		}
		i, err := item(t.conn, login.Mutuality, id)
		if err != nil {
			return err
		}
		if !i.Closed.IsZero() {
			return messages.ErrState
		}
		if err := t.event(db, auth.Officer{Mutuality: login.Mutuality}, i, office.EventReplied, text); err != nil {
			return err
		}
		return messageSeen(t, login, id, db.cfg.Now()) // what she did is no news to her
	})
	if err != nil {
		return fmt.Errorf("answering: %w", err)
	}
	return nil
}

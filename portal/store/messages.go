package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/messages"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/portal/upload"
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
			_, err := t.exec(`UPDATE messages SET seen_at = ? WHERE mutuality = ? AND member = ? AND message = ?`,
				micros(db.cfg.Now()), login.Mutuality, string(login.Member), id)
			return err
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
		return t.event(db, auth.Officer{Mutuality: login.Mutuality}, i, office.EventReplied, text)
	})
	if err != nil {
		return fmt.Errorf("answering: %w", err)
	}
	return nil
}

// sealedAttachment is what a file of a message is sealed as.
const sealedAttachment = "message-file"

// Attach implements messages.Store.
func (db *DB) Attach(ctx context.Context, login auth.Login, draft string, m upload.Media, file []byte) error {
	key, err := db.key(ctx, login)
	if err != nil {
		return fmt.Errorf("keeping a file: %w", err)
	}
	id, err := db.NewID()
	if err != nil {
		return fmt.Errorf("keeping a file: %w", err)
	}
	sum, sealed := sha256.Sum256(file), key.sealBlob(sealedAttachment, id, 1, file)
	if err := db.place(ctx, &sealed); err != nil {
		return fmt.Errorf("keeping a file: %w", err)
	}
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		var waiting, of int
		err := t.get(`SELECT count(*), count(CASE WHEN draft = ? THEN 1 END) FROM message_files WHERE mutuality = ? AND member = ? AND draft IS NOT NULL`,
			[]any{draft, key.mutuality, key.member}, &waiting, &of)
		if err == nil && (of >= messages.MaxFiles || waiting >= maxWaitingFiles) {
			err = messages.ErrTooManyFiles
		}
		if err != nil {
			return err
		}
		if err := putBlob(t, key, sealed); err != nil {
			return err
		}
		_, err = t.exec(`
			INSERT INTO message_files (mutuality, member, file, draft, message, media, size, sha256, address, added_at)
			VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?, ?)`,
			key.mutuality, key.member, id, draft, string(m), len(file), sum[:], sealed.address[:], micros(db.cfg.Now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping a file: %w", err)
	}
	return nil
}

// maxWaitingFiles bounds the files of messages that a member has not sent.
const maxWaitingFiles = 4 * messages.MaxFiles

// Attached implements messages.Store.
func (db *DB) Attached(ctx context.Context, login auth.Login, draft string) ([]messages.Attachment, error) {
	var list []messages.Attachment
	err := db.read(ctx, func(c *conn) (err error) {
		list, err = messageFiles(c, login, `draft = ?`, draft)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing files: %w", err)
	}
	return list, nil
}

func messageFiles(c *conn, login auth.Login, where, of string) ([]messages.Attachment, error) {
	var list []messages.Attachment
	err := c.each(`SELECT file, media, size, sha256 FROM message_files WHERE mutuality = ? AND member = ? AND `+where+` ORDER BY file LIMIT ?`,
		[]any{login.Mutuality, string(login.Member), of, maxPage}, func(scan func(...any) error) error {
			var f messages.Attachment
			var sum []byte
			if err := scan(&f.ID, &f.Media, &f.Size, &sum); err != nil {
				return err
			}
			list = append(list, f)
			return copyHash(&list[len(list)-1].SHA256, sum)
		})
	return list, err
}

// Detach implements messages.Store.
func (db *DB) Detach(ctx context.Context, login auth.Login, draft, file string) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		return dropFile(t, login.Mutuality, string(login.Member), file, draft)
	})
	if err != nil {
		return fmt.Errorf("removing a file: %w", err)
	}
	return nil
}

// dropFile deletes a file that was not sent, with its bytes.
func dropFile(t *tx, mutuality, member, file, draft string) error {
	var address []byte
	err := t.get(`SELECT address FROM message_files WHERE mutuality = ? AND member = ? AND file = ? AND draft = ?`,
		[]any{mutuality, member, file, draft}, &address)
	if errors.Is(err, sql.ErrNoRows) {
		return messages.ErrNotFound
	}
	if err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM message_files WHERE mutuality = ? AND member = ? AND file = ?`, mutuality, member, file); err != nil {
		return err
	}
	return dropBlob(t, mutuality, member, address)
}

// keepDraftFiles is how long a file waits for its message to be sent.
const keepDraftFiles = 24 * time.Hour

// sweepMessageFiles deletes files of messages that nobody sent.
func sweepMessageFiles(t *tx, now time.Time) (int64, error) {
	type row struct{ mutuality, member, file, draft string }
	var found []row
	err := t.each(`SELECT mutuality, member, file, draft FROM message_files WHERE draft IS NOT NULL AND added_at < ? ORDER BY added_at LIMIT ?`,
		[]any{micros(now.Add(-keepDraftFiles)), sweepPaperRows}, func(scan func(...any) error) error {
			var r row
			err := scan(&r.mutuality, &r.member, &r.file, &r.draft)
			found = append(found, r)
			return err
		})
	for _, r := range found {
		err = errors.Join(err, dropFile(t, r.mutuality, r.member, r.file, r.draft))
	}
	return int64(len(found)) * sweepRows / sweepPaperRows, err
}

// MessageFile implements messages.Store.
func (db *DB) MessageFile(ctx context.Context, login auth.Login, file string) (messages.Attachment, []byte, error) {
	var f messages.Attachment
	var content []byte
	err := db.reveal(ctx, db.entry(ctx, login, audit.OpenAttached, object("file", file)), func(c *conn) (err error) {
		key, err := db.keyOf(c, login.Mutuality, login.Member)
		if err == nil {
			f, content, err = openAttached(c, key, login, file)
		}
		return err
	})
	if err != nil {
		return messages.Attachment{}, nil, fmt.Errorf("opening a file: %w", err)
	}
	return f, content, nil
}

// openAttached reads the bytes of a file that was sent.
func openAttached(c *conn, key memberKey, login auth.Login, file string) (f messages.Attachment, content []byte, err error) {
	if !isID(file) {
		return f, nil, messages.ErrNotFound
	}
	list, err := messageFiles(c, login, `message IS NOT NULL AND file = ?`, file)
	if err == nil && len(list) == 0 {
		err = messages.ErrNotFound
	}
	if err != nil {
		return f, nil, err
	}
	f = list[0]
	var address []byte
	err = c.get(`SELECT address FROM message_files WHERE mutuality = ? AND member = ? AND file = ?`, []any{key.mutuality, key.member, file}, &address)
	if err != nil {
		return f, nil, err
	}
	if content, err = blob(c, key, sealedAttachment, file, 1, address); err != nil {
		return f, nil, err
	}
	if sha256.Sum256(content) != f.SHA256 {
		return f, nil, fmt.Errorf("file %s does not match its hash: %w", file, ErrDamaged)
	}
	return f, content, nil
}

// ItemAttachment implements office.Store: file n of a message, from 1.
func (db *DB) ItemAttachment(ctx context.Context, o auth.Officer, id string, n int) (office.Enclosed, []byte, error) {
	var f office.Enclosed
	var content []byte
	whose, err := db.itemOf(ctx, o.Mutuality, id)
	if err != nil {
		return office.Enclosed{}, nil, fmt.Errorf("opening a file: %w", err)
	}
	err = db.reveal(ctx, db.officerEntry(ctx, o, whose, audit.OpenAttached, object("task", id)), func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			i, err := item(c, o.Mutuality, id)
			switch {
			case err != nil:
				return err
			case i.Kind != office.Message && !i.Kind.OfRequest():
				return office.ErrState
			case i.Hold.Staff != o.ID || !i.Closed.IsZero():
				return office.ErrState
			}
			key, err := db.keyOf(c, o.Mutuality, i.Member)
			if err != nil {
				return err
			}
			if _, request, ok := itemRequest(id); ok {
				f, content, err = answerFile(c, key, request, n)
				return err
			}
			login := auth.Login{Mutuality: o.Mutuality, Member: i.Member}
			list, err := messageFiles(c, login, `message = ?`, id)
			if err == nil && (n < 1 || n > len(list)) {
				err = office.ErrNotFound
			}
			if err != nil {
				return err
			}
			var attached messages.Attachment
			attached, content, err = openAttached(c, key, login, list[n-1].ID)
			f = office.Enclosed{Media: attached.Media, Size: attached.Size}
			return err
		})
	})
	if err != nil {
		return office.Enclosed{}, nil, fmt.Errorf("opening a file: %w", err)
	}
	return office.Enclosed{Media: f.Media, Size: f.Size}, content, nil
}

// enclosedIn are the files of a message for the officer who holds it.
func enclosedIn(c *conn, i office.Item, mutuality string) ([]office.Enclosed, error) {
	if i.Kind != office.Message {
		return nil, nil
	}
	list, err := messageFiles(c, auth.Login{Mutuality: mutuality, Member: i.Member}, `message = ?`, i.ID)
	var enclosed []office.Enclosed
	for _, f := range list {
		enclosed = append(enclosed, office.Enclosed{Media: f.Media, Size: f.Size})
	}
	return enclosed, err
}

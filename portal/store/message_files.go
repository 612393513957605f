package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/messages"
	"guichet.example/portal/office"
	"guichet.example/portal/upload"
)

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

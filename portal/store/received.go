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
	"guichet.example/portal/documents"
)

const receivedColumns = `document, reference, kind, title, language, issued, pages, size, sha256, read_at`

// receivedRows reads documents that the mutuality sent to the member, the newest first.
func receivedRows(c *conn, login auth.Login, where string, args []any, limit int) ([]documents.Document, error) {
	list := []documents.Document{}
	args = append(append([]any{login.Mutuality, string(login.Member)}, args...), bounded(limit))
	err := c.each(`
		SELECT `+receivedColumns+` FROM received_documents
		WHERE mutuality = ? AND member = ? AND `+where+` ORDER BY document DESC LIMIT ?`, args, func(scan func(...any) error) error {
		d := documents.Document{Method: documents.Received, Status: documents.Valid}
		var issued sql.NullString
		var read sql.NullInt64
		var hash []byte
		err := scan(&d.ID, &d.Reference, &d.ReceivedKind, &d.Title, &d.Language, &issued, &d.Pages, &d.Size, &hash, &read)
		if err != nil {
			return err
		}
		d.Unread = !read.Valid
		if d.Created, err = fromDate(issued); err != nil {
			return err
		}
		d.Created = d.Created.Add(12 * time.Hour) // that day in every zone
		if err := copyHash(&d.SHA256, hash); err != nil {
			return fmt.Errorf("received document %s: %w", d.ID, err)
		}
		list = append(list, d)
		return nil
	})
	return list, err
}

// findReceived is findDocument for what the mutuality sent.
func findReceived(c *conn, login auth.Login, id string) (documents.Document, error) {
	list, err := receivedRows(c, login, `document = ?`, []any{id}, 1)
	if err == nil && len(list) == 0 {
		err = documents.ErrNotFound
	}
	if err != nil {
		return documents.Document{}, err
	}
	return list[0], nil
}

// openReceived reads the bytes, checked against their hash.
func openReceived(c *conn, key memberKey, id string) ([]byte, error) {
	var address, hash []byte
	err := c.get(`SELECT address, sha256 FROM received_documents WHERE mutuality = ? AND member = ? AND document = ?`,
		[]any{key.mutuality, key.member, id}, &address, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, documents.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	pdf, err := blob(c, key, sealedReceived, id, 1, address)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(pdf); string(sum[:]) != string(hash) {
		return nil, fmt.Errorf("received document %s does not match its hash: %w", id, ErrDamaged)
	}
	return pdf, nil
}

// readReceived notes when the member first opened a document. Where the disk is full it
// stays unread.
func (db *DB) readReceived(ctx context.Context, login auth.Login, id string) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		_, err := t.exec(`UPDATE received_documents SET read_at = ? WHERE mutuality = ? AND member = ? AND document = ? AND read_at IS NULL`,
			micros(db.cfg.Now()), login.Mutuality, string(login.Member), id)
		return err
	})
	if errors.Is(err, ErrFull) {
		err = nil
	}
	return err
}

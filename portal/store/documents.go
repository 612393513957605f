package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // years are Belgian ones, also where the system has no zones

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
)

func insertDocument(t *tx, key memberKey, d documents.Document, sealed sealedBlob) error {
	_, err := t.exec(`
		INSERT INTO documents (mutuality, member, document, request, kind, language, reference, created_at,
			pages, version, size, sha256, level, status, method)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		key.mutuality, key.member, d.ID, d.Request, string(d.Kind), string(d.Language), d.Reference, micros(d.Created),
		d.Pages, d.Version, d.Size, d.SHA256[:], int(d.Level), string(d.Status), string(d.Method))
	if err != nil {
		return err
	}
	return insertVersion(t, key, d, d.Created, sealed)
}

func insertVersion(t *tx, key memberKey, d documents.Document, at time.Time, sealed sealedBlob) error {
	if err := putBlob(t, key, sealed); err != nil {
		return err
	}
	_, err := t.exec(`
		INSERT INTO document_versions (mutuality, member, document, version, created_at, size, sha256, level, address)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		key.mutuality, key.member, d.ID, d.Version, micros(at), d.Size, d.SHA256[:], int(d.Level), sealed.address[:])
	return err
}

const documentColumns = `document, kind, language, reference, request, created_at, pages, size, sha256, version, level, status, method`

func scanDocument(scan func(...any) error) (d documents.Document, err error) {
	var created int64
	var hash []byte
	err = scan(&d.ID, &d.Kind, &d.Language, &d.Reference, &d.Request, &created, &d.Pages, &d.Size, &hash,
		&d.Version, &d.Level, &d.Status, &d.Method)
	if err != nil {
		return d, err
	}
	d.Created = fromMicros(created)
	if err := copyHash(&d.SHA256, hash); err != nil {
		return d, fmt.Errorf("document %s: %w", d.ID, err)
	}
	return d, nil
}

// Documents implements documents.Store. At most 100 at once. A row that does not hold
// does not hide the others: it is Damaged.
func (db *DB) Documents(ctx context.Context, login auth.Login, f documents.Filter, before string, limit int) ([]documents.Document, error) {
	var list []documents.Document
	from, to := year(f.Year)
	if before == "" {
		before = lastID
	}
	note := db.entry(ctx, login, audit.ListDocuments, "")
	err := db.reveal(ctx, note, func(c *conn) error {
		list = list[:0]
		err := c.each(`
			SELECT `+documentColumns+` FROM documents
			WHERE mutuality = ? AND member = ? AND document < ? AND ? = 0
				AND (? = '' OR kind = ? OR ? = 'ehic-order' AND kind IN ('labels-order', 'envelopes-order', 'travel-papers', 'incapacity-form'))
				AND created_at >= ? AND created_at < ?
			ORDER BY document DESC LIMIT ?`,
			[]any{login.Mutuality, string(login.Member), before, flag(f.Received), string(f.Kind), string(f.Kind), string(f.Kind), from, to, bounded(limit)},
			func(scan func(...any) error) error {
				d, err := scanDocument(scan)
				if errors.Is(err, ErrDamaged) {
					db.damaged(ctx, "document", d.ID, err)
					d.Damaged, err = true, nil
				}
				list = append(list, d)
				return err
			})
		if err != nil {
			return err
		}
		if err := db.namePapers(ctx, c, login, list); err != nil || f.Kind != "" {
			return err
		}
		first, last := "0000", "9999-99"
		if f.Year != 0 {
			first, last = fmt.Sprintf("%04d-01-01", f.Year), fmt.Sprintf("%04d-12-31", f.Year)
		}
		received, err := receivedRows(c, login, `document < ? AND issued >= ? AND issued <= ?`, []any{before, first, last}, limit)
		list = append(list, received...)
		slices.SortFunc(list, func(a, b documents.Document) int { return strings.Compare(b.ID, a.ID) })
		list = list[:min(len(list), bounded(limit))]
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing documents: %w", err)
	}
	return list, nil
}

// Shelves implements documents.Store.
func (db *DB) Shelves(ctx context.Context, login auth.Login) ([]documents.Shelf, error) {
	var list []documents.Shelf
	err := db.read(ctx, func(c *conn) error {
		list = list[:0]
		err := c.each(`SELECT kind, method, MIN(created_at) FROM documents WHERE mutuality = ? AND member = ? GROUP BY kind, method`,
			[]any{login.Mutuality, string(login.Member)}, func(scan func(...any) error) error {
				var s documents.Shelf
				var since int64
				err := scan(&s.Kind, &s.Method, &since)
				s.Since = fromMicros(since)
				list = append(list, s)
				return err
			})
		if err != nil {
			return err
		}
		var issued sql.NullString
		err = c.get(`SELECT MIN(issued) FROM received_documents WHERE mutuality = ? AND member = ?`, []any{login.Mutuality, string(login.Member)}, &issued)
		if err != nil || !issued.Valid {
			return err
		}
		since, err := fromDate(issued)
		list = append(list, documents.Shelf{Method: documents.Received, Since: since})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what a vault holds: %w", err)
	}
	return list, nil
}

// brussels is the zone in which a year begins for the member.
var brussels = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		panic(err) // embedded above
	}
	return zone
}()

// year returns the first microsecond of the year and of the next; all time for 0.
func year(y int) (from, to int64) {
	if y == 0 {
		return -1 << 62, 1 << 62
	}
	return micros(time.Date(y, 1, 1, 0, 0, 0, 0, brussels)), micros(time.Date(y+1, 1, 1, 0, 0, 0, 0, brussels))
}

// Document implements documents.Store.
func (db *DB) Document(ctx context.Context, login auth.Login, id string) (documents.Document, error) {
	var d documents.Document
	note := db.entry(ctx, login, audit.ReadDocument, object("document", id))
	err := db.reveal(ctx, note, func(c *conn) (err error) {
		if d, err = findDocument(c, login, id); errors.Is(err, documents.ErrNotFound) && isID(id) {
			d, err = findReceived(c, login, id)
			return err
		}
		if err != nil {
			return err
		}
		named := []documents.Document{d}
		err = db.namePapers(ctx, c, login, named)
		d = named[0]
		return err
	})
	if err != nil {
		return documents.Document{}, fmt.Errorf("reading document: %w", err)
	}
	return d, nil
}

func findDocument(c *conn, login auth.Login, id string) (documents.Document, error) {
	if !isID(id) {
		return documents.Document{}, documents.ErrNotFound
	}
	var d documents.Document
	found := false
	err := c.each(`SELECT `+documentColumns+` FROM documents WHERE mutuality = ? AND member = ? AND document = ?`,
		[]any{login.Mutuality, string(login.Member), id}, func(scan func(...any) error) (err error) {
			found = true
			d, err = scanDocument(scan)
			return err
		})
	if err == nil && !found {
		err = documents.ErrNotFound
	}
	if err == nil {
		err = checksOf(c, login, &d)
	}
	return d, err
}

// Open implements documents.Store. Bytes that are not those that were stored are never
// returned: ErrDamaged.
func (db *DB) Open(ctx context.Context, login auth.Login, id string, version int) ([]byte, error) {
	var pdf []byte
	received := false
	note := db.entry(ctx, login, audit.OpenDocument, object("document", id))
	err := db.reveal(ctx, note, func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			key, err := db.keyOf(c, login.Mutuality, login.Member)
			if errors.Is(err, errNoMember) {
				return documents.ErrNotFound
			}
			if err != nil {
				return err
			}
			pdf, err = openVersion(c, key, id, version)
			if errors.Is(err, documents.ErrNotFound) && isID(id) && version == 0 {
				pdf, err = openReceived(c, key, id)
				received = err == nil
			}
			return err
		})
	})
	if err == nil && received {
		err = db.readReceived(ctx, login, id)
	}
	if err != nil {
		return nil, fmt.Errorf("opening document: %w", err)
	}
	return pdf, nil
}

// openVersion reads the bytes of a version, 0 for the newest, and checks them against
// the version's hash.
func openVersion(c *conn, key memberKey, id string, version int) ([]byte, error) {
	if !isID(id) || version < 0 {
		return nil, documents.ErrNotFound
	}
	var address, hash []byte
	err := c.get(`
		SELECT version, address, sha256 FROM document_versions
		WHERE mutuality = ? AND member = ? AND document = ? AND (? = 0 OR version = ?)
		ORDER BY version DESC LIMIT 1`,
		[]any{key.mutuality, key.member, id, version, version}, &version, &address, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, documents.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	pdf, err := blob(c, key, sealedDocument, id, version, address)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(pdf); string(sum[:]) != string(hash) {
		return nil, fmt.Errorf("document %s, version %d does not match its hash: %w", id, version, ErrDamaged)
	}
	return pdf, nil
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/check"
	"guichet.example/portal/credentials"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

var _ check.Store = (*DB)(nil)

const (
	// checkIndex names the index of a printed reference with its code.
	checkIndex = "check"
	// Classes of buckets of wrong codes: apart from those of sign-ins, which they must not
	// keep anybody from.
	ofChecker = "check source"
	ofChecked = "check reference"
	// checkQuiet is how long after a row of the trail further checks of the same document
	// are counted and make none: whoever has paper must not fill the trail.
	checkQuiet = 10 * time.Minute
)

func (db *DB) printed(mutuality, reference string, code document.CheckCode) []byte {
	return db.cfg.Keys.Index(checkIndex, mutuality, reference+" "+code.String())
}

// insertCheck keeps the index of what is printed on a request. The code itself is kept
// nowhere but in the sealed drawing.
func (db *DB) insertCheck(t *tx, key memberKey, r requests.Request) error {
	if r.Sheet.Check == nil {
		return nil
	}
	_, text, _ := strings.Cut(r.Sheet.Check.Address, "?"+document.CheckParameter+"=")
	payload, err := document.ParseCheckPayload(text)
	if err != nil || payload.Reference != r.Reference {
		return fmt.Errorf("what is printed on request %s is no check of it", r.ID)
	}
	_, err = t.exec(`
		INSERT INTO checks (mutuality, check_index, member, request, checked, checked_at, noted_at, how)
		VALUES (?, ?, ?, ?, 0, 0, 0, '')`,
		key.mutuality, db.printed(key.mutuality, r.Reference, payload.Code), key.member, r.ID)
	return err
}

// found is what a check is about.
type found struct{ member, request, document string }

// CheckedDocument implements check.Store.
func (db *DB) CheckedDocument(ctx context.Context, q check.Question) (check.Issued, error) {
	issued, err := db.checkedDocument(ctx, q)
	if err != nil {
		return check.Issued{}, fmt.Errorf("finding a document by its code: %w", err)
	}
	return issued, nil
}

func (db *DB) checkedDocument(ctx context.Context, q check.Question) (issued check.Issued, err error) {
	var f found
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		f = found{}
		source, reference, err := db.guesses(t, q)
		if err != nil {
			return err
		}
		err = t.get(`
			SELECT c.member, c.request, d.document FROM checks c
			JOIN requests r ON r.mutuality = c.mutuality AND r.member = c.member AND r.request = c.request
			JOIN documents d ON d.mutuality = c.mutuality AND d.member = c.member AND d.document = r.document
			WHERE c.mutuality = ? AND c.check_index = ?`,
			[]any{q.Mutuality, db.printed(q.Mutuality, q.Reference, q.Code)}, &f.member, &f.request, &f.document)
		if wait := reference.wait(q.At); errors.Is(err, sql.ErrNoRows) && wait > 0 {
			return &credentials.WaitError{Wait: wait}
		}
		if errors.Is(err, sql.ErrNoRows) {
			return countWrong(t, q, source, reference)
		}
		if err != nil {
			return err
		}
		return db.noteCheck(ctx, t, q.Mutuality, f, q.How, q.At)
	})
	if err != nil {
		return issued, err
	}
	if f.document == "" {
		return issued, check.ErrUnknown
	}
	login := auth.Login{Mutuality: q.Mutuality, Member: auth.MemberID(f.member)}
	err = db.snapshot(ctx, func(c *conn) error {
		key, err := db.keyOf(c, q.Mutuality, login.Member)
		if err != nil {
			return err
		}
		d, err := findDocument(c, login, f.document)
		if err != nil {
			return err
		}
		issued = check.Issued{Reference: d.Reference, Kind: d.Kind, Created: d.Created, SHA256: d.SHA256, Invalid: d.Status == documents.Invalid}
		issued.PDF, err = openVersion(c, key, f.document, 0)
		return err
	})
	return issued, err
}

// guesses are the counts of wrong codes of the network and of the reference, whether there is
// such a reference or not. A network that has to wait waits whatever it asks. A reference
// makes those wait who have a wrong code: a code has 55 bits, which nobody guesses, and who
// guesses all the same must not keep those out who hold the paper.
func (db *DB) guesses(t *tx, q check.Question) (source, reference counter, err error) {
	if source, err = t.counter(q.Mutuality, db.bucket(q.Mutuality, ofChecker, q.Source)); err != nil {
		return source, reference, err
	}
	if reference, err = t.counter(q.Mutuality, db.bucket(q.Mutuality, ofChecked, q.Reference)); err != nil {
		return source, reference, err
	}
	if wait := source.wait(q.At); wait > 0 {
		return source, reference, &credentials.WaitError{Wait: wait}
	}
	return source, reference, nil
}

// countWrong counts a wrong code. Both counts forgive with time, and make nobody wait
// longer than a minute.
func countWrong(t *tx, q check.Question, counts ...counter) error {
	for _, c := range counts {
		c = c.forgiven(q.At)
		c.failures++
		c.next = after(q.At, credentials.SourceDelay(c.failures))
		if err := t.putCounter(q.Mutuality, c, q.At); err != nil {
			return err
		}
	}
	return nil
}

// noteCheck notes on a document that it was checked, and in the trail unless that has a
// row of it already from a while ago.
func (db *DB) noteCheck(ctx context.Context, t *tx, mutuality string, f found, how check.How, at time.Time) error {
	var noted int64
	where := []any{mutuality, f.member, f.request}
	if err := t.get(`SELECT noted_at FROM checks WHERE mutuality = ? AND member = ? AND request = ?`, where, &noted); err != nil {
		return err
	}
	row := micros(at) >= noted+checkQuiet.Microseconds() || micros(at) < noted
	if row {
		noted = micros(at)
		note := db.ownEntry(ctx, mutuality, auth.MemberID(f.member), audit.CheckDocument, object("document", f.document))
		note.Reason = string(how)
		if err := t.note(note); err != nil {
			return err
		}
	}
	_, err := t.exec(`UPDATE checks SET checked = checked + 1, checked_at = ?, noted_at = ?, how = ?
		WHERE mutuality = ? AND member = ? AND request = ?`,
		append([]any{micros(at), noted, string(how)}, where...)...)
	return err
}

// NoteFile implements check.Store. Documents that were drawn without a printed code have
// nothing to note it on.
func (db *DB) NoteFile(ctx context.Context, mutuality string, sha256 [32]byte, at time.Time) error {
	var f found
	err := db.read(ctx, func(c *conn) error {
		return c.get(`
			SELECT c.member, c.request, v.document FROM document_versions v
			JOIN documents d ON d.mutuality = v.mutuality AND d.member = v.member AND d.document = v.document
			JOIN checks c ON c.mutuality = d.mutuality AND c.member = d.member AND c.request = d.request
			WHERE v.mutuality = ? AND v.sha256 = ? LIMIT 1`,
			[]any{mutuality, sha256[:]}, &f.member, &f.request, &f.document)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = db.write(ctx, audit.Entry{}, func(t *tx) error { return db.noteCheck(ctx, t, mutuality, f, check.ByFile, at) })
	}
	if err != nil {
		return fmt.Errorf("noting a check: %w", err)
	}
	return nil
}

// checksOf tells how often a document was checked, when last, and how.
func checksOf(c *conn, login auth.Login, d *documents.Document) error {
	var at int64
	err := c.get(`SELECT checked, checked_at, how FROM checks WHERE mutuality = ? AND member = ? AND request = ?`,
		[]any{login.Mutuality, string(login.Member), d.Request}, &d.Checked, &at, &d.CheckedHow)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if at > 0 {
		d.CheckedAt = fromMicros(at)
	}
	return err
}

package store

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/mail"
	"guichet.example/signing"
)

// sealedReceived is a PDF that the mutuality delivered, version 1 of a row of
// received_documents.
const sealedReceived = "received-document"

// loadReceived loads documents to members, one by one: each is sealed for her.
func (l *load) loadReceived() error {
	seen := map[[2]string]bool{}
	for i, row := range l.batch.Rows {
		r := row.(core.Received)
		member, wrong := l.member("member", r.Member)
		if wrong == nil && seen[[2]string{member, r.Reference}] {
			wrong = &fault{"", core.ReasonDuplicate}
		}
		if wrong == nil {
			wrong = wrongPDF(r)
		}
		if wrong != nil {
			l.reject(i, *wrong)
			continue
		}
		seen[[2]string{member, r.Reference}] = true
		if err := l.loadDocument(auth.MemberID(member), r); err != nil {
			return err
		}
	}
	return nil
}

// wrongPDF says why the bytes are not those announced.
func wrongPDF(r core.Received) *fault {
	sum := sha256.Sum256(r.PDF)
	switch {
	case len(r.PDF) == 0:
		return &fault{"file", core.ReasonMissing}
	case len(r.PDF) > core.MaxPDF:
		return &fault{"file", "is larger than 10 MiB"}
	case !bytes.HasPrefix(r.PDF, []byte("%PDF-")):
		return &fault{"file", "is not a PDF file"}
	case r.SHA256 != "" && r.SHA256 != hex.EncodeToString(sum[:]):
		return &fault{"sha256", "is not that of the file"}
	}
	return nil
}

// loadDocument keeps the id that a document has, and that it was read, unless it is
// another one now.
func (l *load) loadDocument(member auth.MemberID, r core.Received) error {
	sum := sha256.Sum256(r.PDF)
	had := struct {
		document, kind, title, language, issued string
		sum, address                            []byte
	}{}
	err := l.get(`SELECT document, kind, title, language, issued, sha256, address FROM received_documents WHERE mutuality = ? AND member = ? AND reference = ?`,
		[]any{l.mutuality, string(member), r.Reference}, &had.document, &had.kind, &had.title, &had.language, &had.issued, &had.sum, &had.address)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		l.out.Added++
		if l.t == nil {
			return nil
		}
		return l.addDocument(member, r)
	case err != nil:
		return err
	}
	bytesSame := bytes.Equal(had.sum, sum[:])
	if bytesSame && had.kind == r.Kind && had.title == r.Title && had.language == r.Language && had.issued == date(r.Issued) {
		l.out.Unchanged++
		return nil
	}
	l.out.Changed++
	if l.t == nil {
		return nil
	}
	if _, err := l.exec(`UPDATE received_documents SET kind = ?, title = ?, language = ?, issued = ? WHERE mutuality = ? AND member = ? AND reference = ?`,
		r.Kind, r.Title, r.Language, date(r.Issued), l.mutuality, string(member), r.Reference); err != nil || bytesSame {
		return err
	}
	blob, err := l.sealDocument(member, had.document, r)
	if err != nil {
		return err
	}
	l.newReceived(member, r)
	_, err = l.exec(`UPDATE received_documents SET pages = ?, size = ?, sha256 = ?, address = ?, read_at = NULL WHERE mutuality = ? AND member = ? AND reference = ?`,
		pagesOf(r.PDF), int64(len(r.PDF)), sum[:], blob.address[:], l.mutuality, string(member), r.Reference)
	if err != nil {
		return err
	}
	return dropBlob(l.t, l.mutuality, string(member), had.address)
}

// newReceived is told to whom it is for.
func (l *load) newReceived(member auth.MemberID, r core.Received) {
	if l.isNews(r.Issued.Format(time.DateOnly)) {
		l.tell(member, mail.NewDocument)
	}
}

func (l *load) addDocument(member auth.MemberID, r core.Received) error {
	if r.Issued.IsZero() {
		r.Issued = l.db.cfg.Now()
	}
	id := l.sealed[[2]string{string(member), r.Reference}].document
	if id == "" {
		var err error
		if id, err = l.newDocument(r); err != nil {
			return err
		}
	}
	l.newReceived(member, r)
	blob, err := l.sealDocument(member, id, r)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(r.PDF)
	_, err = l.exec(`
		INSERT INTO received_documents (mutuality, member, document, reference, kind, title, language, issued, added_at, pages, size, sha256, address)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.mutuality, string(member), id, r.Reference, r.Kind, r.Title, r.Language, date(r.Issued), micros(l.db.cfg.Now()),
		pagesOf(r.PDF), int64(len(r.PDF)), sum[:], blob.address[:])
	return err
}

// sealDocument stores the PDF: as it was sealed before, if it is still that one.
func (l *load) sealDocument(member auth.MemberID, document string, r core.Received) (sealedBlob, error) {
	key, err := l.db.keyOf(l.conn, l.mutuality, member)
	if err != nil {
		return sealedBlob{}, err
	}
	before := l.sealed[[2]string{string(member), r.Reference}]
	blob := before.blob
	if before.document != document || before.sum != sha256.Sum256(r.PDF) {
		blob = key.sealBlob(sealedReceived, document, 1, r.PDF)
	}
	return blob, putBlob(l.t, key, blob)
}

// pagesOf counts the pages of a PDF; 0 where they cannot be counted.
func pagesOf(pdf []byte) int64 {
	s, err := signing.Inspect(pdf)
	if err != nil {
		return 0
	}
	return int64(s.Pages)
}

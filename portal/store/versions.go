package store

import (
	"context"
	"crypto/sha256"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/signing"
)

// attempted is what a job made of a signed document.
type attempted struct {
	auth.Login
	Document string
	From     int           // version that it was made of
	PDF      []byte        // nil: as it was
	Level    signing.Level // of PDF
}

// attempted writes the version that was made, if one was, and what follows from it, which
// then does with the document as it is now, in one commit. stale if a newer version than
// From stands: nothing is written.
func (db *DB) attempted(ctx context.Context, a attempted, note audit.Entry, stale error, then func(*tx, memberKey, documents.Document) error) error {
	key, err := db.key(ctx, a.Login)
	if err != nil {
		return err
	}
	var sealed sealedBlob
	var sum [32]byte
	if a.PDF != nil {
		sealed, sum = key.sealBlob(sealedDocument, a.Document, a.From+1, a.PDF), sha256.Sum256(a.PDF)
		if err := db.place(ctx, &sealed); err != nil {
			return err
		}
	}
	return db.write(ctx, note, func(t *tx) error {
		d, err := findDocument(t.conn, a.Login, a.Document)
		if err != nil {
			return err
		}
		if d.Version != a.From {
			return stale
		}
		if a.PDF != nil {
			d.Version, d.Size, d.SHA256, d.Level = d.Version+1, len(a.PDF), sum, a.Level
			if err := newVersion(db, t, key, d, sealed); err != nil {
				return err
			}
		}
		return then(t, key, d)
	})
}

// newVersion makes a version the newest of its document.
func newVersion(db *DB, t *tx, key memberKey, d documents.Document, sealed sealedBlob) error {
	if err := insertVersion(t, key, d, db.cfg.Now(), sealed); err != nil {
		return err
	}
	_, err := t.exec(`
		UPDATE documents SET version = ?, size = ?, sha256 = ?, level = ?
		WHERE mutuality = ? AND member = ? AND document = ?`,
		d.Version, d.Size, d.SHA256[:], int(d.Level), key.mutuality, key.member, d.ID)
	return err
}

package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
)

// leaseLife is how long a document is left to the worker that took it.
const leaseLife = time.Minute

func insertRaise(t *tx, key memberKey, d documents.Document, c requests.Completion, signer []byte) error {
	pending := 0
	if c.State == requests.Pending {
		pending = 1
	}
	_, err := t.exec(`
		INSERT INTO raises (mutuality, member, document, request, signer_sealed, pending, attempts, due_at, leased_until)
		VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0)`,
		key.mutuality, key.member, d.ID, d.Request, signer, pending, micros(c.At.Add(raiseAfter)))
	return err
}

// Due implements requests.Store. Documents of all mutualities, those due longest first.
func (db *DB) Due(ctx context.Context, now time.Time, limit int) ([]requests.Raise, error) {
	var leased []requests.Raise
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		leased = nil
		err := t.each(`
			SELECT mutuality, member, document FROM raises
			WHERE due_at <= ? AND leased_until <= ? ORDER BY due_at LIMIT ?`,
			[]any{micros(now), micros(now), bounded(limit)}, func(scan func(...any) error) error {
				var r requests.Raise
				err := scan(&r.Mutuality, &r.Member, &r.Document)
				leased = append(leased, r)
				return err
			})
		for i := range leased {
			err = errors.Join(err, lease(t, &leased[i], now))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("leasing documents: %w", err)
	}
	full := leased[:0]
	for _, r := range leased {
		if r, err = db.fill(ctx, r); err != nil {
			db.cfg.Log.Error("document cannot be raised", "document", r.Document, "err", err)
			continue // the others can; this one comes back when its lease ends
		}
		full = append(full, r)
	}
	return full, nil
}

// DueDocument implements requests.Store. ErrNotFound if nothing is left to do on the
// document, or somebody else has it.
func (db *DB) DueDocument(ctx context.Context, login auth.Login, document string) (requests.Raise, error) {
	r := requests.Raise{Mutuality: login.Mutuality, Member: login.Member, Document: document}
	err := db.write(ctx, audit.Entry{}, func(t *tx) error { return lease(t, &r, db.cfg.Now()) })
	if err == nil {
		r, err = db.fill(ctx, r)
	}
	if err != nil {
		return requests.Raise{}, fmt.Errorf("leasing document: %w", err)
	}
	return r, nil
}

func lease(t *tx, r *requests.Raise, now time.Time) error {
	err := t.get(`
		UPDATE raises SET leased_until = ?, attempts = attempts + 1
		WHERE mutuality = ? AND member = ? AND document = ? AND leased_until <= ?
		RETURNING request, pending, attempts - 1`,
		[]any{micros(now.Add(leaseLife)), r.Mutuality, string(r.Member), r.Document, micros(now)},
		&r.Request, &r.Pending, &r.Attempts)
	if errors.Is(err, sql.ErrNoRows) {
		return requests.ErrNotFound
	}
	return err
}

// fill reads the newest version and the signer's certificates of a leased document.
func (db *DB) fill(ctx context.Context, r requests.Raise) (requests.Raise, error) {
	err := db.snapshot(ctx, func(c *conn) error {
		key, err := db.keyOf(c, r.Mutuality, r.Member)
		if err != nil {
			return err
		}
		var sealed []byte
		err = c.get(`
			SELECT signer_sealed, version FROM raises JOIN documents USING (mutuality, member, document)
			WHERE mutuality = ? AND member = ? AND document = ?`,
			[]any{r.Mutuality, string(r.Member), r.Document}, &sealed, &r.Version)
		if err != nil {
			return err
		}
		signer, err := key.open(sealedSigner, r.Document, 1, sealed)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(signer, &r.Signer); err != nil {
			return fmt.Errorf("signer of document %s: %w", r.Document, ErrDamaged)
		}
		r.PDF, err = openVersion(c, key, r.Document, r.Version)
		return err
	})
	return r, err
}

// Raised implements requests.Store. ErrChanged if somebody else has raised the document
// since it was leased; their version stands.
func (db *DB) Raised(ctx context.Context, r requests.Raised) error {
	login := auth.Login{Mutuality: r.Mutuality, Member: r.Member}
	key, err := db.key(ctx, login)
	if err != nil {
		return fmt.Errorf("raising document: %w", err)
	}
	var sealed sealedBlob
	var sum [32]byte
	if r.PDF != nil {
		sealed, sum = key.sealBlob(sealedDocument, r.Document, r.Version+1, r.PDF), sha256.Sum256(r.PDF)
	}
	note := db.ownEntry(ctx, r.Mutuality, r.Member, audit.RaiseDocument, object("document", r.Document))
	note.Reason = r.Cause
	if r.PDF == nil && r.State == "" {
		note.Outcome = audit.Failed
	}
	err = db.write(ctx, note, func(t *tx) error {
		d, err := findDocument(t.conn, login, r.Document)
		if err != nil {
			return err
		}
		if d.Version != r.Version {
			return requests.ErrChanged
		}
		if r.PDF != nil {
			d.Version, d.Size, d.SHA256, d.Level = d.Version+1, len(r.PDF), sum, r.Level
			if err := insertVersion(t, key, d, db.cfg.Now(), sealed); err != nil {
				return err
			}
		}
		if err := raise(t, key, d, r); err != nil {
			return err
		}
		return db.schedule(t, r)
	})
	if err != nil {
		return fmt.Errorf("raising document: %w", err)
	}
	return nil
}

// raise writes what became of the document, and the state that follows from what was
// learnt of the signer's certificate.
func raise(t *tx, key memberKey, d documents.Document, r requests.Raised) error {
	if r.State != "" {
		if err := settleRequest(t, key, r); err != nil {
			return err
		}
		d.Status = statusOf(r.State)
	}
	_, err := t.exec(`
		UPDATE documents SET version = ?, size = ?, sha256 = ?, level = ?, status = ?
		WHERE mutuality = ? AND member = ? AND document = ?`,
		d.Version, d.Size, d.SHA256[:], int(d.Level), string(d.Status), key.mutuality, key.member, d.ID)
	return err
}

// settleRequest ends the wait of a pending request. One that the member withdrew
// meanwhile stays withdrawn.
func settleRequest(t *tx, key memberKey, r requests.Raised) error {
	now, err := stateOf(t, key, r.Request)
	if err != nil || now.state != requests.Pending {
		return err
	}
	reason := ""
	if r.State == requests.Rejected {
		reason = r.Cause
	}
	return moveRequest(t, key, r.Request, now.revision, r.State, reason)
}

// schedule sets the next attempt, or ends the attempts.
func (db *DB) schedule(t *tx, r requests.Raised) error {
	if r.NextTry.IsZero() {
		_, err := t.exec(`DELETE FROM raises WHERE mutuality = ? AND member = ? AND document = ?`,
			r.Mutuality, string(r.Member), r.Document)
		return err
	}
	_, err := t.exec(`
		UPDATE raises SET due_at = ?, leased_until = 0, pending = CASE WHEN ? = '' THEN pending ELSE 0 END
		WHERE mutuality = ? AND member = ? AND document = ?`,
		micros(r.NextTry), string(r.State), r.Mutuality, string(r.Member), r.Document)
	return err
}

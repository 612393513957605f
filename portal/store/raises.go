package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/jobs"
	"guichet.example/portal/requests"
)

// leaseLife is how long a document is left to whoever completed it and raises it at once.
const leaseLife = time.Minute

// insertRaise puts the document in line for its level, with what the job needs for it.
func insertRaise(t *tx, db *DB, key memberKey, d documents.Document, c requests.Completion, signer []byte) error {
	_, err := t.exec(`INSERT INTO raises (mutuality, member, document, signer_sealed) VALUES (?, ?, ?, ?)`,
		key.mutuality, key.member, d.ID, signer)
	if err != nil {
		return err
	}
	return t.enqueue(db, jobs.Job{
		ID: d.ID, Kind: requests.RaiseKind, Mutuality: key.mutuality, Member: auth.MemberID(key.member), Key: d.ID,
		Created: c.At, Due: c.At.Add(raiseAfter),
	})
}

// DueDocument implements requests.Store.
func (db *DB) DueDocument(ctx context.Context, login auth.Login, document string) (requests.Raise, error) {
	j := jobs.Job{Kind: requests.RaiseKind, Mutuality: login.Mutuality, Member: login.Member, Key: document}
	err := db.leaseNamed(ctx, &j, leaseLife)
	if errors.Is(err, jobs.ErrNotFound) {
		err = requests.ErrNotFound
	}
	var r requests.Raise
	if err == nil {
		r, err = db.fill(ctx, j)
	}
	if err != nil {
		return requests.Raise{}, fmt.Errorf("leasing document: %w", err)
	}
	return r, nil
}

// Raise implements requests.Store.
func (db *DB) Raise(ctx context.Context, j jobs.Job) (requests.Raise, error) {
	r, err := db.fill(ctx, j)
	if err != nil {
		return requests.Raise{}, fmt.Errorf("reading document to be raised: %w", err)
	}
	return r, nil
}

// fill reads the newest version and the signer's certificates of a leased document.
func (db *DB) fill(ctx context.Context, j jobs.Job) (requests.Raise, error) {
	r := requests.Raise{Job: j, Mutuality: j.Mutuality, Member: j.Member, Document: j.Key, Attempts: j.Attempts - 1}
	err := db.snapshot(ctx, func(c *conn) error {
		key, err := db.keyOf(c, r.Mutuality, r.Member)
		if err != nil {
			return err
		}
		var sealed []byte
		var status documents.Status
		err = c.get(`
			SELECT signer_sealed, version, request, status FROM raises JOIN documents USING (mutuality, member, document)
			WHERE mutuality = ? AND member = ? AND document = ?`,
			[]any{r.Mutuality, string(r.Member), r.Document}, &sealed, &r.Version, &r.Request, &status)
		if errors.Is(err, sql.ErrNoRows) {
			return requests.ErrNotFound
		}
		if err != nil {
			return err
		}
		r.Pending = status == documents.Checking
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
	note := db.ownEntry(ctx, r.Mutuality, r.Member, audit.RaiseDocument, object("document", r.Document))
	note.Reason = r.Cause
	if r.PDF == nil && r.State == "" {
		note.Outcome = audit.Failed
	}
	a := attempted{Login: auth.Login{Mutuality: r.Mutuality, Member: r.Member}, Document: r.Document, From: r.Version, PDF: r.PDF, Level: r.Level}
	err := db.attempted(ctx, a, note, requests.ErrChanged, func(t *tx, key memberKey, d documents.Document) error {
		if err := db.settleStatus(t, key, d, r); err != nil {
			return err
		}
		return db.schedule(t, key, d, r)
	})
	if err != nil {
		return fmt.Errorf("raising document: %w", err)
	}
	return nil
}

// settleStatus writes the state that follows from what was learnt of the signer's
// certificate.
func (db *DB) settleStatus(t *tx, key memberKey, d documents.Document, r requests.Raised) error {
	if r.State == "" {
		return nil
	}
	if err := db.settleRequest(t, key, d, r); err != nil {
		return err
	}
	if err := db.blockSettled(t, key, d, r); err != nil { // withdrawn or not: it was in force
		return err
	}
	_, err := t.exec(`UPDATE documents SET status = ? WHERE mutuality = ? AND member = ? AND document = ?`,
		string(statusOf(r.State)), key.mutuality, key.member, d.ID)
	return err
}

// settleRequest ends the wait of a pending request. One that the member withdrew
// meanwhile stays withdrawn.
func (db *DB) settleRequest(t *tx, key memberKey, d documents.Document, r requests.Raised) error {
	now, err := stateOf(t, key, r.Request)
	if err != nil || now.state != requests.Pending {
		return err
	}
	reason := ""
	if r.State == requests.Rejected {
		reason = r.Cause
	}
	if err := moveRequest(t, key, r.Request, now.revision, onceSigned(d.Kind, r.State), reason); err != nil {
		return err
	}
	if r.State == requests.Rejected {
		if err := t.requestNews(db, key, r.Request, requests.NewsRejected); err != nil {
			return err
		}
	}
	if err := db.accessSettled(t, key, d, r); err != nil {
		return err
	}
	return db.tellPaper(t, key, d.Kind, r.State)
}

// schedule puts the job off to the next attempt, gives it up or ends it: a document that
// holds is in line from then on to be renewed.
func (db *DB) schedule(t *tx, key memberKey, d documents.Document, r requests.Raised) error {
	if r.Reached {
		if err := keepRenewing(t, key, d.ID, r.Holds, r.Stamped); err != nil {
			return err
		}
	}
	if r.GivenUp {
		return db.giveUp(t, r.Job, r.Cause, d)
	}
	if !r.NextTry.IsZero() {
		if r.Tell {
			if err := db.tellOffice(t, r.Job, r.Cause, d); err != nil {
				return err
			}
		}
		return t.putOff(db, r.Job, r.NextTry, r.Cause)
	}
	if r.Tell { // it ended, and not well
		if err := db.tellOffice(t, r.Job, r.Cause, d); err != nil {
			return err
		}
	}
	if r.State != requests.Rejected {
		if err := keepRenewing(t, key, d.ID, r.Holds, r.Stamped); err != nil {
			return err
		}
	}
	_, err := t.exec(`DELETE FROM raises WHERE mutuality = ? AND member = ? AND document = ?`,
		r.Mutuality, string(r.Member), r.Document)
	if err != nil {
		return err
	}
	return t.finish(r.Job)
}

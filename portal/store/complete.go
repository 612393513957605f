package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/core"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/portal/rescue"
	"guichet.example/portal/timeid"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// raiseAfter is how long a fresh document is left to whoever completed it, who raises
// its level at once (DueDocument), before the job takes it (Due).
const raiseAfter = 30 * time.Second

// Complete implements requests.Store: document, request, preparation and audit row in
// one commit, once. The order of the checks is that of their weight: what was done
// stays done; a request that moved cannot be signed any more; time comes last.
//
// Whether the ten minutes have passed is decided by c.At, when the signature value was
// verified: a value that was in time can be stored later.
func (db *DB) Complete(ctx context.Context, login auth.Login, c requests.Completion) (requests.Request, error) {
	note := db.entry(ctx, login, audit.CompleteRequest, object("preparation", c.Preparation))
	r, err := db.completeAs(ctx, login, c, note, func(_ *tx, r requests.Request) error { return notOfOffice(r) })
	if err != nil {
		return requests.Request{}, fmt.Errorf("completing request: %w", err)
	}
	return r, nil
}

// completeAs is Complete with the row of who does it; allowed is asked in the transaction.
func (db *DB) completeAs(ctx context.Context, login auth.Login, c requests.Completion, note audit.Entry, allowed func(*tx, requests.Request) error) (requests.Request, error) {
	if err := db.checkCompletion(&c); err != nil {
		return requests.Request{}, err
	}
	key, r, err := db.preparedRequest(ctx, login, c.Preparation)
	if err != nil && !errors.Is(err, requests.ErrNotFound) {
		return requests.Request{}, err
	}
	var sealed sealedCompletion
	if err == nil {
		if sealed, err = db.sealCompletion(ctx, key, c); err != nil {
			return requests.Request{}, err
		}
	}
	var again bool
	err = db.write(ctx, note, func(t *tx) error {
		if r.ID != "" {
			if err := allowed(t, r); err != nil {
				return err
			}
		}
		err := db.completable(t, key, login, r, c)
		again = errors.Is(err, errAgain)
		if err != nil {
			return err
		}
		if err := putSigned(t, db, key, r, c, sealed); err != nil {
			return err
		}
		if err := db.accessSigned(t, key, r, c.State, note); err != nil {
			return err
		}
		return db.tellPaper(t, key, r.Act.Kind(), c.State)
	})
	switch {
	case again:
		_, r, err = db.preparedRequest(ctx, login, c.Preparation) // as it is by now
	case err == nil:
		r.State, r.Document, r.SignedAt, r.Revision = onceSigned(r.Act.Kind(), c.State), c.Document, fromMicros(micros(c.At)), r.Revision+1
		r.Method = c.Method
	}
	if err != nil {
		return requests.Request{}, err
	}
	return r, nil
}

// preparedRequest reads the request of a preparation, which does not change but for
// its state, so that the writer has only that to look at. ErrNotFound.
func (db *DB) preparedRequest(ctx context.Context, login auth.Login, preparation string) (key memberKey, r requests.Request, err error) {
	err = db.snapshot(ctx, func(c *conn) error {
		if key, err = db.keyOf(c, login.Mutuality, login.Member); errors.Is(err, errNoMember) {
			return requests.ErrNotFound
		}
		if err != nil {
			return err
		}
		p, _, err := findPreparation(c, key, preparation)
		if err != nil {
			return err
		}
		r, _, err = findRequest(c, key, p.Request)
		return err
	})
	return key, r, err
}

// sealedCompletion is what a completion leaves sealed.
type sealedCompletion struct {
	document sealedBlob
	sha256   [32]byte // of the PDF, in clear
	signer   []byte
}

func (db *DB) sealCompletion(ctx context.Context, key memberKey, c requests.Completion) (sealedCompletion, error) {
	signer, err := json.Marshal(c.Signer)
	if err != nil {
		return sealedCompletion{}, err
	}
	s := sealedCompletion{
		document: key.sealBlob(sealedDocument, c.Document, 1, c.PDF),
		sha256:   sha256.Sum256(c.PDF),
		signer:   key.seal(sealedSigner, c.Document, 1, signer),
	}
	return s, db.place(ctx, &s.document)
}

func (db *DB) checkCompletion(c *requests.Completion) error {
	if c.At.IsZero() {
		c.At = db.cfg.Now()
	}
	if c.Method == "" {
		c.Method = requests.ByCard
	}
	if c.Document == "" {
		id, err := timeid.New(c.At, db.cfg.Rand)
		if err != nil {
			return err
		}
		c.Document = id
	}
	switch {
	case !isID(c.Document):
		return errors.New("id of the document is not an id")
	case len(c.PDF) == 0 || len(c.PDF) > rescue.MaxPDF:
		return fmt.Errorf("signed PDF has %d bytes", len(c.PDF))
	case c.State != requests.Signed && c.State != requests.Pending:
		return fmt.Errorf("a completed request cannot be %q", c.State)
	}
	return nil
}

// completable tells whether the request r of the preparation can be completed now;
// errAgain if it was completed with this very value.
func (db *DB) completable(t *tx, key memberKey, login auth.Login, r requests.Request, c requests.Completion) error {
	p, _, err := findPreparation(t.conn, key, c.Preparation)
	switch {
	case err != nil:
		return err
	case p.Done && p.ValueSHA256 == c.ValueSHA256:
		return errAgain
	case p.Done:
		return requests.ErrAnotherValue
	}
	now, err := stateOf(t, key, r.ID)
	if err == nil {
		err = now.open(p.Revision)
	}
	if err == nil {
		err = accountUnchanged(t, login, r.Act)
	}
	if err == nil {
		err = db.stillMay(t, login, r.ID)
	}
	if err == nil && c.At.After(p.Expires) {
		err = requests.ErrPreparationExpired
	}
	return err
}

// accountUnchanged refuses a bank change made against an account that is another now, or
// under a membership number that is not the member's any more: the insurance system would
// take it for somebody else's.
func accountUnchanged(t *tx, login auth.Login, act document.Act) error {
	change, ok := act.(document.BankChange)
	if !ok {
		return nil
	}
	version, err := accountVersion(t.conn, login, bank.Benefits)
	if err != nil {
		return err
	}
	var number string
	err = t.get(`SELECT affiliation FROM members WHERE mutuality = ? AND member = ?`, []any{login.Mutuality, string(login.Member)}, &number)
	if err != nil {
		return err
	}
	signed, now := change.Head().Member.Affiliation, document.Affiliation(number)
	if version != change.AccountVersion || signed != "" && core.Unspaced(signed) != core.Unspaced(now) {
		return requests.ErrChanged
	}
	return nil
}

// putSigned writes the document and everything that points to it.
func putSigned(t *tx, db *DB, key memberKey, r requests.Request, c requests.Completion, sealed sealedCompletion) error {
	d := documents.Document{
		ID: c.Document, Kind: r.Act.Kind(), Language: r.Act.Head().Language, Reference: r.Reference, Request: r.ID,
		Created: c.At, Pages: r.Pages, Size: len(c.PDF), SHA256: sealed.sha256, Version: 1,
		Level: signing.LevelB, Status: statusOf(c.State), Method: documents.Method(c.Method),
	}
	if err := insertDocument(t, key, d, sealed.document); err != nil {
		return err
	}
	if err := markSigned(t, key, r, c); err != nil {
		return err
	}
	if err := keepPaper(t, key, r); err != nil {
		return err
	}
	if err := db.guard(t, key, r, c.At); err != nil {
		return err
	}
	_, err := t.exec(`
		UPDATE preparations SET value_sha256 = ?, document = ?
		WHERE mutuality = ? AND member = ? AND preparation = ?`,
		c.ValueSHA256[:], d.ID, key.mutuality, key.member, c.Preparation)
	if err != nil {
		return err
	}
	return insertRaise(t, db, key, d, c, sealed.signer)
}

// markSigned moves the request on, with the document that came of it.
func markSigned(t *tx, key memberKey, r requests.Request, c requests.Completion) error {
	signed, err := t.exec(`
		UPDATE requests SET state = ?, revision = revision + 1, document = ?, signed_at = ?, method = ?
		WHERE mutuality = ? AND member = ? AND request = ? AND revision = ?`,
		string(onceSigned(r.Act.Kind(), c.State)), c.Document, micros(c.At), string(c.Method), key.mutuality, key.member, r.ID, r.Revision)
	if err == nil && signed == 0 {
		return requests.ErrChanged
	}
	if err != nil {
		return err
	}
	return insertReceipt(t, key, r, c)
}

func statusOf(s requests.State) documents.Status {
	switch s {
	case requests.Signed:
		return documents.Valid
	case requests.Rejected:
		return documents.Invalid
	}
	return documents.Checking
}

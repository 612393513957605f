package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/requests"
	"guichet.example/signing"
)

// approvalRecord is what is sealed of an approval: a document drawn from a known form
// could be guessed from its digest.
type approvalRecord struct {
	Provider  string    `json:"provider"`
	Issuer    string    `json:"issuer"`
	Assertion string    `json:"assertion"`
	SHA256    []byte    `json:"assertionSha256"`
	Level     int       `json:"level"`
	At        time.Time `json:"at"`
	Size      int       `json:"size"`
	Document  []byte    `json:"document"`
}

// PutApproval implements requests.SealStore.
func (db *DB) PutApproval(ctx context.Context, login auth.Login, a requests.Approval, number nrn.Number, proof []byte) error {
	if err := db.putApproval(ctx, login, a, number, proof); err != nil {
		return fmt.Errorf("storing approval: %w", err)
	}
	return nil
}

func (db *DB) putApproval(ctx context.Context, login auth.Login, a requests.Approval, number nrn.Number, proof []byte) error {
	if !isID(a.ID) || a.Session == "" || a.Expires.IsZero() || len(proof) == 0 || len(proof) > federation.MaxEvidence {
		return errors.New("id, session, time and the assertion are required")
	}
	key, err := db.key(ctx, login)
	if err != nil {
		return err
	}
	record, err := json.Marshal(approvalRecord{
		Provider: a.Provider, Issuer: a.Issuer, Assertion: a.Assertion, SHA256: a.AssertionSHA256[:],
		Level: a.Level, At: a.At.UTC(), Size: a.Size, Document: a.Document[:],
	})
	if err != nil {
		return err
	}
	sealed, whole := key.seal(sealedApproval, a.ID, 1, record), key.sealBlob(sealedEvidence, a.ID, 1, proof)
	index := db.cfg.Keys.Index(numberIndex, login.Mutuality, number.Digits())
	note := db.entry(ctx, login, audit.ProveApproval, object("request", a.Request))
	return db.write(ctx, note, func(t *tx) error {
		now, err := stateOf(t, key, a.Request)
		switch {
		case err != nil:
			return err
		case now.state != requests.ToSign:
			return requests.ErrNotOpen
		}
		if err := sameNumber(t, key, index); err != nil {
			return err
		}
		if err := putBlob(t, key, whole); err != nil {
			return err
		}
		added, err := t.exec(`
			INSERT INTO approvals (mutuality, member, approval, request, session, created_at, expires_at, proof_sealed, evidence)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (mutuality, member, approval) DO NOTHING`,
			key.mutuality, key.member, a.ID, a.Request, a.Session, micros(a.Created), micros(a.Expires), sealed, whole.address[:])
		if err == nil && added == 0 {
			return requests.ErrProof // used before
		}
		return err
	})
}

// sameNumber refuses what another person proved.
func sameNumber(t *tx, key memberKey, index []byte) error {
	var own []byte
	err := t.get(`SELECT number_index FROM members WHERE mutuality = ? AND member = ?`, []any{key.mutuality, key.member}, &own)
	if err == nil && !bytes.Equal(own, index) {
		return requests.ErrWrongPerson
	}
	return err
}

// Approval implements requests.SealStore.
func (db *DB) Approval(ctx context.Context, login auth.Login, id string) (requests.Approval, error) {
	var a requests.Approval
	err := db.snapshot(ctx, func(c *conn) error {
		key, err := db.keyOf(c, login.Mutuality, login.Member)
		if errors.Is(err, errNoMember) {
			return requests.ErrNotFound
		}
		if err != nil {
			return err
		}
		a, _, err = findApproval(c, key, id)
		return err
	})
	if err != nil {
		return requests.Approval{}, fmt.Errorf("reading approval: %w", err)
	}
	return a, nil
}

// findApproval also returns the address of the assertion.
func findApproval(c *conn, key memberKey, id string) (a requests.Approval, address []byte, err error) {
	if !isID(id) {
		return a, nil, requests.ErrNotFound
	}
	var created, expires int64
	var sealed []byte
	var doc sql.NullString
	err = c.get(`
		SELECT request, session, created_at, expires_at, proof_sealed, evidence, document FROM approvals
		WHERE mutuality = ? AND member = ? AND approval = ?`,
		[]any{key.mutuality, key.member, id}, &a.Request, &a.Session, &created, &expires, &sealed, &address, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		err = requests.ErrNotFound
	}
	if err != nil {
		return requests.Approval{}, nil, err
	}
	a.ID, a.Created, a.Expires, a.Sealed = id, fromMicros(created), fromMicros(expires), doc.String
	plain, err := key.open(sealedApproval, id, 1, sealed)
	if err != nil {
		return requests.Approval{}, nil, err
	}
	var r approvalRecord
	if json.Unmarshal(plain, &r) != nil || copyHash(&a.AssertionSHA256, r.SHA256) != nil || copyHash(&a.Document, r.Document) != nil {
		return requests.Approval{}, nil, fmt.Errorf("approval %s: %w", id, ErrDamaged)
	}
	a.Provider, a.Issuer, a.Assertion, a.Level, a.At, a.Size = r.Provider, r.Issuer, r.Assertion, r.Level, r.At, r.Size
	return a, address, nil
}

// ApprovalEvidence returns the whole assertion behind a sealed approval, as it was
// received, for a dispute. The look has its audit row. requests.ErrNotFound.
func (db *DB) ApprovalEvidence(ctx context.Context, login auth.Login, id string) ([]byte, error) {
	var whole []byte
	note := db.entry(ctx, login, audit.OpenApproval, object("approval", id))
	err := db.reveal(ctx, note, func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			key, err := db.keyOf(c, login.Mutuality, login.Member)
			if errors.Is(err, errNoMember) {
				return requests.ErrNotFound
			}
			if err != nil {
				return err
			}
			a, address, err := findApproval(c, key, id)
			if err != nil {
				return err
			}
			whole, err = blob(c, key, sealedEvidence, id, 1, address)
			if err == nil && sha256.Sum256(whole) != a.AssertionSHA256 {
				err = fmt.Errorf("assertion of approval %s: %w", id, ErrDamaged)
			}
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("opening the evidence of an approval: %w", err)
	}
	return whole, nil
}

// Seal implements requests.SealStore.
func (db *DB) Seal(ctx context.Context, login auth.Login, s requests.Sealed) (requests.Request, error) {
	r, err := db.sealRequest(ctx, login, s)
	if err != nil {
		return requests.Request{}, fmt.Errorf("storing a sealed document: %w", err)
	}
	return r, nil
}

func (db *DB) sealRequest(ctx context.Context, login auth.Login, s requests.Sealed) (requests.Request, error) {
	c := requests.Completion{PDF: s.PDF, State: requests.Signed, At: s.At, Document: s.Document, Signer: s.Signer, Method: s.Method}
	if err := db.checkCompletion(&c); err != nil {
		return requests.Request{}, err
	}
	action := map[requests.Method]audit.Action{requests.ByApproval: audit.ApproveRequest, requests.ByReceipt: audit.ReceiveRequest, requests.ByStatement: audit.IssueDocument}[s.Method]
	if action == "" || (s.Approval != "") != (s.Method == requests.ByApproval) {
		return requests.Request{}, fmt.Errorf("a document sealed by %q with approval %q", s.Method, s.Approval)
	}
	key, r, err := db.openRequest(ctx, login, s.Request)
	if err != nil {
		return requests.Request{}, err
	}
	if requests.Issued(r.Act.Kind()) != (s.Method == requests.ByStatement) {
		return requests.Request{}, fmt.Errorf("a %s sealed by %q: %w", r.Act.Kind(), s.Method, requests.ErrNotFound)
	}
	sealed, err := db.sealCompletion(ctx, key, c)
	if err != nil {
		return requests.Request{}, err
	}
	var again bool
	note := db.entry(ctx, login, action, object("request", s.Request))
	err = db.write(ctx, note, func(t *tx) error {
		err := db.sealable(t, key, login, r, s, c.At)
		again = errors.Is(err, errAgain)
		if err != nil {
			return err
		}
		if err := db.putSealed(t, key, r, s, c, sealed); err != nil {
			return err
		}
		return db.accessSigned(t, key, r, c.State, note)
	})
	switch {
	case again:
		_, r, err = db.openRequest(ctx, login, s.Request) // as it is by now
	case err == nil:
		r.State, r.Document, r.SignedAt, r.Revision, r.Method = onceSigned(r.Act.Kind(), c.State), c.Document, fromMicros(micros(c.At)), r.Revision+1, s.Method
	}
	if err != nil {
		return requests.Request{}, err
	}
	return r, nil
}

// Statement implements requests.SealStore. What is read was written a moment ago by the
// same act, which has its rows: none for the look.
func (db *DB) Statement(ctx context.Context, login auth.Login, id string) (requests.Request, error) {
	var r requests.Request
	err := db.snapshot(ctx, func(c *conn) error {
		key, err := db.keyOf(c, login.Mutuality, login.Member)
		if errors.Is(err, errNoMember) {
			return requests.ErrNotFound
		}
		if err != nil {
			return err
		}
		r, err = db.requestOf(c, key, id)
		if err == nil && !requests.Issued(r.Act.Kind()) {
			return requests.ErrNotFound
		}
		return err
	})
	if err != nil {
		return requests.Request{}, fmt.Errorf("reading a statement: %w", err)
	}
	return r, nil
}

// openRequest reads a request without its PDF, which does not change but for its state.
func (db *DB) openRequest(ctx context.Context, login auth.Login, id string) (key memberKey, r requests.Request, err error) {
	err = db.snapshot(ctx, func(c *conn) error {
		if key, err = db.keyOf(c, login.Mutuality, login.Member); errors.Is(err, errNoMember) {
			return requests.ErrNotFound
		}
		if err != nil {
			return err
		}
		r, _, err = findRequest(c, key, id)
		return err
	})
	return key, r, err
}

// sealable tells whether the request can be sealed now; errAgain if this approval, or an
// earlier receipt, sealed it before.
func (db *DB) sealable(t *tx, key memberKey, login auth.Login, r requests.Request, s requests.Sealed, at time.Time) error {
	if s.Method == requests.ByApproval {
		a, _, err := findApproval(t.conn, key, s.Approval)
		switch {
		case errors.Is(err, requests.ErrNotFound):
			return requests.ErrProof
		case err != nil:
			return err
		case a.Request != s.Request || a.Session != login.Session || a.Document != r.SHA256:
			return requests.ErrProof
		case a.Sealed != "":
			return errAgain
		case !at.Before(a.Expires):
			return requests.ErrProof
		}
	}
	now, err := stateOf(t, key, r.ID)
	if err == nil {
		err = now.open(s.Revision)
	}
	if errors.Is(err, requests.ErrNotOpen) && s.Method != requests.ByApproval && now.method == s.Method {
		return errAgain
	}
	if err == nil {
		err = accountUnchanged(t, login, r.Act)
	}
	if err == nil {
		err = db.stillMay(t, login, r.ID)
	}
	return err
}

// putSealed writes the document and everything that points to it.
func (db *DB) putSealed(t *tx, key memberKey, r requests.Request, s requests.Sealed, c requests.Completion, sealed sealedCompletion) error {
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
	if err := db.guard(t, key, r, c.At); err != nil {
		return err
	}
	if s.Method == requests.ByApproval {
		used, err := t.exec(`
			UPDATE approvals SET document = ? WHERE mutuality = ? AND member = ? AND approval = ? AND document IS NULL`,
			d.ID, key.mutuality, key.member, s.Approval)
		if err != nil {
			return err
		}
		if used == 0 {
			return requests.ErrProof
		}
	}
	return insertRaise(t, db, key, d, c, sealed.signer)
}

// RefuseApproval implements requests.SealStore.
func (db *DB) RefuseApproval(ctx context.Context, login auth.Login, request, why string) error {
	note := db.entry(ctx, login, audit.ApproveRequest, object("request", request))
	note.Outcome, note.Reason = audit.Refused, why
	if err := db.write(ctx, note, nil); err != nil {
		return fmt.Errorf("recording refused approval: %w", err)
	}
	return nil
}

// sweepApprovals removes proofs that were not used in time, with the assertions.
func sweepApprovals(t *tx, now time.Time) (int64, error) {
	type row struct {
		mutuality, member, approval string
		evidence                    []byte
	}
	var found []row
	err := t.each(`
		SELECT mutuality, member, approval, evidence FROM approvals
		WHERE document IS NULL AND expires_at < ? ORDER BY expires_at LIMIT ?`,
		[]any{micros(now.Add(-keepPrepared)), sweepRows}, func(scan func(...any) error) error {
			var r row
			err := scan(&r.mutuality, &r.member, &r.approval, &r.evidence)
			found = append(found, r)
			return err
		})
	for _, r := range found {
		if err != nil {
			return 0, err
		}
		if _, err = t.exec(`DELETE FROM approvals WHERE mutuality = ? AND member = ? AND approval = ?`,
			r.mutuality, r.member, r.approval); err == nil {
			err = dropBlob(t, r.mutuality, r.member, r.evidence)
		}
	}
	return int64(len(found)), err
}

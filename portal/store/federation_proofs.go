package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/portal/audit"
	"guichet.example/portal/federal"
)

// proofRecord is a proof as it is sealed, under the member's key.
type proofRecord struct {
	Provider  string         `json:"provider"`
	Issuer    string         `json:"issuer"`
	Subject   string         `json:"subject"`
	Number    string         `json:"number,omitempty"`
	Level     int            `json:"level"`
	Assurance auth.Assurance `json:"assurance"`
	At        time.Time      `json:"at"`
	Assertion string         `json:"assertion"`
	Until     time.Time      `json:"until"`
	Evidence  []byte         `json:"evidence"`
	Request   string         `json:"request"`
	Document  []byte         `json:"document"`
	Size      int            `json:"size"`
	Began     time.Time      `json:"began"`
}

func proofRecordOf(p federal.Proof) proofRecord {
	id := p.Identity
	r := proofRecord{
		Provider: id.Provider, Issuer: id.Issuer, Subject: id.Subject, Level: id.Level, Assurance: id.Assurance,
		At: id.At.UTC(), Assertion: id.Assertion, Until: id.Until.UTC(), Evidence: id.Evidence,
		Request: p.Request, Document: p.Document[:], Size: p.Size, Began: p.Began.UTC(),
	}
	if id.HasNumber {
		r.Number = id.Number.Digits()
	}
	return r
}

func (r proofRecord) proof() (federal.Proof, error) {
	p := federal.Proof{
		Identity: federation.Identity{
			Provider: r.Provider, Issuer: r.Issuer, Subject: r.Subject, Level: r.Level, Assurance: r.Assurance,
			At: r.At, Assertion: r.Assertion, Until: r.Until, Evidence: r.Evidence,
		},
		Request: r.Request, Size: r.Size, Began: r.Began,
	}
	if copy(p.Document[:], r.Document) != len(p.Document) {
		return federal.Proof{}, ErrDamaged
	}
	if r.Number != "" {
		number, err := nrn.Parse(r.Number)
		if err != nil {
			return federal.Proof{}, ErrDamaged // err would be about the number
		}
		p.Identity.Number, p.Identity.HasNumber = number, true
	}
	return p, nil
}

// parkedProof is a row of federation_proofs, sealed before the writer is asked.
type parkedProof struct {
	hash                       [32]byte
	mutuality, member, session string
	sealed                     []byte
	expires                    time.Time
}

// proofID is what a sealed proof is bound to besides its member: handle and session.
func proofID(hash [32]byte, session string) string {
	return base64.RawURLEncoding.EncodeToString(hash[:]) + " " + session
}

func sealProof(key memberKey, f federation.Flow, p federal.Proof, expires time.Time) (*parkedProof, error) {
	record, err := json.Marshal(proofRecordOf(p))
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(f.ID))
	return &parkedProof{
		hash: hash, mutuality: f.Mutuality, member: string(f.Member), session: f.Session,
		sealed: key.seal(sealedProof, proofID(hash, f.Session), 1, record), expires: expires,
	}, nil
}

// put writes the row; of no proof it writes none.
func (p *parkedProof) put(t *tx) error {
	if p == nil {
		return nil
	}
	_, err := t.exec(`INSERT INTO federation_proofs (flow, mutuality, member, session, sealed, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
		p.hash[:], p.mutuality, p.member, p.session, p.sealed, micros(p.expires))
	return err
}

// TakeProof implements federal.Store. A proof of another session stays where it is: its
// own session may still come for it.
func (db *DB) TakeProof(ctx context.Context, login auth.Login, flow string) (federal.Proof, error) {
	hash := sha256.Sum256([]byte(flow))
	key, err := db.key(ctx, login)
	if err != nil {
		return federal.Proof{}, fmt.Errorf("taking proof: %w", err)
	}
	var sealed []byte
	var expires int64
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		return t.get(`
			DELETE FROM federation_proofs WHERE flow = ? AND mutuality = ? AND member = ? AND session = ?
			RETURNING sealed, expires_at`,
			[]any{hash[:], login.Mutuality, string(login.Member), login.Session}, &sealed, &expires)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return federal.Proof{}, federal.ErrNoProof
	case err != nil:
		return federal.Proof{}, fmt.Errorf("taking proof: %w", err)
	}
	now := db.cfg.Now()
	if ends := fromMicros(expires); now.After(ends) || now.Before(ends.Add(-federal.ProofLife-federation.Skew)) {
		return federal.Proof{}, fmt.Errorf("its time is up: %w", federal.ErrNoProof)
	}
	text, err := key.open(sealedProof, proofID(hash, login.Session), 1, sealed)
	if err != nil {
		return federal.Proof{}, fmt.Errorf("taking proof: %w", err)
	}
	var record proofRecord
	if err := json.Unmarshal(text, &record); err != nil {
		return federal.Proof{}, fmt.Errorf("taking proof: %w", ErrDamaged)
	}
	return record.proof()
}

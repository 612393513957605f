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
	"guichet.example/auth/federation"
	"guichet.example/portal/audit"
	"guichet.example/portal/federal"
	"guichet.example/portal/vault"
)

// flowKey is the key of a flow, made from its handle: the browser and the provider have
// it, the store keeps its hash only.
func (db *DB) flowKey(id string) (*vault.DataKey, error) {
	return db.cfg.Keys.ChallengeKey("federation flow " + id)
}

func flowContext(hash [32]byte) vault.Context {
	return vault.Context{What: "federation-flow", ID: string(hash[:]), Version: 1}
}

// flowRecord is a flow as it is sealed. Spelled out so that a change of
// federation.Flow does not change what rests on disk. Its id is not in it.
type flowRecord struct {
	Provider  string             `json:"provider"`
	Purpose   federation.Purpose `json:"purpose"`
	Asked     int                `json:"asked"`
	Force     bool               `json:"force,omitempty"`
	Created   time.Time          `json:"created"`
	Return    string             `json:"return"`
	Lang      string             `json:"lang"`
	RequestID string             `json:"request_id,omitempty"`
	Nonce     string             `json:"nonce,omitempty"`
	Verifier  string             `json:"verifier,omitempty"`
	Mutuality string             `json:"mutuality,omitempty"`
	Member    auth.MemberID      `json:"member,omitempty"`
	Session   string             `json:"session,omitempty"`
	Request   string             `json:"request,omitempty"`
	Document  []byte             `json:"document,omitempty"`
	Size      int                `json:"size,omitempty"`
}

func flowRecordOf(f federation.Flow) flowRecord {
	r := flowRecord{
		Provider: f.Provider, Purpose: f.Purpose, Asked: f.Asked, Force: f.Force, Created: f.Created.UTC(),
		Return: f.Return, Lang: f.Lang, RequestID: f.RequestID, Nonce: f.Nonce, Verifier: f.Verifier,
		Mutuality: f.Mutuality, Member: f.Member, Session: f.Session, Request: f.Request, Size: f.Size,
	}
	if f.Document != ([32]byte{}) {
		r.Document = f.Document[:]
	}
	return r
}

func (r flowRecord) flow(id string, browser [32]byte, expires time.Time) federation.Flow {
	f := federation.Flow{
		ID: id, Browser: browser, Expires: expires,
		Provider: r.Provider, Purpose: r.Purpose, Asked: r.Asked, Force: r.Force, Created: r.Created,
		Return: r.Return, Lang: r.Lang, RequestID: r.RequestID, Nonce: r.Nonce, Verifier: r.Verifier,
		Mutuality: r.Mutuality, Member: r.Member, Session: r.Session, Request: r.Request, Size: r.Size,
	}
	copy(f.Document[:], r.Document)
	return f
}

// PutFlow implements federal.Store.
func (db *DB) PutFlow(ctx context.Context, f federation.Flow) error {
	hash := sha256.Sum256([]byte(f.ID))
	key, err := db.flowKey(f.ID)
	if err != nil {
		return err
	}
	record, err := json.Marshal(flowRecordOf(f))
	if err != nil {
		return fmt.Errorf("keeping flow: %w", err)
	}
	sealed := key.Seal(flowContext(hash), record)
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		if err := db.flows.bound(t); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO federation_flows (flow, browser, sealed, expires_at) VALUES (?, ?, ?, ?)`,
			hash[:], f.Browser[:], sealed, micros(f.Expires))
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping flow: %w", err)
	}
	return nil
}

// Flow implements federal.Store. Handle and browser are looked up by their hashes:
// neither can be guessed from how long the answer takes.
func (db *DB) Flow(ctx context.Context, id string, browser [32]byte) (federation.Flow, error) {
	hash := sha256.Sum256([]byte(id))
	var sealed []byte
	var expires int64
	err := db.read(ctx, func(c *conn) error {
		return c.get(`SELECT sealed, expires_at FROM federation_flows WHERE browser = ? AND flow = ?`,
			[]any{browser[:], hash[:]}, &sealed, &expires)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return federation.Flow{}, federal.ErrNoFlow
	case err != nil:
		return federation.Flow{}, fmt.Errorf("reading flow: %w", err)
	}
	key, err := db.flowKey(id)
	if err != nil {
		return federation.Flow{}, err
	}
	text, err := key.Open(flowContext(hash), sealed)
	if err != nil {
		return federation.Flow{}, fmt.Errorf("reading flow: %w: %w", ErrDamaged, err)
	}
	var record flowRecord
	if err := json.Unmarshal(text, &record); err != nil {
		return federation.Flow{}, fmt.Errorf("reading flow: %w", ErrDamaged)
	}
	f := record.flow(id, browser, fromMicros(expires))
	if f.Over(db.cfg.Now()) {
		return federation.Flow{}, fmt.Errorf("its time is up: %w", federal.ErrNoFlow)
	}
	return f, nil
}

// FinishFlow implements federal.Store.
func (db *DB) FinishFlow(ctx context.Context, f federation.Flow, u federal.Used, p *federal.Proof) error {
	var parked *parkedProof
	note := audit.Entry{}
	if p != nil {
		login := auth.Login{Mutuality: f.Mutuality, Member: f.Member, Session: f.Session, Method: auth.Federal, Assurance: p.Identity.Assurance}
		key, err := db.key(ctx, login)
		if err != nil {
			return fmt.Errorf("finishing flow: %w", err)
		}
		if parked, err = sealProof(key, f, *p, db.cfg.Now().Add(federal.ProofLife)); err != nil {
			return fmt.Errorf("finishing flow: %w", err)
		}
		note = db.entry(ctx, login, audit.StepUp, object("request", f.Request))
	}
	err := db.write(ctx, note, func(t *tx) error {
		if _, err := db.answer(t, federal.Answer{Flow: f, Used: u}); err != nil {
			return err
		}
		return parked.put(t)
	})
	if err != nil {
		return fmt.Errorf("finishing flow: %w", err)
	}
	return nil
}

// DropFlow implements federal.Store.
func (db *DB) DropFlow(ctx context.Context, f federation.Flow) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		_, _, err := dropFlow(t, f)
		return err
	})
	if err != nil {
		return fmt.Errorf("dropping flow: %w", err)
	}
	return nil
}

// answer takes the flow and remembers what answered it, and returns the token hash of the
// session that began in its browser since; zero: none. ErrNoFlow, ErrReplayed.
func (db *DB) answer(t *tx, a federal.Answer) (since [32]byte, err error) {
	since, found, err := dropFlow(t, a.Flow)
	if err != nil {
		return since, err
	}
	if !found {
		return since, federal.ErrNoFlow
	}
	return since, db.useOnce(t, a.Used)
}

// dropFlow removes the flow, and says whether it was there and which session began in its
// browser since.
func dropFlow(t *tx, f federation.Flow) (since [32]byte, found bool, err error) {
	hash := sha256.Sum256([]byte(f.ID))
	var session []byte
	err = t.get(`DELETE FROM federation_flows WHERE browser = ? AND flow = ? RETURNING session`,
		[]any{f.Browser[:], hash[:]}, &session)
	if errors.Is(err, sql.ErrNoRows) {
		return since, false, nil
	}
	copy(since[:], session)
	return since, err == nil, err
}

// noteInFlows tells the flows that a browser has under way that a session began in it
// meanwhile. Zero: the browser has none.
func noteInFlows(t *tx, browser, session [32]byte) error {
	if browser == ([32]byte{}) {
		return nil
	}
	_, err := t.exec(`UPDATE federation_flows SET session = ? WHERE browser = ?`, session[:], browser[:])
	return err
}

// useOnce remembers that an answer was used: federal.ErrReplayed if it was before. What
// is signed says until when it may be used, so the same answer is of the same day.
func (db *DB) useOnce(t *tx, u federal.Used) error {
	index := db.cfg.Keys.Index("federation-answer", "", u.Issuer+"\n"+u.ID)
	n, err := t.exec(`INSERT INTO federation_used (day, answer) VALUES (?, ?) ON CONFLICT (day, answer) DO NOTHING`,
		dayOf(u.Until), index)
	if err == nil && n == 0 {
		return federal.ErrReplayed
	}
	return err
}

// dayOf is the day of t in UTC, in days since 1970.
func dayOf(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

// sweepFederation removes what has no use any more: flows nobody answered, answers that
// are refused as expired by now, proofs nobody used.
func sweepFederation(t *tx, now time.Time) (int64, error) {
	now = now.Add(-time.Hour) // a clock that is corrected forgets nothing too early
	var swept int64
	for _, part := range []struct {
		statement string
		before    int64
	}{
		{`DELETE FROM federation_flows WHERE (browser, flow) IN
			(SELECT browser, flow FROM federation_flows WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`, micros(now)},
		{`DELETE FROM federation_used WHERE (day, answer) IN
			(SELECT day, answer FROM federation_used WHERE day < ? ORDER BY day LIMIT ?)`, dayOf(now)},
		{`DELETE FROM federation_proofs WHERE flow IN
			(SELECT flow FROM federation_proofs WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`, micros(now)},
	} {
		n, err := t.exec(part.statement, part.before, sweepRows)
		if err != nil {
			return 0, err
		}
		swept = max(swept, n)
	}
	return swept, nil
}

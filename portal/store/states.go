package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
)

// moves are the states that Move leads to, with the action it is in the audit trail.
// A request becomes signed or pending by Complete alone.
var moves = map[requests.State]audit.Action{
	requests.Declined:  audit.DeclineRequest,
	requests.Withdrawn: audit.WithdrawRequest,
	requests.Accepted:  audit.AcceptRequest,
	requests.Rejected:  audit.RejectRequest,
	requests.Expired:   audit.ExpireRequest,
}

// Move implements requests.Store. The reason is sealed and not in the audit row: it is
// what somebody typed.
func (db *DB) Move(ctx context.Context, login auth.Login, id string, from []requests.State, to requests.State, reason string) error {
	action, ok := moves[to]
	if !ok {
		return fmt.Errorf("moving request: no move leads to %q", to)
	}
	key, err := db.key(ctx, login)
	if err != nil {
		return fmt.Errorf("moving request: %w", err)
	}
	note := db.entry(ctx, login, action, object("request", id))
	err = db.write(ctx, note, func(t *tx) error {
		if err := ofMember(t, key, id); err != nil {
			return err
		}
		now, err := stateOf(t, key, id)
		if err != nil {
			return err
		}
		if !slices.Contains(from, now.state) {
			return requests.ErrNotOpen
		}
		if to == requests.Declined {
			if err := db.endPaper(t, key, id); err != nil {
				return err
			}
		}
		if to == requests.Withdrawn && now.state == requests.Signed { // the office's item ends, whoever holds it
			if err := db.endItem(t, auth.Officer{Mutuality: key.mutuality}, key, id, office.EventWithdrawn, ""); err != nil {
				return err
			}
		}
		return moveRequest(t, key, id, now.revision, to, reason)
	})
	if err != nil {
		return fmt.Errorf("moving request: %w", err)
	}
	return nil
}

// standing is where a request stands.
type standing struct {
	state    requests.State
	revision int
	method   requests.Method // how it was consented to; empty while it was not
}

// open tells whether a preparation made at the revision can go on.
func (s standing) open(revision int) error {
	switch {
	case s.state != requests.ToSign:
		return requests.ErrNotOpen
	case s.revision != revision:
		return requests.ErrChanged
	}
	return nil
}

// stateOf reads where a request stands and opens nothing sealed.
func stateOf(t *tx, key memberKey, id string) (standing, error) {
	var s standing
	if !isID(id) {
		return s, requests.ErrNotFound
	}
	err := t.get(`SELECT state, revision, method FROM requests WHERE mutuality = ? AND member = ? AND request = ?`,
		[]any{key.mutuality, key.member, id}, &s.state, &s.revision, &s.method)
	if errors.Is(err, sql.ErrNoRows) {
		return s, requests.ErrNotFound
	}
	return s, err
}

// moveRequest writes a new state. It compares the revision once more, so that it holds
// too where writers are many.
func moveRequest(t *tx, key memberKey, id string, revision int, to requests.State, reason string) error {
	var sealed []byte
	if reason != "" {
		sealed = key.seal(sealedReason, id, 1, []byte(reason))
	}
	moved, err := t.exec(`
		UPDATE requests SET state = ?, revision = revision + 1, reason_sealed = coalesce(?, reason_sealed)
		WHERE mutuality = ? AND member = ? AND request = ? AND revision = ?`,
		string(to), sealed, key.mutuality, key.member, id, revision)
	if err == nil && moved == 0 {
		return requests.ErrChanged
	}
	return err
}

// RefuseSignature implements requests.Store.
func (db *DB) RefuseSignature(ctx context.Context, login auth.Login, request, state string) error {
	note := db.entry(ctx, login, audit.SignRequest, object("request", request))
	note.Outcome, note.Reason = audit.Refused, state
	if err := db.write(ctx, note, nil); err != nil {
		return fmt.Errorf("recording refused signature: %w", err)
	}
	return nil
}

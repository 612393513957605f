package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/mail"
	"guichet.example/portal/people"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// groundRevoked is why a block was undone: the card that signed it was revoked.
const groundRevoked = "revoked"

// doubted is what stood before a block that is in force while the status of its card is
// being asked. Replaced is the same of what it replaced: two such blocks may lie one upon
// the other, and either may fall first.
type doubted struct {
	State    people.State `json:"state"`
	At       int64        `json:"at"`
	By       string       `json:"by"`
	Ground   string       `json:"ground"`
	Letter   string       `json:"letter"`
	AnswerBy *int64       `json:"answer_by"`
	Request  string       `json:"request"`
	Replaced *doubted     `json:"replaced"`
}

// findDoubted reads the decision in force as it would be kept; nil if there is none.
func findDoubted(c *conn, mutuality string, holder, person auth.MemberID) (*doubted, error) {
	var d doubted
	var answer sql.NullInt64
	var replaced sql.NullString
	err := c.get(`
		SELECT state, decided_at, decided_by, reason, letter, answer_by, request, replaced FROM accesses
		WHERE mutuality = ? AND member = ? AND person = ?`,
		[]any{mutuality, string(holder), string(person)}, &d.State, &d.At, &d.By, &d.Ground, &d.Letter, &answer, &d.Request, &replaced)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if answer.Valid {
		d.AnswerBy = &answer.Int64
	}
	if replaced.Valid {
		err = json.Unmarshal([]byte(replaced.String), &d.Replaced)
	}
	return &d, err
}

// keepDoubted keeps what stood before the block that was just written. Nothing stood: the
// rule alone, which is a decision of no day.
func (t *tx) keepDoubted(mutuality string, holder, person auth.MemberID, before *doubted) error {
	if before == nil {
		before = &doubted{State: people.Automatic}
	}
	text, err := json.Marshal(before)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE accesses SET replaced = ? WHERE mutuality = ? AND member = ? AND person = ?`,
		string(text), mutuality, string(holder), string(person))
	return err
}

// settle takes the doubt out of the block of the request: it held, or it falls. It says
// whether there was one.
func (d *doubted) settle(request string, held bool) bool {
	switch {
	case d == nil || d.Replaced == nil:
		return false
	case d.Request != request:
		return d.Replaced.settle(request, held)
	case held:
		d.Replaced = nil
	default:
		*d = *d.Replaced
	}
	return true
}

// blockSettled ends the doubt about a block: one whose signature does not hold is undone,
// in favour of what stood before it. Where another decision has followed, that one stands.
func (db *DB) blockSettled(t *tx, key memberKey, d documents.Document, r requests.Raised) error {
	if d.Kind != document.KindAccessBlock || r.State != requests.Signed && r.State != requests.Rejected {
		return nil
	}
	request, _, err := findRequest(t.conn, key, r.Request)
	if err != nil {
		return err
	}
	act, ok := request.Act.(document.AccessChange)
	if !ok {
		return nil
	}
	holder, person := auth.MemberID(act.Booklet), auth.MemberID(key.member)
	now, err := findDoubted(t.conn, key.mutuality, holder, person)
	if err != nil {
		return err
	}
	inForce := now != nil && now.Request == r.Request
	if !now.settle(r.Request, r.State == requests.Signed) {
		return nil
	}
	if err := t.putDoubted(key.mutuality, holder, person, now); err != nil || !inForce || r.State == requests.Signed {
		return err
	}
	note := db.ownEntry(context.Background(), key.mutuality, person, audit.ChangeAccess, object("holder", act.Booklet))
	note.Reason = string(now.State) + " " + groundRevoked
	if err := t.note(note); err != nil {
		return err
	}
	err = db.exportAccess(t, key.mutuality, people.Access{Holder: holder, Person: person, State: now.State, At: db.cfg.Now(),
		By: people.BySystem, Ground: groundRevoked, Request: r.Request})
	if err != nil {
		return err
	}
	return db.notice(t, key.mutuality, holder, mail.MessageInSpace, nil)
}

// putDoubted writes a decision back as it was kept; one of no day is no row.
func (t *tx) putDoubted(mutuality string, holder, person auth.MemberID, d *doubted) error {
	key := []any{mutuality, string(holder), string(person)}
	if d.At == 0 && d.State == people.Automatic {
		_, err := t.exec(`DELETE FROM accesses WHERE mutuality = ? AND member = ? AND person = ?`, key...)
		return err
	}
	var replaced any
	if d.Replaced != nil {
		text, err := json.Marshal(d.Replaced)
		if err != nil {
			return err
		}
		replaced = string(text)
	}
	var answer any
	if d.AnswerBy != nil {
		answer = *d.AnswerBy
	}
	_, err := t.exec(`
		UPDATE accesses SET state = ?, decided_at = ?, decided_by = ?, reason = ?, letter = ?, answer_by = ?, request = ?, replaced = ?
		WHERE mutuality = ? AND member = ? AND person = ?`,
		append([]any{string(d.State), d.At, d.By, d.Ground, d.Letter, answer, d.Request, replaced}, key...)...)
	if err != nil {
		return fmt.Errorf("putting an access back: %w", err)
	}
	return nil
}

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/letters"
)

// sealedMatter is what a letter tells of a request, as it stands in its context.
const sealedMatter = "letter-matter"

// putMatter keeps what a letter is about; most are about nothing but their kind.
func (t *tx) putMatter(key memberKey, letter string, m *letters.Matter) error {
	if m == nil {
		return nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO letter_matters (mutuality, member, letter, request, sealed) VALUES (?, ?, ?, ?, ?)`,
		key.mutuality, key.member, letter, m.Request, key.seal(sealedMatter, letter, 1, text))
	return err
}

// matterOf opens what a letter is about.
func matterOf(c *conn, key memberKey, letter string) (*letters.Matter, error) {
	var m letters.Matter
	var sealed []byte
	err := c.get(`SELECT request, sealed FROM letter_matters WHERE mutuality = ? AND member = ? AND letter = ?`,
		[]any{key.mutuality, key.member, letter}, &m.Request, &sealed)
	if err != nil {
		return nil, err
	}
	text, err := key.open(sealedMatter, letter, 1, sealed)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("matter of letter %s: %w", letter, ErrDamaged)
	}
	return &m, nil
}

// matter is matterOf for a letter of any kind.
func (db *DB) matter(c *conn, l letters.Letter) (*letters.Matter, error) {
	if !l.Kind.HasMatter() {
		return nil, nil
	}
	key, err := db.keyOf(c, l.Mutuality, l.Member)
	if err != nil {
		return nil, err
	}
	return matterOf(c, key, l.ID)
}

// shipped notes how far an order got, where the letter goes with one: its member sees it
// with her request and on her first page, and is told once that it was posted. The
// insurance system delivers the same rows for orders that it sends itself.
func (t *tx) shipped(db *DB, mutuality string, member auth.MemberID, letter, state string, at time.Time) error {
	reference, err := orderOf(t.conn, mutuality, member, letter)
	if err != nil || reference == "" {
		return err
	}
	if state == "posted" {
		if err := db.tellPosted(t, mutuality, member, reference); err != nil {
			return err
		}
	}
	_, err = t.exec(`
		INSERT INTO shipments (mutuality, reference, state, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (mutuality, reference, state) DO UPDATE SET at = excluded.at`, mutuality, reference, state, micros(at))
	if err != nil {
		return err
	}
	return t.orderNews(mutuality, reference, state, at)
}

// orderOf is the reference of the order that a letter goes with; empty: with none.
func orderOf(c *conn, mutuality string, member auth.MemberID, letter string) (reference string, err error) {
	err = c.get(`
		SELECT r.reference FROM letters l
			JOIN letter_matters m ON m.mutuality = l.mutuality AND m.member = l.member AND m.letter = l.letter
			JOIN requests r ON r.mutuality = m.mutuality AND r.member = m.member AND r.request = m.request
		WHERE l.mutuality = ? AND l.member = ? AND l.letter = ? AND l.kind = ?`,
		[]any{mutuality, string(member), letter, string(letters.Order)}, &reference)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return reference, err
}

// waitingOrders counts the orders that wait to be sent, by their kind.
func (db *DB) waitingOrders(ctx context.Context, mutuality string) (map[string]int, error) {
	orders := map[string]int{}
	err := db.read(ctx, func(c *conn) error {
		return c.each(`
			SELECT r.kind, count(*) FROM letters l
				JOIN letter_matters m ON m.mutuality = l.mutuality AND m.member = l.member AND m.letter = l.letter
				JOIN requests r ON r.mutuality = m.mutuality AND r.member = m.member AND r.request = m.request
			WHERE l.mutuality = ? AND l.state = 'requested' AND l.reason = '' AND l.kind = ? GROUP BY r.kind`,
			[]any{mutuality, string(letters.Order)}, func(scan func(...any) error) error {
				var kind string
				var n int
				err := scan(&kind, &n)
				orders[kind] = n
				return err
			})
	})
	return orders, err
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
)

// handleIndex is the index of an identifier of a kind.
func (db *DB) handleIndex(mutuality string, h credentials.Handle) []byte {
	if h.Kind == credentials.KindNational {
		return db.cfg.Keys.Index(numberIndex, mutuality, h.Value)
	}
	return db.cfg.Keys.Index("identifier "+string(h.Kind), mutuality, h.Value)
}

// memberByNumber has the expression of the index members_card_number.
const memberByNumber = `SELECT member FROM members WHERE mutuality = ?
	AND ltrim(replace(replace(replace(replace(affiliation, ' ', ''), '.', ''), '-', ''), '/', ''), '0') = ? LIMIT 2`

// holders lists the members that a handle names, two at most: more than one is the same
// as many.
func (db *DB) holders(c *conn, mutuality string, h credentials.Handle) ([]string, error) {
	query, args := `SELECT member FROM identifiers WHERE mutuality = ? AND kind = ? AND value_index = ? LIMIT 2`,
		[]any{mutuality, string(h.Kind), db.handleIndex(mutuality, h)}
	switch h.Kind {
	case credentials.KindMemberNumber:
		query, args = memberByNumber, []any{mutuality, h.Value}
	case credentials.KindNational:
		query, args = `SELECT member FROM members WHERE mutuality = ? AND number_index = ? LIMIT 2`,
			[]any{mutuality, db.handleIndex(mutuality, h)}
	}
	var found []string
	err := c.each(query, args, func(scan func(...any) error) error {
		var member string
		err := scan(&member)
		found = append(found, member)
		return err
	})
	return found, err
}

// MembersByHandle implements credentials.Store. It tells ids and no more.
func (db *DB) MembersByHandle(ctx context.Context, mutuality string, h credentials.Handle) ([]auth.MemberID, error) {
	var ids []auth.MemberID
	err := db.read(ctx, func(c *conn) error {
		found, err := db.holders(c, mutuality, h)
		for _, member := range found {
			ids = append(ids, auth.MemberID(member))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("finding members: %w", err)
	}
	return ids, nil
}

// putIdentifier makes the handle the member's only one of its kind. ErrTaken if it is
// somebody else's; an e-mail address may be shared.
func (db *DB) putIdentifier(t *tx, mutuality string, member auth.MemberID, h credentials.Handle) error {
	if err := dropIdentifier(t, mutuality, member, h.Kind); err != nil || h.Value == "" {
		return err
	}
	holders, err := db.holders(t.conn, mutuality, h)
	if err != nil {
		return err
	}
	if len(holders) > 0 && h.Kind != credentials.KindEmail {
		return credentials.ErrTaken
	}
	_, err = t.exec(`INSERT INTO identifiers (mutuality, kind, value_index, member) VALUES (?, ?, ?, ?)`,
		mutuality, string(h.Kind), db.handleIndex(mutuality, h), string(member))
	return err
}

func dropIdentifier(t *tx, mutuality string, member auth.MemberID, kind credentials.Kind) error {
	_, err := t.exec(`DELETE FROM identifiers WHERE mutuality = ? AND member = ? AND kind = ?`,
		mutuality, string(member), string(kind))
	return err
}

// handles are what the member can be counted by: her national number, and what her
// account names.
func (db *DB) handles(t *tx, a credentials.Account) ([]credentials.Handle, error) {
	login := auth.Login{Mutuality: a.Mutuality, Member: a.Member}
	var wrapped, sealed []byte
	err := t.get(`SELECT wrapped, number_sealed FROM member_keys JOIN members USING (mutuality, member)
		WHERE mutuality = ? AND member = ?`, []any{a.Mutuality, string(a.Member)}, &wrapped, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoMember
	}
	if err != nil {
		return nil, err
	}
	number, err := db.openNumber(login, wrapped, sealed)
	if err != nil {
		return nil, err
	}
	email, _ := credentials.FoldEmail(a.Email) // "" where there is none
	return []credentials.Handle{
		{Kind: credentials.KindNational, Value: number.Digits()}, {Kind: credentials.KindUser, Value: a.UserNumber},
		{Kind: credentials.KindAccessCode, Value: a.AccessCode}, {Kind: credentials.KindEmail, Value: email},
		{Kind: "other current", Value: string(a.Member)},
	}, nil
}

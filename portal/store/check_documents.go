package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"guichet.example/auth"
)

// CheckDocuments opens every version of every document, every request as drawn and every
// document received, wherever their bytes are, and compares them with their hash; of other
// sealed bytes it compares the address. It returns how many there are; the first that does
// not hold is named: ErrDamaged.
func (db *DB) CheckDocuments(ctx context.Context, told func(Step)) (int64, error) {
	var of, done int64
	for _, s := range checkSources {
		err := db.read(ctx, func(c *conn) error {
			var n int64
			err := c.get(`SELECT count(*) FROM `+s.table, nil, &n)
			of += n
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("counting documents: %w", err)
		}
	}
	var first error
	for _, s := range checkSources {
		for page := []checked{{}}; len(page) > 0; {
			var err error
			if page, err = db.checkPage(ctx, s, page[len(page)-1]); err != nil {
				return done, fmt.Errorf("listing documents: %w", err)
			}
			for _, d := range page {
				err := db.checkOne(ctx, s, d)
				if errors.Is(err, ErrDamaged) && first == nil {
					first, err = fmt.Errorf("%s %s of member %s: %w", s.what, d.id, d.member, err), nil
				}
				if err != nil && !errors.Is(err, ErrDamaged) {
					return done, fmt.Errorf("checking documents: %w", err)
				}
				done++
				told(Step{"documents", done, of})
			}
		}
	}
	return done, first
}

// checkSource is a table whose rows have bytes and their hash.
type checkSource struct{ what, table, id, version, address string }

var checkSources = []checkSource{
	{sealedDocument, "document_versions", "document", "version", "address"},
	{sealedDrawn, "requests", "request", "1 + 0", "pdf"},
	{sealedReceived, "received_documents", "document", "1 + 0", "address"},
	{"bytes", others, "member", "0 + 0", "address"},
}

// others are sealed bytes that no other source has.
const others = `(SELECT * FROM blobs b WHERE
	NOT EXISTS (SELECT 1 FROM document_versions x WHERE x.mutuality = b.mutuality AND x.member = b.member AND x.address = b.address)
	AND NOT EXISTS (SELECT 1 FROM requests x WHERE x.mutuality = b.mutuality AND x.member = b.member AND x.pdf = b.address)
	AND NOT EXISTS (SELECT 1 FROM received_documents x WHERE x.mutuality = b.mutuality AND x.member = b.member AND x.address = b.address)) AS rest`

type checked struct {
	mutuality, member, id string
	version               int
	address, sum          []byte
}

func (db *DB) checkPage(ctx context.Context, s checkSource, last checked) (page []checked, err error) {
	sum := "sha256"
	if s.table == "requests" || s.table == others {
		sum = s.address // the hash of a drawn request is sealed with it
	}
	if last.address == nil {
		last.address = []byte{}
	}
	err = db.read(ctx, func(c *conn) error {
		page = page[:0]
		return c.each(`
			SELECT mutuality, member, `+s.id+`, `+s.version+`, `+s.address+`, `+sum+` FROM `+s.table+`
			WHERE (mutuality, member, `+s.id+`, `+s.version+`, `+s.address+`) > (?, ?, ?, ?, ?)
			ORDER BY mutuality, member, `+s.id+`, `+s.version+`, `+s.address+` LIMIT ?`,
			[]any{last.mutuality, last.member, last.id, last.version, last.address, maxPage}, func(scan func(...any) error) error {
				var d checked
				err := scan(&d.mutuality, &d.member, &d.id, &d.version, &d.address, &d.sum)
				page = append(page, d)
				return err
			})
	})
	return page, err
}

func (db *DB) checkOne(ctx context.Context, s checkSource, d checked) error {
	return db.read(ctx, func(c *conn) error {
		if s.table == others {
			sealed, err := sealedAt(c, memberKey{mutuality: d.mutuality, member: d.member}, d.address)
			if err == nil && !isAt(sealed, d.address) {
				err = fmt.Errorf("they are not what was stored: %w", ErrDamaged)
			}
			return err
		}
		key, err := db.keyOf(c, d.mutuality, auth.MemberID(d.member))
		if err != nil {
			return err
		}
		if s.table == "requests" {
			_, err = db.requestOf(c, key, d.id)
			return err
		}
		pdf, err := blob(c, key, s.what, d.id, d.version, d.address)
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(pdf); string(sum[:]) != string(d.sum) {
			return fmt.Errorf("its hash is another: %w", ErrDamaged)
		}
		return nil
	})
}

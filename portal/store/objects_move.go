package store

import (
	"context"
	"errors"
	"fmt"

	"guichet.example/portal/audit"
	"guichet.example/portal/vault"
)

// Moved is how far MoveObjects has come.
type Moved struct {
	Of    int64 // how many may be moved, once counted
	Seen  int64 // of them looked at
	Moved int64
	Bytes int64
}

// movable is what may lie outside: all but what is prepared for a card, and assertions.
const movable = `(
	NOT EXISTS (SELECT 1 FROM preparations x WHERE x.mutuality = b.mutuality AND x.member = b.member AND x.prepared = b.address)
	AND NOT EXISTS (SELECT 1 FROM approvals x WHERE x.mutuality = b.mutuality AND x.member = b.member AND x.evidence = b.address))`

// MoveObjects moves documents, requests as drawn and files that came with messages from the database into the object
// store, or back, a few at a time while the counter serves; told is called as it goes on.
// What has moved already is passed over, so that a run that was ended goes on where it was.
// Bytes that are not what was stored are left where they are: ErrDamaged, in the end.
func (db *DB) MoveObjects(ctx context.Context, back bool, told func(Moved)) (Moved, error) {
	if db.cfg.Objects == nil {
		return Moved{}, ErrNoObjects
	}
	var m Moved
	err := db.read(ctx, func(c *conn) error {
		return c.get(`SELECT count(*) FROM blobs b WHERE `+movable, nil, &m.Of)
	})
	if err != nil {
		return m, fmt.Errorf("counting what is to be moved: %w", err)
	}
	var damage error
	for page := []kept{{address: []byte{}}}; len(page) > 0; {
		if page, err = db.keptAfter(ctx, page[len(page)-1]); err != nil {
			return m, fmt.Errorf("listing what is to be moved: %w", err)
		}
		for _, p := range page {
			moved, err := db.moveOne(ctx, p, back)
			if errors.Is(err, ErrDamaged) {
				damage, err = err, nil
			}
			if err != nil {
				return m, fmt.Errorf("moving: %w", err)
			}
			if m.Seen++; moved > 0 {
				m.Moved, m.Bytes = m.Moved+1, m.Bytes+moved
			}
			told(m)
		}
	}
	return m, damage
}

// kept is a row of blobs that may lie outside.
type kept struct {
	key     memberKey
	address []byte
}

// keptAfter are the next few after one.
func (db *DB) keptAfter(ctx context.Context, last kept) (page []kept, err error) {
	err = db.read(ctx, func(c *conn) error {
		page = page[:0]
		return c.each(`
			SELECT mutuality, member, address FROM blobs b
			WHERE (mutuality, member, address) > (?, ?, ?) AND `+movable+` ORDER BY mutuality, member, address LIMIT ?`,
			[]any{last.key.mutuality, last.key.member, last.address, maxPage}, func(scan func(...any) error) error {
				var p kept
				err := scan(&p.key.mutuality, &p.key.member, &p.address)
				page = append(page, p)
				return err
			})
	})
	return page, err
}

// moveOne moves one, if it is not there yet, and returns how many bytes it has.
func (db *DB) moveOne(ctx context.Context, p kept, back bool) (int64, error) {
	var sealed []byte
	var object *string
	err := db.read(ctx, func(c *conn) (err error) {
		err = c.get(`SELECT object FROM blobs LEFT JOIN blob_objects USING (mutuality, member, address)
			WHERE mutuality = ? AND member = ? AND address = ?`, []any{p.key.mutuality, p.key.member, p.address}, &object)
		if err != nil || (object != nil) != back {
			return err
		}
		sealed, err = sealedAt(c, p.key, p.address)
		return err
	})
	if err != nil || (object != nil) != back {
		return 0, err
	}
	if !isAt(sealed, p.address) {
		return 0, fmt.Errorf("sealed bytes of member %s: %w", p.key.member, ErrDamaged)
	}
	b := sealedBlob{sealed: sealed, address: vault.Address(sealed)}
	if !back {
		if err := db.place(ctx, &b); err != nil {
			return 0, err
		}
	}
	return int64(len(sealed)), db.write(ctx, audit.Entry{}, func(t *tx) error {
		if back {
			return bringIn(t, p, sealed)
		}
		return sendOut(t, p, b)
	})
}

func sendOut(t *tx, p kept, b sealedBlob) error {
	n, err := t.exec(`UPDATE blobs SET sealed = ? WHERE mutuality = ? AND member = ? AND address = ?
		AND NOT EXISTS (SELECT 1 FROM blob_objects o WHERE o.mutuality = blobs.mutuality AND o.member = blobs.member AND o.address = blobs.address)`,
		[]byte{}, p.key.mutuality, p.key.member, p.address)
	if err != nil || n == 0 {
		return err // another moved or removed it meanwhile: the object is swept
	}
	return putObject(t, t.w.now(), p.key, b)
}

func bringIn(t *tx, p kept, sealed []byte) error {
	n, err := t.exec(`
		INSERT INTO gone_objects (object, gone_at)
		SELECT object, 0 FROM blob_objects WHERE mutuality = ? AND member = ? AND address = ?`, p.key.mutuality, p.key.member, p.address)
	if err != nil || n == 0 {
		return err
	}
	if _, err := t.exec(`DELETE FROM blob_objects WHERE mutuality = ? AND member = ? AND address = ?`,
		p.key.mutuality, p.key.member, p.address); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE blobs SET sealed = ? WHERE mutuality = ? AND member = ? AND address = ?`,
		sealed, p.key.mutuality, p.key.member, p.address)
	return err
}

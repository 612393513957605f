package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/requests"
	"guichet.example/signing"
)

// maxOpen is how many preparations of a request wait for the card at once; an older
// one makes room. Each is as large as the document.
const maxOpen = 8

// Prepare implements requests.Store.
func (db *DB) Prepare(ctx context.Context, login auth.Login, p requests.Preparation) error {
	key, err := db.key(ctx, login)
	if err != nil {
		return fmt.Errorf("storing preparation: %w", err)
	}
	note := db.entry(ctx, login, audit.PrepareRequest, object("request", p.Request))
	return db.prepareAs(ctx, key, p, note, func(t *tx) error {
		if err := ofMember(t, key, p.Request); err != nil {
			return err
		}
		return db.stillMay(t, login, p.Request)
	})
}

// prepareAs is Prepare with the row of who does it; allowed is asked in the transaction.
func (db *DB) prepareAs(ctx context.Context, key memberKey, p requests.Preparation, note audit.Entry, allowed func(*tx) error) error {
	if !isID(p.ID) || p.Prepared == nil || p.Expires.IsZero() {
		return errors.New("storing preparation: id, prepared bytes and time are required")
	}
	plain, err := packPrepared(p.Prepared)
	if err != nil {
		return fmt.Errorf("storing preparation: %w", err)
	}
	sealed := key.sealBlob(sealedPrepared, p.ID, 1, plain)
	at := db.cfg.Now()
	err = db.write(ctx, note, func(t *tx) error {
		if err := allowed(t); err != nil {
			return err
		}
		now, err := stateOf(t, key, p.Request)
		if err == nil {
			err = now.open(p.Revision)
		}
		if err != nil {
			return err
		}
		if err := makeRoom(t, key, p.Request); err != nil {
			return err
		}
		return insertPreparation(t, key, p, sealed, at)
	})
	if err != nil {
		return fmt.Errorf("storing preparation: %w", err)
	}
	return nil
}

func insertPreparation(t *tx, key memberKey, p requests.Preparation, sealed sealedBlob, at time.Time) error {
	if err := putBlob(t, key, sealed); err != nil {
		return err
	}
	_, err := t.exec(`
		INSERT INTO preparations (mutuality, member, preparation, request, revision, created_at, expires_at, prepared)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		key.mutuality, key.member, p.ID, p.Request, p.Revision, micros(at), micros(p.Expires), sealed.address[:])
	return err
}

// makeRoom drops the oldest preparations of a request that wait for a card, so that
// with the new one at most maxOpen do.
func makeRoom(t *tx, key memberKey, request string) error {
	var old []string
	err := t.each(`
		SELECT preparation FROM preparations
		WHERE mutuality = ? AND member = ? AND request = ? AND value_sha256 IS NULL AND prepared IS NOT NULL
		ORDER BY created_at DESC, preparation DESC LIMIT 1000 OFFSET ?`,
		[]any{key.mutuality, key.member, request, maxOpen - 1}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			old = append(old, id)
			return err
		})
	for _, id := range old {
		err = errors.Join(err, emptyPreparation(t, key.mutuality, key.member, id))
	}
	return err
}

// emptyPreparation removes the prepared bytes and keeps the row: that the preparation
// was there, and what it became.
func emptyPreparation(t *tx, mutuality, member, id string) error {
	var address []byte
	err := t.get(`SELECT prepared FROM preparations WHERE mutuality = ? AND member = ? AND preparation = ?`,
		[]any{mutuality, member, id}, &address)
	if err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE preparations SET prepared = NULL WHERE mutuality = ? AND member = ? AND preparation = ?`,
		mutuality, member, id); err != nil {
		return err
	}
	return dropBlob(t, mutuality, member, address)
}

// Preparation implements requests.Store. Prepared is nil where the bytes have been
// swept: long after the end of an unused one, and a day after a completed one.
func (db *DB) Preparation(ctx context.Context, login auth.Login, id string) (requests.Preparation, error) {
	var p requests.Preparation
	err := db.snapshot(ctx, func(c *conn) error {
		key, err := db.keyOf(c, login.Mutuality, login.Member)
		if errors.Is(err, errNoMember) {
			return requests.ErrNotFound
		}
		if err != nil {
			return err
		}
		p, err = preparationWithBytes(c, key, id)
		return err
	})
	if err != nil {
		return requests.Preparation{}, fmt.Errorf("reading preparation: %w", err)
	}
	return p, nil
}

func preparationWithBytes(c *conn, key memberKey, id string) (requests.Preparation, error) {
	p, address, err := findPreparation(c, key, id)
	if err != nil || address == nil {
		return p, err
	}
	plain, err := blob(c, key, sealedPrepared, id, 1, address)
	if err != nil {
		return p, err
	}
	if p.Prepared, err = unpackPrepared(plain); err != nil {
		return p, fmt.Errorf("preparation %s: %w", id, err)
	}
	return p, nil
}

func findPreparation(c *conn, key memberKey, id string) (p requests.Preparation, address []byte, err error) {
	if !isID(id) {
		return p, nil, requests.ErrNotFound
	}
	var expires int64
	var value []byte
	var doc sql.NullString
	p.ID = id
	err = c.get(`
		SELECT request, revision, expires_at, prepared, value_sha256, document FROM preparations
		WHERE mutuality = ? AND member = ? AND preparation = ?`,
		[]any{key.mutuality, key.member, id}, &p.Request, &p.Revision, &expires, &address, &value, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil, requests.ErrNotFound
	}
	if err != nil {
		return p, nil, err
	}
	p.Expires, p.Document = fromMicros(expires), doc.String
	if value != nil {
		p.Done = true
		err = copyHash(&p.ValueSHA256, value)
	}
	return p, address, err
}

// packPrepared puts a prepared signature into bytes: length of the JSON (4 bytes,
// big-endian), JSON without the PDF, PDF. The PDF is most of it, and base64 would make
// it a third longer.
func packPrepared(p *signing.Prepared) ([]byte, error) {
	head := *p
	head.PDF = nil
	text, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, 4+len(text)+len(p.PDF))
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
	return append(append(b, text...), p.PDF...), nil
}

func unpackPrepared(b []byte) (*signing.Prepared, error) {
	if len(b) < 4 || int64(len(b)-4) < int64(binary.BigEndian.Uint32(b)) {
		return nil, ErrDamaged
	}
	text, pdf := b[4:4+binary.BigEndian.Uint32(b)], b[4+binary.BigEndian.Uint32(b):]
	var p signing.Prepared
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	p.PDF = pdf
	return &p, nil
}

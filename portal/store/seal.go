package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/vault"
)

// errNoMember means that there is no member, and so no key, under that name. Callers
// turn it into the error of their area.
var errNoMember = errors.New("no such member")

// memberKey is a member's data key together with whose it is.
type memberKey struct {
	*vault.DataKey
	mutuality string
	member    string
}

// context says what a sealed value of this member is.
func (k memberKey) context(what, id string, version int) vault.Context {
	return vault.Context{What: what, Mutuality: k.mutuality, Member: k.member, ID: id, Version: version}
}

func (k memberKey) seal(what, id string, version int, plain []byte) []byte {
	return k.Seal(k.context(what, id, version), plain)
}

// open is Seal's reverse; what does not open is ErrDamaged, and named.
func (k memberKey) open(what, id string, version int, sealed []byte) ([]byte, error) {
	plain, err := k.Open(k.context(what, id, version), sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return plain, nil
}

// sealMaybe seals the first version of a value; nothing stays nothing, and null.
func sealMaybe(key memberKey, what, id string, plain []byte) []byte {
	if len(plain) == 0 {
		return nil
	}
	return key.seal(what, id, 1, plain)
}

// openMaybe is its reverse.
func openMaybe(key memberKey, what, id string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	return key.open(what, id, 1, sealed)
}

// Kinds of sealed content, as they stand in its context.
const (
	sealedNumber   = "national-number"
	sealedIBAN     = "iban"
	sealedLogin    = "login"
	sealedFrozen   = "frozen-request"
	sealedDrawn    = "drawn-request"
	sealedReason   = "reason"
	sealedPrepared = "prepared"
	sealedDocument = "document"
	sealedSigner   = "signer"
	sealedApproval = "approval"
	sealedEvidence = "approval-evidence"
	sealedDraft    = "draft"
	sealedSheet    = "sheet"
	sealedProof    = "federation-proof"
	sealedLogout   = "federation-logout"
	sealedJob      = "job"
	sealedCause    = "job-cause"
)

// keyOf reads and unwraps a member's data key: errNoMember if there is none.
func (db *DB) keyOf(c *conn, mutuality string, member auth.MemberID) (memberKey, error) {
	var wrapped []byte
	err := c.get(`SELECT wrapped FROM member_keys WHERE mutuality = ? AND member = ?`,
		[]any{mutuality, string(member)}, &wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return memberKey{}, errNoMember
	}
	if err != nil {
		return memberKey{}, fmt.Errorf("reading data key: %w", err)
	}
	return db.unwrap(mutuality, string(member), wrapped)
}

func (db *DB) unwrap(mutuality, member string, wrapped []byte) (memberKey, error) {
	key, err := db.cfg.Keys.DataKey(mutuality, member, wrapped)
	if err != nil {
		return memberKey{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return memberKey{key, mutuality, member}, nil
}

// key is keyOf for a caller that holds no connection.
func (db *DB) key(ctx context.Context, login auth.Login) (key memberKey, err error) {
	err = db.read(ctx, func(c *conn) error {
		key, err = db.keyOf(c, login.Mutuality, login.Member)
		return err
	})
	return key, err
}

// checkKeys refuses keys with which nothing in the store would open, or no member would
// be found: an index key of another store makes strangers of all, and members twice.
func (db *DB) checkKeys(ctx context.Context) error {
	return db.read(ctx, func(c *conn) error {
		var login auth.Login
		var wrapped, sealed, index []byte
		err := c.get(`
			SELECT mutuality, member, wrapped, number_sealed, number_index
			FROM member_keys JOIN members USING (mutuality, member) LIMIT 1`,
			nil, &login.Mutuality, &login.Member, &wrapped, &sealed, &index)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading data key: %w", err)
		}
		number, err := db.openNumber(login, wrapped, sealed)
		if err == nil && !bytes.Equal(index, db.cfg.Keys.Index(numberIndex, login.Mutuality, number.Digits())) {
			err = fmt.Errorf("index key: %w", vault.ErrWrongKey)
		}
		if err != nil {
			return fmt.Errorf("keys do not belong to this store: %w", err)
		}
		return nil
	})
}

// sealedBlob is large sealed bytes with their address. It is made before the writer is
// asked, so that sealing and hashing keep nobody waiting.
type sealedBlob struct {
	sealed  []byte
	address [32]byte
	object  string    // where they are, once placed; "": to go into the database
	placed  time.Time // when
}

func (k memberKey) sealBlob(what, id string, version int, plain []byte) sealedBlob {
	sealed := k.seal(what, id, version, plain)
	return sealedBlob{sealed: sealed, address: vault.Address(sealed)}
}

func putBlob(t *tx, key memberKey, b sealedBlob) error {
	sealed := b.sealed
	if b.object != "" {
		sealed = []byte{} // not NULL
	}
	_, err := t.exec(`INSERT INTO blobs (mutuality, member, address, sealed) VALUES (?, ?, ?, ?)`,
		key.mutuality, key.member, b.address[:], sealed)
	if err == nil && b.object != "" {
		err = putObject(t, t.w.now(), key, b)
	}
	if err != nil {
		return fmt.Errorf("storing sealed bytes: %w", err)
	}
	return nil
}

// blob reads sealed bytes and opens them. Bytes that are not those of the address, or
// not what the context says, are ErrDamaged.
func blob(c *conn, key memberKey, what, id string, version int, address []byte) ([]byte, error) {
	sealed, err := sealedAt(c, key, address)
	var object *wanted
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("%s %s, version %d is missing: %w", what, id, version, ErrDamaged)
	case errors.As(err, &object):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("reading sealed bytes: %w", err)
	case !isAt(sealed, address):
		return nil, fmt.Errorf("%s %s, version %d is not what was stored: %w", what, id, version, ErrDamaged)
	}
	return key.open(what, id, version, sealed)
}

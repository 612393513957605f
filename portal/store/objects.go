package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"guichet.example/portal/timeid"
	"guichet.example/portal/vault"
)

// Objects keeps large sealed bytes outside the database (Config.Objects; package objects).
// An error with a method Unavailable that is true means that trying later may help; any
// other of Get, that the bytes are not there.
type Objects interface {
	// Put stores the bytes under a name that was never used. Nil means that they were read
	// back and are the same.
	Put(ctx context.Context, name string, sealed []byte) error
	// Get reads them; size is how many they are.
	Get(ctx context.Context, name string, size int64) ([]byte, error)
	// Remove removes them. It is no error if they are not there.
	Remove(ctx context.Context, name string) error
	// Days are the first parts of all names, oldest first.
	Days(ctx context.Context) ([]string, error)
	// Each calls f with each name that begins with a day.
	Each(ctx context.Context, day string, f func(name string, put time.Time) error) error
}

// Objects is where documents are kept outside the database; nil: nowhere.
func (db *DB) Objects() Objects { return db.cfg.Objects }

// What goes outside are documents and requests as drawn: most of what a mutuality keeps,
// and nobody's hurry. Prepared bytes live for minutes and are read and removed while a card
// waits; assertions are small. Both stay in the database, and so does what an act seals in
// its own transaction, until it is moved (MoveObjects).

const (
	// freshFor is how long after it was put an object may still be referred to.
	freshFor = 10 * time.Minute
	// putting is how many objects one act puts at once.
	putting = 8
)

// place puts the bytes into the object store, if there is one, before the transaction that
// refers to them; a transaction that does not come leaves objects that are swept. What is
// not placed goes into the database. ErrUnavailable.
func (db *DB) place(ctx context.Context, blobs ...*sealedBlob) error {
	if db.cfg.Objects == nil || db.writer == nil {
		return nil
	}
	errs := make([]error, len(blobs))
	gate := make(chan struct{}, putting)
	var all sync.WaitGroup
	for i, b := range blobs {
		gate <- struct{}{}
		all.Go(func() {
			defer func() { <-gate }()
			errs[i] = db.placeOne(ctx, b)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (db *DB) placeOne(ctx context.Context, b *sealedBlob) error {
	now := db.cfg.Now()
	id, err := timeid.New(now, db.cfg.Rand)
	if err != nil {
		return err
	}
	name := now.UTC().Format(time.DateOnly) + "/" + db.writer.committed.Load().Chain + "/" + id
	if err := db.cfg.Objects.Put(ctx, name, b.sealed); err != nil {
		return outside(err)
	}
	b.object, b.placed = name, now
	return nil
}

// outside is an error of the object store as the store tells it.
func outside(err error) error {
	var later interface{ Unavailable() bool }
	if errors.As(err, &later) && later.Unavailable() {
		return away{err}
	}
	return fmt.Errorf("object store: %w", err)
}

// errStale means that an act took too long: what it put may be about to be swept.
var errStale = fmt.Errorf("%w: too long after its bytes were put", ErrUnavailable)

// putObject notes where the bytes of a row of blobs are.
func putObject(t *tx, now time.Time, key memberKey, b sealedBlob) error {
	if now.Sub(b.placed) > freshFor {
		return errStale
	}
	_, err := t.exec(`INSERT INTO blob_objects (mutuality, member, address, object, size) VALUES (?, ?, ?, ?, ?)`,
		key.mutuality, key.member, b.address[:], b.object, len(b.sealed))
	return err
}

// dropBlob removes sealed bytes that nothing refers to any more. An object is removed by a
// later sweep.
func dropBlob(t *tx, mutuality, member string, address []byte) error {
	moved, err := t.exec(`
		INSERT INTO gone_objects (object, gone_at)
		SELECT object, 0 FROM blob_objects WHERE mutuality = ? AND member = ? AND address = ?`, mutuality, member, address)
	if err == nil && moved > 0 {
		_, err = t.exec(`DELETE FROM blob_objects WHERE mutuality = ? AND member = ? AND address = ?`, mutuality, member, address)
	}
	if err == nil {
		_, err = t.exec(`DELETE FROM blobs WHERE mutuality = ? AND member = ? AND address = ?`, mutuality, member, address)
	}
	return err
}

// wanted is the error of a read that needs an object: the read is run once more when the
// object has been fetched, while nobody waits for its connection.
type wanted struct {
	object string
	size   int64
}

func (w *wanted) Error() string { return "object " + w.object + " is to be fetched" }

// fetched are objects by name, for one read.
type fetched map[string][]byte

// fetch gets the object. What does not come back whole is nil: damaged, as its address
// will tell.
func (db *DB) fetch(ctx context.Context, w *wanted, into fetched) error {
	if db.cfg.Objects == nil {
		return fmt.Errorf("%w: documents are in an object store, and none is set up", ErrUnavailable)
	}
	sealed, err := db.cfg.Objects.Get(ctx, w.object, w.size)
	var later interface{ Unavailable() bool }
	switch {
	case err == nil:
		into[w.object] = sealed
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &later) && later.Unavailable():
		return outside(err)
	default:
		db.cfg.Log.Error("an object is missing", "object", w.object, "cause", err)
		into[w.object] = nil
	}
	return nil
}

// sealedAt reads the sealed bytes of an address, wherever they are: sql.ErrNoRows, *wanted.
func sealedAt(c *conn, key memberKey, address []byte) ([]byte, error) {
	var sealed []byte
	var object *string
	var size *int64
	err := c.get(`
		SELECT sealed, object, size FROM blobs LEFT JOIN blob_objects USING (mutuality, member, address)
		WHERE mutuality = ? AND member = ? AND address = ?`,
		[]any{key.mutuality, key.member, address}, &sealed, &object, &size)
	if err != nil || object == nil {
		return sealed, err
	}
	sealed, have := c.fetched[*object]
	if !have {
		return nil, &wanted{*object, *size}
	}
	return sealed, nil
}

// isAt tells whether the bytes are those of the address.
func isAt(sealed, address []byte) bool {
	at := vault.Address(sealed)
	return len(address) == sha256.Size && string(at[:]) == string(address)
}

// checkObjects refuses to open a store some of whose bytes are where it cannot reach.
func (db *DB) checkObjects(ctx context.Context) error {
	if db.cfg.Objects != nil {
		return nil
	}
	return db.read(ctx, func(c *conn) error {
		n := 0
		if err := c.get(`SELECT count(*) FROM (SELECT 1 FROM blob_objects LIMIT 1) AS found`, nil, &n); err != nil {
			return fmt.Errorf("looking for objects: %w", err)
		}
		if n > 0 {
			return ErrNoObjects
		}
		return nil
	})
}

// Package handover gives back to the insurance system what came to be in force at the
// counter: changes of account that two officers agreed to and whose delay is over, changes
// of contact data, orders, and who may see whom.
//
// A batch is a folder, made whole before it has its name:
//
//	batch-000001/changes.ndjson     one item a line: [Item.Line]
//	batch-000001/documents/…pdf     the signed documents that lines name
//	batch-000001/manifest.json      [Manifest]: counts, and the SHA-256 of each file
//	batch-000001.ack                written by the insurance system: the SHA-256 of the manifest
//
// Every item is in one batch, and every batch is given until it is acknowledged: again and
// identically, byte for byte. The next one waits for that. So counts match on both sides
// whatever is interrupted: an item is never lost, and one that comes twice comes in a batch
// of the same number.
//
// A line:
//
//	{"kind":"bank-change","object":"01k…","affiliation":"00-1234567","at":"2027-01-01T00:00:00Z",
//	 "fields":{…},"document":"documents/GC-2026-4K7P-118.pdf","sha256":"ab12…"}
//
// with the fields of its kind:
//
//	bank-change     reference, iban, bic, bank, holder, in-force, replaces-last4, version,
//	                signed-at, method (card, approval), agreed-by, confirmed-by (ids of officers)
//	order           reference, order (kind of it), signed-at, method, accepted-by
//	contact-change  what changed, old and new; a work-address as JSON: company, street,
//	                postcode, city, country; empty: none
//	access          what was decided
//
// Times are UTC (RFC 3339), dates 2006-01-02.
package handover

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// MaxItems is the most items of one batch.
const MaxItems = 1000

var (
	// ErrNothing means that nothing waits to be given.
	ErrNothing = errors.New("nothing waits to be given")
	// ErrNoBatch means that no batch of that number was given.
	ErrNoBatch = errors.New("no such batch")
	// ErrDiffers means that a folder of the batch's name holds something else, or that an
	// acknowledgement is of another batch than the one that was given.
	ErrDiffers = errors.New("not the batch that was given")
)

// Item is a thing that came to be in force.
type Item struct {
	Kind        string          `json:"kind"`
	Object      string          `json:"object"` // its id: once in all batches
	Affiliation string          `json:"affiliation"`
	At          time.Time       `json:"at"`
	Fields      json.RawMessage `json:"fields"`
	Document    string          `json:"document,omitempty"` // name of the file in the batch
	SHA256      string          `json:"sha256,omitempty"`   // of it, hex

	Size int                            `json:"-"` // of the document, bytes
	Open func() (pdf []byte, err error) `json:"-"` // the document; nil without one
}

// Line is the item as it stands in changes.ndjson, without the end of the line.
func (i Item) Line() ([]byte, error) { return json.Marshal(i) }

// Batch is what is given at once.
type Batch struct {
	Number int // from 1
	Made   time.Time
	Acked  time.Time // zero: not yet
}

// Store keeps what waits and what was given.
type Store interface {
	// OpenBatch returns the batch that waits for its acknowledgement, or puts what waits
	// into a new one, at most limit items. ErrNothing.
	OpenBatch(ctx context.Context, mutuality string, limit int) (Batch, error)
	// EachItem calls f with the items of a batch, always in the same order and the same. Open
	// is good until f returns.
	EachItem(ctx context.Context, mutuality string, batch int, f func(Item) error) error
	// AckBatch notes that the insurance system has the batch; again is no error. ErrNoBatch.
	AckBatch(ctx context.Context, mutuality string, batch int) error
}

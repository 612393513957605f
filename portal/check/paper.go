package check

import (
	"context"
	"errors"
	"time"

	"guichet.example/signing/document"
)

// ErrUnknown means that no document has this reference with this code. Which of the two is
// wrong is not told, and takes the same to find out.
var ErrUnknown = errors.New("no document with this reference and code")

// How a document was checked.
type How string

// The ways.
const (
	ByFile How = "file" // a file that is, byte for byte, one of its versions
	ByCode How = "code" // reference and code, typed
	ByQR   How = "qr"   // reference and code, read from the printed square
)

// Question asks for a document by what stands printed on it.
type Question struct {
	Mutuality string
	Reference string
	Code      document.CheckCode
	How       How
	Source    string // the network that asks: wrong answers are counted for it
	At        time.Time
}

// Issued is a document as it was issued: nothing of who it is about.
type Issued struct {
	Reference string
	Kind      document.Kind
	Created   time.Time // signed or sealed
	SHA256    [32]byte  // of the newest version
	Invalid   bool      // what it was signed with turned out to be withdrawn before
	PDF       []byte    // the newest version
}

// Store is what the area needs of the store.
type Store interface {
	// CheckedDocument finds the document that has this reference and this code, and notes on
	// it that it was checked. A wrong pair is counted for its network and for its reference,
	// in the same writes whether there is such a reference or not; the wait of a reference
	// is one for wrong codes alone. ErrUnknown, *credentials.WaitError.
	CheckedDocument(ctx context.Context, q Question) (Issued, error)
	// NoteFile notes that a file with this digest was checked, on the document of which it
	// is a version, if there is one.
	NoteFile(ctx context.Context, mutuality string, sha256 [32]byte, at time.Time) error
}

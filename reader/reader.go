// Package reader speaks to identity cards through PKCS#11 modules: which readers
// and cards there are, what a card says of its holder, and its two private keys as
// [crypto.Signer].
//
// The flow is Open → Module.Card → Card.Certificate, Card.Identity or Card.Key →
// Key.Sign. A [Module] lets one call at a time into the library, because card
// middleware is rarely safe otherwise; callers may be many and each brings a
// context. A call that hangs inside the library cannot be interrupted: its caller
// gets [ErrTimedOut] or [ErrCancelled] at once, and the module stays busy until the
// library returns.
//
// Nothing a card or a module says is believed unchecked: a signature is verified
// against the certificate before it is handed out, and identity files are read only
// under the national registry's signature. PINs are asked for when the card wants
// one, wiped after use, and in no error and no log.
//
// The standard is PKCS#11 v2.40 (OASIS, 2015); what Belgian cards add to it is named
// where it is used.
package reader

// Reader is one card reader as the module shows it.
type Reader struct {
	Name    string // the reader's own name, unique in a module
	Present bool   // a card is in it
	Label   string // of the card's PKCS#11 token, "" without card
	Serial  string // of the card's PKCS#11 token, "" without card or when it cannot be read
	slot    uint
}

// EventKind says what happened in a reader.
type EventKind int

// What can happen. A card swapped between two polls is Removed, then Inserted.
const (
	Inserted  EventKind = iota + 1 // a card came in
	Removed                        // the card went out
	Connected                      // a reader was plugged in
	Unplugged                      // a reader was pulled out
)

func (k EventKind) String() string {
	switch k {
	case Inserted:
		return "inserted"
	case Removed:
		return "removed"
	case Connected:
		return "connected"
	case Unplugged:
		return "unplugged"
	}
	return "unknown"
}

// Event is a change that [Module.Watch] noticed.
type Event struct {
	Kind   EventKind
	Reader Reader // after the change
}

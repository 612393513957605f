package softcard

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Signed is one signature that a card made.
type Signed struct {
	Card      string    // its name
	Label     string    // of the key: "Authentication", "Signature"
	Mechanism uint      // CKM_RSA_PKCS (1), CKM_ECDSA (0x1041), …
	Data      []byte    // what the module was given: a DigestInfo for RSA, a hash for EC
	At        time.Time // by this machine's clock, to the millisecond
}

// Journal returns what the cards signed, oldest first. Without the proxy it is empty.
func (d *Desk) Journal() ([]Signed, error) {
	return readLines(d.path("journal"), func(text []byte) (Signed, error) {
		var line struct {
			At                time.Time
			Card, Label, Data string
			Mechanism         uint
		}
		if err := json.Unmarshal(text, &line); err != nil {
			return Signed{}, err
		}
		data, err := hex.DecodeString(line.Data)
		return Signed{line.Card, line.Label, line.Mechanism, data, line.At}, err
	})
}

// EventKind says what an Event is.
type EventKind string

// What the proxy writes down beside signatures.
const (
	LoggedIn    EventKind = "login"  // C_Login was called, whatever came of it
	WindowShown EventKind = "window" // the module asked in a window of its own
	KeypadLit   EventKind = "keypad" // the reader's keypad waits
	TypedThere  EventKind = "typed"  // a PIN came by a window that C_Sign opened, or by its keypad
)

// Event is something that happened at the card. PINs are not told, only their length.
type Event struct {
	At     time.Time
	Kind   EventKind
	Card   string // its name
	Label  string // of the key that a window is for
	User   uint   // of a login: CKU_USER (1), CKU_CONTEXT_SPECIFIC (2)
	Length int    // digits handed over or typed
	Code   uint   // what the card or C_Login answered
	Read   bool   // the PIN was compared with the card's
}

// Events returns logins, windows and keypads, oldest first. Without the proxy it is empty.
func (d *Desk) Events() ([]Event, error) {
	return readLines(d.path("events"), func(text []byte) (e Event, err error) {
		return e, json.Unmarshal(text, &e)
	})
}

// Forget empties journal and events.
func (d *Desk) Forget() error {
	for _, name := range []string{"journal", "events"} {
		if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forgetting: %w", err)
		}
	}
	return nil
}

func readLines[T any](path string, parse func([]byte) (T, error)) ([]T, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	defer file.Close()
	var list []T
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line, err := parse(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("reading the journal: %w", err)
		}
		list = append(list, line)
	}
	return list, lines.Err()
}

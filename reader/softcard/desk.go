// Package softcard makes identity cards of SoftHSM2 tokens, laid out like a Belgian
// eID, and readers of folders, so that tests and the demonstration take the real
// PKCS#11 path without hardware.
package softcard

import (
	"errors"
	"time"

	"guichet.example/certs/certstest"
)

var errNotYet = errors.New("not yet")

// Desk is a set of readers (folders) and cards (SoftHSM2 tokens) below one directory.
type Desk struct{}

// NewDesk makes the SoftHSM2 configuration and token store in dir, and one empty
// reader; finds or builds the proxy module.
func NewDesk(dir string) (*Desk, error) { return nil, errNotYet }

// Module is the path for reader.Open: the proxy, or SoftHSM2 itself without one.
func (d *Desk) Module() string { return "" }

// Reader is the name for Module.CardIn that means the inserted card.
func (d *Desk) Reader() string { return "" }

// CanMove reports whether cards come and go (the proxy is there).
func (d *Desk) CanMove() bool { return false }

// AddCard makes the card under that name, with that PIN (4 to 12 digits). All cards
// are made before the module is opened: an open SoftHSM2 does not see new tokens.
func (d *Desk) AddCard(name string, card *certstest.Card, pin string) error { return errNotYet }

// Insert puts the named card into the reader; a card already there is taken out first.
func (d *Desk) Insert(name string) error { return errNotYet }

// Remove takes the card out.
func (d *Desk) Remove() error { return errNotYet }

// Inserted names the card in the reader, or "".
func (d *Desk) Inserted() string { return "" }

// Tries returns how many PIN tries the card has left.
func (d *Desk) Tries(name string) (int, error) { return 0, errNotYet }

// ResetTries unblocks the card, as the town hall would.
func (d *Desk) ResetTries(name string) error { return errNotYet }

// Journal returns what the cards signed, oldest first.
func (d *Desk) Journal() ([]Signed, error) { return nil, errNotYet }

// Signed is one signature a card made.
type Signed struct {
	Card      string // its name
	Label     string // of the key: "Authentication", "Signature"
	Mechanism uint   // CKM_…
	Data      []byte // what the module was given to sign
	At        time.Time
}

// Build returns a proxy module: the one prebuilt, else compiled into dir with cc.
func Build(dir string) (string, error) { return "", errNotYet }

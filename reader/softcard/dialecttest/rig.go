// Package dialecttest is one table for all PKCS#11 modules: what a card does (operations)
// against what can go wrong (failures). Each cell demands a known error, no PIN handed to
// the card twice, the tries left that should be left, and that the next operation works.
//
// A module comes as a [Rig]; [Run] runs the table on it and returns how much there was.
// [Soft] is a rig of softcard's own cards and any of its dialects; one of another card
// behind another module, OpenSC say, runs the same table with what it cannot do left out.
package dialecttest

import (
	"guichet.example/reader"
	"guichet.example/reader/softcard"
)

// Rig is a reader, two cards and a module that serves them. A method that cannot be had
// returns an error that is errors.ErrUnsupported: the failures that need it are left out.
type Rig interface {
	Traits() Traits
	// Module is the path for reader.Open. It is opened once.
	Module() string
	// Insert puts the card in; one that is there is taken out.
	Insert(card string) error
	// InsertStranger puts in a card that the module does not know.
	InsertStranger() error
	// Remove takes the card out. The module may take a second to notice: a rig waits.
	Remove() error
	// Unplug takes the reader away, Plug brings it back, empty.
	Unplug() error
	Plug() error
	// Tries returns how many PIN tries the card has left, as the card itself knows.
	Tries(card string) (int, error)
	// SetTries gives it that many: 3 as the town hall does, 0 for a blocked card.
	SetTries(card string, n int) error
	// Type gives what is typed on the keypad or in the module's window, in order; Untype
	// takes back what nobody asked for.
	Type(answers ...string) error
	Untype() error
	// Fail makes calls of the module go wrong; Fail() alone heals it. Fired reports
	// whether anything went wrong since.
	Fail(faults ...softcard.Fault) error
	Fired() bool
	// Forget begins a new count for Seen.
	Forget() error
	// Seen returns what the card saw since Forget.
	Seen() (Seen, error)
}

// Seen is what a card saw.
type Seen struct {
	Right, Wrong int // PINs compared with its own
	Prompts      int // windows and keypads shown; 0 if that cannot be known
	Signed       int
}

// Traits says what a rig's module and card are like.
type Traits struct {
	Name          string // of the dialect, for the names of tests
	Card, Other   string // two cards with both keys, of two persons; Other may be ""
	PIN           string // of both
	Place         reader.PINPlace
	LoginError    error // what the authentication key answers to the right PIN; nil: it signs
	DocumentError error // the signature key; nil: it signs
	TellsBlocked  bool  // the token says so before a PIN is asked
	OneWindow     bool  // a wrong PIN ends the operation: the module's own window asks again
	Presented     int   // how often a PIN is compared for one document signature; 0: once
	Brief         bool  // without striking each call in turn, which is most of the table
	RightLost     error // a right taken away just before C_Sign; nil: the module asks again
}

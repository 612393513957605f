package pdf

import (
	"errors"
	"fmt"
)

// Bounds on what a file may make the reader do. Over any of them the file is refused.
const (
	maxSize      = 128 << 20 // bytes of a file
	maxDepth     = 48        // arrays and dictionaries inside each other
	maxRevisions = 64        // sections on the chain of Prev
	maxEntries   = 1 << 19   // cross-reference entries in all sections
	maxNumber    = 8388607   // object number (ISO 32000-1, annex C)
	maxValues    = 1 << 21   // values read in all objects
	maxCompared  = 8 << 20   // values compared between revisions
	maxInflated  = 64 << 20  // bytes out of all filters
	maxKeys      = 1 << 16   // entries of one dictionary
	maxReferred  = 64        // references of one signature
	maxPages     = 20000     // pages looked at
	maxFields    = 2000      // form fields looked at
	maxName      = 1 << 10   // bytes of a field's partial name, four times that of a full one
	maxSigs      = 64        // signatures of all revisions
	maxChanges   = 100       // changes named of one revision
	maxNamed     = 4 << 20   // values looked at to name objects, in all comparisons
	maxOffset    = 10        // digits of startxref
	maxDigits    = 18        // digits of a whole number
	stepsAsked   = 1 << 12   // steps between two questions whether anybody waits
	smallDict    = 16        // keys searched one by one
)

// Conditions a caller branches on.
var (
	// ErrNotPDF means the bytes do not begin with a PDF header.
	ErrNotPDF = errors.New("no PDF header")
	// ErrTooLarge means the file is over 128 MiB.
	ErrTooLarge = errors.New("file over 128 MiB")
	// ErrEncrypted means the file is encrypted; such files are not read.
	ErrEncrypted = errors.New("file is encrypted")
	// ErrStructure means the file breaks a rule of the format that decides what a
	// signature covers.
	ErrStructure = errors.New("file structure is broken")
	// ErrLimit means the file asks for more work than the bounds allow.
	ErrLimit = errors.New("file exceeds a limit")
)

// broken makes an ErrStructure that names the place.
func broken(at int, format string, args ...any) error {
	return fmt.Errorf("%w: byte %d: %s", ErrStructure, at, fmt.Sprintf(format, args...))
}

// over makes an ErrLimit that names what was too much.
func over(what string) error { return fmt.Errorf("%w: %s", ErrLimit, what) }

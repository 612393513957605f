package signing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"guichet.example/signing/internal/pdf"
)

// MaxPages is the most pages that a file of others may have to be signed here: what
// nobody can read nobody should sign.
const MaxPages = 200

// Obstacle says in one word why a file that others wrote is not signed here. Pages
// translate it.
type Obstacle string

// The obstacles.
const (
	NotPDF    Obstacle = "not-pdf"   // not a PDF file at all
	TooLarge  Obstacle = "too-large" // over MaxPDF bytes, or more work than the reader does
	TooLong   Obstacle = "too-long"  // over MaxPages pages, or none
	Encrypted Obstacle = "encrypted" // protected by a password, be it an empty one
	Broken    Obstacle = "broken"    // readers would differ on what it shows
	Active    Obstacle = "active"    // scripts, actions, media, layers: it can show something else tomorrow
	Fillable  Obstacle = "fillable"  // form fields that can still be filled in
	Versions  Obstacle = "versions"  // versions that nobody signed lie inside: earlier ones, or parts that nothing leads to
	Forbidden Obstacle = "forbidden" // its certification permits no further signature
	Damaged   Obstacle = "damaged"   // a signature in it does not hold
)

// UnsuitableError says why a file cannot be signed. It is an [ErrUnsuitable].
type UnsuitableError struct {
	Obstacle Obstacle
	Detail   string // for the log: what was found, never content
}

func (e *UnsuitableError) Error() string {
	return fmt.Sprintf("%v: %s: %s", ErrUnsuitable, e.Obstacle, e.Detail)
}

// Unwrap returns ErrUnsuitable.
func (e *UnsuitableError) Unwrap() error { return ErrUnsuitable }

// Suitability is what is known of a file that may be signed.
type Suitability struct {
	Pages      int
	Signatures int      // of persons and organisations, all of which hold
	Inside     []string // attached files and links to files: not what is signed, but carried along
	// Fonts are the names of fonts that the pages use and the file does not hold, at most
	// twenty: who reads it later may see other shapes of the same letters. Such files are
	// not refused, since many honest programs leave out the fourteen fonts that every
	// reader has (ISO 32000-1, 9.6.2.2); who signs should be told.
	Fonts []string
}

// actingParts are what makes a file show or do something that its bytes do not: it is not
// signed, since who reads it later may see something else than who signed.
var actingParts = []string{
	"script", "action", "launch action", "submit action", "import action", "multimedia", "XFA form", "optional content",
	"external content", "alternate image",
}

// Inspect reports whether a file that others wrote may be signed here: a complete, plain
// document that shows the same to everybody for ever. Files of our own need no inspection.
//
// A file that fails is refused with the reason, an *[UnsuitableError]; nothing is
// repaired, since two readers repair differently.
func Inspect(file []byte) (*Suitability, error) {
	f, err := pdf.Open(file)
	if err != nil {
		return nil, unsuitable(obstacleOf(err), "%v", err)
	}
	state := f.Last()
	pages, err := state.Pages()
	if err != nil {
		return nil, unsuitable(obstacleOf(err), "%v", err)
	}
	if len(pages) == 0 || len(pages) > MaxPages {
		return nil, unsuitable(TooLong, "%d pages", len(pages))
	}
	if f.Hides() {
		return nil, unsuitable(Broken, "a trailer whose Size is too small")
	}
	if !f.Room() {
		return nil, unsuitable(TooLarge, "no numbers left for new objects")
	}
	if err := storeFits(state); err != nil {
		return nil, err
	}
	s := &Suitability{Pages: len(pages)}
	if err := s.active(f); err != nil {
		return nil, err
	}
	if err := s.signatures(f); err != nil {
		return nil, err
	}
	if err := s.rest(f); err != nil {
		return nil, err
	}
	return s, nil
}

// Harmless reports whether a file that others wrote may be handed to somebody to open: it
// runs, sends, fetches and carries nothing, but for data in JSON such as files of ours have.
// Unlike [Inspect] it takes files that are damaged, or show something else tomorrow.
//
// A file that fails is refused with the reason, an *[UnsuitableError].
func Harmless(file []byte) error {
	found, err := pdf.Acting(file)
	if err != nil {
		return unsuitable(obstacleOf(err), "%v", err)
	}
	if len(found) > 0 {
		return unsuitable(Active, "%s", strings.Join(found, ", "))
	}
	return nil
}

// maxStored is the most entries of a kind that a file of others may bring in its store of
// evidence: the rest of the room is for ours.
const maxStored = 64

// storeFits refuses a store of evidence (ETSI EN 319 142-1, 5.4.2.2) that leaves no room
// for ours, or holds what is none.
func storeFits(state pdf.State) error {
	e, err := state.Evidence()
	if err != nil {
		return unsuitable(obstacleOf(err), "%v", err)
	}
	if n := max(len(e.Certs), len(e.OCSPs), len(e.CRLs)); n > maxStored {
		return unsuitable(TooLarge, "%d entries of a kind in the store of evidence", n)
	}
	for _, der := range e.Certs {
		s := cryptobyte.String(der)
		var certificate cryptobyte.String
		if !s.ReadASN1(&certificate, cbasn1.SEQUENCE) || !s.Empty() {
			return unsuitable(Broken, "the store of evidence holds what is no certificate")
		}
	}
	for _, der := range slices.Concat(e.OCSPs, e.CRLs) {
		if _, ok := evidenceTime(der); !ok {
			return unsuitable(Broken, "the store of evidence holds what is no answer")
		}
	}
	return nil
}

func unsuitable(o Obstacle, format string, args ...any) *UnsuitableError {
	return &UnsuitableError{o, fmt.Sprintf(format, args...)}
}

func obstacleOf(err error) Obstacle {
	switch {
	case errors.Is(err, pdf.ErrNotPDF):
		return NotPDF
	case errors.Is(err, pdf.ErrEncrypted):
		return Encrypted
	case errors.Is(err, pdf.ErrTooLarge), errors.Is(err, pdf.ErrLimit):
		return TooLarge
	}
	return Broken
}

// active refuses what can act and notes what is merely carried along.
func (s *Suitability) active(f *pdf.File) error {
	found, err := f.Active()
	if err != nil {
		return unsuitable(obstacleOf(err), "%v", err)
	}
	var acting []string
	for _, what := range found {
		if slices.Contains(actingParts, what) {
			acting = append(acting, what)
		} else {
			s.Inside = append(s.Inside, what)
		}
	}
	if len(acting) > 0 {
		return unsuitable(Active, "%s", strings.Join(acting, ", "))
	}
	misused, err := f.Misused()
	if err != nil {
		return unsuitable(obstacleOf(err), "%v", err)
	}
	if len(misused) > 0 {
		return unsuitable(Active, "object %d may change lawfully and is used to draw with", misused[0])
	}
	fillable, err := f.Last().Fillable()
	if err != nil {
		return unsuitable(Broken, "%v", err)
	}
	if fillable > 0 {
		return unsuitable(Fillable, "%d form fields", fillable)
	}
	return nil
}

// signatures refuses files whose signatures do not hold, and versions that no signature
// accounts for: what an earlier version showed could be brought back.
func (s *Suitability) signatures(f *pdf.File) error {
	locked, err := f.Last().Locked()
	if err != nil {
		return unsuitable(Broken, "%v", err)
	}
	if locked {
		return unsuitable(Forbidden, "a certification permits no further signature")
	}
	if _, err := openField(f, "", "Signature"); errors.Is(err, errLocked) {
		return unsuitable(Forbidden, "%v", err)
	} else if err != nil {
		return unsuitable(Broken, "%v", err)
	}
	v := &validation{f: f}
	if err := v.read(&Report{}); err != nil {
		return unsuitable(obstacleOf(err), "%v", err)
	}
	for _, subject := range v.subjects {
		if subject.failed() {
			return unsuitable(Damaged, "%s", strings.Join(subject.report.Reasons, "; "))
		}
		if !subject.sig.IsTimestamp() {
			s.Signatures++
		}
	}
	first := 0
	if len(v.subjects) > 0 {
		first = v.subjects[0].sig.Revision
	}
	if before := max(first-1, 0); before > 0 || len(v.subjects) == 0 && f.Revisions() > 1 {
		return unsuitable(Versions, "%d revisions before anybody signed", max(before, f.Revisions()-1))
	}
	return nil
}

// rest refuses what lies in the file and is not shown: one changed entry would show it, and
// not every verifier sees that the entry was changed.
func (s *Suitability) rest(f *pdf.File) error {
	inventory, err := f.Inventory()
	if err != nil {
		return unsuitable(obstacleOf(err), "%v", err)
	}
	if inventory.Uneven != "" {
		return unsuitable(Active, "%s", inventory.Uneven)
	}
	if inventory.Loose {
		return unsuitable(Versions, "bytes between the objects, or something like an object inside one")
	}
	if n := inventory.Unused; len(n) > 0 {
		return unsuitable(Versions, "%d objects that nothing leads to, the first is %d", len(n), n[0])
	}
	s.Fonts = inventory.Fonts
	return nil
}

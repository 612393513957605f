package document

import (
	"errors"
	"time"
)

// Drawn is a finished PDF, not yet signed.
type Drawn struct {
	PDF    []byte
	Pages  int
	SHA256 [32]byte // of PDF
	Mark   Mark
}

// Mark is the box that the drawing keeps free for the visible signature.
type Mark struct {
	Page int        // 1 is the first page; the mark is on the last
	Rect [4]float64 // left, bottom, right, top in points from the page's lower left corner
}

// Draw validates the act and sets its sheet as PDF/A-3a with the frozen act attached.
// Same act and same created, same bytes. Safe for concurrent use.
func Draw(a Act, created time.Time) (*Drawn, error) {
	return nil, errors.ErrUnsupported
}

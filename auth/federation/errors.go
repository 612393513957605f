package federation

import (
	"errors"
	"fmt"
)

var (
	// ErrRefused: the answer is not believed, or does not answer this flow. The reason
	// is for the log; to the outside all refusals are one sentence.
	ErrRefused = errors.New("answer of the identity provider refused")
	// ErrCancelled: the member turned back at the provider, or has no key of the level.
	ErrCancelled = errors.New("cancelled at the identity provider")
	// ErrUnavailable: the provider does not answer, or not with sense. Other ways in
	// are open.
	ErrUnavailable = errors.New("identity provider is unavailable")
	// ErrNoNumber: a genuine answer without a national number, or with one that is none:
	// a key that is not linked to the national register (CSAM 100), a foreigner without
	// a Belgian number. It is an ErrRefused.
	ErrNoNumber = fmt.Errorf("%w: it tells no national number", ErrRefused)
	// ErrStale: a new proof was asked for and the provider answered from an old one. It
	// is an ErrRefused.
	ErrStale = fmt.Errorf("%w: its proof is older than the question", ErrRefused)
)

// LevelError is a genuine answer of too low a level: the page says which keys would
// do. It is an ErrRefused.
type LevelError struct {
	Have  int // CSAM level told; 0 if it told none that is in the table
	Asked int // CSAM level at least
}

func (e LevelError) Error() string {
	return fmt.Sprintf("%v: level %d where %d was asked", ErrRefused, e.Have, e.Asked)
}

// Is makes a LevelError an ErrRefused.
func (e LevelError) Is(target error) bool { return target == ErrRefused }

// Refuse wraps the reason of a refusal, so that errors.Is finds ErrRefused and the
// reason. An error that already is one of this package's is returned as it is. The
// reason goes to the log: it holds nothing of a person and nothing that a stranger
// wrote, but quoted and cut.
func Refuse(reason error) error {
	for _, own := range []error{ErrRefused, ErrCancelled, ErrUnavailable} {
		if errors.Is(reason, own) {
			return reason
		}
	}
	return fmt.Errorf("%w: %w", ErrRefused, reason)
}

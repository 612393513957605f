package signin

import (
	"errors"

	"guichet.example/portal/door"
)

// problem names the state of the card panel for a refusal at this door.
func problem(err error) *door.Problem {
	p := door.NewProblem(err)
	if errors.Is(err, ErrUnknownMember) {
		p.State = "unknown_member"
	}
	return p
}

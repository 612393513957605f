package people

import (
	"context"

	"guichet.example/auth"
	"guichet.example/signing/document"
)

// Household is who stands on whose booklet today, as one member sees it.
type Household struct {
	Me          Person
	Affiliation string
	Holders     []OnBooklet // on whose booklet she stands: their names alone
	Persons     []OnBooklet // on her own; those not seen without their birth
}

// Holder finds the booklet of a holder on which she stands.
func (h Household) Holder(id auth.MemberID) (OnBooklet, bool) {
	for _, o := range h.Holders {
		if o.Access.Holder == id {
			return o, true
		}
	}
	return OnBooklet{}, false
}

// Store keeps who may see whom. Every change has its audit row in its commit.
type Store interface {
	Household(ctx context.Context, login auth.Login) (Household, error)
	// AnswerAccess records whether the holder keeps access, as the person on her booklet
	// answers, at once. ErrMinor, ErrNotOnBooklet.
	AnswerAccess(ctx context.Context, login auth.Login, holder auth.MemberID, keep bool, r Rules) error
	// FileAccess reads who sees the person of an open file, and NoteAccess records what she
	// signed by hand. office's errors of an opening, ErrMinor, ErrNotOnBooklet.
	FileAccess(ctx context.Context, o auth.Officer, opening string) ([]OnBooklet, error)
	NoteAccess(ctx context.Context, o auth.Officer, opening string, holder auth.MemberID, keep bool, r Rules) error
	// AccessForm notes that the form to be signed by hand was drawn.
	AccessForm(ctx context.Context, login auth.Login, holder auth.MemberID) error
}

// Freezer takes the checked answers to the signing step and returns the request's id.
// The same key gives the same request.
type Freezer interface {
	Freeze(ctx context.Context, login auth.Login, act document.Act, key string) (string, error)
	// Method is how someone with this login will consent to the act.
	Method(login auth.Login, act document.Act) string
}

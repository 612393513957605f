package requests

import (
	"context"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/timeid"
	"guichet.example/signing/document"
)

// referenceTries bounds how often a taken reference is drawn again.
const referenceTries = 4

// Printer makes what is printed on an act so that its paper can be checked.
type Printer interface {
	Print(act document.Act) (*document.Check, error)
}

// Freeze gives the checked answers a reference, draws the PDF and stores both. From
// here on nothing of the request changes but its state. The same key gives the same
// request, whatever the answers say the second time. It returns the request's id.
func (s *Signing) Freeze(ctx context.Context, login auth.Login, act document.Act, key string) (string, error) {
	return s.freeze(ctx, login, key, func() (Request, error) { return s.draw(act) })
}

// FreezeFor is Freeze for an order, which is for these people: whoever of them the member
// does not see any more when she signs stops it. ErrNoAccess.
func (s *Signing) FreezeFor(ctx context.Context, login auth.Login, act document.Act, people []auth.MemberID, key string) (string, error) {
	return s.freeze(ctx, login, key, func() (Request, error) {
		r, err := s.draw(act)
		r.People = people
		return r, err
	})
}

// freeze makes a request with a reference that is free, and stores it.
func (s *Signing) freeze(ctx context.Context, login auth.Login, key string, make func() (Request, error)) (string, error) {
	for try := 1; ; try++ {
		r, err := make()
		if err != nil {
			return "", err
		}
		id, err := s.Store.PutRequest(ctx, login, r, key)
		if errors.Is(err, ErrReferenceTaken) && try < referenceTries {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("storing a request: %w", err)
		}
		return id, nil
	}
}

// draft is a request of the act, as it will be read back, without its document.
func (s *Signing) draft(act document.Act) (Request, error) {
	now := s.Now()
	id, err := timeid.New(now, s.Rand)
	if err != nil {
		return Request{}, err
	}
	reference, err := newReference(now, s.Rand)
	if err != nil {
		return Request{}, err
	}
	frozen, err := document.Marshal(act.WithReference(reference))
	if err != nil {
		return Request{}, fmt.Errorf("freezing a %s: %w", act.Kind(), err)
	}
	if act, err = document.Unmarshal(frozen); err != nil {
		return Request{}, fmt.Errorf("reading back what was frozen: %w", err)
	}
	return Request{ID: id, Reference: reference, State: ToSign, Created: now, Act: act}, nil
}

// draw is a request with the document of its act.
func (s *Signing) draw(act document.Act) (Request, error) {
	r, err := s.draft(act)
	if err != nil {
		return Request{}, err
	}
	var check *document.Check
	if s.Printer != nil {
		if check, err = s.Printer.Print(r.Act); err != nil {
			return Request{}, err
		}
	}
	drawn, err := document.DrawChecked(r.Act, r.Created, check)
	if err != nil {
		return Request{}, fmt.Errorf("drawing a %s: %w", act.Kind(), err)
	}
	r.Sheet, r.PDF, r.SHA256, r.Mark, r.Pages = drawn.Sheet, drawn.PDF, drawn.SHA256, drawn.Mark, drawn.Pages
	return r, nil
}

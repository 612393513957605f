package areatest

import (
	"context"
	"slices"
	"sync"

	"guichet.example/auth"
	"guichet.example/portal/page"
)

// Drafts keeps drafts in memory. The zero value is ready.
type Drafts struct {
	Err  error // of each call
	mu   sync.Mutex
	kept map[[3]string][]byte
}

// PutDraft implements page.Drafts.
func (d *Drafts) PutDraft(_ context.Context, login auth.Login, form, id string, text []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil {
		d.kept = map[[3]string][]byte{}
	}
	d.kept[[3]string{login.Session, form, id}] = slices.Clone(text)
	return d.Err
}

// Draft implements page.Drafts.
func (d *Drafts) Draft(_ context.Context, login auth.Login, form, id string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text, ok := d.kept[[3]string{login.Session, form, id}]
	switch {
	case d.Err != nil:
		return nil, d.Err
	case !ok:
		return nil, page.ErrNoDraft
	}
	return slices.Clone(text), nil
}

// Forget drops all drafts, as the end of a session does.
func (d *Drafts) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.kept)
}

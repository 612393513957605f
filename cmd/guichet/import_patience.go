package main

import (
	"context"
	"errors"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/store"
)

// patientStore asks a database again that does not answer for a while, as one that is
// restarted or busy does: the import of a night does not end for it. An act that may have
// been written is not repeated (store.ErrInDoubt): the same import, run again, looks.
type patientStore struct {
	importStore
	lasting time.Duration // how long in all for an act
	pause   time.Duration // after the first try; doubled up to a minute
}

func patient(db importStore) patientStore {
	return patientStore{db, 10 * time.Minute, 500 * time.Millisecond}
}

// BeginImport implements importStore.
func (p patientStore) BeginImport(ctx context.Context, mutuality string, i core.Import) (begun core.Import, err error) {
	err = p.again(ctx, func() error { begun, err = p.importStore.BeginImport(ctx, mutuality, i); return err })
	return begun, err
}

// LoadPart implements importStore.
func (p patientStore) LoadPart(ctx context.Context, mutuality, id string, part core.Part) (out core.Outcome, err error) {
	err = p.again(ctx, func() error { out, err = p.importStore.LoadPart(ctx, mutuality, id, part); return err })
	return out, err
}

// EndImport implements importStore.
func (p patientStore) EndImport(ctx context.Context, mutuality, id string, state core.ImportState) error {
	return p.again(ctx, func() error { return p.importStore.EndImport(ctx, mutuality, id, state) })
}

// Preview implements importStore. What a try that failed remembered in ahead is remembered
// again, and only once.
func (p patientStore) Preview(ctx context.Context, mutuality string, batch core.Batch, ahead *core.Ahead) (out core.Outcome, err error) {
	err = p.again(ctx, func() error { out, err = p.importStore.Preview(ctx, mutuality, batch, ahead); return err })
	return out, err
}

// Gone implements importStore.
func (p patientStore) Gone(ctx context.Context, mutuality string, kind core.Kind, asOf time.Time, delivered *core.Delivered) (gone core.Gone, err error) {
	err = p.again(ctx, func() error { gone, err = p.importStore.Gone(ctx, mutuality, kind, asOf, delivered); return err })
	return gone, err
}

// Held implements importStore.
func (p patientStore) Held(ctx context.Context, mutuality string, kind core.Kind, since time.Time) (held []core.Held, err error) {
	err = p.again(ctx, func() error { held, err = p.importStore.Held(ctx, mutuality, kind, since); return err })
	return held, err
}

// TakeAway implements importStore. What one try took away is not there for the next.
func (p patientStore) TakeAway(ctx context.Context, mutuality, id string, delivered *core.Delivered) (core.Gone, error) {
	var gone core.Gone
	err := p.again(ctx, func() error {
		more, err := p.importStore.TakeAway(ctx, mutuality, id, delivered)
		gone.Stand = max(gone.Stand, more.Stand)
		gone.Ended, gone.Removed = gone.Ended+more.Ended, gone.Removed+more.Removed
		gone.Rows = append(gone.Rows, more.Rows[:min(len(more.Rows), core.MostGoneRows-len(gone.Rows))]...)
		return err
	})
	return gone, err
}

func (p patientStore) again(ctx context.Context, act func() error) error {
	for end := time.Now().Add(p.lasting); ; p.pause = min(2*p.pause, time.Minute) {
		err := act()
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrInDoubt) || time.Now().Add(p.pause).After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(p.pause):
		}
	}
}

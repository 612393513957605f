package main

import (
	"context"
	"io"
	"time"

	"guichet.example/portal/core"
)

// patientStore asks a database again that does not answer for a while: the import of a
// night does not end for it. An act that may have been written is not repeated
// (store.ErrInDoubt): the same import, run again, looks.
type patientStore struct {
	importStore
	patience
}

func patient(db importStore, tells io.Writer) patientStore {
	return patientStore{db, patience{lasting: importPatience, pause: firstPause, tells: tells}}
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

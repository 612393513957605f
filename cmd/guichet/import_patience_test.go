package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/store"
)

// awayStore gives its errors one after the other, then the rows of the part.
type awayStore struct {
	importStore
	errs  []error
	tries int
}

func (f *awayStore) LoadPart(_ context.Context, _, _ string, part core.Part) (core.Outcome, error) {
	f.tries++
	if f.tries <= len(f.errs) {
		return core.Outcome{}, f.errs[f.tries-1]
	}
	return core.Outcome{Added: len(part.Rows)}, nil
}

// TestPatientStore: a part goes in once the database answers; one that may be in, or is
// refused, is not tried again.
func TestPatientStore(t *testing.T) {
	away := fmt.Errorf("loading: %w", store.ErrUnavailable)
	doubt := fmt.Errorf("%w: %w", store.ErrUnavailable, store.ErrInDoubt)
	for name, tt := range map[string]struct {
		errs    []error
		lasting time.Duration
		tries   int
		want    error
	}{
		"may be in":      {[]error{doubt, away}, time.Minute, 1, store.ErrInDoubt},
		"no room":        {[]error{away, store.ErrFull}, time.Minute, 2, store.ErrFull},
		"away for good":  {[]error{away, away, away}, 2 * time.Millisecond, 1, store.ErrUnavailable},
		"away, and back": {[]error{away, away}, time.Minute, 3, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := &awayStore{errs: tt.errs}
			p := patientStore{f, tt.lasting, 2 * time.Millisecond}
			out, err := p.LoadPart(t.Context(), "m", "i", core.Part{Batch: core.Batch{Rows: make([]core.Row, 3)}})
			if !errors.Is(err, tt.want) || f.tries != tt.tries || err == nil && out.Added != 3 {
				t.Errorf("%d tries, %d rows, %v, want %d and %v", f.tries, out.Added, err, tt.tries, tt.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := patientStore{&awayStore{errs: []error{away, away}}, time.Hour, time.Hour / 2}
	if _, err := p.LoadPart(ctx, "m", "i", core.Part{}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

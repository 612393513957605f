package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// try is the error of the next try.
func (f *awayStore) try() error {
	f.tries++
	if f.tries <= len(f.errs) {
		return f.errs[f.tries-1]
	}
	return nil
}

func (f *awayStore) LoadPart(_ context.Context, _, _ string, part core.Part) (core.Outcome, error) {
	return f.answer(len(part.Rows))
}

func (f *awayStore) Preview(_ context.Context, _ string, batch core.Batch, _ *core.Ahead) (core.Outcome, error) {
	return f.answer(len(batch.Rows))
}

func (f *awayStore) answer(rows int) (core.Outcome, error) {
	if err := f.try(); err != nil {
		return core.Outcome{}, err
	}
	return core.Outcome{Added: rows}, nil
}

func (f *awayStore) Gone(context.Context, string, core.Kind, time.Time, *core.Delivered) (core.Gone, error) {
	if err := f.try(); err != nil {
		return core.Gone{}, err
	}
	return core.Gone{Stand: 3}, nil
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
			f, said := &awayStore{errs: tt.errs}, strings.Builder{}
			p := patientStore{f, patience{tt.lasting, 2 * time.Millisecond, &said}}
			out, err := p.LoadPart(t.Context(), "m", "i", core.Part{Batch: core.Batch{Rows: make([]core.Row, 3)}})
			if !errors.Is(err, tt.want) || f.tries != tt.tries || err == nil && out.Added != 3 {
				t.Errorf("%d tries, %d rows, %v, want %d and %v", f.tries, out.Added, err, tt.tries, tt.want)
			}
			if lines := strings.Count(said.String(), "\n"); lines != min(1, tt.tries-1) {
				t.Errorf("of %d tries it said %q", tt.tries, said.String())
			}
		})
	}
	// What writes nothing is as patient.
	f := &awayStore{errs: []error{away, away}}
	out, err := patientStore{f, patience{lasting: time.Minute, pause: time.Millisecond}}.Preview(t.Context(), "m", core.Batch{Rows: make([]core.Row, 3)}, nil)
	if err != nil || out.Added != 3 || f.tries != 3 {
		t.Errorf("a preview: %d tries, %d rows, %v", f.tries, out.Added, err)
	}
	f = &awayStore{errs: []error{away}}
	gone, err := patientStore{f, patience{lasting: time.Minute, pause: time.Millisecond}}.Gone(t.Context(), "m", core.KindMember, time.Time{}, nil)
	if err != nil || gone.Stand != 3 || f.tries != 2 {
		t.Errorf("what would go: %d tries, %+v, %v", f.tries, gone, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := patientStore{&awayStore{errs: []error{away, away}}, patience{lasting: time.Hour, pause: time.Hour / 2}}
	if _, err := p.LoadPart(ctx, "m", "i", core.Part{}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

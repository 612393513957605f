package oidc

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"guichet.example/auth/federation"
)

// flight has one caller fetch what others want too: they wait for it and share its error.
type flight struct {
	mu      sync.Mutex
	current *call
}

type call struct {
	done chan struct{}
	err  error // before done is closed
}

// errPanic: a library broke on what it was given.
var errPanic = errors.New("a library panicked")

// do runs work, or waits for the one that runs. It goes on when the caller that began it
// leaves.
func (f *flight) do(ctx context.Context, work func() error) error {
	f.mu.Lock()
	c := f.current
	if c == nil {
		c = &call{done: make(chan struct{})}
		f.current = c
		go f.run(c, work)
	}
	f.mu.Unlock()
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", federation.ErrUnavailable, ctx.Err())
	}
}

func (f *flight) run(c *call, work func() error) {
	defer func() {
		if recover() != nil {
			c.err = fmt.Errorf("%w: %w", federation.ErrUnavailable, errPanic)
		}
		f.mu.Lock()
		f.current = nil
		f.mu.Unlock()
		close(c.done)
	}()
	c.err = work()
}

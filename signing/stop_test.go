package signing

import (
	"context"
	"errors"
	"testing"

	"guichet.example/certs/certstest"
)

// countdown is a context that ends when it was looked at so often.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// Whenever the context ends, there is no report: half of one would be wrong.
func TestVerifyStops(t *testing.T) {
	w := theWorld(t)
	file := w.adding(t, w.raised(t, certstest.P256, LevelLTA), certstest.P384)
	looks := &countdown{t.Context(), 1 << 20}
	if _, err := Verify(looks, file, w.trust()); err != nil {
		t.Fatal(err)
	}
	used := 1<<20 - looks.left
	if used < 6 { // three signatures, twice, and the end
		t.Errorf("the context is looked at %d times", used)
	}
	for n := range used {
		if r, err := Verify(&countdown{t.Context(), n}, file, w.trust()); r != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ended after %d looks: %v, %v", n, r, err)
		}
	}
}

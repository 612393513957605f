package signing

import (
	"context"
	"errors"
	"strings"
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

// The context is looked at while the bytes are searched, so that a file of many small
// things does not keep anybody waiting after they left.
func TestVerifyStopsInsideTheScan(t *testing.T) {
	w := theWorld(t)
	for name, file := range map[string][]byte{
		"many objects":  heavy(60000, "1"),
		"many values":   heavy(4, "["+strings.Repeat("9999 ", 200000)+"]"),
		"many trailers": heavy(4, streamed(strings.Repeat("trailer ", 200000))),
		"many comments": heavy(4, streamed(strings.Repeat("trailer%", 200000))),
		"many words":    heavy(4, streamed(strings.Repeat("obj ", 400000))),
	} {
		looks := &countdown{t.Context(), 1 << 20}
		if _, err := Verify(looks, file, w.trust()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if used := 1<<20 - looks.left; used < 10 {
			t.Errorf("%s: the context is looked at %d times", name, used)
		}
	}
}

package bench

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// TestFitted: a line is found again, what is off it is told, and a figure that does not
// grow is that of the largest size.
func TestFitted(t *testing.T) {
	sizes := []float64{1000, 2000, 4000}
	for name, tt := range map[string]struct {
		what   string
		values []float64
		value  float64
		note   string
	}{
		"a line":          {"disk, B/member", []float64{11_000, 21_000, 41_000}, 10, "1000 at none, off by 0.0 % at most"},
		"off it":          {"disk, B/member", []float64{1000, 4000, 16_000}, 5.14, "off by 85.7 % at most"},
		"what is no size": {"processor of a page, µs", []float64{500, 400, 300}, 300, "of [500 400 300]"},
	} {
		got := fitted(tt.what, sizes, tt.values)
		if math.Abs(got.Value-tt.value) > 0.01 || !strings.Contains(got.Note, tt.note) {
			t.Errorf("%s: %.2f %s, %q, want %.2f, %q", name, got.Value, got.Unit, got.Note, tt.value, tt.note)
		}
	}
}

// TestSpent: the kernel tells of work done in this process, and who its parent is.
func TestSpent(t *testing.T) {
	before, err := spentOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	own, err := spent()
	if err != nil {
		t.Fatal(err)
	}
	now := own
	for now < own+5*tick {
		if now, err = spent(); err != nil {
			t.Fatal(err)
		}
	}
	after, err := spentOf(os.Getpid())
	if err != nil || after < before+3*tick || after > before+time.Minute {
		t.Errorf("%v, then %v, %v", before, after, err)
	}
	below, err := spentBelow(os.Getppid())
	if err != nil || below < after {
		t.Errorf("below the parent %v, of this process alone %v, %v", below, after, err)
	}
	if _, _, err := statOf(1 << 30); err == nil {
		t.Error("a process that is not there has times")
	}
}

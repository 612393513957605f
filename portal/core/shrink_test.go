package core

import (
	"strings"
	"testing"
)

// A feed that shrinks a little each night is stopped; one whose rows are others each night,
// or that was cut on purpose, is not.
func TestShrinks(t *testing.T) {
	for name, c := range map[string]struct {
		before []Held
		rows   int64
		gone   int64
		want   string // in the error; empty: it is believed
	}{
		"the first":                 {nil, 100, 10, ""},
		"a little each night":       {[]Held{{1000, 0}, {950, 50}, {900, 50}, {850, 50}, {800, 50}}, 799, 1, "takes away 201 of 1000 rows, more than 20 %"},
		"not more than twice":       {[]Held{{1000, 0}, {950, 50}, {900, 50}, {850, 50}}, 800, 50, ""},
		"nothing goes":              {[]Held{{1000, 0}, {700, 100}}, 700, 0, ""},
		"others come":               {[]Held{{1000, 0}, {1000, 90}, {1000, 90}, {1000, 90}}, 1000, 90, ""},
		"days to come, fewer":       {[]Held{{1000, 0}, {800, 0}, {600, 1}}, 500, 1, ""},
		"it grew, and shrinks":      {[]Held{{100, 0}, {1000, 0}, {900, 100}}, 790, 110, "takes away 210 of 1000"},
		"cut on purpose":            {[]Held{{1000, 0}, {500, 500}}, 460, 40, ""},
		"on purpose, by and by":     {[]Held{{1000, 0}, {900, 100}, {780, 120}}, 760, 20, ""},
		"cut on purpose, and again": {[]Held{{1000, 0}, {500, 500}, {450, 50}}, 399, 51, "takes away 101 of 500"},
	} {
		err := Gone{Removed: c.gone}.Shrinks(c.rows, c.before, MostGone)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if err := (Gone{Ended: 1000}).Shrinks(0, []Held{{1000, 0}}, 50); err != nil {
		t.Errorf("half of the rows may go, and the other half next night: %v", err)
	}
	if err := (Gone{Ended: 1}).Shrinks(999, []Held{{1000, 0}}, 0); err == nil {
		t.Error("none may go, and one does")
	}
}

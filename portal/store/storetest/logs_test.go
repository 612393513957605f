package storetest

import (
	"slices"
	"testing"
)

func TestLeaks(t *testing.T) {
	for line, want := range map[string][]string{
		`msg=ok member=cccccccccccccccccccccccccc document=06h0b7d97dmnkjgzsh2935p4y8`: nil,
		`time=2026-11-22T12:00:00.123456Z at=1795348800123456 ref=GC-2026-7K4M-92PX`:   nil,
		`member 85.07.30-033.28 came`: {"85.07.30-033.28"},
		`number=85073003328`:          {"85073003328"},
		`number=85073003329`:          nil, // no number: its check digits do not hold
		`to="BE68 5390 0754 7034"`:    {"BE68 5390 0754 7034"},
		`to=BE68539007547034`:         {"BE68539007547034"},
		`to=claire@example.org`:       {"claire@example.org"},
		`name="Claire Delcourt"`:      {"Delcourt"},
	} {
		if got := Leaks([]byte(line), "Delcourt"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

package audit

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// three chains: b follows a; c began while b was still going on.
func three() (a, b, c []Entry) {
	a = chain("a", Head{}, 5)
	b = chain("b", headOf(a[4]), 5)
	return a, b, chain("c", headOf(b[2]), 3)
}

func TestVerifyFaults(t *testing.T) {
	rewrite := func(rows []Entry, i int, change func(*Entry)) {
		change(&rows[i])
		rows[i].Hash = rows[i].sum()
	}
	for _, tt := range []struct {
		name   string
		change func(a, b, c *[]Entry)
		want   Fault
	}{
		{"content", func(a, _, _ *[]Entry) { (*a)[2].Actor = "x" }, Fault{Chain: "a", Seq: 3, Problem: Changed}},
		{"content and hash", func(a, _, _ *[]Entry) { rewrite(*a, 2, func(e *Entry) { e.Actor = "x" }) }, Fault{Chain: "a", Seq: 3, Problem: Changed}},
		{"last row with hash", func(a, _, _ *[]Entry) { rewrite(*a, 4, func(e *Entry) { e.Actor = "x" }) }, Fault{Chain: "a", Seq: 5, Problem: Changed}},
		{"all rows rewritten", func(a, _, _ *[]Entry) {
			other := chain("a", Head{}, 5)
			other[1].Actor = "x"
			for i := range other {
				if i > 0 {
					other[i].Prev = other[i-1].Hash
				}
				other[i].Hash = other[i].sum()
			}
			*a = other
		}, Fault{Chain: "a", Seq: 3, Problem: Changed}},
		{"removed", func(a, _, _ *[]Entry) { *a = slices.Delete(*a, 1, 2) }, Fault{Chain: "a", Seq: 2, Problem: Missing}},
		{"first removed", func(a, _, _ *[]Entry) { *a = (*a)[1:] }, Fault{Chain: "a", Seq: 1, Problem: Missing}},
		{"swapped", func(a, _, _ *[]Entry) { (*a)[1], (*a)[2] = (*a)[2], (*a)[1] }, Fault{Chain: "a", Seq: 2, Problem: Missing}},
		{"twice", func(a, _, _ *[]Entry) { *a = slices.Insert(*a, 2, (*a)[1]) }, Fault{Chain: "a", Seq: 2, Problem: Reordered}},
		{"end cut off, named by the next chain", func(a, _, _ *[]Entry) { *a = (*a)[:3] }, Fault{Chain: "a", Seq: 4, Problem: Truncated}},
		{"end cut off, named by an anchor", func(_, _, c *[]Entry) { *c = (*c)[:1] }, Fault{Chain: "c", Seq: 2, Problem: Truncated}},
		{"chain removed, named by the next", func(a, _, _ *[]Entry) { *a = nil }, Fault{Chain: "a", Seq: 3, Problem: Missing}},
		{"chain removed, named by an anchor", func(_, _, c *[]Entry) { *c = nil }, Fault{Chain: "c", Seq: 3, Problem: Missing}},
		{"chain not bound", func(_, b, _ *[]Entry) { *b = chain("b", Head{}, 5) }, Fault{Chain: "b", Seq: 1, Problem: Unbound}},
		{"bound to another row", func(_, _, c *[]Entry) {
			*c = chain("c", Head{"b", 2, [32]byte{1}}, 3)
		}, Fault{Chain: "b", Seq: 2, Problem: Changed}},
		{"bound past the end", func(_, _, c *[]Entry) { *c = chain("c", Head{"b", 9, [32]byte{1}}, 3) }, Fault{Chain: "b", Seq: 6, Problem: Truncated}},
		{"added after the end", func(_, _, c *[]Entry) {
			end, h := headOf((*c)[2]).Next(Entry{At: noon, Actor: System, Action: Stop, Outcome: Done})
			forged, _ := h.Next(Entry{At: noon, Member: "m", Actor: "m", Method: "card", Action: ReadMember, Object: "o", Outcome: Done})
			*c = append(*c, end, forged)
		}, Fault{Chain: "c", Seq: 5, Problem: Added}},
		{"link taken out", func(a, _, _ *[]Entry) { rewrite(*a, 0, func(e *Entry) { e.Prev[0] = 1 }) }, Fault{Chain: "a", Seq: 1, Problem: Missing}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b, c := three()
			anchors := []Anchor{{noon, headOf(a[2])}, {noon, headOf(c[2])}}
			tt.change(&a, &b, &c)
			report, err := Verify(t.Context(), rowsOf(a, b, c), anchors)
			if err != nil || report.Valid() {
				t.Fatalf("Verify = %+v, %v", report, err)
			}
			first, _ := report.First()
			got := Fault{Chain: first.Chain, Seq: first.Seq, Problem: first.Problem}
			if got != tt.want {
				t.Errorf("first fault %v, want %v; all: %v", got, tt.want, report.Faults)
			}
		})
	}
}

func TestVerifyOrder(t *testing.T) {
	a, b, c := three()
	report, err := Verify(t.Context(), rowsOf(b, a, c), nil)
	if err != nil || report.Valid() {
		t.Errorf("chains out of order: %+v, %v", report, err)
	}
	report, err = Verify(t.Context(), rowsOf(a[:2], b, a[2:], c), nil)
	if err != nil || report.Valid() {
		t.Errorf("chains mixed: %+v, %v", report, err)
	}
}

func TestVerify(t *testing.T) {
	report, err := Verify(t.Context(), rowsOf(), nil)
	if err != nil || !report.Valid() || report.Rows != 0 {
		t.Errorf("nothing: %+v, %v", report, err)
	}
	a, b, c := three()
	anchors := []Anchor{{noon, headOf(a[0])}, {noon, headOf(a[4])}, {noon, headOf(b[1])}, {noon, headOf(c[2])}}
	report, err = Verify(t.Context(), rowsOf(a, b, c), anchors)
	if err != nil || !report.Valid() || report.Rows != 13 || report.Chains != 3 || report.Anchors != 4 || report.Heads[2] != headOf(c[2]) {
		t.Errorf("three chains: %+v, %v", report, err)
	}
	if len(report.Unnamed) != 0 {
		t.Errorf("chains that anchors name: %q are said not to be", report.Unnamed)
	}
	report, err = Verify(t.Context(), rowsOf(a, b, c, chain("d", headOf(c[2]), 3)), anchors)
	if err != nil || !report.Valid() || !slices.Equal(report.Unnamed, []string{"d"}) {
		t.Errorf("a chain that no anchor names: %+v, %v", report, err)
	}
	report, err = Verify(t.Context(), rowsOf(a, b, c), nil)
	if err != nil || len(report.Unnamed) != 0 {
		t.Errorf("without anchors: %+v, %v", report, err)
	}
	failing := func(context.Context, func(Entry) error) error { return errors.New("disk") }
	if _, err := Verify(t.Context(), failing, nil); err == nil {
		t.Error("an error of reading is no error")
	}
}

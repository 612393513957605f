package audit

import (
	"bytes"
	"slices"
	"testing"
)

var (
	ours   = NewKey(bytes.Repeat([]byte{1}, 32))
	theirs = NewKey(bytes.Repeat([]byte{2}, 32))
)

// marked are the marks that a program with the key leaves on the chains.
func marked(k Key, chains ...[]Entry) Marks {
	m := Marks{Key: ours}
	for _, rows := range chains {
		head := headOf(rows[len(rows)-1])
		m.Chains = append(m.Chains, Mark{Chain: head.Chain, Seq: head.Seq, MAC: k.Mark(head), Last: head.Seq})
		m.Newest = head.Chain
	}
	m.Roll = Roll{Chains: int64(len(chains)), MAC: k.Roll(int64(len(chains)), m.Newest)}
	return m
}

// rebuilt is a chain whose rows from the i-th on were changed and hashed anew, as anybody can.
func rebuilt(rows []Entry, i int, change func(*Entry)) []Entry {
	rows = slices.Clone(rows)
	change(&rows[i])
	for ; i < len(rows); i++ {
		if i > 0 {
			rows[i].Prev = rows[i-1].Hash
		}
		rows[i].Hash = rows[i].sum()
	}
	return rows
}

func TestVerifyMarkedFaults(t *testing.T) {
	other := func(e *Entry) { e.Actor = "x" }
	older := func(rows []Entry) []Entry { return rebuilt(rows, 0, func(e *Entry) { e.Method = "" }) }
	for _, tt := range []struct {
		name   string
		change func(a, b, c *[]Entry, m *Marks)
		want   Fault
	}{
		{"tail rewritten", func(_, _, c *[]Entry, _ *Marks) { *c = rebuilt(*c, 1, other) }, Fault{Chain: "c", Seq: 3, Problem: Changed}},
		{"last row rewritten", func(_, _, c *[]Entry, _ *Marks) { *c = rebuilt(*c, 2, other) }, Fault{Chain: "c", Seq: 3, Problem: Changed}},
		{"tail that nobody is bound to", func(_, b, _ *[]Entry, _ *Marks) { *b = rebuilt(*b, 3, other) }, Fault{Chain: "b", Seq: 5, Problem: Changed}},
		{"cut off", func(_, _, c *[]Entry, m *Marks) { *c, m.Chains[2].Last = (*c)[:2], 2 }, Fault{Chain: "c", Seq: 3, Problem: Truncated}},
		{"cut off, the mark named after it", func(_, _, c *[]Entry, m *Marks) {
			*c, m.Chains[2].Last, m.Chains[2].Seq = (*c)[:2], 2, 2
		}, Fault{Chain: "c", Seq: 2, Problem: Changed}},
		{"added", func(_, _, c *[]Entry, m *Marks) {
			forged, _ := headOf((*c)[2]).Next(Entry{At: noon, Actor: "m", Action: ReadMember, Outcome: Done})
			*c, m.Chains[2].Last = append(*c, forged), 4
		}, Fault{Chain: "c", Seq: 4, Problem: Added}},
		{"added, the mark named after it", func(_, _, c *[]Entry, m *Marks) {
			forged, _ := headOf((*c)[2]).Next(Entry{At: noon, Actor: "m", Action: ReadMember, Outcome: Done})
			*c, m.Chains[2].Last, m.Chains[2].Seq = append(*c, forged), 4, 4
		}, Fault{Chain: "c", Seq: 4, Problem: Changed}},
		{"mark of another key", func(_, _, c *[]Entry, m *Marks) { m.Chains[2].MAC = theirs.Mark(headOf((*c)[2])) }, Fault{Chain: "c", Seq: 3, Problem: Changed}},
		{"mark of another chain", func(_, b, _ *[]Entry, m *Marks) { m.Chains[2].MAC = m.Chains[1].MAC }, Fault{Chain: "c", Seq: 3, Problem: Changed}},
		{"mark of an earlier row", func(_, _, c *[]Entry, m *Marks) { m.Chains[2].MAC = ours.Mark(headOf((*c)[1])) }, Fault{Chain: "c", Seq: 3, Problem: Changed}},
		{"the roll for a mark", func(_, _, _ *[]Entry, m *Marks) { m.Chains[2].MAC = m.Roll.MAC }, Fault{Chain: "c", Seq: 3, Problem: Changed}},
		{"short mark", func(_, _, _ *[]Entry, m *Marks) { m.Chains[2].MAC = m.Chains[2].MAC[:31] }, Fault{Chain: "c", Seq: 3, Problem: Changed}},
		{"no mark", func(_, _, _ *[]Entry, m *Marks) { m.Chains = m.Chains[:2] }, Fault{Chain: "b", Seq: 1, Problem: Unmarked}},
		{"no mark, and the roll counts fewer", func(_, _, _ *[]Entry, m *Marks) { m.Chains, m.Roll.Chains = m.Chains[:2], 2 }, Fault{Chain: "b", Seq: 1, Problem: Unmarked}},
		{"no mark, as an older program", func(_, _, c *[]Entry, m *Marks) {
			*c, m.Chains, m.Roll.Chains = older(*c), m.Chains[:2], 2
		}, Fault{Chain: "b", Seq: 1, Problem: Unmarked}},
		{"newest chain taken out", func(_, _, c *[]Entry, m *Marks) {
			*c, m.Chains, m.Newest = nil, m.Chains[:2], "b"
		}, Fault{Chain: "b", Seq: 1, Problem: Unmarked}},
		{"newest chain taken out, and the roll counts fewer", func(_, _, c *[]Entry, m *Marks) {
			*c, m.Chains, m.Newest, m.Roll.Chains = nil, m.Chains[:2], "b", 2
		}, Fault{Chain: "b", Seq: 1, Problem: Unmarked}},
		{"newest chain taken out, its mark left", func(_, _, c *[]Entry, m *Marks) {
			*c, m.Chains[2].Last = nil, 0
		}, Fault{Chain: "c", Seq: 3, Problem: Missing}},
		{"oldest mark taken out", func(a, b, _ *[]Entry, m *Marks) { m.Chains = m.Chains[1:] }, Fault{Chain: "a", Seq: 1, Problem: Unmarked}},
		{"no marks", func(_, _, _ *[]Entry, m *Marks) { m.Chains, m.Roll = nil, Roll{} }, Fault{Chain: "a", Seq: 1, Problem: Unmarked}},
		{"no marks, as an older program", func(a, b, c *[]Entry, m *Marks) {
			*a = older(*a)
			*b = rebuilt(chain("b", headOf((*a)[4]), 5), 0, func(e *Entry) { e.Method = "" })
			*c = rebuilt(chain("c", headOf((*b)[2]), 3), 0, func(e *Entry) { e.Method = "" })
			m.Chains, m.Roll = nil, Roll{}
		}, Fault{Chain: "c", Seq: 1, Problem: Unmarked}},
		{"no roll", func(_, _, _ *[]Entry, m *Marks) { m.Roll = Roll{} }, Fault{Chain: "c", Seq: 1, Problem: Unmarked}},
		{"roll of another key", func(_, _, _ *[]Entry, m *Marks) { m.Roll.MAC = theirs.Roll(3, "c") }, Fault{Chain: "c", Seq: 1, Problem: Unmarked}},
		{"all of another installation", func(a, b, c *[]Entry, m *Marks) { *m = marked(theirs, *a, *b, *c) }, Fault{Chain: "a", Seq: 5, Problem: Changed}},
		{"a chain of one's own", func(_, _, c *[]Entry, m *Marks) {
			*c = append(*c, rebuilt(chain("d", headOf((*c)[2]), 3), 0, func(e *Entry) { e.Method = "" })...)
			m.Newest = "d"
		}, Fault{Chain: "d", Seq: 1, Problem: Unmarked}},
		{"a chain of one's own between others", func(a, b, _ *[]Entry, m *Marks) {
			*b = append(rebuilt(chain("aa", headOf((*a)[4]), 3), 0, func(e *Entry) { e.Method = "" }), *b...)
		}, Fault{Chain: "aa", Seq: 1, Problem: Unmarked}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b, c := three()
			marks := marked(ours, a, b, c)
			tt.change(&a, &b, &c, &marks)
			report, err := VerifyMarked(t.Context(), rowsOf(a, b, c), nil, marks)
			if err != nil || report.Valid() {
				t.Fatalf("VerifyMarked = %+v, %v", report, err)
			}
			first, _ := report.First()
			if got := (Fault{Chain: first.Chain, Seq: first.Seq, Problem: first.Problem}); got != tt.want {
				t.Errorf("first fault %v, want %v; all: %v", got, tt.want, report.Faults)
			}
		})
	}
}

func TestVerifyMarked(t *testing.T) {
	a, b, c := three()
	holds := func(name string, want Vouched, anchors []Anchor, m Marks, chains ...[]Entry) {
		t.Helper()
		report, err := VerifyMarked(t.Context(), rowsOf(chains...), anchors, m)
		if err != nil || !report.Valid() {
			t.Errorf("%s: %v, %v", name, report.Faults, err)
		}
		got := report.Vouched
		if got.Chains != want.Chains || got.From != want.From || !got.Since.Equal(want.Since) || !slices.Equal(got.Unmarked, want.Unmarked) {
			t.Errorf("%s: vouched %+v, want %+v", name, got, want)
		}
	}
	holds("nothing", Vouched{}, nil, Marks{Key: ours})
	holds("three chains", Vouched{Chains: 3, From: "a", Since: noon}, nil, marked(ours, a, b, c), a, b, c)

	// Rows and chains that came after the marks were read are held against the chain alone.
	early := marked(ours, a, b[:3])
	early.Newest = "b"
	holds("rows that came since", Vouched{Chains: 2, From: "a", Since: noon}, nil, early, a, b, c)

	// What was there before there were marks stays, also where an older program goes on.
	old := rebuilt(a, 0, func(e *Entry) { e.Method = "" })
	b, c = chain("b", headOf(old[3]), 5), chain("c", headOf(old[4]), 3)
	holds("an older program's chain", Vouched{Chains: 2, From: "b", Since: noon}, nil, marked(ours, b, c), old, b, c)

	// One that an older program begins later is its own if a head of it was noted.
	late := rebuilt(chain("bb", headOf(b[4]), 3), 0, func(e *Entry) { e.Method = "" })
	holds("an older program begun late", Vouched{Chains: 2, From: "b", Since: noon, Unmarked: []string{"bb"}},
		[]Anchor{{noon, headOf(late[0])}}, marked(ours, b, c), old, b, late, c)
}

package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Problem is what is wrong with a row.
type Problem string

// The problems.
const (
	// Changed: the row's content does not match its hash, or its hash is not the one
	// that the next row, a later chain or an anchor was built on.
	Changed Problem = "changed"
	// Missing: the row is not there, and later ones are.
	Missing Problem = "missing"
	// Reordered: the row stands after one that came later.
	Reordered Problem = "reordered"
	// Truncated: the chain ends before this row, which an anchor or a later chain names.
	Truncated Problem = "truncated"
	// Added: the chain had ended before this row.
	Added Problem = "added"
	// Unbound: the first row of a chain is not bound to any chain before it.
	Unbound Problem = "unbound"
	// Unmarked: the chain has no mark, or the roll is not of the key.
	Unmarked Problem = "unmarked"
)

// Fault names a row and what is wrong with it.
type Fault struct {
	Chain   string
	Seq     int64
	Problem Problem
	Detail  string
}

func (f Fault) Error() string {
	return fmt.Sprintf("audit chain %s, row %d: %s: %s", f.Chain, f.Seq, f.Problem, f.Detail)
}

// maxFaults bounds a report; past it the walk still counts.
const maxFaults = 100

// Report is what Verify found.
type Report struct {
	Rows    int64
	Chains  int
	Anchors int     // checked
	Heads   []Head  // of each chain, to be compared with one noted elsewhere
	Faults  []Fault // in the order found, at most 100
	// Unnamed are the chains that no anchor names: their writer kept its anchors elsewhere, or
	// is none of ours. Empty where no anchors were given.
	Unnamed []string
	Vouched Vouched // zero without marks
}

// Valid is true if no fault was found.
func (r Report) Valid() bool { return len(r.Faults) == 0 }

// First returns the first bad row: the one lowest in the oldest chain that has any.
func (r Report) First() (Fault, bool) {
	if len(r.Faults) == 0 {
		return Fault{}, false
	}
	first := r.Faults[0]
	for _, f := range r.Faults[1:] {
		if c := strings.Compare(f.Chain, first.Chain); c < 0 || c == 0 && f.Seq < first.Seq {
			first = f
		}
	}
	return first, true
}

// Verify walks every chain: each row against its own hash, against the row before it,
// and against the anchors and later chains that name it. The error is one of reading;
// what is wrong with the rows is in the report. Memory is bounded by the number of
// chains and anchors, not of rows.
func Verify(ctx context.Context, rows Rows, anchors []Anchor) (Report, error) {
	return verify(ctx, rows, anchors, nil)
}

// VerifyMarked is Verify and holds each chain against its mark besides, and the marks
// against the roll. The marks were read before the rows: rows that came since are held
// against the chain alone.
func VerifyMarked(ctx context.Context, rows Rows, anchors []Anchor, marks Marks) (Report, error) {
	return verify(ctx, rows, anchors, newVouching(marks))
}

func verify(ctx context.Context, rows Rows, anchors []Anchor, by *vouching) (Report, error) {
	w := walk{wants: map[place][]want{}, heads: map[string]Head{}, by: by}
	named := map[string]bool{}
	for _, a := range anchors {
		named[a.Chain] = true
		w.want(a.Head, "an anchor of "+a.At.UTC().Format(timeLayout))
	}
	w.report.Anchors = len(anchors)
	if err := rows(ctx, w.row); err != nil {
		return Report{}, fmt.Errorf("verifying audit rows: %w", err)
	}
	w.unsettled()
	if len(w.late) > 0 {
		w.wants = w.late
		if err := rows(ctx, w.settle); err != nil {
			return Report{}, fmt.Errorf("verifying audit rows: %w", err)
		}
		w.unsettled()
	}
	w.vouched(named)
	w.report.Chains = len(w.report.Heads)
	for _, h := range w.report.Heads {
		if len(anchors) > 0 && !named[h.Chain] {
			w.report.Unnamed = append(w.report.Unnamed, h.Chain)
		}
	}
	return w.report, nil
}

// place is where a row stands; want is a hash that something outside its chain says it has.
type place struct {
	chain string
	seq   int64
}

type want struct {
	hash [32]byte
	by   string
}

type walk struct {
	report Report
	last   Entry // of the chain being walked
	heads  map[string]Head
	wants  map[place][]want
	late   map[place][]want // links into the middle of a chain already walked
	by     *vouching        // nil without marks
}

func (w *walk) want(h Head, by string) {
	p := place{h.Chain, h.Seq}
	w.wants[p] = append(w.wants[p], want{h.Hash, by})
}

func (w *walk) fault(chain string, seq int64, p Problem, format string, args ...any) {
	if len(w.report.Faults) < maxFaults {
		w.report.Faults = append(w.report.Faults, Fault{chain, seq, p, fmt.Sprintf(format, args...)})
	}
}

func (w *walk) row(e Entry) error {
	w.report.Rows++
	if _, seen := w.heads[e.Chain]; !seen {
		w.begin(e)
	} else {
		w.follow(e)
	}
	if e.sum() != e.Hash {
		w.fault(e.Chain, e.Seq, Changed, "content does not match its hash")
	}
	w.check(e)
	w.vouch(e)
	w.last = e
	head := Head{e.Chain, e.Seq, e.Hash}
	w.heads[e.Chain] = head
	w.report.Heads[len(w.report.Heads)-1] = head
	return nil
}

// begin takes the first row of a chain.
func (w *walk) begin(e Entry) {
	if e.Chain < w.last.Chain {
		w.fault(e.Chain, e.Seq, Reordered, "chain stands after a later one")
	}
	w.report.Heads = append(w.report.Heads, Head{})
	if e.Seq != 1 {
		w.fault(e.Chain, 1, Missing, "chain begins with row %d", e.Seq)
		return
	}
	link, ok := e.link()
	switch {
	case ok:
		w.linked(e, link)
	case len(w.heads) > 0:
		w.fault(e.Chain, 1, Unbound, "not bound to the chain before it")
	case e.Prev != [32]byte{}:
		w.fault(e.Chain, 1, Missing, "an older chain that it is bound to is not named")
	}
}

// linked checks the row of an older chain that the start row e is bound to.
func (w *walk) linked(e Entry, link Head) {
	head, seen := w.heads[link.Chain]
	switch {
	case !seen || head.Seq < link.Seq:
		if seen {
			w.fault(link.Chain, head.Seq+1, Truncated, "chain %s is bound to row %d", e.Chain, link.Seq)
		} else {
			w.fault(link.Chain, link.Seq, Missing, "chain %s is bound to it", e.Chain)
		}
	case head.Seq == link.Seq:
		if head.Hash != link.Hash {
			w.fault(link.Chain, link.Seq, Changed, "chain %s is bound to another hash", e.Chain)
		}
	default: // another writer was still going on
		if w.late == nil {
			w.late = map[place][]want{}
		}
		p := place{link.Chain, link.Seq}
		w.late[p] = append(w.late[p], want{link.Hash, "chain " + e.Chain})
	}
}

// follow takes any other row of a chain.
func (w *walk) follow(e Entry) {
	before := w.heads[e.Chain]
	switch {
	case e.Chain != w.last.Chain:
		w.fault(e.Chain, e.Seq, Reordered, "row stands among those of chain %s", w.last.Chain)
	case e.Seq <= before.Seq:
		w.fault(e.Chain, e.Seq, Reordered, "row stands after row %d", before.Seq)
	case e.Seq > before.Seq+1:
		w.fault(e.Chain, before.Seq+1, Missing, "row %d follows row %d", e.Seq, before.Seq)
	case w.last.Action == Stop:
		w.fault(e.Chain, e.Seq, Added, "the chain had ended with row %d", before.Seq)
	case e.Prev != before.Hash && e.sum() == e.Hash: // else e itself was changed
		w.fault(e.Chain, before.Seq, Changed, "row %d was built on another hash", e.Seq)
	}
}

// check compares a row with what anchors say of it.
func (w *walk) check(e Entry) {
	p := place{e.Chain, e.Seq}
	for _, want := range w.wants[p] {
		if want.hash != e.Hash {
			w.fault(e.Chain, e.Seq, Changed, "%s has another hash", want.by)
		}
	}
	delete(w.wants, p)
}

func (w *walk) settle(e Entry) error {
	w.check(e)
	return nil
}

// unsettled names the rows that anchors name and the walk did not meet.
func (w *walk) unsettled() {
	order := func(a, b place) int {
		return cmp.Or(strings.Compare(a.chain, b.chain), cmp.Compare(a.seq, b.seq))
	}
	for _, p := range slices.SortedFunc(maps.Keys(w.wants), order) {
		wants := w.wants[p]
		if head, seen := w.heads[p.chain]; seen && p.seq > head.Seq {
			w.fault(p.chain, head.Seq+1, Truncated, "%s names row %d", wants[0].by, p.seq)
		} else {
			w.fault(p.chain, p.seq, Missing, "%s names it", wants[0].by)
		}
	}
}

package audit

// vouching is what a walk learns of the marks.
type vouching struct {
	Marks
	marks    map[string]Mark
	met      map[string]bool // chains whose mark was held against its row
	unmarked []string        // chains that began after the first one with a mark, and have none
}

func newVouching(m Marks) *vouching {
	v := &vouching{Marks: m, marks: map[string]Mark{}, met: map[string]bool{}}
	for _, mark := range m.Chains {
		v.marks[mark.Chain] = mark
	}
	return v
}

// vouch holds a row against the mark of its chain.
func (w *walk) vouch(e Entry) {
	v := w.by
	if v == nil {
		return
	}
	mark, marked := v.marks[e.Chain]
	switch {
	case !marked && e.Seq == 1:
		w.unvouched(e)
	case marked && e.Seq == 1 && w.report.Vouched.From == "":
		w.report.Vouched.From, w.report.Vouched.Since = e.Chain, e.At
	}
	if !marked || e.Seq != mark.Seq {
		return
	}
	v.met[e.Chain] = true
	if !v.Key.Holds(Head{e.Chain, e.Seq, e.Hash}, mark.MAC) {
		w.fault(e.Chain, e.Seq, Changed, "the mark is not of this row: it or one before it was written anew, or the mark is not of this key")
	}
}

// unvouched takes the first row of a chain that has no mark. One that began after the marks
// were read is none of theirs.
func (w *walk) unvouched(e Entry) {
	switch {
	case e.Chain > w.by.Newest:
	case e.Action == Start && e.Method == Marked:
		w.fault(e.Chain, 1, Unmarked, "began with a mark, and has none")
	case len(w.by.Chains) > 0 && e.Chain > w.by.Chains[0].Chain:
		w.by.unmarked = append(w.by.unmarked, e.Chain)
	}
}

// vouched says what the marks tell once all rows were met. A chain of an older program,
// begun when there were marks already, is one if an anchor names it.
func (w *walk) vouched(named map[string]bool) {
	v := w.by
	if v == nil {
		return
	}
	w.report.Vouched.Chains = len(v.Chains)
	for _, mark := range v.Chains {
		switch {
		case mark.Last > mark.Seq:
			w.fault(mark.Chain, mark.Seq+1, Added, "the mark vouches for the rows up to %d", mark.Seq)
		case mark.Last == 0:
			w.fault(mark.Chain, max(mark.Seq, 1), Missing, "the mark names it")
		case mark.Last < mark.Seq:
			w.fault(mark.Chain, mark.Last+1, Truncated, "the mark names row %d", mark.Seq)
		case !v.met[mark.Chain]:
			w.fault(mark.Chain, mark.Seq, Missing, "the mark names it")
		}
	}
	for _, chain := range v.unmarked {
		if named[chain] {
			w.report.Vouched.Unmarked = append(w.report.Vouched.Unmarked, chain)
		} else {
			w.fault(chain, 1, Unmarked, "began when others had marks, and no head names it: an older program's, or made by nobody of ours")
		}
	}
	w.called()
}

// called holds the chains that have a mark against the roll.
func (w *walk) called() {
	v := w.by
	if v.Newest == "" && len(v.Chains) == 0 && v.Roll.Chains == 0 {
		return // there is nothing yet
	}
	newest := v.Newest
	if n := len(v.Chains); n > 0 {
		newest = v.Chains[n-1].Chain
	}
	switch {
	case len(v.Chains) == 0 && v.Roll.Chains == 0:
		w.fault(newest, 1, Unmarked, "no chain has a mark: they were taken away, or no program that makes them has begun yet")
	case v.Roll.Chains != int64(len(v.Chains)):
		w.fault(newest, 1, Unmarked, "%d chains have a mark, the roll names %d", len(v.Chains), v.Roll.Chains)
	case !v.Roll.Holds(v.Key, newest):
		w.fault(newest, 1, Unmarked, "the roll does not end with this chain, or is not of this key")
	}
}

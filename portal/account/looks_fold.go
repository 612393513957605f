package account

import (
	"slices"
	"time"
)

// apart is the time without a look that ends a row of the page: each page of a file that
// somebody turns is a look, and one visit to a file is one row.
const apart = 10 * time.Minute

// visit is a row of the page: the looks of one person for one reason, each within apart of
// the next. The trail keeps each of them.
type visit struct {
	Look             // the newest
	first  time.Time // when the oldest was
	times  int
	things []string // what was seen, each word once, newest first
}

// fold folds looks, newest first, into rows in the order of their newest look, and says how
// many it used: it ends where nobody looked for long (apart), so that no row goes on on the
// next page. It does so at the first pause after enough rows, at the end of the last look
// of all, or, where more looks follow that were not read, at the last pause; without one
// they are all used, and only then the next page may begin in the middle of a visit.
func fold(list []Look, enough int, more bool) (rows []visit, used int) {
	pause, whole := 0, 0 // looks and rows before the last pause
	for i, l := range list {
		if i > 0 && list[i-1].At.Sub(l.At) > apart {
			if pause, whole = i, len(rows); whole >= enough {
				return rows, i
			}
		}
		at := slices.IndexFunc(rows, func(v visit) bool { return v.goesOn(l) })
		if at < 0 {
			rows = append(rows, visit{Look: l, first: l.At, times: 1, things: []string{l.What}})
			continue
		}
		v := &rows[at]
		v.first, v.times = l.At, v.times+1
		if !slices.Contains(v.things, l.What) {
			v.things = append(v.things, l.What)
		}
	}
	if more && pause > 0 {
		return rows[:whole], pause
	}
	return rows, len(list)
}

// goesOn says whether an older look is part of the visit.
func (v visit) goesOn(l Look) bool {
	return v.By == l.By && v.Holder == l.Holder && v.reason() == l.reason() && v.first.Sub(l.At) <= apart
}

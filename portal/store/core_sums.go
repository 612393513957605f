package store

import (
	"slices"
	"strconv"

	"guichet.example/portal/core"
)

// sums says what rows that belong together add up to.
type sums struct {
	of     func(values []any) string // what a row belongs to
	amount int                       // the column that is added up
	// want is what they add up to; false: to nothing that is known.
	want func(of string) (int64, bool)
	// refused is what rows belong to that were refused before; they count as delivered.
	refused map[string]bool
	wrong   fault
}

// addUp refuses rows whose amounts are not, with those that are there already, what they
// add up to. Where the batch has all that belongs together (Batch.Whole), what is there and
// not in it is not counted, and is gone.
func (l *load) addUp(records []record, had map[string][]any, s sums) (kept []record, gone [][]any) {
	totals, delivered := make(map[string]int64, len(records)), make(map[string]bool, len(records))
	for _, r := range records {
		totals[s.of(r.values)] += r.values[s.amount].(int64)
		delivered[r.id] = true
	}
	whole := func(of string) bool {
		_, known := s.want(of)
		return l.batch.Whole && known && !s.refused[of]
	}
	for id, old := range had {
		of := s.of(old)
		switch {
		case delivered[id]:
		case whole(of):
			gone = append(gone, old)
		default:
			totals[of] += old[s.amount].(int64)
		}
	}
	right := func(values []any) bool {
		want, known := s.want(s.of(values))
		return !known || totals[s.of(values)] == want
	}
	kept = slices.DeleteFunc(records, func(r record) bool {
		if right(r.values) {
			return false
		}
		l.reject(r.row, s.wrong)
		return true
	})
	return kept, slices.DeleteFunc(gone, func(old []any) bool { return !right(old) })
}

// takeOut takes rows away that the delivery does not hold.
func (l *load) takeOut(table coreTable, gone [][]any) error {
	l.out.Removed += len(gone)
	for _, old := range gone {
		if l.t == nil {
			return nil
		}
		if err := l.remove(table, old); err != nil {
			return err
		}
	}
	return nil
}

// remove takes a row away by its key.
func (l *load) remove(table coreTable, old []any) error {
	query, args := "DELETE FROM "+table.name+" WHERE mutuality = ?", []any{l.mutuality}
	for _, i := range table.keys {
		query += " AND " + table.columns[i] + " = ?"
		args = append(args, old[i])
	}
	_, err := l.exec(query, args...)
	return err
}

// Columns of maf_shares, as they stand in coreTables; shareHolder and shareYear are those of
// mafs too.
const (
	shareHolder = iota
	shareYear
	_
	shareCounted
	mafCounted = 5
)

// yearOf is the household and year that a row of mafs or maf_shares belongs to.
func yearOf(values []any) string { return joined(values, []int{shareHolder, shareYear}) }

// loadShares loads persons' parts in a household's year: those of a year add up to what the
// household has counted.
func (l *load) loadShares() error {
	table := coreTables[core.KindMafShare]
	records := l.records(table)
	counted, years, err := l.yearsOfShares(records)
	if err != nil {
		return err
	}
	records = l.once(slices.DeleteFunc(records, func(r record) bool {
		unknown := counted[yearOf(r.values)] == nil
		if unknown {
			l.reject(r.row, fault{"year", core.ReasonNoYear})
		}
		return unknown
	}))
	had, err := l.having(table, []int{shareHolder, shareYear}, years)
	if err != nil {
		return err
	}
	records, gone := l.addUp(records, had, sums{
		of: yearOf, amount: shareCounted, refused: l.refusedYears(), wrong: fault{"counted", core.ReasonYearSum},
		want: func(of string) (int64, bool) {
			y := counted[of]
			return y.cents, y.known
		},
	})
	if err := l.takeOut(table, gone); err != nil {
		return err
	}
	slices.SortFunc(records, func(a, b record) int { return table.order(a.values, b.values) })
	return l.put(table, records, had)
}

// mafYear is what a household has counted; known false: it may be there, and nothing is
// known of it.
type mafYear struct {
	cents int64
	known bool
}

// yearsOfShares finds what the households have counted in the years of the records, and the
// keys of those years.
func (l *load) yearsOfShares(records []record) (counted map[string]*mafYear, keys [][]any, err error) {
	counted = map[string]*mafYear{}
	seen := map[string]bool{}
	for _, r := range records {
		if year := yearOf(r.values); !seen[year] {
			seen[year] = true
			keys = append(keys, r.values[shareHolder:shareYear+1])
		}
	}
	had, err := l.having(coreTables[core.KindMaf], []int{shareHolder, shareYear}, keys)
	if err != nil {
		return nil, nil, err
	}
	for _, values := range had {
		counted[yearOf(values)] = &mafYear{values[mafCounted].(int64), true}
	}
	if l.ahead == nil {
		return counted, keys, nil
	}
	for _, key := range keys {
		cents, held, there := l.ahead.Year(yearOf(key))
		if held || there && counted[yearOf(key)] == nil {
			counted[yearOf(key)] = &mafYear{cents, held}
		}
	}
	return counted, keys, nil
}

// refusedYears are those of lines that were refused.
func (l *load) refusedYears() map[string]bool {
	refused := map[string]bool{}
	for _, r := range l.out.Rejects {
		share := l.batch.Rows[r.Row].(core.MafShare)
		refused[joined([]any{l.members[core.Unspaced(share.Holder)], int64(share.Year)}, []int{0, 1})] = true
	}
	for _, key := range l.batch.Refused {
		year, err := strconv.ParseInt(key[1], 10, 64)
		if err == nil {
			refused[joined([]any{l.members[key[0]], year}, []int{0, 1})] = true
		}
	}
	return refused
}

// refusedPayments are those of lines that were refused.
func (l *load) refusedPayments() map[string]bool {
	refused := map[string]bool{}
	for _, r := range l.out.Rejects {
		refused[l.batch.Rows[r.Row].(core.Line).Payment] = true
	}
	for _, key := range l.batch.Refused {
		refused[key[0]] = true
	}
	return refused
}

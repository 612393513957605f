package store

import (
	"slices"
	"strconv"
	"strings"
)

// Keys that stand close together in an index, as references that an insurance system gave
// one after the other do, are read as ranges: one descent for all of them, and none for
// each that is not there.
const (
	rangeKeys  = 50            // of a range
	rangeMost  = 2 * rangeKeys // rows of a range; one with more is thick, and its keys are asked for one by one
	rangeTrial = 4             // ranges that are read first: where most are thick the rest is not tried
	rangeWorth = 20            // keys from which on ranges are tried
	rangesSent = 20            // ranges of a query
)

// eachRange runs the query for ranges of the keys, and tells which keys are still to be asked
// for. Rows between the keys come too.
func (l *load) eachRange(q perKey, keys [][]any, row func(scan func(...any) error) error) (left [][]any, err error) {
	sorted := make([]string, len(keys))
	for i, key := range keys {
		sorted[i], _ = key[0].(string)
	}
	slices.Sort(sorted)
	blocks := slices.Collect(slices.Chunk(slices.Compact(sorted), rangeKeys))
	trial := min(len(blocks), rangeTrial)
	thick, err := l.readRanges(q, blocks[:trial], row)
	if err != nil {
		return nil, err
	}
	if len(thick) > trial/2 {
		return append(oneByOne(thick), oneByOne(blocks[trial:])...), nil
	}
	more, err := l.readRanges(q, blocks[trial:], row)
	return append(oneByOne(thick), oneByOne(more)...), err
}

func oneByOne(blocks [][]string) (keys [][]any) {
	for _, block := range blocks {
		for _, key := range block {
			keys = append(keys, []any{key})
		}
	}
	return keys
}

// readRanges reads ranges and tells which are thick.
func (l *load) readRanges(q perKey, blocks [][]string, row func(scan func(...any) error) error) (thick [][]string, err error) {
	for some := range slices.Chunk(blocks, rangesSent) {
		counts := make([]int, len(some))
		if l.onPostgres() {
			err = l.sendRanges(q, some, counts, row)
		} else {
			err = l.stepRanges(q, some, counts, row)
		}
		if err != nil {
			return nil, err
		}
		for i, n := range counts {
			if n > rangeMost {
				thick = append(thick, some[i])
			}
		}
	}
	return thick, nil
}

// sendRanges reads ranges by one query, and counts the rows of each.
func (l *load) sendRanges(q perKey, blocks [][]string, counts []int, row func(scan func(...any) error) error) error {
	lows, highs := make([]string, len(blocks)), make([]string, len(blocks))
	for i, block := range blocks {
		lows[i], highs[i] = block[0], block[len(block)-1]
	}
	text := phrase{"ranges " + q.name, "", 0}.once(q.rangesText)
	return l.each(text, []any{lows, highs, l.mutuality}, func(scan func(...any) error) error {
		n := 0
		err := row(func(dest ...any) error { return scan(append([]any{&n}, dest...)...) })
		if err == nil {
			counts[n-1]++
		}
		return err
	})
}

// stepRanges reads ranges by a query each: a query costs little where there is no network.
func (l *load) stepRanges(q perKey, blocks [][]string, counts []int, row func(scan func(...any) error) error) error {
	text := phrase{"range " + q.name, "", 0}.once(q.rangeText)
	for i, block := range blocks {
		err := l.each(text, []any{l.mutuality, block[0], block[len(block)-1]}, func(scan func(...any) error) error {
			counts[i]++
			return row(scan)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rangeText is the query for one range.
func (q perKey) rangeText() string { return q.between("?", "?") }

// rangesText is the query for a list of ranges; it tells which one a row is of.
func (q perKey) rangesText() string {
	return "SELECT v.n, t.* FROM unnest(CAST(? AS TEXT[]), CAST(? AS TEXT[])) WITH ORDINALITY AS v(low, high, n) CROSS JOIN LATERAL (" +
		q.between("v.low", "v.high") + ") AS t"
}

// between is ordered as the index is, so that no more of it is read than is asked for.
func (q perKey) between(low, high string) string {
	return "SELECT " + q.columns + " FROM " + q.from + " WHERE " + strings.Replace(q.where, "= v.column1", "BETWEEN "+low+" AND "+high, 1) +
		" ORDER BY " + q.ranged + " LIMIT " + strconv.Itoa(rangeMost+1)
}

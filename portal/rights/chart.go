package rights

import (
	"slices"
	"strconv"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Measures of the chart, in the size of its letters: they keep their size whatever its
// width, and it grows with them. The values stand under the bar, so that a short part is
// never behind a number.
const (
	namesLine         = 1.05 // where letters over the bar stand
	barTop, barHeight = 1.5, 1.75
	valuesLine        = barTop + barHeight + 1.2
	yearHeight        = 6
)

// chart is a bar for each year, on one scale: what was counted up to the ceiling, what is
// left of it, what went above.
type chart struct {
	Title, Description string
	Bars               []bar
}

// bar is one year. Lengths are percentages of the width.
type bar struct {
	Year, Ceiling       string
	Top                 float64
	Counted, Left, Over float64
	CountedText         string
	RestText            string // left or above
}

func chartOf(v page.View, years []MafYear) chart {
	var scale int64 = 1
	for _, y := range years {
		scale = max(scale, y.Ceiling, y.Counted)
	}
	c := chart{Title: v.T("rights.maf.chart"), Description: v.T("rights.maf.chart.text")}
	share := func(cents int64) float64 { return float64(cents) * 100 / float64(scale) }
	for i, y := range years {
		b := bar{
			Year: strconv.Itoa(y.Year), Ceiling: v.T("rights.maf.chart.ceiling", locale.A("amount", v.Drawn(y.Ceiling))), Top: float64(i) * yearHeight,
			Counted: share(min(y.Counted, y.Ceiling)), Left: share(Left(y.Maf)), Over: share(Above(y.Maf)),
			CountedText: v.Drawn(y.Counted), RestText: v.Drawn(Left(y.Maf)),
		}
		if y.Counted > y.Ceiling {
			b.RestText = v.Drawn(Above(y.Maf))
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}

// above says whether a year went above its ceiling.
func (c chart) above() bool {
	return slices.ContainsFunc(c.Bars, func(b bar) bool { return b.Over > 0 })
}

func (c chart) height() string { return ems(float64(len(c.Bars)) * yearHeight) }

func ems(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) + "em" }

func percent(f float64) string { return strconv.FormatFloat(max(f, 0), 'f', 2, 64) + "%" }

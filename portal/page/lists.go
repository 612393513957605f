package page

import (
	"strconv"

	"github.com/a-h/templ"
)

// LedgerRow is one piece of news. End stands at the right: an Amount, a Badge, nil.
type LedgerRow struct {
	Date   string // short, for people; empty: no date column
	When   string // the same for machines: 2026-11-18
	Title  Link
	Detail string
	End    templ.Component
}

// SummaryRow is one answer. Content, if not nil, is shown in place of Value.
type SummaryRow struct {
	Label   string
	Value   string
	Content templ.Component
	Detail  string // soft line beneath
	Large   bool   // one step larger, for account numbers
	Quiet   bool   // not bold: what is replaced
	Change  Link   // empty URL: none; Hidden says what it changes
}

// Column is a column of a Table; Width is a percentage, 0 for the browser's choice,
// rounded to the steps 10, 15 … 50.
type Column struct {
	Head   string
	Width  int
	Hidden bool // head read by screen readers only
	End    bool // aligned right: amounts, actions
}

// TableRow has one component per column; the first is the header of its row.
type TableRow []templ.Component

// Table is a list of which one compares columns; narrow, each row becomes a block.
type Table struct {
	Caption string
	Columns []Column
	Rows    []TableRow
}

// FileRow is a document to open.
type FileRow struct {
	Icon   Icon // empty: sheet
	Link   Link
	Detail string // "PDF, 1 page, 118 kB"
}

// TrackState is where a step of a Track stands.
type TrackState string

// The states of a step.
const (
	Done TrackState = "done"
	Now  TrackState = "now"
	Next TrackState = "next"
)

// TrackStep is one step of what happens with a request.
type TrackStep struct {
	State  TrackState
	Text   string
	Detail string // with its date
}

// Tab is a filter over a list, as a pill.
type Tab struct {
	Link    Link
	Current bool
}

// width is the step of the column's width, "" for the browser's choice.
func (c Column) width() string {
	if c.Width <= 0 {
		return ""
	}
	return strconv.Itoa(min(max(c.Width/5*5, 10), 50))
}

func (t Table) end(i int) bool { return i < len(t.Columns) && t.Columns[i].End }

// label names a cell on a narrow screen, where there is no line of headings over it.
func (t Table) label(i int) string {
	if i >= len(t.Columns) || t.Columns[i].Hidden {
		return ""
	}
	return t.Columns[i].Head
}

func (s TrackState) mark() templ.Component {
	switch s {
	case Done:
		return Icon("tick").Draw()
	case Now:
		return Icon("dot").Draw()
	}
	return Icon("ring").Draw()
}

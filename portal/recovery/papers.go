package recovery

import "strconv"

// paper is a document on which the access code stands, drawn as far as one needs to know
// it by: lines of text, and the code marked.
type paper struct {
	Key           string // of its words: recovery.paper.<key>
	Width, Height int
	Lines         []line
	CodeX, CodeY  int // upper left corner of the mark
}

// line is a line of text that nobody reads.
type line struct{ X, Y, Width int }

// Size of the mark and of what stands in it.
const (
	codeWidth  = 116
	codeHeight = 34
)

// papers are those on which a mutuality prints the code.
var papers = []paper{
	{"card", 320, 200, []line{{20, 40, 120}, {20, 96, 150}, {20, 120, 100}, {20, 168, 70}, {200, 40, 100}}, 188, 146},
	{"notice", 320, 400, []line{{20, 40, 110}, {190, 92, 110}, {190, 110, 80}, {20, 190, 280}, {20, 212, 260}, {20, 234, 280}, {20, 300, 130}, {20, 360, 280}}, 20, 120},
	{"statement", 320, 400, []line{{20, 40, 110}, {20, 92, 90}, {20, 190, 280}, {20, 220, 280}, {20, 250, 280}, {20, 280, 280}, {20, 360, 160}}, 184, 120},
	{"call", 320, 400, []line{{20, 40, 110}, {190, 92, 110}, {190, 110, 80}, {20, 170, 280}, {20, 192, 220}, {20, 320, 100}, {20, 350, 130}}, 184, 330},
}

func num(n int) string { return strconv.Itoa(n) }

func box(p paper) string { return "0 0 " + num(p.Width) + " " + num(p.Height) }

func (l line) path() string { return "M" + num(l.X) + " " + num(l.Y) + "h" + num(l.Width) }

package documenttest

import (
	"fmt"
	"slices"
	"testing"
)

// CheckPDFA fails the test with one line for each rule of PDF/A-3a that the file
// breaks. It fits drawn documents and signed ones. It needs qpdf.
func CheckPDFA(tb testing.TB, pdf []byte) {
	tb.Helper()
	f, err := load(pdf)
	if err != nil {
		tb.Fatalf("PDF/A: %v", err)
	}
	for _, p := range f.problems() {
		tb.Errorf("PDF/A: %s", p)
	}
}

// rule is one requirement; check reports each breach by calling fail.
type rule struct {
	clause string // of ISO 19005-3, or UA for ISO 14289-1
	name   string
	check  func(f *file, fail func(format string, args ...any))
}

// problems applies all rules and returns the breaches, sorted.
func (f *file) problems() (list []string) {
	for _, r := range rules {
		r.check(f, func(format string, args ...any) {
			list = append(list, r.clause+" "+r.name+": "+fmt.Sprintf(format, args...))
		})
	}
	slices.Sort(list)
	return slices.Compact(list)
}

var rules = []rule{
	{"6.1.2", "header", header},
	{"6.1.3", "trailer", trailer},
	{"6.1.7", "streams", streams},
	{"6.2.3", "output intent", outputIntent},
	{"6.2.4", "colour", contentRules(colours)},
	{"6.2.8", "XObjects", xObjects},
	{"6.2.11.3", "composite fonts", eachFont(compositeFont)},
	{"6.2.11.4", "embedding", eachFont(embedded)},
	{"6.2.11.5", "metrics", eachFont(metrics)},
	{"6.2.11.7", "Unicode maps", eachFont(unicodeMap)},
	{"6.2.11.8", "missing glyph", eachFont(noMissingGlyph)},
	{"6.3", "annotations", annotations},
	{"6.4", "forms", forms},
	{"6.5", "actions", actions},
	{"6.6.2", "metadata", identification},
	{"6.6.3", "document information", information},
	{"6.7", "structure", structure},
	{"6.7", "tagged content", contentRules(tagged)},
	{"6.8", "embedded files", embeddedFiles},
	{"6.9", "nothing optional or alternative", nothingElse},
	{"UA 7.1", "title and order", reading},
}

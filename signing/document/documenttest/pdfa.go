package documenttest

import (
	"fmt"
	"slices"
	"testing"
)

// CheckPDFA fails the test with one line for each rule of PDF/A-3a or PDF/UA-1 that the
// file breaks. It fits drawn documents and signed ones. It needs qpdf.
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
	clause string // of ISO 19005-3 (PDF/A-3), after UA of ISO 14289-1 (PDF/UA-1)
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
	{"6.1.4", "cross-reference", crossReference},
	{"6.1.6", "strings", hexStrings},
	{"6.1.7", "streams", streams},
	{"6.1.8", "names", names},
	{"6.1.10", "inline images", contentRules(inlineImages)},
	{"6.1.12", "permissions", permissions},
	{"6.1.13", "limits", limits},
	{"6.2.2", "operators", contentRules(operators)},
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
	{"6.4.3", "signatures", signatures},
	{"6.5", "actions", actions},
	{"6.6.2", "metadata", identification},
	{"6.6.2.3.3", "extension schemas", extensionSchema},
	{"6.6.3", "document information", information},
	{"6.7.2.2", "mark information", marked},
	{"6.7.3", "structure", structure},
	{"6.7.4", "language", language},
	{"6.8", "embedded files", embeddedFiles},
	{"6.9", "nothing optional or alternative", nothingElse},
	{"UA 5", "claim", claim},
	{"UA 7.1", "tagged content", contentRules(tagged)},
	{"UA 7.1", "title", window},
	{"UA 7.3", "figures", figures},
	{"UA 7.4", "headings", headings},
	{"UA 7.5", "tables", tables},
	{"UA 7.18.1", "widgets", widgets},
	{"UA 7.18.3", "tab order", tabs},
}

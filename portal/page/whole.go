package page

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// maxWhole is the longest reference that is kept on one line, in bytes: what is longer may
// be wider than a telephone.
const maxWhole = 24

// Whole is a text in which no line ends inside a reference: browsers would cut
// "GC-2026-8M2N-503" after each hyphen, and a hyphen that does not break is missing in
// many fonts.
type Whole string

// Render implements templ.Component.
func (t Whole) Render(_ context.Context, w io.Writer) error {
	text := string(t)
	for {
		from, to := reference(text)
		if from == to {
			_, err := io.WriteString(w, templ.EscapeString(text))
			return err
		}
		_, err := io.WriteString(w, templ.EscapeString(text[:from])+`<span class="nowrap">`+text[from:to]+`</span>`)
		if err != nil {
			return err
		}
		text = text[to:]
	}
}

// reference finds the first one: capitals and digits, both sides of a hyphen, with a digit
// among them and no letter beside them. Without one, from and to are the same.
func reference(text string) (from, to int) {
	for from < len(text) {
		hyphen := strings.IndexByte(text[from:], '-')
		if hyphen < 0 {
			break
		}
		start := from + hyphen
		for to = start; to < len(text) && inReference(text[to]); to++ {
		}
		for start > from && inReference(text[start-1]) {
			start--
		}
		word := text[start:to]
		if len(word) <= maxWhole && strings.ContainsAny(word, "0123456789") && strings.Trim(word, "-") == word &&
			(start == 0 || !inWord(text[start-1])) && (to == len(text) || !inWord(text[to])) {
			return start, to
		}
		from = to
	}
	return 0, 0
}

func inReference(b byte) bool { return b == '-' || '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' }

// inWord says whether a letter goes on: "A-3a" is no reference.
func inWord(b byte) bool { return 'a' <= b && b <= 'z' }

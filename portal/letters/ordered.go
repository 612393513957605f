package letters

import (
	"slices"
	"strings"
	"unicode/utf8"

	"guichet.example/signing/document"
)

// Bounds of the lines of a letter, as document.Post has them.
const (
	maxRows  = 6
	maxValue = 100 // characters
)

// Ordered are the lines of the letter that goes with an order: for whom, every name, and
// what else the member read on the sheet; not who she is nor where to, which the letter
// says itself. The names share lines, at most maxRows with the rest; if there are more
// than fit, which takes more than twelve long names, the last line ends with "…".
func Ordered(sheet document.Sheet, persons, deliverTo []string) []Row {
	var who, rest []Row
	var names []string
	for i, b := range sheet.Blocks {
		for _, r := range b.Rows {
			switch {
			case i == 0 || r.Value == "" || r.Value == strings.Join(deliverTo, ", "):
			case len(names) < len(persons) && r.Value == persons[len(names)]:
				names = append(names, r.Value)
				who = append(who, Row{Label: r.Label, Value: short(r.Value)})
			default:
				rest = append(rest, Row{Label: r.Label, Value: short(r.Value)})
			}
		}
	}
	if room := maxRows - len(rest); len(who) > room {
		who = share(who, max(room, 1))
	}
	return slices.Concat(who, rest)[:min(maxRows, len(who)+len(rest))]
}

// share sets several names on a line, each line under the label of its first.
func share(who []Row, room int) []Row {
	var lines []Row
	for _, r := range who {
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(lines[last].Value+", "+r.Value) <= maxValue-len(", …") {
			lines[last].Value += ", " + r.Value
			continue
		}
		if len(lines) == room {
			lines[last].Value = short(lines[last].Value + ", …")
			break
		}
		lines = append(lines, r)
	}
	return lines
}

// short cuts what is longer than a line.
func short(text string) string {
	if utf8.RuneCountInString(text) <= maxValue {
		return text
	}
	return string([]rune(text)[:maxValue-1]) + "…"
}

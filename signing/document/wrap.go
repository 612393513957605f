package document

import "strings"

// wrap breaks text into lines no wider than width. It breaks at spaces only (never at
// a no-break space), and inside a word only when the word alone is wider than a line.
// Each line but the last keeps the space it was broken at, so that the text of the
// lines put together is the text (and reads so aloud); that space takes no room.
func wrap(s style, text string, width float64) []string {
	room := int(width*1000/s.size + 0.5)
	var lines []string
	line, used := 0, 0 // start of the line; width of its words and the spaces between
	for at := 0; at < len(text); {
		end := at + strings.IndexByte(text[at:], ' ') + 1
		if end == at {
			end = len(text)
		}
		word := strings.TrimSuffix(text[at:end], " ")
		if line < at && used+s.units(word) > room {
			lines = append(lines, text[line:at])
			line, used = at, 0
		}
		if n := fitting(s, word, room); line == at && n < len(word) {
			end = at + n // a piece of a word that is wider than a line
		}
		used += s.units(text[at:end])
		at = end
	}
	return append(lines, text[line:])
}

// fitting returns how many bytes of word, at least one character, fit into room.
func fitting(s style, word string, room int) int {
	used := 0
	for i, r := range word {
		used += s.units(string(r))
		if used > room && i > 0 {
			return i
		}
	}
	return len(word)
}

// balanced wraps a heading into lines of about equal length: as few as wrap needs, as
// narrow as they go.
func balanced(s style, text string, width float64) []string {
	best := wrap(s, text, width)
	for narrow := width * 0.95; narrow > width*0.3; narrow *= 0.95 {
		lines := wrap(s, text, narrow)
		if len(lines) > len(best) {
			break
		}
		best = lines
	}
	return best
}

package password

import (
	"strings"
	"time"
	"unicode"
)

// weakness is the reason why a guesser would come to the password soon; "" if none is
// known. A guesser does not try letters but pieces: words of the list, walks over the
// keyboard, dates, and a few digits or signs between them. What is made of two such
// pieces is refused however long it is; three words and a separator are not.
func weakness(text string, context []string) Reason {
	folded := Fold(text)
	if personal(folded, context) {
		return Personal
	}
	for _, spelling := range []string{folded, lookalikes.Replace(folded)} {
		if reason := pieces([]rune(period(spelling))); reason != "" {
			return reason
		}
	}
	return ""
}

// lookalikes are the signs people put in the place of letters.
var lookalikes = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i", "€", "e")

// period is the part that a text repeats: "abcabcab" is "abc". One or two characters
// repeated are written twice, so that they stand as a pattern.
func period(text string) string {
	r := []rune(text)
	for n := 1; n <= len(r)/2; n++ {
		same := true
		for i := n; i < len(r) && same; i++ {
			same = r[i] == r[i-n]
		}
		if same && n < 3 {
			return "aaaa"
		}
		if same {
			return string(r[:n])
		}
	}
	return text
}

// Costs of pieces. enough is what a password must cost.
const (
	ofPiece  = 2 // a word or a pattern
	ofFiller = 1 // up to four digits or signs
	enough   = 7
	maxPiece = 24 // code points of the longest piece looked for
)

// way is the cheapest way to a place in the text.
type way struct {
	cost     int
	reached  bool
	word     bool
	patterns bool
}

// pieces finds the cheapest way to write the text as pieces: O(n·maxPiece).
func pieces(text []rune) Reason {
	best := make([]way, len(text)+1)
	best[0].reached = true
	for from := range text {
		if !best[from].reached || best[from].cost >= enough {
			continue
		}
		for to := from + 1; to <= len(text) && to-from <= maxPiece; to++ {
			next, ok := best[from].over(text[from:to])
			if ok && (!best[to].reached || next.cost < best[to].cost) {
				best[to] = next
			}
		}
	}
	switch end := best[len(text)]; {
	case !end.reached || end.cost >= enough:
		return ""
	case end.word:
		return Common
	case end.patterns:
		return Pattern
	}
	return ""
}

func (w way) over(piece []rune) (way, bool) {
	switch {
	case isFiller(piece):
		w.cost += ofFiller
	case len(piece) < 4:
		return w, false
	case isPattern(piece):
		w.cost, w.patterns = w.cost+ofPiece, true
	case listed(string(piece)):
		w.cost, w.word = w.cost+ofPiece, true
	default:
		return w, false
	}
	w.reached = true
	return w, true
}

func isFiller(piece []rune) bool {
	if len(piece) > 4 {
		return false
	}
	for _, r := range piece {
		if unicode.IsLetter(r) {
			return false
		}
	}
	return true
}

// rows are ways a finger goes: rows and columns of the Belgian, French, German and
// Dutch keyboards, the alphabet, the digits.
var rows = withBackward(
	"azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm",
	"abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "1a2z3e4r5t6y7u8i9o0p", "1q2w3e4r5t6y7u8i9o0p",
	"1aqw2zsx3edc4rfv5tgb6yhn7ujm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "aqwzsxedcrfvtgbyhnujm", "qazwsxedcrfvtgbyhnujm",
	"&é\"'(§è!çà", "!@#$%^&*()", "147258369", "159357",
)

func withBackward(rows ...string) []string {
	for _, row := range rows {
		r := []rune(row)
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		rows = append(rows, string(r))
	}
	return rows
}

// isPattern takes four code points or more: one repeated, a walk, or a date.
func isPattern(piece []rune) bool {
	text := string(piece)
	if strings.Count(text, string(piece[0])) == len(piece) {
		return true
	}
	for _, row := range rows {
		if strings.Contains(row, text) {
			return true
		}
	}
	return isDate(text)
}

func isDate(text string) bool {
	if len(text) != 6 && len(text) != 8 {
		return false
	}
	for _, layout := range []string{"02012006", "20060102", "01022006", "020106", "060102"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 1900 && t.Year() < 2100 {
			return true
		}
	}
	return false
}

// personal says whether the password holds a word of the context: four letters or more
// of a name, six digits or more of a number or date.
func personal(folded string, context []string) bool {
	digits := strings.Map(onlyDigits, folded)
	for _, entry := range context {
		entry = Fold(entry)
		number := strings.Map(onlyDigits, entry)
		if len(number) >= 6 && strings.Contains(digits, number) {
			return true
		}
		for _, word := range strings.FieldsFunc(entry, func(r rune) bool { return !unicode.IsLetter(r) }) {
			if Length(word) >= 4 && strings.Contains(folded, word) {
				return true
			}
		}
	}
	return false
}

func onlyDigits(r rune) rune {
	if unicode.IsDigit(r) {
		return r
	}
	return -1
}

// OfBirth are the spellings of a birth date for the context of Policy.Check.
func OfBirth(birth time.Time) []string {
	if birth.IsZero() {
		return nil
	}
	return []string{birth.Format("02012006"), birth.Format("20060102"), birth.Format("020106"), birth.Format("060102")}
}

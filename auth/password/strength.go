package password

// Level is how well a password would stand, in words that are read out as one types.
type Level string

// The levels. Weak is what any policy would refuse.
const (
	Weak   Level = "weak"
	Fair   Level = "fair"
	Good   Level = "good"
	Strong Level = "strong"
)

// Strength judges a password as far as it is typed. It is a hint for the member,
// never a rule: length is what counts once nothing makes it easy to guess.
func Strength(typed string, context []string) Level {
	text, err := Prepare(typed)
	if err != nil || Length(text) < Floor || weakness(text, context) != "" {
		return Weak
	}
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	switch n := min(Length(text), 2*len(seen)); { // "abababababababab" is no long password
	case n < 12:
		return Fair
	case n < minAlone:
		return Good
	}
	return Strong
}

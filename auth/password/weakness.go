package password

// weakness is the reason why a guesser would come to the password soon; "" if none is
// known.
func weakness(text string, context []string) Reason {
	folded := fold(text)
	switch {
	case common(folded):
		return Common
	case pattern(folded):
		return Pattern
	case personal(folded, context):
		return Personal
	}
	return ""
}

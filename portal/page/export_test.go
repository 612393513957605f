package page

// CardStates are the names of the states that a page may be told to show: what a
// problem's "state" can be.
func CardStates() []string {
	names := make([]string, len(cardStates))
	for i, s := range cardStates {
		names[i] = s.name
	}
	return names
}

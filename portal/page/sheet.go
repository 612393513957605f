package page

// Mark is the visible signature on a document sheet: where it will come, or as it stands.
type Mark struct {
	Signed bool
	Lines  []string // "Your signature will appear here:", name, card, date and time
}

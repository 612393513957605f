package people

// State is how far a holder's access to a person on her booklet is decided.
type State string

// The states. Only a Kept one is seen, and an Automatic one while she is a minor.
const (
	// Automatic is the rule: seen until majority, and not after.
	Automatic State = "automatic"
	// Asked: of age, the letter is on its way, nothing answered.
	Asked State = "asked"
	// Kept: of age, and the holder may go on.
	Kept State = "kept"
	// Stopped: of age, and the holder may not: answered, or not answered in time.
	Stopped State = "stopped"
	// Blocked: the person ended the access herself, by a request.
	Blocked State = "blocked"
)

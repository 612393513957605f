package page

import "time"

// Kiosk is the machine of a contact point at which a page is shown: another layout,
// larger, without what does not belong on a machine of many.
type Kiosk struct {
	ID      string
	Name    string        // "Borne 1"
	Branch  string        // where it stands
	Alive   bool          // its agent was heard of
	Trouble string        // what it told of itself: "no_paper", "card_stuck"; empty: nothing
	Idle    time.Duration // without a touch until the warning
	Warning time.Duration // from the warning to the end
}

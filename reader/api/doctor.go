package api

import "time"

// DoctorPath is asked with GET and ?lang=fr|nl|de|en; the answer is a [Checkup]. It
// takes seconds, and one at a time: a second one is told [ActionPending].
const DoctorPath = "/v1/doctor"

// CheckOutcome says how a check went.
type CheckOutcome string

// How a check can go.
const (
	CheckPassed  CheckOutcome = "passed"
	CheckFailed  CheckOutcome = "failed"  // the card will not work until Next is done
	CheckWarning CheckOutcome = "warning" // it works, not for long or not everywhere
	CheckUnknown CheckOutcome = "unknown" // could not be looked at, often because one before it failed
)

// Check is one link of the chain from the browser to the card.
type Check struct {
	ID      string       `json:"id"` // fixed: "module", "card", "clock"
	Outcome CheckOutcome `json:"outcome"`
	Title   string       `json:"title"`             // what was looked at, in the language asked for
	Finding string       `json:"finding,omitempty"` // what was found; names no person
	Next    string       `json:"next,omitempty"`    // what to do about it; "" if nothing
}

// Checkup is the answer to GET DoctorPath and what guichet-reader doctor -json prints.
type Checkup struct {
	Checks  []Check   `json:"checks"`
	Code    string    `json:"code"`    // for whom one calls for help: tells the outcomes, no person
	At      time.Time `json:"at"`      // UTC
	Version string    `json:"version"` // of guichet-reader, semver 2
}

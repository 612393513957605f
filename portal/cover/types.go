// Package cover is what the insurance system knows of a member's insurance: her number
// and address, who is on her booklet, and the cover of each person she may see. It only reads: what is wrong is reported by a request.
package cover

import (
	"context"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/people"
)

// ErrNotFound means there is no such member any more.
var ErrNotFound = people.ErrNotVisible

// File is what the page shows, read in one go.
type File struct {
	Affiliation          string
	Street               string
	Postcode, City       string
	Country              string    // ISO 3166-1 alpha-2
	Persons              []Person  // herself first
	Imported             time.Time // of the member's data; zero: never
	BookletAsOf, CoverAs time.Time // of the two kinds of data; zero: never imported
}

// Person is one of the persons whose data the member may read today.
type Person struct {
	people.Person
	Affiliation string
	Since       time.Time    // on the booklet; zero: not known
	Covers      []core.Cover // by insurance, the newest first; Member is not filled
}

// Store reads the file; the look is audited for each person.
type Store interface {
	Cover(ctx context.Context, login auth.Login) (File, error)
}

// Position is where a cover stands on a day.
type Position string

// The positions: those of the insurance system, and what a date makes of them.
const (
	InForce   Position = "in-force"
	Increased Position = "increased"
	Waiting   Position = "waiting"
	Suspended Position = "suspended"
	Ended     Position = "ended"
	Later     Position = "later" // begins after today
)

// PositionOf is where the cover stands on that day (midnight UTC): a date that has passed
// weighs more than a status that was imported before.
func PositionOf(c core.Cover, today time.Time) Position {
	switch {
	case !c.Until.IsZero() && c.Until.Before(today):
		return Ended
	case c.Since.After(today):
		return Later
	}
	return Position(c.Status)
}

// Shown are the covers to show of a person: of each insurance what holds or comes, and
// where nothing does, the one that ended last. The order is that of the insurances.
func Shown(all []core.Cover, today time.Time) []core.Cover {
	var shown []core.Cover
	for _, kind := range []core.Insurance{core.Compulsory, core.Complementary, core.Hospital, core.Dental} {
		var ended *core.Cover
		before := len(shown)
		for _, c := range all {
			switch {
			case c.Cover != kind:
			case PositionOf(c, today) != Ended:
				shown = append(shown, c)
			case ended == nil || ended.Since.Before(c.Since):
				ended = &c
			}
		}
		if len(shown) == before && ended != nil {
			shown = append(shown, *ended)
		}
	}
	return shown
}

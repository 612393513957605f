package letters

import (
	"time"

	"guichet.example/portal/locale"
)

// Anybody can ask for a letter to somebody whose number is known. What comes of it is
// bounded by one rule, whichever page it was asked on:
//
//   - while a letter is on its way no other is made, since a second code would kill the
//     first. On its way is until the day that its asker was told (three working days);
//   - no more than MostLetters are made within LetterSpan, the life of a code as it ships.
//     Who lost that many has a letter box that does not serve, and staff help her.
const (
	LetterSpan  = 30 * 24 * time.Hour
	MostLetters = 3
)

// Bounds are the rule as it stands at a time.
type Bounds struct {
	// OnItsWay is since when a letter may still be coming: none that was asked for after
	// it is doubled.
	OnItsWay time.Time
	// Since is from when letters are counted; Most may be made from then on.
	Since time.Time
	Most  int
}

// Bounds are those of a letter that is asked for now.
func (h House) Bounds(now time.Time) Bounds {
	today := now.In(locale.Zone())
	day := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, locale.Zone())
	for first := day; ; {
		before := first.AddDate(0, 0, -1)
		if h.ExpectedBy(before).Format(time.DateOnly) < day.Format(time.DateOnly) || day.Sub(before) > LetterSpan {
			return Bounds{OnItsWay: first, Since: now.Add(-LetterSpan), Most: MostLetters}
		}
		first = before
	}
}

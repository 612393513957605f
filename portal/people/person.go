package people

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/locale"
)

// ErrNotVisible means that there is nobody with this id whose data the member may read:
// pages answer as for an address that does not exist.
var ErrNotVisible = errors.New("no such person to be seen")

// Person is somebody whose data a member may read today: she herself, or a person on
// her booklet.
type Person struct {
	Member auth.MemberID
	Name   string
	Birth  time.Time // midnight UTC; zero: not known
	Role   core.Role // on the booklet of the holder; the holder's own is core.RoleHolder
	Self   bool
	// Language is that of her letters, and of what the insurance system says of her care.
	Language string
}

// Find is the person with this id among those who may be seen; false if she is not one
// of them, whoever else she may be.
func Find(visible []Person, id auth.MemberID) (Person, bool) {
	i := slices.IndexFunc(visible, func(p Person) bool { return p.Member == id })
	if i < 0 {
		return Person{}, false
	}
	return visible[i], true
}

// Named are the names of a list of people, so that none is taken for another among all of
// them: those of one name by their birth dates too, and those born on one day by a number,
// in the order of all.
func Named(l locale.Language, list, all []Person) []string {
	var names []string
	for _, p := range list {
		names = append(names, named(l, p, all))
	}
	return names
}

func named(l locale.Language, p Person, all []Person) string {
	var alike, born, n int
	for _, other := range all {
		if other.Name != p.Name {
			continue
		}
		alike++
		if other.Birth.Equal(p.Birth) {
			born++
		}
		if other.Member == p.Member {
			n = born
		}
	}
	var apart []string
	if alike > 1 && !p.Birth.IsZero() {
		apart = append(apart, locale.Date(l, p.Birth))
	}
	if born > 1 {
		apart = append(apart, locale.T(l, "people.number", locale.A("n", n)))
	}
	if apart == nil {
		return p.Name
	}
	return p.Name + " (" + strings.Join(apart, ", ") + ")"
}

// Today is the calendar day in Belgium at this moment, as midnight UTC.
func Today(now time.Time) time.Time {
	year, month, day := now.In(locale.Zone()).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// BornBy is the last birth date of who is of age (years old) on this day, as text that
// sorts as dates do: whoever was born on it or before is. It may be a day that was not:
// born on 29 February, one is of age on 1 March where there is no 29th.
func BornBy(today time.Time, age int) string {
	return fmt.Sprintf("%04d-%02d-%02d", today.Year()-age, int(today.Month()), today.Day())
}

// OfAge says whether who was born then is of age (years old) on this day; the birthday
// counts. Nobody is whose birth is not known.
func OfAge(birth, today time.Time, age int) bool {
	return !birth.IsZero() && birth.Format(time.DateOnly) <= BornBy(today, age)
}

// Birthday is the day on which who was born then becomes that many years old.
func Birthday(birth time.Time, age int) time.Time {
	return time.Date(birth.Year()+age, birth.Month(), birth.Day(), 0, 0, 0, 0, time.UTC)
}

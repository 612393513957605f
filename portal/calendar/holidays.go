package calendar

import "time"

// Holiday names a public holiday, as a word for code and tests.
type Holiday string

// The holidays.
const (
	NewYear      Holiday = "new-year"
	GoodFriday   Holiday = "good-friday"
	EasterMonday Holiday = "easter-monday"
	LabourDay    Holiday = "labour-day"
	VictoryDay   Holiday = "victory-1945"
	Ascension    Holiday = "ascension"
	WhitMonday   Holiday = "whit-monday"
	BastilleDay  Holiday = "14-july"
	NationalDay  Holiday = "21-july"
	Assumption   Holiday = "assumption"
	AllSaints    Holiday = "all-saints"
	Armistice    Holiday = "armistice"
	Christmas    Holiday = "christmas"
	StStephen    Holiday = "26-december"
)

// rule is one holiday: a fixed date, or a number of days after Easter.
type rule struct {
	name   Holiday
	month  time.Month // 0: after counts
	day    int
	after  int // days after Easter Sunday
	bounds string
}

// Where a rule holds.
const (
	belgian  = "b"
	french   = "f"
	alsatian = "a"
)

var rules = []rule{
	{name: NewYear, month: time.January, day: 1},
	{name: GoodFriday, after: -2, bounds: alsatian},
	{name: EasterMonday, after: 1},
	{name: LabourDay, month: time.May, day: 1},
	{name: VictoryDay, month: time.May, day: 8, bounds: french},
	{name: Ascension, after: 39},
	{name: WhitMonday, after: 50},
	{name: BastilleDay, month: time.July, day: 14, bounds: french},
	{name: NationalDay, month: time.July, day: 21, bounds: belgian},
	{name: Assumption, month: time.August, day: 15},
	{name: AllSaints, month: time.November, day: 1},
	{name: Armistice, month: time.November, day: 11},
	{name: Christmas, month: time.December, day: 25},
	{name: StStephen, month: time.December, day: 26, bounds: alsatian},
}

func (r rule) holds(c Country) bool {
	switch r.bounds {
	case belgian:
		return c == Belgium || c == ""
	case french:
		return c == France || c == AlsaceMoselle
	case alsatian:
		return c == AlsaceMoselle
	}
	return true
}

// Holiday names the public holiday of the day; empty if it is none. Where two fall on
// one day (1 May and Ascension in 2008) it is the fixed one or the other.
func (c Calendar) Holiday(day time.Time) Holiday {
	day = dateOf(day)
	_, month, date := day.Date()
	after := int(day.Sub(Easter(day.Year())) / (24 * time.Hour))
	for _, r := range rules {
		if !r.holds(c.Country) {
			continue
		}
		if r.month != 0 && r.month == month && r.day == date || r.month == 0 && r.after == after {
			return r.name
		}
	}
	return ""
}

// Easter is Easter Sunday of the Gregorian calendar, midnight UTC.
func Easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	month, day := (h+l-7*m+114)/31, (h+l-7*m+114)%31+1
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

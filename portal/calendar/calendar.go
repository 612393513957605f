// Package calendar counts working days: Monday to Friday without the public holidays
// of a country and without the days on which the mutuality says it is closed.
//
// Holidays are computed, none are looked up: fixed dates, and those that move with
// Easter (the anonymous Gregorian algorithm, as in J. Meeus, Astronomical Algorithms,
// chapter 8). What a mutuality promises in working days ("a letter within three") is
// [Calendar.AddWorkingDays] of the day of the request.
//
// A day is a calendar date: the year, month and day that a time.Time shows in its own
// location. Days that come out are midnight UTC.
package calendar

import (
	"errors"
	"fmt"
	"time"
)

// Country says whose public holidays hold.
type Country string

// The countries there are calendars for.
const (
	Belgium       Country = "be"    // law of 4 January 1974, royal decree of 18 April 1974
	France        Country = "fr"    // Code du travail, L3133-1
	AlsaceMoselle Country = "fr-am" // the same and L3134-13: Good Friday, 26 December
)

// maxClosed bounds the days of a settings file.
const maxClosed = 400

// Calendar is whose days count. The zero value is Belgium's. Read-only after Check and
// then safe for concurrent use.
type Calendar struct {
	// Country whose public holidays are no working days. Empty: Belgium.
	Country Country `json:"country"`
	// Closed are further days on which nobody works: bridge days, the day after New
	// Year. At most 400.
	Closed []Day `json:"closed"`
}

// Day is a date of a settings file, "2026-12-28".
type Day struct{ Date time.Time }

// UnmarshalText reads a date and nothing else.
func (d *Day) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%.20q is not a date like 2026-12-28", text)
	}
	d.Date = t
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.Date.Format(time.DateOnly)), nil }

// Check refuses an unknown country and too long a list. To be called at start-up.
func (c Calendar) Check() error {
	switch c.Country {
	case "", Belgium, France, AlsaceMoselle:
	default:
		return fmt.Errorf("no calendar of country %.20q", string(c.Country))
	}
	if len(c.Closed) > maxClosed {
		return errors.New("too many closed days")
	}
	return nil
}

// Working tells whether the day is one on which letters are made and posted.
func (c Calendar) Working(day time.Time) bool {
	day = dateOf(day)
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday || c.Holiday(day) != "" {
		return false
	}
	for _, closed := range c.Closed {
		if dateOf(closed.Date).Equal(day) {
			return false
		}
	}
	return true
}

// maxDays bounds AddWorkingDays; nobody promises anything for later.
const maxDays = 366

// AddWorkingDays is the nth working day after the day; the day itself does not count,
// whatever it is. For 0 it is the day, or the first working day after it. n outside 0
// to 366 is taken for the nearer bound.
func (c Calendar) AddWorkingDays(day time.Time, n int) time.Time {
	day = dateOf(day)
	n = min(max(n, 0), maxDays)
	if n == 0 {
		return c.next(day)
	}
	for range n {
		day = c.next(day.AddDate(0, 0, 1))
	}
	return day
}

// next is the first working day from the day on. Closed days are bounded, so there is
// one.
func (c Calendar) next(day time.Time) time.Time {
	for !c.Working(day) {
		day = day.AddDate(0, 0, 1)
	}
	return day
}

// dateOf is the date that t shows, as midnight UTC.
func dateOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

package registry

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date is a day as far as it is known: for some people the register has only the year
// of birth, or year and month. A zero Day or Month is not known; the zero Date says
// nothing at all. Year is 1 to 9999 otherwise.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// errNoDate is what every refusal of a date wraps.
var errNoDate = errors.New("not a date")

// IsZero reports whether nothing is known.
func (d Date) IsZero() bool { return d == Date{} }

// Time is midnight of that day in UTC; false when the day is not known.
func (d Date) Time() (time.Time, bool) {
	if d.Day == 0 {
		return time.Time{}, false
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC), true
}

// String writes as much as is known in the manner of ISO 8601: 2001-05-03, 2001-05,
// 2001, or nothing.
func (d Date) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.Month == 0:
		return fmt.Sprintf("%04d", d.Year)
	case d.Day == 0:
		return fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText is String: so a Date is in JSON.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes, and nothing else.
func (d *Date) UnmarshalText(text []byte) error {
	var read Date
	for i, part := range strings.Split(string(text), "-") {
		if len(text) == 0 {
			break
		}
		n := number(part)
		switch i {
		case 0:
			read.Year = n
		case 1:
			read.Month = time.Month(n)
		case 2:
			read.Day = n
		}
	}
	if !read.possible() || read.String() != string(text) {
		return errNoDate
	}
	*d = read
	return nil
}

// possible says whether the calendar has such a date.
func (d Date) possible() bool {
	switch {
	case d.IsZero():
		return true
	case d.Year < 1 || d.Year > 9999 || d.Month < 0 || d.Month > 12 || d.Day < 0:
		return false
	case d.Month == 0:
		return d.Day == 0
	}
	t := time.Date(d.Year, d.Month, max(d.Day, 1), 0, 0, 0, 0, time.UTC)
	return t.Month() == d.Month // 31.02. would be a day of March
}

// months holds the abbreviations that cards print in the language of the municipality.
var months = map[string]time.Month{
	"JAN": 1, "FEV": 2, "MARS": 3, "AVR": 4, "MAI": 5, "JUIN": 6, // French
	"JUIL": 7, "AOUT": 8, "SEPT": 9, "OCT": 10, "NOV": 11, "DEC": 12,
	"FEB": 2, "MAAR": 3, "APR": 4, "MEI": 5, "JUN": 6, "JUL": 7, // Dutch
	"AUG": 8, "SEP": 9, "OKT": 10,
	"MÄR": 3, "DEZ": 12, // German
	"FÉV": 2, "AOÛT": 8, "DÉC": 12, "MRT": 3, "MAR": 3, "MRZ": 3, // as people write them
}

// parseDate reads a date as cards write it: "02.01.2006", "02 JAN 2006" and, in German,
// "02.JAN.2006". What is not known is zeros or blanks, or is left out: "00.00.1960",
// "00 MAI 1960", "1960", "0000". The error is errNoDate.
func parseDate(s string) (Date, error) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == ' ' })
	if len(parts) == 0 {
		return Date{}, nil
	}
	last := len(parts) - 1
	if last > 2 || len(parts[last]) != 4 {
		return Date{}, errNoDate
	}
	d := Date{Year: number(parts[last])}
	switch before := parts[:last]; len(before) {
	case 1: // a month by name, or zeros for both
		d.Month = months[strings.ToUpper(before[0])]
		if d.Month == 0 && strings.Trim(before[0], "0") != "" {
			return Date{}, errNoDate
		}
	case 2:
		d.Day, d.Month = number(before[0]), monthOf(before[1])
	}
	if !d.possible() {
		return Date{}, errNoDate
	}
	return d, nil
}

// monthOf reads a name or a number, -1 if it is neither.
func monthOf(s string) time.Month {
	if m, named := months[strings.ToUpper(s)]; named {
		return m
	}
	return time.Month(number(s))
}

// number reads digits without a sign, -1 if it is none.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

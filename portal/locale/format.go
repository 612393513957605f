package locale

import (
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a machine without a time-zone database must not show other hours
)

// zone is the time of the counter, whatever the machine's.
var zone = mustZone("Europe/Brussels")

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // embedded above
	}
	return z
}

// Zone is the time zone in which all dates and times are shown: Europe/Brussels.
func Zone() *time.Location { return zone }

var months = [count][12]string{
	{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
	{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

var shortMonths = [count][12]string{
	{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	{"jan.", "feb.", "mrt.", "apr.", "mei", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec."},
	{"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
	{"Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"},
}

// day is the day of the month as it stands before a month: 1er, 1., 1.
func day(l Language, d int) string {
	switch {
	case l == FR && d == 1:
		return "1er"
	case l == DE:
		return strconv.Itoa(d) + "."
	}
	return strconv.Itoa(d)
}

// Date is a date in full: "21 novembre 2026", "21. November 2026".
func Date(l Language, t time.Time) string {
	return DayMonth(l, t) + nbsp + strconv.Itoa(t.In(zone).Year())
}

// DayMonth is a date of the current year: "21 novembre".
func DayMonth(l Language, t time.Time) string {
	t = t.In(zone)
	return day(l, t.Day()) + nbsp + months[l.index()][t.Month()-1]
}

// DateShort is for lists: "18 nov.", "18. Nov.", "18 Nov".
func DateShort(l Language, t time.Time) string {
	t = t.In(zone)
	return day(l, t.Day()) + nbsp + shortMonths[l.index()][t.Month()-1]
}

// DateRecent is for lists that reach back: DateShort, with the year where it is not that of
// now: "18 nov.", "12 févr. 2025".
func DateRecent(l Language, t, now time.Time) string {
	year := t.In(zone).Year()
	if year == now.In(zone).Year() {
		return DateShort(l, t)
	}
	return DateShort(l, t) + nbsp + strconv.Itoa(year)
}

// MonthYear heads a group: "Novembre 2026", "november 2026" with a capital.
func MonthYear(l Language, t time.Time) string {
	t = t.In(zone)
	month := months[l.index()][t.Month()-1]
	if after, ok := strings.CutPrefix(month, "é"); ok {
		return "É" + after + nbsp + strconv.Itoa(t.Year())
	}
	return strings.ToUpper(month[:1]) + month[1:] + nbsp + strconv.Itoa(t.Year())
}

// Time is the time of day, 24 hours: "14 h 08" in French, else "14:08".
func Time(l Language, t time.Time) string {
	t = t.In(zone)
	if l == FR {
		return strconv.Itoa(t.Hour()) + nbsp + "h" + nbsp + twoDigits(t.Minute())
	}
	return strconv.Itoa(t.Hour()) + ":" + twoDigits(t.Minute())
}

var at = [count]string{" à ", " om ", " um ", " at "}

// DateTime is date and time in a phrase: "21 novembre 2026 à 14 h 08".
func DateTime(l Language, t time.Time) string {
	text := Date(l, t) + at[l.index()] + Time(l, t)
	if l == DE {
		text += nbsp + "Uhr"
	}
	return text
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// separators between thousands and before the decimals.
var thousands = [count]string{nbsp, ".", ".", ","}
var decimals = [count]string{",", ",", ",", "."}

// Money is an amount in euro from cents: "1 234,56 EUR", with no-break spaces.
func Money(l Language, cents int64) string { return Number(l, cents) + nbsp + "EUR" }

// Number is Money without the currency.
func Number(l Language, cents int64) string {
	sign := ""
	magnitude := uint64(cents)
	if cents < 0 {
		sign, magnitude = "−", -magnitude
	}
	return sign + grouped(magnitude/100, thousands[l.index()]) + decimals[l.index()] + twoDigits(int(magnitude%100))
}

func grouped(n uint64, separator string) string {
	digits := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, digit := range []byte(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteByte(digit)
	}
	return b.String()
}

// Bytes is the size of a file in powers of ten: "96 ko", "1,2 Mo"; "96 kB" elsewhere.
func Bytes(l Language, n int64) string {
	units := [...]string{"B", "kB", "MB", "GB"}
	if l == FR {
		units = [...]string{"octets", "ko", "Mo", "Go"}
	}
	n = max(n, 0)
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10) + nbsp + units[0]
	case n < 999_500:
		return strconv.FormatInt((n+500)/1000, 10) + nbsp + units[1]
	case n < 999_950_000:
		return tenths(l, (n+50_000)/100_000) + nbsp + units[2]
	}
	return tenths(l, (n/100_000_000)) + nbsp + units[3]
}

func tenths(l Language, n int64) string {
	if n%10 == 0 {
		return strconv.FormatInt(n/10, 10)
	}
	return strconv.FormatInt(n/10, 10) + decimals[l.index()] + strconv.FormatInt(n%10, 10)
}

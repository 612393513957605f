package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestParseDateRefuses(t *testing.T) {
	for _, text := range []string{
		"30.02.2001", "29.02.2023", "31.04.2001", "01.13.2001", "32.01.2001", "01.01.61", "01.01.20011",
		"01 XXX 2001", "a.b.cccc", "-1.01.2001", "+1.01.2001", "01.+1.2001", "99999999999999999999.01.2001",
		"15.00.1960", "15 1960", "05 1960", "1960 MAI", "03 MAI 0000", "00.05.0000", "MAI", "03 MAI", "1 2 3 1960", "2001-05-03",
		"MAI\u00a01960", "18.05", "١٩٦٠",
	} {
		if d, err := parseDate(text); !errors.Is(err, errNoDate) || !d.IsZero() {
			t.Errorf("parseDate(%q) = %v, %v, want %v", text, d, err, errNoDate)
		}
	}
}

func TestParseDate(t *testing.T) {
	for text, want := range map[string]Date{
		"03.05.2001": {2001, 5, 3}, "31.12.1999": {1999, 12, 31}, "29.02.2024": {2024, 2, 29},
		"03 MAI  2001": {2001, 5, 3}, "3 MAI 2001": {2001, 5, 3}, "03 mai 2001": {2001, 5, 3},
		"03 MEI 2001": {2001, 5, 3}, "03.MAI.2001": {2001, 5, 3}, "17.MÄR.1960": {1960, 3, 17}, "17.mär.1960": {1960, 3, 17},
		"13.AUG. 1996": {1996, 8, 13}, "1 JAN 1971": {1971, 1, 1}, // public test cards
		"15 AOUT 1980": {1980, 8, 15}, "24.DEZ.1955": {1955, 12, 24}, "09 OKT  1990": {1990, 10, 9},
		// Not known: the day, or day and month, or all of it.
		"00.05.1960": {1960, 5, 0}, "00 MAI 1960": {1960, 5, 0}, "   MAI  1960": {1960, 5, 0}, "MAI 1960": {1960, 5, 0}, "00.MAI.1960": {1960, 5, 0},
		"00.00.1960": {1960, 0, 0}, "00 00 1960": {1960, 0, 0}, "0000 1960": {1960, 0, 0}, "00 1960": {1960, 0, 0},
		"1960": {1960, 0, 0}, "        1960": {1960, 0, 0}, ". .1960": {1960, 0, 0},
		"": {}, "0000": {}, "00.00.0000": {}, "  ": {}, "00 00 0000": {},
	} {
		if got, err := parseDate(text); err != nil || got != want {
			t.Errorf("parseDate(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

// Months of the three languages, as eid facts and the middleware's viewer have them.
var cardMonths = map[string][]string{
	"fr": strings.Fields("JAN FEV MARS AVR MAI JUIN JUIL AOUT SEPT OCT NOV DEC"),
	"nl": strings.Fields("JAN FEB MAAR APR MEI JUN JUL AUG SEP OKT NOV DEC"),
	"de": strings.Fields("JAN FEB MÄR APR MAI JUN JUL AUG SEP OKT NOV DEZ"),
}

// spellings are all ways in which a card may write d.
func spellings(d Date) []string {
	if d.Month == 0 {
		return []string{fmt.Sprintf("%04d", d.Year), fmt.Sprintf("00.00.%04d", d.Year), fmt.Sprintf("        %04d", d.Year)}
	}
	list := []string{fmt.Sprintf("%02d.%02d.%04d", d.Day, d.Month, d.Year)}
	for lang, names := range cardMonths {
		form := "%02d %-4s %04d"
		if lang == "de" {
			form = "%02d.%s.%04d"
		}
		list = append(list, fmt.Sprintf(form, d.Day, names[d.Month-1], d.Year))
	}
	return list
}

func checkSpellings(t *testing.T, d Date) {
	t.Helper()
	for _, text := range spellings(d) {
		if got, err := parseDate(text); err != nil || got != d {
			t.Errorf("parseDate(%q) = %v, %v, want %v", text, got, err, d)
		}
	}
	b, err := json.Marshal(d)
	var again Date
	if err == nil {
		err = json.Unmarshal(b, &again)
	}
	if err != nil || again != d {
		t.Errorf("%v in JSON is %s, read as %v (%v)", d, b, again, err)
	}
}

func TestDateSpellings(t *testing.T) {
	for m := range time.Month(13) {
		checkSpellings(t, Date{1960, m, 0})
		if m > 0 {
			checkSpellings(t, Date{2001, m, 9})
		}
	}
}

func TestDateText(t *testing.T) {
	for text, want := range map[string]Date{"2001-05-03": {2001, 5, 3}, "2001-05": {2001, 5, 0}, "2001": {2001, 0, 0}, "": {}} {
		var got Date
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want || want.String() != text {
			t.Errorf("UnmarshalText(%q) = %v, %v, want %v, which is %q", text, got, err, want, want.String())
		}
	}
	for _, text := range []string{"2001-5-3", "2001-00-03", "2001-13", "2001-02-29", "0000", "-", "2001-", "2001-05-03-01", "2001-05-03T00:00:00Z", "x", "12345"} {
		got := Date{1, 2, 3}
		if err := got.UnmarshalText([]byte(text)); !errors.Is(err, errNoDate) || got != (Date{1, 2, 3}) {
			t.Errorf("UnmarshalText(%q) = %v, %v, want %v and nothing changed", text, got, err, errNoDate)
		}
	}
	if at, known := (Date{2001, 5, 3}).Time(); !known || !at.Equal(time.Date(2001, 5, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("Time = %v, %v", at, known)
	}
	if at, known := (Date{2001, 5, 0}).Time(); known || !at.IsZero() {
		t.Errorf("Time of a month = %v, %v", at, known)
	}
}

// What is read is a date of the calendar, and is read again however it is written.
func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"03 MAI 2001", "24.DEZ.1955", "00.00.1960", "1960", "0000", "MAI 1960", "29.02.2024"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDate(s)
		if err != nil {
			if !d.IsZero() {
				t.Errorf("%v comes with the error", d)
			}
			return
		}
		if !d.possible() {
			t.Errorf("parseDate(%q) = %#v, which no calendar has", s, d)
		}
		if !d.IsZero() {
			checkSpellings(t, d)
		}
		if at, known := d.Time(); known && (at.Year() != d.Year || at.Month() != d.Month || at.Day() != d.Day) {
			t.Errorf("%v is %v", d, at)
		}
	})
}

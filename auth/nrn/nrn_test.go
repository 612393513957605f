package nrn_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/nrn"
)

func date(y, m, d int) time.Time {
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
}

// number completes nine digits with the check digits of the century.
func number(nine string, century int) string {
	var v int
	fmt.Sscan("1"+nine, &v) // the 1 keeps leading zeros from reading as octal
	v -= 1_000_000_000
	if century == 2000 {
		v += 2_000_000_000
	}
	return fmt.Sprintf("%s%02d", nine, 97-v%97)
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, text, digits string
		birth              time.Time // zero: not known
		bis                bool
	}{
		{"official spelling", "85.07.30-033.28", "85073003328", date(1985, 7, 30), false},
		{"digits", "85073003328", "85073003328", date(1985, 7, 30), false},
		{"as on letters", "850730-033-28", "85073003328", date(1985, 7, 30), false},
		{"blanks", "85 07 30 033 28", "85073003328", date(1985, 7, 30), false},
		{"blanks around", "  85.07.30-033.28\t\n", "85073003328", date(1985, 7, 30), false},
		{"no-break blanks", "85\u00a007\u00a030\u202f033\u00a028", "85073003328", date(1985, 7, 30), false},
		{"pasted dashes", "850730\u2013033\u201128", "85073003328", date(1985, 7, 30), false},
		{"leap day", "72.02.29-118.53", "72022911853", date(1972, 2, 29), false},
		{"born after 2000", "02.03.14-246.08", "02031424608", date(2002, 3, 14), false},
		{"public test card", "01.05.03-998.64", "01050399864", date(2001, 5, 3), false},
		{"leap day of 2000", number("000229001", 2000), number("000229001", 2000), date(2000, 2, 29), false},
		{"month not known", number("400000001", 1900), number("400000001", 1900), time.Time{}, false},
		{"day not known", number("850700033", 1900), number("850700033", 1900), time.Time{}, false},
		{"month not known, day counts on", number("400099001", 1900), number("400099001", 1900), time.Time{}, false},
		{"BIS, sex known", number("854730033", 1900), number("854730033", 1900), date(1985, 7, 30), true},
		{"BIS, sex not known", number("852730033", 1900), number("852730033", 1900), date(1985, 7, 30), true},
		{"BIS after 2000", number("024314246", 2000), number("024314246", 2000), date(2002, 3, 14), true},
		{"BIS, birth not known", number("854000033", 1900), number("854000033", 1900), time.Time{}, true},
		{"check digits 97", "00010107497", "00010107497", date(1900, 1, 1), false},
	}
	for _, test := range tests {
		n, err := nrn.Parse(test.text)
		if err != nil {
			t.Errorf("%s: Parse(%q) = %v", test.name, test.text, err)
			continue
		}
		birth, known := n.Birth()
		if n.Digits() != test.digits || !birth.Equal(test.birth) || known == test.birth.IsZero() || n.BIS() != test.bis {
			t.Errorf("%s: Parse(%q) = %s born %v (%v) BIS %v; want %s born %v BIS %v",
				test.name, test.text, n.Digits(), birth, known, n.BIS(), test.digits, test.birth, test.bis)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"one digit short", "8507300332"},
		{"one digit long", "850730033280"},
		{"wrong check digits", "85.07.30-033.29"},
		{"check digits 00", "85073003300"},
		{"two digits swapped", "85.07.03-033.28"},
		{"right for neither century", "01.05.03-998.63"},
		{"letter", "8507300332B"},
		{"separator in a group", "8.507.30-033.28"},
		{"two separators", "85..07.30-033.28"},
		{"separator first", ".85073003328"},
		{"separator last", "85073003328."},
		{"blank in a group", "850 730 033 28"},
		{"country prefix", "BE85073003328"},
		{"plus", "+5073003328"},
		{"NUL", "85073003328\x00"},
		{"other digits", "８５073003328"},
		{"arabic digits", "٨٥٠٧٣٠٠٣٣٢٨"},
		{"not UTF-8", "85073003328\xff"},
		{"month 13", number("851330033", 1900)},
		{"month 19", number("851930033", 1900)},
		{"month 33", number("853330033", 1900)},
		{"month 53", number("855330033", 1900)},
		{"month 99", number("859930033", 1900)},
		{"30 February", number("850230033", 1900)},
		{"29 February 1900", number("000229001", 1900)},
		{"29 February 2001", number("010229001", 2000)},
		{"31 April in BIS", number("854431033", 1900)},
		{"serial 000", number("850730000", 1900)},
		{"serial 999", number("850730999", 1900)},
		{"all zeros", "00000000000"},
		{"long", strings.Repeat(" ", 30) + strings.Repeat("8", 100)},
	}
	for _, test := range tests {
		n, err := nrn.Parse(test.text)
		if !errors.Is(err, nrn.ErrInvalid) || !n.IsZero() {
			t.Errorf("%s: Parse(%q) = %q, %v; want %v", test.name, test.text, n.Digits(), err, nrn.ErrInvalid)
		}
		if err != nil && len(test.text) > 4 && strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: the error repeats the text: %v", test.name, err)
		}
	}
}

func TestPrint(t *testing.T) {
	n, err := nrn.Parse("85073003328")
	if err != nil {
		t.Fatal(err)
	}
	if n.String() != "85.07.30-033.28" || n.Digits() != "85073003328" || n.Masked() != "••.••.••-•••.28" {
		t.Errorf("printed %q, %q, %q", n.String(), n.Digits(), n.Masked())
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("found", "number", n)
	if strings.Contains(log.String(), "8507") || !strings.Contains(log.String(), "28") {
		t.Errorf("logged %s", log.String())
	}
	var zero nrn.Number
	if zero.String()+zero.Digits()+zero.Masked() != "" || zero.BIS() {
		t.Errorf("the zero value prints %q %q %q", zero, zero.Digits(), zero.Masked())
	}
	if _, known := zero.Birth(); known {
		t.Error("the zero value has a date of birth")
	}
}

// Each of the eleven digits changed to each other value must be noticed: modulo 97
// finds every single error.
func TestEverySingleErrorIsFound(t *testing.T) {
	for _, good := range []string{"85073003328", "72022911853", "02031424608", "01050399864"} {
		for i := range good {
			for d := byte('0'); d <= '9'; d++ {
				changed := []byte(good)
				if changed[i] == d {
					continue
				}
				changed[i] = d
				n, err := nrn.Parse(string(changed))
				if err == nil && sameCentury(n, good) {
					t.Errorf("%s passes for %s", changed, good)
				}
			}
		}
	}
}

// sameCentury tells a missed error from a number of the other century, which a single
// changed digit can happen to be.
func sameCentury(n nrn.Number, good string) bool {
	of, _ := nrn.Parse(good)
	a, _ := n.Birth()
	b, _ := of.Birth()
	return a.Year()/100 == b.Year()/100
}

// What parses prints as itself in every spelling.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"85.07.30-033.28", "85073003328", "850730-033-28", "02 03 14 246 08", "01.05.03-998.64", "", "85..07", "40.00.00-001.33"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := nrn.Parse(s)
		if err != nil {
			if !errors.Is(err, nrn.ErrInvalid) || !n.IsZero() {
				t.Fatalf("Parse(%q) = %v, %v", s, n, err)
			}
			return
		}
		for _, spelling := range []string{n.String(), n.Digits(), strings.NewReplacer(".", " ", "-", " ").Replace(n.String())} {
			if again, err := nrn.Parse(spelling); err != nil || again != n {
				t.Fatalf("Parse(%q) = %v, but Parse(%q) = %v, %v", s, n, spelling, again, err)
			}
		}
		var kept strings.Builder
		for _, r := range s {
			if r >= '0' && r <= '9' {
				kept.WriteRune(r)
			}
		}
		if kept.String() != n.Digits() {
			t.Fatalf("Parse(%q) has other digits: %s", s, n.Digits())
		}
	})
}

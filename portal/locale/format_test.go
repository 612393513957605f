package locale

import (
	"math"
	"strings"
	"testing"
	"time"
)

// spaces writes no-break spaces as underscores, to be seen in a failure.
var spaces = strings.NewReplacer(nbsp, "_")

// four are what a format gives in the four languages.
func four(format func(Language) string) [count]string {
	var got [count]string
	for i, l := range Languages() {
		got[i] = spaces.Replace(format(l))
	}
	return got
}

func TestDates(t *testing.T) {
	first := time.Date(2026, 12, 1, 6, 8, 0, 0, time.UTC)    // 7:08 in Brussels, winter
	summer := time.Date(2026, 8, 31, 22, 30, 0, 0, time.UTC) // the next day in Brussels
	autumn := time.Date(2026, 11, 12, 13, 8, 59, 0, time.UTC)
	unusual := time.Date(2026, 3, 29, 0, 59, 59, 0, time.UTC) // a second before summer time
	newYear := time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC) // the first minute of 2027
	midnight := time.Date(2026, 3, 29, 22, 0, 0, 0, time.UTC) // midnight of the 30th
	for _, tt := range []struct {
		name   string
		format func(Language) string
		want   [count]string
	}{
		{"Date", func(l Language) string { return Date(l, first) }, [count]string{"1er_décembre_2026", "1_december_2026", "1._Dezember_2026", "1_December_2026"}},
		{"Date over midnight", func(l Language) string { return Date(l, summer) }, [count]string{"1er_septembre_2026", "1_september_2026", "1._September_2026", "1_September_2026"}},
		{"DateShort", func(l Language) string { return DateShort(l, autumn) }, [count]string{"12_nov.", "12_nov.", "12._Nov.", "12_Nov"}},
		{"DateRecent", func(l Language) string { return DateRecent(l, autumn, first) }, [count]string{"12_nov.", "12_nov.", "12._Nov.", "12_Nov"}},
		{"DateRecent of another year", func(l Language) string { return DateRecent(l, autumn, newYear) }, [count]string{"12_nov._2026", "12_nov._2026", "12._Nov._2026", "12_Nov_2026"}},
		{"DateRecent of a new year", func(l Language) string { return DateRecent(l, newYear, newYear) }, [count]string{"1er_janv.", "1_jan.", "1._Jan.", "1_Jan"}},
		{"DayMonth", func(l Language) string { return DayMonth(l, autumn) }, [count]string{"12_novembre", "12_november", "12._November", "12_November"}},
		{"MonthYear", func(l Language) string { return MonthYear(l, first) }, [count]string{"Décembre_2026", "December_2026", "Dezember_2026", "December_2026"}},
		{"Time", func(l Language) string { return Time(l, first) }, [count]string{"7_h_08", "7:08", "7:08", "7:08"}},
		{"Time before summer", func(l Language) string { return Time(l, unusual) }, [count]string{"1_h_59", "1:59", "1:59", "1:59"}},
		{"Time at midnight", func(l Language) string { return Time(l, midnight) }, [count]string{"0_h_00", "0:00", "0:00", "0:00"}},
		{"DateTime", func(l Language) string { return DateTime(l, autumn) }, [count]string{"12_novembre_2026 à 14_h_08", "12_november_2026 om 14:08", "12._November_2026 um 14:08_Uhr", "12_November_2026 at 14:08"}},
	} {
		if got := four(tt.format); got != tt.want {
			t.Errorf("%s = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMoney(t *testing.T) {
	for cents, want := range map[int64][count]string{
		0:             {"0,00_EUR", "0,00_EUR", "0,00_EUR", "0.00_EUR"},
		5:             {"0,05_EUR", "0,05_EUR", "0,05_EUR", "0.05_EUR"},
		-1:            {"−0,01_EUR", "−0,01_EUR", "−0,01_EUR", "−0.01_EUR"},
		12260:         {"122,60_EUR", "122,60_EUR", "122,60_EUR", "122.60_EUR"},
		123456:        {"1_234,56_EUR", "1.234,56_EUR", "1.234,56_EUR", "1,234.56_EUR"},
		-123456789:    {"−1_234_567,89_EUR", "−1.234.567,89_EUR", "−1.234.567,89_EUR", "−1,234,567.89_EUR"},
		math.MinInt64: {"−92_233_720_368_547_758,08_EUR", "−92.233.720.368.547.758,08_EUR", "−92.233.720.368.547.758,08_EUR", "−92,233,720,368,547,758.08_EUR"},
	} {
		if got := four(func(l Language) string { return Money(l, cents) }); got != want {
			t.Errorf("Money(%d) = %q, want %q", cents, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64][count]string{
		-1:            {"0_octets", "0_B", "0_B", "0_B"},
		999:           {"999_octets", "999_B", "999_B", "999_B"},
		1000:          {"1_ko", "1_kB", "1_kB", "1_kB"},
		95_700:        {"96_ko", "96_kB", "96_kB", "96_kB"},
		999_499:       {"999_ko", "999_kB", "999_kB", "999_kB"},
		999_500:       {"1_Mo", "1_MB", "1_MB", "1_MB"},
		1_240_000:     {"1,2_Mo", "1,2_MB", "1,2_MB", "1.2_MB"},
		3_400_000_000: {"3,4_Go", "3,4_GB", "3,4_GB", "3.4_GB"},
	} {
		if got := four(func(l Language) string { return Bytes(l, n) }); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestFromAcceptLanguage(t *testing.T) {
	for header, want := range map[string]Language{
		"": FR, "xx": FR, "*": FR, "de": DE, "DE-at": DE, "nl-BE,nl;q=0.9,en;q=0.8": NL,
		"es, en;q=0.5, de;q=0.7": DE, "en;q=0, nl;q=0.001": NL, "en;q=1.5": FR, "en;q=x,de;q=0.1": DE,
		"en;q=": FR, "nl;q=0.1234": FR, "fr;q=0.5,en;q=0.5": FR, "de ; q=0.3": DE, "en-GB-oed": EN,
		strings.Repeat("xx,", 100) + "de": FR,
	} {
		if got := FromAcceptLanguage(header); got != want {
			t.Errorf("FromAcceptLanguage(%.40q) = %s, want %s", header, got, want)
		}
	}
}

// FuzzFromAcceptLanguage: whatever a browser sends, the answer is one of ours.
func FuzzFromAcceptLanguage(f *testing.F) {
	f.Add("nl-BE,nl;q=0.9,en;q=0.8")
	f.Add("en;q=1.000, *;q=0")
	f.Fuzz(func(t *testing.T, header string) {
		if l := FromAcceptLanguage(header); l.Name() == "" || l.index() == 0 && l != FR {
			t.Errorf("FromAcceptLanguage(%q) = %q", header, l)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "FR", "fra", "f", "en-GB", "../fr"} {
		if l, ok := Parse(s); ok {
			t.Errorf("Parse(%q) = %s", s, l)
		}
	}
}

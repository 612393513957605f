package rights

import (
	"testing"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/people"
)

func on(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestEligible(t *testing.T) {
	for _, test := range []struct {
		name, birth, from, until, today string
		want                            bool
	}{
		{"the day before 14", "2012-11-20", "2012-01-01", "2050-01-01", "2026-11-19", false},
		{"the birthday", "2012-11-20", "2012-01-01", "2050-01-01", "2026-11-20", true},
		{"29 February, in a year without", "2012-02-29", "2012-01-01", "2050-01-01", "2026-02-28", false},
		{"29 February, on 1 March", "2012-02-29", "2012-01-01", "2050-01-01", "2026-03-01", true},
		{"the last day of 30", "1995-11-21", "2009-11-21", "2050-01-01", "2026-11-20", true},
		{"the birthday of 31", "1995-11-20", "2009-11-20", "2050-01-01", "2026-11-20", false},
		{"the data end earlier", "1997-01-01", "2011-01-01", "2026-12-31", "2027-01-01", false},
		{"the last day of the data", "1997-01-01", "2011-01-01", "2026-12-31", "2026-12-31", true},
		{"the data begin later", "2010-01-01", "2027-01-01", "2039-12-31", "2026-12-31", false},
		{"birth not known: the data decide", "", "2020-01-01", "2030-01-01", "2026-01-01", true},
	} {
		p := PersonSaving{Saving: core.Saving{From: on(test.from), Until: on(test.until)}}
		if test.birth != "" {
			p.Person = people.Person{Birth: on(test.birth)}
		}
		if got := Eligible(p, on(test.today)); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}

func TestStateOf(t *testing.T) {
	file := func(since, until string) *core.MedicalFile {
		f := &core.MedicalFile{Since: on(since)}
		if until != "" {
			f.Until = on(until)
		}
		return f
	}
	for _, test := range []struct {
		file  *core.MedicalFile
		today string
		want  FileState
	}{
		{nil, "2026-11-20", NoFile},
		{file("2025-01-01", ""), "2026-11-20", FileHolds},
		{file("2027-01-01", ""), "2026-12-31", FileLater},
		{file("2027-01-01", ""), "2027-01-01", FileHolds},
		{file("2025-01-01", "2026-12-31"), "2026-11-01", FileSoon},  // 60 days
		{file("2025-01-01", "2026-12-31"), "2026-10-31", FileHolds}, // 61
		{file("2025-01-01", "2026-12-31"), "2026-12-01", FileNow},   // 30
		{file("2025-01-01", "2026-12-31"), "2026-11-30", FileSoon},  // 31
		{file("2025-01-01", "2026-12-31"), "2026-12-31", FileNow},
		{file("2025-01-01", "2026-12-31"), "2027-01-01", FileExpired},
	} {
		if got := StateOf(test.file, on(test.today), 30, 60); got != test.want {
			t.Errorf("%+v on %s: %s, want %s", test.file, test.today, got, test.want)
		}
	}
}

func TestAgreementOf(t *testing.T) {
	for _, test := range []struct {
		state, until, today string
		want                AgreementState
	}{
		{"granted", "", "2026-11-20", Granted}, {"granted", "2026-12-31", "2026-11-30", Granted}, {"granted", "2026-12-31", "2026-12-01", Ending},
		{"granted", "2026-12-31", "2026-12-31", Ending}, {"granted", "2026-12-31", "2027-01-01", Ended}, {"asked", "", "2026-11-20", Asked},
		{"refused", "2020-01-01", "2026-11-20", Refused}, {"ended", "2030-01-01", "2026-11-20", Ended}, {"", "", "2026-11-20", Asked},
	} {
		a := core.Agreement{State: test.state}
		if test.until != "" {
			a.Until = on(test.until)
		}
		if got := AgreementOf(a, on(test.today), 30); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestSums(t *testing.T) {
	for _, test := range []struct{ ceiling, counted, left, above int64 }{{50_000, 0, 50_000, 0}, {50_000, 50_000, 0, 0}, {50_000, 50_001, 0, 1}, {0, 100, 0, 100}} {
		m := core.Maf{Ceiling: test.ceiling, Counted: test.counted}
		if Left(m) != test.left || Above(m) != test.above {
			t.Errorf("%+v: left %d, above %d", test, Left(m), Above(m))
		}
	}
	if Possible(core.Saving{Most: 5_000, Deposited: 6_000}) != 0 || Possible(core.Saving{Most: 5_000, Deposited: 1_000}) != 4_000 {
		t.Error("Possible")
	}
	for basis, want := range map[int]string{1_300: "13", 1_250: "12,5", 75: "0,75", 0: "0", 1_000: "10"} {
		if got := rate("fr", basis); got != want {
			t.Errorf("rate(%d) = %q, want %q", basis, got, want)
		}
	}
}

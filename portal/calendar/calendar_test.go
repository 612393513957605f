package calendar

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

func on(t *testing.T, text string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// table reads testdata/holidays.txt: the holidays that are no Sunday by rule, written
// down by hand; see its head for where they come from.
func table(t *testing.T) map[Country]map[string]map[string]Holiday {
	t.Helper()
	f, err := os.Open("testdata/holidays.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[Country]map[string]map[string]Holiday{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		for country := range strings.SplitSeq(fields[0], ",") {
			c, year := Country(country), fields[1][:4]
			if all[c] == nil {
				all[c] = map[string]map[string]Holiday{}
			}
			if all[c][year] == nil {
				all[c][year] = map[string]Holiday{}
			}
			all[c][year][fields[1]] = Holiday(fields[2])
		}
	}
	return all
}

// TestHolidaysAreThoseOfTheTable: each day of the years of the table, both ways.
func TestHolidaysAreThoseOfTheTable(t *testing.T) {
	years := 0
	for country, byYear := range table(t) {
		c := Calendar{Country: country}
		for year, want := range byYear {
			years++
			for day := on(t, year+"-01-01"); day.Format("2006") == year; day = day.AddDate(0, 0, 1) {
				if got := c.Holiday(day); got != want[day.Format(time.DateOnly)] {
					t.Errorf("%s, %s is %q, want %q", country, day.Format(time.DateOnly), got, want[day.Format(time.DateOnly)])
				}
			}
		}
	}
	if years < 9 {
		t.Errorf("the table has %d years", years)
	}
}

// TestEaster: dates from the tables of the U.S. Naval Observatory, the earliest and
// latest possible among them.
func TestEaster(t *testing.T) {
	for _, want := range []string{
		"1818-03-22", "1943-04-25", "1954-04-18", "1981-04-19", "2000-04-23", "2008-03-23", "2011-04-24", "2016-03-27", "2019-04-21",
		"2020-04-12", "2021-04-04", "2022-04-17", "2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16",
		"2029-04-01", "2030-04-21", "2035-03-25", "2038-04-25", "2049-04-18", "2076-04-19", "2285-03-22",
	} {
		if got := Easter(on(t, want).Year()); !got.Equal(on(t, want)) {
			t.Errorf("Easter = %s, want %s", got.Format(time.DateOnly), want)
		}
	}
	for year := 1800; year < 2400; year++ {
		e := Easter(year)
		if e.Weekday() != time.Sunday || e.Before(time.Date(year, 3, 22, 0, 0, 0, 0, time.UTC)) || e.After(time.Date(year, 4, 25, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("Easter of %d is %s", year, e.Format(time.DateOnly))
		}
	}
}

// TestThreeWorkingDays: by when a letter is there.
func TestThreeWorkingDays(t *testing.T) {
	bridge := Calendar{Closed: []Day{{on(t, "2026-12-24")}, {on(t, "2026-12-28")}}}
	for _, tt := range []struct {
		c          Calendar
		from, want string
	}{
		{Calendar{}, "2026-11-23", "2026-11-26"}, // Monday to Thursday
		{Calendar{}, "2026-11-25", "2026-11-30"}, // over a weekend
		{Calendar{}, "2026-11-22", "2026-11-25"}, // from a Sunday
		{Calendar{}, "2026-11-09", "2026-11-13"}, // over Armistice
		{Calendar{}, "2026-12-23", "2026-12-29"}, // over Christmas
		{bridge, "2026-12-23", "2026-12-31"},     // the same with bridge days
		{Calendar{}, "2026-04-02", "2026-04-08"}, // over Easter Monday
		{Calendar{Country: AlsaceMoselle}, "2026-04-02", "2026-04-09"},
		{Calendar{}, "2026-07-20", "2026-07-24"},
		{Calendar{Country: France}, "2026-07-20", "2026-07-23"},
	} {
		if got := tt.c.AddWorkingDays(on(t, tt.from), 3); !got.Equal(on(t, tt.want)) {
			t.Errorf("%s: three working days after %s = %s, want %s", tt.c.Country, tt.from, got.Format(time.DateOnly), tt.want)
		}
	}
}

// TestWorkingDaysHold: for each day of twenty years, the days between are as many
// working days as were asked for, and adding one by one is adding at once.
func TestWorkingDaysHold(t *testing.T) {
	for _, country := range []Country{"", France, AlsaceMoselle} {
		c := Calendar{Country: country, Closed: []Day{{on(t, "2026-05-15")}, {on(t, "2027-01-04")}}}
		for day := on(t, "2020-01-01"); day.Year() < 2040; day = day.AddDate(0, 0, 1) {
			n := day.YearDay() % 6
			end := c.AddWorkingDays(day, n)
			if !c.Working(end) || end.Before(day) {
				t.Fatalf("%d after %s is %s", n, day, end)
			}
			worked, step := 0, day
			for d := day.AddDate(0, 0, 1); !d.After(end); d = d.AddDate(0, 0, 1) {
				if c.Working(d) {
					worked++
				}
			}
			for range n {
				step = c.AddWorkingDays(step, 1)
			}
			if n > 0 && (worked != n || !step.Equal(end)) {
				t.Fatalf("%d after %s is %s, with %d working days between; one by one %s", n, day, end, worked, step)
			}
			if h := c.Holiday(day); h != "" && c.Working(day) {
				t.Fatalf("%s is %s and a working day", day, h)
			}
		}
	}
}

// The date is the one that the time shows, whatever the zone.
func TestZoneOfTheCaller(t *testing.T) {
	brussels, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	late := time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC) // the 24th in Brussels
	if got := (Calendar{}).AddWorkingDays(late.In(brussels), 1); !got.Equal(on(t, "2026-11-25")) {
		t.Errorf("one after half past midnight = %s", got)
	}
}

func TestBounds(t *testing.T) {
	if got := (Calendar{}).AddWorkingDays(on(t, "2026-11-22"), -4); !got.Equal(on(t, "2026-11-23")) {
		t.Errorf("-4 after a Sunday = %s, want the Monday", got)
	}
	if got := (Calendar{}).AddWorkingDays(on(t, "2026-11-23"), 1<<40); got.Year() > 2029 {
		t.Errorf("very many = %s", got)
	}
}

func TestCheck(t *testing.T) {
	for _, bad := range []Calendar{{Country: "lu"}, {Closed: make([]Day, 401)}} {
		if bad.Check() == nil {
			t.Errorf("Check(%s, %d days) = nil, want an error", bad.Country, len(bad.Closed))
		}
	}
	var c Calendar
	if err := json.Unmarshal([]byte(`{"country":"fr-am","closed":["2026-05-15"]}`), &c); err != nil || c.Check() != nil || c.Working(on(t, "2026-05-15")) {
		t.Errorf("settings read as %+v, %v", c, err)
	}
	for _, bad := range []string{`{"closed":["15/05/2026"]}`, `{"closed":["2026-02-30"]}`, `{"closed":[5]}`} {
		if json.Unmarshal([]byte(bad), &c) == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
	if text, err := json.Marshal(Day{on(t, "2026-05-15")}); err != nil || string(text) != `"2026-05-15"` {
		t.Errorf("a day is written %s, %v", text, err)
	}
}

package core

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/nrn"
)

// The key of a line is told where it can be read, whatever else is wrong with the line; it
// is the same in both formats and however an affiliation number is spelled.
func TestReadKey(t *testing.T) {
	for name, test := range map[string]struct {
		kind   Kind
		format Format
		file   string
		want   []string // of the last line; nil: it cannot be told
	}{
		"cut":                      {KindCover, NDJSON, `{"member":"00-1","cover":"dental","since":"2026-`, nil},
		"a key that is wrong":      {KindCover, NDJSON, `{"member":"00-1","cover":"dental","since":"soon","status":"waiting"}`, nil},
		"a key that is missing":    {KindCover, NDJSON, `{"member":"00-1","cover":"dental","status":"waiting"}`, nil},
		"a key that stands twice":  {KindCover, NDJSON, `{"member":"00-1","member":"00-2","cover":"dental","since":"2026-01-01","status":"waiting"}`, nil},
		"columns that are missing": {KindCover, CSV, "member,cover,since,status\n00-1,dental,2026-01-01\n", nil},
		"a status that is wrong":   {KindCover, NDJSON, `{"member":"00-1","cover":"dental","since":"2026-01-01","status":"so so"}`, []string{"001", "dental", "2026-01-01"}},
		"a field nobody knows":     {KindCover, NDJSON, `{"member":"00-1","cover":"dental","since":"2026-01-01","status":"waiting","colour":"red"}`, []string{"001", "dental", "2026-01-01"}},
		"right, as CSV":            {KindCover, CSV, "member,cover,since,status\n00 1,dental,2026-01-01,waiting\n", []string{"001", "dental", "2026-01-01"}},
		"a second of the same":     {KindBranch, CSV, "code,name\nLG1,Liège\nLG1,Liège\n", []string{"LG1"}},
		"a flag that is not given": {KindTariff, NDJSON, `{"code":"101076","nature":"visit","from":"2026-01-01","fee":3,"with":2,"without":1}`, []string{"101076", "2026-01-01", "false"}},
		"a national number":        {KindMember, NDJSON, `{"national_number":"85.07.30-033.28"}`, []string{"85073003328"}},
	} {
		r, err := NewReader(strings.NewReader(test.file), test.kind, test.format, today)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r.Keyed()
		var last Read
		for {
			read, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			last = read
		}
		if !slices.Equal(last.Key, test.want) || (last.Key == nil) != (test.want == nil) {
			t.Errorf("%s: key %q, want %q", name, last.Key, test.want)
		}
	}
}

// A delivery that takes away more than the share is not believed, however few rows it is.
func TestTooMany(t *testing.T) {
	for _, test := range []struct {
		gone  Gone
		most  int
		taken bool
	}{
		{Gone{}, 0, true}, {Gone{Stand: 100, Removed: 10}, 10, true}, {Gone{Stand: 100, Removed: 10, Ended: 1}, 10, false},
		{Gone{Stand: 8, Removed: 1}, 10, false}, {Gone{Stand: 8, Removed: 8}, 99, false}, {Gone{Stand: 8, Ended: 8}, 100, true}, {Gone{Stand: 5, Ended: 1}, 0, false},
	} {
		if err := test.gone.TooMany(test.most); (err == nil) != test.taken {
			t.Errorf("%+v of at most %d %%: %v", test.gone, test.most, err)
		}
	}
}

func TestDelivered(t *testing.T) {
	d := NewDelivered(func(n nrn.Number) string { return "#" + n.Digits() })
	for kind, key := range map[Kind][]string{KindMember: {"85.07.30-033.28"}, KindCover: {"1", "dental", "2026-01-01"}} {
		if err := d.Add(kind, key); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Add(KindMember, []string{"85073003329"}); err == nil {
		t.Error("a number with wrong check digits is one of a member")
	}
	for _, test := range []struct {
		kind Kind
		key  []string
		want bool
	}{
		{KindMember, []string{"#85073003328"}, true}, {KindMember, []string{"85073003328"}, false}, {KindCover, []string{"1", "dental", "2026-01-01"}, true},
		{KindCover, []string{"1dental", "", "2026-01-01"}, false}, {KindSaving, []string{"1", "dental", "2026-01-01"}, false},
	} {
		if got := d.Holds(test.kind, test.key); got != test.want {
			t.Errorf("Holds(%s, %q) = %t", test.kind, test.key, got)
		}
	}
	var g Gone
	for range MostGoneRows + 1 {
		g.Note(GoneRow{Fate: Ends})
	}
	if g.Ended != MostGoneRows+1 || len(g.Rows) != MostGoneRows {
		t.Errorf("%d ended, %d told", g.Ended, len(g.Rows))
	}
}

// What goes on ends on the day before the data's, in Belgium.
func TestLastDay(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{"2026-11-20T22:59:00Z": "2026-11-19", "2026-11-20T23:00:00Z": "2026-11-20", "2028-03-01T12:00:00Z": "2028-02-29"} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := LastDay(moment, zone).Format(time.DateOnly); got != want {
			t.Errorf("LastDay(%s) = %s, want %s", at, got, want)
		}
	}
}

package refunds

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
)

func on(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at
}

func values(t testing.TB, text string) url.Values {
	q, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestParseRefuses(t *testing.T) {
	for query, want := range map[string][]mistake{
		"from=2026-02-30": {{"from", "refunds.error.date"}},
		"from=18760101":   {{"from", "refunds.error.date"}},
		"to=1850-01-01":   {{"to", "refunds.error.date"}},
		"from-day=31&from-month=2&from-year=2026":         {{"from-day", "refunds.error.day"}},
		"from-day=1&from-month=13&from-year=2026":         {{"from-month", "refunds.error.month"}},
		"from-day=1&from-month=1&from-year=26":            {{"from-year", "refunds.error.year"}},
		"care-to-day=&care-to-month=5&care-to-year=":      {{"care-to-year", "refunds.error.year"}},
		"from-day=-1&from-month=1&from-year=2026":         {{"from-day", "refunds.error.day"}},
		"from=2026-02-02&to=2026-02-01":                   {{"to", "refunds.error.order"}},
		"care-from=2026-02-02&care-to=2026-02-01":         {{"care-to", "refunds.error.order"}},
		"from=x&care-from=y":                              {{"care-from", "refunds.error.date"}, {"from", "refunds.error.date"}},
		"from-day=&from-month=&from-year=":                nil,
		"from=2026-02-02&to=2026-02-02":                   nil,
		"since=7&sort=colour&kind=gold&p=%27&after=a&t=x": nil, // left out
	} {
		if p := parse(values(t, query), 1); !slices.Equal(p.Wrong, want) {
			t.Errorf("parse(%s).Wrong = %v, want %v", query, p.Wrong, want)
		}
	}
}

func TestParse(t *testing.T) {
	base := filter{Since: 1, Sort: "-treated"}
	with := func(change func(*filter)) filter { f := base; change(&f); return f }
	for query, want := range map[string]filter{
		"": base,
		"since=7&sort=colour&kind=gold.third-party&p=%27&after=a&t=x&paid=cash": base,
		"since=12":                    with(func(f *filter) { f.Since = 12 }),
		"since=all":                   with(func(f *filter) { f.Since = wholeTime }),
		"since=3&from=2026-01-02":     with(func(f *filter) { f.Since, f.From = 0, on("2026-01-02") }),
		"care-to=2026-01-02":          with(func(f *filter) { f.CareTo = on("2026-01-02") }),
		"p=b.a.b":                     with(func(f *filter) { f.Persons = []auth.MemberID{"a", "b"} }),
		"kind=refund.maf.gold":        with(func(f *filter) { f.Kinds = []core.PaymentKind{core.Ceiling, core.Refund} }),
		"paid=professionals&kind=maf": with(func(f *filter) { f.Professionals = true }),
		"sort=amount&after=R-1":       with(func(f *filter) { f.Sort, f.After = "amount", "R-1" }),
		"t=R-1.R-2.R-1.r":             with(func(f *filter) { f.Ticks = []string{"R-1", "R-2"} }),
	} {
		if got := parse(values(t, query), 1); got.Form || !reflect.DeepEqual(got.filter, want) {
			t.Errorf("parse(%s) = %+v, want %+v", query, got.filter, want)
		}
	}
}

// A form is read as the address that it leads to.
func TestParseForm(t *testing.T) {
	form := parse(values(t, "p_b=1&p_a=1&k_refund=1&t=R-9&t_R-1=1&since=3&from-day=+2&from-month=1&from-year=2026&to-day=&to-month=&to-year="), 1)
	address := parse(values(t, "p=a.b&kind=refund&t=R-9.R-1&from=2026-01-02"), 1)
	if !form.Form || address.Form || !reflect.DeepEqual(form.filter, address.filter) {
		t.Errorf("form %+v\naddress %+v", form.filter, address.filter)
	}
}

func TestQuery(t *testing.T) {
	today := on("2027-03-31")
	for _, test := range []struct {
		f    filter
		from string
		n    int
	}{
		{filter{Since: 1}, "2027-02-28", 5}, {filter{Since: 12}, "2026-03-31", 5}, {filter{Since: 3}, "2026-12-31", 5},
		{filter{Since: 1, Professionals: true}, "2027-02-28", 1}, {filter{Since: 1, Kinds: []core.PaymentKind{core.Refund}}, "2027-02-28", 1},
	} {
		q := test.f.query(today)
		if !q.From.Equal(on(test.from)) || len(q.Kinds) != test.n || slices.Contains(q.Kinds, core.ThirdParty) != test.f.Professionals {
			t.Errorf("%+v asks for %+v", test.f, q)
		}
	}
	if q := (filter{Since: wholeTime}).query(today); !q.From.IsZero() || !q.To.IsZero() {
		t.Errorf("all asks for %+v", q)
	}
}

// Whatever an address says, its filter holds to its bounds and is written as an address
// that reads back as the same.
func FuzzParse(f *testing.F) {
	f.Add("p=a.b&since=3&kind=refund&t=R-1&sort=-amount&after=R-2")
	f.Add("p_a=1&k_maf=1&t_R-1=1&from-day=31&from-month=12&from-year=2026&paid=professionals")
	f.Add("from=2026-01-01&to=2025-01-01&care-from=0001-01-01&since=all")
	f.Add("t=" + strings.Repeat("A.", 500) + "&p=" + strings.Repeat("a.b.", 90))
	f.Fuzz(func(t *testing.T, text string) {
		q, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		p := parse(q, 1)
		if len(p.Persons) > maxPersons || len(p.Ticks) > maxTicks || len(p.Kinds) > len(ownKinds) || !slices.Contains(sorts, p.Sort) {
			t.Fatalf("parse(%q) is out of bounds: %+v", text, p.filter)
		}
		for _, reference := range append(p.Ticks, p.After) {
			if reference != "" && !isReference(reference) {
				t.Fatalf("parse(%q) has the reference %q", text, reference)
			}
		}
		written := p.values()
		again := parse(written, 1)
		if again.Form || !reflect.DeepEqual(again.filter, p.filter) && len(p.Wrong) == 0 {
			t.Fatalf("parse(%q) = %+v\nwritten as %s = %+v", text, p.filter, written.Encode(), again.filter)
		}
		p.query(on("2026-11-20"))
	})
}

package indemnities

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
)

// agenda is a store with the list of one day.
type agenda struct {
	day   Day
	err   error
	asked []string // "day after limit" of each reading
}

func (a *agenda) AppointmentsOf(_ context.Context, o auth.Officer, day time.Time, after VisitPlace, limit int) (Day, error) {
	a.asked = append(a.asked, fmt.Sprintf("%s %s %d", day.Format(time.DateOnly), after.Reference, limit))
	if o.ID == "" {
		return Day{}, errors.New("nobody reads")
	}
	return a.day, a.err
}

func visit(place, city, name, state string, at time.Time) Visit {
	return Visit{VisitPlace{place, city, at, "abcdefghijklmnopqrstuvwxya", "M-1"}, name, on("1985-07-30"), state}
}

func newAgenda(t *testing.T, visits ...Visit) (*areatest.Counter, *agenda) {
	a := &agenda{day: Day{Visits: visits, AsOf: areatest.Noon}}
	return areatest.New(t, &Desk{Store: a, Now: func() time.Time { return areatest.Noon }}), a
}

func asked(day, month, year string) string {
	return deskPath + "?" + url.Values{"on-day": {day}, "on-month": {month}, "on-year": {year}}.Encode()
}

func TestDeskRefused(t *testing.T) {
	c, a := newAgenda(t)
	c.Officer.Roles = slices.DeleteFunc(auth.Roles(), func(r auth.Role) bool { return r == auth.MedicalDesk })
	if p := c.Get(deskPath); p.Status != 403 || len(a.asked) > 0 {
		t.Errorf("the list for all roles but the desk's: %d", p.Status)
	}
	c.Officer.Roles = []auth.Role{auth.MedicalDesk}
	for _, test := range []struct{ name, path, field, want string }{
		{"a day before the range", asked("20", "10", "2026"), "on", "du 21 octobre 2026 au 20 novembre 2027"},
		{"a day behind it", asked("21", "11", "2027"), "on", "du 21 octobre 2026 au 20 novembre 2027"},
		{"a day that is none", asked("31", "11", "2026"), "on-day", "Corrigez le jour de la date"},
		{"no month", asked("1", "", "2026"), "on-month", "un nombre de 1 à 12"},
		{"a year of two digits", asked("1", "12", "26"), "on-year", "quatre chiffres"},
		{"mark-up", asked("<b>", "12", "2026"), "on-day", "Corrigez le jour"},
		{"far out of an int", asked("99999999999999999999", "12", "2026"), "on-day", "Corrigez le jour"},
	} {
		p := c.Get(test.path)
		if got := strings.ReplaceAll(p.Text(".errors a"), "\u00a0", " "); p.Status != 422 || !strings.Contains(got, test.want) {
			t.Errorf("%s: %d %q, want %q", test.name, p.Status, got, test.want)
		}
		if got := p.Links(".errors"); len(got) != 1 || got[0] != "#"+test.field || len(p.All(got[0])) != 1 {
			t.Errorf("%s leads to %v, want #%s", test.name, got, test.field)
		}
	}
	if len(a.asked) > 0 {
		t.Errorf("what is refused was read: %q", a.asked)
	}
	a.err = errors.New("no store")
	if p := c.Get(deskPath); p.Err == nil {
		t.Error("an error of the store is lost")
	}
}

func TestDesk(t *testing.T) {
	c, a := newAgenda(t,
		visit("Liège", "Liège", "Mathieu Delcourt", "set", time.Date(2026, 11, 20, 7, 5, 0, 0, time.UTC)),
		visit("Liège", "Liège", "Nora <Delcourt>", "moved", areatest.Noon),
		visit("Médecin-conseil", "Liège", "Ada Marchal", "cancelled", areatest.Noon),
		visit("Médecin-conseil", "Namur", "Bea Simon", "done", areatest.Noon), visit("Médecin-conseil", "Namur", "Cléo Simon", "unheard-of", areatest.Noon))
	for _, l := range locale.Languages() {
		c.Lang = l
		p := c.Get(deskPath)
		if tables := p.All("table"); p.Status != 200 || len(tables) != 3 {
			t.Fatalf("%s: %d with %d tables, %v", l, p.Status, len(tables), p.Err)
		}
		body := string(p.Body)
		for _, want := range []string{"<caption>Liège</caption>", "<caption>Médecin-conseil, Liège</caption>", "<caption>Médecin-conseil, Namur</caption>", "Mathieu Delcourt", "Nora &lt;Delcourt&gt;",
			locale.Date(l, on("1985-07-30")), locale.Time(l, time.Date(2026, 11, 20, 7, 5, 0, 0, time.UTC)), "unheard-of", locale.Date(l, areatest.Noon)} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %q", l, want)
			}
		}
		for _, state := range []string{"set", "moved", "cancelled", "done"} {
			if !strings.Contains(body, locale.T(l, "indemnities.appointment."+state)) {
				t.Errorf("%s: state %s is not said", l, state)
			}
		}
		for _, never := range []string{"abcdefghijklmnopqrstuvwxya", "M-1", "indemnities.desk", "after="} {
			if strings.Contains(body, never) {
				t.Errorf("%s: the page has %q", l, never)
			}
		}
	}
	if want := "2026-11-20  50"; a.asked[0] != want {
		t.Errorf("read %q, want %q", a.asked[0], want)
	}
}

// The days beside it, no further than the desk sees; a day without anybody; the next page.
func TestDeskDays(t *testing.T) {
	c, a := newAgenda(t)
	for _, test := range []struct {
		path string
		want []string // in the order of the page
	}{
		{deskPath, []string{"on-day=19&on-month=11&on-year=2026", "on-day=21&on-month=11&on-year=2026"}},
		{asked("31", "12", "2026"), []string{"on-day=30&on-month=12&on-year=2026", deskPath, "on-day=1&on-month=1&on-year=2027"}},
		{asked("21", "10", "2026"), []string{deskPath, "on-day=22&on-month=10&on-year=2026"}},
		{asked("20", "11", "2027"), []string{"on-day=19&on-month=11&on-year=2027", deskPath}},
	} {
		p := c.Get(test.path)
		got := p.Links("main nav")
		if p.Status != 200 || !slices.EqualFunc(got, test.want, strings.HasSuffix) {
			t.Errorf("%s: %d, leads to %q, want %q", test.path, p.Status, got, test.want)
		}
		if !strings.Contains(string(p.Body), "Aucun rendez-vous ce jour") {
			t.Errorf("%s: the empty day is not said", test.path)
		}
	}
	a.day = Day{Visits: []Visit{visit("Liège", "Liège", "Mathieu Delcourt", "set", areatest.Noon)}, More: true}
	next := c.Get(asked("1", "12", "2026")).Links("main")
	i := slices.IndexFunc(next, func(l string) bool { return strings.Contains(l, "after=") })
	if i < 0 {
		t.Fatalf("no next page in %q", next)
	}
	a.day = Day{}
	p := c.Get(strings.TrimPrefix(next[i], "/fr/"))
	if last := a.asked[len(a.asked)-1]; last != "2026-12-01 M-1 50" || !strings.Contains(string(p.Body), "est terminée") {
		t.Errorf("the next page reads %q", last)
	}
	if got := p.Links("main"); !slices.ContainsFunc(got, func(l string) bool { return strings.HasSuffix(l, "?on-day=1&on-month=12&on-year=2026") }) {
		t.Errorf("no way back to the start among %q", got)
	}
}

// What parsePlace takes is what String writes, and PostgreSQL takes it.
func FuzzVisitPlace(f *testing.F) {
	f.Add("")
	f.Add(visit("Liège", "", "", "", areatest.Noon).VisitPlace.String())
	f.Add(VisitPlace{Place: "a\x00", Member: "abcdefghijklmnopqrstuvwxya"}.String())
	f.Fuzz(func(t *testing.T, s string) {
		p := parsePlace(s)
		if p == (VisitPlace{}) {
			return
		}
		if strings.ContainsRune(p.Place+p.City+p.Reference, 0) || len(s) > maxAfter {
			t.Fatalf("taken: %+v", p)
		}
		if again := parsePlace(p.String()); again != p && len(p.String()) <= maxAfter {
			t.Fatalf("%+v is read again as %+v", p, again)
		}
	})
}

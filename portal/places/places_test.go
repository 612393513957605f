package places

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/areatest"
	"guichet.example/portal/core"
	"guichet.example/portal/locale"
)

type fakeStore struct {
	asked    []Query
	branches []core.Branch // instead of two
}

func (s *fakeStore) Branches(context.Context, string) ([]core.Branch, error) {
	if s.branches != nil {
		return s.branches, nil
	}
	hours := "mon 08:30-12:30 13:30-17:00; tue 08:30-12:30 13:30-17:00; fri 08:30-12:30 13:30-16:00; sat 25:00-26:00"
	return []core.Branch{
		{Code: "B1", Name: "Arlon", City: "Arlon", Postcode: "6700", Latitude: 49_683_000, Longitude: 5_816_000, Hours: "tue 09:00-12:30", Services: "advice"},
		{Code: "B2", Name: "Liège", City: "Liège", Postcode: "4000", Latitude: 50_640_000, Longitude: 5_571_000, Hours: hours, Services: "advice,kiosk,secret", Wheelchair: true},
	}, nil
}

func (s *fakeStore) Where(_ context.Context, _, code string) (core.Postcode, bool, error) {
	return core.Postcode{Code: code, Latitude: 50_633_000, Longitude: 5_567_000}, code == "4020", nil
}

func (s *fakeStore) Providers(_ context.Context, _ string, q Query, _ int) ([]core.Provider, string, error) {
	s.asked = append(s.asked, q)
	return []core.Provider{
		{Number: "1", Name: "Peeters Anne", Profession: "doctor", Status: "full", City: "Liège"},
		{Number: "2", Name: "Peeters Jan", Profession: "dentist", Status: "partial", Hours: "wed 14:00-18:00"},
		{Number: "3", Name: "Peeters Luc", Profession: "osteopath", Status: "none"},
	}, "peeters luc~3", nil
}

func (s *fakeStore) Ages(context.Context, string) (map[core.Kind]time.Time, error) {
	return map[core.Kind]time.Time{core.KindProvider: areatest.Noon, core.KindBranch: areatest.Noon}, nil
}

func newDesk(t *testing.T) (*areatest.Counter, *fakeStore, *bool) {
	s, full := &fakeStore{}, false
	return areatest.New(t, &Places{Store: s, Mutuality: "tilleuls", Working: func(time.Time) bool { return true }, Now: func() time.Time { return areatest.Noon },
		Spend: func(c *gin.Context) bool {
			if full {
				c.Status(http.StatusTooManyRequests)
			}
			return !full
		}}), s, &full
}

// What is no postcode is told; the nearest comes first; open and closed by the clock.
func TestBranches(t *testing.T) {
	for _, l := range locale.Languages() {
		d, _, full := newDesk(t)
		d.Lang = l
		for _, wrong := range []string{"40", "abcd", "99999", "9999", "%27"} {
			if p := d.Get(branchesPath + "?postcode=" + wrong); p.Status != http.StatusUnprocessableEntity || len(p.All("tbody tr")) != 2 {
				t.Errorf("postcode %s: %d", wrong, p.Status)
			}
		}
		p := d.Get(branchesPath + "?postcode=4020")
		text := p.Text("main")
		if p.Status != http.StatusOK || strings.Index(text, "4000 Liège") > strings.Index(text, "6700 Arlon") {
			t.Errorf("%s: the nearest is not first: %q, %d", l, text, p.Status)
		}
		for _, want := range []string{locale.T(l, "places.open"), locale.T(l, "places.closed"), locale.T(l, "places.service.kiosk"), locale.T(l, "places.wheelchair"), "km"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: lacks %q", l, want)
			}
		}
		if strings.Contains(text, "places.") || strings.Contains(text, "secret") || strings.Contains(text, "25:00") {
			t.Errorf("%s: says %q", l, text)
		}
		*full = true
		if p := d.Get(branchesPath + "?postcode=4020"); p.Status != http.StatusTooManyRequests {
			t.Errorf("who searches without end: %d", p.Status)
		}
		if p := d.Get(branchesPath); p.Status != http.StatusOK {
			t.Errorf("the list itself: %d", p.Status)
		}
	}
}

// Whether a kiosk is there, said once, whether it is a fact or a service; and a long
// list is shown in part, or whole, to be printed.
func TestManyBranches(t *testing.T) {
	d, s, _ := newDesk(t)
	for i := range 45 {
		s.branches = append(s.branches, core.Branch{Code: fmt.Sprintf("B%02d", i), Name: fmt.Sprintf("Agence %02d", i), City: "Liège", Postcode: "4000",
			Latitude: 50_640_000 + int64(i)*1000, Longitude: 5_571_000, Kiosk: i < 2, Services: []string{"advice", "kiosk"}[i%2]})
	}
	p := d.Get(branchesPath + "?postcode=4020")
	if got := len(p.All("tbody tr")); got != perPage {
		t.Fatalf("%d branches on a page", got)
	}
	if text := p.Text("main"); !strings.Contains(text, "Agence 00") || strings.Contains(text, "Agence 30") {
		t.Errorf("not the nearest: %q", text)
	}
	all := branchesPath + "?all=1&postcode=4020"
	if !slices.Contains(p.Links("main"), "/fr/"+all) {
		t.Errorf("no way to all: %v", p.Links("main"))
	}
	p = d.Get(all)
	if got := len(p.All("tbody tr")); got != 45 || slices.Contains(p.Links("main"), "/fr/"+all) {
		t.Errorf("all are %d", got)
	}
	if got := strings.Count(p.Text("main"), locale.T(locale.FR, "places.service.kiosk")); got != 23 {
		t.Errorf("%d branches with a kiosk, want 23", got)
	}
}

// A search by name and place, with what the status means.
func TestDoctors(t *testing.T) {
	for _, l := range locale.Languages() {
		d, s, full := newDesk(t)
		d.Lang = l
		for _, wrong := range []string{"?name=a", "?place=4000", "?name=" + strings.Repeat("x", 80)} {
			if p := d.Get(doctorsPath + wrong); p.Status != http.StatusUnprocessableEntity || len(s.asked) != 0 {
				t.Errorf("%s: %d", wrong, p.Status)
			}
		}
		p := d.Get(doctorsPath + "?name=P%C3%A9%C3%A9ters&place=Li%C3%A8ge")
		if len(s.asked) != 1 || s.asked[0].Name != "peeters" || s.asked[0].Place != "liege" {
			t.Errorf("asked %+v", s.asked)
		}
		text := p.Text("main")
		for _, want := range []string{"Peeters Anne", locale.T(l, "places.status.full"), locale.T(l, "places.status.partial"), locale.T(l, "places.status.none.price"), "14:00–\u206018:00"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: lacks %q in %q", l, want, text)
			}
		}
		if strings.Contains(text, "places.") || len(p.All(`a[rel=next]`)) != 1 {
			t.Errorf("%s: says %q", l, text)
		}
		*full = true
		if p := d.Get(doctorsPath + "?name=peeters"); p.Status != http.StatusTooManyRequests {
			t.Errorf("who searches without end: %d", p.Status)
		}
	}
}

func TestDistance(t *testing.T) {
	if got := distance(50_850_000, 4_350_000, 50_640_000, 5_571_000); got < 88_000 || got > 90_000 {
		t.Errorf("Brussels to Liège = %.0f m", got)
	}
}

func FuzzWeek(f *testing.F) {
	f.Add("mon 08:30-12:30 13:30-17:00; tue 09:00-12:30")
	f.Fuzz(func(t *testing.T, text string) {
		for _, day := range weekOf(text) {
			for _, span := range day {
				if !isSpan(span) {
					t.Fatalf("%q", span)
				}
			}
		}
	})
}

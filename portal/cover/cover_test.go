package cover

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/areatest"
	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/people"
)

func on(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

type fakeStore struct {
	file File
	err  error
}

func (s *fakeStore) Cover(context.Context, auth.Login) (File, error) { return s.file, s.err }

func newDesk(t *testing.T) (*areatest.Counter, *fakeStore) {
	s := &fakeStore{file: File{
		Affiliation: "0412-77-318", Street: "Rue des Clarisses 8", Postcode: "4000", City: "Liège", Imported: areatest.Noon.Add(-time.Hour), CoverAs: areatest.Noon,
		Persons: []Person{
			{Person: people.Person{Member: "mathieu", Name: "Mathieu Delcourt", Birth: on("1985-07-30"), Self: true, Role: core.RoleHolder}, Affiliation: "0412-77-318",
				Covers: []core.Cover{{Cover: core.Compulsory, Status: core.Increased, Since: on("2020-01-01"), Code: "111/111"}, {Cover: core.Dental, Status: core.Waiting, Since: on("2026-09-01")}}},
			{Person: people.Person{Member: "nora", Name: "Nora Delcourt", Birth: on("2012-02-29"), Role: core.RoleChild}, Affiliation: "17073003384", Since: on("2012-03-01"),
				Covers: []core.Cover{{Cover: core.Compulsory, Status: core.Suspended, Since: on("2024-01-01")}}},
		},
	}}
	return areatest.New(t, &Cover{Store: s, Now: func() time.Time { return areatest.Noon }}), s
}

func TestCoverRefuses(t *testing.T) {
	d, s := newDesk(t)
	d.Login.Assurance = auth.None
	if p := d.Get(coverPath); p.Status != 403 || p.Err == nil {
		t.Errorf("without assurance: %d, %v", p.Status, p.Err)
	}
	d.Login.Assurance = auth.Low
	if p := d.Get(coverPath); p.Status != 200 {
		t.Errorf("with a password: %d, %v", p.Status, p.Err)
	}
	s.err = errors.New("disk")
	if p := d.Get(coverPath); !errors.Is(p.Err, s.err) {
		t.Errorf("error of the store: %v", p.Err)
	}
}

func TestCoverPage(t *testing.T) {
	d, s := newDesk(t)
	p := d.Get(coverPath)
	text := p.Text("main")
	for _, want := range []string{"0412-77-318", "Rue des Clarisses 8, 4000 Liège", "Mathieu Delcourt (vous)", "intervention majorée", "En stage d’attente",
		"Suspendue", "1er janv. 2020", "Code 111/111", "Nora Delcourt", "Né(e) le 29 février 2012", "Données du 20 novembre 2026"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	for kind, want := range map[core.Insurance]bool{core.Compulsory: true, core.Hospital: false} {
		s.file.Persons[1].Covers = []core.Cover{{Cover: kind, Status: core.InForce, Since: on("2024-01-01")}}
		if text := d.Get(coverPath).Text("main"); strings.Contains(text, "au tarif normal") != want {
			t.Errorf("the rate beside the %s insurance: %s", kind, text)
		}
	}
	if strings.Contains(text, "17073003384") || !strings.Contains(text, "84") {
		t.Error("a membership number that is a national number is not masked")
	}
	if links := strings.Join(p.Links("main"), " "); !strings.Contains(links, "/fr/requests/contact?subject=my-data") || !strings.Contains(links, "/fr/help/glossary?next=cover#increased-reimbursement") || !strings.Contains(links, "/fr/account/people") {
		t.Errorf("links: %s", links)
	}
	s.file.Persons = s.file.Persons[:1]
	s.file.Persons[0].Covers = nil
	if text := d.Get(coverPath).Text("main"); !strings.Contains(text, "pas encore de données") || strings.Contains(text, "carnet de mutuelle") {
		t.Errorf("without data: %s", text)
	}
}

// An address that is not known is told as such, and one abroad with its country.
func TestCoverAddress(t *testing.T) {
	d, s := newDesk(t)
	s.file.Country = "PT"
	if text := d.Get(coverPath).Text("main"); !strings.Contains(text, "4000 Liège, Portugal") {
		t.Errorf("abroad: %s", text)
	}
	s.file.Street, s.file.Postcode, s.file.City = "", "", ""
	if text := d.Get(coverPath).Text("main"); !strings.Contains(text, "Adresse Nous ne l’avons pas") {
		t.Errorf("not known: %s", text)
	}
}

func TestCoverInEachLanguage(t *testing.T) {
	d, s := newDesk(t)
	for _, l := range locale.Languages() {
		d.Lang = l
		for _, role := range []core.Role{core.RolePartner, core.RoleChild, core.RoleOther, core.RoleHolder} {
			s.file.Persons[1].Role = role
			for _, kind := range []core.Insurance{core.Compulsory, core.Complementary, core.Hospital, core.Dental} {
				for _, status := range []core.CoverStatus{core.InForce, core.Increased, core.Waiting, core.Suspended, core.Ended} {
					s.file.Persons[1].Covers = []core.Cover{{Cover: kind, Status: status, Since: on("2024-01-01")}, {Cover: kind, Status: status, Since: on("2027-01-01")}}
					if text := d.Get(coverPath).Text("main"); strings.Contains(text, "cover.") {
						t.Errorf("%s %s %s %s: %s", l, role, kind, status, text)
					}
				}
			}
		}
	}
}

func TestPositionOf(t *testing.T) {
	today := on("2026-12-31")
	for name, test := range map[string]struct {
		cover core.Cover
		want  Position
	}{
		"holds":                          {core.Cover{Status: core.InForce, Since: on("2026-01-01")}, InForce},
		"ends today":                     {core.Cover{Status: core.InForce, Since: on("2026-01-01"), Until: today}, InForce},
		"ended yesterday, still said so": {core.Cover{Status: core.Increased, Since: on("2026-01-01"), Until: on("2026-12-30")}, Ended},
		"begins tomorrow":                {core.Cover{Status: core.InForce, Since: on("2027-01-01")}, Later},
		"ended by status":                {core.Cover{Status: core.Ended, Since: on("2026-01-01")}, Ended},
	} {
		if got := PositionOf(test.cover, today); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	all := []core.Cover{
		{Cover: core.Compulsory, Since: on("2010-01-01"), Until: on("2019-12-31")}, {Cover: core.Compulsory, Since: on("2020-01-01"), Until: on("2025-12-31")},
		{Cover: core.Hospital, Since: on("2020-01-01"), Status: core.InForce}, {Cover: core.Hospital, Since: on("2010-01-01"), Until: on("2019-12-31")},
	}
	if got := Shown(all, today); len(got) != 2 || !got[0].Since.Equal(on("2020-01-01")) || got[1].Status != core.InForce {
		t.Errorf("Shown = %+v", got)
	}
}

package indemnities

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/areatest"
	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/people"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

func on(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

var (
	mathieu = people.Person{Member: "mathieu", Name: "Mathieu Delcourt", Self: true}
	nora    = people.Person{Member: "nora", Name: "Nora Delcourt"}
)

type fakeStore struct {
	overview Overview
	err      error
	asked    span
}

func (s *fakeStore) Indemnities(context.Context, auth.Login) (Overview, error) {
	return s.overview, s.err
}

func (s *fakeStore) Appointment(_ context.Context, _ auth.Login, id string) (Appointment, error) {
	for _, a := range s.overview.Appointments {
		if a.ID() == id {
			return a, s.err
		}
	}
	return Appointment{}, ErrNotFound
}

func (s *fakeStore) Paid(_ context.Context, _ auth.Login, person auth.MemberID, from, to time.Time) (Paid, error) {
	if person != "mathieu" && person != "nora" {
		return Paid{}, ErrNotFound
	}
	s.asked = span{from, to}
	own := document.Person{Name: "Mathieu Delcourt", Birth: on("1985-07-30"), Affiliation: "17073003384"}
	return Paid{Member: own, Beneficiary: own, AsOf: areatest.Noon.Add(-24 * time.Hour)}, s.err
}

func (s *fakeStore) Visible(context.Context, auth.Login) ([]people.Person, error) {
	return []people.Person{mathieu, nora}, s.err
}

type fakeIssuer struct {
	acts map[string]document.Indemnities
	err  error
}

func (i *fakeIssuer) Issue(_ context.Context, _ auth.Login, act document.Act, key string) (string, error) {
	if i.err == nil {
		i.acts[key] = act.(document.Indemnities)
	}
	return "doc-" + key, i.err
}

type desk struct {
	*areatest.Counter
	store  *fakeStore
	issuer *fakeIssuer
}

func newDesk(t *testing.T) *desk {
	appointment := func(of people.Person, reference, state string, at time.Time) Appointment {
		return Appointment{of, core.Appointment{Reference: reference, At: at, Place: "Liège", Street: "Rue du Pont 1", Postcode: "4000", City: "Liège", Bring: "identity, imaging,<x>", State: state}}
	}
	d := &desk{issuer: &fakeIssuer{acts: map[string]document.Indemnities{}}, store: &fakeStore{overview: Overview{
		Persons: []people.Person{mathieu, nora}, AsOf: areatest.Noon,
		Periods:      []Period{{mathieu, core.Incapacity{Since: on("2026-10-01"), Kind: "accident", State: "accepted"}}, {nora, core.Incapacity{Since: on("2025-01-01"), Until: on("2025-02-28"), Kind: "unheard-of", State: "unheard-of"}}},
		Appointments: []Appointment{appointment(mathieu, "M-1", "moved", areatest.Noon.Add(48*time.Hour)), appointment(nora, "M-2", "cancelled", areatest.Noon.Add(24*time.Hour)), appointment(mathieu, "M-3", "set", areatest.Noon.Add(-time.Hour))},
		Payments:     []Payment{{mathieu, core.Indemnity{Paid: on("2026-11-10"), From: on("2026-10-01"), To: on("2026-10-31"), Days: 1, Daily: 5_647, Gross: 5_647, Tax: 647, Net: 5_000, Last4: "7034"}}},
	}}}
	d.Counter = areatest.New(t, &Indemnities{Store: d.store, Issuer: d.issuer, Now: func() time.Time { return areatest.Noon },
		Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"}})
	return d
}

// answers is a statement of a whole year, with changes.
func answers(change ...string) url.Values {
	v := url.Values{"person": {"mathieu"}, "period": {"2025"}, "language": {"de"}, "key": {strings.Repeat("a", 26)}}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// dates are answers with dates of her own, written "1 4 2026".
func dates(from, to string) url.Values {
	v := answers("period", otherPeriod)
	for field, text := range map[string]string{"from": from, "to": to} {
		parts := append(strings.Split(text, " "), "", "")
		v.Set(field+"-day", parts[0])
		v.Set(field+"-month", parts[1])
		v.Set(field+"-year", parts[2])
	}
	return v
}

func TestStatementRefused(t *testing.T) {
	for _, test := range []struct {
		name, field, want string
		form              url.Values
	}{
		{"no period", periodField, "Choisissez une année", answers("period", "")},
		{"next year", periodField, "Choisissez une année", answers("period", "2027")},
		{"eleven years", periodField, "envoyez une demande", answers("period", "2016")},
		{"year in words", periodField, "Choisissez une année", answers("period", "+202")},
		{"no language", languageField, "langue du document", answers("language", "")},
		{"another language", languageField, "langue du document", answers("language", "es")},
		{"no first day", "from-day", "Corrigez le jour de la première date", dates("", "31 12 2025")},
		{"thirteenth month", "to-month", "un nombre de 1 à 12", dates("1 1 2025", "1 13 2025")},
		{"two-digit year", "from-year", "quatre chiffres", dates("1 1 25", "31 12 2025")},
		{"29 February of 2025", "from-day", "Corrigez le jour", dates("29 2 2025", "31 12 2025")},
		{"a year and a day", toField, "jusqu’au 31 mars 2026", dates("1 4 2025", "1 4 2026")},
		{"from 29 February, a day too many", toField, "jusqu’au 28 février 2025", dates("29 2 2024", "1 3 2025")},
		{"ends before it begins", toField, "après la première", dates("2 4 2025", "1 4 2025")},
		{"before the ten years", fromField, "1er janvier 2017", dates("31 12 2016", "1 1 2017")},
		{"begins tomorrow", fromField, "dans l’avenir", dates("21 11 2026", "22 11 2026")},
	} {
		d := newDesk(t)
		p := d.Post(statementPath, test.form)
		if p.Status != 422 || len(d.issuer.acts) != 0 {
			t.Errorf("%s: %d, %v", test.name, p.Status, p.Err)
			continue
		}
		if got := strings.ReplaceAll(p.Text(".errors a"), "\u00a0", " "); !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if got := p.Links(".errors"); len(got) != 1 || got[0] != "#"+test.field || len(p.All(got[0])) != 1 {
			t.Errorf("%s leads to %v, want #%s", test.name, got, test.field)
		}
		kept := p.Form("/fr/" + statementPath)
		for _, field := range []string{"from-day", "to-year", "key"} {
			if kept.Get(field) != test.form.Get(field) {
				t.Errorf("%s: %s is %q", test.name, field, kept.Get(field))
			}
		}
	}
}

func TestStatementOfOthersAndWithoutSeal(t *testing.T) {
	d := newDesk(t)
	if p := d.Post(statementPath, answers("person", "tom")); !errors.Is(p.Err, ErrNotFound) {
		t.Errorf("of somebody else: %v", p.Err)
	}
	d.issuer.err = signing.ErrSealKey
	if p := d.Post(statementPath, answers()); p.Status != 503 || !strings.Contains(p.Text(".banner"), "sceau") || p.Form("/fr/"+statementPath).Get("key") != strings.Repeat("a", 26) {
		t.Errorf("without a seal: %d, %s", p.Status, p.Text("main"))
	}
	d.issuer.err = &document.FieldError{Field: "member.name", Reason: document.ErrGlyph}
	if p := d.Post(statementPath, answers()); p.Status != 422 || !strings.Contains(p.Text(".banner"), "ne s’imprime pas") {
		t.Errorf("a name without letters of ours: %d, %s", p.Status, p.Text("main"))
	}
	d.issuer.err = errors.New("disk")
	if p := d.Post(statementPath, answers()); !errors.Is(p.Err, d.issuer.err) {
		t.Errorf("a fault: %v", p.Err)
	}
	d.Login.Assurance = auth.None
	for _, path := range []string{listPath, statementPath} {
		if p := d.Get(path); p.Status != 403 {
			t.Errorf("%s without assurance: %d", path, p.Status)
		}
	}
}

func TestStatement(t *testing.T) {
	for _, test := range []struct {
		form     url.Values
		from, to string
	}{
		{answers(), "2025-01-01", "2025-12-31"}, {answers("period", "2017"), "2017-01-01", "2017-12-31"}, {answers("person", ""), "2025-01-01", "2025-12-31"},
		{answers("period", "2026"), "2026-01-01", "2026-12-31"}, {dates("1 4 2025", "31 3 2026"), "2025-04-01", "2026-03-31"},
		{dates("29 2 2024", "28 2 2025"), "2024-02-29", "2025-02-28"}, {dates("20 11 2026", "20 11 2026"), "2026-11-20", "2026-11-20"},
	} {
		d := newDesk(t)
		p := d.Post(statementPath, test.form)
		if p.Status != 303 || p.Location() != "/fr/documents/doc-"+strings.Repeat("a", 26) {
			t.Errorf("%v: %d to %q, %v", test.form, p.Status, p.Location(), p.Err)
			continue
		}
		act := d.issuer.acts[strings.Repeat("a", 26)]
		act.Reference = "GC"
		if d.store.asked != (span{on(test.from), on(test.to)}) || act.Language != document.DE || !act.DataAsOf.Equal(on("2026-11-19")) || act.Validate() != nil {
			t.Errorf("%v: %+v, %v", test.form, act, act.Validate())
		}
		if act.Member.Affiliation != "" {
			t.Error("a national number is printed as a membership number")
		}
	}
}

func TestStatementInAnotherLanguage(t *testing.T) {
	d := newDesk(t)
	form := dates("1 4 2025", "")
	form.Set("switch", "1")
	d.Lang = locale.NL
	p := d.Post(statementPath, form)
	if kept := p.Form("/nl/" + statementPath); p.Status != 200 || len(p.All(".errors")) != 0 || kept.Get("from-month") != "4" || len(d.issuer.acts) != 0 {
		t.Errorf("switched: %d, %v", p.Status, kept)
	}
	d.Lang = locale.FR
	years := d.Get(statementPath).All("#period option")
	if len(years) != 11 {
		t.Errorf("%d choices, want ten years and dates of her own", len(years))
	}
}

func TestOverviewPage(t *testing.T) {
	d := newDesk(t)
	p := d.Get(listPath)
	text := strings.ReplaceAll(p.Text("main"), "\u00a0", " ")
	for _, want := range []string{"22 novembre 2026 à 14 h 08", "Rue du Pont 1, 4000 Liège", "carte d’identité, radios et images", "Déplacé", "Annulé", "Passé",
		"Continue", "Accident", "Autre", "1 jour à 56,47 EUR", "compte se terminant par 7034", "vous quittez le guichet"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if banner := p.Text(".banner"); !strings.Contains(banner, "a été déplacé") {
		t.Errorf("banner: %s", banner)
	}
	links := strings.Join(p.Links("main"), " ")
	if strings.Count(links, "calendar.ics") != 1 || !strings.Contains(links, "https://www.openstreetmap.org/search?query=Rue+du+Pont+1") || strings.Contains(links, "M-1") {
		t.Errorf("links: %s", links)
	}
	file := d.Get(strings.TrimPrefix(p.Links(".panel .actions")[0], "/fr/"))
	if body := unfolded(file.Body); file.Status != 200 || file.Header.Get("Content-Type") != "text/calendar; charset=utf-8" ||
		!strings.Contains(body, "DTSTART:20261122T130800Z") || !strings.Contains(body, "SEQUENCE:1") || !strings.Contains(body, "SUMMARY:Rendez-vous Mutualité des Tilleuls") {
		t.Errorf("calendar file: %d, %s", file.Status, body)
	}
	if p := d.Get("indemnities/appointments/x/calendar.ics"); !errors.Is(p.Err, ErrNotFound) {
		t.Errorf("nobody's appointment: %v", p.Err)
	}
}

func TestIndemnitiesInEachLanguage(t *testing.T) {
	for _, l := range locale.Languages() {
		for _, empty := range []bool{false, true} {
			d := newDesk(t)
			d.Lang = l
			if empty {
				d.store.overview = Overview{Persons: []people.Person{mathieu}}
			}
			for _, path := range []string{listPath, statementPath} {
				if p := d.Get(path); p.Status != 200 || strings.Contains(p.Text("main"), "indemnities.") || strings.Contains(p.Text("main"), "rights.") {
					t.Errorf("%s %s: %d, %v, %s", l, path, p.Status, p.Err, p.Text("main"))
				}
			}
		}
	}
}

// A mutuality that keeps fewer years offers those, and refuses one before them.
func TestStatementYears(t *testing.T) {
	d := newDesk(t)
	d.Counter = areatest.New(t, &Indemnities{Store: d.store, Issuer: d.issuer, Now: func() time.Time { return areatest.Noon }, Years: 2})
	if p := d.Post(statementPath, answers("period", "2023")); p.Status != 422 || !strings.Contains(strings.ReplaceAll(string(p.Body), "\u00a0", " "), "1er janvier 2024") || len(d.issuer.acts) != 0 {
		t.Errorf("the year before the first: %d", p.Status)
	}
	body := string(d.Get(statementPath).Body)
	if !strings.Contains(body, `value="2024"`) || strings.Contains(body, `value="2023"`) {
		t.Error("the years offered are not those three")
	}
}

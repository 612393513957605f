package orders

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

type fakeStore struct {
	areatest.Drafts
	person  Person
	alone   bool // nobody else is seen
	more    []people.Person
	earlier []Earlier

	certificates []Certificate
	err          error
}

func (s *fakeStore) Orderer(context.Context, auth.Login) (Person, error) { return s.person, s.err }

func (s *fakeStore) Visible(context.Context, auth.Login) ([]people.Person, error) {
	seen := append([]people.Person{{Member: "mathieu", Name: s.person.Name, Self: true}, {Member: "nora", Name: "Nora Delcourt"}}, s.more...)
	if s.alone {
		seen = seen[:1]
	}
	return seen, s.err
}

func (s *fakeStore) Ordered(context.Context, auth.Login, document.Kind, time.Time) ([]Earlier, error) {
	return s.earlier, s.err
}

func (s *fakeStore) Certificates(context.Context, auth.Login) ([]Certificate, error) {
	return s.certificates, s.err
}

func (s *fakeStore) Certificate(_ context.Context, _ auth.Login, person auth.MemberID) (Certificate, error) {
	for _, one := range s.certificates {
		if one.Member == person {
			return one, s.err
		}
	}
	return Certificate{}, people.ErrNotVisible
}

type fakeFreezer struct {
	acts  map[string]document.EHICOrder
	posts map[string]document.PostOrder
	whom  map[string][]auth.MemberID
	err   error
}

func (f *fakeFreezer) Method(login auth.Login, _ document.Act) string {
	return map[auth.Method]string{auth.Card: "signature", auth.Federal: "approval", auth.Password: "receipt"}[login.Method]
}

func (f *fakeFreezer) FreezeFor(_ context.Context, _ auth.Login, act document.Act, whom []auth.MemberID, key string) (string, error) {
	if f.err != nil {
		return "", f.err
	}
	f.whom[key] = whom
	if post, ok := act.(document.PostOrder); ok {
		f.posts[key] = post
		return "request-of-" + key, nil
	}
	if _, ok := f.acts[key]; !ok {
		f.acts[key] = act.(document.EHICOrder)
	}
	return "request-of-" + key, nil
}

type desk struct {
	*areatest.Counter
	store   *fakeStore
	freezer *fakeFreezer
	issuer  *fakeIssuer
}

func newDesk(t *testing.T) *desk {
	d := &desk{issuer: &fakeIssuer{acts: map[string]document.EHICCertificate{}}, freezer: &fakeFreezer{acts: map[string]document.EHICOrder{}, posts: map[string]document.PostOrder{}, whom: map[string][]auth.MemberID{}}}
	d.store = &fakeStore{person: Person{Name: "Mathieu Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC),
		Affiliation: "0412-77-318", Postal: page.Postal{Street: "Rue des Clarisses 8", Postcode: "4000", City: "Liège"}}}
	d.Counter = areatest.New(t, &Orders{
		Store: d.store, Freezer: d.freezer, Issuer: d.issuer, Now: func() time.Time { return areatest.Noon },
		Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"},
	})
	return d
}

func answers(change ...string) url.Values {
	v := url.Values{tick("mathieu"): {"1"}, "departure-day": {"15"}, "departure-month": {"2"}, "departure-year": {"2027"},
		"until-day": {"1"}, "until-month": {"3"}, "until-year": {"2027"}, "country": {"Italie"}}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// draft keeps the answers and returns the id under which they are.
func (d *desk) draft(form url.Values) string {
	_, id, _ := strings.Cut(d.Post(checkPath, form).Location(), "?draft=")
	return id
}

func TestFormRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change []string
		field  string
		want   string
	}{
		{"no day", []string{dayField, ""}, dayField, "Complétez la date de départ"},
		{"no month", []string{monthField, " "}, monthField, "Complétez la date de départ"},
		{"no year", []string{yearField, ""}, yearField, "Complétez la date de départ"},
		{"month in words", []string{monthField, "février"}, monthField, "un nombre de 1 à 12"},
		{"thirteenth month", []string{monthField, "13"}, monthField, "un nombre de 1 à 12"},
		{"month zero", []string{monthField, "0"}, monthField, "un nombre de 1 à 12"},
		{"day of a month that lacks it", []string{dayField, "30"}, dayField, "il n’existe pas dans ce mois"},
		{"day zero", []string{dayField, "0"}, dayField, "il n’existe pas dans ce mois"},
		{"negative day", []string{dayField, "-1"}, dayField, "il n’existe pas dans ce mois"},
		{"two-digit year", []string{yearField, "27"}, yearField, "quatre chiffres, par exemple 2026"},
		{"endless year", []string{yearField, strings.Repeat("2", 90)}, yearField, "quatre chiffres"},
		{"yesterday", []string{dayField, "19", monthField, "11", yearField, "2026"}, departureField, "à partir d’aujourd’hui"},
		{"in a year", []string{dayField, "20", monthField, "11", yearField, "2027"}, departureField, "avant le 20 novembre 2027"},
		{"back before leaving", []string{"until-month", "2"}, untilField, "un retour après le départ"},
		{"back a day before leaving", []string{"until-day", "14", "until-month", "2"}, untilField, "un retour après le départ"},
		{"back in the past", []string{"until-day", "19", "until-month", "11", "until-year", "2026"}, untilField, "à partir d’aujourd’hui"},
		{"a day more than a year", []string{"until-day", "16", "until-month", "2", "until-year", "2028"}, untilField, "au plus tard le 15 février 2028, un an après le départ"},
		{"back on a day that is not", []string{"until-day", "31", "until-month", "4"}, untilField, "elle n’existe pas"},
		{"half a return", []string{"until-year", ""}, untilField, "complétez la date"},
		{"back without leaving", []string{dayField, "", monthField, "", yearField, ""}, untilField, "Donnez aussi la date de départ"},
		{"country too long", []string{countryField, strings.Repeat("x", 41)}, countryField, "40 caractères au plus"},
		{"country with a hidden character", []string{countryField, "Ita\u200blie"}, countryField, "sans signes spéciaux"},
		{"country in other letters", []string{countryField, "日本"}, countryField, "latines, grecques ou cyrilliques"},
		{"country with a national number", []string{countryField, "85.07.30-033.28"}, countryField, "sans numéro national"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{checkPath, sendPath} {
				d := newDesk(t)
				form := answers(tt.change...)
				sent := form
				if path == sendPath { // sent past the check page
					sent = url.Values{"draft": {d.draft(form)}, "key": {strings.Repeat("a", 26)}}
				}
				p := d.Submit(path, sent)
				if p.Status != http.StatusUnprocessableEntity || !strings.HasPrefix(p.At, ehicPath+"?draft=") {
					t.Fatalf("POST %s leads to %d at %q, %v, want 422", path, p.Status, p.At, p.Err)
				}
				if got := p.Text(".errors a"); !strings.Contains(got, tt.want) {
					t.Errorf("summary says %q, want %q", got, tt.want)
				}
				if got := p.Links(".errors"); len(got) != 1 || got[0] != "#"+tt.field || len(p.All(got[0])) != 1 {
					t.Errorf("summary leads to %v, want #%s", got, tt.field)
				}
				kept := p.Form("/fr/" + checkPath)
				for field := range answers() {
					if want := strings.TrimSpace(form.Get(field)); kept.Get(field) != want {
						t.Errorf("%s is %q, want %q", field, kept.Get(field), want)
					}
				}
				if len(d.freezer.acts) != 0 {
					t.Error("a wrong answer was frozen")
				}
			}
		})
	}
}

func TestCheck(t *testing.T) {
	d := newDesk(t)
	p := d.Submit(checkPath, answers())
	text := p.Text("main")
	for _, want := range []string{"Carte européenne", "Mathieu Delcourt", "Rue des Clarisses 8", "4000 Liège", "15 février 2027", "1er mars 2027", "Italie", "Avant le 30 novembre"} {
		if !strings.Contains(text, want) {
			t.Errorf("check page lacks %q", want)
		}
	}
	if strings.Contains(text, "certificat provisoire") {
		t.Error("a departure in three months is called soon")
	}
	if p = d.Submit(checkPath, answers(dayField, "2", monthField, "12", yearField, "2026")); !strings.Contains(p.Text("main"), "certificat provisoire") {
		t.Error("a departure in twelve days is not called soon")
	}
	if p = d.Submit(checkPath, url.Values{tick("mathieu"): {"1"}}); strings.Count(p.Text("main"), "Non précisé") != 3 {
		t.Errorf("optional answers: %q", p.Text("main"))
	}
	draft := d.draft(answers())
	if again := d.Get(ehicPath + "?draft=" + draft); again.Status != http.StatusOK || again.Form("/fr/"+checkPath).Get(countryField) != "Italie" {
		t.Error("going back loses an answer")
	}
	if again := d.Get(checkPath + "?draft=" + draft); again.Status != http.StatusOK || !strings.Contains(again.Text("main"), "Italie") {
		t.Errorf("reload of the check page = %d", again.Status)
	}
	if p := d.Get(checkPath); p.Status != http.StatusSeeOther || p.Location() != "/fr/"+ehicPath {
		t.Errorf("GET check = %d to %q", p.Status, p.Location())
	}
}

// Without an address nothing can be ordered: the form says so before anything is typed, and
// leads to where one gives it.
func TestNoAddress(t *testing.T) {
	for name, where := range map[string]page.Postal{"none": {}, "no street": {Postcode: "4000", City: "Liège"}, "no city": {Street: "Rue des Clarisses 8"}} {
		d := newDesk(t)
		d.store.person.Postal = where
		for path, form := range map[string]url.Values{ehicPath: answers(), "orders/" + string(document.KindEnvelopes): sent(document.KindEnvelopes)} {
			p := d.Open(path)
			if text := p.Text("main"); !strings.Contains(text, "Nous ne l’avons pas") || !strings.Contains(text, "Écrivez-nous d’abord votre adresse") {
				t.Errorf("%s, %s: %s", name, path, text)
			}
			if p := d.Submit(path+"/check", form); !errors.Is(p.Err, ErrNoAddress) {
				t.Errorf("%s, %s is ordered: %d, %v", name, path, p.Status, p.Err)
			}
		}
	}
}

// What goes abroad names the country, on the page and in what is signed.
func TestAddressAbroad(t *testing.T) {
	d := newDesk(t)
	d.store.person.Postal = page.Postal{Street: "Rua Nova 12", Postcode: "2765-123", City: "Estoril", Country: "PT"}
	if text := d.Submit(checkPath, answers()).Text("main"); !strings.Contains(text, "2765-123 Estoril Portugal") {
		t.Errorf("check page: %s", text)
	}
	id := d.draft(answers())
	if p := d.Post(sendPath, d.Get(checkPath+"?draft="+id).Form("/fr/"+sendPath)); p.Status != http.StatusSeeOther {
		t.Fatalf("sending: %d, %v", p.Status, p.Err)
	}
	for _, act := range d.freezer.acts {
		if want := []string{"Mathieu Delcourt", "Rua Nova 12", "2765-123 Estoril", "Portugal"}; !slices.Equal(act.DeliverTo, want) {
			t.Errorf("sent to %q", act.DeliverTo)
		}
	}
	if len(d.freezer.acts) != 1 {
		t.Errorf("%d orders", len(d.freezer.acts))
	}
}

// A card for each traveller ticked, of those whom the member sees when she sends.
func TestTravellers(t *testing.T) {
	d := newDesk(t)
	form := d.Open(ehicPath).Form("/fr/" + checkPath)
	if form.Get(tick("mathieu")) == "" || form.Get(tick("nora")) != "" {
		t.Errorf("an empty form is for %v, want the member alone", form)
	}
	both := answers(tick("nora"), "1")
	check := d.Submit(checkPath, both)
	if text := check.Text("main"); !strings.Contains(text, "Nora Delcourt") || strings.Contains(text, "pour vous-même") {
		t.Errorf("check page says %q", text)
	}
	if got := check.Links("dd.change"); !slices.ContainsFunc(got, func(to string) bool { return strings.HasSuffix(to, "#"+whoField) }) {
		t.Errorf("no way to change for whom: %v", got)
	}
	wantText(t, check, "Nous préparons les cartes et les mettons à la poste")
	wantText(t, d.Submit(checkPath, answers()), "Nous préparons la carte et la mettons à la poste")
	sent := check.Form("/fr/" + sendPath)
	d.Post(sendPath, sent)
	if act := d.freezer.acts[sent.Get("key")]; !slices.Equal(act.ForPersons, []string{"Mathieu Delcourt", "Nora Delcourt"}) {
		t.Errorf("for %v", act.ForPersons)
	}
	for name, form := range map[string]url.Values{"nobody": answers(tick("mathieu"), ""), "a stranger": answers(tick("mathieu"), "", tick("bram"), "1")} {
		p := d.Submit(checkPath, form)
		if p.Status != http.StatusUnprocessableEntity || !slices.Equal(p.Links(".errors"), []string{"#" + whoField}) || len(p.All("#"+whoField)) != 1 {
			t.Errorf("a card for %s: %d, %v", name, p.Status, p.Links(".errors"))
		}
	}
}

// Who is blocked between the check page and sending it gets no card ordered for her.
func TestTravellerBlocks(t *testing.T) {
	d := newDesk(t)
	form := d.Submit(checkPath, answers(tick("mathieu"), "", tick("nora"), "1")).Form("/fr/" + sendPath)
	d.store.alone = true
	d.Submit(sendPath, form)
	for _, act := range d.freezer.acts {
		if slices.Contains(act.ForPersons, "Nora Delcourt") {
			t.Errorf("ordered for who blocks: %v", act.ForPersons)
		}
	}
}

// Two of one name are two: by their birth dates, and by a number where those are alike
// too; on the form, in the order, and among those who had labels before.
func TestPeopleOfOneName(t *testing.T) {
	d := newDesk(t)
	born := time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC)
	d.store.more = []people.Person{{Member: "nora2", Name: "Nora Delcourt", Birth: born}, {Member: "nora3", Name: "Nora Delcourt", Birth: born}}
	names := []string{"Nora Delcourt (1er mai 2019, n° 1)", "Nora Delcourt (1er mai 2019, n° 2)"}
	form := d.Open(ehicPath).Text("#" + whoField)
	for _, want := range append(names, "Mathieu Delcourt") {
		if !strings.Contains(form, want) {
			t.Errorf("the form has %q, want %q", form, want)
		}
	}
	sent := d.Submit(checkPath, answers(tick("nora3"), "1")).Form("/fr/" + sendPath)
	d.Post(sendPath, sent)
	key := sent.Get("key")
	if act := d.freezer.acts[key]; strings.ReplaceAll(strings.Join(act.ForPersons, "; "), "\u00a0", " ") != "Mathieu Delcourt; "+names[1] || !slices.Equal(d.freezer.whom[key], []auth.MemberID{"mathieu", "nora3"}) {
		t.Errorf("ordered for %v, %v", act.ForPersons, d.freezer.whom[key])
	}
	d.store.earlier = []Earlier{{At: areatest.Noon, Act: document.PostOrder{ForPersons: []string{names[0]}}, People: []auth.MemberID{"nora2"}}}
	labels := ordersPath + "/" + string(document.KindLabels)
	if p := d.Submit(labels+"/check", url.Values{tick("nora3"): {"1"}}); p.Status != http.StatusOK {
		t.Errorf("labels for who had none: %d, %q", p.Status, p.Text(".errors"))
	}
	if p := d.Submit(labels+"/check", url.Values{tick("nora2"): {"1"}}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(".errors"), "Enlevez "+names[0]) {
		t.Errorf("labels again: %d, %q", p.Status, p.Text(".errors"))
	}
}

// Who sees nobody else is asked nothing.
func TestAlone(t *testing.T) {
	d := newDesk(t)
	d.store.alone = true
	p := d.Open(ehicPath)
	if len(p.All("#"+whoField)) != 0 || !strings.Contains(p.Text("main"), "pour vous-même") {
		t.Errorf("who is alone is asked for whom: %q", p.Text("main"))
	}
	form := answers(tick("mathieu"), "")
	sent := d.Submit(checkPath, form).Form("/fr/" + sendPath)
	d.Post(sendPath, sent)
	if act := d.freezer.acts[sent.Get("key")]; !slices.Equal(act.ForPersons, []string{"Mathieu Delcourt"}) {
		t.Errorf("for %v", act.ForPersons)
	}
}

// Who sees nobody else and ticked somebody all the same orders nothing: a card of her own
// is not what she asked for. She is asked, and not taken to mean herself until she says so.
func TestAloneWithAStranger(t *testing.T) {
	for name, change := range map[string][]string{
		"a stranger ticked": {tick("mathieu"), "", tick("bram"), "1"}, "a stranger named": {tick("mathieu"), "", whoField, "bram"},
		"who blocked her since": {tick("mathieu"), "", tick("nora"), "1"},
	} {
		d := newDesk(t)
		form := answers(change...)
		d.store.alone = name != "who blocked her since"
		form.Set("draft", d.draft(form))
		d.store.alone = true
		for range 2 { // once more as it came: the boxes, none of them ticked
			p := d.Submit(checkPath, form)
			if p.Status != http.StatusUnprocessableEntity || !slices.Equal(p.Links(".errors"), []string{"#" + whoField}) || len(p.All("#"+whoField)) != 1 ||
				strings.Contains(p.Text("main"), "pour vous-même") || !strings.Contains(p.Text(".errors"), "Cochez au moins une personne") {
				t.Fatalf("%s: %d, %q", name, p.Status, p.Text("main"))
			}
			form = p.Form("/fr/" + checkPath)
		}
		if len(d.freezer.acts) != 0 {
			t.Errorf("%s: ordered", name)
		}
		form.Set(tick("mathieu"), "1")
		sent := d.Submit(checkPath, form).Form("/fr/" + sendPath)
		d.Post(sendPath, sent)
		if act := d.freezer.acts[sent.Get("key")]; !slices.Equal(act.ForPersons, []string{"Mathieu Delcourt"}) {
			t.Errorf("%s, then herself: for %v", name, act.ForPersons)
		}
	}
}

func TestDraftIsOfItsSession(t *testing.T) {
	d := newDesk(t)
	check := d.Submit(checkPath, answers())
	form := check.Form("/fr/" + sendPath)
	d.Login.Session = "s2"
	for name, p := range map[string]*areatest.Page{
		"form": d.Get(ehicPath + "?draft=" + form.Get("draft")), "check page": d.Get(check.At), "sent": d.Submit(sendPath, form),
	} {
		if p.Status != http.StatusOK || p.Text("h1") != "Carte européenne" || strings.Contains(string(p.Body), "Italie") {
			t.Errorf("%s of another session: %d, %q", name, p.Status, p.Text("h1"))
		}
	}
	if len(d.freezer.acts) != 0 {
		t.Error("another session sent the draft")
	}
}

// TestSecondTab: an order changed in one tab is not sent from another that shows the one
// of before, nor by a switch of language.
func TestSecondTab(t *testing.T) {
	d := newDesk(t)
	shown := d.Submit(checkPath, answers()).Form("/fr/" + sendPath)
	if p := d.Submit(sendPath, url.Values{"draft": shown["draft"], "key": shown["key"], "switch": {"1"}}); p.Status != http.StatusOK || len(d.freezer.acts) != 0 {
		t.Errorf("a switch of language sends the order: %d", p.Status)
	}
	d.Submit(checkPath, answers("draft", shown.Get("draft"), countryField, "Portugal"))
	p := d.Submit(sendPath, shown)
	if p.Status != http.StatusOK || len(d.freezer.acts) != 0 || !strings.Contains(p.Text(".banner"), "ont changé") || !strings.Contains(p.Text("main"), "Portugal") {
		t.Errorf("an order was sent that the page did not show: %d, %q", p.Status, p.Text("main"))
	}
	if p = d.Submit(checkPath, answers("switch", "1", monthField, "13")); p.Status != http.StatusOK || len(p.All(".errors")) != 0 ||
		p.Form("/fr/"+checkPath).Get(monthField) != "13" {
		t.Errorf("switch in the form: %d", p.Status)
	}
}

func TestSend(t *testing.T) {
	d := newDesk(t)
	form := d.Submit(checkPath, answers()).Form("/fr/" + sendPath)
	for range 2 { // sent twice
		p := d.Post(sendPath, form)
		if p.Status != http.StatusSeeOther || p.Location() != "/fr/requests/request-of-"+form.Get("key")+"/read" {
			t.Fatalf("send = %d to %q, %v", p.Status, p.Location(), p.Err)
		}
	}
	if len(d.freezer.acts) != 1 {
		t.Fatalf("%d orders, want 1", len(d.freezer.acts))
	}
	act := d.freezer.acts[form.Get("key")]
	if !slices.Equal(act.DeliverTo, []string{"Mathieu Delcourt", "Rue des Clarisses 8", "4000 Liège"}) || act.Departure == nil ||
		!act.Departure.Equal(time.Date(2027, 2, 15, 0, 0, 0, 0, time.UTC)) || act.Return == nil || !act.Return.Equal(time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)) || !slices.Equal(act.ForPersons, []string{"Mathieu Delcourt"}) {
		t.Errorf("frozen: %+v", act)
	}
	act.Reference = "GC-2026-4K7P-118"
	if err := act.Validate(); err != nil {
		t.Errorf("what was frozen does not hold: %v", err)
	}
	if p := d.Submit(sendPath, url.Values{"draft": {d.draft(answers())}}); p.Status != http.StatusOK || len(d.freezer.acts) != 1 {
		t.Errorf("send without key = %d", p.Status)
	}
}

func TestStoreFails(t *testing.T) {
	d := newDesk(t)
	d.store.err = errors.New("disk full")
	for _, p := range []*areatest.Page{d.Open(ehicPath), d.Submit(checkPath, answers()), d.Post(sendPath, answers())} {
		if !errors.Is(p.Err, d.store.err) {
			t.Errorf("error is %v", p.Err)
		}
	}
	d.store.err, d.store.person.Postal.Street = nil, "85.07.30-033.28"
	if p := d.Submit(checkPath, answers()); p.Err == nil || strings.Contains(p.Err.Error(), "85.07") {
		t.Errorf("an address that cannot be drawn: %d, %v", p.Status, p.Err)
	}
}

func TestPagesInEachLanguage(t *testing.T) {
	titles := map[locale.Language][3]string{
		locale.FR: {"Commander un document", "Carte européenne", "Vérifiez votre commande"},
		locale.NL: {"Een document bestellen", "Europese kaart", "Kijk uw bestelling na"},
		locale.DE: {"Ein Dokument bestellen", "Europäische Karte", "Prüfen Sie Ihre Bestellung"},
		locale.EN: {"Order a document", "European card", "Check your order"},
	}
	for l, want := range titles {
		d := newDesk(t)
		d.Lang = l
		got := [3]string{d.Get(ordersPath).Text("h1"), d.Open(ehicPath).Text("h1"), d.Submit(checkPath, answers()).Text("h1")}
		if got != want {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
		d.Submit(checkPath, answers(dayField, "", countryField, strings.Repeat("x", 41))) // held to the rules of every page
	}
}

// Each form says where the order goes, and leads to the letter that asks for another address.
func TestMovedLeadsToTheLetter(t *testing.T) {
	c := newDesk(t)
	for _, path := range []string{ehicPath, "orders/" + string(document.KindLabels)} {
		if p := c.Open(path); !slices.Contains(p.Links("body"), "/fr/requests/contact?subject=address") {
			t.Errorf("%s does not lead on: %v", path, p.Links("body"))
		}
	}
}

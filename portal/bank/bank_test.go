package bank

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
	"guichet.example/signing/document"
)

const (
	oldIBAN = "BE62510007547061"
	newIBAN = "BE68539007547034"
)

// fakeStore answers with what a test sets.
type fakeStore struct {
	areatest.Drafts
	person   Person
	accounts []Account
	asked    *Asked
	revealed []Purpose
	links    map[string]error // of links that are there, what stopping answers
	stopped  []string
	err      error
}

func (s *fakeStore) Person(context.Context, auth.Login) (Person, error) { return s.person, s.err }
func (s *fakeStore) Accounts(context.Context, auth.Login) ([]Account, error) {
	return s.accounts, s.err
}
func (s *fakeStore) Asked(context.Context, auth.Login) (*Asked, error) { return s.asked, s.err }
func (s *fakeStore) Reveal(_ context.Context, _ auth.Login, p Purpose) (Account, error) {
	for _, a := range s.accounts {
		if a.Purpose == p {
			s.revealed = append(s.revealed, p)
			return a, nil
		}
	}
	return Account{}, ErrNoAccount
}

func (s *fakeStore) StopLink(_ context.Context, _, secret string) error {
	if _, ok := s.links[secret]; !ok {
		return ErrLink
	}
	return s.err
}
func (s *fakeStore) StopByLink(_ context.Context, _, secret string) error {
	answer, ok := s.links[secret]
	if !ok {
		return ErrLink
	}
	delete(s.links, secret)
	s.stopped = append(s.stopped, secret)
	return answer
}
func (s *fakeStore) StopChange(_ context.Context, _ auth.Login, request string) error {
	if answer, ok := s.links[request]; ok {
		return answer
	}
	if !slices.Contains(s.stopped, request) {
		s.stopped = append(s.stopped, request)
	}
	return s.err
}

// fakeFreezer keeps what it froze; the same key gives the same request.
type fakeFreezer struct {
	acts map[string]document.BankChange
	err  error
}

func (f *fakeFreezer) Method(login auth.Login, _ document.Act) string {
	if login.Method == auth.Federal {
		return "approval"
	}
	return "signature"
}

func (f *fakeFreezer) Freeze(_ context.Context, _ auth.Login, act document.Act, key string) (string, error) {
	if f.err != nil {
		return "", f.err
	}
	if _, ok := f.acts[key]; !ok {
		f.acts[key] = act.(document.BankChange)
	}
	return "request-of-" + key, nil
}

type desk struct {
	*areatest.Counter
	store   *fakeStore
	freezer *fakeFreezer
	now     time.Time
}

func newDesk(t *testing.T) *desk {
	d := &desk{now: areatest.Noon, freezer: &fakeFreezer{acts: map[string]document.BankChange{}}}
	d.store = &fakeStore{
		person: Person{Name: "Mathieu Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC), Affiliation: "0412-77-318"},
		accounts: []Account{{Purpose: Benefits, IBAN: oldIBAN, BIC: "GKCCBEBB", Bank: "Belfius", Holder: "Mathieu Delcourt",
			Since: time.Date(2019, 3, 1, 0, 0, 0, 0, time.UTC), Version: 3}},
	}
	d.Counter = areatest.New(t, &Bank{
		Store: d.store, Freezer: d.freezer, Now: func() time.Time { return d.now },
		Mutuality: document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"},
	})
	return d
}

func answers(change ...string) url.Values {
	v := url.Values{"iban": {"BE68 5390 0754 7034"}, "holder": {"Mathieu Delcourt"}, "from": {"2026-12"}}
	for i := 0; i+1 < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

// with is the form with some fields set otherwise.
func with(form url.Values, change ...string) url.Values {
	for i := 0; i+1 < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	return form
}

// draft keeps the answers and returns the id under which they are.
func (d *desk) draft(form url.Values) string {
	_, id, _ := strings.Cut(d.Post(checkPath, form).Location(), "?draft=")
	return id
}

func TestFormRefuses(t *testing.T) {
	tests := []struct{ name, field, value, want string }{
		{"no number", "iban", "  ", "Tapez votre numéro de compte"},
		{"markup", "iban", "<script>", "Tapez seulement des lettres et des chiffres"},
		{"old number", "iban", "539-0075470-34", "Commencez par les deux lettres du pays"},
		{"no such country", "iban", "US64SVBKUS6S3300958879", "aucun IBAN ne commence par US"},
		{"two short", "iban", "BE68 5390 0754 70", "Tapez les 16 caractères de votre numéro de compte : il en manque 2"},
		{"one long", "iban", "BE68 5390 0754 7034 5", "il y en a 1 de trop"},
		{"endless", "iban", strings.Repeat("1", 500), "Tapez seulement votre numéro de compte"},
		{"letter for digit", "iban", "BE68 539O 0754 7034", "la lettre O n’est pas le chiffre 0"},
		{"one digit wrong", "iban", "BE68 5390 0754 7035", "Comparez le numéro avec votre carte ou votre extrait"},
		{"same account", "iban", oldIBAN, "Donnez un autre compte : nous payons déjà sur celui-ci"},
		{"no holder", "holder", " ", "Tapez le nom du titulaire"},
		{"holder too long", "holder", strings.Repeat("a", 121), "Raccourcissez le nom du titulaire"},
		{"hidden character", "holder", "Mathieu\u202eDelcourt", "sans signes spéciaux"},
		{"letters our fonts lack", "holder", "محمد", "latines, grecques ou cyrilliques"},
		{"national number", "holder", "Mathieu 85.07.30-033.28", "sans numéro national"},
		{"no month", "from", "", "Choisissez un mois de la liste"},
		{"past month", "from", "2026-11", "Choisissez un mois de la liste"},
		{"far month", "from", "2031-01", "Choisissez un mois de la liste"},
		{"no month at all", "from", "../../etc", "Choisissez un mois de la liste"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{checkPath, sendPath} {
				d := newDesk(t)
				form := answers(tt.field, tt.value)
				if path == sendPath { // sent past the check page
					form = url.Values{"draft": {d.draft(form)}, "key": {strings.Repeat("a", 26)}}
				}
				p := d.Submit(path, form)
				if p.Status != http.StatusUnprocessableEntity || !strings.HasPrefix(p.At, changePath+"?draft=") {
					t.Fatalf("POST %s leads to %d at %q, %v, want 422", path, p.Status, p.At, p.Err)
				}
				summary := p.Text(".errors a")
				if !strings.Contains(summary, tt.want) {
					t.Errorf("summary says %q, want %q", summary, tt.want)
				}
				if got := p.Links(".errors"); len(got) != 1 || got[0] != "#"+tt.field {
					t.Errorf("summary leads to %v, want #%s", got, tt.field)
				}
				if beside := p.Text("#" + tt.field + "-error"); !strings.Contains(beside, tt.want) {
					t.Errorf("beside the field stands %q", beside)
				}
				if !strings.HasPrefix(p.Text("title"), "Erreur") {
					t.Errorf("title is %q", p.Text("title"))
				}
				kept := p.Form("/fr/" + checkPath)
				for field, value := range answers() {
					if field != tt.field && kept.Get(field) != value[0] {
						t.Errorf("%s is %q, want what was typed", field, kept.Get(field))
					}
				}
				if len(d.freezer.acts) != 0 {
					t.Error("a wrong answer was frozen")
				}
			}
		})
	}
}

func TestFormKeepsWhatWasTyped(t *testing.T) {
	d := newDesk(t)
	p := d.Submit(checkPath, answers("iban", "be68 5390 <b>", "holder", "N. O'Brien"))
	kept := p.Form("/fr/" + checkPath)
	if kept.Get("iban") != "be68 5390 <b>" || kept.Get("holder") != "N. O'Brien" || kept.Get("from") != "2026-12" {
		t.Errorf("kept %v", kept)
	}
	if len(p.All("main b")) != 0 {
		t.Error("what was typed became an element")
	}
	again := d.Get(changePath + "?draft=" + d.draft(answers()))
	if again.Status != http.StatusOK || again.Form("/fr/"+checkPath).Get("iban") != "BE68 5390 0754 7034" || len(again.All(".errors")) != 0 {
		t.Errorf("going back to the form: %d, %v", again.Status, again.Form("/fr/"+checkPath))
	}
}

func TestLanguageSwitchKeepsTheForm(t *testing.T) {
	d := newDesk(t)
	d.Lang = locale.NL
	p := d.Submit(checkPath, answers("iban", "BE68", "switch", "1"))
	if p.Status != http.StatusOK || len(p.All(".errors")) != 0 || p.Form("/nl/"+checkPath).Get("iban") != "BE68" {
		t.Errorf("switch in the form: %d with %d summaries", p.Status, len(p.All(".errors")))
	}
	// The words of another language are buttons of the form, after one for Enter.
	buttons := p.All("header button[form=kept]")
	var sent []string
	for _, b := range buttons {
		sent = append(sent, areatest.Attr(b, "name")+areatest.Attr(b, "value")+" "+areatest.Attr(b, "formaction"))
	}
	if want := []string{" ", "switch1 /fr/" + checkPath, "switch1 /de/" + checkPath, "switch1 /en/" + checkPath}; !slices.Equal(sent, want) {
		t.Errorf("buttons of the form in the header: %q, want %q", sent, want)
	}
	if form := p.All("form#kept"); len(form) != 1 || areatest.Attr(form[0], "action") != "/nl/"+checkPath {
		t.Error("the buttons have no form")
	}
	// The check page has its answers in the draft: there a link will do.
	p = d.Submit(checkPath, answers())
	if p.Text("h1") != "Kijk uw antwoorden na" || !slices.Contains(p.Links("header"), "/de/"+p.At) {
		t.Errorf("%q leads to %q", p.Text("h1"), p.Links("header"))
	}
	if p = d.Submit(sendPath, with(p.Form("/nl/"+sendPath), "switch", "1")); p.Text("h1") != "Kijk uw antwoorden na" || len(d.freezer.acts) != 0 {
		t.Errorf("a switch of language sends the answers: %d, %q", p.Status, p.Text("h1"))
	}
}

func TestWeakLoginsDoNotReachTheForm(t *testing.T) {
	d := newDesk(t)
	d.Login.Method, d.Login.Assurance = auth.Password, auth.Low
	for _, p := range []*areatest.Page{d.Get(changePath), d.Get(checkPath), d.Post(checkPath, answers()), d.Post(sendPath, answers())} {
		var step auth.StepUpError
		if !errors.As(p.Err, &step) {
			t.Errorf("a password reaches the change of account: %d, %v", p.Status, p.Err)
		}
	}
	if p := d.Get(accountsPath); p.Status != http.StatusOK {
		t.Errorf("a password does not read the accounts: %d", p.Status)
	}
}

func TestCheck(t *testing.T) {
	d := newDesk(t)
	p := d.Submit(checkPath, answers("iban", "nl91 abna 0417 1643 00", "holder", "  Mathieu   Delcourt "))
	if p.Status != http.StatusOK || p.Text("h1") != "Vérifiez vos réponses" {
		t.Fatalf("check = %d, %q, %v", p.Status, p.Text("h1"), p.Err)
	}
	page := p.Text("main")
	for _, want := range []string{"NL91 ABNA 0417 1643 00", "ABN AMRO, BIC ABNANL2A", "Mathieu Delcourt", "1er décembre 2026",
		"Avant le 27 novembre", "Dès le 1er décembre", "jusqu’au 4 décembre", "Rien n’est envoyé avant votre signature"} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if strings.Contains(string(p.Body), oldIBAN[4:12]) {
		t.Error("the old number stands on the page")
	}
	var fields []string
	for _, link := range p.Links("dd.change") {
		address, field, _ := strings.Cut(link, "#")
		fields = append(fields, field)
		if want := strings.Replace(p.At, checkPath, changePath, 1); address != "/fr/"+want {
			t.Errorf("an answer is changed at %s, want %s", address, want)
		}
	}
	if !slices.Equal(fields, []string{"iban", "holder", "from"}) {
		t.Errorf("answers can be changed at %v", fields)
	}
}

func TestCheckAddressLeadsToTheForm(t *testing.T) {
	d := newDesk(t)
	for _, draft := range []string{"", "?draft=", "?draft=x", "?draft=../../etc", "?draft=" + strings.Repeat("A", 26)} {
		if p := d.Get(checkPath + draft); p.Status != http.StatusSeeOther || p.Location() != "/fr/bank/change" {
			t.Errorf("GET check%s = %d to %q", draft, p.Status, p.Location())
		}
	}
}

func TestSend(t *testing.T) {
	d := newDesk(t)
	form := d.Submit(checkPath, answers()).Form("/fr/" + sendPath)
	key := form.Get("key")
	for range 2 { // sent twice
		p := d.Post(sendPath, form)
		if p.Status != http.StatusSeeOther || p.Location() != "/fr/requests/request-of-"+key+"/read" {
			t.Fatalf("send = %d to %q, %v", p.Status, p.Location(), p.Err)
		}
	}
	if len(d.freezer.acts) != 1 {
		t.Fatalf("%d requests, want 1", len(d.freezer.acts))
	}
	act := d.freezer.acts[key]
	if act.NewIBAN != newIBAN || act.ReplacesLast4 != "7061" || act.AccountVersion != 3 || act.Holder != "Mathieu Delcourt" ||
		!act.From.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) || act.Language != document.FR || act.Member.Affiliation != "0412-77-318" {
		t.Errorf("frozen: %+v", act)
	}
	act.Reference = "GC-2026-4K7P-118"
	if err := act.Validate(); err != nil {
		t.Errorf("what was frozen does not hold: %v", err)
	}
	if other := d.Submit(checkPath, answers()).Form("/fr/" + sendPath).Get("key"); other == key || len(other) != 26 {
		t.Errorf("a second check has the key %q", other)
	}
}

func TestSendWithoutKey(t *testing.T) {
	d := newDesk(t)
	draft := d.draft(answers())
	for _, key := range []string{"", "x", strings.Repeat("!", 26), strings.Repeat("a", 26)} {
		if p := d.Submit(sendPath, url.Values{"draft": {draft}, "key": {key}}); p.Status != http.StatusOK || p.Text("h1") != "Vérifiez vos réponses" {
			t.Errorf("send with key %q = %d", key, p.Status)
		}
	}
	if p := d.Submit(sendPath, answers("key", strings.Repeat("a", 26))); p.Status != http.StatusOK || p.Text("h1") != "Votre nouveau compte" {
		t.Errorf("send without draft = %d, %q", p.Status, p.Text("h1"))
	}
	if len(d.freezer.acts) != 0 {
		t.Error("frozen without a key")
	}
}

func TestStoreFails(t *testing.T) {
	d := newDesk(t)
	d.store.err = errors.New("disk full")
	for _, p := range []*areatest.Page{d.Get(accountsPath), d.Open(changePath), d.Submit(checkPath, answers()), d.Post(sendPath, answers())} {
		if !errors.Is(p.Err, d.store.err) || strings.Contains(p.Err.Error(), newIBAN) {
			t.Errorf("error is %v", p.Err)
		}
	}
	d.store.err, d.freezer.err = nil, errors.New("disk full")
	if p := d.Post(sendPath, d.Submit(checkPath, answers()).Form("/fr/"+sendPath)); !errors.Is(p.Err, d.freezer.err) {
		t.Errorf("error is %v", p.Err)
	}
	d.store.Drafts.Err = errors.New("disk full")
	if p := d.Post(checkPath, answers()); !errors.Is(p.Err, d.store.Drafts.Err) {
		t.Errorf("error is %v", p.Err)
	}
}

func TestAccountsAreMasked(t *testing.T) {
	d := newDesk(t)
	p := d.Get(accountsPath)
	if strings.Contains(string(p.Body), "5100") || !strings.Contains(p.Text("main"), "7061") {
		t.Error("the number is not masked to its last four")
	}
	p = d.Post(revealPath, p.Form("/fr/"+revealPath))
	if p.Status != http.StatusOK || !strings.Contains(p.Text("main"), "BE62 5100 0754 7061") {
		t.Errorf("reveal = %d, %v", p.Status, p.Err)
	}
	if len(d.store.revealed) != 1 {
		t.Errorf("%d looks recorded, want 1", len(d.store.revealed))
	}
	if p := d.Post(revealPath, url.Values{"purpose": {"other"}}); !errors.Is(p.Err, ErrNoAccount) {
		t.Errorf("reveal of nothing: %v", p.Err)
	}
	if p := d.Get(revealPath); p.Status != http.StatusMethodNotAllowed {
		t.Errorf("GET reveal = %d", p.Status)
	}
}

func TestAccountsWithoutAccount(t *testing.T) {
	d := newDesk(t)
	d.store.accounts = nil
	p := d.Get(accountsPath)
	if !slices.Contains(p.Links("main"), "/fr/bank/change") {
		t.Errorf("links are %v", p.Links("main"))
	}
	p = d.Submit(checkPath, answers())
	if !strings.Contains(p.Text("main"), "Aucun") || strings.Contains(p.Text("main"), "ancien compte") {
		t.Errorf("check without account: %q", p.Text("main"))
	}
}

func TestAccountsSayWhatWasAsked(t *testing.T) {
	d := newDesk(t)
	d.store.asked = &Asked{Request: "r1", Reference: "GC-2026-4K7P-118", At: areatest.Noon, Signed: true}
	p := d.Get(accountsPath)
	if text := p.Text(".banner"); !strings.Contains(text, "GC-2026-4K7P-118") || !strings.Contains(text, "pas en vigueur") {
		t.Errorf("banner says %q", text)
	}
	d.store.asked.Signed = false
	if links := d.Get(accountsPath).Links(".banner"); !slices.Equal(links, []string{"/fr/requests/r1/read"}) {
		t.Errorf("banner leads to %v", links)
	}
}

// TestMonths: a change cannot begin before an advisor had time to answer.
func TestMonths(t *testing.T) {
	tests := []struct{ today, first string }{
		{"2026-11-20", "2026-12"}, {"2026-11-23", "2026-12"}, {"2026-11-24", "2027-01"},
		{"2026-12-31", "2027-02"}, {"2027-01-31", "2027-03"}, {"2028-02-22", "2028-03"}, {"2028-02-23", "2028-04"},
	}
	for _, tt := range tests {
		day, err := time.Parse(time.DateOnly, tt.today)
		if err != nil {
			t.Fatal(err)
		}
		b := &Bank{Now: func() time.Time { return day.Add(22 * time.Hour) }}
		if got := b.months(); got[0].Format(monthLayout) != tt.first || len(got) != monthsOffered {
			t.Errorf("asked on %s: from %s, want %s", tt.today, got[0].Format(monthLayout), tt.first)
		}
	}
	// 23.30 UTC is the next day in Belgium.
	b := &Bank{Now: func() time.Time { return time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC) }}
	if got := b.months()[0]; got.Month() != time.January {
		t.Errorf("half past midnight in Belgium: %v", got)
	}
}

func TestPagesInEachLanguage(t *testing.T) {
	titles := map[locale.Language][3]string{
		locale.FR: {"Compte bancaire", "Votre nouveau compte", "Vérifiez vos réponses"},
		locale.NL: {"Bankrekening", "Uw nieuwe rekening", "Kijk uw antwoorden na"},
		locale.DE: {"Bankkonto", "Ihr neues Konto", "Prüfen Sie Ihre Antworten"},
		locale.EN: {"Bank account", "Your new account", "Check your answers"},
	}
	for l, want := range titles {
		d := newDesk(t)
		d.Lang = l
		d.store.asked = &Asked{Request: "r1", Reference: "GC-2026-4K7P-118", At: areatest.Noon, Signed: true}
		got := [3]string{d.Get(accountsPath).Text("h1"), d.Open(changePath).Text("h1"), d.Submit(checkPath, answers()).Text("h1")}
		if got != want {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
		d.Submit(checkPath, url.Values{}) // held to the rules of every page
		draft := d.draft(answers())
		d.Get(checkPath + "?changed=1&draft=" + draft)
		d.store.Forget()
		d.Get(checkPath + "?draft=" + draft)
	}
}

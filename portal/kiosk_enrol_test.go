package portal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/certs/certstest"
	"guichet.example/certs/registry"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/reader/api"
)

var elisePerson = certstest.Person{GivenNames: "Élise", Surname: "Marchal", NationalNumber: elise, Algorithm: certstest.P384,
	Street: "Rue du Pont 1", Postcode: "4000", Municipality: "Liège", Birth: time.Date(1993, 5, 18, 0, 0, 0, 0, time.UTC)}

func (c *counter) issue(t *testing.T, p certstest.Person) *certstest.Card {
	t.Helper()
	card, err := c.pki.Issue(p)
	ok(t, err)
	return card
}

// accountOf is the state of Mathieu's account.
func (c *counter) accountOf(t *testing.T) credentials.State {
	t.Helper()
	a, err := c.store.Account(t.Context(), "test", c.member(t))
	ok(t, err)
	return a.State
}

// What a kiosk may be shown in place of a card makes no account, each with one sentence
// and a row in the trail.
func TestEnrolAtKioskRefuses(t *testing.T) {
	c := open(t)
	b, v := c.atBooth(t)
	other := c.issue(t, elisePerson)
	over := mathieu
	over.Files.Tags = map[byte]string{0x04: "21.01.2020"}
	strangers, err := certstest.New(certstest.Config{})
	ok(t, err)
	foreign, err := strangers.Issue(mathieu)
	ok(t, err)
	altered := filesOf(c.card)
	altered.Identity = bytes.Clone(altered.Identity)
	altered.Identity[len(altered.Identity)/2] ^= 1
	oversize := filesOf(c.card)
	oversize.Identity = append(bytes.Clone(oversize.Identity), make([]byte, registry.MaxFile)...)
	half := filesOf(c.card)
	half.Registry = nil
	for _, tt := range []struct {
		name, key string
		files     registry.Files
	}{
		{"no files", "missing", registry.Files{}},
		{"half of them", "missing", half},
		{"altered", "forged", altered},
		{"oversize", "forged", oversize},
		{"of another registry", "forged", filesOf(foreign)},
		{"of another person", "forged", filesOf(other)},
		{"of a card that is over", "expired", filesOf(c.issue(t, over))},
	} {
		b.cardIn(tt.files)
		resp, body := v.signIn(c.card)
		var problem struct{ Text string }
		want := locale.T(locale.FR, "kiosk.card."+tt.key+".text")
		if resp.StatusCode != http.StatusForbidden || json.Unmarshal([]byte(body), &problem) != nil || problem.Text != want {
			t.Errorf("%s: %s %s", tt.name, resp.Status, body)
		}
		if v.cookies["__Host-session"] != "" || c.accountOf(t) != credentials.None {
			t.Errorf("%s: an account or a session", tt.name)
		}
	}
	if n := c.rowsOf(t, audit.Enrol, audit.Refused); n != 7 {
		t.Errorf("%d rows of refusals, want 7", n)
	}
	b.cardIn(filesOf(other)) // a card in order, of somebody who is insured elsewhere
	if resp, body := v.signIn(other); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "unknown_member") {
		t.Errorf("unknown person: %s %s", resp.Status, body)
	}
	if strings.Contains(c.log.String(), mathieu.NationalNumber) {
		t.Error("a national number in the log")
	}
}

// rowsOf counts rows of the trail.
func (c *counter) rowsOf(t *testing.T, action audit.Action, outcome audit.Outcome) (n int) {
	t.Helper()
	ok(t, c.store.AuditRows(t.Context(), func(e audit.Entry) error {
		if e.Action == action && e.Outcome == outcome {
			n++
		}
		return nil
	}))
	return n
}

// The card opens the account in one pass; a letter follows, and the receipt is printed.
func TestEnrolAtKiosk(t *testing.T) {
	c := open(t)
	_, v := c.atBooth(t)
	resp, body := v.signIn(c.card)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "/fr/enrol/opened") || c.accountOf(t) != credentials.Active {
		t.Fatalf("sign-in: %s %s", resp.Status, body)
	}
	if list := c.lettersOf(t); len(list) != 1 {
		t.Errorf("%d letters", len(list))
	}
	resp, body = v.get("/fr/enrol/opened")
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "data-print") || !strings.Contains(body, "lettre") {
		t.Errorf("receipt: %s", resp.Status)
	}
	if _, body = v.signIn(c.card); strings.Contains(body, "/enrol/opened") {
		t.Errorf("a second account: %s", body)
	}
	if n := c.rowsOf(t, audit.Enrol, audit.Done); n != 1 || len(c.lettersOf(t)) != 1 {
		t.Errorf("%d rows, %d letters, want one each", n, len(c.lettersOf(t)))
	}
}

// What is printed is hers, counted and bounded.
func TestPrintAtKiosk(t *testing.T) {
	c := open(t)
	_, v := c.atBooth(t)
	print := func(v *visitor, page string) (int, string) {
		resp, body := v.post("/fr/kiosk/print", "application/json", `{"page":"`+page+`"}`)
		return resp.StatusCode, body
	}
	if status, _ := print(v, "/fr/enrol/opened"); status != http.StatusUnauthorized {
		t.Errorf("nobody signed in: %d", status)
	}
	if status, _ := print(c.visitor(t).in(), "/fr/enrol/opened"); status != http.StatusUnauthorized {
		t.Errorf("at home: %d", status)
	}
	v.in()
	for _, page := range []string{"", "/fr/home", "/fr/documents", "/fr/bank", "/fr/documents/06h029gerwqtfcfprcxr1ynme4", "/fr/requests/06h029gerwqtfcfprcxr1ynme4/done"} {
		if status, body := print(v, page); status != http.StatusForbidden || !strings.Contains(body, locale.T(locale.FR, "kiosk.print.closed.text")[:20]) {
			t.Errorf("%q is printed: %d %s", page, status, body)
		}
	}
	for i := range 10 {
		if status, body := print(v, "/fr/enrol/opened"); status != http.StatusOK {
			t.Fatalf("page %d: %d %s", i+1, status, body)
		}
	}
	if status, _ := print(v, "/fr/enrol/opened"); status != http.StatusTooManyRequests {
		t.Errorf("eleventh page: %d", status)
	}
	if done, refused := c.rowsOf(t, audit.PrintAtKiosk, audit.Done), c.rowsOf(t, audit.PrintAtKiosk, audit.Refused); done != 10 || refused != 3 {
		t.Errorf("%d rows, %d of refusals, want 10 and 3", done, refused)
	}
}

// Two members, one after the other: nothing of the first is left for the second, neither
// on a page, nor behind the back button, nor in a form.
func TestTwoMembersAtKiosk(t *testing.T) {
	c := open(t)
	number, err := nrn.Parse(elise)
	ok(t, err)
	id, err := auth.NewMemberID(rand.Reader)
	ok(t, err)
	ok(t, c.store.AddMember(t.Context(), account.Member{Mutuality: "test", ID: id, NationalNumber: number, GivenNames: "Élise", Surname: "Marchal",
		Birth: elisePerson.Birth, Street: "Rue du Pont 1", Postcode: "4000", Municipality: "Liège", Country: "BE", Language: "fr", Affiliation: "0305 118 423"}, nil))
	b, v := c.atBooth(t)
	v.in()
	kept := func(resp *http.Response) {
		t.Helper()
		if got := resp.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("a copy may stay: Cache-Control %q", got)
		}
	}
	resp, _ := v.get("/fr/orders/ehic")
	draft := resp.Header.Get("Location")
	_, body := v.get(draft)
	action, form := formOf(t, body, "/orders/ehic/check")
	form.Set("country", "Portugal-de-Mathieu")
	resp, _ = v.send(action, form)
	check := resp.Header.Get("Location")
	pages := []string{"/fr/home", "/fr/account", "/fr/bank", "/fr/documents", "/fr/requests", "/fr/enrol/opened", draft}
	if check != "" {
		pages = append(pages, check)
	}
	shown := ""
	for _, page := range pages {
		resp, body := v.get(page)
		kept(resp)
		shown += body
	}
	if !strings.Contains(shown, "Delcourt") || !strings.Contains(shown, "Hors-Château") {
		t.Fatal("he saw nothing of his own")
	}
	b.says(api.KioskCardOut)
	resp, _ = v.send("/fr/kiosk/over", map[string][]string{"end": {"card"}})
	if !strings.Contains(resp.Header.Get("Clear-Site-Data"), `"storage"`) || !strings.Contains(resp.Header.Get("Clear-Site-Data"), `"cache"`) {
		t.Errorf("Clear-Site-Data %q", resp.Header.Get("Clear-Site-Data"))
	}
	if v.cookies["__Host-session"] != "" || v.cookies["__Host-kiosk"] == "" {
		t.Errorf("cookies that are left: %v", v.cookies)
	}
	of := func(when string) {
		t.Helper()
		for _, page := range append(pages, "/fr/kiosk", "/fr/kiosk?end=card", "/fr/sign-in/card", "/fr/orders/ehic") {
			resp, body := v.get(page)
			kept(resp)
			for _, his := range []string{"Delcourt", "Mathieu", "Portugal", "Hors-Château", "0305 118 422", "6727"} {
				if strings.Contains(body, his) || strings.Contains(resp.Header.Get("Location"), his) {
					t.Errorf("%s, %s shows %q", when, page, his)
				}
			}
		}
	}
	of("card out")
	if resp, _ := v.get("/fr/home"); resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(resp.Header.Get("Location"), "/fr/kiosk") {
		t.Errorf("after the card: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	hers := c.issue(t, elisePerson)
	b.cardIn(filesOf(hers))
	if resp, body := v.signIn(hers); resp.StatusCode != http.StatusOK {
		t.Fatalf("the next member: %s %s", resp.Status, body)
	}
	of("the next member")
	if resp, _ := v.send(action, form); resp.StatusCode < 300 || strings.Contains(resp.Header.Get("Location"), "check") {
		t.Errorf("his form, sent in her session: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	of("after his form")
}

// What is taken from a kiosk at one server is gone at the other with the
// next request.
func TestKioskWithdrawnAtBothServers(t *testing.T) {
	w, other := twoServers(t)
	ines := auth.Officer{Mutuality: "test", ID: "ines"}
	for i, withdrawal := range []struct {
		what string
		act  func(b *booth) error
	}{
		{"card out", func(b *booth) error { b.says(api.KioskCardOut); return nil }},
		{"suspended", func(b *booth) error { return other.store.StopKiosk(t.Context(), ines, b.id, "suspended") }},
		{"revoked", func(b *booth) error { return other.store.StopKiosk(t.Context(), ines, b.id, "revoked") }},
		{"paired anew", func(b *booth) error {
			return other.store.InviteKiosk(t.Context(), ines, b.id, "CODE00000099", w.now().Add(time.Minute))
		}},
	} {
		b, v := w.atBoothOf(t, string(rune('a'+i)), w.members[0].card)
		if resp, body := v.signIn(w.members[0].card); resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: sign-in %s %s", withdrawal.what, resp.Status, body)
		}
		there := v.at(other)
		if !v.reads("/fr/account") || !there.reads("/fr/account") {
			t.Fatalf("%s: not in before", withdrawal.what)
		}
		ok(t, withdrawal.act(b))
		if v.reads("/fr/account") || there.reads("/fr/account") {
			t.Errorf("%s: still in", withdrawal.what)
		}
	}
}

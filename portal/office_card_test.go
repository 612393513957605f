package portal_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/certs/certstest"
	"guichet.example/portal"
	"guichet.example/portal/audit"
	"guichet.example/portal/office"
)

const cardPage = "/fr/office/person/card"

// toCard gives a reason and returns it, sealed, as it goes to the card.
func (v *visitor) toCard() string {
	v.t.Helper()
	resp, body := v.send("/fr/office/person", search(map[string]string{"way": "card", "number": ""}))
	to, err := url.Parse(resp.Header.Get("Location"))
	ok(v.t, err)
	if resp.StatusCode != http.StatusSeeOther || to.Path != cardPage || to.Query().Get("reason") == "" {
		v.t.Fatalf("a reason before the card: %s to %s %s", resp.Status, to, title(body))
	}
	return to.Query().Get("reason")
}

// searchNonce asks for a nonce at the door of the search.
func (v *visitor) searchNonce(reason string) string {
	v.t.Helper()
	resp, body := v.post(cardPage+"/challenge?reason="+reason, "application/json", "{}")
	var answer struct{ Nonce string }
	if resp.StatusCode != http.StatusOK || json.Unmarshal([]byte(body), &answer) != nil {
		v.t.Fatalf("challenge: %s %s", resp.Status, body)
	}
	return answer.Nonce
}

// present puts a person's card into the officer's reader.
func (v *visitor) present(reason, token string) (*http.Response, string) {
	v.t.Helper()
	return v.post(cardPage+"?reason="+reason, "application/json", token)
}

// wantProblem holds an answer to a state of the card panel, and to no opened file.
func wantProblem(t *testing.T, name string, resp *http.Response, body string, status int, state string) {
	t.Helper()
	if resp.StatusCode != status || !strings.Contains(body, `"`+state+`"`) || strings.Contains(body, "office/files/") {
		t.Errorf("%s: %s %s, want %d %s", name, resp.Status, body, status, state)
	}
}

// Cards that open no file: of nobody, of another mutuality's, the officer's own, revoked,
// of an issuer that nobody trusts, for another origin.
func TestCardOfNobodyOpensNoFile(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Advisor)
	reason := v.toCard()
	issue := func(p certstest.Person) *certstest.Card {
		card, err := c.pki.Issue(p)
		ok(t, err)
		return card
	}
	revoked := issue(mathieu)
	ok(t, c.pki.Revoke(revoked.Authentication.Certificate, time.Now().Add(-time.Hour), 1))
	forged, err := certstest.Start(t).Issue(mathieu)
	ok(t, err)
	for name, wrong := range map[string]struct {
		card   *certstest.Card
		origin string
		state  string
	}{
		"nobody":         {issue(bea), origin, "unknown_person"},
		"revoked":        {revoked, origin, "cert_revoked"},
		"not trusted":    {forged, origin, "refused"},
		"foreign origin": {c.card, "https://evil.example", "refused"},
	} {
		resp, body := v.present(reason, token(t, wrong.card, wrong.origin, v.searchNonce(reason)))
		wantProblem(t, name, resp, body, http.StatusForbidden, wrong.state)
	}

	_, own := c.colleague(t, mathieu, auth.Advisor)
	self := c.visitor(t)
	self.atOffice(own)
	reason = self.toCard()
	resp, body := self.present(reason, token(t, c.card, origin, self.searchNonce(reason)))
	wantProblem(t, "her own card", resp, body, http.StatusForbidden, "own_card")

	other := c.officerOfAnother(t)
	reason = other.toCard()
	resp, body = other.present(reason, token(t, c.card, origin, other.searchNonce(reason)))
	wantProblem(t, "a member of another mutuality", resp, body, http.StatusForbidden, "unknown_person")

	opened, refused := 0, 0
	ok(t, c.store.AuditRows(t.Context(), func(e audit.Entry) error {
		switch {
		case e.Action == audit.OpenFile && e.Outcome == audit.Done:
			opened++
		case e.Action == audit.OpenFile && e.Outcome == audit.Refused:
			refused++
		}
		return nil
	}))
	if opened != 0 || refused != 1 {
		t.Errorf("the trail tells of %d openings and %d refused ones, want 0 and 1", opened, refused)
	}
}

// A nonce serves once, at the door where it was asked for and in the officer's session.
func TestSearchTokenServesOnce(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Advisor, auth.ContactPoint)
	reason := v.toCard()
	said := token(t, c.card, origin, v.searchNonce(reason))
	if resp, body := v.present(reason, said); resp.StatusCode != http.StatusOK {
		t.Fatalf("her card: %s %s", resp.Status, body)
	}
	resp, body := v.present(reason, said)
	wantProblem(t, "sent twice", resp, body, http.StatusConflict, "timeout")

	file := v.openMathieu()
	v.wants("POST", file+"/identity", url.Values{"place": {"Verviers"}, "proof-eid": {"1"}, "proof-photo": {"1"}}, http.StatusSeeOther)
	said = token(t, c.card, origin, v.searchNonce(reason))
	if resp, body := v.post(file+"/card", "application/json", said); resp.StatusCode != http.StatusConflict {
		t.Errorf("a nonce of the search binds a card: %s %s", resp.Status, body)
	}
	said = token(t, c.card, origin, v.searchNonce(reason))
	c.later(5*time.Minute + time.Second)
	resp, body = v.present(reason, said)
	wantProblem(t, "a nonce too old", resp, body, http.StatusConflict, "timeout")

	again, _ := c.again(t)
	said = token(t, c.card, origin, again.searchNonce(again.toCard()))
	reason = v.toCard()
	resp, body = v.present(reason, said)
	wantProblem(t, "a nonce of another session", resp, body, http.StatusConflict, "timeout")
}

// Without the officer's own reason, unaltered and not older than ten minutes, there is
// neither page, nor nonce, nor file.
func TestCardNeedsAReason(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Advisor)
	for name, change := range map[string]map[string]string{"no reason": {"why": ""}, "no words": {"words": " "}, "too many words": {"words": strings.Repeat("x", 1001)}} {
		change["way"] = "card"
		if resp, body := v.send("/fr/office/person", search(change)); resp.StatusCode != http.StatusUnprocessableEntity || strings.Contains(body, `id="card"`) {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	if resp, body := v.get(cardPage); resp.StatusCode != http.StatusOK || strings.Contains(body, `id="card"`) || !strings.Contains(body, `name="why"`) {
		t.Errorf("the page without a reason: %s", resp.Status)
	}
	good := v.toCard()
	_, card := c.colleague(t, bea, auth.Advisor)
	colleague := c.visitor(t)
	colleague.atOffice(card)
	again, _ := c.again(t)
	last := "A"
	if strings.HasSuffix(good[:len(good)-4], "A") {
		last = "B"
	}
	refuse := func(name, reason string) {
		t.Helper()
		if reason != "" {
			if resp, body := v.get(cardPage + "?reason=" + reason); resp.StatusCode != http.StatusUnprocessableEntity || strings.Contains(body, `id="card"`) {
				t.Errorf("the page, %s: %s", name, resp.Status)
			}
		}
		resp, body := v.post(cardPage+"/challenge?reason="+reason, "application/json", "{}")
		wantProblem(t, "challenge, "+name, resp, body, http.StatusForbidden, "reason_over")
		said := token(t, c.card, origin, v.searchNonce(v.toCard()))
		resp, body = v.present(reason, said)
		wantProblem(t, name, resp, body, http.StatusForbidden, "reason_over")
	}
	refuse("missing", "")
	refuse("altered", good[:len(good)-5]+last+good[len(good)-4:])
	refuse("cut", good[:len(good)-3])
	refuse("no base64", "*")
	refuse("endless", strings.Repeat("A", 6000))
	refuse("a colleague's", colleague.toCard())
	refuse("of another session", again.toCard())
	c.later(5 * time.Minute)
	v.get(cardPage) // the session goes on
	c.later(5*time.Minute + time.Second)
	refuse("too old", good)
}

// Who may open no files has no door of the search.
func TestCardNeedsTheRole(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Mailroom, auth.Administrator)
	for _, path := range []string{cardPage, cardPage + "/challenge"} {
		if resp, body := v.post(path, "application/json", "{}"); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, `"closed"`) {
			t.Errorf("%s without the role: %s %s", path, resp.Status, body)
		}
	}
	member := c.visitor(t).in()
	if resp, body := member.post(cardPage+"/challenge", "application/json", "{}"); resp.StatusCode == http.StatusOK {
		t.Errorf("a member asks for a nonce of the search: %s %s", resp.Status, body)
	}
}

// The card in the reader opens the file of whose it is; search, opening and looks say so in
// the trail, the officer and the person in words.
func TestCardOpensTheFile(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Advisor)
	reason := v.toCard()
	if page := v.wants("GET", cardPage+"?reason="+reason, nil, http.StatusOK); !strings.Contains(page, `id="card"`) || !strings.Contains(page, "Vient pour son accès") {
		t.Error("the card's page lacks panel or reason")
	}
	resp, body := v.present(reason, token(t, c.card, origin, v.searchNonce(reason)))
	var answer struct{ Next string }
	if resp.StatusCode != http.StatusOK || json.Unmarshal([]byte(body), &answer) != nil || !fileAddress.MatchString(answer.Next) {
		t.Fatalf("her card: %s %s", resp.Status, body)
	}
	if file := v.wants("GET", answer.Next, nil, http.StatusOK); !strings.Contains(file, "Mathieu Delcourt") || strings.Count(file, "avec sa carte") != 2 { // lead and list
		t.Errorf("the file says %d times that it was by card", strings.Count(file, "avec sa carte"))
	}
	rows := map[audit.Action]string{}
	ok(t, c.store.AuditRows(t.Context(), func(e audit.Entry) error {
		if e.Method == audit.Office && e.Member != "" {
			rows[e.Action] = e.Reason
		}
		if strings.Contains(e.Reason+e.Object, "accès") || strings.Contains(e.Reason, "85073003328") {
			t.Errorf("row %s holds what was typed", e.Action)
		}
		return nil
	}))
	for action, want := range map[audit.Action]string{audit.SearchFile: "by card: 1 found", audit.OpenFile: "visit by card", audit.ReadFile: "visit by card"} {
		if rows[action] != want {
			t.Errorf("%s: %q in the trail, want %q", action, rows[action], want)
		}
	}
	member := c.visitor(t).in()
	for lang, want := range map[string]string{"fr": "dossier ouvert avec votre carte", "nl": "geopend met uw kaart", "de": "mit Ihrer Karte geöffnet", "en": "opened with your card"} {
		if looks := member.wants("GET", "/"+lang+"/account/looks", nil, http.StatusOK); !strings.Contains(looks, want) {
			t.Errorf("who looked, in %s, lacks %q", lang, want)
		}
	}
	if strings.Contains(c.log.String(), reason) {
		t.Error("the log holds the sealed reason")
	}
}

// officerOfAnother is an officer of another mutuality on the same store, at its own counter.
func (c *counter) officerOfAnother(t *testing.T) *visitor {
	t.Helper()
	cfg := c.cfg
	cfg.Mutuality.ID = "other"
	p, err := portal.New(cfg)
	ok(t, err)
	number, err := nrn.Parse(ines.NationalNumber)
	ok(t, err)
	_, err = c.store.AddStaff(t.Context(), office.By{Mutuality: "other"}, office.NewColleague{
		Colleague: office.Colleague{Name: "Inès Collard", Language: "fr", Place: "Gent", Roles: []auth.Role{auth.Advisor}}, Number: number})
	ok(t, err)
	card, err := c.pki.Issue(ines)
	ok(t, err)
	there := &counter{Portal: p, store: c.store, pki: c.pki, card: c.card, log: c.log, cfg: cfg}
	v := there.visitor(t)
	if resp, body := v.atOffice(card); resp.StatusCode != http.StatusOK {
		t.Fatalf("sign-in at the other office: %s %s", resp.Status, body)
	}
	return v
}

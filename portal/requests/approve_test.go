package requests

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/auth/nrn"
	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// sealCounter is the area in front of a desk whose mutuality seals.
func sealCounter(t *testing.T, s *sealDesk) *areatest.Counter {
	c := areatest.New(t, &Requests{Store: s.store, Signing: s.Signing, Sealing: s.sealing, Now: s.Now})
	c.Login = s.login
	return c
}

// leads counts the links to addresses with that part.
func leads(p *areatest.Page, part string) int {
	n := 0
	for _, a := range p.All("main a") {
		if strings.Contains(areatest.Attr(a, "href"), part) {
			n++
		}
	}
	return n
}

// Who signed in by a password approves nothing and sends nothing that needs more.
func TestApproveNeedsMore(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	flow := s.proved(t, id)
	s.login.Method, s.login.Assurance = auth.Password, auth.Low
	c := sealCounter(t, s)
	var step auth.StepUpError
	for _, p := range []*areatest.Page{c.Get("requests/" + id + "/approve"), c.Get("requests/" + id + "/approve?flow=" + flow),
		c.Get("requests/" + id + "/prove?provider=fas"), c.Post("requests/"+id+"/approve", url.Values{"flow": {flow}})} {
		if !errors.As(p.Err, &step) {
			t.Errorf("a password reaches the approval: %d, %v", p.Status, p.Err)
		}
	}
	p := c.Post("requests/"+id+"/receipt", url.Values{"read": {"1"}})
	if p.Status != http.StatusSeeOther || !strings.HasSuffix(p.Location(), "/read") {
		t.Errorf("receipt of a bank change: %d to %s", p.Status, p.Location())
	}
	if p := c.Get("requests/" + id + "/read"); !strings.Contains(p.Text("main"), "carte d’identité") {
		t.Errorf("the page to read offers no card: %s", p.Text("main"))
	}
	s.unsealed(t, id)
}

func TestForeignApproval(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	flow := s.proved(t, id)
	c := sealCounter(t, s)
	c.Login = loginOf(t, s.nora)
	for _, p := range []*areatest.Page{c.Get("requests/" + id + "/approve?flow=" + flow), c.Get("requests/" + id + "/prove?provider=fas"),
		c.Post("requests/"+id+"/approve", url.Values{"flow": {flow}}), c.Post("requests/"+id+"/receipt", url.Values{"read": {"1"}})} {
		if !errors.Is(p.Err, ErrNotFound) {
			t.Errorf("a stranger gets %d, %v; want ErrNotFound", p.Status, p.Err)
		}
	}
}

// Each refusal of a proof is a page with a sentence and the ways to start again.
func TestApprovePageRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*answer)
		status int
		says   string
	}{
		{"another document", func(a *answer) { a.document[0] ^= 1 }, http.StatusConflict, "Cette preuve ne vaut plus"},
		{"another person", func(a *answer) { a.identity.Number, _ = nrn.Parse("90020100297") }, http.StatusForbidden, "une autre personne"},
		{"too weak", func(a *answer) { a.identity.Level = 300 }, http.StatusForbidden, "pas assez sûre"},
		{"cancelled", func(a *answer) { a.err = federation.ErrCancelled }, http.StatusOK, "Vous êtes revenu"},
		{"refused", func(a *answer) { a.err = federation.ErrRefused }, http.StatusConflict, "Cette preuve ne vaut plus"},
	} {
		s := newSealDesk(t)
		id := s.frozen(t)
		p := sealCounter(t, s).Get("requests/" + id + "/approve?flow=" + s.answered(t, id, c.change))
		if p.Status != c.status || !strings.Contains(p.Text(".banner"), c.says) || leads(p, "/prove?") != 2 || len(p.All("main form")) != 0 {
			t.Errorf("%s: %d %q, %d choices", c.name, p.Status, p.Text(".banner"), leads(p, "/prove?"))
		}
		s.unsealed(t, id)
	}
}

func TestProviderAway(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	c := sealCounter(t, s)
	if p := c.Get("requests/" + id + "/prove?provider=nobody"); !errors.Is(p.Err, ErrNotFound) {
		t.Errorf("unknown provider: %d, %v", p.Status, p.Err)
	}
	s.provider.away = federation.ErrUnavailable
	if p := c.Get("requests/" + id + "/prove?provider=fas"); p.Status != http.StatusServiceUnavailable || !strings.Contains(p.Text(".banner"), "ne répond pas") {
		t.Errorf("provider away: %d %q", p.Status, p.Text(".banner"))
	}
}

// The member reads, goes to the provider, comes back, sees what she approves, approves.
func TestApproveStep(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	c := sealCounter(t, s)
	p := c.Post("requests/"+id+"/read", url.Values{"read": {"1"}})
	if p.Status != http.StatusSeeOther || !strings.HasSuffix(p.Location(), id+"/approve") {
		t.Fatalf("after reading: %d to %s", p.Status, p.Location())
	}
	if p = c.Get("requests/" + id + "/prove?provider=fas"); p.Status != http.StatusSeeOther || len(s.provider.began) != 1 {
		t.Fatalf("prove: %d, %v", p.Status, p.Err)
	}
	read := s.store.requests[id]
	if a := s.provider.began[0]; a.Request != id || a.Document != read.SHA256 || a.Size != len(read.PDF) || a.Return != "requests/"+id+"/approve" || a.Login.Session != "session-1" {
		t.Errorf("asked for %+v", a)
	}
	flow := s.answered(t, id, nil)
	p = c.Get("requests/" + id + "/approve?flow=" + flow)
	for _, want := range []string{"Mathieu Delcourt", "CSAM", "500", shortDigest(read.SHA256), read.Reference, sealName, "pas une signature qualifiée", "sceau"} {
		if !strings.Contains(p.Text("main"), want) {
			t.Errorf("the page to approve lacks %q", want)
		}
	}
	for range 2 {
		p = c.Post("requests/"+id+"/approve", url.Values{"flow": {flow}})
		if p.Status != http.StatusSeeOther || !strings.HasSuffix(p.Location(), id+"/done") {
			t.Fatalf("approve: %d to %s, %v", p.Status, p.Location(), p.Err)
		}
	}
	p = c.Get("requests/" + id + "/done")
	if text := p.Text("main"); p.Text("h1") != "C’est approuvé" || !strings.Contains(text, "pas une signature qualifiée") || strings.Contains(text, "numéro national") || strings.Contains(text, "signé") {
		t.Errorf("done says %q", text)
	}
	if text := c.Get("requests/" + id).Text("main"); !strings.Contains(text, "Accord scellé") || !strings.Contains(text, "Le contrôle du sceau") {
		t.Errorf("the request says %q", text)
	}
	if p = c.Get("requests/" + id + "/approve?flow=" + flow); p.Status != http.StatusSeeOther {
		t.Errorf("back on the page to approve: %d", p.Status)
	}
}

// The seal's token is away: the page says so, and the same button works later.
func TestApproveWhileSealIsAway(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	flow := s.proved(t, id)
	c := sealCounter(t, s)
	key := s.sealer.Key
	s.sealer.Key = silent{key}
	p := c.Post("requests/"+id+"/approve", url.Values{"flow": {flow}})
	if p.Status != http.StatusServiceUnavailable || !strings.Contains(p.Text(".banner"), "Le sceau ne répond pas") || len(p.All("main form input[value="+flow+"]")) != 1 {
		t.Errorf("seal away: %d %q", p.Status, p.Text(".banner"))
	}
	s.sealer.Key = key
	if p = c.Post("requests/"+id+"/approve", url.Values{"flow": {flow}}); p.Status != http.StatusSeeOther {
		t.Errorf("seal back: %d, %v", p.Status, p.Err)
	}
}

func TestReceiptStep(t *testing.T) {
	s := newSealDesk(t)
	id := s.order(t)
	s.login.Method, s.login.Assurance = auth.Password, auth.Low
	c := sealCounter(t, s)
	if p := c.Get("requests/" + id + "/read"); !strings.Contains(p.Text("main form button"), "Envoyer ma demande") || len(p.All("form[action=/fr/requests/"+id+"/receipt]")) != 1 {
		t.Errorf("the page to read offers %q", p.Text("main form button"))
	}
	if p := c.Post("requests/"+id+"/receipt", url.Values{}); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("without the tick: %d", p.Status)
	}
	s.unsealed(t, id)
	key := s.sealer.Key
	s.sealer.Key = silent{key}
	if p := c.Post("requests/"+id+"/receipt", url.Values{"read": {"1"}}); p.Status != http.StatusServiceUnavailable || !strings.Contains(p.Text(".banner"), "Rien n’a été envoyé") {
		t.Errorf("seal away: %d %q", p.Status, p.Text(".banner"))
	}
	s.sealer.Key = key
	for range 2 {
		if p := c.Post("requests/"+id+"/receipt", url.Values{"read": {"1"}}); p.Status != http.StatusSeeOther || !strings.HasSuffix(p.Location(), "/done") {
			t.Fatalf("receipt: %d to %s, %v", p.Status, p.Location(), p.Err)
		}
	}
	if text := c.Get("requests/" + id + "/done").Text("main"); !strings.Contains(text, "C’est envoyé") || !strings.Contains(text, "accusé de réception scellé, pas une signature") {
		t.Errorf("done says %q", text)
	}
}

// Without a seal, or without a provider, nothing is offered but the card, and it says why.
func TestNothingOfferedWithoutSeal(t *testing.T) {
	s := newSealDesk(t)
	bank, order := s.frozen(t), s.order(t)
	noProvider := s.sealing
	noProvider.StepUp = nil
	for name, sealing := range map[string]*Sealing{"no seal": nil, "no provider": noProvider} {
		c := areatest.New(t, &Requests{Store: s.store, Signing: s.Signing, Sealing: sealing, Now: s.Now})
		c.Login = s.login
		p := c.Get("requests/" + bank + "/read")
		if !strings.Contains(p.Text("main"), "ne peut pas sceller") || !strings.Contains(p.Text("main form button"), "signer avec la carte") {
			t.Errorf("%s: %q", name, p.Text("main"))
		}
		if p := c.Post("requests/"+bank+"/read", url.Values{"read": {"1"}}); !strings.HasSuffix(p.Location(), "/sign") {
			t.Errorf("%s: leads to %s", name, p.Location())
		}
	}
	c := areatest.New(t, &Requests{Store: s.store, Signing: s.Signing, Now: s.Now})
	c.Login = s.login
	for _, path := range []string{"/approve", "/approve?flow=" + flowOf(1), "/prove?provider=fas"} {
		if p := c.Get("requests/" + bank + path); p.Status != http.StatusSeeOther || !strings.HasSuffix(p.Location(), "/read") {
			t.Errorf("%s without a seal: %d to %s", path, p.Status, p.Location())
		}
	}
	c.Login.Method, c.Login.Assurance = auth.Password, auth.Low
	if text := c.Get("requests/" + order + "/read").Text("main"); !strings.Contains(text, "ne peut pas sceller") {
		t.Errorf("an order by password without a seal: %q", text)
	}
	if p := c.Post("requests/"+order+"/receipt", url.Values{"read": {"1"}}); p.Status != http.StatusSeeOther || !strings.HasSuffix(p.Location(), "/read") {
		t.Errorf("receipt without a seal: %d to %s", p.Status, p.Location())
	}
	s.unsealed(t, order)
}

// A card that cannot sign (a child's, or one without its certificate) is not the end: the
// page of the card offers the approval to who has a federal way.
func TestCardPageOffersApproval(t *testing.T) {
	s := newSealDesk(t)
	id := s.frozen(t)
	s.login.Method = auth.Card
	if p := sealCounter(t, s).Get("requests/" + id + "/sign"); leads(p, id+"/approve") != 1 {
		t.Errorf("the card's page offers %d approvals, want 1", leads(p, id+"/approve"))
	}
	flow := s.proved(t, id)
	if p := sealCounter(t, s).Post("requests/"+id+"/approve", url.Values{"flow": {flow}}); p.Status != http.StatusSeeOther {
		t.Errorf("approving in a session of the card: %d, %v", p.Status, p.Err)
	}
	s.provider.offered = nil
	if p := sealCounter(t, s).Get("requests/" + s.order(t) + "/sign"); leads(p, "/approve") != 0 {
		t.Error("an approval is offered to who has no federal way")
	}
}

// Every page of both ways in every language; areatest holds each to the rules of pages.
func TestSealPagesInEachLanguage(t *testing.T) {
	for _, l := range locale.Languages() {
		for _, way := range []struct {
			method auth.Method
			sure   auth.Assurance
		}{{auth.Federal, auth.Substantial}, {auth.Password, auth.Low}} {
			s := newSealDesk(t)
			id, err := s.Freeze(t.Context(), s.login, ehicOrder(document.Language(l)), "order")
			if err != nil {
				t.Fatal(err)
			}
			s.login.Method, s.login.Assurance = way.method, way.sure
			c := sealCounter(t, s)
			c.Lang = l
			pages := []string{"", "/read"}
			flow := ""
			if way.method == auth.Federal {
				flow = s.answered(t, id, nil)
				pages = append(pages, "/approve", "/approve?flow="+flow)
			}
			for _, page := range pages {
				if p := c.Get("requests/" + id + page); p.Status != http.StatusOK || len(p.All("main .button[data-kind=first]")) > 1 {
					t.Errorf("%s %s %s = %d, %v", l, way.method, page, p.Status, p.Err)
				}
			}
			to, form := "/receipt", url.Values{"read": {"1"}}
			if flow != "" {
				to, form = "/approve", url.Values{"flow": {flow}}
			}
			if p := c.Post("requests/"+id+to, form); p.Status != http.StatusSeeOther {
				t.Fatalf("%s %s: %d, %v", l, to, p.Status, p.Err)
			}
			for _, page := range []string{"", "/done", "/read", "/withdraw"} {
				if p := c.Get("requests/" + id + page); p.Status != http.StatusOK {
					t.Errorf("%s %s %s after = %d, %v", l, way.method, page, p.Status, p.Err)
				}
			}
		}
	}
}

// No text of a seal says that it is anybody's signature, in any language of a document.
func TestSealSpeaksTheDocumentsLanguage(t *testing.T) {
	s := newSealDesk(t)
	for l, want := range map[document.Language]string{document.FR: "approuvé par", document.NL: "goedgekeurd door", document.DE: "bestätigt von", document.EN: "approved by"} {
		r := Request{Act: ehicOrder(l), Mark: document.Mark{Page: 1, Rect: [4]float64{0, 0, 200, 60}}}
		for _, m := range []Method{ByApproval, ByReceipt} {
			o, err := s.sealing.options(r, m, evidence{})
			if err != nil {
				t.Fatal(err)
			}
			if len(o.Mark.Lines) != 3 || !strings.Contains(o.Mark.Lines[0], sealName) || m == ByApproval && !strings.Contains(o.Mark.Lines[1], want) {
				t.Errorf("%s %s: mark %q", l, m, o.Mark.Lines)
			}
			if len([]rune(o.Reason)) > signing.MaxText || o.Reason == "" {
				t.Errorf("%s %s: reason %q", l, m, o.Reason)
			}
		}
	}
}

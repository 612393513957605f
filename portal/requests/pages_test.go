package requests

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs/revocation"
	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// counter is the area in front of a desk.
func counter(t *testing.T, d *desk) *areatest.Counter {
	c := areatest.New(t, &Requests{Store: d.store, Signing: d.Signing, Now: d.Now})
	c.Login = d.login
	return c
}

// inState puts a bank change into a state.
func (d *desk) inState(t *testing.T, s State) string {
	t.Helper()
	id := d.frozen(t)
	d.store.mu.Lock()
	defer d.store.mu.Unlock()
	r := d.store.requests[id]
	r.State = s
	if s != ToSign && s != Declined && s != Expired {
		r.Document, r.SignedAt = "doc1", noon
	}
	d.store.requests[id] = r
	return id
}

var states = []State{ToSign, Pending, Signed, Accepted, Rejected, Declined, Withdrawn, Expired}

// TestForeignRequests: a request of somebody else looks like one that does not exist.
func TestForeignRequests(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c := counter(t, d)
	c.Login = loginOf(t, d.nora)
	for _, id := range []string{id, "0", strings.Repeat("z", 26), "%00"} {
		for _, page := range []string{"", "/read", "/document.pdf", "/sign", "/done", "/decline", "/withdraw"} {
			if p := c.Get("requests/" + id + page); !errors.Is(p.Err, ErrNotFound) {
				t.Errorf("GET %s%s = %d, %v, want ErrNotFound", id, page, p.Status, p.Err)
			}
		}
		for _, page := range []string{"/decline", "/withdraw"} {
			if p := c.Post("requests/"+id+page, url.Values{}); !errors.Is(p.Err, ErrNotFound) {
				t.Errorf("POST %s%s = %d, %v, want ErrNotFound", id, page, p.Status, p.Err)
			}
		}
		p := c.PostJSON("requests/"+id+"/prepare", toPrepare{Certificate: base64.StdEncoding.EncodeToString(d.nora.Signature.Certificate.Raw)})
		if !errors.Is(p.Err, ErrNotFound) {
			t.Errorf("prepare of %s: %v, want ErrNotFound", id, p.Err)
		}
	}
	if r, _ := d.store.Request(t.Context(), d.login, id); r.State != ToSign {
		t.Errorf("request is %s", r.State)
	}
}

func TestOnlyTheCardSigns(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	for _, weak := range []auth.Login{{Method: auth.Password, Assurance: auth.Low}, {Method: auth.Federal, Assurance: auth.High}} {
		c := counter(t, d)
		c.Login.Method, c.Login.Assurance = weak.Method, weak.Assurance
		var step auth.StepUpError
		for _, p := range []*areatest.Page{c.Get("requests/" + id + "/sign"), c.PostJSON("requests/"+id+"/prepare", 1), c.PostJSON("requests/"+id+"/complete", 1)} {
			if !errors.As(p.Err, &step) {
				t.Errorf("%s reaches the card step: %d, %v", weak.Method, p.Status, p.Err)
			}
		}
		if p := c.Get("requests/" + id + "/read"); p.Status != http.StatusOK {
			t.Errorf("%s does not read: %d", weak.Method, p.Status)
		}
	}
}

func TestMessagesOfTheCardPageRefused(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c := counter(t, d)
	tests := []struct{ name, page, body, state string }{
		{"nothing", "prepare", "", StateTechnical},
		{"not JSON", "prepare", "certificate=x", StateTechnical},
		{"array", "prepare", "[]", StateTechnical},
		{"two values", "prepare", `{"certificate":""}{}`, StateTechnical},
		{"endless", "prepare", `{"certificate":"` + strings.Repeat("A", maxMessage) + `"}`, StateTechnical},
		{"certificate not base64", "prepare", `{"certificate":"***"}`, StateCardUnknown},
		{"certificate a number", "prepare", `{"certificate":1}`, StateTechnical},
		{"nothing", "complete", "", StateTechnical},
		{"value not base64", "complete", `{"preparation":"x","signature":"***"}`, StateTechnical},
		{"value an object", "complete", `{"preparation":"x","signature":{}}`, StateTechnical},
	}
	for _, tt := range tests {
		p := c.PostBody("requests/"+id+"/"+tt.page, tt.body)
		problem := wantProblem(t, p.Err, tt.state)
		if problem.Status() != http.StatusUnprocessableEntity {
			t.Errorf("%s, %s: status %d", tt.page, tt.name, problem.Status())
		}
	}
}

// TestCardStep walks from the document to the done page as the browser does.
func TestCardStep(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c := counter(t, d)
	read := c.Get("requests/" + id + "/read")
	p := c.Post("requests/"+id+"/read", read.Form("/fr/requests/"+id+"/read"))
	if p.Status != http.StatusUnprocessableEntity || p.Text(".errors a") != "Cochez la case quand vous avez lu le document" {
		t.Errorf("without the tick: %d, %q", p.Status, p.Text(".errors a"))
	}
	p = c.Post("requests/"+id+"/read", url.Values{"read": {"1"}})
	if p.Status != http.StatusSeeOther || p.Location() != "/fr/requests/"+id+"/sign" {
		t.Fatalf("with the tick: %d to %q", p.Status, p.Location())
	}
	var toCard prepared
	c.PostJSON("requests/"+id+"/prepare", toPrepare{
		Certificate: base64.StdEncoding.EncodeToString(d.mathieu.Signature.Certificate.Raw),
		Algorithms:  []Algorithm{{"ECC", "SHA-256", "NONE"}, {"ECC", "SHA-384", "NONE"}},
	}).JSON(&toCard)
	hash, err := base64.StdEncoding.DecodeString(toCard.Hash)
	if err != nil || toCard.HashFunction != "SHA-384" || len(hash) != 48 {
		t.Fatalf("the card is asked to sign %d bytes with %s, %v", len(hash), toCard.HashFunction, err)
	}
	value := sign(t, d.mathieu, ToCard{Digest: hash, HashFunction: toCard.HashFunction})
	for range 2 { // the answer is lost once
		var next struct{ Next string }
		c.PostJSON("requests/"+id+"/complete", toComplete{Preparation: toCard.Preparation,
			Signature: base64.StdEncoding.EncodeToString(value)}).JSON(&next)
		if next.Next != "/fr/requests/"+id+"/done" {
			t.Fatalf("next is %q", next.Next)
		}
	}
	done := c.Get("requests/" + id + "/done")
	if done.Text("h1") != "C’est signé" || !strings.Contains(done.Text(".verdict"), "pas encore en vigueur") {
		t.Errorf("done says %q", done.Text(".verdict"))
	}
	r, _ := d.store.Request(t.Context(), d.login, id)
	if !strings.Contains(done.Text(".reference"), r.Reference) || !strings.Contains(done.Text("main"), "avant le 27 novembre 2026") {
		t.Error("done lacks the reference or the date of the answer")
	}
	for _, want := range []string{"/fr/documents/" + r.Document, "/fr/documents/" + r.Document + "/report"} {
		if !slices.Contains(done.Links("main"), want) {
			t.Errorf("done does not lead to %s", want)
		}
	}
	if !strings.Contains(done.Text("main"), "numéro national") {
		t.Error("done does not warn of the national number")
	}
	if p := c.Get("requests/" + id + "/sign"); p.Status != http.StatusSeeOther {
		t.Errorf("a signed request can be signed: %d", p.Status)
	}
}

func TestDoneOfPending(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	card, v := d.prepared(t, id, d.mathieu)
	d.status.fresh = revocation.ErrUnavailable
	if _, err := d.Complete(t.Context(), d.login, id, card.Preparation, v); err != nil {
		t.Fatal(err)
	}
	p := counter(t, d).Get("requests/" + id + "/done")
	if !strings.Contains(p.Text(".verdict"), "n’a pas répondu") || strings.Contains(p.Text("main"), "C’est signé") || len(p.All(".verdict[data-kind=checking]")) != 1 {
		t.Errorf("a pending signature is shown as %q", p.Text(".verdict"))
	}
}

// TestDocumentIsTheSameTwice: the HTML page and the PDF say the same in the same order.
func TestDocumentIsTheSameTwice(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c := counter(t, d)
	r, _ := d.store.Request(t.Context(), d.login, id)
	p := c.Get("requests/" + id + "/read")
	text := p.Text("article.sheet")
	for _, want := range r.Act.Sheet().Texts() {
		want = strings.Join(strings.Fields(want), " ")
		_, after, found := strings.Cut(text, want)
		if !found {
			t.Errorf("page lacks %q, or has it too early", want)
			continue
		}
		text = after
	}
	pdf := c.Get("requests/" + id + "/document.pdf")
	if !bytes.Equal(pdf.Body, r.PDF) || pdf.Header.Get("Content-Type") != "application/pdf" {
		t.Error("the file is not the PDF that was drawn")
	}
	if got := pdf.Header.Get("Content-Disposition"); got != `attachment; filename="`+r.Reference+`.pdf"` {
		t.Errorf("Content-Disposition is %q", got)
	}
	if csp := pdf.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || pdf.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the file can be shown as a page: %q", csp)
	}
	if short := shortDigest(r.SHA256); !strings.Contains(p.Text("main"), short) || len(short) != 9 {
		t.Errorf("page lacks the digest %q", short)
	}
}

func TestSheetKeepsItsLanguage(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c := counter(t, d)
	c.Lang = locale.NL
	p := c.Get("requests/" + id + "/read")
	if got := areatest.Attr(p.All("article.sheet")[0], "lang"); got != "fr" || p.Text("h1") != "Het document lezen" {
		t.Errorf("document in %q, page %q", got, p.Text("h1"))
	}
}

func TestDecline(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	c := counter(t, d)
	form := c.Get("requests/" + id + "/decline").Form("/fr/requests/" + id + "/decline")
	form.Set("reason", strings.Repeat("é", maxReason+1))
	if p := c.Post("requests/"+id+"/decline", form); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(".errors a"), "500") {
		t.Errorf("reason too long: %d, %q", p.Status, p.Text(".errors a"))
	}
	form.Set("reason", " Pas le bon compte.\r\n\u202e<b> ")
	for range 2 { // sent twice
		if p := c.Post("requests/"+id+"/decline", form); p.Status != http.StatusSeeOther || p.Location() != "/fr/requests/"+id {
			t.Fatalf("decline = %d to %q, %v", p.Status, p.Location(), p.Err)
		}
	}
	r, _ := d.store.Request(t.Context(), d.login, id)
	if r.State != Declined || r.Reason != "Pas le bon compte.  <b>" {
		t.Errorf("request is %s because %q", r.State, r.Reason)
	}
	if p := c.Get("requests/" + id); len(p.All("dd b")) != 0 || !strings.Contains(p.Text("dl"), "Pas le bon compte. <b>") {
		t.Error("the reason became an element")
	}
	if p := c.Get("requests/" + id + "/decline"); p.Status != http.StatusSeeOther {
		t.Errorf("a declined request can be declined: %d", p.Status)
	}
}

// TestEndsOnlyOnce: signing and refusing are never both true.
func TestEndsOnlyOnce(t *testing.T) {
	for _, s := range states {
		d := newDesk(t)
		id := d.inState(t, s)
		c := counter(t, d)
		for path, e := range map[string]ending{"decline": declining, "withdraw": withdrawing} {
			p := c.Post("requests/"+id+"/"+path, url.Values{})
			r, _ := d.store.Request(t.Context(), d.login, id)
			switch {
			case e.possible(s) && r.State != e.to, !e.possible(s) && r.State != s:
				t.Errorf("%s of a request that is %s makes it %s", path, s, r.State)
			case !e.possible(s) && s != e.to && !errors.Is(p.Err, ErrNotOpen):
				t.Errorf("%s of a request that is %s: %v, want ErrNotOpen", path, s, p.Err)
			}
			if r.State != s {
				break // moved; the other way out is another test's
			}
		}
	}
}

// TestPageReadIsTheOneFrozen: the words of a letter change with the program, those of a
// request that waits for its signature do not: page and file stay one document.
func TestPageReadIsTheOneFrozen(t *testing.T) {
	d := newDesk(t)
	id := d.frozen(t)
	r := d.store.requests[id]
	if r.Sheet.Title == "" || !slices.Equal(r.Sheet.Texts(), r.Act.Sheet().Texts()) {
		t.Fatalf("frozen with %q, the act reads %q", r.Sheet.Texts(), r.Act.Sheet().Texts())
	}
	today := r.Sheet.Title
	r.Sheet.Title = "Titre d’un programme plus ancien"
	d.store.requests[id] = r
	for _, path := range []string{"/read", "/sign"} {
		text := counter(t, d).Get("requests/" + id + path).Text("article")
		if !strings.Contains(text, r.Sheet.Title) || strings.Contains(text, today) {
			t.Errorf("%s shows %q, want the words that were frozen", path, text)
		}
	}
}

// TestListShowsADamagedRequest: as a line of its own that leads nowhere, between the
// others, with what to tell the help desk.
func TestListShowsADamagedRequest(t *testing.T) {
	d := newDesk(t)
	for range 3 {
		d.now = d.now.Add(time.Minute)
		if _, err := d.Freeze(t.Context(), d.login, bankChange(), d.now.String()); err != nil {
			t.Fatal(err)
		}
	}
	var broken Request
	for id, r := range d.store.requests {
		if broken.ID == "" {
			broken = Request{ID: r.ID, Reference: r.Reference, State: r.State, Created: r.Created, Damaged: true}
			d.store.requests[id] = broken
		}
	}
	for _, lang := range locale.Languages() {
		c := counter(t, d)
		c.Lang = lang
		p := c.Get("requests")
		if p.Status != http.StatusOK || len(p.All(".ledger li")) != 3 || len(p.Links(".ledger")) != 2 {
			t.Fatalf("list = %d, %v, with links to %v, want two of three", p.Status, p.Err, p.Links(".ledger"))
		}
		if text := p.Text(".ledger"); !strings.Contains(text, broken.Reference) || !strings.Contains(text, "K7-042") || !strings.Contains(text, locale.T(lang, "requests.damaged")) {
			t.Errorf("%s: list says %q", lang, text)
		}
	}
}

func TestList(t *testing.T) {
	d := newDesk(t)
	c := counter(t, d)
	if p := c.Get("requests"); !strings.Contains(p.Text(".empty"), "Vous n’en avez pas encore fait") {
		t.Errorf("empty list says %q", p.Text(".empty"))
	}
	var ids []string
	for i := range 2*perPage + 3 {
		d.now = noon.Add(time.Duration(i) * time.Minute)
		id, err := d.Freeze(t.Context(), d.login, bankChange(), time.Duration(i).String())
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, "/fr/requests/"+id)
	}
	slices.Reverse(ids)
	var seen []string
	for next := "requests"; next != ""; {
		p := c.Get(next)
		seen = append(seen, p.Links(".ledger")...)
		next = ""
		for _, a := range p.All("a[rel=next]") {
			next = strings.TrimPrefix(areatest.Attr(a, "href"), "/fr/")
		}
	}
	if !slices.Equal(seen, ids) {
		t.Errorf("pages show %d requests, want %d, newest first, each once", len(seen), len(ids))
	}
	if p := c.Get("requests?before=0"); !strings.Contains(p.Text(".empty"), "pas de demandes plus anciennes") {
		t.Errorf("after the last: %q", p.Text(".empty"))
	}
}

func TestDetailOffersWhatCanBeDone(t *testing.T) {
	for _, s := range states {
		d := newDesk(t)
		id := d.inState(t, s)
		p := counter(t, d).Get("requests/" + id)
		links := p.Links("main")
		self := "/fr/requests/" + id
		for link, want := range map[string]bool{
			self + "/read": s == ToSign, self + "/decline": s == ToSign, self + "/withdraw": s == Signed || s == Pending,
			"/fr/documents/doc1": s != ToSign && s != Declined && s != Expired,
		} {
			if slices.Contains(links, link) != want {
				t.Errorf("%s: link %s is %v, want %v", s, link, !want, want)
			}
		}
		if strings.Contains(p.Text("main"), "5390 0754") || !strings.Contains(p.Text("main"), "7034") {
			t.Errorf("%s: the number is not masked", s)
		}
		if n := len(p.All(".track li[data-state=now]")); n > 1 || n == 0 && s != Accepted {
			t.Errorf("%s: track has %d steps that are now", s, n)
		}
	}
}

// TestPagesInEachLanguage renders every page in every state and language; areatest
// holds each to the rules of every page.
func TestPagesInEachLanguage(t *testing.T) {
	for _, l := range locale.Languages() {
		titles := map[string]bool{}
		for _, s := range states {
			d := newDesk(t)
			c := counter(t, d)
			c.Lang = l
			bank := d.inState(t, s)
			order, err := d.Freeze(t.Context(), d.login, ehicOrder(document.Language(l)), "order")
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{bank, order} {
				for _, page := range []string{"", "/read", "/sign", "/done", "/decline", "/withdraw"} {
					p := c.Get("requests/" + id + page)
					switch p.Status {
					case http.StatusOK:
						titles[p.Text("h1")] = true
						if page != "/sign" && len(p.All("main .button[data-kind=first]")) > 1 { // the card panel holds every state
							t.Errorf("%s %s%s has two first buttons", l, s, page)
						}
					case http.StatusSeeOther:
					default:
						t.Errorf("%s %s%s = %d, %v", l, s, page, p.Status, p.Err)
					}
				}
			}
			if p := c.Get("requests"); p.Status != http.StatusOK {
				t.Errorf("%s list = %d, %v", l, p.Status, p.Err)
			}
		}
		if len(titles) != 8 {
			t.Errorf("%s: %d headings %v, want 8", l, len(titles), titles)
		}
	}
}

func ehicOrder(l document.Language) document.EHICOrder {
	b := bankChange()
	departure := time.Date(2027, 2, 15, 0, 0, 0, 0, time.UTC)
	return document.EHICOrder{Language: l, Mutuality: b.Mutuality, Member: b.Member, Date: b.Date,
		ForPersons: []string{"Mathieu Delcourt"}, DeliverTo: []string{"Mathieu Delcourt", "Rue des Clarisses 8", "4000 Liège"},
		Departure: &departure, Country: "Italie"}
}

func TestMarkSpeaksTheDocumentsLanguage(t *testing.T) {
	for l, want := range map[document.Language]string{document.FR: "signé avec la carte d’identité", document.NL: "ondertekend met de identiteitskaart",
		document.DE: "unterschrieben mit der eID-Karte", document.EN: "signed with the identity card"} {
		d := newDesk(t)
		m := markOf(Request{Act: ehicOrder(l)}, d.mathieu.Signature.Certificate, noon)
		if !slices.Contains(m.Lines, want) || m.Lines[0] != "Mathieu Delcourt" || strings.Contains(strings.Join(m.Lines, " "), "85073003328") {
			t.Errorf("%s: mark says %q", l, m.Lines)
		}
	}
}

// The last step names what is on its way: only a card is a card.
func TestLastStep(t *testing.T) {
	v := page.View{Lang: locale.FR}
	for want, people := range map[string][]string{"Carte à la poste": {"Mathieu"}, "Cartes à la poste": {"Mathieu", "Nora"}} {
		if got := last(v, document.EHICOrder{ForPersons: people}).Text; got != want {
			t.Errorf("cards for %v: %s", people, got)
		}
	}
	for _, kind := range document.PostKinds() {
		if got := last(v, document.PostOrder{What: kind}).Text; got != "À la poste" {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

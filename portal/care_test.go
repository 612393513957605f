package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guichet.example/auth"
	"guichet.example/portal"
	"guichet.example/portal/core"
	"guichet.example/portal/documents"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing/document"
)

// Where the mutuality closes care to weak logins, no other page tells of it: neither the
// first one, nor a document in the vault by its list, its search, its page or its file.
func TestCareIsClosedToWeakLogins(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite), func(cfg *portal.Config) { cfg.Policy.ClassicReadsHealth = false })
	me := w.members[0]
	login := auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: me.id}
	w.money(me, "R-")
	var of string
	ok(t, w.db.QueryRowContext(t.Context(), `SELECT affiliation FROM members WHERE member = '`+string(me.id)+`'`).Scan(&of))
	_, err := w.store.Load(t.Context(), login.Mutuality, core.Batch{Kind: core.KindReceived, AsOf: w.cfg.Now(), Rows: []core.Row{
		core.Received{Member: of, Reference: "B-1", Kind: "statement", Title: "Relevé de kinésithérapie", Language: "fr", Issued: w.cfg.Now(), PDF: []byte("%PDF-1.7 care")}}})
	ok(t, err)
	strong := w.at(me)
	_, body := strong.get("/fr/refunds/receipt?t=R-1")
	action, values := formOf(t, body, "/refunds/receipt")
	if resp, text := strong.post(action, form, url.Values(values).Encode()); resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("sealing: %s %s", resp.Status, title(text))
	}
	signed := w.document(me)
	list, err := w.store.Documents(t.Context(), login, documents.Filter{}, "", 10)
	ok(t, err)
	if len(list) != 3 {
		t.Fatalf("%d documents", len(list))
	}
	weak := w.visitor(t)
	w.comesIn(weak, me, "password")
	care := []string{"Sarton", "Consultation", "45,60", "kinésithérapie", "Quittance de"}
	for _, d := range list {
		for _, of := range []string{"", "/file.pdf", "/report", "/proof.pdf"} {
			resp, body := weak.get("/fr/documents/" + d.ID + of)
			if own := d.ID == signed; own != (resp.StatusCode == http.StatusOK) || !own && resp.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s%s: %s", d.Kind, d.Reference, of, resp.Status)
			}
			for _, word := range care {
				if d.ID != signed && strings.Contains(body, word) {
					t.Errorf("%s%s says %q", d.Reference, of, word)
				}
			}
		}
	}
	for _, path := range []string{"home", "documents", "documents?kind=received", "documents?q=kinesitherapie", "documents?q=quittance"} {
		_, body := weak.get("/fr/" + path)
		for _, word := range care {
			if strings.Contains(body, word) {
				t.Errorf("%s says %q to a password", path, word)
			}
		}
	}
	if _, body := weak.get("/fr/documents"); !strings.Contains(body, signed) {
		t.Error("the signed document is not on the list")
	}
	if _, body := strong.get("/fr/home"); !strings.Contains(body, "Sarton") || !strings.Contains(body, "kinésithérapie") {
		t.Error("the first page hides care from a card")
	}
}

// A paper that an officer put into the vault may tell of care like any other that the
// mutuality sent: a password opens it no more than those.
func TestOfficePaperIsClosedToWeakLogins(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite), func(cfg *portal.Config) { cfg.Policy.ClassicReadsHealth = false })
	me, desk := w.members[0], w.desks[auth.Advisor]
	at := "/fr/office/files/" + w.opening(auth.Advisor, me) + "/paper"
	if resp, body := desk.sendsFile(at, lease, written(t, "accepted/typst.pdf")); resp.Header.Get("Location") != at+"/read" {
		t.Fatalf("sending: %s %s", resp.Status, title(body))
	}
	desk.wants("POST", at+"/read", url.Values{"read": {"1"}}, http.StatusSeeOther)
	if next := desk.signs(at, w.staff[auth.Advisor]); next != at+"/done" {
		t.Fatalf("after the card: %s", next)
	}
	list, err := w.store.Documents(t.Context(), auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: me.id}, documents.Filter{Kind: document.KindOfficePaper}, "", 10)
	if ok(t, err); len(list) != 1 {
		t.Fatalf("%d papers", len(list))
	}
	id, word := list[0].ID, "Attestation de mon employeur"
	strong, weak := w.at(me), w.visitor(t)
	w.comesIn(weak, me, "password")
	for _, of := range []string{"", "/file.pdf", "/report"} {
		strong.wants("GET", "/fr/documents/"+id+of, nil, http.StatusOK)
		if body := weak.wants("GET", "/fr/documents/"+id+of, nil, http.StatusForbidden); strings.Contains(body, word) {
			t.Errorf("%q says what the paper is", of)
		}
	}
	for _, path := range []string{"home", "documents", "documents?kind=office-paper", "documents?q=attestation", "documents?q=employeur"} {
		if body := weak.wants("GET", "/fr/"+path, nil, http.StatusOK); strings.Contains(body, id) || strings.Contains(body, word) {
			t.Errorf("%s tells of it to a password", path)
		}
	}
	for _, path := range []string{"home", "documents"} {
		if body := strong.wants("GET", "/fr/"+path, nil, http.StatusOK); !strings.Contains(body, id) {
			t.Errorf("%s hides it from a card", path)
		}
	}
}

package documents

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guichet.example/portal/areatest"
	"guichet.example/portal/locale"
)

func received() Document {
	return Document{ID: "r0000000000000000000000001", ReceivedKind: "yearly-balance", Title: "Décompte 2025", Reference: "YB-2025-1", Language: "fr",
		Created: areatest.Noon.AddDate(0, -1, 0), Pages: 2, Size: 12_000, Status: Valid, Method: Received, Unread: true}
}

// What the mutuality sent stands among the rest, unread until it is opened.
func TestReceived(t *testing.T) {
	for _, l := range locale.Languages() {
		d := newDesk(t)
		d.Lang = l
		d.store.list = append([]Document{received()}, d.store.list...)
		p := d.Get("documents")
		if text := p.Text("main"); !strings.Contains(text, "Décompte 2025") || !strings.Contains(text, locale.T(l, "documents.unread")) {
			t.Errorf("%s: list says %q", l, text)
		}
		p = d.Get("documents/" + received().ID)
		if p.Status != http.StatusOK || p.Text("h1") != "Décompte 2025" || strings.Contains(p.Text("main"), "documents.") {
			t.Errorf("%s: page = %d, %q", l, p.Status, p.Text("main"))
		}
		for _, of := range []string{"/report", "/proof.pdf"} {
			if p := d.Get("documents/" + received().ID + of); p.Err == nil {
				t.Errorf("%s of what was not signed = %d", of, p.Status)
			}
		}
	}
}

// Words of title, kind and reference, in any order and without accents.
func TestSearch(t *testing.T) {
	d := newDesk(t)
	d.store.list = append([]Document{received()}, d.store.list...)
	for search, want := range map[string]bool{"decompte": true, "2025 DÉCOMPTE": true, "yb-2025": true, "relevé annuel": true, strings.Repeat("é", maxSearch): false, "decompte 2024": false, "%": false, "' OR 1=1": false} {
		p := d.Get("documents?" + url.Values{"q": {search}}.Encode())
		if got := strings.Contains(p.Text("main"), "Décompte 2025"); got != want {
			t.Errorf("search for %q finds it: %v", search, got)
		}
		if got := p.All("#q"); len(got) != 1 || areatest.Attr(got[0], "value") != search {
			t.Errorf("search for %q is not kept", search)
		}
	}
	if p := d.Get("documents?" + url.Values{"q": {strings.Repeat("x", 200)}}.Encode()); p.Status != http.StatusOK {
		t.Errorf("a long search = %d", p.Status)
	}
}

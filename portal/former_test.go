package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guichet.example/portal/locale"
	"guichet.example/portal/store/storetest"
)

// A former member reads in her language why she orders nothing and changes no account, on the
// first page of each; her documents she reads and downloads.
func TestFormerMember(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me := w.members[0]
	doc := w.document(me)
	_, err := w.db.ExecContext(t.Context(), `UPDATE members SET until = '2020-12-31' WHERE member = '`+string(me.id)+`'`)
	ok(t, err)
	v := w.at(me)
	for _, path := range []string{"orders", "orders/ehic", "orders/labels-order", "orders/ehic/certificate", "bank/change"} {
		for _, lang := range locale.Languages() {
			resp, body := v.get("/" + string(lang) + "/" + path)
			if resp.StatusCode != http.StatusForbidden || !strings.Contains(body, locale.T(lang, "portal.former.text")) {
				t.Errorf("%s in %s: %s %s", path, lang, resp.Status, title(body))
			}
		}
	}
	for _, path := range []string{"orders/ehic/send", "bank/change/send"} {
		if resp, _ := v.post("/fr/"+path, form, url.Values{"key": {"k"}}.Encode()); resp.StatusCode != http.StatusForbidden {
			t.Errorf("posting %s: %s", path, resp.Status)
		}
	}
	for _, path := range []string{"home", "bank", "documents", "documents/" + doc, "documents/" + doc + "/file.pdf", "requests"} {
		if resp, body := v.get("/fr/" + path); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %s", path, resp.Status, title(body))
		}
	}
	if resp, _ := w.at(w.members[1]).get("/fr/orders"); resp.StatusCode != http.StatusOK {
		t.Errorf("a member: %s", resp.Status)
	}
}

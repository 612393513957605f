package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/portal/locale"
	"guichet.example/portal/store/storetest"
)

// A name in letters that our documents do not have is never drawn as boxes: what she asks
// for is refused, in her language and with the way to staff, and nothing is kept of it.
func TestNameInAnotherScript(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	m := w.settle(certstest.Person{GivenNames: "محمد", Surname: "الأحمد", NationalNumber: number(700), Algorithm: certstest.P384, Street: "Rue du Pont 1",
		Postcode: "4000", Municipality: "Liège", Birth: time.Date(1993, 5, 18, 0, 0, 0, 0, time.UTC)}, "0305 118 999")
	v := w.visitor(t)
	w.comesIn(v, m, "card")
	for _, l := range locale.Languages() {
		for _, path := range []string{"/orders/ehic", "/bank/change"} {
			resp, _ := v.get("/" + string(l) + path)
			_, body := v.get(resp.Header.Get("Location"))
			action, form := formOf(t, body, path+"/check")
			if path == "/bank/change" {
				form.Set("iban", "BE68 5390 0754 7034")
				form.Set("holder", "Mathieu Delcourt")
			}
			resp, body = v.send(action, form)
			for resp.StatusCode == http.StatusSeeOther {
				resp, body = v.get(resp.Header.Get("Location"))
			}
			if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, locale.T(l, "portal.letters.title")) ||
				!strings.Contains(body, locale.T(l, "portal.letters.text")) || !strings.Contains(body, `lang="`+string(l)+`"`) || !strings.Contains(body, `href="tel:`) {
				t.Errorf("/%s%s: %s %s", l, path, resp.Status, title(body))
			}
		}
	}
	list, err := w.store.Requests(t.Context(), auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: m.id}, "", 10)
	if err != nil || len(list) > 0 {
		t.Errorf("%d requests are kept, %v", len(list), err)
	}
}

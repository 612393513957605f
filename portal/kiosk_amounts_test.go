package portal_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/store/storetest"
)

// amount is one as pages in French write it.
var amount = regexp.MustCompile(`[0-9],[0-9]{2}[<\x{a0}]`)

// moneyPages are those that tell a member amounts.
var moneyPages = []string{"home", "refunds", "refunds?since=all", "refunds/print", "refunds/payments/R-1", "refunds/payments/R-3", "rights/maf", "indemnities"}

// earns gives a member payments, a counter of maximum billing and an indemnity, and returns
// her membership number.
func (w *town) earns(who *inhabitant) string {
	w.t.Helper()
	w.money(who, "R-")
	var of string
	ok(w.t, w.db.QueryRowContext(w.t.Context(), `SELECT affiliation FROM members WHERE mutuality = '`+w.cfg.Mutuality.ID+`' AND member = '`+string(who.id)+`'`).Scan(&of))
	day := w.cfg.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -3)
	for _, row := range []core.Row{
		core.Maf{Holder: of, Year: day.Year(), Class: 2, Ceiling: 80000, Counted: 36000},
		core.MafShare{Holder: of, Year: day.Year(), Member: of, Counted: 36000},
		core.Indemnity{Member: of, Reference: "I1", Paid: day, From: day.AddDate(0, 0, -30), To: day.AddDate(0, 0, -1), Days: 26, Daily: 7000, Gross: 182000, Tax: 20000, Net: 162000, Last4: "7034"},
	} {
		out, err := w.store.Load(w.t.Context(), w.cfg.Mutuality.ID, core.Batch{Kind: row.Of(), Rows: []core.Row{row}, AsOf: w.cfg.Now()})
		ok(w.t, err)
		if len(out.Rejects) > 0 {
			w.t.Fatalf("%+v", out)
		}
	}
	return of
}

// amountsShow says that each page of a visitor shows her amounts and her number, or that none does.
func amountsShow(v *visitor, number string, want bool) {
	v.t.Helper()
	look := func(path string, is func(string) bool) {
		v.t.Helper()
		resp, body := v.get("/fr/" + path)
		if resp.StatusCode != http.StatusOK {
			v.t.Fatalf("%s: %s", path, resp.Status)
		}
		if got := is(body); got != want {
			v.t.Errorf("%s shows amounts and numbers: %v, want %v", path, got, want)
		}
	}
	for _, path := range moneyPages {
		look(path, amount.MatchString)
	}
	for _, path := range []string{"account", "cover"} {
		look(path, func(body string) bool { return strings.Contains(body, number) })
	}
}

// At a kiosk, where others read along, no page has an amount or a number before she asks;
// then all have, in her session and no other.
func TestAmountsAtKiosk(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me := w.members[0]
	number := w.earns(me)
	b, v := w.atBoothOf(t, "hall", me.card)
	v.signIn(me.card)
	amountsShow(v, number, false)
	if _, body := v.get("/fr/bank"); amount.MatchString(body) || strings.Contains(body, "kiosk/amounts") {
		t.Error("a page without amounts offers to show them")
	}
	for _, lang := range locale.Languages() {
		_, body := v.get("/" + string(lang) + "/rights/maf")
		if !strings.Contains(body, locale.T(lang, "kiosk.hidden.amount")) || !strings.Contains(body, locale.T(lang, "kiosk.amounts.show")) {
			t.Errorf("%s: not said that amounts are masked", lang)
		}
	}

	foreign := httptest.NewRequest(http.MethodPost, origin+"/fr/kiosk/amounts", strings.NewReader("show=1"))
	foreign.Header.Set("Content-Type", form)
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	if resp, _ := v.ask(foreign); resp.StatusCode != http.StatusForbidden {
		t.Errorf("another site shows amounts: %s", resp.Status)
	}
	for _, page := range []string{"//evil.example", "https://evil.example", "../evil", ""} {
		if resp, _ := v.send("/fr/kiosk/amounts", url.Values{"page": {page}, "query": {"a=b\r\nc"}}); !strings.HasPrefix(resp.Header.Get("Location"), "/fr/home") {
			t.Errorf("returns from %q to %q", page, resp.Header.Get("Location"))
		}
	}
	amountsShow(v, number, false)

	_, body := v.get("/fr/refunds?since=all")
	action, values := formOf(t, body, "/kiosk/amounts")
	values.Set("show", "1")
	if resp, _ := v.send(action, values); resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/fr/refunds?since=all" {
		t.Errorf("shown: %s to %q", resp.Status, resp.Header.Get("Location"))
	}
	amountsShow(v, number, true)
	shown := v.cookies["__Host-shown"]

	action, values = formOf(t, body, "/kiosk/amounts")
	v.send(action, values)
	amountsShow(v, number, false)

	values.Set("show", "1")
	v.send(action, values)
	b.cardIn(filesOf(me.card))
	v.signIn(me.card)
	if v.cookies["__Host-shown"] != shown {
		t.Fatal("the browser forgot by itself: what comes next shows nothing")
	}
	amountsShow(v, number, false)

	action, values = formOf(t, body, "/kiosk/amounts")
	values.Set("show", "1")
	v.send(action, values)
	amountsShow(v, number, true)
	if v.send("/fr/kiosk/over", url.Values{"end": {"card"}}); v.cookies["__Host-shown"] != "" {
		t.Error("the browser keeps that she asked")
	}
}

// Elsewhere than at a kiosk nothing is masked and nothing is offered.
func TestAmountsElsewhere(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me := w.members[0]
	number := w.earns(me)
	v := w.at(me)
	amountsShow(v, number, true)
	if resp, _ := v.send("/fr/kiosk/amounts", url.Values{"show": {"1"}}); v.cookies["__Host-shown"] != "" {
		t.Errorf("shown at no kiosk: %s", resp.Status)
	}
	if _, body := v.get("/fr/home"); strings.Contains(body, "kiosk/amounts") {
		t.Error("a page at home offers to show amounts")
	}
}

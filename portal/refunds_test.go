package portal_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal"
	"guichet.example/portal/core"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing"
)

// money gives a member a refund of two acts, a payment to a professional and a
// contribution, three days ago.
func (w *town) money(who *inhabitant, prefix string) {
	w.t.Helper()
	var of string
	ok(w.t, w.db.QueryRowContext(w.t.Context(), `SELECT affiliation FROM members WHERE mutuality = '`+w.cfg.Mutuality.ID+`' AND member = '`+string(who.id)+`'`).Scan(&of))
	day := w.cfg.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -3)
	supplement := int64(1000)
	pay := func(reference string, kind core.PaymentKind, cents int64, payee string) core.Row {
		return core.Payment{Member: of, Reference: prefix + reference, Kind: kind, Received: day.AddDate(0, 0, -2), Treated: day, Payee: payee, Last4: "6769",
			Cents: cents, Communication: "=HYPERLINK(\"x\")"}
	}
	act := func(reference string, n int, refund int64, supplement *int64, own int64) core.Row {
		return core.Line{Payment: prefix + reference, Line: n, Member: of, Certificate: "A1", Nature: "Consultation <b>", Code: "102535", Provider: "Dr A. Sarton",
			From: day, Quantity: 1, Fee: refund + 1200, Supplement: supplement, Refund: refund, Own: own}
	}
	for _, rows := range [][]core.Row{
		{pay("1", core.Refund, 4560, "Mathieu Delcourt"), pay("2", core.ThirdParty, 900, "Pharmacie"), pay("3", core.Contribution, -2500, "Mutualité"), pay("4", core.Refund, 2280, "Mathieu Delcourt")},
		{act("1", 1, 2280, &supplement, 2200), act("1", 2, 2280, nil, 1200), act("2", 1, 900, nil, 1200), act("4", 1, 2280, nil, 1200)},
	} {
		out, err := w.store.Load(w.t.Context(), w.cfg.Mutuality.ID, core.Batch{Kind: rows[0].Of(), Rows: rows, AsOf: w.cfg.Now()})
		ok(w.t, err)
		if len(out.Rejects) > 0 {
			w.t.Fatalf("%+v", out)
		}
	}
}

// What is asked for and nothing else; a bad filter is told.
func TestRefundsPages(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me, other := w.members[0], w.members[1]
	w.money(me, "R-")
	w.money(other, "X-")
	v := w.at(me)
	for path, status := range map[string]int{
		"refunds?p=" + string(other.id): http.StatusNotFound, "refunds?p=nobody": http.StatusNotFound, "refunds/payments/X-1": http.StatusNotFound,
		"refunds/payments/x": http.StatusNotFound, "refunds/receipt?t=X-1": http.StatusNotFound, "refunds/receipts/X-1": http.StatusNotFound,
		"refunds?from=2026-02-30": http.StatusUnprocessableEntity, "refunds?to-day=1&to-month=13&to-year=2026": http.StatusUnprocessableEntity,
		"refunds/print?from=x": http.StatusNotFound, "refunds?since=1&since=3": http.StatusBadRequest,
		"refunds?sort=name&kind=x&after=y&paid=z": http.StatusOK, "refunds/receipt?t=R-3": http.StatusUnprocessableEntity, "refunds/receipt": http.StatusUnprocessableEntity,
		"refunds?p_" + string(me.id) + "=1&k_refund=1": http.StatusSeeOther, "refunds?since=all": http.StatusOK, "refunds/statements": http.StatusOK,
	} {
		if resp, body := v.get("/fr/" + path); resp.StatusCode != status || status != http.StatusOK && strings.Contains(body, "Pharmacie") {
			t.Errorf("%s: %s, want %d", path, resp.Status, status)
		}
	}
	_, body := v.get("/fr/refunds")
	for _, want := range []string{"R-1", "R-3", "68,40", "−25,00", "à payer par vous", "Données du"} {
		if !strings.Contains(strings.ReplaceAll(body, "\u00a0", " "), want) {
			t.Errorf("the list does not say %q", want)
		}
	}
	if strings.Contains(body, "Pharmacie") || strings.Contains(body, "X-1") {
		t.Error("the list has payments to professionals, or of others")
	}
	_, body = v.get("/fr/refunds?paid=professionals")
	if !strings.Contains(body, "Pharmacie") || strings.Contains(body, "R-3") || !strings.Contains(body, "Vous n’avez pas reçu cet argent") {
		t.Error("professionals are not apart")
	}
	_, body = v.get("/fr/refunds/payments/R-1")
	for _, want := range []string{"Consultation &lt;b&gt;", "inconnu", "=HYPERLINK(&#34;x&#34;)", "45,60", "6769", "Attestation de soins A1"} {
		if !strings.Contains(body, want) {
			t.Errorf("the payment does not say %q", want)
		}
	}
	if _, body = v.get("/en/refunds/payments/R-3"); !strings.Contains(body, "from the account ending in 6769") {
		t.Error("a contribution does not say which account it came from")
	}
	resp, text := v.get("/fr/refunds/period.csv")
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.Comma = ';'
	lines, err := r.ReadAll()
	if err != nil || len(lines) != 4 || lines[1][10] != `'=HYPERLINK("x")` || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the table of the period: %v, %v", lines, err)
	}
	for _, path := range []string{"period.pdf", "payments/R-1/payment.pdf", "payments/R-3/payment.pdf"} {
		if resp, text := v.get("/nl/refunds/" + path); resp.StatusCode != http.StatusOK || !strings.HasPrefix(text, "%PDF-1.7") {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

// A receipt lists exactly what was ticked, is sealed once, and whoever holds
// it checks it by its code.
func TestRefundReceipt(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me := w.members[0]
	w.money(me, "R-")
	w.money(w.members[1], "X-")
	v := w.at(me)
	_, body := v.get("/fr/refunds/receipt?t=R-1.R-3.R-4")
	action, values := formOf(t, body, "/refunds/receipt")
	if strings.Contains(body, "R-3<") || !strings.Contains(strings.ReplaceAll(body, "\u00a0", " "), "68,40") {
		t.Error("the page to check has another choice than was ticked, or another total")
	}
	foreign := url.Values{"t": {"R-1.X-1"}, "key": values["key"]}
	if resp, _ := v.post(action, form, foreign.Encode()); resp.StatusCode != http.StatusNotFound {
		t.Errorf("another's refund on the receipt: %s", resp.Status)
	}
	if resp, _ := v.post(action, form, url.Values{"t": {"R-3"}, "key": values["key"]}.Encode()); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a contribution on the receipt: %s", resp.Status)
	}
	var made []string
	for range 2 {
		resp, text := v.post(action, form, url.Values(values).Encode())
		if resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("sealing: %s %s", resp.Status, title(text))
		}
		made = append(made, resp.Header.Get("Location"))
	}
	list, err := w.store.Receipts(t.Context(), auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: me.id})
	ok(t, err)
	if made[0] != made[1] || len(list) != 1 || fmt.Sprint(list[0].Payments, list[0].Cents) != "[R-4 R-1] 6840" {
		t.Fatalf("made %q: %+v", made, list)
	}
	login := auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: me.id}
	d, err := w.store.Document(t.Context(), login, list[0].Document)
	ok(t, err)
	r, err := w.store.Statement(t.Context(), login, d.Request)
	ok(t, err)
	all := strings.Join(r.Sheet.Texts(), "\n")
	if strings.Count(all, "\nR-") != 2 || !strings.Contains(all, "68,40\u00a0EUR") || r.Sheet.Check == nil {
		t.Fatalf("the receipt says:\n%s", all)
	}
	stranger := w.visitor(t)
	resp, _ := stranger.asks(d.Reference, r.Sheet.Check.Rows[1].Value)
	if _, text := stranger.get(resp.Header.Get("Location")); !strings.Contains(text, d.Reference) || !strings.Contains(text, "Quittance de remboursements") {
		t.Errorf("checked by its code: %s", title(text))
	}
	_, file := v.get("/fr/documents/" + d.ID + "/file.pdf")
	if _, text := stranger.uploads(nil, file); strings.Contains(text, `data-kind="changed"`) || !strings.Contains(text, `class="verdict"`) {
		t.Errorf("checked as a file: %s", title(text))
	}
	if _, text := v.get("/fr/refunds/receipt?t=R-1"); !strings.Contains(text, d.Reference) {
		t.Error("the page does not say that R-1 is on a receipt already")
	}
	if _, text := v.get("/fr/requests"); strings.Contains(text, d.Reference) {
		t.Error("the receipt is among the requests")
	}
}

// A receipt with its evidence in it is valid for whoever holds the file. One that no
// timestamp service raised has none, and /check, which asks nobody, cannot tell: not that
// it is bad.
func TestRefundReceiptAsAFile(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{w.pki.TSAURL()}, Anchors: w.pki.Anchors()})
	ok(t, err)
	for _, test := range []struct {
		prefix, says string
		tsa          *signing.TSA
	}{
		{"B-", "uncheckable", nil},
		{"T-", "valid-today", tsa},
	} {
		w.cfg.TSA = test.tsa
		w.counter = w.second(t, w.store)
		me := w.members[0]
		w.money(me, test.prefix)
		v := w.at(me)
		_, body := v.get("/fr/refunds/receipt?t=" + test.prefix + "1")
		action, values := formOf(t, body, "/refunds/receipt")
		if resp, body := v.post(action, form, url.Values(values).Encode()); resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %s %s", test.says, resp.Status, title(body))
		}
		list, err := w.store.Receipts(t.Context(), auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: me.id})
		ok(t, err)
		_, file := v.get("/fr/documents/" + list[0].Document + "/file.pdf")
		_, body = w.visitor(t).uploads(url.Values{"as": {"json"}}, file)
		var answer struct {
			Sentence string
			Why      []string
		}
		ok(t, json.Unmarshal([]byte(body), &answer))
		if answer.Sentence != test.says || test.tsa == nil && fmt.Sprint(answer.Why) != "[TRY_LATER]" {
			t.Errorf("%+v, want %q", answer, test.says)
		}
	}
}

// Some mutualities print the national number as the number of the member: a document of
// hers goes without it.
func TestRefundsOfAMemberKnownByHerNationalNumber(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me := w.members[0]
	_, err := w.db.ExecContext(t.Context(), `UPDATE members SET affiliation = '`+me.NationalNumber+`' WHERE member = '`+string(me.id)+`'`)
	ok(t, err)
	w.money(me, "R-")
	v := w.at(me)
	if resp, body := v.get("/fr/refunds/payments/R-1/payment.pdf"); resp.StatusCode != http.StatusOK {
		t.Errorf("the file of a payment: %s %s", resp.Status, title(body))
	}
	_, body := v.get("/fr/refunds/receipt?t=R-1")
	action, values := formOf(t, body, "/refunds/receipt")
	if resp, body := v.post(action, form, url.Values(values).Encode()); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the receipt: %s %s", resp.Status, title(body))
	}
}

// Where the mutuality does not seal, nothing is ticked and no receipt is offered; a seal
// that fails is told, and nothing is kept.
func TestRefundReceiptWithoutSeal(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite), func(cfg *portal.Config) { cfg.Seal = nil })
	w.money(w.members[0], "R-")
	v := w.at(w.members[0])
	if _, body := v.get("/fr/refunds"); !strings.Contains(body, "R-1") || strings.Contains(body, `name="t_`) || strings.Contains(body, "refunds/receipt\"") {
		t.Error("a receipt is offered")
	}
	if resp, _ := v.get("/fr/refunds/receipt?t=R-1"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("its page: %s", resp.Status)
	}
	if resp, _ := v.post("/fr/refunds/receipt", form, "t=R-1"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("its form: %s", resp.Status)
	}
	broken := openTown(t, storetest.Config(t, storetest.SQLite))
	broken.money(broken.members[0], "R-")
	v = broken.at(broken.members[0])
	_, body := v.get("/fr/refunds/receipt?t=R-1")
	action, values := formOf(t, body, "/refunds/receipt")
	broken.cfg.Seal.Key = nil
	resp, body := v.post(action, form, url.Values(values).Encode())
	list, err := broken.store.Receipts(t.Context(), auth.Login{Mutuality: broken.cfg.Mutuality.ID, Member: broken.members[0].id})
	if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "R-1") || err != nil || len(list) != 0 {
		t.Errorf("with a seal that fails: %s %s, %+v, %v", resp.Status, title(body), list, err)
	}
}

package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"guichet.example/portal/core"
)

const (
	payment kind = "payment" // in a member's file
	receipt kind = "receipt" // that a member had sealed
)

// refunded gives a member a refund and returns its reference.
func (w *town) refunded(who *inhabitant) string {
	w.t.Helper()
	var affiliation string
	ok(w.t, w.db.QueryRowContext(w.t.Context(), `SELECT affiliation FROM members WHERE mutuality = '`+w.cfg.Mutuality.ID+`' AND member = '`+string(who.id)+`'`).Scan(&affiliation))
	last := strings.ToUpper(string(who.id[len(who.id)-6:]))
	reference := "R" + last[:3] + "-" + last[3:] // which the matrix takes for what moves
	day := w.cfg.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -3)
	for _, row := range []core.Row{
		core.Payment{Member: affiliation, Reference: reference, Kind: core.Refund, Treated: day, Payee: "Mathieu Delcourt", Last4: "6769", Cents: 2280},
		core.Line{Payment: reference, Line: 1, Member: affiliation, Nature: "Consultation", From: day, Quantity: 1, Fee: 3480, Refund: 2280, Own: 1200},
	} {
		out, err := w.store.Load(w.t.Context(), w.cfg.Mutuality.ID, core.Batch{Kind: row.Of(), Rows: []core.Row{row}, AsOf: w.cfg.Now()})
		ok(w.t, err)
		if len(out.Rejects) > 0 {
			w.t.Fatalf("%T: %+v", row, out)
		}
	}
	return reference
}

// receipted has a receipt sealed of a member's refund and returns its id.
func (w *town) receipted(who *inhabitant) string {
	w.t.Helper()
	reference, v := w.refunded(who), w.at(who)
	_, body := v.get("/fr/refunds/receipt?t=" + reference)
	action, values := formOf(w.t, body, "/refunds/receipt")
	resp, text := v.post(action, form, url.Values(values).Encode())
	if resp.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("sealing a receipt: %s %s", resp.Status, title(text))
	}
	return resp.Header.Get("Location")[strings.LastIndex(resp.Header.Get("Location"), "/")+1:]
}

package portal_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/store/storetest"
)

// Each term of the glossary is explained from a page on which it stands, in each language;
// each such link has its anchor, and leads back to where it was followed.
func TestTermsAreLinkedWhereTheyAppear(t *testing.T) {
	w := openTown(t, storetest.Config(t, storetest.SQLite))
	me := w.members[0]
	reference := w.refunded(me)
	day := w.cfg.Now().UTC().Truncate(24 * time.Hour)
	var rows []core.Row
	for _, c := range []core.Cover{
		{Cover: core.Compulsory, Status: "increased", Since: day.AddDate(-3, 0, 0)}, {Cover: core.Complementary, Status: "suspended", Since: day.AddDate(-3, 0, 1)},
		{Cover: core.Hospital, Status: "waiting", Since: day.AddDate(0, -1, 0)},
		{Cover: core.Dental, Status: "in-force", Since: day.AddDate(-3, 0, 3), Until: day.AddDate(-1, 0, 0)},
	} {
		c.Member = "0305 118 422"
		rows = append(rows, c)
	}
	out, err := w.store.Load(t.Context(), w.cfg.Mutuality.ID, core.Batch{Kind: core.KindCover, Rows: rows, AsOf: w.cfg.Now()})
	ok(t, err)
	if len(out.Rejects) > 0 {
		t.Fatalf("covers: %+v", out.Rejects)
	}
	v := w.at(me)
	page := func(address string) *html.Node {
		resp, body := v.get(address)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", address, resp.Status)
		}
		root, err := html.Parse(strings.NewReader(body))
		ok(t, err)
		return root
	}
	for _, l := range locale.Languages() {
		base := "/" + string(l) + "/"
		anchors := map[string]bool{} // of terms, and whether a page leads there
		for n := range page(base + "help/glossary").Descendants() {
			if id := attr(n, "id"); n.Data == "div" && id != "" && n.Parent.Data == "dl" {
				anchors[id] = false
			}
		}
		if len(anchors) < 20 {
			t.Fatalf("%s: %d terms", l, len(anchors))
		}
		for _, path := range []string{"refunds/payments/" + reference, "refunds?paid=professionals", "cover", "rights/dmg", "rights/maf", "rights/savings", "rights/agreements", "indemnities"} {
			for n := range page(base + path).Descendants() {
				to, term, found := strings.Cut(attr(n, "href"), "#")
				if !found || !strings.HasPrefix(to, base+"help/glossary") {
					continue
				}
				if _, known := anchors[term]; !known {
					t.Errorf("%s%s leads to the term %q, which has no anchor", base, path, term)
				}
				anchors[term] = true
				bare, _, _ := strings.Cut(path, "?")
				if back := leads(page(to)); !slices.Contains(back, bare) {
					t.Errorf("%s does not lead back to %s", to, bare)
				}
			}
		}
		for _, term := range slices.Sorted(maps.Keys(anchors)) {
			if !anchors[term] {
				t.Errorf("%s: no page leads to the term %s", l, term)
			}
		}
	}
}

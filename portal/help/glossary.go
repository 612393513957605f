package help

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Paths below the language. Pages lead to one term by its anchor:
// "help/glossary#maf".
const (
	glossaryPath = "help/glossary"
	guidePath    = "help/guide"
)

// terms of the glossary, whose texts are glossary.<term> and glossary.<term>.text.
var terms = []string{
	"own-share", "supplement", "third-party", "tariff", "compulsory", "complementary", "hospital", "dental", "increased-reimbursement",
	"waiting-time", "suspended", "ended-cover", "dmg", "maf", "youth-savings", "agreement", "incapacity", "invalidity", "medical-adviser", "indemnity",
}

// termPages are the pages without which nobody needs the term.
var termPages = map[string][]string{
	"dmg": {"rights/dmg"}, "maf": {"rights/maf"}, "youth-savings": {"rights/savings"}, "agreement": {"rights/agreements"},
	"incapacity": {"indemnities"}, "invalidity": {"indemnities"}, "indemnity": {"indemnities"},
	"medical-adviser": {"indemnities", "rights/agreements"},
}

// needed says whether a term is of use at the mutuality of the page.
func needed(v page.View, term string) bool {
	pages := termPages[term]
	return len(pages) == 0 || slices.ContainsFunc(pages, v.Leads)
}

// termsOf are the terms of the mutuality of the page, in the order of their words in its
// language.
func termsOf(v page.View) []string {
	list := slices.DeleteFunc(slices.Clone(terms), func(t string) bool { return !needed(v, t) })
	slices.SortFunc(list, func(a, b string) int {
		return strings.Compare(core.Fold(v.T("glossary."+a)), core.Fold(v.T("glossary."+b)))
	})
	return list
}

// glossary explains the terms.
func (h *Help) glossary(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Lead = v.T("glossary.title"), v.T("glossary.lead")
	v.Back = page.WayBackOf(c).Or(v, page.Link{URL: v.URL("help"), Text: v.T("help.title")})
	return page.Render(c, http.StatusOK, glossaryPage(v, termsOf(v)))
}

// tour is a guide of an area: how many steps it has, and where it begins.
type tour struct {
	name  string
	steps int
	path  string
}

// tours are the guides, in the order in which a member meets them.
var tours = []tour{{"sign-in", 3, "sign-in"}, {"refunds", 3, "refunds"}, {"order", 4, "orders"}, {"message", 4, "requests/contact"}, {"documents", 3, "documents"}}

// toursOf are the guides of what the mutuality of the page has.
func toursOf(v page.View) []tour {
	return slices.DeleteFunc(slices.Clone(tours), func(t tour) bool { return !v.Leads(t.path) })
}

// mentions are the pages that a text of the guide speaks of. Where the mutuality does
// without, <key>.without is said, or nothing.
var mentions = map[string]string{
	"guide.refunds.3": "requests/contact", "guide.refunds.zone.3": "refunds/receipt", "guide.refunds.zone.4": "refunds/receipt",
	"guide.sign-in.zone.3": "cannot-connect",
}

// said is a text of the guide at the mutuality of the page; empty: it has nothing to say.
func said(v page.View, key string) string {
	switch {
	case v.Leads(mentions[key]):
		return v.T(key)
	case locale.Has(key + ".without"):
		return v.T(key + ".without")
	}
	return ""
}

// guide shows step by step what to do in each area.
func (h *Help) guide(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Lead = v.T("guide.title"), v.T("guide.lead")
	v.Back = page.Link{URL: v.URL("help"), Text: v.T("help.title")}
	return page.Render(c, http.StatusOK, guidePage(v))
}

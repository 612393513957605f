package help

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/core"
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

// glossary lists the terms in the order of their words in the language (F189).
func (h *Help) glossary(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Lead = v.T("glossary.title"), v.T("glossary.lead")
	v.Back = page.Link{URL: v.URL("help"), Text: v.T("help.title")}
	sorted := slices.Clone(terms)
	slices.SortFunc(sorted, func(a, b string) int {
		return strings.Compare(core.Fold(v.T("glossary."+a)), core.Fold(v.T("glossary."+b)))
	})
	return page.Render(c, http.StatusOK, glossaryPage(v, sorted))
}

// tour is a guide of an area: how many steps it has, and where it begins.
type tour struct {
	name  string
	steps int
	path  string
}

// tours are the guides, in the order in which a member meets them.
var tours = []tour{{"sign-in", 3, "sign-in"}, {"refunds", 3, "refunds"}, {"order", 4, "orders"}, {"message", 4, "requests/contact"}, {"documents", 3, "documents"}}

// guide shows step by step what to do in each area (F190).
func (h *Help) guide(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Lead = v.T("guide.title"), v.T("guide.lead")
	v.Back = page.Link{URL: v.URL("help"), Text: v.T("help.title")}
	return page.Render(c, http.StatusOK, guidePage(v))
}

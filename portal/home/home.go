package home

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// Home is the area. Store is required.
type Home struct {
	Store Store
	// Care says whether a login may read what tells of care; nil: all may.
	Care func(*auth.Login) error
}

// Route mounts the area.
func (h *Home) Route(r page.Routes) {
	r.GET("home", auth.ReadFile, h.show)
}

func (h *Home) show(c *gin.Context) error {
	v := page.From(c)
	care := h.Care == nil || h.Care(v.Login) == nil
	overview, err := h.Store.Overview(c.Request.Context(), page.LoginOf(c), care)
	if err != nil {
		return fmt.Errorf("reading the overview: %w", err)
	}
	if !care {
		overview = overview.withoutCare()
	}
	overview = overview.at(v)
	v.Title, v.Nav = v.T("home.title"), "home"
	v.Lead = v.T("home.hello", hello(v)) + " " + news(v, overview)
	return page.Render(c, http.StatusOK, homePage(v, overview))
}

// withoutCare is what a login sees to which care is closed: what she asked for and signed,
// and that there is something she has not opened.
func (o Overview) withoutCare() Overview {
	o.Paid, o.Refunds, o.Coming, o.Maf = nil, nil, nil, nil
	o.Documents = slices.DeleteFunc(slices.Clone(o.Documents), func(i Item) bool {
		return i.State == received || i.Method == statement || i.Kind == document.KindOfficePaper
	})
	return o
}

// kioskDocuments is how many documents are on the home page at a kiosk, which one reads standing.
const kioskDocuments = 3

// at is what there is of it at the mutuality of the page.
func (o Overview) at(v page.View) Overview {
	if !v.Leads("rights/maf") {
		o.Maf = nil
	}
	if !v.Leads("messages") {
		o.Changes = slices.DeleteFunc(slices.Clone(o.Changes), func(c Change) bool { return c.Message })
	}
	if v.Kiosk != nil {
		o.Documents = o.Documents[:min(len(o.Documents), kioskDocuments)]
	}
	o.Coming = slices.DeleteFunc(slices.Clone(o.Coming), func(c Coming) bool { return !v.Leads(comingPaths[c.What]) })
	return o
}

// statement is the Method of a document that was made of the insurance system's data.
const statement = "statement"

package rights

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// groups of kinds, as the page filters them; a kind in none of them is among the others.
var groups = []struct {
	name  string
	kinds []string
}{
	{"medicine", []string{"medicine"}},
	{"waiting-time", []string{"waiting-time"}},
	{"speech-therapy", []string{"speech-therapy"}},
	{"rehabilitation", []string{"rehabilitation"}},
	{"care-pathway", []string{"care-pathway"}},
	{"quote", []string{"quote-optical", "quote-dental"}},
	{"approval", []string{"approval"}},
}

// agreementsPage is the agreements of one group and person, or of all.
type agreementsPage struct {
	Groups  []page.Tab
	Persons []page.Tab // empty: only herself
	Table   page.Table
	AsOf    string
	Empty   *page.Empty
}

// agreementFilter is what the address asks for.
type agreementFilter struct {
	Group  string // empty: all
	Person auth.MemberID
}

// readFilter leaves out a group that it does not know; the store knows whose id is whose.
func readFilter(c *gin.Context) agreementFilter {
	f := agreementFilter{Person: auth.MemberID(c.Query("person"))}
	for _, g := range groups {
		if g.name == c.Query("kind") {
			f.Group = g.name
		}
	}
	return f
}

func (f agreementFilter) address(v page.View) string {
	q := url.Values{}
	if f.Group != "" {
		q.Set("kind", f.Group)
	}
	if f.Person != "" {
		q.Set("person", string(f.Person))
	}
	if len(q) == 0 {
		return v.URL(agreementsPath)
	}
	return v.URL(agreementsPath + "?" + q.Encode())
}

func (a *Rights) agreements(c *gin.Context) error {
	f := readFilter(c)
	found, err := a.Store.Agreements(c.Request.Context(), page.LoginOf(c), f.Person)
	if err != nil {
		return fmt.Errorf("reading agreements: %w", err)
	}
	v, today := head(c, "agreements"), a.today()
	p := agreementsPage{AsOf: asOf(v, found.AsOf), Table: page.Table{Caption: v.T("rights.agreements.table"), Columns: []page.Column{
		{Head: v.T("rights.agreements.head.what"), Width: 40}, {Head: v.T("rights.head.person"), Width: 20},
		{Head: v.T("rights.agreements.head.dates"), Width: 20}, {Head: v.T("rights.head.state"), Width: 20},
	}}}
	seen := map[string]bool{}
	for _, one := range found.List {
		seen[groupOf(one.Kind)] = true
		if f.Group == "" || groupOf(one.Kind) == f.Group {
			p.Table.Rows = append(p.Table.Rows, agreementRow(v, one, AgreementOf(one.Agreement, today, orDefault(a.Ending, 30))))
		}
	}
	p.Groups = groupTabs(v, f, seen)
	if len(found.Persons) > 1 {
		p.Persons = personTabs(v, f, found)
	}
	if len(p.Table.Rows) == 0 {
		e := empty(v, "agreements", found.AsOf)
		if f != (agreementFilter{}) {
			e = page.Empty{Title: v.T("rights.agreements.filtered"), Link: page.Link{URL: v.URL(agreementsPath), Text: v.T("rights.agreements.filtered.link")}}
		}
		p.Empty = &e
	}
	return page.Render(c, http.StatusOK, agreementsView(v, p))
}

func groupOf(kind string) string {
	for _, g := range groups {
		if slices.Contains(g.kinds, kind) {
			return g.name
		}
	}
	return "approval"
}

// groupTabs are the groups there are, and the one that is asked for.
func groupTabs(v page.View, f agreementFilter, seen map[string]bool) []page.Tab {
	tabs := []page.Tab{{Link: page.Link{URL: agreementFilter{"", f.Person}.address(v), Text: v.T("rights.agreements.all")}, Current: f.Group == ""}}
	for _, g := range groups {
		if seen[g.name] || f.Group == g.name {
			tabs = append(tabs, page.Tab{Link: page.Link{URL: agreementFilter{g.name, f.Person}.address(v), Text: v.T("rights.agreements.group." + g.name)},
				Current: f.Group == g.name})
		}
	}
	return tabs
}

func personTabs(v page.View, f agreementFilter, found Agreements) []page.Tab {
	tabs := []page.Tab{{Link: page.Link{URL: agreementFilter{f.Group, ""}.address(v), Text: v.T("rights.agreements.everybody")}, Current: f.Person == ""}}
	for _, p := range found.Persons {
		tabs = append(tabs, page.Tab{Link: page.Link{URL: agreementFilter{f.Group, p.Member}.address(v), Text: name(v, p)}, Current: f.Person == p.Member})
	}
	return tabs
}

var agreementKinds = map[AgreementState]page.Kind{Granted: page.Valid, Ending: page.Checking, Asked: page.Checking, Refused: page.Changed, Ended: page.Neutral}

func agreementRow(v page.View, a PersonAgreement, state AgreementState) page.TableRow {
	key := "rights.agreements.kind." + a.Kind
	if !locale.Has(key) {
		key = "rights.agreements.kind.approval"
	}
	what := v.T(key)
	if a.Professional != "" {
		what = v.T("rights.agreements.by", locale.A("kind", what), locale.A("professional", a.Professional))
	}
	if a.Cents != 0 {
		what += v.T("rights.agreements.amount", locale.A("amount", v.Money(a.Cents)))
	}
	return page.TableRow{page.TitleCell(page.Link{Text: a.Subject, Lang: v.Foreign(a.Language)}, what), page.Text(name(v, a.Person)),
		page.Text(span(v, a.Since, a.Until)), page.Badge(agreementKinds[state], v.T("rights.agreements.state."+string(state)))}
}

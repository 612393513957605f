package rights

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// mafPage is the counter of the last years and each person's part in it.
type mafPage struct {
	Own     bool
	Figure  *page.Figure // of the newest year; nil where only the own part is told
	Chart   chart
	Years   page.Table
	Persons []page.Table
	Rule    []string // the income class used, and since when
	AsOf    string
	Empty   *page.Empty
}

func (a *Rights) maf(c *gin.Context) error {
	m, err := a.Store.Maf(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading maximum billing: %w", err)
	}
	v := head(c, "maf")
	p := mafPage{Own: m.Own, AsOf: asOf(v, m.AsOf)}
	switch {
	case len(m.Years) == 0:
		e := empty(v, "maf", m.AsOf)
		p.Empty = &e
	case m.Own:
		v.Lead = v.T("rights.maf.lead.own")
	default:
		figure := figureOf(v, m.Years[0].Maf)
		p.Figure, p.Chart, p.Years, p.Rule = &figure, chartOf(v, m.Years), yearsTable(v, m.Years), ruleOf(v, m.Years[0].Maf)
	}
	for _, y := range m.Years {
		if len(y.Shares) > 0 {
			p.Persons = append(p.Persons, sharesTable(v, y, m.Own))
		}
	}
	return page.Render(c, http.StatusOK, mafView(v, p))
}

// figureOf answers the first question: what is left, or what comes back.
func figureOf(v page.View, m core.Maf) page.Figure {
	year := locale.A("year", m.Year)
	if m.Counted >= m.Ceiling {
		return page.Figure{Cents: Above(m), Lines: []string{v.T("rights.maf.figure.above", year), v.T("rights.maf.figure.above.text")}}
	}
	return page.Figure{Cents: Left(m), Lines: []string{v.T("rights.maf.figure.left", year), v.T("rights.maf.figure.left.text")}}
}

func yearsTable(v page.View, years []MafYear) page.Table {
	t := page.Table{Caption: v.T("rights.maf.years"), Columns: []page.Column{
		{Head: v.T("rights.maf.head.year"), Width: 20}, {Head: v.T("rights.maf.head.ceiling"), Width: 20, End: true},
		{Head: v.T("rights.maf.head.counted"), Width: 20, End: true}, {Head: v.T("rights.maf.head.left"), Width: 20, End: true},
		{Head: v.T("rights.maf.head.above"), Width: 20, End: true},
	}}
	for _, y := range years {
		state := "rights.maf.open"
		if y.Closed {
			state = "rights.maf.closed"
		}
		t.Rows = append(t.Rows, page.TableRow{page.TitleCell(page.Link{Text: strconv.Itoa(y.Year)}, v.T(state)),
			page.Amount(v, y.Ceiling), page.Amount(v, y.Counted), page.Amount(v, Left(y.Maf)), page.Amount(v, Above(y.Maf))})
	}
	return t
}

// sharesTable is a year's part of each person; the last row is their sum, which is the
// household's counter. Where nothing was or will be refunded, nothing is said of it.
func sharesTable(v page.View, y MafYear, own bool) page.Table {
	t := page.Table{Caption: v.T("rights.maf.shares", locale.A("year", y.Year)), Columns: []page.Column{
		{Head: v.T("rights.head.person"), Width: 25}, {Head: v.T("rights.maf.head.counted"), Width: 20, End: true},
	}}
	var sum core.MafShare
	for _, s := range y.Shares {
		sum.Counted, sum.Refunded, sum.Due = sum.Counted+s.Counted, sum.Refunded+s.Refunded, sum.Due+s.Due
	}
	refunds := sum.Refunded > 0 || sum.Due > 0
	if refunds {
		t.Columns = append(t.Columns, page.Column{Head: v.T("rights.maf.head.refunded"), Width: 20, End: true},
			page.Column{Head: v.T("rights.maf.head.due"), Width: 20, End: true}, page.Column{Head: v.T("rights.maf.head.expected"), Width: 15, End: true})
	}
	add := func(who templ.Component, s core.MafShare, expected string) {
		row := page.TableRow{who, page.Amount(v, s.Counted)}
		if refunds {
			row = append(row, page.Amount(v, s.Refunded), page.Amount(v, s.Due), page.Text(expected))
		}
		t.Rows = append(t.Rows, row)
	}
	for _, s := range y.Shares {
		who := v.T("rights.maf.others")
		if s.Person.Member != "" {
			who = name(v, s.Person)
		}
		expected := "–"
		if s.Due > 0 {
			expected = day(v, s.Expected, "rights.maf.unknown")
		}
		add(page.Text(who), s.MafShare, expected)
	}
	if !own {
		add(total(v.T("rights.maf.sum")), sum, "–")
	}
	return t
}

// ruleOf explains the rule with the class of income that was used.
func ruleOf(v page.View, m core.Maf) []string {
	class := v.T("rights.maf.rule.social")
	if m.Class > 0 {
		class = v.T("rights.maf.rule.class", locale.A("class", m.Class))
	}
	used := v.T("rights.maf.rule.used", locale.A("class", class))
	if !m.Since.IsZero() {
		used = v.T("rights.maf.rule.used.since", locale.A("class", class), locale.A("date", locale.Date(v.Lang, m.Since)))
	}
	return []string{
		v.T("rights.maf.rule.ceiling", locale.A("year", m.Year), locale.A("ceiling", v.Money(m.Ceiling))),
		used, v.T("rights.maf.rule.then"),
	}
}

package rights

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// savingsPage is the savings of each person who is eligible today.
type savingsPage struct {
	Persons []savingPart
	AsOf    string
	Empty   *page.Empty
}

type savingPart struct {
	Name string
	Rows []page.SummaryRow
}

func (a *Rights) savings(c *gin.Context) error {
	s, err := a.Store.Savings(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading youth savings: %w", err)
	}
	v, today := head(c, "savings"), a.today()
	p := savingsPage{AsOf: asOf(v, s.AsOf)}
	for _, one := range s.Persons {
		p.Persons = append(p.Persons, savingPart{name(v, one.Person), savingRows(v, one, today.Year())})
	}
	if len(p.Persons) == 0 {
		e := empty(v, "savings", s.AsOf)
		p.Empty = &e
	}
	return page.Render(c, http.StatusOK, savingsView(v, p))
}

// savingRows are the amounts and the rate as the data have them. In a new year of which
// nothing came yet, nothing is said of what is possible in it.
func savingRows(v page.View, s PersonSaving, year int) []page.SummaryRow {
	rows := []page.SummaryRow{{Label: v.T("rights.savings.total"), Content: page.Money(v, s.Total), Large: true}}
	at := locale.A("year", s.Year)
	rows = append(rows, page.SummaryRow{Label: v.T("rights.savings.deposited", at), Content: page.Money(v, s.Deposited)})
	if s.Year == year {
		rows = append(rows, page.SummaryRow{Label: v.T("rights.savings.possible", at), Content: page.Money(v, Possible(s.Saving)),
			Detail: v.T("rights.savings.most", locale.A("amount", v.Money(s.Most)))})
	} else {
		rows = append(rows, page.SummaryRow{Label: v.T("rights.savings.possible", locale.A("year", year)), Value: v.T("rights.savings.not-yet")})
	}
	return append(rows,
		page.SummaryRow{Label: v.T("rights.savings.rate"), Value: v.T("rights.savings.rate.upto", locale.A("rate", rate(v.Lang, s.Basis)))},
		page.SummaryRow{Label: v.T("rights.savings.until"), Value: locale.Date(v.Lang, s.Until)})
}

// rate writes hundredths of a percent: "13", "12,5", "0,75".
func rate(l locale.Language, basis int) string {
	text := strings.TrimRight(strings.TrimRight(locale.Number(l, int64(basis)), "0"), ",.")
	if text == "" {
		return strconv.Itoa(basis / 100)
	}
	return text
}

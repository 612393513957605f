package refunds

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// paymentPage is one payment, under the magnifier.
type paymentPage struct {
	Payment
	Found  Found
	Sum    calculation
	Shares []share
	Rest   int64 // of persons who are not to be seen
	Rows   []page.SummaryRow
}

func (r *Refunds) payment(c *gin.Context) error {
	p, found, err := r.one(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav = title(v, p), v.T("refunds.title"), "refunds"
	v.Back = page.Link{URL: v.URL(listPath), Text: v.T("refunds.title")}
	shown := paymentPage{Payment: p, Found: found, Sum: calculate(p.Lines), Shares: sharesOf(p), Rest: rest(p)}
	shown.Rows = rows(v, p)
	return page.Render(c, http.StatusOK, paymentView(v, shown))
}

// one reads the payment that the address names.
func (r *Refunds) one(c *gin.Context) (Payment, Found, error) {
	found, err := r.Store.Payment(c.Request.Context(), page.LoginOf(c), c.Param("reference"))
	if err != nil {
		return Payment{}, Found{}, err
	}
	return found.Payments[0], found, nil
}

// title names a payment by its kind and day: what the care was stays out of the history
// of the browser.
func title(v page.View, p Payment) string {
	return v.T("refunds.payment.title", locale.A("kind", kindName(v, p)), locale.A("date", day(v, p.Treated)))
}

// figure is the amount of the page.
func figure(v page.View, p Payment) page.Figure {
	f := page.Figure{Cents: p.Cents, Lines: []string{direction(v, p)}}
	switch {
	case !p.Paid.IsZero():
		f.Lines[0] = v.T("refunds.figure.paid", locale.A("direction", direction(v, p)), locale.A("date", day(v, p.Paid)))
	default:
		f.Lines[0] = v.T("refunds.figure.treated", locale.A("direction", direction(v, p)), locale.A("date", day(v, p.Treated)))
	}
	switch last := locale.A("last", p.Last4); {
	case p.Last4 == "":
	case p.Cents < 0: // hers, and the money left it
		f.Lines = append(f.Lines, v.T("refunds.figure.account.out", last))
	default:
		f.Lines = append(f.Lines, v.T("refunds.figure.account", last))
	}
	return f
}

// rows are what is known of the payment itself.
func rows(v page.View, p Payment) []page.SummaryRow {
	list := []page.SummaryRow{
		{Label: v.T("refunds.row.nature"), Value: kindName(v, p)},
		{Label: v.T("refunds.row.reference"), Value: p.Reference},
		{Label: v.T("refunds.row.received"), Value: day(v, p.Received)},
		{Label: v.T("refunds.row.treated"), Value: day(v, p.Treated), Detail: v.T("refunds.row.treated.what")},
		{Label: v.T("refunds.row.paid"), Value: paidText(v, p)},
		{Label: v.T("refunds.row.payee"), Value: payee(v, p)},
	}
	if p.Open && p.Last4 != "" {
		list = append(list, page.SummaryRow{Label: v.T("refunds.row.account"), Content: page.MaskedAccount(v, "", p.Last4)}) // of which country is not delivered
	}
	list = append(list, page.SummaryRow{Label: v.T("refunds.row.amount"), Content: page.Money(v, p.Cents), Detail: direction(v, p)})
	if p.Open && p.Communication != "" {
		list = append(list, page.SummaryRow{Label: v.T("refunds.row.communication"), Value: p.Communication})
	}
	return list
}

func paidText(v page.View, p Payment) string {
	if p.Paid.IsZero() {
		return v.T("refunds.notyet")
	}
	return day(v, p.Paid)
}

// careText says when an act was.
func careText(v page.View, x Line) string {
	if x.To.IsZero() || x.To.Equal(x.From) {
		return day(v, x.From)
	}
	return v.T("refunds.fromto", locale.A("from", day(v, x.From)), locale.A("to", day(v, x.To)))
}

// detailText says when an act was, and by whom.
func detailText(v page.View, x Line) string {
	if x.Provider == "" {
		return careText(v, x)
	}
	return careText(v, x) + ", " + x.Provider
}

// natureText is what an act was.
func natureText(x Line) string {
	text := x.Nature
	if x.Code != "" {
		text += " (" + x.Code + ")"
	}
	if x.Quantity > 1 {
		text += " × " + strconv.Itoa(x.Quantity)
	}
	return text
}

// certificateText is the head of what stands under one certificate.
func certificateText(v page.View, g group) string {
	if g.Certificate == "" {
		return v.T("refunds.certificate.none")
	}
	return v.T("refunds.certificate", locale.A("number", g.Certificate))
}

// supplementText is a supplement, or that nobody told it.
func supplementText(v page.View, x Line) string {
	if x.Supplement == nil {
		return v.T("refunds.unknown")
	}
	return locale.Number(v.Lang, *x.Supplement)
}

// supplement is supplementText as a cell of a page.
func supplement(v page.View, x Line) templ.Component {
	if x.Supplement == nil {
		return page.Text(v.T("refunds.unknown"))
	}
	return page.Number(v, *x.Supplement)
}

// acts is the table of what stands under one certificate; language is that of the
// words of the insurance system.
func acts(v page.View, g group, language string) page.Table {
	t := page.Table{Caption: certificateText(v, g), Columns: []page.Column{
		{Head: v.T("refunds.acts.nature"), Width: 40},
		{Head: v.T("refunds.acts.fee"), Width: 15, End: true}, {Head: v.T("refunds.acts.supplement"), Width: 15, End: true},
		{Head: v.T("refunds.acts.refund"), Width: 15, End: true}, {Head: v.T("refunds.acts.own"), Width: 15, End: true},
	}}
	for _, x := range g.Lines {
		t.Rows = append(t.Rows, page.TableRow{
			page.TitleCell(page.Link{Text: natureText(x), Lang: v.Foreign(language)}, detailText(v, x)),
			page.Number(v, x.Fee), supplement(v, x), page.Number(v, x.Refund), page.Number(v, x.Own),
		})
	}
	return t
}

// nameOf is the name of whose share it is.
func (p paymentPage) nameOf(s share) string { return p.Found.nameOf(auth.MemberID(s.Person)) }

func (p paymentPage) languageOf(s share) string { return p.Found.languageOf(auth.MemberID(s.Person)) }

// percent writes hundredths of a percent for the drawing.
func percent(n int64) string {
	return strconv.FormatInt(n/100, 10) + "." + strconv.FormatInt(n%100+100, 10)[1:] + "%"
}

// short says that a part of the bar is too narrow for its amount.
func (s segment) short() bool { return s.Wide < 1800 }

// middle is where its amount stands.
func (s segment) middle() string { return percent(s.At + s.Wide/2) }

// barText tells the parts of the bar to who cannot see it.
func barText(v page.View, parts []segment) string {
	var words []string
	for _, s := range parts {
		words = append(words, v.T("refunds.bar."+s.Kind, locale.A("amount", v.Money(s.Cents))))
	}
	return strings.Join(words, ", ")
}

// ownText says what is not in the own share.
func ownText(v page.View, c calculation) string {
	if c.Unknown {
		return v.T("refunds.sum.own.unknown")
	}
	return ""
}

// pattern is what fills a part of the bar: plain, hatched or dotted.
func pattern(kind string) string {
	switch kind {
	case "share":
		return "url(#hatch)"
	case "supplement":
		return "url(#dots)"
	}
	return "currentColor"
}

package refunds

import (
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// maxPrinted is the most payments on a print or in a PDF.
const maxPrinted = 400

// printPage is a whole period, to be printed.
type printPage struct {
	filter
	Found  Found
	Totals totals
}

// print shows all payments of the filter with their acts, not the rows of one page.
func (r *Refunds) print(c *gin.Context) error {
	p, found, err := r.whole(c, true)
	if err != nil {
		return err
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T("refunds.print.title"), v.T("refunds.title"), "refunds"
	v.Back = page.Link{URL: p.address(v, listPath), Text: v.T("refunds.receipt.back")}
	v.Lead = r.periodText(v, p.filter)
	return page.Render(c, http.StatusOK, printView(v, printPage{p.filter, found, totalsOf(found.Payments)}))
}

// whole reads all that a filter asks for. A filter that does not hold asks for nothing: the
// list says why.
func (r *Refunds) whole(c *gin.Context, bounded bool) (parsed, Found, error) {
	p, found, err := r.ask(c, bounded)
	switch {
	case err != nil:
		return p, found, err
	case len(p.Wrong) > 0:
		return p, found, ErrNotFound
	case bounded && (len(found.Payments) > maxPrinted || !found.Since.IsZero()):
		return p, found, ErrLong
	}
	sortPayments(found.Payments, p.Sort)
	return p, found, nil
}

// periodText says which days a filter asks for.
func (r *Refunds) periodText(v page.View, f filter) string {
	q := f.query(r.today())
	switch {
	case q.From.IsZero() && q.To.IsZero():
		return v.T("refunds.print.all")
	case q.From.IsZero():
		return v.T("refunds.label.to", locale.A("date", day(v, q.To)))
	case q.To.IsZero():
		return v.T("refunds.label.from", locale.A("date", day(v, q.From)))
	}
	return v.T("refunds.fromto", locale.A("from", day(v, q.From)), locale.A("to", day(v, q.To)))
}

// filterRows are the filter in words.
func (r *Refunds) filterRows(v page.View, f filter, found Found) []document.Row {
	list := []document.Row{{Label: v.T("refunds.periods"), Value: r.periodText(v, f)}}
	add := func(label string, values []string) {
		if len(values) > 0 {
			list = append(list, document.Row{Label: label, Value: strings.Join(values, ", ")})
		}
	}
	var persons, kinds, care []string
	for _, id := range f.Persons {
		persons = append(persons, found.named(v, id))
	}
	for _, k := range f.Kinds {
		kinds = append(kinds, v.T("refunds.kind."+string(k)))
	}
	for _, name := range []string{careFromField, careToField} {
		if at := *f.dateFields()[name]; !at.IsZero() {
			care = append(care, v.T("refunds.label."+name, locale.A("date", day(v, at))))
		}
	}
	add(v.T("refunds.form.persons"), persons)
	add(v.T("refunds.form.kinds"), kinds)
	add(v.T("refunds.form.care"), care)
	return list
}

// file is the PDF of the period: each payment once, with its acts.
func (r *Refunds) file(c *gin.Context) error {
	p, found, err := r.whole(c, true)
	if err != nil {
		return err
	}
	v := page.From(c)
	facts := r.filterRows(v, p.filter, found)
	for _, t := range sumsOf(v, p.filter, totalsOf(found.Payments)) {
		facts = append(facts, document.Row{Label: t.Label, Value: locale.Money(v.Lang, t.Cents)})
	}
	return r.listing(c, v, v.T("refunds.print.title"), "refunds.pdf", facts, found)
}

// paymentFile is the PDF of one payment.
func (r *Refunds) paymentFile(c *gin.Context) error {
	p, found, err := r.one(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	return r.listing(c, v, title(v, p), p.Reference+".pdf", nil, found)
}

// listing answers with a PDF of payments as the pages show them.
func (r *Refunds) listing(c *gin.Context, v page.View, title, name string, facts []document.Row, found Found) error {
	who, err := r.Store.RefundHolder(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return err
	}
	who.Name = document.RefundText(who.Name)
	if !found.AsOf.IsZero() {
		facts = append(facts, document.Row{Label: v.T("refunds.asof.label"), Value: locale.DateTime(v.Lang, found.AsOf)})
	}
	l := document.Listing{
		Language: document.Language(v.Lang), Mutuality: r.Mutuality, Member: who, Title: title, Made: r.Now().In(locale.Zone()),
		References: v.T("refunds.printed"), Facts: facts, Note: v.T("refunds.print.note"),
	}
	for _, p := range found.Payments {
		l.Parts = append(l.Parts, part(v, p, found))
	}
	drawn, err := document.DrawListing(l)
	if errors.Is(err, document.ErrTooMany) {
		return ErrLong
	}
	if err != nil {
		return err
	}
	attach(c, name, "application/pdf", drawn.PDF)
	return nil
}

// part is a payment in a PDF: the rows of its page, then its acts by person with their
// subtotals.
func part(v page.View, p Payment, found Found) document.ListingPart {
	part := document.ListingPart{Heading: title(v, p)}
	add := func(label, value string) { part.Rows = append(part.Rows, document.Row{Label: label, Value: value}) }
	for _, r := range rows(v, p) {
		switch {
		case r.Content != nil:
			add(r.Label, v.T("page.masked", locale.A("last", p.Last4)))
		case r.Label == v.T("refunds.row.amount"):
			add(r.Label, r.Value+" ("+r.Detail+")")
		default:
			add(r.Label, r.Value)
		}
	}
	for _, s := range sharesOf(p) {
		name := found.nameOf(auth.MemberID(s.Person))
		for _, g := range s.Certificates {
			for _, x := range g.Lines {
				add(day(v, x.From), name+". "+natureText(x)+", "+detailText(v, x)+". "+certificateText(v, g)+". "+
					v.T("refunds.acts.line", locale.A("fee", locale.Number(v.Lang, x.Fee)), locale.A("supplement", supplementText(v, x)),
						locale.A("refund", locale.Number(v.Lang, x.Refund)), locale.A("own", locale.Number(v.Lang, x.Own))))
			}
		}
		add(v.T("refunds.subtotal.short"), name+": "+locale.Money(v.Lang, s.Refund))
	}
	if left := rest(p); left != 0 {
		add(v.T("refunds.rest.short"), locale.Money(v.Lang, left))
	}
	return part
}

// labelled is an amount with its words.
type labelled struct {
	Label string
	Cents int64
}

// sumsOf are the totals of a list as its page shows them.
func sumsOf(v page.View, f filter, t totals) []labelled {
	if f.Professionals {
		return []labelled{{v.T("refunds.total.professionals"), t.Professionals}}
	}
	list := []labelled{{v.T("refunds.total.in"), t.In}, {v.T("refunds.total.out"), -t.Out}}
	if t.Holder != 0 {
		list = append(list, labelled{v.T("refunds.total.holder"), t.Holder})
	}
	return list
}

// table is the CSV of the period: a line for each payment.
func (r *Refunds) table(c *gin.Context) error {
	_, found, err := r.whole(c, false)
	if err != nil {
		return err
	}
	v := page.From(c)
	lines := [][]string{{v.T("refunds.row.reference"), v.T("refunds.row.nature"), v.T("refunds.row.received"), v.T("refunds.row.treated"),
		v.T("refunds.row.paid"), v.T("refunds.row.payee"), v.T("refunds.form.persons"), v.T("refunds.row.amount"), v.T("refunds.direction"),
		v.T("refunds.row.account"), v.T("refunds.row.communication")}}
	for _, p := range found.Payments {
		lines = append(lines, []string{cell(p.Reference), cell(kindName(v, p)), date(p.Received), date(p.Treated), date(p.Paid), cell(payee(v, p)),
			cell(strings.Join(found.names(p), ", ")), plain(v.Lang, p.Cents), cell(direction(v, p)), cell(p.Last4), cell(p.Communication)})
	}
	return sendTable(c, v, "refunds.csv", lines)
}

// paymentTable is the CSV of one payment: a line for each act.
func (r *Refunds) paymentTable(c *gin.Context) error {
	p, found, err := r.one(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	lines := [][]string{{v.T("refunds.row.reference"), v.T("refunds.row.treated"), v.T("refunds.person"), v.T("refunds.certificate.head"),
		v.T("refunds.acts.nature"), v.T("refunds.acts.code"), v.T("refunds.acts.provider"), v.T("refunds.acts.from"), v.T("refunds.acts.to"),
		v.T("refunds.acts.quantity"), v.T("refunds.acts.fee"), v.T("refunds.acts.supplement"), v.T("refunds.acts.refund"), v.T("refunds.acts.own")}}
	for _, x := range p.Lines {
		supplement := v.T("refunds.unknown")
		if x.Supplement != nil {
			supplement = plain(v.Lang, *x.Supplement)
		}
		lines = append(lines, []string{cell(p.Reference), date(p.Treated), cell(found.nameOf(x.Person)), cell(x.Certificate), cell(x.Nature), cell(x.Code),
			cell(x.Provider), date(x.From), date(x.To), strconv.Itoa(x.Quantity), plain(v.Lang, x.Fee), supplement, plain(v.Lang, x.Refund), plain(v.Lang, x.Own)})
	}
	if len(p.Lines) == 0 {
		line := make([]string, len(lines[0]))
		line[0], line[1], line[4], line[12] = cell(p.Reference), date(p.Treated), cell(kindName(v, p)), plain(v.Lang, p.Cents)
		lines = append(lines, line)
	}
	return sendTable(c, v, p.Reference+".csv", lines)
}

// sendTable answers with a table for spreadsheets, which know the marks of their language.
func sendTable(c *gin.Context, v page.View, name string, lines [][]string) error {
	var b strings.Builder
	b.WriteString("\ufeff") // or they take it for another encoding
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if v.Lang != locale.EN {
		w.Comma = ';'
	}
	if err := w.WriteAll(lines); err != nil {
		return err
	}
	attach(c, name, "text/csv; charset=utf-8", []byte(b.String()))
	return nil
}

// cell is a text that no spreadsheet takes for a formula (OWASP, CSV injection).
func cell(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if s != "" && strings.ContainsAny(s[:1], "=+-@") || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") ||
		strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠") || strings.HasPrefix(s, "−") {
		return "'" + s
	}
	return s
}

// plain is an amount that a spreadsheet of that language reads as a number.
func plain(l locale.Language, cents int64) string {
	sign, mark := "", ","
	if cents < 0 {
		sign, cents = "-", -cents
	}
	if l == locale.EN {
		mark = "."
	}
	return sign + strconv.FormatInt(cents/100, 10) + mark + strconv.FormatInt(cents%100+100, 10)[1:]
}

// attach answers with a file to be kept under that name.
func attach(c *gin.Context, name, kind string, content []byte) {
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, kind, content)
}

// date is a date as spreadsheets of all languages read it.
func date(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.DateOnly)
}

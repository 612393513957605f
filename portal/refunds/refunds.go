package refunds

import (
	"context"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

// Refunds is the area. Fields without a default are required.
type Refunds struct {
	Store     Store
	Mutuality document.Mutuality // letterhead of receipts and prints
	// Issue seals a receipt and puts it into the member's vault; it returns the id of its
	// request. The same key gives the same receipt. nil: the mutuality does not seal, and
	// nothing is ticked.
	Issue   func(ctx context.Context, login auth.Login, act document.Act, key string) (string, error)
	Freezer Freezer // of requests about statements
	Now     func() time.Time
	// Months is the period of a list whose address names none: 1, 3 or 12. Zero: 1.
	Months int
}

// Paths of the area, below the language.
const (
	listPath       = "refunds"
	printPath      = "refunds/print"
	tablePath      = "refunds/period.csv"
	filePath       = "refunds/period.pdf"
	paymentPath    = "refunds/payments/:reference"
	lineTablePath  = "refunds/payments/:reference/payment.csv"
	lineFilePath   = "refunds/payments/:reference/payment.pdf"
	receiptPath    = "refunds/receipt"
	receiptsPath   = "refunds/receipts"
	madePath       = "refunds/receipts/:receipt"
	statementsPath = "refunds/statements"
	askPath        = "requests/contact?subject=refund" // of package messages
)

// Route mounts the area. All that a page shows is in its address: filter, order, page and
// what is ticked. A POST makes a receipt of it, or a request for statements on paper or not.
func (r *Refunds) Route(t page.Routes) {
	t.GET(listPath, auth.ReadHealth, r.list)
	t.GET(printPath, auth.ReadHealth, r.print)
	t.GET(tablePath, auth.ReadHealth, r.table)
	t.GET(filePath, auth.ReadHealth, r.file)
	t.GET(paymentPath, auth.ReadHealth, r.payment)
	t.GET(lineTablePath, auth.ReadHealth, r.paymentTable)
	t.GET(lineFilePath, auth.ReadHealth, r.paymentFile)
	t.GET(receiptPath, auth.ReadHealth, r.receipt)
	t.POST(receiptPath, auth.ReadHealth, r.make)
	t.GET(receiptsPath, auth.ReadHealth, r.receipts)
	t.GET(madePath, auth.ReadHealth, r.made)
	t.GET(statementsPath, auth.ReadHealth, r.statements)
	t.POST(statementsPath, auth.ReadHealth, r.changeStatements)
}

func (r *Refunds) months() int {
	if r.Months == 0 {
		return 1
	}
	return r.Months
}

func (r *Refunds) today() time.Time { return people.Today(r.Now()) }

// ask reads the filter of an address and what it asks for. Where a date does not hold,
// nothing is asked and the page says why.
func (r *Refunds) ask(c *gin.Context, lines bool) (parsed, Found, error) {
	p := parse(c.Request.URL.Query(), r.months())
	q := p.query(r.today())
	q.Lines = lines
	if len(p.Wrong) > 0 {
		q.From = r.today().AddDate(1, 0, 0) // nothing, but for who may be seen
		q.To = time.Time{}
	}
	found, err := r.Store.Payments(c.Request.Context(), page.LoginOf(c), q)
	return p, found, err
}

// address is a page of the area with this filter.
func (f filter) address(v page.View, path string) string {
	if q := f.values(); len(q) > 0 {
		path += "?" + q.Encode()
	}
	return v.URL(path)
}

// from is the filter on its first page.
func (f filter) from(change func(*filter)) filter {
	f.After = ""
	change(&f)
	return f
}

// day is a date of the insurance system, which has no hour, in words; a dash for none.
func day(v page.View, at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return locale.Date(v.Lang, noon(at))
}

// short is day for tables: "18 nov. 2026".
func short(v page.View, at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return locale.DateShort(v.Lang, noon(at)) + "\u00a0" + strconv.Itoa(at.Year())
}

// noon keeps a date the same in every zone.
func noon(at time.Time) time.Time { return at.Add(12 * time.Hour) }

// dated says how old the data are.
func dated(v page.View, found Found) string {
	if found.AsOf.IsZero() {
		return ""
	}
	return v.T("refunds.asof", locale.A("time", locale.DateTime(v.Lang, found.AsOf)))
}

// nameOf is the name of somebody who may be seen.
func (f Found) nameOf(id auth.MemberID) string {
	p, _ := people.Find(f.People, id)
	return p.Name
}

// languageOf is that of what the insurance system says of her care.
func (f Found) languageOf(id auth.MemberID) string {
	p, _ := people.Find(f.People, id)
	return p.Language
}

// names are those of the persons of a payment.
func (f Found) names(p Payment) (names []string) {
	for _, id := range p.Persons {
		names = append(names, f.nameOf(id))
	}
	if len(names) == 0 && p.Open {
		names = append(names, f.nameOf(p.Person))
	}
	return names
}

// direction is the word for which way money goes: it stands beside the sign.
// Of a payment that the bank has not carried out it says what is to come.
func direction(v page.View, p Payment) string {
	key := "refunds.direction.in"
	switch {
	case p.ThirdParty():
		key = "refunds.direction.professional"
	case !p.Open:
		key = "refunds.direction.holder"
	case p.Cents < 0:
		key = "refunds.direction.out"
	}
	if p.Paid.IsZero() {
		key += ".coming"
	}
	return v.T(key)
}

// way is direction for the stylesheet.
func (p Payment) way() string {
	switch {
	case p.ThirdParty(), !p.Open:
		return "other"
	case p.Cents < 0:
		return "out"
	}
	return "in"
}

// kindName is what a payment is, in words.
func kindName(v page.View, p Payment) string { return v.T("refunds.kind." + string(p.Kind)) }

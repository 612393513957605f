package document

import (
	"strings"
	"time"
)

// EHICOrder orders European health insurance cards, one for each person named.
type EHICOrder struct {
	Reference string // as in BankChange
	Language  Language
	Mutuality Mutuality
	Member    Person
	Date      time.Time // calendar date of the request

	ForPersons []string   // names of those who get a card, 1 to 20
	DeliverTo  []string   // address lines for the post, 2 to 6
	Departure  *time.Time // optional calendar date of departure
	Return     *time.Time // optional calendar date of return, at most a year after Departure
	Country    string     // optional destination, in words of the document's language
}

// Kind returns KindEHICOrder.
func (EHICOrder) Kind() Kind { return KindEHICOrder }

// Validate returns a *FieldError for the first field that does not hold.
func (a EHICOrder) Validate() error {
	var c checker
	c.head(a.Reference, a.Language, a.Mutuality, a.Member, a.Date)
	c.list("forPersons", a.ForPersons, 1, maxPersons, maxName)
	c.list("deliverTo", a.DeliverTo, 2, 6, maxLine)
	if a.Departure != nil {
		c.date("departure", *a.Departure)
	}
	if a.Return != nil {
		c.date("return", *a.Return)
		c.that("return", a.Departure != nil && !a.Return.Before(*a.Departure) && !a.Return.After(a.Departure.AddDate(1, 0, 0)))
	}
	c.optional("country", a.Country, maxShort)
	return c.err
}

// Sheet composes the order.
func (a EHICOrder) Sheet() Sheet {
	l := a.Language
	s := compose(l, a.Mutuality, a.Member, a.Reference, a.Date, ehicTitle)
	ask := ehicAsk
	if len(a.ForPersons) > 1 {
		ask = ehicAskMore
	}
	s.text(ask.in(l, "{mutuality}", a.Mutuality.Name))
	var rows []Row
	for i, name := range a.ForPersons {
		rows = append(rows, Row{ehicPerson.in(l, "{n}", itoa(i+1)), name})
	}
	rows = append(rows, Row{ehicDeliver.in(l), strings.Join(a.DeliverTo, ", ")})
	if a.Departure != nil {
		rows = append(rows, Row{ehicDeparture.in(l), date(l, *a.Departure)})
	}
	if a.Return != nil {
		rows = append(rows, Row{postUntil.in(l), date(l, *a.Return)})
	}
	if a.Country != "" {
		rows = append(rows, Row{ehicCountry.in(l), a.Country})
	}
	s.rows(rows...)
	s.text(ehicPending.in(l))
	return s
}

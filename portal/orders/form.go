package orders

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

// ehicForm is what the member typed, as she typed it.
type ehicForm struct {
	Who              string // ids of the people ticked, a space between
	Asked            bool   // for whom: the boxes were shown, or somebody ticked without them
	Day, Month, Year string // of departure
	// of the return
	UntilDay, UntilMonth, UntilYear string
	Country                         string
}

// Names of the fields, in the form and in its errors.
const (
	departureField = "departure"
	dayField       = "departure-day"
	monthField     = "departure-month"
	yearField      = "departure-year"
	countryField   = "country"
)

func readForm(c *gin.Context) ehicForm {
	line := func(field string) string { return strings.TrimSpace(page.Typed(c, field)) }
	return ehicForm{
		Asked: asked(c),
		Day:   line(dayField), Month: line(monthField), Year: line(yearField),
		UntilDay: line(untilField + "-day"), UntilMonth: line(untilField + "-month"), UntilYear: line(untilField + "-year"),
		Country: strings.Join(strings.Fields(page.Typed(c, countryField)), " "),
	}
}

// answers checks a form. It returns the order as it will be signed, or what is wrong
// with each field.
func (o *Orders) answers(v page.View, t typed) (document.EHICOrder, []page.FieldError, error) {
	var wrong []page.FieldError
	form, who := t.draft.Answers, t.who
	if who.address(v) == nil {
		return document.EHICOrder{}, nil, ErrNoAddress
	}
	act := document.EHICOrder{
		Language: document.Language(v.Lang), Mutuality: o.Mutuality, Date: o.today(),
		Member:    document.Person{Name: who.Name, Birth: who.Birth, Affiliation: who.Affiliation},
		DeliverTo: who.address(v), Country: form.Country,
	}
	act.ForPersons = people.Named(v.Lang, t.travellers(), t.people)
	if len(act.ForPersons) == 0 {
		wrong = append(wrong, page.FieldError{Field: whoField, Text: v.T("orders.post.error.who")})
	}
	departure, mistake := o.departure(v, form)
	if mistake.Field != "" {
		wrong = append(wrong, mistake)
	}
	act.Departure = departure
	if act.Return, mistake = o.back(v, form, departure); mistake.Field != "" {
		wrong = append(wrong, mistake)
	}
	probe := act
	probe.ForPersons = []string{who.Name}
	text, err := countryText(v, probe)
	if err != nil {
		return document.EHICOrder{}, nil, err
	}
	if text != "" {
		wrong = append(wrong, page.FieldError{Field: countryField, Text: text})
	}
	return act, wrong, nil
}

// travellers get a card each: those ticked, of whom she may order for. Who sees nobody
// else is asked nothing, and is the one; unless she ticked somebody all the same.
func (t typed) travellers() []people.Person {
	if len(t.people) == 1 && !t.draft.Answers.Asked {
		return t.people
	}
	return chosen(t.draft.Answers.Who, t.people)
}

// address is where the post brings what is ordered, below her name; nil if that is not known.
func (p Person) address(v page.View) []string {
	lines := p.Postal.Lines(v)
	if lines == nil {
		return nil
	}
	return append([]string{p.Name}, lines...)
}

// horizon is how far ahead a journey may be ordered for, and how long it may last, in
// years: whoever stays longer lives there, and has other papers.
const horizon = 1

// departure reads the date in its three fields; nil if all are empty. The mistake
// names the part to correct.
func (o *Orders) departure(v page.View, form ehicForm) (*time.Time, page.FieldError) {
	refuse := func(field, key string, args ...locale.Arg) (*time.Time, page.FieldError) {
		return nil, page.FieldError{Field: field, Text: v.T(key, args...)}
	}
	if form.Day+form.Month+form.Year == "" {
		return nil, page.FieldError{}
	}
	for _, part := range []struct{ field, value string }{{dayField, form.Day}, {monthField, form.Month}, {yearField, form.Year}} {
		if part.value == "" {
			return refuse(part.field, "orders.error.departure.part")
		}
	}
	day, month, year := number(form.Day, 2), number(form.Month, 2), number(form.Year, 4)
	today := o.today()
	switch {
	case year < 1000:
		return refuse(yearField, "orders.error.departure.year", locale.A("year", today.Year()))
	case month < 1 || month > 12:
		return refuse(monthField, "orders.error.departure.month")
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	last := today.AddDate(horizon, 0, 0)
	switch {
	case day < 1 || date.Day() != day:
		return refuse(dayField, "orders.error.departure.day")
	case date.Before(today):
		return refuse(departureField, "orders.error.departure.past")
	case !date.Before(last):
		return refuse(departureField, "orders.error.departure.far", locale.A("date", locale.Date(v.Lang, last)))
	}
	return &date, page.FieldError{}
}

// back reads the date of return; nil if it is not given. It says nothing of a departure
// that does not hold: that is corrected first.
func (o *Orders) back(v page.View, form ehicForm, departure *time.Time) (*time.Time, page.FieldError) {
	refuse := func(key string, args ...locale.Arg) (*time.Time, page.FieldError) {
		return nil, page.FieldError{Field: untilField, Text: v.T(key, args...)}
	}
	if form.UntilDay+form.UntilMonth+form.UntilYear == "" {
		return nil, page.FieldError{}
	}
	date, mistake := o.day(v, untilField, form.UntilDay, form.UntilMonth, form.UntilYear)
	switch {
	case mistake.Field != "":
		return nil, mistake
	case departure == nil && form.Day+form.Month+form.Year == "":
		return refuse("orders.error.return.alone")
	case departure == nil:
		return nil, page.FieldError{}
	case date.Before(*departure):
		return refuse("orders.post.error.back")
	case date.After(departure.AddDate(horizon, 0, 0)):
		return refuse("orders.error.return.long", locale.A("date", locale.Date(v.Lang, departure.AddDate(horizon, 0, 0))))
	}
	return date, page.FieldError{}
}

// number reads at most so many digits; -1 if it is something else.
func number(s string, digits int) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || len(s) > digits {
		return -1
	}
	return int(n)
}

// countryText asks the document whether the country can stand in it. The other fields
// are the member's own: if one of them cannot, it is not her mistake.
func countryText(v page.View, act document.EHICOrder) (string, error) {
	act.Reference, act.Departure, act.Return = "GC", nil, nil
	err := act.Validate()
	var field *document.FieldError
	switch {
	case err == nil:
		return "", nil
	case !errors.As(err, &field) || field.Field != "country":
		return "", fmt.Errorf("the member's own data cannot stand in a document: %w", err)
	}
	switch field.Reason {
	case document.ErrTooLong:
		return v.T("orders.error.country.long"), nil
	case document.ErrNationalNumber:
		return v.T("orders.error.country.number"), nil
	case document.ErrGlyph:
		return v.T("orders.error.country.letters"), nil
	}
	return v.T("orders.error.country.character"), nil
}

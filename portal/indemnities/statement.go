package indemnities

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// yearsBack is Indemnities.Years where nothing is set.
const yearsBack = 9

// Fields of the form.
const (
	personField   = "person"
	periodField   = "period"
	fromField     = "from"
	toField       = "to"
	languageField = "language"
	otherPeriod   = "other" // dates of her own, in place of a year
)

// statementForm is what was chosen and typed, as it came.
type statementForm struct {
	Person, Period, Language string
	From, To                 [3]string // day, month, year
}

// statementPage is the form with what it offers.
type statementPage struct {
	Form    statementForm
	Persons []page.Option // empty: only herself
	Years   []page.Option
	Oldest  string // the first day that can be asked for
}

// span is the period of a statement, both days included.
type span struct{ From, To time.Time }

func readForm(c *gin.Context) statementForm {
	typed := func(field string) string { return strings.TrimSpace(page.Typed(c, field)) }
	dateOf := func(field string) [3]string {
		return [3]string{typed(field + "-day"), typed(field + "-month"), typed(field + "-year")}
	}
	return statementForm{Person: typed(personField), Period: typed(periodField), Language: typed(languageField), From: dateOf(fromField), To: dateOf(toField)}
}

func (a *Indemnities) form(c *gin.Context) error {
	v := page.From(c)
	f := statementForm{Language: string(v.Lang), Period: strconv.Itoa(people.Today(a.Now()).Year())}
	return a.show(c, http.StatusOK, f, nil, nil)
}

// show is the form, as it was filled.
func (a *Indemnities) show(c *gin.Context, status int, f statementForm, wrong []page.FieldError, notice *page.Banner) error {
	visible, err := a.Store.Visible(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading whose statements: %w", err)
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav, v.Lead = v.T("indemnities.statement.title"), v.T("indemnities.title"), "refunds", v.T("indemnities.statement.lead")
	v.Back = page.Link{URL: v.URL(listPath), Text: v.T("indemnities.title")}
	v.Keep, v.Errors, v.Banner, v.Key = statementPath, wrong, notice, page.Key(c)
	p := statementPage{Form: f, Years: a.years(v), Oldest: locale.Date(v.Lang, a.oldest())}
	if f.Person == "" {
		p.Form.Person = string(page.LoginOf(c).Member)
	}
	if len(visible) > 1 {
		for _, one := range visible {
			p.Persons = append(p.Persons, page.Option{Value: string(one.Member), Text: name(v, one)})
		}
	}
	return page.Render(c, status, statementView(v, p))
}

// oldest is the first day that a statement can be of.
func (a *Indemnities) oldest() time.Time {
	return time.Date(people.Today(a.Now()).Year()-cmp.Or(a.Years, yearsBack), time.January, 1, 0, 0, 0, 0, time.UTC)
}

func (a *Indemnities) years(v page.View) (list []page.Option) {
	for year := people.Today(a.Now()).Year(); year >= a.oldest().Year(); year-- {
		text := strconv.Itoa(year)
		list = append(list, page.Option{Value: text, Text: text})
	}
	return append(list, page.Option{Value: otherPeriod, Text: v.T("indemnities.statement.other")})
}

// state makes the statement, and leads to it in the vault.
func (a *Indemnities) state(c *gin.Context) error {
	f, v, login := readForm(c), page.From(c), page.LoginOf(c)
	if page.Switched(c) {
		return a.show(c, http.StatusOK, f, nil, nil)
	}
	period, wrong := f.period(v, people.Today(a.Now()), a.oldest())
	language := document.Language(f.Language)
	if !slices.Contains(document.Languages(), language) {
		wrong = append(wrong, page.FieldError{Field: languageField, Text: v.T("indemnities.error.language")})
	}
	if len(wrong) > 0 {
		return a.show(c, http.StatusUnprocessableEntity, f, wrong, nil)
	}
	person := auth.MemberID(f.Person)
	if person == "" {
		person = login.Member
	}
	paid, err := a.Store.Paid(c.Request.Context(), login, person, period.From, period.To)
	if err != nil {
		return fmt.Errorf("reading what was paid: %w", err)
	}
	id, err := a.Issuer.Issue(c.Request.Context(), login, a.statement(paid, period, language), page.Key(c))
	var field *document.FieldError
	switch {
	case errors.Is(err, signing.ErrSealKey):
		return a.show(c, http.StatusServiceUnavailable, f, nil,
			&page.Banner{Kind: page.Checking, Title: v.T("indemnities.seal.away"), Text: v.T("indemnities.seal.away.text")})
	case errors.As(err, &field): // a name in letters we cannot print, more payments than a statement holds
		return a.show(c, http.StatusUnprocessableEntity, f, nil,
			&page.Banner{Kind: page.Changed, Title: v.T("indemnities.unprintable"), Text: v.T("indemnities.unprintable.text"),
				Link: page.Link{URL: v.URL(askPath), Text: v.T("indemnities.ask")}})
	case err != nil:
		return fmt.Errorf("making a statement: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL("documents/"+id))
	return nil
}

// statement is the act, in the language asked for.
func (a *Indemnities) statement(paid Paid, period span, l document.Language) document.Indemnities {
	today := people.Today(a.Now())
	asOf := today
	if !paid.AsOf.IsZero() {
		asOf = people.Today(paid.AsOf)
	}
	return document.Indemnities{
		Language: l, Mutuality: a.Mutuality, Member: printable(paid.Member), Beneficiary: printable(paid.Beneficiary), Date: today,
		From: period.From, To: period.To, DataAsOf: asOf, Payments: paid.Payments,
	}
}

// printable leaves out a membership number that is a national number.
func printable(p document.Person) document.Person {
	p.Affiliation = document.Affiliation(p.Affiliation)
	return p
}

// period reads the year, or the two dates, of the form. A mistake names the part to
// correct, and says why a period is refused.
func (f statementForm) period(v page.View, today, oldest time.Time) (span, []page.FieldError) {
	if f.Period != otherPeriod {
		year := number(f.Period, 4)
		if year < 1000 || year > today.Year() {
			return span{}, []page.FieldError{{Field: periodField, Text: v.T("indemnities.error.period")}}
		}
		s := span{time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC), time.Date(year, time.December, 31, 0, 0, 0, 0, time.UTC)}
		return s, s.refused(v, today, oldest, periodField)
	}
	from, wrong := readDate(v, fromField, f.From)
	to, also := readDate(v, toField, f.To)
	if wrong = append(wrong, also...); len(wrong) > 0 {
		return span{}, wrong
	}
	s := span{from, to}
	return s, s.refused(v, today, oldest, fromField)
}

// refused says why there is no statement of the period: at most one year, none older
// than the years that are kept, none that has not begun.
func (s span) refused(v page.View, today, oldest time.Time, field string) []page.FieldError {
	one := func(field, key string, args ...locale.Arg) []page.FieldError {
		return []page.FieldError{{Field: field, Text: v.T(key, args...)}}
	}
	switch {
	case s.From.Before(oldest):
		return one(field, "indemnities.error.old", locale.A("date", locale.Date(v.Lang, oldest)))
	case s.From.After(today):
		return one(field, "indemnities.error.future")
	case s.To.Before(s.From):
		return one(toField, "indemnities.error.order")
	case !s.To.Before(s.From.AddDate(1, 0, 0)):
		return one(toField, "indemnities.error.long", locale.A("date", locale.Date(v.Lang, s.From.AddDate(1, 0, -1))))
	}
	return nil
}

// readDate reads a date in three fields.
func readDate(v page.View, field string, parts [3]string) (time.Time, []page.FieldError) {
	refuse := func(part, key string) (time.Time, []page.FieldError) {
		return time.Time{}, []page.FieldError{{Field: field + part, Text: v.T(key, locale.A("which", v.T("indemnities.error."+field)))}}
	}
	day, month, year := number(parts[0], 2), number(parts[1], 2), number(parts[2], 4)
	switch {
	case day < 1 || day > 31:
		return refuse("-day", "indemnities.error.day")
	case month < 1 || month > 12:
		return refuse("-month", "indemnities.error.month")
	case year < 1000:
		return refuse("-year", "indemnities.error.year")
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day {
		return refuse("-day", "indemnities.error.day")
	}
	return t, nil
}

// number reads at most so many digits; -1 if it is something else.
func number(s string, digits int) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || len(s) > digits {
		return -1
	}
	return int(n)
}

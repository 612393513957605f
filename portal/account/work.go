package account

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// WorkAddress is where a member works, as she gave it herself: the insurance system
// delivers none, and no letter goes there. The zero value: she gave none.
type WorkAddress struct {
	Company  string `json:"company,omitempty"` // or name of the place
	Street   string `json:"street"`            // with number and box
	Postcode string `json:"postcode"`
	City     string `json:"city"`
	Country  string `json:"country,omitempty"` // in her words; empty: Belgium
}

// Bounds of an address, in characters.
const (
	maxWorkLine     = 80
	maxWorkPostcode = 12
)

// workPath is the form of the address.
const workPath = "account/work-address"

// lines are the address as it stands on an envelope, without what is empty.
func (a WorkAddress) lines() []string {
	var lines []string
	for _, line := range []string{a.Company, a.Street, strings.TrimSpace(a.Postcode + " " + a.City), a.Country} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// abroad says whether the country is another one than Belgium.
func (a WorkAddress) abroad() bool {
	switch core.Fold(a.Country) {
	case "", "belgique", "belgie", "belgien", "belgium", "be":
		return false
	}
	return true
}

// wrong are the fields to correct, by name. An address that is empty as a whole is none.
func (a WorkAddress) wrong(v page.View) []page.FieldError {
	if a == (WorkAddress{}) {
		return nil
	}
	var errs []page.FieldError
	say := func(field, text string) { errs = append(errs, page.FieldError{Field: field, Text: text}) }
	long := func(field, value string, most int) bool {
		if utf8.RuneCountInString(value) <= most && utf8.ValidString(value) && strings.IndexFunc(value, unicode.IsControl) < 0 {
			return false
		}
		say(field, v.T("people.work.wrong.long", locale.A("n", most)))
		return true
	}
	long("company", a.Company, maxWorkLine)
	if !long("street", a.Street, maxWorkLine) && a.Street == "" {
		say("street", v.T("people.work.wrong.street"))
	}
	digits := len(a.Postcode) == 4 && strings.Trim(a.Postcode, "0123456789") == ""
	if !long("postcode", a.Postcode, maxWorkPostcode) && (a.Postcode == "" || !a.abroad() && !digits) {
		say("postcode", v.T("people.work.wrong.postcode"))
	}
	if !long("city", a.City, maxWorkLine) && a.City == "" {
		say("city", v.T("people.work.wrong.city"))
	}
	long("country", a.Country, maxWorkLine)
	return errs
}

// workForm is the form, which holds what is on file.
func (a *Account) workForm(c *gin.Context) error {
	known, err := a.Store.Contacts(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading contact data: %w", err)
	}
	return a.showWork(c, page.From(c), known.Workplace)
}

func (a *Account) showWork(c *gin.Context, v page.View, typed WorkAddress) error {
	v.Title, v.Nav, v.Lead = v.T("people.work.title"), "account", v.T("people.work.lead")
	way := page.WayBackOf(c)
	v.Back = way.Or(v, page.Link{URL: v.URL("account"), Text: v.T("people.back")})
	v.Keep = way.On(workPath)
	return page.Render(c, page.FormStatus(v), workView(v, typed, way))
}

// changeWork puts another address on file, in force at once.
func (a *Account) changeWork(c *gin.Context) error {
	v := page.From(c)
	line := func(field string) string { return strings.Join(strings.Fields(page.Typed(c, field)), " ") }
	typed := WorkAddress{Company: line("company"), Street: line("street"), Postcode: line("postcode"), City: line("city"), Country: line("country")}
	if page.Switched(c) {
		return a.showWork(c, v, typed)
	}
	if v.Errors = typed.wrong(v); len(v.Errors) > 0 {
		return a.showWork(c, v, typed)
	}
	if err := a.Store.ChangeWorkAddress(c.Request.Context(), page.LoginOf(c), typed); err != nil {
		return fmt.Errorf("changing the address of work: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL(page.WayBackOf(c).On("account?done="+workDone)))
	return nil
}

// workDone says that the address was changed.
const workDone = "work-address"

// workRow is the address with its form, or the invitation to give it.
func workRow(v page.View, known Contacts, way page.WayBack) page.SummaryRow {
	label := v.T("people.work")
	row := page.SummaryRow{Label: label, Change: page.Link{URL: v.URL(way.On(workPath)), Text: v.T("people.change"), Hidden: label}}
	if known.Workplace == (WorkAddress{}) {
		row.Value, row.Detail, row.Quiet, row.Change.Text = v.T("account.missing"), v.T("people.work.why"), true, v.T("people.give")
		return row
	}
	row.Content = addressLines(known.Workplace.lines())
	return row
}

package account

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// phonePath is the form of one number.
func phonePath(k PhoneKind) string { return "account/phone/" + string(k) }

// examples are numbers as they are typed, in hints and refusals.
var examples = map[PhoneKind]string{Mobile: "0470 12 34 56", Home: "04 222 33 44", Work: "+32 2 555 12 34"}

// phoneForm is the form of one number: it holds what is on file.
func (a *Account) phoneForm(k PhoneKind) page.Handler {
	return func(c *gin.Context) error {
		known, err := a.Store.Contacts(c.Request.Context(), page.LoginOf(c))
		if err != nil {
			return fmt.Errorf("reading contact data: %w", err)
		}
		return a.showPhone(c, k, http.StatusOK, locale.Phone(known.Of(k)), "")
	}
}

func (a *Account) showPhone(c *gin.Context, k PhoneKind, status int, typed, wrong string) error {
	v := page.From(c)
	v.Title, v.Nav = v.T("people.phone."+string(k)+".title"), "account"
	v.Lead = v.T("people.phone.lead")
	way := page.WayBackOf(c)
	v.Back = way.Or(v, page.Link{URL: v.URL("account"), Text: v.T("people.back")})
	v.Keep = way.On(phonePath(k))
	if wrong != "" {
		v.Errors = []page.FieldError{{Field: "phone", Text: wrong}}
	}
	return page.Render(c, status, phoneView(v, k, typed, way))
}

// changePhone puts another number on file, in force at once.
func (a *Account) changePhone(k PhoneKind) page.Handler {
	return func(c *gin.Context) error {
		v, typed := page.From(c), page.Typed(c, "phone")
		if page.Switched(c) {
			return a.showPhone(c, k, http.StatusOK, typed, "")
		}
		number, err := ParsePhone(k, typed)
		example := locale.A("example", examples[k])
		switch {
		case errors.Is(err, ErrNotMobile):
			return a.showPhone(c, k, http.StatusUnprocessableEntity, typed, v.T("people.phone.wrong.mobile", example))
		case err != nil:
			return a.showPhone(c, k, http.StatusUnprocessableEntity, typed, v.T("people.phone.wrong", example))
		}
		if err := a.Store.ChangePhone(c.Request.Context(), page.LoginOf(c), k, number); err != nil {
			return fmt.Errorf("changing a telephone number: %w", err)
		}
		c.Redirect(http.StatusSeeOther, v.URL(page.WayBackOf(c).On("account?done="+string(k))))
		return nil
	}
}

// phoneRows are the numbers with their forms.
func phoneRows(v page.View, known Contacts, way page.WayBack) []page.SummaryRow {
	rows := make([]page.SummaryRow, 0, 3)
	for _, k := range PhoneKinds() {
		label := v.T("people.phone." + string(k))
		row := page.SummaryRow{Label: label, Value: locale.Phone(known.Of(k)),
			Change: page.Link{URL: v.URL(way.On(phonePath(k))), Text: v.T("people.change"), Hidden: label}}
		if row.Value == "" {
			row.Value, row.Detail, row.Quiet = v.T("account.missing"), v.T("people.phone."+string(k)+".why"), true
			row.Change.Text = v.T("people.give")
		}
		rows = append(rows, row)
	}
	return rows
}

// changedBanner says what was just changed.
func changedBanner(v page.View, c *gin.Context) *page.Banner {
	for _, k := range PhoneKinds() {
		if c.Query("done") == string(k) {
			return &page.Banner{Kind: page.Valid, Title: v.T("people.phone.done"), Text: v.T("people.phone.done.text")}
		}
	}
	if c.Query("done") == workDone {
		return &page.Banner{Kind: page.Valid, Title: v.T("people.work.done"), Text: v.T("people.phone.done.text")}
	}
	if c.Query("done") == noticesDone {
		return &page.Banner{Kind: page.Valid, Title: v.T("account.notices.done"), Text: v.T("account.notices.done.text")}
	}
	return nil
}

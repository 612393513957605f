package account

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Account is the area. All fields are required.
type Account struct {
	Store   Store
	Classic *credentials.Service
	Origin  string        // of the counter: links in mails begin with it
	House   letters.House // whose letters take as long as they take
	Now     func() time.Time
}

// Route mounts the area. The links of mails are public: who opens one may be signed in
// nowhere, and the link itself is the proof.
func (a *Account) Route(r page.Routes) {
	r.GET("account", auth.ReadFile, a.show)
	r.GET(accessPath, auth.ReadFile, a.access)
	r.GET(looksPath, auth.ReadFile, a.looks)
	for _, k := range PhoneKinds() {
		r.GET(phonePath(k), auth.ChangeContact, a.phoneForm(k))
		r.POST(phonePath(k), auth.ChangeContact, a.changePhone(k))
	}
	r.GET(workPath, auth.ChangeContact, a.workForm)
	r.POST(workPath, auth.ChangeContact, a.changeWork)
	r.GET(noticesPath, auth.ChangePreferences, a.noticesForm)
	r.POST(noticesPath, auth.ChangePreferences, a.setNotices)
	r.POST("account/sessions/:id/end", auth.ReadFile, a.endSession)
	r.GET("account/sign-ins/:id/deny", auth.ReadFile, a.denyForm)
	r.POST("account/sign-ins/:id/deny", auth.ReadFile, a.deny)
	r.GET(changePath, auth.ChangeCredentials, a.passwordForm)
	r.POST(changePath, auth.ChangeCredentials, a.changePassword)
	r.GET(emailPath, auth.ChangeCredentials, a.emailForm)
	r.POST(emailPath, auth.ChangeCredentials, a.changeEmail)
	r.GET(confirmPath+"/:secret", auth.Public, a.link(credentials.ConfirmEmail))
	r.POST(confirmPath+"/:secret", auth.Public, a.follow(credentials.ConfirmEmail))
	r.GET(undoPath+"/:secret", auth.Public, a.link(credentials.UndoEmail))
	r.POST(undoPath+"/:secret", auth.Public, a.follow(credentials.UndoEmail))
}

func (a *Account) show(c *gin.Context) error {
	member, err := a.Store.Member(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading the member: %w", err)
	}
	known, err := a.Store.Contacts(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading contact data: %w", err)
	}
	v := page.From(c)
	v.Title, v.Nav, v.Lead = v.T("account.title"), "account", v.T("account.lead")
	v.Banner = changedBanner(v, c)
	way := page.WayBackOf(c)
	v.Back = way.Or(v, page.Link{})
	return page.Render(c, http.StatusOK, accountPage(v, member, known, way))
}

// last2 are the last two digits of the national number, all that a page shows.
func last2(m Member) string {
	digits := m.NationalNumber.Digits()
	return digits[len(digits)-2:]
}

// birth is the date of birth in words, or that it is not known.
func birth(v page.View, m Member) string {
	if m.Birth.IsZero() {
		return v.T("account.birth.unknown")
	}
	return locale.Date(v.Lang, m.Birth)
}

// language is the name of the language the mutuality writes in.
func language(m Member) string {
	l, _ := locale.Parse(m.Language)
	return l.Name()
}

func identityRows(v page.View, m Member) []page.SummaryRow {
	return []page.SummaryRow{
		{Label: v.T("account.name"), Value: m.Name()},
		{Label: v.T("account.birth"), Value: birth(v, m)},
		{Label: v.T("account.number"), Content: page.MaskedNumber(v, last2(m))},
		{Label: v.T("account.affiliation"), Content: page.Private(v, m.Affiliation),
			Detail: membership(v, m)},
	}
}

// membership says since when she is a member, or until when she was one.
func membership(v page.View, m Member) string {
	if !m.Until.IsZero() {
		return v.T("account.until", locale.A("date", locale.Date(v.Lang, m.Until)))
	}
	return v.T("account.since", locale.A("date", locale.Date(v.Lang, m.Since)))
}

// contactRows are how she is reached, each with the way to change it: the address by a
// request that staff answer, the rest by herself, at once.
func contactRows(v page.View, m Member, known Contacts, way page.WayBack) []page.SummaryRow {
	change := func(path, key string) page.Link {
		return v.Way(path, v.T("people.change"), v.T(key))
	}
	rows := []page.SummaryRow{
		addressRow(v, m, change(addressPath, "account.address")),
		contactEmail(v, known.Email, change(way.On(emailPath), "account.email")),
	}
	return append(append(rows, phoneRows(v, known, way)...), workRow(v, known, way), page.SummaryRow{Label: v.T("account.language"), Value: language(m)})
}

// addressPath is the letter to staff that asks for another address, opened where one
// writes it: the present one stays until they accepted it.
const addressPath = "requests/contact?subject=address"

// addressRow is where the post reaches her, or that it does not.
func addressRow(v page.View, m Member, change page.Link) page.SummaryRow {
	row := page.SummaryRow{Label: v.T("account.address"), Change: change}
	lines := page.Postal{Street: m.Street, Postcode: m.Postcode, City: m.Municipality, Country: m.Country}.Lines(v)
	if lines == nil {
		row.Value, row.Detail, row.Quiet = v.T("account.missing"), v.T("account.address.why"), true
		return give(v, row)
	}
	row.Content = addressLines(lines)
	return row
}

// give words the link of a row for what is not known yet; there is none for who may not
// change it.
func give(v page.View, row page.SummaryRow) page.SummaryRow {
	if row.Change.URL != "" {
		row.Change.Text = v.T("people.give")
	}
	return row
}

// contactEmail is her address, or that it is missing and why it helps to give it.
func contactEmail(v page.View, address string, change page.Link) page.SummaryRow {
	row := page.SummaryRow{Label: v.T("account.email"), Content: page.Email(address), Change: change}
	if address == "" {
		row.Content, row.Value, row.Detail, row.Quiet = nil, v.T("account.missing"), v.T("account.missing.why"), true
		return give(v, row)
	}
	return row
}

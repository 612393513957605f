package account

import (
	"fmt"
	"net/http"
	"strings"
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
	v := page.From(c)
	v.Title, v.Nav, v.Lead = v.T("account.title"), "account", v.T("account.lead")
	return page.Render(c, http.StatusOK, accountPage(v, member))
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

// phone writes a Belgian number as people read it: +32470000142 as 0470 00 01 42,
// +3243221100 as 04 322 11 00 (zones 02, 03, 04 and 09), +3261234567 as 061 23 45 67.
func phone(m Member) string {
	national, ok := strings.CutPrefix(m.Phone, "+32")
	if !ok || len(national) < 8 {
		return m.Phone
	}
	national = "0" + national
	var b strings.Builder
	head := 4 // mobile
	if len(national) == 9 {
		head = 3
		if strings.IndexByte("2349", national[1]) >= 0 {
			b.WriteString(national[:2] + " ")
			national = national[2:]
		}
	}
	b.WriteString(national[:head])
	for i := head; i < len(national); i += 2 {
		b.WriteString(" " + national[i:min(i+2, len(national))])
	}
	return b.String()
}

func identityRows(v page.View, m Member) []page.SummaryRow {
	return []page.SummaryRow{
		{Label: v.T("account.name"), Value: m.Name()},
		{Label: v.T("account.birth"), Value: birth(v, m)},
		{Label: v.T("account.number"), Content: page.MaskedNumber(v, last2(m))},
		{Label: v.T("account.affiliation"), Value: m.Affiliation,
			Detail: v.T("account.since", locale.A("date", locale.Date(v.Lang, m.Since)))},
	}
}

func contactRows(v page.View, m Member) []page.SummaryRow {
	return []page.SummaryRow{
		{Label: v.T("account.address"), Content: lines(m.Street, m.Postcode+" "+m.Municipality)},
		orMissing(v, page.SummaryRow{Label: v.T("account.email"), Value: m.Email}),
		orMissing(v, page.SummaryRow{Label: v.T("account.phone"), Value: phone(m)}),
		{Label: v.T("account.language"), Value: language(m)},
	}
}

// orMissing says that a value is missing and why it helps to give it.
func orMissing(v page.View, row page.SummaryRow) page.SummaryRow {
	if row.Value == "" {
		row.Value, row.Detail, row.Quiet = v.T("account.missing"), v.T("account.missing.why"), true
	}
	return row
}

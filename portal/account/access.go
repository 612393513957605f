package account

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

const (
	accessPath = "account/access"
	// listed is how many sign-ins the page shows.
	listed = 20
	// freshCard is how old a card sign-in may be that stands in for the current password
	// (ASVS 7.5.1).
	freshCard = 5 * time.Minute
)

// access is the page of ways in, sessions and sign-ins.
func (a *Account) access(c *gin.Context) error {
	v, login, ctx := page.From(c), page.LoginOf(c), c.Request.Context()
	classic, err := a.Classic.Account(ctx, login.Member)
	if err != nil {
		return fmt.Errorf("reading the account: %w", err)
	}
	list, err := a.Store.SignIns(ctx, login, listed)
	if err != nil {
		return fmt.Errorf("reading sign-ins: %w", err)
	}
	post, err := a.letters(ctx, v, login)
	if err != nil {
		return err
	}
	v.Title, v.Nav, v.Lead = v.T("password.access.title"), "account", v.T("password.access.lead")
	v.Back = page.WayBackOf(c).Or(v, page.Link{URL: v.URL("account"), Text: v.T("password.access.back")})
	v.Banner = told(v, c)
	return page.Render(c, http.StatusOK, accessPage(v, a.Classic.Profile, classic, post, list))
}

// told is the notice of what was just done; the address says which.
func told(v page.View, c *gin.Context) *page.Banner {
	switch done := c.Query("done"); done {
	case "password", "ended", "email-sent", "email":
		return &page.Banner{Kind: page.Valid, Title: v.T("password.done." + done), Text: v.T("password.done." + done + ".text")}
	case "denied":
		return &page.Banner{Kind: page.Valid, Title: v.T("password.done.denied"),
			Text: v.T("password.done.denied.text", locale.A("reference", shown(c.Query("reference"))))}
	}
	return nil
}

// shown repeats a reference of ours and nothing else.
func shown(reference string) string {
	if len(reference) > 20 {
		return ""
	}
	for _, r := range reference {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return ""
		}
	}
	return reference
}

// wayRows are what she signs in with, of what the mutuality's profile takes.
func wayRows(v page.View, p profile.Profile, a credentials.Account) []page.SummaryRow {
	rows := []page.SummaryRow{{Label: v.T("password.way.now"), Value: v.T("account.method." + string(v.Login.Method))}}
	value, detail := v.T("password.way.none"), v.T("password.way.none.text")
	if a.HasPassword && (a.State == credentials.Active || a.State == credentials.Disabled) {
		value, detail = v.T("password.way.set"), v.T("password.way.since", locale.A("date", locale.Date(v.Lang, a.PasswordSet)))
	}
	rows = append(rows, page.SummaryRow{Label: v.T("password.way.password"), Value: value, Detail: detail,
		Change: page.Link{URL: v.URL(changePath), Text: v.T("password.change"), Hidden: v.T("password.change.what")}})
	if a.UserNumber != "" {
		rows = append(rows, page.SummaryRow{Label: v.T("password.way.number"), Content: page.Private(v, credentials.Handle{Kind: credentials.KindUser, Value: a.UserNumber}.Shown())})
	}
	if a.AccessCode != "" && p.Takes(profile.AccessCode) {
		rows = append(rows, page.SummaryRow{Label: v.T("password.way.code"), Content: page.Private(v, a.AccessCode)})
	}
	return append(rows, emailRow(v, a))
}

func emailRow(v page.View, a credentials.Account) page.SummaryRow {
	row := page.SummaryRow{Label: v.T("password.way.email"), Content: page.Email(a.Email),
		Change: page.Link{URL: v.URL(emailPath), Text: v.T("password.change"), Hidden: v.T("password.email.what")}}
	switch {
	case a.Email == "":
		row.Content, row.Value, row.Quiet, row.Change.Text = nil, v.T("password.way.email.none"), true, v.T("password.add")
	case a.Certified():
		row.Detail = v.T("password.way.certified", locale.A("date", locale.Date(v.Lang, a.EmailCertified)))
	default:
		row.Detail = v.T("password.way.uncertified")
	}
	return row
}

// endSession ends a session that the member sees in the list.
func (a *Account) endSession(c *gin.Context) error {
	err := a.Store.EndOtherSession(c.Request.Context(), page.LoginOf(c), c.Param("id"))
	if err != nil && !errors.Is(err, ErrNoSession) { // over already: what she wanted
		return fmt.Errorf("ending a session: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(accessPath+"?done=ended"))
	return nil
}

// denyForm says what follows when a sign-in was not hers.
func (a *Account) denyForm(c *gin.Context) error {
	v, login := page.From(c), page.LoginOf(c)
	list, err := a.Store.SignIns(c.Request.Context(), login, listed)
	if err != nil {
		return fmt.Errorf("reading sign-ins: %w", err)
	}
	for _, s := range list {
		if s.Session == c.Param("id") && !s.Current && s.Denied.IsZero() {
			v.Title, v.Nav, v.Lead = v.T("password.deny.title"), "account", v.T("password.deny.lead")
			v.Back = page.Link{URL: v.URL(accessPath), Text: v.T("password.deny.back")}
			return page.Render(c, http.StatusOK, denyPage(v, s))
		}
	}
	return ErrNoSession
}

// deny is "that was not me".
func (a *Account) deny(c *gin.Context) error {
	reference, err := a.Store.DenySignIn(c.Request.Context(), page.LoginOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(accessPath+"?done=denied&reference="+reference))
	return nil
}

// proven says that the session itself is proof enough to change how she gets in.
func (a *Account) proven(login auth.Login) bool {
	return login.Method == auth.Card && a.Now().Sub(login.At) <= freshCard
}

func signInTable(v page.View, list []SignIn) page.Table {
	table := page.Table{Caption: v.T("password.signins"), Columns: []page.Column{
		{Head: v.T("password.signins.when")}, {Head: v.T("password.signins.how")}, {Head: v.T("password.signins.where")},
		{Head: v.T("password.signins.state")}, {Head: v.T("password.signins.act"), Hidden: true},
	}}
	for i, s := range list {
		table.Rows = append(table.Rows, signInRow(v, s, i+1))
	}
	return table
}

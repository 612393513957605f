package account

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/password"
	"guichet.example/portal/credentials"
	"guichet.example/portal/page"
)

const (
	changePath  = "account/password"
	recoverPath = "recover/password"
)

// passwordForm asks for the current password only of who has one: who has none, or said
// that a sign-in was not hers, is sent where a link or a letter stands in for it.
func (a *Account) passwordForm(c *gin.Context) error {
	if sent, err := a.elsewhere(c); sent || err != nil {
		return err
	}
	return a.showPassword(c, page.From(c), http.StatusOK)
}

// elsewhere sends who has no current password to type to where she gets one.
func (a *Account) elsewhere(c *gin.Context) (sent bool, err error) {
	login := page.LoginOf(c)
	if login.Method == auth.Card { // a card can be shown again
		return false, nil
	}
	account, err := a.Classic.Account(c.Request.Context(), login.Member)
	if err != nil {
		return false, fmt.Errorf("reading the account: %w", err)
	}
	if !account.HasPassword {
		c.Redirect(http.StatusSeeOther, page.From(c).URL(recoverPath))
	}
	return !account.HasPassword, nil
}

func (a *Account) showPassword(c *gin.Context, v page.View, status int) error {
	v.Title, v.Nav, v.Lead = v.T("password.change.title"), "account", v.T("password.change.lead")
	v.Back = page.Link{URL: v.URL(accessPath), Text: v.T("password.deny.back")}
	if c.Query("stricter") == "1" && len(v.Errors) == 0 {
		v.Banner = &page.Banner{Kind: page.ToSign, Title: v.T("password.stricter"), Text: v.T("password.stricter.text")}
	}
	return page.Render(c, status, changePage(v, !a.proven(*v.Login), a.Classic.Profile.Password, c.Query("stricter") == "1"))
}

// changePassword sets another password: by the current one or a fresh card
// session. Every other session ends, and the member is told by mail.
func (a *Account) changePassword(c *gin.Context) error {
	if sent, err := a.elsewhere(c); sent || err != nil {
		return err
	}
	v, login := page.From(c), page.LoginOf(c)
	typed, again := c.PostForm("new"), c.PostForm("again")
	if v.Errors = a.missing(c, v, login); typed != again {
		v.Errors = append(v.Errors, page.FieldError{Field: "again", Text: v.T("password.error.again")})
	}
	if len(v.Errors) > 0 {
		return a.showPassword(c, v, http.StatusUnprocessableEntity)
	}
	err := a.Classic.Change(c.Request.Context(), login, credentials.Change{
		Proven: a.proven(login), Current: c.PostForm("current"), Typed: typed})
	if err == nil {
		c.Redirect(http.StatusSeeOther, v.URL(accessPath+"?done=password"))
		return nil
	}
	status, field, text := explain(c, v, err)
	var refused *password.RefusedError
	switch {
	case errors.As(err, &refused):
		status, field, text = http.StatusUnprocessableEntity, "new", page.RefusedWords(v, refused, a.Classic.Profile.Password)
	case errors.Is(err, credentials.ErrSame):
		status, field, text = http.StatusUnprocessableEntity, "new", v.T("password.error.same")
	case text == "":
		return fmt.Errorf("changing a password: %w", err)
	}
	v.Errors = []page.FieldError{{Field: field, Text: text}}
	return a.showPassword(c, v, status)
}

// missing says that the current password is asked for and was not typed: no try is lost on
// that.
func (a *Account) missing(c *gin.Context, v page.View, login auth.Login) []page.FieldError {
	if a.proven(login) || c.PostForm("current") != "" {
		return nil
	}
	return []page.FieldError{{Field: "current", Text: v.T("password.error.password")}}
}

// explain is what the page says where the current password was asked for and is not
// taken; no text for any other error.
func explain(c *gin.Context, v page.View, err error) (status int, field, text string) {
	var wait *credentials.WaitError
	switch {
	case errors.Is(err, credentials.ErrRefused):
		return http.StatusUnprocessableEntity, "current", v.T("password.error.current")
	case errors.As(err, &wait):
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(wait.Wait.Seconds()))))
		return http.StatusTooManyRequests, "current", v.TN("password.wait.minutes", int(math.Ceil(wait.Wait.Minutes())))
	case errors.Is(err, credentials.ErrClosed):
		return http.StatusTooManyRequests, "current", v.T("password.closed")
	case errors.Is(err, password.ErrBusy):
		c.Header("Retry-After", "2")
		return http.StatusServiceUnavailable, "current", v.T("password.busy")
	}
	return 0, "", ""
}

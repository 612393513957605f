package account

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/credentials"
	"guichet.example/portal/mail"
	"guichet.example/portal/page"
)

const (
	emailPath   = "account/email"
	confirmPath = "email/confirm"
	undoPath    = "email/undo"
)

func (a *Account) emailForm(c *gin.Context) error {
	return a.showEmail(c, page.From(c), "", http.StatusOK)
}

func (a *Account) showEmail(c *gin.Context, v page.View, typed string, status int) error {
	v.Title, v.Nav, v.Lead = v.T("password.email.title"), "account", v.T("password.email.lead")
	way := page.WayBackOf(c)
	v.Back = way.Or(v, page.Link{URL: v.URL(accessPath), Text: v.T("password.deny.back")})
	return page.Render(c, status, emailPage(v, typed, !a.proven(*v.Login), way))
}

// changeEmail sends a link to the new address; nothing changes before it is opened.
func (a *Account) changeEmail(c *gin.Context) error {
	v, login := page.From(c), page.LoginOf(c)
	typed := c.PostForm("email")
	address, err := mail.ParseAddress(typed)
	if err != nil {
		v.Errors = []page.FieldError{{Field: "email", Text: v.T("password.error.email")}}
	}
	if v.Errors = append(v.Errors, a.missing(c, v, login)...); len(v.Errors) > 0 {
		return a.showEmail(c, v, typed, http.StatusUnprocessableEntity)
	}
	if suggestion := address.Suggest(); suggestion != "" && c.PostForm("sure") != typed {
		v.Errors = []page.FieldError{{Field: "email", Text: v.T("password.email.meant", arg("address", suggestion))}}
		return a.showEmail(c, v, typed, http.StatusUnprocessableEntity)
	}
	err = a.Classic.AskEmail(c.Request.Context(), login, credentials.Change{Proven: a.proven(login), Current: c.PostForm("current")},
		address.String(), func(secret string) string { return a.Origin + v.URL(confirmPath) + "/" + secret })
	if err == nil {
		c.Redirect(http.StatusSeeOther, v.URL(page.WayBackOf(c).On(accessPath+"?done=email-sent")))
		return nil
	}
	status, field, text := explain(c, v, err)
	if text == "" {
		return fmt.Errorf("changing an address: %w", err)
	}
	v.Errors = []page.FieldError{{Field: field, Text: text}}
	return a.showEmail(c, v, typed, status)
}

// link is the page that a link of a mail opens. It changes nothing: it asks.
func (a *Account) link(purpose credentials.Purpose) page.Handler {
	return func(c *gin.Context) error {
		v := page.From(c)
		_, err := a.Classic.Look(c.Request.Context(), purpose, c.Param("secret"))
		return a.showLink(c, v, purpose, err)
	}
}

func (a *Account) showLink(c *gin.Context, v page.View, purpose credentials.Purpose, err error) error {
	key := "password." + string(purpose)
	status := http.StatusOK
	switch {
	case errors.Is(err, credentials.ErrCodeExpired), errors.Is(err, credentials.ErrCode):
		status, key = http.StatusGone, "password.link-over"
	case err != nil:
		return fmt.Errorf("looking at a link: %w", err)
	}
	v.Title, v.Lead = v.T(key+".title"), v.T(key+".lead")
	return page.Render(c, status, linkPage(v, key, status == http.StatusOK))
}

// follow does what the link is for, once.
func (a *Account) follow(purpose credentials.Purpose) page.Handler {
	return func(c *gin.Context) error {
		v := page.From(c)
		err := a.Classic.SwapEmail(c.Request.Context(), purpose, c.Param("secret"),
			func(secret string) string { return a.Origin + v.URL(undoPath) + "/" + secret })
		if err != nil {
			return a.showLink(c, v, purpose, err)
		}
		to := "sign-in?told=email"
		switch {
		case purpose == credentials.UndoEmail: // every session has ended, this one too
			to = "sign-in?told=undone"
		case v.Login != nil:
			to = accessPath + "?done=email"
		}
		c.Redirect(http.StatusSeeOther, v.URL(to))
		return nil
	}
}

package signin

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/password"
	"guichet.example/portal/credentials"
	"guichet.example/portal/page"
)

const newPath = "sign-in/password/new"

// newForm is the page of the new password that a right sign-in asked for: the code of a
// letter was typed, or staff want it changed. Nobody is signed in yet.
func (s *SignIn) newForm(c *gin.Context) error {
	_, err := s.Classic.Look(c.Request.Context(), credentials.Renew, s.Cookies.Ticket(c))
	if isOver(err) {
		return s.expired(c)
	}
	if err != nil {
		return fmt.Errorf("looking at a ticket: %w", err)
	}
	return s.showNew(c, page.From(c), http.StatusOK)
}

func (s *SignIn) showNew(c *gin.Context, v page.View, status int) error {
	v.Title, v.Lead = v.T("password.new.title"), v.T("password.new.lead")
	return page.Render(c, status, newPage(v, s.Classic.Profile.Password, page.NextOf(c)))
}

// setNew sets it and begins the session.
func (s *SignIn) setNew(c *gin.Context) error {
	v := page.From(c)
	typed, again := c.PostForm("new"), c.PostForm("again")
	if typed != again {
		v.Errors = []page.FieldError{{Field: "again", Text: v.T("password.error.again")}}
		return s.showNew(c, v, http.StatusUnprocessableEntity)
	}
	login, err := s.Classic.Renew(c.Request.Context(), s.Cookies.Ticket(c), typed)
	var refused *password.RefusedError
	switch {
	case errors.As(err, &refused):
		v.Errors = []page.FieldError{{Field: "new", Text: page.RefusedWords(v, refused, s.Classic.Profile.Password)}}
		return s.showNew(c, v, http.StatusUnprocessableEntity)
	case errors.Is(err, password.ErrBusy):
		c.Header("Retry-After", "2")
		v.Errors = []page.FieldError{{Field: "new", Text: v.T("password.busy")}}
		return s.showNew(c, v, http.StatusServiceUnavailable)
	case isOver(err), errors.Is(err, credentials.ErrDisabled):
		return s.expired(c)
	case err != nil:
		return fmt.Errorf("renewing a password: %w", err)
	}
	s.Cookies.SetTicket(c, "")
	if err := s.Sessions.Begin(c, login); errors.Is(err, ErrClosed) {
		return s.expired(c)
	} else if err != nil {
		return fmt.Errorf("starting a session: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL(page.NextOf(c)))
	return nil
}

func isOver(err error) bool {
	return errors.Is(err, credentials.ErrCode) || errors.Is(err, credentials.ErrCodeExpired)
}

// expired sends back to the form: the ticket was used, or took too long.
func (s *SignIn) expired(c *gin.Context) error {
	s.Cookies.SetTicket(c, "")
	c.Redirect(http.StatusSeeOther, page.From(c).URL(passwordPath+"?next="+page.NextOf(c)+"&told=expired"))
	return nil
}

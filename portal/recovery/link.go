package recovery

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/password"
	"guichet.example/portal/credentials"
	"guichet.example/portal/page"
)

// mostLink is the longest that a link to a new password works, whatever other links of
// the mutuality do: it is asked for by who sits in front of her mail.
const mostLink = time.Hour

func (r *Recovery) linkLife() time.Duration { return linkLife(r.Classic) }

func linkLife(s *credentials.Service) time.Duration { return min(mostLink, s.Profile.LinkLife) }

// linkForm is the page that the link opens. It changes nothing, so that who looks at
// links before a reader does uses none up.
func (r *Recovery) linkForm(c *gin.Context) error {
	_, err := r.Classic.Look(c.Request.Context(), credentials.ResetLink, c.Param("secret"))
	if isOver(err) {
		return r.linkOver(c)
	}
	if err != nil {
		return fmt.Errorf("looking at a link: %w", err)
	}
	return r.showLink(c, page.From(c), http.StatusOK)
}

func isOver(err error) bool {
	return errors.Is(err, credentials.ErrCode) || errors.Is(err, credentials.ErrCodeExpired)
}

// linkOver says one thing of a link that was used, replaced, is too old or never was.
func (r *Recovery) linkOver(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Lead = v.T("recovery.over.title"), v.T("recovery.over.lead")
	return page.Render(c, http.StatusGone, overPage(v))
}

func (r *Recovery) showLink(c *gin.Context, v page.View, status int) error {
	v.Title, v.Lead = v.T("recovery.new.title"), v.T("recovery.new.lead")
	return page.Render(c, status, newPage(v, r.Classic.Profile.Password))
}

// followLink sets the password, once. The session begins at the door, by number and
// password: a link alone signs nobody in.
func (r *Recovery) followLink(c *gin.Context) error {
	v := page.From(c)
	typed, again := c.PostForm("new"), c.PostForm("again")
	if typed != again {
		v.Errors = []page.FieldError{{Field: "again", Text: v.T("password.error.again")}}
		return r.showLink(c, v, http.StatusUnprocessableEntity)
	}
	_, err := r.Classic.Reset(c.Request.Context(), credentials.ResetLink, c.Param("secret"), typed)
	var refused *password.RefusedError
	switch {
	case errors.As(err, &refused):
		v.Errors = []page.FieldError{{Field: "new", Text: page.RefusedWords(v, refused, r.Classic.Profile.Password)}}
		return r.showLink(c, v, http.StatusUnprocessableEntity)
	case errors.Is(err, password.ErrBusy):
		c.Header("Retry-After", "2")
		v.Errors = []page.FieldError{{Field: "new", Text: v.T("password.busy")}}
		return r.showLink(c, v, http.StatusServiceUnavailable)
	case isOver(err):
		return r.linkOver(c)
	case err != nil && !errors.Is(err, credentials.ErrDisabled): // that it is closed is told at the door
		return fmt.Errorf("resetting a password: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL("sign-in/password?told=changed"))
	return nil
}

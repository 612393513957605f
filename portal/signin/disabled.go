package signin

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

const disabledPath = "sign-in/disabled"

// reference is what the address may repeat: the number of a task, nothing of a person.
var reference = regexp.MustCompile(`^[A-Z0-9-]{4,20}$`)

// disabledForm tells that the account is switched off, after a right sign-in only,
// and takes the request to switch it on again.
func (s *SignIn) disabledForm(c *gin.Context) error {
	v := page.From(c)
	if ref := c.Query("reference"); reference.MatchString(ref) {
		v.Title, v.Lead = v.T("password.asked.title"), v.T("password.asked.lead")
		return page.Render(c, http.StatusOK, askedPage(v, ref))
	}
	code, err := s.Classic.Look(c.Request.Context(), credentials.Reactivate, s.Cookies.Ticket(c))
	if isOver(err) {
		return s.expired(c)
	}
	if err != nil {
		return fmt.Errorf("looking at a ticket: %w", err)
	}
	last, err := s.Classic.Reactivation(c.Request.Context(), code.Member)
	if err != nil {
		return fmt.Errorf("reading a request: %w", err)
	}
	if last.Reference != "" && last.Answered.IsZero() {
		v.Title, v.Lead = v.T("password.disabled.title"), v.T("recovery.pending", locale.A("date", locale.Date(v.Lang, last.Asked)))
		return page.Render(c, http.StatusOK, askedPage(v, last.Reference))
	}
	if last.Words != "" {
		v.Banner = &page.Banner{Kind: page.Neutral, Title: v.T("recovery.answered", locale.A("date", locale.Date(v.Lang, last.Answered))), Text: last.Words}
	}
	return s.showDisabled(c, v, "", http.StatusOK)
}

func (s *SignIn) showDisabled(c *gin.Context, v page.View, said string, status int) error {
	v.Title, v.Lead = v.T("password.disabled.title"), v.T("password.disabled.lead")
	v.Keep = disabledPath
	return page.Render(c, status, disabledPage(v, said))
}

// ask makes the task for staff.
func (s *SignIn) ask(c *gin.Context) error {
	v := page.From(c)
	said := strings.TrimSpace(c.PostForm("said"))
	if page.Switched(c) {
		return s.showDisabled(c, v, said, http.StatusOK)
	}
	if !utf8.ValidString(said) || utf8.RuneCountInString(said) > credentials.MaxSaid {
		v.Errors = []page.FieldError{{Field: "said", Text: v.T("password.disabled.long")}}
		return s.showDisabled(c, v, said, http.StatusUnprocessableEntity)
	}
	ref, err := s.Classic.AskReactivation(c.Request.Context(), s.Cookies.Ticket(c), said)
	if isOver(err) {
		return s.expired(c)
	}
	if err != nil {
		return fmt.Errorf("asking for reactivation: %w", err)
	}
	s.Cookies.SetTicket(c, "")
	c.Redirect(http.StatusSeeOther, v.URL(disabledPath+"?reference="+ref))
	return nil
}

package enrol

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// draftLife is how long nobody need type before what was typed is erased.
const draftLife = 30 * time.Minute

// Draft is an enrolment under way in a browser. It rests sealed; of password and answer
// it holds hashes only.
type Draft struct {
	Way        profile.Way   `json:"way"`
	Member     auth.MemberID `json:"member"`
	Name       string        `json:"name"` // first name and initial, to greet by
	AccessCode string        `json:"access_code,omitempty"`
	Email      string        `json:"email,omitempty"`
	Private    bool          `json:"private,omitempty"` // the address is not to be passed on
	Hash       string        `json:"hash,omitempty"`
	Question   int           `json:"question,omitempty"` // 1 to 4
	Answer     string        `json:"answer,omitempty"`   // hash
	Terms      string        `json:"terms,omitempty"`    // version accepted
	Sent       time.Time     `json:"sent,omitzero"`      // the last link
	Until      time.Time     `json:"until,omitzero"`     // it works
	Mails      int           `json:"mails,omitempty"`
}

// String leaves everything out.
func (d Draft) String() string { return "enrolment under way" }

// GoString is String.
func (d Draft) GoString() string { return d.String() }

// Steps of the ways with a draft.
const (
	contactPath  = "enrol/contact"
	passwordPath = "enrol/password"
	checkPath    = "enrol/check"
	sentPath     = "enrol/sent"
	notMePath    = "enrol/not-me"
	againPath    = "enrol/again"
	termsPath    = "enrol/terms"
	openPath     = "enrol/open"
	donePath     = "enrol/done"
	renewedPath  = "enrol/renewed"

	steps = 4
)

// ready says whether the draft has what the page at path stands on.
func (d Draft) ready(path string) bool {
	switch path {
	case passwordPath:
		return d.Email != ""
	case checkPath:
		return d.Email != "" && d.Hash != ""
	case sentPath, againPath:
		return !d.Sent.IsZero()
	}
	return true
}

// under is a handler that needs the draft of this browser. Without one, or too early,
// it leads to where it begins.
func (e *Enrol) under(path string, h func(c *gin.Context, d Draft) error) page.Handler {
	return func(c *gin.Context) error {
		v := page.From(c)
		browser, ok := e.Desk.Bound(c)
		var d Draft
		err := ErrNoDraft
		if ok {
			d, err = e.Store.Enrolment(c.Request.Context(), e.Mutuality, browser, e.Now())
		}
		switch {
		case errors.Is(err, ErrNoDraft):
			c.Redirect(http.StatusSeeOther, v.URL(waysPath+"?told=over"))
			return nil
		case err != nil:
			return fmt.Errorf("reading an enrolment: %w", err)
		case !d.Sent.IsZero() && path != sentPath && path != againPath && path != notMePath:
			c.Redirect(http.StatusSeeOther, v.URL(sentPath)) // sent already: nothing changes any more
			return nil
		case !d.ready(path):
			c.Redirect(http.StatusSeeOther, v.URL(contactPath))
			return nil
		}
		return h(c, d)
	}
}

// keep stores the draft of this browser and goes on.
func (e *Enrol) keep(c *gin.Context, d Draft, to string) error {
	browser, ok := e.Desk.Bound(c)
	if !ok {
		return ErrNoDraft
	}
	if err := e.Store.PutEnrolment(c.Request.Context(), e.Mutuality, browser, d, e.Now().Add(draftLife)); err != nil {
		return fmt.Errorf("keeping an enrolment: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(to))
	return nil
}

// begin starts the draft of a member who was found, in place of what the browser had.
func (e *Enrol) begin(c *gin.Context, way profile.Way, member auth.MemberID, accessCode string) error {
	ctx := c.Request.Context()
	if browser, ok := e.Desk.Bound(c); ok {
		if err := e.Store.DropEnrolment(ctx, e.Mutuality, browser); err != nil {
			return err
		}
	}
	person, err := e.Store.OnFile(ctx, e.Mutuality, member)
	if err != nil {
		return err
	}
	d := Draft{Way: way, Member: member, Name: greeting(person), AccessCode: accessCode}
	if err := e.Store.PutEnrolment(ctx, e.Mutuality, e.Desk.Bind(c), d, e.Now().Add(draftLife)); err != nil {
		return fmt.Errorf("beginning an enrolment: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(contactPath))
	return nil
}

// greeting is the first name and the initial of the surname.
func greeting(p credentials.Person) string {
	first, _, _ := strings.Cut(strings.TrimSpace(p.GivenNames), " ")
	for _, r := range p.Surname {
		return strings.TrimSpace(first + " " + string(r) + ".")
	}
	return first
}

// notMe ends an enrolment that found somebody else.
func (e *Enrol) notMe(c *gin.Context, _ Draft) error {
	if browser, ok := e.Desk.Bound(c); ok {
		if err := e.Store.DropEnrolment(c.Request.Context(), e.Mutuality, browser); err != nil {
			return err
		}
	}
	e.Desk.Unbind(c)
	c.Redirect(http.StatusSeeOther, page.From(c).URL(waysPath+"?told=not-me"))
	return nil
}

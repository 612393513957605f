package signin

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/password"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

const (
	passwordPath = "sign-in/password"
	forgetPath   = "sign-in/password/forget"
)

// Cookies are what the password door keeps in a browser; portal has the one in use.
type Cookies interface {
	// Known returns the hash of the mark of this browser, and what sets it once a sign-in
	// was right: then failures of strangers do not count against this browser.
	Known(c *gin.Context) (hash [32]byte, mark func())
	// Remembered is the identifier this browser was asked to remember, "" if none.
	Remembered(c *gin.Context) string
	// Remember keeps the identifier, sealed; "" forgets it.
	Remember(c *gin.Context, identifier string)
	// Ticket is the code that carries a sign-in to its next page, "" if none.
	Ticket(c *gin.Context) string
	// SetTicket keeps a ticket for some minutes; "" drops it.
	SetTicket(c *gin.Context, ticket string)
	// Shared says that the device is used by many, a kiosk: nothing is remembered there.
	Shared(c *gin.Context) bool
}

// form is the sign-in form as it was typed, without the password.
type form struct {
	Mutuality  string
	Identifier string
	Remember   bool
	Remembered bool // the identifier is one the browser kept
	Shared     bool
	Next       string
}

// fields names the catalogue's words for what the profile asks.
func fields(p profile.Profile) string {
	switch {
	case p.Takes(profile.MutualityEmail):
		return "triple"
	case p.Takes(profile.NationalNumber):
		return "number"
	case p.Takes(profile.AccessCode) && p.Takes(profile.Email):
		return "code-or-email"
	case p.Takes(profile.AccessCode):
		return "code"
	}
	return "email"
}

// passwordForm is the page to type on.
func (s *SignIn) passwordForm(c *gin.Context) error {
	v := page.From(c)
	if v.Login != nil {
		c.Redirect(http.StatusSeeOther, v.URL(page.NextOf(c)))
		return nil
	}
	f := form{Shared: s.Cookies.Shared(c), Next: page.NextOf(c)}
	if !f.Shared {
		f.Identifier = s.Cookies.Remembered(c)
		f.Remembered = f.Identifier != ""
	}
	return s.showPassword(c, v, f, http.StatusOK)
}

func (s *SignIn) showPassword(c *gin.Context, v page.View, f form, status int) error {
	v.Title, v.Lead = v.T("password.signin.title"), v.T("password.signin.lead."+fields(s.Classic.Profile))
	v.Back = page.Link{URL: v.URL(doorsPath + "?next=" + f.Next), Text: v.T("signin.back")}
	v.Keep = passwordPath
	switch c.Query("told") {
	case "expired":
		v.Banner = &page.Banner{Kind: page.Neutral, Title: v.T("password.expired.heading"), Text: v.T("password.expired")}
	case "changed":
		v.Banner = &page.Banner{Kind: page.Valid, Title: v.T("password.changed.heading"), Text: v.T("password.changed")}
	}
	return page.Render(c, status, passwordPage(v, f, fields(s.Classic.Profile), s.formLinks(v)))
}

// enterPassword judges the form.
func (s *SignIn) enterPassword(c *gin.Context) error {
	v := page.From(c)
	f := form{
		Mutuality: c.PostForm("mutuality"), Identifier: c.PostForm("identifier"), Remember: c.PostForm("remember") == "1",
		Shared: s.Cookies.Shared(c), Next: page.NextOf(c),
	}
	if page.Switched(c) {
		return s.showPassword(c, v, f, http.StatusOK)
	}
	if handle, err := credentials.ParseHandle(s.Classic.Profile, f.Identifier); err == nil {
		f.Identifier = handle.Shown() // As we read it
	}
	if v.Errors = s.missing(v, c); len(v.Errors) > 0 {
		return s.showPassword(c, v, f, http.StatusUnprocessableEntity)
	}
	known, mark := s.Cookies.Known(c)
	in, err := s.Classic.SignIn(c.Request.Context(), credentials.Attempt{
		Number: f.Mutuality, Identifier: f.Identifier, Password: c.PostForm("password"),
		Browser: known, Source: s.Sessions.Network(c),
	})
	if err != nil {
		return s.refusePassword(c, v, f, in.Login.Member, err)
	}
	mark()
	if f.Remember && !f.Shared {
		s.Cookies.Remember(c, f.Identifier)
	}
	if err := s.Sessions.Begin(c, in.Login); errors.Is(err, ErrClosed) {
		return s.expired(c) // asked again, the door says why
	} else if err != nil {
		return fmt.Errorf("starting a session: %w", err)
	}
	to := f.Next
	if in.Weak {
		to = "account/password?stricter=1"
	}
	c.Redirect(http.StatusSeeOther, v.URL(to))
	return nil
}

// missing are the fields without which nothing is looked up.
func (s *SignIn) missing(v page.View, c *gin.Context) []page.FieldError {
	var errs []page.FieldError
	words := fields(s.Classic.Profile)
	if words == "triple" && c.PostForm("mutuality") == "" {
		errs = append(errs, page.FieldError{Field: "mutuality", Text: v.T("password.error.mutuality")})
	}
	if _, err := credentials.ParseHandle(s.Classic.Profile, c.PostForm("identifier")); err != nil {
		errs = append(errs, page.FieldError{Field: "identifier", Text: v.T("password.error." + words)})
	}
	if c.PostForm("password") == "" {
		errs = append(errs, page.FieldError{Field: "password", Text: v.T("password.error.password")})
	}
	return errs
}

// busyWait is after how long a client that found the gate full may come back.
const busyWait = 2 * time.Second

// refusePassword answers a sign-in that was not right, or is not enough. What it says of
// a number that nobody has it says of one that somebody has, in as many bytes.
func (s *SignIn) refusePassword(c *gin.Context, v page.View, f form, member auth.MemberID, cause error) error {
	var wait *credentials.WaitError
	var renew *credentials.RenewError
	var disabled *credentials.DisabledError
	cue, status, text := "refused", http.StatusUnprocessableEntity, ""
	switch {
	case errors.Is(cause, password.ErrBusy):
		// No row: a storm must not fill the trail. The log line of the request has it.
		return s.later(c, v, f, http.StatusServiceUnavailable, busyWait, v.T("password.busy"))
	case errors.As(cause, &renew):
		s.Cookies.SetTicket(c, renew.Ticket)
		c.Redirect(http.StatusSeeOther, v.URL(newPath+"?next="+f.Next))
		return nil
	case errors.As(cause, &disabled):
		cue = "disabled"
		s.Cookies.SetTicket(c, disabled.Ticket)
	case errors.As(cause, &wait):
		cue, status = "must wait", http.StatusTooManyRequests
		text = waiting(v, wait.Wait)
	case errors.Is(cause, credentials.ErrClosed):
		cue, status, text = "too many failures", http.StatusTooManyRequests, v.T("password.closed")
	case errors.Is(cause, credentials.ErrRefused):
		text = v.T("password.refused." + fields(s.Classic.Profile))
	default:
		return fmt.Errorf("signing in by password: %w", cause)
	}
	ctx := c.Request.Context()
	err := s.Store.RecordRefusal(ctx, Refusal{
		Mutuality: s.Mutuality, Method: auth.Password, Member: member, Cause: cue,
		RequestID: audit.RequestID(ctx), Source: s.Sessions.Network(c),
	})
	if err != nil {
		return fmt.Errorf("recording a refusal: %w", err)
	}
	if disabled != nil {
		c.Redirect(http.StatusSeeOther, v.URL(disabledPath))
		return nil
	}
	if wait != nil {
		return s.later(c, v, f, status, wait.Wait, text)
	}
	v.Errors = []page.FieldError{{Field: "identifier", Text: text}}
	return s.showPassword(c, v, f, status)
}

// later asks to come back.
func (s *SignIn) later(c *gin.Context, v page.View, f form, status int, wait time.Duration, text string) error {
	c.Header("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	v.Errors = []page.FieldError{{Field: "identifier", Text: text}}
	return s.showPassword(c, v, f, status)
}

// waiting says how long, in seconds up to a minute and then in minutes.
func waiting(v page.View, wait time.Duration) string {
	if wait <= time.Minute {
		return v.TN("password.wait.seconds", int(math.Ceil(wait.Seconds())))
	}
	return v.TN("password.wait.minutes", int(math.Ceil(wait.Minutes())))
}

// forget drops the identifier that the browser kept.
func (s *SignIn) forget(c *gin.Context) error {
	s.Cookies.Remember(c, "")
	c.Redirect(http.StatusSeeOther, page.From(c).URL(passwordPath+"?next="+page.NextOf(c)))
	return nil
}

// passwordDoor is the door of the classic way in.
func (s *SignIn) passwordDoor(v page.View, next string) page.Door {
	return page.Door{
		Picture: "fields", Title: v.T("password.door"), Text: v.T("password.door.with." + fields(s.Classic.Profile)),
		Opens: []page.Opening{
			{Text: v.T("signin.opens.see"), Yes: true}, {Text: v.T("signin.opens.account")}, {Text: v.T("signin.opens.sign")},
		},
		Action: page.Link{URL: v.URL(passwordPath + "?next=" + next), Text: v.T("password.door.use")},
	}
}

// first is where who has no access yet opens one.
func (s *SignIn) first(v page.View) page.Link {
	if s.First.Path == "" {
		return page.Link{}
	}
	return page.Link{URL: v.URL(s.First.Path), Text: v.T(s.First.Key)}
}

// formLinks are those under the form, with that of a first visit as the last.
func (s *SignIn) formLinks(v page.View) []page.Link {
	links := s.links(v)
	if first := s.first(v); first.URL != "" {
		links = append(links, first)
	}
	return links
}

// links are those that help: each leads to its own flow.
func (s *SignIn) links(v page.View) []page.Link {
	var links []page.Link
	for _, l := range s.Links {
		links = append(links, page.Link{URL: v.URL(l.Path), Text: v.T(l.Key)})
	}
	return links
}

// LinkTo is a link under the form: a page below the language, and the key of its words.
type LinkTo struct{ Path, Key string }

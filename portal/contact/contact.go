// Package contact is the form of who cannot get in: "I cannot connect". It works
// signed out, asks for a way to be reached, and makes a task for staff with a number to
// follow it by. It looks nobody up, and so confirms of nobody that an account exists.
package contact

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/page"
)

// Message is what somebody says who cannot get in.
type Message struct {
	Mutuality string
	Name      string
	Number    string // of the member, as typed; may be empty
	Phone     string // this or Email is there
	Email     string
	Hours     string // when to call; may be empty
	Text      string
	Lang      string // in which to answer
	At        time.Time
	Deadline  time.Time // of the answer
	Key       string    // of the form: sent twice it is one message
}

// Store is what the area needs of the store.
type Store interface {
	// PutContact counts the message for the network it comes from and makes the task, with
	// a mail to the address that was given, if one was. It returns the number to follow
	// it by: the same for a form sent twice. *credentials.WaitError.
	PutContact(ctx context.Context, m Message, source string) (reference string, err error)
}

// Sessions is what the area needs of the portal's.
type Sessions interface {
	// Network is where the request comes from: what one client holds.
	Network(c *gin.Context) string
}

// Contact is the area. All fields are required.
type Contact struct {
	Store     Store
	Sessions  Sessions
	Mutuality string // key in the store
	// Deadline is until when a message of then is answered.
	Deadline func(asked time.Time) time.Time
	Now      func() time.Time
}

// Paths of the area, below the language.
const (
	formPath = "cannot-connect"
	sentPath = "cannot-connect/sent"
)

// Route mounts the area.
func (a *Contact) Route(r page.Routes) {
	r.GET(formPath, auth.Public, a.form)
	r.POST(formPath, auth.Public, a.send)
	r.GET(sentPath, auth.Public, a.sent)
}

// Bounds of what is typed, in characters.
const (
	maxLine = 120
	maxText = 2000
)

func typed(c *gin.Context) Message {
	line := func(field string) string { return strings.TrimSpace(page.Typed(c, field)) }
	return Message{Name: line("name"), Number: line("number"), Phone: line("phone"), Email: line("email"),
		Hours: line("hours"), Text: strings.TrimSpace(c.PostForm("text"))}
}

// telephone is a number that somebody can call: 6 to 15 digits (E.164), in any spelling.
var telephone = regexp.MustCompile(`^\+?[0-9 ./()-]{6,30}$`)

func callable(s string) bool {
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	return telephone.MatchString(s) && digits >= 6 && digits <= 15
}

// wrong are the fields to correct.
func (m Message) wrong(v page.View) []page.FieldError {
	var errs []page.FieldError
	say := func(field, key string, bad bool) {
		if bad {
			errs = append(errs, page.FieldError{Field: field, Text: v.T("contact.error." + key)})
		}
	}
	_, address := mail.ParseAddress(m.Email)
	say("name", "name", m.Name == "")
	say("phone", "reach", m.Phone == "" && m.Email == "")
	say("phone", "phone", m.Phone != "" && !callable(m.Phone))
	say("email", "email", m.Email != "" && address != nil)
	say("text", "text", m.Text == "")
	for field, text := range map[string]string{"name": m.Name, "number": m.Number, "hours": m.Hours} {
		say(field, "long", utf8.RuneCountInString(text) > maxLine || !utf8.ValidString(text))
	}
	say("text", "text-long", utf8.RuneCountInString(m.Text) > maxText || !utf8.ValidString(m.Text))
	return errs
}

func (a *Contact) form(c *gin.Context) error {
	return a.show(c, page.From(c), Message{}, http.StatusOK)
}

func (a *Contact) show(c *gin.Context, v page.View, m Message, status int) error {
	v.Title, v.Lead = v.T("contact.title"), v.T("contact.lead")
	v.Back = page.Link{URL: v.URL("sign-in"), Text: v.T("contact.back")}
	v.Keep = formPath
	if key := page.Key(c); key != "" {
		v.Key = key
	}
	return page.Render(c, status, formPage(v, m))
}

// send takes the message.
func (a *Contact) send(c *gin.Context) error {
	v, m := page.From(c), typed(c)
	if page.Switched(c) {
		return a.show(c, v, m, http.StatusOK)
	}
	if v.Errors = m.wrong(v); len(v.Errors) > 0 {
		return a.show(c, v, m, http.StatusUnprocessableEntity)
	}
	if address, err := mail.ParseAddress(m.Email); err == nil { // one spelling: mails to it are counted
		m.Email = address.String()
	}
	m.Mutuality, m.Lang, m.At, m.Key = a.Mutuality, string(v.Lang), a.Now(), page.Key(c)
	m.Deadline = a.Deadline(m.At)
	reference, err := a.Store.PutContact(c.Request.Context(), m, a.Sessions.Network(c))
	var wait *credentials.WaitError
	if errors.As(err, &wait) {
		seconds := int(math.Ceil(wait.Wait.Seconds()))
		c.Header("Retry-After", strconv.Itoa(seconds))
		v.Errors = []page.FieldError{{Field: "text", Text: v.TN("recovery.wait", seconds)}}
		return a.show(c, v, m, http.StatusTooManyRequests)
	}
	if err != nil {
		return fmt.Errorf("taking a message: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL(sentPath+"?reference="+reference+"&by="+m.Deadline.In(locale.Zone()).Format(time.DateOnly)))
	return nil
}

// number is what the address may repeat: the number of a task, nothing of a person.
var number = regexp.MustCompile(`^[A-Z0-9-]{4,20}$`)

func (a *Contact) sent(c *gin.Context) error {
	v, reference := page.From(c), c.Query("reference")
	by, err := time.Parse(time.DateOnly, c.Query("by"))
	if err != nil || !number.MatchString(reference) {
		c.Redirect(http.StatusSeeOther, v.URL(formPath))
		return nil
	}
	v.Title, v.Lead = v.T("contact.sent.title"), v.T("contact.sent.lead", locale.A("date", locale.Date(v.Lang, by)))
	return page.Render(c, http.StatusOK, sentPage(v, reference))
}

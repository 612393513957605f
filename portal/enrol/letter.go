package enrol

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// letterForm asks for the number.
func (e *Enrol) letterForm(c *gin.Context) error {
	return e.showLetter(c, page.From(c), "", http.StatusOK)
}

func (e *Enrol) showLetter(c *gin.Context, v page.View, typed string, status int) error {
	v.Title, v.Lead = v.T("enrol.letter.title"), v.T("enrol.letter.lead")
	v.Back = page.Link{URL: v.URL(waysPath), Text: v.T("enrol.back")}
	v.Keep = letterPath
	return page.Render(c, status, letterPage(v, typed, e.numbers()))
}

// numbers names the catalogue's words for the numbers that the profile takes.
func (e *Enrol) numbers() string {
	if e.Classic.Profile.Takes(profile.UserNumber) {
		return "both"
	}
	return "national"
}

// askLetter takes the number. What it does, and how long it takes, does not depend on
// whether somebody has it: the job finds that out.
func (e *Enrol) askLetter(c *gin.Context) error {
	v, typed := page.From(c), page.Typed(c, "number")
	if page.Switched(c) {
		return e.showLetter(c, v, typed, http.StatusOK)
	}
	handle, err := credentials.ParseHandle(e.Classic.Profile, typed)
	if err != nil || handle.Kind != credentials.KindNational && handle.Kind != credentials.KindUser {
		v.Errors = []page.FieldError{{Field: "number", Text: v.T("enrol.letter.wrong")}}
		return e.showLetter(c, v, typed, http.StatusUnprocessableEntity)
	}
	err = e.allow(c, "letter", handle.Value, noLimit)
	if text, wait := told(v, err); text != "" {
		later(c, wait)
		v.Errors = []page.FieldError{{Field: "number", Text: text}}
		return e.showLetter(c, v, handle.Shown(), http.StatusTooManyRequests)
	}
	if err != nil {
		return fmt.Errorf("counting a request: %w", err)
	}
	if err := e.queue(c, order{Way: profile.ByLetter, Kind: handle.Kind, Number: handle.Value}); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, v.URL(askedPath))
	return nil
}

// letterAsked says what comes, to whom there is somebody to write to.
func (e *Enrol) letterAsked(c *gin.Context) error {
	v := page.From(c)
	landed(&v)
	v.Title = v.T("enrol.asked.title")
	v.Lead = v.T("enrol.asked.lead", locale.A("date", locale.Date(v.Lang, e.House.ExpectedBy(e.Now()))))
	return page.Render(c, http.StatusOK, askedPage(v, e.has(profile.ByCounter)))
}

// noLimit is for what is not guessed at: a number is asked for as often as one waits.
const noLimit = math.MaxInt32

// allow counts a try, by what it names and where it comes from. *credentials.WaitError,
// credentials.ErrClosed once limit tries failed in a row.
func (e *Enrol) allow(c *gin.Context, what, value string, limit int) error {
	_, err := e.try(c, what, value, limit)
	return err
}

func (e *Enrol) try(c *gin.Context, what, value string, limit int) (credentials.Tried, error) {
	return e.Classic.Store.Try(c.Request.Context(), credentials.Try{
		Mutuality: e.Mutuality, Handle: tried(what, value), Source: e.Desk.Network(c),
		Limits: credentials.Limits{Known: limit, Unknown: limit}, At: e.Now(), Nobody: true,
	})
}

// tried is the name under which tries at something are counted.
func tried(what, value string) credentials.Handle {
	return credentials.Handle{Kind: credentials.Kind("enrol " + what), Value: value}
}

// told is what to say of a try that was not allowed, and how many seconds to wait. ""
// for anything else.
func told(v page.View, err error) (text string, seconds int) {
	var wait *credentials.WaitError
	switch {
	case errors.As(err, &wait):
		seconds = int(math.Ceil(wait.Wait.Seconds()))
		if seconds <= 60 {
			return v.TN("enrol.wait.seconds", seconds), seconds
		}
		return v.TN("enrol.wait.minutes", int(math.Ceil(wait.Wait.Minutes()))), seconds
	case errors.Is(err, credentials.ErrClosed):
		return v.T("enrol.closed"), 0
	}
	return "", 0
}

// later tells a program when to come back.
func later(c *gin.Context, seconds int) {
	if seconds > 0 {
		c.Header("Retry-After", strconv.Itoa(seconds))
	}
}

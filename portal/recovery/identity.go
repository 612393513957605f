package recovery

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/credentials"
	"guichet.example/portal/mail"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// identity is the form of six facts as it was typed: that of a first connection.
type identity struct {
	Mutuality, Number, Name, Day, Month, Year, Postcode, Email string
}

func typedIdentity(c *gin.Context) identity {
	return identity{
		Mutuality: page.Typed(c, "mutuality"), Number: page.Typed(c, "number"), Name: page.Typed(c, "name"),
		Day: page.Typed(c, "birth-day"), Month: page.Typed(c, "birth-month"), Year: page.Typed(c, "birth-year"),
		Postcode: page.Typed(c, "postcode"), Email: page.Typed(c, "email"),
	}
}

// birth reads the three parts; ok is false for what is no day of the past.
func (f identity) birth(now time.Time) (day time.Time, ok bool) {
	d, badDay := strconv.Atoi(strings.TrimSpace(f.Day))
	m, badMonth := strconv.Atoi(strings.TrimSpace(f.Month))
	y, badYear := strconv.Atoi(strings.TrimSpace(f.Year))
	if badDay != nil || badMonth != nil || badYear != nil || m < 1 || m > 12 || y < 1800 || y > 9999 {
		return time.Time{}, false
	}
	day = time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return day, day.Day() == d && day.Before(now)
}

// wrong are the fields that show to be wrong without looking anybody up.
func (f identity) wrong(v page.View) []page.FieldError {
	var errs []page.FieldError
	say := func(field string, bad bool) {
		if bad {
			errs = append(errs, page.FieldError{Field: field, Text: v.T("recovery.error." + field)})
		}
	}
	_, number := credentials.ParseMemberNumber(f.Number)
	_, address := mail.ParseAddress(f.Email)
	_, born := f.birth(v.Now)
	say("mutuality", strings.TrimSpace(f.Mutuality) == "")
	say("number", number != nil)
	say("name", strings.TrimSpace(f.Name) == "")
	say("birth", !born)
	say("postcode", strings.TrimSpace(f.Postcode) == "")
	say("email", address != nil)
	return errs
}

func (r *Recovery) identityForm(c *gin.Context) error {
	return r.showIdentity(c, page.From(c), identity{}, http.StatusOK)
}

func (r *Recovery) showIdentity(c *gin.Context, v page.View, f identity, status int) error {
	v.Title, v.Lead = v.T("recovery.password.title"), v.T("recovery.identity.lead")
	v.Back = page.Link{URL: v.URL(startPath), Text: v.T("recovery.back")}
	v.Keep = identityPath
	return page.Render(c, status, identityPage(v, f))
}

func (r *Recovery) askIdentity(c *gin.Context) error {
	v, f := page.From(c), typedIdentity(c)
	if page.Switched(c) {
		return r.showIdentity(c, v, f, http.StatusOK)
	}
	if v.Errors = f.wrong(v); len(v.Errors) > 0 {
		return r.showIdentity(c, v, f, http.StatusUnprocessableEntity)
	}
	number, _ := credentials.ParseMemberNumber(f.Number)
	born, _ := f.birth(v.Now)
	ask := r.newAsk(v, profile.BySixFields, credentials.Handle{Kind: credentials.KindMemberNumber, Value: number})
	ask.Nobody = !credentials.SameMutuality(r.Classic.Profile, f.Mutuality)
	ask.Person = &credentials.Person{Number: number, Surname: f.Name, Birth: born, Postcode: f.Postcode, Email: f.Email}
	err := r.Store.AskRecovery(c.Request.Context(), ask, page.Key(c), r.Sessions.Network(c))
	if text := tooOften(c, v, err); text != "" {
		v.Errors = []page.FieldError{{Field: "mutuality", Text: text}}
		return r.showIdentity(c, v, f, http.StatusTooManyRequests)
	}
	return r.toSent(c, v, string(profile.BySixFields), err)
}

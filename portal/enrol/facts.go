package enrol

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/mail"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// check adds what is wrong with the fields without looking anybody up, and reads number
// and date.
func (f facts) check(v *page.View, fields ...string) (number string, birth time.Time) {
	say := func(field string, bad bool) {
		if bad && slices.Contains(fields, field) {
			v.Errors = append(v.Errors, page.FieldError{Field: field, Text: v.T("enrol.error." + field)})
		}
	}
	number, noNumber := credentials.ParseMemberNumber(f.Number)
	birth, born := f.birth(v.Now)
	_, noAddress := mail.ParseAddress(f.Email)
	say("mutuality", strings.TrimSpace(f.Mutuality) == "")
	say("number", noNumber != nil)
	say("surname", strings.TrimSpace(f.Surname) == "")
	say("given", strings.TrimSpace(f.Given) == "")
	say("birth", !born)
	say("postcode", strings.TrimSpace(f.Postcode) == "")
	say("email", noAddress != nil)
	return number, birth
}

// factsForm asks for the six facts of a first connection.
func (e *Enrol) factsForm(c *gin.Context) error {
	return e.showFacts(c, page.From(c), facts{}, "", http.StatusOK)
}

func (e *Enrol) showFacts(c *gin.Context, v page.View, f facts, sure string, status int) error {
	v.Title, v.Lead = v.T("enrol.facts.title"), v.T("enrol.facts.lead")
	v.Back, v.Keep = page.Link{URL: v.URL(waysPath), Text: v.T("enrol.back")}, sixPath
	return page.Render(c, status, factsPage(v, f, sure))
}

// takeFacts hands the facts to the job. The page is the same whoever has them, whatever
// address is on file.
func (e *Enrol) takeFacts(c *gin.Context) error {
	v, f := page.From(c), typedFacts(c)
	if page.Switched(c) {
		return e.showFacts(c, v, f, "", http.StatusOK)
	}
	number, birth := f.check(&v, "mutuality", "number", "surname", "birth", "postcode", "email")
	if len(v.Errors) == 0 {
		v.Errors = mistyped(c, v, f.Email)
	}
	if len(v.Errors) > 0 {
		return e.showFacts(c, v, f, f.Email, http.StatusUnprocessableEntity)
	}
	err := e.allow(c, "facts", number, noLimit)
	if text, wait := told(v, err); text != "" {
		later(c, wait)
		v.Errors = []page.FieldError{{Field: "number", Text: text}}
		return e.showFacts(c, v, f, "", http.StatusTooManyRequests)
	}
	if err != nil {
		return fmt.Errorf("counting a match: %w", err)
	}
	err = e.queue(c, order{Way: profile.BySixFields, Nobody: !credentials.SameMutuality(e.Classic.Profile, f.Mutuality),
		Person: &credentials.Person{Number: number, Surname: f.Surname, Birth: birth, Postcode: f.Postcode, Email: f.Email}})
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, v.URL(sixPath+"/asked"))
	return nil
}

// mistyped asks once about an address whose domain is a letter off.
func mistyped(c *gin.Context, v page.View, typed string) []page.FieldError {
	address, err := mail.ParseAddress(typed)
	if err != nil {
		return []page.FieldError{{Field: "email", Text: v.T("enrol.error.email")}}
	}
	if meant := address.Suggest(); meant != "" && c.PostForm("sure") != typed {
		return []page.FieldError{{Field: "email", Text: v.T("enrol.email.meant", arg("address", meant))}}
	}
	return nil
}

func (e *Enrol) factsAsked(c *gin.Context) error {
	v := page.From(c)
	landed(&v)
	v.Title, v.Lead = v.T("enrol.facts.asked.title"), v.T("enrol.facts.asked.lead")
	return page.Render(c, http.StatusOK, factsAskedPage(v, e.has(profile.ByCounter)))
}

// FactsOrder is a match that was asked for, with the code of the link that follows it.
type FactsOrder struct {
	Typed  credentials.Person
	Code   credentials.Code // without its member and payload
	Secret string
	Link   string // the whole address of its page
	Lang   string
	At     time.Time
}

// matchFacts lets the store compare and send, in one act.
func (e *Enrol) matchFacts(ctx context.Context, j jobs.Job, o order) error {
	if o.Person == nil {
		return jobs.Never(errOrder)
	}
	code, secret, err := e.Classic.NewCode(credentials.Grant{Purpose: credentials.ActivateLink})
	if err != nil {
		return err
	}
	typed := *o.Person
	if o.Nobody {
		typed = credentials.Person{}
	}
	return e.Store.SendFactsLink(ctx, j, FactsOrder{Typed: typed, Code: code, Secret: secret, Lang: o.Lang,
		Link: e.Origin + "/" + o.Lang + "/" + openPath + "/" + secret, At: e.Now()})
}

// ByFacts is the way of the six facts.
const ByFacts = profile.BySixFields

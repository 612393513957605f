package enrol

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/password"
	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// step begins a page of the draft: its number, what it is called, where Back leads.
func step(v *page.View, d Draft, n int, name, back string) {
	v.Title, v.Keep = v.T("enrol."+name+".title"), "enrol/"+name
	v.Lead = v.T("enrol."+name+".lead", locale.A("name", d.Name))
	v.Step = page.Step{Task: v.T("enrol.task"), N: n, Of: steps}
	if back != "" {
		v.Back = page.Link{URL: v.URL(back), Text: v.T("enrol.step.back")}
	}
}

// landed is for a page that follows a step and is none itself: the focus is on its heading.
func landed(v *page.View) { v.Step = page.Step{N: steps + 1} }

// contactForm is step 2: a greeting, and the address to write to.
func (e *Enrol) contactForm(c *gin.Context, d Draft) error {
	return e.showContact(c, page.From(c), d, "", http.StatusOK)
}

func (e *Enrol) showContact(c *gin.Context, v page.View, d Draft, sure string, status int) error {
	step(&v, d, 2, "contact", "")
	return page.Render(c, status, contactPage(v, d, sure))
}

func (e *Enrol) takeContact(c *gin.Context, d Draft) error {
	v := page.From(c)
	d.Email, d.Private = strings.TrimSpace(page.Typed(c, "email")), c.PostForm("private") == "1"
	if page.Switched(c) {
		return e.showContact(c, v, d, "", http.StatusOK)
	}
	if v.Errors = mistyped(c, v, page.Typed(c, "email")); len(v.Errors) > 0 {
		return e.showContact(c, v, d, page.Typed(c, "email"), http.StatusUnprocessableEntity)
	}
	address, err := mail.ParseAddress(d.Email)
	if err != nil {
		return err
	}
	d.Email = address.String()
	return e.keep(c, d, passwordPath)
}

// passwordForm is step 3: the password and, where the profile asks one, the
// secret question. Neither is shown again; who comes back types them again or
// leaves what she chose.
func (e *Enrol) passwordForm(c *gin.Context, d Draft) error {
	return e.showPassword(c, page.From(c), d, http.StatusOK)
}

func (e *Enrol) showPassword(c *gin.Context, v page.View, d Draft, status int) error {
	step(&v, d, 3, "password", contactPath)
	return page.Render(c, status, passwordPage(v, d, e.Classic.Profile.Password, e.questions(v)))
}

// questions are the four of the profile, or none.
func (e *Enrol) questions(v page.View) []page.Option {
	if !e.Classic.Profile.Recovers(profile.ByQuestion) {
		return nil
	}
	var options []page.Option
	for i, q := range e.Classic.Profile.Questions {
		options = append(options, page.Option{Value: string(rune('1' + i)), Text: q[string(v.Lang)]})
	}
	return options
}

func (e *Enrol) takePassword(c *gin.Context, d Draft) error {
	v := page.From(c)
	asked := e.questions(v)
	d.Question = 0
	for i := range asked {
		if c.PostForm("question") == asked[i].Value {
			d.Question = i + 1
		}
	}
	if page.Switched(c) {
		return e.showPassword(c, v, d, http.StatusOK)
	}
	typed, again := c.PostForm("new"), c.PostForm("again")
	ctx := c.Request.Context()
	if typed != again {
		v.Errors = append(v.Errors, page.FieldError{Field: "again", Text: v.T("password.error.again")})
	} else if _, err := e.Classic.Check(ctx, d.Member, typed); err != nil {
		var refused *password.RefusedError
		if !errors.As(err, &refused) {
			return err
		}
		v.Errors = append(v.Errors, page.FieldError{Field: "new", Text: page.RefusedWords(v, refused, e.Classic.Profile.Password)})
	}
	answer := credentials.FoldAnswer(page.Typed(c, "answer"))
	if len(asked) > 0 && d.Question == 0 {
		v.Errors = append(v.Errors, page.FieldError{Field: "question", Text: v.T("enrol.error.question")})
	}
	if len(asked) > 0 && utf8.RuneCountInString(answer) < 3 {
		v.Errors = append(v.Errors, page.FieldError{Field: "answer", Text: v.T("enrol.error.answer")})
	}
	if len(v.Errors) > 0 {
		return e.showPassword(c, v, d, http.StatusUnprocessableEntity)
	}
	var err error
	if d.Hash, err = e.Classic.Hash(ctx, d.Member, typed); err == nil && len(asked) > 0 {
		d.Answer, err = e.Classic.Gate.Hash(ctx, answer)
	}
	if errors.Is(err, password.ErrBusy) {
		later(c, 2)
		v.Errors = []page.FieldError{{Field: "new", Text: v.T("password.busy")}}
		return e.showPassword(c, v, d, http.StatusServiceUnavailable)
	}
	if err != nil {
		return err
	}
	return e.keep(c, d, checkPath)
}

// check is step 4: what was typed, once more, and the terms.
func (e *Enrol) check(c *gin.Context, d Draft) error {
	return e.showCheck(c, page.From(c), d, http.StatusOK)
}

func (e *Enrol) showCheck(c *gin.Context, v page.View, d Draft, status int) error {
	step(&v, d, 4, "check", passwordPath)
	question := ""
	if d.Question > 0 && d.Question <= len(e.Classic.Profile.Questions) {
		question = e.Classic.Profile.Questions[d.Question-1][string(v.Lang)]
	}
	return page.Render(c, status, checkPageOf(v, d, question, e.Classic.Profile.Terms))
}

// terms is the page of the terms of use, to be read in full and printed.
func (e *Enrol) terms(c *gin.Context) error {
	v := page.From(c)
	v.Title = v.T("enrol.terms.title")
	v.Lead = v.T("enrol.terms.version", arg("version", e.Classic.Profile.Terms))
	text := e.Settings.Terms[string(v.Lang)]
	if text == "" {
		text = v.T("enrol.terms.text", arg("house", v.Brand.FullName()))
	}
	return page.Render(c, http.StatusOK, termsPage(v, strings.Split(text, "\n\n")))
}

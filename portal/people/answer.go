package people

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// answer is the page on which she answers the letter of majority, or says the same later:
// one choice, in force at once.
func (p *People) answer(c *gin.Context) error {
	return p.showAnswer(c, http.StatusOK, c.Query("choice"), nil)
}

func (p *People) showAnswer(c *gin.Context, status int, choice string, errs func(page.View) []page.FieldError) error {
	h, o, err := p.holder(c)
	if err != nil {
		return err
	}
	if may, _ := p.may(h); !may {
		return p.tooYoung(c, h)
	}
	v := page.From(c)
	name := locale.A("name", o.Name)
	v.Title, v.Nav, v.Lead = v.T("people.answer.title"), "account", v.T("people.answer.lead", name)
	v.Back = page.Link{URL: v.URL(peoplePath), Text: v.T("people.return")}
	action := peoplePath + "/" + string(o.Holder) + "/answer"
	v.Keep = action
	if errs != nil {
		v.Errors = errs(v)
	}
	return page.Render(c, status, answerView(v, action, page.Choice{
		Name: "choice", Legend: v.T("people.answer.legend", name), Value: choice, Options: []page.Option{
			{Value: "stop", Text: v.T("people.answer.stop", name), Hint: v.T("people.answer.stop.hint")},
			{Value: "keep", Text: v.T("people.answer.keep", name), Hint: v.T("people.answer.keep.hint")},
		}}, !p.isFresh(page.LoginOf(c))))
}

// isFresh says that she proved who she is a moment ago.
func (p *People) isFresh(login auth.Login) bool { return p.Now().Sub(login.At) <= fresh }

// answered records the answer. A session that is older asks to sign in once more: the
// answer has no signature of its own.
func (p *People) answered(c *gin.Context) error {
	choice := c.PostForm("choice")
	switch {
	case page.Switched(c):
		return p.showAnswer(c, http.StatusOK, choice, nil)
	case choice != "keep" && choice != "stop":
		return p.showAnswer(c, http.StatusUnprocessableEntity, "", func(v page.View) []page.FieldError {
			return []page.FieldError{{Field: "choice", Text: v.T("people.answer.missing")}}
		})
	case !p.isFresh(page.LoginOf(c)):
		return p.showAnswer(c, http.StatusUnprocessableEntity, choice, func(v page.View) []page.FieldError {
			return []page.FieldError{{Field: "again", Text: v.T("people.again")}}
		})
	}
	h, o, err := p.holder(c)
	if err != nil {
		return err
	}
	err = p.Store.AnswerAccess(c.Request.Context(), page.LoginOf(c), o.Holder, choice == "keep", p.Rules)
	if isRefusal(err) {
		return p.tooYoung(c, h)
	}
	if err != nil {
		return err
	}
	done := map[string]string{"keep": "kept", "stop": "stopped"}[choice]
	c.Redirect(http.StatusSeeOther, page.From(c).URL(peoplePath+"?done="+done))
	return nil
}

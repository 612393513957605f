package recovery

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/password"
	"guichet.example/portal/credentials"
	"guichet.example/portal/page"
)

// answerForm is the form of the secret question as it was typed, without the answer.
type answerForm struct{ Number, Code, Question string }

func (r *Recovery) questionForm(c *gin.Context) error {
	return r.showQuestion(c, page.From(c), answerForm{}, http.StatusOK)
}

// showQuestion asks which of the four it was: to show it would tell who exists.
func (r *Recovery) showQuestion(c *gin.Context, v page.View, f answerForm, status int) error {
	v.Title, v.Lead = v.T("recovery.question.title"), v.T("recovery.question.lead")
	v.Back = page.Link{URL: v.URL(startPath), Text: v.T("recovery.back")}
	v.Keep = questionPath
	list := []page.Option{{Value: "", Text: v.T("recovery.question.choose")}}
	for i, q := range r.Classic.Profile.Questions {
		list = append(list, page.Option{Value: strconv.Itoa(i + 1), Text: q[string(v.Lang)]})
	}
	return page.Render(c, status, questionPage(v, f, list))
}

// answer judges it. A right one leads to the page of the new password.
func (r *Recovery) answer(c *gin.Context) error {
	v := page.From(c)
	f := answerForm{Number: page.Typed(c, "number"), Code: page.Typed(c, "code"), Question: c.PostForm("question")}
	if page.Switched(c) {
		return r.showQuestion(c, v, f, http.StatusOK)
	}
	question, err := strconv.Atoi(f.Question)
	_, badNumber := credentials.ParseMemberNumber(f.Number)
	_, badCode := credentials.ParseAccessCode(f.Code)
	for _, field := range []struct {
		name, text string
		bad        bool
	}{{"number", v.T("recovery.error.number"), badNumber != nil}, {"code", v.T("password.error.code"), badCode != nil},
		{"question", v.T("recovery.error.question"), err != nil || question < 1 || question > len(r.Classic.Profile.Questions)},
		{"answer", v.T("recovery.error.answer"), credentials.FoldAnswer(c.PostForm("answer")) == ""}} {
		if field.bad {
			v.Errors = append(v.Errors, page.FieldError{Field: field.name, Text: field.text})
		}
	}
	if len(v.Errors) > 0 {
		return r.showQuestion(c, v, f, http.StatusUnprocessableEntity)
	}
	secret, err := r.Classic.Answer(c.Request.Context(), credentials.Answered{Number: f.Number, AccessCode: f.Code,
		Question: question, Answer: c.PostForm("answer"), Source: r.Sessions.Network(c)})
	if err == nil {
		c.Redirect(http.StatusSeeOther, v.URL(linkPath+"/"+secret))
		return nil
	}
	status, text := refusal(c, v, err)
	if text == "" {
		return fmt.Errorf("answering a secret question: %w", err)
	}
	v.Errors = []page.FieldError{{Field: "number", Text: text}}
	return r.showQuestion(c, v, f, status)
}

// refusal is what the page says of an answer that opened nothing: of a number that
// nobody has the same as of one that somebody has.
func refusal(c *gin.Context, v page.View, err error) (status int, text string) {
	var wait *credentials.WaitError
	switch {
	case errors.Is(err, credentials.ErrRefused):
		return http.StatusUnprocessableEntity, v.T("recovery.question.refused")
	case errors.As(err, &wait):
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(wait.Wait.Seconds()))))
		return http.StatusTooManyRequests, v.TN("password.wait.minutes", int(math.Ceil(wait.Wait.Minutes())))
	case errors.Is(err, credentials.ErrClosed):
		return http.StatusTooManyRequests, v.T("recovery.question.closed")
	case errors.Is(err, password.ErrBusy):
		c.Header("Retry-After", "2")
		return http.StatusServiceUnavailable, v.T("password.busy")
	}
	return 0, ""
}

package requests

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/upload"
)

// UploadRoutes are the patterns of the pages that take a file, which bound it themselves.
var UploadRoutes = []string{"/:lang/" + answerPath}

// Fields of the answer.
const (
	answerField = "text"
	fileField   = "file"
)

// answerTo is the page on which a member answers the office.
type answerTo struct {
	Request Request
	Thread  []page.TrackStep
	Text    string
}

// answerForm shows what the office asks. A request that waits for no answer is shown itself.
func (q *Requests) answerForm(c *gin.Context) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	if r.Asked.IsZero() || r.State != Signed {
		c.Redirect(http.StatusSeeOther, address(page.From(c), r.ID, ""))
		return nil
	}
	return q.showAnswer(c, http.StatusOK, r, "", nil)
}

func (q *Requests) showAnswer(c *gin.Context, status int, r Request, text string, wrong []page.FieldError) error {
	thread, err := q.Store.Thread(c.Request.Context(), page.LoginOf(c), r.ID)
	if err != nil {
		return err
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T("requests.answer.title"), v.T("requests.title"), "requests"
	v.Lead = v.T("requests.reference", locale.A("reference", r.Reference))
	v.Back = page.Link{URL: address(v, r.ID, ""), Text: v.T("requests.back.one")}
	v.Errors = wrong
	return page.Render(c, status, answerView(v, answerTo{Request: r, Thread: said(v, thread), Text: text}))
}

// said is what was asked and answered, as steps.
func said(v page.View, thread []Said) []page.TrackStep {
	var steps []page.TrackStep
	for _, s := range thread {
		key := "requests.asked.office"
		if s.Mine {
			key = "requests.asked.mine"
		}
		steps = append(steps, page.TrackStep{State: page.Done, Text: v.T(key, locale.A("date", locale.DateTime(v.Lang, s.At))), Detail: s.Text})
	}
	return steps
}

// answered takes the answer, with a file or without.
func (q *Requests) answered(c *gin.Context) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	refuse := func(status int, text, field, key string) error {
		return q.showAnswer(c, status, r, text, []page.FieldError{{Field: field, Text: v.T("requests.answer.error."+key,
			locale.A("size", locale.Bytes(v.Lang, MaxAnswerFile)))}})
	}
	if r.Asked.IsZero() || r.State != Signed { // answered in another tab, or decided meanwhile
		c.Redirect(http.StatusSeeOther, address(v, r.ID, ""))
		return nil
	}
	place, err := q.Gate.Enter(q.Network(c))
	if err != nil {
		no := upload.Untaken(c, err)
		return refuse(no.Status, "", fileField, no.Key)
	}
	defer place.Leave()
	form := upload.Form{File: fileField, Fields: []string{answerField, "key"}, MaxFile: MaxAnswerFile, MaxField: 8 * MaxAnswer}
	sent, err := form.Receive(c, place)
	text := strings.TrimSpace(readableText(sent.Fields[answerField]))
	if err != nil && !errors.Is(err, upload.ErrNone) {
		no := upload.Untaken(c, err)
		return refuse(no.Status, text, fileField, no.Key)
	}
	answer := Answer{Text: text}
	if len(sent.File) > 0 {
		media, err := place.Judge(c.Request.Context(), sent.File)
		if err != nil {
			no := upload.Untaken(c, err)
			return refuse(no.Status, text, fileField, no.Key)
		}
		answer.Files = []AnswerFile{{Media: media, Content: sent.File}}
	}
	switch {
	case text == "":
		return refuse(http.StatusUnprocessableEntity, text, answerField, "empty")
	case utf8.RuneCountInString(text) > MaxAnswer:
		return refuse(http.StatusUnprocessableEntity, text, answerField, "long")
	}
	err = q.Store.AnswerOffice(c.Request.Context(), page.LoginOf(c), r.ID, answer)
	if err != nil && !errors.Is(err, ErrNotOpen) { // sent twice: the first one did it
		return fmt.Errorf("answering the office: %w", err)
	}
	c.Redirect(http.StatusSeeOther, address(v, r.ID, "")+"?answered=1")
	return nil
}

package requests

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// maxReason is the longest reason, in characters.
const maxReason = 500

const reasonField = "reason"

// ending is a way to end a request that has a page of its own: the consequence in one
// sentence, why, and a button that says what it does.
type ending struct {
	path                       string // last part of the address
	from                       []State
	to                         State
	title, lead, button, stays string // keys
}

var declining = ending{
	path: "decline", from: []State{ToSign}, to: Declined,
	title: "requests.decline.title", lead: "requests.decline.lead", button: "requests.decline.button", stays: "requests.decline.stop",
}

var withdrawing = ending{
	path: "withdraw", from: []State{Signed, Pending}, to: Withdrawn,
	title: "requests.withdraw.title", lead: "requests.withdraw.lead", button: "requests.withdraw.title", stays: "requests.decline.stop",
}

// endPage asks once more before a request ends.
type endPage struct {
	Ending  ending
	Request Request
	Reason  string
}

func (q *Requests) decline(c *gin.Context) error   { return q.askEnd(c, declining) }
func (q *Requests) declined(c *gin.Context) error  { return q.end(c, declining) }
func (q *Requests) withdraw(c *gin.Context) error  { return q.askEnd(c, withdrawing) }
func (q *Requests) withdrawn(c *gin.Context) error { return q.end(c, withdrawing) }

// askEnd shows the page, or the request if it cannot end this way any more.
func (q *Requests) askEnd(c *gin.Context, e ending) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	if !e.possible(r.State) {
		c.Redirect(http.StatusSeeOther, address(page.From(c), r.ID, ""))
		return nil
	}
	return q.showEnd(c, http.StatusOK, e, r, "")
}

// end moves the request. Sent twice, it shows the same.
func (q *Requests) end(c *gin.Context, e ending) error {
	r, err := q.find(c)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(c.PostForm(reasonField))
	switch {
	case page.Switched(c):
		return q.showEnd(c, http.StatusOK, e, r, reason)
	case utf8.RuneCountInString(reason) > maxReason:
		return q.showEnd(c, http.StatusUnprocessableEntity, e, r, reason)
	}
	err = q.Store.Move(c.Request.Context(), page.LoginOf(c), r.ID, e.from, e.to, readableText(reason))
	if errors.Is(err, ErrNotOpen) { // sent twice, maybe at once: the first one did it
		if now, finding := q.find(c); finding == nil && now.State == e.to {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("ending a request: %w", err)
	}
	c.Redirect(http.StatusSeeOther, address(page.From(c), r.ID, ""))
	return nil
}

func (e ending) possible(s State) bool {
	for _, from := range e.from {
		if s == from {
			return true
		}
	}
	return false
}

func (q *Requests) showEnd(c *gin.Context, status int, e ending, r Request, reason string) error {
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T(e.title), v.T("requests.title"), "requests"
	v.Lead, v.Keep = v.T(e.lead), listPath+"/"+r.ID+"/"+e.path
	v.Back = page.Link{URL: address(v, r.ID, ""), Text: v.T("requests.back.one")}
	if status == http.StatusUnprocessableEntity {
		v.Errors = []page.FieldError{{Field: reasonField, Text: v.T("requests.reason.long")}}
	}
	return page.Render(c, status, endView(v, endPage{Ending: e, Request: r, Reason: reason}))
}

// readableText keeps the characters one can see, and blanks.
func readableText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// what names the request that would end.
func (p endPage) what(v page.View) []page.SummaryRow {
	return []page.SummaryRow{{
		Label: kindName(v, p.Request.Act.Kind()), Value: p.Request.Reference,
		Detail: locale.Date(v.Lang, p.Request.Created),
	}}
}

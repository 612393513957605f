package portal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"runtime/debug"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/bank"
	"guichet.example/portal/documents"
	"guichet.example/portal/door"
	"guichet.example/portal/federal"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
	"guichet.example/portal/messages"
	"guichet.example/portal/office"
	"guichet.example/portal/orders"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/portal/refunds"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

var (
	errNoPage   = errors.New("no such page")
	errNoMethod = errors.New("method not allowed")
	errPanic    = errors.New("panic in a handler")
)

// Keys of the request's reference and of the cause of its failure in Gin's context.
const (
	referenceKey = "guichet.reference"
	causeKey     = "guichet.cause"
)

// outcome is what the outside sees of an error: a status, and the catalogue keys
// key+".title" and key+".text".
type outcome struct {
	err    error
	status int
	key    string
}

// outcomes is the one table from errors to answers. What is not in it is a 500 with a
// neutral sentence. What would tell somebody whether a record of another member
// exists shares the words of a page that does not.
var outcomes = []outcome{
	{errNoPage, http.StatusNotFound, "portal.missing"},
	{requests.ErrNotFound, http.StatusNotFound, "portal.missing"},
	{documents.ErrNotFound, http.StatusNotFound, "portal.missing"},
	{documents.ErrLongProof, http.StatusUnprocessableEntity, "documents.proof.long"},
	{account.ErrTooMany, http.StatusTooManyRequests, "portal.changes"},
	{account.ErrNoSession, http.StatusNotFound, "portal.missing"},
	{bank.ErrNoAccount, http.StatusNotFound, "portal.missing"},
	{people.ErrNotVisible, http.StatusNotFound, "portal.missing"},
	{people.ErrNotOnBooklet, http.StatusNotFound, "portal.missing"},
	{messages.ErrNotFound, http.StatusNotFound, "portal.missing"},
	{messages.ErrTooMany, http.StatusTooManyRequests, "messages.enough"},
	{federal.ErrUnknownWay, http.StatusNotFound, "portal.missing"},
	{federal.ErrPrefetch, http.StatusForbidden, "portal.unreadable"},
	{office.ErrNotFound, http.StatusNotFound, "portal.missing"},
	{office.ErrNoOpening, http.StatusForbidden, "office.noopening"}, // of areas that work in an open file
	{office.ErrOwn, http.StatusForbidden, "office.own"},
	{refunds.ErrNotFound, http.StatusNotFound, "portal.missing"},
	{refunds.ErrLong, http.StatusUnprocessableEntity, "refunds.long"},
	{errNoMethod, http.StatusMethodNotAllowed, "portal.missing"},
	{errBadForm, http.StatusBadRequest, "portal.unreadable"},
	{errDoubledField, http.StatusBadRequest, "portal.unreadable"},
	{errTooLarge, http.StatusRequestEntityTooLarge, "portal.large"},
	{errTooMany, http.StatusTooManyRequests, "portal.often"},
	{errTogether, http.StatusTooManyRequests, "portal.together"},
	{requests.ErrTooMany, http.StatusTooManyRequests, "portal.enough"},
	{requests.ErrOrdered, http.StatusConflict, "orders.post.enough"},
	{requests.ErrTooManyPapers, http.StatusConflict, "papers.enough"},
	{orders.ErrNoAddress, http.StatusConflict, "orders.noaddress"},
	{document.ErrMissing, http.StatusUnprocessableEntity, "portal.incomplete"}, // in her file: what she types is judged by its form
	{document.ErrTooLong, http.StatusUnprocessableEntity, "portal.overlong"},   // her own name or address
	{document.ErrGlyph, http.StatusUnprocessableEntity, "portal.letters"},      // the member's own name
	{requests.ErrChanged, http.StatusConflict, "portal.changed"},
	{requests.ErrFormer, http.StatusForbidden, "portal.former"},
	{requests.ErrNoAccess, http.StatusConflict, "orders.noaccess"},
	{kiosk.ErrNoCard, http.StatusConflict, "kiosk.nocard"},
	{kiosk.ErrUnknown, http.StatusConflict, "kiosk.unbound"},
	{kiosk.ErrCardMissing, http.StatusForbidden, "kiosk.card.missing"},
	{kiosk.ErrCardForged, http.StatusForbidden, "kiosk.card.forged"},
	{kiosk.ErrCardOther, http.StatusForbidden, "kiosk.card.forged"},
	{kiosk.ErrCardExpired, http.StatusForbidden, "kiosk.card.expired"},
	{kiosk.ErrNoPrint, http.StatusForbidden, "kiosk.print.closed"},
	{kiosk.ErrPrinted, http.StatusTooManyRequests, "kiosk.print.enough"},
	{kiosk.ErrNoPaper, http.StatusConflict, "kiosk.no_paper"},
	{errNotAtKiosk, http.StatusForbidden, "kiosk.closed"},
	{letters.ErrNotFound, http.StatusNotFound, "portal.missing"},
	{letters.ErrState, http.StatusConflict, "portal.changed"},
	{requests.ErrNotOpen, http.StatusConflict, "portal.closed"},
	{requests.ErrPreparationExpired, http.StatusConflict, "portal.closed"},
	{requests.ErrAnotherValue, http.StatusConflict, "portal.closed"},
}

// statusClientLeft is nginx's word for a client that went away before the answer.
const statusClientLeft = 499

// fail is where every error ends: the cause goes to the log line of the request, a
// page or a JSON problem with the reference goes to the browser.
func (p *Portal) fail(c *gin.Context, err error) {
	c.Abort()
	c.Set(causeKey, err.Error())
	if c.Writer.Written() {
		return
	}
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		c.Status(statusClientLeft)
		return
	}
	if turnedAway(c, err) {
		return
	}
	if errors.Is(err, auth.ErrSignInRequired) {
		p.askSignIn(c)
		return
	}
	if isJSON(c.Request) {
		p.failJSON(c, err)
		return
	}
	p.failPage(c, err)
}

// cardProblem is a refusal in the words of the card panel.
type cardProblem interface {
	error
	Status() int
}

func (p *Portal) failJSON(c *gin.Context, err error) {
	v := p.view(c)
	status, state, text, next := http.StatusInternalServerError, "technical", "", ""
	var ofDoor *door.Problem
	var ofRequest *requests.Problem
	var stepUp auth.StepUpError
	var role auth.RoleError
	down, out := outage(c, err)
	switch {
	case out: // in the middle of a card step too
		status, text = down.status, stateText(v, state, "", time.Time{})
	case errors.As(err, &stepUp):
		status, state, text = http.StatusForbidden, "closed", v.T("portal.closedact.text")
	case errors.As(err, &role):
		status, state, text = http.StatusForbidden, "closed", v.T("office.closed.text")
	case errors.As(err, &ofDoor):
		status, state = ofDoor.Status(), ofDoor.State
		text = stateText(v, state, ofDoor.Name, ofDoor.Date)
	case errors.As(err, &ofRequest):
		status, state = ofRequest.Status(), ofRequest.State
		text = stateText(v, state, ofRequest.Name, ofRequest.Date)
		if state == requests.StateNotOpen { // where it says what became of the request
			next = v.URL(path.Dir(v.Path))
		}
	default:
		if o := find(err); o.status != http.StatusInternalServerError {
			status, state, text = o.status, "changed", v.T(o.key+".text")
		} else {
			text = stateText(v, state, "", time.Time{})
		}
	}
	c.JSON(status, gin.H{"state": state, "text": text, "code": v.Support, "next": next})
}

// stateText is the sentence of a card state.
func stateText(v page.View, state, name string, date time.Time) string {
	args := []locale.Arg{locale.A("code", v.Support), locale.A("name", name)}
	if !date.IsZero() {
		args = append(args, locale.A("date", locale.Date(v.Lang, date)))
	}
	return page.CardText(v.Lang, state, args...)
}

// find looks the error up in the table.
func find(err error) outcome {
	for _, o := range outcomes {
		if errors.Is(err, o.err) {
			return o
		}
	}
	return outcome{err, http.StatusInternalServerError, "portal.failed"}
}

func (p *Portal) failPage(c *gin.Context, err error) {
	v := p.view(c)
	var stepUp auth.StepUpError
	if errors.As(err, &stepUp) {
		v.Title = v.T("portal.closedact.title")
		p.render(c, http.StatusForbidden, v, stepUpPage(v, p.openers(v, stepUp, p.wished(c))))
		return
	}
	var role auth.RoleError
	if errors.As(err, &role) {
		v.Title = v.T("office.closed.title")
		p.render(c, http.StatusForbidden, v, closedRolePage(v))
		return
	}
	var card cardProblem
	o := find(err)
	if down, out := outage(c, err); out {
		o = down
	} else if errors.As(err, &card) {
		o = outcome{err, card.Status(), "portal.failed"}
	}
	v.Title = v.T(o.key + ".title")
	p.render(c, o.status, v, errorPage(v, o))
}

// render writes an error page; should even that fail, a last line without a template.
func (p *Portal) render(c *gin.Context, status int, v page.View, t templ.Component) {
	if err := page.Render(c, status, t); err != nil {
		p.cfg.Log.Error("rendering an error page", "ref", v.Support, "cause", err)
		c.String(http.StatusInternalServerError, "%s %s", v.T("portal.failed.title"), v.Support)
	}
}

// recover turns a panic into the error page; the stack goes to the log.
func (p *Portal) recover(c *gin.Context) {
	defer func() {
		if cause := recover(); cause != nil {
			p.cfg.Log.Error("panic", "ref", c.GetString(referenceKey), "cause", cause, "stack", string(debug.Stack()))
			p.fail(c, fmt.Errorf("%w: %v", errPanic, cause))
		}
	}()
	c.Next()
}

package federal

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// outcome is how a flow ended without a session: a page of its own, so that it can be
// read in another language or loaded again without the answer being sent twice.
type outcome string

// The outcomes. Everything that would tell an attacker which check stopped him is refused.
const (
	cancelled   outcome = "cancelled"   // turned back at the provider
	tooLow      outcome = "level"       // a key of too low a level
	unavailable outcome = "unavailable" // the provider does not answer
	noNumber    outcome = "number"      // known there by no national number
	unknown     outcome = "unknown"     // not insured here
	other       outcome = "other"       // not the person who is signed in
	over        outcome = "over"        // too late, twice, or not begun here
	refused     outcome = "refused"
)

// statuses are those of the pages.
var statuses = map[outcome]int{
	cancelled: http.StatusOK, tooLow: http.StatusForbidden, unavailable: http.StatusServiceUnavailable,
	noNumber: http.StatusForbidden, unknown: http.StatusForbidden, other: http.StatusForbidden,
	over: http.StatusConflict, refused: http.StatusForbidden,
}

func outcomeOf(err error) outcome {
	var level federation.LevelError
	switch {
	case errors.As(err, &level):
		return tooLow
	case errors.Is(err, federation.ErrCancelled):
		return cancelled
	case errors.Is(err, federation.ErrUnavailable):
		return unavailable
	case errors.Is(err, federation.ErrNoNumber):
		return noNumber
	case errors.Is(err, ErrUnknownMember):
		return unknown
	case errors.Is(err, ErrOtherPerson):
		return other
	case errors.Is(err, ErrNoFlow):
		return over
	}
	return refused
}

// TurnedAway is an answer or a start that leads to a page of an outcome: the cause is
// for the log, To for the browser.
type TurnedAway struct {
	To    string // address of the page, in the language of the flow
	Cause error
}

func (t *TurnedAway) Error() string { return t.Cause.Error() }

// Unwrap returns the cause, for the log only.
func (t *TurnedAway) Unwrap() error { return t.Cause }

// turnAway writes the audit line and returns where the browser goes. Who turned back, or
// found the provider closed, was not refused anything.
func (f *Federal) turnAway(c *gin.Context, flow federation.Flow, member auth.MemberID, cause error) error {
	o := outcomeOf(cause)
	if o != cancelled && o != unavailable {
		if err := f.Desk.Refused(c, member, string(o)); err != nil {
			return errors.Join(cause, fmt.Errorf("recording a refusal: %w", err))
		}
	}
	lang := flow.Lang
	if _, ok := locale.Parse(lang); !ok {
		lang = string(locale.FromAcceptLanguage(c.GetHeader("Accept-Language")))
	}
	query := url.Values{}
	if flow.Provider != "" {
		query.Set("by", flow.Provider)
	}
	if next := page.LocalPath(flow.Return); next != "home" {
		query.Set("next", next)
	}
	if o == tooLow {
		query.Set("level", strconv.Itoa(flow.Asked))
	}
	if flow.Purpose == federation.Approve {
		query.Set("for", string(federation.Approve))
	}
	if ref := page.From(c).Support; o == refused && reference.MatchString(ref) {
		query.Set("ref", ref)
	}
	to := "/" + lang + "/sign-in/answer/" + string(o)
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	return &TurnedAway{To: to, Cause: cause}
}

// reference matches the reference of a request, which the page of a refusal repeats: the
// line in the log is that of the answer, not that of the page.
var reference = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`)

// outcomePage is the argument of the page.
type outcomePage struct {
	Outcome   outcome
	Provider  string // its name; empty: not known
	Again     string // address to try again; empty: not offered
	Others    string // address of the other ways
	Back      string // address of what she was at; empty: none
	Reference string
}

// answer is the page of an outcome. It is a page like any other: nothing of the answer is
// left, and what its address says changes its words and links only.
func (f *Federal) answer(c *gin.Context) error {
	v := page.From(c)
	o := outcome(c.Param("outcome"))
	status, ok := statuses[o]
	if !ok {
		return ErrUnknownWay
	}
	next := page.NextOf(c)
	p := outcomePage{Outcome: o, Others: v.URL("sign-in?next=" + next)}
	if ref := c.Query("ref"); reference.MatchString(ref) {
		p.Reference = ref
	}
	w, ok := f.way(c.Query("by"))
	if ok {
		p.Provider = nameOf(w, v.Lang)
	}
	approving := c.Query("for") == string(federation.Approve)
	switch {
	case approving || v.Login != nil:
		p.Back = v.URL(next)
		p.Others = ""
	}
	if ok && w.SignIn > 0 && !approving && o != other {
		p.Again = v.URL("sign-in/federal/" + w.ID() + "?next=" + next)
		if o == unknown || o == noNumber {
			p.Again += "&again=1"
		}
		if level := c.Query("level"); level != "" && w.asked(level) > w.SignIn {
			p.Again += "&level=" + strconv.Itoa(w.asked(level))
		}
	}
	key := "federal." + string(o)
	text := key + ".text"
	switch {
	case o == cancelled && approving:
		text = key + ".approve"
	case o == cancelled && v.Login != nil:
		text = key + ".signed-in"
	}
	v.Title, v.Lead = v.T(key+".title"), v.T(text, arg("provider", p.Provider), arg("keys", keys(v, w, c.Query("level"))))
	return page.Render(c, status, answerPage(v, p))
}

// keys names the keys that reach a level.
func keys(v page.View, w Way, wished string) string {
	if w.Provider == nil {
		return v.T("federal.keys.400")
	}
	switch level := w.asked(wished); {
	case level >= 500:
		return v.T("federal.keys.500")
	case level > 400:
		return v.T("federal.keys.450")
	case level > 350:
		return v.T("federal.keys.400")
	}
	return v.T("federal.keys.200")
}

func arg(name, value string) locale.Arg { return locale.A(name, value) }

// nameOf is the provider's name in a language; its id if the settings name none.
func nameOf(w Way, lang locale.Language) string {
	if name := w.Names()[string(lang)]; name != "" {
		return name
	}
	return w.ID()
}

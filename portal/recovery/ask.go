package recovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// JobKind is the kind of the jobs that carry asks.
const JobKind = "recovery"

// Ask is what somebody typed, who may be anybody.
type Ask struct {
	Mutuality string             `json:"mutuality"`
	Way       profile.Way        `json:"way"`
	Handle    credentials.Handle `json:"handle"`
	// Person is what else was typed, by the ways that ask for more than a number.
	Person *credentials.Person `json:"person,omitempty"`
	// Nobody is meant whatever was typed: it names another mutuality.
	Nobody bool      `json:"nobody,omitempty"`
	Lang   string    `json:"lang"` // of the page; what is sent speaks the member's
	At     time.Time `json:"at"`
}

// String leaves out who is named.
func (a Ask) String() string { return fmt.Sprintf("ask for %s at %s", a.Way, a.Mutuality) }

// GoString is String.
func (a Ask) GoString() string { return a.String() }

// errAsk means that a job holds no ask of ours.
var errAsk = errors.New("recovery: payload cannot be read")

// Marshal writes the payload of the job.
func (a Ask) Marshal() ([]byte, error) { return json.Marshal(a) }

func unmarshal(payload []byte) (Ask, error) {
	var a Ask
	if json.Unmarshal(payload, &a) != nil || a.Mutuality == "" {
		return Ask{}, errAsk
	}
	return a, nil
}

// byNumber are the ways for which her identifier is enough to begin, in the order in
// which they are offered.
var byNumber = []profile.Way{profile.ByLink, profile.ByLetter}

func (r *Recovery) ways() []profile.Way {
	var ways []profile.Way
	for _, w := range byNumber {
		if r.Classic.Profile.Recovers(w) {
			ways = append(ways, w)
		}
	}
	return ways
}

// words names the catalogue's words for what the profile asks.
func words(p profile.Profile) string {
	switch {
	case p.Takes(profile.NationalNumber):
		return "number"
	case p.Takes(profile.AccessCode) && p.Takes(profile.Email):
		return "code-or-email"
	case p.Takes(profile.AccessCode):
		return "code"
	}
	return "email"
}

func (r *Recovery) passwordForm(c *gin.Context) error {
	return r.showPassword(c, page.From(c), "", "", http.StatusOK)
}

func (r *Recovery) showPassword(c *gin.Context, v page.View, typed, way string, status int) error {
	v.Title, v.Lead = v.T("recovery.password.title"), v.T("recovery.password.lead")
	v.Back = page.Link{URL: v.URL(startPath), Text: v.T("recovery.back")}
	v.Keep = passwordPath
	return page.Render(c, status, passwordPage(v, r, typed, way))
}

// askPassword takes the ask. What is wrong is told only where it shows without looking
// anybody up.
func (r *Recovery) askPassword(c *gin.Context) error {
	v, typed, way := page.From(c), page.Typed(c, "identifier"), profile.Way(c.PostForm("way"))
	handle, err := credentials.ParseHandle(r.Classic.Profile, typed)
	if err == nil {
		typed = handle.Shown() // As we read it
	}
	if page.Switched(c) {
		return r.showPassword(c, v, typed, string(way), http.StatusOK)
	}
	ways := r.ways()
	if len(ways) == 1 {
		way = ways[0]
	}
	if err != nil {
		v.Errors = append(v.Errors, page.FieldError{Field: "identifier", Text: v.T("password.error." + words(r.Classic.Profile))})
	}
	if !slices.Contains(ways, way) {
		v.Errors = append(v.Errors, page.FieldError{Field: "way", Text: v.T("recovery.error.way")})
	}
	if len(v.Errors) > 0 {
		return r.showPassword(c, v, typed, string(way), http.StatusUnprocessableEntity)
	}
	err = r.Store.AskRecovery(c.Request.Context(), r.newAsk(v, way, handle), page.Key(c), r.Sessions.Network(c))
	if text := tooOften(c, v, err); text != "" {
		v.Errors = []page.FieldError{{Field: "identifier", Text: text}}
		return r.showPassword(c, v, typed, string(way), http.StatusTooManyRequests)
	}
	return r.toSent(c, v, string(way), err)
}

func (r *Recovery) newAsk(v page.View, way profile.Way, handle credentials.Handle) Ask {
	return Ask{Mutuality: r.Classic.Mutuality, Way: way, Handle: handle, Lang: string(v.Lang), At: r.Now()}
}

// tooOften is what the page says to a network that asks without end; "" for any other
// error, and for none.
func tooOften(c *gin.Context, v page.View, err error) string {
	var wait *credentials.WaitError
	if !errors.As(err, &wait) {
		return ""
	}
	seconds := int(math.Ceil(wait.Wait.Seconds()))
	c.Header("Retry-After", strconv.Itoa(seconds))
	return v.TN("recovery.wait", seconds)
}

// toSent leads to the page that says what happens next.
func (r *Recovery) toSent(c *gin.Context, v page.View, way string, err error) error {
	if err != nil {
		return fmt.Errorf("taking an ask for recovery: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL(sentPath+"?way="+way))
	return nil
}

// sent says what happens next, in the same words whoever was named.
func (r *Recovery) sent(c *gin.Context) error {
	v, way := page.From(c), c.Query("way")
	if !r.Classic.Profile.Recovers(profile.Way(way)) || !locale.Has("recovery.sent."+way+".lead") {
		c.Redirect(http.StatusSeeOther, v.URL(startPath))
		return nil
	}
	v.Title = v.T("recovery.sent." + way + ".title")
	v.Lead = v.T("recovery.sent."+way+".lead",
		locale.A("date", locale.Date(v.Lang, r.House.ExpectedBy(r.Now()))),
		locale.A("n", strconv.Itoa(int(r.linkLife()/time.Minute))))
	return page.Render(c, http.StatusOK, sentPage(v, way))
}

// wayOptions are the ways, with what each brings; a letter with the day by which it comes.
func (r *Recovery) wayOptions(v page.View) []page.Option {
	var list []page.Option
	by := locale.A("date", locale.Date(v.Lang, r.House.ExpectedBy(r.Now())))
	for _, w := range r.ways() {
		list = append(list, page.Option{Value: string(w), Text: v.T("recovery.way." + string(w)), Hint: v.T("recovery.way."+string(w)+".hint", by)})
	}
	return list
}

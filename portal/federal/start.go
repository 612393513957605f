package federal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/federation"
	"guichet.example/portal/page"
)

// start sends the browser to a provider. Someone who is signed in comes to prove more:
// the flow remembers whose session it is, and asks for a new proof.
func (f *Federal) start(c *gin.Context) error {
	if !meant(c.Request) {
		return ErrPrefetch
	}
	w, ok := f.way(c.Param("provider"))
	if !ok || w.SignIn == 0 {
		return ErrUnknownWay
	}
	flow, err := federation.NewFlow(f.Rand, f.Now(), w.ID(), federation.SignIn)
	if err != nil {
		return err
	}
	flow.Asked, flow.Return = w.asked(c.Query("level")), page.NextOf(c)
	flow.Force = c.Query("again") == "1" // the provider remembers somebody who was of no use
	if login := page.From(c).Login; login != nil {
		flow.Mutuality, flow.Member, flow.Session, flow.Force = login.Mutuality, login.Member, login.Session, true
	}
	return f.leave(c, w, flow)
}

// meant says whether a person asked for the page: browsers say when they load ahead
// (Sec-Purpose) and what for (Sec-Fetch-Dest, W3C Fetch Metadata).
func meant(r *http.Request) bool {
	for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(r.Header.Get(header)), "prefetch") {
			return false
		}
	}
	dest := r.Header.Get("Sec-Fetch-Dest")
	return dest == "" || dest == "document"
}

// asked is the level to ask: what the page wished, if it is one the provider has, but
// never below that of signing in.
func (w Way) asked(wished string) int {
	level, err := strconv.Atoi(wished)
	if err != nil || !federation.Known(level) || level < w.SignIn || level > w.Top {
		return w.SignIn
	}
	return level
}

// leave keeps the flow and sends the browser to the provider. The provider is asked
// first: one that is down leaves nothing behind.
func (f *Federal) leave(c *gin.Context, w Way, flow federation.Flow) error {
	flow.Browser, flow.Lang = f.Desk.Bind(c), string(page.From(c).Lang)
	ctx := c.Request.Context()
	patient, stop := context.WithTimeout(ctx, Patience)
	address, err := w.Begin(patient, &flow)
	stop()
	if err != nil {
		return f.turnAway(c, flow, "", fmt.Errorf("asking %s: %w", w.ID(), err))
	}
	if err := f.Store.PutFlow(ctx, flow); err != nil {
		return err
	}
	return f.send(c, w, address, "federal.go")
}

// send sends the browser to an address of a provider. After a form it cannot be
// redirected there (form-action 'self' holds through redirects): a page of ours leads
// on by itself, and by a link.
func (f *Federal) send(c *gin.Context, w Way, address, key string) error {
	if c.Request.Method == http.MethodGet {
		c.Redirect(http.StatusSeeOther, address)
		return nil
	}
	v := page.From(c)
	name := nameOf(w, v.Lang)
	v.Login = nil
	v.Title, v.Lead = v.T(key+".title", arg("provider", name)), v.T(key+".text", arg("provider", name))
	c.Header("Refresh", "0; url="+address)
	return page.Render(c, http.StatusOK, onwardPage(v, page.Link{URL: address, Text: v.T(key+".link", arg("provider", name))}))
}

// levelFor is the CSAM level to ask for an assurance.
func levelFor(need auth.Assurance) int {
	switch {
	case need <= auth.Low:
		return 200
	case need == auth.Substantial:
		return 400
	}
	return 450
}

// ErrUnknownWay means that there is no such provider, or not for this.
var ErrUnknownWay = errors.New("no such federal provider")

package bank

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// requestField names the change that the form stops.
const requestField = "request"

// stopPage asks whether to stop, or says that it is done. Of a link it tells nothing: not
// whose it is, nor what it stops.
type stopPage struct {
	Ask  bool
	Post string // address of the form
	// Request is what the form stops, as the member saw it; empty on the page of a link.
	Request string
	Rows    []page.SummaryRow
	Back    page.Link
	Call    string
}

func (b *Bank) showStop(c *gin.Context, status int, key string, p stopPage) error {
	v := page.From(c)
	v.Title, v.Lead = v.T(key+".title"), v.T(key+".lead")
	if b.Mutuality.Phone != "" && !p.Ask {
		p.Call = v.T("bank.call", locale.A("phone", b.Mutuality.Phone))
	}
	if v.Login != nil {
		v.Section, v.Nav = v.T("bank.section"), "account"
	}
	return page.Render(c, status, stopView(v, p))
}

// link is the page that the link of a mail opens. It changes nothing: it asks.
func (b *Bank) link(c *gin.Context) error {
	err := b.Store.StopLink(c.Request.Context(), b.House, c.Param("secret"))
	switch {
	case errors.Is(err, ErrLink):
		return b.showStop(c, http.StatusGone, "bank.stop.over", stopPage{})
	case err != nil:
		return fmt.Errorf("looking at a link: %w", err)
	}
	v := page.From(c)
	return b.showStop(c, http.StatusOK, "bank.stop", stopPage{Ask: true, Post: v.URL(v.Path)})
}

// follow stops what the link is of, once.
func (b *Bank) follow(c *gin.Context) error {
	err := b.Store.StopByLink(c.Request.Context(), b.House, c.Param("secret"))
	if errors.Is(err, ErrLink) {
		return b.showStop(c, http.StatusGone, "bank.stop.over", stopPage{})
	}
	return b.haveStopped(c, err)
}

func (b *Bank) haveStopped(c *gin.Context, err error) error {
	to := stoppedPath
	switch {
	case errors.Is(err, ErrInForce):
		to += "?late=1"
	case err != nil:
		return fmt.Errorf("stopping a change: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(to))
	return nil
}

// stopped says that it is done, the same to whoever looks.
func (b *Bank) stopped(c *gin.Context) error {
	v := page.From(c)
	p := stopPage{}
	if v.Login != nil {
		p.Back = page.Link{URL: v.URL(accountsPath), Text: v.T("bank.back")}
	}
	if c.Query("late") != "" {
		return b.showStop(c, http.StatusOK, "bank.late", p)
	}
	return b.showStop(c, http.StatusOK, "bank.stopped", p)
}

// stop asks the member whether the change she sees on her page is to stop.
func (b *Bank) stop(c *gin.Context) error {
	asked, err := b.Store.Asked(c.Request.Context(), page.LoginOf(c))
	if err != nil {
		return fmt.Errorf("reading the change asked for: %w", err)
	}
	v := page.From(c)
	if asked == nil || !asked.Signed {
		c.Redirect(http.StatusSeeOther, v.URL(accountsPath))
		return nil
	}
	return b.showStop(c, http.StatusOK, "bank.stop", stopPage{Ask: true, Post: v.URL(stopPath), Request: asked.Request,
		Rows: []page.SummaryRow{{Label: v.T("bank.task"), Value: asked.Reference, Detail: locale.DateTime(v.Lang, asked.At)}},
		Back: page.Link{URL: v.URL(accountsPath), Text: v.T("bank.stop.not")}})
}

// stopNow stops the change that the page named, whatever was asked for since. Sent twice, it
// says the same.
func (b *Bank) stopNow(c *gin.Context) error {
	request := c.PostForm(requestField)
	if request == "" { // a page of before: she sees what she stops first
		c.Redirect(http.StatusSeeOther, page.From(c).URL(stopPath))
		return nil
	}
	return b.haveStopped(c, b.Store.StopChange(c.Request.Context(), page.LoginOf(c), request))
}

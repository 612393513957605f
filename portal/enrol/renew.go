package enrol

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/credentials"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// RenewFor is how long after its hour a link can be sent anew. Then what waited for it is
// erased.
const RenewFor = 24 * time.Hour

// Renewal is another link in the place of one whose hour is over.
type Renewal struct {
	Mutuality string
	Old       string           // secret of the one that came too late
	Code      credentials.Code // without its member and payload
	Secret    string
	Link      string // the whole address of its page
	Lang      string
	At        time.Time
}

// renew sends another link to where the first went. Who holds the old one learns
// nothing by it, and opens nothing.
func (e *Enrol) renew(c *gin.Context) error {
	v := page.From(c)
	code, secret, err := e.Classic.NewCode(credentials.Grant{Purpose: credentials.ActivateLink})
	if err != nil {
		return err
	}
	err = e.Store.RenewLink(c.Request.Context(), Renewal{Mutuality: e.Mutuality, Old: c.Param("secret"), Code: code, Secret: secret,
		Link: e.Origin + v.URL(openPath+"/"+secret), Lang: string(v.Lang), At: e.Now()})
	switch {
	case isOver(err):
		return e.over(c, v, err)
	case errors.Is(err, ErrOften):
		v.Banner = &page.Banner{Kind: page.Neutral, Title: v.T("enrol.sent.soon.title"), Text: v.T("enrol.renew.often")}
		return e.over(c, v, credentials.ErrCodeExpired)
	case err != nil:
		return fmt.Errorf("renewing a link: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL(renewedPath+"?until="+strconv.FormatInt(code.Expires.Unix(), 10)))
	return nil
}

// renewed says until when the new link works, in local time.
func (e *Enrol) renewed(c *gin.Context) error {
	v := page.From(c)
	seconds, err := strconv.ParseInt(c.Query("until"), 10, 64)
	until := time.Unix(seconds, 0)
	if err != nil || until.Before(e.Now()) || until.After(e.Now().Add(e.Classic.Profile.LinkLife)) {
		c.Redirect(http.StatusSeeOther, v.URL(waysPath))
		return nil
	}
	landed(&v)
	v.Title, v.Lead = v.T("enrol.sent.title"), v.T("enrol.renewed.lead", arg("until", locale.DateTime(v.Lang, until)))
	return page.Render(c, http.StatusOK, renewedPageOf(v))
}

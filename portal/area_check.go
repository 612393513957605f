package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/check"
	"guichet.example/portal/locale"
)

// barePath is the address of the check page that stands on paper, without a language.
const barePath = "/check"

// check is the page on which anybody checks a document.
func (p *Portal) check() *check.Check {
	return &check.Check{Trust: p.cfg.Trust, Gate: check.NewGate(check.Limits{}), Sessions: p.sessions, Now: p.cfg.Now}
}

// chooseCheck sends the address without a language to that of the browser's, with what
// stands in it.
func chooseCheck(c *gin.Context) {
	to := "/" + string(locale.FromAcceptLanguage(c.GetHeader("Accept-Language"))) + barePath
	if query := c.Request.URL.RawQuery; query != "" {
		to += "?" + query
	}
	c.Redirect(http.StatusSeeOther, to)
}

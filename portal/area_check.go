package portal

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/check"
	"guichet.example/portal/locale"
)

// Addresses that stand on paper, without a language.
const (
	checkPath    = "/check"
	checkKeyPath = "/check/key"
)

// newCheck makes the page on which anybody checks a document, and has every document drawn
// with what it needs for that.
func (p *Portal) newCheck() error {
	house, store := p.cfg.Mutuality, p.cfg.Store
	seed := func(purpose string) []byte { return store.ServerKey(house.ID + " " + purpose) }
	keys, err := check.NewKeys(seed, max(1, house.CheckKey))
	if err != nil {
		return fmt.Errorf("printed codes: %w", err)
	}
	answers, err := check.NewAnswers(seed("check-answer"))
	if err != nil {
		return err
	}
	p.check = &check.Check{
		Store: store, Mutuality: house.ID, House: house.Letterhead, Anchors: p.cfg.Anchors, Gate: p.uploads,
		Keys: keys, Answers: answers, Sessions: p.sessions, Now: p.cfg.Now,
	}
	p.signing.Printer = &check.Printer{Page: p.cfg.Origin + checkPath, Issuer: house.ID, Keys: keys, Rand: p.cfg.Rand}
	return nil
}

// mountCheck puts the addresses without a language into the engine.
func (p *Portal) mountCheck(engine *gin.Engine) {
	engine.GET(checkPath, chooseCheck)
	engine.GET(checkKeyPath, p.adapt(p.check.Keys.ServeKey))
}

// chooseCheck sends the address without a language to that of the browser's, with what
// stands in it.
func chooseCheck(c *gin.Context) {
	to := "/" + string(locale.FromAcceptLanguage(c.GetHeader("Accept-Language"))) + checkPath
	if query := c.Request.URL.RawQuery; query != "" {
		to += "?" + query
	}
	c.Redirect(http.StatusSeeOther, to)
}

// Package help holds the pages that need no login and no data: answers to the most
// asked questions, the self-test of reader and card, accessibility, privacy and legal
// notice.
package help

import (
	"net/http"
	"regexp"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// Help is the area. Mutuality, whose address stands in the legal notice, is required.
type Help struct {
	Mutuality document.Mutuality
	Secure    bool // the counter is reached by https
}

// Route mounts the area.
func (h *Help) Route(r page.Routes) {
	r.GET("help", auth.Public, h.questions)
	r.GET("help/card", auth.Public, h.card)
	r.GET(selfTestPath, auth.Public, h.selfTest)
	r.GET("help/accessibility", auth.Public, h.accessibility)
	r.GET("help/privacy", auth.Public, h.privacy)
	r.GET(glossaryPath, auth.Public, h.glossary)
	r.GET(guidePath, auth.Public, h.guide)
}

func (h *Help) questions(c *gin.Context) error {
	v := page.From(c)
	v.Title, v.Lead = v.T("help.title"), v.T("help.lead")
	return page.Render(c, http.StatusOK, questionsPage(v, topics, false))
}

// card is where the card panel leads when something fails; the support code in the
// address is shown, to be read to the help desk.
func (h *Help) card(c *gin.Context) error {
	v := page.From(c)
	v.Title = v.T("help.card.title")
	if code := c.Query("code"); supportCode.MatchString(code) {
		v.Lead = v.T("help.card.code", locale.A("phone", v.Brand.Telephone()), locale.A("code", code))
	}
	questions := topics[0]
	questions.title = "help.card.questions" // the topic's own is the page's
	return page.Render(c, http.StatusOK, questionsPage(v, []topic{questions}, true))
}

// supportCode matches the references that the portal gives.
var supportCode = regexp.MustCompile(`^[0-9A-Z]{2,4}-[0-9A-Z]{3,4}$`)

func (h *Help) accessibility(c *gin.Context) error {
	v := page.From(c)
	v.Title = v.T("help.accessibility.title")
	return page.Render(c, http.StatusOK, accessibilityPage(v))
}

func (h *Help) privacy(c *gin.Context) error {
	v := page.From(c)
	v.Title = v.T("help.privacy.title")
	return page.Render(c, http.StatusOK, privacyPage(v, h.Mutuality))
}

// topic is a heading with its questions, by catalogue key.
type topic struct {
	id, title string
	questions []string
}

var topics = []topic{
	{"card", "help.card.title", []string{"help.card.need", "help.card.pin", "help.card.blocked", "help.card.expired"}},
	{"sign", "help.sign.title", []string{"help.sign.value", "help.sign.force", "help.sign.check"}},
	{"print", "help.print.title", []string{"help.print.save", "help.print.reader"}},
	{"safe", "help.safe.title", []string{"help.safe.out"}},
}

// privacyParts are the parts of the privacy page, by catalogue key.
var privacyParts = []string{"what", "number", "cookies"}

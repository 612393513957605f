package help

import (
	"net"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// outcome says how a check went, in the words of the card program's own checkup.
type outcome string

const (
	passed   outcome = "passed"
	failed   outcome = "failed"
	warning  outcome = "warning"
	unknown  outcome = "unknown"
	needless outcome = "needless" // nothing is missing without it
	working  outcome = "working"  // the script is at it
)

// outcomes are all of them, with the colour of their badge and its sign.
var outcomes = []struct {
	outcome outcome
	kind    page.Kind
	icon    page.Icon
}{
	{passed, page.Valid, "tick"}, {failed, page.Changed, "octagon"}, {warning, page.Checking, "triangle"},
	{unknown, page.Neutral, "question"}, {needless, page.Neutral, "dash"}, {working, page.Neutral, "clock"},
}

// row is one check of the self-test. Its words are help.test.<id>.title, and for each
// finding help.test.<id>.<finding> and, where something is to be done, the same + ".next".
type row struct {
	id       string
	findings []finding
}

type finding struct {
	name    string
	outcome outcome
}

// serverRows are what the request alone tells, without script.
var serverRows = []row{
	{"address", []finding{{"secure", passed}, {"local", passed}, {"open", failed}}},
	{"browser", []finding{{"known", passed}, {"phone", failed}, {"other", warning}}},
	{"language", []finding{{"same", passed}, {"other", passed}}},
	{"cookies", []finding{{"kept", passed}, {"refused", failed}}},
}

// scriptRows are what selftest.js finds, and shows in the words that the page brings.
var scriptRows = []row{
	{"context", []finding{{"secure", passed}, {"insecure", failed}}},
	{"extension", []finding{{"present", passed}, {"missing", failed}, {"silent", failed}, {"old", failed}, {"unneeded", needless}}},
	{"program", []finding{{"present", passed}, {"missing", failed}, {"old", failed}, {"silent", failed}, {"skipped", unknown}, {"unneeded", needless}}},
	{"agent", []finding{{"present", passed}, {"busy", passed}, {"old", failed}, {"missing", failed}, {"blocked", failed}, {"unneeded", needless}}},
	{"network", []finding{{"unasked", needless}, {"open", passed}, {"granted", passed}, {"prompt", warning}, {"denied", failed}}},
	{"clock", []finding{{"right", passed}, {"wrong", failed}, {"untold", unknown}}},
}

// found is a row of the server as this request shows it.
type found struct {
	id      string
	finding finding
	args    []locale.Arg
}

// byHand is what one checks with one's own eyes, by the end of the catalogue key.
var byHand = []string{"reader", "card", "software", "extension", "restart", "others", "date", "update"}

// selfTestPath is below the language.
const selfTestPath = "help/self-test"

// testCookie only shows whether the browser keeps cookies; see [http.Cookie] for the
// meaning of its prefix.
const testCookie = "__Host-test"

// triedField in the address says that the cookie was set by the request before.
const triedField = "tried"

// selfTest is the page that checks what stands between the member and her card.
func (h *Help) selfTest(c *gin.Context) error {
	v := page.From(c)
	kept := len(c.Request.Cookies()) > 0
	if !kept && c.Query(triedField) == "" {
		http.SetCookie(c.Writer, &http.Cookie{
			Name: testCookie, Value: "1", Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		c.Redirect(http.StatusSeeOther, v.URL(selfTestPath+"?"+triedField+"=1"))
		return nil
	}
	v.SelfTest = true
	v.Title, v.Lead = v.T("help.test.title"), v.T("help.test.lead")
	v.Back = page.Link{URL: v.URL("help/card"), Text: v.T("help.card.title")}
	return page.Render(c, http.StatusOK, selfTestPage(v, []found{
		h.address(c), browserRow(c.GetHeader("User-Agent")), languageRow(v, c.GetHeader("Accept-Language")), cookieRow(kept),
	}))
}

// of makes a row of the server.
func of(id, name string, args ...locale.Arg) found {
	for _, r := range serverRows {
		for _, f := range r.findings {
			if r.id == id && f.name == name {
				return found{id, f, args}
			}
		}
	}
	panic("help: no finding " + id + "." + name) // our own mistake
}

// address says whether a card may speak here: https, or this same machine.
func (h *Help) address(c *gin.Context) found {
	host, _, err := net.SplitHostPort(c.Request.Host)
	if err != nil {
		host = c.Request.Host
	}
	ip := net.ParseIP(host)
	switch {
	case h.Secure || c.Request.TLS != nil:
		return of("address", "secure")
	case host == "localhost" || ip != nil && ip.IsLoopback():
		return of("address", "local")
	}
	return of("address", "open")
}

func browserRow(agent string) found {
	name, fit := browserOf(agent)
	switch fit {
	case onComputer:
		return of("browser", "known", locale.A("name", name))
	case onPhone:
		return of("browser", "phone")
	}
	return of("browser", "other")
}

func languageRow(v page.View, header string) found {
	wished := locale.FromAcceptLanguage(header)
	if wished == v.Lang {
		return of("language", "same", locale.A("name", v.Lang.Name()))
	}
	return of("language", "other", locale.A("name", wished.Name()))
}

func cookieRow(kept bool) found {
	if kept {
		return of("cookies", "kept")
	}
	return of("cookies", "refused")
}

// piece is text, or the name of a place in it that the script fills.
type piece struct{ text, slot string }

// pieces cuts a text at each {name}.
func pieces(text string) (list []piece) {
	for {
		before, rest, _ := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		list = append(list, piece{text: before})
		if !closed {
			return list
		}
		list = append(list, piece{slot: name})
		text = after
	}
}

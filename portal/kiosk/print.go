package kiosk

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/reader/api"
)

var (
	// ErrNoPrint means that what is asked for is not printed at a kiosk, or not hers.
	ErrNoPrint = errors.New("not printed at a kiosk")
	// ErrPrinted means that a session has printed as much as it may.
	ErrPrinted = errors.New("session at a kiosk has printed enough")
	// ErrNoPaper means that the printer of the kiosk has none.
	ErrNoPaper = errors.New("printer of the kiosk has no paper")
)

// Print is a page that is printed at a kiosk. The browser prints it; the portal counts.
type Print struct {
	Kind string // "request", "document", or "receipt" of an enrolment
	ID   string // of request and document
}

// printable are the pages that may be printed: what a member takes home of what she did,
// and her documents. Lists and forms are not.
var printable = regexp.MustCompile(`^(?:enrol/opened|(requests|documents)/([0-9a-z]{26})(?:/(?:done|read|report))?)$`)

// PrintOf is what the page at the path would print; path is below the origin and begins
// with the language. ErrNoPrint.
func PrintOf(path string) (Print, error) {
	lang, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	found := printable.FindStringSubmatch(rest)
	if _, ok := locale.Parse(lang); !ok || found == nil || len(path) > maxPath {
		return Print{}, ErrNoPrint
	}
	switch found[1] {
	case "requests":
		return Print{"request", found[2]}, nil
	case "documents":
		return Print{"document", found[2]}, nil
	}
	return Print{Kind: "receipt"}, nil
}

// Bounds of what a browser says it prints, in bytes.
const (
	maxPath  = 200
	maxPrint = 1 << 10
)

// print counts a page that the browser is about to print, and lets it.
func (a *Area) print(c *gin.Context) error {
	v := page.From(c)
	hash, ok := a.Browser.Token(c)
	if !ok || v.Kiosk == nil || v.Login == nil {
		return auth.ErrSignInRequired
	}
	var asked struct{ Page string }
	body, err := io.ReadAll(io.LimitReader(c.Request.Body, maxPrint))
	if err != nil {
		return err
	}
	if json.Unmarshal(body, &asked) != nil {
		return ErrNoPrint
	}
	what, err := PrintOf(asked.Page)
	if err != nil {
		return err
	}
	if v.Kiosk.Trouble == string(api.NoPaper) {
		return ErrNoPaper
	}
	left, err := a.Protocol.Store.PrintAtKiosk(c.Request.Context(), *v.Login, hash, what, a.Protocol.Times.Prints)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"left": left})
	return nil
}

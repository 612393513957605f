package signin

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/door"
	"guichet.example/portal/page"
)

// Sessions keeps the cookies; portal has the one in use.
type Sessions interface {
	// Browser returns the id that binds a challenge to this browser.
	Browser(c *gin.Context) string
	// Begin starts a session under a new token and ends the browser's old one.
	Begin(c *gin.Context, login auth.Login) error
	// End ends the browser's session and clears what it kept.
	End(c *gin.Context) error
	// Network is where the request comes from: what one client holds.
	Network(c *gin.Context) string
}

// SignIn is the area. All fields are required unless they say otherwise.
type SignIn struct {
	Store     Store
	Sessions  Sessions
	Card      *door.Card
	Classic   *credentials.Service
	Cookies   Cookies
	Links     []LinkTo // under the password form, and beside the doors
	First     LinkTo   // for who comes for the first time; empty path: nowhere
	Mutuality string   // key of the mutuality in the store
	Now       func() time.Time
	// Arrived is told of each login by card before its session begins: an account that is
	// not there yet is made. It returns where she goes, below the language. nil: nobody is.
	Arrived func(ctx context.Context, login auth.Login, next string) (string, error)
	// Others are the doors beside that of the card; nil: none.
	Others func(v page.View, next string) []page.Door
}

// Paths of the area, below the language.
const (
	doorsPath     = "sign-in"
	cardPath      = "sign-in/card"
	challengePath = "sign-in/card/challenge"
	outPath       = "sign-out"
	signedOutPath = "signed-out"
	stayPath      = "stay"
)

// Route mounts the area.
func (s *SignIn) Route(r page.Routes) {
	r.GET(doorsPath, auth.Public, s.doors)
	r.GET(cardPath, auth.Public, s.card)
	r.POST(challengePath, auth.Public, s.Card.Challenge)
	r.POST(cardPath, auth.Public, s.enter)
	r.GET(passwordPath, auth.Public, s.passwordForm)
	r.POST(passwordPath, auth.Public, s.enterPassword)
	r.POST(forgetPath, auth.Public, s.forget)
	r.GET(newPath, auth.Public, s.newForm)
	r.POST(newPath, auth.Public, s.setNew)
	r.GET(disabledPath, auth.Public, s.disabledForm)
	r.POST(disabledPath, auth.Public, s.ask)
	r.POST(outPath, auth.Public, s.signOut)
	r.GET(signedOutPath, auth.Public, s.signedOut)
	r.POST(stayPath, auth.ReadFile, s.stay)
}

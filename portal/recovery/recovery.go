// Package recovery lets a member in again who lost her password or her access code.
//
//	form ─▶ Ask ─▶ one transaction: counted for its network, kept as a job (sealed)
//	page ◀── the same words whoever was named
//	                 job ─▶ Work: who is it? which ways has she?
//	                          link to her certified address
//	                          letter to the address on file
//	                          task for staff
//
// A page neither looks anybody up nor sends anything: what it does and how long it takes
// is the same for a number that nobody has. The job finds the member later, and what
// leaves goes only to what is on file.
//
// Recovery gives a password and nothing more: she signs in with it, at the strength of
// a password, and other ways in stay as they are. The card is never asked to wait.
package recovery

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// Store is what the area needs of the store; each method is one transaction.
type Store interface {
	// AskRecovery counts the ask for the network it comes from and keeps it as a job: two
	// writes, whoever is named. A second ask of the same key is the first.
	// *credentials.WaitError.
	AskRecovery(ctx context.Context, a Ask, key, source string) error
	// OnFile is what is known of a member, to be held against what was typed.
	OnFile(ctx context.Context, mutuality string, member auth.MemberID) (credentials.Person, error)
	// Answer ends the job together with what it made. jobs.ErrLeaseLost.
	Answer(ctx context.Context, j jobs.Job, a Answer) error
}

// Sessions is what the area needs of the portal's.
type Sessions interface {
	// Network is where the request comes from: what one client holds.
	Network(c *gin.Context) string
}

// Recovery is the area. All fields are required.
type Recovery struct {
	Store    Store
	Classic  *credentials.Service
	Sessions Sessions
	House    letters.House // whose letters take as long as they take
	Now      func() time.Time
}

// Paths of the area, below the language.
const (
	startPath    = "recover"
	passwordPath = "recover/password"
	sentPath     = "recover/sent"
	identityPath = "recover/identity"
	codePath     = "recover/access-code"
	questionPath = "recover/question"
	lostPath     = "recover/access-code/lost"
	linkPath     = "recover/link"
)

// Route mounts the area. All of it is public: who comes here cannot sign in.
func (r *Recovery) Route(routes page.Routes) {
	routes.GET(startPath, auth.Public, r.start)
	routes.GET(passwordPath, auth.Public, r.passwordForm)
	routes.POST(passwordPath, auth.Public, r.askPassword)
	if r.Classic.Profile.Recovers(profile.BySixFields) {
		routes.GET(identityPath, auth.Public, r.identityForm)
		routes.POST(identityPath, auth.Public, r.askIdentity)
	}
	if r.Classic.Profile.Recovers(profile.ByQuestion) {
		routes.GET(questionPath, auth.Public, r.questionForm)
		routes.POST(questionPath, auth.Public, r.answer)
	}
	if r.Classic.Profile.Takes(profile.AccessCode) {
		routes.GET(codePath, auth.Public, r.whereCode)
	}
	if r.Classic.Profile.Recovers(profile.ByLostCode) {
		routes.GET(lostPath, auth.Public, r.lostForm)
		routes.POST(lostPath, auth.Public, r.askLost)
	}
	routes.GET(sentPath, auth.Public, r.sent)
	routes.GET(linkPath+"/:secret", auth.Public, r.linkForm)
	routes.POST(linkPath+"/:secret", auth.Public, r.followLink)
}

package requests

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/auth/federation"
)

// ErrProof means the federal login does not serve for this approval: it was made for
// another document, request or session, it was used, it is too old or too weak. Which of
// these it was is for the log.
var ErrProof = errors.New("federal login does not serve for this document")

// Choice is a federal provider at which a member can prove herself once more.
type Choice struct {
	ID    string            // of the configured provider
	Names map[string]string // by language
}

// Ask is what the federal login is for: this document of this request, by who has this
// session, and no other.
type Ask struct {
	Provider string // id of a Choice
	Login    auth.Login
	Request  string
	Document [32]byte // SHA-256 of the first Size bytes
	Size     int
	Return   string // page below the language that gets "?flow=ID" after the provider
}

// StepUp lets a member prove herself at a federal provider for one document.
type StepUp interface {
	// Offered lists the providers at which this member may be known; none: no approval.
	Offered(login auth.Login) []Choice
	// Begin keeps what the login is for and redirects to the provider.
	// federation.ErrUnavailable.
	Begin(c *gin.Context, a Ask) error
	// Proof hands out what the provider proved, once: only to the session that began, and
	// only for the document it began with. ErrProof, or a federation.ErrRefused or
	// federation.ErrCancelled with which the provider answered.
	Proof(ctx context.Context, login auth.Login, flow string, digest [32]byte) (federation.Identity, error)
}

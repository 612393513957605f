// Package door is where an eID card proves whose it is: the member's at her door, the
// officer's at the office, the person's at the counter, whose card an officer binds or
// whose file she opens by it.
//
//	page ──▶ Challenge: a nonce for this browser at this door, five minutes, used once
//	card ──▶ Holder: token parsed, nonce taken, certificate and signature checked,
//	         national number read
//
// Whose the number is, and what that opens, is for the area behind the door. A refusal
// is a [Problem]: one sentence for the person, the cause for the log.
package door

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth/nrn"
	"guichet.example/auth/webeid"
	"guichet.example/certs"
)

// Verifier checks a Web eID token; *webeid.Verifier.
type Verifier interface {
	Verify(ctx context.Context, t *webeid.Token, c webeid.Challenge) (*webeid.Verified, error)
}

// Card is a door. All fields are required. Safe for concurrent use.
type Card struct {
	// Name keeps doors apart: a nonce asked for at one serves at no other. May be empty
	// for one of them.
	Name       string
	Challenges webeid.ChallengeStore
	Verifier   Verifier
	// Browser returns the id that binds a challenge to the browser of the request, and
	// makes one if there is none.
	Browser func(c *gin.Context) string
	Now     func() time.Time
	Rand    io.Reader
}

// Holder is whom a card names.
type Holder struct {
	certs.Holder
	Number nrn.Number
}

// maxToken is the largest token read, in bytes: the limit of the Web eID reference
// validator and one more, so that ParseToken is the one to refuse it.
const maxToken = 10_001

// Challenge hands out a nonce and keeps it for this browser.
func (d *Card) Challenge(c *gin.Context) error {
	challenge, err := webeid.NewChallenge(d.Rand, d.Now())
	if err != nil {
		return err
	}
	if err := d.Challenges.Put(c.Request.Context(), d.browser(c), challenge); err != nil {
		return fmt.Errorf("keeping a challenge: %w", err)
	}
	c.JSON(http.StatusOK, gin.H{"nonce": challenge.Nonce})
	return nil
}

func (d *Card) browser(c *gin.Context) string { return d.Name + d.Browser(c) }

// Holder takes the token and returns whom it proves. The challenge is taken before
// anything is checked: whatever the outcome, it serves once. The error is one for
// NewProblem.
func (d *Card) Holder(c *gin.Context) (Holder, error) {
	ctx := c.Request.Context()
	challenge, err := d.Challenges.Take(ctx, d.browser(c))
	if err != nil {
		return Holder{}, err
	}
	raw, err := io.ReadAll(io.LimitReader(c.Request.Body, maxToken))
	if err != nil {
		return Holder{}, fmt.Errorf("%w: %v", webeid.ErrTokenParse, err)
	}
	token, err := webeid.ParseToken(raw)
	if err != nil {
		return Holder{}, err
	}
	verified, err := d.Verifier.Verify(ctx, token, challenge)
	if err != nil {
		return Holder{}, err
	}
	number, err := nrn.Parse(verified.Holder.SerialNumber)
	if err != nil || verified.Holder.Country != "BE" {
		return Holder{}, fmt.Errorf("%w: certificate holds no Belgian national number", webeid.ErrCertificateParse)
	}
	return Holder{verified.Holder, number}, nil
}

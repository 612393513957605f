package webeid

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Challenge is a nonce given to one browser, good once and until Expires.
type Challenge struct {
	Nonce   string // base64 of 32 random bytes, 44 characters; what is signed is this text
	Expires time.Time
}

// Life is how long a challenge waits for its answer. The page gives the member four
// minutes for card and PIN.
const Life = 5 * time.Minute

const nonceBytes = 32

// NewChallenge draws a challenge of 256 bits from rand, good for Life from now.
func NewChallenge(rand io.Reader, now time.Time) (Challenge, error) {
	var raw [nonceBytes]byte
	if _, err := io.ReadFull(rand, raw[:]); err != nil {
		return Challenge{}, fmt.Errorf("drawing a challenge nonce: %w", err)
	}
	return Challenge{Nonce: base64.StdEncoding.EncodeToString(raw[:]), Expires: now.Add(Life)}, nil
}

// LogValue keeps the nonce out of logs.
func (c Challenge) LogValue() slog.Value {
	return slog.GroupValue(slog.Time("expires", c.Expires))
}

// check returns ErrChallengeEmpty or ErrChallengeExpired. A challenge is good up to
// and including the instant it expires.
func (c Challenge) check(now time.Time) error {
	switch {
	case c.Nonce == "":
		return ErrChallengeEmpty
	case c.Expires.IsZero(), now.After(c.Expires):
		return ErrChallengeExpired
	}
	return nil
}

// ChallengeStore keeps one challenge per browser session.
type ChallengeStore interface {
	// Put stores the challenge of a browser, in place of one it had.
	Put(ctx context.Context, browser string, c Challenge) error
	// Take returns the challenge and removes it in one step, expired or not, so that
	// no challenge can be answered twice whatever the outcome. Of several callers at
	// once exactly one gets it; the others get ErrChallengeNotFound.
	Take(ctx context.Context, browser string) (Challenge, error)
}

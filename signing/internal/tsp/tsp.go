// Package tsp reads and checks timestamps (RFC 3161, RFC 5816). It does not fetch them.
//
// [Request.Marshal] makes what is posted, [ParseResponse] takes the token out of the
// answer, [Parse] reads a token, [Token.Verify] checks its own signature and that its
// certificate may stamp. Whether that certificate leads to a trust anchor, and whether
// the time is plausible, is for the caller.
package tsp

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"math/big"
)

// MaxSize is the largest response read, in bytes.
const MaxSize = 64 << 10

// Conditions a caller branches on.
var (
	// ErrMalformed means the bytes are not a response or token.
	ErrMalformed = errors.New("malformed timestamp")
	// ErrImprint means the token stamps other bytes.
	ErrImprint = errors.New("timestamp is over other data")
	// ErrNonce means the token answers another request.
	ErrNonce = errors.New("timestamp has another nonce")
)

// RejectedError is an authority's refusal (RFC 3161, 2.4.2).
type RejectedError struct{ Status int }

func (e RejectedError) Error() string {
	return fmt.Sprintf("timestamping authority refused with status %d", e.Status)
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }

// Request asks for a timestamp over a SHA-256 digest.
type Request struct {
	Digest [32]byte
	Nonce  *big.Int // 64 random bits
}

// Answered reports whether the token answers the request: equal imprint and nonce.
//
// Errors: ErrImprint, ErrNonce.
func (r Request) Answered(t *Token) error {
	if t.Hash != crypto.SHA256 || !bytes.Equal(t.Imprint, r.Digest[:]) {
		return ErrImprint
	}
	if t.Nonce == nil || t.Nonce.Cmp(r.Nonce) != 0 {
		return ErrNonce
	}
	return nil
}

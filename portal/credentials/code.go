package credentials

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"
)

// MaxTries is how many wrong codes a typed code survives. Past it the code is dead, and
// only a new letter or a visit to a counter helps. Only tries that need not wait count,
// and strangers are shut out before they reach it (Limits): nobody who knows a member's
// number can kill the letter that is on its way to her. The right code opens whatever the
// counts say: of its 60 bits, guesses as fast as a network may send them find none.
const MaxTries = maxFailures

// Secrets of codes: 60 bits where a person types them, in three groups of four of
// Crockford's alphabet, which has no I, L, O and U; 256 bits where a link carries them.
const (
	typedLength = 12
	linkBytes   = 32
)

var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newSecret draws the secret of a code: "7KQ2-94MA-X0VT", or 43 letters of a link.
func newSecret(p Purpose, rand io.Reader) (string, error) {
	raw := make([]byte, linkBytes)
	if _, err := io.ReadFull(rand, raw); err != nil {
		return "", fmt.Errorf("drawing a code: %w", err)
	}
	if !p.Typed() {
		return base64.RawURLEncoding.EncodeToString(raw), nil
	}
	code := crockford.EncodeToString(raw)[:typedLength]
	return code[:4] + "-" + code[4:8] + "-" + code[8:], nil
}

// NewLink draws the secret of a link, for an act of the store that makes it with the mail.
func NewLink(rand io.Reader) (string, error) { return newSecret(StopChange, rand) }

// Many says that a member may have several living codes of the purpose at once: each undoes
// or stops another thing.
func (p Purpose) Many() bool { return p == UndoEmail || p == StopChange }

// CleanCode is the one spelling of a typed code: what people read for another letter is
// put right. ok is false for what has not the shape of one.
func CleanCode(typed string) (code string, ok bool) {
	if len(typed) > 64 {
		return "", false
	}
	code = strings.Map(func(r rune) rune {
		switch {
		case r == '-', r == ' ', r == '\u00a0', r == '\u2011':
			return -1
		case r >= 'a' && r <= 'z':
			r += 'A' - 'a'
		}
		switch r {
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, typed)
	return code, len(code) == typedLength && strings.Trim(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == ""
}

// Clean is the spelling of a secret under which it is looked up. "" for what cannot be one.
func (p Purpose) Clean(secret string) string {
	if p.Typed() {
		code, ok := CleanCode(secret)
		if !ok {
			return ""
		}
		return code
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil || len(raw) != linkBytes {
		return ""
	}
	return secret
}

// renewLife is how long the page of the new password may take.
const renewLife = 15 * time.Minute

// life is how long a code lives that says nothing of its own.
func (s *Service) life(p Purpose) time.Duration {
	switch p {
	case Renew:
		return renewLife
	case UndoEmail:
		return s.Profile.UndoLife
	case ActivateLetter, ResetLetter, Counter:
		return s.Profile.CodeLife
	}
	return s.Profile.LinkLife
}

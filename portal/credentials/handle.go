package credentials

import (
	"errors"
	"strings"
	"unicode/utf8"

	"guichet.example/auth/nrn"
	"guichet.example/portal/mail"
	"guichet.example/portal/profile"
)

// Kind of a handle: the column it is looked up in.
type Kind string

// The kinds. MemberNumber finds members for enrolment; nobody signs in with it.
const (
	KindNational     Kind = "national-number"
	KindUser         Kind = "user-number"
	KindAccessCode   Kind = "access-code"
	KindEmail        Kind = "e-mail"
	KindMemberNumber Kind = "member-number"
	// KindQuestion counts the answers to the secret question of a member number.
	KindQuestion Kind = "other question"
)

// Handle is what a member typed to say who she is, in its one spelling.
type Handle struct {
	Kind  Kind
	Value string
}

// Shown is the spelling that a page repeats to who typed it.
func (h Handle) Shown() string {
	switch h.Kind {
	case KindNational, KindUser:
		if len(h.Value) == 11 {
			d := h.Value
			return d[:2] + "." + d[2:4] + "." + d[4:6] + "-" + d[6:9] + "." + d[9:]
		}
	}
	return h.Value
}

// maxTyped is the longest identifier read, in bytes.
const maxTyped = 254

// ErrHandle means text that cannot be one of the identifiers asked for: wrong check
// digits, no address. It is told beside the field, before anything is looked up.
var ErrHandle = errors.New("not an identifier")

// ParseHandle reads what was typed as one of the identifiers of a profile. ErrHandle.
func ParseHandle(p profile.Profile, typed string) (Handle, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" || len(typed) > maxTyped || !utf8.ValidString(typed) {
		return Handle{}, ErrHandle
	}
	if p.Takes(profile.NationalNumber) {
		if n, err := nrn.Parse(typed); err == nil {
			return Handle{KindNational, n.Digits()}, nil
		}
	}
	if p.Takes(profile.UserNumber) {
		if n, err := ParseUserNumber(typed); err == nil {
			return Handle{KindUser, n}, nil
		}
	}
	if p.Takes(profile.Email) || p.Takes(profile.MutualityEmail) {
		if address, err := FoldEmail(typed); err == nil {
			return Handle{KindEmail, address}, nil
		}
	}
	if p.Takes(profile.AccessCode) {
		if code, err := ParseAccessCode(typed); err == nil {
			return Handle{KindAccessCode, code}, nil
		}
	}
	return Handle{}, ErrHandle
}

// FoldEmail is the spelling by which addresses are compared: without outer
// spaces, without case, its domain in A-labels. Two domains that letters make alike, as
// ß and ss do, are two domains: mail for one never goes to the other. ErrHandle for what
// is no address that can be written to.
func FoldEmail(typed string) (string, error) {
	address, err := mail.ParseAddress(typed)
	if err != nil {
		return "", ErrHandle
	}
	return strings.ToLower(address.String()), nil
}

// ParseAccessCode reads a code printed on a card: 4 to 20 letters and digits, in any
// case, blanks and dashes between them ignored. ErrHandle.
func ParseAccessCode(typed string) (string, error) {
	code := strings.Map(func(r rune) rune {
		switch {
		case r == ' ', r == '-', r == '\u00a0':
			return -1
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, strings.TrimSpace(typed))
	if len(code) < 4 || len(code) > 20 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return "", ErrHandle
	}
	return code, nil
}

// ParseMemberNumber reads the number on the member card without its leading zeros,
// blanks and dashes. ErrHandle.
func ParseMemberNumber(typed string) (string, error) {
	number := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '.' || r == '/' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.TrimSpace(typed))
	number = strings.TrimLeft(number, "0")
	if number == "" || len(number) > 20 || strings.Trim(number, "0123456789") != "" {
		return "", ErrHandle
	}
	return number, nil
}

// SameMutuality says whether what was typed is the mutuality's number, with or without
// leading zeros.
func SameMutuality(p profile.Profile, typed string) bool {
	number, err := ParseMemberNumber(typed)
	return err == nil && len(number) <= 4 && number == strings.TrimLeft(p.Number, "0")
}

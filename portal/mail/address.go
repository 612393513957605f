package mail

import (
	"errors"
	"strings"

	"golang.org/x/net/idna"
)

// ErrAddress means the text is no e-mail address that we can write to.
var ErrAddress = errors.New("not an e-mail address")

// Bounds of an address in bytes (RFC 5321, 4.5.3.1; 254 is what fits into a path).
const (
	maxLocal   = 64
	maxAddress = 254
)

// Address is an e-mail address that may stand in a header and in an SMTP command:
// ASCII only, its domain in lower case and, if international, in A-labels.
type Address struct{ local, domain string }

// ParseAddress reads one bare address, "an.peeters@example.be": a dot-atom before the
// sign (RFC 5322, 3.4.1; no quoted form, no comment, no name) and after it a domain
// with at least one dot, which may be international (RFC 5891). Blanks around it are
// dropped. Letters outside ASCII before the sign are refused: few servers carry them.
// ErrAddress.
func ParseAddress(s string) (Address, error) {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > maxLocal || len(s) > 4*maxAddress {
		return Address{}, ErrAddress
	}
	local, domain := s[:at], s[at+1:]
	for _, atom := range strings.Split(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !atext(r) }) {
			return Address{}, ErrAddress
		}
	}
	ascii, err := toASCII(domain)
	if err != nil || !isDomain(ascii) || len(local)+1+len(ascii) > maxAddress {
		return Address{}, ErrAddress
	}
	return Address{local, strings.ToLower(ascii)}, nil
}

// toASCII is the domain in A-labels, which are what they are made into themselves: of bytes
// that are no text idna makes labels that it does not read.
func toASCII(domain string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return "", err
	}
	if again, err := idna.Lookup.ToASCII(ascii); err != nil || again != ascii {
		return "", ErrAddress
	}
	return ascii, nil
}

// atext are the characters of an atom (RFC 5322, 3.2.3).
func atext(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r < 0x7f && strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// isDomain wants two or more labels of letters, digits and dashes, the last of which is
// no number: an address of a machine by its number is not one of a person.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(s) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(last) >= 2 && strings.Trim(last, "0123456789") != ""
}

// String is the address as it stands in a header.
func (a Address) String() string { return a.local + "@" + a.domain }

// Shown is the address for a person to read: its domain in her own letters.
func (a Address) Shown() string {
	if shown, err := idna.Display.ToUnicode(a.domain); err == nil {
		return a.local + "@" + shown
	}
	return a.String()
}

// Masked tells the owner which address is meant and nobody else: "a•••s@example.be".
func (a Address) Masked() string {
	first, last := a.local[:1], a.local[len(a.local)-1:]
	if len(a.local) < 4 {
		last = ""
	}
	return first + "•••" + last + "@" + a.domain
}

// Domain is the part after the sign, in A-labels.
func (a Address) Domain() string { return a.domain }

// common are the domains that most members of Belgian and French mutualities write from.
var common = []string{
	"gmail.com", "outlook.com", "outlook.be", "outlook.fr", "hotmail.com", "hotmail.be", "hotmail.fr", "live.be", "live.com", "live.fr",
	"yahoo.com", "yahoo.fr", "icloud.com", "me.com", "msn.com", "skynet.be", "telenet.be", "proximus.be", "voo.be", "scarlet.be",
	"brutele.be", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net", "bbox.fr", "gmx.de", "gmx.net", "web.de", "t-online.de",
	"proton.me", "protonmail.com",
}

// Suggest is the address that was probably meant, where the domain is one letter away
// from a common one ("gmial.com", "hotmail.co"): for a hint, never for a refusal.
// Empty: nothing to say.
func (a Address) Suggest() string {
	near := ""
	for _, c := range common {
		if a.domain == c {
			return ""
		}
		if near == "" && oneOff(a.domain, c) {
			near = c
		}
	}
	if near == "" {
		return ""
	}
	return a.local + "@" + near
}

// oneOff tells whether one letter added, left out or changed, or two neighbours
// exchanged, make a into b.
func oneOff(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	switch len(a) - len(b) {
	case 0:
		return len(a) > 0 && (a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:])
	case 1:
		return a[1:] == b
	case -1:
		return a == b[1:]
	}
	return false
}

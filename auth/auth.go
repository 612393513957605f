// Package auth says who came in, how, how sure we are of it, and what that opens.
//
// A way in (package webeid for the card, later federation and password) ends in a
// [Login]. Each page of the counter names the [Act] it needs, and one call,
// [Policy.Decide], answers yes or no together with the rule and the reason that go
// into the audit trail. What is not in the table is refused.
//
// The levels are those of Regulation (EU) 2015/1502, Annex: low, substantial, high.
package auth

import (
	"fmt"
	"log/slog"
	"time"

	"guichet.example/certs"
)

// Assurance is how sure we are that a login is the person it names.
// The zero value is None, which opens nothing.
type Assurance int

// The levels, weakest first, so that they compare with < and >=.
const (
	None        Assurance = iota // no national number behind it, or CSAM 100
	Low                          // a password; CSAM 200, 300, 350
	Substantial                  // CSAM 400
	High                         // the card; itsme (450); CSAM 500
)

var assuranceNames = [...]string{None: "none", Low: "low", Substantial: "substantial", High: "high"}

// String returns "none", "low", "substantial" or "high".
func (a Assurance) String() string {
	if a < None || a > High {
		return fmt.Sprintf("assurance(%d)", int(a))
	}
	return assuranceNames[a]
}

// MarshalText writes the word of String; a value outside the scale is an error.
func (a Assurance) MarshalText() ([]byte, error) {
	if a < None || a > High {
		return nil, fmt.Errorf("assurance %d is not on the scale", int(a))
	}
	return []byte(assuranceNames[a]), nil
}

// UnmarshalText reads the word of String and nothing else.
func (a *Assurance) UnmarshalText(text []byte) error {
	for level, name := range assuranceNames {
		if name == string(text) {
			*a = Assurance(level)
			return nil
		}
	}
	return fmt.Errorf("unknown assurance %.20q", text)
}

// OfCSAM returns what a level told by the Belgian federal service (CSAM/FAS) is
// worth here. Levels not in the list are worth nothing.
func OfCSAM(level int) Assurance {
	switch level {
	case 200, 300, 350:
		return Low
	case 400:
		return Substantial
	case 450, 500:
		return High
	}
	return None
}

// Method is the way someone came in.
type Method string

// The ways in.
const (
	Card     Method = "card"     // eID card in a reader, Web eID
	Federal  Method = "federal"  // token of a federal identity provider, SAML or OIDC
	Password Method = "password" // national number and password
)

// Login is a proven identity with its circumstances. It is a value: who holds one
// cannot change what another holds. It contains the holder of the certificate and
// with it the national number: it is logged through LogValue only.
type Login struct {
	Mutuality string       // key of the mutuality, part of every key in the store
	Member    MemberID     // the member this login acts as
	Name      string       // to show to the member
	Language  string       // "fr", "nl", "de" or "en"
	Holder    certs.Holder // from the card's certificate; zero for other methods
	Method    Method       // how
	Assurance Assurance    // how sure
	Provider  string       // id of the federal identity provider; empty for other methods
	Level     int          // CSAM level the provider told, 100 to 500; 0 for other methods
	// Everywhere says that the provider ends its own session too when it is asked.
	Everywhere bool
	At         time.Time // when the proof was given
	// PasswordSet is when the password that proved it was set; zero for other methods. No
	// session begins once another password is set, and it is not kept with one.
	PasswordSet time.Time
	// Kiosk is the id of the kiosk at which the session began; empty elsewhere.
	Kiosk   string
	Session string // public id of the session for the audit trail; never its token
}

// LogValue leaves out the name and the holder.
func (l Login) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("mutuality", l.Mutuality),
		slog.String("member", string(l.Member)),
		slog.String("method", string(l.Method)),
		slog.String("assurance", l.Assurance.String()),
		slog.String("provider", l.Provider),
		slog.Int("level", l.Level),
		slog.String("kiosk", l.Kiosk),
		slog.String("session", l.Session),
	)
}

// String says no more than LogValue, so that a login printed by mistake gives away
// neither name nor national number.
func (l Login) String() string {
	return fmt.Sprintf("login %s of member %s at %s by %s (%s)", l.Session, l.Member, l.Mutuality, l.Method, l.Assurance)
}

// GoString is String: %#v would otherwise print the holder.
func (l Login) GoString() string { return l.String() }

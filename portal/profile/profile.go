// Package profile says how one mutuality lets its members in: what they type, what a
// password must be, how they enrol and recover, how long links and codes live.
//
// A profile is data. Five ship, one for each system the counter takes the place of;
// a mutuality names one in its settings and changes what it wants to (Config). What
// goes against SP 800-63B-4 is possible where one of the five asks for it, and told:
// [Profile.Warnings].
package profile

import (
	"slices"
	"time"

	"guichet.example/auth/password"
)

// Identifier is what a member types to say who she is.
type Identifier string

// The identifiers. MutualityEmail is two fields, the number of the mutuality and the
// e-mail address.
const (
	NationalNumber Identifier = "national-number"
	UserNumber     Identifier = "user-number"
	AccessCode     Identifier = "access-code"
	Email          Identifier = "e-mail"
	MutualityEmail Identifier = "mutuality+e-mail"
)

// Way is a way to enrol or to get in again.
type Way string

// The ways to enrol (features B) and to recover (features D).
const (
	ByCard       Way = "card"    // The first sign-in by card makes the account
	ByFederal    Way = "federal" // The same with a federal token
	ByLetter     Way = "letter"  // A code by post to the address on file
	ByCounter    Way = "counter" // Staff hand over a sealed code
	ByKiosk      Way = "kiosk"
	ByAccessCode Way = "access-code" // Member number and access code
	ByIdentity   Way = "identity"    // Number, name, birth date, then a link
	BySixFields  Way = "six-fields"  // Six facts, then a link
	ByLink       Way = "link"        // A link to the certified e-mail
	ByQuestion   Way = "question"    // Member number, access code and secret question
	ByLostCode   Way = "lost-code"   // Notice to staff, who answer by post
)

// Question is one of the secret questions, in each language ("fr", "nl", "de", "en").
type Question map[string]string

// Profile is read-only after Load and then safe for concurrent use.
type Profile struct {
	ID string
	// Number is the mutuality's own, as members type it; empty: not asked for.
	Number string
	// Identifiers are those a member may type, the first being the usual one.
	Identifiers []Identifier
	// Password is what a new password must be.
	Password password.Policy
	Enrol    []Way
	Recover  []Way
	// LinkLife is how long a link in a mail works.
	LinkLife time.Duration
	// CodeLife is how long a code in a letter works.
	CodeLife time.Duration
	// UndoLife is how long a change of identifier can be undone from the old address.
	UndoLife time.Duration
	// Questions are exactly four where ByQuestion is a way, else none.
	Questions []Question
	// MajorityAge is from when a person has a space of her own, in years.
	MajorityAge int
	// Terms is the version of the terms of use accepted at enrolment; empty: none asked.
	Terms string
	// Features are what this mutuality switches on.
	Features []string
}

// Takes says whether members may sign in with this identifier.
func (p Profile) Takes(id Identifier) bool {
	for _, i := range p.Identifiers {
		if i == id {
			return true
		}
	}
	return false
}

// Enrols says whether one may enrol this way.
func (p Profile) Enrols(w Way) bool { return has(p.Enrol, w) }

// Recovers says whether one may get in again this way.
func (p Profile) Recovers(w Way) bool { return has(p.Recover, w) }

// QuestionBesideLink is the feature by which who has confirmed an e-mail address may
// answer her secret question all the same.
const QuestionBesideLink = "question-beside-link"

// Has says whether this mutuality switches a feature on.
func (p Profile) Has(feature string) bool { return slices.Contains(p.Features, feature) }

func has(ways []Way, w Way) bool {
	for _, way := range ways {
		if way == w {
			return true
		}
	}
	return false
}

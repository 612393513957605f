// Package federationtest holds federal identity providers that run in a test or in the
// demo, over real HTTP: a SAML one and an OpenID Connect one, with the shapes of FAS and
// itsme. They can be told to lie, one thing at a time.
//
// For tests and the demo only: nothing that `guichet serve` wires imports it.
package federationtest

import (
	"strings"
	"time"
)

// Person is someone whom a provider knows.
type Person struct {
	Number     string // national number, eleven digits; "" for someone it has none of
	GivenNames string
	Surname    string
	Email      string
	Language   string // "fr", "nl", "de", "en"
	FedID      string // opaque and stable; "" for one made of the names
}

// ID is FedID, or one made of the names.
func (p Person) ID() string {
	if p.FedID != "" {
		return p.FedID
	}
	return "fed-" + strings.ToLower(strings.Join(strings.Fields(p.GivenNames+" "+p.Surname), "-"))
}

// Choice is what a person did at the provider.
type Choice struct {
	Person Person
	Level  int       // CSAM level of the key she used
	At     time.Time // when; zero: now. An older one plays a provider that answers from its session
	Cancel bool      // she turned back
}

// Alice is the person whom providers know when nobody says otherwise. The number is made
// up, with right check digits.
var Alice = Person{Number: "85073003328", GivenNames: "Alice Marie", Surname: "Peeters",
	Email: "alice@example.org", Language: "fr"}

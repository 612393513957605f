// Package orders lets a member order documents. The first is the European health
// insurance card; an order is checked, frozen and signed like a bank change; who
// came by another way than the card approves it, or sends it, and the mutuality seals.
package orders

import (
	"context"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/portal/page"
	"guichet.example/portal/people"
	"guichet.example/signing/document"
)

// ErrNoAddress means that the post cannot bring what is ordered: the insurance system
// delivered no address of the member.
var ErrNoAddress = errors.New("no address to send an order to")

// Person is what an order says about the member and where the document goes.
type Person struct {
	Name        string
	Birth       time.Time
	Affiliation string
	Postal      page.Postal
}

// Store reads who orders, and keeps what is typed from page to page.
type Store interface {
	page.Drafts
	Orderer(ctx context.Context, login auth.Login) (Person, error)
	// Visible are the people whom the member may order for, herself first.
	Visible(ctx context.Context, login auth.Login) ([]people.Person, error)
	// Ordered lists her orders of a kind since then that were not refused or taken back.
	Ordered(ctx context.Context, login auth.Login, kind document.Kind, since time.Time) ([]Earlier, error)
	// Certificates are those that the insurance system lets the counter make, of persons
	// for whom she ordered a card in the last Period; Certificate is that of one, with all
	// that stands on it: people.ErrNotVisible.
	Certificates(ctx context.Context, login auth.Login) ([]Certificate, error)
	Certificate(ctx context.Context, login auth.Login, person auth.MemberID) (Certificate, error)
}

// Certificate is a provisional certificate that may be made for a person, in place of the
// European health insurance card.
type Certificate struct {
	people.Person
	Institution, Card string    // identification numbers
	Expiry            time.Time // date, of the card
	Until             time.Time // date, of the certificate
	// Only where it is made; lists do without.
	Surname, GivenNames string
	Birth               time.Time
	Number              nrn.Number
}

// Issuer has the mutuality seal a certificate and put it into the member's vault; it returns
// the document's id. The same key gives the same document.
type Issuer interface {
	Issue(ctx context.Context, login auth.Login, act document.Act, key string) (string, error)
}

// Freezer takes the checked answers to the signing step and returns the request's id.
// The same key gives the same request.
type Freezer interface {
	// FreezeFor freezes an order for these people, who are known by more than their names.
	FreezeFor(ctx context.Context, login auth.Login, act document.Act, people []auth.MemberID, key string) (string, error)
	// Method is how someone with this login will consent to the act: "signature",
	// "approval" or "receipt".
	Method(login auth.Login, act document.Act) string
}

// ids are who they are.
func ids(list []people.Person) []auth.MemberID {
	var out []auth.MemberID
	for _, one := range list {
		out = append(out, one.Member)
	}
	return out
}

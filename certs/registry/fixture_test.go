package registry

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"guichet.example/certs/certstest"
)

// world is a PKI and one card of each sort, made once.
type world struct {
	pki   *certstest.PKI
	cards map[string]*certstest.Card
}

const nora = "01050399864"

var made = sync.OnceValues(func() (*world, error) {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		return nil, err
	}
	w := &world{pki, map[string]*certstest.Card{}}
	for name, p := range map[string]certstest.Person{
		"rsa":   {NationalNumber: nora, Algorithm: certstest.RSA2048},
		"p384":  {NationalNumber: nora, Algorithm: certstest.P384},
		"other": {NationalNumber: "85073003328", Algorithm: certstest.P384},
	} {
		p.GivenNames, p.Surname = "Nora Anna Maria", "Specimen"
		p.Street, p.Postcode, p.Municipality = "Rue de la Loi 16", "1000", "Bruxelles"
		if w.cards[name], err = pki.Issue(p); err != nil {
			return nil, err
		}
	}
	return w, nil
})

func theWorld(t testing.TB) *world {
	t.Helper()
	w, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// card returns a copy, so that a test may spoil it.
func (w *world) card(name string) *certstest.Card {
	c := *w.cards[name]
	return &c
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

// flip changes one bit of a copy.
func flip(b []byte, at int) []byte {
	c := bytes.Clone(b)
	c[at] ^= 1
	return c
}

// filesOf are the files as a module would give them out.
func filesOf(c *certstest.Card) *Files {
	f := &Files{c.Identity, c.IdentitySignature, c.Address, c.AddressSignature, c.Photo, nil}
	if c.Registry != nil {
		f.Registry = c.Registry.Raw
	}
	return f
}

// certificatesOf are the certificates on a card.
func certificatesOf(c *certstest.Card) []*x509.Certificate {
	list := []*x509.Certificate{c.Issuer, c.Root}
	for _, pair := range []certstest.KeyPair{c.Authentication, c.Signature} {
		if pair.Certificate != nil {
			list = append(list, pair.Certificate)
		}
	}
	return list
}

// issued is a card of Nora's, changed.
func issued(t testing.TB, change func(*certstest.Person)) *certstest.Card {
	t.Helper()
	p := certstest.Person{
		GivenNames: "Nora Anna Maria", Surname: "Specimen", NationalNumber: nora, Algorithm: certstest.P384,
		Street: "Rue de la Loi 16", Postcode: "1000", Municipality: "Bruxelles",
		Birth: time.Date(2001, 5, 3, 0, 0, 0, 0, time.UTC), BirthPlace: "Liège",
	}
	if change != nil {
		change(&p)
	}
	card, err := theWorld(t).pki.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// wantNobody expects that error and no identity with it.
func wantNobody(t *testing.T, what string, id *Identity, err, want error) {
	t.Helper()
	wantError(t, what, err, want)
	if id != nil {
		t.Errorf("%s: an identity comes with the error", what)
	}
}

// In JSON an Identity shows what it holds; printed it does not.
func inFull(id *Identity) string {
	b, _ := json.Marshal(id)
	return string(b)
}

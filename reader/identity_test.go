package reader

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/registry"
)

// The same through the module: a card whose address somebody else signed, and a file
// that does not end.
func TestIdentityRefusesCard(t *testing.T) {
	card := theWorld(t).card("p384")
	card.Address = flip(card.Address, 10)
	_, m, c := insertedCard(t, "forged", card)
	id, err := c.Identity(theWorld(t).pki.Anchors())
	wantNobody(t, "Identity", id, err, registry.ErrNotAuthentic)
	meddle(m).attribute = func(uint, []byte) ([]byte, error) { return make([]byte, maxValue+1), nil }
	id, err = c.Identity(nil)
	wantNobody(t, "a file without end", id, err, errObjectTooLarge)
}

func TestIdentity(t *testing.T) {
	w := theWorld(t)
	for _, name := range []string{"rsa", "p384", "p256", "kid"} {
		t.Run(name, func(t *testing.T) {
			_, _, c := inserted(t, name)
			id, err := c.Identity(w.pki.Anchors())
			if err != nil {
				t.Fatal(err)
			}
			card := w.cards[name]
			if id.Source != registry.FromFiles || id.Surname != "Specimen" || id.GivenNames != "Nora Anna" || id.Initial != "M" ||
				id.NationalNumber != nora || id.CardNumber != card.CardNumber || id.ChipNumber != fmt.Sprintf("%x", card.ChipNumber) {
				t.Errorf("Identity = %s", inFull(id))
			}
			if want := (registry.Address{Street: "Rue de la Loi 16", Postcode: "1000", Municipality: "Bruxelles"}); id.Address != want {
				t.Errorf("address = %+v, want %+v", id.Address, want)
			}
			if !bytes.Equal(id.Photo, card.Photo) {
				t.Errorf("photo of %d bytes, want the card's %d", len(id.Photo), len(card.Photo))
			}
			if id, err = c.Identity(nil); err != nil || id.Source != registry.FromUnanchoredFiles {
				t.Errorf("without anchors: %v, %v, want %s", id, err, registry.FromUnanchoredFiles)
			}
		})
	}
}

// A module that gives out no files, as OpenSC: the certificate has to do.
func TestIdentityFromCertificate(t *testing.T) {
	card := theWorld(t).card("rsa")
	card.Identity = nil
	_, _, c := insertedCard(t, "opensc", card)
	for source, anchors := range map[registry.Source]*certs.TrustAnchors{registry.FromCertificate: theWorld(t).pki.Anchors(), registry.FromUnanchoredCertificate: nil} {
		id, err := c.Identity(anchors)
		if err != nil {
			t.Fatal(err)
		}
		if id.Source != source || id.Surname != "Specimen" || id.GivenNames == "" || id.NationalNumber != nora ||
			id.Photo != nil || id.Address != (registry.Address{}) {
			t.Errorf("Identity = %s, want source %s", inFull(id), source)
		}
	}
	f := &registry.Files{Identity: make([]byte, 200), Photo: card.Photo}
	if id, err := IdentityOf(f, certificatesOf(card), nil, nil); err != nil || id.Source != registry.FromUnanchoredCertificate || id.Photo != nil {
		t.Errorf("of a blank identity file: %v, %v", id, err)
	}
	late := func() time.Time { return card.Authentication.Certificate.NotAfter.AddDate(0, 1, 0) }
	if id, err := IdentityOf(nil, certificatesOf(card), theWorld(t).pki.Anchors(), late); err != nil || id.NationalNumber != nora {
		t.Errorf("of an expired certificate: %v, %v", id, err)
	}
}

// A card for small children has no certificate at all, and still says whose it is.
func TestIdentityWithoutCertificates(t *testing.T) {
	card := issued(t, func(p *certstest.Person) { p.Files.NoCertificates = true })
	_, _, c := insertedCard(t, "small", card)
	if id, err := c.Identity(theWorld(t).pki.Anchors()); err != nil || id.NationalNumber != nora || id.DocumentType != 6 {
		t.Errorf("Identity = %v, %v", id, err)
	}
	_, err := c.Certificate(certs.Authentication)
	wantError(t, "Certificate", err, ErrNoAuthenticationCertificate)
	wantError(t, "Certificate", err, ErrUnknownCard)
}

func TestIdentityOverTime(t *testing.T) {
	_, m, c := inserted(t, "p384")
	letGo := make(chan struct{})
	defer close(letGo)
	meddle(m).attribute = func(_ uint, value []byte) ([]byte, error) { <-letGo; return value, nil }
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := c.IdentityContext(ctx, nil)
	wantError(t, "IdentityContext", err, ErrTimedOut)
}

// The module's clock is the one that counts: a card outlives its registry certificate.
func TestIdentityAfterTheRegistry(t *testing.T) {
	w := theWorld(t)
	_, m, c := inserted(t, "p384")
	m.Now = func() time.Time { return w.cards["p384"].Registry.NotAfter.Add(24 * time.Hour) }
	if _, err := c.Identity(w.pki.Anchors()); err != nil {
		t.Errorf("Identity = %v", err)
	}
}

// flip changes one bit of a copy.
func flip(b []byte, at int) []byte {
	c := bytes.Clone(b)
	c[at] ^= 1
	return c
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
func wantNobody(t *testing.T, what string, id *registry.Identity, err, want error) {
	t.Helper()
	wantError(t, what, err, want)
	if id != nil {
		t.Errorf("%s: an identity comes with the error", what)
	}
}

// In JSON an Identity shows what it holds; printed it does not.
func inFull(id *registry.Identity) string {
	b, _ := json.Marshal(id)
	return string(b)
}

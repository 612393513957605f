package reader

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

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

func TestIdentityRefuses(t *testing.T) {
	w := theWorld(t)
	for name, spoil := range map[string]func(c, other *certstest.Card){
		"identity changed":           func(c, _ *certstest.Card) { c.Identity = flip(c.Identity, len(c.Identity)/2) },
		"identity cut":               func(c, _ *certstest.Card) { c.Identity = c.Identity[:len(c.Identity)-1] },
		"identity longer":            func(c, _ *certstest.Card) { c.Identity = append(bytes.Clone(c.Identity), 9) },
		"identity of another card":   func(c, o *certstest.Card) { c.Identity = o.Identity },
		"signature of another card":  func(c, o *certstest.Card) { c.IdentitySignature = o.IdentitySignature },
		"identity and its signature": func(c, o *certstest.Card) { c.Identity, c.IdentitySignature = o.Identity, o.IdentitySignature },
		"identity signature changed": func(c, _ *certstest.Card) { c.IdentitySignature = flip(c.IdentitySignature, 20) },
		"identity signature longer":  func(c, _ *certstest.Card) { c.IdentitySignature = append(bytes.Clone(c.IdentitySignature), 9) },
		"no identity signature":      func(c, _ *certstest.Card) { c.IdentitySignature = nil },
		"identity signature zeros":   func(c, _ *certstest.Card) { c.IdentitySignature = make([]byte, 104) },
		"address changed":            func(c, _ *certstest.Card) { c.Address = flip(c.Address, 10) },
		"address longer":             func(c, _ *certstest.Card) { c.Address = append(bytes.Clone(c.Address), 1) },
		"address of another card":    func(c, o *certstest.Card) { c.Address, c.AddressSignature = o.Address, o.AddressSignature },
		"no address signature":       func(c, _ *certstest.Card) { c.AddressSignature = nil },
		"address signature zeros":    func(c, _ *certstest.Card) { c.AddressSignature = make([]byte, 104) },
		"something behind it":        func(c, _ *certstest.Card) { c.AddressSignature = append(bytes.Clone(c.AddressSignature), 1) },
		"address signs identity":     func(c, _ *certstest.Card) { c.Identity, c.IdentitySignature = c.Address, c.AddressSignature },
		"photo changed":              func(c, _ *certstest.Card) { c.Photo = flip(c.Photo, 100) },
		"photo longer":               func(c, _ *certstest.Card) { c.Photo = append(bytes.Clone(c.Photo), 1) },
		"photo cut":                  func(c, _ *certstest.Card) { c.Photo = c.Photo[:len(c.Photo)-1] },
		"no registry certificate":    func(c, _ *certstest.Card) { c.Registry = nil },
		"CA as registry":             func(c, _ *certstest.Card) { c.Registry = c.Issuer },
		"holder as registry":         func(c, _ *certstest.Card) { c.Registry = c.Signature.Certificate },
		"registry of the RSA era":    func(c, _ *certstest.Card) { c.Registry = w.cards["rsa"].Registry },
		"files of another person":    func(c, o *certstest.Card) { c.Authentication, c.Signature = o.Authentication, o.Signature },
		"signature certificate's":    func(c, o *certstest.Card) { c.Signature = o.Signature },
		"certificate's":              func(c, o *certstest.Card) { c.Authentication = o.Authentication },
		"photo without end":          func(c, _ *certstest.Card) { c.Photo = append(bytes.Clone(c.Photo), make([]byte, maxValue)...) },
	} {
		card := w.card("p384")
		spoil(card, w.card("other"))
		want := ErrIdentityNotAuthentic
		if name == "photo without end" {
			want = errObjectTooLarge
		}
		for _, anchors := range []*certs.TrustAnchors{w.pki.Anchors(), nil} {
			id, err := IdentityOf(filesOf(card), certificatesOf(card), anchors, time.Now)
			wantNobody(t, name, id, err, want)
			if err != nil && strings.Contains(err.Error(), nora) {
				t.Errorf("%s: the error has the number", name)
			}
		}
	}
}

// What only trust anchors can tell.
func TestIdentityRefusesOthersRegistry(t *testing.T) {
	w := theWorld(t)
	elsewhere, err := certstest.New(certstest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	card := w.card("p384")
	id, err := IdentityOf(filesOf(card), certificatesOf(card), elsewhere.Anchors(), nil)
	wantNobody(t, "a registry that no anchor knows", id, err, ErrIdentityNotAuthentic)
	f := filesOf(card)
	f.Registry = flip(f.Registry, len(f.Registry)-1)
	id, err = IdentityOf(f, certificatesOf(card), w.pki.Anchors(), nil)
	wantNobody(t, "a registry certificate whose signature is false", id, err, ErrIdentityNotAuthentic)
	early := func() time.Time { return card.Registry.NotBefore.Add(-time.Hour) }
	id, err = IdentityOf(filesOf(card), certificatesOf(card), w.pki.Anchors(), early)
	wantNobody(t, "a registry certificate of the future", id, err, ErrIdentityNotAuthentic)

	for name, on := range map[string][]*x509.Certificate{
		"nothing": nil, "CAs alone": {card.Issuer, card.Root}, "no authentication certificate": {card.Signature.Certificate, card.Registry},
	} {
		id, err := IdentityOf(nil, on, w.pki.Anchors(), nil)
		wantNobody(t, "of "+name, id, err, ErrNoAuthenticationCertificate)
	}
	id, err = IdentityOf(nil, certificatesOf(card), elsewhere.Anchors(), nil)
	wantNobody(t, "a certificate that no anchor knows", id, err, ErrIdentityNotAuthentic)
	id, err = IdentityOf(nil, []*x509.Certificate{card.Authentication.Certificate, w.cards["other"].Signature.Certificate}, nil, nil)
	wantNobody(t, "certificates of two people", id, err, ErrIdentityNotAuthentic)
}

// The same through the module: a card whose address somebody else signed, and a file
// that does not end.
func TestIdentityRefusesCard(t *testing.T) {
	card := theWorld(t).card("p384")
	card.Address = flip(card.Address, 10)
	_, m, c := insertedCard(t, "forged", card)
	id, err := c.Identity(theWorld(t).pki.Anchors())
	wantNobody(t, "Identity", id, err, ErrIdentityNotAuthentic)
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
			if id.Source != FromFiles || id.Surname != "Specimen" || id.GivenNames != "Nora Anna" || id.Initial != "M" ||
				id.NationalNumber != nora || id.CardNumber != card.CardNumber || id.ChipNumber != fmt.Sprintf("%x", card.ChipNumber) {
				t.Errorf("Identity = %s", inFull(id))
			}
			if want := (Address{"Rue de la Loi 16", "1000", "Bruxelles"}); id.Address != want {
				t.Errorf("address = %+v, want %+v", id.Address, want)
			}
			if !bytes.Equal(id.Photo, card.Photo) {
				t.Errorf("photo of %d bytes, want the card's %d", len(id.Photo), len(card.Photo))
			}
			if id, err = c.Identity(nil); err != nil || id.Source != FromUnanchoredFiles {
				t.Errorf("without anchors: %v, %v, want %s", id, err, FromUnanchoredFiles)
			}
		})
	}
}

// A module that gives out no files, as OpenSC: the certificate has to do.
func TestIdentityFromCertificate(t *testing.T) {
	card := theWorld(t).card("rsa")
	card.Identity = nil
	_, _, c := insertedCard(t, "opensc", card)
	for source, anchors := range map[Source]*certs.TrustAnchors{FromCertificate: theWorld(t).pki.Anchors(), FromUnanchoredCertificate: nil} {
		id, err := c.Identity(anchors)
		if err != nil {
			t.Fatal(err)
		}
		if id.Source != source || id.Surname != "Specimen" || id.GivenNames == "" || id.NationalNumber != nora ||
			id.Photo != nil || id.Address != (Address{}) {
			t.Errorf("Identity = %s, want source %s", inFull(id), source)
		}
	}
	f := &Files{Identity: make([]byte, 200), Photo: card.Photo}
	if id, err := IdentityOf(f, certificatesOf(card), nil, nil); err != nil || id.Source != FromUnanchoredCertificate || id.Photo != nil {
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

// A person's number is in no log and no test failure.
func TestIdentityPrintsNothing(t *testing.T) {
	id := &Identity{NationalNumber: nora, Surname: "Specimen", Source: FromFiles, Address: Address{Street: "Rue de la Loi 16"}}
	f := filesOf(theWorld(t).card("p384"))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("read", "identity", id, "files", f)
	for _, text := range []string{
		fmt.Sprint(id), fmt.Sprintf("%+v", id), fmt.Sprintf("%#v", id), fmt.Sprintf("%v", *id), log.String(),
		fmt.Sprint(f), fmt.Sprintf("%+v", *f), fmt.Sprintf("%#v", f),
	} {
		if strings.Contains(text, nora) || strings.Contains(text, "Specimen") || strings.Contains(text, "Rue") || len(text) > 300 {
			t.Errorf("printed: %s", text)
		}
	}
}

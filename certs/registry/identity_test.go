package registry

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

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
		"photo without end":          func(c, _ *certstest.Card) { c.Photo = append(bytes.Clone(c.Photo), make([]byte, MaxFile)...) },
	} {
		card := w.card("p384")
		spoil(card, w.card("other"))
		want := ErrNotAuthentic
		if name == "photo without end" {
			want = ErrMalformed
		}
		for _, anchors := range []*certs.TrustAnchors{w.pki.Anchors(), nil} {
			id, err := IdentityOf(filesOf(card), certificatesOf(card), anchors, time.Now())
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
	id, err := IdentityOf(filesOf(card), certificatesOf(card), elsewhere.Anchors(), time.Now())
	wantNobody(t, "a registry that no anchor knows", id, err, ErrNotAuthentic)
	f := filesOf(card)
	f.Registry = flip(f.Registry, len(f.Registry)-1)
	id, err = IdentityOf(f, certificatesOf(card), w.pki.Anchors(), time.Now())
	wantNobody(t, "a registry certificate whose signature is false", id, err, ErrNotAuthentic)
	early := card.Registry.NotBefore.Add(-time.Hour)
	id, err = IdentityOf(filesOf(card), certificatesOf(card), w.pki.Anchors(), early)
	wantNobody(t, "a registry certificate of the future", id, err, ErrNotAuthentic)

	for name, on := range map[string][]*x509.Certificate{
		"nothing": nil, "CAs alone": {card.Issuer, card.Root}, "no authentication certificate": {card.Signature.Certificate, card.Registry},
	} {
		id, err := IdentityOf(nil, on, w.pki.Anchors(), time.Now())
		wantNobody(t, "of "+name, id, err, ErrNoCertificate)
	}
	id, err = IdentityOf(nil, certificatesOf(card), elsewhere.Anchors(), time.Now())
	wantNobody(t, "a certificate that no anchor knows", id, err, ErrNotAuthentic)
	id, err = IdentityOf(nil, []*x509.Certificate{card.Authentication.Certificate, w.cards["other"].Signature.Certificate}, nil, time.Now())
	wantNobody(t, "certificates of two people", id, err, ErrNotAuthentic)
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

// Of no identity file Verify says nothing: whoever may sign in without one asks IdentityOf.
func TestVerifyWantsFiles(t *testing.T) {
	w := theWorld(t)
	for name, f := range map[string]Files{"nothing": {}, "zeros": {Identity: make([]byte, 200)}, "a photo alone": {Photo: w.cards["p384"].Photo}} {
		id, err := Verify(f, certificatesOf(w.card("p384")), w.pki.Anchors(), time.Now())
		wantNobody(t, name, id, err, ErrNotAuthentic)
	}
}

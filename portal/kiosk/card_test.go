package kiosk

import (
	"bytes"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/certs/registry"
)

var claire = certstest.Person{GivenNames: "Claire", Surname: "Delcourt", NationalNumber: "85073003328", Algorithm: certstest.P384,
	Street: "Rue Neuve 1", Postcode: "4000", Municipality: "Liège", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC)}

func filesOf(c *certstest.Card) registry.Files {
	return registry.Files{Identity: c.Identity, IdentitySignature: c.IdentitySignature, Address: c.Address,
		AddressSignature: c.AddressSignature, Photo: c.Photo, Registry: c.Registry.Raw}
}

func issue(t *testing.T, pki *certstest.PKI, p certstest.Person) *certstest.Card {
	t.Helper()
	card, err := pki.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func TestReadCard(t *testing.T) {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := certstest.New(certstest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	bram := claire
	bram.GivenNames, bram.NationalNumber = "Bram", "17073003384"
	card, other, foreign := issue(t, pki, claire), issue(t, pki, bram), issue(t, strangers, claire)
	now := time.Now()
	for name, tt := range map[string]struct {
		change func(f *registry.Files)
		want   Fault
	}{
		"no identity":           {func(f *registry.Files) { f.Identity = nil }, FaultMissing},
		"no signature":          {func(f *registry.Files) { f.IdentitySignature = nil }, FaultMissing},
		"no registry":           {func(f *registry.Files) { f.Registry = nil }, FaultMissing},
		"nothing":               {func(f *registry.Files) { *f = registry.Files{} }, FaultMissing},
		"a byte of it changed":  {func(f *registry.Files) { f.Identity = changed(f.Identity, len(f.Identity)/2) }, FaultForged},
		"a byte of the address": {func(f *registry.Files) { f.Address = changed(f.Address, 5) }, FaultForged},
		"another photo":         {func(f *registry.Files) { f.Photo = changed(f.Photo, len(f.Photo)/2) }, FaultForged},
		"signature of another":  {func(f *registry.Files) { f.IdentitySignature = other.IdentitySignature }, FaultForged},
		"address of another":    {func(f *registry.Files) { f.Address, f.AddressSignature = other.Address, other.AddressSignature }, FaultForged},
		"another registry":      {func(f *registry.Files) { f.Registry = foreign.Registry.Raw }, FaultForged},
		"all of a strange PKI":  {func(f *registry.Files) { *f = filesOf(foreign) }, FaultForged},
		"her own certificate":   {func(f *registry.Files) { f.Registry = card.Signature.Certificate.Raw }, FaultForged},
		"oversize":              {func(f *registry.Files) { f.Identity = append(bytes.Clone(f.Identity), make([]byte, 20<<10)...) }, FaultForged},
		"as issued":             {func(*registry.Files) {}, ""},
		"without address":       {func(f *registry.Files) { f.Address, f.AddressSignature = nil, nil }, ""},
	} {
		f := filesOf(card)
		tt.change(&f)
		got := ReadCard(f, pki.Anchors(), now)
		if got.Fault != tt.want || (got.Fault == "") != (got.Number.Digits() == claire.NationalNumber) {
			t.Errorf("%s: fault %q, want %q", name, got.Fault, tt.want)
		}
		if got.Fault == "" && !got.Until.After(now) {
			t.Errorf("%s: counts until %v", name, got.Until)
		}
	}
	if got := ReadCard(filesOf(card), nil, now); got.Fault != FaultForged {
		t.Errorf("believed without an anchor: %q", got.Fault)
	}
	if got := ReadCard(filesOf(other), pki.Anchors(), now); got.Number.Digits() != bram.NationalNumber {
		t.Error("files of another are read as somebody else's")
	}
}

func changed(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

package certs_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

func subject(attributes ...any) *x509.Certificate {
	cert := &x509.Certificate{}
	for i := 0; i < len(attributes); i += 2 {
		cert.Subject.Names = append(cert.Subject.Names, pkix.AttributeTypeAndValue{
			Type: asn1.ObjectIdentifier{2, 5, 4, attributes[i].(int)}, Value: attributes[i+1],
		})
	}
	return cert
}

func TestHolderOfRefuses(t *testing.T) {
	for name, cert := range map[string]*x509.Certificate{
		"empty subject":          subject(),
		"no country":             subject(5, "01050399864", 4, "Specimen"),
		"country of one letter":  subject(6, "B", 5, "01050399864", 4, "Specimen"),
		"no serial number":       subject(6, "BE", 4, "Specimen"),
		"empty serial number":    subject(6, "BE", 5, "", 4, "Specimen"),
		"no name":                subject(6, "BE", 5, "01050399864", 3, "Nora Specimen"),
		"two serial numbers":     subject(6, "BE", 5, "01050399864", 5, "85073003328", 4, "Specimen"),
		"two countries":          subject(6, "BE", 6, "EE", 5, "01050399864", 4, "Specimen"),
		"serial number not text": subject(6, "BE", 5, 1050399864, 4, "Specimen"),
		"a CA":                   world().Authority("citizen-ec").Certificate,
		"the registry":           world().Service("registry-ec").Certificate,
		"the TSA":                world().Service("tsa").Certificate,
	} {
		if h, err := certs.HolderOf(cert); !errors.Is(err, certs.ErrNoHolder) || h != (certs.Holder{}) {
			t.Errorf("HolderOf(%s) = %+v, %v, want none, %v", name, h, err, certs.ErrNoHolder)
		}
	}
}

func TestHolderOf(t *testing.T) {
	card := issue(t, nil)
	h, err := certs.HolderOf(card.Authentication.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	want := certs.Holder{Country: "BE", SerialNumber: "01050399864", GivenNames: "Nora Anna Lucie", Surname: "Specimen", CommonName: "Nora Specimen (Authentication)"}
	if h != want {
		t.Errorf("HolderOf = %#v with %s, want %#v", h, h.SerialNumber, want)
	}
	if h.Name() != "Nora Specimen" {
		t.Errorf("Name = %q", h.Name())
	}
	other, err := certs.HolderOf(card.Signature.Certificate)
	if err != nil || !h.Is(other) || other.Name() != h.Name() {
		t.Errorf("both certificates of a card name %v and %v (%v), want the same person", h, other, err)
	}
	single := issue(t, func(p *certstest.Person) { p.GivenNames = "" })
	if h, err := certs.HolderOf(single.Signature.Certificate); err != nil || h.Name() != "Specimen" {
		t.Errorf("holder with one name = %v, %v", h, err)
	}
}

func TestHolderIs(t *testing.T) {
	nora := certs.Holder{Country: "BE", SerialNumber: "01050399864", Surname: "Specimen"}
	for name, other := range map[string]certs.Holder{
		"nobody":         {},
		"other number":   {Country: "BE", SerialNumber: "85073003328", Surname: "Specimen"},
		"other country":  {Country: "EE", SerialNumber: "01050399864", Surname: "Specimen"},
		"longer number":  {Country: "BE", SerialNumber: "010503998640"},
		"no country":     {SerialNumber: "01050399864"},
		"no number":      {Country: "BE", Surname: "Specimen"},
		"prefix as such": {Country: "BE", SerialNumber: "PNOBE-01050399864"},
	} {
		if nora.Is(other) || other.Is(nora) {
			t.Errorf("Is(%s) = true", name)
		}
	}
	if (certs.Holder{}).Is(certs.Holder{}) {
		t.Error("nobody is the same person as nobody")
	}
	if !nora.Is(certs.Holder{Country: "BE", SerialNumber: "01050399864", Surname: "Married"}) {
		t.Error("a changed surname makes another person")
	}
}

func TestHolderPrintsNoNumber(t *testing.T) {
	h, err := certs.HolderOf(issue(t, nil).Authentication.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("login", "holder", h)
	for _, out := range []string{fmt.Sprint(h), fmt.Sprintf("%+v", h), fmt.Sprintf("%#v", h), log.String()} {
		if strings.Contains(out, h.SerialNumber) {
			t.Errorf("the number is printed in %q", out)
		}
	}
	if strings.Contains(log.String(), "Specimen") {
		t.Errorf("the name is logged: %s", log.String())
	}
}

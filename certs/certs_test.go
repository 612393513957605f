package certs_test

import (
	"crypto/x509"
	"errors"
	"sync"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

var world = sync.OnceValue(func() *certstest.PKI {
	p, err := certstest.New(certstest.Config{})
	if err != nil {
		panic(err)
	}
	return p
})

func person(a certstest.Algorithm) certstest.Person {
	return certstest.Person{GivenNames: "Nora Anna Lucie", Surname: "Specimen", NationalNumber: "01.05.03-998.64", Algorithm: a}
}

func issue(t testing.TB, change func(*certstest.Person)) *certstest.Card {
	t.Helper()
	p := person(certstest.P384)
	if change != nil {
		change(&p)
	}
	card, err := world().Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func key(t testing.TB) certstest.KeyPair {
	t.Helper()
	return issue(t, func(p *certstest.Person) { p.Algorithm = certstest.P256; p.NoSignature = true }).Authentication
}

func forge(t testing.TB, authority string, template *x509.Certificate) *x509.Certificate {
	t.Helper()
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	cert, err := world().Forge(authority, template, key(t).Key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestParseRefuses(t *testing.T) {
	der := issue(t, nil).Authentication.Certificate.Raw
	for name, input := range map[string][]byte{
		"nothing":             nil,
		"text":                []byte("-----BEGIN CERTIFICATE-----"),
		"a byte less":         der[:len(der)-1],
		"a byte more":         append(der[:len(der):len(der)], 0),
		"two certificates":    append(der[:len(der):len(der)], der...),
		"zero padding":        append(der[:len(der):len(der)], make([]byte, 50)...),
		"larger than allowed": make([]byte, certs.MaxCertificate+1),
		"indefinite length":   {0x30, 0x80, 0, 0},
	} {
		if cert, err := certs.Parse(input); !errors.Is(err, certs.ErrMalformed) || cert != nil {
			t.Errorf("Parse(%s) = %v, %v, want nil, %v", name, cert, err, certs.ErrMalformed)
		}
	}
}

func TestParse(t *testing.T) {
	want := issue(t, nil).Authentication.Certificate
	if got, err := certs.Parse(want.Raw); err != nil || !got.Equal(want) {
		t.Errorf("Parse = %v, want the certificate", err)
	}
}

package revocation_test

import (
	"crypto/x509"
	"log/slog"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

// world is a PKI with a card, and a checker that asks its services.
type world struct {
	*certstest.Server
	card *certstest.Card
	path certs.Path
	log  *strings.Builder
}

func start(t testing.TB, a certstest.Algorithm) *world {
	t.Helper()
	w := &world{Server: certstest.Start(t), log: new(strings.Builder)}
	var err error
	w.card, err = w.Issue(certstest.Person{GivenNames: "Nora", Surname: "Specimen", NationalNumber: "01.05.03-998.64", Algorithm: a})
	if err != nil {
		t.Fatal(err)
	}
	w.path = w.pathTo(t, w.card.Authentication.Certificate, certs.Authentication)
	return w
}

func (w *world) pathTo(t testing.TB, cert *x509.Certificate, p certs.Purpose) certs.Path {
	t.Helper()
	path, err := w.Anchors().Path(cert, p, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (w *world) checker(t testing.TB, change func(*revocation.Config)) *revocation.Checker {
	t.Helper()
	c := revocation.Config{Hosts: w.Hosts(), Timeout: 2 * time.Second, Log: slog.New(slog.NewTextHandler(w.log, nil))}
	if change != nil {
		change(&c)
	}
	checker, err := revocation.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

func (w *world) set(t testing.TB, s certstest.Service, f certstest.Fault) {
	t.Helper()
	if err := w.Control().Set(s, f); err != nil {
		t.Fatal(err)
	}
}

package certs_test

import (
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

// BenchmarkPath against BenchmarkBareVerify: a path costs one verification of a signature
// and little more.
func BenchmarkPath(b *testing.B)       { benchmark(b, pathTo) }
func BenchmarkBareVerify(b *testing.B) { benchmark(b, bareVerify) }

func benchmark(b *testing.B, f func(*certstest.Card) error) {
	for _, a := range []certstest.Algorithm{certstest.RSA2048, certstest.P384} {
		card := issue(b, func(p *certstest.Person) { p.Algorithm = a })
		b.Run(a.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := f(card); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func pathTo(card *certstest.Card) error {
	_, err := world().Anchors().Path(card.Authentication.Certificate, certs.Authentication, time.Now())
	return err
}

func bareVerify(card *certstest.Card) error {
	c := card.Authentication.Certificate
	return card.Issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
}

func BenchmarkParse(b *testing.B) {
	der := issue(b, nil).Authentication.Certificate.Raw
	for b.Loop() {
		if _, err := certs.Parse(der); err != nil {
			b.Fatal(err)
		}
	}
}

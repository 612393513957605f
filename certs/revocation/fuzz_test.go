package revocation_test

import (
	"bytes"
	"crypto/x509"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/ocsp"

	"guichet.example/certs/revocation"
)

// signedPart is the first SEQUENCE of a signed structure, what the signature covers.
func signedPart(t testing.TB, der []byte) []byte {
	t.Helper()
	input := cryptobyte.String(der)
	var outer, part cryptobyte.String
	if !input.ReadASN1(&outer, asn1.SEQUENCE) || !outer.ReadASN1Element(&part, asn1.SEQUENCE) {
		t.Fatal("vector cannot be read")
	}
	return part
}

// Whatever comes: an error and no answer, or an answer whose signed part is one that the
// vectors' responders signed, and which golang.org/x/crypto/ocsp reads the same way.
func FuzzVerifyOCSP(f *testing.F) {
	at, ca := vectorTime(f), vectorCert(f, "ca")
	leaf, other := vectorCert(f, "leaf"), vectorCert(f, "other")
	var genuine [][]byte
	for _, name := range []string{"good.ocsp", "good-by-key.ocsp", "good-by-issuer.ocsp", "revoked.ocsp", "unknown.ocsp"} {
		raw := vector(f, name)
		f.Add(raw)
		parsed, err := ocsp.ParseResponse(raw, nil)
		if err != nil {
			f.Fatal(err)
		}
		genuine = append(genuine, parsed.TBSResponseData)
	}
	f.Add([]byte{0x30, 3, 0x0a, 1, 3})
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, cert := range []*x509.Certificate{leaf, other} {
			answer, err := revocation.VerifyOCSP(raw, cert, ca, nil, at, skew)
			if answer.Status == revocation.Unknown {
				if err == nil {
					t.Fatal("no answer and no error")
				}
				continue
			}
			if !bytes.Equal(answer.Raw, raw) {
				t.Fatal("answer holds other bytes")
			}
			agreeOCSP(t, raw, answer)
			covered := false
			for _, g := range genuine {
				covered = covered || bytes.Contains(raw, g)
			}
			if !covered {
				t.Fatal("accepted what none of the responders signed")
			}
		}
	})
}

// The second parser looks for the signer in the first certificate only; where that is not
// the signer it has no opinion.
func agreeOCSP(t *testing.T, raw []byte, answer revocation.Answer) {
	second, err := ocsp.ParseResponse(raw, nil)
	if err != nil {
		return
	}
	same := second.Status == ocsp.Good && answer.Status == revocation.Good ||
		second.Status == ocsp.Revoked && answer.Status == revocation.Revoked && second.RevokedAt.Equal(answer.RevokedAt)
	if !same || !second.ThisUpdate.Equal(answer.ThisUpdate) || !second.NextUpdate.Equal(answer.NextUpdate) || !second.ProducedAt.Equal(answer.ProducedAt) {
		t.Fatalf("a second parser reads %+v, we %+v", second, answer)
	}
}

// As FuzzVerifyOCSP, with crypto/x509 as the second parser.
func FuzzVerifyCRL(f *testing.F) {
	at, ca := vectorTime(f), vectorCert(f, "ca")
	leaf, other := vectorCert(f, "leaf"), vectorCert(f, "other")
	genuine := vector(f, "list.crl")
	f.Add(genuine)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, cert := range []*x509.Certificate{leaf, other} {
			answer, err := revocation.VerifyCRL(raw, cert, ca, at, skew)
			if answer.Status == revocation.Unknown {
				if err == nil {
					t.Fatal("no answer and no error")
				}
				continue
			}
			second, err := x509.ParseRevocationList(raw)
			if err != nil {
				t.Fatalf("accepted, but a second parser says %v", err)
			}
			revoked := false
			for _, e := range second.RevokedCertificateEntries {
				revoked = revoked || e.SerialNumber.Cmp(cert.SerialNumber) == 0
			}
			if revoked != (answer.Status == revocation.Revoked) || !second.ThisUpdate.Equal(answer.ThisUpdate) || !second.NextUpdate.Equal(answer.NextUpdate) {
				t.Fatalf("a second parser reads %v and revoked %v, we %+v", second.ThisUpdate, revoked, answer)
			}
			if !bytes.Equal(second.RawTBSRevocationList, signedPart(t, genuine)) {
				t.Fatal("accepted what the CA did not sign")
			}
		}
	})
}

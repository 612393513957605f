package revocation_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"guichet.example/certs/revocation"
)

// crl is the shared CA's honest list, altered and signed.
func crl(t testing.TB, authority string, alter func(*x509.RevocationList)) []byte {
	t.Helper()
	list := shared().CRL(authority)
	if alter != nil {
		alter(list)
	}
	raw, err := shared().SignCRL(authority, list)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// point is an issuing distribution point with these elements in it (RFC 5280, 5.2.5).
func point(elements ...[]byte) func(*x509.RevocationList) {
	content := bytes.Join(elements, nil)
	value := append([]byte{0x30, byte(len(content))}, content...)
	return func(l *x509.RevocationList) {
		l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: value}}
	}
}

// named is distributionPoint [0] fullName [0] with one URI [6].
func named(uri string) []byte {
	n := byte(len(uri))
	return append([]byte{0xa0, n + 4, 0xa0, n + 2, 0x86, n}, uri...)
}

func critical(id ...int) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		l.ExtraExtensions = []pkix.Extension{{Id: id, Critical: true, Value: []byte{2, 1, 1}}}
	}
}

func TestVerifyCRLRefuses(t *testing.T) {
	now := time.Now()
	card := sharedCard()
	cert := card.Authentication.Certificate
	impostor := *card.Issuer
	impostor.PublicKey = shared().Service("tsa").Key.Public()
	forged, err := x509.CreateRevocationList(rand.Reader, shared().CRL("citizen-ec"), &impostor, shared().Service("tsa").Key)
	if err != nil {
		t.Fatal(err)
	}
	revoked := func(e x509.RevocationListEntry) func(*x509.RevocationList) {
		return func(l *x509.RevocationList) { l.RevokedCertificateEntries = []x509.RevocationListEntry{e} }
	}
	uri := cert.CRLDistributionPoints[0]
	for _, c := range []struct {
		name string
		raw  []byte
	}{
		{"list of another CA", crl(t, "foreigner-ec", nil)},
		{"list of the root", crl(t, "root-ec", nil)},
		{"list signed by an impostor", forged},
		{"thisUpdate past the skew", crl(t, "citizen-ec", func(l *x509.RevocationList) { l.ThisUpdate = now.Add(skew + time.Minute) })},
		{"nextUpdate passed", crl(t, "citizen-ec", func(l *x509.RevocationList) {
			l.ThisUpdate, l.NextUpdate = now.Add(-time.Hour), now.Add(-skew-time.Minute)
		})},
		{"made after the certificate expired", crl(t, "citizen-ec", func(l *x509.RevocationList) {
			l.ThisUpdate, l.NextUpdate = cert.NotAfter.Add(time.Hour), cert.NotAfter.Add(2*time.Hour)
		})},
		{"delta list", crl(t, "citizen-ec", critical(2, 5, 29, 27))},
		{"critical extension", crl(t, "citizen-ec", critical(1, 2, 3))},
		{"CA certificates only", crl(t, "citizen-ec", point([]byte{0x82, 1, 0xff}))},
		{"attribute certificates only", crl(t, "citizen-ec", point([]byte{0x85, 1, 0xff}))},
		{"some reasons only", crl(t, "citizen-ec", point([]byte{0x83, 2, 0, 0x80}))},
		{"indirect list", crl(t, "citizen-ec", point([]byte{0x84, 1, 0xff}))},
		{"another distribution point", crl(t, "citizen-ec", point(named("http://elsewhere/1.crl")))},
		{"distribution point relative to the issuer", crl(t, "citizen-ec", point([]byte{0xa0, 4, 0xa1, 2, 0x30, 0}))},
		{"users only, but FALSE", crl(t, "citizen-ec", point([]byte{0x81, 1, 0}))},
		{"distribution point of garbage", crl(t, "citizen-ec", func(l *x509.RevocationList) {
			l.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Value: []byte{1, 2, 3}}}
		})},
		{"entry of another issuer", crl(t, "citizen-ec", revoked(x509.RevocationListEntry{
			SerialNumber: cert.SerialNumber, RevocationTime: now,
			ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: asn1.NullBytes}},
		}))},
		{"entry with a critical extension", crl(t, "citizen-ec", revoked(x509.RevocationListEntry{
			SerialNumber: cert.SerialNumber, RevocationTime: now,
			ExtraExtensions: []pkix.Extension{unheardOf},
		}))},
		{"nothing", nil},
		{"an OCSP answer", respond(t, nil)},
		{"too large", make([]byte, revocation.MaxCRL+1)},
		{"trailing byte", append(crl(t, "citizen-ec", nil), 0)},
	} {
		at := now
		if c.name == "made after the certificate expired" {
			at = cert.NotAfter.Add(time.Hour)
		}
		answer, err := revocation.VerifyCRL(c.raw, cert, card.Issuer, at, skew)
		if !errors.Is(err, revocation.ErrInvalid) || answer.Status == revocation.Good {
			t.Errorf("VerifyCRL(%s) = %v, %v, want %v", c.name, answer.Status, err, revocation.ErrInvalid)
		}
	}
	if _, err := revocation.VerifyCRL(crl(t, "root-ec", point([]byte{0x81, 1, 0xff})), card.Issuer, card.Root, now, skew); !errors.Is(err, revocation.ErrInvalid) {
		t.Errorf("VerifyCRL(user certificates only, for a CA) = %v", err)
	}
	if _, err := revocation.VerifyCRL(crl(t, "citizen-ec", point(named(uri))), cert, card.Issuer, now, skew); err != nil {
		t.Errorf("VerifyCRL(the certificate's own distribution point) = %v", err)
	}
}

func TestVerifyCRLRefusesDamage(t *testing.T) {
	card, now := sharedCard(), time.Now()
	raw := crl(t, "citizen-ec", nil)
	for i := range raw {
		damaged := bytes.Clone(raw)
		damaged[i] ^= 1
		if _, err := revocation.VerifyCRL(damaged, card.Signature.Certificate, card.Issuer, now, skew); err == nil {
			t.Errorf("VerifyCRL(bit 0 of byte %d flipped) = nil", i)
		}
		if _, err := revocation.VerifyCRL(raw[:i], card.Signature.Certificate, card.Issuer, now, skew); err == nil {
			t.Errorf("VerifyCRL(first %d bytes) = nil", i)
		}
	}
}

func TestVerifyCRL(t *testing.T) {
	card, now := sharedCard(), time.Now()
	cert := card.Authentication.Certificate
	at := now.Add(-time.Hour).UTC().Truncate(time.Second)
	many := func(mine int) func(*x509.RevocationList) {
		return func(l *x509.RevocationList) {
			for i := range 2000 {
				e := x509.RevocationListEntry{SerialNumber: big.NewInt(int64(i) + 1<<40), RevocationTime: at.AddDate(0, 0, -i), ReasonCode: i % 7}
				if i == mine {
					e.SerialNumber, e.RevocationTime, e.ReasonCode = cert.SerialNumber, at, 4
				}
				l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, e)
			}
		}
	}
	for _, mine := range []int{0, 1000, 1999} {
		raw := crl(t, "citizen-ec", many(mine))
		answer, err := revocation.VerifyCRL(raw, cert, card.Issuer, now, skew)
		var revoked revocation.RevokedError
		if !errors.As(err, &revoked) || !revoked.At.Equal(at) || revoked.Reason != 4 || answer.Status != revocation.Revoked {
			t.Errorf("VerifyCRL(revoked by entry %d) = %v, %v", mine, answer.Status, err)
		}
		if answer, err := revocation.VerifyCRL(raw, card.Signature.Certificate, card.Issuer, now, skew); err != nil || answer.Status != revocation.Good {
			t.Errorf("VerifyCRL(another card) = %v, %v, want good", answer.Status, err)
		}
	}
	for name, alter := range map[string]func(*x509.RevocationList){
		"empty": nil, "users only": point([]byte{0x81, 1, 0xff}),
		"year 2050": func(l *x509.RevocationList) { l.NextUpdate = time.Date(2051, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		answer, err := revocation.VerifyCRL(crl(t, "citizen-ec", alter), cert, card.Issuer, now, skew)
		if err != nil || answer.Status != revocation.Good || answer.Source != revocation.CRL || answer.NextUpdate.Before(now) {
			t.Errorf("VerifyCRL(%s) = %v, %v, want good", name, answer.Status, err)
		}
	}
}

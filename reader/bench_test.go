package reader

import (
	"crypto"
	"testing"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
)

// BenchmarkSign is one signature with its PIN, as a page causes it, against the bare
// calls: login, finding the key, SignInit, context login, Sign.
func BenchmarkSign(b *testing.B) {
	for _, name := range []string{"rsa", "p384"} {
		_, m, c := inserted(b, name)
		digest := sum("document")
		b.Run(name, func(b *testing.B) {
			k := key(b, c, certs.Signature, FixedPIN([]byte(goodPIN)))
			for b.Loop() {
				if _, err := k.Sign(nil, digest, crypto.SHA256); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"-bare", func(b *testing.B) {
			mechanism, input, err := prepare(c.certs[0].cert.PublicKey, digest, crypto.SHA256)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := m.lib.Login(c.session, pkcs11.CKU_USER, goodPIN); err != nil {
					b.Fatal(err)
				}
				private, err := onePrivateKey(m.lib, c.session)
				if err != nil {
					b.Fatal(err)
				}
				err = m.lib.SignInit(c.session, []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, private)
				if err == nil {
					err = m.lib.Login(c.session, pkcs11.CKU_CONTEXT_SPECIFIC, goodPIN)
				}
				if err == nil {
					_, err = m.lib.Sign(c.session, input)
				}
				if err != nil {
					b.Fatal(err)
				}
				m.lib.Logout(c.session)
			}
		})
	}
}

func onePrivateKey(lib library, s pkcs11.SessionHandle) (pkcs11.ObjectHandle, error) {
	list, err := find(lib, s, pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY),
		pkcs11.NewAttribute(pkcs11.CKA_LABEL, "Signature"))
	if err != nil {
		return 0, err
	}
	return list[0], nil
}

// BenchmarkIdentity is from the card noticed to its identity verified.
func BenchmarkIdentity(b *testing.B) {
	_, m, _ := inserted(b, "p384")
	anchors := theWorld(b).pki.Anchors()
	for b.Loop() {
		c, err := m.Card(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Identity(anchors); err != nil {
			b.Fatal(err)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

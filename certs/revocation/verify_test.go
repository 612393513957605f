package revocation_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

const skew = 15 * time.Minute

var nonce = bytes.Repeat([]byte{7}, 32)

// shared serves the tests that change nothing in the PKI.
var shared = sync.OnceValue(func() *certstest.PKI {
	p, err := certstest.New(certstest.Config{})
	if err != nil {
		panic(err)
	}
	return p
})

var sharedCard = sync.OnceValue(func() *certstest.Card {
	card, err := shared().Issue(certstest.Person{Surname: "Specimen", NationalNumber: "01.05.03-998.64", Algorithm: certstest.P384})
	if err != nil {
		panic(err)
	}
	return card
})

// respond is the honest answer on the shared card, altered.
func respond(t testing.TB, alter func(*certstest.OCSPResponse)) []byte {
	t.Helper()
	r, err := shared().OCSPResponse(sharedCard().Authentication.Certificate, nonce)
	if err != nil {
		t.Fatal(err)
	}
	if alter != nil {
		alter(&r)
	}
	raw, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// responder is a certificate for a responder, altered, from the authority of that name.
func responder(t testing.TB, authority string, alter func(*x509.Certificate)) certstest.KeyPair {
	t.Helper()
	key := shared().Service("ocsp-citizen-ec").Key
	template := &x509.Certificate{
		SerialNumber: big.NewInt(77), Subject: pkix.Name{CommonName: "Responder"}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
	}
	if alter != nil {
		alter(template)
	}
	cert, err := shared().Forge(authority, template, key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return certstest.KeyPair{Certificate: cert, Key: key}
}

// imposture is a responder certificate that names the shared card's CA as its issuer and
// is signed by somebody else.
func imposture(t testing.TB) certstest.KeyPair {
	t.Helper()
	own := shared().Service("ocsp-citizen-ec")
	ca := *sharedCard().Issuer
	ca.PublicKey = shared().Service("tsa").Key.Public()
	template := *own.Certificate
	template.SerialNumber = big.NewInt(78)
	der, err := x509.CreateCertificate(rand.Reader, &template, &ca, own.Key.Public(), shared().Service("tsa").Key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certstest.KeyPair{Certificate: cert, Key: own.Key}
}

func signedBy(pair certstest.KeyPair) func(*certstest.OCSPResponse) {
	return func(r *certstest.OCSPResponse) {
		r.Signer, r.Certificates = pair, []*x509.Certificate{pair.Certificate}
	}
}

func single(alter func(*certstest.OCSPSingle)) func(*certstest.OCSPResponse) {
	return func(r *certstest.OCSPResponse) { alter(&r.Singles[0]) }
}

var unheardOf = pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: asn1.NullBytes}

func TestVerifyOCSPRefuses(t *testing.T) {
	now := time.Now()
	card, pki := sharedCard(), shared()
	other, err := pki.Issue(certstest.Person{Surname: "Other", NationalNumber: "85.07.30-033.28", Algorithm: certstest.RSA2048})
	if err != nil {
		t.Fatal(err)
	}
	sameNumber := &x509.Certificate{SerialNumber: card.Authentication.Certificate.SerialNumber}
	type r = *certstest.OCSPResponse
	type s = *certstest.OCSPSingle
	for _, c := range []struct {
		name  string
		alter func(r)
		want  error
	}{
		// What it speaks of.
		{"no answer", func(r r) { r.Singles = nil }, revocation.ErrInvalid},
		{"two answers", func(r r) { r.Singles = append(r.Singles, r.Singles[0]) }, revocation.ErrInvalid},
		{"answer on another card first", func(r r) {
			r.Singles = append([]certstest.OCSPSingle{r.Singles[0]}, r.Singles...)
			r.Singles[0].Certificate = card.Signature.Certificate
		}, revocation.ErrInvalid},
		{"another certificate of the card", single(func(s s) { s.Certificate = card.Signature.Certificate }), revocation.ErrInvalid},
		{"the same number at another CA", single(func(s s) { s.Certificate, s.Issuer = sameNumber, other.Issuer }), revocation.ErrInvalid},
		{"the CA itself", single(func(s s) { s.Certificate = card.Issuer }), revocation.ErrInvalid},
		{"negative number", single(func(s s) {
			s.Certificate = &x509.Certificate{SerialNumber: new(big.Int).Neg(card.Authentication.Certificate.SerialNumber)}
		}), revocation.ErrInvalid},
		// Who signed.
		{"responder of another CA", signedBy(pki.Service("ocsp-citizen-rsa")), revocation.ErrInvalid},
		{"responder of the root", signedBy(pki.Service("ocsp-root-ec")), revocation.ErrInvalid},
		{"responder of another CA with the same issuer", signedBy(pki.Service("ocsp-foreigner-ec")), revocation.ErrInvalid},
		{"another CA", signedBy(pki.Authority("foreigner-ec")), revocation.ErrInvalid},
		{"the root, which did not issue the card", signedBy(pki.Authority("root-ec")), revocation.ErrInvalid},
		{"the card itself", signedBy(card.Authentication), revocation.ErrInvalid},
		{"the TSA", signedBy(pki.Service("tsa")), revocation.ErrInvalid},
		{"expired responder", func(r r) { r.Signer = pki.Service("ocsp-expired-citizen-ec") }, revocation.ErrInvalid},
		{"responder not yet valid", signedBy(responder(t, "citizen-ec", func(c *x509.Certificate) { c.NotBefore = now.Add(30 * time.Minute) })), revocation.ErrInvalid},
		{"responder without extended key usage", signedBy(responder(t, "citizen-ec", func(c *x509.Certificate) { c.ExtKeyUsage = nil })), revocation.ErrInvalid},
		{"responder with any extended key usage", signedBy(responder(t, "citizen-ec", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
		})), revocation.ErrInvalid},
		{"responder with a client's usage", signedBy(responder(t, "citizen-ec", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		})), revocation.ErrInvalid},
		{"responder that may only encrypt", signedBy(responder(t, "citizen-ec", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })), revocation.ErrInvalid},
		{"responder that is a CA", signedBy(responder(t, "citizen-ec", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true })), revocation.ErrInvalid},
		{"responder with a critical extension that nobody knows", signedBy(responder(t, "citizen-ec", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{unheardOf}
		})), revocation.ErrInvalid},
		{"responder of an impostor CA", signedBy(imposture(t)), revocation.ErrInvalid},
		{"responder issued by the root", signedBy(responder(t, "root-ec", nil)), revocation.ErrInvalid},
		{"certificate of the responder missing", func(r r) { r.Certificates = r.Certificates[:1] }, revocation.ErrInvalid},
		{"no certificates", func(r r) { r.Certificates = nil }, revocation.ErrInvalid},
		{"responderID of another", func(r r) { r.ResponderID = card.Root }, revocation.ErrInvalid},
		{"responderID of the CA, signed by its responder", func(r r) { r.ResponderID = card.Issuer }, revocation.ErrInvalid},
		{"nine certificates", func(r r) { r.Certificates = slices.Repeat(r.Certificates, 3) }, revocation.ErrInvalid},
		{"signed over SHA-1", func(r r) { r.Hash = crypto.SHA1 }, revocation.ErrInvalid},
		// When.
		{"thisUpdate past the skew", single(func(s s) { s.ThisUpdate, s.NextUpdate = now.Add(skew+time.Minute), time.Time{} }), revocation.ErrInvalid},
		{"producedAt past the skew", func(r r) { r.ProducedAt = now.Add(skew + time.Minute) }, revocation.ErrInvalid},
		{"producedAt before thisUpdate", func(r r) { r.ProducedAt = now.Add(-time.Hour) }, revocation.ErrInvalid},
		{"nextUpdate passed", single(func(s s) { s.ThisUpdate, s.NextUpdate = now.Add(-time.Hour), now.Add(-skew-time.Minute) }), revocation.ErrInvalid},
		{"nextUpdate before thisUpdate", single(func(s s) { s.NextUpdate = s.ThisUpdate.Add(-time.Second) }), revocation.ErrInvalid},
		{"old, without nextUpdate", single(func(s s) { s.ThisUpdate, s.NextUpdate = now.Add(-skew-time.Minute), time.Time{} }), revocation.ErrInvalid},
		// Whose.
		{"another nonce", func(r r) { r.Nonce = bytes.Repeat([]byte{8}, 32) }, revocation.ErrInvalid},
		{"half the nonce", func(r r) { r.Nonce = nonce[:16] }, revocation.ErrInvalid},
		{"no nonce", func(r r) { r.Nonce = nil }, revocation.ErrInvalid},
		{"empty nonce", func(r r) { r.Nonce = []byte{} }, revocation.ErrInvalid},
		{"nonce not wrapped", func(r r) {
			r.Nonce, r.Extensions = nil, []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}, Value: nonce}}
		}, revocation.ErrInvalid},
		{"nonce in the single answer only", func(r r) {
			wrapped, _ := asn1.Marshal(nonce)
			r.Nonce, r.Singles[0].Extensions = nil, []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}, Value: wrapped}}
		}, revocation.ErrInvalid},
		{"two nonces", func(r r) {
			wrapped, _ := asn1.Marshal(nonce)
			r.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}, Value: wrapped}}
		}, revocation.ErrInvalid},
		// The rest.
		{"critical extension", func(r r) { r.Extensions = []pkix.Extension{unheardOf} }, revocation.ErrInvalid},
		{"critical extension on the answer", single(func(s s) { s.Extensions = []pkix.Extension{unheardOf} }), revocation.ErrInvalid},
		{"version 2", func(r r) { r.Version = 1 }, revocation.ErrInvalid},
		{"another response type", func(r r) { r.ResponseType = asn1.ObjectIdentifier{1, 2, 3} }, revocation.ErrInvalid},
		{"status unknown", single(func(s s) { s.Status = certstest.StatusUnknown }), revocation.ErrUnknown},
		{"malformedRequest", func(r r) { r.ErrorStatus = 1 }, revocation.ErrInvalid},
		{"internalError", func(r r) { r.ErrorStatus = 2 }, revocation.ErrUnavailable},
		{"tryLater", func(r r) { r.ErrorStatus = 3 }, revocation.ErrUnavailable},
		{"sigRequired", func(r r) { r.ErrorStatus = 5 }, revocation.ErrInvalid},
		{"unauthorized", func(r r) { r.ErrorStatus = 6 }, revocation.ErrUnknown},
		{"status of no standard", func(r r) { r.ErrorStatus = 99 }, revocation.ErrInvalid},
	} {
		answer, err := revocation.VerifyOCSP(respond(t, c.alter), card.Authentication.Certificate, card.Issuer, nonce, now, skew)
		if !errors.Is(err, c.want) || answer.Status == revocation.Good {
			t.Errorf("VerifyOCSP(%s) = %v, %v, want %v", c.name, answer.Status, err, c.want)
		}
	}
}

// Damage to the bytes of a good answer. A flipped bit anywhere must not leave it standing,
// except among the certificates that are not the signer's.
func TestVerifyOCSPRefusesDamage(t *testing.T) {
	card, now := sharedCard(), time.Now()
	verify := func(raw []byte) error {
		_, err := revocation.VerifyOCSP(raw, card.Authentication.Certificate, card.Issuer, nonce, now, skew)
		return err
	}
	raw := respond(t, func(r *certstest.OCSPResponse) { r.Certificates = r.Certificates[2:] })
	if err := verify(raw); err != nil {
		t.Fatalf("VerifyOCSP(undamaged) = %v", err)
	}
	for i := range raw {
		damaged := bytes.Clone(raw)
		damaged[i] ^= 1
		if verify(damaged) == nil {
			t.Errorf("VerifyOCSP(bit 0 of byte %d flipped) = nil", i)
		}
		if verify(raw[:i]) == nil {
			t.Errorf("VerifyOCSP(first %d bytes) = nil", i)
		}
	}
	for name, input := range map[string][]byte{
		"nothing":           nil,
		"trailing byte":     append(bytes.Clone(raw), 0),
		"twice":             append(bytes.Clone(raw), raw...),
		"indefinite length": append([]byte{0x30, 0x80}, append(bytes.Clone(raw[4:]), 0, 0)...),
		"too large":         make([]byte, revocation.MaxOCSP+1),
		"length of 4 GB":    {0x30, 0x84, 0xff, 0xff, 0xff, 0xff},
		"status only":       {0x30, 0x03, 0x0a, 0x01, 0x00},
		"a certificate":     card.Issuer.Raw,
	} {
		if err := verify(input); !errors.Is(err, revocation.ErrInvalid) {
			t.Errorf("VerifyOCSP(%s) = %v, want %v", name, err, revocation.ErrInvalid)
		}
	}
}

func TestVerifyOCSPOfWrongCaller(t *testing.T) {
	card := sharedCard()
	for name, pair := range map[string][2]*x509.Certificate{
		"issuer is not the issuer": {card.Authentication.Certificate, card.Root},
		"certificates swapped":     {card.Issuer, card.Authentication.Certificate},
		"another certificate":      {card.Signature.Certificate, card.Issuer},
	} {
		if _, err := revocation.VerifyOCSP(respond(t, nil), pair[0], pair[1], nonce, time.Now(), skew); !errors.Is(err, revocation.ErrInvalid) {
			t.Errorf("VerifyOCSP(%s) = %v, want %v", name, err, revocation.ErrInvalid)
		}
	}
}

func TestVerifyOCSPRevoked(t *testing.T) {
	card := sharedCard()
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	raw := respond(t, single(func(s *certstest.OCSPSingle) {
		s.Status, s.RevokedAt, s.Reason = certstest.StatusRevoked, at, 1
	}))
	answer, err := revocation.VerifyOCSP(raw, card.Authentication.Certificate, card.Issuer, nonce, time.Now(), skew)
	var revoked revocation.RevokedError
	if !errors.As(err, &revoked) || !revoked.At.Equal(at) || revoked.Reason != 1 || answer.Status != revocation.Revoked {
		t.Errorf("VerifyOCSP(revoked) = %v, %v", answer.Status, err)
	}
}

func TestVerifyOCSPAccepts(t *testing.T) {
	now := time.Now()
	card, pki := sharedCard(), shared()
	for name, alter := range map[string]func(*certstest.OCSPResponse){
		"as it comes":         nil,
		"responder by name":   func(r *certstest.OCSPResponse) { r.ByName = true },
		"signer first":        func(r *certstest.OCSPResponse) { slices.Reverse(r.Certificates) },
		"signed by the CA":    func(r *certstest.OCSPResponse) { r.Signer, r.Certificates = pki.Authority("citizen-ec"), nil },
		"signed over SHA-512": func(r *certstest.OCSPResponse) { r.Hash = crypto.SHA512 },
		"CertID over SHA-256": single(func(s *certstest.OCSPSingle) { s.CertIDHash = crypto.SHA256 }),
		"CertID over SHA-384": single(func(s *certstest.OCSPSingle) { s.CertIDHash = crypto.SHA384 }),
		"no nextUpdate":       single(func(s *certstest.OCSPSingle) { s.NextUpdate = time.Time{} }),
		"clock ahead":         single(func(s *certstest.OCSPSingle) { s.ThisUpdate, s.NextUpdate = now.Add(skew-time.Minute), time.Time{} }),
		"clock behind":        single(func(s *certstest.OCSPSingle) { s.ThisUpdate, s.NextUpdate = now.Add(-skew), now.Add(-skew+time.Minute) }),
		"harmless extension": func(r *certstest.OCSPResponse) {
			r.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: asn1.NullBytes}}
		},
	} {
		raw := respond(t, alter)
		answer, err := revocation.VerifyOCSP(raw, card.Authentication.Certificate, card.Issuer, nonce, now, skew)
		if err != nil || answer.Status != revocation.Good || answer.Source != revocation.OCSP || !bytes.Equal(answer.Raw, raw) {
			t.Errorf("VerifyOCSP(%s) = %v, %v, want good", name, answer.Status, err)
		}
		if delegated := name != "signed by the CA"; delegated != (len(answer.Certificates) == 1) {
			t.Errorf("VerifyOCSP(%s) gives %d responder certificates", name, len(answer.Certificates))
		}
	}
	if _, err := revocation.VerifyOCSP(respond(t, nil), card.Authentication.Certificate, card.Issuer, nil, now, skew); err != nil {
		t.Errorf("VerifyOCSP without an expected nonce = %v", err)
	}
}

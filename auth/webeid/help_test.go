package webeid_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"sync"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

const origin = "https://counter.example.be"

// world is what every test shares: a PKI and two cards of one person's kind. Keys are
// slow to make.
type world struct {
	pki     *certstest.PKI
	rsa, ec *certstest.Card
}

var shared = sync.OnceValue(func() world {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		panic(err)
	}
	w := world{pki: pki}
	if w.rsa, err = pki.Issue(certstest.Person{GivenNames: "Lucie Anne", Surname: "Maes", NationalNumber: "85073003328", Algorithm: certstest.RSA2048}); err != nil {
		panic(err)
	}
	if w.ec, err = pki.Issue(certstest.Person{GivenNames: "Jan", Surname: "Peeters", NationalNumber: "72022911853", Algorithm: certstest.P384}); err != nil {
		panic(err)
	}
	return w
})

// answer is a source of revocation status that always says the same, and counts.
type answer struct {
	status revocation.Status
	err    error
	asked  *int
}

func (a answer) Check(context.Context, certs.Path) (revocation.Answer, error) {
	if a.asked != nil {
		*a.asked++
	}
	return revocation.Answer{Status: a.status, Source: revocation.OCSP}, a.err
}

var good = answer{status: revocation.Good}

func newVerifier(t testing.TB, change ...func(*webeid.Config)) *webeid.Verifier {
	t.Helper()
	config := webeid.Config{Origin: origin, Anchors: shared().pki.Anchors(), Revocation: good}
	for _, c := range change {
		c(&config)
	}
	v, err := webeid.New(config)
	if err != nil {
		t.Fatalf("New = %v", err)
	}
	return v
}

func newChallenge(t testing.TB) webeid.Challenge {
	t.Helper()
	c, err := webeid.NewChallenge(rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hashes by the last three digits of an algorithm.
var hashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}

func digest(h crypto.Hash, parts ...[]byte) []byte {
	hash := h.New()
	for _, part := range parts {
		hash.Write(part)
	}
	return hash.Sum(nil)
}

// sign is what a card does for a token, written apart from the package under test.
func sign(t testing.TB, key crypto.Signer, algorithm, origin, nonce string) []byte {
	t.Helper()
	h := hashes[algorithm[2:]]
	signed := digest(h, digest(h, []byte(origin)), digest(h, []byte(nonce)))
	var options crypto.SignerOpts = h
	if algorithm[:2] == "PS" {
		options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: h}
	}
	value, err := key.Sign(rand.Reader, signed, options)
	if err != nil {
		t.Fatal(err)
	}
	if public, ok := key.Public().(*ecdsa.PublicKey); ok {
		return raw(t, public.Curve, value)
	}
	return value
}

func raw(t testing.TB, curve elliptic.Curve, der []byte) []byte {
	t.Helper()
	var value struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &value); err != nil {
		t.Fatal(err)
	}
	size := (curve.Params().BitSize + 7) / 8
	out := make([]byte, 2*size)
	value.R.FillBytes(out[:size])
	value.S.FillBytes(out[size:])
	return out
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// object is a token under construction.
type object map[string]any

// tokenOf makes the token that a card would, for our origin and the challenge.
func tokenOf(t testing.TB, pair certstest.KeyPair, algorithm, nonce string) object {
	t.Helper()
	return object{
		"format":                "web-eid:1.0",
		"algorithm":             algorithm,
		"unverifiedCertificate": base64Of(pair.Certificate.Raw),
		"signature":             base64Of(sign(t, pair.Key, algorithm, origin, nonce)),
		"appVersion":            "https://web-eid.eu/web-eid-app/releases/2.8.0",
	}
}

func (o object) json(t testing.TB) []byte {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (o object) parse(t testing.TB) *webeid.Token {
	t.Helper()
	token, err := webeid.ParseToken(o.json(t))
	if err != nil {
		t.Fatalf("ParseToken = %v", err)
	}
	return token
}

// certify has the Citizen CA of the EC era issue a certificate for a new P-384 key,
// like a card's but for what change does to it.
func certify(t testing.TB, change func(*x509.Certificate)) certstest.KeyPair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return certifyKey(t, shared().pki.Authority("citizen-ec"), key, change)
}

func certifyKey(t testing.TB, issuer certstest.KeyPair, key crypto.Signer, change func(*x509.Certificate)) certstest.KeyPair {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		Subject: pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
			{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "BE"},
			{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "Jan Peeters (Authentication)"},
			{Type: asn1.ObjectIdentifier{2, 5, 4, 4}, Value: "Peeters"},
			{Type: asn1.ObjectIdentifier{2, 5, 4, 42}, Value: "Jan"},
			{Type: asn1.ObjectIdentifier{2, 5, 4, 5}, Value: "72022911853"},
		}},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.Certificate, key.Public(), issuer.Key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certstest.KeyPair{Certificate: certificate, Key: key}
}

func mustDecode(t testing.TB, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

package webeid_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

func TestVerify(t *testing.T) {
	p256 := func() certstest.KeyPair {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return certifyKey(t, shared().pki.Authority("citizen-ec"), key, nil)
	}()
	p521 := func() certstest.KeyPair {
		key, _ := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
		return certifyKey(t, shared().pki.Authority("citizen-ec"), key, nil)
	}()
	old := certify(t, func(c *x509.Certificate) { c.ExtKeyUsage = nil }) // cards before clientAuth
	tests := []struct {
		algorithm string
		pair      certstest.KeyPair
		number    string
	}{
		{"RS256", shared().rsa.Authentication, "85073003328"},
		{"RS384", shared().rsa.Authentication, "85073003328"},
		{"RS512", shared().rsa.Authentication, "85073003328"},
		{"PS256", shared().rsa.Authentication, "85073003328"},
		{"PS384", shared().rsa.Authentication, "85073003328"},
		{"PS512", shared().rsa.Authentication, "85073003328"},
		{"ES384", shared().ec.Authentication, "72022911853"},
		{"ES384", old, "72022911853"},
		{"ES256", p256, "72022911853"},
		{"ES512", p521, "72022911853"},
	}
	v := newVerifier(t)
	for _, test := range tests {
		challenge := newChallenge(t)
		token := tokenOf(t, test.pair, test.algorithm, challenge.Nonce).parse(t)
		verified, err := v.Verify(t.Context(), token, challenge)
		if err != nil {
			t.Errorf("%s: Verify = %v", test.algorithm, err)
			continue
		}
		if !verified.Certificate.Equal(test.pair.Certificate) || !verified.Path[0].Equal(test.pair.Certificate) ||
			verified.Holder.SerialNumber != test.number || verified.Holder.Country != "BE" || verified.Status.Status != revocation.Good {
			t.Errorf("%s: Verify = %+v, of another card", test.algorithm, verified)
		}
	}
}

// An algorithm that is not on the list, or that the key cannot have used, is refused
// before anything is fetched or computed.
func TestVerifyRefusesAlgorithms(t *testing.T) {
	rsaCard, ecCard := shared().rsa.Authentication, shared().ec.Authentication
	tests := []struct {
		algorithm string
		pair      certstest.KeyPair
	}{
		{"none", ecCard}, {"NONE", ecCard}, {"None", rsaCard}, {"HS256", rsaCard}, {"HS384", ecCard},
		{"es384", ecCard}, {" ES384", ecCard}, {"ES384 ", ecCard}, {"ES384\x00", ecCard}, {"ES256K", ecCard}, {"EdDSA", ecCard},
		{"RS1", rsaCard}, {"RS224", rsaCard}, {"ES224", ecCard}, {"SHA384withECDSA", ecCard}, {"RS256,ES384", rsaCard},
		{"ES256", ecCard}, {"ES512", ecCard}, {"RS256", ecCard}, {"RS384", ecCard}, {"PS384", ecCard},
		{"ES256", rsaCard}, {"ES384", rsaCard}, {"ES512", rsaCard},
	}
	asked := 0
	v := newVerifier(t, func(c *webeid.Config) { c.Revocation = answer{status: revocation.Good, asked: &asked} })
	for _, test := range tests {
		challenge := newChallenge(t)
		o := tokenOf(t, ecCard, "ES384", challenge.Nonce)
		o["algorithm"], o["unverifiedCertificate"] = test.algorithm, base64Of(test.pair.Certificate.Raw)
		if _, err := v.Verify(t.Context(), o.parse(t), challenge); !errors.Is(err, webeid.ErrAlgorithm) {
			t.Errorf("%q for %T: Verify = %v, want %v", test.algorithm, test.pair.Certificate.PublicKey, err, webeid.ErrAlgorithm)
		}
	}
	if asked != 0 {
		t.Errorf("revocation was asked for %d times", asked)
	}
}

func TestVerifyRefusesKeys(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer := shared().pki.Authority("citizen-ec")
	tests := []struct {
		name      string
		pair      certstest.KeyPair
		algorithm string
		want      error
	}{
		{"RSA of 1024 bits, as in the first cards", certifyKey(t, issuer, small, nil), "RS256", webeid.ErrWeakKey},
		{"Ed25519", certifyKey(t, issuer, edwards, nil), "ES256", webeid.ErrAlgorithm},
		{"P-224", certifyKey(t, issuer, p224, nil), "ES256", webeid.ErrAlgorithm},
	}
	v := newVerifier(t)
	for _, test := range tests {
		challenge := newChallenge(t)
		o := tokenOf(t, shared().ec.Authentication, "ES384", challenge.Nonce)
		o["algorithm"], o["unverifiedCertificate"] = test.algorithm, base64Of(test.pair.Certificate.Raw)
		if _, err := v.Verify(t.Context(), o.parse(t), challenge); !errors.Is(err, test.want) {
			t.Errorf("%s: Verify = %v, want %v", test.name, err, test.want)
		}
	}
}

// A certificate that is not a person's, for authentication, valid and trusted, is
// refused however well its key signs.
func TestVerifyRefusesCertificates(t *testing.T) {
	usage := func(bits x509.KeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.KeyUsage = bits }
	}
	extended := func(list ...x509.ExtKeyUsage) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.ExtKeyUsage = list }
	}
	subject := func(attributes ...pkix.AttributeTypeAndValue) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.Subject = pkix.Name{ExtraNames: attributes} }
	}
	country := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "BE"}
	name := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 4}, Value: "Peeters"}
	number := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 5}, Value: "72022911853"}
	other := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 5}, Value: "85073003328"}
	critical := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}
	tests := []struct {
		name   string
		change func(*x509.Certificate)
		want   error
	}{
		{"no key usage", usage(0), webeid.ErrMissingPurpose},
		{"for signatures", usage(x509.KeyUsageContentCommitment), webeid.ErrWrongPurpose},
		{"for both", usage(x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment), webeid.ErrWrongPurpose},
		{"for encryption", usage(x509.KeyUsageKeyEncipherment), webeid.ErrWrongPurpose},
		{"extended for servers", extended(x509.ExtKeyUsageServerAuth), webeid.ErrWrongPurpose},
		{"extended for any", extended(x509.ExtKeyUsageAny), webeid.ErrWrongPurpose},
		{"extended for OCSP", extended(x509.ExtKeyUsageOCSPSigning), webeid.ErrWrongPurpose},
		{"a CA", func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, webeid.ErrWrongPurpose},
		{"Mobile-ID policy", func(c *x509.Certificate) {
			c.Policies = []x509.OID{policy(t, 1, 3, 6, 1, 4, 1, 10015, 1, 3, 1)}
		}, webeid.ErrDisallowedPolicy},
		{"expired", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) }, webeid.ErrCertificateExpired},
		{"not yet valid", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }, webeid.ErrCertificateNotYetValid},
		{"critical extension nobody knows", func(c *x509.Certificate) { c.ExtraExtensions = append(c.ExtraExtensions, critical) }, webeid.ErrCertificateNotTrusted},
		{"no serial number", subject(country, name), webeid.ErrCertificateParse},
		{"two serial numbers", subject(country, name, number, other), webeid.ErrCertificateParse},
		{"no country", subject(name, number), webeid.ErrCertificateParse},
		{"no name", subject(country, number), webeid.ErrCertificateParse},
		{"empty subject", subject(), webeid.ErrCertificateParse},
	}
	asked := 0
	v := newVerifier(t, func(c *webeid.Config) { c.Revocation = answer{status: revocation.Good, asked: &asked} })
	for _, test := range tests {
		challenge := newChallenge(t)
		token := tokenOf(t, certify(t, test.change), "ES384", challenge.Nonce).parse(t)
		if verified, err := v.Verify(t.Context(), token, challenge); !errors.Is(err, test.want) || verified != nil {
			t.Errorf("%s: Verify = %v, %v; want %v", test.name, verified, err, test.want)
		}
	}
	if asked != 0 {
		t.Errorf("revocation was asked for %d times, for certificates already refused", asked)
	}
}

func policy(t *testing.T, numbers ...uint64) x509.OID {
	t.Helper()
	oid, err := x509.OIDFromInts(numbers)
	if err != nil {
		t.Fatal(err)
	}
	return oid
}

// Who signed the certificate: nobody we trust.
func TestVerifyRefusesIssuers(t *testing.T) {
	key, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	genuine := shared().pki.Authority("citizen-ec")
	copied := *genuine.Certificate // same name and key identifier, another key
	copied.PublicKey = key.Public()
	impostor := certstest.KeyPair{Certificate: &copied, Key: key}
	stranger, err := certstest.New(certstest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	card, err := stranger.Issue(certstest.Person{GivenNames: "Jan", Surname: "Peeters", NationalNumber: "72022911853", Algorithm: certstest.P384})
	if err != nil {
		t.Fatal(err)
	}
	own := certstest.KeyPair{Certificate: card.Authentication.Certificate, Key: card.Authentication.Key}
	leaf := certstest.KeyPair{Certificate: shared().ec.Authentication.Certificate, Key: shared().ec.Authentication.Key}
	tests := []struct {
		name string
		pair certstest.KeyPair
	}{
		{"a stranger's Citizen CA of the same name", own},
		{"an impostor with the CA's name", certifyKey(t, impostor, key, nil)},
		{"another card", certifyKey(t, leaf, key, nil)},
	}
	v := newVerifier(t)
	for _, test := range tests {
		challenge := newChallenge(t)
		token := tokenOf(t, test.pair, "ES384", challenge.Nonce).parse(t)
		if _, err := v.Verify(t.Context(), token, challenge); !errors.Is(err, webeid.ErrCertificateNotTrusted) {
			t.Errorf("%s: Verify = %v, want %v", test.name, err, webeid.ErrCertificateNotTrusted)
		}
	}
}

// A CA taken out of the anchors takes its cards with it.
func TestVerifyRefusesWithoutCA(t *testing.T) {
	only, err := certs.NewTrustAnchors(shared().pki.Authority("citizen-rsa").Certificate)
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, func(c *webeid.Config) { c.Anchors = only })
	challenge := newChallenge(t)
	if _, err := v.Verify(t.Context(), tokenOf(t, shared().rsa.Authentication, "RS256", challenge.Nonce).parse(t), challenge); err != nil {
		t.Errorf("card of the CA left: %v", err)
	}
	_, err = v.Verify(t.Context(), tokenOf(t, shared().ec.Authentication, "ES384", challenge.Nonce).parse(t), challenge)
	if !errors.Is(err, webeid.ErrCertificateNotTrusted) {
		t.Errorf("card of the CA taken out: %v, want %v", err, webeid.ErrCertificateNotTrusted)
	}
}

// Unknown is not good, no answer is not good, and the page can tell revoked from the rest.
func TestVerifyRefusesStatus(t *testing.T) {
	at := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		says answer
		want error
	}{
		{"revoked", answer{status: revocation.Revoked, err: revocation.RevokedError{At: at, Reason: 1}}, webeid.ErrRevoked},
		{"unknown", answer{err: revocation.ErrUnknown}, webeid.ErrOCSPCheckFailed},
		{"unavailable", answer{err: revocation.ErrUnavailable}, webeid.ErrOCSPCheckFailed},
		{"invalid", answer{status: revocation.Good, err: revocation.ErrInvalid}, webeid.ErrOCSPCheckFailed},
		{"unknown, but no error", answer{}, webeid.ErrOCSPCheckFailed},
		{"revoked, but no error", answer{status: revocation.Revoked}, webeid.ErrOCSPCheckFailed},
		{"an error of another kind", answer{status: revocation.Good, err: context.DeadlineExceeded}, webeid.ErrOCSPCheckFailed},
	}
	for _, test := range tests {
		v := newVerifier(t, func(c *webeid.Config) { c.Revocation = test.says })
		challenge := newChallenge(t)
		token := tokenOf(t, shared().ec.Authentication, "ES384", challenge.Nonce).parse(t)
		_, err := v.Verify(t.Context(), token, challenge)
		if !errors.Is(err, test.want) || test.says.err != nil && !errors.Is(err, test.says.err) {
			t.Errorf("%s: Verify = %v, want %v around %v", test.name, err, test.want, test.says.err)
		}
	}
}

func TestVerifyRefusesChallenges(t *testing.T) {
	now := time.Now()
	challenge := newChallenge(t)
	token := tokenOf(t, shared().ec.Authentication, "ES384", challenge.Nonce).parse(t)
	tests := []struct {
		name string
		c    webeid.Challenge
		now  time.Time
		want error
	}{
		{"none", webeid.Challenge{}, now, webeid.ErrChallengeEmpty},
		{"no nonce", webeid.Challenge{Expires: challenge.Expires}, now, webeid.ErrChallengeEmpty},
		{"no end", webeid.Challenge{Nonce: challenge.Nonce}, now, webeid.ErrChallengeExpired},
		{"a moment too late", challenge, challenge.Expires.Add(1), webeid.ErrChallengeExpired},
		{"a day too late", challenge, challenge.Expires.AddDate(0, 0, 1), webeid.ErrChallengeExpired},
		{"another challenge", newChallenge(t), now, webeid.ErrSignature},
		{"nonce with a blank", webeid.Challenge{Nonce: challenge.Nonce + " ", Expires: challenge.Expires}, now, webeid.ErrSignature},
	}
	for _, test := range tests {
		v := newVerifier(t, func(c *webeid.Config) { c.Now = func() time.Time { return test.now } })
		if _, err := v.Verify(t.Context(), token, test.c); !errors.Is(err, test.want) {
			t.Errorf("%s: Verify = %v, want %v", test.name, err, test.want)
		}
	}
	v := newVerifier(t, func(c *webeid.Config) { c.Now = func() time.Time { return challenge.Expires } })
	if _, err := v.Verify(t.Context(), token, challenge); err != nil {
		t.Errorf("at the last moment: Verify = %v", err)
	}
	for _, nothing := range []*webeid.Token{nil, {}} {
		if _, err := v.Verify(t.Context(), nothing, challenge); !errors.Is(err, webeid.ErrTokenParse) {
			t.Errorf("Verify(%v) = %v, want %v", nothing, err, webeid.ErrTokenParse)
		}
	}
}

// With two faults the earlier check speaks: certificate before revocation, revocation
// before signature.
func TestVerifyOrder(t *testing.T) {
	down := func(c *webeid.Config) { c.Revocation = answer{err: revocation.ErrUnavailable} }
	challenge := newChallenge(t)
	expired := certify(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Second) })
	forged := tokenOf(t, shared().ec.Authentication, "ES384", newChallenge(t).Nonce)
	tests := []struct {
		name  string
		token object
		c     webeid.Challenge
		want  error
	}{
		{"expired, service down", tokenOf(t, expired, "ES384", challenge.Nonce), challenge, webeid.ErrCertificateExpired},
		{"service down, signature of another nonce", forged, challenge, webeid.ErrOCSPCheckFailed},
		{"late, certificate expired", tokenOf(t, expired, "ES384", challenge.Nonce), webeid.Challenge{Nonce: "x", Expires: time.Now().Add(-1)}, webeid.ErrChallengeExpired},
	}
	v := newVerifier(t, down)
	for _, test := range tests {
		if _, err := v.Verify(t.Context(), test.token.parse(t), test.c); !errors.Is(err, test.want) {
			t.Errorf("%s: Verify = %v, want %v", test.name, err, test.want)
		}
	}
}

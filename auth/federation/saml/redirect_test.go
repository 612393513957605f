package saml

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"testing"
	"time"

	"guichet.example/auth/federation/federationtest"
)

// A value has one spelling, line ends apart.
func TestStrictBase64(t *testing.T) {
	for value, ok := range map[string]bool{
		"QQ==": true, "Q\r\nQ==": true, "QR==": false, "QUF=": false, "QQ": false, "QQ=": false, "QQ==\x00": false, "Q Q==": false,
		"QQ--": false, "QQ==QQ==": false, "QUFBQUFB": false,
	} {
		if raw, err := strictBase64(value, 5); (err == nil) != ok {
			t.Errorf("strictBase64(%q) = %q, %v", value, raw, err)
		}
	}
}

// The algorithm that a query names is one of the list, and its certificate is valid now.
func TestQueryAlgorithmAndTime(t *testing.T) {
	now := time.Now()
	key, cert, err := federationtest.NewKey("provider", now)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("signed"))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		algorithm string
		at        time.Time
		ok        bool
	}{
		{rsaSHA256, now, true},
		{"urn:x#rsa-sha256", now, false},
		{"", now, false},
		{"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", now, false},
		{rsaSHA256, cert.NotAfter.Add(time.Second), false},
		{rsaSHA256, cert.NotBefore.Add(-2 * time.Minute), false},
	} {
		r := redirected{signed: "signed", algorithm: tt.algorithm, signature: signature}
		if err := r.verify([]*x509.Certificate{cert}, tt.at); (err == nil) != tt.ok {
			t.Errorf("verify(%q at %v) = %v", tt.algorithm, tt.at, err)
		}
	}
}

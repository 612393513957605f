package cms

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

func rsaSigner(tb testing.TB) signer {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	return newSigner(tb, key)
}

// openssl runs it in a folder that holds content, cert.pem and key.der of the signer.
func (s signer) openssl(tb testing.TB, dir string, args ...string) (string, error) {
	tb.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		tb.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"content": content, "key.der": key,
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	cmd := exec.Command("openssl", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Parameters that nobody should sign with, as OpenSSL writes them, are refused before
// the value is looked at.
func TestPSSParametersAreRefused(t *testing.T) {
	s := rsaSigner(t)
	for name, options := range map[string]string{
		"mask on SHA-1":   "-keyopt rsa_mgf1_md:sha1",
		"mask on SHA-512": "-keyopt rsa_mgf1_md:sha512",
		"no salt":         "-keyopt rsa_pss_saltlen:0",
	} {
		d := s.parseOpenSSL(t, strings.Fields(options)...)
		if err := d.Verify(s.cert, digestOf(crypto.SHA256, content), Legacy, nil); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%s: Verify = %v, want %v", name, err, ErrAlgorithm)
		}
	}
	for name, params := range map[string]string{
		"none at all":  "",
		"all defaults": "3000",
		"NULL":         "0500",
		"no mask":      "300fa00d300b0609608648016503040201",
		"hash inside is SHA-384": "3034a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402010500" +
			"a203020120",
	} {
		raw, err := hex.DecodeString(params)
		if err != nil {
			t.Fatal(err)
		}
		var b cryptobyte.Builder
		sequence(&b, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidPSS)
			b.AddBytes(raw)
		})
		in := cryptobyte.String(b.BytesOrPanic())
		a, ok := readAlgorithm(&in)
		if salt, err := a.salt(crypto.SHA256); !ok || !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%s: salt = %d, %v, want %v", name, salt, err, ErrAlgorithm)
		}
	}
}

func TestPSSRefusesOtherValues(t *testing.T) {
	s := rsaSigner(t)
	d, err := Parse(s.signedPSS(t))
	if err != nil {
		t.Fatal(err)
	}
	if !d.Signer.PSS() {
		t.Error("PSS is not recognized")
	}
	d.Signer.Value, err = s.key.Sign(rand.Reader, digestOf(crypto.SHA256, d.Signer.Attributes), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(s.cert, digestOf(crypto.SHA256, content), Baseline, nil); !errors.Is(err, ErrSignature) {
		t.Errorf("a value of PKCS#1 v1.5 under the name of PSS: %v, want %v", err, ErrSignature)
	}
}

// What is made here OpenSSL verifies, and the other way round with any salt.
func TestPSSWithOpenSSL(t *testing.T) {
	s := rsaSigner(t)
	dir := t.TempDir()
	der := s.signedPSS(t)
	if err := os.WriteFile(filepath.Join(dir, "ours.der"), der, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := s.openssl(t, dir, "cms", "-verify", "-binary", "-inform", "DER", "-in", "ours.der", "-content", "content", "-CAfile", "cert.pem",
		"-purpose", "any", "-partial_chain", "-out", "verified")
	if err != nil {
		t.Fatalf("openssl cms -verify: %v\n%s", err, out)
	}
	for _, salt := range []string{"digest", "max", "20"} {
		d := s.parseOpenSSL(t, "-keyopt", "rsa_pss_saltlen:"+salt)
		sum := sha256.Sum256(content)
		if err := d.Verify(s.cert, sum[:], Legacy, nil); err != nil {
			t.Errorf("salt %s of OpenSSL: %v", salt, err)
		}
		sum[0] ^= 1
		if err := d.Verify(s.cert, sum[:], Legacy, nil); !errors.Is(err, ErrDigest) {
			t.Errorf("salt %s, other content: %v, want %v", salt, err, ErrDigest)
		}
	}
}

func (s signer) parseOpenSSL(t *testing.T, options ...string) *SignedData {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256", "-in", "content", "-signer", "cert.pem",
		"-inkey", "key.der", "-keyform", "DER", "-out", "theirs.der", "-keyopt", "rsa_padding_mode:pss"}, options...)
	if out, err := s.openssl(t, dir, args...); err != nil {
		t.Fatalf("openssl cms -sign: %v\n%s", err, out)
	}
	der, err := os.ReadFile(filepath.Join(dir, "theirs.der"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(d.encode(), der) || !d.Signer.PSS() {
		t.Error("not read as it is")
	}
	return d
}

func (s signer) signedPSS(tb testing.TB) []byte {
	tb.Helper()
	attributes, err := NewAttributes(digestOf(crypto.SHA256, content), s.cert.Raw)
	if err != nil {
		tb.Fatal(err)
	}
	value, err := s.key.Sign(rand.Reader, digestOf(crypto.SHA256, attributes), PSS(crypto.SHA256))
	if err != nil {
		tb.Fatal(err)
	}
	der, err := Signed{Certificate: s.cert, Hash: crypto.SHA256, Attributes: attributes, Value: value, PSS: true}.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

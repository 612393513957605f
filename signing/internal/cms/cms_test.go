package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// signer is a throw-away key with a certificate of its own.
type signer struct {
	key  crypto.Signer
	cert *x509.Certificate
}

func newSigner(tb testing.TB, key crypto.Signer) signer {
	tb.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(17), Subject: pkix.Name{CommonName: "Throw-away"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageContentCommitment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return signer{key, cert}
}

func elliptical(tb testing.TB, curve elliptic.Curve) signer {
	tb.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return newSigner(tb, key)
}

var content = []byte("the covered bytes")

// signed is a baseline signature over content.
func (s signer) signed(tb testing.TB) []byte {
	tb.Helper()
	hash, err := HashFor(s.key.Public())
	if err != nil {
		tb.Fatal(err)
	}
	attributes, err := NewAttributes(digestOf(hash, content), s.cert.Raw)
	if err != nil {
		tb.Fatal(err)
	}
	value, err := s.key.Sign(rand.Reader, digestOf(hash, attributes), hash)
	if err != nil {
		tb.Fatal(err)
	}
	der, err := Signed{Certificate: s.cert, Others: [][]byte{s.cert.Raw}, Hash: hash, Attributes: attributes, Value: value}.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

func digestOf(h crypto.Hash, data []byte) []byte {
	d := h.New()
	d.Write(data)
	return d.Sum(nil)
}

func everySigner(tb testing.TB) map[string]signer {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	return map[string]signer{
		"RSA 2048":    newSigner(tb, key),
		"ECDSA P-256": elliptical(tb, elliptic.P256()),
		"ECDSA P-384": elliptical(tb, elliptic.P384()),
		"ECDSA P-521": elliptical(tb, elliptic.P521()),
	}
}

func TestEncodeParseVerify(t *testing.T) {
	for name, s := range everySigner(t) {
		der := s.signed(t)
		d, err := Parse(der)
		if err != nil {
			t.Fatalf("%s: Parse: %v", name, err)
		}
		cert, others, err := d.Signers(nil)
		if err != nil || !cert.Equal(s.cert) || len(others) != 0 {
			t.Fatalf("%s: Signers = %v, %d, %v", name, cert, len(others), err)
		}
		hash, err := d.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Verify(cert, digestOf(hash, content), Baseline, nil); err != nil {
			t.Errorf("%s: Verify: %v", name, err)
		}
		if err := d.Verify(cert, digestOf(hash, []byte("other")), Baseline, nil); !errors.Is(err, ErrDigest) {
			t.Errorf("%s: Verify of other bytes = %v, want %v", name, err, ErrDigest)
		}
		if got := KeyName(cert.PublicKey); got != name {
			t.Errorf("KeyName = %q, want %q", got, name)
		}
	}
}

func TestVerifyRefusesOtherKey(t *testing.T) {
	a, b := elliptical(t, elliptic.P256()), elliptical(t, elliptic.P256())
	d, err := Parse(a.signed(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(b.cert, digestOf(crypto.SHA256, content), Baseline, nil); !errors.Is(err, ErrSignature) {
		t.Errorf("Verify by another key = %v, want %v", err, ErrSignature)
	}
}

// A certificate of the same key and name is still another certificate.
func TestVerifyRefusesTwinCertificate(t *testing.T) {
	a := elliptical(t, elliptic.P256())
	twin := newSigner(t, a.key)
	d, err := Parse(a.signed(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Verify(twin.cert, digestOf(crypto.SHA256, content), Baseline, nil); !errors.Is(err, ErrCertificateID) {
		t.Errorf("Verify by the twin = %v, want %v", err, ErrCertificateID)
	}
}

func TestHashForRefusesWeakKeys(t *testing.T) {
	short := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 1023), E: 65537}
	for name, key := range map[string]crypto.PublicKey{
		"RSA 1024": short, "P-224": elliptical(t, elliptic.P224()).key.Public(), "none": nil, "text": "key",
	} {
		if h, err := HashFor(key); !errors.Is(err, ErrAlgorithm) || h != 0 {
			t.Errorf("HashFor(%s) = %v, %v, want %v", name, h, err, ErrAlgorithm)
		}
	}
}

func TestNewAttributesIsSortedAndFixed(t *testing.T) {
	first, err := NewAttributes(make([]byte, 32), []byte("certificate"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewAttributes(make([]byte, 32), []byte("certificate"))
	if err != nil || !bytes.Equal(first, again) || first[0] != 0x31 {
		t.Errorf("NewAttributes: %x, %x, %v", first, again, err)
	}
	if bytes.Contains(first, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05}) {
		t.Error("signed attributes hold signing-time")
	}
}

func TestWithTimestampChangesNothingSigned(t *testing.T) {
	d, err := Parse(elliptical(t, elliptic.P384()).signed(t))
	if err != nil {
		t.Fatal(err)
	}
	token := []byte{0x30, 3, 2, 1, 5}
	der, err := d.WithTimestamp(token)
	if err != nil {
		t.Fatal(err)
	}
	stamped, err := Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stamped.Signer.Timestamp(), token) || !bytes.Equal(stamped.Signer.Attributes, d.Signer.Attributes) ||
		!bytes.Equal(stamped.Signer.Value, d.Signer.Value) || !bytes.Equal(stamped.head, d.head) {
		t.Error("WithTimestamp changed something else")
	}
	if _, err := stamped.WithTimestamp(token); !errors.Is(err, ErrMalformed) {
		t.Errorf("a second timestamp: %v, want %v", err, ErrMalformed)
	}
}

func TestTrim(t *testing.T) {
	for name, tt := range map[string]struct {
		in   []byte
		want int // -1: refused
	}{
		"exact":              {[]byte{0x30, 1, 0}, 3},
		"padded":             {[]byte{0x30, 1, 0, 0, 0}, 3},
		"bytes after":        {[]byte{0x30, 1, 0, 0, 1}, -1},
		"empty":              {nil, -1},
		"zeros":              {make([]byte, 100), -1},
		"too short":          {[]byte{0x30, 9, 0}, -1},
		"indefinite":         {[]byte{0x30, 0x80, 0, 0}, -1},
		"length not minimal": {[]byte{0x30, 0x81, 1, 0}, -1},
		"no sequence":        {[]byte{0x31, 1, 0}, -1},
	} {
		der, err := Trim(tt.in)
		if tt.want < 0 && !errors.Is(err, ErrMalformed) || tt.want >= 0 && (err != nil || len(der) != tt.want) {
			t.Errorf("%s: Trim = %x, %v", name, der, err)
		}
	}
}

// Every byte flipped, or the end cut off, is refused when parsing or verifying, or it is
// in a certificate that is not the signer's, of which there is none here.
func TestFlippedAndCut(t *testing.T) {
	s := elliptical(t, elliptic.P256())
	der := s.signed(t)
	for at := range der {
		if _, err := Parse(der[:at]); !errors.Is(err, ErrMalformed) {
			t.Fatalf("Parse of %d bytes = %v, want %v", at, err, ErrMalformed)
		}
		flipped := bytes.Clone(der)
		flipped[at] ^= 1
		if holds(flipped) && !sameParts(t, der, flipped) {
			t.Errorf("byte %d flipped holds", at)
		}
	}
	if _, err := Parse(append(bytes.Clone(der), 0)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a byte too many: %v", err)
	}
	if _, err := Parse(make([]byte, MaxSize+1)); !errors.Is(err, ErrMalformed) {
		t.Errorf("too large: %v", err)
	}
}

func holds(der []byte) bool {
	d, err := Parse(der)
	if err != nil {
		return false
	}
	cert, _, err := d.Signers(nil)
	if err != nil {
		return false
	}
	return d.Verify(cert, digestOf(crypto.SHA256, content), Baseline, nil) == nil
}

// sameParts reports that two signatures have the same attributes, value and certificate:
// they differ in version numbers or the list of digest algorithms, which decide nothing.
func sameParts(t *testing.T, a, b []byte) bool {
	t.Helper()
	x, err1 := Parse(a)
	y, err2 := Parse(b)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return bytes.Equal(x.Signer.Attributes, y.Signer.Attributes) && bytes.Equal(x.Signer.Value, y.Signer.Value) &&
		bytes.Equal(x.Certificates[0], y.Certificates[0])
}

// OpenSSL makes CMS that reads here: with its own attributes, signing-time among them.
func TestParseReadsOpenSSL(t *testing.T) {
	s := elliptical(t, elliptic.P256())
	key, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	out := filepath.Join(dir, "out.der")
	cmd := exec.Command("openssl", "cms", "-sign", "-cades", "-binary", "-outform", "DER", "-md", "sha256",
		"-in", write("content", content), "-signer", write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw})),
		"-inkey", write("key.der", key), "-keyform", "DER", "-out", out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v\n%s", err, text)
	}
	der, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(der)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	cert, _, err := d.Signers(nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if err := d.Verify(cert, sum[:], Baseline, nil); !errors.Is(err, ErrProfile) {
		t.Errorf("Verify as baseline = %v, want %v for signing-time", err, ErrProfile)
	}
	if err := d.Verify(cert, sum[:], Legacy, nil); err != nil {
		t.Errorf("Verify as legacy = %v", err)
	}
}

// What parses encodes to the very same bytes, and an error comes without a result.
func FuzzParse(f *testing.F) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384()} {
		der := elliptical(f, curve).signed(f)
		f.Add(der)
		d, err := Parse(der)
		if err != nil {
			f.Fatal(err)
		}
		stamped, err := d.WithTimestamp([]byte{0x30, 0})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stamped)
	}
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, der []byte) {
		d, err := Parse(der)
		if err != nil {
			if d != nil {
				t.Fatalf("error %v with a result", err)
			}
			return
		}
		if again := d.encode(); !bytes.Equal(again, der) {
			t.Fatalf("%x encodes to %x", der, again)
		}
		if cert, _, err := d.Signers(nil); err == nil {
			d.Verify(cert, make([]byte, 32), Baseline, nil)
			d.Verify(cert, make([]byte, 32), Token, nil)
		}
		if trimmed, err := Trim(append(bytes.Clone(der), 0, 0, 0)); err != nil || !bytes.Equal(trimmed, der) {
			t.Fatalf("Trim of the padded bytes: %v", err)
		}
	})
}

// encode puts the parts together again.
func (d *SignedData) encode() []byte {
	var b cryptobyte.Builder
	sequence(&b, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			sequence(b, func(b *cryptobyte.Builder) {
				b.AddBytes(d.head)
				b.AddASN1(0x31, func(b *cryptobyte.Builder) {
					sequence(b, func(b *cryptobyte.Builder) {
						b.AddBytes(d.Signer.signed)
						b.AddBytes(d.Signer.rest)
					})
				})
			})
		})
	})
	return b.BytesOrPanic()
}

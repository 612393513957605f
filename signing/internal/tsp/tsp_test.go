package tsp

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
	"golang.org/x/crypto/cryptobyte"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/cms"
)

var shared = sync.OnceValues(func() (*certstest.PKI, error) { return certstest.New(certstest.Config{}) })

var data = []byte("stamped bytes")

// stamp is an honest token over data, spoilt by change.
func stamp(tb testing.TB, change func(*certstest.Stamp)) []byte {
	tb.Helper()
	p, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	sum := sha256.Sum256(data)
	s, err := p.Stamp(sum[:], crypto.SHA256, big.NewInt(7))
	if err != nil {
		tb.Fatal(err)
	}
	change(&s)
	raw, err := s.Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func honest(*certstest.Stamp) {}

func TestTokenReads(t *testing.T) {
	at := time.Date(2026, 11, 22, 13, 8, 9, 0, time.UTC)
	token, err := Parse(stamp(t, func(s *certstest.Stamp) { s.GenTime = at }))
	if err != nil {
		t.Fatal(err)
	}
	if !token.Time.Equal(at) || token.Hash != crypto.SHA256 || token.Nonce.Int64() != 7 || token.Covers(data) != nil {
		t.Errorf("token = %+v", token)
	}
	if err := token.Covers([]byte("stamped "), []byte("bytes")); err != nil {
		t.Errorf("Covers in two pieces = %v", err)
	}
	if err := token.Covers([]byte("other")); !errors.Is(err, ErrImprint) {
		t.Errorf("Covers(other) = %v, want %v", err, ErrImprint)
	}
	if _, _, err := token.Verify(nil); err != nil {
		t.Errorf("Verify = %v", err)
	}
}

func TestTokenVerifyRefuses(t *testing.T) {
	p, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*certstest.Stamp)
		want   error
	}{
		"no certificate":            {func(s *certstest.Stamp) { s.Certificates = nil }, cms.ErrNoCertificate},
		"no signing certificate":    {func(s *certstest.Stamp) { s.NoESS = true }, cms.ErrProfile},
		"other signing certificate": {func(s *certstest.Stamp) { s.ESS = p.Authority("tsa-ca").Certificate }, cms.ErrCertificateID},
		"key of a responder": {func(s *certstest.Stamp) {
			s.Signer = p.Service("ocsp-tsa-ca")
			s.Certificates = []*x509.Certificate{s.Signer.Certificate}
		}, certs.ErrWrongPurpose},
		"other key": {func(s *certstest.Stamp) { s.Signer.Key = p.Service("ocsp-tsa-ca").Key }, cms.ErrSignature},
	} {
		token, err := Parse(stamp(t, tt.change))
		if err != nil {
			t.Fatalf("%s: Parse: %v", name, err)
		}
		if _, _, err := token.Verify(nil); !errors.Is(err, tt.want) {
			t.Errorf("%s: Verify = %v, want %v", name, err, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := stamp(t, honest)
	for name, raw := range map[string][]byte{
		"nothing":       nil,
		"text":          []byte("token"),
		"cut":           good[:len(good)-1],
		"byte too many": append(bytes.Clone(good), 0),
		"too large":     make([]byte, MaxSize+1),
		"SHA-1 imprint": stamp(t, func(s *certstest.Stamp) { s.Hash, s.Imprint = crypto.SHA1, make([]byte, 20) }),
		"short imprint": stamp(t, func(s *certstest.Stamp) { s.Imprint = s.Imprint[:16] }),
		"critical extension": stamp(t, func(s *certstest.Stamp) {
			s.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}, Critical: true, Value: []byte{0x30, 0}}}
		}),
	} {
		if token, err := Parse(raw); !errors.Is(err, ErrMalformed) || token != nil {
			t.Errorf("%s: Parse = %v, %v, want %v", name, token, err, ErrMalformed)
		}
	}
}

// A qualified authority says so in an extension that is not critical (ETSI EN 319 422).
func TestParseIgnoresExtensions(t *testing.T) {
	raw := stamp(t, func(s *certstest.Stamp) {
		s.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}, Value: []byte{0x30, 0}}}
	})
	if _, err := Parse(raw); err != nil {
		t.Error(err)
	}
}

func TestReadTime(t *testing.T) {
	for text, ok := range map[string]bool{
		"20261122130809Z": true, "20261122130809.5Z": true, "20261122130809.125Z": true,
		"20261122130809.50Z": false, "20261122130809.Z": false, "20261122130809": false, "20261122130809+0100": false,
		"2026112213Z": false, "20261322130809Z": false, "": false, "Z": false, "20261122130809.1234567890Z": false, "20261122130809ZZ": false,
	} {
		der, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagGeneralizedTime, Bytes: []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
		token := &Token{}
		in := cryptobyte.String(der)
		if got := token.readTime(&in); got != ok {
			t.Errorf("readTime(%q) = %v at %v, want %v", text, got, token.Time, ok)
		}
	}
}

func TestRequestAnswered(t *testing.T) {
	token, err := Parse(stamp(t, honest))
	if err != nil {
		t.Fatal(err)
	}
	none, err := Parse(stamp(t, func(s *certstest.Stamp) { s.Nonce = nil }))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	for name, tt := range map[string]struct {
		request Request
		token   *Token
		want    error
	}{
		"answered":      {Request{sum, big.NewInt(7)}, token, nil},
		"other nonce":   {Request{sum, big.NewInt(8)}, token, ErrNonce},
		"no nonce":      {Request{sum, big.NewInt(7)}, none, ErrNonce},
		"other imprint": {Request{[32]byte{1}, big.NewInt(7)}, token, ErrImprint},
	} {
		if err := tt.request.Answered(tt.token); !errors.Is(err, tt.want) {
			t.Errorf("%s: Answered = %v, want %v", name, err, tt.want)
		}
	}
}

func TestParseResponse(t *testing.T) {
	token := []byte{0x30, 3, 2, 1, 5}
	response := func(status byte, more ...byte) []byte {
		body := append([]byte{0x30, 3, 2, 1, status}, more...)
		return append([]byte{0x30, byte(len(body))}, body...)
	}
	for _, status := range []byte{0, 1} {
		if got, err := ParseResponse(response(status, token...)); err != nil || !bytes.Equal(got, token) {
			t.Errorf("status %d: ParseResponse = %x, %v", status, got, err)
		}
	}
	var rejected RejectedError
	if _, err := ParseResponse(response(2)); !errors.As(err, &rejected) || rejected.Status != 2 {
		t.Errorf("rejected: ParseResponse = %v", err)
	}
	if _, err := ParseResponse(response(3, token...)); !errors.As(err, &rejected) {
		t.Errorf("waiting, with a token: ParseResponse = %v", err)
	}
	for name, der := range map[string][]byte{
		"nothing": nil, "granted without token": response(0), "bytes after": append(response(0, token...), 0),
		"two tokens": response(0, append(token, token...)...), "too large": make([]byte, MaxSize+1), "page": []byte("<html>"),
	} {
		if _, err := ParseResponse(der); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: ParseResponse = %v, want %v", name, err, ErrMalformed)
		}
	}
}

// OpenSSL reads our request and accepts the token.
func TestOpenSSL(t *testing.T) {
	p, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run := func(want string, args ...string) {
		t.Helper()
		out, err := exec.Command("openssl", args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Fatalf("openssl %v: %v, want %q in\n%s", args, err, want, out)
		}
	}
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	request := Request{sha256.Sum256(data), big.NewInt(0x7fff_ffff_ffff)}
	run("Nonce: 0x7FFFFFFFFFFF", "ts", "-query", "-in", write("query", request.Marshal()), "-text")
	if err := p.WriteAnchors(dir); err != nil {
		t.Fatal(err)
	}
	var anchors []byte
	names, _ := filepath.Glob(filepath.Join(dir, "*.pem"))
	for _, name := range names {
		pem, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		anchors = append(anchors, pem...)
	}
	run("Verification: OK", "ts", "-verify", "-in", write("token", stamp(t, honest)), "-token_in",
		"-data", write("data", data), "-CAfile", write("anchors", anchors))
}

// What parses and verifies here, another reader reads to the same time and imprint.
func FuzzParse(f *testing.F) {
	f.Add(stamp(f, honest))
	f.Add(stamp(f, func(s *certstest.Stamp) { s.Nonce = nil }))
	f.Add(stamp(f, func(s *certstest.Stamp) { s.Certificates = nil }))
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		token, err := Parse(raw)
		if err != nil {
			if token != nil {
				t.Fatalf("error %v with a token", err)
			}
			return
		}
		if len(token.Imprint) != token.Hash.Size() || token.Time.Location() != time.UTC || token.Serial == nil {
			t.Fatalf("token = %+v", token)
		}
		_, others, err := token.Verify(nil)
		if err != nil || len(others)+1 != len(token.signed.Certificates) {
			return // the other reader refuses spare certificates that do not parse
		}
		other, err := timestamp.Parse(raw)
		if err != nil && len(others) > 0 && strings.Contains(err.Error(), "ber2der") {
			return // it walks into spare certificates, which nobody needs to read the token
		}
		if err != nil || !other.Time.Equal(token.Time) || !bytes.Equal(other.HashedMessage, token.Imprint) {
			t.Fatalf("the other reader: %+v, %v; ours: %+v", other, err, token)
		}
	})
}

func FuzzParseResponse(f *testing.F) {
	f.Add([]byte{0x30, 8, 0x30, 3, 2, 1, 0, 0x30, 1, 0})
	f.Add([]byte{0x30, 5, 0x30, 3, 2, 1, 2})
	f.Fuzz(func(t *testing.T, der []byte) {
		token, err := ParseResponse(der)
		if err != nil && token != nil || err == nil && !bytes.HasSuffix(der, token) {
			t.Fatalf("ParseResponse(%x) = %x, %v", der, token, err)
		}
	})
}

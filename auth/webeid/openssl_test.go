package webeid_test

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"guichet.example/certs/certstest"
)

// OpenSSL, which shares no code with us, hashes and signs as the token format says;
// what it makes must verify.
func TestVerifyWhatOpenSSLSigned(t *testing.T) {
	v := newVerifier(t)
	for _, test := range []struct {
		algorithm, hash string
		pair            certstest.KeyPair
		options         []string
	}{
		{"RS256", "sha256", shared().rsa.Authentication, nil},
		{"PS256", "sha256", shared().rsa.Authentication, []string{"-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"}},
		{"ES384", "sha384", shared().ec.Authentication, nil},
	} {
		t.Run(test.algorithm, func(t *testing.T) {
			dir := t.TempDir()
			challenge := newChallenge(t)
			message := append(openssl(t, dir, origin, "dgst", "-"+test.hash, "-binary"), openssl(t, dir, challenge.Nonce, "dgst", "-"+test.hash, "-binary")...)
			args := append([]string{"dgst", "-" + test.hash, "-sign", writeKey(t, dir, test.pair)}, test.options...)
			value := openssl(t, dir, string(message), args...)
			if test.algorithm == "ES384" {
				value = raw(t, elliptic.P384(), value)
			}
			o := tokenOf(t, test.pair, test.algorithm, challenge.Nonce)
			o["signature"] = base64Of(value)
			if _, err := v.Verify(t.Context(), o.parse(t), challenge); err != nil {
				t.Errorf("Verify = %v", err)
			}
		})
	}
}

func writeKey(t *testing.T, dir string, pair certstest.KeyPair) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "key.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func openssl(t *testing.T, dir, input string, args ...string) []byte {
	t.Helper()
	name := filepath.Join(dir, "input")
	if err := os.WriteFile(name, []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("openssl", append(args, name)...).Output()
	if err != nil {
		t.Fatalf("openssl %v: %v", args, err)
	}
	return out
}

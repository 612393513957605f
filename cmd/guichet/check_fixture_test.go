package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/portal/mail/mailtest"
	"guichet.example/signing/hsm/hsmtest"
)

// town is a set-up in which everything works, with all that it needs of the world.
type town struct {
	*Settings
	t    *testing.T
	dir  string
	pki  *certstest.Server
	mail *mailtest.Server
	seal *x509.Certificate
}

func newTown(t *testing.T) *town {
	t.Helper()
	t.Setenv("SOFTHSM2_CONF", "") // put back afterwards
	w := &town{t: t, dir: t.TempDir(), pki: certstest.Start(t), mail: mailtest.Start(t)}
	if err := w.pki.WriteAnchors(w.path("trust")); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"data", "heads"} {
		if err := os.Mkdir(w.path(d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.parse()
	w.Seal = w.makeSeal()
	w.certifyTLS("localhost", time.Now().Add(90*24*time.Hour))
	db, err := openStore(t.Context(), w.Settings, slog.New(slog.DiscardHandler))
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *town) path(name string) string { return filepath.Join(w.dir, name) }

func (w *town) write(name string, content []byte) string {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), content, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return w.path(name)
}

// parse makes the settings as a file would.
func (w *town) parse() {
	w.t.Helper()
	raw, err := json.Marshal(map[string]any{
		"live": true, "listen": "127.0.0.1:0", "origin": "https://localhost", "data": w.path("data"), "keys": w.path("keys"),
		"audit_heads": w.path("heads/audit-heads"), "trust": w.path("trust"), "revocation_hosts": w.pki.Hosts(),
		"timestamps": []string{w.pki.TSAURL()}, "mail": map[string]any{"host": "localhost", "port": w.mail.Port, "security": "none"},
		"mutuality": map[string]any{"id": "test", "brand": map[string]any{"name": []string{"Test", "Mutuality"}},
			"letterhead": map[string]any{"name": "Test", "street": "Street 1", "postcode": "1000", "city": "City"},
			"post":       map[string]any{"from": "guichet@test.example"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if w.Settings, err = parseSettings(raw); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) makeSeal() *SealSettings {
	w.t.Helper()
	folder, err := hsmtest.New(w.path("tokens"))
	if err != nil {
		w.t.Fatal(err)
	}
	public, err := folder.Make(hsmtest.Spec{Token: "mutuality", PIN: "4711", Label: "seal", ID: []byte{0x2a}, Kind: hsmtest.P256})
	if err != nil {
		w.t.Fatal(err)
	}
	if w.seal, err = w.pki.CertifySeal("Mutualité du Test", "VATBE-0400000000", public); err != nil {
		w.t.Fatal(err)
	}
	return &SealSettings{Module: folder.Module(), Token: "mutuality", Label: "seal", PINFile: w.write("pin", []byte("4711\n")),
		Certificates: w.write("seal.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.seal.Raw}))}
}

// certifyTLS gives the counter a certificate of its own for a name.
func (w *town) certifyTLS(name string, until time.Time) {
	w.t.Helper()
	certificate, key := selfSigned(w.t, name, until)
	w.TLS.Certificate = w.write(fmt.Sprintf("tls-%s-%d.pem", name, until.Unix()), certificate)
	w.TLS.Key = w.write(fmt.Sprintf("tls-%s-%d.key", name, until.Unix()), key)
}

// selfSigned is a certificate for a name and its key, as PEM.
func selfSigned(t *testing.T, name string, until time.Time) (certificate, private []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-365 * 24 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der8})
}

// check returns the rows, but for what this machine's disk does, as "state row: says".
func (w *town) check() (lines []string, failed bool) {
	w.t.Helper()
	for _, r := range checkAll(w.t.Context(), w.Settings, slog.New(slog.DiscardHandler)) {
		if r.Row == "disk" {
			continue
		}
		if r.Row == "" || r.Says == "" || r.State != fit && r.Do == "" || r.State == fit && r.Do != "" {
			w.t.Errorf("a row that does not say what it is about, how it stands or what to do: %+v", r)
		}
		failed = failed || r.State == failing
		lines = append(lines, fmt.Sprintf("%s %s: %s", r.State, r.Row, r.Says))
	}
	return lines, failed
}

package main

import (
	"bytes"
	"encoding/pem"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing"
	"guichet.example/signing/hsm"
	"guichet.example/signing/hsm/hsmtest"
)

func TestSealSettingsRefused(t *testing.T) {
	const good = `"module": "/m.so", "token": "t", "label": "seal", "pin_file": "/pin", "certificates": "/c.pem"`
	for name, test := range map[string]struct{ seal, want string }{
		"no module":       {strings.Replace(good, "/m.so", "", 1), `"seal.module" is required`},
		"no token":        {strings.Replace(good, `"t"`, `""`, 1), `"seal.token" is required`},
		"no PIN file":     {strings.Replace(good, "/pin", "", 1), `"seal.pin_file" is required`},
		"no certificates": {strings.Replace(good, "/c.pem", "", 1), `"seal.certificates" is required`},
		"no key":          {strings.Replace(good, `"seal"`, `""`, 1), "label"},
		"id not in hex":   {good + `, "id": "xy"`, "hexadecimal"},
		"a PIN":           {good + `, "pin": "1234"`, "unknown field"},
	} {
		if _, err := parseSettings(changed(t, `"seal": {`+test.seal+`}`)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: parseSettings = %v, want %q", name, err, test.want)
		}
	}
	if s, err := parseSettings(changed(t, `"seal": {`+good+`}`)); err != nil || s.Seal.Token != "t" {
		t.Errorf("parseSettings = %v", err)
	}
	if s, err := parseSettings([]byte(goodSettings)); err != nil || s.Seal != nil {
		t.Errorf("parseSettings without a seal = %+v, %v", s.Seal, err)
	}
}

// serve starts with a seal whose key and certificate belong together and lead to an
// anchor, and with no other.
func TestOpenSeal(t *testing.T) {
	t.Setenv("SOFTHSM2_CONF", "") // put back afterwards
	dir := t.TempDir()
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	folder, err := hsmtest.New(filepath.Join(dir, "tokens"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := folder.Make(hsmtest.Spec{Token: "mutuality", PIN: "4711", Label: "seal", ID: []byte{0x2a}, Kind: hsmtest.P256})
	if err != nil {
		t.Fatal(err)
	}
	own, err := pki.CertifySeal("Mutualité du Test", "VATBE-0400000000", public)
	if err != nil {
		t.Fatal(err)
	}
	other, err := pki.IssueSeal("Mutualité du Test", "VATBE-0400000000", certstest.P256)
	if err != nil {
		t.Fatal(err)
	}
	person, err := pki.Issue(certstest.Person{Surname: "Specimen", NationalNumber: "85073003328", Algorithm: certstest.P256})
	if err != nil {
		t.Fatal(err)
	}
	certificate := func(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}) }
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	trust, strangers := filepath.Join(dir, "trust"), filepath.Join(dir, "strangers")
	for _, d := range []string{trust, strangers} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for i, anchor := range pki.AnchorCertificates() {
		file(filepath.Join("trust", string(rune('a'+i))+".pem"), certificate(anchor.Raw))
	}
	file("strangers/a.pem", certificate(pki.AnchorCertificates()[0].Raw))
	good := SealSettings{Module: folder.Module(), Token: "mutuality", Label: "seal", ID: "2a",
		PINFile: file("pin", []byte("4711\n")), Certificates: file("own.pem", certificate(own.Raw))}
	for name, test := range map[string]struct {
		change func(*SealSettings)
		want   error // nil: any
	}{
		"another certificate": {func(s *SealSettings) { s.Certificates = file("other.pem", certificate(other.Certificate.Raw)) }, hsm.ErrMismatch},
		"a person's": {func(s *SealSettings) {
			s.Certificates = file("person.pem", certificate(person.Signature.Certificate.Raw))
		}, hsm.ErrMismatch},
		"wrong PIN":       {func(s *SealSettings) { s.PINFile = file("wrong", []byte("0815")) }, hsm.ErrPIN},
		"other token":     {func(s *SealSettings) { s.Token = "t" }, hsm.ErrNoToken},
		"no certificates": {func(s *SealSettings) { s.Certificates = filepath.Join(dir, "none.pem") }, os.ErrNotExist},
		"a key in the file": {func(s *SealSettings) {
			s.Certificates = file("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY"}))
		}, nil},
		"rubbish after it":    {func(s *SealSettings) { s.Certificates = file("more.pem", append(certificate(own.Raw), "more"...)) }, nil},
		"nothing in the file": {func(s *SealSettings) { s.Certificates = file("empty.pem", nil) }, nil},
		"a file without an end": {func(s *SealSettings) {
			s.Certificates = file("long.pem", bytes.Repeat([]byte("\n"), maxCertificates+1))
		}, nil},
	} {
		s := good
		test.change(&s)
		if _, _, err := openSeal(t.Context(), &Settings{Seal: &s, Trust: trust}, slog.New(slog.DiscardHandler)); err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: openSeal = %v, want %v", name, err, test.want)
		}
	}
	seal, end, err := openSeal(t.Context(), &Settings{Seal: &good, Trust: trust}, slog.New(slog.DiscardHandler))
	if err != nil || seal.Name() != "Mutualité du Test" {
		t.Fatalf("openSeal = %v", err)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	if _, _, err := openSeal(t.Context(), &Settings{Seal: &good, Trust: strangers}, slog.New(slog.DiscardHandler)); len(pki.AnchorCertificates()) > 1 && !errors.Is(err, signing.ErrCertificate) {
		t.Errorf("a seal whose path ends nowhere: %v", err)
	}
	if seal, end, err := openSeal(t.Context(), &Settings{}, nil); seal != nil || err != nil || end() != nil {
		t.Errorf("openSeal without a seal = %v, %v", seal, err)
	}
}

package certstest_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

// What openssl prints of both certificates is what Belgian cards have.
func TestCertificateShape(t *testing.T) {
	pki := certstest.Start(t)
	dir := t.TempDir()
	text := func(cert *x509.Certificate) string {
		out, err := openssl(t, "x509", "-noout", "-text", "-nameopt", "sep_comma_plus,sname,utf8", "-in", writePEM(t, dir, "cert.pem", cert))
		if err != nil {
			t.Fatal(out)
		}
		return out
	}
	foreigner := nora(certstest.P384)
	foreigner.Foreigner = true
	for _, c := range []struct {
		person         certstest.Person
		auth, sign, ca string
	}{
		{nora(certstest.RSA2048), "2.16.56.12.1.1.2.2", "2.16.56.12.1.1.2.1", "serialNumber=201901"},
		{nora(certstest.P384), "2.16.56.12.1.1.2.2", "2.16.56.12.1.1.2.1", "serialNumber=202401"},
		{foreigner, "2.16.56.12.1.1.7.2", "2.16.56.12.1.1.7.1", "CN=Foreigner CA"},
	} {
		card := issue(t, pki, c.person)
		auth, sign := text(card.Authentication.Certificate), text(card.Signature.Certificate)
		for _, want := range []string{
			"Subject: C=BE,CN=Nora Specimen (Authentication),SN=Specimen,GN=Nora Anna Lucie,serialNumber=01050399864",
			"X509v3 Key Usage: critical\n                Digital Signature\n", "TLS Web Client Authentication\n",
			"Policy: " + c.auth, "OCSP - URI:" + pki.URL + "/ocsp/", "CA Issuers - URI:" + pki.URL + "/aia/", "URI:" + pki.URL + "/crl/", c.ca,
		} {
			if !strings.Contains(auth, want) {
				t.Errorf("authentication certificate (%v) lacks %q:\n%.1500s", c.person.Algorithm, want, auth)
			}
		}
		for _, want := range []string{
			"CN=Nora Specimen (Signature),", "X509v3 Key Usage: critical\n                Non Repudiation\n",
			"Policy: " + c.sign, "qcStatements:",
		} {
			if !strings.Contains(sign, want) {
				t.Errorf("signature certificate (%v) lacks %q:\n%s", c.person.Algorithm, want, sign)
			}
		}
		if strings.Contains(sign, "Extended Key Usage") {
			t.Error("signature certificate has an extended key usage")
		}
	}
	for name, wants := range map[string][]string{
		"tsa":             {"X509v3 Extended Key Usage: critical\n                Time Stamping\n"},
		"ocsp-citizen-ec": {"X509v3 Extended Key Usage: \n                OCSP Signing\n", "OCSP No Check:"},
	} {
		for _, want := range wants {
			if out := text(pki.Service(name).Certificate); !strings.Contains(out, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, out)
			}
		}
	}
}

// fields reads a card's file as its description says: tag, length (255 goes on), value.
func fields(t *testing.T, file []byte) map[byte]string {
	t.Helper()
	out := map[byte]string{}
	for i := 0; i < len(file) && !(i > 0 && len(bytes.Trim(file[i:], "\x00")) == 0); {
		tag, n := file[i], 0
		for i++; file[i] == 0xff; i++ {
			n += 255
		}
		n += int(file[i])
		out[tag] = string(file[i+1 : i+1+n])
		i += 1 + n
	}
	return out
}

func TestCardFiles(t *testing.T) {
	pki := certstest.Start(t)
	for _, a := range []certstest.Algorithm{certstest.RSA2048, certstest.P384} {
		person := nora(a)
		person.Street = strings.Repeat("Kleine ", 10) + "straat 1" // a long one
		card := issue(t, pki, person)
		identity, address := fields(t, card.Identity), fields(t, card.Address)
		for tag, want := range map[byte]string{
			0x01: card.CardNumber, 0x02: string(card.ChipNumber), 0x05: "Bruxelles", 0x06: "01050399864", 0x07: "Specimen", 0x08: "Nora Anna",
			0x09: "L", 0x0a: "Belge", 0x0b: "Liège", 0x0c: "03 MAI 2001", 0x0d: "F", 0x0f: "1", 0x10: "0",
		} {
			if identity[tag] != want {
				t.Errorf("%v card: identity tag %02x = %q, want %q", a, tag, identity[tag], want)
			}
		}
		if address[1] != person.Street || address[2] != "1000" || address[3] != "Bruxelles" || len(card.Address) != 117 {
			t.Errorf("%v card: address of %d bytes = %q", a, len(card.Address), address)
		}
		algorithm, photo := x509.SHA256WithRSA, sha256.Sum256(card.Photo)
		hash := photo[:]
		signature := card.AddressSignature
		if a == certstest.P384 {
			algorithm = x509.ECDSAWithSHA384
			long := sha512.Sum384(card.Photo)
			hash = long[:]
			signature = signature[:int(signature[1])+2] // the file is padded
		}
		if identity[0x11] != string(hash) {
			t.Errorf("%v card: hash of the photo = %x, want %x", a, identity[0x11], hash)
		}
		if err := card.Registry.CheckSignature(algorithm, card.Identity, card.IdentitySignature); err != nil {
			t.Errorf("%v card: identity signature: %v", a, err)
		}
		signed := append(bytes.TrimRight(card.Address, "\x00"), card.IdentitySignature...)
		if err := card.Registry.CheckSignature(algorithm, signed, signature); err != nil {
			t.Errorf("%v card: address signature: %v", a, err)
		}
		if picture, err := jpeg.Decode(bytes.NewReader(card.Photo)); err != nil || picture.Bounds().Dy() < 195 || len(card.Photo) > 3064 {
			t.Errorf("%v card: photo of %d bytes: %v", a, len(card.Photo), err)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	pki := certstest.Start(t)
	for name, change := range map[string]func(*certstest.Person){
		"no surname":       func(p *certstest.Person) { p.Surname = "" },
		"no number":        func(p *certstest.Person) { p.NationalNumber = "" },
		"number too short": func(p *certstest.Person) { p.NationalNumber = "01.05.03-998" },
		"no algorithm":     func(p *certstest.Person) { p.Algorithm = 0 },
		"address too long": func(p *certstest.Person) { p.Street = strings.Repeat("x", 120) },
	} {
		person := nora(certstest.P256)
		change(&person)
		if card, err := pki.Issue(person); err == nil || card != nil {
			t.Errorf("Issue(%s) = %v, want an error", name, err)
		}
	}
	if err := pki.Revoke(&x509.Certificate{SerialNumber: pki.Authority("root-ec").Certificate.SerialNumber.SetInt64(5)}, time.Time{}, 0); err == nil {
		t.Error("Revoke of a certificate that was not issued here = nil")
	}
}

func TestIssueVariants(t *testing.T) {
	pki := certstest.Start(t)
	child := nora(certstest.P384)
	child.NoSignature = true
	if card := issue(t, pki, child); card.Signature.Certificate != nil || card.Signature.Key != nil || fields(t, card.Identity)[0x0f] != "6" {
		t.Error("a card without signature certificate has one")
	}
	for name, limits := range map[string][2]time.Duration{"expired": {-48 * time.Hour, -24 * time.Hour}, "not yet valid": {24 * time.Hour, 48 * time.Hour}} {
		person := nora(certstest.P256)
		person.NotBefore, person.NotAfter = time.Now().Add(limits[0]), time.Now().Add(limits[1])
		if _, err := pki.Anchors().Path(issue(t, pki, person).Authentication.Certificate, certs.Authentication, time.Now()); err == nil {
			t.Errorf("Path of a card that is %s = nil", name)
		}
	}
}

func TestDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	c := certstest.Config{Dir: dir, BaseURL: "http://127.0.0.1:4080"}
	first, err := certstest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	card, err := first.Issue(nora(certstest.P384))
	if err != nil {
		t.Fatal(err)
	}
	seal, err := first.IssueSeal("Mutualité du Test", "VATBE-0400000000", certstest.P256)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Revoke(card.Signature.Certificate, time.Time{}, 4); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 || strings.Contains(e.Name(), "0105") {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
	second, err := certstest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(first.AnchorCertificates(), second.AnchorCertificates(), (*x509.Certificate).Equal) {
		t.Error("the CAs changed")
	}
	again, err := second.Issue(nora(certstest.P384))
	if err != nil || !again.Authentication.Certificate.Equal(card.Authentication.Certificate) || !again.Signature.Certificate.Equal(card.Signature.Certificate) {
		t.Errorf("the card changed (%v)", err)
	}
	if other, err := second.Issue(nora(certstest.P256)); err != nil || other.Authentication.Certificate.Equal(card.Authentication.Certificate) {
		t.Errorf("another card is the same (%v)", err)
	}
	if s, err := second.IssueSeal("Mutualité du Test", "VATBE-0400000000", certstest.P256); err != nil || !s.Certificate.Equal(seal.Certificate) {
		t.Errorf("the seal changed (%v)", err)
	}
	if r, err := second.OCSPResponse(card.Signature.Certificate, nil); err != nil || r.Singles[0].Status != certstest.StatusRevoked {
		t.Errorf("the revocation is forgotten (%v)", err)
	}
	if r, err := second.OCSPResponse(card.Authentication.Certificate, nil); err != nil || r.Singles[0].Status != certstest.StatusGood {
		t.Errorf("the issued card is forgotten (%v)", err)
	}
	c.BaseURL = "http://127.0.0.1:4081"
	if _, err := certstest.New(c); err == nil || !strings.Contains(err.Error(), "4080") {
		t.Errorf("New at another address = %v, want an error that names the first", err)
	}
}

func TestListenRefuses(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "nonsense", ":0"} {
		if s, err := certstest.Listen(certstest.Config{}, addr); err == nil {
			s.Close()
			t.Errorf("Listen(%s) = nil, want a refusal", addr)
		}
	}
	for _, base := range []string{"https://127.0.0.1", "127.0.0.1:80", "http://127.0.0.1/", "http://"} {
		if _, err := certstest.New(certstest.Config{BaseURL: base}); err == nil {
			t.Errorf("New(%s) = nil, want a refusal", base)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := certstest.New(certstest.Config{}); err != nil {
			b.Fatal(err)
		}
	}
}

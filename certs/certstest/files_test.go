package certstest_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
)

// registrySaysYes has openssl judge the two signatures of a card, made with that digest.
func registrySaysYes(t *testing.T, card *certstest.Card, digest string) {
	t.Helper()
	dir := t.TempDir()
	public, err := x509.MarshalPKIXPublicKey(card.Registry.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := file("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	identity := card.Identity[:len(card.Identity)-card.Person.Files.Padding]
	mustOpenSSL(t, "Verified OK", "dgst", digest, "-verify", key,
		"-signature", file("value", valueOf(card, card.IdentitySignature)), file("identity", identity))
	if card.Person.Files.NoAddress {
		return
	}
	address := append(bytes.TrimRight(card.Address, "\x00"), card.IdentitySignature...)
	mustOpenSSL(t, "Verified OK", "dgst", digest, "-verify", key,
		"-signature", file("value", valueOf(card, card.AddressSignature)), file("address", address))
}

// valueOf cuts what fills up a signature file.
func valueOf(card *certstest.Card, file []byte) []byte {
	if file[0] == 0x30 && card.Registry.PublicKeyAlgorithm == x509.ECDSA {
		return file[:int(file[1])+2]
	}
	return file[:256]
}

func TestOpenSSLAcceptsFiles(t *testing.T) {
	pki := certstest.Start(t)
	for name, test := range map[string]struct {
		algorithm certstest.Algorithm
		change    func(p *certstest.Person)
		digest    string
		hash      crypto.Hash // of the photo
	}{
		"1.8":                {certstest.P384, nil, "-sha384", crypto.SHA384},
		"1.7":                {certstest.RSA2048, nil, "-sha256", crypto.SHA256},
		"1.7 of before":      {certstest.RSA2048, func(p *certstest.Person) { p.Files.SHA1 = true }, "-sha1", crypto.SHA1},
		"photo of before":    {certstest.RSA2048, func(p *certstest.Person) { p.Files.PhotoHash = crypto.SHA1 }, "-sha256", crypto.SHA1},
		"re-keyed":           {certstest.RSA2048, func(p *certstest.Person) { p.ReKeyed = true }, "-sha384", crypto.SHA256},
		"re-keyed of before": {certstest.RSA2048, func(p *certstest.Person) { p.ReKeyed, p.Files.SHA1 = true, true }, "-sha384", crypto.SHA1},
		"foreigner":          {certstest.P384, func(p *certstest.Person) { p.Foreigner = true }, "-sha384", crypto.SHA384},
		"child":              {certstest.P384, func(p *certstest.Person) { p.Files.NoCertificates = true }, "-sha384", crypto.SHA384},
		"no address":         {certstest.P384, func(p *certstest.Person) { p.Files.NoAddress = true }, "-sha384", crypto.SHA384},
		"empty municipality": {certstest.P384, func(p *certstest.Person) { p.Municipality = "" }, "-sha384", crypto.SHA384},
		"registry expired":   {certstest.RSA2048, func(p *certstest.Person) { p.Files.RegistryExpired = true }, "-sha256", crypto.SHA256},
		"padded": {certstest.P384, func(p *certstest.Person) {
			p.Files.Padding, p.Files.AddressPadding, p.Files.SignaturePadding = 30, 200, 120
		}, "-sha384", crypto.SHA384},
		"padded, RSA": {certstest.RSA2048, func(p *certstest.Person) { p.Files.Padding, p.Files.SignaturePadding = 30, 300 }, "-sha256", crypto.SHA256},
	} {
		t.Run(name, func(t *testing.T) {
			person := nora(test.algorithm)
			if test.change != nil {
				test.change(&person)
			}
			card := issue(t, pki, person)
			registrySaysYes(t, card, test.digest)
			w := test.hash.New()
			w.Write(card.Photo)
			if got := fields(t, card.Identity)[0x11]; got != string(w.Sum(nil)) {
				t.Errorf("hash of the photo is %x, want that of %v", got, test.hash)
			}
			o := person.Files
			if o.AddressPadding != 0 && len(card.Address) != o.AddressPadding ||
				o.SignaturePadding != 0 && (len(card.IdentitySignature) != o.SignaturePadding || len(card.AddressSignature) != o.SignaturePadding) {
				t.Errorf("files of %d, %d and %d bytes", len(card.Address), len(card.IdentitySignature), len(card.AddressSignature))
			}
		})
	}
}

func TestFileOptions(t *testing.T) {
	pki := certstest.Start(t)
	for name, test := range map[string]struct {
		change func(p *certstest.Person)
		tags   map[byte]string
	}{
		"French": {func(*certstest.Person) {}, map[byte]string{0x0c: "03 MAI 2001", 0x0d: "F"}},
		"Dutch":  {func(p *certstest.Person) { p.Files.Language = "nl" }, map[byte]string{0x0c: "03 MEI 2001", 0x0d: "V"}},
		"German": {func(p *certstest.Person) {
			p.Files.Language, p.Birth = "de", time.Date(1960, 3, 17, 0, 0, 0, 0, time.UTC)
		}, map[byte]string{0x0c: "17.MÄR.1960", 0x0d: "W"}},
		"man":       {func(p *certstest.Person) { p.NationalNumber = "85073003328" }, map[byte]string{0x0d: "M"}},
		"one name":  {func(p *certstest.Person) { p.GivenNames = "" }, map[byte]string{0x07: "Specimen", 0x08: "", 0x09: ""}},
		"tags":      {func(p *certstest.Person) { p.Files.Tags = map[byte]string{0x0f: "33", 0x14: "", 0x16: "8"} }, map[byte]string{0x0f: "33", 0x14: "", 0x16: "8", 0x10: "0"}},
		"child":     {func(p *certstest.Person) { p.Files.NoCertificates = true }, map[byte]string{0x0f: "6"}},
		"foreigner": {func(p *certstest.Person) { p.Foreigner = true }, map[byte]string{0x0f: "15"}},
	} {
		person := nora(certstest.P256)
		test.change(&person)
		card := issue(t, pki, person)
		got := fields(t, card.Identity)
		for tag, want := range test.tags {
			if value, there := got[tag]; !there || value != want {
				t.Errorf("%s: tag %02x = %q (%v), want %q", name, tag, value, there, want)
			}
		}
	}
	person := nora(certstest.P256)
	person.Files.Without = []byte{0x11, 0x0e}
	without := fields(t, issue(t, pki, person).Identity)
	if _, there := without[0x11]; there || len(without) != 16 {
		t.Errorf("%d tags are left, want 16 without 11", len(without))
	}
	person.Files = certstest.FileOptions{NoAddress: true, NoPhoto: true, NoCertificates: true, RegistryExpired: true}
	person.Foreigner = true
	card := issue(t, pki, person)
	if card.Authentication.Certificate != nil || card.Signature.Certificate != nil || card.Photo != nil ||
		card.AddressSignature != nil || len(bytes.Trim(card.Address, "\x00")) != 0 {
		t.Error("a card has what it should lack")
	}
	if card.Registry.NotAfter.After(time.Now()) || !strings.HasPrefix(card.CardNumber, "B") || len(card.CardNumber) != 10 {
		t.Errorf("registry until %v, card number of %d signs", card.Registry.NotAfter, len(card.CardNumber))
	}
	person.Files = certstest.FileOptions{Language: "en"}
	if card, err := pki.Issue(person); err == nil || card != nil {
		t.Error("a card in English is issued")
	}
}

// Options of the files do not make another card, and a card kept from before they were
// there is found again.
func TestFilesOfKeptCards(t *testing.T) {
	c := certstest.Config{Dir: t.TempDir()}
	pki, err := certstest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	person := nora(certstest.P256)
	first, err := pki.Issue(person)
	if err != nil {
		t.Fatal(err)
	}
	person.Files.Tags = map[byte]string{0x14: ""}
	again, err := pki.Issue(person)
	if err != nil || !again.Authentication.Certificate.Equal(first.Authentication.Certificate) {
		t.Errorf("another card is issued (%v)", err)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "card-d69586d093db99d9.pem")); err != nil {
		t.Errorf("a card is kept under another name than it was: %v", err)
	}
}

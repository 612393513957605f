package reader

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha1"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

// flip changes one bit of a copy.
func flip(b []byte, at int) []byte {
	c := bytes.Clone(b)
	c[at] ^= 1
	return c
}

// filesOf are the files as a module would give them out.
func filesOf(c *certstest.Card) *Files {
	f := &Files{c.Identity, c.IdentitySignature, c.Address, c.AddressSignature, c.Photo, nil}
	if c.Registry != nil {
		f.Registry = c.Registry.Raw
	}
	return f
}

// certificatesOf are the certificates on a card.
func certificatesOf(c *certstest.Card) []*x509.Certificate {
	list := []*x509.Certificate{c.Issuer, c.Root}
	for _, pair := range []certstest.KeyPair{c.Authentication, c.Signature} {
		if pair.Certificate != nil {
			list = append(list, pair.Certificate)
		}
	}
	return list
}

func TestIdentityRefuses(t *testing.T) {
	w := theWorld(t)
	elsewhere, err := certstest.New(certstest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, m, c := inserted(t, "p384")
	on := certificatesOf(w.cards["p384"])
	for name, spoil := range map[string]func(c, other *certstest.Card){
		"identity changed":           func(c, _ *certstest.Card) { c.Identity = flip(c.Identity, len(c.Identity)/2) },
		"identity cut":               func(c, _ *certstest.Card) { c.Identity = c.Identity[:len(c.Identity)-1] },
		"identity of another card":   func(c, o *certstest.Card) { c.Identity = o.Identity },
		"identity signature changed": func(c, _ *certstest.Card) { c.IdentitySignature = flip(c.IdentitySignature, 20) },
		"no identity signature":      func(c, _ *certstest.Card) { c.IdentitySignature = nil },
		"address changed":            func(c, _ *certstest.Card) { c.Address = flip(c.Address, 10) },
		"address of another card":    func(c, o *certstest.Card) { c.Address, c.AddressSignature = o.Address, o.AddressSignature },
		"no address signature":       func(c, _ *certstest.Card) { c.AddressSignature = nil },
		"photo changed":              func(c, _ *certstest.Card) { c.Photo = flip(c.Photo, 100) },
		"photo longer":               func(c, _ *certstest.Card) { c.Photo = append(bytes.Clone(c.Photo), 0) },
		"no registry certificate":    func(c, _ *certstest.Card) { c.Registry = nil },
		"CA as registry":             func(c, _ *certstest.Card) { c.Registry = c.Issuer },
		"holder as registry":         func(c, _ *certstest.Card) { c.Registry = c.Signature.Certificate },
		"files of another person":    func(c, o *certstest.Card) { *c = *o },
		"registry of the RSA era":    func(c, _ *certstest.Card) { c.Registry = w.cards["rsa"].Registry },
		"identity malformed, padded": func(c, _ *certstest.Card) { c.Identity = append(bytes.Clone(c.Identity), 9) },
	} {
		card := w.card("p384")
		spoil(card, w.card("other"))
		for _, anchors := range []*certs.TrustAnchors{w.pki.Anchors(), nil} {
			id, err := IdentityOf(filesOf(card), on, anchors, time.Now)
			wantError(t, name, err, ErrIdentityNotAuthentic)
			if id != nil {
				t.Errorf("%s: an identity comes with the error", name)
			}
		}
	}
	_, err = c.Identity(elsewhere.Anchors())
	wantError(t, "a registry that no anchor knows", err, ErrIdentityNotAuthentic)
	meddle(m).attribute = func(uint, []byte) ([]byte, error) { return make([]byte, maxValue+1), nil }
	_, err = c.Identity(nil)
	wantError(t, "a file without end", err, errObjectTooLarge)
}

// The same through the module: a card whose address somebody else signed.
func TestIdentityRefusesCard(t *testing.T) {
	card := theWorld(t).card("p384")
	card.Address = flip(card.Address, 10)
	_, _, c := insertedCard(t, "forged", card)
	_, err := c.Identity(theWorld(t).pki.Anchors())
	wantError(t, "Identity", err, ErrIdentityNotAuthentic)
}

func TestIdentity(t *testing.T) {
	w := theWorld(t)
	for _, name := range []string{"rsa", "p384", "p256", "kid"} {
		t.Run(name, func(t *testing.T) {
			_, _, c := inserted(t, name)
			id, err := c.Identity(w.pki.Anchors())
			if err != nil {
				t.Fatal(err)
			}
			card := w.cards[name]
			if id.Source != FromFiles || id.Surname != "Specimen" || id.GivenNames != "Nora Anna" || id.Initial != "M" ||
				id.NationalNumber != nora || id.CardNumber != card.CardNumber || id.ChipNumber != fmt.Sprintf("%x", card.ChipNumber) {
				b, _ := json.Marshal(id)
				t.Errorf("Identity = %s", b)
			}
			if want := (Address{"Rue de la Loi 16", "1000", "Bruxelles"}); id.Address != want {
				t.Errorf("address = %+v, want %+v", id.Address, want)
			}
			if !bytes.Equal(id.Photo, card.Photo) {
				t.Errorf("photo of %d bytes, want the card's %d", len(id.Photo), len(card.Photo))
			}
			if id, err = c.Identity(nil); err != nil || id.Source != FromUnanchoredFiles {
				t.Errorf("without anchors: %v, %v, want %s", id, err, FromUnanchoredFiles)
			}
		})
	}
}

// A module that gives out no files, as OpenSC: the certificate has to do.
func TestIdentityFromCertificate(t *testing.T) {
	card := theWorld(t).card("rsa")
	card.Identity = nil
	_, _, c := insertedCard(t, "opensc", card)
	id, err := c.Identity(theWorld(t).pki.Anchors())
	if err != nil {
		t.Fatal(err)
	}
	if id.Source != FromCertificate || id.Surname != "Specimen" || id.GivenNames == "" || id.NationalNumber != nora ||
		id.Photo != nil || id.Address != (Address{}) {
		b, _ := json.Marshal(id)
		t.Errorf("Identity = %s", b)
	}
}

func TestIdentityWithoutAddressAndPhoto(t *testing.T) {
	card := theWorld(t).card("p384")
	card.Address, card.AddressSignature, card.Photo = nil, nil, nil
	_, _, c := insertedCard(t, "bare", card)
	id, err := c.Identity(theWorld(t).pki.Anchors())
	if err != nil || id.Address != (Address{}) || id.Photo != nil || id.Source != FromFiles {
		t.Errorf("Identity = %v, %v, want files without address and photo", id, err)
	}
}

// A card for small children has no certificate at all, and still says whose it is.
func TestIdentityWithoutCertificates(t *testing.T) {
	card := theWorld(t).card("kid")
	card.Authentication = certstest.KeyPair{}
	_, _, c := insertedCard(t, "small", card)
	if id, err := c.Identity(theWorld(t).pki.Anchors()); err != nil || id.NationalNumber != nora {
		t.Errorf("Identity = %v, %v", id, err)
	}
	_, err := c.Certificate(certs.Authentication)
	wantError(t, "Certificate", err, ErrNoAuthenticationCertificate)
	wantError(t, "Certificate", err, ErrUnknownCard)
}

// A card outlives the registry certificate that signed its files.
func TestIdentityAfterTheRegistry(t *testing.T) {
	w := theWorld(t)
	_, m, c := inserted(t, "p384")
	m.Now = func() time.Time { return w.cards["p384"].Registry.NotAfter.Add(24 * time.Hour) }
	if _, err := c.Identity(w.pki.Anchors()); err != nil {
		t.Errorf("Identity = %v", err)
	}
}

func TestIdentityOverTime(t *testing.T) {
	_, m, c := inserted(t, "p384")
	letGo := make(chan struct{})
	defer close(letGo)
	meddle(m).attribute = func(_ uint, value []byte) ([]byte, error) { <-letGo; return value, nil }
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := c.IdentityContext(ctx, nil)
	wantError(t, "IdentityContext", err, ErrTimedOut)
}

// Modules that pad: certificates with zeros after the DER, as the files on the card.
func TestPaddedCertificates(t *testing.T) {
	d, m := desk(t, nil)
	insert(t, d, "rsa")
	meddle(m).attribute = func(kind uint, value []byte) ([]byte, error) {
		if kind == pkcs11.CKA_VALUE {
			return append(bytes.Clone(value), make([]byte, 1100)...), nil
		}
		return value, nil
	}
	c := open(t, m)
	if len(c.certs) != 4 {
		t.Errorf("%d certificates are read, want 4", len(c.certs))
	}
	if id, err := c.Identity(theWorld(t).pki.Anchors()); err == nil {
		t.Errorf("a padded photo passes for the one that was hashed: %v", id)
	}
}

func TestDates(t *testing.T) {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	for text, want := range map[string]time.Time{
		"03.05.2001": day(2001, 5, 3), "31.12.1999": day(1999, 12, 31), "29.02.2024": day(2024, 2, 29),
		"03 MAI  2001": day(2001, 5, 3), "3 MAI 2001": day(2001, 5, 3), "03 mai 2001": day(2001, 5, 3),
		"03 MEI 2001": day(2001, 5, 3), "03.MAI.2001": day(2001, 5, 3), "17.MÄR.1960": day(1960, 3, 17),
		"01 MAAR 1970": day(1970, 3, 1), "01 MARS 1970": day(1970, 3, 1), "15 AOUT 1980": day(1980, 8, 15),
		"24.DEZ.1955": day(1955, 12, 24), "09 OKT 1990": day(1990, 10, 9),
		"": {}, "1960": {}, "00.00.1960": {}, "00 MAI 1960": {}, "MAI 1960": {}, "30.02.2001": {}, "01.13.2001": {},
		"01.01.61": {}, "01 XXX 2001": {}, "a.b.cccc": {}, "-1.01.2001": {}, "99999999999999999999.01.2001": {},
	} {
		if got := parseDate(text); !got.Equal(want) {
			t.Errorf("parseDate(%q) = %v, want %v", text, got, want)
		}
	}
	for _, months := range []string{
		"JAN FEV MARS AVR MAI JUIN JUIL AOUT SEPT OCT NOV DEC",
		"JAN FEB MAAR APR MEI JUN JUL AUG SEP OKT NOV DEC",
		"JAN FEB MÄR APR MAI JUN JUL AUG SEP OKT NOV DEZ",
	} {
		for i, name := range strings.Fields(months) {
			if got := parseDate("09 " + name + " 1990"); !got.Equal(day(1990, time.Month(i+1), 9)) {
				t.Errorf("parseDate with %s = %v, want month %d", name, got, i+1)
			}
		}
	}
}

// Foreigners' documents, German words, sizes of the photo hash.
func TestParseIdentity(t *testing.T) {
	hash := sha1.Sum([]byte("photo"))
	file := appendTLV(nil, []field{
		{0x00, []byte{0}}, {tagCardNumber, []byte("B123456789")}, {tagValidTo, []byte("01.02.2030")},
		{tagSurname, []byte("Öztürk")}, {tagGivenNames, []byte(" Ayşe ")}, {tagNationality, []byte("Türkei")},
		{tagBirth, []byte("24.DEZ.1955")}, {tagSex, []byte("W")}, {tagDocumentType, []byte("16")}, {tagPhotoHash, hash[:]}, {0x1E, []byte("x")},
	}, 0)
	id, got, err := parseIdentity(file)
	if err != nil {
		t.Fatal(err)
	}
	if id.Surname != "Öztürk" || id.GivenNames != "Ayşe" || id.Sex != "F" || id.DocumentType != 16 || id.BirthText != "24.DEZ.1955" ||
		id.Birth.Year() != 1955 || id.ValidTo.Year() != 2030 || !bytes.Equal(got, hash[:]) {
		b, _ := json.Marshal(id)
		t.Errorf("parseIdentity = %s, hash %x", b, got)
	}
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		if !photoFits([]byte("photo"), digestOf(h, []byte("photo"))) {
			t.Errorf("a photo with its %v does not fit", h)
		}
	}
	if photoFits([]byte("photo"), []byte("photo")) || photoFits([]byte("photo"), make([]byte, 32)) {
		t.Error("a photo fits a hash that is not its own")
	}
}

// A person's number is in no log and no test failure.
func TestIdentityPrintsNothing(t *testing.T) {
	id := &Identity{NationalNumber: nora, Surname: "Specimen", Source: FromFiles, Address: Address{Street: "Rue de la Loi 16"}}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("read", "identity", id)
	for _, text := range []string{fmt.Sprint(id), fmt.Sprintf("%+v", id), fmt.Sprintf("%#v", id), fmt.Sprintf("%v", *id), log.String()} {
		if strings.Contains(text, nora) || strings.Contains(text, "Specimen") || strings.Contains(text, "Rue") {
			t.Errorf("printed: %s", text)
		}
	}
}

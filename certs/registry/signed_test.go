package registry

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
)

// Cards of every era and kind, with what modules do to their files.
func TestIdentityEras(t *testing.T) {
	w := theWorld(t)
	for name, change := range map[string]func(p *certstest.Person){
		"1.8":                   func(*certstest.Person) {},
		"1.7":                   func(p *certstest.Person) { p.Algorithm = certstest.RSA2048 },
		"1.7 of before":         func(p *certstest.Person) { p.Algorithm, p.Files.SHA1 = certstest.RSA2048, true },
		"photo of before":       func(p *certstest.Person) { p.Algorithm, p.Files.PhotoHash = certstest.RSA2048, crypto.SHA1 },
		"re-keyed":              func(p *certstest.Person) { p.Algorithm, p.ReKeyed = certstest.RSA2048, true },
		"re-keyed of before":    func(p *certstest.Person) { p.Algorithm, p.ReKeyed, p.Files.SHA1 = certstest.RSA2048, true, true },
		"foreigner":             func(p *certstest.Person) { p.Foreigner = true },
		"foreign child":         func(p *certstest.Person) { p.Foreigner, p.Files.NoCertificates = true, true },
		"registry expired":      func(p *certstest.Person) { p.Files.RegistryExpired = true },
		"registry expired, 1.7": func(p *certstest.Person) { p.Algorithm, p.Files.RegistryExpired = certstest.RSA2048, true },
		"padding":               func(p *certstest.Person) { p.Files.Padding, p.Files.AddressPadding = 200, 300 },
		"signatures padded":     func(p *certstest.Person) { p.Files.SignaturePadding = 120 },
		"RSA signatures padded": func(p *certstest.Person) { p.Algorithm, p.Files.SignaturePadding = certstest.RSA2048, 300 },
		"empty municipality":    func(p *certstest.Person) { p.Municipality = "" },
		"last tag empty":        func(p *certstest.Person) { p.Files.Tags, p.Files.Padding = map[byte]string{0x1F: ""}, 50 },
		"last tag ends in zero": func(p *certstest.Person) { p.Files.Tags, p.Files.Padding = map[byte]string{0x1F: "\x00"}, 50 },
		"one name":              func(p *certstest.Person) { p.GivenNames = "" },
	} {
		card := issued(t, func(p *certstest.Person) {
			change(p)
			if p.Algorithm == certstest.RSA2048 {
				p.Files.NoCertificates = true // RSA keys take long, and the registry has its own
			}
		})
		id, err := IdentityOf(filesOf(card), certificatesOf(card), w.pki.Anchors(), time.Now())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p := card.Person
		if id.Source != FromFiles || id.Surname != "Specimen" || id.NationalNumber != nora || !bytes.Equal(id.Photo, card.Photo) ||
			id.Address != (Address{p.Street, p.Postcode, p.Municipality}) {
			t.Errorf("%s: %s", name, inFull(id))
		}
	}
}

// Whoever has a card has a key and a certificate that leads to an anchor, too.
func TestIdentitySignedByTheHolder(t *testing.T) {
	card := issued(t, nil)
	for name, pair := range map[string]certstest.KeyPair{"signature": card.Signature, "authentication": card.Authentication} {
		f := filesOf(card)
		f.Registry = pair.Certificate.Raw
		f.Address, f.AddressSignature = nil, nil
		value, err := pair.Key.Sign(rand.Reader, digestOf(crypto.SHA384, f.Identity), crypto.SHA384)
		if err != nil {
			t.Fatal(err)
		}
		f.IdentitySignature = value
		id, err := IdentityOf(f, certificatesOf(card), nil, time.Now())
		wantNobody(t, name, id, err, ErrNotAuthentic)
	}
}

func TestIdentityRefusesBehindRSA(t *testing.T) {
	card := theWorld(t).card("rsa")
	for name, spoil := range map[string]func(f *Files){
		"identity": func(f *Files) { f.IdentitySignature = append(bytes.Clone(f.IdentitySignature), 0, 1) },
		"address":  func(f *Files) { f.AddressSignature = append(bytes.Clone(f.AddressSignature), 0, 1) },
	} {
		f := filesOf(card)
		spoil(f)
		id, err := IdentityOf(f, certificatesOf(card), nil, time.Now())
		wantNobody(t, name, id, err, ErrNotAuthentic)
	}
}

// Operators may trust the roots alone: the card brings its CA along.
func TestIdentityWithRootsAlone(t *testing.T) {
	card := theWorld(t).card("p384")
	roots, err := certs.NewTrustAnchors(card.Root)
	if err != nil {
		t.Fatal(err)
	}
	// A registry certificate among the others is nobody's, whatever its key usage.
	rrn, err := theWorld(t).pki.Forge("root-ec", &x509.Certificate{
		Subject: pkix.Name{CommonName: "RRN"}, KeyUsage: x509.KeyUsageDigitalSignature, NotAfter: time.Now().Add(time.Hour),
	}, card.Registry.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	on := append(certificatesOf(card), rrn)
	for source, f := range map[Source]*Files{FromFiles: filesOf(card), FromCertificate: nil} {
		if id, err := IdentityOf(f, on, roots, time.Now()); err != nil || id.Source != source {
			t.Errorf("IdentityOf = %v, %v, want %s", id, err, source)
		}
	}
}

// Files that a card does not have.
func TestIdentityWithout(t *testing.T) {
	w := theWorld(t)
	for name, test := range map[string]struct {
		change  func(p *certstest.Person)
		spoil   func(f *Files)
		address bool
		photo   bool
	}{
		"address":             {func(p *certstest.Person) { p.Files.NoAddress = true }, nil, false, true},
		"address file":        {nil, func(f *Files) { f.Address, f.AddressSignature = nil, nil }, false, true},
		"address, but zeros":  {nil, func(f *Files) { f.Address, f.AddressSignature = make([]byte, 117), make([]byte, 104) }, false, true},
		"photo":               {func(p *certstest.Person) { p.Files.NoPhoto = true }, nil, true, false},
		"photo, but zeros":    {nil, func(f *Files) { f.Photo = make([]byte, 3064) }, true, false},
		"hash of the photo":   {func(p *certstest.Person) { p.Files.Without = []byte{0x11} }, nil, true, false},
		"an empty hash of it": {func(p *certstest.Person) { p.Files.Tags = map[byte]string{0x11: ""} }, nil, true, false},
		"nothing, but padded": {nil, func(f *Files) { f.Photo = append(bytes.Clone(f.Photo), 0, 0) }, true, true},
	} {
		card := issued(t, test.change)
		f := filesOf(card)
		if test.spoil != nil {
			test.spoil(f)
		}
		id, err := IdentityOf(f, certificatesOf(card), w.pki.Anchors(), time.Now())
		if err != nil || id.Source != FromFiles || id.NationalNumber != nora {
			t.Errorf("without %s: %v, %v", name, id, err)
			continue
		}
		if (id.Address != Address{}) != test.address || (id.Photo != nil) != test.photo {
			t.Errorf("without %s: %s", name, inFull(id))
		}
	}
}

// A module that cuts what fills up the identity's signature, which the address's covers
// with it, is believed no less.
func TestIdentitySignatureTrimmed(t *testing.T) {
	card := issued(t, func(p *certstest.Person) { p.Files.SignaturePadding = 120 })
	f := filesOf(card)
	f.IdentitySignature = trimZeros(f.IdentitySignature)
	_, err := IdentityOf(f, nil, nil, time.Now())
	wantError(t, "the padding is signed, and gone", err, ErrNotAuthentic)

	card = issued(t, nil)
	f = filesOf(card)
	f.IdentitySignature = append(bytes.Clone(f.IdentitySignature), make([]byte, 20)...)
	if id, err := IdentityOf(f, certificatesOf(card), nil, time.Now()); err != nil || id.Address.Postcode != "1000" {
		t.Errorf("padding that the registry did not sign: %v, %v", id, err)
	}
}

// A card outlives the registry certificate that signed its files.
func TestIdentityAfterTheRegistry(t *testing.T) {
	w := theWorld(t)
	card := w.cards["p384"]
	late := card.Registry.NotAfter.Add(24 * time.Hour)
	if _, err := Verify(*filesOf(card), certificatesOf(card), w.pki.Anchors(), late); err != nil {
		t.Errorf("Verify = %v", err)
	}
}

func TestPhotoFits(t *testing.T) {
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384} {
		if !photoFits([]byte("photo"), digestOf(h, []byte("photo"))) {
			t.Errorf("a photo with its %v does not fit", h)
		}
	}
	for _, hash := range [][]byte{nil, []byte("photo"), make([]byte, 20), make([]byte, 32), make([]byte, 48), digestOf(crypto.SHA512, []byte("photo"))} {
		if photoFits([]byte("photo"), hash) {
			t.Errorf("a photo fits %x, which is not its hash", hash)
		}
	}
}

// Any byte changed, anywhere in what the registry vouches for, and there is no identity.
func FuzzIdentityOf(f *testing.F) {
	w := theWorld(f)
	cards := []*certstest.Card{
		w.cards["p384"], w.cards["rsa"],
		issued(f, func(p *certstest.Person) { p.Files.Padding, p.Files.SignaturePadding = 20, 120 }),
		issued(f, func(p *certstest.Person) {
			p.Algorithm, p.ReKeyed, p.Files = certstest.RSA2048, true, certstest.FileOptions{NoCertificates: true, SHA1: true}
		}),
	}
	for which := range byte(6) {
		f.Add(byte(which), which, uint16(7), byte(0x80))
		f.Add(byte(which), which, uint16(0xFFFF), byte(1))
	}
	f.Fuzz(func(t *testing.T, card, which byte, at uint16, by byte) {
		c := cards[int(card)%len(cards)]
		files := filesOf(c)
		part := []*[]byte{&files.Identity, &files.IdentitySignature, &files.Address, &files.AddressSignature, &files.Photo, &files.Registry}[int(which)%6]
		if by == 0 {
			return
		}
		*part = bytes.Clone(*part)
		(*part)[int(at)%len(*part)] ^= by
		id, err := IdentityOf(files, certificatesOf(c), w.pki.Anchors(), time.Now())
		if err == nil || id != nil {
			t.Errorf("file %d of %d bytes with byte %d changed by %02x is believed", int(which)%6, len(*part), int(at)%len(*part), by)
		}
	})
}

// The same byte by byte, where it costs one signature each.
func TestIdentityEveryByte(t *testing.T) {
	for _, card := range []*certstest.Card{
		issued(t, func(p *certstest.Person) {
			p.Algorithm, p.Files = certstest.RSA2048, certstest.FileOptions{NoCertificates: true, SHA1: true, Padding: 3}
		}),
		issued(t, func(p *certstest.Person) { p.Files.SignaturePadding = 106 }),
	} {
		f := filesOf(card)
		for i, part := range []*[]byte{&f.Identity, &f.IdentitySignature, &f.Address, &f.AddressSignature} {
			whole := *part
			for at := range whole {
				*part = flip(whole, at)
				if id, err := IdentityOf(f, nil, nil, time.Now()); err == nil || id != nil {
					t.Errorf("file %d with byte %d of %d changed is believed", i, at, len(whole))
				}
			}
			*part = whole
		}
	}
}

// The cost of an identity beyond what the module takes to read the files.
func BenchmarkIdentityOf(b *testing.B) {
	w := theWorld(b)
	for _, name := range []string{"p384", "rsa"} {
		b.Run(name, func(b *testing.B) {
			f, on := filesOf(w.cards[name]), certificatesOf(w.cards[name])
			for b.Loop() {
				if _, err := IdentityOf(f, on, w.pki.Anchors(), time.Now()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

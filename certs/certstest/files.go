package certstest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"time"
	"unicode/utf8"
)

// addressFile is the fixed size of the address file on a card.
const addressFile = 117

// field is one tag, length, value of a card's file; texts are UTF-8.
type field struct {
	tag   byte
	value []byte
}

// encodeTLV writes tag, length, value; a length of 255 or more is a chain of FF bytes and the rest.
func encodeTLV(fields []field) []byte {
	var out []byte
	for _, f := range fields {
		n := len(f.value)
		out = append(out, f.tag)
		for ; n >= 255; n -= 255 {
			out = append(out, 0xff)
		}
		out = append(append(out, byte(n)), f.value...)
	}
	return out
}

// writeFiles makes identity, address and photo and signs them as the registry does: the
// identity file as it is; the address file without its padding, followed by the identity's
// signature, which ties it to this card. The photo is covered by its hash in the identity.
func (card *Card) writeFiles(registry KeyPair) error {
	if err := card.chip(); err != nil {
		return err
	}
	hash := registry.hash() // SHA-256 in the RSA era, SHA-384 since
	var err error
	if card.Photo, err = portrait(hash); err != nil {
		return err
	}
	digest := hash.New()
	digest.Write(card.Photo)
	card.Identity = encodeTLV(card.identityFields(digest.Sum(nil)))
	if card.IdentitySignature, err = registry.sign(card.Identity, hash); err != nil {
		return err
	}
	p := card.Person
	address := encodeTLV([]field{
		{0x00, []byte{0}}, {0x01, []byte(p.Street)}, {0x02, []byte(p.Postcode)}, {0x03, []byte(p.Municipality)},
	})
	if len(address) > addressFile {
		return fmt.Errorf("address takes %d bytes, the file has %d", len(address), addressFile)
	}
	signed := append(bytes.TrimRight(address, "\x00"), card.IdentitySignature...)
	card.Address = append(address, make([]byte, addressFile-len(address))...)
	if card.AddressSignature, err = registry.sign(signed, hash); err != nil {
		return err
	}
	if _, ok := registry.Key.(*ecdsa.PrivateKey); ok {
		const longest = 104 // ECDSA-Sig-Value of P-384
		card.AddressSignature = append(card.AddressSignature, make([]byte, longest-len(card.AddressSignature))...)
	}
	return nil
}

func (card *Card) identityFields(photoHash []byte) []field {
	p := card.Person
	given := strings.Fields(p.GivenNames)
	third := ""
	if len(given) > 2 {
		_, n := utf8.DecodeRuneInString(given[2])
		third, given = given[2][:n], given[:2]
	}
	kind := "1"
	switch {
	case p.Foreigner:
		kind = "15" // E+
	case p.NoSignature:
		kind = "6" // kids
	}
	const dots = "02.01.2006"
	return []field{
		{0x00, []byte{0}}, {0x01, []byte(card.CardNumber)}, {0x02, card.ChipNumber},
		{0x03, []byte(p.NotBefore.UTC().Format(dots))}, {0x04, []byte(p.NotAfter.UTC().Format(dots))},
		{0x05, []byte(p.Municipality)}, {0x06, []byte(p.NationalNumber)}, {0x07, []byte(p.Surname)},
		{0x08, []byte(strings.Join(given, " "))}, {0x09, []byte(third)}, {0x0a, []byte(p.Nationality)},
		{0x0b, []byte(p.BirthPlace)}, {0x0c, []byte(birthDate(p.Birth))}, {0x0d, []byte(p.sex())},
		{0x0e, nil}, {0x0f, []byte(kind)}, {0x10, []byte("0")}, {0x11, photoHash},
	}
}

// birthDate is written with the month's French abbreviation, as cards of Wallonia have it.
func birthDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	months := strings.Fields("JAN FEV MARS AVR MAI JUIN JUIL AOUT SEPT OCT NOV DEC")
	return fmt.Sprintf("%02d %s %d", t.Day(), months[t.Month()-1], t.Year())
}

// portrait draws a grey head and shoulders, of the size of the era.
func portrait(era crypto.Hash) ([]byte, error) {
	w, h := 140, 200
	if era == crypto.SHA384 {
		w, h = 150, 195
	}
	img := image.NewGray(image.Rect(0, 0, w, h))
	ellipse := func(x, y, cx, cy, rx, ry int) bool {
		dx, dy := (x-cx)*100/rx, (y-cy)*100/ry
		return dx*dx+dy*dy < 100*100
	}
	for y := range h {
		for x := range w {
			shade := uint8(225)
			if ellipse(x, y, w/2, h*2/5, w/5, h/5) || ellipse(x, y, w/2, h, w*2/5, h*7/20) {
				shade = 120
			}
			img.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 60})
	return out.Bytes(), err
}

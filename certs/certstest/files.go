package certstest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	_ "crypto/sha1" // files of older cards
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// FileOptions are what makes the data files of a card, and what goes with them, unlike
// the usual ones. The zero value is a card as most people have it.
type FileOptions struct {
	NoCertificates  bool        // neither certificate: a card for a small child
	RegistryExpired bool        // the registry's certificate is over since a month
	SHA1            bool        // a card of applet 1.7 from before 2014: hash of photo and signatures by SHA-1
	PhotoHash       crypto.Hash // zero: SHA-1 with SHA1, else SHA-256 with RSA keys and SHA-384 with others

	Language string // of dates and words: fr (empty), nl or de
	// Tags go into the identity file in place of or in addition to the usual ones; an
	// empty text is a tag without a value. Without are tags left out.
	Tags    map[byte]string
	Without []byte
	Padding int // zeros behind the identity file
	// AddressPadding fills the address file up to this size; zero: 117 bytes.
	AddressPadding int
	// SignaturePadding fills both signature files up to this size. Zero: 256 bytes on a
	// re-keyed card, whose files stay as they were; else the identity's is as long as the
	// signature, and the address's 104 bytes where it is in ASN.1.
	SignaturePadding int
	NoAddress        bool // the address file is zeros, and has no signature
	NoPhoto          bool // the photo file is empty; the hash is there
}

// Sizes of files on a card, in bytes.
const (
	addressFile   = 117
	signatureFile = 104 // ECDSA-Sig-Value of P-384 at its longest
)

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
	o := &card.Person.Files
	hash := registry.hash() // SHA-256 in the RSA era, SHA-384 since
	_, curve := registry.Key.(*ecdsa.PrivateKey)
	if curve && card.Person.Algorithm == RSA2048 && o.SignaturePadding == 0 {
		o.SignaturePadding = 256
	}
	if o.SHA1 && !curve {
		hash = crypto.SHA1
	}
	var err error
	if card.Photo, err = portrait(card.Person.Algorithm == RSA2048); err != nil {
		return err
	}
	identity := encodeTLV(card.identityFields(digest(o.photoHash(card.Person.Algorithm), card.Photo)))
	value, err := registry.sign(identity, hash)
	if err != nil {
		return err
	}
	card.Identity = padded(identity, len(identity)+o.Padding)
	card.IdentitySignature = padded(value, o.SignaturePadding)
	if o.NoPhoto {
		card.Photo = nil
	}
	if o.NoAddress {
		card.Address = make([]byte, max(addressFile, o.AddressPadding))
		return nil
	}
	return card.writeAddress(registry, hash, curve)
}

func (card *Card) writeAddress(registry KeyPair, hash crypto.Hash, curve bool) error {
	p, o := card.Person, card.Person.Files
	size := max(addressFile, o.AddressPadding)
	address := encodeTLV([]field{
		{0x00, []byte{0}}, {0x01, []byte(p.Street)}, {0x02, []byte(p.Postcode)}, {0x03, []byte(p.Municipality)},
	})
	if len(address) > size {
		return fmt.Errorf("address takes %d bytes, the file has %d", len(address), size)
	}
	signed := append(bytes.TrimRight(address, "\x00"), card.IdentitySignature...)
	value, err := registry.sign(signed, hash)
	if err != nil {
		return err
	}
	card.Address = padded(address, size)
	if fixed := o.SignaturePadding; curve && fixed == 0 {
		card.AddressSignature = padded(value, signatureFile)
	} else {
		card.AddressSignature = padded(value, fixed)
	}
	return nil
}

func (o FileOptions) photoHash(a Algorithm) crypto.Hash {
	switch {
	case o.PhotoHash != 0:
		return o.PhotoHash
	case o.SHA1:
		return crypto.SHA1
	case a == RSA2048: // re-keyed too: the photo was not taken anew
		return crypto.SHA256
	}
	return crypto.SHA384
}

func digest(h crypto.Hash, data []byte) []byte {
	w := h.New()
	w.Write(data)
	return w.Sum(nil)
}

// padded returns a copy with zeros up to size.
func padded(b []byte, size int) []byte {
	return append(bytes.Clone(b), make([]byte, max(0, size-len(b)))...)
}

func (card *Card) identityFields(photoHash []byte) []field {
	p := card.Person
	given := strings.Fields(p.GivenNames)
	third := ""
	if len(given) > 2 {
		_, n := utf8.DecodeRuneInString(given[2])
		third, given = given[2][:n], given[:2]
	}
	const dots = "02.01.2006"
	fields := []field{
		{0x00, []byte{0}}, {0x01, []byte(card.CardNumber)}, {0x02, card.ChipNumber},
		{0x03, []byte(p.NotBefore.UTC().Format(dots))}, {0x04, []byte(p.NotAfter.UTC().Format(dots))},
		{0x05, []byte(p.Municipality)}, {0x06, []byte(p.NationalNumber)}, {0x07, []byte(p.Surname)},
		{0x08, []byte(strings.Join(given, " "))}, {0x09, []byte(third)}, {0x0a, []byte(p.Nationality)},
		{0x0b, []byte(p.BirthPlace)}, {0x0c, []byte(birthDate(p.Birth, p.Files.Language))}, {0x0d, []byte(p.sex())},
		{0x0e, nil}, {0x0f, []byte(p.documentType())}, {0x10, []byte("0")}, {0x11, photoHash},
	}
	return p.Files.change(fields)
}

// change replaces, adds and leaves out tags, in order of the tags.
func (o FileOptions) change(fields []field) []field {
	fields = slices.DeleteFunc(fields, func(f field) bool {
		_, replaced := o.Tags[f.tag]
		return replaced || bytes.IndexByte(o.Without, f.tag) >= 0
	})
	for tag, text := range o.Tags {
		fields = append(fields, field{tag, []byte(text)})
	}
	slices.SortFunc(fields, func(a, b field) int { return int(a.tag) - int(b.tag) })
	return fields
}

func (person Person) documentType() string {
	switch {
	case person.Foreigner && person.Files.NoCertificates:
		return "62" // EU+, of a child
	case person.Foreigner:
		return "15" // E
	case person.NoSignature || person.Files.NoCertificates:
		return "6" // kids
	}
	return "1"
}

// sex follows the sequence number, odd is male. Women are F, in Dutch V, in German W.
func (person Person) sex() string {
	if person.Sex != "" {
		return person.Sex
	}
	if n, _ := strconv.Atoi(person.NationalNumber[6:9]); n%2 == 1 {
		return "M"
	}
	switch person.Files.Language {
	case "nl":
		return "V"
	case "de":
		return "W"
	}
	return "F"
}

var birthMonths = map[string]string{
	"":   "JAN FEV MARS AVR MAI JUIN JUIL AOUT SEPT OCT NOV DEC",
	"fr": "JAN FEV MARS AVR MAI JUIN JUIL AOUT SEPT OCT NOV DEC",
	"nl": "JAN FEB MAAR APR MEI JUN JUL AUG SEP OKT NOV DEC",
	"de": "JAN FEB MÄR APR MAI JUN JUL AUG SEP OKT NOV DEZ",
}

// birthDate is written with the month's abbreviation in the language of the
// municipality, between dots where that is German.
func birthDate(t time.Time, language string) string {
	if t.IsZero() {
		return ""
	}
	blank := " "
	if language == "de" {
		blank = "."
	}
	month := strings.Fields(birthMonths[language])[t.Month()-1]
	return fmt.Sprintf("%02d%s%s%s%d", t.Day(), blank, month, blank, t.Year())
}

// chip draws the numbers that make a card different from the next one.
func (card *Card) chip() error {
	card.ChipNumber = make([]byte, 16)
	if _, err := rand.Read(card.ChipNumber); err != nil {
		return err
	}
	unique := card.ChipNumber
	if cert := card.Authentication.Certificate; cert != nil {
		unique = cert.Raw
	}
	sum := sha256.Sum256(unique)
	body := 5920000000 + uint64(sum[0])<<16 + uint64(sum[1])<<8 + uint64(sum[2])
	card.CardNumber = fmt.Sprintf("%010d%02d", body, body%97) // ten digits and their remainder, as on the back
	if card.Person.Foreigner {
		card.CardNumber = fmt.Sprintf("B%09d", body%1e9)
	}
	return nil
}

package reader

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"guichet.example/certs"
)

// ErrIdentityNotAuthentic means the card's identity files are not what the national
// registry signed, or not of the person whom the certificate names. They are not used,
// and the certificate is not used in their place: something is wrong with this card.
var ErrIdentityNotAuthentic = errors.New("identity files are not authentic")

// Source says where an Identity comes from.
type Source string

// From most to least telling.
const (
	// FromFiles: the identity files of the card, signed by a registry certificate that
	// leads to a trust anchor.
	FromFiles Source = "files"
	// FromUnanchoredFiles: as FromFiles, but no trust anchors were given: the files fit
	// the registry certificate on the card, and anybody could have made both.
	FromUnanchoredFiles Source = "files-unanchored"
	// FromCertificate: the subject of the authentication certificate; the module does
	// not give out the files. Name and number are all there is.
	FromCertificate Source = "certificate"
)

// Identity is what the card says of its holder. Fields that the source does not know
// are empty. Its JSON has number and
// address; printing it shows neither.
type Identity struct {
	Source         Source    `json:"source"`
	Surname        string    `json:"surname"`
	GivenNames     string    `json:"givenNames"` // of the files: the first two
	Initial        string    `json:"initial,omitempty"`
	NationalNumber string    `json:"nationalNumber"` // eleven digits
	Birth          time.Time `json:"birth,omitzero"` // zero when the day is not known
	BirthText      string    `json:"birthText,omitempty"`
	BirthPlace     string    `json:"birthPlace,omitempty"`
	Sex            string    `json:"sex,omitempty"` // "F", "M" or ""
	Nationality    string    `json:"nationality,omitempty"`
	Nobility       string    `json:"nobility,omitempty"`
	CardNumber     string    `json:"cardNumber,omitempty"`
	ChipNumber     string    `json:"chipNumber,omitempty"` // hexadecimal
	ValidFrom      time.Time `json:"validFrom,omitzero"`
	ValidTo        time.Time `json:"validTo,omitzero"`        // of the card; its certificates may end before
	Municipality   string    `json:"municipality,omitempty"`  // that delivered the card
	DocumentType   int       `json:"documentType,omitempty"`  // 1 citizen, 6 kids, 11 to 23 and more foreigners
	SpecialStatus  string    `json:"specialStatus,omitempty"` // one digit of the registry's
	Address        Address   `json:"address,omitzero"`
	Photo          []byte    `json:"photo,omitempty"` // JPEG, its hash is in the signed file
}

// String keeps an Identity printed by mistake from telling who it is.
func (id Identity) String() string { return "identity from " + string(id.Source) }

// GoString is String too: %#v is used in test failures, which end up in logs.
func (id Identity) GoString() string { return id.String() }

// LogValue is String, for log/slog.
func (id Identity) LogValue() slog.Value { return slog.StringValue(id.String()) }

// Address is the holder's address as the card has it.
type Address struct {
	Street       string `json:"street,omitempty"` // and number
	Postcode     string `json:"postcode,omitempty"`
	Municipality string `json:"municipality,omitempty"`
}

// readingIdentity is how long Identity may take: photo and all, some 8 KiB from a card
// that gives 1 to 3 KiB a second.
const readingIdentity = 30 * time.Second

// Identity is IdentityContext with a limit of 30 seconds.
func (c *Card) Identity(anchors *certs.TrustAnchors) (*Identity, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readingIdentity)
	defer cancel()
	return c.IdentityContext(ctx, anchors)
}

// IdentityContext reads who the holder is. Identity, address and photo are believed only
// under the registry's signature; with anchors, its certificate must lead to one of
// them, and without (nil), Source says so. Where the module gives out no files the
// certificate has to do. No PIN is needed. Errors: ErrIdentityNotAuthentic,
// ErrCardRemoved, ErrTimedOut.
func (c *Card) IdentityContext(ctx context.Context, anchors *certs.TrustAnchors) (*Identity, error) {
	f, err := c.Files(ctx)
	if err != nil {
		return nil, err
	}
	on := make([]*x509.Certificate, len(c.certs))
	for i, held := range c.certs {
		on[i] = held.cert
	}
	return IdentityOf(f, on, anchors, c.module.Now)
}

// IdentityOf verifies the files of a card and says who its holder is; on is every
// certificate on that card, with CA certificates among them. With f nil the
// authentication certificate has to do. With anchors the registry's certificate must
// lead to one of them at the time now (nil: time.Now); without (nil), Source says so. It
// asks no card and may run in another process than the module. Errors:
// ErrIdentityNotAuthentic, ErrNoAuthenticationCertificate.
func IdentityOf(f *Files, on []*x509.Certificate, anchors *certs.TrustAnchors, now func() time.Time) (*Identity, error) {
	if f == nil {
		return fromCertificate(on)
	}
	id, err := f.open(on, anchors, now)
	if err != nil {
		return nil, err
	}
	if err := samePerson(id, on); err != nil {
		return nil, err
	}
	return id, nil
}

// samePerson compares files and certificates: both are signed, and either could come
// from another card.
func samePerson(id *Identity, on []*x509.Certificate) error {
	for _, p := range []certs.Purpose{certs.Authentication, certs.Signature} {
		cert := serving(p, on)
		if cert == nil {
			continue
		}
		holder, err := certs.HolderOf(cert)
		if err != nil || holder.SerialNumber != id.NationalNumber {
			return ErrIdentityNotAuthentic
		}
	}
	return nil
}

// serving returns the holder's certificate for p, nil if there is none.
func serving(p certs.Purpose, on []*x509.Certificate) *x509.Certificate {
	for _, cert := range on {
		if !cert.IsCA && p.Check(cert) == nil {
			return cert
		}
	}
	return nil
}

// authorities are the CA certificates among those of a card.
func authorities(on []*x509.Certificate) []*x509.Certificate {
	var list []*x509.Certificate
	for _, cert := range on {
		if cert.IsCA {
			list = append(list, cert)
		}
	}
	return list
}

func fromCertificate(on []*x509.Certificate) (*Identity, error) {
	cert := serving(certs.Authentication, on)
	if cert == nil {
		return nil, ErrNoAuthenticationCertificate
	}
	holder, err := certs.HolderOf(cert)
	if err != nil {
		return nil, err
	}
	return &Identity{
		Source: FromCertificate, Surname: holder.Surname, GivenNames: holder.GivenNames,
		NationalNumber: holder.SerialNumber,
	}, nil
}

// Tags of the identity file that are looked at. There are more (duplicate, work and
// other mentions), all of them of no use to a counter.
const (
	tagCardNumber     = 0x01
	tagChipNumber     = 0x02
	tagValidFrom      = 0x03
	tagValidTo        = 0x04
	tagMunicipality   = 0x05
	tagNationalNumber = 0x06
	tagSurname        = 0x07
	tagGivenNames     = 0x08
	tagInitial        = 0x09
	tagNationality    = 0x0A
	tagBirthPlace     = 0x0B
	tagBirth          = 0x0C
	tagSex            = 0x0D
	tagNobility       = 0x0E
	tagDocumentType   = 0x0F
	tagSpecialStatus  = 0x10
	tagPhotoHash      = 0x11
)

// parseIdentity reads the identity file; photoHash is nil when it has none.
func parseIdentity(file []byte) (id *Identity, photoHash []byte, err error) {
	fields, _, err := parseTLV(file)
	if err != nil {
		return nil, nil, err
	}
	id = &Identity{}
	for _, f := range fields {
		if f.tag == tagPhotoHash {
			photoHash = f.value
			continue
		}
		id.set(f.tag, f.value)
	}
	return id, photoHash, nil
}

func (id *Identity) set(tag byte, value []byte) {
	text := strings.TrimSpace(strings.ToValidUTF8(string(value), "\uFFFD"))
	texts := map[byte]*string{
		tagCardNumber: &id.CardNumber, tagMunicipality: &id.Municipality, tagNationalNumber: &id.NationalNumber,
		tagSurname: &id.Surname, tagGivenNames: &id.GivenNames, tagInitial: &id.Initial,
		tagNationality: &id.Nationality, tagBirthPlace: &id.BirthPlace, tagBirth: &id.BirthText,
		tagNobility: &id.Nobility, tagSpecialStatus: &id.SpecialStatus,
	}
	if to, ok := texts[tag]; ok {
		*to = text
	}
	switch tag {
	case tagChipNumber:
		id.ChipNumber = hex.EncodeToString(value)
	case tagValidFrom:
		id.ValidFrom = parseDate(text)
	case tagValidTo:
		id.ValidTo = parseDate(text)
	case tagBirth:
		id.Birth = parseDate(text)
	case tagDocumentType:
		id.DocumentType, _ = strconv.Atoi(text)
	case tagSex:
		id.Sex = map[string]string{"M": "M", "F": "F", "V": "F", "W": "F"}[text] // vrouw, weiblich
	}
}

// parseAddress reads the address file.
func parseAddress(file []byte) (Address, error) {
	fields, _, err := parseTLV(file)
	if err != nil {
		return Address{}, err
	}
	var a Address
	for _, f := range fields {
		text := strings.TrimSpace(strings.ToValidUTF8(string(f.value), "\uFFFD"))
		switch f.tag {
		case 0x01:
			a.Street = text
		case 0x02:
			a.Postcode = text
		case 0x03:
			a.Municipality = text
		}
	}
	return a, nil
}

package registry

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"guichet.example/certs"
)

var (
	// ErrNotAuthentic means the card's identity files are not what the national registry
	// signed, or not of the person whom the certificate names. They are not used, and the
	// certificate is not used in their place: something is wrong with this card.
	ErrNotAuthentic = errors.New("identity files are not authentic")
	// ErrNoCertificate means that there is neither an identity file nor an authentication
	// certificate: nothing tells whose card it is.
	ErrNoCertificate = errors.New("neither identity file nor authentication certificate")
	// ErrMalformed means that a file is too long, or not built as such files are.
	ErrMalformed = errors.New("file is malformed")
)

// Source says where an Identity comes from, and what vouches for it.
type Source string

// From most to least telling.
const (
	// FromFiles: the identity files of the card, signed by a registry certificate that
	// leads to a trust anchor.
	FromFiles Source = "files"
	// FromUnanchoredFiles: as FromFiles, but no trust anchors were given: the files fit
	// the registry certificate on the card, and anybody could have made both.
	FromUnanchoredFiles Source = "files-unanchored"
	// FromCertificate: the subject of the authentication certificate, which leads to a
	// trust anchor; the module does not give out the files. Name and number are all there
	// is. Whether the certificate was withdrawn was not asked.
	FromCertificate Source = "certificate"
	// FromUnanchoredCertificate: as FromCertificate, and no trust anchors were given.
	FromUnanchoredCertificate Source = "certificate-unanchored"
)

// Identity is what the card says of its holder. Fields that the source does not know
// are empty. Texts are valid UTF-8 without control characters. Its JSON has number and
// address; printing it shows neither.
type Identity struct {
	Source         Source `json:"source"`
	Surname        string `json:"surname"`    // people with a single name may have it here or below
	GivenNames     string `json:"givenNames"` // of the files: the first two
	Initial        string `json:"initial,omitempty"`
	NationalNumber string `json:"nationalNumber"`      // eleven digits
	Birth          Date   `json:"birth,omitzero"`      // as far as it is known
	BirthText      string `json:"birthText,omitempty"` // as the card writes it
	BirthPlace     string `json:"birthPlace,omitempty"`
	Sex            string `json:"sex,omitempty"` // "F", "M" or ""
	Nationality    string `json:"nationality,omitempty"`
	Nobility       string `json:"nobility,omitempty"`

	CardNumber   string       `json:"cardNumber,omitempty"` // 12 digits; foreigners': B and 9 digits
	ChipNumber   string       `json:"chipNumber,omitempty"` // hexadecimal
	ValidFrom    Date         `json:"validFrom,omitzero"`
	ValidTo      Date         `json:"validTo,omitzero"`       // of the card; its certificates may end before
	Municipality string       `json:"municipality,omitempty"` // that delivered the card
	DocumentType DocumentType `json:"documentType,omitempty"`
	Duplicate    string       `json:"duplicate,omitempty"` // which one it is, two digits

	SpecialStatus SpecialStatus `json:"specialStatus,omitempty"`
	Organization  Organization  `json:"organization,omitempty"`
	FamilyMember  bool          `json:"familyMember,omitempty"` // of a citizen of the Union or a Belgian
	Protection    Protection    `json:"protection,omitzero"`    // international
	Work          Mention       `json:"work,omitempty"`         // access to the labour market: 7, 8, 9 or A
	Employers     []string      `json:"employers,omitempty"`    // VAT numbers, at most two
	RegionalFile  string        `json:"regionalFile,omitempty"` // number of the region's work permit file
	Mentions      []Mention     `json:"mentions,omitempty"`     // withdrawal agreement (B, C), card A (A, D to K)
	ResidentSince Date          `json:"residentSince,omitzero"` // of an EU or EU+ card
	CardKeyHash   []byte        `json:"cardKeyHash,omitempty"`  // of the file with the card's own public key
	FileVersion   []byte        `json:"fileVersion,omitempty"`  // of the identity file's structure

	Address Address `json:"address,omitzero"`
	Photo   []byte  `json:"photo,omitempty"` // JPEG, its hash is in the signed file
}

// Address is the holder's address as the card has it.
type Address struct {
	Street       string `json:"street,omitempty"` // and number
	Postcode     string `json:"postcode,omitempty"`
	Municipality string `json:"municipality,omitempty"`
}

// Protection is international protection, granted by a country since a day.
type Protection struct {
	Since   Date   `json:"since,omitzero"`
	Country string `json:"country,omitempty"` // two letters
	Text    string `json:"text"`              // as the card writes it
}

// String keeps an Identity printed by mistake from telling who it is.
func (id Identity) String() string { return "identity from " + string(id.Source) }

// GoString is String too: %#v is used in test failures, which end up in logs.
func (id Identity) GoString() string { return id.String() }

// LogValue is String, for log/slog.
func (id Identity) LogValue() slog.Value { return slog.StringValue(id.String()) }

// IdentityOf says who the holder of a card is: Verify, or, with f nil or without an
// identity file, what the authentication certificate among on has, on the same terms.
// Errors: ErrNotAuthentic, ErrMalformed, ErrNoCertificate.
func IdentityOf(f *Files, on []*x509.Certificate, anchors *certs.TrustAnchors, at time.Time) (*Identity, error) {
	if f == nil || len(trimZeros(f.Identity)) == 0 {
		return fromCertificate(on, anchors, at)
	}
	return Verify(*f, on, anchors, at)
}

// Verify says who the holder of a card is by its files; on is every certificate on that
// card, those of CAs among them. Identity, address and photo are believed only under the
// registry's signature. With anchors, its certificate must lead to one of them at that
// time; without (nil), Source says so. It asks no card and needs no module. Errors:
// ErrNotAuthentic, ErrMalformed.
func Verify(f Files, on []*x509.Certificate, anchors *certs.TrustAnchors, at time.Time) (*Identity, error) {
	if err := f.verify(on, anchors, at); err != nil {
		return nil, err
	}
	id, err := f.parse()
	if err != nil {
		return nil, err
	}
	if err := samePerson(certs.Holder{Country: "BE", SerialNumber: id.NationalNumber}, on); err != nil {
		return nil, err
	}
	id.Source = FromFiles
	if anchors == nil {
		id.Source = FromUnanchoredFiles
	}
	return id, nil
}

// samePerson compares files and certificates: each is signed, and each could come from
// another card. What else there is to mix is bound already: the address by its
// signature, which covers the identity's, and the photo by its hash in the identity.
//
// The check digits of the national number are not looked at. A number with an error in
// it passes neither the registry's signature nor this comparison; and of a card without
// certificates, what the registry signed is all that anybody knows.
func samePerson(want certs.Holder, on []*x509.Certificate) error {
	for _, p := range []certs.Purpose{certs.Authentication, certs.Signature} {
		for _, cert := range serving(p, on) {
			holder, err := certs.HolderOf(cert)
			if err != nil || !holder.Is(want) {
				return fmt.Errorf("%v certificate is somebody else's: %w", p, ErrNotAuthentic)
			}
		}
	}
	return nil
}

// serving returns the holder's certificates for p. The registry's may be on a card too.
func serving(p certs.Purpose, on []*x509.Certificate) []*x509.Certificate {
	var list []*x509.Certificate
	for _, cert := range on {
		if p.Check(cert) == nil && certs.Registry.Check(cert) != nil {
			list = append(list, cert)
		}
	}
	return list
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

func fromCertificate(on []*x509.Certificate, anchors *certs.TrustAnchors, at time.Time) (*Identity, error) {
	list := serving(certs.Authentication, on)
	if len(list) == 0 {
		return nil, ErrNoCertificate
	}
	cert := list[0]
	source := FromUnanchoredCertificate
	if anchors != nil {
		source = FromCertificate
		if _, err := anchors.Path(cert, certs.Authentication, lastly(at, cert), authorities(on)...); err != nil {
			return nil, fmt.Errorf("authentication certificate: %w: %v", ErrNotAuthentic, err)
		}
	}
	holder, err := certs.HolderOf(cert)
	if err != nil {
		return nil, fmt.Errorf("authentication certificate: %w: %v", ErrNotAuthentic, err)
	}
	if err := samePerson(holder, on); err != nil {
		return nil, err
	}
	return &Identity{
		Source: source, Surname: readable([]byte(holder.Surname)), GivenNames: readable([]byte(holder.GivenNames)),
		NationalNumber: readable([]byte(holder.SerialNumber)),
	}, nil
}

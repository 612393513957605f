package reader

import "time"

// Source says where an Identity comes from.
type Source string

// From most to least telling.
const (
	// FromFiles: the identity files of the card, under the registry's signature.
	FromFiles Source = "files"
	// FromCertificate: the subject of the authentication certificate; the module
	// does not give out the files.
	FromCertificate Source = "certificate"
)

// Identity is what the card says of its holder. Fields a source does not know are empty.
type Identity struct {
	Source         Source
	Surname        string
	GivenNames     string // all that the source gives
	NationalNumber string // eleven digits
	Birth          time.Time
	BirthPlace     string
	Sex            string // "F", "M" or ""
	Nationality    string
	CardNumber     string
	ChipNumber     string // hexadecimal
	ValidFrom      time.Time
	ValidTo        time.Time
	Municipality   string // that delivered the card
	DocumentType   int
	Address        Address
	Photo          []byte // JPEG, its hash checked against the identity file
}

// Address is the holder's address as the card has it.
type Address struct {
	Street       string // and number
	Postcode     string
	Municipality string
}

package certs

import "crypto/subtle"

// Holder is the person a certificate names, as far as the subject says. Two
// certificates of one card differ in common name, so a person is compared by
// country and serial number and by nothing else.
type Holder struct {
	Country      string // ISO 3166-1 alpha-2
	SerialNumber string // subject attribute 2.5.4.5; in Belgium the national number, 11 digits
	GivenNames   string
	Surname      string
	CommonName   string
}

// Is reports whether both name the same person: equal, non-empty country and serial
// number, compared in constant time.
func (h Holder) Is(other Holder) bool {
	same := subtle.ConstantTimeCompare([]byte(h.SerialNumber), []byte(other.SerialNumber)) == 1
	return same && h.Country == other.Country && h.SerialNumber != "" && h.Country != ""
}

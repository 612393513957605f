package certs

import (
	"crypto/subtle"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"log/slog"
	"strings"
)

// Holder is the person a certificate names, as far as the subject says. Two
// certificates of one card differ in common name, so a person is compared by
// country and serial number and by nothing else.
//
// Printing or logging a Holder shows no serial number: in Belgium it is the
// national number.
type Holder struct {
	Country      string // ISO 3166-1 alpha-2
	SerialNumber string // subject attribute 2.5.4.5; in Belgium the national number, 11 digits
	GivenNames   string
	Surname      string
	CommonName   string
}

// Subject attributes of RFC 5280, appendix A.1, and of X.520.
var (
	oidCommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSurname      = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidSerialNumber = asn1.ObjectIdentifier{2, 5, 4, 5}
	oidCountry      = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidGivenName    = asn1.ObjectIdentifier{2, 5, 4, 42}
	oidPseudonym    = asn1.ObjectIdentifier{2, 5, 4, 65}
)

// HolderOf reads the person from the subject of cert. It returns [ErrNoHolder] if
// country or serial number is missing, if both name attributes are missing (people with a
// single name lack one of them; a CA, which may have a serial number too, lacks both), or
// if an attribute is there twice, since then it is anyone's guess which one counts.
func HolderOf(cert *x509.Certificate) (Holder, error) {
	if cert.IsCA {
		return Holder{}, fmt.Errorf("%w: it is a CA certificate", ErrNoHolder)
	}
	var h Holder
	fields := []struct {
		oid  asn1.ObjectIdentifier
		into *string
	}{
		{oidCountry, &h.Country}, {oidSerialNumber, &h.SerialNumber}, {oidCommonName, &h.CommonName},
		{oidSurname, &h.Surname}, {oidGivenName, &h.GivenNames},
	}
	for _, attribute := range cert.Subject.Names {
		for _, f := range fields {
			if !attribute.Type.Equal(f.oid) {
				continue
			}
			text, ok := attribute.Value.(string)
			if !ok || text == "" || *f.into != "" {
				return Holder{}, fmt.Errorf("%w: attribute %v is empty or there twice", ErrNoHolder, f.oid)
			}
			*f.into = text
		}
	}
	if len(h.Country) != 2 || h.SerialNumber == "" || h.Surname == "" && h.GivenNames == "" {
		return Holder{}, fmt.Errorf("%w: country, serial number or name is missing", ErrNoHolder)
	}
	return h, nil
}

// Is reports whether both name the same person: equal, non-empty country and serial
// number, compared in constant time.
func (h Holder) Is(other Holder) bool {
	same := subtle.ConstantTimeCompare([]byte(h.SerialNumber), []byte(other.SerialNumber)) == 1
	return same && h.Country == other.Country && h.SerialNumber != "" && h.Country != ""
}

// Name is the name to show: the common name without the purpose that Belgian cards
// append to it, or given names and surname where there is no common name.
func (h Holder) Name() string {
	name := h.CommonName
	for _, purpose := range []string{" (Authentication)", " (Signature)"} {
		name = strings.TrimSuffix(name, purpose)
	}
	if name = strings.TrimSpace(name); name != "" {
		return name
	}
	return strings.TrimSpace(h.GivenNames + " " + h.Surname)
}

// String is Name, so that a Holder printed by mistake keeps its serial number.
func (h Holder) String() string { return h.Name() }

// GoString is Name too: %#v is used in test failures, which end up in logs.
func (h Holder) GoString() string { return fmt.Sprintf("certs.Holder{%q}", h.Name()) }

// LogValue shows neither number nor name: a log line points to a person by the portal's
// own opaque id.
func (h Holder) LogValue() slog.Value { return slog.StringValue("holder:" + h.Country) }

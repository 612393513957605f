package cms

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"slices"

	"guichet.example/certs"
)

// Known is what one reading of a file found out and the next one need not: certificates
// that were parsed, and values that verified. Both are facts about bytes. They hold for
// the very same bytes and no others, at any time, and say nothing about trust.
//
// A file that grows step by step is read again after each; what was in it before costs
// nothing then, and what is new is checked in full. The zero value knows nothing, and so
// does nil. Not safe for concurrent use.
type Known struct {
	certificates []*x509.Certificate
	values       [][sha256.Size]byte
}

// maxKnown bounds certificates and values each; later ones are not remembered.
const maxKnown = 64

// Remember adds certificates that are at hand already.
func (k *Known) Remember(list ...*x509.Certificate) {
	for _, cert := range list {
		if k != nil && len(k.certificates) < maxKnown && k.certificate(cert.Raw) == nil {
			k.certificates = append(k.certificates, cert)
		}
	}
}

// parse is certs.Parse for a certificate that may have been parsed before.
func (k *Known) parse(der []byte) (*x509.Certificate, error) {
	if cert := k.certificate(der); cert != nil {
		return cert, nil
	}
	cert, err := certs.Parse(der)
	if err == nil {
		k.Remember(cert)
	}
	return cert, err
}

func (k *Known) certificate(der []byte) *x509.Certificate {
	if k == nil {
		return nil
	}
	for _, cert := range k.certificates {
		if bytes.Equal(cert.Raw, der) {
			return cert
		}
	}
	return nil
}

// verify is checkValue for a value that may have verified before. Only what verified is
// remembered: all that decides goes into the name by which it is known.
func (k *Known) verify(cert *x509.Certificate, a algorithm, h crypto.Hash, data, value []byte) error {
	if k == nil {
		return checkValue(cert, a, h, data, value)
	}
	name := nameOf(cert.Raw, []byte(a.oid.String()), []byte{byte(a.tag), bit(a.null), bit(a.params)}, a.raw, []byte(h.String()), data, value)
	if slices.Contains(k.values, name) {
		return nil
	}
	err := checkValue(cert, a, h, data, value)
	if err == nil && len(k.values) < maxKnown {
		k.values = append(k.values, name)
	}
	return err
}

// nameOf hashes the parts with their lengths, so that none can pass for a part of another.
func nameOf(parts ...[]byte) (name [sha256.Size]byte) {
	h := sha256.New()
	var length [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(p)))
		h.Write(length[:])
		h.Write(p)
	}
	h.Sum(name[:0])
	return name
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

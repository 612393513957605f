package certstest

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
)

var (
	country            = asn1.ObjectIdentifier{2, 5, 4, 6}
	locality           = asn1.ObjectIdentifier{2, 5, 4, 7}
	organization       = asn1.ObjectIdentifier{2, 5, 4, 10}
	organizationalUnit = asn1.ObjectIdentifier{2, 5, 4, 11}
	organizationID     = asn1.ObjectIdentifier{2, 5, 4, 97}
	commonName         = asn1.ObjectIdentifier{2, 5, 4, 3}
	surname            = asn1.ObjectIdentifier{2, 5, 4, 4}
	givenName          = asn1.ObjectIdentifier{2, 5, 4, 42}
	serialNumber       = asn1.ObjectIdentifier{2, 5, 4, 5}

	oidNoCheck      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	oidQCStatements = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}
)

type attribute struct {
	kind  asn1.ObjectIdentifier
	value string
}

// name is a subject in the order given; Go's pkix.Name would put it in its own order.
type name []attribute

func (n name) der() ([]byte, error) {
	var rdns pkix.RDNSequence
	for _, a := range n {
		rdns = append(rdns, pkix.RelativeDistinguishedNameSET{{Type: a.kind, Value: a.value}})
	}
	return asn1.Marshal(rdns)
}

// certify issues t and enters it in the register. An issuer that has a key and no
// certificate yet signs its own.
func (p *PKI) certify(t *x509.Certificate, subject name, public crypto.PublicKey, issuer *authority) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	t.SerialNumber = serial.SetBit(serial, 120, 1) // 16 bytes, positive, never zero
	if t.RawSubject, err = subject.der(); err != nil {
		return nil, err
	}
	parent := issuer.Certificate
	if parent == nil {
		parent = t
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, public, issuer.Key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.register.Entries = append(p.register.Entries, entry{Issuer: issuer.slug, Serial: cert.SerialNumber.Text(16)})
	return cert, nil
}

// Forge issues t with whatever it says, from the authority of that name, and leaves it
// out of the register: OCSP will call it unknown. SerialNumber may be nil. For tests.
func (p *PKI) Forge(authority string, t *x509.Certificate, public crypto.PublicKey) (*x509.Certificate, error) {
	if t.SerialNumber == nil {
		t.SerialNumber = big.NewInt(0x0f0e)
	}
	issuer := p.authorities[authority]
	der, err := x509.CreateCertificate(rand.Reader, t, issuer.Certificate, public, issuer.Key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// Enter puts a forged certificate in the register of the authority that signed it, as if
// it had been issued.
func (p *PKI) Enter(cert *x509.Certificate) error {
	issuer := p.issuerOf(cert)
	if issuer == nil {
		return errors.New("no authority here issued the certificate")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.register.Entries = append(p.register.Entries, entry{Issuer: issuer.slug, Serial: cert.SerialNumber.Text(16)})
	return p.store.saveRegister(p.register)
}

func extension(id asn1.ObjectIdentifier, critical bool, value []byte) pkix.Extension {
	return pkix.Extension{Id: id, Critical: critical, Value: value}
}

func oid(arcs ...uint64) x509.OID {
	o, err := x509.OIDFromInts(arcs)
	if err != nil {
		panic(err) // a constant of ours is wrong
	}
	return o
}

// qcStatements is the extension of ETSI EN 319 412-5 as Belgian signature certificates
// have it: compliance and secure device, on newer ones disclosure statement and type too.
func qcStatements(newer bool) (pkix.Extension, error) {
	type statement struct {
		ID   asn1.ObjectIdentifier
		Info asn1.RawValue `asn1:"optional"`
	}
	etsi := func(last int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{0, 4, 0, 1862, 1, last} }
	list := []statement{{ID: etsi(1)}, {ID: etsi(4)}}
	if newer {
		type location struct {
			URL      string `asn1:"ia5"`
			Language string `asn1:"printable"`
		}
		pds, err := asn1.Marshal([]location{{"https://repository.example/pds-en.pdf", "en"}})
		if err != nil {
			return pkix.Extension{}, err
		}
		kind, err := asn1.Marshal([]asn1.ObjectIdentifier{{0, 4, 0, 1862, 1, 6, 1}})
		if err != nil {
			return pkix.Extension{}, err
		}
		list = append(list, statement{etsi(5), asn1.RawValue{FullBytes: pds}}, statement{etsi(6), asn1.RawValue{FullBytes: kind}})
	}
	der, err := asn1.Marshal(list)
	return extension(oidQCStatements, false, der), err
}

package certstest

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Person is whom a card is issued to.
type Person struct {
	GivenNames     string // all of them, separated by blanks; may be empty: some people have one name
	Surname        string
	NationalNumber string // 11 digits, dots and dashes allowed
	Algorithm      Algorithm

	Street, Postcode, Municipality string
	Birth                          time.Time // zero: not known
	BirthPlace                     string
	Sex                            string // M or F; empty: as the national number says
	Nationality                    string // empty: Belge

	NoSignature   bool // a card without signature certificate, as children have
	Foreigner     bool // issued by the Foreigner CA, with its policies
	NoExtKeyUsage bool // an older card, whose authentication certificate has no extended key usage
	ReKeyed       bool // RSA keys certified by the CA of the EC era, whose registry signed the files anew

	NotBefore, NotAfter time.Time // zero: since yesterday, for ten years

	Files FileOptions
}

// Card is an identity card: two key pairs and the files on it.
type Card struct {
	Person                    Person
	Authentication, Signature KeyPair // Signature is zero for a Person with NoSignature
	Issuer, Root              *x509.Certificate
	Registry                  *x509.Certificate // signed the files below
	Identity                  []byte            // TLV, with the padding asked for
	IdentitySignature         []byte
	Address                   []byte // TLV, zero-padded to 117 bytes
	AddressSignature          []byte // zero-padded where an ASN.1 signature is shorter than the file
	Photo                     []byte // JPEG
	ChipNumber                []byte // 16 bytes
	CardNumber                string // 12 digits; a foreigner's: B and 9 digits
}

// Issue makes a card. With [Config.Dir] the certificates and keys of the same Person are
// found again as long as they are valid; the data files are made anew.
func (p *PKI) Issue(person Person) (*Card, error) {
	person.NationalNumber = digits(person.NationalNumber)
	if len(person.NationalNumber) != 11 || person.Surname == "" {
		return nil, errors.New("a card needs a surname and a national number of 11 digits")
	}
	if birthMonths[person.Files.Language] == "" {
		return nil, errors.New("cards are written in fr, nl or de")
	}
	if person.Nationality == "" {
		person.Nationality = "Belge"
	}
	issuer, registry := p.authorities["citizen-ec"], "registry-ec"
	switch {
	case person.Foreigner:
		issuer = p.authorities["foreigner-ec"]
	case person.Algorithm == RSA2048 && !person.ReKeyed:
		issuer, registry = p.authorities["citizen-rsa"], "registry-rsa"
	}
	signer, err := p.registry(registry, person.Files.RegistryExpired)
	if err != nil {
		return nil, fmt.Errorf("issuing the registry's certificate: %w", err)
	}
	if person.NotBefore.IsZero() {
		person.NotBefore = p.now().Add(-day)
	}
	if person.NotAfter.IsZero() {
		person.NotAfter = person.NotBefore.AddDate(10, 0, 0)
	}
	card := &Card{Person: person, Issuer: issuer.Certificate, Root: issuer.parent.Certificate, Registry: signer.Certificate}
	if err := p.certifyCard(card, issuer); err != nil {
		return nil, fmt.Errorf("issuing a card: %w", err)
	}
	if err := card.writeFiles(signer); err != nil {
		return nil, fmt.Errorf("writing the files of a card: %w", err)
	}
	return card, nil
}

// registry is what the files are signed with; expired, the same key with a certificate
// whose time is over since a month.
func (p *PKI) registry(name string, expired bool) (KeyPair, error) {
	pair := p.services[name]
	if !expired {
		return pair, nil
	}
	t := &x509.Certificate{NotBefore: p.now().Add(-10 * 365 * day), NotAfter: p.now().Add(-30 * day)}
	registryTemplate(t)
	issuer := p.issuerOf(pair.Certificate)
	cert, err := p.certify(t, registryName, pair.Key.Public(), issuer)
	return KeyPair{cert, pair.Key}, err
}

func (p *PKI) certifyCard(card *Card, issuer *authority) error {
	if card.Person.Files.NoCertificates {
		return nil
	}
	file := card.Person.file()
	if p.store.has(file) {
		pairs, err := p.store.load(file)
		if err != nil {
			return err
		}
		if p.now().Before(pairs[0].Certificate.NotAfter) {
			card.Authentication = pairs[0]
			if len(pairs) > 1 {
				card.Signature = pairs[1]
			}
			return nil
		}
	}
	var err error
	if card.Authentication, err = p.certifyKey(card.Person, issuer, false); err != nil {
		return err
	}
	pairs := []KeyPair{card.Authentication}
	if !card.Person.NoSignature {
		if card.Signature, err = p.certifyKey(card.Person, issuer, true); err != nil {
			return err
		}
		pairs = append(pairs, card.Signature)
	}
	if err := p.store.save(file, pairs...); err != nil {
		return err
	}
	return p.saveRegister()
}

// certifyKey issues one of the two certificates of a card.
func (p *PKI) certifyKey(person Person, issuer *authority, signature bool) (KeyPair, error) {
	group, last, purpose := uint64(2), uint64(2), "Authentication"
	t := &x509.Certificate{
		NotBefore: person.NotBefore, NotAfter: person.NotAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		OCSPServer:            []string{p.ocspURL(issuer)},
		IssuingCertificateURL: []string{p.aiaURL(issuer)},
		CRLDistributionPoints: []string{p.crlURL(issuer)},
	}
	if person.Foreigner {
		group = 7
	}
	if signature {
		last, purpose = 1, "Signature"
		t.KeyUsage = x509.KeyUsageContentCommitment
		statements, err := qcStatements(person.Algorithm != RSA2048)
		if err != nil {
			return KeyPair{}, err
		}
		t.ExtraExtensions = append(t.ExtraExtensions, statements)
	} else if !person.NoExtKeyUsage {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	t.Policies = []x509.OID{oid(2, 16, 56, 12, 1, 1, group, last)}
	key, err := person.Algorithm.generate()
	if err != nil {
		return KeyPair{}, err
	}
	cert, err := p.certify(t, person.subject(purpose), key.Public(), issuer)
	return KeyPair{cert, key}, err
}

// subject has the attributes of a Belgian card, in their order.
func (person Person) subject(purpose string) name {
	first, _, _ := strings.Cut(person.GivenNames, " ")
	n := name{
		{country, "BE"},
		{commonName, strings.TrimSpace(first+" "+person.Surname) + " (" + purpose + ")"},
		{surname, person.Surname},
	}
	if person.GivenNames != "" {
		n = append(n, attribute{givenName, person.GivenNames})
	}
	return append(n, attribute{serialNumber, person.NationalNumber})
}

// file is the name a card is kept under: a digest, since national numbers do not belong
// in file names. What is in the data files only does not make another card.
func (person Person) file() string {
	person.NotBefore, person.NotAfter, person.Files = time.Time{}, time.Time{}, FileOptions{}
	text := strings.TrimSuffix(fmt.Sprint(person), " "+fmt.Sprint(person.Files)+"}") + "}"
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q", text)))
	return "card-" + hex.EncodeToString(sum[:8])
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

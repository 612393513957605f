package revocation

import (
	"bytes"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// crl is a CertificateList as it was read. It points into the bytes it was read from and
// is searched there: Belgian lists run to megabytes, of which one number matters.
type crl struct {
	signed
	raw                    []byte
	issuer                 []byte // DER Name
	thisUpdate, nextUpdate time.Time
	entries                cryptobyte.String
	authorityKey           []byte // key identifier, nil if absent
	scope                  scope
	verified               *x509.Certificate // with whose key; nil: not yet
}

// scope is what an issuing distribution point limits a list to (RFC 5280, 5.2.5).
type scope struct {
	users, authorities bool
	points             []string // URIs; nil: the list is not cut by distribution point
}

func (s scope) covers(cert *x509.Certificate) bool {
	if cert.IsCA && s.users || !cert.IsCA && s.authorities {
		return false
	}
	return s.points == nil || slices.ContainsFunc(s.points, func(uri string) bool {
		return slices.Contains(cert.CRLDistributionPoints, uri)
	})
}

// VerifyCRL verifies raw, a complete DER CertificateList (RFC 5280, 5), as the answer on
// cert, which issuer issued. It asks no one and is safe for concurrent use. The list must
// be signed by issuer itself, cover cert (no delta, indirect or partial list), name both
// thisUpdate and nextUpdate and hold at the time given, within skew. Errors are as those of
// [VerifyOCSP].
func VerifyCRL(raw []byte, cert, issuer *x509.Certificate, at time.Time, skew time.Duration) (Answer, error) {
	l, err := parseCRL(raw)
	if err != nil {
		return Answer{}, err
	}
	if err := l.verify(issuer, nil); err != nil {
		return Answer{}, err
	}
	answer, err := l.answer(cert, at, skew)
	if err != nil {
		return Answer{}, err
	}
	return answer, answer.verdict()
}

// parseCRL reads
//
//	CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue }
//	TBSCertList ::= SEQUENCE {
//	   version              INTEGER,                 -- v2
//	   signature            AlgorithmIdentifier,
//	   issuer               Name,
//	   thisUpdate           Time,
//	   nextUpdate           Time,                    -- OPTIONAL in the syntax only
//	   revokedCertificates  SEQUENCE OF SEQUENCE { … } OPTIONAL,
//	   crlExtensions        [0] EXPLICIT Extensions OPTIONAL }
//
// (RFC 5280, 5.1). Entries are read when a list is searched.
func parseCRL(raw []byte) (*crl, error) {
	if len(raw) > MaxCRL {
		return nil, invalid("%d bytes, at most %d are read", len(raw), MaxCRL)
	}
	input := cryptobyte.String(raw)
	var outer cryptobyte.String
	if !input.ReadASN1(&outer, casn1.SEQUENCE) || !input.Empty() {
		return nil, invalid("not a list by its syntax")
	}
	l := &crl{raw: raw}
	var err error
	if l.signed, err = readSigned(&outer); err == nil && !outer.Empty() {
		err = errors.New("something follows the signature")
	}
	if err == nil {
		err = l.readData(l.data)
	}
	if err != nil {
		return nil, invalid("list: %v", err)
	}
	return l, nil
}

func (l *crl) readData(der cryptobyte.String) error {
	var data, algorithm, issuer, explicit cryptobyte.String
	var version int
	if !der.ReadASN1(&data, casn1.SEQUENCE) || !data.ReadASN1Integer(&version) || version != 1 {
		return errors.New("version is not v2")
	}
	if !data.ReadASN1Element(&algorithm, casn1.SEQUENCE) || signatureAlgorithms[string(algorithm)] != l.algorithm {
		return errors.New("signature algorithm is named twice and differently") // RFC 5280, 5.1.1.2
	}
	if !data.ReadASN1Element(&issuer, casn1.SEQUENCE) || !readTime(&data, &l.thisUpdate) || !readTime(&data, &l.nextUpdate) {
		return errors.New("issuer, thisUpdate or nextUpdate cannot be read")
	}
	l.issuer = issuer
	var present bool
	if !data.ReadOptionalASN1(&l.entries, nil, casn1.SEQUENCE) ||
		!data.ReadOptionalASN1(&explicit, &present, casn1.Tag(0).ContextSpecific().Constructed()) || !data.Empty() {
		return errors.New("entries or extensions cannot be read")
	}
	if !present {
		return nil
	}
	return l.readExtensions(explicit)
}

func (l *crl) readExtensions(explicit cryptobyte.String) error {
	extensions, err := readExtensions(&explicit)
	if err != nil || !explicit.Empty() {
		return errors.Join(err, errors.New("extensions cannot be read"))
	}
	for i, e := range extensions {
		switch e.id {
		case oidIssuingPoint:
			err = l.readScope(e.value)
			extensions[i].critical = false
		case oidAuthorityKey:
			err = l.readAuthorityKey(e.value)
			extensions[i].critical = false
		}
		if err != nil {
			return err
		}
	}
	return refuseCritical(extensions) // deltaCRLIndicator is critical
}

// readScope reads
//
//	IssuingDistributionPoint ::= SEQUENCE {
//	   distributionPoint [0], onlyContainsUserCerts [1] BOOLEAN, onlyContainsCACerts [2] BOOLEAN,
//	   onlySomeReasons [3], indirectCRL [4], onlyContainsAttributeCerts [5] }    -- all optional
//
// and refuses what it could mistake for a complete list.
func (l *crl) readScope(der cryptobyte.String) error {
	var s, point, users, authorities cryptobyte.String
	var partial bool
	if !der.ReadASN1(&s, casn1.SEQUENCE) || !der.Empty() ||
		!s.ReadOptionalASN1(&point, &partial, casn1.Tag(0).ContextSpecific().Constructed()) ||
		!s.ReadOptionalASN1(&users, &l.scope.users, casn1.Tag(1).ContextSpecific()) ||
		!s.ReadOptionalASN1(&authorities, &l.scope.authorities, casn1.Tag(2).ContextSpecific()) {
		return errors.New("issuing distribution point cannot be read")
	}
	for value, set := range map[string]bool{string(users): l.scope.users, string(authorities): l.scope.authorities} {
		if set && value != "\xff" {
			return errors.New("issuing distribution point says FALSE, which DER leaves out")
		}
	}
	if !s.Empty() {
		return errors.New("list is partial by reason, indirect, or of attribute certificates")
	}
	if !partial {
		return nil
	}
	return l.readPoint(point)
}

// readPoint reads the names of a distribution point: fullName [0] GeneralNames, of which
// the URIs [6] count. A list may be cut by them, so one must be that of the certificate.
func (l *crl) readPoint(der cryptobyte.String) error {
	var names cryptobyte.String
	if !der.ReadASN1(&names, casn1.Tag(0).ContextSpecific().Constructed()) || !der.Empty() {
		return errors.New("distribution point has no full name")
	}
	l.scope.points = []string{}
	for !names.Empty() {
		var name cryptobyte.String
		var tag casn1.Tag
		if !names.ReadAnyASN1(&name, &tag) || len(l.scope.points) == maxExtensions {
			return errors.New("distribution point cannot be read")
		}
		if tag == casn1.Tag(6).ContextSpecific() {
			l.scope.points = append(l.scope.points, string(name))
		}
	}
	return nil
}

// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OCTET STRING OPTIONAL, … }
func (l *crl) readAuthorityKey(der cryptobyte.String) error {
	var s, key cryptobyte.String
	var present bool
	if !der.ReadASN1(&s, casn1.SEQUENCE) || !der.Empty() || !s.ReadOptionalASN1(&key, &present, casn1.Tag(0).ContextSpecific()) {
		return errors.New("authority key identifier cannot be read")
	}
	if present {
		l.authorityKey = key
	}
	return nil
}

// verify checks that issuer signed the list, once for all certificates it is asked about.
func (l *crl) verify(issuer *x509.Certificate, k *Known) error {
	switch {
	case !bytes.Equal(l.issuer, issuer.RawSubject):
		return invalid("list is that of another issuer")
	case l.authorityKey != nil && len(issuer.SubjectKeyId) > 0 && !bytes.Equal(l.authorityKey, issuer.SubjectKeyId):
		return invalid("list is signed with another key of its issuer")
	case issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCRLSign == 0:
		return invalid("issuer may not sign lists")
	}
	if err := k.check(l.raw, issuer, issuer, func() error { return l.by(issuer) }); err != nil {
		return invalid("signature of the list is false: %v", err)
	}
	l.verified = issuer
	return nil
}

// current checks that the list holds at the time given.
func (l *crl) current(at time.Time, skew time.Duration) error {
	switch {
	case l.thisUpdate.After(at.Add(skew)):
		return invalid("thisUpdate of the list lies in the future")
	case l.nextUpdate.Before(l.thisUpdate):
		return invalid("nextUpdate of the list lies before thisUpdate")
	case l.nextUpdate.Before(at.Add(-skew)):
		return invalid("nextUpdate of the list has passed")
	}
	return nil
}

// answer looks cert up in a list that was verified.
func (l *crl) answer(cert *x509.Certificate, at time.Time, skew time.Duration) (Answer, error) {
	if err := l.current(at, skew); err != nil {
		return Answer{}, err
	}
	switch {
	case !bytes.Equal(cert.RawIssuer, l.issuer):
		return Answer{}, invalid("list is not that of the certificate's issuer")
	case l.thisUpdate.After(cert.NotAfter):
		return Answer{}, invalid("list was made after the certificate expired, and may have dropped it")
	case !l.scope.covers(cert):
		return Answer{}, invalid("list does not cover the certificate")
	}
	a := Answer{Status: Good, Source: CRL, ThisUpdate: l.thisUpdate, NextUpdate: l.nextUpdate, Raw: l.raw, issuer: l.verified, signer: l.verified}
	found, err := l.find(cert.SerialNumber)
	if err != nil {
		return Answer{}, invalid("list: %v", err)
	}
	if found != nil {
		a.Status, a.RevokedAt, a.Reason = Revoked, found.at, found.reason
	}
	return a, nil
}

type entry struct {
	at     time.Time
	reason int
}

// find searches the entries for a number. An entry that cannot be read ends the search
// with an error: it might have been the one.
func (l *crl) find(serial *big.Int) (*entry, error) {
	want := derInteger(serial)
	for rest := l.entries; !rest.Empty(); {
		var e, number cryptobyte.String
		if !rest.ReadASN1(&e, casn1.SEQUENCE) || !e.ReadASN1(&number, casn1.INTEGER) {
			return nil, errors.New("an entry cannot be read")
		}
		if bytes.Equal(number, want) {
			return readEntry(e)
		}
	}
	return nil, nil
}

func readEntry(s cryptobyte.String) (*entry, error) {
	var found entry
	if !readTime(&s, &found.at) {
		return nil, errors.New("date of the entry cannot be read")
	}
	if s.Empty() {
		return &found, nil
	}
	extensions, err := readExtensions(&s)
	if err != nil {
		return nil, err
	}
	for _, e := range extensions {
		if e.id == oidReasonCode && (!e.value.ReadASN1Enum(&found.reason) || !e.value.Empty()) {
			return nil, errors.New("reason of the entry cannot be read")
		}
	}
	return &found, refuseCritical(extensions) // certificateIssuer is critical: an indirect list
}

// derInteger is the content of n as a DER INTEGER, for n as certificates have it.
func derInteger(n *big.Int) []byte {
	var b cryptobyte.Builder
	b.AddASN1BigInt(n)
	der, err := b.Bytes()
	if err != nil || len(der) < 3 {
		return nil
	}
	s := cryptobyte.String(der)
	var content cryptobyte.String
	s.ReadASN1(&content, casn1.INTEGER)
	return content
}

package revocation

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"guichet.example/certs"
)

// maxResponderCertificates bounds what a response may carry along. Belgian responses have
// three, of which one is the responder's.
const maxResponderCertificates = 8

// unverifiedOCSP is a BasicOCSPResponse as it was read, before anything was verified.
type unverifiedOCSP struct {
	signed
	certificates  []*x509.Certificate
	responderName []byte // DER Name, or nil
	responderKey  []byte // SHA-1 of the key, or nil
	producedAt    time.Time
	nonce         []byte // nil: none
	id            certID
	status        Status
	thisUpdate    time.Time
	nextUpdate    time.Time
	revokedAt     time.Time
	reason        int
	cutoff        time.Time // certificates that ended since then are remembered; zero: not said
}

var errSyntax = errors.New("not an OCSP response by its syntax")

// parseOCSP reads
//
//	OCSPResponse ::= SEQUENCE {
//	   responseStatus  ENUMERATED,
//	   responseBytes   [0] EXPLICIT SEQUENCE {
//	      responseType  OBJECT IDENTIFIER,       -- id-pkix-ocsp-basic
//	      response      OCTET STRING } OPTIONAL }
//
// (RFC 6960, 4.2.1) in DER, with nothing behind it.
func parseOCSP(raw []byte) (*unverifiedOCSP, error) {
	if len(raw) > MaxOCSP {
		return nil, invalid("%d bytes, at most %d are read", len(raw), MaxOCSP)
	}
	input := cryptobyte.String(raw)
	var response cryptobyte.String
	var status int
	if !input.ReadASN1(&response, casn1.SEQUENCE) || !input.Empty() || !response.ReadASN1Enum(&status) {
		return nil, invalid("%v", errSyntax)
	}
	if status != 0 {
		return nil, errorStatus(status)
	}
	var explicit, bytes, kind, basic cryptobyte.String
	if !response.ReadASN1(&explicit, casn1.Tag(0).ContextSpecific().Constructed()) || !response.Empty() ||
		!explicit.ReadASN1(&bytes, casn1.SEQUENCE) || !explicit.Empty() ||
		!bytes.ReadASN1(&kind, casn1.OBJECT_IDENTIFIER) || !bytes.ReadASN1(&basic, casn1.OCTET_STRING) || !bytes.Empty() {
		return nil, invalid("%v", errSyntax)
	}
	if string(kind) != oidBasicResponse {
		return nil, invalid("response type is not id-pkix-ocsp-basic")
	}
	r, err := parseBasic(basic)
	if err != nil {
		return nil, invalid("%v", err)
	}
	return r, nil
}

// errorStatus maps OCSPResponseStatus (RFC 6960, 2.3). These answers are not signed, so
// none of them may mean more than "no".
func errorStatus(status int) error {
	switch status {
	case 2, 3: // internalError, tryLater
		return fmt.Errorf("%w: the service says try later (status %d)", ErrUnavailable, status)
	case 6: // unauthorized: not a certificate the service can speak of (RFC 5019, 2.2.3)
		return fmt.Errorf("%w: the service does not answer for this issuer", ErrUnknown)
	}
	return invalid("the service refuses the request (status %d)", status)
}

// parseBasic reads
//
//	BasicOCSPResponse ::= SEQUENCE {
//	   tbsResponseData     ResponseData,
//	   signatureAlgorithm  AlgorithmIdentifier,
//	   signature           BIT STRING,
//	   certs               [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
func parseBasic(der cryptobyte.String) (*unverifiedOCSP, error) {
	var basic cryptobyte.String
	if !der.ReadASN1(&basic, casn1.SEQUENCE) || !der.Empty() {
		return nil, errSyntax
	}
	var r unverifiedOCSP
	var err error
	if r.signed, err = readSigned(&basic); err != nil {
		return nil, err
	}
	if err := r.readData(r.data); err != nil {
		return nil, err
	}
	var explicit, list cryptobyte.String
	var present bool
	if !basic.ReadOptionalASN1(&explicit, &present, casn1.Tag(0).ContextSpecific().Constructed()) || !basic.Empty() ||
		present && (!explicit.ReadASN1(&list, casn1.SEQUENCE) || !explicit.Empty()) {
		return nil, errSyntax
	}
	for !list.Empty() {
		var element cryptobyte.String
		if len(r.certificates) == maxResponderCertificates || !list.ReadASN1Element(&element, casn1.SEQUENCE) {
			return nil, fmt.Errorf("certificates cannot be read, or are more than %d", maxResponderCertificates)
		}
		cert, err := certs.Parse(element)
		if err != nil {
			return nil, err
		}
		r.certificates = append(r.certificates, cert)
	}
	return &r, nil
}

// readData reads
//
//	ResponseData ::= SEQUENCE {
//	   version             [0] EXPLICIT INTEGER DEFAULT v1,
//	   responderID         CHOICE { byName [1] Name, byKey [2] OCTET STRING },
//	   producedAt          GeneralizedTime,
//	   responses           SEQUENCE OF SingleResponse,       -- exactly one here
//	   responseExtensions  [1] EXPLICIT Extensions OPTIONAL }
func (r *unverifiedOCSP) readData(der cryptobyte.String) error {
	var data, id, responses, single cryptobyte.String
	if !der.ReadASN1(&data, casn1.SEQUENCE) {
		return errSyntax
	}
	if data.PeekASN1Tag(casn1.Tag(0).ContextSpecific().Constructed()) {
		return errors.New("version is not v1")
	}
	var tag casn1.Tag
	if !data.ReadAnyASN1(&id, &tag) {
		return errSyntax
	}
	switch tag {
	case casn1.Tag(1).ContextSpecific().Constructed():
		r.responderName = id
	case casn1.Tag(2).ContextSpecific().Constructed():
		if !id.ReadASN1Bytes(&r.responderKey, casn1.OCTET_STRING) || !id.Empty() {
			return errSyntax
		}
	default:
		return errSyntax
	}
	if !readGeneralizedTime(&data, &r.producedAt) || !data.ReadASN1(&responses, casn1.SEQUENCE) {
		return errSyntax
	}
	if !responses.ReadASN1(&single, casn1.SEQUENCE) || !responses.Empty() {
		return errors.New("it does not speak of exactly one certificate")
	}
	if err := r.readSingle(single); err != nil {
		return err
	}
	return r.readResponseExtensions(data)
}

// readSingle reads the content of
//
//	SingleResponse ::= SEQUENCE {
//	   certID            CertID,
//	   certStatus        CHOICE { good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL },
//	   thisUpdate        GeneralizedTime,
//	   nextUpdate        [0] EXPLICIT GeneralizedTime OPTIONAL,
//	   singleExtensions  [1] EXPLICIT Extensions OPTIONAL }
func (r *unverifiedOCSP) readSingle(s cryptobyte.String) error {
	var err error
	if r.id, err = readCertID(&s); err != nil {
		return err
	}
	var status, next cryptobyte.String
	var tag casn1.Tag
	if !s.ReadAnyASN1(&status, &tag) {
		return errSyntax
	}
	switch tag {
	case casn1.Tag(0).ContextSpecific():
		r.status = Good
	case casn1.Tag(1).ContextSpecific().Constructed():
		r.status = Revoked
		if err := r.readRevoked(&status); err != nil {
			return err
		}
	case casn1.Tag(2).ContextSpecific():
		r.status = Unknown
	default:
		return errSyntax
	}
	var present bool
	if !status.Empty() || !readGeneralizedTime(&s, &r.thisUpdate) ||
		!s.ReadOptionalASN1(&next, &present, casn1.Tag(0).ContextSpecific().Constructed()) ||
		present && (!readGeneralizedTime(&next, &r.nextUpdate) || !next.Empty()) {
		return errSyntax
	}
	list, err := readOptionalExtensions(&s)
	if err != nil {
		return err
	}
	for i, e := range list {
		if e.id != oidArchiveCutoff {
			continue
		}
		if !readGeneralizedTime(&e.value, &r.cutoff) || !e.value.Empty() {
			return errors.New("archive cutoff cannot be read")
		}
		list[i].critical = false
	}
	return refuseCritical(list)
}

// RevokedInfo ::= SEQUENCE { revocationTime GeneralizedTime, revocationReason [0] EXPLICIT CRLReason OPTIONAL }
func (r *unverifiedOCSP) readRevoked(s *cryptobyte.String) error {
	var reason cryptobyte.String
	var present bool
	if !readGeneralizedTime(s, &r.revokedAt) ||
		!s.ReadOptionalASN1(&reason, &present, casn1.Tag(0).ContextSpecific().Constructed()) || !s.Empty() ||
		present && (!reason.ReadASN1Enum(&r.reason) || !reason.Empty()) {
		return errSyntax
	}
	return nil
}

// readOptionalExtensions reads [1] EXPLICIT Extensions OPTIONAL at the end of s.
func readOptionalExtensions(s *cryptobyte.String) ([]extension, error) {
	var explicit cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&explicit, &present, casn1.Tag(1).ContextSpecific().Constructed()) || !s.Empty() {
		return nil, errSyntax
	}
	if !present {
		return nil, nil
	}
	list, err := readExtensions(&explicit)
	if err == nil && !explicit.Empty() {
		err = errSyntax
	}
	return list, err
}

func (r *unverifiedOCSP) readResponseExtensions(data cryptobyte.String) error {
	list, err := readOptionalExtensions(&data)
	if err != nil {
		return err
	}
	for i, e := range list {
		if e.id != oidNonce {
			continue
		}
		// Nonce ::= OCTET STRING (RFC 8954), within the extension's OCTET STRING.
		if !e.value.ReadASN1Bytes(&r.nonce, casn1.OCTET_STRING) || !e.value.Empty() || len(r.nonce) == 0 {
			return errors.New("nonce cannot be read")
		}
		list[i].critical = false // read, so it may be critical
	}
	return refuseCritical(list)
}

func refuseCritical(list []extension) error {
	for _, e := range list {
		if e.critical {
			return errors.New("a critical extension is not evaluated here")
		}
	}
	return nil
}

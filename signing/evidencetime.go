package signing

import (
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// isOCSP tells an OCSP response, which begins with its status, from a CRL.
func isOCSP(der []byte) bool {
	s := cryptobyte.String(der)
	var outer cryptobyte.String
	return s.ReadASN1(&outer, cbasn1.SEQUENCE) && outer.PeekASN1Tag(cbasn1.ENUM)
}

// evidenceTime reads when an OCSP response was produced or a CRL issued, without
// checking anything else: package revocation is then asked whether it holds at that time.
func evidenceTime(der []byte) (time.Time, bool) {
	s := cryptobyte.String(der)
	var outer cryptobyte.String
	if !s.ReadASN1(&outer, cbasn1.SEQUENCE) || !s.Empty() {
		return time.Time{}, false
	}
	if outer.PeekASN1Tag(cbasn1.ENUM) {
		return producedAt(outer)
	}
	return thisUpdate(outer)
}

// producedAt reads
//
//	OCSPResponse ::= SEQUENCE { status ENUMERATED, [0] { SEQUENCE { type OID, OCTET STRING } } }
//	BasicOCSPResponse ::= SEQUENCE { ResponseData, ... }
//	ResponseData ::= SEQUENCE { [0] version OPTIONAL, responderID [1] or [2], producedAt, ... }
func producedAt(response cryptobyte.String) (t time.Time, ok bool) {
	var status int
	var bytes, content, basic, data, skipped cryptobyte.String
	var kind asn1.ObjectIdentifier
	var present bool
	var tag cbasn1.Tag
	context := func(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }
	ok = response.ReadASN1Enum(&status) && response.ReadASN1(&bytes, context(0)) && bytes.ReadASN1(&bytes, cbasn1.SEQUENCE) &&
		bytes.ReadASN1ObjectIdentifier(&kind) && bytes.ReadASN1(&content, cbasn1.OCTET_STRING) &&
		content.ReadASN1(&basic, cbasn1.SEQUENCE) && basic.ReadASN1(&data, cbasn1.SEQUENCE) &&
		data.ReadOptionalASN1(&skipped, &present, context(0)) && data.ReadAnyASN1(&skipped, &tag) &&
		data.ReadASN1GeneralizedTime(&t)
	return t, ok
}

// thisUpdate reads
//
//	CertificateList ::= SEQUENCE { TBSCertList ::= SEQUENCE {
//	  version INTEGER OPTIONAL, signature SEQUENCE, issuer SEQUENCE, thisUpdate Time, ... }, ... }
func thisUpdate(list cryptobyte.String) (t time.Time, ok bool) {
	var tbs, skipped cryptobyte.String
	var present bool
	if !list.ReadASN1(&tbs, cbasn1.SEQUENCE) || !tbs.ReadOptionalASN1(&skipped, &present, cbasn1.INTEGER) ||
		!tbs.ReadASN1(&skipped, cbasn1.SEQUENCE) || !tbs.ReadASN1(&skipped, cbasn1.SEQUENCE) {
		return t, false
	}
	if tbs.PeekASN1Tag(cbasn1.UTCTime) {
		ok = tbs.ReadASN1UTCTime(&t)
	} else {
		ok = tbs.ReadASN1GeneralizedTime(&t)
	}
	return t, ok
}

package tsp

import (
	"crypto"
	"encoding/asn1"
	"math/big"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	_ "crypto/sha256" // the hashes of an imprint
	_ "crypto/sha512"
)

// oidSHA is the arc of the SHA-2 hashes: 1 is SHA-256, 2 SHA-384, 3 SHA-512.
var oidSHA = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2}

var hashes = map[int]crypto.Hash{1: crypto.SHA256, 2: crypto.SHA384, 3: crypto.SHA512}

// Marshal encodes the request:
//
//	TimeStampReq ::= SEQUENCE { version 1, messageImprint, nonce INTEGER, certReq TRUE }
func (r Request) Marshal() []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(append(slices.Clone(oidSHA), 1))
				b.AddASN1NULL() // some authorities insist on it
			})
			b.AddASN1OctetString(r.Digest[:])
		})
		b.AddASN1BigInt(r.Nonce)
		b.AddASN1Boolean(true)
	})
	return b.BytesOrPanic()
}

// ParseResponse returns the token of a response whose status is granted (0) or granted
// with modifications (1).
//
//	TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken OPTIONAL }
//
// Errors: ErrMalformed, RejectedError.
func ParseResponse(der []byte) ([]byte, error) {
	if len(der) > MaxSize {
		return nil, malformed("too large")
	}
	s := cryptobyte.String(der)
	var response, status, token cryptobyte.String
	var code int
	if !s.ReadASN1(&response, cbasn1.SEQUENCE) || !s.Empty() ||
		!response.ReadASN1(&status, cbasn1.SEQUENCE) || !status.ReadASN1Integer(&code) {
		return nil, malformed("no response")
	}
	if code != 0 && code != 1 {
		return nil, RejectedError{code}
	}
	if !response.ReadASN1Element(&token, cbasn1.SEQUENCE) || !response.Empty() {
		return nil, malformed("no token in the response")
	}
	return token, nil
}

// readInfo reads
//
//	TSTInfo ::= SEQUENCE { version 1, policy, messageImprint, serialNumber, genTime,
//	  accuracy OPTIONAL, ordering DEFAULT FALSE, nonce OPTIONAL,
//	  tsa [0] OPTIONAL, extensions [1] OPTIONAL }
func (t *Token) readInfo(der []byte) error {
	s := cryptobyte.String(der)
	var info, skipped cryptobyte.String
	var version int
	var present bool
	if !s.ReadASN1(&info, cbasn1.SEQUENCE) || !s.Empty() || !info.ReadASN1Integer(&version) || version != 1 ||
		!info.ReadASN1ObjectIdentifier(&t.Policy) {
		return malformed("no TSTInfo")
	}
	if err := t.readImprint(&info); err != nil {
		return err
	}
	t.Serial = new(big.Int)
	if !info.ReadASN1Integer(t.Serial) || !t.readTime(&info) {
		return malformed("serial number or time")
	}
	if !info.ReadOptionalASN1(&skipped, &present, cbasn1.SEQUENCE) || !info.ReadOptionalASN1(&skipped, &present, cbasn1.BOOLEAN) {
		return malformed("accuracy or ordering")
	}
	if info.PeekASN1Tag(cbasn1.INTEGER) {
		t.Nonce = new(big.Int)
		if !info.ReadASN1Integer(t.Nonce) {
			return malformed("nonce")
		}
	}
	if !info.ReadOptionalASN1(&skipped, &present, cbasn1.Tag(0).ContextSpecific().Constructed()) {
		return malformed("tsa")
	}
	var extensions cryptobyte.String
	if !info.ReadOptionalASN1(&extensions, &present, cbasn1.Tag(1).ContextSpecific().Constructed()) || !ignorable(extensions) {
		return malformed("extensions, or a critical one among them")
	}
	if !info.Empty() {
		return malformed("bytes after TSTInfo")
	}
	return nil
}

// ignorable reports whether nobody need know any of the extensions: none is critical
// (RFC 3161, 2.4.2; RFC 5280, 4.2). ETSI EN 319 422, 9.1, has one that is not.
func ignorable(extensions cryptobyte.String) bool {
	for !extensions.Empty() {
		var extension, value cryptobyte.String
		var id asn1.ObjectIdentifier
		var critical bool
		if !extensions.ReadASN1(&extension, cbasn1.SEQUENCE) || !extension.ReadASN1ObjectIdentifier(&id) ||
			extension.PeekASN1Tag(cbasn1.BOOLEAN) && !extension.ReadASN1Boolean(&critical) ||
			!extension.ReadASN1(&value, cbasn1.OCTET_STRING) || !extension.Empty() || critical {
			return false
		}
	}
	return true
}

// readImprint reads MessageImprint ::= SEQUENCE { hashAlgorithm, hashedMessage }.
func (t *Token) readImprint(info *cryptobyte.String) error {
	var imprint, algorithm, params, digest cryptobyte.String
	var oid asn1.ObjectIdentifier
	var present bool
	if !info.ReadASN1(&imprint, cbasn1.SEQUENCE) || !imprint.ReadASN1(&algorithm, cbasn1.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&oid) || !algorithm.ReadOptionalASN1(&params, &present, cbasn1.NULL) || !algorithm.Empty() ||
		!imprint.ReadASN1(&digest, cbasn1.OCTET_STRING) || !imprint.Empty() {
		return malformed("imprint")
	}
	if len(oid) == len(oidSHA)+1 && oid[:len(oidSHA)].Equal(oidSHA) {
		t.Hash = hashes[oid[len(oidSHA)]]
	}
	if t.Hash == 0 || len(digest) != t.Hash.Size() {
		return malformed("hash of the imprint is unknown, weak or of the wrong length")
	}
	t.Imprint = digest
	return nil
}

// readTime reads genTime: UTC, with seconds, a fraction only without trailing zeros
// (RFC 3161, 2.4.2).
func (t *Token) readTime(info *cryptobyte.String) bool {
	var raw cryptobyte.String
	if !info.ReadASN1(&raw, cbasn1.GeneralizedTime) {
		return false
	}
	text := string(raw)
	whole, fraction, dotted := strings.Cut(strings.TrimSuffix(text, "Z"), ".")
	if !strings.HasSuffix(text, "Z") || len(whole) != 14 || dotted && (fraction == "" || strings.HasSuffix(fraction, "0")) || len(fraction) > 9 {
		return false
	}
	layout := "20060102150405"
	if dotted {
		layout, whole = layout+"."+strings.Repeat("0", len(fraction)), whole+"."+fraction
	}
	var err error
	t.Time, err = time.Parse(layout, whole)
	return err == nil
}

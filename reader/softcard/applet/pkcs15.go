package applet

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"guichet.example/certs/certstest"
)

// Identifiers of PKCS #15 objects: a key and its certificate share one.
const (
	objectAuthentication = 2
	objectSignature      = 3
	objectCA             = 4
	objectRoot           = 6
)

const (
	authID = 1 // of the one PIN, in AODF
	label  = "BELPIC"
)

// entry is a certificate and the file it is in.
type entry struct {
	label string
	id    byte
	file  uint16
	key   byte              // reference of the private key; 0: none
	cert  *x509.Certificate // nil: the card has none
}

func held(card *certstest.Card) []entry {
	return []entry{
		{"Authentication", objectAuthentication, idCertAuthentication, authenticationKey, card.Authentication.Certificate},
		{"Signature", objectSignature, idCertSignature, signatureKey, card.Signature.Certificate},
		{"CA", objectCA, idCertCA, 0, card.Issuer},
		{"Root", objectRoot, idCertRoot, 0, card.Root},
	}
}

type builder = cryptobyte.Builder

func context(n uint8) asn1.Tag { return asn1.Tag(n).ContextSpecific().Constructed() }

// path is Path ::= SEQUENCE { path OCTET STRING } (PKCS #15 v1.1, 6.1.5), from the MF.
func path(b *builder, ids ...uint16) {
	b.AddASN1(asn1.SEQUENCE, func(b *builder) {
		b.AddASN1(asn1.OCTET_STRING, func(b *builder) {
			for _, id := range ids {
				b.AddUint16(id)
			}
		})
	})
}

func utf8(b *builder, s string) {
	b.AddASN1(asn1.UTF8String, func(b *builder) { b.AddBytes([]byte(s)) })
}

// flags is a BIT STRING of named bits: bit 0 is the first. DER cuts zeros at the end.
func flags(b *builder, bits ...int) {
	var value uint16
	last := 0
	for _, bit := range bits {
		value |= 0x8000 >> bit
		last = max(last, bit)
	}
	b.AddASN1(asn1.BIT_STRING, func(b *builder) {
		b.AddUint8(uint8(7 - last%8))
		b.AddBytes(binary.BigEndian.AppendUint16(nil, value)[:last/8+1])
	})
}

// applications is EF(DIR): one application template (ISO/IEC 7816-4, 8.2.1.1).
//
//	[APPLICATION 1] { [APPLICATION 15] aid, [APPLICATION 16] label, [APPLICATION 17] path }
func applications() ([]byte, error) {
	var b builder
	b.AddASN1(0x61, func(b *builder) {
		b.AddASN1(0x4f, func(b *builder) { b.AddBytes(aidBelpic) })
		b.AddASN1(0x50, func(b *builder) { b.AddBytes([]byte(label)) })
		b.AddASN1(0x51, func(b *builder) { b.AddUint16(idMF); b.AddUint16(idBelpic) })
	})
	return b.Bytes()
}

// objectDirectory is EF(ODF) (6.2): where private keys [0], certificates [4] and
// authentication objects [8] are described.
func objectDirectory() ([]byte, error) {
	var b builder
	for _, d := range []struct {
		tag uint8
		id  uint16
	}{{0, idPrKDF}, {4, idCDF}, {8, idAODF}} {
		b.AddASN1(context(d.tag), func(b *builder) { path(b, idMF, idBelpic, d.id) })
	}
	return b.Bytes()
}

// tokenInfo is EF(TokenInfo) (6.9): version, serial number, label [0], flags.
func tokenInfo(chip []byte) ([]byte, error) {
	var b builder
	b.AddASN1(asn1.SEQUENCE, func(b *builder) {
		b.AddASN1Uint64(0)
		b.AddASN1OctetString(chip)
		b.AddASN1(asn1.Tag(0).ContextSpecific(), func(b *builder) { b.AddBytes([]byte(label)) })
		flags(b, 2, 3) // prnGeneration, eidCompliant
	})
	return b.Bytes()
}

// authenticationObjects is EF(AODF) (6.8): one PIN.
//
//	SEQUENCE { CommonObjectAttributes { label, flags },
//	           CommonAuthenticationObjectAttributes { authId },
//	           [1] { PinAttributes { flags, type, min, stored, max, [0] reference, pad, path } } }
func authenticationObjects() ([]byte, error) {
	var b builder
	b.AddASN1(asn1.SEQUENCE, func(b *builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *builder) {
			utf8(b, "Basic PIN")
			flags(b, 0, 1) // private, modifiable
		})
		b.AddASN1(asn1.SEQUENCE, func(b *builder) { b.AddASN1OctetString([]byte{authID}) })
		b.AddASN1(context(1), func(b *builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *builder) {
				flags(b, 4, 5)   // initialized, needs-padding
				b.AddASN1Enum(0) // bcd
				b.AddASN1Uint64(minPIN)
				b.AddASN1Uint64(blockSize)
				b.AddASN1Uint64(maxPIN)
				b.AddASN1(asn1.Tag(0).ContextSpecific(), func(b *builder) { b.AddUint8(pinReference) })
				b.AddASN1OctetString([]byte{0xff})
				path(b, idMF)
			})
		})
	})
	return b.Bytes()
}

// privateKeys is EF(PrKDF) (6.3): a SEQUENCE for an RSA key, [0] for one on a curve.
//
//	{ CommonObjectAttributes { label, flags, authId, userConsent },
//	  CommonKeyAttributes { iD, usage, accessFlags, keyReference },
//	  [1] { { path, modulusLength or, for a curve, nothing } } }
func privateKeys(card *certstest.Card, v Version) ([]byte, error) {
	var b builder
	for _, e := range held(card) {
		if e.key == 0 || e.cert == nil {
			continue
		}
		tag := asn1.SEQUENCE
		if v == V18 {
			tag = context(0)
		}
		b.AddASN1(tag, func(b *builder) { privateKey(b, e) })
	}
	return b.Bytes()
}

func privateKey(b *builder, e entry) {
	consent, usage := 0, 2 // sign
	if e.key == signatureKey {
		consent, usage = 1, 9 // nonRepudiation
	}
	b.AddASN1(asn1.SEQUENCE, func(b *builder) {
		utf8(b, e.label)
		flags(b, 0, 1) // private, modifiable
		b.AddASN1OctetString([]byte{authID})
		if consent > 0 {
			b.AddASN1Uint64(uint64(consent))
		}
	})
	b.AddASN1(asn1.SEQUENCE, func(b *builder) {
		b.AddASN1OctetString([]byte{e.id})
		flags(b, usage)
		flags(b, 0, 2, 3, 4) // sensitive, alwaysSensitive, neverExtractable, local
		b.AddASN1Uint64(uint64(e.key))
	})
	b.AddASN1(context(1), func(b *builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *builder) {
			path(b, idMF, idBelpic)
			if key, ok := e.cert.PublicKey.(*rsa.PublicKey); ok {
				b.AddASN1Uint64(uint64(key.N.BitLen()))
			}
		})
	})
}

// certificates is EF(CDF) (6.6): every certificate that is there.
//
//	SEQUENCE { CommonObjectAttributes { label, flags },
//	           CommonCertificateAttributes { iD, authority DEFAULT FALSE },
//	           [1] { { path } } }
func certificates(card *certstest.Card) ([]byte, error) {
	var b builder
	for _, e := range held(card) {
		if e.cert == nil {
			continue
		}
		b.AddASN1(asn1.SEQUENCE, func(b *builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *builder) {
				utf8(b, e.label)
				flags(b, 1) // modifiable
			})
			b.AddASN1(asn1.SEQUENCE, func(b *builder) {
				b.AddASN1OctetString([]byte{e.id})
				if e.key == 0 {
					b.AddASN1Boolean(true)
				}
			})
			b.AddASN1(context(1), func(b *builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *builder) { path(b, idMF, idBelpic, e.file) })
			})
		})
	}
	return b.Bytes()
}

package signing

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/cms"
)

// spoilt is the name of an attack on the CMS and how it is made.
func spoilt(name string, change func(*forgery), want ...string) attack {
	return attack{name, func(l *lab) []byte { return l.forge(l.algorithm(certstest.RSA2048), change) }, want}
}

// cmsAttacks are signatures by the right key that are not what PAdES allows.
var cmsAttacks = []attack{
	spoilt("no signer", func(f *forgery) { f.signers = 0 }, "not exactly one signer"),
	spoilt("two signers", func(f *forgery) { f.signers = 2 }, "not exactly one signer"),
	spoilt("no certificate", func(f *forgery) { f.certificates = nil }, "NO_SIGNING_CERTIFICATE_FOUND"),
	spoilt("only the issuer's certificate", func(f *forgery) { f.certificates = f.certificates[1:] }, "NO_SIGNING_CERTIFICATE_FOUND"),
	spoilt("forty certificates", func(f *forgery) {
		for range 40 {
			f.certificates = append(f.certificates, seq())
		}
	}, "FORMAT_FAILURE"),
	spoilt("signer points to the issuer", func(f *forgery) { f.sid = f.card.Issuer }, "SIG_CRYPTO_FAILURE"),
	spoilt("content inside", func(f *forgery) { f.content = []byte("BE71") }, "SIG_CONSTRAINTS_FAILURE"),
	spoilt("other content type", func(f *forgery) { f.contentType = cms.OIDTSTInfo }, "content-type"),
	spoilt("attributes unsorted", func(f *forgery) { f.attributes[0], f.attributes[1] = f.attributes[1], f.attributes[0] }, "attributes not in DER order"),
	spoilt("attribute twice", func(f *forgery) {
		f.attributes = append(f.attributes, attr(oidDigest, octets(bytes.Repeat([]byte{0xff}, 32))))
		f.sort()
	}, "attribute twice"),
	spoilt("attribute with two values", func(f *forgery) {
		f.attribute(oidDigest, attr(oidDigest, octets(f.digest), octets(f.digest)))
	}, "exactly one value"),
	spoilt("attribute without value", func(f *forgery) { f.attribute(oidDigest, attr(oidDigest)) }, "exactly one value"),
	spoilt("no message digest", func(f *forgery) { f.attribute(oidDigest) }, "message-digest"),
	spoilt("message digest of other bytes", func(f *forgery) {
		f.attribute(oidDigest, attr(oidDigest, octets(bytes.Repeat([]byte{1}, 32))))
	}, "HASH_FAILURE"),
	spoilt("message digest cut short", func(f *forgery) { f.attribute(oidDigest, attr(oidDigest, octets(f.digest[:16]))) }, "message-digest"),
	spoilt("no content type", func(f *forgery) { f.attribute(oidType) }, "content-type"),
	spoilt("no signing certificate", func(f *forgery) { f.attribute(oidESS2) }, "SIG_CONSTRAINTS_FAILURE"),
	spoilt("signing certificate of version 1", func(f *forgery) {
		sum := sha1.Sum(f.card.Signature.Certificate.Raw)
		f.attribute(oidESS2, attr(oidESS1, seq(seq(seq(octets(sum[:]))))))
	}, "SIG_CONSTRAINTS_FAILURE"),
	spoilt("signing certificate of another", func(f *forgery) {
		f.attribute(oidESS2, attr(oidESS2, essV2(f.card.Authentication.Certificate.Raw)))
	}, "NO_SIGNING_CERTIFICATE_FOUND"),
	spoilt("signing certificate with a foreign serial number", func(f *forgery) {
		sum := octets(bytes.Clone(essHash(f)))
		issuer := seq(inContext(4, f.card.Signature.Certificate.RawIssuer))
		number := der(func(b *cryptobyte.Builder) { b.AddASN1BigInt(big.NewInt(99)) })
		f.attribute(oidESS2, attr(oidESS2, seq(seq(seq(sum, seq(issuer, number))))))
	}, "NO_SIGNING_CERTIFICATE_FOUND"),
	spoilt("signing certificate empty", func(f *forgery) { f.attribute(oidESS2, attr(oidESS2, seq(seq()))) }, "signing-certificate"),
	spoilt("signing time as attribute", func(f *forgery) { f.attribute(oidTime, attr(oidTime, utcTime(time.Now()))) }, "SIG_CONSTRAINTS_FAILURE", "signing-time"),
	spoilt("SHA-1", func(f *forgery) { f.hash = oidSHA1 }, "CRYPTO_CONSTRAINTS_FAILURE"),
	spoilt("unknown signature algorithm", func(f *forgery) { f.algorithm = oidOther }, "CRYPTO_CONSTRAINTS_FAILURE"),
	spoilt("PSS without parameters", func(f *forgery) { f.algorithm = oidPSS }, "CRYPTO_CONSTRAINTS_FAILURE"),
	spoilt("ECDSA with an RSA key", func(f *forgery) { f.algorithm = oidECDSA }, "CRYPTO_CONSTRAINTS_FAILURE"),
	spoilt("value changed", func(f *forgery) { f.value = func(v []byte) []byte { v[9] ^= 1; return v } }, "SIG_CRYPTO_FAILURE"),
	spoilt("value empty", func(f *forgery) { f.value = func([]byte) []byte { return nil } }, "SIG_CRYPTO_FAILURE"),
	spoilt("value of 64 KiB", func(f *forgery) { f.value = func([]byte) []byte { return make([]byte, 4096) } }, "SIG_CRYPTO_FAILURE"),
	spoilt("version 0", func(f *forgery) { f.version = 0 }, "FORMAT_FAILURE"),
	spoilt("MD5", func(f *forgery) { f.hash = oidMD5 }, "CRYPTO_CONSTRAINTS_FAILURE"),
	spoilt("SHA-1 with RSA", func(f *forgery) { f.algorithm = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5} }, "CRYPTO_CONSTRAINTS_FAILURE"),
	spoilt("MD5 with RSA", func(f *forgery) { f.algorithm = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 4} }, "CRYPTO_CONSTRAINTS_FAILURE"),
	spoilt("no hash with RSA", func(f *forgery) { f.algorithm = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12} }, "CRYPTO_CONSTRAINTS_FAILURE"),
	spoilt("RSA of 1024 bits", func(f *forgery) { f.weak(rsa.GenerateKey(rand.Reader, 1024)) }, "CRYPTO_CONSTRAINTS_FAILURE"),
	spoilt("another's signature added beside", func(f *forgery) {
		f.unsigned = [][]byte{attr(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 6}, seq())}
	}, "SIG_CONSTRAINTS_FAILURE", "unsigned attribute"),
	spoilt("certificates added beside", func(f *forgery) {
		f.unsigned = [][]byte{attr(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 23}, seq())}
	}, "SIG_CONSTRAINTS_FAILURE", "unsigned attribute"),
	spoilt("archive timestamp of another format added beside", func(f *forgery) {
		f.unsigned = [][]byte{attr(asn1.ObjectIdentifier{0, 4, 0, 1733, 2, 4}, seq())}
	}, "SIG_CONSTRAINTS_FAILURE", "unsigned attribute"),
	spoilt("unknown attribute added beside", func(f *forgery) { f.unsigned = [][]byte{attr(oidOther, seq())} }, "SIG_CONSTRAINTS_FAILURE"),
	spoilt("unsigned attribute twice", func(f *forgery) {
		f.unsigned = [][]byte{attr(oidStamp, seq()), attr(oidStamp, seq(seq()))}
	}, "attribute twice"),
	spoilt("unsigned attribute with two values", func(f *forgery) { f.unsigned = [][]byte{attr(oidStamp, seq(), seq(seq()))} }, "exactly one value"),
	spoilt("timestamp without content", func(f *forgery) { f.unsigned = [][]byte{attr(oidStamp)} }, "exactly one value"),
	salted("mask on SHA-1", pssOf(oidSHA256, oidSHA1, 32, 1)),
	salted("message on SHA-1", pssOf(oidSHA1, oidSHA256, 32, 1)),
	salted("salt of another length", pssOf(oidSHA256, oidSHA256, 20, 1), "SIG_CRYPTO_FAILURE"),
	salted("no salt", pssOf(oidSHA256, oidSHA256, 0, 1)),
	salted("salt of minus one", pssOf(oidSHA256, oidSHA256, -1, 1)),
	salted("salt of a megabyte", pssOf(oidSHA256, oidSHA256, 1<<20, 1)),
	salted("trailer of another kind", pssOf(oidSHA256, oidSHA256, 32, 2)),
	salted("other hash than the message", pssOf(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, oidSHA256, 32, 1)),
	salted("parameters left out", seq(oid(oidPSS), seq())),
	salted("parameters null", seq(oid(oidPSS), []byte{5, 0})),
	spoilt("unsigned attributes empty", func(f *forgery) { f.unsigned = [][]byte{} }, "unsigned attributes"),
	{"value of zero r", func(l *lab) []byte {
		return l.forge(certstest.P256, func(f *forgery) {
			f.value = func([]byte) []byte { return seq([]byte{2, 1, 0}, []byte{2, 1, 1}) }
		})
	}, []string{"SIG_CRYPTO_FAILURE"}},
	{"value in DER that is not minimal", func(l *lab) []byte {
		return l.forge(certstest.P256, func(f *forgery) {
			f.value = func(v []byte) []byte {
				var s, r, rest = cryptobyte.String(v), new(big.Int), new(big.Int)
				var inner cryptobyte.String
				s.ReadASN1(&inner, 0x30)
				inner.ReadASN1Integer(r)
				inner.ReadASN1Integer(rest)
				long := append([]byte{0, 0}, r.Bytes()...)
				return seq(append([]byte{2, byte(len(long))}, long...), der(func(b *cryptobyte.Builder) { b.AddASN1BigInt(rest) }))
			}
		})
	}, []string{"SIG_CRYPTO_FAILURE"}},
	{"certificate swapped for another with the same key", func(l *lab) []byte {
		card := l.w.cards[certstest.RSA2048]
		twin := *card.Signature.Certificate
		cert, err := l.w.Forge("citizen-rsa", &x509.Certificate{
			SerialNumber: twin.SerialNumber, Subject: twin.Subject, NotBefore: twin.NotBefore, NotAfter: twin.NotAfter,
			KeyUsage: x509.KeyUsageContentCommitment,
		}, twin.PublicKey)
		if err != nil {
			l.tb.Fatal(err)
		}
		return l.forge(certstest.RSA2048, func(f *forgery) {
			f.certificates[0], f.sid = cert.Raw, cert
		})
	}, []string{"NO_SIGNING_CERTIFICATE_FOUND"}},
	{"length of indefinite form", func(l *lab) []byte {
		from, _ := l.hole()
		out := bytes.Clone(l.base)
		copy(out[from+1:], "3080")
		return out
	}, []string{"FORMAT_FAILURE"}},
	{"length longer than the hole", func(l *lab) []byte {
		from, _ := l.hole()
		out := bytes.Clone(l.base)
		copy(out[from+1:], "3083ffffff")
		return out
	}, []string{"FORMAT_FAILURE"}},
}

// salted is a signature made as RSASSA-PSS should be, with false parameters.
func salted(name string, identifier []byte, want ...string) attack {
	return spoilt("PSS: "+name, func(f *forgery) { f.identifier = identifier }, append(want, "FAILURE")...)
}

// pssOf encodes RSASSA-PSS with parameters (RFC 4055, 3.1).
func pssOf(message, mask asn1.ObjectIdentifier, salt, trailer int64) []byte {
	number := func(n int64) []byte { return der(func(b *cryptobyte.Builder) { b.AddASN1Int64(n) }) }
	mgf := seq(oid(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}), seq(oid(mask), []byte{5, 0}))
	return seq(oid(oidPSS), seq(inContext(0, seq(oid(message), []byte{5, 0})), inContext(1, mgf), inContext(2, number(salt)), inContext(3, number(trailer))))
}

// weak has another key sign, in a certificate that the same authority gave it.
func (f *forgery) weak(key *rsa.PrivateKey, err error) {
	w, _ := shared()
	real := f.card.Signature.Certificate
	if err == nil {
		f.sid, err = w.Forge("citizen-rsa", &x509.Certificate{
			SerialNumber: real.SerialNumber, Subject: real.Subject, NotBefore: real.NotBefore, NotAfter: real.NotAfter, KeyUsage: x509.KeyUsageContentCommitment,
		}, key.Public())
	}
	if err != nil {
		panic(err)
	}
	f.card = &certstest.Card{Signature: certstest.KeyPair{Key: key, Certificate: f.sid}}
	f.certificates[0] = f.sid.Raw
	f.attribute(oidESS2, attr(oidESS2, essV2(f.sid.Raw)))
}

// strangers is a PKI that nobody here knows.
var strangers = sync.OnceValues(func() (*certstest.PKI, error) { return certstest.New(certstest.Config{}) })

func essHash(f *forgery) []byte {
	value := essV2(f.card.Signature.Certificate.Raw)
	return value[len(value)-32:]
}

// token is an attack on the timestamp inside the signature.
func token(name string, change func(*certstest.Stamp), want ...string) attack {
	return attack{name, func(l *lab) []byte {
		return l.stamped(func(value []byte) []byte { return l.stamp(value, change) })
	}, want}
}

// stampAttacks alter the one part of a signature that it does not cover.
var stampAttacks = []attack{
	{"timestamp over other data", func(l *lab) []byte {
		return l.stamped(func([]byte) []byte { return l.stamp([]byte("other"), func(*certstest.Stamp) {}) })
	}, []string{"HASH_FAILURE", "timestamp is over other data"}},
	{"timestamp is no token", func(l *lab) []byte { return l.stamped(func([]byte) []byte { return seq() }) }, []string{"FORMAT_FAILURE", "malformed timestamp"}},
	{"timestamp with a flipped bit", func(l *lab) []byte {
		return l.stamped(func(value []byte) []byte {
			t := l.stamp(value, func(*certstest.Stamp) {})
			t[len(t)-9] ^= 1
			return t
		})
	}, []string{"SIG_CRYPTO_FAILURE"}},
	{"timestamp that is a signature", func(l *lab) []byte {
		from, to := l.hole()
		raw := make([]byte, (to-from)/2)
		for i := range raw[:len(raw)-1] {
			raw[i] = unhexByte(l.base[from+1+2*i], l.base[from+2+2*i])
		}
		own, err := cms.Trim(raw)
		if err != nil {
			l.tb.Fatal(err)
		}
		return l.stamped(func([]byte) []byte { return own })
	}, []string{"FORMAT_FAILURE", "no TSTInfo"}},
	token("timestamp by a key that may not stamp", func(s *certstest.Stamp) {
		w, _ := shared()
		s.Signer = w.cards[certstest.P256].Authentication
		s.Certificates = []*x509.Certificate{s.Signer.Certificate}
	}, "CHAIN_CONSTRAINTS_FAILURE"),
	token("timestamp without certificate", func(s *certstest.Stamp) { s.Certificates = nil }, "NO_SIGNING_CERTIFICATE_FOUND"),
	token("timestamp without signing certificate", func(s *certstest.Stamp) { s.NoESS = true }, "SIG_CONSTRAINTS_FAILURE"),
	token("timestamp that names another certificate", func(s *certstest.Stamp) {
		w, _ := shared()
		s.ESS = w.cards[certstest.P256].Signature.Certificate
	}, "NO_SIGNING_CERTIFICATE_FOUND"),
	token("timestamp from the future", func(s *certstest.Stamp) { s.GenTime = s.GenTime.Add(time.Hour) }, "TIMESTAMP_ORDER_FAILURE"),
	token("timestamp before the claimed time", func(s *certstest.Stamp) { s.GenTime = s.GenTime.Add(-time.Hour) }, "INDETERMINATE"),
	{"timestamp of an unknown authority", func(l *lab) []byte {
		other, err := strangers()
		if err != nil {
			l.tb.Fatal(err)
		}
		inner := &lab{tb: l.tb, w: &world{Server: &certstest.Server{PKI: other}}}
		return l.stamped(func(value []byte) []byte { return inner.stamp(value, func(*certstest.Stamp) {}) })
	}, []string{"NO_CERTIFICATE_CHAIN_FOUND", "timestamp: "}},
	{"document timestamp over other bytes", func(l *lab) []byte {
		return l.documentStamp(func([]byte) []byte { return l.stamp([]byte("other"), func(*certstest.Stamp) {}) })
	}, []string{"HASH_FAILURE"}},
	{"document timestamp that is a signature", func(l *lab) []byte {
		return l.documentStamp(func([]byte) []byte { return seq(oid(oidSigned)) })
	}, []string{"FORMAT_FAILURE"}},
	{"document timestamp older than the signature", func(l *lab) []byte {
		return l.documentStamp(func(covered []byte) []byte {
			return l.stamp(covered, func(s *certstest.Stamp) { s.GenTime = s.GenTime.Add(-time.Hour) })
		})
	}, []string{"TIMESTAMP_ORDER_FAILURE"}},
}

func unhexByte(high, low byte) byte {
	digit := func(c byte) byte {
		if c >= 'a' {
			return c - 'a' + 10
		}
		return c - '0'
	}
	return digit(high)<<4 | digit(low)
}

// documentStamp appends a document timestamp with a token made from the covered bytes.
func (l *lab) documentStamp(token func(covered []byte) []byte) []byte {
	u := l.f.Update()
	s := newSlot("/DocTimeStamp", "/ETSI.RFC3161", Hole, time.Time{})
	if err := addField(l.f, u, s, "Timestamp1", Mark{}, false); err != nil {
		l.tb.Fatal(err)
	}
	file, r := s.write(u, nil)
	out, err := fill(file, r, token(append(bytes.Clone(file[:r[1]]), file[r[2]:]...)))
	if err != nil {
		l.tb.Fatal(err)
	}
	return out
}

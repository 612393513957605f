package signing

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/cms"
)

// forgery is a CMS signature made by the right key, with something wrong about it. It
// is encoded by other code than that under test.
type forgery struct {
	card         *certstest.Card
	digest       []byte // of the covered bytes
	contentType  asn1.ObjectIdentifier
	content      []byte // nil: detached
	certificates [][]byte
	attributes   [][]byte // DER, in this order
	hash         asn1.ObjectIdentifier
	algorithm    asn1.ObjectIdentifier
	identifier   []byte // DER of RSASSA-PSS with its parameters; nil: algorithm
	signers      int
	version      int64
	sid          *x509.Certificate
	unsigned     [][]byte
	value        func([]byte) []byte // alters the signature value
}

var (
	oidSHA1   = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidMD5    = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5}
	oidSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidRSA    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidPSS    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidECDSA  = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	oidESS1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidESS2   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidOther  = asn1.ObjectIdentifier{1, 2, 3, 4, 5}
	oidStamp  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
	oidSigned = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
)

func der(f func(b *cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	f(&b)
	return b.BytesOrPanic()
}

func seq(parts ...[]byte) []byte { return tagged(cbasn1.SEQUENCE, parts...) }
func set(parts ...[]byte) []byte { return tagged(cbasn1.SET, parts...) }

func tagged(tag cbasn1.Tag, parts ...[]byte) []byte {
	return der(func(b *cryptobyte.Builder) {
		b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(parts, nil)) })
	})
}

func oid(id asn1.ObjectIdentifier) []byte {
	return der(func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(id) })
}

func octets(v []byte) []byte {
	return der(func(b *cryptobyte.Builder) { b.AddASN1OctetString(v) })
}

func inContext(n uint8, parts ...[]byte) []byte {
	return tagged(cbasn1.Tag(n).ContextSpecific().Constructed(), parts...)
}

func attr(id asn1.ObjectIdentifier, values ...[]byte) []byte { return seq(oid(id), set(values...)) }

func essV2(cert []byte) []byte {
	sum := sha256.Sum256(cert)
	return seq(seq(seq(octets(sum[:]))))
}

// forge prepares a letter, lets change spoil an honest signature and puts it in.
func (l *lab) forge(a certstest.Algorithm, change func(*forgery)) []byte {
	l.tb.Helper()
	r := l.w.request(l.tb, a)
	if l.input != nil {
		r.PDF, r.Mark = l.input, Mark{}
	}
	p, err := Prepare(r)
	if err != nil {
		l.tb.Fatal(err)
	}
	f := l.forgeryOf(p.PDF, p.ByteRange, a)
	change(f)
	out, err := fill(p.PDF, p.ByteRange, f.encode(l.tb))
	if err != nil {
		l.tb.Fatal(err)
	}
	return out
}

// forgeryOf is an honest signature by a card over a file with a hole.
func (l *lab) forgeryOf(file []byte, r [4]int, a certstest.Algorithm) *forgery {
	h := sha256.New()
	h.Write(file[:r[1]])
	h.Write(file[r[2]:])
	card := l.w.cards[a]
	cert := card.Signature.Certificate
	f := &forgery{
		card: card, digest: h.Sum(nil), contentType: cms.OIDData, certificates: [][]byte{cert.Raw, card.Issuer.Raw},
		hash: oidSHA256, algorithm: oidRSA, signers: 1, version: 1, sid: cert, value: slices.Clone[[]byte],
	}
	if a != certstest.RSA2048 {
		f.algorithm = oidECDSA
	}
	f.attributes = [][]byte{attr(oidType, oid(cms.OIDData)), attr(oidDigest, octets(f.digest)), attr(oidESS2, essV2(cert.Raw))}
	return f
}

// attribute replaces the attribute of that type.
func (f *forgery) attribute(id asn1.ObjectIdentifier, with ...[]byte) {
	head := oid(id)
	f.attributes = slices.DeleteFunc(f.attributes, func(a []byte) bool { return bytes.Contains(a[:len(head)+4], head) })
	f.attributes = append(f.attributes, with...)
	f.sort()
}

func (f *forgery) sort() { slices.SortFunc(f.attributes, bytes.Compare) }

func (f *forgery) encode(tb testing.TB) []byte {
	tb.Helper()
	null := []byte{5, 0}
	digest := sha256.Sum256(set(f.attributes...))
	var opts crypto.SignerOpts = crypto.SHA256
	if f.identifier != nil {
		opts = cms.PSS(crypto.SHA256)
	}
	value, err := f.card.Signature.Key.Sign(rand.Reader, digest[:], opts)
	if err != nil {
		tb.Fatal(err)
	}
	algorithm := seq(oid(f.algorithm))
	if f.algorithm.Equal(oidRSA) {
		algorithm = seq(oid(f.algorithm), null)
	}
	if f.identifier != nil {
		algorithm = f.identifier
	}
	number := der(func(b *cryptobyte.Builder) { b.AddASN1BigInt(f.sid.SerialNumber) })
	version := der(func(b *cryptobyte.Builder) { b.AddASN1Int64(f.version) })
	signer := [][]byte{version, seq(f.sid.RawIssuer, number), seq(oid(f.hash)), inContext(0, f.attributes...), algorithm, octets(f.value(value))}
	if f.unsigned != nil {
		signer = append(signer, inContext(1, f.unsigned...))
	}
	var signers [][]byte
	for range f.signers {
		signers = append(signers, seq(signer...))
	}
	encap := [][]byte{oid(f.contentType)}
	if f.content != nil {
		encap = append(encap, inContext(0, octets(f.content)))
	}
	parts := [][]byte{version, set(seq(oid(f.hash))), seq(encap...)}
	if f.certificates != nil {
		parts = append(parts, inContext(0, f.certificates...))
	}
	parts = append(parts, set(signers...))
	return seq(oid(oidSigned), inContext(0, seq(parts...)))
}

// stamp is an honest token over data, spoilt by change.
func (l *lab) stamp(data []byte, change func(*certstest.Stamp)) []byte {
	l.tb.Helper()
	sum := sha256.Sum256(data)
	s, err := l.w.Stamp(sum[:], crypto.SHA256, nil)
	if err != nil {
		l.tb.Fatal(err)
	}
	change(&s)
	token, err := s.Marshal()
	if err != nil {
		l.tb.Fatal(err)
	}
	return token
}

// stamped is the letter signed at B-B with an unsigned attribute made from its value.
func (l *lab) stamped(token func(value []byte) []byte) []byte {
	return l.forge(certstest.RSA2048, func(f *forgery) {
		digest := sha256.Sum256(set(f.attributes...))
		value, err := f.card.Signature.Key.Sign(rand.Reader, digest[:], crypto.SHA256) // PKCS#1 v1.5: the same each time
		if err != nil {
			l.tb.Fatal(err)
		}
		f.unsigned = [][]byte{attr(oidStamp, token(value))}
	})
}

// nothing leaves a stamp honest.
func nothing(*certstest.Stamp) {}

// An honest forgery passes the checks that the spoilt ones must fail.
func TestForgeryUnspoiltHolds(t *testing.T) {
	l := newLab(t)
	for _, a := range []certstest.Algorithm{certstest.RSA2048, certstest.P256} {
		file := l.forge(a, func(*forgery) {})
		if s := l.w.report(t, file).Signatures[0]; !s.Integrity.Passed || s.SubIndication != TryLater {
			t.Errorf("%v: %+v", a, s)
		}
	}
	file := l.stamped(func(value []byte) []byte { return l.stamp(value, func(*certstest.Stamp) {}) })
	if s := l.w.report(t, file).Signatures[0]; !s.Integrity.Passed || s.TSA == "" {
		t.Errorf("stamped: %+v", s)
	}
}

func utcTime(t time.Time) []byte {
	return der(func(b *cryptobyte.Builder) { b.AddASN1UTCTime(t) })
}

package signing

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/cms"
	"guichet.example/signing/internal/pdf"
	"guichet.example/signing/internal/tsp"
)

// sizeable is the letter with an attachment that makes it 60 KB.
func sizeable(tb testing.TB) []byte {
	tb.Helper()
	f, err := pdf.Open(letter(tb).PDF)
	if err != nil {
		tb.Fatal(err)
	}
	u := f.Update()
	u.Add(stream(string(bytes.Repeat([]byte("0123456789abcdef"), (60<<10-len(f.Data()))/16))))
	out, _ := u.Bytes([]byte("sizeable"))
	return out
}

func BenchmarkPrepare(b *testing.B) {
	w := theWorld(b)
	r := w.request(b, certstest.RSA2048)
	r.PDF = sizeable(b)
	for b.Loop() {
		if _, err := Prepare(r); err != nil {
			b.Fatal(err)
		}
	}
}

// Signing without the card: prepare, complete (one verification of the value), read
// back. The goal is 2 ms.
func BenchmarkPrepareCompleteRead(b *testing.B) {
	for _, a := range []certstest.Algorithm{certstest.RSA2048, certstest.P384} {
		b.Run(a.String(), func(b *testing.B) {
			w := theWorld(b)
			r := w.request(b, a)
			r.PDF = sizeable(b)
			p, err := Prepare(r)
			if err != nil {
				b.Fatal(err)
			}
			v := value(b, w.cards[a].Signature.Key, p)
			for b.Loop() {
				p, err := Prepare(r)
				if err != nil {
					b.Fatal(err)
				}
				out, err := p.Complete(v)
				if err != nil {
					b.Fatal(err)
				}
				f, err := pdf.Open(out)
				if err != nil {
					b.Fatal(err)
				}
				if list, err := f.Signatures(); err != nil || len(list) != 1 {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, a := range []certstest.Algorithm{certstest.RSA2048, certstest.P384} {
		w := theWorld(b)
		file := w.raised(b, a, LevelLT)
		b.Run(a.String(), func(b *testing.B) {
			for b.Loop() {
				if r, err := Verify(b.Context(), file, w.trust()); err != nil || !r.Valid() {
					b.Fatal(err)
				}
			}
		})
		b.Run(a.String()+"-key-operations", func(b *testing.B) {
			operations := keyOperations(b, w, file)
			b.ReportMetric(float64(len(operations)), "operations")
			for b.Loop() {
				for _, o := range operations {
					if err := o(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// keyOperations are the verifications with public keys that no verifier of a B-LT file
// can avoid: value, token, both certificates, and each answer with its responder.
func keyOperations(tb testing.TB, w *world, file []byte) (list []func() error) {
	tb.Helper()
	f, err := pdf.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	sigs, err := f.Signatures()
	if err != nil {
		tb.Fatal(err)
	}
	der, err := cms.Trim(sigs[0].Contents)
	if err != nil {
		tb.Fatal(err)
	}
	signed, err := cms.Parse(der)
	if err != nil {
		tb.Fatal(err)
	}
	signer, _, err := signed.Signers(nil)
	if err != nil {
		tb.Fatal(err)
	}
	token, err := tsp.Parse(signed.Signer.Timestamp())
	if err != nil {
		tb.Fatal(err)
	}
	inner, err := cms.Parse(token.Raw)
	if err != nil {
		tb.Fatal(err)
	}
	tsa, _, err := token.Verify(nil)
	if err != nil {
		tb.Fatal(err)
	}
	check := func(cert *x509.Certificate, data, value []byte) {
		algorithm := x509.SHA256WithRSA
		if cert.PublicKeyAlgorithm == x509.ECDSA {
			algorithm = x509.ECDSAWithSHA256
			if h, _ := cms.HashFor(cert.PublicKey); h.Size() == 48 {
				algorithm = x509.ECDSAWithSHA384
			}
		}
		list = append(list, func() error { return cert.CheckSignature(algorithm, data, value) })
	}
	check(signer, signed.Signer.Attributes, signed.Signer.Value)
	check(tsa, inner.Signer.Attributes, inner.Signer.Value)
	issuerOf := func(holds func(*x509.Certificate) error) *x509.Certificate {
		i := slices.IndexFunc(w.AnchorCertificates(), func(a *x509.Certificate) bool { return holds(a) == nil })
		return w.AnchorCertificates()[i]
	}
	issued := func(cert *x509.Certificate) {
		issuer := issuerOf(cert.CheckSignatureFrom)
		list = append(list, func() error {
			return issuer.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature)
		})
	}
	issued(signer)
	issued(tsa)
	evidence, err := f.Last().Evidence()
	if err != nil {
		tb.Fatal(err)
	}
	for _, raw := range evidence.OCSPs {
		data, value, responder := takeApart(tb, raw)
		check(responder, data, value)
		issued(responder)
	}
	for _, raw := range evidence.CRLs {
		crl, err := x509.ParseRevocationList(raw)
		if err != nil {
			tb.Fatal(err)
		}
		issuer := issuerOf(crl.CheckSignatureFrom)
		list = append(list, func() error { return crl.CheckSignatureFrom(issuer) })
	}
	return list
}

// takeApart returns what an OCSP response signs, the value, and the responder.
func takeApart(tb testing.TB, raw []byte) (data, value []byte, responder *x509.Certificate) {
	tb.Helper()
	var response struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type    asn1.ObjectIdentifier
			Content []byte
		} `asn1:"explicit,tag:0"`
	}
	var basic struct {
		Data         asn1.RawValue
		Algorithm    pkix.AlgorithmIdentifier
		Signature    asn1.BitString
		Certificates []asn1.RawValue `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(raw, &response); err != nil {
		tb.Fatal(err)
	}
	if _, err := asn1.Unmarshal(response.Bytes.Content, &basic); err != nil {
		tb.Fatal(err)
	}
	for _, der := range basic.Certificates {
		cert, err := x509.ParseCertificate(der.FullBytes)
		if err == nil && slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) {
			responder = cert
		}
	}
	return basic.Data.FullBytes, basic.Signature.RightAlign(), responder
}

// The cost of a signature and of its verification grows with the file and no faster:
// compare ns/op and B/op with the size in MB.
func BenchmarkSize(b *testing.B) {
	w := theWorld(b)
	for _, mb := range []int{1, 10, 100} {
		r := w.request(b, certstest.P256)
		r.PDF, r.Mark = inflated(b, mb<<20), Mark{}
		p, err := Prepare(r)
		if err != nil {
			b.Fatal(err)
		}
		v := value(b, w.cards[certstest.P256].Signature.Key, p)
		b.Run(fmt.Sprintf("sign-%dMB", mb), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p, err = Prepare(r); err != nil {
					b.Fatal(err)
				}
				if _, err := p.Complete(v); err != nil {
					b.Fatal(err)
				}
			}
		})
		file, _, err := w.extender(b).Extend(b.Context(), w.sign(b, r, w.cards[certstest.P256].Signature.Key), LevelLT)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("verify-%dMB", mb), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r, err := Verify(b.Context(), file, w.trust()); err != nil || !r.Valid() {
					b.Fatal(err)
				}
			}
		})
	}
}

// inflated is the letter with images of 256 KB that make it so large.
func inflated(tb testing.TB, size int) []byte {
	tb.Helper()
	f, err := pdf.Open(letter(tb).PDF)
	if err != nil {
		tb.Fatal(err)
	}
	u := f.Update()
	for range size / (256 << 10) {
		u.Add(stream(strings.Repeat("0123456789abcdef", 16<<10)))
	}
	out, _ := u.Bytes([]byte("inflated"))
	return out
}

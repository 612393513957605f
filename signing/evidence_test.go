package signing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// evidenceBench is a letter at B-T with the evidence that would make it B-LT.
type evidenceBench struct {
	*lab
	stamped *pdf.File
	signer  *x509.Certificate
	now     time.Time
}

// ocsp is an honest answer on the signer, altered by change.
func (b *evidenceBench) ocsp(change func(*certstest.OCSPResponse)) []byte {
	b.tb.Helper()
	r, err := b.w.OCSPResponse(b.signer, nil)
	if err != nil {
		b.tb.Fatal(err)
	}
	change(&r)
	raw, err := r.Marshal()
	if err != nil {
		b.tb.Fatal(err)
	}
	return raw
}

// crl is the list of the signer's root, altered by change.
func (b *evidenceBench) crl(authority string, change func(*x509.RevocationList)) []byte {
	b.tb.Helper()
	list := b.w.CRL(authority)
	change(list)
	raw, err := b.w.SignCRL(authority, list)
	if err != nil {
		b.tb.Fatal(err)
	}
	return raw
}

// withoutOCSP drops the answer on the signer; that of the authority's CRLs stay.
func withoutOCSP(e *pdf.Evidence) { e.OCSPs = nil }

func revokedAt(at time.Time) func(*certstest.OCSPResponse) {
	return func(r *certstest.OCSPResponse) {
		r.Singles[0].Status, r.Singles[0].RevokedAt, r.Singles[0].Reason = certstest.StatusRevoked, at, 1
	}
}

// responder is a new responder of the citizen CA that does not say that it need not be
// asked after.
func (b *evidenceBench) responder() certstest.KeyPair {
	b.tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.tb.Fatal(err)
	}
	cert, err := b.w.Forge("citizen-rsa", &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{CommonName: "Responder"}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: b.now.Add(-time.Hour), NotAfter: b.now.Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
	}, key.Public())
	if err != nil {
		b.tb.Fatal(err)
	}
	return certstest.KeyPair{Certificate: cert, Key: key}
}

// by is a good answer on the signer by that responder.
func (b *evidenceBench) by(responder certstest.KeyPair) []byte {
	return b.ocsp(func(r *certstest.OCSPResponse) {
		r.Signer, r.Certificates = responder, []*x509.Certificate{responder.Certificate}
	})
}

// on is an answer on that responder by the authority itself.
func (b *evidenceBench) on(responder certstest.KeyPair, status int) []byte {
	return b.ocsp(func(r *certstest.OCSPResponse) {
		r.Signer, r.Certificates = b.w.Authority("citizen-rsa"), nil
		r.Singles[0].Certificate, r.Singles[0].Status, r.Singles[0].RevokedAt = responder.Certificate, status, b.now.Add(-time.Hour)
	})
}

func same(*x509.RevocationList) {}

func TestVerifyJudgesEvidence(t *testing.T) {
	l := newLab(t)
	b := &evidenceBench{lab: l, signer: l.w.cards[certstest.RSA2048].Signature.Certificate, now: time.Now()}
	var err error
	if b.stamped, err = pdf.Open(l.w.raised(t, certstest.RSA2048, LevelT)); err != nil {
		t.Fatal(err)
	}
	authority := l.w.Authority("citizen-rsa").Certificate.SerialNumber
	delegate := b.responder()
	for _, tt := range []struct {
		name   string
		change func(*pdf.Evidence)
		want   SubIndication // empty: passed
	}{
		{"as collected", func(*pdf.Evidence) {}, ""},
		{"none", func(e *pdf.Evidence) { *e = pdf.Evidence{} }, TryLater},
		{"none on the signer", withoutOCSP, TryLater},
		{"none on the authorities", func(e *pdf.Evidence) { e.CRLs = nil }, TryLater},
		{"noise", func(e *pdf.Evidence) { e.OCSPs = [][]byte{[]byte("noise"), {0x30, 0x80}} }, TryLater},
		{"certificates missing", func(e *pdf.Evidence) { e.Certs = nil }, ""},
		{"signer withdrawn", func(e *pdf.Evidence) { e.OCSPs = [][]byte{b.ocsp(revokedAt(b.now.Add(-time.Hour)))} }, RevokedNoPOE},
		{"signer withdrawn, said beside a good answer", func(e *pdf.Evidence) {
			e.OCSPs = append(e.OCSPs, b.ocsp(revokedAt(b.now.Add(-time.Hour))))
		}, RevokedNoPOE},
		{"signer withdrawn after the timestamp", func(e *pdf.Evidence) { e.OCSPs = [][]byte{b.ocsp(revokedAt(b.now.Add(5 * time.Second)))} }, ""},
		{"signer unknown", func(e *pdf.Evidence) {
			e.OCSPs = [][]byte{b.ocsp(func(r *certstest.OCSPResponse) { r.Singles[0].Status = certstest.StatusUnknown })}
		}, TryLater},
		{"answer from the future", func(e *pdf.Evidence) {
			e.OCSPs = [][]byte{b.ocsp(func(r *certstest.OCSPResponse) { r.ProducedAt = b.now.Add(time.Hour) })}
		}, TryLater},
		{"answer older than the signature", func(e *pdf.Evidence) {
			e.OCSPs = [][]byte{b.ocsp(func(r *certstest.OCSPResponse) {
				r.ProducedAt = b.now.Add(-24 * time.Hour)
				r.Singles[0].ThisUpdate, r.Singles[0].NextUpdate = b.now.Add(-24*time.Hour), time.Time{}
			})}
		}, TryLater},
		{"answer by a stranger", func(e *pdf.Evidence) {
			e.OCSPs = [][]byte{b.ocsp(func(r *certstest.OCSPResponse) { r.Signer = l.w.Service("ocsp-tsa-ca") })}
		}, TryLater},
		{"responder whose own status nobody tells", func(e *pdf.Evidence) {
			e.OCSPs = [][]byte{b.by(delegate)}
		}, TryLater},
		{"responder whose status the authority tells", func(e *pdf.Evidence) {
			e.OCSPs = [][]byte{b.by(delegate), b.on(delegate, certstest.StatusGood)}
		}, ""},
		{"responder that was withdrawn", func(e *pdf.Evidence) {
			e.OCSPs = [][]byte{b.by(delegate), b.on(delegate, certstest.StatusRevoked)}
		}, TryLater},
		{"list in place of an answer", func(e *pdf.Evidence) {
			withoutOCSP(e)
			e.CRLs = append(e.CRLs, b.crl("citizen-rsa", same))
		}, ""},
		{"list that has run out", func(e *pdf.Evidence) {
			withoutOCSP(e)
			e.CRLs = append(e.CRLs, b.crl("citizen-rsa", func(list *x509.RevocationList) {
				list.ThisUpdate, list.NextUpdate = b.now.Add(-48*time.Hour), b.now.Add(-24*time.Hour)
			}))
		}, TryLater},
		{"authority withdrawn", func(e *pdf.Evidence) {
			e.CRLs = append(e.CRLs, b.crl("root-rsa", func(list *x509.RevocationList) {
				list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
					x509.RevocationListEntry{SerialNumber: authority, RevocationTime: b.now.Add(-time.Hour)})
			}))
		}, RevokedCANoPOE},
	} {
		evidence, err := l.f.Last().Evidence()
		if err != nil {
			t.Fatal(err)
		}
		tt.change(evidence)
		u := b.stamped.Update()
		if err := u.SetEvidence(evidence); err != nil {
			t.Fatal(err)
		}
		file, _ := u.Bytes(nil)
		r := l.w.report(t, file)
		s := r.Signatures[0]
		if s.SubIndication != tt.want || r.Valid() != (tt.want == "") || (s.Level == LevelLT) != (tt.want == "") {
			t.Errorf("%s: %v %s %s %v, want %q", tt.name, s.Level, s.Indication, s.SubIndication, s.Reasons, tt.want)
		}
	}
}

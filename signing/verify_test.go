package signing

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing/internal/cms"
	"guichet.example/signing/internal/pdf"
	"guichet.example/signing/internal/tsp"
)

func TestVerifyRefusesWhatIsNoPDF(t *testing.T) {
	w := theWorld(t)
	for name, tt := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":     {nil, ErrNotPDF},
		"zeros":       {make([]byte, 4096), ErrNotPDF},
		"PDF in text": {[]byte("see %PDF-1.7\n"), ErrNotPDF},
		"too large":   {make([]byte, MaxPDF+1), ErrTooLarge},
	} {
		if r, err := Verify(t.Context(), tt.file, w.trust()); !errors.Is(err, tt.want) || r != nil {
			t.Errorf("%s: Verify = %v, %v, want %v", name, r, err, tt.want)
		}
	}
}

func TestVerifyNeedsAnchors(t *testing.T) {
	if r, err := Verify(t.Context(), letter(t).PDF, Trust{}); err == nil || r != nil {
		t.Errorf("Verify without anchors = %v, %v", r, err)
	}
	if _, _, err := (&Extender{}).Extend(t.Context(), letter(t).PDF, LevelT); err == nil {
		t.Error("Extend without anchors did something")
	}
}

func TestVerifySaysWhatIsMissing(t *testing.T) {
	w := theWorld(t)
	r := w.report(t, letter(t).PDF)
	if r.Valid() || len(r.Signatures) != 0 || r.Structure != "" || r.Revisions != 1 {
		t.Errorf("unsigned file: %+v", r)
	}
	if (*Report)(nil).Valid() || (&Report{}).Valid() {
		t.Error("an empty report is valid")
	}
	r = w.report(t, w.signed(t, certstest.RSA2048))
	if s := r.Signatures[0]; r.Valid() || s.Level != LevelB || s.Indication != Indeterminate || s.SubIndication != TryLater {
		t.Errorf("B-B offline: %+v", s)
	}
	r = w.report(t, w.raised(t, certstest.RSA2048, LevelT))
	if s := r.Signatures[0]; r.Valid() || s.Level != LevelT || s.Timestamp.IsZero() || s.SubIndication != TryLater {
		t.Errorf("B-T offline: %+v", s)
	}
}

func TestVerifyAsksWhenTheFileIsSilent(t *testing.T) {
	w := theWorld(t)
	checker, err := revocation.New(revocation.Config{Hosts: w.Hosts()})
	if err != nil {
		t.Fatal(err)
	}
	trust := w.trust()
	trust.Revocation = checker
	for _, level := range []Level{LevelB, LevelT} {
		r, err := Verify(t.Context(), w.raised(t, certstest.P384, level), trust)
		if err != nil || !r.Valid() || r.Signatures[0].Level != level {
			t.Errorf("%v online: %+v, %v", level, r, err)
		}
	}
}

func TestVerifyReportsSigner(t *testing.T) {
	w := theWorld(t)
	r := w.report(t, w.raised(t, certstest.P384, LevelLT))
	s := r.Signatures[0]
	if s.Kind != Signature || s.Signer != "Mathieu Delcourt" || s.Issuer == "" || s.TSA == "" ||
		s.Hash != "SHA-384" || s.Algorithm != "ECDSA P-384" || !s.Claimed.Equal(signedAt) || s.Timestamp.IsZero() {
		t.Errorf("report = %+v", s)
	}
	want, err := certs.HolderOf(w.cards[certstest.P384].Signature.Certificate)
	if err != nil || !s.Holder.Is(want) {
		t.Errorf("Holder = %v, want %v (%v)", s.Holder, want, err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), nationalNumber) || !strings.Contains(string(text), "Mathieu Delcourt") {
		t.Errorf("JSON holds the national number or no name: %s", text)
	}
	var back Report
	if err := json.Unmarshal(text, &back); err != nil || !back.Valid() || back.Signatures[0].Level != LevelLT {
		t.Errorf("report read back from JSON: %+v, %v", back, err)
	}
}

func TestVerifyTellsSealFromSignature(t *testing.T) {
	w := theWorld(t)
	seal, err := w.IssueSeal("Mutualité des Tilleuls", "VATBE-0411000000", certstest.P384)
	if err != nil {
		t.Fatal(err)
	}
	r := Request{PDF: letter(t).PDF, Path: w.path(t, seal.Certificate, certs.Seal), At: signedAt, Field: "Seal"}
	file, level, err := w.extender(t).Extend(t.Context(), w.sign(t, r, seal.Key), LevelLT)
	if err != nil || level != LevelLT {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	report := w.report(t, file)
	if s := report.Signatures[0]; !report.Valid() || s.Kind != Seal || s.Signer != "Mutualité des Tilleuls" || s.Field != "Seal" {
		t.Errorf("seal: %+v", s)
	}
}

// later is a trust whose clock runs ahead.
func (w *world) later(d time.Duration) Trust {
	return Trust{Anchors: w.Anchors(), Now: func() time.Time { return time.Now().Add(d) }}
}

func TestVerifyJudgesAtTheTimeProven(t *testing.T) {
	server := faulty(t)
	person := certstest.Person{Surname: "Brève", NationalNumber: nationalNumber, Algorithm: certstest.P256, NotAfter: time.Now().Add(time.Hour)}
	issued, err := server.Issue(person)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{server, map[certstest.Algorithm]*certstest.Card{certstest.P256: issued}}
	baseline, long := w.signed(t, certstest.P256), w.raised(t, certstest.P256, LevelLT)
	for _, tt := range []struct {
		name  string
		file  []byte
		after time.Duration
		want  SubIndication // empty: passed
	}{
		{"timestamped, today", long, 0, ""},
		{"timestamped, certificate run out since", long, 2 * time.Hour, ""},
		{"timestamped, answers long out of date", long, 90 * 24 * time.Hour, ""},
		{"timestamped, authority run out too", long, 60 * 365 * 24 * time.Hour, OutOfBoundsNoPOE},
		{"timestamped, clock before the timestamp", long, -time.Hour, TimestampOrderFailure},
		{"no timestamp, certificate run out since", baseline, 2 * time.Hour, OutOfBoundsNoPOE},
		{"no timestamp, before the certificate was valid", baseline, -100 * 24 * time.Hour, NotYetValid},
	} {
		r, err := Verify(t.Context(), tt.file, w.later(tt.after))
		if err != nil {
			t.Fatal(err)
		}
		if s := r.Signatures[0]; s.SubIndication != tt.want || r.Valid() != (tt.want == "") || !s.Integrity.Passed {
			t.Errorf("%s: %+v, want %q", tt.name, s, tt.want)
		}
	}
}

func TestVerifyWithdrawnCertificate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		revoked time.Duration // after now
		want    SubIndication
	}{
		{"before the timestamp", -time.Hour, RevokedNoPOE},
		{"after the timestamp", time.Hour, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := faulty(t)
			issued, err := server.Issue(certstest.Person{Surname: "Perdue", NationalNumber: nationalNumber, Algorithm: certstest.P256})
			if err != nil {
				t.Fatal(err)
			}
			w := &world{server, map[certstest.Algorithm]*certstest.Card{certstest.P256: issued}}
			file := w.raised(t, certstest.P256, LevelT)
			at := time.Now().Add(tt.revoked)
			trust := w.trust()
			trust.Revocation = withdrawn{w.extender(t).Revocation, at, issued.Signature.Certificate}
			r, err := Verify(t.Context(), file, trust)
			if err != nil {
				t.Fatal(err)
			}
			if s := r.Signatures[0]; s.SubIndication != tt.want || r.Valid() != (tt.want == "") {
				t.Errorf("%+v, want %q", s, tt.want)
			}
		})
	}
}

// withdrawn answers that one certificate was withdrawn at a time that may lie ahead,
// which an honest service would not say yet.
type withdrawn struct {
	Checker Evidence
	at      time.Time
	cert    *x509.Certificate
}

func (w withdrawn) Evidence(ctx context.Context, p certs.Path) ([]revocation.Answer, error) {
	if p[0].Equal(w.cert) {
		return nil, revocation.RevokedError{At: w.at, Reason: 1}
	}
	return w.Checker.Evidence(ctx, p)
}

func TestVerifyUnknownAnchors(t *testing.T) {
	w, other := theWorld(t), faulty(t)
	r, err := Verify(t.Context(), w.raised(t, certstest.P256, LevelLT), Trust{Anchors: other.Anchors()})
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Signatures[0]; s.SubIndication != NoCertificateChainFound || !s.Integrity.Passed || s.Level != LevelB || !s.Timestamp.IsZero() {
		t.Errorf("%+v", s)
	}
}

// A timestamp that was taken out lowers the level; what is left is judged as it stands.
func TestVerifyStrippedTimestamp(t *testing.T) {
	l := newLab(t)
	file := l.forge(certstest.RSA2048, func(*forgery) {})
	f, err := pdf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	evidence, err := l.f.Last().Evidence()
	if err != nil {
		t.Fatal(err)
	}
	u := f.Update()
	if err := u.SetEvidence(evidence); err != nil {
		t.Fatal(err)
	}
	out, _ := u.Bytes(nil)
	if s := l.w.report(t, out).Signatures[0]; s.Level != LevelB || !s.Timestamp.IsZero() {
		t.Errorf("stripped: %+v", s)
	}
}

// adbe.pkcs7.detached is no PAdES, but whether the file was changed can be told.
func TestVerifyLegacySubFilter(t *testing.T) {
	w := theWorld(t)
	p, err := Prepare(w.request(t, certstest.RSA2048))
	if err != nil {
		t.Fatal(err)
	}
	p.PDF = bytes.Replace(p.PDF, []byte("/ETSI.CAdES.detached"), []byte("/adbe.pkcs7.detached"), 1)
	if p.Attributes, p.Digest, err = p.derive(); err != nil {
		t.Fatal(err)
	}
	out, err := p.Complete(value(t, w.cards[certstest.RSA2048].Signature.Key, p))
	if err != nil {
		t.Fatal(err)
	}
	if s := w.report(t, out).Signatures[0]; !s.Integrity.Passed || s.Level != 0 || s.SubIndication != SigConstraintsFailure {
		t.Errorf("legacy: %+v", s)
	}
	out[150] ^= 1
	if s := w.report(t, out).Signatures[0]; s.Integrity.Passed || s.SubIndication != HashFailure {
		t.Errorf("legacy, flipped: %+v", s)
	}
}

// A file that only an authority stamped is signed by nobody.
func TestVerifyTimestampAloneIsNoSignature(t *testing.T) {
	l := newLab(t)
	f, err := pdf.Open(letter(t).PDF)
	if err != nil {
		t.Fatal(err)
	}
	alone := &lab{tb: t, w: l.w, base: f.Data(), f: f}
	file := alone.documentStamp(func(covered []byte) []byte { return alone.stamp(covered, func(*certstest.Stamp) {}) })
	r := l.w.report(t, file)
	if r.Valid() || len(r.Signatures) != 1 || r.Signatures[0].Kind != Timestamp || !r.Signatures[0].Integrity.Passed {
		t.Errorf("%+v", r)
	}
}

// Digits of the hole in capitals are the same signature in other bytes.
func TestVerifyCapitalDigits(t *testing.T) {
	l := newLab(t)
	from, to := l.hole()
	out := bytes.Clone(l.base)
	copy(out[from:to], bytes.ToUpper(out[from:to]))
	if r := l.w.report(t, out); !r.Valid() {
		t.Errorf("%+v", r)
	}
}

// Every byte counts, but for those in certificates that are carried along unsigned and
// that nobody needs when the anchors hold them too.
func TestVerifyEveryByteCounts(t *testing.T) {
	l := newLab(t)
	from, to := l.hole()
	_, end := l.f.End(1)
	want := essence(t, l.base)
	tried, harmless := 0, 0
	for at := 0; at < end; at++ {
		near := at > from-200 && at < from || at > to && at < to+200
		if at > from+9000 && at < to || !near && at%29 != 0 {
			continue
		}
		tried++
		out := bytes.Clone(l.base)
		out[at] ^= 1
		r, err := Verify(t.Context(), out, l.w.trust())
		if err != nil || !r.Valid() || r.Signatures[0].Level < LevelLT {
			continue // refused, or the timestamp is gone and the level with it
		}
		harmless++
		if at < from || at > to || essence(t, out) != want {
			t.Errorf("byte %d flipped (hole %d..%d): valid", at, from, to)
		}
	}
	t.Logf("%d bytes flipped, %d of them in spare certificates", tried, harmless)
}

// essence is what a signature says: who, over what, when.
func essence(tb testing.TB, file []byte) string {
	tb.Helper()
	f, err := pdf.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	list, err := f.Signatures()
	if err != nil {
		tb.Fatal(err)
	}
	der, err := cms.Trim(list[0].Contents)
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
	return fmt.Sprintf("%x %x %x %v %x", signer.Raw, signed.Signer.Attributes, signed.Signer.Value, token.Time, token.Imprint)
}

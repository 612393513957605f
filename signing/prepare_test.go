package signing

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

func TestPrepareRefuses(t *testing.T) {
	w := theWorld(t)
	card := w.cards[certstest.P384]
	good := w.request(t, certstest.P384)
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak := &x509.Certificate{PublicKey: p224.Public(), KeyUsage: x509.KeyUsageContentCommitment}
	certified := locked(t, good.PDF)
	for _, tt := range []struct {
		name   string
		change func(*Request)
		want   error
	}{
		{"no file", func(r *Request) { r.PDF = nil }, ErrNotPDF},
		{"other file", func(r *Request) { r.PDF = []byte("<html></html>") }, ErrNotPDF},
		{"too large", func(r *Request) { r.PDF = make([]byte, MaxPDF+1) }, ErrTooLarge},
		{"file cut off", func(r *Request) { r.PDF = r.PDF[:len(r.PDF)-9] }, ErrUnsuitable},
		{"bytes after the end", func(r *Request) { r.PDF = append(bytes.Clone(r.PDF), "x"...) }, ErrUnsuitable},
		{"no path", func(r *Request) { r.Path = nil }, ErrCertificate},
		{"authentication certificate", func(r *Request) { r.Path = certs.Path{card.Authentication.Certificate} }, ErrCertificate},
		{"certificate of an authority", func(r *Request) { r.Path = r.Path[1:] }, ErrCertificate},
		{"weak key", func(r *Request) { r.Path = certs.Path{weak} }, ErrCertificate},
		{"path that leaves no room for a timestamp", func(r *Request) {
			r.Path = slices.Concat(r.Path[:1], slices.Repeat(certs.Path{card.Issuer}, 9))
		}, ErrCertificate},
		{"no time", func(r *Request) { r.At = time.Time{} }, ErrUnsuitable},
		{"no such page", func(r *Request) { r.Mark.Page = 7 }, ErrUnsuitable},
		{"mark without room", func(r *Request) { r.Mark.Rect = [4]float64{} }, ErrUnsuitable},
		{"mark without text", func(r *Request) { r.Mark.Lines = nil }, ErrUnsuitable},
		{"field name with a point", func(r *Request) { r.Field = "a.b" }, ErrUnsuitable},
		{"field name taken", func(r *Request) { r.PDF, r.Field = w.signed(t, certstest.P384), "Signature1" }, ErrUnsuitable},
		{"certified for good", func(r *Request) { r.PDF = certified }, ErrUnsuitable},
		{"earlier signature broken", func(r *Request) {
			r.PDF = bytes.Replace(w.signed(t, certstest.P384), []byte("/ByteRange"), []byte("/BiteRange"), 1)
		}, ErrUnsuitable},
	} {
		r := good
		tt.change(&r)
		if p, err := Prepare(r); !errors.Is(err, tt.want) || p != nil {
			t.Errorf("%s: Prepare = %v, %v, want %v", tt.name, p != nil, err, tt.want)
		}
	}
}

// locked makes the catalog say that a certification permits no change.
func locked(tb testing.TB, file []byte) []byte {
	tb.Helper()
	f, err := pdf.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	u := f.Update()
	sig := u.Add(pdf.Raw("<< /Type /Sig /Reference [<< /TransformMethod /DocMDP /TransformParams << /P 1 >> >>] >>"))
	catalog, err := f.Last().Catalog()
	if err != nil {
		tb.Fatal(err)
	}
	u.Set(f.Last().Root(), catalog.With("Perms", pdf.Dict{entry("DocMDP", sig)}))
	out, _ := u.Bytes(nil)
	return out
}

func TestPrepareIsDeterministic(t *testing.T) {
	w := theWorld(t)
	for _, a := range algorithms {
		r := w.request(t, a)
		first, err := Prepare(r)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			again, err := Prepare(w.request(t, a))
			if err != nil || !bytes.Equal(first.PDF, again.PDF) || !bytes.Equal(first.Digest, again.Digest) {
				t.Fatalf("%v: Prepare of one request gave other bytes (%v)", a, err)
			}
		}
		r.At = r.At.Add(time.Second)
		if other, err := Prepare(r); err != nil || bytes.Equal(first.Digest, other.Digest) {
			t.Errorf("%v: another time gives the same digest (%v)", a, err)
		}
	}
}

// The bytes that the member read are in front of the bytes she signed.
func TestPrepareOnlyAppends(t *testing.T) {
	w := theWorld(t)
	r := w.request(t, certstest.P384)
	read := bytes.Clone(r.PDF)
	p, err := Prepare(r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.PDF, read) {
		t.Error("Prepare changed its input")
	}
	signed, err := p.Complete(value(t, w.cards[certstest.P384].Signature.Key, p))
	if err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string][]byte{"prepared": p.PDF, "signed": signed} {
		if !bytes.HasPrefix(out, read) || len(out) <= len(read) {
			t.Errorf("the file read is not a prefix of the %s file", name)
		}
	}
	hole := p.ByteRange[1:3]
	if !bytes.Equal(signed[:hole[0]], p.PDF[:hole[0]]) || !bytes.Equal(signed[hole[1]:], p.PDF[hole[1]:]) {
		t.Error("Complete changed bytes outside the hole")
	}
}

// elsewhere is set in the process that completes what another one prepared.
const elsewhere = "GUICHET_TEST_COMPLETE"

func TestCompleteInAnotherProcess(t *testing.T) {
	if stored := os.Getenv(elsewhere); stored != "" {
		completeStored(t, stored)
		return
	}
	w := theWorld(t)
	for _, a := range algorithms {
		p, err := Prepare(w.request(t, a))
		if err != nil {
			t.Fatal(err)
		}
		v := value(t, w.cards[a].Signature.Key, p)
		here, err := p.Complete(v)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := json.Marshal(map[string]any{"prepared": p, "value": v})
		if err != nil {
			t.Fatal(err)
		}
		name := file(t, "stored.json", stored)
		cmd := exec.Command(os.Args[0], "-test.run", "TestCompleteInAnotherProcess")
		cmd.Env = append(os.Environ(), elsewhere+"="+name)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("the other process: %v\n%s", err, out)
		}
		there, err := os.ReadFile(name + ".pdf")
		if err != nil || !bytes.Equal(here, there) {
			t.Errorf("%v: the other process made another file (%v)", a, err)
		}
	}
}

func completeStored(t *testing.T, name string) {
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var stored struct {
		Prepared Prepared
		Value    SignatureValue
	}
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	out, err := stored.Prepared.Complete(stored.Value)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".pdf", out, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A second person signs the file of the first; both hold.
func TestPrepareAddsToSignedFile(t *testing.T) {
	w := theWorld(t)
	first := w.raised(t, certstest.RSA2048, LevelLT)
	r := w.request(t, certstest.P384)
	r.PDF, r.Mark = first, Mark{}
	second := w.sign(t, r, w.cards[certstest.P384].Signature.Key)
	if !bytes.HasPrefix(second, first) {
		t.Fatal("signing again changed bytes that were there")
	}
	second, level, err := w.extender(t).Extend(t.Context(), second, LevelLT)
	if err != nil || level != LevelLT {
		t.Fatalf("Extend = %v, %v", level, err)
	}
	report := w.report(t, second)
	if !report.Valid() || len(report.Signatures) != 2 {
		t.Fatalf("Verify = %+v", report)
	}
	if s := report.Signatures[1]; s.Field != "Signature2" || s.Level != LevelLT {
		t.Errorf("second signature: %+v", s)
	}
	checkOutside(t, w, second)
}

// Files that other programs wrote: object streams, linearised, turned pages.
func TestPrepareOnForeignFiles(t *testing.T) {
	w := theWorld(t)
	name := file(t, "letter.pdf", letter(t).PDF)
	for _, args := range []string{"--object-streams=generate", "--linearize", "--linearize --object-streams=generate", "--qdf", "--rotate=+90", "--rotate=+180", "--rotate=+270"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			out := name + strings.ReplaceAll(args, " ", "") + ".pdf"
			mustTool(t, "", "qpdf", append(strings.Fields(args), name, out)...)
			foreign, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			r := w.request(t, certstest.P384)
			r.PDF = foreign
			signed := w.sign(t, r, w.cards[certstest.P384].Signature.Key)
			checkOutside(t, w, signed)
			if s := w.report(t, signed).Signatures[0]; !s.Integrity.Passed || len(s.ChangedAfter) > 0 {
				t.Errorf("Verify = %+v", s)
			}
		})
	}
}

func TestPreparedSaysNothingOfTheNumber(t *testing.T) {
	w := theWorld(t)
	p, err := Prepare(w.request(t, certstest.P384))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(p.PDF, []byte(nationalNumber)) {
		t.Error("the prepared file holds the national number in plain text")
	}
	if text := fmt.Sprint(p.Field, p.At); strings.Contains(text, nationalNumber) {
		t.Errorf("field or time: %s", text)
	}
}

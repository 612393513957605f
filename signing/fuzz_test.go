package signing

import (
	"bytes"
	"context"
	"crypto/x509"
	"testing"

	"guichet.example/signing/internal/pdf"
)

// A letter signed at B-LT, with bytes overwritten and an update appended that gives one
// object a new value: if it passes, it holds the letter as it was signed, says who
// signed and when as the untouched file does, and shows the same pages.
func FuzzVerify(f *testing.F) {
	l := newLab(f)
	read := letter(f).PDF
	want, pages := essence(f, l.base), shown(f, l.base)
	for _, ref := range []pdf.Ref{l.catalog, l.page, l.contents, l.widget, l.form, l.font} {
		o, err := l.f.Last().Load(ref)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint32(0), []byte{}, uint16(ref.Num), pdf.Append(nil, o.Value))
		f.Add(uint32(o.Start), []byte("9"), uint16(0), []byte{})
	}
	from, _ := l.hole()
	f.Add(uint32(from), []byte("<3080"), uint16(0), []byte{})
	f.Add(uint32(0), []byte{}, uint16(l.catalog.Num), []byte("<< /Type /Catalog /Pages 2 0 R /DSS << /Certs [4 0 R] >> >>"))
	f.Add(uint32(0), []byte{}, uint16(500), []byte("<< /Length 1 >>\nstream\nx\nendstream"))
	f.Fuzz(func(t *testing.T, at uint32, with []byte, num uint16, body []byte) {
		data := bytes.Clone(l.base)
		copy(data[int(at)%len(data):], with)
		if file, err := pdf.Open(data); err == nil && num > 0 {
			u := file.Update()
			for u.Next() <= int(num) {
				u.Reserve()
			}
			u.Set(pdf.Ref{Num: int(num)}, pdf.Raw(body))
			data, _ = u.Bytes([]byte("id"))
		}
		r, err := Verify(context.Background(), data, l.w.trust())
		if err != nil {
			if r != nil {
				t.Fatalf("error %v with a report", err)
			}
			return
		}
		for _, s := range r.Signatures {
			if s.Indication == "" || s.Indication != TotalPassed && len(s.Reasons) == 0 {
				t.Fatalf("no verdict or no reason: %+v", s)
			}
		}
		if !r.Valid() || r.Signatures[0].Level < LevelLT {
			return
		}
		if !bytes.HasPrefix(data, read) || essence(t, data) != want || shown(t, data) != pages {
			t.Fatalf("passes: %+v", r)
		}
	})
}

// shown is everything that the pages of a file lead to, signature widgets left out.
func shown(tb testing.TB, file []byte) string {
	tb.Helper()
	f, err := pdf.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	state := f.Last()
	pages, err := state.Pages()
	if err != nil {
		tb.Fatal(err)
	}
	var out []byte
	seen := map[pdf.Ref]bool{}
	var walk func(o pdf.Object)
	walk = func(o pdf.Object) {
		switch o := o.(type) {
		case pdf.Ref:
			if seen[o] {
				return
			}
			seen[o] = true
			v, err := state.Resolve(o)
			if err != nil {
				tb.Fatal(err)
			}
			out = pdf.Append(append(out, '\n'), v)
			walk(v)
		case pdf.Array:
			for _, v := range o {
				walk(v)
			}
		case pdf.Dict:
			for _, e := range o {
				walk(e.Value)
			}
		case *pdf.Stream:
			walk(o.Dict)
		}
	}
	for _, p := range pages {
		for _, e := range p.Dict {
			if e.Key != "Annots" && e.Key != "Parent" {
				out = pdf.Append(append(out, e.Key...), e.Value)
				walk(e.Value)
			}
		}
	}
	return string(out)
}

// evidenceTime agrees with the reader of the standard library on every CRL.
func FuzzEvidenceTime(f *testing.F) {
	l := newLab(f)
	evidence, err := l.f.Last().Evidence()
	if err != nil {
		f.Fatal(err)
	}
	for _, list := range [][][]byte{evidence.CRLs, evidence.OCSPs, evidence.Certs} {
		for _, raw := range list {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		at, ok := evidenceTime(raw)
		crl, err := x509.ParseRevocationList(raw)
		if err == nil && len(crl.Raw) == len(raw) && (!ok || !at.Equal(crl.ThisUpdate)) {
			t.Fatalf("evidenceTime = %v, %v, want %v", at, ok, crl.ThisUpdate)
		}
	})
}

func TestEvidenceTimeReadsBothKinds(t *testing.T) {
	l := newLab(t)
	evidence, err := l.f.Last().Evidence()
	if err != nil {
		t.Fatal(err)
	}
	if len(evidence.OCSPs) == 0 || len(evidence.CRLs) == 0 {
		t.Fatalf("evidence: %d OCSP, %d CRL", len(evidence.OCSPs), len(evidence.CRLs))
	}
	for _, raw := range append(evidence.OCSPs, evidence.CRLs...) {
		if at, ok := evidenceTime(raw); !ok || at.IsZero() {
			t.Errorf("evidenceTime = %v, %v", at, ok)
		}
		for cut := range min(len(raw), 60) {
			if _, ok := evidenceTime(raw[:cut]); ok {
				t.Errorf("evidenceTime of %d bytes is a time", cut)
			}
		}
	}
}

package signing

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"sync"

	"guichet.example/signing/internal/pdf"
)

// evidenceAttacks use the document security store as a vehicle.
var evidenceAttacks = []attack{
	{"evidence that is the page", func(l *lab) []byte {
		return l.evidence("Certs", l.page, l.dict(l.page).With("Rotate", pdf.Integer(180)))
	}, []string{`"what":"page"`}},
	{"evidence that is the page content", func(l *lab) []byte {
		return l.evidence("CRLs", l.contents, stream("BT ET"))
	}, []string{`"what":"page content"`}},
	{"evidence that is the font", func(l *lab) []byte {
		return l.evidence("OCSPs", l.font, l.dict(l.font).With("BaseFont", pdf.Name("Other")))
	}, []string{`"what":"page resources"`}},
	{"evidence with an unknown entry", func(l *lab) []byte {
		return l.with(l.reference(l.dict(l.catalog), "DSS"), "Contents", l.contents)
	}, []string{`"what":"evidence","detail":"entry /Contents"`}},
	{"evidence by signature with an unknown entry", func(l *lab) []byte {
		return l.with(l.reference(l.dict(l.catalog), "DSS"), "VRI", pdf.Dict{entry("AA", pdf.Dict{entry("JS", pdf.String("x"))})})
	}, []string{"entry /JS"}},
	{"evidence removed", func(l *lab) []byte { return l.with(l.catalog, "DSS", nil) }, []string{`"what":"evidence","detail":"removed"`}},
	{"evidence that is no stream", func(l *lab) []byte {
		return l.evidence("Certs", pdf.Ref{Num: 3000}, pdf.Dict{})
	}, []string{"FORMAT_FAILURE"}},
	{"evidence of 300 streams", func(l *lab) []byte {
		many := make(pdf.Array, 300)
		return l.update(func(u *pdf.Update) {
			for i := range many {
				many[i] = u.Add(stream("x"))
			}
			dss := l.reference(l.dict(l.catalog), "DSS")
			u.Set(dss, l.dict(dss).With("Certs", many))
		})
	}, []string{"entries of the DSS"}},
	{"evidence of noise", func(l *lab) []byte {
		dss := l.reference(l.dict(l.catalog), "DSS")
		return l.set(dss, pdf.Dict{entry("Certs", pdf.Array{}), entry("OCSPs", pdf.Array{})})
	}, []string{"TRY_LATER"}},
	{"number that a signed page was waiting for", func(l *lab) []byte { return l.dangling() }, []string{"FORMAT_FAILURE", `"changedAfter"`}},
}

// evidence adds a DSS entry that points to an object and gives that object a new value.
func (l *lab) evidence(key pdf.Name, ref pdf.Ref, o pdf.Object) []byte {
	return l.update(func(u *pdf.Update) {
		dss := l.reference(l.dict(l.catalog), "DSS")
		old, _ := l.f.Last().Array(l.dict(dss).Get(key), "DSS entry")
		u.Set(dss, l.dict(dss).With(key, append(old[:len(old):len(old)], ref)))
		u.Set(ref, o)
	})
}

// dangling signs a page that points to an object that is not there, and delivers that
// object later as a piece of evidence.
func (l *lab) dangling() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	xref := "xref\n0 1\n0000000000 65535 f \n"
	for i, o := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [4 0 R 20 0 R] >>",
		"<< /Length 2 >>\nstream\n% \nendstream",
	} {
		xref += fmt.Sprintf("%d 1\n%010d 00000 n \n", i+1, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	fmt.Fprintf(&b, "%strailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", xref, b.Len())
	r := l.w.request(l.tb, algorithms[0])
	r.PDF, r.Mark = b.Bytes(), Mark{}
	signed := l.w.sign(l.tb, r, l.w.cards[algorithms[0]].Signature.Key)
	f, err := pdf.Open(signed)
	if err != nil {
		l.tb.Fatal(err)
	}
	u := f.Update()
	u.Set(pdf.Ref{Num: 20}, stream("0 0 600 900 re f"))
	catalog, err := f.Last().Catalog()
	if err != nil {
		l.tb.Fatal(err)
	}
	u.Set(f.Last().Root(), catalog.With("DSS", pdf.Dict{entry("Certs", pdf.Array{pdf.Ref{Num: 20}})}))
	out, _ := u.Bytes(nil)
	return out
}

// loadAttacks want to keep the verifier busy, fill its memory or make it fall over.
var loadAttacks = []attack{
	{"page tree that contains itself", func(l *lab) []byte {
		root := l.reference(l.dict(l.catalog), "Pages")
		return l.set(root, l.dict(root).With("Kids", pdf.Array{root}))
	}, []string{`"what":"page tree"`}},
	{"page listed twice", func(l *lab) []byte {
		root := l.reference(l.dict(l.catalog), "Pages")
		return l.set(root, l.dict(root).With("Kids", pdf.Array{l.page, l.page}))
	}, []string{"FORMAT_FAILURE"}},
	{"stream whose length is itself", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) {
			ref := u.Reserve()
			u.Set(ref, pdf.Raw(fmt.Sprintf("<< /Length %d 0 R >>\nstream\nx\nendstream", ref.Num)))
		})
	}, []string{"FORMAT_FAILURE"}},
	{"two streams that are each other's length", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) {
			a, b := u.Reserve(), u.Reserve()
			u.Set(a, pdf.Raw(fmt.Sprintf("<< /Length %d 0 R >>\nstream\nx\nendstream", b.Num)))
			u.Set(b, pdf.Raw(fmt.Sprintf("<< /Length %d 0 R >>\nstream\nx\nendstream", a.Num)))
		})
	}, []string{"FORMAT_FAILURE"}},
	{"reference to a reference", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) {
			u.Set(l.form, pdf.Raw("1 0 R"))
		})
	}, []string{"reference to a reference"}},
	{"nesting of 100000", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) { u.Add(pdf.Raw(strings.Repeat("[", 100000))) })
	}, []string{"nesting too deep"}},
	{"nested dictionaries", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) { u.Add(pdf.Raw(strings.Repeat("<< /A ", 1000))) })
	}, []string{"nesting too deep"}},
	{"array of three million values", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) { u.Add(pdf.Raw("[" + strings.Repeat("1 ", 3000000) + "]")) })
	}, []string{"too many values"}},
	{"dictionary of 60000 keys", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) { u.Add(pdf.Raw("<<" + numbered(" /K%d 1", 60000) + " >>")) })
	}, []string{"nothing points to it"}},
	{"dictionary of 200000 keys", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) { u.Add(pdf.Raw("<<" + numbered(" /K%d 1", 200000) + " >>")) })
	}, []string{"entries of a dictionary"}},
	{"hundred revisions", func(l *lab) []byte {
		out := l.base
		for range 100 {
			f, err := pdf.Open(out)
			if err != nil {
				return out
			}
			u := f.Update()
			u.Set(l.catalog, l.dict(l.catalog))
			out, _ = u.Bytes(nil)
		}
		return out
	}, []string{"too many revisions"}},
	{"cross-reference of four billion entries", func(l *lab) []byte { return l.raw("", "0 4294967295\n") }, []string{"FORMAT_FAILURE"}},
	{"cross-reference number of 30 digits", func(l *lab) []byte { return l.raw("", strings.Repeat("9", 30)+" 1\n") }, []string{"FORMAT_FAILURE"}},
	{"cross-reference that inflates to 128 MiB", func(l *lab) []byte { return l.bombed("/Type /XRef /Size 9 /Root 1 0 R /W [1 2 1]") }, []string{"inflated bytes"}},
	{"cross-reference stream of fields of width 0", func(l *lab) []byte {
		return l.xrefStream("/Type /XRef /Size 9 /Root 1 0 R /W [0 0 0]", "")
	}, []string{"malformed W"}},
	{"cross-reference stream of unknown filter", func(l *lab) []byte {
		return l.xrefStream("/Type /XRef /Size 9 /Root 1 0 R /W [1 2 1] /Filter /JBIG2Decode", "")
	}, []string{"filter of a structure stream"}},
	{"cross-reference stream with an odd index", func(l *lab) []byte {
		return l.xrefStream("/Type /XRef /Size 9 /Root 1 0 R /W [1 2 1] /Index [0 1 2]", "\x00\x00\x00\x00")
	}, []string{"FORMAT_FAILURE"}},
	{"encrypted afterwards", func(l *lab) []byte {
		out := l.set(l.contents, stream("x"))
		return l.inTrailer(out, "/Root", "/Encrypt << /Filter /Standard >> /Root")
	}, []string{"encrypted"}},
	{"evidence that inflates to 128 MiB", func(l *lab) []byte {
		return l.update(func(u *pdf.Update) {
			dss := l.reference(l.dict(l.catalog), "DSS")
			big := u.Add(stream(bomb(), entry("Filter", pdf.Name("FlateDecode"))))
			u.Set(dss, l.dict(dss).With("CRLs", pdf.Array{big}))
		})
	}, []string{"inflated bytes"}},
}

// bomb is 128 MiB of zeros, deflated: twice what the reader is willing to inflate.
var bomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	chunk := make([]byte, 1<<20)
	for range 128 {
		w.Write(chunk)
	}
	w.Close()
	return b.String()
})

func (l *lab) bombed(dict string) []byte {
	return l.xrefStream(dict+" /Filter /FlateDecode", bomb())
}

// xrefStream appends a hand-written cross-reference stream.
func (l *lab) xrefStream(dict, data string) []byte {
	at := len(l.base)
	out := append(bytes.Clone(l.base), fmt.Sprintf("900 0 obj\n<< %s /Length %d >>\nstream\n%s\nendstream\nendobj\n", dict, len(data), data)...)
	return append(out, fmt.Sprintf("startxref\n%d\n%%%%EOF\n", at)...)
}

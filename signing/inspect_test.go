package signing

import (
	"bytes"
	"errors"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// amended is a file with one more revision, in which change says what the catalog is.
func amended(t *testing.T, file []byte, change func(u *pdf.Update, catalog pdf.Dict) pdf.Dict) []byte {
	t.Helper()
	f, err := pdf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := f.Last().Catalog()
	if err != nil {
		t.Fatal(err)
	}
	u := f.Update()
	u.Set(f.Last().Root(), change(u, catalog))
	out, _ := u.Bytes(nil)
	return out
}

// with is amended by one entry of the catalog.
func with(t *testing.T, file []byte, key pdf.Name, value string) []byte {
	t.Helper()
	return amended(t, file, func(_ *pdf.Update, catalog pdf.Dict) pdf.Dict { return catalog.With(key, pdf.Raw(value)) })
}

func TestInspectRefuses(t *testing.T) {
	w := theWorld(t)
	plain := letter(t).PDF
	signed := w.signed(t, certstest.P256)
	field := func(u *pdf.Update, catalog pdf.Dict) pdf.Dict {
		ref := u.Add(pdf.Raw("<< /FT /Tx /T (amount) /V (1) >>"))
		return catalog.With("AcroForm", pdf.Dict{entry("Fields", pdf.Array{ref})})
	}
	for name, c := range map[string]struct {
		file []byte
		want Obstacle
	}{
		"no file":               {nil, NotPDF},
		"a picture":             {[]byte("\x89PNG\r\n\x1a\n0000000000"), NotPDF},
		"over 128 MiB":          {append(bytes.Clone(plain), make([]byte, MaxPDF)...), TooLarge},
		"cut off":               {plain[:len(plain)-200], Broken},
		"bytes after the end":   {append(bytes.Clone(plain), "more"...), Broken},
		"encrypted":             {bytes.Replace(plain, []byte("/Root"), []byte("/Encrypt 1 0 R /Root"), 1), Encrypted},
		"no pages":              {with(t, plain, "Pages", "99 0 R"), Broken},
		"script on opening":     {with(t, plain, "OpenAction", "<< /S /JavaScript /JS (app.alert(1)) >>"), Active},
		"another page later":    {with(t, plain, "OpenAction", "<< /S /GoTo /D [3 0 R /Fit] /Next << /S /Launch /F (x) >> >>"), Active},
		"actions":               {with(t, plain, "AA", "<< /WC << /S /URI /URI (http://x) >> >>"), Active},
		"layers":                {with(t, plain, "OCProperties", "<< /OCGs [] /D << >> >>"), Active},
		"XFA":                   {with(t, plain, "AcroForm", "<< /Fields [] /XFA (x) >>"), Active},
		"a field to fill in":    {amended(t, plain, field), Fillable},
		"an earlier version":    {with(t, plain, "Lang", "(fr)"), Versions},
		"opened at a page":      {with(t, plain, "OpenAction", "[3 0 R /Fit]"), Versions}, // not Active
		"a final certification": {locked(t, plain), Forbidden},
		"a changed signed file": {with(t, signed, "Lang", "(nl)"), Damaged},
		"a flipped bit":         {bytes.Replace(signed, []byte("/Filter /Adobe"), []byte("/Filter /Bdobe"), 1), Damaged},
	} {
		s, err := Inspect(c.file)
		var why *UnsuitableError
		if s != nil || !errors.Is(err, ErrUnsuitable) || !errors.As(err, &why) || why.Obstacle != c.want {
			t.Errorf("%s: Inspect = %+v, %v, want %s", name, s, err, c.want)
		}
	}
}

func TestInspect(t *testing.T) {
	w := theWorld(t)
	for name, c := range map[string]struct {
		file       []byte
		signatures int
	}{
		"a letter": {letter(t).PDF, 0},
		"signed":   {w.signed(t, certstest.P384), 1},
		"archived": {w.raised(t, certstest.P256, LevelLTA), 1},
	} {
		s, err := Inspect(c.file)
		if err != nil || s.Pages != 1 || s.Signatures != c.signatures {
			t.Errorf("%s: Inspect = %+v, %v", name, s, err)
		}
	}
}

package pdf

import (
	"errors"
	"strings"
	"testing"
)

// step1 returns what the last revision of a file did.
func step1(tb testing.TB, file []byte) []Change {
	tb.Helper()
	f, err := Open(file)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	changes, err := f.Changes(f.Revisions() - 1)
	if err != nil {
		tb.Fatalf("Changes: %v", err)
	}
	return changes
}

func TestChangesAllowed(t *testing.T) {
	base := table(simple...)
	withDSS := changed(t, base, map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R /DSS 5 0 R >>", 5: "<< /Certs [6 0 R] /VRI 7 0 R >>", 6: "<< /Length 1 >>\nstream\nx\nendstream",
		7: "<< /ABC 8 0 R >>", 8: "<< /Cert [6 0 R] /TU (D:2026) >>",
	})
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", changed(t, base, nil), ""},
		{"same object again", changed(t, base, map[int]string{3: simple[2]}), ""},
		{"same object in other words", changed(t, base, map[int]string{2: "<</Count 1/Kids[ 3  0 R]/Type/Pages>>"}), ""},
		{"evidence", withDSS, "evidence"},
		{"more evidence", changed(t, withDSS, map[int]string{5: "<< /Certs [6 0 R 9 0 R] /VRI 7 0 R >>", 9: "<< /Length 1 >>\nstream\ny\nendstream"}), "evidence"},
		{"more evidence by signature", changed(t, withDSS, map[int]string{7: "<< /ABC 8 0 R /DEF << /OCSP [9 0 R] >> >>", 9: "<< /Length 1 >>\nstream\ny\nendstream"}), "evidence"},
		{"extensions", changed(t, base, map[int]string{1: "<< /Type /Catalog /Pages 2 0 R /Extensions << /ESIC << /BaseVersion /1.7 /ExtensionLevel 5 >> >> >>"}), "extensions"},
		{"signature", changed(t, base, map[int]string{
			1: "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R >>", 5: "<< /Fields [6 0 R] /SigFlags 3 /DA (/F 0 Tf) /DR << /Font << /F 8 0 R >> >> >>",
			6: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (S) /V 7 0 R /Rect [0 0 0 0] /P 3 0 R >>", 7: "<< /Type /Sig >>", 8: "<< /Type /Font >>",
			3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [6 0 R] >>",
		}), "signature"},
		{"signature with a widget of its own", changed(t, base, map[int]string{
			1: "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields 9 0 R /SigFlags 3 >> >>", 9: "[6 0 R]",
			6: "<< /FT /Sig /T (S) /V 7 0 R /Kids [8 0 R] >>", 7: "<< /Type /Sig >>", 8: "<< /Subtype /Widget /Rect [0 0 0 0] /Parent 6 0 R >>",
			3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots 10 0 R >>", 10: "[8 0 R]",
		}), "signature"},
		{"document timestamp", changed(t, base, map[int]string{
			1: "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /SigFlags 3 >> >>",
			6: "<< /FT /Sig /T (S) /V 7 0 R /Subtype /Widget /Rect [0 0 0 0] >>", 7: "<< /Type /DocTimeStamp /SubFilter /ETSI.RFC3161 >>",
		}), "timestamp"},
	} {
		var got []string
		for _, c := range step1(t, tt.file) {
			if !c.Allowed {
				t.Errorf("%s: %+v", tt.name, c)
			}
			got = append(got, c.What)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, got, tt.want)
		}
	}
}

// A field that was there and empty, for the member to sign.
func TestChangesSignsPreparedField(t *testing.T) {
	base := table(append([]string{
		"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] >> >>"}, append(simple[1:4:4],
		"<< /FT /Sig /T (S) /Subtype /Widget /Rect [9 9 99 99] /P 3 0 R >>")...)...)
	signed := map[int]string{
		1: "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /SigFlags 3 >> >>",
		5: "<< /FT /Sig /T (S) /Subtype /Widget /Rect [9 9 99 99] /P 3 0 R /V 6 0 R /AP << /N 7 0 R >> >>",
		6: "<< /Type /Sig >>", 7: "<< /Type /XObject /Length 0 >>\nstream\n\nendstream",
	}
	changes := step1(t, changed(t, base, signed))
	if len(changes) != 1 || !changes[0].Allowed || changes[0].What != "signature" || changes[0].Rect != [4]float64{9, 9, 99, 99} {
		t.Errorf("signing a prepared field: %+v", changes)
	}
	signed[5] = strings.Replace(signed[5], "[9 9 99 99]", "[0 0 595 842]", 1)
	if changes := step1(t, changed(t, base, signed)); len(changes) == 0 || changes[0].Allowed {
		t.Errorf("signing a prepared field and moving it: %+v", changes)
	}
}

// A list that two things share must not grow for one of them.
func TestChangesRefusesSharedLists(t *testing.T) {
	for name, tt := range map[string]struct {
		objects []string
		update  map[int]string
	}{
		"evidence list that is the page's contents": {
			[]string{"<< /Type /Catalog /Pages 2 0 R /DSS << /Certs 5 0 R >> >>", simple[1],
				"<< /Type /Page /Parent 2 0 R /Contents 5 0 R >>", simple[3], "[4 0 R]"},
			map[int]string{5: "[4 0 R 6 0 R]", 6: "<< /Length 1 >>\nstream\nx\nendstream"},
		},
		"fields that are the page tree": {
			[]string{"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields 5 0 R >> >>", "<< /Type /Pages /Kids 5 0 R /Count 1 >>",
				simple[2], simple[3], "[3 0 R]"},
			map[int]string{5: "[3 0 R 6 0 R]", 6: "<< /Type /Page /FT /Sig /T (S) /V 7 0 R /Subtype /Widget /Rect [0 0 0 0] >>", 7: "<< /Type /Sig >>"},
		},
		"annotations of two pages": {
			[]string{simple[0], "<< /Type /Pages /Kids [3 0 R 6 0 R] /Count 2 >>", "<< /Type /Page /Parent 2 0 R /Annots 5 0 R >>", simple[3],
				"[]", "<< /Type /Page /Parent 2 0 R /Annots 5 0 R >>"},
			map[int]string{5: "[7 0 R]", 7: "<< /FT /Sig /T (S) /V 8 0 R /Subtype /Widget /Rect [0 0 9 9] >>", 8: "<< /Type /Sig >>",
				1: "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [7 0 R] >> >>"},
		},
	} {
		allowed := true
		for _, c := range step1(t, changed(t, table(tt.objects...), tt.update)) {
			allowed = allowed && c.Allowed
		}
		if allowed {
			t.Errorf("%s: allowed", name)
		}
	}
}

func TestChangesRefusesOverlap(t *testing.T) {
	inner := "<< /Length 26 >>\nstream\n9 0 obj << /A 1 >> endobj \nendstream"
	file := table(append(simple[:4:4], inner)...)
	f, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	o, err := f.Last().Load(Ref{Num: 5})
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(file[o.Start:]), "9 0 obj") + o.Start
	var b strings.Builder
	b.Write(file)
	start := b.Len()
	b.WriteString("xref\n9 1\n")
	b.Write(appendPadded(nil, at, 10))
	b.WriteString(" 00000 n \ntrailer\n<< /Size 10 /Root 1 0 R /Prev ")
	b.Write(Append(nil, Integer(f.revs[0].sections[0].start)))
	b.WriteString(" >>\nstartxref\n")
	b.Write(Append(nil, Integer(start)))
	b.WriteString("\n%%EOF\n")
	if f, err = Open([]byte(b.String())); err != nil {
		t.Fatal(err)
	}
	changes, err := f.Changes(1)
	if err == nil && (len(changes) == 0 || changes[0].Allowed) {
		t.Errorf("an object planted in signed bytes: %+v, %v", changes, err)
	}
}

func TestCertification(t *testing.T) {
	for perms, want := range map[string]int{
		"": 0, "/Perms << >>": 0, "/Perms << /DocMDP 5 0 R >>": 2,
	} {
		f, err := Open(table(append([]string{"<< /Type /Catalog /Pages 2 0 R " + perms + " >>"}, append(simple[1:4:4], "<< /Type /Sig >>")...)...))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Last().permission(); got != want || err != nil {
			t.Errorf("certification(%q) = %d, %v, want %d", perms, got, err, want)
		}
	}
	f, err := Open(table(append([]string{"<< /Type /Catalog /Pages 2 0 R /Perms 7 >>"}, simple[1:4]...)...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Last().Locked(); !errors.Is(err, ErrStructure) {
		t.Errorf("Locked with malformed Perms = %v", err)
	}
}

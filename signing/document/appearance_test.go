package document

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// shell wraps an appearance in a page, so that other programs can look at it.
func shell(a *Appearance) []byte {
	o := &objects{first: 1}
	o.addf("<</Type/Catalog/Pages 2 0 R>>")
	o.addf("<</Type/Pages/Count 1/Kids[3 0 R]>>")
	bodies, form := a.Objects(6)
	o.addf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %g %g]/Resources<</XObject<</F %d 0 R>>>>/Contents 4 0 R>>", a.width, a.height, form)
	o.add(stream("", []byte("/F Do")))
	o.addf("<<>>")
	o.bodies = append(o.bodies, bodies...)
	return o.file(1, 5, make([]byte, 16))
}

func appearance(t *testing.T, lines ...string) *Appearance {
	t.Helper()
	a, err := NewAppearance(lines, markWidth, markHeight)
	if err != nil {
		t.Fatalf("NewAppearance(%q) = %v", lines, err)
	}
	return a
}

func TestNewAppearanceRefuses(t *testing.T) {
	one := []string{"Nora Delcourt"}
	for _, test := range []struct {
		lines         []string
		width, height float64
	}{
		{nil, 200, 60}, {make([]string, 9), 200, 60}, {one, 0, 60}, {one, 200, -60}, {one, 23, 60}, {one, 200, 23},
		{one, math.NaN(), 60}, {one, 200, math.NaN()}, {one, math.Inf(1), 60}, {one, 1e6, 60},
	} {
		if a, err := NewAppearance(test.lines, test.width, test.height); !errors.Is(err, ErrAppearance) || a != nil {
			t.Errorf("NewAppearance(%d lines, %g, %g) = %v, %v", len(test.lines), test.width, test.height, a, err)
		}
	}
}

func TestAppearanceIsReadable(t *testing.T) {
	for name, lines := range map[string][]string{
		"usual": {"Signé par Mathieu Delcourt", "Carte d’identité électronique", "20 novembre 2026, 14 h 08"},
		"one":   {"Nora Delcourt"},
		"eight": {"a", "b", "c", "d", "e", "f", "g", "h"},
		"long":  {"Handtekening van Maximiliaan-Alexander van den Bossche-Vanderlinden de Montmorency", "20 november 2026"},
	} {
		a := appearance(t, lines...)
		pdf := shell(a)
		tool(t, pdf, "qpdf", "--check", "FILE")
		if got, want := squeeze(tool(t, pdf, "pdftotext", "-raw", "FILE", "-")), squeeze(strings.Join(lines, "")); got != want {
			t.Errorf("%s: reads %q, want %q", name, got, want)
		}
		for _, f := range strings.Split(strings.TrimSpace(tool(t, pdf, "pdffonts", "FILE")), "\n")[2:] {
			if !strings.Contains(f, "Identity-H       yes yes yes") {
				t.Errorf("%s: pdffonts says %q", name, f)
			}
		}
	}
}

// Any text makes a sound file; what cannot be shown is replaced, not dropped unseen.
func TestAppearanceOfHostileText(t *testing.T) {
	for name, test := range map[string]struct {
		lines []string
		want  string
	}{
		"other script": {[]string{"محمد x"}, "\uFFFD\uFFFD\uFFFD\uFFFDx"},
		"controls":     {[]string{"a\x00\nb\u202ec"}, "abc"},
		"not UTF-8":    {[]string{"Andr\xe9"}, "Andr\uFFFD"},
		"operators":    {[]string{") Tj ET Q (", "<>[]{}/%"}, ")TjETQ(<>[]{}/%"},
		"nothing":      {[]string{"", ""}, ""},
	} {
		pdf := shell(appearance(t, test.lines...))
		tool(t, pdf, "qpdf", "--check", "FILE")
		if got := squeeze(tool(t, pdf, "pdftotext", "-raw", "FILE", "-")); got != test.want {
			t.Errorf("%s: reads %q, want %q", name, got, test.want)
		}
	}
	tool(t, shell(appearance(t, strings.Repeat("x", 10_000))), "qpdf", "--check", "FILE")
}

// All text lies inside the box, also when it has to be cut.
func TestAppearanceStaysInItsBox(t *testing.T) {
	long := strings.Repeat("Vandenbroucke ", 14)
	for _, size := range [][2]float64{{minMark, minMark}, {markWidth, markHeight}, {60, 30}, {500, 24}} {
		a, err := NewAppearance([]string{long, long, long, long}, size[0], size[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range bytes.Split(a.ops, []byte("\n")) {
			var x, y float64
			if n, _ := fmt.Sscanf(string(l), "%f %f Td", &x, &y); n == 2 && (x < 0 || y < 0 || x > size[0] || y > size[1]) {
				t.Errorf("in %v text stands at %g, %g", size, x, y)
			}
		}
	}
}

func TestAppearanceTwiceGivesTheSameObjects(t *testing.T) {
	first, form := appearance(t, "Nora Delcourt", "20 novembre 2026").Objects(70)
	again, _ := appearance(t, "Nora Delcourt", "20 novembre 2026").Objects(70)
	if form != 70+len(first)-1 || !bytes.Contains(first[len(first)-1], []byte("/Subtype/Form")) {
		t.Errorf("form is object %d of %d from 70", form, len(first))
	}
	if !bytes.Equal(bytes.Join(first, nil), bytes.Join(again, nil)) {
		t.Error("the second time the objects differ")
	}
}

package document

import (
	"bytes"
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"guichet.example/signing/document/documenttest"
)

const (
	postCode   = "K7QM-2XWD-94RT"
	postNumber = "4017 2283"
	postPage   = "https://guichet.tilleuls.example/fr/activate"
)

// post fills every field.
func post(l Language) Post {
	return Post{
		Language: l, Mutuality: mutuality(), Reference: "L-7KQ2-94MA", Date: on(2026, 11, 23),
		To:    []string{"Mathieu Delcourt", "Rue de la Paix 7, boîte 3", "4020 Liège", "BELGIQUE"},
		Title: "Votre accès à votre espace en ligne",
		Texts: []string{"Vous avez demandé un accès. Voici votre numéro. Votre code est au verso, sous le pli.",
			strings.Repeat("Une phrase qui remplit la page. ", 8) + "Fin."},
		Rows:  []Row{{"Numéro d’utilisateur", postNumber}},
		After: []string{"Besoin d’aide\u00a0? Appelez-nous au 0800 00 142."},
		Page:  postPage, PageLabel: "Tapez cette adresse, ou scannez le carré\u00a0:",
		Fold: &Fold{Title: "Votre code, à usage unique", Code: postCode, Texts: []string{"Valable jusqu’au 23 décembre 2026.", "Ne le donnez à personne."}},
	}
}

func posts(t *testing.T, list ...Post) *Drawn {
	t.Helper()
	d, err := DrawPosts("Lettres", list, created)
	if err != nil {
		t.Fatalf("DrawPosts = %v", err)
	}
	return d
}

// side is the text of one page.
func side(t *testing.T, pdf []byte, page int) string {
	t.Helper()
	n := strconv.Itoa(page)
	return tool(t, pdf, "pdftotext", "-raw", "-f", n, "-l", n, "FILE", "-")
}

func TestDrawPostsRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Post)
		want   error
	}{
		{"no address", func(p *Post) { p.To = nil }, ErrTooMany},
		{"address of seven lines", func(p *Post) { p.To = strings.Split("a b c d e f g", " ") }, ErrTooMany},
		{"window in the middle", func(p *Post) { p.Window = "middle" }, ErrFormat},
		{"no title", func(p *Post) { p.Title = "" }, ErrMissing},
		{"line end in the address", func(p *Post) { p.To[0] = "a\nb" }, ErrCharacter},
		{"national number", func(p *Post) { p.Texts[0] = "85.07.30-033.28" }, ErrNationalNumber},
		{"long code", func(p *Post) { p.Fold.Code = strings.Repeat("W", 41) }, ErrTooLong},
		{"letters we cannot show", func(p *Post) { p.To[0] = "محمد" }, ErrGlyph},
		{"too much text", func(p *Post) {
			p.Texts = nil
			for range 8 {
				p.Texts = append(p.Texts, strings.TrimSpace(strings.Repeat("longer ", 85)))
			}
		}, ErrOverflow},
		{"too much under the fold", func(p *Post) {
			p.Fold.Texts = nil
			for range 6 {
				p.Fold.Texts = append(p.Fold.Texts, strings.TrimSpace(strings.Repeat("longer ", 50)))
			}
		}, ErrOverflow},
	} {
		p := post(FR)
		tt.change(&p)
		if d, err := DrawPosts("Lettres", []Post{p}, created); !errors.Is(err, tt.want) || d != nil {
			t.Errorf("%s: DrawPosts = %v, want %v", tt.name, err, tt.want)
		}
	}
	if _, err := DrawPosts("Lettres", nil, created); !errors.Is(err, ErrTooMany) {
		t.Errorf("no letter: %v", err)
	}
}

func TestPostKeepsPDFA(t *testing.T) {
	for _, l := range Languages() {
		documenttest.CheckPDFA(t, posts(t, post(l)).PDF)
	}
	bare := post(EN)
	bare.Fold, bare.Rows, bare.After, bare.Page, bare.PageLabel, bare.Window = nil, nil, nil, "", "", WindowLeft
	documenttest.CheckPDFA(t, posts(t, bare).PDF)
}

func TestPostsTwiceGiveTheSameBytes(t *testing.T) {
	a, b := posts(t, post(FR), post(NL)), posts(t, post(FR), post(NL))
	if !bytes.Equal(a.PDF, b.PDF) || a.Pages != 4 {
		t.Errorf("%d pages, other bytes the second time", a.Pages)
	}
	other := post(NL)
	other.Fold.Code = "other"
	if c := posts(t, post(FR), other); bytes.Equal(a.PDF, c.PDF) {
		t.Error("another code gives the same bytes")
	}
}

// TestCodeIsOnTheOtherSide: who sees one side has no use of it.
func TestCodeIsOnTheOtherSide(t *testing.T) {
	for _, l := range Languages() {
		d := posts(t, post(l))
		first, second := squeeze(side(t, d.PDF, 1)), squeeze(side(t, d.PDF, 2))
		if !strings.Contains(first, squeeze(postNumber)) || strings.Contains(first, squeeze(postCode)) {
			t.Errorf("%s: first side reads %s", l, first)
		}
		if !strings.Contains(second, squeeze(postCode)) || strings.Contains(second, squeeze(postNumber)) || strings.Contains(second, "Delcourt") {
			t.Errorf("%s: second side reads %s", l, second)
		}
	}
}

// box is a word of pdftotext -bbox, in points from the upper left corner.
type box struct {
	XMin float64 `xml:"xMin,attr"`
	XMax float64 `xml:"xMax,attr"`
	YMin float64 `xml:"yMin,attr"`
	YMax float64 `xml:"yMax,attr"`
	Text string  `xml:",chardata"`
}

func boxes(t *testing.T, pdf []byte, page int) []box {
	t.Helper()
	n := strconv.Itoa(page)
	var out struct {
		Pages []struct {
			Words []box `xml:"word"`
		} `xml:"body>doc>page"`
	}
	if err := xml.Unmarshal([]byte(tool(t, pdf, "pdftotext", "-bbox", "-f", n, "-l", n, "FILE", "-")), &out); err != nil {
		t.Fatal(err)
	}
	return out.Pages[0].Words
}

// TestAddressStandsInTheWindow: all of the address, with room to slide, and nothing else.
func TestAddressStandsInTheWindow(t *testing.T) {
	for _, w := range []Window{WindowLeft, WindowRight, ""} {
		p := post(FR)
		p.Window = w
		p.To = []string{"Maximilienne-Alexandra Vandenbroucke-de Saint-Symphorien", "p/a Residentie De Linde", "Rue de la Paix 7, boîte 3", "4020 Liège", "BELGIQUE"}
		p.Mutuality.Name = "Mutualité libre des Tilleuls et des Marronniers réunis de la province"
		d := posts(t, p)
		r := w.Rect()
		inside := ""
		for _, b := range boxes(t, d.PDF, 1) {
			outside := b.XMax < r[0] || b.XMin > r[2] || b.YMax < pageHeight-r[3] || b.YMin > pageHeight-r[1]
			if outside {
				continue
			}
			const slide = 3 * mm
			if b.XMin < r[0]+slide || b.XMax > r[2]-slide || b.YMin < pageHeight-r[3]+slide || b.YMax > pageHeight-r[1]-slide {
				t.Errorf("window %s: %q at %v is cut at the edge of %v", w, b.Text, b, r)
			}
			inside += b.Text
		}
		if want := squeeze(strings.Join(p.To, "")); inside != want {
			t.Errorf("window %s: in it stands %q, want %q", w, inside, want)
		}
	}
}

// TestCodeLiesInsideTheFold: in the middle third of the second side, where neither edge
// nor window shows it.
func TestCodeLiesInsideTheFold(t *testing.T) {
	words := boxes(t, posts(t, post(FR)).PDF, 2)
	found := false
	for _, b := range words {
		if b.Text == postCode {
			found = true
			if b.YMin < third+10*mm || b.YMax > 2*third-10*mm {
				t.Errorf("the code is at %v", b)
			}
		}
	}
	if !found {
		t.Errorf("no code among %v", words)
	}
}

// TestSquareLeadsToThePage: zbar reads what a telephone would.
func TestSquareLeadsToThePage(t *testing.T) {
	d := posts(t, post(FR))
	dir := t.TempDir()
	path := filepath.Join(dir, "letter.pdf")
	if err := os.WriteFile(path, d.PDF, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("pdftoppm", "-r", "150", "-png", "-f", "1", "-l", "1", "-singlefile", path, filepath.Join(dir, "side")).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	out, err := exec.Command("zbarimg", "--quiet", "--raw", filepath.Join(dir, "side.png")).Output()
	if err != nil || strings.TrimSpace(string(out)) != postPage {
		t.Errorf("zbarimg reads %q, %v, want %s", out, err, postPage)
	}
}

package document

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func aPaper() Paper {
	return Paper{
		Reference: "GC-2026-4K7P-118", Language: NL,
		Mutuality: Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"},
		Member:    Person{Name: "Nora Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC)},
		Date:      time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		Title:     "Attest van mijn werkgever", Pages: 3, Size: 5000, SHA256: [32]byte{1, 2}, Inside: []string{InsideFiles, InsideLinks},
		Fonts: []string{"Helvetica"}, Signers: []string{"Ann Peeters", ""},
	}
}

func TestPaperRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Paper)
		reason error
	}{
		"no title":         {func(p *Paper) { p.Title = "" }, ErrMissing},
		"long title":       {func(p *Paper) { p.Title = strings.Repeat("x", 81) }, ErrTooLong},
		"hidden title":     {func(p *Paper) { p.Title = "a\u202eb" }, ErrCharacter},
		"number in title":  {func(p *Paper) { p.Title = "van 85.07.30-033.28" }, ErrNationalNumber},
		"no pages":         {func(p *Paper) { p.Pages = 0 }, ErrFormat},
		"no bytes":         {func(p *Paper) { p.Size = 0 }, ErrFormat},
		"no digest":        {func(p *Paper) { p.SHA256 = [32]byte{} }, ErrFormat},
		"scripts inside":   {func(p *Paper) { p.Inside = []string{"script"} }, ErrFormat},
		"twice inside":     {func(p *Paper) { p.Inside = []string{InsideFiles, InsideFiles} }, ErrFormat},
		"too many signers": {func(p *Paper) { p.Signers = make([]string, MaxPaperSigner+1) }, ErrTooMany},
		"a hidden signer":  {func(p *Paper) { p.Signers = []string{"a\x00"} }, ErrCharacter},
		"an empty font":    {func(p *Paper) { p.Fonts = []string{""} }, ErrMissing},
	} {
		p := aPaper()
		c.change(&p)
		if _, err := Marshal(p); !errors.Is(err, c.reason) {
			t.Errorf("%s: Marshal = %v, want %v", name, err, c.reason)
		}
	}
	if _, err := Draw(aPaper(), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)); !errors.Is(err, ErrFormat) {
		t.Errorf("Draw of a paper = %v", err)
	}
}

func TestPaperComesBack(t *testing.T) {
	for _, officer := range []string{"", "Inès Collard"} {
		want := aPaper()
		want.Officer = officer
		frozen, err := Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Unmarshal(frozen)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Unmarshal = %+v, %v", got, err)
		}
		kind := map[bool]Kind{true: KindPaper, false: KindOfficePaper}[officer == ""]
		if got.Kind() != kind {
			t.Errorf("kind = %s, want %s", got.Kind(), kind)
		}
		// A kind that does not go with who signs is not what Marshal wrote.
		other := map[bool]string{true: `"office-paper"`, false: `"paper"`}[officer == ""]
		if _, err := Unmarshal([]byte(strings.Replace(string(frozen), `"`+string(kind)+`"`, other, 1))); !errors.Is(err, ErrNotCanonical) {
			t.Errorf("another kind = %v", err)
		}
		if _, err := Unmarshal([]byte(strings.Replace(string(frozen), `"sha256":"01`, `"sha256":"1`, 1))); err == nil {
			t.Error("a digest that is none is taken")
		}
	}
}

func TestPaperName(t *testing.T) {
	for name, want := range map[string]string{"Ann": "Ann", "": "", "a\nb": "", strings.Repeat("x", 121): ""} {
		if got := PaperName(name); got != want {
			t.Errorf("PaperName(%q) = %q, want %q", name, got, want)
		}
	}
}

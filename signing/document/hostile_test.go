package document

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// Any text as a name is either refused by all alike, or frozen as it is (composed) and
// drawn as a sound page.
func FuzzName(f *testing.F) {
	for _, s := range []string{
		"Mathieu Delcourt", "Zoe\u0308", "Nguyễn Thị Hương", `(\)<>`, "a\x00b", "\u202eabc", "]]></rdf:li>", "Andr\xe9",
		"محمد", "85.07.30-033.28", strings.Repeat("W", 120), "%%EOF", " x", "\u0301x", "a\u00a0b", "ﬁ", "Å",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		a := bankChange(FR)
		a.Member.Name, a.Mutuality.Name = name, name
		refusal := a.Validate()
		d, err := Draw(a, created)
		if (refusal == nil) != (err == nil) {
			t.Fatalf("Validate(%q) = %v, Draw = %v", name, refusal, err)
		}
		if refusal != nil {
			var field *FieldError
			if d != nil || !errors.As(refusal, &field) || name != "" && strings.Contains(refusal.Error(), name) && len(name) > 4 {
				t.Fatalf("Validate(%q) = %v", name, refusal)
			}
			return
		}
		frozen, err := Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Unmarshal(frozen)
		if err != nil || back.(BankChange).Member.Name != norm.NFC.String(name) {
			t.Fatalf("Unmarshal(Marshal(%q)) = %+v, %v", name, back, err)
		}
		checkPages(t, back.Sheet())
		checkWellFormed(t, metadata{author: name, created: created}.xmp())
	})
}

// checkPages sets the sheet and wants operators in pairs and text inside the margins.
func checkPages(t *testing.T, s Sheet) {
	t.Helper()
	pages, _, _, err := setLetter(s, ink, newFaces())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		count := func(op string) int { return bytes.Count(p.ops, []byte(op+"\n")) }
		if count("BT") != count("ET") || count("BDC")+count("BMC") != count("EMC") || p.open != nil {
			t.Errorf("page %d leaves something open:\n%s", p.index+1, p.ops)
		}
	}
}

func checkWellFormed(t *testing.T, packet []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(packet)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("XMP is not well-formed: %v", err)
		}
	}
}

// The drawing of a page, operator by operator: compression apart, this is the file.
func TestDrawingOfAPage(t *testing.T) {
	pages, _, _, err := setLetter(bankChange(FR).Sheet(), ink, newFaces())
	if err != nil || len(pages) != 1 {
		t.Fatalf("the letter has %d pages", len(pages))
	}
	golden(t, "bank-change-fr.content", pages[0].ops)
}

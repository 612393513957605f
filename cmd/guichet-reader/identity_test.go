package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"guichet.example/certs/registry"
)

// resident has something in every field.
func resident() *registry.Identity {
	return &registry.Identity{
		Source: registry.FromFiles, Surname: "Öztürk", GivenNames: "Ayşe", Initial: "L", NationalNumber: "01050399864",
		Birth: registry.Date{Year: 1960}, BirthText: "00.00.1960", BirthPlace: "İzmir", Sex: "F", Nationality: "Türkei", Nobility: "Freifrau",
		CardNumber: "B123456789", ChipNumber: "00ff", ValidFrom: registry.Date{Year: 2021, Month: 2, Day: 1}, ValidTo: registry.Date{Year: 2031, Month: 2, Day: 1},
		Municipality: "Eupen", DocumentType: 67, Duplicate: "02", SpecialStatus: "5", Organization: "4", FamilyMember: true,
		Protection: registry.Protection{Since: registry.Date{Year: 2019, Month: 12, Day: 20}, Country: "SY", Text: "20122019SY"},
		Work:       "8", Employers: []string{"0400000000", "0500000000"}, RegionalFile: "BXL-17", Mentions: []registry.Mention{"B", "Z"},
		ResidentSince: registry.Date{Year: 2021, Month: 2, Day: 2}, CardKeyHash: []byte{1}, FileVersion: []byte{0},
		Address: registry.Address{Street: "Rue de la Loi 16", Postcode: "1000", Municipality: "Bruxelles"}, Photo: []byte{0xFF, 0xD8, 0xFF, 0xD9},
	}
}

func printed(t *testing.T, id *registry.Identity, lang string) string {
	t.Helper()
	var out bytes.Buffer
	if err := giveIdentity(&out, id, identityFlags{lang: lang}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPrintIdentity(t *testing.T) {
	for lang, wants := range map[string][]string{
		"fr": {"numéro national  ", "67 F. Membre de la famille UE, article 10 de la directive 2004/38/CE (enfant)", "canne jaune", "minorité prolongée", "limité", "Z\n"},
		"nl": {"rijksregisternummer  ", "67 F. Familielid EU, artikel 10 van richtlijn 2004/38/EG (kind)", "gele stok", "verlengde minderjarigheid", "beperkt"},
		"de": {"Nationalregisternummer  ", "67 F. EU-Familienangehöriger, Artikel 10 der Richtlinie 2004/38/EG (Kind)", "gelber Stock", "begrenzt"},
		"en": {"national number  ", "67 F. Family member EU, Article 10 of Directive 2004/38/EC (child)", "yellow cane", "extended minority", "limited"},
	} {
		out := printed(t, resident(), lang)
		for _, want := range append(wants, "Öztürk", "Ayşe", "1960", "İzmir", "Türkei", "Freifrau", "B123456789", "2031-02-01", "Eupen", "20122019SY",
			"2019-12-20 SY", "0400000000", "0500000000", "BXL-17", "2021-02-02", "JPEG, 4 bytes", "Rue de la Loi 16", "1000", "Bruxelles") {
			if !strings.Contains(out, want) {
				t.Errorf("in %s %q is missing:\n%s", lang, want, out)
			}
		}
	}
	almost := &registry.Identity{Source: registry.FromUnanchoredCertificate, Surname: "Specimen", NationalNumber: "01050399864", BirthText: "soon", SpecialStatus: "9", DocumentType: 99}
	out := printed(t, almost, "fr")
	for _, want := range []string{"né(e) le", "soon", "statut spécial   9", "document         99\n", "n'a pas été vérifié"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
	if n := strings.Count(out, "\n"); n != 6 {
		t.Errorf("%d rows, want 6:\n%s", n, out)
	}
}

// Every source, document and code that package reader knows has its words, all four.
func TestWords(t *testing.T) {
	for d := range registry.DocumentType(100) {
		if strings.HasPrefix(d.String(), "document type ") {
			continue
		}
		names := map[string]bool{}
		for lang := range languages {
			names[documentName(d, lang)] = true
		}
		if len(names) < 4 && d != 20 && d != 21 || names[d.String()] {
			t.Errorf("document type %d has the names %v", d, names)
		}
	}
	for source, words := range sources {
		if reflect.ValueOf(words).IsZero() || words.in("nl") == "" || words.in("en") == "" {
			t.Errorf("source %s has no words", source)
		}
	}
	for _, source := range []registry.Source{registry.FromFiles, registry.FromUnanchoredFiles, registry.FromCertificate, registry.FromUnanchoredCertificate} {
		unchecked := strings.Contains(string(source), "unanchored")
		if checked := !strings.Contains(sources[source].in("en"), "not checked"); checked == unchecked {
			t.Errorf("source %s reads %q", source, sources[source].in("en"))
		}
	}
}

func TestGivePhoto(t *testing.T) {
	path := filepath.Join(t.TempDir(), "photo.jpg")
	var out bytes.Buffer
	none := resident()
	none.Photo = nil
	if err := giveIdentity(&out, none, identityFlags{photo: path, lang: "en"}); !errors.Is(err, errNoPhoto) || out.Len() > 0 {
		t.Errorf("without a photo: %v, and %d bytes printed", err, out.Len())
	}
	if err := giveIdentity(&out, resident(), identityFlags{photo: path, json: true}); err != nil {
		t.Fatal(err)
	}
	var id registry.Identity
	if err := json.Unmarshal(out.Bytes(), &id); err != nil || !reflect.DeepEqual(&id, resident()) {
		t.Errorf("JSON says %s (%v)", out.Bytes(), err)
	}
	got, err := os.ReadFile(path)
	if info, statErr := os.Stat(path); err != nil || statErr != nil || !bytes.Equal(got, resident().Photo) || info.Mode().Perm() != 0o600 {
		t.Errorf("the photo has %d bytes: %v, %v", len(got), err, statErr)
	}
	out.Reset()
	if err := giveIdentity(&out, resident(), identityFlags{photo: path}); !errors.Is(err, fs.ErrExist) || out.Len() > 0 {
		t.Errorf("over another file: %v, and %d bytes printed", err, out.Len())
	}
}

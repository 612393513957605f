package registry

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"guichet.example/certs/certstest"
)

// Every tag that a card may have, signed, read, and the same again from JSON.
func TestIdentityEveryTag(t *testing.T) {
	hash := strings.Repeat("\x01\x00", 24)
	card := issued(t, func(p *certstest.Person) {
		p.Foreigner, p.Files.Language = true, "de"
		p.Files.Tags = map[byte]string{
			0x05: "Eupen", 0x07: "Öztürk", 0x08: " Ayşe ", 0x09: "", 0x0A: "Türkei", 0x0B: "İzmir", 0x0C: "00.00.1960", 0x0E: "Freifrau",
			0x0F: "35", 0x10: "5", 0x12: "02", 0x13: "4", 0x14: "", 0x15: "20.12.2019-SY", 0x16: "8", 0x17: "0400000000", 0x18: "0500000000",
			0x19: "BXL-2026/17", 0x1A: hash, 0x1B: "B", 0x1C: "C", 0x1D: "D", 0x1E: "K", 0x1F: "01.02.2021",
		}
	})
	id, err := IdentityOf(filesOf(card), certificatesOf(card), theWorld(t).pki.Anchors(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	want := Identity{
		Source: FromFiles, Surname: "Öztürk", GivenNames: "Ayşe", NationalNumber: nora, Birth: Date{1960, 0, 0}, BirthText: "00.00.1960",
		BirthPlace: "İzmir", Sex: "F", Nationality: "Türkei", Nobility: "Freifrau", CardNumber: card.CardNumber, ChipNumber: id.ChipNumber,
		ValidFrom: id.ValidFrom, ValidTo: id.ValidTo, Municipality: "Eupen", DocumentType: 35, Duplicate: "02", SpecialStatus: "5",
		Organization: "4", FamilyMember: true, Protection: Protection{Date{2019, 12, 20}, "SY", "20.12.2019-SY"}, Work: "8",
		Employers: []string{"0400000000", "0500000000"}, RegionalFile: "BXL-2026/17", Mentions: []Mention{"B", "C", "D", "K"},
		ResidentSince: Date{2021, 2, 1}, CardKeyHash: []byte(hash), FileVersion: []byte{0},
		Address: Address{"Rue de la Loi 16", "1000", "Bruxelles"}, Photo: card.Photo,
	}
	if !reflect.DeepEqual(*id, want) {
		t.Errorf("Identity = %s,\nwant %s", inFull(id), inFull(&want))
	}
	from, known := id.ValidFrom.Time()
	if to, alsoKnown := id.ValidTo.Time(); !known || !alsoKnown || !from.Before(to) {
		t.Errorf("valid from %v to %v", id.ValidFrom, id.ValidTo)
	}
	var again Identity
	if err := json.Unmarshal([]byte(inFull(id)), &again); err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("from JSON: %s (%v)", inFull(&again), err)
	}
}

// What does not read as it should is left out, and the rest stays.
func TestParseIdentityNonsense(t *testing.T) {
	id, hash, err := parseIdentity(appendTLV(nil, []field{
		{tagValidFrom, []byte("30.02.2020")}, {tagSurname, []byte("A\x1b[31mB\u202e\xff\x00C\n")}, {tagBirth, []byte("soon")}, {tagSex, []byte("X")},
		{tagDocumentType, []byte("-7")}, {tagProtection, []byte("99999999XX")}, {tagEmployer1, nil}, {tagCardA1, nil}, {0x7E, []byte("new")},
	}, 3))
	want := Identity{Surname: "A [31mB \uFFFD C", BirthText: "soon", Protection: Protection{Text: "99999999XX"}}
	if err != nil || hash != nil || !reflect.DeepEqual(*id, want) {
		t.Errorf("parseIdentity = %s, %x, %v, want %s", inFull(id), hash, err, inFull(&want))
	}
	for text, kind := range map[string]DocumentType{"1": 1, "01": 1, "06": 6, "61": 61, "": 0, "A": 0, "70000": 0, "99": 99} {
		if id, _, err := parseIdentity(appendTLV(nil, []field{{tagDocumentType, []byte(text)}}, 0)); err != nil || id.DocumentType != kind {
			t.Errorf("document type %q is read as %d, want %d", text, id.DocumentType, kind)
		}
	}
}

func TestParseProtection(t *testing.T) {
	for text, want := range map[string]Protection{
		"13.08.2014-IT": {Date{2014, 8, 13}, "IT", ""}, "13.08.2014 IT": {Date{2014, 8, 13}, "IT", ""}, "31.02.2014-IT": {}, "13.08.2014": {}, "13.08.14-IT": {},
		"20191220SY": {Date{2019, 12, 20}, "SY", ""}, "20122019sy": {Date{2019, 12, 20}, "SY", ""}, "01011999AF": {Date{1999, 1, 1}, "AF", ""},
		"20202020AF": {}, "12110102AF": {}, "AF": {}, "2019122SY": {}, "20191220": {}, "00000000AF": {}, "2012201 SY": {}, "": {},
	} {
		want.Text = text
		if got := parseProtection(text); got != want {
			t.Errorf("parseProtection(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestIdentityCodes(t *testing.T) {
	names := map[string]DocumentType{}
	for d := range DocumentType(100) {
		name := d.String()
		if strings.HasPrefix(name, "document type ") {
			continue
		}
		if other, taken := names[name]; taken {
			t.Errorf("types %d and %d share the name %q", other, d, name)
		}
		names[name] = d
		if adult, child := d.Adult(); child != (d > 60) || !child && adult != d || child && adult > 36 {
			t.Errorf("type %d is that of the adult %d (%v)", d, adult, child)
		}
	}
	if len(names) != 34 {
		t.Errorf("%d document types have a name, want 34", len(names))
	}
	for status, want := range map[SpecialStatus][3]bool{
		"0": {}, "": {}, "9": {}, "1": {true, false, false}, "2": {false, false, true}, "3": {true, false, true}, "4": {false, true, false}, "5": {false, true, true},
	} {
		if got := [3]bool{status.WhiteCane(), status.YellowCane(), status.ExtendedMinority()}; got != want {
			t.Errorf("status %q = %v, want %v", status, got, want)
		}
	}
}

// Whatever a registry may have signed, what goes to pages and JSON is text, and a date
// is one.
func FuzzParseIdentity(f *testing.F) {
	f.Add(appendTLV(nil, []field{{6, []byte(nora)}, {7, []byte("Specimen")}, {0x0C, []byte("03 MAI 2001")}, {0x11, make([]byte, 48)}}, 0))
	f.Add(appendTLV(nil, []field{{0x0F, []byte("35")}, {0x14, nil}, {0x15, []byte("20122019SY")}, {0x1B, []byte("B")}, {0x1F, []byte("01.02.2021")}}, 4))
	f.Add([]byte{7, 2, 0xFF, 0xFE})
	f.Fuzz(func(t *testing.T, file []byte) {
		id, hash, err := parseIdentity(file)
		if err != nil {
			if id != nil || hash != nil {
				t.Error("something comes with the error")
			}
			return
		}
		checkTexts(t, reflect.ValueOf(*id))
		b, err := json.Marshal(id)
		if err != nil {
			t.Fatal(err)
		}
		var again Identity
		if err := json.Unmarshal(b, &again); err != nil {
			t.Errorf("its own JSON %s: %v", b, err)
		} else if second, _ := json.Marshal(again); !bytes.Equal(b, second) {
			t.Errorf("JSON %s is read and written as %s", b, second)
		}
	})
}

// checkTexts looks at each string and Date below v.
func checkTexts(t *testing.T, v reflect.Value) {
	if d, ok := v.Interface().(Date); ok {
		if !d.possible() {
			t.Errorf("date %#v", d)
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		hidden := strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
		if !utf8.ValidString(s) || s != strings.TrimSpace(s) || hidden {
			t.Errorf("text %q", s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			checkTexts(t, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			checkTexts(t, v.Index(i))
		}
	}
}

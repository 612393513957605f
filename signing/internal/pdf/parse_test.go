package pdf

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func parse(text string) (Object, error) {
	r := &reader{src: []byte(text), work: &work{}}
	o, err := r.object()
	if err != nil {
		return nil, err
	}
	if r.skip(); r.pos != len(r.src) {
		return nil, errors.New("text after the value")
	}
	return o, nil
}

func TestObject(t *testing.T) {
	for text, want := range map[string]Object{
		"null":               nil,
		"true":               true,
		"false":              false,
		"0":                  Integer(0),
		"-17":                Integer(-17),
		"+17":                Integer(17),
		"1.50":               Real("1.50"),
		"-.5":                Real("-.5"),
		"4.":                 Real("4."),
		"/Name":              Name("Name"),
		"/":                  Name(""),
		"/A#42#20C":          Name("AB C"),
		"(text)":             String("text"),
		"(a(b)c)":            String("a(b)c"),
		`(a\)\(\\)`:          String(`a)(\`),
		`(\n\r\t\b\f\q)`:     String("\n\r\t\b\fq"),
		`(\101\12\7x)`:       String("A\n\x07x"),
		"(a\\\nb\\\r\nc)":    String("abc"),
		"(a\r\nb\rc)":        String("a\nb\nc"),
		"<48 65 6C6c6F>":     String("Hello"),
		"<4>":                String("@"),
		"<>":                 String(""),
		"12 0 R":             Ref{12, 0},
		"[12 0 R 3 4]":       Array{Ref{12, 0}, Integer(3), Integer(4)},
		"[1 0 Rx]":           nil,
		"[]":                 Array{},
		"[1[2][]]":           Array{Integer(1), Array{Integer(2)}, Array{}},
		"% note\n7":          Integer(7),
		"[1 % one\r2]":       Array{Integer(1), Integer(2)},
		"0 0 R":              nil,
		"999999999 0 R":      nil,
		"[null]":             Array{nil},
		"/Length#0":          nil,
		"(\x00\xff)":         String("\x00\xff"),
		"123456789012345678": Integer(123456789012345678),
		strings.Repeat("[", 48) + strings.Repeat("]", 48): nestedArray(48),
	} {
		got, err := parse(text)
		if want == nil && text != "null" {
			if err == nil {
				t.Errorf("parse(%q) = %v, want an error", text, got)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("parse(%q) = %#v, %v, want %#v", text, got, err, want)
		}
	}
}

func nestedArray(depth int) Object {
	o := Array{}
	for range depth - 1 {
		o = Array{o}
	}
	return o
}

func TestDictKeepsOrderAndPlaces(t *testing.T) {
	text := "<< /B 1 /A (x) /C << /D 2 0 R >> >>"
	o, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	d := o.(Dict)
	if d[0].Key != "B" || d[1].Key != "A" || text[d[1].start:d[1].end] != "(x)" {
		t.Errorf("dictionary = %v", d)
	}
	if d.Get("A").(String)[0] != 'x' || d.Get("Z") != nil {
		t.Errorf("Get: %v, %v", d.Get("A"), d.Get("Z"))
	}
	changed := d.With("A", Integer(5)).With("E", true)
	if got := string(Append(nil, changed)); got != "<< /B 1 /A 5 /C << /D 2 0 R >> /E true >>" {
		t.Errorf("With = %s", got)
	}
	if got := string(Append(nil, d)); got != text {
		t.Errorf("With changed its receiver: %s", got)
	}
}

func TestEqual(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"1", "1", true},
		{"1", "2", false},
		{"1", "1.0", false},
		{"(A)", "<41>", true},
		{"(A)", "/A", false},
		{"[1 2]", "[1 2]", true},
		{"[1 2]", "[2 1]", false},
		{"[1 2]", "[1]", false},
		{"<< /A 1 /B 2 >>", "<< /B 2 /A 1 >>", true},
		{"<< /A 1 /B null >>", "<< /A 1 >>", false},
		{"<< /A 1 >>", "<< /A 1 /B 2 >>", false},
		{"<< /A 1 0 R >>", "<< /A 2 0 R >>", false},
		{"null", "<< >>", false},
		{"[]", "<< >>", false},
	} {
		a, err1 := parse(tt.a)
		b, err2 := parse(tt.b)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if equal(a, b) != tt.want || equal(b, a) != tt.want {
			t.Errorf("equal(%s, %s) = %v, want %v", tt.a, tt.b, !tt.want, tt.want)
		}
	}
	if equal(&Stream{Data: []byte("a")}, &Stream{Data: []byte("b")}) || !equal(&Stream{Data: []byte("a")}, &Stream{Data: []byte("a")}) {
		t.Error("streams are compared by something else than their bytes")
	}
}

func TestText(t *testing.T) {
	for _, s := range []string{"", "plain", "Mutualité", "Ελλάδα", "𝄞 clef", "a\nb"} {
		if got := DecodeText(Text(s)); got != s {
			t.Errorf("DecodeText(Text(%q)) = %q", s, got)
		}
	}
	if got := DecodeText(String("\xef\xbb\xbfé")); got != "é" {
		t.Errorf("DecodeText of UTF-8 = %q", got)
	}
}

func TestParseDate(t *testing.T) {
	want := time.Date(2026, 11, 22, 13, 8, 9, 0, time.UTC)
	for text, ok := range map[string]bool{
		"D:20261122130809Z": true, "D:20261122140809+01'00'": true, "D:20261122140809+01'00": true, "D:20261122120809-01'00'": true,
		"D:20261122140809+01": true, "20261122130809Z": false, "D:20261122130809": false, "D:2026": false, "D:20261322130809Z": false,
		"D:20261122130809Z0": false, "": false, "D:": false, "D:2026112213080999999999999999999Z": false,
	} {
		got, valid := ParseDate(String(text))
		if valid != ok || ok && !got.Equal(want) {
			t.Errorf("ParseDate(%q) = %v, %v", text, got, valid)
		}
	}
	if got, ok := ParseDate(Date(want)); !ok || !got.Equal(want) {
		t.Errorf("ParseDate(Date) = %v", got)
	}
	if _, ok := ParseDate(nil); ok {
		t.Error("ParseDate(nil) is a date")
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 12: "12", -3: "-3", 1.5: "1.5", 0.1: "0.1", 1.0 / 3: "0.333", 595.276: "595.276"} {
		if got := string(Append(nil, Number(v))); got != want {
			t.Errorf("Number(%v) = %s, want %s", v, got, want)
		}
	}
}

func TestUnpredict(t *testing.T) {
	params := Dict{{Key: "Predictor", Value: Integer(15)}, {Key: "Columns", Value: Integer(3)}}
	rows := []byte{
		0, 1, 2, 3, // none
		1, 1, 1, 1, // left
		2, 1, 1, 1, // above
		3, 2, 2, 2, // average
		4, 1, 1, 1, // Paeth
	}
	want := []byte{1, 2, 3, 1, 2, 3, 2, 3, 4, 3, 5, 6, 4, 6, 7}
	got, err := unpredict(rows, params)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("unpredict = %v, %v, want %v", got, err, want)
	}
	for name, tt := range map[string]struct {
		data   []byte
		params Dict
	}{
		"row cut short": {[]byte{0, 1}, params},
		"unknown row":   {[]byte{9, 1, 2, 3}, params},
		"no columns":    {[]byte{0}, params.With("Columns", Integer(0))},
		"negative":      {[]byte{0}, params.With("Columns", Integer(-5))},
		"three colours": {[]byte{0, 1, 2, 3}, params.With("Colors", Integer(3))},
		"TIFF":          {[]byte{0, 1, 2, 3}, params.With("Predictor", Integer(2))},
		"sixteen bits":  {[]byte{0, 1, 2, 3}, params.With("BitsPerComponent", Integer(16))},
	} {
		if _, err := unpredict(append([]byte{}, tt.data...), tt.params); err == nil {
			t.Errorf("%s: unpredict accepted it", name)
		}
	}
}

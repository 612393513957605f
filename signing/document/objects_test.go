package document

import (
	"bytes"
	"strings"
	"testing"
)

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1: "1", -0.001: "0", 10: "10", 100: "100", 1.5: "1.5", 70.87: "70.87", 0.25: "0.25", 3.14159: "3.14", -2.5: "-2.5"} {
		if got := string(number(nil, v)); got != want {
			t.Errorf("number(%g) = %q, want %q", v, got, want)
		}
	}
	if got := string(number([]byte("7 "), -0.001)); got != "7 0" {
		t.Errorf("number after 7 = %q", got)
	}
}

func TestTextString(t *testing.T) {
	for s, want := range map[string]string{
		"":           "()",
		"Guichet":    "(Guichet)",
		`a(b)c\`:     `(a\(b\)c\\)`,
		"é":          "<feff00e9>",
		"a\nb":       "<feff0061000a0062>",
		"\U0001F642": "<feffd83dde42>",
	} {
		if got := textString(s); got != want {
			t.Errorf("textString(%q) = %s, want %s", s, got, want)
		}
	}
}

// Every colour of eight bits a channel comes back from its three decimals.
func TestColoursSurviveRounding(t *testing.T) {
	for v := range 256 {
		var c canvas
		c.fill(rgb{uint8(v), 0, 255})
		text := string(c.ops)
		if !strings.HasSuffix(text, " 0.000 1.000 rg\n") {
			t.Fatalf("fill = %q", text)
		}
		var thousandths int
		for _, d := range strings.Replace(text[:5], ".", "", 1) {
			thousandths = thousandths*10 + int(d-'0')
		}
		if back := (thousandths*255 + 500) / 1000; back != v {
			t.Errorf("channel %d written as %s reads back as %d", v, text[:5], back)
		}
	}
}

func TestParseColour(t *testing.T) {
	for s, want := range map[string]rgb{"": {0x6a, 0x2a, 0x5c}, "#0b5563": {0x0b, 0x55, 0x63}, "#0B5563": {0x0b, 0x55, 0x63}} {
		if got, ok := parseColour(s); !ok || got != want {
			t.Errorf("parseColour(%q) = %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"#fff", "0b5563", "#0b556", "#0b55634", "#0b556g", "#+1-2 3", "# 1 2 3"} {
		if got, ok := parseColour(s); ok {
			t.Errorf("parseColour(%q) = %v, want a refusal", s, got)
		}
	}
}

func TestEmbeddedObjectsAreNumberedFromFirst(t *testing.T) {
	f := newFaces()
	f.regular.CID('é')
	o := &objects{first: 41}
	if n := embed(o, f.regular); n != 41 || len(o.bodies) != 5 {
		t.Fatalf("embed = %d with %d objects", n, len(o.bodies))
	}
	for i, want := range []string{"/ToUnicode 45 0 R", "/FontDescriptor 43 0 R", "/FontFile2 44 0 R", "/Length1 ", "/FlateDecode"} {
		if !bytes.Contains(o.bodies[i], []byte(want)) {
			t.Errorf("object %d has no %q", 41+i, want)
		}
	}
}

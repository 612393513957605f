package documenttest

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

type failure = func(format string, args ...any)

func header(f *file, fail failure) {
	lines := bytes.SplitN(f.raw, []byte("\n"), 3)
	if len(lines) < 3 || !bytes.HasPrefix(lines[0], []byte("%PDF-1.")) || len(lines[0]) != 8 {
		fail("first line is not %%PDF-1.n")
		return
	}
	if c := lines[1]; len(c) < 5 || c[0] != '%' || slices.ContainsFunc(c[1:5], func(b byte) bool { return b < 128 }) {
		fail("second line is not a comment of four bytes over 127")
	}
}

func trailer(f *file, fail failure) {
	if len(f.array(f.trailer["/ID"])) != 2 {
		fail("no ID")
	}
	if f.trailer["/Encrypt"] != nil {
		fail("encrypted")
	}
	if !bytes.HasSuffix(bytes.TrimRight(f.raw, "\r\n"), []byte("%%EOF")) {
		fail("data after the last %%%%EOF")
	}
}

func streams(f *file, fail failure) {
	for ref, o := range f.objects {
		d := f.dict(o.value)
		if o.data == nil {
			continue
		}
		for _, k := range []string{"/F", "/FFilter", "/FDecodeParms"} {
			if d[k] != nil {
				fail("%s has %s", ref, k)
			}
		}
		filters := f.array(d["/Filter"])
		if filters == nil && d["/Filter"] != nil {
			filters = []any{d["/Filter"]}
		}
		for _, name := range filters {
			if name == "/LZWDecode" || name == "/Crypt" {
				fail("%s has filter %s", ref, name)
			}
		}
	}
}

func outputIntent(f *file, fail failure) {
	intents := f.array(f.root["/OutputIntents"])
	if len(intents) != 1 {
		fail("%d output intents", len(intents))
		return
	}
	intent := f.dict(intents[0])
	if intent["/S"] != "/GTS_PDFA1" || intent["/OutputConditionIdentifier"] == nil {
		fail("not a GTS_PDFA1 intent with an identifier")
	}
	profile := f.data(intent["/DestOutputProfile"])
	switch {
	case len(profile) < 132 || int(binary.BigEndian.Uint32(profile)) != len(profile) || string(profile[36:40]) != "acsp":
		fail("profile is not an ICC profile")
	case profile[8] > 4 || string(profile[12:16]) != "mntr" || string(profile[16:20]) != "RGB ":
		fail("profile is not a display profile for RGB of version 4 or less")
	case f.dict(intent["/DestOutputProfile"])["/N"] != 3.0:
		fail("profile has not N 3")
	}
}

func xObjects(f *file, fail failure) {
	f.each(func(ref string, d dict) {
		switch d["/Subtype"] {
		case "/PS":
			fail("%s is PostScript", ref)
		case "/Form", "/Image":
			for _, k := range []string{"/OPI", "/Ref", "/PS", "/Alternates", "/SMask"} {
				if d[k] != nil {
					fail("%s has %s", ref, k)
				}
			}
		}
		if d["/Type"] == "/ExtGState" || d["/Group"] != nil {
			fail("%s may use transparency, which our documents do not", ref)
		}
	})
}

// annotations: 6.3.1 to 6.3.3. Widgets of signatures are the only ones we make.
func annotations(f *file, fail failure) {
	for _, page := range f.pages() {
		for _, ref := range f.array(f.dict(page)["/Annots"]) {
			a := f.dict(ref)
			if a["/Subtype"] != "/Widget" {
				fail("%v is a %v", ref, a["/Subtype"])
			}
			const invisible, hidden, printed, noView, toggle = 1, 2, 4, 32, 256
			flags, _ := a["/F"].(float64)
			if n := int(flags); n&printed == 0 || n&(invisible|hidden|noView|toggle) != 0 {
				fail("%v has flags %d", ref, n)
			}
			rect := f.array(a["/Rect"])
			empty := len(rect) == 4 && rect[0] == rect[2] && rect[1] == rect[3]
			appearance := f.dict(a["/AP"])
			if !empty && (len(appearance) != 1 || f.data(appearance["/N"]) == nil) {
				fail("%v has no appearance stream", ref)
			}
		}
	}
}

func forms(f *file, fail failure) {
	form := f.dict(f.root["/AcroForm"])
	if form["/NeedAppearances"] == true || form["/XFA"] != nil {
		fail("NeedAppearances or XFA")
	}
}

func actions(f *file, fail failure) {
	if f.root["/OpenAction"] != nil {
		fail("catalog has OpenAction")
	}
	f.each(func(ref string, d dict) {
		if d["/AA"] != nil || d["/JS"] != nil || d["/Type"] == "/Action" || d["/S"] == "/JavaScript" || d["/S"] == "/Launch" {
			fail("%s holds an action", ref)
		}
		if d["/Subtype"] == "/Widget" && d["/A"] != nil {
			fail("%s is a widget with an action", ref)
		}
	})
}

func embeddedFiles(f *file, fail failure) {
	var listed []any
	names := f.array(f.dict(f.dict(f.root["/Names"])["/EmbeddedFiles"])["/Names"])
	for i := 1; i < len(names); i += 2 {
		listed = append(listed, names[i])
	}
	associated := f.array(f.root["/AF"])
	for _, ref := range listed {
		if !slices.Contains(associated, ref) {
			fail("%v is not an associated file of the document", ref)
		}
	}
	f.each(func(ref string, d dict) {
		ef := f.dict(d["/EF"])
		if ef == nil {
			return
		}
		if d["/F"] == nil || d["/UF"] == nil || d["/Type"] != "/Filespec" {
			fail("%s lacks F, UF or Type", ref)
		}
		if !slices.Contains([]any{"/Source", "/Data", "/Alternative", "/Supplement", "/Unspecified"}, d["/AFRelationship"]) {
			fail("%s has AFRelationship %v", ref, d["/AFRelationship"])
		}
		stream := f.dict(ef["/F"])
		mime, _ := stream["/Subtype"].(string)
		if !strings.Contains(strings.TrimPrefix(mime, "/"), "/") {
			fail("%s has MIME type %q", ref, mime)
		}
		if f.dict(stream["/Params"])["/ModDate"] == nil {
			fail("%s has no ModDate", ref)
		}
	})
}

// nothingElse: 6.9 to 6.11.
func nothingElse(f *file, fail failure) {
	for _, k := range []string{"/OCProperties", "/Requirements", "/Collection"} {
		if f.root[k] != nil {
			fail("catalog has %s", k)
		}
	}
	if f.dict(f.root["/Names"])["/AlternatePresentations"] != nil {
		fail("alternate presentations")
	}
	for _, p := range f.pages() {
		if f.dict(p)["/PresSteps"] != nil {
			fail("page %s has presentation steps", p)
		}
	}
}

package documenttest

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode/utf8"
)

// crossReference: the keyword and the first subsection stand on lines of their own.
var crossReferenceHead = regexp.MustCompile(`(^|[\r\n])xref(\r\n|\r|\n)\d+ \d+ ?(\r\n|\r|\n)`)

func crossReference(f *file, fail failure) {
	at := regexp.MustCompile(`startxref\s+(\d+)`).FindAllSubmatchIndex(f.raw, -1)
	if len(at) == 0 {
		fail("no startxref")
	}
	for _, m := range at {
		n := 0
		for _, digit := range f.raw[m[2]:m[3]] {
			n = min(n*10+int(digit-'0'), len(f.raw))
		}
		section := f.raw[n:]
		if bytes.HasPrefix(section, []byte("xref")) && !crossReferenceHead.Match(section[:min(len(section), 64)]) {
			fail("section at %d has no line for itself", n)
		}
	}
}

// hexStrings: an even number of digits, nothing else, in what is not a stream.
func hexStrings(f *file, fail failure) {
	for _, part := range outsideStreams(f.raw) {
		for _, m := range regexp.MustCompile(`[^<]<([^<>]*)>`).FindAllSubmatch(part, -1) {
			digits := strings.Join(strings.Fields(string(m[1])), "")
			if _, err := hex.DecodeString(digits); err != nil {
				fail("string of %d digits: %v", len(digits), err)
			}
		}
	}
}

var streamBody = regexp.MustCompile(`(?s)stream\r?\n.*?endstream`)

// outsideStreams is the file less its streams and its text strings.
func outsideStreams(raw []byte) [][]byte {
	var parts [][]byte
	at := 0
	for _, m := range streamBody.FindAllIndex(raw, -1) {
		parts = append(parts, textStrings.ReplaceAll(raw[at:m[0]], []byte("()")))
		at = m[1]
	}
	return append(parts, textStrings.ReplaceAll(raw[at:], []byte("()")))
}

var textStrings = regexp.MustCompile(`\((?:[^()\\]|\\.)*\)`)

// names are UTF-8 and at most 127 bytes (also 6.1.13).
func names(f *file, fail failure) {
	f.each(func(ref string, d dict) {
		for k := range d {
			if len(k) > 128 || !utf8.ValidString(k) {
				fail("%s has a key of %d bytes", ref, len(k))
			}
		}
	})
}

func inlineImages(_ *file, c content, fail failure) {
	if c.operators["BI"]+c.operators["ID"] > 0 {
		fail("has an inline image, which our documents do not")
	}
}

// permissions: Perms holds nothing but DocMDP and UR3, and its signature references no
// digest of their own.
func permissions(f *file, fail failure) {
	for k := range f.dict(f.root["/Perms"]) {
		if k != "/DocMDP" && k != "/UR3" {
			fail("Perms has %s", k)
		}
	}
	for _, r := range f.array(f.dict(f.dict(f.root["/Perms"])["/DocMDP"])["/Reference"]) {
		for _, k := range []string{"/DigestLocation", "/DigestMethod", "/DigestValue"} {
			if f.dict(r)[k] != nil {
				fail("reference of DocMDP has %s", k)
			}
		}
	}
}

// limits of readers (ISO 32000-1, annex C).
func limits(f *file, fail failure) {
	if len(f.objects) > 8388607 {
		fail("%d objects", len(f.objects))
	}
	f.each(func(ref string, d dict) {
		for k, v := range d {
			if s, ok := v.(string); ok && k != "/Contents" && len(f.text(s)) > 32767 {
				fail("%s has a string of %d bytes in %s", ref, len(s), k)
			}
			if n, ok := v.(float64); ok && (n > 2147483647 || n < -2147483648) {
				fail("%s has number %g in %s", ref, n, k)
			}
		}
	})
	for _, p := range f.pages() {
		box := f.array(f.dict(p)["/MediaBox"])
		if len(box) != 4 {
			fail("page %s has no box", p)
			continue
		}
		for i := range 2 {
			from, _ := box[i].(float64)
			to, _ := box[i+2].(float64)
			if size := to - from; size < 3 || size > 14400 {
				fail("page %s is %g units", p, size)
			}
		}
	}
}

// operators: those of ISO 32000-1, annex A, that our content streams use, and no other;
// every stream has resources of its own.
func operators(_ *file, c content, fail failure) {
	const known = " BT ET BMC BDC EMC Tf Td TJ Tj rg RG g G w J j d m l c re h f S q Q cm Do gs "
	for o := range c.operators {
		if !strings.Contains(known, " "+o+" ") {
			fail("uses operator %s", o)
		}
	}
	if c.operators["q"] != c.operators["Q"] || c.operators["BT"] != c.operators["ET"] {
		fail("leaves a state or a text open")
	}
	if c.operators["Tf"] > 0 && c.resources == nil {
		fail("inherits its resources")
	}
}

// signatures: each covers its revision from the first byte, all but its own contents.
func signatures(f *file, fail failure) {
	f.each(func(ref string, d dict) {
		if d["/ByteRange"] == nil {
			return
		}
		r := f.array(d["/ByteRange"])
		var n [4]int
		for i := range min(len(r), 4) {
			v, _ := r[i].(float64)
			n[i] = int(v)
		}
		if len(r) != 4 || n[0] != 0 || n[1] <= 0 || n[2] <= n[1] || n[2]+n[3] > len(f.raw) || n[3] <= 0 {
			fail("%s has byte range %v", ref, r)
			return
		}
		if f.raw[n[1]] != '<' || f.raw[n[2]-1] != '>' || !bytes.HasSuffix(bytes.TrimRight(f.raw[:n[2]+n[3]], "\r\n"), []byte("%%EOF")) {
			fail("%s does not cover a revision", ref)
		}
	})
}

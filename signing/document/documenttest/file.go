// Package documenttest judges PDF files in tests: does a drawn or signed document
// still keep the rules of PDF/A-3a and PDF/UA-1?
//
// No validator of them is in Debian, so the rules are our own, each with the clause of
// ISO 19005-3 or ISO 14289-1 it stands for (rules of UA 7.21, fonts, are those of 6.2.11;
// 7.10, 7.11, 7.15 and 7.16 those of 6.9, 6.8, 6.4 and 6.1.3). They read the file through qpdf, a parser that is not
// ours, and cover what our documents use: they are a net against regressions and not
// a certificate of conformance.
package documenttest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// dict is a PDF dictionary as qpdf prints it: names keep their slash.
type dict = map[string]any

// object is an indirect object; data is the decoded content of a stream.
type object struct {
	value any
	data  []byte
}

// file is a parsed PDF.
type file struct {
	raw     []byte
	objects map[string]*object // by reference, "5 0 R"
	trailer dict
	root    dict
}

// load parses a PDF with qpdf, which must be installed. A file that qpdf has to repair
// is an error.
func load(pdf []byte) (*file, error) {
	model, err := read(pdf)
	if err != nil {
		return nil, err
	}
	return parse(pdf, model)
}

// read is what qpdf finds in a PDF, as JSON.
func read(pdf []byte) ([]byte, error) {
	dir, err := os.MkdirTemp("", "documenttest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "document.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		return nil, err
	}
	if _, err := qpdf(name, "--check"); err != nil {
		return nil, err
	}
	return qpdf(name, "--json=2", "--json-key=qpdf", "--json-stream-data=inline", "--decode-level=generalized")
}

// parse reads the objects from qpdf's JSON, version 2.
func parse(pdf, model []byte) (*file, error) {
	var parts struct {
		QPDF []json.RawMessage `json:"qpdf"`
	}
	if err := json.Unmarshal(model, &parts); err != nil {
		return nil, fmt.Errorf("reading qpdf's JSON: %w", err)
	}
	if len(parts.QPDF) != 2 {
		return nil, fmt.Errorf("qpdf's JSON has %d parts, want 2", len(parts.QPDF))
	}
	var entries map[string]struct {
		Value  any `json:"value"`
		Stream *struct {
			Data string `json:"data"`
			Dict dict   `json:"dict"`
		} `json:"stream"`
	}
	if err := json.Unmarshal(parts.QPDF[1], &entries); err != nil {
		return nil, fmt.Errorf("reading qpdf's objects: %w", err)
	}
	f := &file{raw: pdf, objects: make(map[string]*object)}
	for key, e := range entries {
		o := &object{value: e.Value}
		if e.Stream != nil {
			o.value = e.Stream.Dict
			data, err := base64.StdEncoding.DecodeString(e.Stream.Data)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", key, err)
			}
			o.data = data
		}
		f.objects[strings.TrimPrefix(key, "obj:")] = o
	}
	f.trailer = f.dict(f.objects["trailer"].value)
	f.root = f.dict(f.trailer["/Root"])
	return f, nil
}

// qpdf runs it on a file and returns what it prints; a warning is an error.
func qpdf(name string, args ...string) ([]byte, error) {
	c := exec.Command("qpdf", append(args, name)...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("qpdf %s: %w: %s", args[0], err, errs.String())
	}
	return out, nil
}

// resolve follows a reference; what is missing is nil.
func (f *file) resolve(v any) any {
	if s, ok := v.(string); ok {
		if o := f.objects[s]; o != nil {
			return o.value
		}
		if strings.HasSuffix(s, " R") {
			return nil
		}
	}
	return v
}

// dict returns v, or what it refers to, as a dictionary; empty if it is none.
func (f *file) dict(v any) dict {
	d, _ := f.resolve(v).(dict)
	return d
}

func (f *file) array(v any) []any {
	a, _ := f.resolve(v).([]any)
	return a
}

// data returns the decoded stream a reference leads to.
func (f *file) data(v any) []byte {
	if s, ok := v.(string); ok && f.objects[s] != nil {
		return f.objects[s].data
	}
	return nil
}

// text decodes a string object: qpdf prints "u:" and UTF-8, or "b:" and hexadecimal.
func (f *file) text(v any) string {
	s, _ := f.resolve(v).(string)
	if t, ok := strings.CutPrefix(s, "u:"); ok {
		return t
	}
	b, _ := hex.DecodeString(strings.TrimPrefix(s, "b:"))
	if len(b) >= 2 && b[0] == 0xFE && b[1] == 0xFF {
		var units []uint16
		for i := 2; i+1 < len(b); i += 2 {
			units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
		}
		return string(utf16.Decode(units))
	}
	return string(b)
}

// pages lists the page references in order.
func (f *file) pages() (refs []string) {
	var walk func(v any, depth int)
	walk = func(v any, depth int) {
		d := f.dict(v)
		if d["/Type"] == "/Page" {
			refs = append(refs, v.(string))
			return
		}
		for _, kid := range f.array(d["/Kids"]) {
			if depth < 20 {
				walk(kid, depth+1)
			}
		}
	}
	walk(f.root["/Pages"], 0)
	return refs
}

// each calls visit for every dictionary in the file, nested ones included, with the
// indirect object it lies in.
func (f *file) each(visit func(ref string, d dict)) {
	var walk func(ref string, v any)
	walk = func(ref string, v any) {
		switch v := v.(type) {
		case dict:
			visit(ref, v)
			for _, inner := range v {
				walk(ref, inner)
			}
		case []any:
			for _, inner := range v {
				walk(ref, inner)
			}
		}
	}
	for ref, o := range f.objects {
		walk(ref, o.value)
	}
}

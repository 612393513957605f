package signing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// attack is a file that must not pass, and what the report must say about it.
type attack struct {
	name string
	file func(*lab) []byte
	want []string // each must occur in the report as JSON
}

// lab is where attacks are made: a letter signed at B-LT and what is in it.
type lab struct {
	tb   testing.TB
	w    *world
	base []byte // B-LT
	f    *pdf.File
	// numbers of objects of the letter
	catalog, page, contents, font, widget, form pdf.Ref
	picky                                       bool // panics with absent where the base lacks something

	input []byte               // what forgeries are made of; nil: the letter, with a mark
	by    *certstest.Algorithm // whose key makes them; nil: as each attack says
	level Level                // to which plants are raised before their update; 0: B-B
}

// unsigned is what a forgery starts from.
func (l *lab) unsigned() []byte {
	if l.input != nil {
		return l.input
	}
	return letter(l.tb).PDF
}

// algorithm is the key that makes a forgery.
func (l *lab) algorithm(a certstest.Algorithm) certstest.Algorithm {
	if l.by != nil {
		return *l.by
	}
	return a
}

func newLab(tb testing.TB) *lab {
	tb.Helper()
	w := theWorld(tb)
	return labOf(tb, w, w.raised(tb, certstest.RSA2048, LevelLT))
}

func labOf(tb testing.TB, w *world, base []byte) *lab {
	tb.Helper()
	l := &lab{tb: tb, w: w, base: base}
	var err error
	if l.f, err = pdf.Open(l.base); err != nil {
		tb.Fatal(err)
	}
	state := l.f.Last()
	pages, err := state.Pages()
	if err != nil {
		tb.Fatal(err)
	}
	l.catalog, l.page = state.Root(), pages[0].Ref
	l.contents, _ = pages[0].Dict.Get("Contents").(pdf.Ref)
	catalog := l.dict(l.catalog)
	l.form, _ = catalog.Get("AcroForm").(pdf.Ref)
	fields, err := state.Array(l.dict(catalog.Get("AcroForm")).Get("Fields"), "Fields")
	if err != nil || len(fields) == 0 {
		tb.Fatalf("fields %v, %v", fields, err)
	}
	l.widget, _ = fields[0].(pdf.Ref)
	resources, err := state.Dict(pages[0].Dict.Get("Resources"), "Resources")
	if err != nil {
		tb.Fatal(err)
	}
	if fonts, err := state.Dict(resources.Get("Font"), "Font"); err == nil && len(fonts) > 0 {
		l.font, _ = fonts[0].Value.(pdf.Ref)
	}
	return l
}

// lacks ends an attack for which the base has not what it needs.
func (l *lab) lacks(format string, args ...any) {
	l.tb.Helper()
	if l.picky {
		panic(absent{fmt.Sprintf(format, args...)})
	}
	l.tb.Fatalf(format, args...)
}

func (l *lab) dict(o pdf.Object) pdf.Dict {
	l.tb.Helper()
	d, err := l.f.Last().Dict(o, "object")
	if err != nil || d == nil {
		l.lacks("dictionary %v: %v", o, err)
	}
	return d
}

// update appends a well-formed incremental update to the base.
func (l *lab) update(change func(u *pdf.Update)) []byte {
	u := l.f.Update()
	change(u)
	out, _ := u.Bytes([]byte("attack"))
	return out
}

// set is an update that gives one object a new value.
func (l *lab) set(ref pdf.Ref, o pdf.Object) []byte {
	return l.update(func(u *pdf.Update) { u.Set(ref, o) })
}

// with is an update that gives one entry of a dictionary a new value.
func (l *lab) with(ref pdf.Ref, key pdf.Name, o pdf.Object) []byte {
	return l.set(ref, l.dict(ref).With(key, o))
}

// swap replaces the first occurrence by text of the same length: offsets stay right.
func (l *lab) swap(old, new string) []byte {
	l.tb.Helper()
	if len(old) != len(new) || !bytes.Contains(l.base, []byte(old)) {
		l.lacks("cannot swap %q for %q", old, new)
	}
	return bytes.Replace(l.base, []byte(old), []byte(new), 1)
}

// flip changes one bit.
func (l *lab) flip(at int) []byte {
	out := bytes.Clone(l.base)
	out[at] ^= 1
	return out
}

// hole returns where the hole begins and ends.
func (l *lab) hole() (from, to int) {
	list, err := l.f.Signatures()
	if err != nil {
		l.tb.Fatal(err)
	}
	return list[0].ByteRange[1], list[0].ByteRange[2]
}

// contents replaces what stands in the hole, padded with blanks.
func (l *lab) inHole(text string) []byte {
	from, to := l.hole()
	out := bytes.Clone(l.base)
	n := copy(out[from:to], text)
	for i := from + n; i < to; i++ {
		out[i] = ' '
	}
	return out
}

// byteRange replaces the numbers of ByteRange.
func (l *lab) byteRange(text string) []byte {
	out := bytes.Clone(l.base)
	at := bytes.Index(out, []byte("/ByteRange [")) + len("/ByteRange ")
	end := at + bytes.IndexByte(out[at:], ']') + 1
	n := copy(out[at:end], text)
	for i := at + n; i < end; i++ {
		out[i] = ' '
	}
	return out
}

func TestAttacks(t *testing.T) {
	l := newLab(t)
	if r := l.w.report(t, l.base); !r.Valid() {
		t.Fatalf("the untouched file is not valid: %+v", r)
	}
	corpus := everyAttack()
	names := map[string]bool{}
	for _, a := range corpus {
		if names[a.name] {
			t.Errorf("two attacks are called %q", a.name)
		}
		names[a.name] = true
		t.Run(a.name, func(t *testing.T) { l.run(t, a) })
	}
	t.Logf("%d attacks refused", len(corpus))
}

func (l *lab) run(t *testing.T, a attack) {
	inner := *l
	inner.tb = t
	file := a.file(&inner)
	r, err := Verify(t.Context(), file, l.w.trust())
	if err != nil {
		for _, want := range a.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("Verify = %v, want %q", err, want)
			}
		}
		return
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if r.Valid() {
		t.Errorf("the file passes: %s", text)
	}
	for _, want := range a.want {
		if !strings.Contains(string(text), want) {
			t.Errorf("report does not say %q: %s", want, text)
		}
	}
	if strings.Contains(string(text), nationalNumber) {
		t.Errorf("report holds the national number: %s", text)
	}
}

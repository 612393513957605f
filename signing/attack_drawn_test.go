package signing

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// mutations are how many random updates are tried; a soak tries many more, and has two
// programs draw every one of them.
const mutations, soakMutations = 240, 6000

// A file that draws differently from what was signed does not pass: random updates are
// appended to signed files, and what passes is drawn by programs that we did not write.
func TestWhatPassesIsDrawnAsSigned(t *testing.T) {
	w := theWorld(t)
	soak := os.Getenv("GUICHET_SOAK") != ""
	count := mutations
	if soak {
		count = soakMutations
	}
	var labs []*lab
	var before [][]byte
	for _, file := range [][]byte{
		w.raised(t, certstest.P256, LevelLT),
		w.raise(t, w.adding(t, rewritten(t, "--object-streams=generate"), certstest.P256), LevelLT),
		w.raise(t, w.adding(t, w.sealed(t, letter(t).PDF, SealOptions{Certify: Signing}), certstest.P256), LevelLT),
	} {
		l := labOf(t, w, file)
		labs, before = append(labs, l), append(before, pictures(t, file))
	}
	random := rand.New(rand.NewPCG(20261122, 5))
	passed, differ := 0, 0
	for i := range count {
		l := labs[i%len(labs)]
		m := mutation{l: l, random: random}
		file := m.file()
		valid := l.passes(t, file)
		if valid {
			passed++
		}
		if !valid && !(soak && i%10 == 0) {
			continue
		}
		if now := pictures(t, file); !bytes.Equal(now, before[i%len(labs)]) {
			differ++
			if valid {
				t.Errorf("mutation %d (%v) passes and draws something else: %s", i, m.did, kept(t, file))
			}
		}
	}
	t.Logf("%d updates, %d pass, %d of those drawn differ", count, passed, differ)
	if passed < count/20 {
		t.Errorf("only %d of %d updates pass: nothing is tested", passed, count)
	}
}

// kept leaves a file for somebody to look at.
func kept(t *testing.T, file []byte) string {
	name := filepath.Join(os.TempDir(), "guichet-passes-and-differs.pdf")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Error(err)
	}
	return name
}

// pictures are the pages as Poppler draws them, annotations included, in a soak also as
// MuPDF does.
func pictures(t *testing.T, data []byte) []byte {
	t.Helper()
	name := file(t, "drawn.pdf", data)
	dir := filepath.Dir(name)
	var out []byte
	programs := [][]string{
		{"pdftoppm", "-r", "40", "-gray", name, filepath.Join(dir, "page")},
		{"mutool", "draw", "-q", "-r", "40", "-c", "gray", "-o", filepath.Join(dir, "mupage%d.pgm"), name},
	}
	if os.Getenv("GUICHET_SOAK") == "" {
		programs = programs[:1]
	}
	for _, args := range programs {
		err := exec.CommandContext(t.Context(), args[0], args[1:]...).Run()
		if _, exit := err.(*exec.ExitError); err != nil && !exit {
			t.Fatal(err)
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.pgm"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, filepath.Base(name)...), page...)
	}
	return out
}

// mutation is a random update: a timestamp that holds or nothing new, evidence, and one
// to three other changes.
type mutation struct {
	l      *lab
	random *rand.Rand
	u      *pdf.Update
	did    []string
}

func (m *mutation) file() []byte {
	if m.random.IntN(2) == 0 {
		return m.l.marked(func(u *pdf.Update, d pdf.Dict) pdf.Dict {
			m.u = u
			if m.random.IntN(3) > 0 {
				d = m.widget(d)
			}
			m.some(0)
			return d
		})
	}
	return m.l.update(func(u *pdf.Update) {
		m.u = u
		m.some(1)
	})
}

// some makes a few changes, mostly one.
func (m *mutation) some(least int) {
	for range least + m.random.IntN(2)*m.random.IntN(3) {
		m.one()
	}
}

// widget alters what stands for a timestamp on the page.
func (m *mutation) widget(d pdf.Dict) pdf.Dict {
	m.did = append(m.did, "widget")
	pick := func(list ...pdf.Object) pdf.Object { return list[m.random.IntN(len(list))] }
	number := func() pdf.Object {
		n := pdf.Integer(m.random.IntN(3) * m.random.IntN(600))
		return pick(n, n, pdf.Real("0.001"), m.u.Add(n))
	}
	x, y := number(), number()
	blank := stream("", entry("Subtype", pdf.Name("Form")), entry("BBox", rectangle(0, 0, 0, 0)))
	comment := stream("% nothing\n", entry("Subtype", pdf.Name("Form")), entry("BBox", rectangle(0, 0, 9, 9)))
	for range 1 + m.random.IntN(2) {
		switch m.random.IntN(8) {
		case 0, 1:
			d = d.With("Rect", pick(pdf.Array{x, y, x, y}, pdf.Array{x, y, number(), y}, pdf.Array{number(), number(), number(), number()}, nil))
		case 2, 3:
			d = inked(m.u, d)
		case 4:
			d = d.With("AP", pdf.Dict{entry("N", m.u.Add(pick(blank, comment)))})
		case 5:
			d = d.With(pick(pdf.Name("MK"), pdf.Name("BS"), pdf.Name("Border"), pdf.Name("OC"), pdf.Name("A")).(pdf.Name), pick(pdf.Dict{}, pdf.Dict{entry("BC", rectangle(0)), entry("BG", rectangle(0))}, rectangle(9, 9, 9)))
		case 6:
			d = d.With("F", pdf.Integer(m.random.IntN(1024)))
		case 7:
			d = d.With("Subtype", pick(pdf.Name("Widget"), pdf.Name("Square"), pdf.Name("FreeText"), pdf.Name("Highlight"), nil))
		}
	}
	return d
}

// one changes one thing of the file.
func (m *mutation) one() {
	state := m.l.f.Last()
	known := m.l.f.Update().Next() - 1 // not what the update itself brings
	ref := pdf.Ref{Num: 1 + m.random.IntN(known)}
	o, err := state.Load(ref)
	if err != nil || o == nil {
		o = &pdf.Indirect{Ref: ref}
	}
	ref = o.Ref
	if now := m.u.Value(ref); now != nil {
		o = &pdf.Indirect{Ref: ref, Value: now}
	}
	other, err := state.Load(pdf.Ref{Num: 1 + m.random.IntN(known)})
	if err != nil || other == nil {
		other = &pdf.Indirect{Value: pdf.Dict{}}
	}
	switch m.random.IntN(8) {
	case 0:
		m.did = append(m.did, "same again")
		if o.Value != nil {
			m.u.Set(ref, o.Value)
		}
	case 1:
		m.did = append(m.did, "another's value")
		m.u.Set(ref, other.Value)
	case 2:
		m.did = append(m.did, "entry")
		m.u.Set(ref, m.entryOf(o.Value, other))
	case 3:
		m.did = append(m.did, "black")
		m.u.Set(ref, stream("0 g 0 0 600 900 re f", entry("Subtype", pdf.Name("Form")), entry("BBox", rectangle(0, 0, 600, 900))))
	case 4, 5:
		m.did = append(m.did, "evidence")
		m.evidence(ref, other)
	case 6:
		m.did = append(m.did, "extensions")
		catalog := m.current(state.Root())
		m.u.Set(state.Root(), catalog.With("Extensions", pdf.Dict{entry("ADBE", pdf.Dict{entry("BaseVersion", pdf.Name("1.7")), entry("ExtensionLevel", pdf.Integer(m.random.IntN(9)))})}))
	case 7:
		m.did = append(m.did, "note on the page")
		page := m.current(m.l.page)
		annots, _ := page.Get("Annots").(pdf.Array)
		note := m.u.Add(pdf.Dict{entry("Type", pdf.Name("Annot")), entry("Subtype", pdf.Name("Square")), entry("Rect", rectangle(0, 0, 300, 300)), entry("IC", rectangle(0))})
		m.u.Set(m.l.page, page.With("Annots", append(annots[:len(annots):len(annots)], note)))
	}
}

// current is a dictionary as the update has it so far.
func (m *mutation) current(ref pdf.Ref) pdf.Dict {
	if d, ok := m.u.Value(ref).(pdf.Dict); ok {
		return d
	}
	return m.l.dict(ref)
}

// entryOf changes, adds or takes out an entry.
func (m *mutation) entryOf(o pdf.Object, other *pdf.Indirect) pdf.Object {
	keys := []pdf.Name{"Contents", "Resources", "MediaBox", "CropBox", "Rotate", "UserUnit", "Annots", "Kids", "Font", "XObject", "Length", "Filter", "BBox", "Matrix", "Type", "W", "Widths", "AP", "V", "F", "Rect", "Size"}
	key := keys[m.random.IntN(len(keys))]
	values := []pdf.Object{nil, other.Ref, pdf.Integer(m.random.IntN(400)), rectangle(0, 0, 99, 99), pdf.Dict{}, other.Value}
	value := values[m.random.IntN(len(values))]
	if _, ok := value.(*pdf.Stream); ok {
		value = nil
	}
	switch o := o.(type) {
	case pdf.Dict:
		if len(o) > 0 && m.random.IntN(2) == 0 {
			key = o[m.random.IntN(len(o))].Key
		}
		return o.With(key, value)
	case *pdf.Stream:
		if m.random.IntN(2) == 0 {
			return &pdf.Stream{Dict: o.Dict, Data: append(bytes.Clone(o.Data), '\n')}
		}
		return &pdf.Stream{Dict: o.Dict.With(key, value), Data: o.Data}
	}
	return value
}

// evidence puts something into the document security store.
func (m *mutation) evidence(ref pdf.Ref, other *pdf.Indirect) {
	state := m.l.f.Last()
	root := m.current(state.Root())
	dss, ok := root.Get("DSS").(pdf.Ref)
	if !ok {
		return
	}
	old := m.current(dss)
	key := []pdf.Name{"Certs", "OCSPs", "CRLs"}[m.random.IntN(3)]
	list, _ := old.Get(key).(pdf.Array)
	item := m.u.Add(stream("new"))
	switch m.random.IntN(6) {
	case 0:
		item = ref
	case 1:
		item = other.Ref
	case 2:
		m.u.Set(ref, stream("new"))
		item = ref
	}
	m.u.Set(dss, old.With(key, append(list[:len(list):len(list)], item)))
}

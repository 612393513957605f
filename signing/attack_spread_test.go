package signing

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"guichet.example/certs/certstest"
)

// ground is what forgeries are made of: a file, and whose key signs it.
type ground struct {
	name  string
	file  func(tb testing.TB, w *world) []byte
	by    certstest.Algorithm
	level Level // of plants before their update
}

// found reads a file that another program wrote.
func found(name string) func(tb testing.TB, _ *world) []byte {
	return func(tb testing.TB, _ *world) []byte {
		tb.Helper()
		content, err := os.ReadFile(filepath.Join("testdata", "foreign", "accepted", name+".pdf"))
		if err != nil {
			tb.Fatal(err)
		}
		return content
	}
}

var grounds = []ground{
	{"letter, RSA", func(tb testing.TB, _ *world) []byte { return letter(tb).PDF }, certstest.RSA2048, LevelT},
	{"letter, EC", func(tb testing.TB, _ *world) []byte { return letter(tb).PDF }, certstest.P256, LevelLT},
	{"object streams, RSA", func(tb testing.TB, _ *world) []byte { return rewritten(tb, "--object-streams=generate") }, certstest.RSA2048, LevelLTA},
	{"linearised, EC", func(tb testing.TB, _ *world) []byte { return rewritten(tb, "--linearize") }, certstest.P256, 0},
	{"hybrid, RSA", found("hybrid-word"), certstest.RSA2048, LevelLT},
	{"LibreOffice, EC", found("libreoffice-docx-pdfa3"), certstest.P256, LevelLTA},
	{"pdfTeX, RSA", found("pdflatex"), certstest.RSA2048, 0},
	{"Chromium, EC", found("chromium"), certstest.P256, LevelT},
	{"signed before, EC", func(tb testing.TB, w *world) []byte { return w.raised(tb, certstest.P384, LevelT) }, certstest.P256, LevelLT},
	{"archived before, RSA", func(tb testing.TB, w *world) []byte { return w.raised(tb, certstest.P384, LevelLTA) }, certstest.RSA2048, LevelLT},
	{"sealed before, EC", func(tb testing.TB, w *world) []byte { return w.sealed(tb, letter(tb).PDF, approval()) }, certstest.P256, LevelLTA},
}

// onlyRSA are attacks that are honest, or cannot be made, with another key.
func onlyRSA(name string) bool {
	return strings.HasPrefix(name, "PSS: ") || strings.Contains(name, "RSA")
}

// Attacks by who holds a key, on files of every kind: forged signatures, certifications and
// what is planted before somebody signs. None passes; each meets a quarter of the files,
// and all in a soak.
func TestForgeriesOnEveryGround(t *testing.T) {
	w := theWorld(t)
	corpus := slices.Concat(cmsAttacks, certifyAttacks, plantAttacks)
	soak := os.Getenv("GUICHET_SOAK") != ""
	total := 0
	for n, g := range grounds {
		t.Run(g.name, func(t *testing.T) {
			input := g.file(t, w)
			plain := &lab{tb: t, w: w, input: input, by: &g.by}
			base := plain.forge(g.by, func(*forgery) {})
			l := labOf(t, w, base)
			l.picky, l.input, l.by, l.level = true, input, &g.by, g.level
			if !l.passes(t, base) {
				t.Fatal("the honest file does not pass")
			}
			made := 0
			for i, a := range corpus {
				if !soak && (i+n)%4 != 0 || g.by != certstest.RSA2048 && onlyRSA(a.name) {
					continue
				}
				file, ok := a.on(l)
				if !ok || bytes.Equal(file, base) {
					continue
				}
				made++
				if l.passes(t, file) {
					t.Errorf("%s: passes", a.name)
				}
			}
			if made < len(corpus)/4/2 {
				t.Errorf("only %d of %d attacks could be made", made, len(corpus))
			}
			total += made
		})
	}
	t.Logf("%d forgeries refused on %d kinds of file", total, len(grounds))
}

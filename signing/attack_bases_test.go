package signing

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"testing"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/signing/internal/pdf"
)

// allGood answers that nothing was withdrawn, so that files without evidence pass.
type allGood struct{}

func (allGood) Evidence(context.Context, certs.Path) ([]revocation.Answer, error) { return nil, nil }

// lenient is the trust under which every base passes.
func (l *lab) lenient() Trust {
	return Trust{Anchors: l.w.Anchors(), Revocation: allGood{}}
}

// base is a kind of file that attacks start from.
type base struct {
	name string
	file func(tb testing.TB, w *world) []byte
}

var bases = []base{
	{"card EC, B-B", func(tb testing.TB, w *world) []byte { return w.signed(tb, certstest.P384) }},
	{"card EC, B-T", func(tb testing.TB, w *world) []byte { return w.raised(tb, certstest.P384, LevelT) }},
	{"card RSA, B-LTA", func(tb testing.TB, w *world) []byte { return w.raised(tb, certstest.RSA2048, LevelLTA) }},
	{"card RSA, PSS, B-LT", func(tb testing.TB, w *world) []byte {
		r := w.request(tb, certstest.RSA2048)
		r.PSS = true
		return w.raise(tb, w.sign(tb, r, w.cards[certstest.RSA2048].Signature.Key), LevelLT)
	}},
	{"card EC, B-LTA renewed", func(tb testing.TB, w *world) []byte {
		out, err := w.extender(tb).Renew(tb.Context(), w.raised(tb, certstest.P256, LevelLTA))
		if err != nil {
			tb.Fatal(err)
		}
		return out
	}},
	{"seal, B-LT", func(tb testing.TB, w *world) []byte {
		return w.raise(tb, w.sealed(tb, letter(tb).PDF, approval()), LevelLT)
	}},
	{"seal that certifies for good, B-LTA", func(tb testing.TB, w *world) []byte {
		return w.raise(tb, w.sealed(tb, letter(tb).PDF, SealOptions{Certify: NoChanges}), LevelLTA)
	}},
	{"seal that certifies, then card, B-LT", func(tb testing.TB, w *world) []byte {
		return w.raise(tb, w.adding(tb, w.sealed(tb, letter(tb).PDF, SealOptions{Certify: Signing}), certstest.P256), LevelLT)
	}},
	{"two cards, B-LT and B-B", func(tb testing.TB, w *world) []byte {
		return w.adding(tb, w.raised(tb, certstest.P256, LevelLT), certstest.P384)
	}},
	{"object streams, card RSA, B-LT", func(tb testing.TB, w *world) []byte {
		return w.raise(tb, w.adding(tb, rewritten(tb, "--object-streams=generate"), certstest.RSA2048), LevelLT)
	}},
	{"linearised, card EC, B-LTA", func(tb testing.TB, w *world) []byte {
		return w.raise(tb, w.adding(tb, rewritten(tb, "--linearize"), certstest.P256), LevelLTA)
	}},
	{"linearised object streams, seal, B-LT", func(tb testing.TB, w *world) []byte {
		return w.raise(tb, w.sealed(tb, rewritten(tb, "--linearize", "--object-streams=generate"), approval()), LevelLT)
	}},
}

func (w *world) raise(tb testing.TB, file []byte, want Level) []byte {
	tb.Helper()
	out, level, err := w.extender(tb).Extend(tb.Context(), file, want)
	if err != nil || level != want {
		tb.Fatalf("Extend = %v, %v", level, err)
	}
	return out
}

func (w *world) sealed(tb testing.TB, file []byte, o SealOptions) []byte {
	tb.Helper()
	out, err := w.sealer(tb, certstest.P256).Seal(tb.Context(), file, o)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// adding signs a file with a card once more, invisibly.
func (w *world) adding(tb testing.TB, file []byte, a certstest.Algorithm) []byte {
	tb.Helper()
	r := w.request(tb, a)
	r.PDF, r.Mark = file, Mark{}
	return w.sign(tb, r, w.cards[a].Signature.Key)
}

// rewritten is the letter as qpdf writes it.
func rewritten(tb testing.TB, options ...string) []byte {
	tb.Helper()
	in, out := file(tb, "in.pdf", letter(tb).PDF), file(tb, "out.pdf", nil)
	if text, err := exec.Command("qpdf", append(options, "--deterministic-id", in, out)...).CombinedOutput(); err != nil {
		tb.Fatalf("qpdf: %v: %s", err, text)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// absent says that a base has nothing that an attack of that kind could change.
type absent struct{ what string }

// on makes the attack, unless the base has nothing for it.
func (a attack) on(l *lab) (file []byte, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, missing := r.(absent); !missing {
				panic(r)
			}
		}
	}()
	return a.file(l), true
}

// Every attack, on every kind of file: none passes. Which words the report finds is held
// by TestAttacks.
func TestAttacksOnEveryBase(t *testing.T) {
	w := theWorld(t)
	corpus := slices.Concat(byteAttacks[:len(byteAttacks)-1], rangeAttacks, updateAttacks, formAttacks, evidenceAttacks, markAttacks, archiveAttacks, loadAttacks, stampAttacks)
	soak := os.Getenv("GUICHET_SOAK") != ""
	total := 0
	for n, b := range bases {
		t.Run(b.name, func(t *testing.T) {
			l := labOf(t, w, b.file(t, w))
			l.picky = true
			if r, err := Verify(t.Context(), l.base, l.lenient()); err != nil || !r.Valid() {
				t.Fatalf("the untouched file is not valid: %+v, %v", r, err)
			}
			if stamped := l.marked(honest); !l.passes(t, stamped) {
				t.Error("a document timestamp that shows nothing is refused")
			}
			made := 0
			for i, a := range corpus {
				if !soak && (i+n)%4 != 0 {
					continue // each attack meets a quarter of the bases, and all in a soak
				}
				file, ok := a.on(l)
				if !ok || slices.Contains(harmless, a.name) || bytes.Equal(file, l.base) {
					continue
				}
				made++
				if l.passes(t, file) {
					t.Errorf("%s: passes", a.name)
				}
			}
			if all := len(corpus); made < all/4*3/4 {
				t.Errorf("only %d of %d attacks could be made", made, all)
			}
			total += made
		})
	}
	t.Logf("%d attacks on %d kinds of file refused", total, len(bases))
}

// honest leaves a timestamp's widget as it is.
func honest(_ *pdf.Update, d pdf.Dict) pdf.Dict { return d }

// harmless are attacks that take nothing from files that carry no evidence or are asked
// about, and those that bring a whole signature of a known authority.
var harmless = []string{"evidence of noise", "evidence removed"}

// passes reports a verdict on which somebody would rely.
func (l *lab) passes(t *testing.T, file []byte) bool {
	t.Helper()
	r, err := Verify(t.Context(), file, l.lenient())
	if err != nil {
		return false
	}
	s := r.Sentence()
	if (s == ValidToday || s == ValidThen || s == Added) != r.Valid() {
		t.Errorf("sentence %q, valid %t", s, r.Valid())
	}
	if !r.Valid() && s != Unsigned && len(r.Why()) == 0 {
		t.Errorf("sentence %q without a reason", s)
	}
	return r.Valid()
}

// Before the update is appended, each plan is a file that was honestly signed and passes;
// afterwards it does not.
func TestPlantsNeedTheirUpdate(t *testing.T) {
	l := newLab(t)
	for _, a := range plantAttacks {
		file := a.file(l)
		f, err := pdf.Open(file)
		if err != nil {
			t.Errorf("%s: %v", a.name, err)
			continue
		}
		_, end := f.End(1)
		if !l.passes(t, file[:end]) {
			t.Errorf("%s: does not pass before the update", a.name)
		}
		if l.passes(t, file) {
			t.Errorf("%s: passes", a.name)
		}
	}
}

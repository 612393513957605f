package signing

import (
	"bytes"
	"crypto/elliptic"
	"math/big"
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"guichet.example/certs/certstest"
	"guichet.example/signing/internal/pdf"
)

// Some bytes are covered by nobody and mean the same: such a file passes, says what the
// original says and shows the same, but its SHA-256 is another. That is why a file is not
// known again by its own hash alone.
func TestTwinsPassAndDiffer(t *testing.T) {
	l := newLab(t)
	upper := bytes.Clone(l.base)
	from, to := l.hole()
	copy(upper[from:to], bytes.ToUpper(upper[from:to]))
	mirrored := l.raisedFrom(t, l.forge(certstest.P256, func(f *forgery) { f.value = mirror }))
	for name, c := range map[string]struct{ file, original []byte }{
		"upper case":   {upper, l.base},
		"ECDSA twin":   {mirrored, mirrored},
		"salted again": {l.forge(certstest.RSA2048, pssHonest), nil},
	} {
		r, err := Verify(t.Context(), c.file, l.lenient())
		if err != nil || !r.Valid() {
			t.Errorf("%s: %+v, %v", name, r, err)
			continue
		}
		if bytes.Equal(c.file, l.base) || r.SHA256 == l.w.report(t, l.base).SHA256 {
			t.Errorf("%s: the same file", name)
		}
		if c.original != nil && essence(t, c.file) != essence(t, c.original) {
			t.Errorf("%s says something else", name)
		}
		if shown(t, c.file) != shown(t, l.base) {
			t.Errorf("%s shows something else", name)
		}
	}
}

func pssHonest(f *forgery) { f.identifier = pssOf(oidSHA256, oidSHA256, 32, 1) }

func (l *lab) raisedFrom(t *testing.T, file []byte) []byte {
	t.Helper()
	return l.w.raise(t, file, LevelLT)
}

// mirror gives s the value n-s, which verifies as well.
func mirror(value []byte) []byte {
	s, inner := cryptobyte.String(value), cryptobyte.String(nil)
	r, v := new(big.Int), new(big.Int)
	if !s.ReadASN1(&inner, 0x30) || !inner.ReadASN1Integer(r) || !inner.ReadASN1Integer(v) {
		return nil
	}
	v.Sub(elliptic.P256().Params().N, v)
	return der(func(b *cryptobyte.Builder) {
		b.AddASN1(0x30, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(r)
			b.AddASN1BigInt(v)
		})
	})
}

// What is cut off or taken out of the part that nobody covers lowers the level or the
// number of signers, and the report says what is left: who should have signed, and at
// which level, only our own records know.
func TestWhatIsTakenAwayIsMissed(t *testing.T) {
	l := newLab(t)
	two := l.w.adding(t, l.base, certstest.P384)
	archived := l.w.raised(t, certstest.P256, LevelLTA)
	for name, c := range map[string]struct {
		file, whole []byte
		signatures  int
		level       Level
	}{
		"second signature cut off":  {cut(t, two, 1), two, 1, LevelLT},
		"archive timestamp cut off": {cut(t, archived, 1), archived, 1, LevelLT},
		"archive and evidence cut":  {cut(t, archived, 2), archived, 1, LevelT},
		"evidence cut off":          {cut(t, l.base, 1), l.base, 1, LevelT},
	} {
		r, err := Verify(t.Context(), c.file, l.lenient())
		whole, err2 := Verify(t.Context(), c.whole, l.lenient())
		if err != nil || err2 != nil || !r.Valid() || !whole.Valid() {
			t.Errorf("%s: %+v, %v, %v", name, r, err, err2)
			continue
		}
		if len(r.Signatures) != c.signatures || r.Signatures[0].Level != c.level {
			t.Errorf("%s: %d signatures, level %v, want %d, %v", name, len(r.Signatures), r.Signatures[0].Level, c.signatures, c.level)
		}
		if r.SHA256 == whole.SHA256 || r.Revisions > whole.Revisions || r.Size > whole.Size {
			t.Errorf("%s: looks like the whole file", name)
		}
	}
}

// cut takes the last revisions off.
func cut(t *testing.T, file []byte, revisions int) []byte {
	t.Helper()
	f, err := pdf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	_, end := f.End(f.Revisions() - 1 - revisions)
	return file[:end]
}

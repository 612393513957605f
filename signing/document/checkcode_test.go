package document

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
)

func aCode(t testing.TB) CheckCode {
	t.Helper()
	c, err := NewCheckCode(bytes.NewReader([]byte("\xff\x12\x34\x56\x78\x9a\xbc\xde")))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCheckCodesAreRefused(t *testing.T) {
	good := aCode(t).String()
	for name, s := range map[string]string{
		"empty":                  "",
		"only dashes":            "----",
		"short":                  good[:13],
		"long":                   good + "0",
		"zero":                   "0000-0000-0000",
		"a U":                    "U" + good[1:],
		"a full-width letter":    "Ａ" + good[1:],
		"an Arabic digit":        "٣" + good[1:],
		"an asterisk":            good[:13] + "*",
		"a line feed":            good + "\n",
		"sixty-five bytes":       strings.Repeat("-", 51) + good,
		"not UTF-8":              good[:13] + "\xff",
		"another check sign":     good[:13] + string(crockford[(strings.IndexByte(crockford, good[13])+1)%32]),
		"a check sign too early": good[13:] + good[:13],
	} {
		if c, err := ParseCheckCode(s); !errors.Is(err, ErrCheckCode) || c != 0 {
			t.Errorf("%s: ParseCheckCode(%q) = %v, %v", name, s, uint64(c), err)
		}
	}
}

// Whoever reads the paper types it in her own way.
func TestCheckCodesAreReadAsPeopleTypeThem(t *testing.T) {
	c := aCode(t)
	plain := strings.ReplaceAll(c.String(), "-", "")
	for _, typed := range []string{
		c.String(), plain, strings.ToLower(plain), "  " + plain + " ", strings.Join(strings.Split(plain, ""), " "),
		plain[:4] + "–" + plain[4:8] + "\u00a0" + plain[8:], strings.ReplaceAll(c.String(), "-", " - "),
		strings.NewReplacer("0", "O", "1", "I").Replace(plain), strings.NewReplacer("0", "o", "1", "l").Replace(plain),
	} {
		if got, err := ParseCheckCode(typed); err != nil || got != c {
			t.Errorf("ParseCheckCode(%q) = %v, %v; want %v", typed, got, err, c)
		}
	}
}

// The check character finds every single slip and every two characters that changed
// places.
func TestCheckCharacterFindsSlips(t *testing.T) {
	for range 20 {
		c, err := NewCheckCode(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		plain := []byte(strings.ReplaceAll(c.String(), "-", ""))
		for i := range plain {
			for _, other := range []byte(crockford) {
				wrong := bytes.Clone(plain)
				if wrong[i] = other; other == plain[i] {
					continue
				}
				if _, err := ParseCheckCode(string(wrong)); err == nil {
					t.Errorf("%s is taken for %s", wrong, plain)
				}
			}
			for j := range i {
				wrong := bytes.Clone(plain)
				if wrong[i], wrong[j] = wrong[j], wrong[i]; wrong[i] == wrong[j] {
					continue
				}
				if _, err := ParseCheckCode(string(wrong)); err == nil {
					t.Errorf("%s is taken for %s", wrong, plain)
				}
			}
		}
	}
}

func TestCheckCodesAreDrawnAtRandom(t *testing.T) {
	if _, err := NewCheckCode(bytes.NewReader(make([]byte, 7))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("NewCheckCode from seven bytes = %v", err)
	}
	c, err := NewCheckCode(bytes.NewReader(append(make([]byte, 8), 0, 0, 0, 0, 0, 0, 0, 9)))
	if err != nil || c != 9 {
		t.Errorf("NewCheckCode = %d, %v; want the first that is not zero", c, err)
	}
	if c := aCode(t); c >= 1<<codeBits || c.String() != "4D2P-F2DF-6YPR" && len(c.String()) != 14 {
		t.Errorf("NewCheckCode = %v", c)
	}
}

func FuzzCheckCode(f *testing.F) {
	f.Add("4D2P-F2DF-6YPR")
	f.Add("ooo0-iIlL-...")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCheckCode(s)
		if err != nil {
			if c != 0 || !errors.Is(err, ErrCheckCode) {
				t.Fatalf("ParseCheckCode(%q) = %v, %v", s, c, err)
			}
			return
		}
		if again, err := ParseCheckCode(c.String()); err != nil || again != c || len(c.String()) != 14 {
			t.Fatalf("%q reads as %v, which reads as %v, %v", s, c, again, err)
		}
	})
}

package opaque

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

var key = bytes.Repeat([]byte{7}, KeySize)

func boxOf(t testing.TB, key []byte) *Box {
	t.Helper()
	b, err := New(key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestKeySize(t *testing.T) {
	for _, size := range []int{0, 16, 24, 31, 33} { // AES takes two of them
		if _, err := New(make([]byte, size)); err == nil {
			t.Errorf("a key of %d bytes is taken", size)
		}
	}
}

// Nothing opens but the text, under its key and for its purpose.
func TestOpenRefuses(t *testing.T) {
	b := boxOf(t, key)
	text := b.Seal("a cookie", []byte("0305 118 422"))
	bent := []byte(text)
	bent[20] ^= 1
	for name, c := range map[string]struct {
		box           *Box
		purpose, text string
	}{
		"another purpose": {b, "a cookie 2", text},
		"no purpose":      {b, "", text},
		"another key":     {boxOf(t, bytes.Repeat([]byte{8}, KeySize)), "a cookie", text},
		"empty":           {b, "a cookie", ""},
		"cut":             {b, "a cookie", text[:len(text)-4]},
		"longer":          {b, "a cookie", text + "A"},
		"twice":           {b, "a cookie", text + text},
		"bent":            {b, "a cookie", string(bent)},
		"other alphabet":  {b, "a cookie", strings.Repeat("+/", 30)},
		"padded":          {b, "a cookie", text + "="},
		"a nonce alone":   {b, "a cookie", strings.Repeat("A", 16)},
	} {
		if plain, err := c.box.Open(c.purpose, c.text); !errors.Is(err, ErrNotOurs) || plain != nil {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
}

func TestSealOpens(t *testing.T) {
	b := boxOf(t, key)
	for _, plain := range []string{"", "x", "0305 118 422", strings.Repeat("é", 300)} {
		text, again := b.Seal("p", []byte(plain)), b.Seal("p", []byte(plain))
		if text == again {
			t.Errorf("%.20q is sealed twice alike", plain)
		}
		if len(text) != Len(len(plain)) {
			t.Errorf("%d bytes make %d characters, Len says %d", len(plain), len(text), Len(len(plain)))
		}
		if got, err := b.Open("p", text); err != nil || string(got) != plain {
			t.Errorf("%.20q comes back as %.20q, %v", plain, got, err)
		}
	}
}

// old was sealed by an older program for "__Host-remember".
const old = "BUttgJ_xfIv0tDmg__3IkqdFERwcZy4Z6Q6aWR9lAnJeeESy1B0WkAfI6LoiWg7137TTqzk1XZT1Sldk0ASFPU_IiVCeI-_xoXzO557adC0s1ghrvCD4zOViAOI2tZwB" +
	"8904tmd_OSbe8FO6D_0jP9MUjQKC-4g2Dj_S5ufKoeDuv-U-knDa5GDsjeanarl8rcz_yptL2oksze58"

// What browsers hold for half a year opens.
func TestOpenOfOld(t *testing.T) {
	plain, err := boxOf(t, key).Open("__Host-remember", old)
	if want := "0305 118 422" + strings.Repeat(" ", 116); err != nil || string(plain) != want {
		t.Errorf("Open = %q, %v", plain, err)
	}
}

// Nothing opens but what was sealed, to the letter. A text sealed here would be another in
// each process of a fuzzer.
func FuzzOpen(f *testing.F) {
	b := boxOf(f, key)
	for _, text := range []string{old, old[:len(old)-1], old + "A", "", "====", strings.Repeat("A", 38)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := b.Open("__Host-remember", text)
		if (err == nil) != (text == old) || err != nil && plain != nil {
			t.Errorf("%q: %q, %v", text, plain, err)
		}
	})
}

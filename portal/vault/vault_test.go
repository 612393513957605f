package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newKeys(t testing.TB) *Keys {
	t.Helper()
	keys, err := NewKeys(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func newDataKeyOf(t testing.TB, keys *Keys, member string) (*DataKey, []byte) {
	t.Helper()
	key, wrapped, err := keys.NewDataKey("141", member)
	if err != nil {
		t.Fatal(err)
	}
	return key, wrapped
}

var letter = Context{What: "document", Mutuality: "141", Member: "m1", ID: "d1", Version: 1}

func TestOpenRefuses(t *testing.T) {
	keys := newKeys(t)
	key, _ := newDataKeyOf(t, keys, "m1")
	other, _ := newDataKeyOf(t, keys, "m1")
	sealed := key.Seal(letter, []byte("dear Claire"))
	if _, err := other.Open(letter, sealed); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key: %v, want ErrWrongKey", err)
	}
	for name, c := range map[string]Context{
		"what":      {"request", "141", "m1", "d1", 1},
		"mutuality": {"document", "142", "m1", "d1", 1},
		"member":    {"document", "141", "m2", "d1", 1},
		"id":        {"document", "141", "m1", "d2", 1},
		"version":   {"document", "141", "m1", "d1", 2},
		"shifted":   {"document", "14", "1m1", "d1", 1},
	} {
		if plain, err := key.Open(c, sealed); !errors.Is(err, ErrTampered) || plain != nil {
			t.Errorf("another %s: %q, %v, want ErrTampered", name, plain, err)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 0x10
		if plain, err := key.Open(letter, changed); err == nil || plain != nil {
			t.Errorf("byte %d changed: opened", i)
		}
		if _, err := key.Open(letter, sealed[:i]); !errors.Is(err, ErrTampered) {
			t.Errorf("cut after byte %d: %v, want ErrTampered", i, err)
		}
	}
	if _, err := key.Open(letter, append(bytes.Clone(sealed), 0)); !errors.Is(err, ErrTampered) {
		t.Errorf("a byte more: %v, want ErrTampered", err)
	}
}

func TestSeal(t *testing.T) {
	keys := newKeys(t)
	key, wrapped := newDataKeyOf(t, keys, "m1")
	for _, plain := range []string{"", "x", strings.Repeat("long ", 20_000)} {
		sealed := key.Seal(letter, []byte(plain))
		if len(sealed) != len(plain)+Overhead || !bytes.Equal(sealed[1:NonceAt], key.KeyID()) {
			t.Errorf("sealed %d bytes into %d", len(plain), len(sealed))
		}
		again, err := keys.DataKey("141", "m1", wrapped)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again.Open(letter, sealed); err != nil || string(got) != plain {
			t.Errorf("Open = %d bytes, %v, want %d", len(got), err, len(plain))
		}
	}
	if a, b := key.Seal(letter, nil), key.Seal(letter, nil); Address(a) == Address(b) {
		t.Error("sealing twice gives the same bytes")
	}
}

// TestNonces seals with one key until it would show if nonces were not drawn afresh.
func TestNonces(t *testing.T) {
	count := 100_000
	if os.Getenv("GUICHET_SOAK") != "" {
		count = 1_000_000
	}
	key, _ := newDataKeyOf(t, newKeys(t), "m1")
	seen := make(map[[nonceSize]byte]bool, count)
	for range count {
		sealed := key.Seal(letter, nil)
		seen[[nonceSize]byte(sealed[NonceAt:])] = true
	}
	if len(seen) != count {
		t.Errorf("%d nonces of %d are different", len(seen), count)
	}
}

func TestDataKeyRefuses(t *testing.T) {
	keys, others := newKeys(t), newKeys(t)
	_, wrapped := newDataKeyOf(t, keys, "m1")
	if _, err := others.DataKey("141", "m1", wrapped); !errors.Is(err, ErrWrongKey) {
		t.Errorf("under other keys: %v, want ErrWrongKey", err)
	}
	for _, whose := range [][2]string{{"141", "m2"}, {"142", "m1"}} {
		if _, err := keys.DataKey(whose[0], whose[1], wrapped); !errors.Is(err, ErrTampered) {
			t.Errorf("of %v: %v, want ErrTampered", whose, err)
		}
	}
	for i := range wrapped {
		changed := bytes.Clone(wrapped)
		changed[i] ^= 1
		if _, err := keys.DataKey("141", "m1", changed); err == nil {
			t.Errorf("byte %d changed: unwrapped", i)
		}
		if _, err := keys.DataKey("141", "m1", wrapped[:i]); err == nil {
			t.Errorf("cut after byte %d: unwrapped", i)
		}
	}
}

func TestIndex(t *testing.T) {
	keys := newKeys(t)
	if !bytes.Equal(keys.Index("iban", "141", "BE68"), keys.Index("iban", "141", "BE68")) {
		t.Error("equal values have different entries")
	}
	seen := map[string]string{}
	for _, of := range [][3]string{
		{"iban", "141", "BE68"}, {"iban", "141", "BE69"}, {"iban", "142", "BE68"}, {"number", "141", "BE68"},
		{"iban", "141B", "E68"}, {"iban1", "41", "BE68"}, {"", "", "iban141BE68"},
	} {
		entry := string(keys.Index(of[0], of[1], of[2]))
		if twin, ok := seen[entry]; ok {
			t.Errorf("%v has the entry of %s", of, twin)
		}
		seen[entry] = strings.Join(of[:], " ")
	}
	if bytes.Equal(newKeys(t).Index("iban", "141", "BE68"), keys.Index("iban", "141", "BE68")) {
		t.Error("other keys give the same entry")
	}
}

func TestChallengeKey(t *testing.T) {
	keys := newKeys(t)
	seal := func(browser string) []byte {
		key, err := keys.ChallengeKey(browser)
		if err != nil {
			t.Fatal(err)
		}
		return key.Seal(Context{What: "challenge"}, []byte("nonce"))
	}
	open := func(browser string, sealed []byte) error {
		key, err := keys.ChallengeKey(browser)
		if err != nil {
			t.Fatal(err)
		}
		_, err = key.Open(Context{What: "challenge"}, sealed)
		return err
	}
	if err := open("a", seal("b")); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another browser: %v, want ErrWrongKey", err)
	}
	if err := open("a", seal("a")); err != nil {
		t.Errorf("the same browser: %v", err)
	}
}

// FuzzOpen: bytes open only if they are what was sealed.
func FuzzOpen(f *testing.F) {
	keys := newKeys(f)
	key, _ := newDataKeyOf(f, keys, "m1")
	sealed := key.Seal(letter, []byte("plain"))
	f.Add(sealed, "m1")
	f.Add(sealed[:NonceAt], "m2")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, b []byte, member string) {
		c := letter
		c.Member = member
		plain, err := key.Open(c, b)
		if (err == nil) != (bytes.Equal(b, sealed) && member == "m1") {
			t.Errorf("Open(%x, %q) = %v", b, member, err)
		}
		if err != nil && plain != nil {
			t.Error("an error comes with bytes")
		}
	})
}

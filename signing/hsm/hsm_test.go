package hsm_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/signing/hsm"
	"guichet.example/signing/hsm/hsmtest"
)

const pin = "483920"

// token makes a token with one key and the configuration that opens it.
func token(tb testing.TB, s hsmtest.Spec) (*hsmtest.Folder, hsm.Config) {
	tb.Helper()
	tb.Setenv("SOFTHSM2_CONF", "") // put back afterwards
	folder, err := hsmtest.New(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	s.Token, s.PIN = "mutuality", pin
	if s.Label == "" {
		s.Label, s.ID = "seal", []byte{7}
	}
	public, err := folder.Make(s)
	if err != nil {
		tb.Fatal(err)
	}
	return folder, hsm.Config{
		Module: folder.Module(), Token: s.Token, Label: s.Label, PIN: func() ([]byte, error) { return []byte(pin), nil },
		Certificate: certificateOf(public), Pause: time.Millisecond, LongestPause: 10 * time.Millisecond, Deadline: time.Minute, Wait: time.Minute,
	}
}

// certificateOf is as much of a certificate as a Key looks at.
func certificateOf(public crypto.PublicKey) *x509.Certificate {
	return &x509.Certificate{PublicKey: public}
}

func open(tb testing.TB, c hsm.Config) *hsm.Key {
	tb.Helper()
	k, err := hsm.Open(context.Background(), c)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	tb.Cleanup(func() {
		if err := k.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return k
}

var digest = sha256.Sum256([]byte("a document"))

func TestOpenRefuses(t *testing.T) {
	_, good := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak := &rsa.PublicKey{N: other.N, E: 65537}
	weak.N = weak.N.Rsh(weak.N, 1024)
	foreign, err := ecdsa.GenerateKey(good.Certificate.PublicKey.(*ecdsa.PublicKey).Curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	noPIN := errors.New("no PIN today")
	for _, c := range []struct {
		name   string
		change func(*hsm.Config)
		want   error // nil: any
	}{
		{"no module named", func(c *hsm.Config) { c.Module = "" }, nil},
		{"no key named", func(c *hsm.Config) { c.Label = "" }, nil},
		{"no certificate", func(c *hsm.Config) { c.Certificate = nil }, nil},
		{"too many sessions", func(c *hsm.Config) { c.Sessions = 65 }, nil},
		{"no module there", func(c *hsm.Config) { c.Module = "/nowhere.so" }, hsm.ErrModule},
		{"a file that is no module", func(c *hsm.Config) { c.Module = "hsm.go" }, hsm.ErrModule},
		{"other token", func(c *hsm.Config) { c.Token = "elsewhere" }, hsm.ErrNoToken},
		{"part of the label", func(c *hsm.Config) { c.Token = "mutual" }, hsm.ErrNoToken},
		{"other key", func(c *hsm.Config) { c.Label = "sea" }, hsm.ErrNoKey},
		{"other id", func(c *hsm.Config) { c.ID = []byte{8} }, hsm.ErrNoKey},
		{"wrong PIN", func(c *hsm.Config) { c.PIN = func() ([]byte, error) { return []byte("000000"), nil } }, hsm.ErrPIN},
		{"PIN cannot be read", func(c *hsm.Config) { c.PIN = func() ([]byte, error) { return nil, noPIN } }, noPIN},
		{"certificate of another key", func(c *hsm.Config) { c.Certificate = certificateOf(&foreign.PublicKey) }, hsm.ErrMismatch},
		{"certificate of another kind", func(c *hsm.Config) { c.Certificate = certificateOf(mustRSA(t)) }, hsm.ErrMismatch},
		{"weak key", func(c *hsm.Config) { c.Certificate = certificateOf(weak) }, hsm.ErrNotSupported},
	} {
		config := good
		c.change(&config)
		k, err := hsm.Open(context.Background(), config)
		if err == nil || k != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: Open = %v, %v; want %v", c.name, k, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), pin) {
			t.Errorf("%s: the PIN is in %v", c.name, err)
		}
	}
	open(t, good) // every refusal gave the module back
}

func mustRSA(t *testing.T) *rsa.PublicKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &k.PublicKey
}

// Two keys of one name, and a key whose public half the token does not show.
func TestOpenWithoutHelp(t *testing.T) {
	_, twice := token(t, hsmtest.Spec{Kind: hsmtest.P256, Twice: true})
	if _, err := hsm.Open(context.Background(), twice); !errors.Is(err, hsm.ErrNoKey) {
		t.Errorf("Open with two keys of the name = %v, want ErrNoKey", err)
	}
	_, hidden := token(t, hsmtest.Spec{Kind: hsmtest.P256, Hidden: true})
	foreign, err := ecdsa.GenerateKey(hidden.Certificate.PublicKey.(*ecdsa.PublicKey).Curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wrong := hidden
	wrong.Certificate = certificateOf(&foreign.PublicKey)
	if _, err := hsm.Open(context.Background(), wrong); !errors.Is(err, hsm.ErrMismatch) {
		t.Errorf("Open with another's certificate = %v, want ErrMismatch", err)
	}
	open(t, hidden)
}

func TestOneKeyPerModule(t *testing.T) {
	_, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	k := open(t, c)
	if _, err := hsm.Open(context.Background(), c); !errors.Is(err, hsm.ErrModule) {
		t.Errorf("second Open = %v, want ErrModule", err)
	}
	if _, err := k.Sign(nil, digest[:], crypto.SHA256); err != nil {
		t.Errorf("Sign after a second Open: %v", err)
	}
}

func TestSign(t *testing.T) {
	for _, c := range []struct {
		name string
		kind hsmtest.Kind
	}{{"RSA-2048", hsmtest.RSA2048}, {"P-256", hsmtest.P256}, {"P-384", hsmtest.P384}} {
		t.Run(c.name, func(t *testing.T) {
			_, config := token(t, hsmtest.Spec{Kind: c.kind})
			config.Label, config.ID = "", []byte{7} // by id alone
			k := open(t, config)
			if k.Stats() != (hsm.Stats{Starts: 1, Sessions: 2}) {
				t.Errorf("Stats before use = %+v", k.Stats())
			}
			signAll(t, k)
			for _, refused := range []struct {
				name string
				in   []byte
				opts crypto.SignerOpts
			}{
				{"no hash", digest[:], nil}, {"length of another hash", digest[:], crypto.SHA384}, {"SHA-1", make([]byte, 20), crypto.SHA1},
				{"unhashed", digest[:], crypto.Hash(0)}, {"salt too long", digest[:], &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: 1000}},
			} {
				if v, err := k.Sign(nil, refused.in, refused.opts); !errors.Is(err, hsm.ErrNotSupported) || v != nil {
					t.Errorf("Sign with %s = %x, %v; want ErrNotSupported", refused.name, v, err)
				}
			}
			if s := k.Stats(); s.Failures != (hsm.Failures{NotSupported: 5}) || s.InUse != 0 || s.Starts != 1 {
				t.Errorf("Stats = %+v", s)
			}
		})
	}
}

// signAll makes every kind of signature the key can and verifies it with crypto/...
func signAll(t *testing.T, k *hsm.Key) {
	t.Helper()
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		h := hash.New()
		h.Write([]byte("a document"))
		sum := h.Sum(nil)
		value, err := k.Sign(rand.Reader, sum, hash)
		if err != nil {
			t.Fatalf("Sign(%v): %v", hash, err)
		}
		switch key := k.Public().(type) {
		case *ecdsa.PublicKey:
			if !ecdsa.VerifyASN1(key, sum, value) {
				t.Errorf("%v: ECDSA does not verify", hash)
			}
		case *rsa.PublicKey:
			if err := rsa.VerifyPKCS1v15(key, hash, sum, value); err != nil {
				t.Errorf("%v: %v", hash, err)
			}
			for _, salt := range []int{rsa.PSSSaltLengthEqualsHash, rsa.PSSSaltLengthAuto, 20} {
				o := &rsa.PSSOptions{Hash: hash, SaltLength: salt}
				value, err := k.Sign(nil, sum, o)
				if err == nil {
					err = rsa.VerifyPSS(key, hash, sum, value, nil)
				}
				if err != nil {
					t.Errorf("PSS %v, salt %d: %v", hash, salt, err)
				}
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	_, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	c.Sessions = 3
	k := open(t, c)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if _, err := k.Sign(nil, digest[:], crypto.SHA256); err != nil {
					t.Errorf("Sign: %v", err)
				}
			}
		})
	}
	all.Wait()
	if s := k.Stats(); s.Signatures != 160 || s.Failures.All() != 0 || s.InUse != 0 || s.Sessions != 3 {
		t.Errorf("Stats = %+v", s)
	}
}

// The token goes away and comes back: callers get ErrUnavailable meanwhile, and
// signatures again afterwards.
func TestTokenComesBack(t *testing.T) {
	folder, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	k := open(t, c)
	back, err := folder.Take()
	if err != nil {
		t.Fatal(err)
	}
	until(t, "a lost token", func() bool {
		_, err := k.Sign(nil, digest[:], crypto.SHA256)
		if err != nil && !errors.Is(err, hsm.ErrUnavailable) {
			t.Fatalf("Sign without token = %v, want ErrUnavailable", err)
		}
		return err != nil
	})
	if _, err := k.Sign(nil, digest[:], crypto.SHA256); !errors.Is(err, hsm.ErrUnavailable) {
		t.Errorf("Sign without token = %v, want ErrUnavailable", err)
	}
	if err := back(); err != nil {
		t.Fatal(err)
	}
	until(t, "a token that is back", func() bool {
		value, err := k.Sign(nil, digest[:], crypto.SHA256)
		return err == nil && ecdsa.VerifyASN1(k.Public().(*ecdsa.PublicKey), digest[:], value)
	})
	if s := k.Stats(); s.Starts != 2 || s.InUse != 0 || s.Failures.Unavailable == 0 || s.Failures.All() != s.Failures.Unavailable || s.Lost {
		t.Errorf("Stats = %+v", s)
	}
}

// until asks again until it holds; the pauses of the tests are milliseconds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// While a token stays away it is asked for again only after a pause, which grows.
func TestPauses(t *testing.T) {
	folder, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	var mu sync.Mutex
	now := time.Now()
	pass := func(d time.Duration) { mu.Lock(); now = now.Add(d); mu.Unlock() }
	c.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	c.Pause, c.LongestPause = time.Second, 3*time.Second
	var logins int
	give := c.PIN
	c.PIN = func() ([]byte, error) { logins++; return give() }
	k := open(t, c)
	back, err := folder.Take()
	if err != nil {
		t.Fatal(err)
	}
	until(t, "a lost token", func() bool { _, err := k.Sign(nil, digest[:], crypto.SHA256); return err != nil })
	if _, err := k.Sign(nil, digest[:], crypto.SHA256); !errors.Is(err, hsm.ErrUnavailable) { // tries and fails
		t.Errorf("Sign = %v, want ErrUnavailable", err)
	}
	if err := back(); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Sign(nil, digest[:], crypto.SHA256); !errors.Is(err, hsm.ErrUnavailable) {
		t.Errorf("Sign within the pause = %v, want ErrUnavailable", err)
	}
	pass(time.Second)
	if _, err := k.Sign(nil, digest[:], crypto.SHA256); err != nil {
		t.Errorf("Sign after the pause: %v", err)
	}
	if logins != 2 {
		t.Errorf("logged in %d times, want 2", logins)
	}
}

// A refused PIN is not tried again: each try counts.
func TestPINIsTriedOnce(t *testing.T) {
	folder, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	var asked int
	c.PIN = func() ([]byte, error) {
		if asked++; asked == 1 {
			return []byte(pin), nil
		}
		return []byte("111111"), nil
	}
	k := open(t, c)
	back, err := folder.Take()
	if err != nil {
		t.Fatal(err)
	}
	until(t, "a lost token", func() bool { _, err := k.Sign(nil, digest[:], crypto.SHA256); return err != nil })
	if err := back(); err != nil {
		t.Fatal(err)
	}
	until(t, "a refused PIN", func() bool {
		_, err := k.Sign(nil, digest[:], crypto.SHA256)
		return errors.Is(err, hsm.ErrPIN)
	})
	for range 3 {
		if _, err := k.Sign(nil, digest[:], crypto.SHA256); !errors.Is(err, hsm.ErrPIN) {
			t.Errorf("Sign = %v, want ErrPIN", err)
		}
	}
	if asked != 2 {
		t.Errorf("asked for the PIN %d times, want 2", asked)
	}
}

func TestPINIsWiped(t *testing.T) {
	_, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	given := []byte(pin)
	c.PIN = func() ([]byte, error) { return given, nil }
	open(t, c)
	if string(given) != strings.Repeat("\x00", len(pin)) {
		t.Error("the PIN was not wiped")
	}
}

func TestClosed(t *testing.T) {
	_, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	k := open(t, c)
	if err := errors.Join(k.Close(), k.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Sign(nil, digest[:], crypto.SHA256); !errors.Is(err, hsm.ErrClosed) {
		t.Errorf("Sign = %v, want ErrClosed", err)
	}
}

// A caller who gave up, before or while waiting, is told so and nothing hangs.
func TestCallerGivesUp(t *testing.T) {
	_, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	k := open(t, c)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 {
		if _, err := k.SignContext(ctx, digest[:], crypto.SHA256); err != nil && (!errors.Is(err, hsm.ErrUnavailable) || !errors.Is(err, context.Canceled)) {
			t.Fatalf("Sign = %v, want ErrUnavailable and context.Canceled", err)
		}
	}
	long := sha512.Sum512([]byte("a document"))
	if _, err := k.Sign(nil, long[:], crypto.SHA512); err != nil {
		t.Errorf("Sign afterwards: %v", err)
	}
}

func TestPINFile(t *testing.T) {
	write := func(content string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "pin")
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, bad := range []string{
		write("1234", 0o640), write("1234", 0o604), write("", 0o600), write("\n", 0o600), write("12\n34\n", 0o600),
		write(strings.Repeat("1", 400), 0o600), t.TempDir(), "/nowhere/pin",
	} {
		if pin, err := hsm.PINFile(bad)(); err == nil || pin != nil || strings.Contains(err.Error(), "1234") {
			t.Errorf("PINFile(%s) = %q, %v; want an error", bad, pin, err)
		}
	}
	for content, want := range map[string]string{"1234": "1234", "1234\n": "1234", " pass word\r\n": " pass word", strings.Repeat("9", 256) + "\n": strings.Repeat("9", 256)} {
		if pin, err := hsm.PINFile(write(content, 0o600))(); err != nil || string(pin) != want {
			t.Errorf("PINFile of %q = %q, %v; want %q", content, pin, err, want)
		}
	}
}

package pcsc_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/reader"
	"guichet.example/reader/softcard/applet"
	"guichet.example/reader/softcard/pcsc"
)

const goodPIN = "1234"

// rig is the one of this process: OpenSC is loaded into it, and finds its daemon once.
var rig *pcsc.Rig

func TestMain(m *testing.M) {
	code := 1
	defer func() { os.Exit(code) }()
	dir, err := os.MkdirTemp("", "opensc-")
	if err == nil {
		defer os.RemoveAll(dir)
		err = cacheFiles(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	if rig, err = pcsc.Start(pcsc.Config{Poll: 10 * time.Millisecond}); err == nil {
		defer rig.Close()
		err = rig.Use()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	code = m.Run()
}

// cacheFiles has OpenSC keep files of cards that it has read: the same card is then
// opened in a third of the time, of which most is OpenSC's own patience with T=0.
func cacheFiles(dir string) error {
	conf := filepath.Join(dir, "opensc.conf")
	text := "app default { framework pkcs15 { use_file_caching = yes; } }\n"
	return errors.Join(os.WriteFile(conf, []byte(text), 0o600), os.Setenv("OPENSC_CONF", conf), os.Setenv("XDG_CACHE_HOME", dir))
}

// uncached has OpenSC read the card, as it does where nobody has set it up otherwise.
func uncached(t *testing.T) {
	t.Helper()
	t.Setenv("OPENSC_CONF", os.DevNull)
}

type world struct {
	pki   *certstest.PKI
	cards map[string]*certstest.Card
}

// made is one card of each kind, made once.
var made = sync.OnceValues(func() (*world, error) {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		return nil, err
	}
	w := &world{pki, map[string]*certstest.Card{}}
	for name, p := range map[string]certstest.Person{
		"rsa":   {Algorithm: certstest.RSA2048},
		"ec":    {Algorithm: certstest.P384},
		"other": {Algorithm: certstest.RSA2048},
		"kid":   {Algorithm: certstest.RSA2048, NoSignature: true},
		"bare":  {Algorithm: certstest.RSA2048, Files: certstest.FileOptions{NoCertificates: true}},
	} {
		p.GivenNames, p.Surname, p.NationalNumber = "Nora Anna", "Specimen", "01050399864"
		if w.cards[name], err = pki.Issue(p); err != nil {
			return nil, err
		}
	}
	return w, nil
})

func theWorld(t testing.TB) *world {
	t.Helper()
	w, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// card is a fresh applet with the files of that card.
func card(t testing.TB, name string) *applet.Card {
	t.Helper()
	c, err := applet.New(theWorld(t).cards[name], goodPIN)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// insert puts a fresh card into the first reader, for the time of the test.
func insert(t testing.TB, name string) *applet.Card {
	t.Helper()
	c := card(t, name)
	put(t, 0, c)
	return c
}

func put(t testing.TB, slot int, c pcsc.Card) {
	t.Helper()
	if err := rig.Insert(slot, c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { remove(t, slot) })
}

func remove(t testing.TB, slot int) {
	t.Helper()
	if err := rig.Remove(slot); err != nil {
		t.Fatal(err)
	}
}

// openSC is the module's path.
func openSC(t testing.TB) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/*/opensc-pkcs11.so")
	if len(found) == 0 {
		t.Fatal("opensc-pkcs11.so is not installed")
	}
	return found[0]
}

// module opens OpenSC in this process.
func module(t testing.TB) *reader.Module {
	t.Helper()
	m, err := reader.Open(openSC(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("closing the module: %v", err)
		}
	})
	return m
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func open(t testing.TB, m *reader.Module) *reader.Card {
	t.Helper()
	c, err := m.Card(within(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// inserted is a fresh card in the reader, open.
func inserted(t testing.TB, name string) (*applet.Card, *reader.Module, *reader.Card) {
	t.Helper()
	c := insert(t, name)
	m := module(t)
	return c, m, open(t, m)
}

// typing answers with one PIN after another and remembers what was asked.
type typing struct {
	pins   []string
	asked  []reader.PINRequest
	before func() // a PIN is typed
}

func (p *typing) PIN(_ context.Context, ask reader.PINRequest) ([]byte, error) {
	p.asked = append(p.asked, ask)
	if p.before != nil {
		p.before()
	}
	if len(p.asked) > len(p.pins) {
		return nil, reader.ErrCancelled
	}
	return []byte(p.pins[len(p.asked)-1]), nil
}

func key(t testing.TB, c *reader.Card, p certs.Purpose, pin reader.PIN) *reader.Key {
	t.Helper()
	k, err := c.Key(p, pin)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func wantError(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

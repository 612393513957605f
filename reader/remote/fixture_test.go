package remote_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

// TestMain is also the child: sets of these tests start this binary. It builds the proxy
// module once for all tests.
func TestMain(m *testing.M) {
	remote.Main()
	for marker, be := range map[string]func(string){parentMarker: beParent, rawMarker: beRaw, onceMarker: signOnce} {
		if module := os.Getenv(marker); module != "" {
			os.Unsetenv(marker)
			be(module)
			os.Exit(0)
		}
	}
	dir, err := os.MkdirTemp("", "remote-")
	if err != nil {
		panic(err)
	}
	module, err := softcard.Build(dir)
	if err != nil {
		panic(err)
	}
	os.Setenv("GUICHET_SOFTCARD", module)
	worldDir = dir + "/desk"
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// world is a PKI and one card of each sort, made once, with a desk that has them all.
type world struct {
	pki   *certstest.PKI
	cards map[string]*certstest.Card
}

var worldDir string

// goodPIN is as long as PINs get, so that it is found nowhere by chance.
const goodPIN = "739105284617"

var made = sync.OnceValues(func() (*world, error) {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		return nil, err
	}
	w := &world{pki, map[string]*certstest.Card{}}
	for name, p := range map[string]certstest.Person{
		"rsa":   {NationalNumber: "01050399864", Algorithm: certstest.RSA2048},
		"p384":  {NationalNumber: "01050399864", Algorithm: certstest.P384},
		"kid":   {NationalNumber: "01050399864", Algorithm: certstest.P384, NoSignature: true},
		"other": {NationalNumber: "85073003328", Algorithm: certstest.P384},
	} {
		p.GivenNames, p.Surname = "Nora Anna Maria", "Specimen"
		p.Street, p.Postcode, p.Municipality = "Rue de la Loi 16", "1000", "Bruxelles"
		if w.cards[name], err = pki.Issue(p); err != nil {
			return nil, err
		}
	}
	d, err := softcard.NewDesk(worldDir)
	if err != nil {
		return nil, err
	}
	for name, card := range w.cards {
		if err := d.AddCard(name, card, goodPIN); err != nil {
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

// newDesk is a desk with the cards of the world. No card is inserted.
func newDesk(t testing.TB) *softcard.Desk {
	t.Helper()
	theWorld(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(worldDir)); err != nil {
		t.Fatal(err)
	}
	d, err := softcard.NewDesk(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// openSet opens a set that is closed after the test.
func openSet(t testing.TB, c remote.Config) *remote.Set {
	t.Helper()
	s, err := remote.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the set: %v", err)
		}
	})
	return s
}

// inserted is a desk with one card of the world inserted, a set, and the open card.
func inserted(t testing.TB, name string) (*softcard.Desk, *remote.Set, *remote.Card) {
	t.Helper()
	d := newDesk(t)
	insert(t, d, name)
	s := openSet(t, remote.Config{Modules: []string{d.Module()}})
	return d, s, openCard(t, s)
}

func insert(t testing.TB, d *softcard.Desk, name string) {
	t.Helper()
	if err := d.Insert(name); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, d *softcard.Desk) {
	t.Helper()
	if err := d.Remove(); err != nil {
		t.Fatal(err)
	}
}

func openCard(t testing.TB, s *remote.Set) *remote.Card {
	t.Helper()
	c, err := s.Card(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sum(text string) []byte {
	digest := sha256.Sum256([]byte(text))
	return digest[:]
}

// typed is an entry that reads this PIN from a descriptor.
func typed(t testing.TB, pin string) remote.Entry {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString(pin + "\n"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { r.Close() })
	return remote.Entry{Kind: remote.Descriptor, Descriptor: r.Fd()}
}

// request is a signature with the signature key.
func request(e remote.Entry) remote.SignRequest {
	return remote.SignRequest{Purpose: certs.Signature, Digest: sum("document"), Hash: crypto.SHA256, Entry: e}
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

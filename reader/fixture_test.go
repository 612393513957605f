package reader

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/reader/softcard"
)

// TestMain builds the proxy module once for all tests, and takes the world down.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "reader-")
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

const nora = "01050399864"

var made = sync.OnceValues(func() (*world, error) {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		return nil, err
	}
	w := &world{pki, map[string]*certstest.Card{}}
	for name, p := range map[string]certstest.Person{
		"rsa":   {NationalNumber: nora, Algorithm: certstest.RSA2048},
		"p384":  {NationalNumber: nora, Algorithm: certstest.P384},
		"p256":  {NationalNumber: nora, Algorithm: certstest.P256},
		"kid":   {NationalNumber: nora, Algorithm: certstest.P384, NoSignature: true},
		"old":   {NationalNumber: nora, Algorithm: certstest.RSA2048, NoExtKeyUsage: true},
		"other": {NationalNumber: "85073003328", Algorithm: certstest.P384},
	} {
		p.GivenNames, p.Surname = "Nora Anna Maria", "Specimen"
		p.Street, p.Postcode, p.Municipality = "Rue de la Loi 16", "1000", "Bruxelles"
		if w.cards[name], err = pki.Issue(p); err != nil {
			return nil, err
		}
	}
	return w, w.makeDesk()
})

// makeDesk makes the desk that tests copy: writing a token to disk is slow.
func (w *world) makeDesk() error {
	d, err := softcard.NewDesk(worldDir)
	if err != nil {
		return err
	}
	for name, card := range w.cards {
		if err := d.AddCard(name, card, goodPIN); err != nil {
			return err
		}
	}
	return nil
}

func theWorld(t testing.TB) *world {
	t.Helper()
	w, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const goodPIN = "1234"

// card returns a copy, so that a test may spoil it.
func (w *world) card(name string) *certstest.Card {
	c := *w.cards[name]
	return &c
}

// desk is a desk with the cards of the world and these more, and the open module. No
// card is inserted.
func desk(t testing.TB, more map[string]*certstest.Card) (*softcard.Desk, *Module) {
	t.Helper()
	theWorld(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(worldDir)); err != nil {
		t.Fatal(err)
	}
	return deskIn(t, dir, more)
}

func deskIn(t testing.TB, dir string, cards map[string]*certstest.Card) (*softcard.Desk, *Module) {
	t.Helper()
	d, err := softcard.NewDesk(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, card := range cards {
		if err := d.AddCard(name, card, goodPIN); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Open(d.Module())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("closing the module: %v", err)
		}
	})
	return d, m
}

// inserted is a desk with one card of the world, inserted and open.
func inserted(t testing.TB, name string) (*softcard.Desk, *Module, *Card) {
	t.Helper()
	d, m := desk(t, nil)
	insert(t, d, name)
	return d, m, open(t, m)
}

func insertedCard(t testing.TB, name string, made *certstest.Card) (*softcard.Desk, *Module, *Card) {
	t.Helper()
	d, m := desk(t, map[string]*certstest.Card{name: made})
	insert(t, d, name)
	return d, m, open(t, m)
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

func open(t testing.TB, m *Module) *Card {
	t.Helper()
	c, err := m.Card(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("closing the card: %v", err)
		}
	})
	return c
}

func key(t testing.TB, c *Card, p certs.Purpose, pin PIN) *Key {
	t.Helper()
	k, err := c.Key(p, pin)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// pinFunc is a PIN that a test writes in place.
type pinFunc func(ctx context.Context, ask PINRequest) ([]byte, error)

func (f pinFunc) PIN(ctx context.Context, ask PINRequest) ([]byte, error) { return f(ctx, ask) }

// typing answers with one PIN after another and remembers what was asked.
type typing struct {
	pins  []string
	asked []PINRequest
}

func (p *typing) PIN(_ context.Context, ask PINRequest) ([]byte, error) {
	p.asked = append(p.asked, ask)
	if len(p.asked) > len(p.pins) {
		return nil, ErrCancelled
	}
	return []byte(p.pins[len(p.asked)-1]), nil
}

// noPIN fails the test when it is asked.
func noPIN(t *testing.T) PIN {
	return pinFunc(func(context.Context, PINRequest) ([]byte, error) {
		t.Error("a PIN was asked for")
		return nil, ErrCancelled
	})
}

// meddler stands between us and the module and changes what goes through; a nil hook
// changes nothing.
type meddler struct {
	library
	tokenInfo func(pkcs11.TokenInfo, error) (pkcs11.TokenInfo, error)
	login     func(s pkcs11.SessionHandle, user uint, pin string) error
	attribute func(kind uint, value []byte) ([]byte, error)
	signInit  func() error // before the real one
	sign      func(value []byte, err error) ([]byte, error)
	readers   func() error
	closed    int // sessions
}

// meddle puts a meddler into the module.
func meddle(m *Module) *meddler {
	m.turn <- struct{}{}
	defer func() { <-m.turn }()
	x := &meddler{library: m.lib}
	m.lib = x
	return x
}

func (x *meddler) GetSlotList(present bool) ([]uint, error) {
	if x.readers != nil {
		if err := x.readers(); err != nil {
			return nil, err
		}
	}
	return x.library.GetSlotList(present)
}

func (x *meddler) GetTokenInfo(slot uint) (pkcs11.TokenInfo, error) {
	info, err := x.library.GetTokenInfo(slot)
	if x.tokenInfo != nil {
		return x.tokenInfo(info, err)
	}
	return info, err
}

func (x *meddler) Login(s pkcs11.SessionHandle, user uint, pin string) error {
	if x.login != nil {
		return x.login(s, user, pin)
	}
	return x.library.Login(s, user, pin)
}

func (x *meddler) CloseSession(s pkcs11.SessionHandle) error {
	x.closed++
	return x.library.CloseSession(s)
}

func (x *meddler) GetAttributeValue(s pkcs11.SessionHandle, o pkcs11.ObjectHandle, a []*pkcs11.Attribute) ([]*pkcs11.Attribute, error) {
	list, err := x.library.GetAttributeValue(s, o, a)
	if x.attribute == nil || err != nil {
		return list, err
	}
	value, err := x.attribute(a[0].Type, list[0].Value)
	return []*pkcs11.Attribute{{Type: a[0].Type, Value: value}}, err
}

func (x *meddler) SignInit(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, key pkcs11.ObjectHandle) error {
	if x.signInit != nil {
		if err := x.signInit(); err != nil {
			return err
		}
	}
	return x.library.SignInit(s, m, key)
}

func (x *meddler) Sign(s pkcs11.SessionHandle, input []byte) ([]byte, error) {
	value, err := x.library.Sign(s, input)
	if x.sign != nil {
		return x.sign(value, err)
	}
	return value, err
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

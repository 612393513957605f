package softcard

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/pkcs11"

	"guichet.example/certs/certstest"
)

// master is a desk with both cards, which tests copy: writing a token to disk is slow.
var master string

// TestMain builds the proxy once for all tests.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "softcard-")
	if err != nil {
		panic(err)
	}
	module, err := Build(dir)
	if err != nil {
		panic(err)
	}
	os.Setenv("GUICHET_SOFTCARD", module)
	master = filepath.Join(dir, "desk")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var issued = sync.OnceValues(func() (map[string]*certstest.Card, error) {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		return nil, err
	}
	cards := map[string]*certstest.Card{}
	for name, algorithm := range map[string]certstest.Algorithm{"rsa": certstest.RSA2048, "ec": certstest.P384} {
		cards[name], err = pki.Issue(certstest.Person{
			GivenNames: "Nora", Surname: "Specimen", NationalNumber: "01050399864", Algorithm: algorithm,
		})
		if err != nil {
			return nil, err
		}
	}
	return cards, nil
})

const pin = "1234"

var makeMaster = sync.OnceValue(func() error {
	cards, err := issued()
	if err != nil {
		return err
	}
	d, err := NewDesk(master)
	if err != nil {
		return err
	}
	for name, card := range cards {
		if err := d.AddCard(name, card, pin); err != nil {
			return err
		}
	}
	return nil
})

// newDesk is a desk with the cards "rsa" and "ec", none of them inserted.
func newDesk(t *testing.T) *Desk {
	t.Helper()
	if err := makeMaster(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(master)); err != nil {
		t.Fatal(err)
	}
	d, err := NewDesk(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func load(t *testing.T, d *Desk) *pkcs11.Ctx {
	t.Helper()
	p := pkcs11.New(d.Module())
	if p == nil {
		t.Fatalf("loading %s", d.Module())
	}
	if err := p.Initialize(); err != nil {
		t.Fatalf("C_Initialize: %v", err)
	}
	t.Cleanup(func() {
		p.Finalize()
		p.Destroy()
	})
	return p
}

func TestAddCardRefuses(t *testing.T) {
	d := newDesk(t)
	card := &certstest.Card{}
	for _, c := range []struct{ name, card, pin string }{
		{"name with a slash", "a/b", pin},
		{"name with capitals", "Nora", pin},
		{"empty name", "", pin},
		{"long name", strings.Repeat("a", 33), pin},
		{"short PIN", "new", "123"},
		{"long PIN", "new", "1234567890123"},
		{"name taken", "rsa", pin},
	} {
		if err := d.AddCard(c.card, card, c.pin); err == nil {
			t.Errorf("%s: AddCard(%q, %q) succeeded", c.name, c.card, c.pin)
		} else if strings.Contains(err.Error(), c.pin) {
			t.Errorf("%s: the error tells the PIN: %v", c.name, err)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	d := newDesk(t)
	if err := d.Insert("nobody"); !errors.Is(err, ErrUnknownName) {
		t.Errorf("Insert(nobody) = %v, want ErrUnknownName", err)
	}
	if err := d.Insert("../rsa"); !errors.Is(err, ErrUnknownName) {
		t.Errorf("Insert(../rsa) = %v, want ErrUnknownName", err)
	}
	if _, err := d.Tries("nobody"); !errors.Is(err, ErrUnknownName) {
		t.Errorf("Tries(nobody) = %v, want ErrUnknownName", err)
	}
	if err := d.ResetTries("nobody"); !errors.Is(err, ErrUnknownName) {
		t.Errorf("ResetTries(nobody) = %v, want ErrUnknownName", err)
	}
}

func TestDeskIsFoundAgain(t *testing.T) {
	d := newDesk(t)
	if err := d.Insert("ec"); err != nil {
		t.Fatal(err)
	}
	again, err := NewDesk(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Inserted(); got != "ec" {
		t.Errorf("Inserted() = %q, want ec", got)
	}
	names, err := again.Cards()
	if err != nil || strings.Join(names, " ") != "ec rsa" {
		t.Errorf("Cards() = %v, %v, want ec and rsa", names, err)
	}
	if err := again.Remove(); err != nil || again.Inserted() != "" || again.Remove() != nil {
		t.Errorf("Remove() = %v, then Inserted() = %q", err, again.Inserted())
	}
}

// Two desks in one process share neither cards nor logins.
func TestDesksAreApart(t *testing.T) {
	var wait sync.WaitGroup
	for range 3 {
		d := newDesk(t)
		if err := d.Insert("rsa"); err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			p := pkcs11.New(d.Module())
			if err := p.Initialize(); err != nil {
				t.Errorf("C_Initialize: %v", err)
				return
			}
			defer p.Destroy()
			defer p.Finalize()
			session, err := p.OpenSession(0, pkcs11.CKF_SERIAL_SESSION)
			if err == nil {
				err = p.Login(session, pkcs11.CKU_USER, pin)
			}
			if err != nil {
				t.Errorf("logging in: %v", err)
			}
		})
	}
	wait.Wait()
}

func TestBuild(t *testing.T) {
	t.Run("named but missing", func(t *testing.T) {
		t.Setenv("GUICHET_SOFTCARD", filepath.Join(t.TempDir(), "none.so"))
		if _, err := Build(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Build = %v, want one that is os.ErrNotExist", err)
		}
	})
	t.Run("no compiler", func(t *testing.T) {
		t.Setenv("GUICHET_SOFTCARD", "")
		t.Setenv("PATH", t.TempDir())
		if _, err := Build(t.TempDir()); !errors.Is(err, ErrNoProxy) {
			t.Errorf("Build = %v, want ErrNoProxy", err)
		}
	})
	t.Run("compiled", func(t *testing.T) {
		t.Setenv("GUICHET_SOFTCARD", "")
		dir := t.TempDir()
		path, err := Build(dir)
		if err != nil || path != filepath.Join(dir, ProxyName) {
			t.Fatalf("Build = %q, %v", path, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("Build left %d files, want the module alone", len(left))
		}
	})
}

// Without proxy and compiler the cards are had from SoftHSM2 itself, and stay in.
func TestWithoutProxy(t *testing.T) {
	t.Setenv("GUICHET_SOFTCARD", "")
	t.Setenv("PATH", t.TempDir())
	t.Setenv("SOFTHSM2_CONF", "") // put back afterwards
	cards, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDesk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, card := range cards {
		if err := d.AddCard(name, card, pin); err != nil {
			t.Fatal(err)
		}
	}
	if d.CanMove() {
		t.Fatal("CanMove() with no proxy")
	}
	if err := d.Insert("ec"); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"Remove": d.Remove(), "InsertStranger": d.InsertStranger(), "Unplug": d.Unplug()} {
		if !errors.Is(err, ErrCardStays) {
			t.Errorf("%s() = %v, want ErrCardStays", what, err)
		}
	}
	if d.Inserted() != "ec" || d.Reader() != "ec" {
		t.Errorf("Inserted() = %q, Reader() = %q, want ec", d.Inserted(), d.Reader())
	}
	p := load(t, d)
	slots, err := p.GetSlotList(true)
	if err != nil || len(slots) != 3 { // two cards and SoftHSM2's free slot
		t.Errorf("GetSlotList = %v, %v, want three slots", slots, err)
	}
	if journal, err := d.Journal(); err != nil || len(journal) != 0 {
		t.Errorf("Journal() = %v, %v, want none", journal, err)
	}
}

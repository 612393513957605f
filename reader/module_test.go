package reader

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/reader/softcard"
)

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "module.so")
	if err := os.WriteFile(text, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"no file": filepath.Join(dir, "none.so"), "folder": dir, "no library": text,
		"no PKCS#11": loadedLibrary(t), "bare name": "libsofthsm2.so", "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Open(path)
			wantError(t, "Open("+path+")", err, ErrModuleMissing)
			if m != nil {
				t.Error("a module comes with the error")
			}
		})
	}
}

// loadedLibrary is some shared library that is not a PKCS#11 module: the C library.
func loadedLibrary(t *testing.T) string {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		if i := strings.IndexByte(lines.Text(), '/'); i >= 0 && strings.Contains(lines.Text()[i:], "/libc") {
			return lines.Text()[i:]
		}
	}
	t.Fatal("this program uses no C library")
	return ""
}

func TestNoReaderNoCard(t *testing.T) {
	d, m := desk(t, map[string]*certstest.Card{"blank": {}})
	ctx := context.Background()

	_, err := m.Card(ctx)
	wantError(t, "Card of an empty reader", err, ErrNoCard)
	_, err = m.CardIn(ctx, d.Reader())
	wantError(t, "CardIn an empty reader", err, ErrNoCard)
	_, err = m.CardIn(ctx, "No Such Reader")
	wantError(t, "CardIn no reader", err, ErrNoReader)

	if err := d.InsertStranger(); err != nil {
		t.Fatal(err)
	}
	_, err = m.Card(ctx)
	wantError(t, "Card of a strange card", err, ErrUnknownCard)
	insert(t, d, "blank")
	_, err = m.Card(ctx)
	wantError(t, "Card of a card without certificates", err, ErrUnknownCard)

	if err := d.Unplug(); err != nil {
		t.Fatal(err)
	}
	_, err = m.Readers(ctx)
	wantError(t, "Readers without reader", err, ErrNoReader)
	_, err = m.Card(ctx)
	wantError(t, "Card without reader", err, ErrNoReader)
}

func TestReaders(t *testing.T) {
	d, m, _ := inserted(t, "rsa")
	list, err := m.Readers(context.Background())
	if err != nil || len(list) != 1 {
		t.Fatalf("Readers = %v, %v, want one", list, err)
	}
	r := list[0]
	if r.Name != d.Reader() || !r.Present || r.Label != "rsa" || len(r.Serial) != 16 {
		t.Errorf("Readers = %+v", r)
	}
	remove(t, d)
	list, err = m.Readers(context.Background())
	if err != nil || list[0].Present || list[0].Label != "" || list[0].Serial != "" {
		t.Errorf("Readers = %+v, %v, want an empty one", list, err)
	}
}

// Without proxy all cards are in at once: one has to be named.
func TestSeveralCards(t *testing.T) {
	t.Setenv("GUICHET_SOFTCARD", "")
	t.Setenv("PATH", t.TempDir())
	t.Setenv("SOFTHSM2_CONF", "")
	w := theWorld(t)
	d, m := deskIn(t, t.TempDir(), map[string]*certstest.Card{"rsa": w.card("rsa"), "p384": w.card("p384")})
	_, err := m.Card(context.Background())
	wantError(t, "Card", err, ErrSeveralCards)
	insert(t, d, "p384")
	c, err := m.CardIn(context.Background(), d.Reader())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Reader().Label != "p384" {
		t.Errorf("CardIn(%q) opened %q", d.Reader(), c.Reader().Label)
	}
	digest := sum("document")
	if _, err := key(t, c, certs.Signature, FixedPIN([]byte(goodPIN))).Sign(nil, digest, hash256); err != nil {
		t.Errorf("signing without proxy: %v", err)
	}
}

// A bank card in a second reader does not hide the identity card; two identity cards do.
func TestCardsInTwoReaders(t *testing.T) {
	d, m := desk(t, nil)
	second := filepath.Join(filepath.Dir(d.Module()), "readers", "A Second Reader")
	if err := os.Mkdir(second, 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(card string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(second, "card"), []byte(card+"\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("?")
	insert(t, d, "rsa")
	if c := open(t, m); c.Reader().Label != "rsa" {
		t.Errorf("Card opened %+v, want rsa", c.Reader())
	}
	put("p384")
	_, err := m.Card(context.Background())
	wantError(t, "Card with two of them", err, ErrSeveralCards)
	c, err := m.CardIn(context.Background(), "A Second Reader")
	if err != nil || c.Reader().Label != "p384" {
		t.Fatalf("CardIn = %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	put("?")
	remove(t, d)
	_, err = m.Card(context.Background())
	wantError(t, "Card with a bank card alone", err, ErrUnknownCard)
}

// slots is a module that shows these slots and nothing else, as OpenSC does.
type slots struct {
	library
	list []pkcs11.SlotInfo
}

func (s slots) GetSlotList(bool) ([]uint, error) {
	ids := make([]uint, len(s.list))
	for i := range ids {
		ids[i] = uint(i)
	}
	return ids, nil
}
func (s slots) GetSlotInfo(i uint) (pkcs11.SlotInfo, error) { return s.list[i], nil }
func (s slots) GetTokenInfo(i uint) (pkcs11.TokenInfo, error) {
	return pkcs11.TokenInfo{Label: "BELPIC (Basic PIN)\x00", SerialNumber: "0123456789abcdef", Flags: pkcs11.CKF_TOKEN_INITIALIZED}, nil
}

func TestSlotsOfOneReaderAreOne(t *testing.T) {
	empty := func(name string) pkcs11.SlotInfo { return pkcs11.SlotInfo{SlotDescription: name + "   "} }
	full := func(name string) pkcs11.SlotInfo {
		return pkcs11.SlotInfo{SlotDescription: name, Flags: pkcs11.CKF_TOKEN_PRESENT}
	}
	m := newModule("opensc", slots{list: []pkcs11.SlotInfo{
		empty("ACR"), empty("ACR"), full("ACR"), empty("ACR"), empty("Cherry"), empty("Cherry"),
	}})
	list, err := m.Readers(context.Background())
	if err != nil || len(list) != 2 {
		t.Fatalf("Readers = %+v, %v, want two", list, err)
	}
	if list[0].Name != "ACR" || !list[0].Present || list[0].slot != 2 || list[0].Label != "BELPIC (Basic PIN)" {
		t.Errorf("first reader = %+v, want ACR with the card in slot 2", list[0])
	}
	if list[1].Name != "Cherry" || list[1].Present {
		t.Errorf("second reader = %+v, want Cherry, empty", list[1])
	}
}

// A call that hangs inside the library: its caller and those behind it get an answer at
// their deadline, and the module works again when the library lets go.
func TestHangingModule(t *testing.T) {
	_, m, c := inserted(t, "p256")
	x := meddle(m)
	inside, letGo := make(chan struct{}), make(chan struct{})
	x.readers = func() error {
		close(inside)
		<-letGo
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	first := make(chan error)
	go func() {
		_, err := m.Readers(ctx)
		first <- err
	}()
	<-inside
	short, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer stop()
	start := time.Now()
	wantError(t, "a call behind the one that hangs", c.Present(short), ErrTimedOut)
	if took := time.Since(start); took > time.Second {
		t.Errorf("the answer came after %v", took)
	}
	cancel()
	wantError(t, "the call that hangs", <-first, ErrCancelled)
	x.readers = nil
	close(letGo)
	if err := c.Present(context.Background()); err != nil {
		t.Errorf("after the library let go: %v", err)
	}
}

// A card opened too late is closed by the module itself.
func TestLateCardIsClosed(t *testing.T) {
	d, m := desk(t, nil)
	insert(t, d, "p256")
	x := meddle(m)
	ctx, cancel := context.WithCancel(context.Background())
	var once sync.Once
	x.attribute = func(_ uint, value []byte) ([]byte, error) {
		once.Do(cancel)
		return value, nil
	}
	_, err := m.Card(ctx)
	wantError(t, "Card", err, ErrCancelled)
	m.turn <- struct{}{} // the library is done
	defer func() { <-m.turn }()
	if x.closed != 1 {
		t.Errorf("%d sessions closed, want the one opened", x.closed)
	}
}

// crowd counts how many calls are inside at once.
type crowd struct {
	library
	now, most atomic.Int32
}

func (c *crowd) GetTokenInfo(slot uint) (pkcs11.TokenInfo, error) {
	if n := c.now.Add(1); n > c.most.Load() {
		c.most.Store(n)
	}
	defer c.now.Add(-1)
	time.Sleep(time.Millisecond)
	return c.library.GetTokenInfo(slot)
}

func TestManyCallersOneCall(t *testing.T) {
	_, m, c := inserted(t, "p384")
	x := &crowd{library: m.lib}
	m.lib = x
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			digest := sum("document")
			if _, err := key(t, c, certs.Authentication, FixedPIN([]byte(goodPIN))).Sign(nil, digest, hash256); err != nil {
				t.Errorf("Sign: %v", err)
			}
			if _, err := m.Readers(context.Background()); err != nil {
				t.Errorf("Readers: %v", err)
			}
		})
	}
	wait.Wait()
	if most := x.most.Load(); most != 1 {
		t.Errorf("%d calls were inside the module at once, want 1", most)
	}
}

func TestClosed(t *testing.T) {
	d, err := softcard.NewDesk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.AddCard("p256", theWorld(t).card("p256"), goodPIN); err != nil {
		t.Fatal(err)
	}
	insert(t, d, "p256")
	m, err := Open(d.Module())
	if err != nil {
		t.Fatal(err)
	}
	c, err := m.Card(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = m.Readers(context.Background())
	wantError(t, "Readers", err, ErrClosed)
	wantError(t, "Present", c.Present(context.Background()), ErrClosed)
	if err := errors.Join(c.Close(), c.Close(), m.Close()); err != nil {
		t.Errorf("closing again: %v", err)
	}
	wantError(t, "Present of a closed card", c.Present(context.Background()), ErrClosed)

	again, err := Open(d.Module()) // a module can be opened again
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Card(context.Background()); err != nil {
		t.Errorf("Card of the module opened again: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestFindModules(t *testing.T) {
	root := t.TempDir()
	for _, path := range []string{
		"usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "usr/lib/x86_64-linux-gnu/libbeidpkcs11.so.0", "usr/lib64/p11-kit-proxy.so",
	} {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(root, "usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"), filepath.Join(root, "usr/lib/opensc-pkcs11.so")); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range findBelow(root, places["linux"]) {
		names = append(names, filepath.Base(path))
	}
	if got := strings.Join(names, " "); got != "libbeidpkcs11.so.0 opensc-pkcs11.so p11-kit-proxy.so" {
		t.Errorf("found %s", got)
	}
	if got := findBelow(t.TempDir(), places["linux"]); got != nil {
		t.Errorf("found %v in an empty place", got)
	}
}

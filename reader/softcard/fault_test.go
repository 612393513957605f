package softcard

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/pkcs11"
)

func fail(t *testing.T, d *Desk, faults ...Fault) {
	t.Helper()
	if err := d.Fail(faults...); err != nil {
		t.Fatal(err)
	}
}

func TestNthCallFails(t *testing.T) {
	d, p, s := speaking(t, SoftHSM2, "rsa")
	ask := func() error {
		_, err := p.GetSessionInfo(s)
		return err
	}
	fail(t, d, Fault{Function: "C_GetSessionInfo", Nth: 2, Once: true, Do: Return(pkcs11.CKR_HOST_MEMORY)})
	want(t, "first call", ask(), 0)
	if d.Fired() {
		t.Error("fired before the second call")
	}
	want(t, "second call", ask(), pkcs11.CKR_HOST_MEMORY)
	want(t, "third call", ask(), 0)
	if !d.Fired() {
		t.Error("not fired")
	}
	fail(t, d, Fault{Function: "*", Nth: 2, Do: Return(0x80000001)})
	want(t, "first call", ask(), 0)
	want(t, "second call", ask(), 0x80000001)
	want(t, "third call", ask(), 0x80000001)
	fail(t, d)
	want(t, "healed", ask(), 0)
	if d.Fired() {
		t.Error("fired after it was healed")
	}
}

func TestHangAndDelay(t *testing.T) {
	d, p, s := speaking(t, SoftHSM2, "rsa")
	fail(t, d, Fault{Function: "C_GetSessionInfo", Once: true, Do: Delay(20 * time.Millisecond)})
	start := time.Now()
	if _, err := p.GetSessionInfo(s); err != nil || time.Since(start) < 20*time.Millisecond {
		t.Errorf("a late call took %v, %v", time.Since(start), err)
	}
	fail(t, d, Fault{Function: "C_GetSessionInfo", Do: Hang})
	hanging := make(chan error)
	go func() {
		_, err := p.GetSessionInfo(s)
		hanging <- err
	}()
	for !d.Fired() {
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-hanging:
		t.Errorf("the call came back: %v", err)
	default:
	}
	fail(t, d)
	want(t, "healed", <-hanging, 0)
}

func TestRubbish(t *testing.T) {
	d, p, s := speaking(t, SoftHSM2, "rsa")
	fail(t, d, Fault{Function: "C_GetAttributeValue", Once: false, Do: LongValue})
	cert := object(t, p, s, pkcs11.CKO_CERTIFICATE, "CA")
	value, err := p.GetAttributeValue(s, cert, []*pkcs11.Attribute{{Type: pkcs11.CKA_LABEL}})
	if err != nil || len(value[0].Value) != 1<<20 {
		t.Errorf("a long value has %d bytes, %v", len(value[0].Value), err)
	}
	fail(t, d, Fault{Function: "C_FindObjects", Do: Endless})
	if n := count(t, p, s, class(pkcs11.CKO_CERTIFICATE)); n != 100 {
		t.Errorf("%d objects of an endless search, want all that were asked for", n)
	}
	fail(t, d, Fault{Function: "C_GetSlotList", Nth: 2, Once: true, Do: PlugIn("Second")})
	_, err = p.GetSlotList(false)
	want(t, "a list that grows", err, pkcs11.CKR_BUFFER_TOO_SMALL)
	fail(t, d, Fault{Function: "C_GetSlotList", Nth: 2, Once: true, Do: PlugOut("Second")})
	if list, err := p.GetSlotList(false); err != nil || len(list) != 1 {
		t.Errorf("a list that shrinks = %v, %v", list, err)
	}
}

// A crash takes the program with it, once: the next process finds a module that works.
func TestCrash(t *testing.T) {
	d := newDesk(t)
	insert(t, d, "rsa")
	fail(t, d, Fault{Function: "C_GetTokenInfo", Once: true, Do: Crash})
	list := func() error { return exec.Command("pkcs11-tool", "--module", d.Module(), "-L").Run() }
	var end *exec.ExitError
	if err := list(); !errors.As(err, &end) || end.Sys().(syscall.WaitStatus).Signal() != syscall.SIGSEGV {
		t.Errorf("pkcs11-tool ended with %v, want a segmentation fault", err)
	}
	if err := list(); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

// A module that was copied away from its desk fails, and does not crash.
func TestCopiedAway(t *testing.T) {
	d := newDesk(t)
	away := filepath.Join(t.TempDir(), "module.so")
	if err := install(d.Module(), away); err != nil {
		t.Fatal(err)
	}
	p := pkcs11.New(away)
	if p == nil {
		t.Fatal("it does not load")
	}
	defer p.Destroy()
	want(t, "C_Initialize", p.Initialize(), pkcs11.CKR_GENERAL_ERROR)
	_, err := p.GetSlotList(false)
	want(t, "C_GetSlotList", err, pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED)
	want(t, "C_GenerateRandom", func() error { _, err := p.GenerateRandom(0, 4); return err }(), pkcs11.CKR_GENERAL_ERROR)
}

// A test that misspells a setting must not pass.
func TestControlIsStrict(t *testing.T) {
	for name, text := range map[string]string{
		"unknown name": "no-such-thing yes\n", "unknown word": "keypad maybe\n", "no value": "keypad\n",
		"unknown function": "fault C_Nothing 1 once crash\n", "call zero": "fault C_Sign 0 once crash\n",
		"no action": "fault C_Sign 1 once\n", "slots": "slots 99\n", "long text": "token-label " + strings.Repeat("x", 40) + "\n",
	} {
		d := newDesk(t)
		p := load(t, d)
		if err := os.WriteFile(d.path("control"), []byte("generation x\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := p.GetSlotList(false)
		want(t, name, err, pkcs11.CKR_GENERAL_ERROR)
		os.Remove(d.path("control"))
		_, err = p.GetSlotList(false)
		want(t, name+", removed", err, 0)
	}
}

func TestReadersComeAndGo(t *testing.T) {
	d := newDesk(t)
	p := load(t, d)
	for _, err := range []error{d.PlugReader("A Second"), d.Insert("rsa"), d.InsertIn("A Second", "ec")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if list, err := p.GetSlotList(true); err != nil || len(list) != 2 {
		t.Errorf("slots with card = %v, %v, want two", list, err)
	}
	if err := errors.Join(d.RemoveFrom("A Second"), d.InsertStrangerIn("A Second")); err != nil {
		t.Error(err)
	}
	_, err := p.GetTokenInfo(1)
	want(t, "a stranger in the second", err, pkcs11.CKR_TOKEN_NOT_RECOGNIZED)
	if err := d.UnplugReader("A Second"); err != nil {
		t.Error(err)
	}
	if list, err := p.GetSlotList(false); err != nil || len(list) != 1 {
		t.Errorf("slots = %v, %v, want one", list, err)
	}
}

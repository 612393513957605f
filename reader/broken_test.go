package reader

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
	"guichet.example/reader/softcard"
)

// compiled is a library of that source.
func compiled(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	file, library := filepath.Join(dir, "module.c"), filepath.Join(dir, "module.so")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-o", library, file).CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	return library
}

// Modules that load and give nothing to call, or refuse to begin, are errors and no crash.
func TestOpenRefusesBrokenModules(t *testing.T) {
	d := CopyDesk(t)
	module, err := os.ReadFile(d.Module())
	if err != nil {
		t.Fatal(err)
	}
	away := filepath.Join(t.TempDir(), "away.so")
	if err := os.WriteFile(away, module, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"no function list":           compiled(t, "unsigned long C_GetFunctionList(void **list) { return 5; }"),
		"copied away from its files": away,
	} {
		m, err := Open(path)
		wantError(t, name, err, ErrModuleFailed)
		if m != nil {
			t.Errorf("%s: a module comes with the error", name)
		}
	}
	if err := d.Fail(softcard.Fault{Function: "C_Initialize", Once: true, Do: softcard.Return(pkcs11.CKR_DEVICE_ERROR)}); err != nil {
		t.Fatal(err)
	}
	_, err = Open(d.Module())
	wantError(t, "C_Initialize refused", err, ErrModuleFailed)
}

func TestModuleInfo(t *testing.T) {
	d, m := desk(t, nil)
	if err := d.Speak(softcard.Belgium); err != nil {
		t.Fatal(err)
	}
	want := ModuleInfo{Path: d.Module(), Description: "Belgium eID PKCS#11 interface v2", Manufacturer: "Belgium Government", Version: "5.1"}
	if got, err := m.Info(context.Background()); err != nil || got != want {
		t.Errorf("Info = %+v, %v, want %+v", got, err, want)
	}
	if err := d.Fail(softcard.Fault{Function: "C_GetInfo", Do: softcard.Return(pkcs11.CKR_GENERAL_ERROR)}); err != nil {
		t.Fatal(err)
	}
	_, err := m.Info(context.Background())
	wantError(t, "Info of a module that fails", err, ErrModuleFailed)
}

func TestPINState(t *testing.T) {
	d, _, c := inserted(t, "p256")
	for _, row := range []struct {
		dialect softcard.Dialect
		tries   int
		want    PINState
	}{
		{softcard.SoftHSM2, 3, PINState{Typed, -1, 4, 12}},
		{softcard.SoftHSM2, 2, PINState{Typed, 2, 4, 12}},
		{softcard.SoftHSM2, 1, PINState{Typed, 1, 4, 12}},
		{softcard.SoftHSM2, 0, PINState{Typed, 0, 4, 12}},
		{softcard.SoftHSM2.WithKeypad(), 3, PINState{Keypad, -1, 4, 12}},
		{softcard.Belgium, 1, PINState{Window, -1, 4, 12}},
		{softcard.Belgium.WithKeypad(), 3, PINState{Keypad, -1, 4, 12}},
		{softcard.BelgiumBare, 0, PINState{Typed, -1, 4, 12}},
	} {
		// The serial's letters change with the dialect: on a real desk that is another card.
		row.dialect.UpperSerial = false
		if err := errors.Join(d.Speak(row.dialect), d.SetTries("p256", row.tries)); err != nil {
			t.Fatal(err)
		}
		if got, err := c.PINState(context.Background()); err != nil || got != row.want {
			t.Errorf("%s with %d tries: PINState = %+v, %v, want %+v", row.dialect.Name, row.tries, got, err, row.want)
		}
	}
	tries(t, d, "p256", 0)
}

// A card that a module lets slip in without ending the session is not given the PIN of
// the one before.
func TestOtherSerialGetsNoPIN(t *testing.T) {
	_, m, c := inserted(t, "p256")
	x := meddle(m)
	other := false
	x.tokenInfo = func(info pkcs11.TokenInfo, err error) (pkcs11.TokenInfo, error) {
		if other {
			info.SerialNumber = "0123456789ABCDEF"
		}
		return info, err
	}
	x.login = func(pkcs11.SessionHandle, uint, string) error {
		t.Error("a PIN was handed over")
		return nil
	}
	_, err := key(t, c, certs.Authentication, pinFunc(func(context.Context, PINRequest) ([]byte, error) {
		other = true
		return []byte(goodPIN), nil
	})).Sign(nil, sum("x"), hash256)
	wantError(t, "another card of the same session", err, ErrCardRemoved)
}

// A module with no end of slots is refused; one reader that fails hides no other.
func TestSlotBounds(t *testing.T) {
	many := newModule("many", slots{list: make([]pkcs11.SlotInfo, maxSlots+1)})
	_, err := many.Readers(context.Background())
	wantError(t, "too many slots", err, ErrModuleFailed)

	d, m := desk(t, nil)
	insert(t, d, "p256")
	if err := errors.Join(d.PlugReader("A First"), d.Fail(softcard.Fault{Function: "C_GetSlotInfo", Nth: 2, Once: true, Do: softcard.Return(pkcs11.CKR_DEVICE_ERROR)})); err != nil {
		t.Fatal(err)
	}
	list, err := m.Readers(context.Background())
	if err != nil || len(list) != 1 || !list[0].Present {
		t.Errorf("Readers = %+v, %v, want the one with the card", list, err)
	}
}

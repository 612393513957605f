package remote_test

import (
	"context"
	"crypto"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

// Operations of a card, as a page causes them.
var operations = map[string]func(ctx context.Context, t *testing.T, s *remote.Set, c *remote.Card) error{
	"readers": func(ctx context.Context, _ *testing.T, s *remote.Set, _ *remote.Card) error {
		_, err := s.Readers(ctx)
		return err
	},
	"card": func(ctx context.Context, _ *testing.T, s *remote.Set, _ *remote.Card) error {
		_, err := s.Card(ctx)
		return err
	},
	"present": func(ctx context.Context, _ *testing.T, _ *remote.Set, c *remote.Card) error { return c.Present(ctx) },
	"files": func(ctx context.Context, _ *testing.T, _ *remote.Set, c *remote.Card) error {
		_, err := c.Files(ctx)
		return err
	},
	"PIN state": func(ctx context.Context, _ *testing.T, _ *remote.Set, c *remote.Card) error {
		_, err := c.PINState(ctx)
		return err
	},
	"sign": func(ctx context.Context, t *testing.T, _ *remote.Set, c *remote.Card) error {
		_, err := c.Sign(ctx, request(typed(t, goodPIN)))
		return err
	},
}

// struck is where a module goes wrong, by operation. Those with a card go wrong when it
// was open before.
var struck = []struct {
	operation string
	functions []string
	fresh     bool // with a child that has opened no card
}{
	{"readers", []string{"C_Initialize", "C_GetSlotList", "C_GetSlotInfo", "C_GetTokenInfo"}, true},
	{"card", []string{"C_OpenSession", "C_FindObjectsInit", "C_FindObjects", "C_GetAttributeValue", "C_FindObjectsFinal"}, true},
	{"present", []string{"C_GetTokenInfo", "C_GetSessionInfo"}, false},
	{"files", []string{"C_FindObjectsInit", "C_GetAttributeValue"}, false},
	{"PIN state", []string{"C_GetTokenInfo"}, false},
	{"sign", []string{"C_GetTokenInfo", "C_FindObjectsInit", "C_Login", "C_SignInit", "C_Sign", "C_Logout"}, false},
}

// A module that hangs is killed at the deadline and one that crashes is buried, in
// whatever call; it is reader.ErrModuleFailed, and the next call works.
func TestModuleHangsOrCrashes(t *testing.T) {
	var all sync.WaitGroup // and not t.Parallel: most of the time they wait
	defer all.Wait()
	for _, action := range []softcard.Action{softcard.Hang, softcard.Crash} {
		for _, row := range struck {
			for _, function := range row.functions {
				all.Go(func() {
					t.Run(string(action)+"/"+row.operation+"/"+function, func(t *testing.T) {
						strike(t, action, row.operation, function, row.fresh)
					})
				})
			}
		}
	}
}

func strike(t *testing.T, action softcard.Action, operation, function string, fresh bool) {
	d := newDesk(t)
	insert(t, d, "p384")
	fault := softcard.Fault{Function: function, Once: true, Do: action}
	if fresh {
		fail(t, d, fault)
	}
	deadline := 5 * time.Second // more than a healthy call takes on the busiest machine
	s := openSet(t, remote.Config{Modules: []string{d.Module()}, Deadline: deadline})
	var c *remote.Card
	if !fresh {
		c = openCard(t, s)
		fail(t, d, fault)
	}
	started := time.Now()
	err := operations[operation](t.Context(), t, s, c)
	took := time.Since(started)
	wantError(t, operation, err, reader.ErrModuleFailed)
	if errors.Is(err, reader.ErrTimedOut) || errors.Is(err, reader.ErrCancelled) {
		t.Errorf("%s = %v, which says that the person was slow", operation, err)
	}
	if took > 10*deadline {
		t.Errorf("%s took %v, want at most the deadline of %v and a little", operation, took, deadline)
	}
	if !d.Fired() {
		t.Fatalf("%s was never called", function)
	}
	if c == nil {
		c = openCard(t, s)
	}
	if err := operations[operation](t.Context(), t, s, c); err != nil {
		t.Errorf("the next %s = %v", operation, err)
	}
	h := s.Health(t.Context())[0]
	wantKills := 0
	if action == softcard.Hang {
		wantKills = 1
	}
	if h.Kills != wantKills || h.Restarts != 1 || h.Err != nil {
		t.Errorf("Health = %d kills, %d restarts, %v, want %d and 1", h.Kills, h.Restarts, h.Err, wantKills)
	}
	wantTries(t, d, "p384", softcard.MaxTries)
}

func fail(t *testing.T, d *softcard.Desk, faults ...softcard.Fault) {
	t.Helper()
	if err := d.Fail(faults...); err != nil {
		t.Fatal(err)
	}
}

func wantTries(t *testing.T, d *softcard.Desk, name string, want int) {
	t.Helper()
	if n, err := d.Tries(name); err != nil || n != want {
		t.Errorf("Tries = %d, %v, want %d", n, err, want)
	}
}

// A module that answers CKR_OK with rubbish is found out before the value leaves.
func TestRubbish(t *testing.T) {
	for name, row := range map[string]struct {
		fault softcard.Fault
		want  error
	}{
		"wrong signature": {softcard.Fault{Function: "C_Sign", Do: softcard.WrongSignature}, reader.ErrWrongSignature},
		"short signature": {softcard.Fault{Function: "C_Sign", Do: softcard.ShortSignature}, reader.ErrWrongSignature},
		"another key":     {softcard.Fault{Function: "C_SignInit", Do: softcard.OtherKey}, reader.ErrWrongSignature},
		"device error":    {softcard.Fault{Function: "C_Sign", Do: softcard.Return(pkcs11.CKR_DEVICE_ERROR)}, reader.ErrModuleFailed},
		"not supported":   {softcard.Fault{Function: "C_Sign", Do: softcard.Return(pkcs11.CKR_FUNCTION_NOT_SUPPORTED)}, reader.ErrNotSupported},
		"card pulled":     {softcard.Fault{Function: "C_Sign", Do: softcard.TakeOut}, reader.ErrCardRemoved},
		"right lost":      {softcard.Fault{Function: "C_Sign", Do: softcard.LoseRight}, reader.ErrCardBusy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _, c := inserted(t, "rsa")
			fail(t, d, row.fault)
			value, err := c.Sign(t.Context(), request(typed(t, goodPIN)))
			wantError(t, "Sign", err, row.want)
			if value != nil {
				t.Errorf("Sign gave out %x", value)
			}
		})
	}
}

// Errors cross the process boundary as what they are, text and code for the log.
func TestErrorsCross(t *testing.T) {
	d, _, c := inserted(t, "p384")
	_, err := c.Sign(t.Context(), request(typed(t, "0000")))
	var wrong reader.PINError
	if !errors.As(err, &wrong) || wrong.Tries != 2 {
		t.Errorf("Sign with a wrong PIN = %v, want a PINError with 2 tries", err)
	}
	_, err = c.Sign(t.Context(), request(typed(t, "123")))
	if !errors.As(err, &wrong) || wrong.Tries != 2 {
		t.Errorf("Sign with three digits = %v, want a PINError and no try spent", err)
	}
	_, err = c.Sign(t.Context(), request(typed(t, "1234567890123")))
	if !errors.As(err, &wrong) || wrong.Tries != 2 {
		t.Errorf("Sign with thirteen digits = %v, want a PINError and no try spent", err)
	}
	_, err = c.Sign(t.Context(), request(remote.Entry{}))
	wantError(t, "Sign without anybody to ask", err, reader.ErrCancelled)
	_, err = c.Sign(t.Context(), request(remote.Entry{Kind: remote.Descriptor, Descriptor: 99}))
	wantError(t, "Sign with a descriptor that is not open", err, remote.ErrEntry)
	if text := err.Error(); !strings.Contains(text, "descriptor 99 is not open") || strings.Contains(text, "sendmsg") {
		t.Errorf("Sign with a descriptor that is not open: %s", text)
	}
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer nothing.Close()
	_, err = c.Sign(t.Context(), request(remote.Entry{Kind: remote.Descriptor, Descriptor: nothing.Fd()}))
	wantError(t, "Sign with an empty descriptor", err, remote.ErrEntry)
	long := request(typed(t, goodPIN))
	long.Digest = append(long.Digest, 0)
	_, err = c.Sign(t.Context(), long)
	wantError(t, "Sign of 33 bytes", err, reader.ErrNotSupported)
	long.Hash = crypto.SHA1
	_, err = c.Sign(t.Context(), long)
	wantError(t, "Sign with SHA-1", err, reader.ErrNotSupported)
	_, err = c.Sign(t.Context(), request(typed(t, "0000")))
	if !errors.As(err, &wrong) || wrong.Tries != 1 {
		t.Errorf("Sign with a wrong PIN = %v, want a PINError with one try", err)
	}
	_, err = c.Sign(t.Context(), request(typed(t, "0000")))
	wantError(t, "Sign with a wrong PIN, the last", err, reader.ErrPINBlocked)
	wantTries(t, d, "p384", 0)
	fail(t, d, softcard.Fault{Function: "C_GetSessionInfo", Do: softcard.Return(pkcs11.CKR_DEVICE_MEMORY)})
	err = c.Present(t.Context())
	if !errors.Is(err, reader.ErrModuleFailed) || err.Error() != "looking for the card: PKCS#11 module failed (pkcs11: 0x31: CKR_DEVICE_MEMORY)" {
		t.Errorf("Present = %v, want the module's code in the text", err)
	}
}

func TestNothingThere(t *testing.T) {
	_, err := remote.Open(remote.Config{Modules: []string{"nothing.so", "/nowhere/nothing.so"}})
	wantError(t, "Open of modules that are not there", err, reader.ErrModuleMissing)

	text := t.TempDir() + "/text.so"
	if err := os.WriteFile(text, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openSet(t, remote.Config{Modules: []string{text}})
	_, err = s.Card(t.Context())
	wantError(t, "Card through what is no module", err, reader.ErrModuleMissing)

	d := newDesk(t)
	s = openSet(t, remote.Config{Modules: []string{"nothing.so", text, d.Module()}})
	_, err = s.Card(t.Context())
	wantError(t, "Card without a card", err, reader.ErrNoCard)
	_, err = s.CardIn(t.Context(), "Soft Reader")
	wantError(t, "CardIn without a card", err, reader.ErrNoCard)
	_, err = s.CardIn(t.Context(), "Other Reader")
	wantError(t, "CardIn of no reader", err, reader.ErrNoReader)
	if err := d.InsertStranger(); err != nil {
		t.Fatal(err)
	}
	_, err = s.Card(t.Context())
	wantError(t, "Card with a bank card", err, reader.ErrUnknownCard)
	insert(t, d, "kid")
	c := openCard(t, s)
	r := request(typed(t, goodPIN))
	_, err = c.Sign(t.Context(), r)
	wantError(t, "Sign with a card that cannot", err, reader.ErrNoSignatureCertificate)
	r.Purpose = certs.Purpose(7)
	_, err = c.Sign(t.Context(), r)
	wantError(t, "Sign for nothing", err, reader.ErrNotSupported)
	h := s.Health(t.Context())
	wantError(t, "health of the first", h[0].Err, reader.ErrModuleMissing)
	wantError(t, "health of the second", h[1].Err, reader.ErrModuleMissing)
	if h[2].Err != nil || h[2].Info.Description == "" || len(h[2].Readers) != 1 {
		t.Errorf("health of the third = %+v", h[2])
	}
	if err := d.Unplug(); err != nil {
		t.Fatal(err)
	}
	_, err = s.Readers(t.Context())
	wantError(t, "Readers without a reader", err, reader.ErrNoReader)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = s.Readers(t.Context())
	wantError(t, "Readers of a closed set", err, reader.ErrClosed)
	wantError(t, "Present after Close", c.Present(t.Context()), reader.ErrClosed)
}

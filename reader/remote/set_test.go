package remote_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

// second is the desk's module under another name: another module that sees the same.
func second(t *testing.T, d *softcard.Desk) string {
	t.Helper()
	library, err := os.ReadFile(d.Module())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(d.Module()), "second.so")
	if err := os.WriteFile(path, library, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// A card that two modules see is one card, of the first module that knows it.
func TestTwoModulesOneCard(t *testing.T) {
	d := newDesk(t)
	insert(t, d, "p384")
	s := openSet(t, remote.Config{Modules: []string{d.Module(), second(t, d)}})
	readers, err := s.Readers(t.Context())
	if err != nil || len(readers) != 1 || !readers[0].Present || readers[0].Serial == "" {
		t.Errorf("Readers = %+v, %v, want one with a card", readers, err)
	}
	c := openCard(t, s)
	if c.Module() != d.Module() {
		t.Errorf("the card is of %s, want the first module", c.Module())
	}
	if _, err := c.Sign(t.Context(), request(typed(t, goodPIN))); err != nil {
		t.Errorf("Sign = %v", err)
	}
}

// The second module is asked when the first does not know the card, or fails.
func TestNextModule(t *testing.T) {
	strange := func(t *testing.T, d *softcard.Desk) {
		if err := d.InsertStranger(); err != nil {
			t.Fatal(err)
		}
	}
	for name, spoil := range map[string]func(*testing.T, *softcard.Desk){
		"does not know the card": strange,
		"crashes": func(t *testing.T, d *softcard.Desk) {
			strange(t, d)
			fail(t, d, softcard.Fault{Function: "C_OpenSession", Do: softcard.Crash})
		},
		"cannot be opened": func(t *testing.T, d *softcard.Desk) {
			fail(t, d, softcard.Fault{Function: "C_Initialize", Do: softcard.Return(5)})
		},
		"hangs": func(t *testing.T, d *softcard.Desk) {
			insert(t, d, "other")
			fail(t, d, softcard.Fault{Function: "C_OpenSession", Do: softcard.Hang})
		},
	} {
		t.Run(name, func(t *testing.T) {
			first, next := newDesk(t), newDesk(t)
			insert(t, next, "p384")
			spoil(t, first)
			s := openSet(t, remote.Config{Modules: []string{first.Module(), next.Module()}, Deadline: 2 * time.Second})
			c := openCard(t, s)
			if c.Module() != next.Module() {
				t.Errorf("the card is of %s, want the second module", c.Module())
			}
			if _, err := c.Sign(t.Context(), request(typed(t, goodPIN))); err != nil {
				t.Errorf("Sign = %v", err)
			}
		})
	}
}

// The second module is not asked to open what the first knows.
func TestNextModuleLeftAlone(t *testing.T) {
	first, next := newDesk(t), newDesk(t)
	insert(t, first, "p384")
	insert(t, next, "p384")
	fail(t, next, softcard.Fault{Function: "C_OpenSession", Do: softcard.Hang})
	s := openSet(t, remote.Config{Modules: []string{first.Module(), next.Module()}})
	for range 3 {
		if _, err := openCard(t, s).Sign(t.Context(), request(typed(t, goodPIN))); err != nil {
			t.Errorf("Sign = %v", err)
		}
	}
	if next.Fired() {
		t.Error("the second module was asked to open a session")
	}
}

func TestSeveralCards(t *testing.T) {
	d := newDesk(t)
	if err := d.PlugReader("Second Reader"); err != nil {
		t.Fatal(err)
	}
	insert(t, d, "p384")
	if err := d.InsertIn("Second Reader", "other"); err != nil {
		t.Fatal(err)
	}
	s := openSet(t, remote.Config{Modules: []string{d.Module()}})
	_, err := s.Card(t.Context())
	wantError(t, "Card with two cards", err, reader.ErrSeveralCards)
	c, err := s.CardIn(t.Context(), "Second Reader")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := c.Certificate(certs.Authentication)
	if err != nil || !cert.Equal(theWorld(t).cards["other"].Authentication.Certificate) {
		t.Errorf("CardIn = another card, %v", err)
	}
	if err := d.InsertStrangerIn("Second Reader"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Card(t.Context()); err != nil {
		t.Errorf("Card with a bank card beside it = %v", err)
	}
}

// A card that was pulled out stays useless when it is back, whichever child is asked; a
// new one opens at once.
func TestPulledAndBack(t *testing.T) {
	d, s, c := inserted(t, "p384")
	remove(t, d)
	wantError(t, "Present", c.Present(t.Context()), reader.ErrCardRemoved)
	insert(t, d, "p384")
	wantError(t, "Present of the card that is back", c.Present(t.Context()), reader.ErrCardRemoved)
	c = openCard(t, s)
	if _, err := c.Sign(t.Context(), request(typed(t, goodPIN))); err != nil {
		t.Fatalf("Sign = %v", err)
	}
	insert(t, d, "other") // while a fresh child opens the one ahead, or after
	wantError(t, "Present after a swap", c.Present(t.Context()), reader.ErrCardRemoved)
	_, err := c.Sign(t.Context(), request(typed(t, goodPIN)))
	wantError(t, "Sign after a swap", err, reader.ErrCardRemoved)
	_, err = c.Identity(t.Context(), theWorld(t).pki.Anchors())
	wantError(t, "Identity after a swap", err, reader.ErrCardRemoved)
	id, err := openCard(t, s).Identity(t.Context(), theWorld(t).pki.Anchors())
	if err != nil || id.NationalNumber != "85073003328" {
		t.Errorf("Identity = %v, %v", id, err)
	}
}

// A person who is asked may take her time or give up; the module is free for others.
func TestCancelDuringPIN(t *testing.T) {
	for name, row := range map[string]struct {
		cause error
		want  error
	}{
		"cancelled": {context.Canceled, reader.ErrCancelled},
		"removed":   {reader.ErrCardRemoved, reader.ErrCardRemoved},
		"timed out": {reader.ErrTimedOut, reader.ErrTimedOut},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			insert(t, d, "p384")
			s := openSet(t, remote.Config{Modules: []string{d.Module()}, Deadline: 5 * time.Second})
			c := openCard(t, s)
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			defer w.Close()
			ctx, cancel := context.WithCancelCause(t.Context())
			signed := make(chan error, 1)
			go func() {
				_, err := c.Sign(ctx, request(remote.Entry{Kind: remote.Descriptor, Descriptor: r.Fd()}))
				signed <- err
			}()
			for range 3 {
				if err := c.Present(t.Context()); err != nil {
					t.Errorf("Present while a PIN is typed = %v", err)
				}
			}
			cancel(row.cause)
			wantError(t, "Sign", <-signed, row.want)
			if _, err := openCard(t, s).Sign(t.Context(), request(typed(t, goodPIN))); err != nil {
				t.Errorf("the next Sign = %v", err)
			}
			if h := s.Health(t.Context())[0]; h.Kills != 0 || h.Restarts != 0 {
				t.Errorf("Health = %d kills, %d restarts, want none", h.Kills, h.Restarts)
			}
		})
	}
}

// Keypad and middleware window: no deadline counts while the person types inside the
// module, and a module that does not let go is killed when the caller gives up.
func TestTypedInsideTheModule(t *testing.T) {
	for name, dialect := range map[string]softcard.Dialect{
		"keypad": softcard.SoftHSM2.WithKeypad(), "window": softcard.Belgium,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if err := d.Speak(dialect); err != nil {
				t.Fatal(err)
			}
			insert(t, d, "p384")
			deadline := time.Second
			s := openSet(t, remote.Config{Modules: []string{d.Module()}, Deadline: deadline})
			c := openCard(t, s)
			asked := make(chan remote.Progress, 64)
			r := request(remote.Entry{})
			r.Tell = func(p remote.Progress) { asked <- p }
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			signed := make(chan error, 1)
			sign := func() {
				_, err := c.Sign(ctx, r)
				signed <- err
			}
			go sign()
			if p := <-asked; string(p.State) != "pin_"+name {
				t.Errorf("Progress = %+v", p)
			}
			asksInside(t, d)
			look, stop := context.WithTimeout(t.Context(), 2*deadline)
			defer stop()
			err := c.Present(look) // waits for the module, and that is nobody's fault
			wantError(t, "Present while the person types", err, reader.ErrTimedOut)
			if err := d.Type(goodPIN, goodPIN); err != nil {
				t.Fatal(err)
			}
			if err := <-signed; err != nil {
				t.Errorf("Sign = %v", err)
			}
			if _, err := d.Untyped(); err != nil {
				t.Fatal(err)
			}
			if err := d.Forget(); err != nil {
				t.Fatal(err)
			}
			go sign()
			asksInside(t, d) // and SoftHSM2 writes nothing that a fresh child reads
			cancel()
			wantError(t, "Sign that was given up", <-signed, reader.ErrCancelled)
			if err := c.Present(t.Context()); err != nil {
				t.Errorf("Present after that = %v", err)
			}
		})
	}
}

// asksInside waits until the module asks in a window or on the keypad.
func asksInside(t *testing.T, d *softcard.Desk) {
	t.Helper()
	await(t, "the module to ask", func() bool {
		events, err := d.Events()
		return err == nil && slices.ContainsFunc(events, func(e softcard.Event) bool {
			return e.Kind == softcard.WindowShown || e.Kind == softcard.KeypadLit
		})
	})
}

// Callers may be many: signatures wait for each other, and nobody notices that children
// come and go.
func TestManyCallers(t *testing.T) {
	d, s, c := inserted(t, "p384")
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range 4 {
				if _, err := c.Sign(t.Context(), request(typed(t, goodPIN))); err != nil {
					t.Errorf("Sign = %v", err)
				}
			}
		})
	}
	stop := make(chan struct{})
	var others sync.WaitGroup
	for range 3 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := c.Present(t.Context()); err != nil {
					t.Errorf("Present = %v", err)
				}
				other, err := s.Card(t.Context())
				if err != nil {
					t.Errorf("Card = %v", err)
					continue
				}
				if _, err := other.Files(t.Context()); err != nil {
					t.Errorf("Files = %v", err)
				}
			}
		})
	}
	all.Wait()
	close(stop)
	others.Wait()
	if signed, err := d.Journal(); err != nil || len(signed) != 8 {
		t.Errorf("the card signed %d times, %v, want 8", len(signed), err)
	}
	if h := s.Health(t.Context())[0]; h.Kills != 0 || h.Restarts != 0 {
		t.Errorf("Health = %d kills, %d restarts, want none", h.Kills, h.Restarts)
	}
}

// The child that signed takes no part in what comes after: a fresh one has the card open.
func TestRetired(t *testing.T) {
	_, s, c := inserted(t, "p384")
	before := s.Children()[0]
	if _, err := c.Sign(t.Context(), request(typed(t, "0000"))); err == nil {
		t.Fatal("Sign with a wrong PIN succeeded")
	}
	s.Opened()
	after := s.Children()
	if len(after) != 1 || after[0] == before {
		t.Errorf("children %v after a signature by %d", after, before)
	}
	if err := c.Present(t.Context()); err != nil {
		t.Errorf("Present = %v", err)
	}
}

// Watch sees what happens to readers and cards, and nothing of what happens to children.
func TestWatch(t *testing.T) {
	d, s, c := inserted(t, "p384")
	ctx, stop := context.WithCancel(t.Context())
	events := s.Watch(ctx)
	want := func(kind reader.EventKind) {
		t.Helper()
		if e := <-events; e.Kind != kind || e.Reader.Name != "Soft Reader" {
			t.Fatalf("event %v of %q, want %v", e.Kind, e.Reader.Name, kind)
		}
	}
	want(reader.Connected)
	want(reader.Inserted)
	for range 3 {
		if _, err := c.Sign(t.Context(), request(typed(t, goodPIN))); err != nil {
			t.Fatal(err)
		}
		kill(s.Children())
		time.Sleep(2 * reader.PollInterval) // nothing may happen meanwhile
	}
	remove(t, d)
	want(reader.Removed)
	insert(t, d, "rsa")
	want(reader.Inserted)
	if err := d.Unplug(); err != nil {
		t.Fatal(err)
	}
	want(reader.Removed)
	want(reader.Unplugged)
	stop()
	if _, more := <-events; more {
		t.Error("an event after the end")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, more := <-s.Watch(t.Context()); more {
		t.Error("an event of a closed set")
	}
	if !errors.Is(c.Present(t.Context()), reader.ErrClosed) {
		t.Error("a card of a closed set answers")
	}
}

package agent_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/agent"
	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
)

// ends runs an authentication and holds its end against what is wanted.
func ends(t *testing.T, p *page, code api.Code, state api.State, tries int) {
	t.Helper()
	token, err := p.Authenticate(t.Context(), nonce)
	var failure api.Error
	if !errors.As(err, &failure) || failure.Code != code || failure.State != state || failure.Tries != tries || token != nil {
		t.Errorf("Authenticate = %.20s, %v (%+v); want %s %s, %d tries", token, err, failure, code, state, tries)
	}
}

func TestPINWrongThenRight(t *testing.T) {
	c := newCard("ec")
	a := start(t, newDesk(c))
	p := a.page("")
	var told []string
	p.PIN = func(_ context.Context, page *agenttest.PINPage) (string, error) {
		told = append(told, page.Error)
		return []string{"0000", "9999", rightPIN}[len(told)-1], nil
	}
	if _, err := p.Authenticate(t.Context(), nonce); err != nil {
		t.Fatalf("Authenticate = %v", err)
	}
	if len(told) != 3 || told[0] != "" || !strings.Contains(told[1], "2 tries left") || !strings.Contains(told[2], "1 try left: one more mistake blocks the card") {
		t.Errorf("the page said %q", told)
	}
	if want := []api.State{api.PINPage, api.PINWrong, api.PINWrong, api.Checking}; !inOrder(p.states(), want) {
		t.Errorf("events were %v, want %v in this order", p.states(), want)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.seen {
		if e.State == api.PINWrong && (e.Tries < 1 || e.Tries > 2 || !strings.HasPrefix(e.PINURL, a.URL()+api.PINPath)) {
			t.Errorf("event %+v does not say tries and page", e)
		}
	}
}

func TestPINBlocked(t *testing.T) {
	a := start(t, newDesk(newCard("ec")))
	p := a.page("")
	p.PIN = func(context.Context, *agenttest.PINPage) (string, error) { return "0000", nil }
	ends(t, p, api.Fatal, api.PINBlocked, 0)
	ends(t, p, api.Fatal, api.PINBlocked, 0) // blocked cards ask for nothing
}

func TestPINTriesNotTold(t *testing.T) {
	c := newCard("ec")
	c.silent = true
	a := start(t, newDesk(c))
	p := a.page("")
	p.PIN = func(_ context.Context, page *agenttest.PINPage) (string, error) {
		if page.Error == "" {
			return "0000", nil
		}
		if !strings.Contains(page.Error, "three mistakes block the card") {
			t.Errorf("the page said %q", page.Error)
		}
		return rightPIN, nil
	}
	if _, err := p.Authenticate(t.Context(), nonce); err != nil {
		t.Errorf("Authenticate = %v", err)
	}
}

func TestPressCancel(t *testing.T) {
	a := start(t, newDesk(newCard("ec")))
	p := a.page("")
	p.PIN = func(context.Context, *agenttest.PINPage) (string, error) { return "", agenttest.ErrPressCancel }
	ends(t, p, api.UserCancelled, api.Cancelled, -1)
	if !p.saw(api.Cancelled) {
		t.Errorf("events were %v", p.states())
	}
}

// waiting starts an authentication that stops at the PIN page, and returns how it ends.
func (p *page) waiting(t *testing.T) <-chan error {
	t.Helper()
	p.PIN = nil
	end := make(chan error, 1)
	go func() {
		_, err := p.Authenticate(t.Context(), nonce)
		end <- err
	}()
	if !p.saw(api.PINPage) {
		t.Fatal("no PIN page within 2 s")
	}
	return end
}

func wantEnd(t *testing.T, end <-chan error, code api.Code, state api.State) {
	t.Helper()
	select {
	case err := <-end:
		var failure api.Error
		if !errors.As(err, &failure) || failure.Code != code || failure.State != state {
			t.Errorf("ended with %v, want %s %s", err, code, state)
		}
	case <-time.After(6 * time.Second):
		t.Fatal("did not end within 6 s")
	}
}

func TestCardPulledAtThePIN(t *testing.T) {
	d := newDesk(newCard("ec"))
	a := start(t, d)
	p := a.page("")
	end := p.waiting(t)
	d.put(nil, reader.ErrNoCard)
	wantEnd(t, end, api.Fatal, api.CardRemoved)
	if !p.saw(api.CardRemoved) {
		t.Errorf("events were %v", p.states())
	}
}

// An event says what happened in a reader at some time in the last look; only the card
// itself knows whether it is still there. Another card's removal, be it from the same
// reader, is no reason to stop.
func TestRemovalOfAnotherCard(t *testing.T) {
	d := newDesk(newCard("ec"))
	a := start(t, d)
	p, stranger := a.page(""), a.page("")
	stranger.Origin = otherSite
	events, err := stranger.Events(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next(t, events)
	end := p.waiting(t)
	for _, name := range []string{fakeReader, "Another Reader"} {
		for _, kind := range []reader.EventKind{reader.Removed, reader.Unplugged} {
			d.events <- reader.Event{Kind: kind, Reader: reader.Reader{Name: name}}
			next(t, events) // it has arrived
		}
	}
	select {
	case err := <-end:
		t.Fatalf("ended with %v", err)
	default:
	}
	if _, err := p.OpenPIN(t.Context(), p.pinURL()); err != nil {
		t.Error(err)
	}
	if err := p.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantEnd(t, end, api.UserCancelled, api.Cancelled)
}

// A page can end what it began, and only that.
func TestCancel(t *testing.T) {
	a := start(t, newDesk(newCard("ec")))
	p, other := a.page(""), a.page("")
	other.Origin = otherSite
	end := p.waiting(t)
	if err := other.Cancel(t.Context()); err != nil {
		t.Errorf("Cancel of another origin = %v", err)
	}
	time.Sleep(50 * time.Millisecond)
	select {
	case err := <-end:
		t.Fatalf("another origin ended it with %v", err)
	default:
	}
	if err := p.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantEnd(t, end, api.UserCancelled, api.Cancelled)
	if err := p.Cancel(t.Context()); err != nil {
		t.Errorf("Cancel of nothing = %v", err)
	}
}

func TestOneAtATime(t *testing.T) {
	a := start(t, newDesk(newCard("ec")))
	p := a.page("")
	end := p.waiting(t)
	for _, origin := range []string{counter, otherSite} {
		second := a.page("")
		second.Origin, second.PIN = origin, nil
		ends(t, second, api.ActionPending, api.OtherTab, -1)
		if _, err := second.SigningCertificate(t.Context()); err == nil {
			t.Error("SigningCertificate while another operation runs succeeded")
		}
		if status, err := second.Status(t.Context()); err != nil || !status.Busy {
			t.Errorf("Status = %+v, %v; want busy", status, err)
		}
	}
	_ = p.Cancel(t.Context())
	wantEnd(t, end, api.UserCancelled, api.Cancelled)
	if _, err := a.page(rightPIN).Authenticate(t.Context(), nonce); err != nil {
		t.Errorf("after it ended: Authenticate = %v", err)
	}
}

func TestDeadline(t *testing.T) {
	a := start(t, newDesk(newCard("ec")), func(c *agent.Config) { c.Deadline = 150 * time.Millisecond })
	p := a.page("")
	wantEnd(t, p.waiting(t), api.UserTimeout, api.Timeout)
	empty := start(t, newDesk(nil), func(c *agent.Config) { c.Deadline = 150 * time.Millisecond })
	ends(t, empty.page(""), api.UserTimeout, api.Timeout, -1)
}

// The page that asked is gone: so is the operation, and the slot is free.
func TestPageLeaves(t *testing.T) {
	a := start(t, newDesk(newCard("ec")))
	p := a.page("")
	p.PIN = nil
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { _, _ = p.Authenticate(ctx, nonce); close(done) }()
	if !p.saw(api.PINPage) {
		t.Fatal("no PIN page")
	}
	leave()
	<-done
	free(t, a)
}

func free(t *testing.T, a *started) {
	t.Helper()
	for range 300 {
		if status, err := a.page("").Status(t.Context()); err == nil && !status.Busy {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("still busy after 3 s")
}

// Who cancels and tries again at once is served, also when the module takes a moment
// to let go.
func TestTryAgain(t *testing.T) {
	c := newCard("ec")
	a := start(t, newDesk(c))
	for range 3 {
		lingers := make(chan struct{})
		c.lingers = lingers
		time.AfterFunc(200*time.Millisecond, func() { close(lingers) })
		p := a.page("")
		end := p.waiting(t)
		if err := p.Cancel(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := a.page(rightPIN).Authenticate(t.Context(), nonce); err != nil {
			t.Fatalf("right after Cancel: Authenticate = %v", err)
		}
		wantEnd(t, end, api.UserCancelled, api.Cancelled)
	}
}

// A card that does not let go keeps the slot, since it is not ours again; the page gets
// its answer all the same. (Package remote kills what hangs, so cards do let go: see
// TestBrowserModuleHangs.)
func TestCardHangs(t *testing.T) {
	t.Parallel()
	c := newCard("ec")
	c.hangs = make(chan struct{})
	a := start(t, newDesk(c), func(c *agent.Config) { c.Deadline = 100 * time.Millisecond })
	ends(t, a.page(""), api.UserTimeout, api.Timeout, -1)
	if status, err := a.page("").Status(t.Context()); err != nil || !status.Busy {
		t.Errorf("Status = %+v, %v; want busy", status, err)
	}
	close(c.hangs)
	free(t, a)
}

// While something is missing the operation waits, saying what.
func TestWaitsForTheCard(t *testing.T) {
	d := newDesk(nil)
	d.err = reader.ErrNoReader
	a := start(t, d)
	p := a.page(rightPIN)
	end := make(chan error, 1)
	go func() {
		_, err := p.Authenticate(t.Context(), nonce)
		end <- err
	}()
	for _, step := range []struct {
		err   error
		state api.State
	}{
		{reader.ErrNoReader, api.NoReader}, {reader.ErrNoCard, api.NoCard}, {reader.ErrUnknownCard, api.CardUnknown},
		{reader.ErrCardBusy, api.CardBusy}, {reader.ErrCardRemoved, api.NoCard}, {reader.ErrSeveralCards, api.SeveralCards},
	} {
		d.put(nil, step.err)
		if !p.saw(step.state) {
			t.Fatalf("%v: events were %v, want %s", step.err, p.states(), step.state)
		}
	}
	d.put(newCard("rsa"), nil)
	if err := <-end; err != nil {
		t.Errorf("Authenticate = %v", err)
	}
}

// The PIN typed on the reader or in the module's window: the page is told where.
func TestPINElsewhere(t *testing.T) {
	for place, state := range map[reader.PINPlace]api.State{reader.Keypad: api.PINKeypad, reader.Window: api.PINWindow} {
		c := newCard("ec")
		c.place = place
		p := start(t, newDesk(c)).page("")
		c.typing, c.typed = func() { p.saw(state) }, func() { p.saw(api.Checking) }
		if _, err := p.Authenticate(t.Context(), nonce); err != nil {
			t.Errorf("Authenticate = %v", err)
		}
		if want := []api.State{state, api.Checking}; !inOrder(p.states(), want) {
			t.Errorf("events were %v, want %v in this order", p.states(), want)
		}
	}
}

// An agent that stops ends what is under way, and every stream.
func TestServeEnds(t *testing.T) {
	a, err := agent.New(agent.Config{Listen: "127.0.0.1:0", Origins: []string{counter}, Cards: newDesk(newCard("ec"))})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx) }()
	p := (&started{Agent: a}).page("")
	end := p.waiting(t)
	stop()
	select {
	case err := <-served:
		if err != nil {
			t.Errorf("Serve = %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Serve did not end within 5 s")
	}
	if err := <-end; err == nil {
		t.Error("the operation under way succeeded")
	}
}

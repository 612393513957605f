package kiosk_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/certs/registry"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/kiosk"
)

// cards are readers whose events a test writes.
type cards struct {
	events chan reader.Event
	files  func(ctx context.Context) (*registry.Files, error)
}

// Watch passes the events on until ctx ends.
func (c cards) Watch(ctx context.Context) <-chan reader.Event {
	out := make(chan reader.Event)
	go func() {
		defer close(out)
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-c.events:
				out <- e
			}
		}
	}()
	return out
}

// Files implements kiosk.Filer.
func (c cards) Files(ctx context.Context, _ string) (*registry.Files, error) {
	if c.files == nil {
		return nil, nil
	}
	return c.files(ctx)
}

func (c cards) happens(kinds ...reader.EventKind) {
	for _, kind := range kinds {
		c.events <- reader.Event{Kind: kind, Reader: reader.Reader{Name: "r", Present: kind == reader.Inserted}}
	}
}

// clock is one that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// runs starts a machine with a reader, and ends it with the test.
func runs(t *testing.T, change func(*kiosk.Machine)) (*kiosk.Machine, cards, *portal, chan error) {
	t.Helper()
	line, p := newLine(t)
	c := cards{events: make(chan reader.Event, 8)}
	m := &kiosk.Machine{Line: line, Cards: c, Again: 10 * time.Millisecond, Patience: -1}
	if change != nil {
		change(m)
		if changed, ok := m.Cards.(cards); ok {
			c = changed
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx); close(ended) }()
	t.Cleanup(func() {
		cancel()
		for range ended {
		}
	})
	return m, c, p, ended
}

// until waits for what has to come.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 4000 {
		if holds() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("it never came to this: %s", what)
}

func (p *portal) says(t *testing.T, want string) {
	t.Helper()
	until(t, want, func() bool { return p.kinds() == want })
}

func (p *portal) change(by func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	by()
}

func (p *portal) last(kind api.KioskKind) api.KioskMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range slices.Backward(p.heard) {
		if m.Kind == kind {
			return m
		}
	}
	return api.KioskMessage{}
}

func TestMachine(t *testing.T) {
	m, c, p, ended := runs(t, nil)
	c.happens(reader.Connected, reader.Inserted)
	if err := m.Told(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.happens(reader.Removed, reader.Unplugged)
	p.says(t, "start fault: card-in card-out fault:reader_gone")
	if s := m.Status(); !s.Online || s.Card || s.Trouble != api.ReaderGone || s.Name != "Borne 1" {
		t.Errorf("Status = %+v", s)
	}
	until(t, "a beat says that the reader is gone", func() bool {
		h := p.last(api.KioskBeat).Health
		return h != nil && h.Readers == 0 && slices.Equal(h.Troubles, []api.KioskTrouble{api.ReaderGone})
	})
	c.happens(reader.Connected)
	p.says(t, "start fault: card-in card-out fault:reader_gone fault:")
	until(t, "a beat says that a reader is there", func() bool {
		h := p.last(api.KioskBeat).Health
		return h.Readers == 1 && h.Troubles == nil
	})
	p.change(func() {
		p.answer = func(api.KioskMessage) (int, any) {
			return http.StatusForbidden, api.KioskRefusal{State: api.KioskRevoked}
		}
	})
	if err := <-ended; !errors.As(err, new(kiosk.RefusedError)) {
		t.Errorf("Run at a revoked kiosk = %v", err)
	}
	if s := m.Status(); s.State != api.KioskRevoked {
		t.Errorf("Status = %+v", s)
	}
}

// The files of a card go with the message that it is in, and nowhere else.
func TestMachineTellsFiles(t *testing.T) {
	files := &registry.Files{Identity: []byte("identity"), Photo: make([]byte, 3000)}
	var give atomic.Pointer[registry.Files]
	give.Store(files)
	m, c, p, _ := runs(t, func(m *kiosk.Machine) {
		m.Cards = cards{make(chan reader.Event, 8), func(context.Context) (*registry.Files, error) { return give.Load(), nil }}
	})
	insert := func() *registry.Files {
		c.happens(reader.Inserted)
		if err := m.Told(t.Context()); err != nil {
			t.Fatal(err)
		}
		told := p.last(api.KioskCardIn).Files
		c.happens(reader.Removed)
		until(t, "the card is out", func() bool { return p.last(api.KioskCardOut).Counter > p.last(api.KioskCardIn).Counter })
		return told
	}
	c.happens(reader.Connected)
	if told := insert(); told == nil || string(told.Identity) != "identity" || len(told.Photo) != 3000 {
		t.Errorf("files told: %v", told)
	}
	give.Store(nil)
	if told := insert(); told != nil {
		t.Errorf("of a module that gives none: %v", told)
	}
	give.Store(&registry.Files{Identity: []byte("x"), Photo: make([]byte, 60_000)})
	if told := insert(); told != nil {
		t.Errorf("of a photo without end: %v", told)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, message := range p.heard {
		if message.Files != nil && message.Kind != api.KioskCardIn {
			t.Errorf("files in a message %s", message.Kind)
		}
	}
}

// A card that is out before its files are read is not told of any more: the portal must
// not take it for one that is in.
func TestMachineCardOutWhileRead(t *testing.T) {
	reading, letGo := make(chan struct{}), make(chan struct{})
	_, c, p, _ := runs(t, func(m *kiosk.Machine) {
		m.Cards = cards{make(chan reader.Event, 8), func(context.Context) (*registry.Files, error) {
			close(reading)
			<-letGo
			return &registry.Files{Identity: []byte("x")}, nil
		}}
	})
	c.happens(reader.Connected, reader.Inserted)
	<-reading
	c.happens(reader.Removed)
	p.says(t, "start fault: card-out")
	close(letGo)
	beats := p.last(api.KioskBeat).Counter
	until(t, "two more beats", func() bool { return p.last(api.KioskBeat).Counter > beats+1 })
	p.says(t, "start fault: card-out")
}

// A portal that gave the lease to another meanwhile forgot the card, which is told anew.
func TestMachineBeginsAgain(t *testing.T) {
	m, c, p, _ := runs(t, nil)
	c.happens(reader.Connected, reader.Inserted)
	if err := m.Told(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.Tell(api.NoPaper, true)
	p.says(t, "start fault: card-in fault:no_paper")
	var refused atomic.Int32
	p.change(func() {
		p.heard = nil
		right := p.answer
		p.answer = func(m api.KioskMessage) (int, any) {
			if m.Kind == api.KioskBeat && refused.Add(1) <= 2 { // the second try with a new nonce too
				return http.StatusConflict, api.KioskRefusal{State: api.KioskStale, Nonce: "n"}
			}
			return right(m)
		}
	})
	p.says(t, "start fault:no_paper card-in")
	if h := p.last(api.KioskStart).Health; h == nil || !slices.Equal(h.Troubles, []api.KioskTrouble{api.NoPaper}) {
		t.Errorf("it begins with %+v", h)
	}
}

// A card that stays in when its session is over calls for its holder, then for staff.
func TestMachineCardLeft(t *testing.T) {
	time0 := &clock{}
	m, c, p, _ := runs(t, func(m *kiosk.Machine) { m.Now = time0.now })
	stuck := func(want bool) {
		t.Helper()
		until(t, "card stuck or not", func() bool { return (m.Status().Trouble == api.CardStuck) == want })
	}
	beat := func() {
		t.Helper()
		n := p.last(api.KioskBeat).Counter
		until(t, "beats", func() bool { return p.last(api.KioskBeat).Counter > n+2 })
	}
	tell := func(s api.KioskSession) { p.change(func() { p.opened = s }); beat() }
	c.happens(reader.Connected, reader.Inserted)
	if err := m.Told(t.Context()); err != nil {
		t.Fatal(err)
	}
	time0.ahead.Add(int64(time.Hour))
	beat()
	stuck(false) // a portal that does not tell of sessions: nobody knows
	c.happens(reader.Removed, reader.Inserted)
	beat()
	tell(api.KioskSessionOpen)
	time0.ahead.Add(int64(9 * time.Minute))
	beat()
	stuck(false) // in use
	tell(api.KioskSessionNone)
	time0.ahead.Add(int64(20 * time.Second))
	beat()
	stuck(false) // time to take it
	time0.ahead.Add(int64(11 * time.Second))
	stuck(true)
	tell(api.KioskSessionOpen)
	stuck(false) // she came back
	tell(api.KioskSessionNone)
	time0.ahead.Add(int64(31 * time.Second))
	stuck(true)
	c.happens(reader.Removed)
	stuck(false)
	c.happens(reader.Inserted)
	beat()
	time0.ahead.Add(int64(2 * time.Minute))
	beat()
	stuck(false) // she may be reading the screen
	time0.ahead.Add(int64(61 * time.Second))
	stuck(true)
	if h := p.last(api.KioskBeat).Health; h == nil {
		t.Error("no health in a beat")
	}
}

// No reader from the beginning is a trouble too.
func TestMachineWithoutReader(t *testing.T) {
	m, _, _, _ := runs(t, nil)
	until(t, "reader gone", func() bool { return m.Status().Trouble == api.ReaderGone })
}

// printer is one that stands so.
type printer struct {
	seen kiosk.Print
	err  error
}

func (p printer) Look(context.Context) (kiosk.Print, error) { return p.seen, p.err }

func TestMachinePrinter(t *testing.T) {
	for name, test := range map[string]struct {
		printer printer
		want    api.KioskPrinter
		trouble api.KioskTrouble
	}{
		"nothing answers": {printer{err: errors.New("no such socket")}, api.PrinterGone, api.NoTrouble},
		"empty":           {printer{seen: kiosk.Print{State: api.PrinterEmpty}}, api.PrinterEmpty, api.NoPaper},
		"jammed":          {printer{seen: kiosk.Print{State: api.PrinterStopped}}, api.PrinterStopped, api.NoTrouble},
		"ready":           {printer{seen: kiosk.Print{State: api.PrinterReady}}, api.PrinterReady, api.NoTrouble},
	} {
		t.Run(name, func(t *testing.T) {
			m, c, p, _ := runs(t, func(m *kiosk.Machine) { m.Printer = test.printer })
			c.happens(reader.Connected)
			until(t, "the printer is told of", func() bool {
				h := p.last(api.KioskBeat).Health
				return h != nil && h.Printer == test.want
			})
			until(t, "the trouble", func() bool { return m.Status().Trouble == test.trouble })
		})
	}
}

// Two things that are wrong: the worse is on the screen, and mending one leaves the other.
func TestMachineTroubles(t *testing.T) {
	m, c, p, _ := runs(t, nil)
	c.happens(reader.Connected)
	p.says(t, "start fault:")
	m.Tell(api.NoPaper, true)
	m.Tell(api.NoPaper, true) // told once
	p.says(t, "start fault: fault:no_paper")
	m.Tell(api.BrowserGone, true)
	p.says(t, "start fault: fault:no_paper fault:browser_gone")
	m.Tell(api.BrowserGone, false)
	m.Tell(api.NoTrouble, true)
	p.says(t, "start fault: fault:no_paper fault:browser_gone fault:no_paper")
	m.Tell(api.NoPaper, false)
	until(t, "all is well", func() bool { return strings.HasSuffix(p.kinds(), "fault:no_paper fault:") })
}

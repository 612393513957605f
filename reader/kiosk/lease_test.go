package kiosk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/kiosk"
	"guichet.example/reader/kiosk/kiosktest"
)

// booth is a paired machine and its portal.
type booth struct {
	portal *kiosktest.Portal
	dir    string
}

func newBooth(t *testing.T) booth {
	t.Helper()
	b := booth{kiosktest.Start(), t.TempDir()}
	t.Cleanup(b.portal.Close)
	b.portal.Every = 20 * time.Millisecond
	b.portal.Invite("7K4P")
	if _, err := kiosk.NewKey(b.path("key")); err != nil {
		t.Fatal(err)
	}
	line := b.line(t, "key", "state")
	if _, err := line.Pair(t.Context(), "0000"); !errors.As(err, new(kiosk.RefusedError)) {
		t.Errorf("paired with another code: %v", err)
	}
	if _, err := line.Pair(t.Context(), "7K4P"); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b booth) path(name string) string { return filepath.Join(b.dir, name) }

// line is what an agent opens when it begins with these files.
func (b booth) line(t *testing.T, keyFile, stateFile string) *kiosk.Line {
	t.Helper()
	key, err := kiosk.LoadKey(b.path(keyFile))
	if err != nil {
		t.Fatal(err)
	}
	state, err := kiosk.OpenState(b.path(stateFile))
	if err != nil {
		t.Fatal(err)
	}
	line := &kiosk.Line{Portal: b.portal.Origin(), Key: key, State: state}
	if err := line.Open(); err != nil {
		t.Fatal(err)
	}
	return line
}

// agent runs a machine until stop, which lets it end in order.
func (b booth) agent(t *testing.T, line *kiosk.Line, change func(*kiosk.Machine)) (m *kiosk.Machine, c cards, stop func() error) {
	t.Helper()
	c = cards{events: make(chan reader.Event, 8)}
	m = &kiosk.Machine{Line: line, Cards: c, Again: 10 * time.Millisecond, Patience: -1}
	if change != nil {
		change(m)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	var result error
	once := false
	stop = func() error {
		if !once {
			once = true
			cancel()
			result = <-ended
		}
		return result
	}
	t.Cleanup(func() { _ = stop() })
	return m, c, stop
}

func (b booth) beats(t *testing.T, more int) {
	t.Helper()
	n := len(b.portal.Heard())
	until(t, "the portal hears more", func() bool { return len(b.portal.Heard()) >= n+more })
}

func (b booth) suspended(t *testing.T, why string) {
	t.Helper()
	until(t, "the key is suspended", func() bool { state, _ := b.portal.State(); return state == api.KioskSuspended })
	if _, got := b.portal.State(); got != why {
		t.Errorf("suspended for %q, want %q", got, why)
	}
}

// A key with two live leases: a second machine that has the key alone.
func TestTwoLeasesOfOneKey(t *testing.T) {
	b := newBooth(t)
	first, _, stopFirst := b.agent(t, b.line(t, "key", "state"), nil)
	b.beats(t, 3)
	// Its counter begins at 1 and would give it away too: give it one that is higher.
	if err := os.WriteFile(b.path("elsewhere"), []byte(`{"lease":"AAAAAAAAAAAAAAAAAAAAAA","counter":900000}`), 0o600); err != nil {
		t.Fatal(err)
	}
	second, _, stopSecond := b.agent(t, b.line(t, "key", "elsewhere"), nil)
	b.suspended(t, "leases")
	for _, m := range []*kiosk.Machine{first, second} {
		until(t, "both learn of it", func() bool { return m.Status().State == api.KioskSuspended })
	}
	for name, stop := range map[string]func() error{"first": stopFirst, "second": stopSecond} {
		if err := stop(); !errors.As(err, new(kiosk.RefusedError)) {
			t.Errorf("the %s ends with %v", name, err)
		}
	}
}

// A state that was put back from a backup repeats counters.
func TestStateFromBackup(t *testing.T) {
	b := newBooth(t)
	old, err := os.ReadFile(b.path("state"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, stop := b.agent(t, b.line(t, "key", "state"), nil)
	b.beats(t, 3)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	// The block of counters that was on the disk is used up by then.
	line := b.line(t, "key", "state")
	if _, err := line.Send(t.Context(), api.KioskMessage{Kind: api.KioskStart}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.path("state"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	b.agent(t, b.line(t, "key", "state"), nil)
	b.suspended(t, "counter")
}

// The network is gone for longer than a lease lives: nothing is lost of what is so now, and
// no counter comes twice.
func TestNetworkGone(t *testing.T) {
	b := newBooth(t)
	b.portal.Silence = 100 * time.Millisecond
	m, c, stop := b.agent(t, b.line(t, "key", "state"), nil)
	c.happens(reader.Connected, reader.Inserted)
	if err := m.Told(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.portal.Cut(true)
	until(t, "it knows", func() bool { return !m.Status().Online })
	c.happens(reader.Removed)
	m.Tell(api.NoPaper, true)
	if s := m.Status(); s.Trouble != api.NoPaper {
		t.Errorf("status off the network: %+v", s)
	}
	time.Sleep(300 * time.Millisecond) // longer than the portal waits
	before := len(b.portal.Heard())
	b.portal.Cut(false)
	until(t, "it is back", func() bool { return m.Status().Online })
	until(t, "the portal knows how things stand", func() bool {
		var kinds []api.KioskKind
		for _, message := range b.portal.Heard()[before:] {
			kinds = append(kinds, message.Kind)
		}
		return slices.Contains(kinds, api.KioskCardOut) && slices.Contains(kinds, api.KioskFault)
	})
	if state, why := b.portal.State(); state != "" {
		t.Errorf("the portal suspended it for %s", why)
	}
	if err := stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
}

// A clock that is set back, or ahead, changes nothing: no message has a time of the kiosk,
// and the counter is no clock.
func TestClockSetBack(t *testing.T) {
	b := newBooth(t)
	wrong := &clock{}
	m, c, _ := b.agent(t, b.line(t, "key", "state"), func(m *kiosk.Machine) { m.Now = wrong.now })
	c.happens(reader.Connected, reader.Inserted)
	for _, by := range []time.Duration{-time.Hour, 400 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		wrong.ahead.Store(int64(by))
		b.beats(t, 3)
		if state, why := b.portal.State(); state != "" || m.Status().State != "" {
			t.Errorf("clock off by %v: suspended for %s", by, why)
		}
	}
}

// A second agent on the machine does not begin at all.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	release, err := kiosk.Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kiosk.Lock(path); !errors.Is(err, kiosk.ErrRunning) {
		t.Errorf("a second agent: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if release, err = kiosk.Lock(path); err != nil {
		t.Errorf("after the first: %v", err)
	} else if err := release(); err != nil {
		t.Error(err)
	}
}

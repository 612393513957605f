package upload

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func enter(t *testing.T, g *Gate, network string) *Place {
	t.Helper()
	place, err := g.Enter(network)
	if err != nil {
		t.Fatal(err)
	}
	return place
}

func TestGate(t *testing.T) {
	g := NewGate(Limits{Uploads: 3, Each: 2, Cores: 1, Wait: time.Millisecond})
	first, second := enter(t, g, "a"), enter(t, g, "a")
	if _, err := g.Enter("a"); !errors.Is(err, ErrBusy) {
		t.Errorf("a third file of one network: %v", err)
	}
	third := enter(t, g, "b")
	if _, err := g.Enter("c"); !errors.Is(err, ErrBusy) {
		t.Errorf("a fourth file: %v", err)
	}
	done, err := first.Work(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Place{second, third} {
		if _, err := p.Work(t.Context()); !errors.Is(err, ErrBusy) {
			t.Errorf("a second core: %v", err)
		}
	}
	if _, err := g.Core(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("a second core for ourselves: %v", err)
	}
	done()
	done()
	first.Leave()
	first.Leave()
	enter(t, g, "c")
	if _, err := g.Enter("d"); !errors.Is(err, ErrBusy) {
		t.Errorf("a place given back twice: %v", err)
	}
	if done, err = second.Work(t.Context()); err != nil {
		t.Fatalf("a core given back: %v", err)
	}
	done()
	if done, err = g.Core(t.Context()); err != nil {
		t.Fatalf("a core given back: %v", err)
	}
	done()
}

// A network with two files stands in line once: what others sent in between comes first.
func TestOneNetworkOneCore(t *testing.T) {
	g := NewGate(Limits{Cores: 2, Wait: time.Millisecond})
	first, second := enter(t, g, "a"), enter(t, g, "a")
	done, err := first.Work(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := second.Work(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("a second core of one network: %v", err)
	}
	other, err := enter(t, g, "b").Work(t.Context())
	if err != nil {
		t.Fatalf("another network: %v", err)
	}
	other()
}

// Who has had its share of time waits, the others do not, and a rest gives it back.
func TestShare(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	g := NewGate(Limits{Share: 10 * time.Second, Now: func() time.Time { return now }})
	spend := func(network string, took time.Duration) {
		place := enter(t, g, network)
		defer place.Leave()
		done, err := place.Work(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(took)
		done()
	}
	spend("a", 20*time.Second)
	spend("a", 25*time.Second)
	var wait *WaitError
	if _, err := g.Enter("a"); !errors.As(err, &wait) || wait.Wait < time.Second || wait.Wait > 2*time.Minute {
		t.Fatalf("after 45 s of work: %v", err)
	}
	enter(t, g, "b").Leave()
	now = now.Add(wait.Wait)
	enter(t, g, "a").Leave()
	spend("a", time.Hour)
	if _, err := g.Enter("a"); !errors.As(err, &wait) {
		t.Fatalf("after an hour of work: %v", err)
	}
	now = now.Add(-time.Hour) // a clock that steps back gives nothing and takes nothing
	if _, err := g.Enter("a"); !errors.As(err, &wait) {
		t.Errorf("by a clock set back: %v", err)
	}
	now = now.Add(8 * time.Hour)
	enter(t, g, "a").Leave()
}

// Networks are forgotten before they fill the memory, but not while they send.
func TestNetworksAreForgotten(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	g := NewGate(Limits{Uploads: 10, Now: func() time.Time { return now }})
	busy := enter(t, g, "busy")
	for n := range 2*maxClients + 10 {
		enter(t, g, fmt.Sprint(n)).Leave()
	}
	if len(g.of) > maxClients+1 || g.of["busy"] == nil {
		t.Errorf("%d networks are remembered", len(g.of))
	}
	busy.Leave()
	for n := range maxClients {
		g.of[fmt.Sprint(n)] = &client{spent: time.Hour, at: now, turn: make(chan struct{}, 1)}
	}
	enter(t, g, "new").Leave()
	if len(g.of) > maxClients {
		t.Errorf("%d networks that have spent are remembered", len(g.of))
	}
}

package password

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// small keeps the tests fast; nothing of the gate depends on how long a hash takes.
var small = Params{Memory: 64, Time: 1, Threads: 1}

func testGate(t testing.TB, change func(*Config)) *Gate {
	t.Helper()
	cfg := Config{Key: bytes.Repeat([]byte{7}, 32), Cores: 2, Params: small}
	if change != nil {
		change(&cfg)
	}
	g, err := NewGate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGateRefuses(t *testing.T) {
	ctx := context.Background()
	g := testGate(t, nil)
	stored, err := g.Hash(ctx, "right")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := g.Verify(ctx, stored, "wrong"); ok || err != nil {
		t.Errorf("another password: %v, %v", ok, err)
	}
	if ok, _, err := g.Verify(ctx, "", ""); ok || err != nil {
		t.Errorf("no stored hash: %v, %v", ok, err)
	}
	other := testGate(t, func(c *Config) { c.Key = bytes.Repeat([]byte{8}, 32) })
	if ok, _, err := other.Verify(ctx, stored, "right"); ok || !errors.Is(err, ErrOtherKey) {
		t.Errorf("another key: %v, %v", ok, err)
	}
	if _, _, err := g.Verify(ctx, stored+"=", "right"); !errors.Is(err, ErrHash) {
		t.Errorf("damaged hash: %v", err)
	}
	for name, cfg := range map[string]Config{"no key": {}, "short key": {Key: make([]byte, 31)},
		"no memory": {Key: make([]byte, 32), Params: Params{Memory: 7, Time: 1, Threads: 1}}} {
		if _, err := NewGate(cfg); err == nil {
			t.Errorf("%s: NewGate succeeded", name)
		}
	}
}

func TestGateVerifies(t *testing.T) {
	ctx := context.Background()
	g := testGate(t, nil)
	stored, err := g.Hash(ctx, "right")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := g.Hash(ctx, "right")
	if stored == again {
		t.Error("two hashes of one password share their salt")
	}
	if ok, stale, err := g.Verify(ctx, stored, "right"); !ok || stale || err != nil {
		t.Errorf("Verify = %v, %v, %v", ok, stale, err)
	}
	stronger := testGate(t, func(c *Config) { c.Params.Time = 2 })
	if ok, stale, err := stronger.Verify(ctx, stored, "right"); !ok || !stale || err != nil {
		t.Errorf("Verify with other parameters = %v, %v, %v", ok, stale, err)
	}
	if strings.Contains(stored, "right") || !strings.HasPrefix(stored, "$argon2id$v=19$m=64,t=1,p=1,keyid=") {
		t.Errorf("stored as %s", stored)
	}
	if g.Hashes() != 3 {
		t.Errorf("%d hashes, want 3", g.Hashes())
	}
}

// An empty stored hash costs what a real one does: the parameters of new hashes.
func TestGateUnknownCostsTheSame(t *testing.T) {
	g := testGate(t, nil)
	stored, _ := g.Hash(context.Background(), "right")
	h, err := parse(stored)
	if err != nil || g.dummy.Params != h.Params {
		t.Errorf("dummy %+v, stored %+v, %v", g.dummy.Params, h.Params, err)
	}
}

func TestGateBusy(t *testing.T) {
	g := testGate(t, func(c *Config) { c.Cores, c.Queue, c.Wait = 1, 1, time.Millisecond })
	first, err := g.Enter()
	if err != nil {
		t.Fatal(err)
	}
	second, err := g.Enter()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Enter(); !errors.Is(err, ErrBusy) {
		t.Errorf("third place: %v, want ErrBusy", err)
	}
	g.cores <- struct{}{} // somebody hashes for ever
	if _, err := second.Hash(context.Background(), "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("waited too long: %v, want ErrBusy", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	g.cfg.Wait = time.Hour
	first.by = time.Now().Add(time.Hour)
	if _, err := first.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("who left: %v", err)
	}
	<-g.cores
	first.Leave()
	second.Leave()
	if _, err := g.Hash(context.Background(), "x"); err != nil {
		t.Errorf("after the storm: %v", err)
	}
}

// At no time do more hash than there are cores.
func TestGateWidth(t *testing.T) {
	g := testGate(t, func(c *Config) { c.Queue, c.Wait = 100, time.Minute })
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if _, err := g.Hash(context.Background(), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if len(g.places) != 0 || len(g.cores) != 0 || cap(g.cores) != 2 {
		t.Errorf("%d places, %d cores still held", len(g.places), len(g.cores))
	}
}

func TestParseRefuses(t *testing.T) {
	good := hash{Params: Default}.String()
	if h, err := parse(good); err != nil || h.Params != Default {
		t.Fatalf("parse(%s) = %+v, %v", good, h, err)
	}
	for name, change := range map[string][2]string{
		"argon2i": {"argon2id", "argon2i"}, "version": {"v=19", "v=16"}, "plus": {"m=19456", "m=+19456"},
		"leading zero": {"m=19456", "m=019456"}, "blank": {"t=2", "t= 2"}, "hex": {"m=19456", "m=0x4c00"},
		"much memory": {"m=19456", "m=2147483647"}, "no memory": {"m=19456", "m=0"}, "overflow": {"m=19456", "m=4294967297"},
		"many passes": {"t=2", "t=1000"}, "no pass": {"t=2", "t=0"}, "threads": {"p=1", "p=200"}, "order": {"m=19456,t=2", "t=2,m=19456"},
		"no key id": {",keyid=AAAAAAAAAAA", ""}, "padding": {"keyid=AAAAAAAAAAA", "keyid=AAAAAAAAAAA="}, "stray bits": {"keyid=AAAAAAAAAAA", "keyid=AAAAAAAAAAB"},
		"more": {"$argon2id", "x$argon2id"}, "end": {"$v=19", "$$v=19"},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Fatalf("%s changes nothing", name)
		}
		if _, err := parse(bad); !errors.Is(err, ErrHash) || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: parse(%s) = %v, want ErrHash", name, bad, err)
		}
	}
}

// FuzzParse: what parses is written back to the very same bytes, inside the bounds.
func FuzzParse(f *testing.F) {
	f.Add(hash{Params: Default}.String())
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parse(text)
		if err != nil {
			if h != (hash{}) {
				t.Fatalf("parse(%q) = %+v with an error", text, h)
			}
			return
		}
		if h.String() != text || !h.sound() {
			t.Fatalf("parse(%q) writes %q", text, h)
		}
	})
}

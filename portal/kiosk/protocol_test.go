package kiosk

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"guichet.example/reader/api"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestJudge(t *testing.T) {
	base := Kiosk{State: Active, Counter: 10, NonceAt: noon.Add(-5 * time.Second), Lease: "a", Beat: noon.Add(-5 * time.Second)}
	beat := Heard{Message: api.KioskMessage{Kind: api.KioskBeat, Lease: "a", Counter: 11}, NonceAt: noon.Add(-4 * time.Second), At: noon, Silence: 15 * time.Second}
	tests := []struct {
		name    string
		change  func(k *Kiosk, h *Heard)
		suspend string
		err     error
	}{
		{"revoked", func(k *Kiosk, _ *Heard) { k.State = Revoked }, "", ErrRevoked},
		{"suspended", func(k *Kiosk, _ *Heard) { k.State = Suspended }, "", ErrSuspended},
		{"waiting for a new key", func(k *Kiosk, _ *Heard) { k.State = Invited }, "", ErrUnknown},
		{"counter repeated", func(_ *Kiosk, h *Heard) { h.Message.Counter = 10 }, WhyCounter, ErrSuspended},
		{"counter back", func(_ *Kiosk, h *Heard) { h.Message.Counter = 3 }, WhyCounter, ErrSuspended},
		{"the very same message", func(k *Kiosk, h *Heard) { h.Message.Counter, h.NonceAt = 10, k.NonceAt }, WhyCounter, ErrSuspended},
		{"held up on its way", func(k *Kiosk, h *Heard) { h.Message.Counter, h.NonceAt = 9, k.NonceAt.Add(-time.Second) }, "", ErrStale},
		{"second lease", func(_ *Kiosk, h *Heard) { h.Message.Lease, h.Message.Kind = "b", api.KioskStart }, WhyLeases, ErrSuspended},
		{"beat of a second lease", func(_ *Kiosk, h *Heard) { h.Message.Lease = "b" }, WhyLeases, ErrSuspended},
		{"beat of a lease that is over", func(k *Kiosk, h *Heard) { h.Message.Lease, k.Beat = "b", noon.Add(-16*time.Second) }, "", ErrStale},
		{"lease after silence", func(k *Kiosk, h *Heard) {
			h.Message.Lease, h.Message.Kind, k.Beat = "b", api.KioskStart, noon.Add(-16*time.Second)
		}, "", nil},
		{"next beat", func(*Kiosk, *Heard) {}, "", nil},
		{"agent began again", func(_ *Kiosk, h *Heard) { h.Message.Kind, h.Message.Counter = api.KioskStart, 1001 }, "", nil},
	}
	for _, tt := range tests {
		k, h := base, beat
		tt.change(&k, &h)
		if suspend, err := k.Judge(h); suspend != tt.suspend || !errors.Is(err, tt.err) {
			t.Errorf("%s: Judge = %q, %v, want %q, %v", tt.name, suspend, err, tt.suspend, tt.err)
		}
	}
}

func TestAlive(t *testing.T) {
	k := Kiosk{State: Active, Lease: "a", Beat: noon}
	for name, tt := range map[string]struct {
		now  time.Time
		want bool
	}{
		"at once": {noon, true}, "after 15 s": {noon.Add(15 * time.Second), true}, "after 16 s": {noon.Add(16 * time.Second), false},
		"clocks of two servers": {noon.Add(-time.Second), true}, "clock set back": {noon.Add(-time.Hour), false},
	} {
		if got := k.Alive(tt.now, 15*time.Second); got != tt.want {
			t.Errorf("%s: Alive = %v", name, got)
		}
	}
	k.Lease = ""
	if k.Alive(noon, time.Hour) {
		t.Error("alive without a lease")
	}
}

func TestNonce(t *testing.T) {
	now := noon
	times, err := Times{}.Defaults()
	if err != nil {
		t.Fatal(err)
	}
	p := &Protocol{Key: []byte("one"), Times: times, Now: func() time.Time { return now }, Rand: rand.Reader}
	nonce, err := p.Nonce()
	if err != nil {
		t.Fatal(err)
	}
	if at, err := p.madeAt(nonce); err != nil || !at.Equal(noon) {
		t.Errorf("madeAt = %v, %v", at, err)
	}
	other := &Protocol{Key: []byte("two"), Times: times, Now: p.Now, Rand: rand.Reader}
	if _, err := other.madeAt(nonce); !errors.Is(err, ErrStale) {
		t.Errorf("nonce of another counter: %v", err)
	}
	for _, bad := range []string{"", "x", nonce[:len(nonce)-1], "B" + nonce[1:]} {
		if _, err := p.madeAt(bad); !errors.Is(err, ErrStale) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, now = range []time.Time{noon.Add(61 * time.Second), noon.Add(-time.Hour)} {
		if _, err := p.madeAt(nonce); !errors.Is(err, ErrStale) {
			t.Errorf("at %v: %v", now, err)
		}
	}
}

func TestCode(t *testing.T) {
	code, err := NewCode(rand.Reader)
	if err != nil || len(code) != 12 {
		t.Fatalf("NewCode = %q, %v", code, err)
	}
	if got, err := NormalCode(" " + ShownCode(code) + "\n"[:0]); err != nil || got != code {
		t.Errorf("NormalCode(%q) = %q, %v", ShownCode(code), got, err)
	}
	if got, err := NormalCode("oil0-1234-abcd"); err != nil || got != "01101234ABCD" {
		t.Errorf("letters for digits: %q, %v", got, err)
	}
	for _, bad := range []string{"", "1234", "1234-1234-123U", "1234-1234-12345"} {
		if got, err := NormalCode(bad); !errors.Is(err, ErrKiosk) {
			t.Errorf("NormalCode(%q) = %q, %v", bad, got, err)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, bad := range []Times{{Beat: -1}, {Silence: time.Second}, {Beat: 10 * time.Second}} {
		if _, err := bad.Defaults(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

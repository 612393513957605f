package demo

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"guichet.example/reader/api"
	"guichet.example/reader/kiosk"
)

// A machine whose agent is killed goes on with the lease it had; one that has a copy of
// the key does not, and neither does the first then.
func TestKioskKeyTwice(t *testing.T) {
	s := onStage(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.startKiosk(ctx); err != nil {
		t.Fatal(err)
	}
	s.untilKiosk(t, func(k api.KioskStatus) bool { return k.Online && k.State == "" && k.Name != "" })

	again, err := s.line("kiosk.key") // what an agent does that begins again at once
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Send(ctx, api.KioskMessage{Kind: api.KioskStart}); err != nil {
		t.Fatalf("an agent that was killed begins again: %v", err)
	}

	key, err := kiosk.LoadKey(filepath.Join(s.dir, "kiosk.key"))
	if err != nil {
		t.Fatal(err)
	}
	state, err := kiosk.OpenState(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	stolen := &kiosk.Line{Portal: s.origin, Key: key, State: state}
	if err := stolen.Open(); err != nil {
		t.Fatal(err)
	}
	for _, line := range []*kiosk.Line{stolen, again} {
		_, err := line.Send(ctx, api.KioskMessage{Kind: api.KioskStart})
		if refused := (kiosk.RefusedError{}); !errors.As(err, &refused) || refused.State != api.KioskSuspended {
			t.Fatalf("key with two leases: %v, want it suspended", err)
		}
	}
	s.untilKiosk(t, func(k api.KioskStatus) bool { return k.State == api.KioskSuspended })
	s.kiosk.mu.Lock()
	s.kiosk.machine = nil // the next test has a kiosk of its own
	s.kiosk.mu.Unlock()
}

// untilKiosk waits for the kiosk to stand so.
func (s *stage) untilKiosk(t *testing.T, holds func(api.KioskStatus) bool) {
	t.Helper()
	for range 600 {
		if m := s.kiosk.running(); m != nil && holds(m.Status()) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("kiosk stands at %+v", s.kiosk.running().Status())
}

package oidc

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"guichet.example/certs/breaker"
)

// An answer on which a library breaks counts as none: the one try by which a provider comes
// back must not keep its door closed for ever.
func TestBreakerAfterPanic(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	p := &Provider{settings: Settings{ID: "fas"}, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler), timeout: time.Minute}
	try := func(answer func(context.Context) error) (err error) {
		defer func() {
			if recover() != nil {
				err = errPanic
			}
		}()
		return p.ask(t.Context(), "a test", answer)
	}
	for range breaker.After {
		if err := try(func(context.Context) error { return errors.New("down") }); err == nil {
			t.Fatal("ask finds a provider that is down")
		}
	}
	now = now.Add(breaker.CoolDown)
	if err := try(func(context.Context) error { panic("a library") }); !errors.Is(err, errPanic) {
		t.Fatalf("ask = %v, want the panic", err)
	}
	now = now.Add(breaker.CoolDown)
	if err := try(func(context.Context) error { return nil }); err != nil {
		t.Errorf("ask after the provider came back = %v", err)
	}
}

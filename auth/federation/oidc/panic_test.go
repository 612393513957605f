package oidc_test

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/oidc"
)

// What panics below is a refusal, and nothing of the answer is in it.
func TestPanicIsARefusal(t *testing.T) {
	w := newWorld(t, shape{})
	f, answer := w.walk(t, 200, false)
	broken := false
	p, err := oidc.New(settings(t, w.provider.Issuer()), oidc.Options{Callback: callback, Loopback: true, Rand: rand.Reader,
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time {
			if broken {
				panic(answer.Get("code"))
			}
			return time.Now()
		}})
	if err != nil {
		t.Fatal(err)
	}
	broken = true
	if id, err := p.Finish(t.Context(), f, answer); !errors.Is(err, federation.ErrRefused) || id.HasNumber || len(err.Error()) > 200 {
		t.Errorf("Finish = %+v, %v, want ErrRefused", id, err)
	}
	broken = false
	if _, err := p.Finish(t.Context(), f, answer); err != nil {
		t.Errorf("Finish afterwards = %v", err)
	}
}

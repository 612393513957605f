package doctor

import (
	"context"
	"crypto"
	"errors"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

// A checkup while somebody is about to type a PIN neither waits for her nor ends it.
func TestDuringAnOperation(t *testing.T) {
	for _, tt := range []struct {
		dialect  softcard.Dialect
		deadline time.Duration
		want     map[string]string
	}{
		{softcard.SoftHSM2, time.Minute, map[string]string{Module: "other", Card: "known", PIN: "fine"}},
		{softcard.Belgium, 4 * time.Second, map[string]string{Module: "occupied", Card: skipped}}, // the module itself asks, and does nothing else
	} {
		t.Run(tt.dialect.Name, func(t *testing.T) {
			_, d := desk(t)
			check(t, d.Speak(tt.dialect))
			check(t, d.Insert("good"))
			cards := set(t, d.Module())
			card, err := cards.Card(t.Context())
			check(t, err)
			defer card.Close()
			asked, ended := make(chan struct{}, 8), make(chan error, 1)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				_, err := card.Sign(ctx, remote.SignRequest{
					Purpose: certs.Authentication, Digest: make([]byte, 48), Hash: crypto.SHA384,
					Entry: remote.Entry{Kind: remote.Page, Lang: "en", Site: "https://counter.example"},
					Tell: func(p remote.Progress) {
						if p.State == api.PINPage || p.State == api.PINWindow {
							asked <- struct{}{}
						}
					},
				})
				ended <- err
			}()
			select {
			case <-asked:
			case err := <-ended:
				t.Fatalf("signing ended: %v", err)
			}
			c := quiet()
			c.Cards, c.Deadline = cards, tt.deadline
			_, found := run(t, c)
			if found[Module] != tt.want[Module] { // told of just before the module begins to wait
				_, found = run(t, c)
			}
			wants(t, found, tt.want)
			select {
			case err := <-ended:
				t.Errorf("the operation ended: %v", err)
			default:
			}
			cancel()
			if err := <-ended; !errors.Is(err, reader.ErrCancelled) {
				t.Errorf("Sign = %v, want cancelled", err)
			}
		})
	}
}

package main

import (
	"context"
	"flag"
	"time"

	"guichet.example/reader/remote"
)

// cardFlags are the flags of every command that opens a card.
type cardFlags struct {
	modules several
	reader  string
	timeout time.Duration
}

func (f *cardFlags) add(set *flag.FlagSet) {
	set.Var(&f.modules, "module", "`path` of a PKCS#11 module; without one, all that are installed; may be given more than once, the most trusted first")
	set.StringVar(&f.reader, "reader", "", "`name` of the card reader; empty: the one with a card in it")
	set.DurationVar(&f.timeout, "timeout", 2*time.Minute, "how long all may take, typing included")
}

// withCard opens the card and has work done with it before the time is up.
func (f *cardFlags) withCard(ctx context.Context, work func(context.Context, *remote.Card) error) error {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	set, err := remote.Open(remote.Config{Modules: f.modules})
	if err != nil {
		return err
	}
	defer set.Close()
	card, err := f.card(ctx, set)
	if err != nil {
		return err
	}
	defer card.Close()
	return work(ctx, card)
}

func (f *cardFlags) card(ctx context.Context, set *remote.Set) (*remote.Card, error) {
	if f.reader != "" {
		return set.CardIn(ctx, f.reader)
	}
	return set.Card(ctx)
}

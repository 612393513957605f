package main

import (
	"context"
	"flag"
	"time"

	"guichet.example/reader"
)

// cardFlags are the flags of every command that opens a card.
type cardFlags struct {
	module  string
	reader  string
	timeout time.Duration
}

func (f *cardFlags) add(set *flag.FlagSet) {
	set.StringVar(&f.module, "module", "", "`path` of the PKCS#11 module; empty: the first one installed")
	set.StringVar(&f.reader, "reader", "", "`name` of the card reader; empty: the one with a card in it")
	set.DurationVar(&f.timeout, "timeout", 2*time.Minute, "how long all may take, typing included")
}

// openModule opens the module that was named, or the best one installed.
func (f *cardFlags) openModule() (*reader.Module, error) {
	if f.module != "" {
		return reader.Open(f.module)
	}
	found := reader.FindModules()
	if len(found) == 0 {
		return nil, reader.ErrModuleMissing
	}
	return reader.Open(found[0])
}

// withCard opens the card and has work done with it before the time is up.
func (f *cardFlags) withCard(ctx context.Context, work func(context.Context, *reader.Card) error) error {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	module, err := f.openModule()
	if err != nil {
		return err
	}
	defer module.Close()
	card, err := f.card(ctx, module)
	if err != nil {
		return err
	}
	defer card.Close()
	return work(ctx, card)
}

func (f *cardFlags) card(ctx context.Context, module *reader.Module) (*reader.Card, error) {
	if f.reader != "" {
		return module.CardIn(ctx, f.reader)
	}
	return module.Card(ctx)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"guichet.example/reader/typed"
)

// askPIN asks for the PIN of a token at the controlling terminal, with the echo off, until
// a signal. Whatever ends it, the echo is on again.
func askPIN(token string) ([]byte, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	pin, err := typed.AtTerminal(ctx, fmt.Sprintf("PIN of token %q: ", token), nil)
	switch {
	case errors.Is(err, typed.ErrNoTerminal):
		return nil, errors.New("no terminal to type the PIN at: name its file, -pin FILE")
	case ctx.Err() != nil:
		return nil, errors.New("stopped at the PIN")
	case err != nil:
		return nil, err
	case len(pin) == 0:
		return nil, errors.New("no PIN was typed")
	}
	return pin, nil
}

//go:build !linux

package remote

import (
	"context"
	"errors"

	"guichet.example/reader"
)

var errNoTerminal = errors.New("this system's terminal cannot be asked for a PIN")

// terminalPIN knows no terminal on this system.
type terminalPIN struct{}

func (terminalPIN) PIN(context.Context, reader.PINRequest) ([]byte, error) {
	return nil, errNoTerminal
}

func keepTerminal() (restore func()) { return func() {} }

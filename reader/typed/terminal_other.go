//go:build !linux

package typed

import "context"

// AtTerminal is for terminals that this program knows how to silence.
func AtTerminal(context.Context, string, func(func()) func()) ([]byte, error) {
	return nil, ErrNoTerminal
}

// KeepTerminal does nothing where AtTerminal changes nothing.
func KeepTerminal() (restore func()) { return func() {} }

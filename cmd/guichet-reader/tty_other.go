//go:build !linux

package main

import (
	"context"
	"errors"
	"os"
)

// readSilently knows no terminal on this system.
func readSilently(context.Context, *os.File, string) ([]byte, error) {
	return nil, errors.New("this system's terminal cannot be asked for a PIN; hand it over with -pin-fd")
}

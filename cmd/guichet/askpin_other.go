//go:build !linux

package main

import "errors"

// askPIN is for terminals that this program knows how to silence.
func askPIN(string) ([]byte, error) {
	return nil, errors.New("the PIN is typed on Linux only: name its file, -pin FILE")
}
